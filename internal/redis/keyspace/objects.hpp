// What the keyspace knows of a value that is not a string: one word and three things to do with it.
//
// An entry holds the word of a list, set, hash … (each a move-only class of eight bytes) without
// knowing the class. What to do with it stands in one table, a row per type, that objects.cpp
// fills: so no other file of the keyspace needs the header of a type, and a test can bring types of
// its own. Rejected: a base class with virtual functions (eight more bytes per value, and types
// that know of the keyspace).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace assay::redis {

// The numbers are for masks and tables inside the process, not for files.
enum class Type : std::uint8_t { kString, kList, kSet, kSortedSet, kHash, kStream };
inline constexpr std::size_t kTypes = 6;

// As TYPE says it: "string", "list", "set", "zset", "hash", "stream".
std::string_view to_string(Type type) noexcept;

struct ObjectOperations {
    void (*destroy)(void* object) noexcept = nullptr;
    // A deep copy, as a word. Null where a type cannot.
    std::uint64_t (*copy)(const void* object) = nullptr;
    // Bytes of the heap behind the word.
    std::size_t (*memory_usage)(const void* object) = nullptr;
    // About how many blocks destroy() releases.
    std::size_t (*effort)(const void* object) noexcept = nullptr;
};

const ObjectOperations& operations_of(Type type) noexcept;
// Sets the row of a type other than kString while no entry of that type is there: for tests.
void define_objects(Type type, const ObjectOperations& operations) noexcept;

// The bits of an object, which is no longer to be used or destroyed: the word owns what it owned.
template <class T>
std::uint64_t word_of_object(T&& object) noexcept {
    static_assert(sizeof(T) == sizeof(std::uint64_t) && alignof(T) <= alignof(std::uint64_t));
    alignas(T) unsigned char room[sizeof(T)];
    new (room) T(std::forward<T>(object));
    std::uint64_t word = 0;
    std::memcpy(&word, room, sizeof(word));
    return word;
}

// The row of a class with memory_usage(), size(), and where they make sense encoding() and clone().
template <class T>
constexpr ObjectOperations operations_for() noexcept {
    ObjectOperations operations;
    operations.destroy = [](void* object) noexcept { static_cast<T*>(object)->~T(); };
    operations.memory_usage = [](const void* object) -> std::size_t {
        return static_cast<const T*>(object)->memory_usage();
    };
    operations.effort = [](const void* object) noexcept -> std::size_t {
        const T& value = *static_cast<const T*>(object);
        if constexpr (requires { value.encoding(); }) {
            // In one block.
            if (value.encoding() == "listpack" || value.encoding() == "intset") return 1;
        }
        return value.size();
    };
    if constexpr (requires(const T& value) { value.clone(); }) {
        operations.copy = [](const void* object) {
            return word_of_object(static_cast<const T*>(object)->clone());
        };
    }
    return operations;
}

}  // namespace assay::redis
