#include "internal/runner/repeat.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "internal/app/exit_codes.hpp"
#include "internal/report/table.hpp"
#include "internal/runner/outcome_report.hpp"
#include "internal/runner/verdict.hpp"
#include "pkg/posix/files.hpp"
#include "pkg/units/units.hpp"

namespace assay::runner {
namespace {

using Clock = std::chrono::steady_clock;
using report::Json;

// Gives every run the same input.
class RepeatedInput {
  public:
    static Result<RepeatedInput> take(int fd) {
        RepeatedInput input;
        input.fd_ = fd;
        struct stat status {};
        if (::fstat(fd, &status) != 0) return input;
        if (S_ISREG(status.st_mode)) input.start_ = ::lseek(fd, 0, SEEK_CUR);
        if (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)) {
            ASSAY_TRY(input.nothing_, posix::open_file("/dev/null", O_RDONLY));
            input.fd_ = input.nothing_.get();
        }
        return input;
    }

    int rewound() const {
        if (start_ >= 0) ::lseek(fd_, start_, SEEK_SET);
        return fd_;
    }
    bool replaced() const { return static_cast<bool>(nothing_); }

  private:
    int fd_ = -1;
    off_t start_ = -1;
    posix::UniqueFd nothing_;
};

double middle(const std::vector<double>& sorted) {
    const std::size_t half = sorted.size() / 2;
    if (sorted.size() % 2 == 1) return sorted[half];
    return (sorted[half - 1] + sorted[half]) / 2;
}

struct Figure {
    const char* name;  // in the table
    const char* key;   // in JSON
    double (*value)(const Outcome&);
    std::string (*text)(double);
};

std::string duration_text(double seconds) {
    return units::human(
        std::chrono::nanoseconds(static_cast<std::int64_t>(std::llround(seconds * 1e9))));
}

std::string size_text(double bytes) {
    return units::human(units::Bytes{static_cast<std::uint64_t>(std::llround(bytes))});
}

constexpr Figure kFigures[] = {
    {"cpu", "cpu_s", [](const Outcome& run) { return report::seconds(run.cpu); }, duration_text},
    {"wall", "wall_s", [](const Outcome& run) { return report::seconds(run.wall); }, duration_text},
    {"memory", "memory_peak_bytes",
     [](const Outcome& run) { return static_cast<double>(run.memory_peak_bytes); }, size_text},
    {"max rss", "max_rss_bytes",
     [](const Outcome& run) { return static_cast<double>(run.max_rss_bytes); }, size_text},
};

std::vector<double> values_of(const RepeatReport& report, const Figure& figure) {
    std::vector<double> values;
    for (const Outcome& run : report.runs) values.push_back(figure.value(run));
    return values;
}

Json spread_json(const Spread& spread) {
    return Json::object()
        .set("min", spread.minimum)
        .set("median", spread.median)
        .set("max", spread.maximum)
        .set("mad", spread.deviation);
}

Json failed_json(const RepeatReport& report) {
    if (!report.failed) return {};
    Json object = Json::object();
    add_outcome(object, *report.failed);
    return object;
}

}  // namespace

Spread spread_of(std::vector<double> values) {
    if (values.empty()) return {};
    std::ranges::sort(values);
    Spread spread{values.front(), middle(values), values.back(), 0};
    for (double& value : values) value = std::abs(value - spread.median);
    std::ranges::sort(values);
    spread.deviation = middle(values);
    return spread;
}

int exit_code_of(const RepeatReport& report) {
    if (report.interrupted != 0) return app::kRunSignalBase + report.interrupted;
    return report.failed ? exit_code_of(*report.failed) : app::kExitDone;
}

std::string repeat_table(const RepeatReport& report, bool colour) {
    using report::Align;
    using report::Tone;
    std::string text;
    if (!report.runs.empty()) {
        report::Table table({{std::to_string(report.runs.size()) + " runs"},
                             {"min", Align::kRight},
                             {"median", Align::kRight},
                             {"max", Align::kRight},
                             {"spread", Align::kRight}});
        for (const Figure& figure : kFigures) {
            const Spread spread = spread_of(values_of(report, figure));
            table.add({figure.name,
                       figure.text(spread.minimum),
                       {figure.text(spread.median), Tone::kStrong},
                       figure.text(spread.maximum),
                       "±" + figure.text(spread.deviation)});
        }
        text += table.render(colour);
    }
    if (report.failed) {
        text += report::paint("run " + std::to_string(report.runs.size() + 1) +
                                  " failed: " + verdict_sentence(*report.failed, report.limits),
                              Tone::kBad, colour) +
                "\n";
    }
    if (report.stdin_replaced) {
        text += report::paint("stdin is a pipe, which cannot be read twice: the runs got none",
                              Tone::kWarning, colour) +
                "\n";
    }
    return text;
}

Json repeat_json(const RepeatReport& report) {
    Json object = Json::object().set("schema", "assay-repeat/1");
    const Verdict verdict = report.failed ? report.failed->verdict : Verdict::kOk;
    object.set("verdict", word(verdict));
    object.set("command", Json::array_of(report.command));
    object.set("limits", limits_report(report.limits));
    object.set("runs_asked", report.asked.runs);
    object.set("warmup_asked", report.asked.warmup);
    object.set("runs", report.runs.size());
    object.set("stdin_replaced", report.stdin_replaced);
    object.set("interrupted", report.interrupted != 0 ? Json(report.interrupted) : Json());
    for (const Figure& figure : kFigures) {
        const std::vector<double> values = values_of(report, figure);
        Json spread = values.empty() ? Json() : spread_json(spread_of(values));
        if (!values.empty()) spread.set("values", Json::array_of(values));
        object.set(figure.key, std::move(spread));
    }
    object.set("accuracy", report.runs.empty() ? Json() : accuracy_of(report.runs.front()));
    object.set("failed", failed_json(report));
    return object;
}

Result<RepeatReport> run_repeat(Supervisor& supervisor, const RepeatOptions& options,
                                const Job& job, Progress& progress) {
    RepeatReport report{options, job.command, job.limits, {}, {}, false, 0};
    ASSAY_TRY(const RepeatedInput input, RepeatedInput::take(job.streams.stdin_fd));
    report.stdin_replaced = input.replaced();
    Job run = job;
    const auto started = Clock::now();
    const std::size_t total = options.warmup + options.runs;
    for (std::size_t done = 0; done < total && !report.failed; ++done) {
        progress.update({done, total, 0, Clock::now() - started});
        run.streams.stdin_fd = input.rewound();
        ASSAY_CHECK(supervisor.start(run));
        Outcome outcome = supervisor.wait()->outcome;
        if (outcome.verdict != Verdict::kOk) {
            report.failed = std::move(outcome);
        } else if (done >= options.warmup) {
            report.runs.push_back(std::move(outcome));
        }
    }
    progress.clear();
    report.interrupted = supervisor.interrupted();
    return report;
}

}  // namespace assay::runner
