#include "internal/runner/case_files.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

namespace assay::runner {
namespace {

constexpr std::string_view kInputSuffix = ".in";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Takes a run of digits off the front; without its leading zeros.
std::string_view take_number(std::string_view& text) {
    const auto end = std::ranges::find_if_not(text, is_digit);
    std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(digits.size());
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
    return digits;
}

bool is_regular(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

std::string answer_of(const std::string& stem) {
    for (const char* suffix : {".ans", ".out"}) {
        if (is_regular(stem + suffix)) return stem + suffix;
    }
    return {};
}

bool lies_in(std::string_view path, std::string_view directory) {
    return path == directory ||
           (path.starts_with(directory) && (directory == "/" || path[directory.size()] == '/'));
}

// Where the program would see a host directory: at its own path, and through what is bound
// elsewhere.
std::vector<std::string> shown_at(const Files& files, const std::string& directory) {
    std::vector<std::string> paths = {directory};
    for (const Bind& bind : files.binds) {
        if (!lies_in(directory, bind.source)) continue;
        paths.push_back(bind.destination + directory.substr(bind.source.size()));
    }
    std::ranges::sort(paths);
    const auto repeated = std::ranges::unique(paths);
    paths.erase(repeated.begin(), repeated.end());
    return paths;
}

Result<TestCase> make_case(const std::string& directory, std::string_view file,
                           bool answer_optional) {
    file.remove_suffix(kInputSuffix.size());
    TestCase test;
    test.name = file;
    const std::string stem = directory + "/" + test.name;
    test.input_path = stem + std::string(kInputSuffix);
    if (!is_regular(test.input_path)) {
        return usage_error("cannot use " + test.input_path + " as a case: not a regular file");
    }
    test.answer_path = answer_of(stem);
    if (test.answer_path.empty() && !answer_optional) {
        return usage_error("cannot find the answer of " + test.input_path,
                           "write " + stem + ".ans or .out, or give a checker with --compare");
    }
    return test;
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
    const std::string_view whole_a = a;
    const std::string_view whole_b = b;
    while (!a.empty() && !b.empty()) {
        if (is_digit(a[0]) && is_digit(b[0])) {
            const std::string_view number_a = take_number(a);
            const std::string_view number_b = take_number(b);
            if (number_a.size() != number_b.size()) return number_a.size() < number_b.size();
            if (number_a != number_b) return number_a < number_b;
        } else {
            if (a[0] != b[0]) {
                return static_cast<unsigned char>(a[0]) < static_cast<unsigned char>(b[0]);
            }
            a.remove_prefix(1);
            b.remove_prefix(1);
        }
    }
    if (a.empty() != b.empty()) return a.empty();
    return whole_a < whole_b;
}

Result<std::string> absolute_directory(const std::string& directory) {
    const std::unique_ptr<char, void (*)(void*)> path(::realpath(directory.c_str(), nullptr),
                                                      std::free);
    if (!path) {
        Error error = system_error("cannot read the cases in " + directory, errno);
        error.kind = ErrorKind::kUsage;
        return error;
    }
    return std::string(path.get());
}

Result<std::vector<TestCase>> find_cases(const std::string& directory, bool answer_optional) {
    ASSAY_TRY(const std::string path, absolute_directory(directory));
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(path.c_str()), ::closedir);
    if (!entries) {
        Error error = system_error("cannot read the cases in " + directory, errno);
        error.kind = ErrorKind::kUsage;
        return error;
    }
    std::vector<TestCase> cases;
    while (const dirent* entry = ::readdir(entries.get())) {
        const std::string_view file = entry->d_name;
        if (!file.ends_with(kInputSuffix) || file.size() == kInputSuffix.size()) continue;
        ASSAY_TRY(cases.emplace_back(), make_case(path, file, answer_optional));
    }
    if (cases.empty()) {
        return usage_error("cannot find cases in " + directory + ": no NAME.in there");
    }
    std::ranges::sort(cases, natural_less, &TestCase::name);
    return cases;
}

void hide_cases(Files& files, const std::string& directory, const std::vector<TestCase>& cases) {
    for (const std::string& shown : shown_at(files, directory)) {
        if (!lies_in(files.current_directory, shown)) {
            files.tmpfs.push_back(Tmpfs{shown, 4096});
            continue;
        }
        for (const TestCase& test : cases) {
            if (test.answer_path.empty()) continue;
            files.binds.push_back(
                Bind{"/dev/null", shown + test.answer_path.substr(directory.size()), false});
        }
    }
}

}  // namespace assay::runner
