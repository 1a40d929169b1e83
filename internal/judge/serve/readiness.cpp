#include "internal/judge/serve/readiness.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "pkg/posix/files.hpp"
#include "pkg/posix/unique_fd.hpp"

namespace assay::judge {

void tell_descriptor(std::optional<int> descriptor, std::string_view lines) {
    if (!descriptor) return;
    const posix::UniqueFd fd(*descriptor);
    (void)posix::write_all(fd.get(), lines, "the ready descriptor");
}

void tell_service_manager(const std::string& state) {
    const char* path = std::getenv("NOTIFY_SOCKET");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
    const std::size_t length = std::strlen(path);
    if (length >= sizeof(address.sun_path)) return;
    std::copy_n(path, length, address.sun_path);
    if (path[0] == '@') address.sun_path[0] = '\0';  // the abstract name space, unix(7)
    const posix::UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address),
             static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
}

}  // namespace assay::judge
