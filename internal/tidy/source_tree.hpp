// The project's own files as text, for rules to read.
//
// Owns finding and reading the files, and telling code from comments from literals: a rule that
// forbids a word must not stumble over a string that holds it, nor count a brace in a comment. So
// each C++ file is kept three times, line for line. Rejected: clang's AST (a rule should
// run in milliseconds and without a compilation database).
//
// The files are those git would commit (tracked or new, not ignored); without git, those of a walk.
// What is committed and what is not makes no difference.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::tidy {

// One file. `code` has blanks for comments and for what stands between quotes, `comments` has
// blanks for everything else. Files that are not C++ have their whole text in all three.
struct SourceFile {
    std::string path;  // from the root, "pkg/units/units.hpp"
    std::vector<std::string> lines;
    std::vector<std::string> code;
    std::vector<std::string> comments;
};

struct SourceTree {
    std::vector<SourceFile> files;  // sorted by path
};

SourceTree read_tree(const std::string& root);

// A file made from text, as read_tree() makes it.
SourceFile make_file(std::string path, std::string_view text);

bool is_cpp(std::string_view path);
bool is_header(std::string_view path);
// Tests, benches, fuzz targets and what only these link.
bool is_test(std::string_view path);
// Under pkg, internal or cmd.
bool is_project_code(std::string_view path);

// "pkg/units" of "pkg/units/units.hpp"; empty for files of no package.
std::string_view package_of(std::string_view path);
// "units.hpp" of "pkg/units/units.hpp".
std::string_view file_name(std::string_view path);
// "units" of "pkg/units/units.hpp".
std::string_view file_stem(std::string_view path);

// Where `word` stands in `text` from `from` on, not as a part of a longer identifier; npos if
// nowhere.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t from = 0);

}  // namespace assay::tidy
