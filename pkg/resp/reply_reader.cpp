#include "pkg/resp/reply_reader.hpp"

#include <limits>
#include <optional>
#include <utility>

#include "pkg/resp/numbers.hpp"

namespace assay::resp {
namespace {

Error read_error(std::string reason) {
    return {ErrorKind::kSystem, 0, "cannot read reply: " + std::move(reason), {}};
}

// Builds the tree of one reply out of all of its bytes. What it refuses, it refuses by a message.
class TreeBuilder {
  public:
    explicit TreeBuilder(std::string_view bytes) : bytes_(bytes) {}

    bool build(Reply& reply) { return value(reply, 0) && (at_ == bytes_.size() || refuse("more")); }
    const std::string& failure() const { return failure_; }

  private:
    bool refuse(std::string reason) {
        if (failure_.empty()) failure_ = std::move(reason) + " at byte " + to_text(offset());
        return false;
    }
    std::int64_t offset() const { return static_cast<std::int64_t>(at_); }

    bool line(std::string_view& text) {
        const std::size_t end = bytes_.find("\r\n", at_);
        if (end == bytes_.npos) return refuse("a line without end");
        text = bytes_.substr(at_, end - at_);
        if (text.find_first_of("\r\n") != text.npos) return refuse("a line end in a line");
        at_ = end + 2;
        return true;
    }

    bool integer(std::int64_t& number) {
        std::string_view text;
        if (!line(text)) return false;
        if (text.starts_with('+')) text.remove_prefix(1);
        const auto parsed = parse_int64(text);
        if (!parsed) return refuse("no integer");
        number = *parsed;
        return true;
    }

    bool value(Reply& reply, std::size_t depth);
    bool text_value(Reply& reply, Reply::Type type);
    bool null_value(Reply& reply);
    bool boolean(Reply& reply);
    bool real(Reply& reply);
    bool string(Reply& reply, Reply::Type type);
    bool verbatim(Reply& reply);
    bool aggregate(Reply& reply, Reply::Type type, std::size_t depth);
    bool elements(std::vector<Reply>& into, std::int64_t count, std::size_t depth);
    bool attributes(Reply& reply, std::size_t depth);

