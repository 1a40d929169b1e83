// A smallest possible type for the keyspace's tests: a number in a block of its own.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "internal/redis/keyspace/objects.hpp"
#include "internal/redis/memory/memory.hpp"

namespace assay::redis {

class Box {
  public:
    static constexpr std::size_t kEffort = 1000;

    explicit Box(int value) : number_(memory::create<int>(value)) {}
    Box(Box&& other) noexcept : number_(std::exchange(other.number_, nullptr)) {}
    Box& operator=(Box&&) = delete;
    ~Box() { memory::destroy(number_); }

    int value() const { return *number_; }
    void set(int value) { *number_ = value; }
    Box clone() const { return Box(*number_); }
    std::size_t memory_usage() const { return memory::footprint(number_); }
    std::size_t size() const { return kEffort; }

  private:
    int* number_;
};

// While it lives all types but strings are boxes; a stream is one that cannot be copied.
class Boxes {
  public:
    Boxes() {
        for (std::size_t i = 1; i < kTypes; ++i) {
            const auto type = static_cast<Type>(i);
            before_[i] = operations_of(type);
            ObjectOperations box = operations_for<Box>();
            if (type == Type::kStream) box.copy = nullptr;
            define_objects(type, box);
        }
    }
    ~Boxes() {
        for (std::size_t i = 1; i < kTypes; ++i) define_objects(static_cast<Type>(i), before_[i]);
    }
    Boxes(const Boxes&) = delete;
    Boxes& operator=(const Boxes&) = delete;

  private:
    std::array<ObjectOperations, kTypes> before_;
};

}  // namespace assay::redis
