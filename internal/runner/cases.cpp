#include "internal/runner/cases.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "internal/app/exit_codes.hpp"
#include "internal/report/text.hpp"
#include "internal/runner/build_directory.hpp"
#include "internal/runner/scratch.hpp"
#include "internal/runner/tool.hpp"
#include "internal/runner/verdict.hpp"
#include "pkg/posix/files.hpp"

namespace assay::runner {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kKeptErrorBytes = 4096;
constexpr std::uint64_t kCheckerOutputBytes = std::uint64_t{1} << 20;
constexpr std::size_t kMessageColumns = 200;

enum class Stage { kProgram, kChecker };

// What a case in flight holds open.
struct InFlight {
    std::size_t index = 0;
    Stage stage = Stage::kProgram;
    posix::UniqueFd input;
    posix::UniqueFd output;
    posix::UniqueFd errors;
    posix::UniqueFd checker_says;
};

// The beginning of a file, whatever its offset.
std::string head_of(int fd, std::size_t length) {
    std::string text(length, '\0');
    const ssize_t count = ::pread(fd, text.data(), length, 0);
    text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return text;
}

std::string first_line(const std::string& text) {
    const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    const std::size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
    return report::shortened(text.substr(begin, end - begin), kMessageColumns);
}

std::string with_detail(std::string text, const std::string& detail) {
    return detail.empty() ? text : text + ": " + detail;
}

std::string checker_failure(const Outcome& checker) {
    switch (checker.verdict) {
        case Verdict::kInternal:
            return "the checker could not run";
        case Verdict::kNonzero:
            return "the checker failed with code " + std::to_string(*checker.exit_code);
        default:
            return "the checker failed (" + std::string(word(checker.verdict)) + ")";
    }
}

// testlib's codes: 0 right, 1 wrong, 2 wrong in its form; anything else is the checker's own
// failure.
void apply_checker(CaseResult& result, const Outcome& checker, const std::string& said) {
    const std::string detail = first_line(said);
    const int code = checker.exit_code.value_or(-1);
    const bool judged = (checker.verdict == Verdict::kOk || checker.verdict == Verdict::kNonzero) &&
                        code >= 0 && code <= 2;
    if (judged) {
        Comparison comparison;
        comparison.equal = code == 0;
        comparison.message = code == 2 ? with_detail("presentation error", detail) : detail;
        if (code == 1 && detail.empty()) comparison.message = "the checker says so";
        result.comparison = std::move(comparison);
        return;
    }
    result.outcome.verdict = Verdict::kInternal;
    result.outcome.error =
        with_detail(checker_failure(checker), checker.error.empty() ? detail : checker.error);
}

class CasesRun {
  public:
    CasesRun(Supervisor& supervisor, const CasesOptions& options, const Job& prototype,
             Progress& progress)
        : supervisor_(supervisor),
          options_(options),
          prototype_(prototype),
          progress_(progress),
          started_(Clock::now()) {}

    Result<CasesReport> run();

  private:
    Result<void> prepare();
    Result<void> compile();
    Result<void> run_all();
    Result<void> start_program(std::size_t index);
    Result<void> start_checker(InFlight flight);
    Result<void> settle(Finished finished);
    Result<void> compare(CaseResult& result, const InFlight& flight) const;
    void end_case(std::size_t index);
    void stop_others();
    void count();

    Job make_tool(std::vector<std::string> command, const Files& files) const;
    std::string scratch_path(std::size_t index, const char* kind) const;
    Result<posix::UniqueFd> scratch_file(std::size_t index, const char* kind) const;
    bool uses_checker() const { return options_.compare.mode == CompareMode::kChecker; }
    bool builds_apart() const {
        return !options_.compile.empty() && !prototype_.files.current_directory_writable;
    }

