#include "internal/redis/commands/syntax.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace assay::redis::commands {
namespace {

constexpr std::array<std::pair<std::string_view, Argument::Kind>, 4> kTypes = {{
    {":int", Argument::Kind::integer},
    {":double", Argument::Kind::real},
    {":pattern", Argument::Kind::pattern},
    {":unix-time", Argument::Kind::unix_time},
}};

bool is_literal(std::string_view word) {
    for (const char letter : word) {
        if (letter >= 'a' && letter <= 'z') return false;
    }
    return true;
}

class Reader {
  public:
    explicit Reader(std::string_view text) : rest_(text) {}

    bool at_end() const { return rest_.empty(); }

    // Arguments up to `close`, which is left in place; false when the text ends before it.
    bool read_list(char separator, char close, std::vector<Argument>& list) {
        do {
            list.emplace_back();
            if (!read_argument(list.back())) return false;
        } while (take(separator));
        return close == '\0' ? at_end() : !rest_.empty() && rest_.front() == close;
    }

  private:
    bool take(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }
    bool take(char letter) { return take(std::string_view(&letter, 1)); }

    std::string_view take_until(std::string_view ends) {
        const std::size_t length = std::min(rest_.find_first_of(ends), rest_.size());
        const std::string_view word = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return word;
    }

    bool read_argument(Argument& argument) {
        argument.optional = take('[');
        if (!read_core(argument)) return false;
        argument.multiple_token = take("..+");
        argument.multiple = argument.multiple_token || take("...");
        if (take('^')) argument.since = take_until(" |)}>]!");
        if (take('!')) argument.deprecated_since = take_until(" |)}>]");
        return !argument.optional || take(']');
    }

    bool read_core(Argument& argument) {
        const std::string_view word = take_until(" |)}>]^!.({<@=");
        if (take('<')) return read_behind_token(argument, word == "\"\"" ? "" : word);
        argument.name = word;
        strip_type(argument);
        if (take('(')) return read_group(argument, Argument::Kind::one_of, '|', ')');
        if (take('{')) return read_group(argument, Argument::Kind::block, ' ', '}');
        if (take('@')) return read_key(argument);
        if (take('=')) return read_literal(argument);
        return read_plain(argument, word);
    }

    bool read_behind_token(Argument& argument, std::string_view token) {
        const bool read = read_core(argument) && take('>');
        argument.token = token;
        return read;
    }

    bool read_group(Argument& argument, Argument::Kind kind, char separator, char close) {
        argument.kind = kind;
        return read_list(separator, close, argument.arguments) && take(close);
    }

    bool read_key(Argument& argument) {
        if (argument.kind == Argument::Kind::string) argument.kind = Argument::Kind::key;
        if (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
            argument.key_spec = rest_.front() - '0';
            rest_.remove_prefix(1);
        }
        return !argument.name.empty();
    }

    bool read_literal(Argument& argument) {
        argument.kind = Argument::Kind::token;
        argument.token = take_until(" |)}>]^!.");
        return true;
    }

    static bool read_plain(Argument& argument, std::string_view word) {
        if (!word.empty() && is_literal(word)) {
            argument.kind = Argument::Kind::token;
            argument.token = word;
        }
        return !argument.name.empty();
    }

    static void strip_type(Argument& argument) {
        for (const auto& [suffix, kind] : kTypes) {
            if (!argument.name.ends_with(suffix)) continue;
            argument.kind = kind;
            argument.name.remove_suffix(suffix.size());
        }
    }

    std::string_view rest_;
};

}  // namespace

std::vector<Argument> parse_syntax(std::string_view syntax) {
    std::vector<Argument> arguments;
    if (syntax.empty()) return arguments;
    Reader reader(syntax);
    if (!reader.read_list(' ', '\0', arguments)) arguments.clear();
    return arguments;
}

}  // namespace assay::redis::commands
