// Reads checked JSON into variables as encoding/json would read it into Go's. Private to the
// package.
//
// The reader walks the text once. A value of the wrong type is noted and left alone, and reading
// goes on; the first such note is the error of the whole text. So no read returns anything, and a
// table of members is all that a structure needs:
//
//     constexpr Member<Resize> kResizeMembers[] = {
//         {"rows", [](JsonReader& in, Resize& resize) { in.number(resize.rows); }}};
//     in.object("ResizeRequest", "stream.ResizeRequest", kResizeMembers, resize);
//
// The names of Go's structures and types appear in the notes, which clients see.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::judge::wire {

class JsonReader;

template <class T>
struct Member {
    std::string_view name;
    void (*read)(JsonReader& in, T& target);
};

class JsonReader {
  public:
    // The text is one value that first_json_value() has found.
    explicit JsonReader(std::string_view text) : text_(text) {}

    // "json: cannot unmarshal …" of the first value with a wrong type; empty: none.
    const std::string& error() const { return error_; }

    // null leaves the target as it is.
    void boolean(bool& target);
    void number(std::int64_t& target, std::string_view type = "int64");
    void number(std::uint64_t& target);
    void text(std::string& target);

    // null empties the target.
    void text(std::optional<std::string>& target);
    void number(std::optional<std::int64_t>& target);
    void texts(std::vector<std::string>& target);

    // `type` is the Go type of the whole array, for notes.
    template <class T, class Read>
    void array(std::string_view type, std::vector<T>& target, Read read) {
        target.clear();
        if (!enter('[', type)) return;
        for (; !leave(']'); separate()) read(*this, target.emplace_back());
    }

    // A map: `read` is called with each key and reads the value.
    template <class Read>
    void map(std::string_view type, Read read) {
        if (!enter('{', type)) return;
        for (; !leave('}'); separate()) {
            const std::string name = key();
            read(*this, name);
        }
    }

    // Unknown members are skipped. `structure` is the name of `type` without its package.
    template <class T>
    void object(std::string_view structure, std::string_view type,
                std::span<const Member<T>> members, T& target) {
        if (!enter('{', type)) return;
        const std::string_view outer = structure_;
        for (; !leave('}'); separate()) {
            const Member<T>* member = find(members, key());
            if (member == nullptr) {
                skip();
                continue;
            }
            structure_ = structure;
            path_.push_back(member->name);
            member->read(*this, target);
            path_.pop_back();
            structure_ = outer;
        }
    }

    bool is_null();  // and steps over it
    void skip();     // one value, whatever it is

  private:
    template <class T>
    static const Member<T>* find(std::span<const Member<T>> members, std::string_view name) {
        const Member<T>* folded = nullptr;
        for (const Member<T>& member : members) {
            if (member.name == name) return &member;
            if (folded == nullptr && equal_folded(member.name, name)) folded = &member;
        }
        return folded;
    }
    static bool equal_folded(std::string_view left, std::string_view right);

    char next();
    bool enter(char bracket, std::string_view type);
    bool leave(char bracket);
    void separate();
    std::string key();
    std::string string();
    std::string_view literal();
    void skip_string();
    bool begins_number();
    void mismatch(std::string_view type, std::string_view value = {});
    std::string_view kind_of_next();
    template <class Integer>
    void integer(std::string_view type, Integer& target);

    std::string_view text_;
    std::size_t at_ = 0;
    std::string_view structure_;
    std::vector<std::string_view> path_;
    std::string error_;
};

}  // namespace assay::judge::wire
