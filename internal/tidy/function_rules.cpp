#include <cctype>
#include <initializer_list>

#include "internal/tidy/rules.hpp"

namespace assay::tidy {
namespace {

constexpr std::size_t kMaxFunctionLines = 70;

std::string_view trim_right(std::string_view text) {
    const std::size_t last = text.find_last_not_of(" \t\n");
    return last == text.npos ? std::string_view{} : text.substr(0, last + 1);
}

bool has_word(std::string_view text, std::initializer_list<std::string_view> words) {
    for (const std::string_view word : words) {
        if (find_word(text, word) != text.npos) return true;
    }
    return false;
}

// The code of a file as one string, without preprocessor lines, whose braces need not match.
std::string plain_code(const SourceFile& file) {
    std::string code;
    bool in_directive = false;
    for (const std::string& line : file.code) {
        in_directive = in_directive || line.starts_with("#");
        if (!in_directive) code += line;
        code += '\n';
        in_directive = in_directive && line.ends_with("\\");
    }
    return code;
}

struct Function {
    std::size_t first_line = 0;
    std::size_t last_line = 0;
};

// Finds function bodies by their braces: outside of functions each `{` is classified by the text
// between it and the end of the declaration before.
class FunctionScanner {
  public:
    explicit FunctionScanner(std::string code) : code_(std::move(code)) {}

    std::vector<Function> scan() {
        for (const char c : code_) {
            if (c == '\n') ++line_;
            if (c == '{') {
                open();
            } else if (c == '}') {
                close();
            } else if (in_function_ == 0) {
                extend_head(c);
            }
        }
        return std::move(functions_);
    }

  private:
    enum class Block { kScope, kFunction, kInitializer };

    void open() {
        if (in_function_ > 0) {
            ++in_function_;
            return;
        }
        const Block block = classify();
        blocks_.push_back(block);
        if (block == Block::kFunction) in_function_ = 1;
        if (block == Block::kScope) forget_head();
    }

    void close() {
        if (in_function_ > 1) {
            --in_function_;
            return;
        }
        if (blocks_.empty()) return;
        const Block block = blocks_.back();
        blocks_.pop_back();
        if (block == Block::kFunction) {
            functions_.push_back({head_line_, line_});
            in_function_ = 0;
        }
        if (block == Block::kInitializer) {
            head_ += '}';
        } else {
            forget_head();
        }
    }

    void extend_head(char c) {
        if (c == '(') ++parentheses_;
        if (c == ')') --parentheses_;
        if (c == ';' && (blocks_.empty() || blocks_.back() == Block::kScope)) {
            forget_head();
            return;
        }
        const bool is_space = std::isspace(static_cast<unsigned char>(c)) != 0;
        if (head_.empty() && is_space) return;
        if (head_.empty()) head_line_ = line_;
        head_ += c;
    }

    Block classify() const {
        const std::string_view head = trim_right(head_);
        if (!blocks_.empty() && blocks_.back() == Block::kInitializer) return Block::kInitializer;
        if (parentheses_ > 0 || head.ends_with("=")) return Block::kInitializer;
        const std::size_t arguments_end = head.rfind(')');
        if (arguments_end == head.npos) {
            return has_word(head, {"namespace", "class", "struct", "union", "enum", "extern"})
                       ? Block::kScope
                       : Block::kInitializer;
        }
        if (head.ends_with(")") || head.ends_with("}")) return Block::kFunction;
        const std::string_view tail = head.substr(arguments_end);
        if (tail.find("->") != tail.npos || tail.ends_with("&")) return Block::kFunction;
        return has_word(tail, {"const", "noexcept", "override", "final", "mutable", "try"}) ||
                       has_word(head, {"requires"})
                   ? Block::kFunction
                   : scope_or_member_initializer(head, tail);
    }

    // `struct alignas(8) Slot {` has parentheses too; so has `Slot(int n) : n_{n}`.
    static Block scope_or_member_initializer(std::string_view head, std::string_view tail) {
        const bool is_type = has_word(head, {"class", "struct", "union"}) &&
                             tail.find(':') == tail.npos && tail.find(',') == tail.npos;
        return is_type ? Block::kScope : Block::kInitializer;
    }

    void forget_head() {
        head_.clear();
        parentheses_ = 0;
    }

