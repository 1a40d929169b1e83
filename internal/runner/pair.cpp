#include "internal/runner/pair.hpp"

#include <fcntl.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <utility>

#include "internal/app/exit_codes.hpp"
#include "internal/runner/pair_relay.hpp"
#include "internal/runner/tool.hpp"
#include "internal/runner/verdict.hpp"
#include "pkg/posix/files.hpp"

namespace assay::runner {
namespace {

// The programs' ends, which they hold alone once they run.
struct Ends {
    posix::UniqueFd program_input;
    posix::UniqueFd program_output;
    posix::UniqueFd interactor_input;
    posix::UniqueFd interactor_output;
};

class PairRun {
  public:
    PairRun(Supervisor& supervisor, const PairOptions& options, const Job& prototype)
        : supervisor_(supervisor), options_(options), prototype_(prototype) {}

    Result<PairReport> run();

  private:
    Result<void> join();
    Result<void> join_through_relays();
    Result<void> watch_closings();
    Result<void> start_both();
    void collect();

    Supervisor& supervisor_;
    const PairOptions& options_;
    const Job& prototype_;
    PairReport report_;
    Ends ends_;
    std::optional<ClosingWatch> closings_;
    std::optional<Transcript> transcript_;
    std::vector<std::unique_ptr<Relay>> relays_;
    std::optional<JobId> program_;
};

Result<PairReport> PairRun::run() {
    report_.command = prototype_.command;
    report_.interactor_command = options_.interactor;
    report_.limits = prototype_.limits;
    report_.interactor_limits = tool_limits(prototype_.limits);
    report_.interactor_limits.wall = prototype_.limits.wall;
    if (report_.interactor_limits.wall) *report_.interactor_limits.wall += kInteractorGrace;
    report_.transcript = options_.transcript;
    if (options_.transcript.empty()) {
        ASSAY_CHECK(join());
    } else {
        ASSAY_CHECK(join_through_relays());
    }
    // Without inotify the report knows less, the run is the same.
    if (!watch_closings().has_value()) closings_.reset();
    ASSAY_CHECK(start_both());
    collect();
    return std::move(report_);
}

Result<void> PairRun::join() {
    ASSAY_TRY(posix::Pipe forth, posix::make_pipe());
    ASSAY_TRY(posix::Pipe back, posix::make_pipe());
    ends_ = Ends{std::move(back.read_end), std::move(forth.write_end), std::move(forth.read_end),
                 std::move(back.write_end)};
    return {};
}

// Only our ends are non-blocking: the two ends of a pipe are separate open files.
Result<void> set_nonblocking(const posix::UniqueFd& fd) {
    if (::fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) {
        return system_error("cannot set up a pipe", errno);
    }
    return {};
}

Result<void> PairRun::join_through_relays() {
    ASSAY_TRY(Transcript transcript, Transcript::create(options_.transcript));
    transcript_.emplace(std::move(transcript));
    const Watching loop{[this](int fd, short events, std::function<void(short)> on_ready) {
                            supervisor_.watch(fd, events, std::move(on_ready));
                        },
                        [this](int fd) { supervisor_.unwatch(fd); }};
    ASSAY_TRY(posix::Pipe from_program, posix::make_pipe());
    ASSAY_TRY(posix::Pipe to_interactor, posix::make_pipe());
    ASSAY_TRY(posix::Pipe from_interactor, posix::make_pipe());
    ASSAY_TRY(posix::Pipe to_program, posix::make_pipe());
    for (const posix::UniqueFd* ours : {&from_program.read_end, &to_interactor.write_end,
                                        &from_interactor.read_end, &to_program.write_end}) {
        ASSAY_CHECK(set_nonblocking(*ours));
    }
    ends_ = Ends{std::move(to_program.read_end), std::move(from_program.write_end),
                 std::move(to_interactor.read_end), std::move(from_interactor.write_end)};
    relays_.push_back(std::make_unique<Relay>(loop, std::move(from_program.read_end),
                                              std::move(to_interactor.write_end), Side::kProgram,
                                              *transcript_));
    relays_.push_back(std::make_unique<Relay>(loop, std::move(from_interactor.read_end),
                                              std::move(to_program.write_end), Side::kInteractor,
                                              *transcript_));
    return {};
}

Result<void> PairRun::watch_closings() {
    ASSAY_TRY(ClosingWatch closings, ClosingWatch::create());
    closings_.emplace(std::move(closings));
    ASSAY_CHECK(closings_->watch_output(ends_.program_output.get(), Side::kProgram));
    ASSAY_CHECK(closings_->watch_input(ends_.program_input.get(), Side::kProgram));
    ASSAY_CHECK(closings_->watch_output(ends_.interactor_output.get(), Side::kInteractor));
    ASSAY_CHECK(closings_->watch_input(ends_.interactor_input.get(), Side::kInteractor));
    return {};
}

// The interactor first: its start does not count in the program's time.
Result<void> PairRun::start_both() {
    Job interactor = prototype_;
    interactor.command = options_.interactor;
    interactor.limits = report_.interactor_limits;
    interactor.files.copy_out.clear();
    interactor.seccomp = options_.tool_seccomp;
    interactor.trace_syscalls = false;
    interactor.streams = Streams{ends_.interactor_input.get(), ends_.interactor_output.get(),
                                 prototype_.streams.stderr_fd, false};
    ASSAY_CHECK(supervisor_.start(interactor));
    Job program = prototype_;
    program.streams = Streams{ends_.program_input.get(), ends_.program_output.get(),
                              prototype_.streams.stderr_fd, false};
    ASSAY_TRY(program_, supervisor_.start(program));
    ends_ = Ends{};
    for (const std::unique_ptr<Relay>& relay : relays_) relay->start();
    return {};
}

void PairRun::collect() {
    while (std::optional<Finished> finished = supervisor_.wait()) {
        const bool is_program = finished->id == *program_;
        (is_program ? report_.program : report_.interactor) = std::move(finished->outcome);
    }
    relays_.clear();
    if (closings_) report_.closings = closings_->take();
    if (transcript_) {
        transcript_->remark("ended first: " + std::string(word(first_to_end(report_))));
        report_.transcript_error = transcript_->error();
    }
    report_.interrupted = supervisor_.interrupted();
}

bool killed_for_limit(const Outcome& outcome) {
    return outcome.signal && !outcome.limit.empty();
}

bool fell(const Outcome& outcome) {
    return outcome.verdict == Verdict::kSignal || outcome.verdict == Verdict::kNonzero;
}

}  // namespace

PairVerdict judge_pair(const PairReport& report) {
    const Outcome& program = report.program;
    const Outcome& interactor = report.interactor;
    if (program.verdict != Verdict::kOk && !fell(program)) return PairVerdict::kProgram;
    if (fell(program) && first_to_end(report) == Side::kProgram) return PairVerdict::kProgram;
    if (interactor.verdict == Verdict::kOk) {
        const bool wrote_on = program.signal == SIGPIPE;
        return fell(program) && !wrote_on ? PairVerdict::kProgram : PairVerdict::kOk;
    }
    const bool says_wrong = interactor.verdict == Verdict::kNonzero &&
                            (interactor.exit_code == 1 || interactor.exit_code == 2);
    const bool left_alone = interactor.signal == SIGPIPE;
    return says_wrong || left_alone ? PairVerdict::kWrong : PairVerdict::kInteractorFailed;
}

std::string_view word(const PairReport& report) {
    switch (judge_pair(report)) {
        case PairVerdict::kProgram:
            return word(report.program.verdict);
        case PairVerdict::kWrong:
            return "wrong";
        case PairVerdict::kOk:
            return "ok";
        case PairVerdict::kInteractorFailed:
            break;
    }
    return "internal";
}

int exit_code_of(const PairReport& report) {
    if (report.interrupted != 0) return app::kRunSignalBase + report.interrupted;
    switch (judge_pair(report)) {
        case PairVerdict::kProgram:
            return exit_code_of(report.program);
        case PairVerdict::kWrong:
            return app::kExitFailed;
        case PairVerdict::kOk:
            return app::kExitDone;
        case PairVerdict::kInteractorFailed:
            break;
    }
    return app::kRunFailed;
}

Side first_to_end(const PairReport& report) {
    const auto end_of = [](const Outcome& outcome) { return outcome.started + outcome.wall; };
    const auto lead = end_of(report.interactor) - end_of(report.program);
    // Not the last one: at an exit the kernel closes descriptors late and one by one, while the
    // other side, woken by the first, may be gone already.
    if (std::chrono::abs(lead) < kEndPrecision && !report.closings.empty()) {
        return report.closings.front().side;
    }
    return lead < lead.zero() ? Side::kInteractor : Side::kProgram;
}

bool both_stalled(const PairReport& report) {
    return report.program.verdict == Verdict::kWall && first_to_end(report) == Side::kProgram;
}

std::optional<Side> broke_pipe(const PairReport& report) {
    const auto outcome_of = [&report](Side side) -> const Outcome& {
        return side == Side::kProgram ? report.program : report.interactor;
    };
    const auto& closings = report.closings;
    for (auto closing = closings.begin(); closing != closings.end(); ++closing) {
        if (closing->end != End::kInput) continue;
        if (killed_for_limit(outcome_of(closing->side))) return std::nullopt;
        const Side harmed = other(closing->side);
        const bool still_open =
            std::find(closings.begin(), closing, Closing{harmed, End::kOutput}) == closing;
        if (still_open && outcome_of(harmed).verdict != Verdict::kOk) return closing->side;
    }
    for (const Side side : {Side::kProgram, Side::kInteractor}) {
        if (outcome_of(side).signal == SIGPIPE) return other(side);
    }
    return std::nullopt;
}

Result<PairReport> run_pair(Supervisor& supervisor, const PairOptions& options,
                            const Job& prototype) {
    return PairRun(supervisor, options, prototype).run();
}

}  // namespace assay::runner
