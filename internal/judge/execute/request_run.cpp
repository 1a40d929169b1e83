#include "internal/judge/execute/request_run.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <span>
#include <utility>

#include "internal/judge/execute/pipe_mappings.hpp"
#include "internal/judge/execute/source_file.hpp"

namespace assay::judge {
namespace {

using Clock = CommandRun::Clock;

timespec until_then(Clock::time_point then) {
    const auto left = std::max<std::chrono::nanoseconds>(then - Clock::now(), {});
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    return timespec{seconds.count(), (left - seconds).count()};
}

Response failed(std::string why, Refusal refusal = Refusal::kNone) {
    Response response;
    response.error = std::move(why);
    response.refusal = refusal;
    return response;
}

}  // namespace

RequestRun::RequestRun(const Request& request, const RunSurroundings& surroundings,
                       RunControl& control, int waker, std::string cpu_set)
    : request_(request),
      surroundings_(surroundings),
      control_(control),
      waker_(waker),
      cpu_set_(std::move(cpu_set)) {}

RequestRun::~RequestRun() = default;

void RequestRun::stream_to(WorkerPool::OnOutput on_output) {
    outputs_ = std::make_unique<StreamOutputs>(std::move(on_output), [this] { control_.cancel(); });
}

Response RequestRun::run() {
    if (auto good = check_sources(); !good) {
        return failed(std::move(good).error().message, Refusal::kUnacceptable);
    }
    if (auto opened = open_inputs(); !opened) return failed(std::move(opened).error().message);
    const auto taken = take_slots();
    if (control_.cancelled()) return failed(kCancelledBeforeExecute, Refusal::kCancelled);
    Response response;
    if (!taken) {
        CommandResult result;
        result.status = Status::kInternalError;
        result.error = "failed to get environment " + to_string(taken.error());
        response.results.assign(request_.commands.size(), result);
        return response;
    }
    if (auto prepared = prepare_files(); !prepared) {
        return failed(std::move(prepared).error().message);
    }
    copy_files();
    if (control_.cancelled()) return failed(kCancelledBeforeExecute, Refusal::kCancelled);
    start();
    supervise();
    response.results = collect();
    return response;
}

// Before anything is opened: a client is told of a path that it may not name in another way than of
// a file that is not there.
Result<void> RequestRun::check_sources() const {
    const std::span<const std::string> prefixes = surroundings_.options.source_prefixes;
    for (const Command& command : request_.commands) {
        for (const DescriptorFile& file : command.files) {
            const auto* const local = std::get_if<LocalFile>(&file);
            if (local != nullptr) ASSAY_CHECK(check_source(local->path, prefixes));
        }
        for (const auto& [target, file] : command.copy_in) {
            const auto* const local = std::get_if<LocalFile>(&file);
            if (local != nullptr) ASSAY_CHECK(check_source(local->path, prefixes));
        }
    }
    return {};
}

Result<void> RequestRun::check_descriptors() const {
    const std::size_t most = max_descriptors(surroundings_.options);
    for (const Command& command : request_.commands) {
        const std::size_t count = command.files.size();
        if (count > most) {
            return usage_error("pipe: too many files: " + std::to_string(count) + " (at most " +
                               std::to_string(most) + ")");
        }
    }
    return {};
}

Result<void> RequestRun::open_inputs() {
    ASSAY_CHECK(check_descriptors());
    for (const Command& command : request_.commands) {
        ASSAY_TRY(CachedInputs inputs, open_cached(command, surroundings_.store));
        inputs_.push_back(std::move(inputs));
    }
    return {};
}

Result<void> RequestRun::take_slots() {
    for (std::size_t i = 0; i < request_.commands.size() && !control_.cancelled(); ++i) {
        ASSAY_TRY(ReadySlot slot, surroundings_.slots.take());
        runs_.emplace_back(request_.commands[i], i, surroundings_, std::move(slot),
                           std::move(inputs_[i]));
    }
    return {};
}

// With one command there are no mappings, and a hole is found out when it starts.
Result<void> RequestRun::prepare_files() {
    const bool alone = runs_.size() == 1;
    std::vector<std::size_t> counts(runs_.size());
    if (!alone) {
        ASSAY_TRY(counts, count_descriptors(request_, max_descriptors(surroundings_.options)));
    }
    std::vector<CommandFiles> files;
    const auto captures =
        std::make_shared<std::uint64_t>(answer_limit_bytes(surroundings_.options));
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        auto prepared = runs_[i].prepare(control_, counts[i], captures);
        if (!prepared) {
            Error error = std::move(prepared).error();
            if (!alone) error.message.insert(0, "prepare fds: prepareCmdFd: ");
            return error;
        }
        files.push_back(*std::move(prepared));
    }
    if (!alone) {
        ASSAY_CHECK(
            place_pipes(request_, max_collected_bytes(surroundings_.options), captures, files));
    }
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        if (outputs_) outputs_->add(i, std::exchange(files[i].outputs, {}));
        runs_[i].set_files(std::move(files[i]));
    }
    return outputs_ ? outputs_->start() : Result<void>();
}

void RequestRun::copy_files() {
    for (CommandRun& run : runs_) {
        if (!control_.cancelled()) run.copy_files(control_);
    }
}

void RequestRun::start() {
    for (CommandRun& run : runs_) run.start(cpu_set_);
}

bool RequestRun::any_running() const {
    return std::ranges::any_of(runs_, [](const CommandRun& run) { return run.running(); });
}

void RequestRun::supervise() {
    while (any_running()) {
        wait();
        look_at_programs();
        if (control_.cancelled()) {
            for (CommandRun& run : runs_) run.kill();
        }
    }
    for (CommandRun& run : runs_) {
        for (const auto& pump : run.files().pumps) pump->finish();
    }
    if (outputs_) outputs_->finish();
}

// Waits for the next thing to do, and moves what can be moved.
void RequestRun::wait() {
    events_.assign(1, {waker_, POLLIN, 0});
    pumps_.clear();
    Clock::time_point next = Clock::time_point::max();
    for (const CommandRun& run : runs_) {
        events_.push_back({run.running() ? run.event_descriptor() : -1, POLLIN, 0});
        if (run.running()) next = std::min(next, run.next_check());
    }
    const std::size_t first_pump = events_.size();
    for (CommandRun& run : runs_) {
        for (const auto& pump : run.files().pumps) {
            const pollfd interest = pump->interest();
            if (interest.fd < 0) continue;
            events_.push_back(interest);
            pumps_.push_back(pump.get());
        }
    }
    const timespec timeout = until_then(next);
    if (::ppoll(events_.data(), events_.size(), &timeout, nullptr) <= 0) return;
    eventfd_t news = 0;
    if (events_[0].revents != 0) ::eventfd_read(waker_, &news);
    for (std::size_t i = 0; i < pumps_.size(); ++i) {
        if (events_[first_pump + i].revents != 0) pumps_[i]->advance();
    }
}

void RequestRun::look_at_programs() {
    const Clock::time_point now = Clock::now();
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        CommandRun& run = runs_[i];
        if (!run.running()) continue;
        if (events_[1 + i].revents != 0) {
            run.end();
        } else if (run.next_check() <= now) {
            run.check(now);
        }
    }
}

std::vector<CommandResult> RequestRun::collect() {
    std::vector<CommandResult> results;
    std::uint64_t answer_room = answer_limit_bytes(surroundings_.options);
    for (CommandRun& run : runs_) results.push_back(run.collect(answer_room));
    return results;
}

}  // namespace assay::judge
