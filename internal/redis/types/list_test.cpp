#include "internal/redis/types/list.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "internal/testing/redis_server.hpp"

namespace assay::redis {
namespace {

using Model = std::deque<std::string>;

std::string text_of(PackedValue value) {
    IntegerText buffer;
    return std::string(value.text(buffer));
}

Model elements_of(const List& list) {
    Model elements;
    list.for_each([&](PackedValue value) { elements.push_back(text_of(value)); });
    return elements;
}

Limits limits_of(std::int32_t size) {
    Limits limits;
    limits.list_max_listpack_size = size;
    return limits;
}

std::string random_element(std::mt19937_64& random) {
    switch (random() % 8) {
        case 0:
            return std::to_string(static_cast<std::int64_t>(random()) >> (random() % 64));
        case 1:
            return std::string(random() % 300, static_cast<char>(random()));
        case 2:
            return random() % 20 == 0 ? std::string(random() % 12000, 'b') : "007";
        default:
            return "e" + std::to_string(random() % 10);
    }
}

// One walk of random changes on a list and on a deque.
class Walk {
  public:
    Walk(std::uint64_t seed, const Limits& limits, std::size_t usual_size)
        : random_(seed), limits_(limits), usual_size_(usual_size) {}

    void step() {
        const std::string element = random_element(random_);
        const bool grow = random_() % (2 * usual_size_) > model_.size();
        const std::size_t index = random_() % (model_.size() + 1);
        switch (random_() % 16) {
            case 0:
                remove(element);
                break;
            case 1:
                erase(index, random_() % 16 == 0 ? model_.size() / 3 : random_() % 4);
                break;
            case 2:
                keep();
                break;
            case 3:
            case 4:
                set(index, element);
                break;
            case 5:
            case 6:
                if (grow) insert(index, element);
                break;
            case 7:
                search(element);
                break;
            default:
                if (grow) {
                    push(element);
                } else {
                    pop();
                }
        }
        REQUIRE(list_.size() == model_.size());
    }

    void check() {
        REQUIRE(elements_of(list_) == model_);
        REQUIRE(elements_of(list_.clone()) == model_);
        const std::size_t from = random_() % (model_.size() + 1);
        const std::size_t count = random_() % (model_.size() + 1);
        std::vector<std::string> backward;
        list_.for_each_backward(from, count,
                                [&](PackedValue value) { backward.push_back(text_of(value)); });
        std::vector<std::string> expected;
        if (from < model_.size()) {
            for (std::size_t i = from + 1; i-- > 0 && expected.size() < count;) {
                expected.push_back(model_[i]);
            }
        }
        REQUIRE(backward == expected);
        std::size_t in_nodes = 0;
        list_.for_each_node([&](const ListNodeView& node) {
            REQUIRE(node.count() > 0);
            in_nodes += node.count();
        });
        REQUIRE(in_nodes == model_.size());
    }

    const List& list() const { return list_; }

  private:
    void push(const std::string& element) {
        const std::string other = random_element(random_);
        const std::string_view both[] = {element, other};
        if (random_() % 2 == 0) {
            list_.push_front(both, limits_);
            model_.push_front(element);
            model_.push_front(other);
        } else {
            list_.push_back(both, limits_);
            model_.push_back(element);
            model_.push_back(other);
        }
    }
    void pop() {
        if (model_.empty()) return;
        REQUIRE(text_of(list_.front()) == model_.front());
        REQUIRE(text_of(list_.back()) == model_.back());
        if (random_() % 2 == 0) {
            list_.pop_front(limits_);
            model_.pop_front();
        } else {
            list_.pop_back(limits_);
            model_.pop_back();
        }
    }
    void set(std::size_t index, const std::string& element) {
        if (index == model_.size()) return;
        REQUIRE(text_of(list_.at(index)) == model_[index]);
        list_.set(index, element, limits_);
        model_[index] = element;
    }
    void insert(std::size_t index, const std::string& element) {
        list_.insert(index, element, limits_);
        model_.insert(model_.begin() + static_cast<std::ptrdiff_t>(index), element);
    }
    void erase(std::size_t index, std::size_t count) {
        list_.erase(index, count, limits_);
        const auto first = model_.begin() + static_cast<std::ptrdiff_t>(index);
        const std::size_t erased = std::min(count, model_.size() - index);
        model_.erase(first, first + static_cast<std::ptrdiff_t>(erased));
    }
    void keep() {
        if (random_() % 50 != 0) return;
        const std::size_t index = random_() % (model_.size() / 4 + 1);
        const std::size_t count = random_() % (model_.size() + 1);
        list_.keep(index, count, limits_);
        Model kept;
        for (std::size_t i = index; i < model_.size() && kept.size() < count; ++i) {
            kept.push_back(model_[i]);
        }
        model_ = kept;
    }
    void remove(const std::string& element) {
        const std::size_t most = random_() % 3 == 0 ? model_.size() + 1 : random_() % 3 + 1;
        const bool forward = random_() % 2 == 0;
        std::size_t removed = 0;
        if (!forward) std::reverse(model_.begin(), model_.end());
        for (auto it = model_.begin(); it != model_.end() && removed < most;) {
            if (*it == element) {
                it = model_.erase(it);
                ++removed;
            } else {
                ++it;
            }
        }
        if (!forward) std::reverse(model_.begin(), model_.end());
        const auto from = forward ? ListEnd::kFront : ListEnd::kBack;
        REQUIRE(list_.remove(element, most, from, limits_) == removed);
    }
    void search(const std::string& element) {
        const bool forward = random_() % 2 == 0;
        const std::size_t skip = random_() % 3;
        const std::size_t most = random_() % 2 == 0 ? 0 : random_() % (model_.size() + 1);
        const std::size_t want = random_() % 4 + 1;
        std::vector<std::size_t> expected;
        std::size_t passed = 0;
        const std::size_t looked_at = most == 0 ? model_.size() : most;
        for (std::size_t i = 0; i < looked_at && expected.size() < want; ++i) {
            const std::size_t index = forward ? i : model_.size() - 1 - i;
            if (model_[index] == element && passed++ >= skip) expected.push_back(index);
        }
        std::vector<std::size_t> found;
        list_.search(element, forward ? ListEnd::kFront : ListEnd::kBack, skip, most,
                     [&](std::size_t index) {
                         found.push_back(index);
                         return found.size() < want;
                     });
        REQUIRE(found == expected);
    }

