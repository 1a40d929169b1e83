#include "internal/redis/types/stream.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "internal/redis/memory/memory.hpp"

namespace assay::redis {
namespace {

using Fields = std::vector<std::string>;
using Entries = std::map<StreamId, Fields>;

std::string text_of(const PackedValue& value) {
    IntegerText buffer;
    return std::string(value.text(buffer));
}

Fields fields_of(const StreamEntry& entry) {
    Fields fields;
    entry.for_each_field([&](const PackedValue& field, const PackedValue& value) {
        fields.push_back(text_of(field));
        fields.push_back(text_of(value));
    });
    return fields;
}

std::vector<StreamId> ids_of(const Stream& stream) {
    std::vector<StreamId> ids;
    stream.for_each({}, kMaxStreamId, [&](const StreamEntry& entry) { ids.push_back(entry.id()); });
    return ids;
}

Appended append(Stream& stream, const IdRequest& request, const Fields& fields,
                const Limits& limits = {}, std::uint64_t now_ms = 1000) {
    const std::vector<std::string_view> views(fields.begin(), fields.end());
    return stream.append(request, now_ms, views, limits);
}

Appended append(Stream& stream, StreamId id) {
    return append(stream, {IdRequest::Kind::kExplicit, id}, {"f", "v"});
}

Stream stream_of(std::uint64_t entries) {
    Stream stream;
    for (std::uint64_t i = 1; i <= entries; ++i) append(stream, {i, 0});
    return stream;
}

// A stream beside an ordered map of its entries.
class Model {
  public:
    explicit Model(std::uint64_t seed) : random_(seed) {
        limits_.stream_node_max_entries = 1 + random_() % 20;
        limits_.stream_node_max_bytes = 50 + random_() % 2000;
    }
    void step() {
        const std::uint64_t dice = below(100);
        if (dice < 55) return add();
        if (dice < 75) return remove();
        if (dice < 78) return trim();
        check_range();
    }
    void check_all() const {
        std::vector<StreamId> ids;
        for (const auto& [id, fields] : entries_) ids.push_back(id);
        REQUIRE(ids_of(stream_) == ids);
        REQUIRE(stream_.size() == entries_.size());
        REQUIRE(stream_.first_id() == (ids.empty() ? StreamId{} : ids.front()));
        REQUIRE(stream_.top_id() == (ids.empty() ? StreamId{} : ids.back()));
        REQUIRE(stream_.entries_added() == added_);
        for (const auto& [node_id, node] : stream_.nodes()) {
            const auto last = stream_node::validate(node, node_id);
            REQUIRE(last.has_value());
            REQUIRE(*last <= stream_.last_id());
        }
    }

  private:
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    StreamId any_id() {
        if (entries_.empty() || below(5) == 0) return {below(now_ms_ + 2), below(3)};
        auto at = entries_.lower_bound({below(now_ms_ + 1), 0});
        if (at == entries_.end()) --at;
        return at->first;
    }
    void add() {
        now_ms_ += below(3);
        Fields fields = {"name", std::to_string(below(300)), "other", std::string(below(9), 'x')};
        if (below(4) == 0) fields = {std::to_string(below(5)), "value"};
        const Appended added = append(stream_, {}, fields, limits_, now_ms_);
        REQUIRE(added.status == AppendStatus::kDone);
        REQUIRE((entries_.empty() || added.id > entries_.rbegin()->first));
        entries_[added.id] = fields;
        ++added_;
    }
    void remove() {
        const StreamId id = any_id();
        REQUIRE(stream_.contains(id) == (entries_.count(id) == 1));
        REQUIRE(stream_.remove(id) == (entries_.erase(id) == 1));
    }
    void trim() {
        Trim trim;
        trim.is_approximate = below(2) == 0;
        std::size_t expected = 0;
        if (below(2) == 0) {
            trim.strategy = Trim::Strategy::kMinId;
            trim.min_id = any_id();
            expected = static_cast<std::size_t>(
                std::distance(entries_.begin(), entries_.lower_bound(trim.min_id)));
        } else {
            trim.max_length = entries_.size() - below(entries_.size() + 1);
            expected = entries_.size() - trim.max_length;
        }
        const std::uint64_t removed = stream_.trim(trim);
        if (trim.is_approximate) {
            REQUIRE(removed <= expected);
        } else {
            REQUIRE(removed == expected);
        }
        entries_.erase(entries_.begin(),
                       std::next(entries_.begin(), static_cast<std::ptrdiff_t>(removed)));
        check_all();
    }
    void check_range() {
        const StreamId first = any_id();
        const StreamId last = any_id();
        std::vector<std::pair<StreamId, Fields>> expected;
        for (auto at = entries_.lower_bound(first); at != entries_.end() && at->first <= last;) {
            expected.emplace_back(*at++);
        }
        std::vector<std::pair<StreamId, Fields>> seen;
        const auto note = [&](const StreamEntry& entry) {
            seen.emplace_back(entry.id(), fields_of(entry));
        };
        stream_.for_each(first, last, note);
        REQUIRE(seen == expected);
        seen.clear();
        stream_.for_each_reversed(first, last, note);
        std::reverse(seen.begin(), seen.end());
        REQUIRE(seen == expected);
    }

