#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "internal/tidy/rules.hpp"

namespace assay::tidy {
namespace {

constexpr std::string_view kTopLevel[] = {
    "CMakeLists.txt", "CMakePresets.json", "README.md",   "LICENSE", "cmd", "pkg",
    "internal",       "testdata",          "completions", "man",
};

constexpr std::string_view kEmptyNames[] = {"util",    "utils", "common",  "helper",
                                            "helpers", "misc",  "manager", "base"};
constexpr std::string_view kEmptySuffixes[] = {"Util",   "Utils",   "Common",
                                               "Helper", "Manager", "Base"};

constexpr std::string_view kEmptyName =
    "names the lack of a subject: call it by what it owns, in the words of the field";

bool is_snake_case(std::string_view name) {
    return std::all_of(name.begin(), name.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return std::islower(byte) != 0 || std::isdigit(byte) != 0 || c == '_' || c == '.';
    });
}

bool has_empty_name(std::string_view stem) {
    while (!stem.empty()) {
        const std::size_t end = std::min(stem.find('_'), stem.size());
        const std::string_view part = stem.substr(0, end);
        if (std::find(std::begin(kEmptyNames), std::end(kEmptyNames), part) !=
            std::end(kEmptyNames)) {
            return true;
        }
        stem.remove_prefix(std::min(end + 1, stem.size()));
    }
    return false;
}

std::vector<std::string_view> split_path(std::string_view path) {
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        parts.push_back(path.substr(0, end));
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return parts;
}

// The word after `keyword` in a line, "Slot" for "class Slot final {".
std::string_view word_after(std::string_view line, std::string_view keyword) {
    const std::size_t at = find_word(line, keyword);
    if (at == line.npos) return {};
    std::string_view rest = line.substr(at + keyword.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const auto end = std::find_if(rest.begin(), rest.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != ':';
    });
    return rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
}

std::string namespace_of_package(std::string_view package) {
    if (package == "pkg/result") return "assay";  // the vocabulary of all
    return "assay::" + std::string(file_name(package));
}

// How many lines of comment a file begins with.
std::size_t count_top_comment(const SourceFile& file) {
    const auto end = std::find_if(file.lines.begin(), file.lines.end(),
                                  [](const std::string& line) { return !line.starts_with("//"); });
    return static_cast<std::size_t>(end - file.lines.begin());
}

bool mentions(const SourceFile& file, std::string_view name) {
    return std::any_of(file.lines.begin(), file.lines.end(),
                       [&](const std::string& line) { return find_word(line, name) != line.npos; });
}

// In the CMakeLists.txt of its directory or of one above.
bool is_built(const SourceTree& tree, const SourceFile& source) {
    return std::any_of(tree.files.begin(), tree.files.end(), [&](const SourceFile& file) {
        if (file_name(file.path) != "CMakeLists.txt") return false;
        const std::string_view directory =
            std::string_view(file.path).substr(0, file.path.size() - file_name(file.path).size());
        return source.path.starts_with(directory) && mentions(file, file_name(source.path));
    });
}

// Named by its file name or stem, or by a directory at least two levels below testdata (a corpus).
// A program of testdata may include a header beside it.
bool is_used(const SourceTree& tree, const SourceFile& data) {
    std::vector<std::string> names = {std::string(file_name(data.path)),
                                      std::string(file_stem(data.path))};
    const std::vector<std::string_view> parts = split_path(data.path);
    std::string directory;
    for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
        directory += (i == 1 ? "" : "/") + std::string(parts[i]);
        if (i >= 2) names.push_back(directory);
    }
    return std::any_of(tree.files.begin(), tree.files.end(), [&](const SourceFile& file) {
        if (is_header(data.path) && file.path != data.path && is_cpp(file.path) &&
            mentions(file, file_name(data.path))) {
            return true;
        }
        if (!is_project_code(file.path)) return false;
        return std::any_of(names.begin(), names.end(),
                           [&](const std::string& name) { return mentions(file, name); });
    });
}

}  // namespace

Findings check_top_level(const SourceTree& tree) {
    Findings findings;
    for (const SourceFile& file : tree.files) {
        const std::string_view top = split_path(file.path).front();
        if (top.starts_with(".")) continue;
        if (std::find(std::begin(kTopLevel), std::end(kTopLevel), top) != std::end(kTopLevel)) {
            continue;
        }
        findings.push_back({file.path, 0,
                            "`" + std::string(top) +
                                "` is not one of the top-level entries: a newcomer reads these "
                                "first, each more makes the rest harder to find"});
    }
    return findings;
}

