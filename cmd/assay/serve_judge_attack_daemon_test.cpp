// The attack list against the daemon itself: lines 15, 74 and 75, and clients that go away. What is
// killed here is killed from outside, as by an operator or the host's out-of-memory killer.
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "internal/testing/attack_run.hpp"
#include "internal/testing/judge_run.hpp"
#include "pkg/posix/unique_fd.hpp"

namespace assay::testing {
namespace {

const JudgeCommand kSleeper = {.arguments = {"attack", "sleep"},
                               .clock_limit = std::chrono::seconds(8)};

JudgedRun only_result_of(HttpExchange& exchange) {
    const auto answer = exchange.answer();
    REQUIRE(answer);
    INFO(answer->body);
    REQUIRE(answer->code == 200);
    const std::vector<JudgeResult> results = results_of(answer->body);
    REQUIRE(results.size() == 1);
    JudgedRun run;
    static_cast<JudgeResult&>(run) = results.front();
    return run;
}

// 15
TEST_CASE("judge daemon: a zygote killed under its program is no success", "[judge][daemon]") {
    JudgeUnderAttack judge;
    HttpExchange exchange = judge.begin({kSleeper});
    judge.await_programs(1);
    REQUIRE(judge.zygotes().size() == 1);
    REQUIRE(::kill(judge.zygotes().front().pid, SIGKILL) == 0);
    const JudgedRun run = only_result_of(exchange);
    INFO(describe(run));
    CHECK(run.status == "Internal Error");
    CHECK(run.error != "");
    judge.check_honest_run_in_new_slot();
}

TEST_CASE("judge daemon: an idle zygote that was killed is replaced", "[judge][daemon]") {
    JudgeUnderAttack judge;
    REQUIRE(judge.zygotes().size() == 1);
    const pid_t zygote = judge.zygotes().front().pid;
    const posix::UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, zygote, 0)));
    REQUIRE(::kill(zygote, SIGKILL) == 0);
    pollfd end{process.get(), POLLIN, 0};
    REQUIRE(::poll(&end, 1, -1) == 1);
    CHECK(judge.run({{.arguments = {"attack", "exit", "0"}}}).front().accepted());
    judge.check_honest_run_in_new_slot();
}

TEST_CASE("judge daemon: a zygote killed at any moment costs one request at most",
          "[judge][daemon]") {
    JudgeUnderAttack judge;
    const int times = in_guest() ? 10 : 50;
    for (int i = 0; i < times; ++i) {
        HttpExchange exchange = judge.begin({{.arguments = {"attack", "crowd"}}});
        // So that each kill meets another step of the work.
        for (int turn = 0; turn < i % 10; ++turn) judge.programs();
        for (const ProcessFacts& zygote : judge.zygotes()) ::kill(zygote.pid, SIGKILL);
        // 500 when the slot was lost before its files were prepared.
        const auto answer = exchange.answer();
        REQUIRE(answer);
        INFO(answer->body);
        CHECK((answer->code == 500 || results_of(answer->body).at(0).status == "Accepted" ||
               results_of(answer->body).at(0).status == "Internal Error"));
    }
    judge.run({{.arguments = {"attack", "exit", "0"}}});
    judge.check_honest_run_in_any_slot();
}

TEST_CASE("judge daemon: a program killed from outside is signalled", "[judge][daemon]") {
    JudgeUnderAttack judge;
    HttpExchange exchange = judge.begin({kSleeper});
    REQUIRE(::kill(judge.await_programs(1).front().pid, SIGKILL) == 0);
    const JudgedRun run = only_result_of(exchange);
    INFO(describe(run));
    CHECK(run.status == "Signalled");
    CHECK(run.exit_status == 9);
    judge.check_honest_run();
}

TEST_CASE("judge daemon: without the slots' keeper nothing is said to be accepted",
          "[judge][daemon]") {
    JudgeUnderAttack judge;
    REQUIRE(judge.zygotes().size() == 1);
    const pid_t keeper = judge.zygotes().front().parent;
    REQUIRE(keeper != judge.daemon().pid());
    HttpExchange exchange = judge.begin({kSleeper});
    judge.await_programs(1);
    REQUIRE(::kill(keeper, SIGKILL) == 0);
    // The daemon answers, or is gone too and a supervisor starts a new one.
    if (const auto answer = exchange.answer()) {
        INFO(answer->body);
        CHECK(answer->body.find("Accepted") == std::string::npos);
        CHECK(answer->body.find("Internal Error") != std::string::npos);
    }
    const auto next = judge.ask(
        {.method = "POST", .target = "/run", .body = to_json({{.arguments = {"/usr/bin/true"}}})});
    if (next) {
        INFO(next->body);
        CHECK(next->body.find("Time Limit Exceeded") == std::string::npos);
    }
    judge.daemon().stop(SIGKILL);
    judge.restart();
}

