#include "cmd/assay/run_command.hpp"

#include <unistd.h>

#include "cmd/assay/run_options.hpp"
#include "internal/report/destination.hpp"
#include "internal/runner/cases_report.hpp"
#include "internal/runner/junit.hpp"
#include "internal/runner/outcome_report.hpp"
#include "internal/runner/pair_report.hpp"
#include "internal/runner/policy_file.hpp"
#include "internal/runner/repeat.hpp"
#include "internal/runner/streams.hpp"
#include "internal/runner/supervisor.hpp"
#include "internal/runner/tool.hpp"
#include "internal/runner/verdict.hpp"
#include "pkg/posix/files.hpp"
#include "pkg/sandbox/seccomp.hpp"

namespace assay::app {
namespace {

constexpr CommandText kText{
    .name = "run",
    .summary = "run a program under limits",
    .usage = "[options] [--] PROG [ARG…]",
    .epilogue =
        "Exit codes: the program's own; 121 memory limit, 122 output limit, 123 forbidden system\n"
        "call, 124 time limit, 125 assay could not do its job, 126 cannot execute, 127 not found,\n"
        "128+N killed by signal N. The report (--json) tells them from a program's own codes.\n"
        "\n"
        "Examples:\n"
        "  assay run --cpu-limit 1s --memory-limit 64M ./prog < input\n"
        "  assay run --cases tests --compile 'g++ -O2 -o sol sol.cpp' ./sol\n"
        "  assay run --interact './judge secret.txt' ./guess\n"
        "  assay run --json - --summary -- python3 script.py --flag\n"};

enum class Mode { kOnce, kPair, kCases, kRepeat };

// An option that means something in one mode only.
struct ModeOption {
    bool given;
    const char* name;
    Mode mode;
    const char* needs;
};

Result<Mode> choose_mode(const RunOptions& options) {
    const bool repeated = options.repeat.value != 1 || options.warmup.value != 0;
    Mode mode = Mode::kOnce;
    if (!options.interact.empty()) mode = Mode::kPair;
    if (!options.cases.empty()) mode = Mode::kCases;
    if (repeated) mode = Mode::kRepeat;
    if (options.repeat.value == 0) return usage_error("bad value '0' for --repeat: at least 1");
    if (options.jobs.value == 0) return usage_error("bad value '0' for --jobs: at least 1");
    const RunOptions defaults;
    for (const ModeOption& option :
         {ModeOption{!options.interact.empty(), "interact", Mode::kPair, "no other mode"},
          ModeOption{!options.cases.empty(), "cases", Mode::kCases, "no other mode"},
          ModeOption{!options.transcript.empty(), "transcript", Mode::kPair, "--interact"},
          ModeOption{!options.compile.empty(), "compile", Mode::kCases, "--cases"},
          ModeOption{!options.junit.empty(), "junit", Mode::kCases, "--cases"},
          ModeOption{options.fail_fast, "fail-fast", Mode::kCases, "--cases"},
          ModeOption{options.compare != defaults.compare, "compare", Mode::kCases, "--cases"},
          ModeOption{options.jobs != defaults.jobs, "jobs", Mode::kCases, "--cases"},
          ModeOption{options.warmup.value != 0, "warmup", Mode::kRepeat, "--repeat"},
          ModeOption{!options.meta.empty(), "meta", Mode::kOnce, "a single run"},
          ModeOption{!options.copy_out.empty(), "copy-out", Mode::kOnce, "a single run"},
          ModeOption{!options.trace_syscalls.empty(), "trace-syscalls", Mode::kOnce,
                     "a single run"}}) {
        if (option.given && option.mode != mode) {
            return usage_error(std::string("--") + option.name + " goes with " + option.needs);
        }
    }
    return mode;
}

std::vector<sock_filter> tool_filter() {
    const std::span<const sock_filter> program = sandbox::default_program();
    return {program.begin(), program.end()};
}

bool is_limit(runner::Verdict verdict) {
    using runner::Verdict;
    return verdict == Verdict::kMemory || verdict == Verdict::kTime || verdict == Verdict::kWall ||
           verdict == Verdict::kOutput || verdict == Verdict::kSyscall;
}

void say(const std::string& text) {
    (void)posix::write_all(STDERR_FILENO, text, "stderr");
}

class RunCommand final : public Command {
  public:
    const CommandText& text() const override { return kText; }
    void declare(flags::Settings& settings) override { declare_run_options(settings, options_); }
    int exit_code(const Error&) const override { return kRunFailed; }

    Result<int> run(const Context& context) override {
        ASSAY_TRY(const Mode mode, choose_mode(options_));
        ASSAY_TRY(runner::Job job, make_job(options_, context.environment));
        ASSAY_TRY(json_, report::Destination::open(options_.json, "json"));
        ASSAY_TRY(other_, report::Destination::open(other_report(), "meta"));
        ASSAY_TRY(const runner::OpenedStreams streams,
                  runner::OpenedStreams::open(options_.stdin_file, options_.stdout_file,
                                              options_.stderr_file));
        streams.apply(job.streams);
        ASSAY_TRY(runner::Supervisor supervisor, runner::Supervisor::create());
        ASSAY_TRY(const int code, run_mode(mode, supervisor, job, context.colors(STDERR_FILENO)));
        return reported_ ? code : static_cast<int>(kRunFailed);
    }

