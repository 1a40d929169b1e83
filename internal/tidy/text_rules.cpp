#include <algorithm>

#include "internal/tidy/rules.hpp"

namespace assay::tidy {
namespace {

constexpr std::size_t kMaxColumns = 100;
constexpr std::size_t kMaxLines = 800;
constexpr std::size_t kMaxMainLines = 60;

// Written by people for people: not generated, not data, not prose.
bool is_written_code(std::string_view path) {
    if (is_cpp(path) || file_name(path) == "CMakeLists.txt") return true;
    return path.starts_with("internal/dev/") || path.starts_with(".ci/");
}

std::size_t count_columns(std::string_view line) {
    return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // not a UTF-8 continuation
    }));
}

enum class Where { kCode, kComments };

bool everywhere(std::string_view) {
    return true;
}
bool outside_tests(std::string_view path) {
    return !is_test(path);
}
bool in_tests(std::string_view path) {
    return path.ends_with("_test.cpp");
}
bool outside_error_packages(std::string_view path) {
    return !is_test(path) && package_of(path) != "pkg/result" && package_of(path) != "pkg/flags";
}

struct BannedWord {
    std::string_view word;
    Where where;
    bool (*applies)(std::string_view path);
    std::string_view why;
};

constexpr std::string_view kDebt =
    "a debt noted in a comment is not paid: settle it now or open an issue";
constexpr std::string_view kStream =
    "stream objects run constructors in every start of `assay run`: use stdio or write(2)";
constexpr std::string_view kSleep =
    "a test that sleeps is slow on a good day and wrong on a bad one: wait for the event itself";

constexpr BannedWord kBannedWords[] = {
    {"using namespace", Where::kCode, everywhere,
     "a reader can no longer see where a name comes from: write it out or make an alias"},
    {"detached", Where::kCode, everywhere,
     "the error of a detached coroutine is lost: give co_spawn a completion handler"},
    {"iostream", Where::kCode, outside_tests, kStream},
    {"std::cout", Where::kCode, outside_tests, kStream},
    {"std::cerr", Where::kCode, outside_tests, kStream},
    {"std::clog", Where::kCode, outside_tests, kStream},
    {"std::cin", Where::kCode, outside_tests, kStream},
    {"throw", Where::kCode, outside_error_packages,
     "errors are values: a thrown one does not show in the signatures it passes"},
    {"sleep_for", Where::kCode, in_tests, kSleep},
    {"sleep_until", Where::kCode, in_tests, kSleep},
    {"usleep", Where::kCode, in_tests, kSleep},
    {"sleep(", Where::kCode, in_tests, kSleep},
    {"TODO", Where::kComments, everywhere, kDebt},
    {"FIXME", Where::kComments, everywhere, kDebt},
    {"XXX", Where::kComments, everywhere, kDebt},
    {"HACK", Where::kComments, everywhere, kDebt},
};

void check_word(const SourceFile& file, const BannedWord& banned, Findings& findings) {
    const auto& lines = banned.where == Where::kCode ? file.code : file.comments;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (find_word(lines[i], banned.word) == std::string::npos) continue;
        findings.push_back(
            {file.path, i + 1, "`" + std::string(banned.word) + "`: " + std::string(banned.why)});
    }
}

// A comment that draws a line: a run of five equal marks.
bool is_banner(std::string_view comment) {
    for (const std::string_view mark : {"-----", "=====", "*****", "#####", "/////", "~~~~~"}) {
        if (comment.find(mark) != comment.npos) return true;
    }
    return false;
}

}  // namespace

Findings check_columns(const SourceTree& tree) {
    Findings findings;
    for (const SourceFile& file : tree.files) {
        if (!is_written_code(file.path)) continue;
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const std::size_t columns = count_columns(file.lines[i]);
            if (columns <= kMaxColumns) continue;
            findings.push_back({file.path, i + 1,
                                std::to_string(columns) + " columns, more than " +
                                    std::to_string(kMaxColumns) +
                                    ": two files no longer fit side by side"});
        }
    }
    return findings;
}

Findings check_file_length(const SourceTree& tree) {
    Findings findings;
    for (const SourceFile& file : tree.files) {
        if (!is_written_code(file.path)) continue;
        const bool is_root = file.path == "cmd/assay/main.cpp";
        const std::size_t limit = is_root ? kMaxMainLines : kMaxLines;
        if (file.lines.size() <= limit) continue;
        findings.push_back(
            {file.path, limit + 1,
             std::to_string(file.lines.size()) + " lines, more than " + std::to_string(limit) +
                 (is_root ? ": the composition root only joins parts, work belongs in internal"
                          : ": such a file has more than one subject, split it")});
    }
    return findings;
}

Findings check_words(const SourceTree& tree) {
    Findings findings;
    for (const SourceFile& file : tree.files) {
        if (!is_written_code(file.path)) continue;
        for (const BannedWord& banned : kBannedWords) {
            if (!banned.applies(file.path)) continue;
            if (banned.where == Where::kCode && !is_cpp(file.path)) continue;
            check_word(file, banned, findings);
        }
    }
    return findings;
}

Findings check_banners(const SourceTree& tree) {
    Findings findings;
    for (const SourceFile& file : tree.files) {
        if (!is_written_code(file.path)) continue;
        for (std::size_t i = 0; i < file.comments.size(); ++i) {
            if (!is_banner(file.comments[i])) continue;
            findings.push_back(
                {file.path, i + 1, "a banner marks the place where a file should be split"});
        }
    }
    return findings;
}

}  // namespace assay::tidy
