#include "internal/runner/outcome_report.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <vector>

#include "internal/report/table.hpp"
#include "internal/report/text.hpp"
#include "pkg/units/units.hpp"

namespace assay::runner {
namespace {

using report::Json;
using report::seconds;
using units::Bytes;
using units::human;

Json text_or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

Json seconds_or_null(const std::optional<std::chrono::nanoseconds>& duration) {
    return duration ? Json(seconds(*duration)) : Json();
}

// `error`: how far the figure can be off, in its own unit; empty when that is not known.
Json figure(std::string_view source, std::optional<double> error, std::string_view note) {
    return Json::object().set("source", source).set("error", error).set("note", note);
}

Json cpu_accuracy(const Outcome& outcome) {
    if (outcome.cpu_source == "cgroup") {
        return figure("cgroup", 0.0005,
                      "run time of every process, waited for or not; the exec itself is in it");
    }
    return figure(outcome.cpu_source, {},
                  "the program and those of its children that were waited for");
}

Json split_accuracy() {
    return figure("ticks", 0.05,
                  "the kernel samples the split at clock ticks; only the sum, cpu_s, is exact");
}

Json memory_accuracy(const Outcome& outcome) {
    if (outcome.memory_source == "cgroup") {
        const long cpus = ::sysconf(_SC_NPROCESSORS_ONLN);
        const double batch = 64.0 * static_cast<double>(::sysconf(_SC_PAGESIZE));
        return figure("cgroup", batch * static_cast<double>(cpus),
                      "charged in batches of 64 pages per CPU; tmpfs, pipes and the cache of files "
                      "that the program was first to read are in it");
    }
    if (outcome.memory_source == "sampled") {
        return figure("sampled", {},
                      "resident sizes added up; what rose between samples is missed");
    }
    return figure(outcome.memory_source, {},
                  "the largest single process; tmpfs, memfd and pipes are not in it");
}

std::string kibibytes(std::uint64_t bytes) {
    return std::to_string(bytes / 1024);
}

std::string milliseconds_as_seconds(std::chrono::nanoseconds duration) {
    char text[48];
    std::snprintf(text, sizeof text, "%.3f", seconds(duration));
    return text;
}

// RE, SG, TO, XX; empty when all is well. A limit that is not about time shows as the signal that
// enforced it, as isolate does it.
std::string_view isolate_status(const Outcome& outcome) {
    switch (outcome.verdict) {
        case Verdict::kOk:
            return {};
        case Verdict::kInternal:
            return "XX";
        case Verdict::kTime:
        case Verdict::kWall:
            return "TO";
        case Verdict::kNonzero:
            return "RE";
        case Verdict::kMemory:
        case Verdict::kOutput:
        case Verdict::kSyscall:
        case Verdict::kSignal:
            break;
    }
    return outcome.signal ? "SG" : "RE";
}

std::string isolate_message(const Outcome& outcome) {
    switch (outcome.verdict) {
        case Verdict::kOk:
            return {};
        case Verdict::kInternal:
            return outcome.error;
        case Verdict::kMemory:
            return "Memory limit exceeded";
        case Verdict::kTime:
            return "Time limit exceeded";
        case Verdict::kWall:
            return "Time limit exceeded (wall clock)";
        case Verdict::kOutput:
            return "Output limit exceeded";
        case Verdict::kSyscall:
            return "Forbidden system call";
        case Verdict::kSignal:
            return "Caught fatal signal " + std::to_string(outcome.signal.value_or(0));
        case Verdict::kNonzero:
            return "Exited with error status " + std::to_string(outcome.exit_code.value_or(0));
    }
    return {};
}

bool killed_by_limit(const Outcome& outcome) {
    return outcome.signal && !outcome.limit.empty();
}

class MetaWriter {
  public:
    void add(std::string_view key, std::string_view value) {
        text_.append(key).append(":");
        for (const char c : value) text_ += c == '\n' ? ' ' : c;
        text_ += '\n';
    }
    void add(std::string_view key, std::uint64_t value) { add(key, std::to_string(value)); }
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

// "70.1 MiB, limit 64.0 MiB (--memory-limit), over by 6.10 MiB"
template <class Unit>
std::string against(Unit figure, Unit limit, Unit excess, const std::string& option) {
    return human(figure) + ", limit " + human(limit) + " (--" + option + "), over by " +
           human(excess);
}

std::string memory_sentence(const Outcome& outcome, const Limits& limits) {
    const std::uint64_t limit = limits.memory_bytes.value_or(0);
    const std::uint64_t peak = outcome.memory_peak_bytes;
    if (peak > limit && outcome.oom_kills == 0) {
        return against(Bytes{peak}, Bytes{limit}, Bytes{peak - limit}, "memory-limit");
    }
    return "out-of-memory kills: " + std::to_string(outcome.oom_kills) + ", limit " +
           human(Bytes{limit}) + " (--memory-limit)";
}

std::string time_sentence(std::chrono::nanoseconds used, std::string_view kind,
                          std::optional<std::chrono::nanoseconds> limit, const char* option) {
    const auto allowed = limit.value_or(used);
    return human(used) + std::string(kind) + ", limit " + human(allowed) + " (--" + option +
           "), over by " + human(used - allowed);
}

std::string output_sentence(const Outcome& outcome, const Limits& limits) {
    const auto& limit =
        outcome.limit == "file-size-limit" ? limits.file_size_bytes : limits.output_bytes;
    return "more than " + human(Bytes{limit.value_or(0)}) + " (--" + outcome.limit + ")";
}

std::string with_reason(std::string sentence, const std::string& reason) {
    return reason.empty() ? sentence : sentence + ": " + report::printable(reason);
}

report::Tone tone_of(Verdict verdict) {
    if (verdict == Verdict::kOk) return report::Tone::kGood;
    return verdict == Verdict::kNonzero ? report::Tone::kWarning : report::Tone::kBad;
}

template <class Unit>
std::string limit_note(const std::optional<Unit>& limit) {
    return limit ? "limit " + human(*limit) : std::string();
}

std::string memory_note(const Outcome& outcome, const Limits& limits) {
    std::string note = limits.memory_bytes ? "limit " + human(Bytes{*limits.memory_bytes}) : "";
    if (!note.empty()) note += ", ";
    return note + "by " + outcome.memory_source;
}

std::string processes_note(const Outcome& outcome, const Limits& limits) {
    std::string note = limits.processes ? "limit " + std::to_string(*limits.processes) : "";
    if (outcome.leftover_processes > 0) {
        if (!note.empty()) note += ", ";
        note += std::to_string(outcome.leftover_processes) + " left running at the end, killed";
    }
    return note;
}

std::string figures_table(const Outcome& outcome, const Limits& limits, bool colour) {
    using report::Align;
    using report::Tone;
    report::Table table({{""}, {"", Align::kRight}, {""}});
    const auto row = [&table](const char* name, std::string value, std::string note) {
        table.add({{std::string("  ") + name, Tone::kDim}, std::move(value), std::move(note)});
    };
    std::string cpu_note = "user " + human(outcome.user) + ", system " + human(outcome.system);
    if (limits.cpu) cpu_note = limit_note(limits.cpu) + ", " + cpu_note;
    row("cpu", human(outcome.cpu), std::move(cpu_note));
    row("wall", human(outcome.wall), limit_note(limits.wall));
    row("memory", human(Bytes{outcome.memory_peak_bytes}), memory_note(outcome, limits));
    if (outcome.processes_peak || outcome.leftover_processes > 0) {
        const auto& peak = outcome.processes_peak;
        row("processes", peak ? std::to_string(*peak) : "?", processes_note(outcome, limits));
    }
    return table.render(colour);
}

}  // namespace

void add_outcome(Json& object, const Outcome& outcome) {
    object.set("verdict", word(outcome.verdict));
    object.set("exit_code", outcome.exit_code);
    object.set("signal", outcome.signal);
    object.set("signal_name", outcome.signal ? Json(signal_name(*outcome.signal)) : Json());
    object.set("limit", text_or_null(outcome.limit));
    object.set("error", text_or_null(outcome.error));
    object.set("cpu_s", seconds(outcome.cpu));
    object.set("user_s", seconds(outcome.user));
    object.set("system_s", seconds(outcome.system));
    object.set("wall_s", seconds(outcome.wall));
    object.set("memory_peak_bytes", outcome.memory_peak_bytes);
    object.set("memory_source", text_or_null(outcome.memory_source));
    object.set("max_rss_bytes", outcome.max_rss_bytes);
    object.set("processes_peak", outcome.processes_peak);
    object.set("oom_kills", outcome.oom_kills);
    object.set("leftover_processes", outcome.leftover_processes);
    object.set("voluntary_switches", outcome.voluntary_switches);
    object.set("involuntary_switches", outcome.involuntary_switches);
    object.set("io_read_bytes", outcome.io_read_bytes);
    object.set("io_written_bytes", outcome.io_written_bytes);
    object.set("output_bytes", outcome.output_bytes);
    object.set("cgroup", outcome.cgroup);
    object.set("weaker_limits", Json::array_of(outcome.weaker_limits));
}

Json accuracy_of(const Outcome& outcome) {
    Json object = Json::object();
    object.set("cpu_s", cpu_accuracy(outcome));
    object.set("user_s", split_accuracy());
    object.set("system_s", split_accuracy());
    object.set("wall_s",
               figure("monotonic clock", 0.001,
                      "from the exec to the end of the main process, children not awaited"));
    object.set("memory_peak_bytes", memory_accuracy(outcome));
    object.set("max_rss_bytes",
               figure("rusage", {}, "the largest single process that was waited for"));
    object.set("processes_peak",
               outcome.processes_peak ? figure("cgroup", 0, "threads are counted") : Json());
    object.set("io_read_bytes", outcome.io_read_bytes
                                    ? figure("cgroup", {}, "what reached a device, not the cache")
                                    : Json());
    object.set("io_written_bytes",
               outcome.io_written_bytes
                   ? figure("cgroup", {}, "what reached a device by the end of the run")
                   : Json());
    return object;
}

Json limits_report(const Limits& limits) {
    Json object = Json::object();
    object.set("cpu_s", seconds_or_null(limits.cpu));
    object.set("wall_s", seconds_or_null(limits.wall));
    object.set("extra_time_s", seconds(limits.extra_time));
    object.set("memory_bytes", limits.memory_bytes);
    object.set("stack_bytes", limits.stack_bytes);
    object.set("processes", limits.processes);
    object.set("file_size_bytes", limits.file_size_bytes);
    object.set("output_bytes", limits.output_bytes);
    object.set("open_files", limits.open_files);
    object.set("disk_bytes", limits.disk_bytes);
    object.set("inodes", limits.inodes);
    object.set("address_space_bytes", limits.address_space_bytes);
    object.set("cpu_rate", limits.cpu_rate);
    object.set("cpu_set", text_or_null(limits.cpu_set));
    return object;
}

Json run_report(const Outcome& outcome, const Job& job) {
    Json object = Json::object().set("schema", "assay-run/1");
    add_outcome(object, outcome);
    object.set("accuracy", accuracy_of(outcome));
    object.set("command", Json::array_of(job.command));
    object.set("limits", limits_report(job.limits));
    return object;
}

std::string isolate_meta(const Outcome& outcome) {
    MetaWriter meta;
    if (outcome.memory_source == "cgroup") {
        meta.add("cg-mem", kibibytes(outcome.memory_peak_bytes));
        if (outcome.oom_kills > 0) meta.add("cg-oom-killed", 1);
    }
    meta.add("csw-forced", outcome.involuntary_switches);
    meta.add("csw-voluntary", outcome.voluntary_switches);
    const auto status = isolate_status(outcome);
    if (outcome.exit_code) meta.add("exitcode", static_cast<std::uint64_t>(*outcome.exit_code));
    if (outcome.signal) meta.add("exitsig", static_cast<std::uint64_t>(*outcome.signal));
    if (killed_by_limit(outcome)) meta.add("killed", 1);
    meta.add("max-rss", kibibytes(outcome.max_rss_bytes));
    if (const std::string message = isolate_message(outcome); !message.empty()) {
        meta.add("message", message);
    }
    if (!status.empty()) meta.add("status", status);
    meta.add("time", milliseconds_as_seconds(outcome.cpu));
    meta.add("time-wall", milliseconds_as_seconds(outcome.wall));
    return meta.take();
}

std::string verdict_sentence(const Outcome& outcome, const Limits& limits) {
    switch (outcome.verdict) {
        case Verdict::kOk:
            return "ok";
        case Verdict::kInternal:
            return with_reason("could not run", outcome.error);
        case Verdict::kMemory:
            return "memory limit exceeded: " + memory_sentence(outcome, limits);
        case Verdict::kTime:
            return "time limit exceeded: " +
                   time_sentence(outcome.cpu, " of CPU", limits.cpu, "cpu-limit");
        case Verdict::kWall:
            return "wall limit exceeded: " +
                   time_sentence(outcome.wall, " elapsed", limits.wall, "wall-limit");
        case Verdict::kOutput:
            return "output limit exceeded: " + output_sentence(outcome, limits);
        case Verdict::kSyscall:
            return with_reason("forbidden system call", outcome.error);
        case Verdict::kSignal:
            return with_reason("killed by " + signal_name(outcome.signal.value_or(0)),
                               outcome.error);
        case Verdict::kNonzero:
            return with_reason("exited with code " + std::to_string(outcome.exit_code.value_or(0)),
                               outcome.error);
    }
    return {};
}

std::string summary(const Outcome& outcome, const Limits& limits, bool colour) {
    std::string text =
        report::paint(verdict_sentence(outcome, limits), tone_of(outcome.verdict), colour) + "\n";
    if (outcome.verdict == Verdict::kInternal) return text;
    text += figures_table(outcome, limits, colour);
    for (const std::string& sentence : outcome.weaker_limits) {
        text += report::paint("  weaker here: " + report::printable(sentence),
                              report::Tone::kWarning, colour) +
                "\n";
    }
    return text;
}

std::string signal_name(int signal) {
    if (const char* name = ::sigabbrev_np(signal)) return std::string("SIG") + name;
    const int offset = signal - SIGRTMIN;
    if (offset >= 0 && signal <= SIGRTMAX) return "SIGRTMIN+" + std::to_string(offset);
    return "signal " + std::to_string(signal);
}

}  // namespace assay::runner
