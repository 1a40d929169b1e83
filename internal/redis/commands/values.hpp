// Keys as handlers want them: the value of a type, or nothing, or the error already written.
//
//     const Held<List> list = find<List>(call, key, For::reading);
//     if (list.wrong) return;                      // WRONGTYPE has been answered
//     if (!list) return call.reply.integer(0);     // no such key
//     call.reply.integer(list->size());
//
// A key whose aggregate becomes empty goes: erase_if_empty(). What changed is told by the handler.
#pragma once

#include <optional>
#include <string_view>

#include "internal/redis/engine/call.hpp"

namespace assay::redis::commands {

enum class For : bool { reading, writing };

// Specialised beside the handlers of each type: kType.
template <class T>
struct TypeOf;

template <class T>
struct Held {
    Entry* entry = nullptr;
    bool wrong = false;

    explicit operator bool() const { return entry != nullptr; }
    T& operator*() const { return entry->object<T>(); }
    T* operator->() const { return &entry->object<T>(); }
};

// An entry that must be of a type; a null one is of any.
inline bool check_type(Call& call, const Entry* entry, Type type) {
    if (entry == nullptr || entry->type() == type) return true;
    call.error(kWrongType);
    return false;
}

template <class T>
Held<T> find(Call& call, std::string_view key, For purpose) {
    Entry* entry = purpose == For::reading ? call.find_to_read(key) : call.find_to_write(key);
    if (!check_type(call, entry, TypeOf<T>::kType)) return {nullptr, true};
    return {entry, false};
}

// Makes an empty value where there is no key: the handler fills it before it returns.
template <class T>
Held<T> find_or_make(Call& call, std::string_view key) {
    Held<T> held = find<T>(call, key, For::writing);
    if (!held && !held.wrong) {
        held.entry = call.database().insert(key, NewValue::object(TypeOf<T>::kType, T()));
    }
    return held;
}

// Erases a key whose value has nothing left and says so; false: it stays.
template <class T>
bool erase_if_empty(Call& call, std::string_view key, const Held<T>& held) {
    if (held->size() > 0) return false;
    call.database().erase(held.entry);
    call.notify(kGenericEvents, "del", key);
    return true;
}

// The options EX, PX, EXAT and PXAT of a command.
enum class ExpiryUnit : std::uint8_t { seconds, milliseconds };
enum class ExpiryOrigin : std::uint8_t { now, epoch };

struct ExpiryWord {
    std::string_view word;  // "EX", "PX", "EXAT", "PXAT"
    ExpiryUnit unit;
    ExpiryOrigin origin;
};
// Null: it is none of them.
const ExpiryWord* find_expiry_word(std::string_view word);

// A word as the time of an expiry, in milliseconds since the epoch; the error "invalid expire time
// in '…' command" is written when it is none, or, with `positive`, not above zero.
std::optional<std::int64_t> expiry_time(Call& call, std::string_view word, ExpiryUnit unit,
                                        ExpiryOrigin origin, bool positive = true);

// Whether two words are equal but for the case of letters; `upper` is in capitals.
bool is_word(std::string_view word, std::string_view upper);

}  // namespace assay::redis::commands