Findings check_file_names(const SourceTree& tree) {
    Findings findings;
    for (const SourceFile& file : tree.files) {
        if (!is_cpp(file.path) || !is_project_code(file.path)) continue;
        for (const std::string_view part : split_path(file.path)) {
            if (!is_snake_case(part)) {
                findings.push_back({file.path, 0,
                                    "file names are snake_case: one less thing to "
                                    "remember about each"});
            }
            if (has_empty_name(file_stem(part))) {
                findings.push_back(
                    {file.path, 0, "`" + std::string(part) + "` " + std::string(kEmptyName)});
            }
        }
    }
    return findings;
}

Findings check_type_names(const SourceTree& tree) {
    Findings findings;
    for (const SourceFile& file : tree.files) {
        if (!is_cpp(file.path) || !is_project_code(file.path)) continue;
        for (std::size_t i = 0; i < file.code.size(); ++i) {
            for (const std::string_view keyword : {"class", "struct"}) {
                const std::string_view name = word_after(file.code[i], keyword);
                for (const std::string_view suffix : kEmptySuffixes) {
                    if (!name.ends_with(suffix)) continue;
                    findings.push_back({file.path, i + 1,
                                        "`" + std::string(name) + "` " + std::string(kEmptyName)});
                }
            }
        }
    }
    return findings;
}

Findings check_namespaces(const SourceTree& tree) {
    Findings findings;
    for (const SourceFile& file : tree.files) {
        const std::string_view package = package_of(file.path);
        if (!is_cpp(file.path) || package.empty() || package.starts_with("cmd/")) continue;
        const std::string expected = namespace_of_package(package);
        for (std::size_t i = 0; i < file.code.size(); ++i) {
            if (!file.code[i].starts_with("namespace ")) continue;
            const std::string_view name = word_after(file.code[i], "namespace");
            if (name.empty() || file.code[i].find('=') != std::string::npos) continue;
            if (name != expected && !name.starts_with(expected + "::")) {
                findings.push_back({file.path, i + 1,
                                    "the namespace of " + std::string(package) + " is " + expected +
                                        ": a name in code says where its header is"});
            }
            break;
        }
    }
    return findings;
}

Findings check_headers(const SourceTree& tree) {
    Findings findings;
    for (const SourceFile& file : tree.files) {
        if (!is_header(file.path) || !is_project_code(file.path)) continue;
        if (count_top_comment(file) == 0) {
            findings.push_back(
                {file.path, 1,
                 "a header is a contract and begins with a comment that says what it "
                 "owns"});
        }
        const auto directive =
            std::find_if(file.code.begin(), file.code.end(),
                         [](const std::string& line) { return line.starts_with("#"); });
        if (directive == file.code.end() || *directive != "#pragma once") {
            findings.push_back({file.path, 1, "the first directive of a header is `#pragma once`"});
        }
    }
    return findings;
}

Findings check_package_contracts(const SourceTree& tree) {
    std::map<std::string_view, std::size_t> longest_comment;
    for (const SourceFile& file : tree.files) {
        const std::string_view package = package_of(file.path);
        if (package.empty() || package.starts_with("cmd/") || is_test(file.path)) continue;
        std::size_t& longest = longest_comment[package];
        if (is_header(file.path)) longest = std::max(longest, count_top_comment(file));
    }
    Findings findings;
    for (const auto& [package, lines] : longest_comment) {
        if (lines >= 2) continue;
        findings.push_back({std::string(package), 0,
                            "a package has a header whose top comment tells its idea: there is no "
                            "other place for it"});
    }
    return findings;
}

Findings check_sources_are_built(const SourceTree& tree) {
    Findings findings;
    for (const SourceFile& file : tree.files) {
        if (!is_cpp(file.path) || is_header(file.path) || !is_project_code(file.path)) continue;
        if (is_built(tree, file)) continue;
        findings.push_back(
            {file.path, 0,
             "stands in no CMakeLists.txt: nobody compiles it, so it is wrong by now "
             "and nobody knows"});
    }
    return findings;
}

Findings check_testdata_is_used(const SourceTree& tree) {
    Findings findings;
    for (const SourceFile& file : tree.files) {
        if (!file.path.starts_with("testdata/") || is_used(tree, file)) continue;
        findings.push_back(
            {file.path, 0, "no test and no source names it: data that nothing reads is a riddle"});
    }
    return findings;
}

}  // namespace assay::tidy
