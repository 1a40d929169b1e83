#include "cmd/assay/run_command.hpp"

#include <unistd.h>

#include "cmd/assay/run_options.hpp"
#include "internal/report/destination.hpp"
#include "internal/runner/outcome_report.hpp"
#include "internal/runner/policy_file.hpp"
#include "internal/runner/streams.hpp"
#include "internal/runner/supervisor.hpp"
#include "internal/runner/verdict.hpp"
#include "pkg/posix/files.hpp"

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

bool is_limit(runner::Verdict verdict) {
    using runner::Verdict;
    return verdict == Verdict::kMemory || verdict == Verdict::kTime || verdict == Verdict::kWall ||
           verdict == Verdict::kOutput || verdict == Verdict::kSyscall;
}

class RunCommand final : public Command {
  public:
    const CommandText& text() const override { return kText; }
    void declare(flags::Settings& settings) override { declare_run_options(settings, options_); }
    int exit_code(const Error&) const override { return kRunFailed; }

    Result<int> run(const Context& context) override {
        ASSAY_TRY(runner::Job job, make_job(options_, context.environment));
        ASSAY_TRY(json_, report::Destination::open(options_.json, "json"));
        ASSAY_TRY(meta_, report::Destination::open(options_.meta, "meta"));
        ASSAY_TRY(policy_, report::Destination::open(options_.trace_syscalls, "trace-syscalls"));
        ASSAY_TRY(const runner::OpenedStreams streams,
                  runner::OpenedStreams::open(options_.stdin_file, options_.stdout_file,
                                              options_.stderr_file));
        streams.apply(job.streams);
        ASSAY_TRY(runner::Supervisor supervisor, runner::Supervisor::create());
        return run_one(supervisor, job, context);
    }

  private:
    Result<int> run_one(runner::Supervisor& supervisor, const runner::Job& job,
                        const Context& context) {
        ASSAY_CHECK(supervisor.start(job));
        const runner::Finished finished = *supervisor.wait();
        const runner::Outcome& outcome = finished.outcome;
        tell(outcome, job, context);
        bool reported = write(json_, [&] { return runner::run_report(outcome, job).pretty(); });
        reported &= write(meta_, [&] { return runner::isolate_meta(outcome); });
        reported &= write(policy_, [&] { return runner::write_policy_file(finished.traced_syscalls); });
        if (supervisor.interrupted() != 0) return kRunSignalBase + supervisor.interrupted();
        return reported ? runner::exit_code_of(outcome) : static_cast<int>(kRunFailed);
    }

    // A program that failed by itself has said so itself; what assay did to it, assay says.
    void tell(const runner::Outcome& outcome, const runner::Job& job, const Context& context) const {
        std::string text;
        if (options_.summary || (is_limit(outcome.verdict) && ::isatty(STDERR_FILENO) == 1)) {
            text = runner::summary(outcome, job.limits, context.colors(STDERR_FILENO));
        } else if (!outcome.error.empty()) {
            text = "assay run: " + outcome.error + "\n";
        }
        (void)posix::write_all(STDERR_FILENO, text, "stderr");
    }

    // False when the report could not be written to its place.
    template <class Make>
    static bool write(report::Destination& destination, const Make& make) {
        return !destination.wanted() || destination.write(make());
    }

    RunOptions options_;
    report::Destination json_;
    report::Destination meta_;
    report::Destination policy_;
};

}  // namespace

std::unique_ptr<Command> make_run_command() { return std::make_unique<RunCommand>(); }

}  // namespace assay::app
