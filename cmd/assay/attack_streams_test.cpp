// The attack list, the runner's own pipes: streams that flood, stall, are closed or given away,
// words of any size.
#include <catch2/catch.hpp>

#include "internal/testing/attack_run.hpp"
#include "internal/testing/process.hpp"

namespace assay::testing {
namespace {

const Words kPatience = {"--wall-limit", "8s"};

TEST_CASE("attack: input that nobody reads blocks nobody", "[attack][streams]") {
    const AttackRun endless =
        run_boxed_under({"/bin/sh", "-c", "yes | \"$@\"", "sh"}, {"--wall-limit", "300ms"},
                        {attack_program(), "sleep"});
    INFO(describe(endless));
    CHECK(endless.verdict() == "wall");
}

TEST_CASE("attack: a flood is the verdict output and is cut", "[attack][streams]") {
    for (const Words& attack : {Words{"flood"}, Words{"flood", "2"}, Words{"flood-both"}}) {
        const AttackRun run = run_attack({"--output-limit", "1M", "--wall-limit", "8s"}, attack);
        INFO(run.report.text("error") << "\n" << run.err.substr(0, 1000));
        CHECK(run.verdict() == "output");
        CHECK(run.exit_code == 122);
        CHECK(run.report.text("limit") == "output-limit");
        CHECK(run.out.size() + run.err.size() <= (1 << 20) + 4096);  // and a summary on stderr
        CHECK(run.out.size() + run.err.size() >= 1 << 20);
    }
}

TEST_CASE("attack: without a limit a flood passes whole", "[attack][streams]") {
    const AttackRun run =
        run_boxed_under({"/bin/sh", "-c", "\"$@\" | wc -c", "sh"}, {"--wall-limit", "15s"},
                        {attack_program(), "flood", "1", "8"});
    INFO(describe(run));
    CHECK(run.out == "8388608\n");
}

TEST_CASE("attack: closed streams do not end the run", "[attack][streams]") {
    for (const Words& options : {kPatience, Words{"--output-limit", "1M", "--wall-limit", "8s"}}) {
        const AttackRun run = run_attack(options, {"close-streams", "200"});
        INFO(describe(run));
        CHECK(run.verdict() == "nonzero");
        CHECK(run.exit_code == 5);
        CHECK(run.report.number("wall_s") >= 0.2);
    }
}

// run_attack() itself would meet its deadline if standard output stayed open.
TEST_CASE("attack: a daemon with the output in its hands keeps nobody waiting",
          "[attack][streams]") {
    for (const Words& options : {kPatience, Words{"--output-limit", "1M", "--wall-limit", "8s"}}) {
        const AttackRun run = run_attack(options, {"give-away-stdout"});
        INFO(describe(run));
        CHECK(run.verdict() == "ok");
        CHECK(run.out == "parent is done\n");
        CHECK(run.report.number("leftover_processes") == 1);
    }
}

TEST_CASE("attack: the input file cannot be changed through its descriptor", "[attack][streams]") {
    const FreshDirectory scratch;
    const std::string input = scratch.write("input", "as it was\n");
    const AttackRun run = run_attack({"--stdin", input, "--wall-limit", "8s"}, {"rewrite-stdin"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.all_done().empty());
    CHECK(scratch.read("input") == "as it was\n");
}

TEST_CASE("attack: a forged report reaches nobody", "[attack][streams]") {
    const AttackRun run = run_attack(kPatience, {"forge-report"});
    INFO(describe(run));
    CHECK(run.verdict() == "nonzero");
    CHECK(run.exit_code == 3);
    CHECK(run.figure("descriptors written") == 0);
}

TEST_CASE("attack: arguments and environment of 2 MiB arrive", "[attack][streams]") {
    Words attack = {"count-arguments"};
    for (int i = 0; i < 18; ++i) attack.emplace_back(100'000, 'a');
    const AttackRun run = run_attack(kPatience, attack);
    INFO(run.err.substr(0, 1000));
    CHECK(run.verdict() == "ok");
    CHECK(run.told("arguments") == "18 1800000");
}

TEST_CASE("attack: what cannot be started says why", "[attack][streams]") {
    const FreshDirectory scratch;
    scratch.write("plain", "no program\n");
    scratch.write("text", "no program\n", true);
    scratch.write("lost", "#!/no/such/interpreter\n", true);
    scratch.write("crlf", "#!/bin/sh\r\nexit 0\r\n", true);
    const struct {
        const char* program;
        int exit_code;
        const char* reason;
    } cases[] = {
        {"/box/missing", 127, "No such file or directory"},
        {"/box/plain", 126, "Permission denied"},
        {"/box", 126, "it is a directory"},
        {"/box/text", 126, "Exec format error"},
        {"/box/lost", 127, "/no/such/interpreter"},
        {"/box/crlf", 127, "/bin/sh\\r"},
    };
    for (const auto& one : cases) {
        const AttackRun run = run_boxed(
            {"--bind", scratch.path().string() + ":/box", "--wall-limit", "8s"}, {one.program});
        INFO(one.program << "\n" << describe(run));
        CHECK(run.verdict() == "internal");
        CHECK(run.exit_code == one.exit_code);
        CHECK((run.report.text("error") + run.err).find(one.reason) != std::string::npos);
    }
}

}  // namespace
}  // namespace assay::testing
