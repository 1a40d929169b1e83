#include "internal/redis/settings/settings.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

using assay::redis::all_settings;
using assay::redis::EvictionPolicy;
using assay::redis::find_setting;
using assay::redis::parse_memory;
using assay::redis::Setting;
using assay::redis::Settings;

namespace {

// The complaint, or how the value prints after the change.
std::string set(Settings& settings, std::string_view name, std::string_view text) {
    const Setting* setting = find_setting(name);
    REQUIRE(setting != nullptr);
    if (const auto complaint = setting->assign(settings, text)) return *complaint;
    return setting->print(settings);
}

}  // namespace

TEST_CASE("every setting's printed value sets it to itself") {
    for (const Setting& setting : all_settings()) {
        CAPTURE(std::string(setting.name));
        Settings settings;
        const std::string printed = setting.print(settings);
        CHECK_FALSE(setting.assign(settings, printed));
        CHECK(setting.print(settings) == printed);
        CHECK_FALSE(setting.help.empty());
    }
}

TEST_CASE("settings are in alphabetical order and found by name and alias in any case") {
    CHECK(std::is_sorted(all_settings().begin(), all_settings().end(),
                         [](const Setting& a, const Setting& b) { return a.name < b.name; }));
    CHECK(find_setting("MaxMemory") == find_setting("maxmemory"));
    CHECK(find_setting("hash-max-ziplist-entries") == find_setting("hash-max-listpack-entries"));
    CHECK(find_setting("no-such-thing") == nullptr);
}

TEST_CASE("memory has units of a thousand and of 1024") {
    CHECK(parse_memory("100") == 100);
    CHECK(parse_memory("1k") == 1000);
    CHECK(parse_memory("1KB") == 1024);
    CHECK(parse_memory("2gb") == 2ULL << 30U);
    CHECK_FALSE(parse_memory("1x"));
    CHECK_FALSE(parse_memory("kb"));
    CHECK_FALSE(parse_memory("-1"));
    CHECK_FALSE(parse_memory("99999999999gb"));
}

TEST_CASE("a wrong value is named and leaves the setting as it was") {
    Settings settings;
    CHECK(set(settings, "maxmemory", "1gb") == "1073741824");
    CHECK(set(settings, "maxmemory", "much") == "argument must be a memory value");
    CHECK(settings.max_memory == 1 << 30);
    CHECK(set(settings, "protected-mode", "maybe") == "argument must be 'yes' or 'no'");
    CHECK(set(settings, "port", "70000") == "argument must be between 0 and 65535 inclusive");
    CHECK(set(settings, "port", "1x") == "argument couldn't be parsed into an integer");
    CHECK(set(settings, "maxmemory-policy", "best").starts_with("argument(s) must be one of"));
    CHECK(settings.max_memory_policy == EvictionPolicy::noeviction);
    CHECK(set(settings, "maxmemory-policy", "AllKeys-LFU") == "allkeys-lfu");
}

TEST_CASE("the limits of output are set by class, and the others stay") {
    Settings settings;
    CHECK(set(settings, "client-output-buffer-limit", "pubsub 1mb 512kb 5") ==
          "normal 0 0 0 slave 268435456 67108864 60 pubsub 1048576 524288 5");
    CHECK(set(settings, "client-output-buffer-limit", "pubsub 1mb").starts_with("Wrong number"));
    CHECK(set(settings, "client-output-buffer-limit", "nobody 1 1 1").starts_with("Invalid"));
    CHECK(set(settings, "client-output-buffer-limit", "normal 1 1 x").starts_with("Error in"));
}

TEST_CASE("kinds of events are letters, and A stands for most") {
    Settings settings;
    CHECK(set(settings, "notify-keyspace-events", "KEA") == "AKE");
    CHECK(set(settings, "notify-keyspace-events", "Kgx") == "gxK");
    CHECK(set(settings, "notify-keyspace-events", "g$lshzxetdmnE") == "AEmn");
    CHECK(set(settings, "notify-keyspace-events", "Q").starts_with("Invalid event class"));
    CHECK(set(settings, "notify-keyspace-events", "") == "");
}

TEST_CASE("percentiles and addresses are lists of words") {
    Settings settings;
    CHECK(set(settings, "latency-tracking-info-percentiles", "50 99.99") == "50 99.99");
    CHECK(set(settings, "latency-tracking-info-percentiles", "101").starts_with("latency"));
    CHECK(set(settings, "bind", "0.0.0.0  ::1") == "0.0.0.0 ::1");
    CHECK(settings.bind.size() == 2);
}
