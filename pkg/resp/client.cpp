#include "pkg/resp/client.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "pkg/net/address.hpp"
#include "pkg/resp/numbers.hpp"

namespace assay::resp {
namespace {

using Clock = std::chrono::steady_clock;

// 0, or the errno of poll(2); ETIMEDOUT at the deadline.
int poll_until(int fd, short events, Clock::time_point deadline) {
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        pollfd entry{fd, events, 0};
        const int ready =
            ::poll(&entry, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30)));
        if (ready > 0) return 0;
        if (ready < 0 && errno != EINTR) return errno;
        if (Clock::now() >= deadline) return ETIMEDOUT;
    }
}

Result<posix::UniqueFd> connect_to(const sockaddr* to, socklen_t size, const std::string& address,
                                   Clock::time_point deadline) {
    const std::string what = "cannot connect to " + address;
    posix::UniqueFd fd(::socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return system_error(what, errno);
    int failure = ::connect(fd.get(), to, size) == 0 ? 0 : errno;
    if (failure == EINPROGRESS) {
        failure = poll_until(fd.get(), POLLOUT, deadline);
        socklen_t length = sizeof failure;
        if (failure == 0) ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &failure, &length);
    }
    if (failure != 0) return system_error(what, failure);
    return fd;
}

Result<posix::UniqueFd> connect_to_path(const std::string& path, Clock::time_point deadline) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    if (path.size() >= sizeof to.sun_path) {
        return system_error("cannot connect to " + path, ENAMETOOLONG);
    }
    std::copy(path.begin(), path.end(), to.sun_path);
    return connect_to(reinterpret_cast<const sockaddr*>(&to), sizeof to, path, deadline);
}

Result<posix::UniqueFd> connect_to_host(const std::string& address, Clock::time_point deadline) {
    ASSAY_TRY(const auto host, net::parse_host_port(address));
    ASSAY_TRY(const auto endpoints, net::resolve(host));
    Result<posix::UniqueFd> fd = system_error("cannot connect to " + address, EADDRNOTAVAIL);
    for (const auto& endpoint : endpoints) {
        fd =
            connect_to(endpoint.data(), static_cast<socklen_t>(endpoint.size()), address, deadline);
        if (fd) break;
    }
    return fd;
}

std::vector<std::string_view> split_words(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        if (end > 0) words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

}  // namespace

void append_command(std::string& out, std::span<const std::string_view> arguments) {
    out += "*" + to_text(static_cast<std::int64_t>(arguments.size())) + "\r\n";
    for (const std::string_view argument : arguments) {
        out += "$" + to_text(static_cast<std::int64_t>(argument.size())) + "\r\n";
        out += argument;
        out += "\r\n";
    }
}

void append_command(std::string& out, std::initializer_list<std::string_view> arguments) {
    append_command(out, std::span(arguments.begin(), arguments.size()));
}

Result<Client> Client::connect(const std::string& address, Duration patience) {
    const auto deadline = Clock::now() + patience;
    const bool is_path = address.find('/') != address.npos;
    ASSAY_TRY(auto fd,
              is_path ? connect_to_path(address, deadline) : connect_to_host(address, deadline));
    return Client(std::move(fd), address, patience);
}

Result<void> Client::wait_for(short events, Clock::time_point deadline, std::string_view what) {
    const int failure = poll_until(fd_.get(), events, deadline);
    if (failure == 0) return {};
    return system_error(std::string(what) + address_, failure);
}

Result<void> Client::send(std::string_view bytes) {
    constexpr std::string_view kWhat = "cannot send to ";
    const auto deadline = Clock::now() + patience_;
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN) {
            ASSAY_CHECK(wait_for(POLLOUT, deadline, kWhat));
        } else if (errno != EINTR) {
            return system_error(std::string(kWhat) + address_, errno);
        }
    }
    return {};
}

Result<std::size_t> Client::read_some(std::span<char> room, Clock::time_point deadline) {
    constexpr std::string_view kWhat = "cannot receive from ";
    for (;;) {
        const ssize_t came = ::recv(fd_.get(), room.data(), room.size(), 0);
        if (came >= 0) return static_cast<std::size_t>(came);
        if (errno == EAGAIN) {
            ASSAY_CHECK(wait_for(POLLIN, deadline, kWhat));
        } else if (errno != EINTR) {
            return system_error(std::string(kWhat) + address_, errno);
        }
    }
}

Result<Reply> Client::receive_until(Clock::time_point deadline) {
    Reply reply;
    std::array<char, 16 << 10> room;
    for (;;) {
        ASSAY_TRY(const bool complete, reader_.next(reply));
        if (complete) return reply;
        ASSAY_TRY(const std::size_t came, read_some(room, deadline));
        if (came == 0) {
            return Error{ErrorKind::kSystem,
                         0,
                         "cannot receive from " + address_ + ": the connection was closed",
                         {}};
        }
        reader_.feed({room.data(), came});
    }
}

Result<Reply> Client::receive_reply(Clock::time_point deadline) {
    for (;;) {
        ASSAY_TRY(auto reply, receive_until(deadline));
        if (!reply.is_push()) return reply;
        pushes_.push_back(std::move(reply));
    }
}

Result<Reply> Client::receive() {
    return receive_until(Clock::now() + patience_);
}

Result<std::vector<Reply>> Client::receive(std::size_t count) {
    const auto deadline = Clock::now() + patience_;
    std::vector<Reply> replies;
    while (replies.size() < count) {
        ASSAY_TRY(auto reply, receive_reply(deadline));
        replies.push_back(std::move(reply));
    }
    return replies;
}

Result<std::string> Client::receive_to_end() {
    const auto deadline = Clock::now() + patience_;
    std::string bytes(reader_.unread());
    std::array<char, 16 << 10> room;
    for (;;) {
        ASSAY_TRY(const std::size_t came, read_some(room, deadline));
        if (came == 0) return bytes;
        bytes.append(room.data(), came);
    }
}

Result<Reply> Client::call(std::span<const std::string_view> arguments) {
    std::string request;
    append_command(request, arguments);
    ASSAY_CHECK(send(request));
    return receive_reply(Clock::now() + patience_);
}

Result<Reply> Client::call(std::initializer_list<std::string_view> arguments) {
    return call(std::span(arguments.begin(), arguments.size()));
}

Result<Reply> Client::call(std::string_view words) {
    const auto arguments = split_words(words);
    return call(std::span<const std::string_view>(arguments));
}

}  // namespace assay::resp
