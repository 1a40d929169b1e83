#include "internal/judge/execute/stream_output.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "internal/judge/execute/pool_thread.hpp"
#include "internal/judge/execute/pump.hpp"

namespace assay::judge {

StreamOutputs::StreamOutputs(WorkerPool::OnOutput on_output, std::function<void()> on_gone)
    : on_output_(std::move(on_output)), on_gone_(std::move(on_gone)) {}

StreamOutputs::~StreamOutputs() {
    finish();
}

void StreamOutputs::add(std::size_t index, std::vector<StreamOutput> outputs) {
    for (StreamOutput& output : outputs) {
        make_nonblocking(output.reader.get());
        sources_.push_back({index, std::move(output)});
    }
}

Result<void> StreamOutputs::start() {
    if (sources_.empty()) return {};
    finishing_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!finishing_) return system_error("cannot make an eventfd", errno);
    return start_thread(thread_, [this] { run(); });
}

void StreamOutputs::finish() {
    if (!thread_.joinable()) return;
    ::eventfd_write(finishing_.get(), 1);
    thread_.join();
}

// False: nothing there now, or at all.
bool StreamOutputs::take(Source& source) {
    char chunk[kChunkBytes];
    const ssize_t count = ::read(source.output.reader.get(), chunk, sizeof chunk);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (count <= 0) {
        source.output.reader.reset();
        return false;
    }
    if (!wanted_) return true;
    wanted_ = on_output_(source.index, source.output.fd, {chunk, static_cast<std::size_t>(count)});
    if (!wanted_) on_gone_();
    return true;
}

void StreamOutputs::wait() const {
    std::vector<pollfd> descriptors{{finishing_.get(), POLLIN, 0}};
    for (const Source& source : sources_) {
        descriptors.push_back({source.output.reader.get(), POLLIN, 0});
    }
    ::poll(descriptors.data(), descriptors.size(), -1);
}

void StreamOutputs::run() {
    const auto is_over = [](const Source& source) { return !source.output.reader; };
    while (!sources_.empty()) {
        wait();
        // Asked first: what was written before the end of the programs is there then.
        eventfd_t asked = 0;
        const bool last = ::eventfd_read(finishing_.get(), &asked) == 0;
        for (Source& source : sources_) {
            while (take(source) && last) continue;
        }
        std::erase_if(sources_, is_over);
        if (last) return;
    }
}

}  // namespace assay::judge
