// The attack list against the daemon, streams, pipes and words: lines 67 to 76, 74 and 75 in
// serve_judge_attack_daemon_test.cpp.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "internal/testing/attack_run.hpp"
#include "internal/testing/judge_run.hpp"
#include "pkg/posix/files.hpp"

namespace assay::testing {
namespace {

const std::chrono::milliseconds kShort{400};

// 67
TEST_CASE("judge attack: input that nobody reads blocks nobody", "[judge][streams]") {
    JudgeUnderAttack judge;
    for (const bool proxy : {false, true}) {
        const std::vector<JudgedRun> runs =
            judge.run({{.arguments = {"attack", "flood"}, .pipe_out = true, .clock_limit = kShort},
                       {.arguments = {"attack", "sleep"}, .pipe_in = true, .clock_limit = kShort}},
                      {{.from = {0, 1}, .to = {1, 0}, .proxy = proxy}});
        INFO(describe(runs[0]) << describe(runs[1]));
        CHECK(runs[1].status == "Time Limit Exceeded");
        CHECK_FALSE(runs[0].accepted());
        judge.check_honest_run_in_any_slot();
    }
}

// 68
TEST_CASE("judge attack: a flood is cut, wherever it goes", "[judge][streams]") {
    JudgeUnderAttack judge;
    const JudgedRun by_pipe =
        judge.attack({"flood", "1", "256"}, {.output_max_bytes = 1000, .collect_by_pipe = true});
    CHECK(by_pipe.status == "Output Limit Exceeded");
    CHECK(by_pipe.out.size() == 1001);
    const JudgedRun both =
        judge.attack({"flood-both"}, {.output_max_bytes = 1000, .collect_by_pipe = true});
    CHECK(both.status == "Output Limit Exceeded");
    CHECK(both.file("stderr").size() == 1001);
    // The file is on a tmpfs of 128 MiB, and is the program's own memory.
    const JudgedRun by_file =
        judge.attack({"flood"}, {.output_max_bytes = 1000, .memory_limit_bytes = 512u << 20});
    CHECK(by_file.status == "Output Limit Exceeded");
    CHECK(by_file.out.size() == 1001);
}

TEST_CASE("judge attack: a flood into a file meets the output limit", "[judge][streams]") {
    JudgeUnderAttack judge({"--output-limit", "1m"});
    const JudgedRun run = judge.attack({"flood"}, {.output_max_bytes = 16 << 20});
    CHECK(run.status == "Output Limit Exceeded");
    CHECK(run.exit_status == 25);
    CHECK(run.out.size() == 1u << 20);
}

TEST_CASE("judge attack: the daemon's memory does not grow with a flood", "[judge][streams]") {
    JudgeUnderAttack judge;
    const std::uint64_t before = judge.peak_memory_of_daemon();
    const JudgedRun run =
        judge.attack({"flood", "1", "512"}, {.output_max_bytes = 1 << 20, .collect_by_pipe = true});
    CHECK(run.status == "Output Limit Exceeded");
    CHECK(judge.peak_memory_of_daemon() < before + (64u << 20));
}

// 69
TEST_CASE("judge attack: closed streams do not end the run", "[judge][streams]") {
    JudgeUnderAttack judge;
    for (const bool by_pipe : {false, true}) {
        const JudgedRun run = judge.attack({"close-streams", "200"}, {.collect_by_pipe = by_pipe});
        INFO(describe(run));
        CHECK(run.status == "Nonzero Exit Status");
        CHECK(run.exit_status == 5);
        CHECK(run.run_time >= std::chrono::milliseconds(200));
    }
}

// 70
TEST_CASE("judge attack: a daemon with the output in its hands keeps nobody waiting",
          "[judge][streams]") {
    JudgeUnderAttack judge;
    for (const bool by_pipe : {false, true}) {
        const JudgedRun run = judge.attack({"give-away-stdout"}, {.collect_by_pipe = by_pipe});
        INFO(describe(run));
        CHECK(run.accepted());
        CHECK(run.out == "parent is done\n");
    }
}

// 71
TEST_CASE("judge attack: the input file cannot be changed through its descriptor",
          "[judge][streams]") {
    const FreshDirectory scratch;
    const std::string input = scratch.write("input", "as it was\n");
    REQUIRE(::chmod(scratch.path().c_str(), 0755) == 0);
    REQUIRE(::chmod(input.c_str(), 0666) == 0);
    JudgeUnderAttack judge;
    const JudgedRun of_host = judge.attack({"rewrite-stdin"}, {.input_file = input});
    INFO(describe(of_host));
    CHECK(of_host.accepted());
    CHECK(joined(of_host.all_done(), "\n") == "");
    CHECK(scratch.read("input") == "as it was\n");

    const JudgeCommand keep = {.arguments = {"attack", "exit", "0"},
                               .copy_in_text = {{"kept", "as it was\n"}},
                               .copy_out_cached = {"kept"}};
    const std::string id = judge.run({keep}).front().file_ids.at("kept");
    judge.check_honest_run_in_any_slot();
    const JudgedRun of_store = judge.attack({"rewrite-stdin"}, {.input_id = id});
    INFO(describe(of_store));
    CHECK(joined(of_store.all_done(), "\n") == "");
    CHECK(judge.ask({.target = "/file/" + id})->body == "as it was\n");

    // Nobody else's, and sealed.
    const JudgedRun of_memory = judge.attack({"rewrite-stdin"}, {.input = "as it was\n"});
    INFO(describe(of_memory));
    CHECK(of_memory.refused("write to stdin"));
    CHECK(of_memory.refused("truncate stdin"));
    CHECK_FALSE(of_memory.done("truncate it"));
}

// 72
TEST_CASE("judge attack: a forged report reaches nobody", "[judge][streams]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"forge-report"});
    INFO(describe(run));
    CHECK(run.status == "Nonzero Exit Status");
    CHECK(run.exit_status == 3);
    CHECK(run.figure("descriptors written") == 0);
}

// 73
TEST_CASE("judge attack: a pair whose one side dies ends", "[judge][streams]") {
    JudgeUnderAttack judge;
    const std::vector<JudgedRun> runs =
        judge.run({{.arguments = {"attack", "talk-on"}, .pipe_in = true, .pipe_out = true},
                   {.arguments = {"attack", "exit", "0"}, .pipe_in = true, .pipe_out = true}},
                  {{.from = {0, 1}, .to = {1, 0}}, {.from = {1, 1}, .to = {0, 0}}});
    INFO(describe(runs[0]) << describe(runs[1]));
    CHECK(runs[0].status == "Nonzero Exit Status");
    CHECK(runs[0].exit_status == 4);
    CHECK(runs[0].file("stderr") == "write: EPIPE\n");
    CHECK(runs[1].accepted());
    judge.check_honest_run_in_any_slot();
}

TEST_CASE("judge attack: a pair that stalls ends at the clock limit", "[judge][streams]") {
    JudgeUnderAttack judge;
    for (const bool proxy : {false, true}) {
        const JudgeCommand talker = {.arguments = {"attack", "talk"},
                                     .pipe_in = true,
                                     .pipe_out = true,
                                     .clock_limit = kShort};
        const std::vector<JudgedRun> runs =
            judge.run({talker, talker}, {{{0, 1}, {1, 0}, proxy}, {{1, 1}, {0, 0}, proxy}});
        INFO(describe(runs[0]) << describe(runs[1]));
        // Who is killed first lets the other one see the end of its input.
        CHECK((runs[0].status == "Time Limit Exceeded" || runs[1].status == "Time Limit Exceeded"));
        judge.check_honest_run_in_any_slot();
    }
}

// 76
TEST_CASE("judge attack: arguments of 2 MiB arrive, more are refused", "[judge][streams]") {
    JudgeUnderAttack judge;
    Words attack = {"count-arguments"};
    attack.insert(attack.end(), 18, std::string(100'000, 'a'));
    const JudgedRun run = judge.attack(attack);
    CHECK(run.accepted());
    CHECK(run.told("arguments") == "18 1800000");
    attack.insert(attack.end(), 62, std::string(100'000, 'a'));
    const JudgedRun too_many = judge.attack(attack);
    CHECK(too_many.status == "Internal Error");
    CHECK(too_many.error.find("too long") != std::string::npos);
    JudgeCommand environment;
    environment.environment.insert(environment.environment.end(), 80, std::string(100'000, 'e'));
    CHECK(judge.attack({"exit", "0"}, environment).status == "Internal Error");
}

TEST_CASE("judge attack: what cannot be started says why", "[judge][streams]") {
    JudgeUnderAttack judge;
    const struct {
        Words arguments;
        const char* reason;
    } cases[] = {
        {{}, ""},
        {{""}, ""},
        {{"missing"}, "executable file not found in $PATH"},
        {{"./missing"}, "no such file or directory"},
        {{"/tmp"}, "permission denied"},
        {{"./text"}, "exec format error"},
        {{"./lost"}, "no such file or directory"},
        {{"./crlf"}, "no such file or directory"},
        {{"./link"}, ""},
        {{std::string("a\0b", 3)}, ""},
        {{"attack", std::string("a\0b", 3)}, ""},
        {{std::string(5000, 'a')}, ""},
    };
    for (const auto& one : cases) {
        const JudgedRun run =
            judge.attack_by({.arguments = one.arguments,
                             .copy_in_text = {{"text", "no program\n"},
                                              {"lost", "#!/no/such/interpreter\n"},
                                              {"crlf", "#!/bin/sh\r\nexit 0\r\n"}},
                             .copy_in_links = {{"link", "link"}}});
        INFO(joined(one.arguments, " ").substr(0, 100) << "\n" << describe(run));
        CHECK(run.status == "Internal Error");
        CHECK(run.error != "");
        CHECK(run.error.find(one.reason) != std::string::npos);
    }
}

TEST_CASE("judge attack: pipes that lead nowhere are refused", "[judge][streams]") {
    JudgeUnderAttack judge;
    const JudgeCommand command = {.arguments = {"/usr/bin/true"}, .pipe_out = true};
    const std::pair<int, int> ends[] = {{-1, 0},         {0, -1},         {2, 0},
                                        {1 << 30, 0},    {0, 1 << 30},    {0, 255},
                                        {-(1 << 30), 0}, {0, -(1 << 30)}, {0, 4096}};
    for (const auto& end : ends) {
        for (const bool writes : {false, true}) {
            const JudgePipe pipe = writes ? JudgePipe{end, {1, 0}, true} : JudgePipe{{0, 1}, end};
            const auto answer = judge.ask(
                {.method = "POST", .target = "/run", .body = to_json({command, command}, {pipe})});
            INFO(end.first << " " << end.second);
            REQUIRE(answer);
            INFO(answer->body);
            CHECK((answer->code == 400 || answer->code == 500));
        }
    }
    judge.check_honest_run_in_any_slot();
}

}  // namespace
}  // namespace assay::testing
