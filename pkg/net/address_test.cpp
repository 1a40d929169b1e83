#include "pkg/net/address.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "pkg/posix/files.hpp"

namespace assay::net {
namespace {

std::vector<std::string> resolved(std::string_view text, const std::string& hosts) {
    std::vector<std::string> result;
    const auto endpoints = resolve(parse_host_port(text).value(), hosts);
    if (!endpoints.has_value()) return {endpoints.error().message};
    for (const Endpoint& endpoint : *endpoints) result.push_back(to_string(endpoint));
    return result;
}

TEST_CASE("address: host and port", "[net]") {
    const auto check = [](std::string_view text, std::string_view host, int port) {
        const auto parsed = parse_host_port(text);
        REQUIRE(parsed.has_value());
        CHECK(parsed->host == host);
        CHECK(parsed->port == port);
    };
    check("localhost:5050", "localhost", 5050);
    check(":80", "", 80);
    check("[::1]:0", "::1", 0);
    check("10.0.0.1:65535", "10.0.0.1", 65535);
}

TEST_CASE("address: what is none says why", "[net]") {
    const auto why = [](std::string_view text) { return parse_host_port(text).error().message; };
    CHECK(why("localhost") == "bad address 'localhost': no port");
    CHECK(why("localhost:") == "bad address 'localhost:': the port is no number from 0 to 65535");
    CHECK(why("h:65536") == "bad address 'h:65536': the port is no number from 0 to 65535");
    CHECK(why("h:http") == "bad address 'h:http': the port is no number from 0 to 65535");
    CHECK(why("::1:80") == "bad address '::1:80': an IPv6 address stands in brackets");
}

TEST_CASE("address: numbers and localhost need no hosts file", "[net]") {
    CHECK(resolved("localhost:1", "/nonexistent") ==
          std::vector<std::string>{"127.0.0.1:1", "[::1]:1"});
    CHECK(resolved("LocalHost:1", "/nonexistent").size() == 2);
    CHECK(resolved(":1", "/nonexistent") == std::vector<std::string>{"[::]:1"});
    CHECK(resolved("192.0.2.7:1", "/nonexistent") == std::vector<std::string>{"192.0.2.7:1"});
    CHECK(resolved("[2001:db8::1]:1", "/nonexistent") ==
          std::vector<std::string>{"[2001:db8::1]:1"});
}

TEST_CASE("address: a name has all its addresses of the hosts file", "[net]") {
    const std::string hosts =
        std::filesystem::temp_directory_path() / ("address_test." + std::to_string(::getpid()));
    REQUIRE(posix::write_file(hosts,
                              "# 192.0.2.9 box\n"
                              "192.0.2.1\tother box # comment\n"
                              "not-an-address box\n"
                              "2001:db8::1 BOX\r\n"
                              "192.0.2.1 box again\n"
                              "192.0.2.2 boxes")
                .has_value());
    CHECK(resolved("box:5", hosts) == std::vector<std::string>{"192.0.2.1:5", "[2001:db8::1]:5"});
    CHECK(resolved("boxes:5", hosts) == std::vector<std::string>{"192.0.2.2:5"});
    CHECK(resolved("bo:5", hosts) ==
          std::vector<std::string>{"cannot find host 'bo': not in " + hosts});
    std::filesystem::remove(hosts);
}

}  // namespace
}  // namespace assay::net
