// Appends JSON to a string, with commas and escapes as encoding/json has them. Private to the
// package.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace assay::judge::wire {

class JsonWriter {
  public:
    JsonWriter& begin_object() { return open('{'); }
    JsonWriter& begin_array() { return open('['); }
    JsonWriter& end_object() { return close('}'); }
    JsonWriter& end_array() { return close(']'); }

    JsonWriter& key(std::string_view name);
    JsonWriter& value(std::string_view text);
    JsonWriter& value(const char* text) { return value(std::string_view(text)); }
    JsonWriter& value(bool value) { return plain(value ? "true" : "false"); }
    JsonWriter& null() { return plain("null"); }
    template <std::integral T>
    requires(!std::same_as<T, bool>) JsonWriter& value(T number) {
        if constexpr (std::is_signed_v<T>) {
            return plain(std::to_string(static_cast<std::int64_t>(number)));
        } else {
            return plain(std::to_string(static_cast<std::uint64_t>(number)));
        }
    }
    template <class T>
    JsonWriter& member(std::string_view name, const T& content) {
        key(name);
        return value(content);
    }

    // What has been written, ending with `ending`.
    std::string take(std::string_view ending = {}) { return std::move(text_.append(ending)); }

  private:
    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    JsonWriter& plain(std::string_view text);
    void quote(std::string_view text);
    void escape(std::string_view text, std::size_t& at);
    void separate();

    std::string text_;
    bool first_ = true;  // nothing stands before the next value in its array or object
};

}  // namespace assay::judge::wire
