#include "internal/redis/keyspace/keyspace.hpp"

namespace assay::redis {

Keyspace::Keyspace(std::size_t databases, std::uint64_t seed) : environment_(seed) {
    for (std::size_t i = 0; i < databases; ++i) databases_.emplace_back(environment_, i);
}

std::size_t Keyspace::size() const noexcept {
    std::size_t sum = 0;
    for (const Database& database : databases_) sum += database.size();
    return sum;
}

void Keyspace::flush(std::size_t index, FreeMode mode) noexcept {
    if (mode == FreeMode::kNow) {
        databases_[index].flush();
    } else {
        environment_.lazy_free.dispose(databases_[index].take_all());
    }
}

void Keyspace::flush_all(FreeMode mode) noexcept {
    for (std::size_t i = 0; i < databases_.size(); ++i) flush(i, mode);
}

void Keyspace::swap(std::size_t first, std::size_t second) noexcept {
    if (first != second) databases_[first].swap(databases_[second]);
}

}  // namespace assay::redis