    std::mt19937_64 random_;
    Limits limits_;
    Stream stream_;
    Entries entries_;
    std::uint64_t now_ms_ = 1;
    std::uint64_t added_ = 0;
};

TEST_CASE("a stream behaves as an ordered map of its entries") {
    std::printf("stream model: seeds 1 to 50\n");
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        INFO("seed " << seed);
        Model model(seed);
        for (int i = 0; i < 2000; ++i) model.step();
        model.check_all();
    }
}

TEST_CASE("ids grow: explicit, with an automatic number, automatic") {
    using Kind = IdRequest::Kind;
    Stream stream;
    CHECK(append(stream, {0, 0}).status == AppendStatus::kNotGreater);
    CHECK(append(stream, {Kind::kAutoSequence, {0, 0}}, {"f", "v"}).id == StreamId{0, 1});
    CHECK(append(stream, {5, 3}).id == StreamId{5, 3});
    CHECK(append(stream, {5, 3}).status == AppendStatus::kNotGreater);
    CHECK(append(stream, {4, 9}).status == AppendStatus::kNotGreater);
    CHECK(append(stream, {Kind::kAutoSequence, {5, 0}}, {"f", "v"}).id == StreamId{5, 4});
    CHECK(append(stream, {Kind::kAutoSequence, {6, 0}}, {"f", "v"}).id == StreamId{6, 0});
    CHECK(append(stream, {Kind::kAutoSequence, {4, 0}}, {"f", "v"}).status ==
          AppendStatus::kNotGreater);
    CHECK(append(stream, {}, {"f", "v"}, {}, 7).id == StreamId{7, 0});
    CHECK(append(stream, {}, {"f", "v"}, {}, 7).id == StreamId{7, 1});
    CHECK(append(stream, {}, {"f", "v"}, {}, 3).id == StreamId{7, 2});

    const std::uint64_t max = kMaxStreamId.ms;
    CHECK(append(stream, {8, max}).status == AppendStatus::kDone);
    CHECK(append(stream, {Kind::kAutoSequence, {8, 0}}, {"f", "v"}).status ==
          AppendStatus::kNotGreater);
    CHECK(append(stream, {}, {"f", "v"}, {}, 3).id == StreamId{9, 0});
    CHECK(append(stream, kMaxStreamId).status == AppendStatus::kDone);
    CHECK(append(stream, {}, {"f", "v"}).status == AppendStatus::kExhausted);
}

TEST_CASE("ids are written and read as MS-SEQ") {
    CHECK(to_string({15, 3}) == "15-3");
    CHECK(parse_stream_id("15-3", 9) == StreamId{15, 3});
    CHECK(parse_stream_id("15", 9) == StreamId{15, 9});
    CHECK(parse_stream_id("18446744073709551615-18446744073709551615", 0) == kMaxStreamId);
    for (const char* bad :
         {"", "-", "-1", "1-", "a-1", "1-a", "18446744073709551616", "+1", " 1"}) {
        INFO(bad);
        CHECK_FALSE(parse_stream_id(bad, 0));
    }
    const StreamId id = {0x0102030405060708, 0x1112131415161718};
    const StreamKey key = key_of(id);
    CHECK(key[0] == 1);
    CHECK(id_of({key.data(), key.size()}) == id);
    CHECK(next_id({1, kMaxStreamId.ms}) == StreamId{2, 0});
    CHECK(previous_id({2, 0}) == StreamId{1, kMaxStreamId.ms});
    CHECK_FALSE(next_id(kMaxStreamId));
    CHECK_FALSE(previous_id({}));
}

TEST_CASE("approximate trimming removes whole nodes, up to its limit") {
    Stream stream = stream_of(1000);
    Trim trim;
    trim.max_length = 550;
    trim.is_approximate = true;
    trim.limit = 250;
    CHECK(stream.trim(trim) == 200);
    CHECK(stream.first_id() == StreamId{201, 0});
    trim.limit = 0;
    CHECK(stream.trim(trim) == 200);
    CHECK(stream.size() == 600);
    trim.is_approximate = false;
    CHECK(stream.trim(trim) == 50);
    CHECK(stream.max_deleted_id().is_zero());
    trim.max_length = 0;
    CHECK(stream.trim(trim) == 550);
    CHECK(stream.first_id().is_zero());
    CHECK(stream.last_id() == StreamId{1000, 0});
}

TEST_CASE("what was delivered is pending until it is acknowledged") {
    ConsumerGroup group({}, 0);
    Consumer* alice = group.add_consumer("alice", 10).first;
    CHECK(group.add_consumer("alice", 20) == std::pair(alice, false));
    Consumer* bob = group.add_consumer("bob", 20).first;
    group.deliver({1, 0}, *alice, 100);
    group.deliver({2, 0}, *alice, 100);
    CHECK(alice->pending.size() == 2);
    CHECK(group.find_pending({1, 0})->delivery_count == 1);

    group.deliver({2, 0}, *bob, 200);
    CHECK(alice->pending.size() == 1);
    CHECK(bob->pending.size() == 1);
    CHECK(group.pending().size() == 2);
    CHECK(group.acknowledge({1, 0}));
    CHECK_FALSE(group.acknowledge({1, 0}));
    CHECK(alice->pending.empty());
    CHECK(group.remove_consumer("bob") == 1u);
    CHECK_FALSE(group.remove_consumer("bob"));
    CHECK(group.pending().empty());
}

TEST_CASE("a claim moves what is old enough and counts deliveries") {
    ConsumerGroup group({}, 0);
    Consumer* alice = group.add_consumer("alice", 0).first;
    Consumer* bob = group.add_consumer("bob", 0).first;
    Pending& pending = group.deliver({1, 0}, *alice, 100);
    Claim claim;
    claim.min_idle_ms = 50;
    claim.delivery_time_ms = 140;
    CHECK_FALSE(group.claim({1, 0}, pending, *bob, claim, 140));
    CHECK(group.claim({1, 0}, pending, *bob, claim, 150));
    CHECK(pending.consumer == bob);
    CHECK(pending.delivery_count == 2);
    CHECK(pending.delivery_time_ms == 140);
    claim.keeps_count = true;
    CHECK(group.claim({1, 0}, pending, *alice, claim, 1000));
    CHECK(pending.delivery_count == 2);
    claim.delivery_count = 7;
    CHECK(group.claim({1, 0}, pending, *alice, claim, 1000));
    CHECK(pending.delivery_count == 7);
    CHECK(alice->pending.size() == 1);
}

TEST_CASE("automatic claims go on where they stopped and drop what is gone") {
    Stream stream = stream_of(30);
    ConsumerGroup& group = *stream.add_group("g", {}, 0);
    Consumer& alice = *group.add_consumer("alice", 0).first;
    Consumer& bob = *group.add_consumer("bob", 0).first;
    for (std::uint64_t i = 1; i <= 30; ++i) group.deliver({i, 0}, alice, 0);
    stream.remove({2, 0});
    Claim claim;
    claim.min_idle_ms = 10;
    const AutoClaimed first = stream.auto_claim(group, bob, {}, 3, claim, 100);
    CHECK(first.claimed == std::vector<StreamId>{{1, 0}, {3, 0}});
    CHECK(first.deleted == std::vector<StreamId>{{2, 0}});
    CHECK(first.next == StreamId{4, 0});
    CHECK(group.pending().size() == 29);
    const AutoClaimed rest = stream.auto_claim(group, bob, first.next, 100, claim, 100);
    CHECK(rest.claimed.size() == 27);
    CHECK(rest.next.is_zero());
    CHECK(bob.pending.size() == 29);

    for (std::uint64_t i = 1; i <= 30; ++i) {
        if (Pending* pending = group.find_pending({i, 0})) pending->delivery_time_ms = 1000;
    }
    const AutoClaimed none = stream.auto_claim(group, alice, {}, 1, claim, 1000);
    CHECK(none.claimed.empty());
    CHECK(none.next == StreamId{12, 0});  // ten looked at, 2-0 is gone
}

TEST_CASE("a group's lag is known as long as nothing was deleted ahead of it") {
    Stream stream = stream_of(10);
    ConsumerGroup& group = *stream.add_group("g", {}, 0);
    CHECK(stream.lag(group) == 10);
    stream.advance(group, {1, 0});
    CHECK(group.entries_read() == 1u);
    CHECK(stream.lag(group) == 9);

    stream.remove({5, 0});
    CHECK_FALSE(stream.lag(group));
    stream.advance(group, {2, 0});
    CHECK_FALSE(group.entries_read());
    for (const std::uint64_t ms : {3u, 4u, 6u, 7u, 8u, 9u, 10u}) stream.advance(group, {ms, 0});
    CHECK(group.entries_read() == 10u);
    CHECK(stream.lag(group) == 0);

    ConsumerGroup& late = *stream.add_group("late", {10, 0}, std::nullopt);
    append(stream, {11, 0});
    CHECK(stream.lag(late) == std::nullopt);
    CHECK(stream.add_group("late", {}, 0) == nullptr);
    CHECK(stream.remove_group("late"));
    CHECK(stream.find_group("late") == nullptr);
}

TEST_CASE("a stream gives all its memory back") {
    const std::size_t before = memory::used();
    {
        Stream stream = stream_of(3000);
        ConsumerGroup& group = *stream.add_group("a group with a long name of its own", {}, 0);
        Consumer& consumer = *group.add_consumer("a consumer with a long name of its own", 0).first;
        for (std::uint64_t i = 1; i <= 500; ++i) group.deliver({i, 0}, consumer, 0);
        const auto used = static_cast<double>(memory::used() - before);
        CHECK(static_cast<double>(stream.memory_usage()) == Approx(used).epsilon(0.1));
    }
    CHECK(memory::used() == before);
}

}  // namespace
}  // namespace assay::redis