    std::mt19937_64 random_;
    Limits limits_;
    std::size_t usual_size_;
    List list_;
    Model model_;
};

std::string as_listpack(const ListNodeView& node) {
    const auto header = node.listpack_header();
    const auto entries = node.entries();
    std::string bytes(header.begin(), header.end());
    bytes.append(entries.begin(), entries.end());
    return bytes + static_cast<char>(kListpackEnd);
}

}  // namespace

TEST_CASE("list: random changes agree with a deque, at every limit", "[list]") {
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    for (const std::int32_t size : {-2, -1, 3, 1, 20}) {
        for (const std::size_t threshold : {kMaxPackedElementBytes, std::size_t{250}}) {
            CAPTURE(size, threshold);
            Limits limits = limits_of(size);
            limits.list_packed_threshold = threshold;
            Walk walk(seed + static_cast<std::uint64_t>(size), limits, size == -2 ? 1500 : 120);
            for (int step = 0; step < 12000; ++step) {
                walk.step();
                if (step % 128 == 0) walk.check();
            }
            walk.check();
        }
    }
}

TEST_CASE("list: takes the encodings of Redis 7.2 as it grows and shrinks", "[list]") {
    const Limits four = limits_of(4);
    List list;
    CHECK(list.encoding() == "listpack");
    for (int i = 0; i < 4; ++i) list.push_back("x", four);
    CHECK(list.encoding() == "listpack");
    list.push_back("x", four);
    CHECK(list.encoding() == "quicklist");
    list.pop_back(four);
    list.pop_back(four);
    CHECK(list.encoding() == "quicklist");
    list.pop_back(four);
    CHECK(list.encoding() == "listpack");

    const Limits one_page = limits_of(-1);
    List wide;
    wide.push_back(std::string(4089, 'x'), one_page);
    CHECK(wide.encoding() == "listpack");
    wide.set(0, "y", one_page);
    wide.set(0, std::string(4096, 'x'), one_page);
    CHECK(wide.encoding() == "quicklist");
    wide.set(0, "y", one_page);
    CHECK(wide.encoding() == "listpack");
}

TEST_CASE("list: a batch is judged as a whole, by the lengths of its texts", "[list]") {
    const Limits one_page = limits_of(-1);
    const std::string half(2044, 'x');
    const std::string_view batch[] = {half, half};
    List list;
    list.push_back(batch, one_page);  // 7 + 2 x 2044 < 4096, although stored it is more
    CHECK(list.encoding() == "listpack");
    const std::string more(2046, 'x');
    const std::string_view larger[] = {half, more};
    List other;
    other.push_front(larger, one_page);
    CHECK(other.encoding() == "quicklist");
    CHECK(text_of(other.front()) == more);
}

TEST_CASE("list: elements beyond the packed threshold are nodes of their own", "[list]") {
    Limits limits = limits_of(1);
    limits.list_packed_threshold = 10;
    List list;
    const std::string large(20, '7');
    for (const std::string_view text : {"a", "b", "c"}) list.push_back(text, limits);
    list.insert(1, large, limits);
    list.set(0, large, limits);
    CHECK(elements_of(list) == Model{large, large, "b", "c"});
    CHECK(list.remove(large, 9, ListEnd::kBack, limits) == 2);
    CHECK(elements_of(list) == Model{"b", "c"});
}

TEST_CASE("list: its nodes go through DUMP's form and back", "[list]") {
    const Limits limits = limits_of(-1);
    List list;
    for (int i = 0; i < 3000; ++i) list.push_front("element " + std::to_string(i), limits);
    List copy;
    list.for_each_node([&](const ListNodeView& node) {
        const std::string bytes = as_listpack(node);
        const std::span blob(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        REQUIRE(validate_listpack(blob).has_value());
        REQUIRE(bytes.size() <= 4096);
        copy.append_listpack(ListpackView(blob.data()));
    });
    copy.settle(limits);
    CHECK(elements_of(copy) == elements_of(list));
    CHECK(copy.encoding() == "quicklist");
    copy.settle(limits_of(-5));
    CHECK(copy.encoding() == "quicklist");
    copy.keep(0, 20, limits);
    CHECK(copy.encoding() == "listpack");
}

TEST_CASE("list: a small one is the listpack that redis-server dumps", "[list]") {
    auto server = testing::RedisServer::start();
    if (!server) return;
    const Limits limits;
    List list;
    for (const std::string text : {"a", "-1", "007", "", "300", "70000", "long text of a member"}) {
        list.push_front(text, limits);
        server->call({"LPUSH", "k", text});
        const auto dump = server->dump("k");
        std::string_view body = dump.body;
        REQUIRE(testing::take_length(body) == 1);
        REQUIRE(testing::take_length(body) == 2);
        std::string ours;
        list.for_each_node([&](const ListNodeView& node) { ours += as_listpack(node); });
        CHECK((testing::take_string(body) == ours));
    }
}

}  // namespace assay::redis
