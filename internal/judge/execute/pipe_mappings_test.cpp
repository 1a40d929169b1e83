#include "internal/judge/execute/pipe_mappings.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "pkg/posix/files.hpp"

namespace assay::judge {
namespace {

constexpr std::size_t kMost = 256;
constexpr std::int64_t kCollected = 1 << 20;

// Two commands with a hole each at 0 and 1.
Request pair_of(const PipeMapping& mapping) {
    Command command;
    command.files = {Hole{}, Hole{}};
    Request request;
    request.commands = {command, command};
    request.pipes = {mapping};
    return request;
}

PipeMapping mapping(PipeEnd in, PipeEnd out) {
    PipeMapping result;
    result.in = in;
    result.out = out;
    return result;
}

std::string refusal(const Request& request) {
    const auto counts = count_descriptors(request, kMost);
    return counts ? "" : counts.error().message;
}

std::vector<CommandFiles> empty_files() {
    std::vector<CommandFiles> files(2);
    for (CommandFiles& each : files) each.descriptors.assign(2, -1);
    return files;
}

TEST_CASE("pipes: ends count as descriptors", "[judge]") {
    const auto counts = count_descriptors(pair_of(mapping({0, 4}, {1, 0})), kMost);
    REQUIRE(counts.has_value());
    CHECK(*counts == std::vector<std::size_t>{5, 2});
}

TEST_CASE("pipes: ends that are nowhere are refused", "[judge]") {
    CHECK(refusal(pair_of(mapping({2, 0}, {1, 0}))) == "pipe: index out of range 2");
    CHECK(refusal(pair_of(mapping({0, 0}, {-1, 0}))) == "pipe: index out of range -1");
    CHECK(refusal(pair_of(mapping({0, -5}, {1, 0}))) == "pipe: index out of range -5");
    CHECK(refusal(pair_of(mapping({0, 1 << 30}, {1, 0}))) == "pipe: index out of range 1073741824");
}

TEST_CASE("pipes: a filled descriptor is refused", "[judge]") {
    Request request = pair_of(mapping({0, 1}, {1, 0}));
    request.commands[1].files[0] = MemoryFile{"x"};
    CHECK(refusal(request) == "pipe: fd already occupied 1 0");
}

TEST_CASE("pipes: two on one descriptor are refused", "[judge]") {
    Request request = pair_of(mapping({0, 1}, {1, 0}));
    request.pipes.push_back(mapping({0, 1}, {1, 1}));
    auto files = empty_files();
    const auto placed = place_pipes(request, kCollected, {}, files);
    REQUIRE_FALSE(placed.has_value());
    CHECK(placed.error().message == "pipe: mapping to existing file descriptor: in 0/1");
}

TEST_CASE("pipes: a hole that is left is refused", "[judge]") {
    auto files = empty_files();
    const auto placed = place_pipes(pair_of(mapping({0, 1}, {1, 0})), kCollected, {}, files);
    REQUIRE_FALSE(placed.has_value());
    CHECK(placed.error().message == "null file for index/fd: 0/0");
}

TEST_CASE("pipes: a plain one joins two commands", "[judge]") {
    Request request = pair_of(mapping({0, 1}, {1, 0}));
    request.pipes.push_back(mapping({1, 1}, {0, 0}));
    auto files = empty_files();
    REQUIRE(place_pipes(request, kCollected, {}, files).has_value());
    REQUIRE(posix::write_all(files[0].descriptors[1], "hello", "a pipe").has_value());
    char block[16];
    CHECK(::read(files[1].descriptors[0], block, sizeof block) == 5);
    CHECK(files[0].pumps.empty());
}

TEST_CASE("pipes: a named proxy keeps the first bytes for the writer", "[judge]") {
    PipeMapping there = mapping({0, 1}, {1, 0});
    there.proxy = true;
    there.name = "dialogue";
    there.max_bytes = 3;
    Request request = pair_of(there);
    request.pipes.push_back(mapping({1, 1}, {0, 0}));
    auto files = empty_files();
    REQUIRE(place_pipes(request, kCollected, {}, files).has_value());
    REQUIRE(files[0].pumps.size() == 1);
    REQUIRE(posix::write_all(files[0].descriptors[1], "hello", "a pipe").has_value());
    files[0].pumps[0]->advance();
    char block[16];
    CHECK(::read(files[1].descriptors[0], block, sizeof block) == 5);
    REQUIRE(files[0].pipe_collectors.size() == 1);
    CHECK(files[0].pipe_collectors[0].name == "dialogue");
    CHECK_FALSE(files[0].pipe_collectors[0].may_not_exceed);
    CHECK(files[0].pipe_collectors[0].capture->take() == "hel");
}

}  // namespace
}  // namespace assay::judge
