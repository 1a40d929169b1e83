// `assay run --cases` and `--repeat` from outside.
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "internal/testing/process.hpp"

namespace assay::testing {
namespace {

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// Adds two numbers; case 3 has a wrong answer.
class Sums {
  public:
    Sums() {
        for (const int number : {1, 2, 3, 10}) {
            const std::string stem = "tests/" + std::to_string(number);
            directory_.write(stem + ".in", std::to_string(number) + " 1\n");
            directory_.write(stem + ".ans", std::to_string(number == 3 ? 99 : number + 1) + "\n");
        }
        directory_.write("sum.sh", "#!/bin/sh\nread a b\necho $((a + b))\n", true);
    }

    Output run(std::vector<std::string> options, std::vector<std::string> program) const {
        std::vector<std::string> arguments = {assay_binary(), "run"};
        arguments.insert(arguments.end(), options.begin(), options.end());
        arguments.insert(arguments.end(), program.begin(), program.end());
        return testing::run({.arguments = std::move(arguments), .directory = directory_.path()});
    }
    const FreshDirectory& directory() const { return directory_; }
    // The verdicts in the order of the table.
    static std::vector<std::string> verdicts(const std::string& table) {
        std::vector<std::string> words;
        for (std::size_t at = table.find('\n'); at != table.npos; at = table.find('\n', at + 1)) {
            const std::size_t word = table.find_first_not_of(' ', table.find(' ', at));
            const std::size_t end = table.find_first_of(" \n", word);
            if (at + 1 < table.size()) words.push_back(table.substr(word, end - word));
        }
        if (!words.empty()) words.pop_back();  // of the closing line
        return words;
    }