    Supervisor& supervisor_;
    const CasesOptions& options_;
    const Job& prototype_;
    Progress& progress_;
    Clock::time_point started_;
    std::optional<ScratchDirectory> scratch_;
    posix::UniqueFd nothing_;  // /dev/null
    Files shown_;              // with what was built; checkers see it
    Files shown_to_program_;   // the same without the cases
    CasesReport report_;
    std::map<JobId, InFlight> in_flight_;
    std::set<JobId> stopped_;
    std::size_t next_ = 0;
    Advance advance_;
    bool stopping_ = false;
};

Result<CasesReport> CasesRun::run() {
    ASSAY_CHECK(prepare());
    if (!options_.compile.empty()) ASSAY_CHECK(compile());
    const bool built = !report_.compile || report_.compile->verdict == Verdict::kOk;
    if (built) ASSAY_CHECK(run_all());
    progress_.clear();
    report_.interrupted = supervisor_.interrupted();
    report_.elapsed = Clock::now() - started_;
    count();
    return std::move(report_);
}

Result<void> CasesRun::prepare() {
    ASSAY_TRY(report_.directory, absolute_directory(options_.directory));
    ASSAY_TRY(const std::vector<TestCase> tests, find_cases(options_.directory, uses_checker()));
    for (const TestCase& test : tests) report_.cases.emplace_back().test = test;
    report_.compare = options_.compare.spelling;
    report_.jobs = std::max<std::size_t>(options_.jobs, 1);
    report_.command = prototype_.command;
    report_.limits = prototype_.limits;
    if (!report_.limits.output_bytes) report_.limits.output_bytes = kCaseOutputBytes;
    advance_.total = tests.size();

    ASSAY_TRY(ScratchDirectory scratch, ScratchDirectory::create());
    scratch_.emplace(std::move(scratch));
    ASSAY_TRY(nothing_, posix::open_file("/dev/null", O_RDWR));
    shown_ = prototype_.files;
    shown_.copy_out.clear();
    shown_to_program_ = shown_;
    // Answers beside the sources are not taken into the build directory: nothing to lay over them
    // there.
    const bool left_out = builds_apart() && report_.directory == shown_.current_directory;
    if (!left_out) hide_cases(shown_to_program_, report_.directory, tests);
    return {};
}

Result<void> CasesRun::compile() {
    Job job = make_tool(options_.compile, shown_to_program_);
    if (builds_apart()) {
        std::vector<std::string> answers;
        for (const CaseResult& result : report_.cases) answers.push_back(result.test.answer_path);
        ASSAY_TRY(
            const BuildDirectory build,
            BuildDirectory::create(shown_.current_directory, scratch_->path() + "/build", answers));
        build.show(job.files, true);
        build.show(shown_, false);
        build.show(shown_to_program_, false);
    }
    job.streams.stdout_fd = prototype_.streams.stderr_fd;
    job.streams.stderr_fd = prototype_.streams.stderr_fd;
    ASSAY_CHECK(supervisor_.start(job));
    report_.compile_command = options_.compile;
    report_.compile = supervisor_.wait()->outcome;
    return {};
}

Result<void> CasesRun::run_all() {
    for (;;) {
        while (!stopping_ && next_ < report_.cases.size() && in_flight_.size() < report_.jobs) {
            ASSAY_CHECK(start_program(next_));
            ++next_;
        }
        progress_.update(advance_);
        std::optional<Finished> finished = supervisor_.wait();
        if (!finished) return {};
        ASSAY_CHECK(settle(std::move(*finished)));
    }
}

Result<void> CasesRun::start_program(std::size_t index) {
    InFlight flight;
    flight.index = index;
    ASSAY_TRY(flight.input, posix::open_file(report_.cases[index].test.input_path, O_RDONLY));
    ASSAY_TRY(flight.output, scratch_file(index, "output"));
    ASSAY_TRY(flight.errors, scratch_file(index, "errors"));
    Job job = prototype_;
    job.limits = report_.limits;
    job.files = shown_to_program_;
    job.streams = Streams{flight.input.get(), flight.output.get(), flight.errors.get(), false};
    ASSAY_TRY(const JobId id, supervisor_.start(job));
    in_flight_.emplace(id, std::move(flight));
    return {};
}

Result<void> CasesRun::start_checker(InFlight flight) {
    const TestCase& test = report_.cases[flight.index].test;
    ASSAY_TRY(flight.checker_says, scratch_file(flight.index, "checker"));
    flight.stage = Stage::kChecker;
    std::vector<std::string> command = options_.compare.checker;
    command.insert(command.end(), {"/case/input", "/case/output", "/case/answer"});
    Job job = make_tool(std::move(command), shown_);
    const std::string answer = test.answer_path.empty() ? "/dev/null" : test.answer_path;
    job.files.binds.push_back(Bind{test.input_path, "/case/input", false});
    job.files.binds.push_back(Bind{scratch_path(flight.index, "output"), "/case/output", false});
    job.files.binds.push_back(Bind{answer, "/case/answer", false});
    job.limits.output_bytes = kCheckerOutputBytes;
    job.streams.stdout_fd = flight.checker_says.get();
    job.streams.stderr_fd = flight.checker_says.get();
    ASSAY_TRY(const JobId id, supervisor_.start(job));
    in_flight_.emplace(id, std::move(flight));
    return {};
}

Result<void> CasesRun::settle(Finished finished) {
    auto node = in_flight_.extract(finished.id);
    InFlight flight = std::move(node.mapped());
    if (supervisor_.interrupted() != 0) stopping_ = true;
    // A case that was stopped has an outcome, but not one of its own.
    if (stopped_.contains(finished.id) || supervisor_.interrupted() != 0) return {};
    CaseResult& result = report_.cases[flight.index];
    // What cannot be started for one case cannot be for the others.
    if (finished.outcome.start_error != 0) stop_others();
    if (flight.stage == Stage::kChecker) {
        apply_checker(result, finished.outcome,
                      head_of(flight.checker_says.get(), kKeptErrorBytes));
        end_case(flight.index);
        return {};
    }
    result.outcome = std::move(finished.outcome);
    result.errors = head_of(flight.errors.get(), kKeptErrorBytes);
    if (result.outcome.verdict == Verdict::kOk && uses_checker()) {
        return start_checker(std::move(flight));
    }
    if (result.outcome.verdict == Verdict::kOk) ASSAY_CHECK(compare(result, flight));
    end_case(flight.index);
    return {};
}

Result<void> CasesRun::compare(CaseResult& result, const InFlight& flight) const {
    ASSAY_TRY(const posix::UniqueFd answer, posix::open_file(result.test.answer_path, O_RDONLY));
    ASSAY_TRY(result.comparison,
              compare_files(options_.compare, answer.get(), flight.output.get()));
    return {};
}

void CasesRun::end_case(std::size_t index) {
    for (const char* kind : {"output", "errors", "checker"}) {
        ::unlink(scratch_path(index, kind).c_str());
    }
    CaseResult& result = report_.cases[index];
    result.ran = true;
    ++advance_.done;
    advance_.elapsed = Clock::now() - started_;
    if (passed(result)) return;
    ++advance_.failed;
    if (options_.fail_fast) stop_others();
}

void CasesRun::stop_others() {
    stopping_ = true;
    for (const auto& [id, flight] : in_flight_) {
        stopped_.insert(id);
        supervisor_.stop(id);
    }
}

Job CasesRun::make_tool(std::vector<std::string> command, const Files& files) const {
    Job job = prototype_;
    job.command = std::move(command);
    job.limits = tool_limits(prototype_.limits);
    job.files = files;
    job.streams = Streams{nothing_.get(), nothing_.get(), nothing_.get(), false};
    job.seccomp = options_.tool_seccomp;
    job.trace_syscalls = false;
    return job;
}

std::string CasesRun::scratch_path(std::size_t index, const char* kind) const {
    return scratch_->path() + "/" + std::to_string(index) + "." + kind;
}

Result<posix::UniqueFd> CasesRun::scratch_file(std::size_t index, const char* kind) const {
    return posix::open_file(scratch_path(index, kind), O_RDWR | O_CREAT | O_TRUNC, 0600);
}

void CasesRun::count() {
    for (const CaseResult& result : report_.cases) {
        ++(!result.ran ? report_.skipped : passed(result) ? report_.passed : report_.failed);
    }
}

}  // namespace

