// Where a server listens: HOST:PORT as people write it, turned into endpoints.
//
// Names are looked up in /etc/hosts and nowhere else. A static glibc answers getaddrinfo(3) with
// the name-service modules of the host's own glibc, if there is one and its version fits: a server
// would start on one machine and not on the next. What a server binds is its own address, so
// numbers, `localhost` and /etc/hosts are enough. Pure but for reading that file; thread-safe.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/result/result.hpp"

namespace assay::net {

using Endpoint = boost::asio::ip::tcp::endpoint;

struct HostPort {
    std::string host;  // without brackets; empty: all interfaces
    std::uint16_t port = 0;
};

// "localhost:5050", "10.0.0.1:80", "[::1]:5050", ":5050". The port is a number.
Result<HostPort> parse_host_port(std::string_view text);

// `localhost` is both loopback addresses, v4 and v6, whatever the hosts file says; an empty host
// the v6 wildcard, which takes v4 too; a name all of its addresses in `hosts_file`, in order.
Result<std::vector<Endpoint>> resolve(const HostPort& address,
                                      const std::string& hosts_file = "/etc/hosts");

// "127.0.0.1:5050", "[::1]:5050".
std::string to_string(const Endpoint& endpoint);

}  // namespace assay::net