    std::string code_;
    std::string head_;
    std::size_t head_line_ = 1;
    std::size_t line_ = 1;
    int parentheses_ = 0;
    int in_function_ = 0;
    std::vector<Block> blocks_;
    std::vector<Function> functions_;
};

std::size_t line_at(std::string_view text, std::size_t offset) {
    std::size_t line = 1;
    for (const char c : text.substr(0, offset)) line += c == '\n' ? 1 : 0;
    return line;
}

// What is awaited: from `co_await` to the end of its statement or of the parentheses around it.
std::string_view awaited_expression(std::string_view code) {
    int depth = 0;
    for (std::size_t i = 0; i < code.size(); ++i) {
        if (code[i] == '(') ++depth;
        if (code[i] == ')') --depth;
        if (depth < 0 || code[i] == ';') return code.substr(0, i);
    }
    return code;
}

struct DescriptorCall {
    std::string_view call;
    bool never;  // has no close-on-exec form
};
constexpr DescriptorCall kDescriptorCalls[] = {
    {"::open(", false},          {"::openat(", false},          {"::pipe2(", false},
    {"::socket(", false},        {"::socketpair(", false},      {"::accept4(", false},
    {"::eventfd(", false},       {"::timerfd_create(", false},  {"::signalfd(", false},
    {"::epoll_create1(", false}, {"::memfd_create(", false},    {"::inotify_init1(", false},
    {"::open_tree(", false},     {"::fsopen(", false},          {"::fsmount(", false},
    {"::posix_openpt(", false},  {"::perf_event_open(", false}, {"::pipe(", true},
    {"::accept(", true},         {"::epoll_create(", true},     {"::dup(", true},
    {"::creat(", true},          {"::inotify_init(", true},
};

bool names_cloexec(std::string_view statement) {
    return statement.find("CLOEXEC") != statement.npos;
}

// By the flag itself, or by a constant of this file that has it.
bool closes_on_exec(std::string_view code, std::string_view statement) {
    if (names_cloexec(statement)) return true;
    for (std::size_t at = statement.find('k'); at != statement.npos;
         at = statement.find('k', at + 1)) {
        const std::size_t end = statement.find_first_of(" ,)|", at);
        const std::string definition = std::string(statement.substr(at, end - at)) + " =";
        const std::size_t defined = find_word(code, definition);
        if (defined == code.npos) continue;
        if (names_cloexec(code.substr(defined, code.find(';', defined) - defined))) return true;
    }
    return false;
}

// `::open(` and not `Destination::open(`.
bool is_qualified(std::string_view code, std::size_t at) {
    if (at == 0) return false;
    const char before = code[at - 1];
    return std::isalnum(static_cast<unsigned char>(before)) != 0 || before == '_' || before == '>';
}

void check_descriptor_calls(const SourceFile& file, Findings& findings) {
    const std::string code = plain_code(file);
    for (const auto& [call, never] : kDescriptorCalls) {
        for (std::size_t at = code.find(call); at != code.npos; at = code.find(call, at + 1)) {
            const std::size_t line = line_at(code, at);
            const std::string statement = code.substr(at, code.find(';', at) - at);
            if (is_qualified(code, at) || (!never && closes_on_exec(code, statement))) continue;
            if (find_word(file.comments[line - 1], "NOLINT") != std::string::npos) continue;
            findings.push_back({file.path, line,
                                "`" + std::string(call) +
                                    ")` without CLOEXEC: the descriptor leaks into every program "
                                    "that is started meanwhile"});
        }
    }
}

}  // namespace

Findings check_function_length(const SourceTree& tree) {
    Findings findings;
    for (const SourceFile& file : tree.files) {
        if (!is_cpp(file.path) || !is_project_code(file.path)) continue;
        for (const Function& function : FunctionScanner(plain_code(file)).scan()) {
            const std::size_t length = function.last_line - function.first_line + 1;
            if (length <= kMaxFunctionLines) continue;
            findings.push_back({file.path, function.first_line,
                                "a function of " + std::to_string(length) + " lines, more than " +
                                    std::to_string(kMaxFunctionLines) +
                                    ": it does not fit on a screen, and does more than one thing"});
        }
    }
    return findings;
}

Findings check_co_await(const SourceTree& tree) {
    Findings findings;
    for (const SourceFile& file : tree.files) {
        if (!is_cpp(file.path)) continue;
        const std::string code = plain_code(file);
        for (std::size_t at = find_word(code, "co_await"); at != code.npos;
             at = find_word(code, "co_await", at + 1)) {
            const std::string_view awaited = awaited_expression(std::string_view(code).substr(at));
            if (awaited.find_first_of("{[") == awaited.npos) continue;
            findings.push_back({file.path, line_at(code, at),
                                "`{` or `[` inside a co_await expression: g++ 12.2 frees braced "
                                "aggregates and capturing lambdas twice there, name them before"});
        }
    }
    return findings;
}

Findings check_close_on_exec(const SourceTree& tree) {
    Findings findings;
    for (const SourceFile& file : tree.files) {
        if (!is_cpp(file.path) || !is_project_code(file.path) || is_test(file.path)) continue;
        check_descriptor_calls(file, findings);
    }
    return findings;
}

}  // namespace assay::tidy
