#include "pkg/net/address.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <optional>

#include "pkg/posix/files.hpp"

namespace assay::net {
namespace {

namespace ip = boost::asio::ip;

constexpr const char* kAddressRemedy = "write it like localhost:5050, [::1]:5050 or :5050";

Error bad_address(std::string_view text, std::string_view why) {
    return usage_error("bad address " + in_quotes(text) + ": " + std::string(why), kAddressRemedy);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return port;
}

std::string_view next_word(std::string_view& line) {
    const std::size_t begin = std::min(line.find_first_not_of(" \t\r"), line.size());
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(" \t\r"), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end);
    return word;
}

bool equal_names(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

// The addresses of a name, in the order of the hosts file (hosts(5)).
std::vector<ip::address> find_in_hosts(std::string_view hosts, std::string_view name) {
    std::vector<ip::address> found;
    while (!hosts.empty()) {
        std::string_view line = hosts.substr(0, hosts.find('\n'));
        hosts.remove_prefix(std::min(line.size() + 1, hosts.size()));
        line = line.substr(0, line.find('#'));
        boost::system::error_code error;
        const ip::address address = ip::make_address(std::string(next_word(line)), error);
        if (error) continue;
        for (auto word = next_word(line); !word.empty(); word = next_word(line)) {
            if (!equal_names(word, name)) continue;
            if (std::find(found.begin(), found.end(), address) == found.end()) {
                found.push_back(address);
            }
            break;
        }
    }
    return found;
}

}  // namespace

Result<HostPort> parse_host_port(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos) return bad_address(text, "no port");
    std::string_view host = text.substr(0, colon);
    const auto port = parse_port(text.substr(colon + 1));
    if (!port) return bad_address(text, "the port is no number from 0 to 65535");
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != host.npos) {
        return bad_address(text, "an IPv6 address stands in brackets");
    }
    return HostPort{std::string(host), *port};
}

Result<std::vector<Endpoint>> resolve(const HostPort& address, const std::string& hosts_file) {
    if (address.host.empty()) return std::vector{Endpoint(ip::address_v6::any(), address.port)};
    if (equal_names(address.host, "localhost")) {
        return std::vector{Endpoint(ip::address_v4::loopback(), address.port),
                           Endpoint(ip::address_v6::loopback(), address.port)};
    }
    boost::system::error_code error;
    const ip::address numeric = ip::make_address(address.host, error);
    if (!error) return std::vector{Endpoint(numeric, address.port)};

    ASSAY_TRY(const std::string hosts, posix::read_file(hosts_file));
    std::vector<Endpoint> endpoints;
    for (const ip::address& found : find_in_hosts(hosts, address.host)) {
        endpoints.emplace_back(found, address.port);
    }
    if (endpoints.empty()) {
        return usage_error("cannot find host " + in_quotes(address.host) + ": not in " + hosts_file,
                           "give the address as a number, or add the name to that file");
    }
    return endpoints;
}

std::string to_string(const Endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    const std::string port = std::to_string(endpoint.port());
    return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

}  // namespace assay::net
