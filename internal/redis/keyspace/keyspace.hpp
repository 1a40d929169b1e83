// The databases of a server and what they share: clock, access rules, the lazy thread.
//
// Belongs to the thread that holds the keyspace; only LazyFree's functions are for any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "internal/redis/keyspace/database.hpp"

namespace assay::redis {

// Whether a command waits until memory is freed.
enum class FreeMode : std::uint8_t { kNow, kLazily };

class Keyspace {
  public:
    // `seed` is for the choice of samples; any number does.
    explicit Keyspace(std::size_t databases, std::uint64_t seed = 1);
    Keyspace(const Keyspace&) = delete;
    Keyspace& operator=(const Keyspace&) = delete;

    std::size_t databases() const noexcept { return databases_.size(); }
    // Addresses hold as long as the keyspace.
    Database& operator[](std::size_t index) noexcept { return databases_[index]; }
    const Database& operator[](std::size_t index) const noexcept { return databases_[index]; }

    Environment& environment() noexcept { return environment_; }
    Clock& clock() noexcept { return environment_.clock; }
    LazyFree& lazy_free() noexcept { return environment_.lazy_free; }

    // Keys in all databases.
    std::size_t size() const noexcept;

    void flush(std::size_t index, FreeMode mode) noexcept;
    void flush_all(FreeMode mode) noexcept;
    void swap(std::size_t first, std::size_t second) noexcept;

  private:
    Environment environment_;
    std::deque<Database> databases_;
};

}  // namespace assay::redis
