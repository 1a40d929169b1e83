// `assay run --interact` from outside.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "internal/testing/process.hpp"

namespace assay::testing {
namespace {

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// Guess a number below 100: the program asks, the interactor answers, both line by line.
class Game {
  public:
    Game() {
        directory_.write("judge.sh",
                         "#!/bin/sh\nsecret=37\nfor turn in 1 2 3 4 5 6 7; do\n"
                         "  read guess || { echo 'end of file' >&2; exit 1; }\n"
                         "  if [ $guess -eq $secret ]; then echo '='; exit 0; fi\n"
                         "  if [ $guess -lt $secret ]; then echo '<'; else echo '>'; fi\n"
                         "done\nexit 1\n",
                         true);
        directory_.write("guess.sh",
                         "#!/bin/sh\nlow=0 high=99\nwhile :; do\n"
                         "  middle=$(((low + high) / 2))\n  echo $middle\n  read answer\n"
                         "  case $answer in\n    '=') exit 0;;\n    '<') low=$((middle + 1));;\n"
                         "    *) high=$((middle - 1));;\n  esac\ndone\n",
                         true);
    }

    Output play(const std::string& interactor, std::vector<std::string> program,
                bool transcript) const {
        std::vector<std::string> arguments = {assay_binary(), "run", "--wall-limit", "10s",
                                              "--json",       "-",   "--interact",   interactor};
        if (transcript) arguments.insert(arguments.end(), {"--transcript", "talk"});
        arguments.insert(arguments.end(), program.begin(), program.end());
        return testing::run({.arguments = std::move(arguments), .directory = directory_.path()});
    }
    const FreshDirectory& directory() const { return directory_; }

  private:
    FreshDirectory directory_;
};

}  // namespace

TEST_CASE("run --interact: a good program and its interactor agree", "[cmd][pair]") {
    const Game game;
    for (const bool transcript : {false, true}) {
        const Output output = game.play("./judge.sh", {"./guess.sh"}, transcript);
        INFO(output.out << output.err);
        CHECK(output.exit_code == 0);
        CHECK(contains(output.out, "\"schema\": \"assay-pair/1\",\n  \"verdict\": \"ok\""));
        CHECK(contains(output.out, "\"broke_pipe\": null"));
    }
    const std::string talk = game.directory().read("talk");
    CHECK(contains(talk, "\n> 49\n< >\n> 24\n< <\n> 36\n< <\n"));
    CHECK(contains(talk, "\n> 37\n< =\n# ended first: "));
}

TEST_CASE("run --interact: a program that stops reading is wrong, and broke the pipe",
          "[cmd][pair]") {
    const Game game;
    for (const bool transcript : {false, true}) {
        const Output output =
            game.play("./judge.sh", {"sh", "-c", "exec 0<&-; echo 1"}, transcript);
        INFO(output.out << output.err);
        CHECK(output.exit_code == 1);
        CHECK(contains(output.out, "\"verdict\": \"wrong\""));
        CHECK(contains(output.out, "\"broke_pipe\": \"program\""));
    }
}

TEST_CASE("run --interact: who ends first is told", "[cmd][pair]") {
    const Game game;
    for (const bool transcript : {false, true}) {
        const std::string waits = "sh -c 'read word; exit 0'";
        Output output = game.play(waits, {"sh", "-c", ":"}, transcript);
        INFO(output.out << output.err);
        CHECK(contains(output.out, "\"first_to_end\": \"program\""));
        output = game.play("sh -c :", {"sh", "-c", "read word; exit 0"}, transcript);
        INFO(output.out << output.err);
        CHECK(contains(output.out, "\"first_to_end\": \"interactor\""));
    }
}

TEST_CASE("run --interact: an interactor that leaves breaks the pipe of one who goes on",
          "[cmd][pair]") {
    const Game game;
    for (const bool transcript : {false, true}) {
        const Output output = game.play("sh -c 'read first; exit 1'", {"yes"}, transcript);
        INFO(output.out << output.err);
        CHECK(output.exit_code == 1);
        CHECK(contains(output.out, "\"first_to_end\": \"interactor\""));
        CHECK(contains(output.out, "\"broke_pipe\": \"interactor\""));
        CHECK(contains(output.out, "\"signal_name\": \"SIGPIPE\""));
    }
}

TEST_CASE("run --interact: an end that is closed by a live program is told", "[cmd][pair]") {
    const Game game;
    const Output output =
        game.play("sh -c 'exec 0<&-; sleep 0.2; exit 1'", {"sh", "-c", "cat; exit 5"}, false);
    INFO(output.out << output.err);
    CHECK(contains(output.out,
                   "\"closings\": [\n    {\n      \"side\": \"interactor\",\n"
                   "      \"end\": \"input\"\n    },"));
    CHECK(output.exit_code == 1);
}

TEST_CASE("run --interact: a crash before the interactor's end is the program's own",
          "[cmd][pair]") {
    const Game game;
    const Output output = game.play("./judge.sh", {"sh", "-c", "kill -SEGV $$"}, false);
    CHECK(output.exit_code == 128 + 11);
    CHECK(contains(output.out, "\"verdict\": \"signal\""));
}

TEST_CASE("run --interact: a stall ends at the wall limit and names both", "[cmd][pair]") {
    const Game game;
    for (const char* transcript : {"", "talk"}) {
        std::vector<std::string> arguments = {assay_binary(), "run",        "--wall-limit",
                                              "300ms",        "--interact", "cat",
                                              "--transcript", transcript,   "cat"};
        if (*transcript == '\0') arguments.erase(arguments.end() - 3, arguments.end() - 1);
        const Output output =
            testing::run({.arguments = arguments, .directory = game.directory().path()});
        INFO(output.err);
        CHECK(output.exit_code == 124);
        CHECK(contains(output.err, "program and interactor were both alive at the wall limit\n"));
    }
}

TEST_CASE("run --interact: an interactor that cannot start is no verdict on the program",
          "[cmd][pair]") {
    const Game game;
    const Output output = game.play("./none", {"cat"}, false);
    CHECK(output.exit_code == 125);
    CHECK(contains(output.out, "cannot find './none'"));
}

TEST_CASE("run --interact: a transcript that cannot be made is told before anything runs",
          "[cmd][pair]") {
    const Game game;
    const Output output =
        testing::run({.arguments = {assay_binary(), "run", "--interact", "cat", "--transcript",
                                    "no/such/file", "touch", "/tmp/x"},
                      .directory = game.directory().path()});
    CHECK(output.exit_code == 125);
    CHECK(contains(output.err, "cannot open no/such/file: No such file or directory"));
}

TEST_CASE("run --interact: megabytes both ways pass through a transcript unharmed", "[cmd][pair]") {
    const Game game;
    const Output output = game.play("sh -c 'head -c 3000000 | md5sum >&2; yes | head -c 100000'",
                                    {"sh", "-c", "yes n | head -c 3000000; md5sum >&2"}, true);
    INFO(output.out << output.err);
    CHECK(output.exit_code == 0);
    const Output expected =
        testing::run({.arguments = {"sh", "-c",
                                    "yes n | head -c 3000000 | md5sum; yes | head -c 100000 | "
                                    "md5sum"}});
    const std::string first = expected.out.substr(0, expected.out.find('\n'));
    const std::string second = expected.out.substr(expected.out.find('\n') + 1, 32);
    CHECK(contains(output.err, first));
    CHECK(contains(output.err, second));
}

}  // namespace assay::testing
