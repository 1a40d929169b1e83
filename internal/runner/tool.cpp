#include "internal/runner/tool.hpp"

#include <algorithm>
#include <utility>

namespace assay::runner {
namespace {

constexpr std::string_view kBlanks = " \t\n";
constexpr std::string_view kShellCharacters = "|&;<>()$`*?[";

class WordSplitter {
  public:
    WordSplitter(std::string_view text, std::string_view option) : text_(text), option_(option) {}

    Result<std::vector<std::string>> split() {
        for (; at_ < text_.size(); ++at_) {
            ASSAY_CHECK(take(text_[at_]));
        }
        end_word();
        if (words_.empty()) {
            return usage_error("bad command in " + std::string(option_) + ": it is empty");
        }
        return std::move(words_);
    }

  private:
    Result<void> take(char c) {
        if (kBlanks.find(c) != kBlanks.npos) {
            end_word();
        } else if (c == '\'' || c == '"') {
            return take_quoted(c);
        } else if (c == '\\') {
            if (++at_ == text_.size()) return refuse("it ends in a backslash");
            append(text_[at_]);
        } else if (kShellCharacters.find(c) != kShellCharacters.npos || (c == '~' && !in_word_)) {
            return usage_error("bad command '" + std::string(text_) + "' in " +
                                   std::string(option_) + ": '" + c + "' needs a shell",
                               "quote it, or write sh -c '…'");
        } else {
            append(c);
        }
        return {};
    }

    Result<void> take_quoted(char quote) {
        in_word_ = true;
        for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
            const bool escapes = quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size() &&
                                 std::string_view("\"\\$`").find(text_[at_ + 1]) != text_.npos;
            if (escapes) ++at_;
            append(text_[at_]);
        }
        if (at_ == text_.size()) return refuse(std::string("unbalanced ") + quote);
        return {};
    }

    Error refuse(const std::string& reason) const {
        return usage_error("bad command '" + std::string(text_) + "' in " + std::string(option_) +
                           ": " + reason);
    }

    void append(char c) {
        in_word_ = true;
        word_ += c;
    }

    void end_word() {
        if (in_word_) words_.push_back(std::exchange(word_, {}));
        in_word_ = false;
    }

    std::string_view text_;
    std::string_view option_;
    std::size_t at_ = 0;
    bool in_word_ = false;  // an empty pair of quotes is a word
    std::string word_;
    std::vector<std::string> words_;
};

template <class Value>
Value at_least(Value floor, const std::optional<Value>& programs) {
    return std::max(floor, programs.value_or(floor));
}

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view text, std::string_view option) {
    return WordSplitter(text, option).split();
}

Limits tool_limits(const Limits& program) {
    Limits limits;
    limits.cpu = at_least<std::chrono::nanoseconds>(std::chrono::minutes(1), program.cpu);
    limits.wall = at_least<std::chrono::nanoseconds>(std::chrono::minutes(2), program.wall);
    limits.memory_bytes = at_least<std::uint64_t>(std::uint64_t{2} << 30, program.memory_bytes);
    limits.processes = at_least<std::uint64_t>(256, program.processes);
    limits.disk_bytes = program.disk_bytes;
    limits.inodes = program.inodes;
    limits.cpu_set = program.cpu_set;
    return limits;
}

}  // namespace assay::runner
