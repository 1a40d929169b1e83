// JSON for reports: values built in the order in which they are printed.
//
// A value is a small tree; keys keep the order of set(), so a report reads the same every time. Any
// bytes make valid JSON: what is not UTF-8 becomes U+FFFD, control characters (DEL and C1 too, so
// that a report shown on a terminal cannot drive it) are escaped.
//
// Rejected: Boost.JSON 1.81 as the writer. It prints 1.0034 as 1.0034E0, passes invalid UTF-8
// through and has no indented form, so all that would be left of it is the tree, for 240 kB of the
// static binary. It stays the parser of what others send.
//
// Single-threaded, no I/O, never fails.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace assay::report {

class Json {
  public:
    Json() = default;  // null
    Json(bool value) : value_(value) {}
    Json(double value) : value_(value) {}  // NaN and infinities print as null
    template <std::signed_integral T>
    Json(T value) : value_(std::int64_t{value}) {}
    template <std::unsigned_integral T>
    Json(T value) : value_(std::uint64_t{value}) {}
    Json(std::string value) : value_(std::move(value)) {}
    Json(std::string_view value) : value_(std::string(value)) {}
    Json(const char* value) : value_(std::string(value)) {}
    template <class T>
    Json(const std::optional<T>& value) : Json(value ? Json(*value) : Json()) {}

    static Json object();
    static Json array();
    // An array of anything that converts.
    template <class Range>
    static Json array_of(const Range& range) {
        Json result = array();
        for (const auto& element : range) result.push(Json(element));
        return result;
    }

    // Adds a member to an object; the caller sets each key once. Returns this value, for chains.
    Json& set(std::string_view key, Json value);
    // Adds an element to an array.
    Json& push(Json value);

    std::string compact() const;  // one line, no spaces, no newline
    std::string pretty() const;   // indented by two spaces, ends in a newline

  private:
    struct Member;
    using Array = std::vector<Json>;
    using Object = std::vector<Member>;
    void print(std::string& out, int indent) const;
    static void print_array(const Array& array, std::string& out, int indent);
    static void print_object(const Object& object, std::string& out, int indent);

    std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Array,
                 Object>
        value_ = nullptr;
};

struct Json::Member {
    std::string key;
    Json value;
};

// A duration as the number that reports carry: 1003400us -> 1.0034.
double seconds(std::chrono::nanoseconds duration);

// Appends text to out as a JSON string, quotes included.
void append_json_string(std::string& out, std::string_view text);

}  // namespace assay::report
