#include "internal/redis/engine/totals.hpp"

#include <algorithm>
#include <numeric>

namespace assay::redis {
namespace {

// More kinds of errors than this are not told apart: a script may invent them.
constexpr std::size_t kMostErrors = 128;

}  // namespace

void Rate::look(std::uint64_t total, std::chrono::steady_clock::time_point now) {
    const std::chrono::duration<double> passed = now - last_look_;
    if (last_look_.time_since_epoch().count() != 0 && passed.count() > 0) {
        rates_[next_] = static_cast<double>(total - last_total_) / passed.count();
        next_ = (next_ + 1) % kLooks;
    }
    last_look_ = now;
    last_total_ = total;
}

double Rate::per_second() const {
    return std::accumulate(rates_.begin(), rates_.end(), 0.0) / static_cast<double>(kLooks);
}

void Totals::count_error(std::string_view reply) {
    ++error_replies;
    const std::string_view code = reply.substr(0, reply.find(' '));
    if (const auto known = errors.find(code); known != errors.end())
        ++known->second;
    else if (errors.size() < kMostErrors)
        errors.emplace(code, 1);
}

}  // namespace assay::redis
