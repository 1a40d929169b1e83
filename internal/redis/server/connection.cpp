#include "internal/redis/server/connection.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>

#include "internal/redis/server/io_loop.hpp"

namespace assay::redis {

Connection::Connection(IoLoop& loop, posix::UniqueFd socket, std::uint64_t id, const Peer& peer)
    : loop_(loop), socket_(std::move(socket)), session_(id, *this), parser_(loop.limits()) {
    session_.descriptor = socket_.get();
    session_.address = peer.address;
    session_.local_address = peer.local_address;
    session_.is_local = peer.is_local;
    session_.connected_at = std::chrono::system_clock::now();
    session_.last_active = std::chrono::steady_clock::now();
    const std::lock_guard lock(loop_.engine().mutex());
    if (!loop_.engine().enter(session_)) ends_after_output_ = true;
}

Connection::~Connection() {
    const std::lock_guard lock(loop_.engine().mutex());
    loop_.engine().leave(session_);
}

void Connection::wake() {
    loop_.wake(session_.id);
}

void Connection::close(Close when) {
    (when == Close::now ? ends_now_ : ends_after_output_) = true;
    loop_.wake(session_.id);
}

bool Connection::read() {
    if (ends_after_output_) return send();
    const std::span<char> room = parser_.prepare(loop_.scratch());
    const ssize_t bytes = ::recv(socket_.get(), room.data(), room.size(), 0);
    if (bytes == 0) return false;
    if (bytes < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    unreported_in_ += static_cast<std::uint64_t>(bytes);
    parser_.commit(static_cast<std::size_t>(bytes));
    const bool goes_on = run_commands();
    parser_.release();
    return goes_on && send();
}

bool Connection::run_commands() {
    resp::RequestBatch& batch = loop_.batch();
    while (parser_.parse(batch) > 0) {
        if (!kept_.empty()) {
            keep_rest(0);
            continue;
        }
        const std::lock_guard lock(loop_.engine().mutex());
        Engine::collect_mail(session_);
        session_.last_active = std::chrono::steady_clock::now();
        session_.query_bytes = parser_.pending_bytes();
        const std::size_t taken = loop_.engine().execute(session_, batch);
        parser_.set_authenticated(session_.authenticated);
        if (session_.closing) return true;
        keep_rest(taken);
    }
    if (!parser_.failed()) return true;
    if (parser_.error().empty()) return false;
    resp::ReplyWriter(session_.out, session_.protocol).error("ERR " + parser_.error());
    ends_after_output_ = true;
    return true;
}

void Connection::keep_rest(std::size_t first) {
    const resp::RequestBatch& batch = loop_.batch();
    for (std::size_t i = first; i < batch.size(); ++i) kept_.emplace_back(batch[i]);
}

bool Connection::run_kept() {
    const std::lock_guard lock(loop_.engine().mutex());
    Engine::collect_mail(session_);
    while (!kept_.empty() && !session_.wait && !session_.closing) {
        const KeptWords words = std::move(kept_.front());
        kept_.pop_front();
        loop_.engine().execute(session_, words.words());
    }
    return !ends_now_;
}

bool Connection::resume() {
    return run_kept() && send();
}

bool Connection::write() {
    return send();
}

bool Connection::send() {
    constexpr std::size_t kVectors = 64;
    while (!session_.out.empty()) {
        std::array<iovec, kVectors> vectors;
        msghdr message{};
        message.msg_iov = vectors.data();
        message.msg_iovlen = session_.out.iovecs(vectors);
        const ssize_t bytes = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
        if (bytes < 0 && errno == EINTR) continue;
        if (bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            waits_to_write_ = true;
            return true;
        }
        if (bytes < 0) return false;
        unreported_out_ += static_cast<std::uint64_t>(bytes);
        session_.out.consume(static_cast<std::size_t>(bytes));
    }
    waits_to_write_ = false;
    return !ends_after_output_;
}

}  // namespace assay::redis
