#include "internal/runner/outcome_report.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <string>

using assay::runner::Job;
using assay::runner::Limits;
using assay::runner::Outcome;
using assay::runner::Verdict;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""us;

namespace {

constexpr std::uint64_t kMebibyte = 1u << 20;

Outcome good_run() {
    Outcome outcome;
    outcome.verdict = Verdict::kOk;
    outcome.exit_code = 0;
    outcome.cpu = 1'500us;
    outcome.user = 1'000us;
    outcome.system = 500us;
    outcome.wall = 2ms;
    outcome.cpu_source = "cgroup";
    outcome.memory_peak_bytes = 3 * kMebibyte;
    outcome.memory_source = "cgroup";
    outcome.max_rss_bytes = 2 * kMebibyte;
    outcome.processes_peak = 1;
    outcome.voluntary_switches = 4;
    outcome.involuntary_switches = 5;
    outcome.cgroup = "v2";
    return outcome;
}

Outcome timed_out() {
    Outcome outcome = good_run();
    outcome.verdict = Verdict::kTime;
    outcome.exit_code.reset();
    outcome.signal = SIGKILL;
    outcome.limit = "cpu-limit";
    outcome.cpu = 1'020ms;
    outcome.wall = 1'100ms;
    return outcome;
}

Outcome ended(Verdict verdict, std::optional<int> code, std::optional<int> signal,
              const std::string& limit) {
    Outcome outcome = good_run();
    outcome.verdict = verdict;
    outcome.exit_code = code;
    outcome.signal = signal;
    outcome.limit = limit;
    return outcome;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

std::string status_line(const Outcome& outcome) {
    const std::string meta = assay::runner::isolate_meta(outcome);
    const std::size_t at = meta.find("status:");
    return at == meta.npos ? "" : meta.substr(at + 7, meta.find('\n', at) - at - 7);
}

}  // namespace

TEST_CASE("report: the object has every figure, in a fixed order, null for what is unknown",
          "[runner]") {
    assay::report::Json object = assay::report::Json::object();
    assay::runner::add_outcome(object, good_run());
    CHECK(object.compact() ==
          R"({"verdict":"ok","exit_code":0,"signal":null,"signal_name":null,"limit":null,)"
          R"("error":null,"cpu_s":0.0015,"user_s":0.001,"system_s":0.0005,"wall_s":0.002,)"
          R"("memory_peak_bytes":3145728,"memory_source":"cgroup","max_rss_bytes":2097152,)"
          R"("processes_peak":1,"oom_kills":0,"leftover_processes":0,"voluntary_switches":4,)"
          R"("involuntary_switches":5,"io_read_bytes":null,"io_written_bytes":null,)"
          R"("output_bytes":0,"cgroup":"v2","weaker_limits":[]})");
}

TEST_CASE("report: a run adds schema, accuracy, command and limits", "[runner]") {
    Job job;
    job.command = {"./prog", "a\xFF"};
    job.limits.cpu = 1500ms;
    job.limits.memory_bytes = 64 * kMebibyte;
    const std::string json = assay::runner::run_report(timed_out(), job).compact();
    CHECK(
        json.starts_with(R"({"schema":"assay-run/1","verdict":"time","exit_code":null,"signal":9,)"
                         R"("signal_name":"SIGKILL","limit":"cpu-limit",)"));
    CHECK(contains(json, "\"command\":[\"./prog\",\"a\xEF\xBF\xBD\"]"));
    CHECK(contains(json, R"("limits":{"cpu_s":1.5,"wall_s":null,"extra_time_s":0,)"
                         R"("memory_bytes":67108864,"stack_bytes":null,)"));
    CHECK(json.ends_with(R"("cpu_rate":null,"cpu_set":null}})"));
}

TEST_CASE("report: accuracy follows the source of each figure", "[runner]") {
    const std::string grouped = assay::runner::accuracy_of(good_run()).compact();
    CHECK(grouped.starts_with(R"({"cpu_s":{"source":"cgroup","error":0.0005,)"));
    CHECK(contains(grouped, R"("memory_peak_bytes":{"source":"cgroup","error":)"));
    CHECK(contains(grouped, R"("io_read_bytes":null)"));
    Outcome weak = good_run();
    weak.cpu_source = "rusage";
    weak.memory_source = "max-rss";
    const std::string plain = assay::runner::accuracy_of(weak).compact();
    CHECK(plain.starts_with(R"({"cpu_s":{"source":"rusage","error":null,)"));
    CHECK(contains(plain, R"("memory_peak_bytes":{"source":"max-rss","error":null,)"));
}

TEST_CASE("report: isolate's meta of a good run", "[runner]") {
    CHECK(assay::runner::isolate_meta(good_run()) ==
          "cg-mem:3072\n"
          "csw-forced:5\n"
          "csw-voluntary:4\n"
          "exitcode:0\n"
          "max-rss:2048\n"
          "time:0.002\n"
          "time-wall:0.002\n");
}

TEST_CASE("report: isolate's meta of a run that was stopped", "[runner]") {
    CHECK(assay::runner::isolate_meta(timed_out()) ==
          "cg-mem:3072\n"
          "csw-forced:5\n"
          "csw-voluntary:4\n"
          "exitsig:9\n"
          "killed:1\n"
          "max-rss:2048\n"
          "message:Time limit exceeded\n"
          "status:TO\n"
          "time:1.020\n"
          "time-wall:1.100\n");
}

TEST_CASE("report: isolate's status words", "[runner]") {
    CHECK(status_line(ended(Verdict::kOk, 0, {}, "")).empty());
    CHECK(status_line(ended(Verdict::kNonzero, 3, {}, "")) == "RE");
    CHECK(status_line(ended(Verdict::kSignal, {}, SIGSEGV, "")) == "SG");
    CHECK(status_line(ended(Verdict::kSyscall, {}, SIGSYS, "seccomp")) == "SG");
    CHECK(status_line(ended(Verdict::kOutput, {}, SIGXFSZ, "file-size-limit")) == "SG");
    CHECK(status_line(ended(Verdict::kMemory, {}, SIGKILL, "memory-limit")) == "SG");
    CHECK(status_line(ended(Verdict::kMemory, 0, {}, "memory-limit")) == "RE");
    CHECK(status_line(ended(Verdict::kWall, {}, SIGKILL, "wall-limit")) == "TO");
    CHECK(status_line(ended(Verdict::kInternal, {}, {}, "")) == "XX");
}

TEST_CASE("report: isolate's meta keeps one line per key and tells of out-of-memory kills",
          "[runner]") {
    Outcome outcome = ended(Verdict::kInternal, {}, {}, "");
    outcome.error = "two\nlines";
    CHECK(contains(assay::runner::isolate_meta(outcome), "message:two lines\n"));
    outcome = ended(Verdict::kMemory, {}, SIGKILL, "memory-limit");
    outcome.oom_kills = 2;
    CHECK(contains(assay::runner::isolate_meta(outcome), "cg-oom-killed:1\n"));
    outcome.memory_source = "max-rss";
    CHECK_FALSE(contains(assay::runner::isolate_meta(outcome), "cg-"));
}

TEST_CASE("report: the verdict's sentence says which limit fired and by how much", "[runner]") {
    Limits limits;
    limits.cpu = 1s;
    limits.wall = 1s;
    limits.memory_bytes = 64 * kMebibyte;
    limits.file_size_bytes = kMebibyte;
    limits.output_bytes = 2 * kMebibyte;
    using assay::runner::verdict_sentence;
    CHECK(verdict_sentence(good_run(), limits) == "ok");
    CHECK(verdict_sentence(timed_out(), limits) ==
          "time limit exceeded: 1.02 s of CPU, limit 1.00 s (--cpu-limit), over by 20.0 ms");
    CHECK(verdict_sentence(ended(Verdict::kNonzero, 3, {}, ""), limits) == "exited with code 3");
    CHECK(verdict_sentence(ended(Verdict::kSignal, {}, SIGSEGV, ""), limits) ==
          "killed by SIGSEGV");
    CHECK(verdict_sentence(ended(Verdict::kOutput, {}, SIGXFSZ, "file-size-limit"), limits) ==
          "output limit exceeded: more than 1.00 MiB (--file-size-limit)");
    CHECK(verdict_sentence(ended(Verdict::kOutput, {}, SIGKILL, "output-limit"), limits) ==
          "output limit exceeded: more than 2.00 MiB (--output-limit)");
    Outcome memory = ended(Verdict::kMemory, {}, SIGKILL, "memory-limit");
    memory.oom_kills = 1;
    CHECK(verdict_sentence(memory, limits) ==
          "memory limit exceeded: out-of-memory kills: 1, limit 64.0 MiB (--memory-limit)");
    memory.oom_kills = 0;
    memory.memory_peak_bytes = 70 * kMebibyte;
    CHECK(verdict_sentence(memory, limits) ==
          "memory limit exceeded: 70.0 MiB, limit 64.0 MiB (--memory-limit), over by 6.00 MiB");
    Outcome internal = ended(Verdict::kInternal, {}, {}, "");
    internal.error = "cannot run \x1b[2J: no such file";
    CHECK(verdict_sentence(internal, limits) == "could not run: cannot run \\x1b[2J: no such file");
}

TEST_CASE("report: the summary shows figures beside limits, and what is weaker here", "[runner]") {
    Limits limits;
    limits.cpu = 1s;
    limits.processes = 10;
    Outcome outcome = timed_out();
    outcome.leftover_processes = 2;
    outcome.weaker_limits = {"memory-limit is sampled"};
    CHECK(assay::runner::summary(outcome, limits, false) ==
          "time limit exceeded: 1.02 s of CPU, limit 1.00 s (--cpu-limit), over by 20.0 ms\n"
          "  cpu          1.02 s  limit 1.00 s, user 1.00 ms, system 500 us\n"
          "  wall         1.10 s\n"
          "  memory     3.00 MiB  by cgroup\n"
          "  processes         1  limit 10, 2 left running at the end, killed\n"
          "  weaker here: memory-limit is sampled\n");
}

TEST_CASE("report: the summary of a run that never was is its reason alone", "[runner]") {
    Outcome outcome = ended(Verdict::kInternal, {}, {}, "");
    outcome.error = "cannot run x: No such file or directory";
    CHECK(assay::runner::summary(outcome, Limits(), true) ==
          "\x1b[31mcould not run: cannot run x: No such file or directory\x1b[0m\n");
}

TEST_CASE("report: signals have names", "[runner]") {
    CHECK(assay::runner::signal_name(SIGTERM) == "SIGTERM");
    CHECK(assay::runner::signal_name(SIGRTMIN + 3) == "SIGRTMIN+3");
    CHECK(assay::runner::signal_name(1000) == "signal 1000");
}
