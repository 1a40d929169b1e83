#include "internal/redis/server/io_loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>

namespace assay::redis {
namespace {

// The doorbell's place among the ids of connections, which begin with 1.
constexpr std::uint64_t kDoorbell = 0;

}  // namespace

Result<std::unique_ptr<IoLoop>> IoLoop::make(Engine& engine, const resp::RequestLimits& limits) {
    posix::UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return system_error("make an epoll instance", errno);
    posix::UniqueFd doorbell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!doorbell) return system_error("make an eventfd", errno);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kDoorbell;
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, doorbell.get(), &event) != 0) {
        return system_error("watch an eventfd", errno);
    }
    return std::unique_ptr<IoLoop>(
        new IoLoop(engine, limits, std::move(epoll), std::move(doorbell)));
}

IoLoop::IoLoop(Engine& engine, const resp::RequestLimits& limits, posix::UniqueFd epoll,
               posix::UniqueFd doorbell)
    : engine_(engine),
      limits_(limits),
      epoll_(std::move(epoll)),
      doorbell_(std::move(doorbell)),
      scratch_(std::make_unique_for_overwrite<char[]>(kScratchBytes)) {}

IoLoop::~IoLoop() = default;

void IoLoop::run() {
    std::array<epoll_event, 256> events;
    while (!stopping_.load(std::memory_order_relaxed)) {
        const int ready =
            ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < ready; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            if (event.data.u64 == kDoorbell)
                take_messages();
            else
                serve(event.data.u64, event.events);
        }
    }
    connections_.clear();
}

void IoLoop::stop() {
    stopping_.store(true, std::memory_order_relaxed);
    ring();
}

void IoLoop::ring() {
    const std::uint64_t one = 1;
    // It can only fail when it is rung already.
    (void)!::write(doorbell_.get(), &one, sizeof(one));
}

void IoLoop::adopt(posix::UniqueFd socket, std::uint64_t id, Peer peer) {
    const std::lock_guard lock(mutex_);
    arrivals_.push_back({std::move(socket), id, std::move(peer)});
    if (!std::exchange(rung_, true)) ring();
}

void IoLoop::wake(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    if (woken_.empty() || woken_.back() != id) woken_.push_back(id);
    if (!std::exchange(rung_, true)) ring();
}

void IoLoop::take_messages() {
    std::uint64_t count = 0;
    (void)!::read(doorbell_.get(), &count, sizeof(count));
    std::vector<Arrival> arrivals;
    std::vector<std::uint64_t> woken;
    {
        const std::lock_guard lock(mutex_);
        arrivals.swap(arrivals_);
        woken.swap(woken_);
        rung_ = false;
    }
    for (Arrival& arrival : arrivals) add(std::move(arrival));
    for (const std::uint64_t id : woken) {
        const auto found = connections_.find(id);
        if (found == connections_.end()) continue;
        if (found->second->resume())
            watch(*found->second, id);
        else
            remove(id);
    }
}

void IoLoop::add(Arrival arrival) {
    const int descriptor = arrival.socket.get();
    auto connection =
        std::make_unique<Connection>(*this, std::move(arrival.socket), arrival.id, arrival.peer);
    if (!connection->write()) return;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = arrival.id;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) return;
    connections_.emplace(arrival.id, std::move(connection));
}

void IoLoop::serve(std::uint64_t id, std::uint32_t events) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    Connection& connection = *found->second;
    const bool waited = connection.wants_to_write();
    bool goes_on = true;
    if ((events & EPOLLOUT) != 0) goes_on = connection.write();
    if (goes_on && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) goes_on = connection.read();
    if (!goes_on) return remove(id);
    if (waited != connection.wants_to_write()) watch(connection, id);
}

void IoLoop::remove(std::uint64_t id) {
    connections_.erase(id);
}

void IoLoop::watch(Connection& connection, std::uint64_t id) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (connection.wants_to_write()) event.events |= EPOLLOUT;
    event.data.u64 = id;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.descriptor(), &event);
}

}  // namespace assay::redis
