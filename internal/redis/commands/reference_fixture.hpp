// An engine and Debian's redis-server side by side: the same commands, and the bytes of the replies
// compared.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/redis/commands/engine_fixture.hpp"
#include "pkg/resp/client.hpp"
#include "pkg/resp/peer_fixture.hpp"

namespace assay::redis::commands {

class ReferenceFixture {
  public:
    ReferenceFixture() : theirs_(connect(peer_)), ours_(engine_.client()) {}

    // From now on both speak RESP3.
    void speak_resp3() {
        REQUIRE(theirs_.call({"HELLO", "3"}).has_value());
        ours_->session().protocol = resp::Protocol::kResp3;
    }

    // One command: words between spaces, '' is the empty one.
    void same(std::string_view line) {
        const std::vector<std::string_view> words = split(line);
        const auto reply = theirs_.call(words);
        INFO(std::string(line));
        REQUIRE(reply.has_value());
        CHECK(ours_->run(words) == std::string(theirs_.raw()));
    }
    void same(std::initializer_list<std::string_view> lines) {
        for (const std::string_view line : lines) same(line);
    }

    EngineFixture& engine() { return engine_; }

  private:
    static resp::Client connect(const resp::RedisPeer& peer) {
        auto client = resp::Client::connect(peer.address());
        REQUIRE(client.has_value());
        return *std::move(client);
    }
    static std::vector<std::string_view> split(std::string_view line) {
        std::vector<std::string_view> words;
        while (!line.empty()) {
            const std::size_t end = std::min(line.find(' '), line.size());
            const std::string_view word = line.substr(0, end);
            words.push_back(word == "''" ? std::string_view("") : word);
            line.remove_prefix(std::min(end + 1, line.size()));
        }
        return words;
    }

    resp::RedisPeer peer_;
    resp::Client theirs_;
    EngineFixture engine_;
    std::unique_ptr<TestClient> ours_;
};

}  // namespace assay::redis::commands
