#include "pkg/flags/nearest.hpp"

#include <catch2/catch.hpp>

namespace assay::flags {
namespace {

constexpr std::string_view kNames[] = {"cpu-limit", "cpu-rate", "memory-limit", "net", "bind"};

TEST_CASE("nearest: a misspelt name is found, a strange one is not", "[flags]") {
    CHECK(nearest("cpu-limt", kNames) == "cpu-limit");
    CHECK(nearest("cpu_limit", kNames) == "cpu-limit");
    CHECK(nearest("nte", kNames) == "net");
    CHECK(nearest("bnid", kNames) == "bind");
    CHECK(nearest("memory", kNames) == "memory-limit");
    CHECK(nearest("cpurate", kNames) == "cpu-rate");
    CHECK(nearest("banana", kNames).empty());
    CHECK(nearest("", kNames).empty());
    CHECK(nearest("x", kNames).empty());
    CHECK(nearest(std::string(1 << 20, 'n'), kNames).empty());
    CHECK(nearest("net", {}).empty());
}

TEST_CASE("nearest: the remedy quotes the name, or says otherwise", "[flags]") {
    CHECK(did_you_mean("bnd", kNames, "--", "no idea") == "did you mean '--bind'?");
    CHECK(did_you_mean("banana", kNames, "--", "no idea") == "no idea");
    CHECK(join(kNames) == "cpu-limit, cpu-rate, memory-limit, net, bind");
}

}  // namespace
}  // namespace assay::flags
