#include "internal/redis/commands/values.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace assay::redis::commands {

const ExpiryWord* find_expiry_word(std::string_view word) {
    static constexpr ExpiryWord kWords[] = {
        {"EX", ExpiryUnit::seconds, ExpiryOrigin::now},
        {"PX", ExpiryUnit::milliseconds, ExpiryOrigin::now},
        {"EXAT", ExpiryUnit::seconds, ExpiryOrigin::epoch},
        {"PXAT", ExpiryUnit::milliseconds, ExpiryOrigin::epoch},
    };
    for (const ExpiryWord& known : kWords) {
        if (is_word(word, known.word)) return &known;
    }
    return nullptr;
}

std::optional<std::int64_t> expiry_time(Call& call, std::string_view word, ExpiryUnit unit,
                                        ExpiryOrigin origin, bool positive) {
    auto time = call.integer(word);
    if (!time) return std::nullopt;
    const auto refuse = [&]() -> std::optional<std::int64_t> {
        call.error("ERR invalid expire time in '" + call.command.full_name + "' command");
        return std::nullopt;
    };
    if (positive && *time <= 0) return refuse();
    if (unit == ExpiryUnit::seconds && __builtin_mul_overflow(*time, 1000, &*time)) return refuse();
    if (origin == ExpiryOrigin::now && __builtin_add_overflow(*time, call.now_ms(), &*time)) {
        return refuse();
    }
    return time;
}

bool is_word(std::string_view word, std::string_view upper) {
    return std::equal(word.begin(), word.end(), upper.begin(), upper.end(), [](char a, char b) {
        return a == b || (a >= 'a' && a <= 'z' && a - ('a' - 'A') == b);
    });
}

}  // namespace assay::redis::commands
