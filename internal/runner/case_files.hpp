// The files of --cases DIR: which cases there are, and how their answers are kept from the program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "internal/runner/job.hpp"
#include "pkg/result/result.hpp"

namespace assay::runner {

struct TestCase {
    std::string name;         // "sample-2" for sample-2.in
    std::string input_path;   // absolute
    std::string answer_path;  // absolute; empty when there is none
};

// Every NAME.in of the directory in natural order (2 before 10), with its answer: NAME.ans, else
// NAME.out (where both are there, .out may well be somebody's own output). Errors are usage errors:
// no such directory, no case in it, a case that is no regular file, and, unless `answer_optional`,
// a case without an answer, named.
Result<std::vector<TestCase>> find_cases(const std::string& directory, bool answer_optional);

// Digits compare as numbers: "a2" < "a10" < "b1". Total: "01" and "1" are told apart in the end.
bool natural_less(std::string_view a, std::string_view b);

// The directory as an absolute path without links.
Result<std::string> absolute_directory(const std::string& directory);

// Hides the cases from a program that could otherwise read the answers, wherever the job shows
// their directory: an empty tmpfs over it, or, where the current directory lies in it, /dev/null
// over each answer.
void hide_cases(Files& files, const std::string& directory, const std::vector<TestCase>& cases);

}  // namespace assay::runner
