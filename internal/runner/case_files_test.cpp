#include "internal/runner/case_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <random>
#include <string>

#include "pkg/posix/files.hpp"

using assay::runner::Bind;
using assay::runner::Files;
using assay::runner::find_cases;
using assay::runner::natural_less;
using assay::runner::TestCase;
namespace fs = std::filesystem;

namespace {

class CaseDirectory {
  public:
    explicit CaseDirectory(const std::vector<std::string>& names) {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
        path_ = fs::canonical(path_);
        for (const std::string& name : names) {
            REQUIRE(assay::posix::write_file(path_ + "/" + name, "x").has_value());
        }
    }
    ~CaseDirectory() { fs::remove_all(path_); }
    const std::string& path() const { return path_; }

  private:
    std::string path_ = fs::temp_directory_path() / "case_files_test.XXXXXX";
};

std::string complaint(const std::string& directory, bool answer_optional = false) {
    const auto cases = find_cases(directory, answer_optional);
    REQUIRE_FALSE(cases.has_value());
    CHECK(cases.error().kind == assay::ErrorKind::kUsage);
    return assay::to_string(cases.error());
}

const TestCase kCase{"1", "/srv/tests/1.in", "/srv/tests/1.ans"};

}  // namespace

TEST_CASE("cases: digits in names compare as numbers", "[runner][cases]") {
    // "01" before "1": between equal numbers the bytes decide.
    const std::vector<std::string> sorted = {"",
                                             "01",
                                             "1",
                                             "2",
                                             "10",
                                             "a",
                                             "a1b",
                                             "a2",
                                             "a10",
                                             "a10b",
                                             "a99999999999999999998",
                                             "a99999999999999999999",
                                             "b1"};
    std::vector<std::string> shuffled = sorted;
    std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(3));
    std::ranges::sort(shuffled, natural_less);
    CHECK(shuffled == sorted);
    CHECK_FALSE(natural_less("x", "x"));
}

TEST_CASE("cases: inputs are found in natural order with their answers", "[runner][cases]") {
    const CaseDirectory directory({"10.in", "10.out", "2.in", "2.ans", "readme.txt", ".in"});
    const auto cases = find_cases(directory.path(), false);
    REQUIRE(cases.has_value());
    REQUIRE(cases->size() == 2);
    CHECK((*cases)[0].name == "2");
    CHECK((*cases)[0].input_path == directory.path() + "/2.in");
    CHECK((*cases)[0].answer_path == directory.path() + "/2.ans");
    CHECK((*cases)[1].answer_path == directory.path() + "/10.out");
}

TEST_CASE("cases: .ans wins over .out, which may be somebody's output", "[runner][cases]") {
    const CaseDirectory directory({"1.in", "1.out", "1.ans"});
    CHECK(find_cases(directory.path(), false)->front().answer_path == directory.path() + "/1.ans");
}

TEST_CASE("cases: a missing answer is an error that names it, unless a checker needs none",
          "[runner][cases]") {
    const CaseDirectory directory({"1.in"});
    const std::string stem = directory.path() + "/1";
    CHECK(complaint(directory.path()) == "cannot find the answer of " + stem + ".in; write " +
                                             stem +
                                             ".ans or .out, or give a checker with --compare");
    CHECK(find_cases(directory.path(), true)->front().answer_path.empty());
}

TEST_CASE("cases: no directory, no case and odd files are errors", "[runner][cases]") {
    const CaseDirectory directory({"1.out"});
    CHECK(complaint(directory.path()) ==
          "cannot find cases in " + directory.path() + ": no NAME.in there");
    CHECK(complaint(directory.path() + "/no") ==
          "cannot read the cases in " + directory.path() + "/no: No such file or directory");
    CHECK(complaint(directory.path() + "/1.out").ends_with(": Not a directory"));
    REQUIRE(::mkfifo((directory.path() + "/2.in").c_str(), 0600) == 0);
    CHECK(complaint(directory.path()) ==
          "cannot use " + directory.path() + "/2.in as a case: not a regular file");
}

TEST_CASE("cases: a directory beside the program's is covered", "[runner][cases]") {
    Files files;
    files.current_directory = "/srv";
    assay::runner::hide_cases(files, "/srv/tests", {kCase});
    REQUIRE(files.tmpfs.size() == 1);
    CHECK(files.tmpfs[0].destination == "/srv/tests");
    CHECK(files.binds.empty());
}

TEST_CASE("cases: answers beside the program are covered one by one", "[runner][cases]") {
    for (const char* current : {"/srv/tests", "/srv/tests/sub"}) {
        Files files;
        files.current_directory = current;
        assay::runner::hide_cases(files, "/srv/tests", {kCase, {"2", "/srv/tests/2.in", ""}});
        CHECK(files.tmpfs.empty());
        REQUIRE(files.binds.size() == 1);
        CHECK(files.binds[0].source == "/dev/null");
        CHECK(files.binds[0].destination == "/srv/tests/1.ans");
    }
}

TEST_CASE("cases: answers are covered wherever a mount shows them", "[runner][cases]") {
    Files files;
    files.current_directory = "/elsewhere";
    files.binds = {Bind{"/srv", "/data", false}, Bind{"/srv/tests2", "/t2", false}};
    assay::runner::hide_cases(files, "/srv/tests", {kCase});
    REQUIRE(files.tmpfs.size() == 2);
    CHECK(files.tmpfs[0].destination == "/data/tests");
    CHECK(files.tmpfs[1].destination == "/srv/tests");
}
