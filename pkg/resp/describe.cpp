#include <array>
#include <cstdio>

#include "pkg/resp/numbers.hpp"
#include "pkg/resp/reply_reader.hpp"

namespace assay::resp {
namespace {

std::string in_double_quotes(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        constexpr std::string_view kNamed = "\n\r\t\a\b\"\\";
        constexpr std::string_view kNames = "nrtab\"\\";
        const std::size_t name = kNamed.find(c);
        if (name != kNamed.npos) {
            quoted += '\\';
            quoted += kNames[name];
        } else if (c >= ' ' && c <= '~') {
            quoted += c;
        } else {
            std::array<char, 5> hex;
            std::snprintf(hex.data(), hex.size(), "\\x%02x", static_cast<unsigned char>(c));
            quoted += hex.data();
        }
    }
    return quoted + '"';
}

std::string name_of(Reply::Type type) {
    switch (type) {
        case Reply::Type::kMap:
            return "map";
        case Reply::Type::kSet:
            return "set";
        case Reply::Type::kPush:
            return "push";
        default:
            return "array";
    }
}

void describe_elements(const Reply& reply, const std::string& indent, std::string& out);

void describe_value(const Reply& reply, const std::string& indent, std::string& out) {
    switch (reply.type) {
        case Reply::Type::kSimple:
            out += reply.text;
            return;
        case Reply::Type::kError:
        case Reply::Type::kBulkError:
            out += "(error) " + reply.text;
            return;
        case Reply::Type::kInteger:
            out += "(integer) " + to_text(reply.integer);
            return;
        case Reply::Type::kBulk:
            out += in_double_quotes(reply.text);
            return;
        case Reply::Type::kVerbatim:
            out += "(" + reply.format + ") " + in_double_quotes(reply.text);
            return;
        case Reply::Type::kNullBulk:
        case Reply::Type::kNull:
            out += "(nil)";
            return;
        case Reply::Type::kNullArray:
            out += "(nil array)";
            return;
        case Reply::Type::kDouble:
            out += "(double) " + reply.text;
            return;
        case Reply::Type::kBoolean:
            out += reply.integer != 0 ? "(true)" : "(false)";
            return;
        case Reply::Type::kBigNumber:
            out += "(big number) " + reply.text;
            return;
        default:
            describe_elements(reply, indent, out);
    }
}

void describe_elements(const Reply& reply, const std::string& indent, std::string& out) {
    const std::size_t values_each = reply.type == Reply::Type::kMap ? 2 : 1;
    out += "(" + name_of(reply.type) + " of " +
           to_text(static_cast<std::int64_t>(reply.elements.size() / values_each)) + ")";
    const std::string deeper = indent + "  ";
    for (const Reply& element : reply.elements) {
        out += "\n" + deeper;
        describe_value(element, deeper, out);
    }
}

}  // namespace

std::string describe(const Reply& reply) {
    std::string out;
    describe_value(reply, "", out);
    return out;
}

}  // namespace assay::resp
