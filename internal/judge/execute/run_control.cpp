#include "internal/judge/execute/run_control.hpp"

#include <sys/eventfd.h>
#include <sys/ioctl.h>

namespace assay::judge {
namespace {

void set_size(int terminal, const StreamTicket::Size& size) {
    const winsize wanted{size.rows, size.columns, size.x_pixels, size.y_pixels};
    ::ioctl(terminal, TIOCSWINSZ, &wanted);
}

}  // namespace

RunControl::RunControl(const Request& request) {
    for (std::size_t index = 0; index < request.commands.size(); ++index) {
        const Command& command = request.commands[index];
        has_terminal_.push_back(command.terminal);
        for (std::size_t fd = 0; fd < command.files.size(); ++fd) {
            if (std::holds_alternative<StreamIn>(command.files[fd])) unread_[{index, fd}];
        }
    }
}

void RunControl::wake() const {
    if (waker_ >= 0) ::eventfd_write(waker_, 1);
}

void RunControl::cancel() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    wake();
}

bool RunControl::cancelled() const {
    const std::lock_guard lock(mutex_);
    return cancelled_;
}

bool RunControl::input(std::size_t index, std::size_t fd, std::string bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = unread_.find({index, fd});
    if (found == unread_.end() || bytes.size() > kMaxUnreadInput - unread_bytes_) return false;
    unread_bytes_ += bytes.size();
    found->second += bytes;
    wake();
    return true;
}

Result<void> RunControl::resize(std::size_t index, std::size_t fd, const StreamTicket::Size& size) {
    const std::lock_guard lock(mutex_);
    if (!unread_.contains({index, fd})) return usage_error("stream does not exist");
    if (!has_terminal_[index]) return usage_error("stream is not a tty");
    sizes_[index] = size;
    const auto terminal = terminals_.find(index);
    if (terminal != terminals_.end()) set_size(terminal->second.get(), size);
    return {};
}

void RunControl::attach(int waker) {
    const std::lock_guard lock(mutex_);
    waker_ = waker;
}

void RunControl::detach() {
    const std::lock_guard lock(mutex_);
    waker_ = -1;
    terminals_.clear();
}

bool RunControl::has_input(std::size_t index, std::size_t fd) const {
    const std::lock_guard lock(mutex_);
    const auto found = unread_.find({index, fd});
    return found != unread_.end() && !found->second.empty();
}

std::string RunControl::take_input(std::size_t index, std::size_t fd) {
    const std::lock_guard lock(mutex_);
    const auto found = unread_.find({index, fd});
    if (found == unread_.end()) return {};
    unread_bytes_ -= found->second.size();
    return std::exchange(found->second, {});
}

void RunControl::attach_terminal(std::size_t index, posix::UniqueFd master) {
    const std::lock_guard lock(mutex_);
    const auto size = sizes_.find(index);
    if (size != sizes_.end()) set_size(master.get(), size->second);
    terminals_[index] = std::move(master);
}

}  // namespace assay::judge
