#include "internal/judge/execute/slot_stack.hpp"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "pkg/posix/files.hpp"

namespace assay::judge {
namespace {

constexpr char kEnvironmentFile[] = "/.env";

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\v\f";
    const std::size_t first = text.find_first_not_of(kBlank);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

Result<std::vector<std::string>> read_environment(const sandbox::Slot& slot) {
    auto file = slot.open(kEnvironmentFile, O_RDONLY);
    if (!file && file.error().os_error == ENOENT) return std::vector<std::string>{};
    if (!file) return file.error();
    ASSAY_TRY(const std::string text, posix::read_all(file->get(), kEnvironmentFile));
    return parse_environment_file(text);
}

// A slot that waits has nothing to tell: one that does is dead.
bool is_dead(const sandbox::Slot& slot) {
    pollfd event{slot.event_descriptor(), POLLIN, 0};
    return ::poll(&event, 1, 0) != 0;
}

}  // namespace

Result<std::vector<std::string>> parse_environment_file(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        if (line.empty() || line.front() == '#') continue;
        if (line.find('=') == line.npos) {
            return usage_error("cannot use " + std::string(kEnvironmentFile) + ": no '=' in " +
                               in_quotes(line));
        }
        lines.emplace_back(line);
    }
    return lines;
}

SlotStack::SlotStack(sandbox::SlotKeeper& keeper, Metrics& metrics, std::size_t most_kept)
    : keeper_(keeper), metrics_(metrics), most_kept_(most_kept) {}

Result<ReadySlot> SlotStack::make() {
    ASSAY_TRY(sandbox::Slot slot, keeper_.make_slot());
    metrics_.slots_made.add();
    ASSAY_TRY(std::vector<std::string> environment, read_environment(slot));
    return ReadySlot{std::move(slot), std::move(environment)};
}

Result<void> SlotStack::fill(std::size_t count) {
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (waiting_.size() >= count) return {};
        }
        ASSAY_TRY(ReadySlot slot, make());
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(slot));
    }
}

Result<ReadySlot> SlotStack::take() {
    for (;;) {
        std::unique_lock lock(mutex_);
        if (waiting_.empty()) break;
        ReadySlot slot = std::move(waiting_.back());
        waiting_.pop_back();
        lock.unlock();
        if (!is_dead(slot.slot)) {
            metrics_.slots_in_use.add(1);
            return slot;
        }
        metrics_.slots_broken.add();
    }
    ASSAY_TRY(ReadySlot slot, make());
    metrics_.slots_in_use.add(1);
    return slot;
}

void SlotStack::give_back(ReadySlot slot) {
    const auto begin = std::chrono::steady_clock::now();
    const auto clean = slot.slot.reset();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    metrics_.slot_reset_seconds.observe(seconds.count());
    if (!clean) return drop(std::move(slot));
    metrics_.slots_in_use.add(-1);
    std::unique_lock lock(mutex_);
    if (waiting_.size() < most_kept_) return waiting_.push_back(std::move(slot));
    lock.unlock();
    const ReadySlot ends_here = std::move(slot);
}

void SlotStack::drop(ReadySlot slot) {
    metrics_.slots_in_use.add(-1);
    metrics_.slots_broken.add();
    const ReadySlot ends_here = std::move(slot);
}

void SlotStack::clear() {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
}

}  // namespace assay::judge