  private:
    // The one report beside JSON that a mode can have.
    const std::string& other_report() const {
        if (!options_.junit.empty()) return options_.junit;
        return options_.trace_syscalls.empty() ? options_.meta : options_.trace_syscalls;
    }

    Result<int> run_mode(Mode mode, runner::Supervisor& supervisor, const runner::Job& job,
                         bool color) {
        switch (mode) {
            case Mode::kOnce:
                return run_once(supervisor, job, color);
            case Mode::kPair:
                return run_pair(supervisor, job, color);
            case Mode::kCases:
                return run_cases(supervisor, job, color);
            case Mode::kRepeat:
                return run_repeat(supervisor, job, color);
        }
        return static_cast<int>(kRunFailed);
    }

    Result<int> run_once(runner::Supervisor& supervisor, const runner::Job& job, bool color) {
        if (const auto started = supervisor.start(job); !started.has_value()) {
            runner::Outcome refused;
            refused.error = to_string(started.error());
            write(json_, [&] { return runner::run_report(refused, job).pretty(); });
            return started.error();
        }
        const runner::Finished finished = *supervisor.wait();
        const runner::Outcome& outcome = finished.outcome;
        tell(outcome, job, color);
        write(json_, [&] { return runner::run_report(outcome, job).pretty(); });
        // A program that did not start made no calls: the policy would refuse everything.
        const bool traced_nothing = job.trace_syscalls && finished.traced_syscalls.empty();
        if (!traced_nothing)
            write(other_, [&] {
                return job.trace_syscalls ? runner::write_policy_file(finished.traced_syscalls)
                                          : runner::isolate_meta(outcome);
            });
        if (supervisor.interrupted() != 0) return kRunSignalBase + supervisor.interrupted();
        return runner::exit_code_of(outcome);
    }

    Result<int> run_pair(runner::Supervisor& supervisor, const runner::Job& job, bool color) {
        runner::PairOptions pair;
        ASSAY_TRY(pair.interactor, runner::split_command(options_.interact, "--interact"));
        pair.transcript = options_.transcript;
        pair.tool_seccomp = tool_filter();
        ASSAY_TRY(const runner::PairReport report, runner::run_pair(supervisor, pair, job));
        if (options_.summary || !json_.wanted()) say(runner::pair_summary(report, color));
        write(json_, [&] { return runner::pair_json(report).pretty(); });
        return runner::exit_code_of(report);
    }

    Result<int> run_cases(runner::Supervisor& supervisor, const runner::Job& job, bool color) {
        runner::CasesOptions cases;
        cases.directory = options_.cases;
        ASSAY_TRY(cases.compare, runner::parse_compare_rule(options_.compare));
        cases.jobs = options_.jobs.value;
        cases.fail_fast = options_.fail_fast;
        cases.tool_seccomp = tool_filter();
        if (!options_.compile.empty()) {
            ASSAY_TRY(cases.compile, runner::split_command(options_.compile, "--compile"));
        }
        runner::Progress progress(STDERR_FILENO, true, "cases");
        ASSAY_TRY(const runner::CasesReport report,
                  runner::run_cases(supervisor, cases, job, progress));
        progress.clear();
        // The table is the result, unless the JSON report takes its place.
        const int out = options_.json == "-" ? STDERR_FILENO : STDOUT_FILENO;
        ASSAY_CHECK(posix::write_all(out, runner::cases_table(report, color && ::isatty(out) == 1),
                                     "the table"));
        write(json_, [&] { return runner::cases_json(report).pretty(); });
        write(other_, [&] { return runner::junit_xml(report); });
        return runner::exit_code_of(report);
    }

    Result<int> run_repeat(runner::Supervisor& supervisor, const runner::Job& job, bool color) {
        runner::Progress progress(STDERR_FILENO, true, "runs");
        const runner::RepeatOptions repeat{options_.repeat.value, options_.warmup.value};
        ASSAY_TRY(const runner::RepeatReport report,
                  runner::run_repeat(supervisor, repeat, job, progress));
        progress.clear();
        say(runner::repeat_table(report, color));
        write(json_, [&] { return runner::repeat_json(report).pretty(); });
        return runner::exit_code_of(report);
    }

    // A program that failed by itself has said so itself; what assay did to it, assay says.
    void tell(const runner::Outcome& outcome, const runner::Job& job, bool color) const {
        if (options_.summary || (is_limit(outcome.verdict) && ::isatty(STDERR_FILENO) == 1)) {
            say(runner::summary(outcome, job.limits, color));
        } else if (!outcome.error.empty()) {
            say("assay run: " + outcome.error + "\n");
        }
    }

    template <class Make>
    void write(report::Destination& destination, const Make& make) {
        if (destination.wanted() && !destination.write(make())) reported_ = false;
    }

    RunOptions options_;
    report::Destination json_;
    report::Destination other_;
    bool reported_ = true;
};

}  // namespace

std::unique_ptr<Command> make_run_command() {
    return std::make_unique<RunCommand>();
}

}  // namespace assay::app