std::string_view word(const CaseResult& result) {
    if (!result.ran) return "skipped";
    const bool wrong =
        result.outcome.verdict == Verdict::kOk && result.comparison && !result.comparison->equal;
    return wrong ? "wrong" : word(result.outcome.verdict);
}

bool passed(const CaseResult& result) {
    return result.ran && result.outcome.verdict == Verdict::kOk &&
           (!result.comparison || result.comparison->equal);
}

int exit_code_of(const CasesReport& report) {
    const auto is_internal = [](const CaseResult& result) {
        return result.ran && result.outcome.verdict == Verdict::kInternal;
    };
    if (report.interrupted != 0) return app::kRunSignalBase + report.interrupted;
    if (report.compile && report.compile->verdict == Verdict::kInternal) {
        return exit_code_of(*report.compile);
    }
    const auto broken = std::ranges::find_if(report.cases, is_internal);
    if (broken != report.cases.end()) return exit_code_of(broken->outcome);
    return report.passed == report.cases.size() ? app::kExitDone : app::kExitFailed;
}

Result<CasesReport> run_cases(Supervisor& supervisor, const CasesOptions& options,
                              const Job& prototype, Progress& progress) {
    return CasesRun(supervisor, options, prototype, progress).run();
}

}  // namespace assay::runner
