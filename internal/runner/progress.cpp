#include "internal/runner/progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <utility>

#include "internal/report/text.hpp"
#include "pkg/posix/files.hpp"
#include "pkg/units/units.hpp"

namespace assay::runner {
namespace {

constexpr auto kDrawPeriod = std::chrono::milliseconds(100);
constexpr std::size_t kUsualColumns = 80;
constexpr char kClearLine[] = "\r\x1b[K";

std::size_t columns_of(int fd) {
    winsize size{};
    return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualColumns;
}

}  // namespace

std::string progress_line(const Advance& advance, const std::string& things, std::size_t columns) {
    std::string line =
        std::to_string(advance.done) + "/" + std::to_string(advance.total) + " " + things;
    if (advance.failed > 0) line += ", " + std::to_string(advance.failed) + " failed";
    if (advance.done > 0 && advance.done < advance.total) {
        const auto left = static_cast<std::int64_t>(advance.total - advance.done);
        line += ", about " +
                units::human(advance.elapsed / static_cast<std::int64_t>(advance.done) * left) +
                " left";
    }
    return report::shortened(line, columns);
}

Progress::Progress(int fd, bool wanted, std::string things)
    : fd_(fd), wanted_(wanted && ::isatty(fd) == 1), things_(std::move(things)) {}

Progress::~Progress() {
    clear();
}

void Progress::update(const Advance& advance) {
    if (!wanted_) return;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_draw_) return;
    next_draw_ = now + kDrawPeriod;
    // The last column stays free: writing there makes some terminals wrap.
    const std::string line = progress_line(advance, things_, columns_of(fd_) - 1);
    // Progress that cannot be shown is no reason to stop.
    (void)posix::write_all(fd_, kClearLine + line, "the terminal");
    shown_ = true;
}

void Progress::clear() {
    if (!shown_) return;
    (void)posix::write_all(fd_, kClearLine, "the terminal");
    shown_ = false;
}

}  // namespace assay::runner
