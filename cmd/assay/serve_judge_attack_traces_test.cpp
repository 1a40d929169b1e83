// The attack list against the daemon, line 51: whatever a program leaves, the next one in the same
// slot sees nothing of it. The programs are traces.c; attack() has the honest one look.
#include <catch2/catch.hpp>

#include "internal/testing/judge_run.hpp"

namespace assay::testing {
namespace {

TEST_CASE("judge traces: files of every kind, in closed directories", "[judge][traces]") {
    JudgeUnderAttack judge;
    for (const char* directory : {"/tmp", "/w"}) {
        const JudgedRun run = judge.attack({"litter", directory});
        INFO(describe(run));
        CHECK(run.accepted());
        CHECK(run.done("close the place"));
    }
}

TEST_CASE("judge traces: the streams' own files replaced", "[judge][traces]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"unlink-streams"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(run.all_done().size() == 4);
}

TEST_CASE("judge traces: System V and POSIX objects", "[judge][traces]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"ipc-objects", "100"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(run.done("shared memory"));
    CHECK(run.done("semaphores"));
    CHECK(run.done("queues"));
    CHECK(run.done("message"));
    CHECK(judge.attack({"leave"}).accepted());
    CHECK(joined(judge.attack({"look"}).all_done(), "\n") == "");
}

TEST_CASE("judge traces: keys", "[judge][traces]") {
    JudgeUnderAttack judge;
    CHECK(judge.attack({"keys"}).accepted());
}

TEST_CASE("judge traces: packets, listeners and connections that wait", "[judge][traces]") {
    JudgeUnderAttack judge;
    const JudgedRun loud = judge.attack({"traffic"});
    INFO(describe(loud));
    CHECK(loud.accepted());
    CHECK(loud.done("tcp"));
    const JudgedRun quiet = judge.attack({"whisper"});
    INFO(describe(quiet));
    CHECK(quiet.done("udp"));
    CHECK(judge.attack({"loopback"}).done("connect"));
}

TEST_CASE("judge traces: processes that are stopped, traced, locked, held and renewed",
          "[judge][traces]") {
    JudgeUnderAttack judge;
    for (int i = 0; i < 5; ++i) {
        const JudgedRun run = judge.attack({"crowd"});
        INFO(describe(run));
        CHECK(run.accepted());
        CHECK(run.done("fork"));
    }
}

TEST_CASE("judge traces: process numbers used up", "[judge][traces]") {
    JudgeUnderAttack judge;
    CHECK(judge.attack({"pass-numbers", "500"}).accepted());
}

// A zygote of the same uid as its programs cannot be protected from this: it may be given up.
TEST_CASE("judge traces: a zygote made slow and poor", "[judge][traces]") {
    JudgeUnderAttack judge;
    const JudgedRun run =
        judge.run({{.arguments = {"attack", "slow-everybody", own_pid_namespace()}}}).front();
    INFO(describe(run));
    CHECK(run.accepted());
    judge.check_honest_run_in_any_slot();
}

TEST_CASE("judge traces: one after the other in one slot", "[judge][traces]") {
    JudgeUnderAttack judge;
    for (const Words& attack :
         {Words{"litter", "/w"}, Words{"fill-file", "/tmp/fill", "100"}, Words{"traffic"},
          Words{"crowd"}, Words{"ipc-objects", "50"}, Words{"dump-core"}, Words{"litter", "/tmp"},
          Words{"pass-numbers"}, Words{"whisper"}, Words{"unlink-streams"}, Words{"daemon-stays"},
          Words{"own-filter"}, Words{"odd-settings"}, Words{"locked", "16"}, Words{"many-files"}}) {
        INFO(joined(attack, " "));
        judge.attack(attack, {.clock_limit = std::chrono::seconds(5)});
    }
}

}  // namespace
}  // namespace assay::testing