    std::string_view bytes_;
    std::size_t at_ = 0;
    std::string failure_;
};

bool TreeBuilder::value(Reply& reply, std::size_t depth) {
    if (depth > ReplyReader::kMaxDepth) return refuse("arrays too deep in each other");
    if (at_ == bytes_.size()) return refuse("no value");
    using Type = Reply::Type;
    switch (bytes_[at_++]) {
        case '+':
            return text_value(reply, Type::kSimple);
        case '-':
            return text_value(reply, Type::kError);
        case '(':
            return text_value(reply, Type::kBigNumber);
        case ':':
            reply.type = Type::kInteger;
            return integer(reply.integer);
        case '_':
            return null_value(reply);
        case '#':
            return boolean(reply);
        case ',':
            return real(reply);
        case '$':
            return string(reply, Type::kBulk);
        case '!':
            return string(reply, Type::kBulkError);
        case '=':
            return verbatim(reply);
        case '*':
            return aggregate(reply, Type::kArray, depth);
        case '%':
            return aggregate(reply, Type::kMap, depth);
        case '~':
            return aggregate(reply, Type::kSet, depth);
        case '>':
            return aggregate(reply, Type::kPush, depth);
        case '|':
            return attributes(reply, depth);
        default:
            --at_;
            return refuse("no type of RESP");
    }
}

bool TreeBuilder::text_value(Reply& reply, Reply::Type type) {
    reply.type = type;
    std::string_view text;
    if (!line(text)) return false;
    reply.text = text;
    return true;
}

bool TreeBuilder::null_value(Reply& reply) {
    std::string_view text;
    if (!line(text)) return false;
    reply.type = Reply::Type::kNull;
    return text.empty() || refuse("a null with content");
}

bool TreeBuilder::boolean(Reply& reply) {
    std::string_view text;
    if (!line(text)) return false;
    reply.type = Reply::Type::kBoolean;
    reply.integer = text == "t" ? 1 : 0;
    return text == "t" || text == "f" || refuse("no boolean");
}

bool TreeBuilder::real(Reply& reply) {
    if (!text_value(reply, Reply::Type::kDouble)) return false;
    const bool is_nan = reply.text == "nan" || reply.text == "-nan";
    const auto number =
        is_nan ? std::numeric_limits<double>::quiet_NaN() : parse_double(reply.text);
    if (!number) return refuse("no double");
    reply.real = *number;
    return true;
}

bool TreeBuilder::string(Reply& reply, Reply::Type type) {
    std::int64_t length = 0;
    if (!integer(length)) return false;
    reply.type = type;
    if (length == -1 && type == Reply::Type::kBulk) {
        reply.type = Reply::Type::kNullBulk;
        return true;
    }
    const std::size_t left = bytes_.size() - at_;
    if (length < 0 || left < 2 || static_cast<std::size_t>(length) > left - 2) {
        return refuse("a string without end");
    }
    const auto size = static_cast<std::size_t>(length);
    reply.text = bytes_.substr(at_, size);
    at_ += size;
    if (bytes_.substr(at_, 2) != "\r\n") return refuse("a string of another length");
    at_ += 2;
    return true;
}

bool TreeBuilder::verbatim(Reply& reply) {
    if (!string(reply, Reply::Type::kVerbatim)) return false;
    if (reply.text.size() < 4 || reply.text[3] != ':') return refuse("a string without format");
    reply.format = reply.text.substr(0, 3);
    reply.text.erase(0, 4);
    return true;
}

bool TreeBuilder::aggregate(Reply& reply, Reply::Type type, std::size_t depth) {
    std::int64_t count = 0;
    if (!integer(count)) return false;
    reply.type = type;
    if (count == -1 && type == Reply::Type::kArray) {
        reply.type = Reply::Type::kNullArray;
        return true;
    }
    if (type != Reply::Type::kMap) return elements(reply.elements, count, depth);
    return elements(reply.elements, count, depth) && elements(reply.elements, count, depth);
}

// Nothing is reserved for what was only announced.
bool TreeBuilder::elements(std::vector<Reply>& into, std::int64_t count, std::size_t depth) {
    if (count < 0) return refuse("a negative count");
    for (; count > 0; --count) {
        if (!value(into.emplace_back(), depth + 1)) return false;
    }
    return true;
}

bool TreeBuilder::attributes(Reply& reply, std::size_t depth) {
    std::int64_t pairs = 0;
    if (!integer(pairs)) return false;
    return elements(reply.attributes, pairs, depth) && elements(reply.attributes, pairs, depth) &&
           value(reply, depth + 1);
}

}  // namespace

Result<bool> ReplyReader::next(Reply& reply) {
    if (!failure_.empty()) return read_error(failure_);
    scanned_ += scanner_.scan(std::string_view(bytes_).substr(scanned_));
    if (scanner_.failed()) {
        failure_ = "no RESP at byte " + to_text(static_cast<std::int64_t>(scanned_ - begin_));
        return read_error(failure_);
    }
    if (scanned_ - begin_ > max_reply_bytes_) {
        failure_ =
            "it is longer than " + to_text(static_cast<std::int64_t>(max_reply_bytes_)) + " bytes";
        return read_error(failure_);
    }
    if (!scanner_.complete()) return false;
    raw_begin_ = begin_;
    begin_ = scanned_;
    reply = {};
    TreeBuilder builder(raw());
    if (!builder.build(reply)) {
        failure_ = builder.failure();
        return read_error(failure_);
    }
    return true;
}

void ReplyReader::feed(std::string_view bytes) {
    if (begin_ == bytes_.size() || begin_ > bytes_.size() / 2) {
        bytes_.erase(0, begin_);
        scanned_ -= begin_;
        begin_ = 0;
    }
    raw_begin_ = begin_;
    bytes_ += bytes;
}

std::string_view ReplyReader::raw() const {
    return std::string_view(bytes_).substr(raw_begin_, begin_ - raw_begin_);
}

Result<Reply> parse_reply(std::string_view bytes) {
    Reply reply;
    TreeBuilder builder(bytes);
    if (!builder.build(reply)) return read_error(builder.failure());
    return reply;
}

}  // namespace assay::resp