// 74 and 75
TEST_CASE("judge daemon: a killed server takes everything along, its groups go with the next",
          "[judge][daemon]") {
    JudgeUnderAttack judge;
    HttpExchange exchange = judge.begin({kSleeper});
    judge.await_programs(1);
    judge.daemon().stop(SIGKILL);
    CHECK_FALSE(exchange.answer());
    judge.restart();
}

TEST_CASE("judge daemon: a server killed at any moment leaves nothing", "[judge][daemon]") {
    JudgeUnderAttack judge;
    const int times = in_guest() ? 5 : 30;
    for (int i = 0; i < times; ++i) {
        std::vector<HttpExchange> exchanges;
        for (int request = 0; request < 4; ++request) {
            exchanges.push_back(judge.begin({{.arguments = {"attack", "stop-children"}}}));
        }
        // So that each kill meets another step of the work.
        if (i % 2 == 0) judge.await_programs(3);
        for (int turn = 0; turn < i % 10; ++turn) judge.programs();
        judge.daemon().stop(SIGKILL);
        for (HttpExchange& exchange : exchanges) CHECK_FALSE(exchange.answer());
        judge.restart();
    }
}

TEST_CASE("judge daemon: what runs when the server is told to end is finished", "[judge][daemon]") {
    JudgeUnderAttack judge({"--drain-timeout", "60s"});
    HttpExchange exchange = judge.begin({{.arguments = {"attack", "daemon-burns", "300"}}});
    judge.await_programs(1);
    judge.daemon().signal(SIGTERM);
    const JudgedRun run = only_result_of(exchange);
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(judge.end_of_daemon().exit_code == 0);
}

TEST_CASE("judge daemon: what does not end in time is killed with the server", "[judge][daemon]") {
    JudgeUnderAttack judge({"--drain-timeout", "100ms"});
    HttpExchange exchange = judge.begin({kSleeper});
    judge.await_programs(1);
    judge.daemon().signal(SIGTERM);
    if (const auto answer = exchange.answer()) {
        CHECK(answer->body.find("Accepted") == std::string::npos);
    }
    CHECK(judge.end_of_daemon().exit_code == 0);
}

TEST_CASE("judge daemon: a second signal does not wait", "[judge][daemon]") {
    JudgeUnderAttack judge({"--drain-timeout", "60s"});
    HttpExchange exchange = judge.begin({kSleeper});
    judge.await_programs(1);
    judge.daemon().signal(SIGTERM);
    judge.daemon().signal(SIGINT);
    if (const auto answer = exchange.answer()) {
        CHECK(answer->body.find("Time Limit Exceeded") == std::string::npos);
    }
    judge.end_of_daemon();
}

TEST_CASE("judge daemon: without descriptors a request waits or fails, and the next one is served",
          "[judge][daemon]") {
    JudgeUnderAttack judge;
    const pid_t daemon = judge.daemon().pid();
    rlimit before{};
    REQUIRE(::prlimit(daemon, RLIMIT_NOFILE, nullptr, &before) == 0);
    for (rlim_t spare = 0; spare < 24; ++spare) {
        const rlimit few{descriptors_of(daemon) + spare, before.rlim_max};
        REQUIRE(::prlimit(daemon, RLIMIT_NOFILE, &few, nullptr) == 0);
        HttpExchange exchange = judge.begin({{.arguments = {"attack", "exit", "0"}}});
        ::poll(nullptr, 0, 50);  // time to fail in; a request that waits is served afterwards
        REQUIRE(::prlimit(daemon, RLIMIT_NOFILE, &before, nullptr) == 0);
        if (const auto answer = exchange.answer()) {
            INFO(answer->body);
            CHECK((answer->code == 200 || answer->code == 500));
        }
    }
    judge.check_honest_run_in_any_slot();
}

TEST_CASE("judge daemon: a client that goes away takes its program along", "[judge][daemon]") {
    JudgeUnderAttack judge;
    for (int i = 0; i < 5; ++i) {
        {
            const HttpExchange exchange = judge.begin(
                {{.arguments = {"attack", "deaf", "sleep"}}, {.arguments = {"attack", "sleep"}}});
            judge.await_programs(2);
        }
        judge.check_honest_run_in_any_slot();
    }
}

TEST_CASE("judge daemon: a client that goes away while it waits starts nothing",
          "[judge][daemon]") {
    JudgeUnderAttack judge;
    HttpExchange running =
        judge.begin({{.arguments = {"attack", "sleep"}, .clock_limit = std::chrono::seconds(2)}});
    judge.await_programs(1);
    for (int i = 0; i < 20; ++i) judge.begin({kSleeper});
    REQUIRE(running.answer());
    judge.check_honest_run();
}

}  // namespace
}  // namespace assay::testing
