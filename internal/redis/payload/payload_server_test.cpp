// Payloads against a real server, both ways. It runs 7.0 where that is what is installed, so ours
// are written for version 10.
#include <catch2/catch.hpp>
#include <cstdio>
#include <random>
#include <sstream>
#include <vector>

#include "internal/redis/payload/crc64.hpp"
#include "internal/redis/payload/payload.hpp"
#include "internal/redis/types/bits.hpp"
#include "internal/redis/types/hyperloglog.hpp"
#include "internal/testing/redis_server.hpp"

namespace assay::redis {
namespace {

using Server = testing::RedisServer;
using Words = std::vector<std::string>;

std::string text_of(const PackedValue& value) {
    IntegerText buffer;
    return std::string(value.text(buffer));
}

Value value_of(Server& server, const std::string& key) {
    const std::string payload = server.call({"DUMP", key});
    REQUIRE(has_valid_footer(payload));
    auto value = restore_payload(payload, {});
    INFO((value ? std::string() : value.error().message));
    REQUIRE(value.has_value());
    return *std::move(value);
}

// Hands a payload of ours to the server and dumps it there again.
template <class T>
std::string through_server(Server& server, const T& value) {
    server.call({"DEL", "ours"});
    REQUIRE(server.call({"RESTORE", "ours", "0", dump_payload(value, RdbVersion::k10)}) == "OK");
    return server.call({"DUMP", "ours"});
}

Words lines_of(const std::string& reply) {
    std::istringstream stream(reply);
    Words lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

TEST_CASE("strings cross to the real server and back") {
    auto server = Server::start();
    if (!server) return;
    Words texts = {"", "1", "-70000", "99999999999", "text", std::string(5000, 'r')};
    std::string words;
    for (int i = 0; i < 3000; ++i) words += "word " + std::to_string(i % 50 * i) + ' ';
    texts.push_back(words);
    for (const char* compression : {"yes", "no"}) {
        server->call({"CONFIG", "SET", "rdbcompression", compression});
        for (const std::string& text : texts) {
            server->call({"SET", "k", text});
            CHECK(std::get<std::string>(value_of(*server, "k")) == text);
            through_server(*server, std::string_view(text));
            CHECK(server->call({"GET", "ours"}) == text);
        }
    }
}

TEST_CASE("lists cross to the real server and back") {
    auto server = Server::start();
    if (!server) return;
    for (const int size : {1, 10, 5000}) {
        List list;
        Words expected;
        for (int i = 0; i < size; ++i) {
            expected.push_back(i % 3 == 0 ? std::to_string(i)
                                          : std::string(static_cast<std::size_t>(i % 90), 'e'));
            server->call({"RPUSH", "list" + std::to_string(size), expected.back()});
            list.push_back(expected.back(), {});
        }
        const Value theirs = value_of(*server, "list" + std::to_string(size));
        Words elements;
        std::get<List>(theirs).for_each(
            [&](const PackedValue& value) { elements.push_back(text_of(value)); });
        CHECK(elements == expected);
        through_server(*server, list);
        CHECK(lines_of(server->call({"LRANGE", "ours", "0", "-1"})) == expected);
    }
}

TEST_CASE("sets and hashes cross to the real server and back") {
    auto server = Server::start();
    if (!server) return;
    for (const int size : {5, 200, 2000}) {
        for (const std::string prefix : {"", "m"}) {
            const std::string name = prefix + std::to_string(size);
            Set set;
            Hash hash;
            for (int i = 0; i < size; ++i) {
                const std::string member = prefix + std::to_string(i);
                server->call({"SADD", "set" + name, member});
                server->call({"HSET", "hash" + name, member, "v" + std::to_string(i)});
                set.add(member, {});
                hash.set(member, "v" + std::to_string(i), {});
            }
            const Value their_set = value_of(*server, "set" + name);
            CHECK(std::get<Set>(their_set).size() == set.size());
            set.for_each([&](const PackedValue& member) {
                REQUIRE(std::get<Set>(their_set).contains(member));
            });
            through_server(*server, set);
            CHECK(server->call({"SDIFF", "ours", "set" + name}).empty());
            CHECK(server->call({"SCARD", "ours"}) == std::to_string(size));

            const Value their_hash = value_of(*server, "hash" + name);
            CHECK(std::get<Hash>(their_hash).size() == hash.size());
            through_server(*server, hash);
            hash.for_each([&](const PackedValue& field, const PackedValue& value) {
                REQUIRE(text_of(*std::get<Hash>(their_hash).get(text_of(field))) == text_of(value));
                REQUIRE(server->call({"HGET", "ours", text_of(field)}) == text_of(value));
            });
        }
    }
}

TEST_CASE("sorted sets cross to the real server and back, small ones byte for byte") {
    auto server = Server::start();
    if (!server) return;
    std::printf("sorted set payloads: seed 17\n");
    std::mt19937_64 random(17);
    for (const int size : {5, 100, 1000}) {
        const std::string key = "zset" + std::to_string(size);
        SortedSet set;
        for (int i = 0; i < size; ++i) {
            const double score = static_cast<double>(random() % 4000) / 8 - 100;
            char text[40];
            std::snprintf(text, sizeof text, "%.17g", score);
            const std::string member = i % 4 == 0 ? std::to_string(i) : "m" + std::to_string(i);
            server->call({"ZADD", key, text, member});
            set.set(member, score, {});
        }
        const Value theirs = value_of(*server, key);
        CHECK(std::get<SortedSet>(theirs).encoding() == set.encoding());
        CHECK(dump_payload(std::get<SortedSet>(theirs)) == dump_payload(set));
        through_server(*server, set);
        CHECK(server->call({"ZRANGE", "ours", "0", "-1", "WITHSCORES"}) ==
              server->call({"ZRANGE", key, "0", "-1", "WITHSCORES"}));
        if (set.is_packed()) {
            server->call({"CONFIG", "SET", "rdbcompression", "no"});
            const std::string body = server->call({"DUMP", key});
            const auto bytes = set.packed().bytes();
            CHECK(body.find(std::string(reinterpret_cast<const char*>(bytes.data()),
                                        bytes.size())) != std::string::npos);
            server->call({"CONFIG", "SET", "rdbcompression", "yes"});
        }
    }
}

TEST_CASE("payloads of old types that the real server accepts, we accept") {
    auto server = Server::start();
    if (!server) return;
    using std::string_literals::operator""s;
    // A ziplist of "a", 1, "b", 2 in each role.
    const std::string ziplist =
        "\x15\0\0\0\x12\0\0\0\x04\0\0\x01"
        "a\x03\xf2\x02\x01"
        "b\x03\xf3\xff"s;
    REQUIRE(ziplist.size() == 0x15);
    for (const char type : {'\x0a', '\x0c', '\x0d', '\x0e'}) {
        std::string payload(1, type);
        if (type == '\x0e') payload += '\x01';
        payload += static_cast<char>(ziplist.size());
        payload += ziplist + "\x09\0"s;
        RdbWriter(payload).little_endian(crc64(payload), 8);
        server->call({"DEL", "old"});
        INFO(static_cast<int>(type));
        REQUIRE(server->call({"RESTORE", "old", "0", payload}) == "OK");
        REQUIRE(has_valid_footer(payload));
        auto ours = restore_payload(payload, {});
        REQUIRE(ours.has_value());
        const Value theirs = value_of(*server, "old");
        CHECK(std::visit([](const auto& value) { return dump_payload(value); }, *ours) ==
              std::visit([](const auto& value) { return dump_payload(value); }, theirs));
    }
}

// A stream built by the same steps here and there.
class StreamPair {
  public:
    explicit StreamPair(Server& server) : server_(server) { server_.call({"DEL", "s"}); }

    void add(StreamId id, const Words& fields) {
        Words command = {"XADD", "s", to_string(id)};
        command.insert(command.end(), fields.begin(), fields.end());
        server_.call(command);
        const std::vector<std::string_view> views(fields.begin(), fields.end());
        stream_.append({IdRequest::Kind::kExplicit, id}, 0, views, {});
    }
    void remove(StreamId id) {
        REQUIRE(server_.call({"XDEL", "s", to_string(id)}) == (stream_.remove(id) ? "1" : "0"));
    }
    void trim(std::uint64_t length, bool is_approximate) {
        Trim trim;
        trim.max_length = length;
        trim.is_approximate = is_approximate;
        REQUIRE(server_.call({"XTRIM", "s", "MAXLEN", is_approximate ? "~" : "=",
                              std::to_string(length)}) == std::to_string(stream_.trim(trim)));
    }
    void check() {
        const Value theirs = value_of(server_, "s");
        REQUIRE(dump_payload(std::get<Stream>(theirs), RdbVersion::k10) ==
                dump_payload(stream_, RdbVersion::k10));
        const Words info = lines_of(server_.call({"XINFO", "STREAM", "s"}));
        const auto figure = [&](const std::string& name) {
            return *std::next(std::find(info.begin(), info.end(), name));
        };
        REQUIRE(figure("length") == std::to_string(stream_.size()));
        REQUIRE(figure("radix-tree-keys") == std::to_string(stream_.nodes().size()));
        REQUIRE(figure("radix-tree-nodes") == std::to_string(stream_.radix_node_count()));
        REQUIRE(figure("last-generated-id") == to_string(stream_.last_id()));
        REQUIRE(figure("max-deleted-entry-id") == to_string(stream_.max_deleted_id()));
        REQUIRE(figure("entries-added") == std::to_string(stream_.entries_added()));
        REQUIRE(figure("recorded-first-entry-id") == to_string(stream_.first_id()));
    }
    Stream& stream() { return stream_; }

  private:
    Server& server_;
    Stream stream_;
};

TEST_CASE("a stream built by the same commands is the real server's, byte for byte") {
    auto server = Server::start();
    if (!server) return;
    std::printf("stream payloads: seed 29\n");
    std::mt19937_64 random(29);
    for (int round = 0; round < 6; ++round) {
        StreamPair pair(*server);
        std::uint64_t ms = 1 + random() % 1000;
        pair.add({ms, 0}, {"first", "entry"});
        for (int i = 0; i < 600; ++i) {
            const std::uint64_t dice = random() % 20;
            if (dice < 16) {
                ms += random() % (round == 0 ? 2 : 300);
                Words fields = {"name", std::to_string(random() % 1000), "text",
                                std::string(random() % 40, 't')};
                if (dice == 0) fields = {"own", "fields"};
                pair.add({ms, static_cast<std::uint64_t>(i) + 1}, fields);
            } else if (dice < 19) {
                pair.remove(pair.stream().first_id());
                pair.remove({ms, static_cast<std::uint64_t>(i)});
            } else if (random() % 3 == 0) {
                pair.trim(random() % 200 + 50, random() % 2 == 0);
            }
            if (i % 50 == 0) pair.check();
        }
        pair.check();
        through_server(*server, pair.stream());
        CHECK(server->call({"XRANGE", "ours", "-", "+"}) ==
              server->call({"XRANGE", "s", "-", "+"}));
    }
}

TEST_CASE("groups, consumers and pending entries cross to the real server and back") {
    auto server = Server::start();
    if (!server) return;
    for (int i = 1; i <= 20; ++i) server->call({"XADD", "s", std::to_string(i) + "-0", "f", "v"});
    server->call({"XGROUP", "CREATE", "s", "g", "0"});
    server->call({"XGROUP", "CREATE", "s", "late", "7"});
    server->call({"XREADGROUP", "GROUP", "g", "alice", "COUNT", "5", "STREAMS", "s", ">"});
    server->call({"XREADGROUP", "GROUP", "g", "bob", "COUNT", "3", "STREAMS", "s", ">"});
    server->call({"XACK", "s", "g", "2-0"});
    server->call({"XCLAIM", "s", "g", "bob", "0", "3-0", "RETRYCOUNT", "9"});
    const Value theirs = value_of(*server, "s");
    const auto& stream = std::get<Stream>(theirs);
    REQUIRE(stream.groups().size() == 2);
    const ConsumerGroup& group = stream.groups().find("g")->second;
    CHECK(group.last_delivered() == StreamId{8, 0});
    CHECK(group.entries_read() == 8u);
    CHECK(group.pending().size() == 7);
    CHECK(group.consumers().find("bob")->second.pending.size() == 4);
    CHECK(group.pending().at({3, 0}).delivery_count == 9);
    CHECK(stream.lag(group) == 12);

    through_server(*server, stream);
    for (const Words& question : {Words{"XPENDING", "", "g"}, Words{"XINFO", "GROUPS", ""},
                                  Words{"XRANGE", "", "-", "+"}}) {
        Words ours = question;
        Words real = question;
        std::replace(ours.begin(), ours.end(), std::string(), std::string("ours"));
        std::replace(real.begin(), real.end(), std::string(), std::string("s"));
        CHECK(server->call(ours) == server->call(real));
    }
}

TEST_CASE("HyperLogLogs have the real server's bytes and counts") {
    auto server = Server::start();
    if (!server) return;
    namespace hll = hyperloglog;
    std::string value = hll::make();
    for (int i = 0; i < 12'000;) {
        Words command = {"PFADD", "h"};
        const int batch = i < 1500 ? 1 : 100;
        for (const int end = i + batch; i < end; ++i) {
            const std::string element = "element " + std::to_string(i * 7919 % 100'003);
            command.push_back(element);
            hll::add(value, element, 3000);
        }
        server->call(command);
        if (i % 50 != 0) continue;
        REQUIRE(server->call({"PFCOUNT", "h"}) == std::to_string(*hll::count(value)));
        hll::cache_count(value, *hll::count(value));
        REQUIRE(server->call({"GET", "h"}) == value);
    }
    CHECK(hll::is_dense(value));
}

TEST_CASE("bit fields, counts and positions are the real server's") {
    auto server = Server::start();
    if (!server) return;
    std::printf("bits against the server: seed 31\n");
    std::mt19937_64 random(31);
    std::string value(64, '\0');
    server->call({"SET", "b", value});
    const char* const names[] = {"WRAP", "SAT", "FAIL"};
    for (int i = 0; i < 1500; ++i) {
        const bool is_signed = random() % 2 == 0;
        const bits::FieldType type{is_signed,
                                   static_cast<unsigned>(1 + random() % (is_signed ? 64 : 63))};
        const std::uint64_t offset = random() % (512 - type.width);
        const auto overflow = static_cast<bits::Overflow>(random() % 3);
        const auto by = static_cast<std::int64_t>(random()) >> (random() % 64);
        const std::int64_t old = bits::get_field(value, type, offset);
        const auto sum = bits::add_field(type, old, by, overflow);
        if (sum) bits::set_field(value, type, offset, *sum);
        const std::string reply =
            server->call({"BITFIELD", "b", "OVERFLOW", names[static_cast<int>(overflow)], "INCRBY",
                          (is_signed ? "i" : "u") + std::to_string(type.width),
                          std::to_string(offset), std::to_string(by)});
        REQUIRE(reply == (sum ? std::to_string(*sum) : std::string()) + "\n");
        REQUIRE(server->call({"GET", "b"}) == value);
        REQUIRE(server->call({"BITCOUNT", "b"}) == std::to_string(bits::count(value, 0, 512)));
        const auto first = bits::find(value, true, offset, 512);
        REQUIRE(server->call({"BITPOS", "b", "1", std::to_string(offset), "511", "BIT"}) ==
                (first ? std::to_string(*first) : "-1"));
    }
}

}  // namespace
}  // namespace assay::redis
