#include "pkg/sandbox/wire.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace assay::sandbox {
namespace {

constexpr std::size_t kControlBytes = CMSG_SPACE(sizeof(int) * kMaxDescriptors);

template <std::size_t N>
void copy_text(std::array<char, N>& to, const std::string& from) {
    const std::size_t length = std::min(from.size(), N - 1);
    std::copy_n(from.data(), length, to.data());
    to[length] = '\0';
}

std::vector<posix::UniqueFd> take_descriptors(msghdr& message) {
    std::vector<posix::UniqueFd> descriptors;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
            descriptors.emplace_back(fd);
        }
    }
    return descriptors;
}

}  // namespace

Record text_record(Word word, const Error& error) {
    Record record;
    record.word = word;
    record.error_kind = error.kind;
    record.error_number = error.os_error;
    copy_text(record.text, error.message);
    copy_text(record.remedy, error.remedy);
    return record;
}

Error error_of(const Record& record) {
    return Error{record.error_kind, record.error_number, record.text.data(), record.remedy.data()};
}

Result<void> send_message(int socket, std::span<const iovec> parts,
                          std::span<const int> descriptors) {
    alignas(cmsghdr) char control[kControlBytes] = {};
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts.data());
    message.msg_iovlen = parts.size();
    if (!descriptors.empty()) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
    }
    ssize_t sent = -1;
    do {
        sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return system_error("cannot reach the other side of the sandbox", errno);
    return {};
}

Result<Message> receive_message(int socket, std::span<std::byte> buffer) {
    iovec bytes{buffer.data(), buffer.size()};
    alignas(cmsghdr) char control[kControlBytes];
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t count = -1;
    do {
        // A peer that ended without reading an order resets the connection, and that is told once,
        // before the report that it has sent (af_unix.c, unix_release_sock).
        count = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (count < 0 && (errno == EINTR || errno == ECONNRESET));
    if (count < 0 && errno == EAGAIN) {
        return Error{ErrorKind::kInternal, EAGAIN, "the sandbox does not answer", {}};
    }
    if (count <= 0) {
        return Error{ErrorKind::kInternal, 0, "the sandbox ended without a report", {}};
    }
    return Message{static_cast<std::size_t>(count), take_descriptors(message)};
}

Result<void> send_record(int socket, const Record& record, std::span<const int> descriptors) {
    const iovec bytes{const_cast<Record*>(&record), sizeof record};
    return send_message(socket, {&bytes, 1}, descriptors);
}

Result<Received> receive_record(int socket) {
    Received received;
    ASSAY_TRY(Message message,
              receive_message(socket, std::as_writable_bytes(std::span(&received.record, 1))));
    if (message.size != sizeof received.record) {
        return Error{ErrorKind::kInternal, 0, "the sandbox sent an incomplete report", {}};
    }
    received.descriptors = std::move(message.descriptors);
    return received;
}

}  // namespace assay::sandbox
