#include "internal/tidy/source_tree.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <utility>

namespace assay::tidy {
namespace {

bool is_word_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Splits C++ text into code and comments, both as long as the text.
class Lexer {
  public:
    explicit Lexer(std::string_view text) : text_(text), code_(blank(text)), comments_(code_) {}

    void run() {
        while (at_ < text_.size()) {
            if (starts_with("//")) {
                comment_until("\n");
            } else if (starts_with("/*")) {
                comment_until("*/");
            } else if (starts_with("R\"") && !follows_word()) {
                raw_string();
            } else if (text_[at_] == '"' || (text_[at_] == '\'' && !follows_word())) {
                quoted(text_[at_]);
            } else {
                keep(code_);
            }
        }
    }

    const std::string& code() const { return code_; }
    const std::string& comments() const { return comments_; }

  private:
    static std::string blank(std::string_view text) {
        std::string blanked(text);
        for (char& c : blanked) {
            if (c != '\n') c = ' ';
        }
        return blanked;
    }

    bool starts_with(std::string_view prefix) const {
        return text_.substr(at_).starts_with(prefix);
    }

    // Tells the separator in 1'000 from the start of a character, xR"" from a raw string.
    bool follows_word() const { return at_ > 0 && is_word_character(text_[at_ - 1]); }

    void keep(std::string& into) {
        into[at_] = text_[at_];
        ++at_;
    }

    void comment_until(std::string_view end) {
        const std::size_t found = text_.find(end, at_ + 2);
        const std::size_t stop = found == text_.npos ? text_.size() : found + end.size();
        while (at_ < stop) keep(comments_);
    }

    void quoted(char quote) {
        keep(code_);
        while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
            at_ += text_[at_] == '\\' ? 2 : 1;
        }
        if (at_ < text_.size()) keep(code_);
    }

    void raw_string() {
        const std::size_t open = text_.find('(', at_);
        if (open == text_.npos) return keep(code_);
        std::string end = ")";
        end.append(text_.substr(at_ + 2, open - at_ - 2)).append("\"");
        const std::size_t found = text_.find(end, open);
        at_ = found == text_.npos ? text_.size() : found + end.size();
    }

    std::string_view text_;
    std::string code_;
    std::string comments_;
    std::size_t at_ = 0;
};

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    return lines;
}

// The paths git knows or would add; nothing where there is no git or no repository.
std::optional<std::set<std::string>> list_with_git(const std::string& root) {
    const std::string command =
        "git -C '" + root + "' ls-files -z --cached --others --exclude-standard 2>/dev/null";
    std::string listing;
    FILE* const stream = ::popen(command.c_str(), "re");
    if (stream == nullptr) return std::nullopt;
    for (int c = std::fgetc(stream); c != EOF; c = std::fgetc(stream)) {
        listing.push_back(static_cast<char>(c));
    }
    if (::pclose(stream) != 0) return std::nullopt;
    std::set<std::string> paths;
    for (std::size_t at = 0; at < listing.size();) {
        const std::string path = listing.c_str() + at;
        at += path.size() + 1;
        paths.insert(path);
    }
    return paths;
}

std::set<std::string> list_by_walk(const std::string& root) {
    namespace fs = std::filesystem;
    static const std::set<std::string> kNotSources = {".git", ".cache", "build", "node_modules"};
    std::set<std::string> paths;
    for (auto entry = fs::recursive_directory_iterator(root); entry != fs::end(entry); ++entry) {
        if (kNotSources.contains(entry->path().filename())) {
            entry.disable_recursion_pending();
        } else if (entry->is_regular_file()) {
            paths.insert(fs::relative(entry->path(), root));
        }
    }
    return paths;
}

}  // namespace

SourceFile make_file(std::string path, std::string_view text) {
    SourceFile file{std::move(path), split_lines(text), {}, {}};
    if (!is_cpp(file.path)) {
        file.code = file.comments = file.lines;
        return file;
    }
    Lexer lexer(text);
    lexer.run();
    file.code = split_lines(lexer.code());
    file.comments = split_lines(lexer.comments());
    return file;
}

SourceTree read_tree(const std::string& root) {
    SourceTree tree;
    for (const std::string& path : list_with_git(root).value_or(list_by_walk(root))) {
        std::ifstream stream(root + "/" + path, std::ios::binary);
        if (!stream) continue;  // deleted, and git does not know yet
        const std::string text{std::istreambuf_iterator<char>(stream), {}};
        tree.files.push_back(make_file(path, text));
    }
    return tree;
}

bool is_header(std::string_view path) {
    return path.ends_with(".hpp") || path.ends_with(".h");
}

bool is_cpp(std::string_view path) {
    return is_header(path) || path.ends_with(".cpp") || path.ends_with(".c");
}

bool is_test(std::string_view path) {
    return path.ends_with("_test.cpp") || path.ends_with("_bench.cpp") ||
           path.ends_with("_fuzz.cpp") || path.ends_with("_fixture.cpp") ||
           path.ends_with("_fixture.hpp") || path.starts_with("internal/testing/") ||
           path.starts_with("internal/tidy/") || path.starts_with("internal/dev/");
}

bool is_project_code(std::string_view path) {
    return path.starts_with("pkg/") || path.starts_with("internal/") || path.starts_with("cmd/");
}

std::string_view package_of(std::string_view path) {
    if (!is_project_code(path)) return {};
    const std::size_t end = path.find('/', path.find('/') + 1);
    return end == path.npos ? std::string_view{} : path.substr(0, end);
}

std::string_view file_name(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == path.npos ? path : path.substr(slash + 1);
}

std::string_view file_stem(std::string_view path) {
    const std::string_view name = file_name(path);
    return name.substr(0, name.rfind('.'));
}

std::size_t find_word(std::string_view text, std::string_view word, std::size_t from) {
    for (std::size_t at = text.find(word, from); at != text.npos; at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        const bool clear_left =
            at == 0 || !is_word_character(word.front()) || !is_word_character(text[at - 1]);
        const bool clear_right =
            end == text.size() || !is_word_character(word.back()) || !is_word_character(text[end]);
        if (clear_left && clear_right) return at;
    }
    return text.npos;
}

}  // namespace assay::tidy