  private:
    FreshDirectory directory_;
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("run --cases: every case has its verdict, in natural order", "[cmd][cases]") {
    const Sums sums;
    for (const char* jobs : {"1", "3"}) {
        const Output output = sums.run({"--cases", "tests", "--jobs", jobs}, {"./sum.sh"});
        INFO(output.out << output.err);
        CHECK(output.exit_code == 1);
        CHECK(output.err.empty());
        CHECK(Sums::verdicts(output.out) == Words{"ok", "ok", "wrong", "ok"});
        CHECK(contains(output.out, "line 1, column 1: expected '99', got '4'\n"));
        CHECK(contains(output.out, "3 of 4 cases passed, 1 failed, "));
    }
}

TEST_CASE("run --cases: --fail-fast skips what comes after a failure", "[cmd][cases]") {
    const Sums sums;
    const Output output = sums.run({"--cases", "tests", "--fail-fast"}, {"./sum.sh"});
    INFO(output.out << output.err);
    CHECK(output.exit_code == 1);
    CHECK(Sums::verdicts(output.out) == Words{"ok", "ok", "wrong", "skipped"});
}

TEST_CASE("run --cases: limits hold for each case and bound its output", "[cmd][cases]") {
    const Sums sums;
    Output output =
        sums.run({"--cases", "tests", "--wall-limit", "200ms", "--jobs", "4"}, {"sleep", "60"});
    CHECK(Sums::verdicts(output.out) == Words{"wall", "wall", "wall", "wall"});
    output = sums.run({"--cases", "tests", "--output-limit", "64k", "--fail-fast"}, {"yes"});
    CHECK(Sums::verdicts(output.out) == Words{"output", "skipped", "skipped", "skipped"});
}

TEST_CASE("run --cases: a checker judges in its own box", "[cmd][cases]") {
    const Sums sums;
    sums.directory().write(
        "check.sh",
        "#!/bin/sh\nread a b < \"$1\"\nread sum < \"$2\"\n"
        "[ -r \"$3\" ] || exit 3\n"
        "[ $((a + b)) = \"$sum\" ] && exit 0\necho \"bad sum $sum\" >&2\nexit 1\n",
        true);
    Output output = sums.run({"--cases", "tests", "--compare", "./check.sh"}, {"./sum.sh"});
    INFO(output.out << output.err);
    CHECK(output.exit_code == 0);
    output = sums.run({"--cases", "tests", "--compare", "./check.sh"}, {"echo", "7"});
    CHECK(output.exit_code == 1);
    CHECK(contains(output.out, "bad sum 7\n"));
}

TEST_CASE("run --cases: a checker that fails is no verdict on the program", "[cmd][cases]") {
    const Sums sums;
    Output output = sums.run({"--cases", "tests", "--compare", "sh -c 'exit 3'"}, {"./sum.sh"});
    CHECK(output.exit_code == 125);
    CHECK(contains(output.out, "the checker failed with code 3\n"));
    output = sums.run({"--cases", "tests", "--compare", "./none"}, {"./sum.sh"});
    CHECK(output.exit_code == 125);
    CHECK(contains(output.out, "the checker could not run: cannot find './none'"));
    CHECK(Sums::verdicts(output.out) == Words{"internal", "skipped", "skipped", "skipped"});
}

TEST_CASE("run --cases: a program that cannot start is told once", "[cmd][cases]") {
    const Sums sums;
    const Output output = sums.run({"--cases", "tests"}, {"./none"});
    CHECK(output.exit_code == 127);
    CHECK(Sums::verdicts(output.out) == Words{"internal", "skipped", "skipped", "skipped"});
}

TEST_CASE("run --cases: the program cannot read the answers", "[cmd][cases]") {
    const Sums sums;
    Output output = sums.run({"--cases", "tests"}, {"cat", "tests/1.ans"});
    CHECK(output.exit_code == 1);
    CHECK(Sums::verdicts(output.out)[0] == "nonzero");
    // Beside the program too, and through another mount.
    output = testing::run({.arguments = {assay_binary(), "run", "--cases", ".", "cat", "1.ans"},
                           .directory = sums.directory() / "tests"});
    CHECK(Sums::verdicts(output.out)[0] != "ok");
    output = sums.run({"--cases", "tests", "--bind", "tests:/t"}, {"cat", "/t/1.ans"});
    CHECK(Sums::verdicts(output.out)[0] != "ok");
}

TEST_CASE("run --compile: what is built is run, and nothing of it stays", "[cmd][cases]") {
    const Sums sums;
    sums.directory().write("prog", "stale");
    const Output output =
        sums.run({"--cases", "tests", "--compile", "install sum.sh prog"}, {"./prog"});
    INFO(output.out << output.err);
    CHECK(output.exit_code == 1);
    CHECK(Sums::verdicts(output.out) == Words{"ok", "ok", "wrong", "ok"});
    CHECK(sums.directory().read("prog") == "stale");
}

TEST_CASE("run --compile: it reads neither answers nor writes what it reads", "[cmd][cases]") {
    const Sums sums;
    Output output =
        sums.run({"--cases", "tests", "--compile", "cp tests/1.ans prog"}, {"./sum.sh"});
    CHECK(contains(output.out, "the compile step failed: exited with code 1\n"));
    sums.directory().write("sub/file", "x");
    output = sums.run({"--cases", "tests", "--compile", "rm sub/file"}, {"./sum.sh"});
    CHECK(contains(output.out, "the compile step failed: exited with code 1\n"));
    CHECK(sums.directory().read("sub/file") == "x");
}

TEST_CASE("run --compile: a failure ends the run and shows the compiler's words", "[cmd][cases]") {
    const Sums sums;
    const Output output = sums.run(
        {"--cases", "tests", "--compile", "sh -c 'echo no such thing >&2; exit 7'"}, {"./sum.sh"});
    CHECK(output.exit_code == 1);
    CHECK(output.err == "no such thing\n");
    CHECK(output.out == "the compile step failed: exited with code 7\n");
}

TEST_CASE("run --compile --writable: it builds in place", "[cmd][cases]") {
    const Sums sums;
    const Output output = sums.run(
        {"--writable", "--cases", "tests", "--compile", "install sum.sh prog"}, {"./prog"});
    CHECK(Sums::verdicts(output.out) == Words{"ok", "ok", "wrong", "ok"});
    CHECK(std::filesystem::exists(sums.directory() / "prog"));
}

TEST_CASE("run --cases: JSON and JUnit tell the same", "[cmd][cases]") {
    const Sums sums;
    const Output output =
        sums.run({"--cases", "tests", "--json", "-", "--junit", "j.xml"}, {"./sum.sh"});
    CHECK(contains(output.out, "\"schema\": \"assay-cases/1\""));
    CHECK(contains(output.out, "\"passed\": 3,\n  \"failed\": 1,"));
    CHECK(contains(output.out, "\"verdict\": \"wrong\""));
    const std::string xml = sums.directory().read("j.xml");
    CHECK(contains(xml, " tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"0\" "));
    CHECK(contains(xml, "<failure type=\"wrong\" message=\"line 1, column 1: "));
}

TEST_CASE("run --cases: nothing is left in the temporary directory", "[cmd][cases]") {
    const Sums sums;
    const FreshDirectory temporary;
    const Output output = testing::run({.arguments = {assay_binary(), "run", "--cases", "tests",
                                                      "--compile", "install sum.sh prog", "./prog"},
                                        .variables = {"TMPDIR=" + temporary.path().string()},
                                        .directory = sums.directory().path()});
    CHECK(output.exit_code == 1);
    CHECK(std::filesystem::is_empty(temporary.path()));
}

TEST_CASE("run --repeat: every run reads the same input, and the table counts them",
          "[cmd][repeat]") {
    const Sums sums;
    sums.directory().write("input", "line\n");
    const Output output = sums.run(
        {"--repeat", "3", "--warmup", "1", "--stdin", "input", "--json", "r.json"}, {"cat"});
    CHECK(output.exit_code == 0);
    CHECK(output.out == "line\nline\nline\nline\n");
    CHECK(output.err.starts_with("3 runs "));
    CHECK(contains(sums.directory().read("r.json"), "\"schema\": \"assay-repeat/1\""));
}

TEST_CASE("run --repeat: a run that fails ends the series with its code", "[cmd][repeat]") {
    const Sums sums;
    const Output output = sums.run({"--repeat", "3"}, {"sh", "-c", "exit 4"});
    CHECK(output.exit_code == 4);
    CHECK(output.err.starts_with("run 1 failed: exited with code 4\n"));
}

}  // namespace assay::testing
