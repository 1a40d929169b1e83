#include "internal/redis/types/stream_node.hpp"

namespace assay::redis::stream_node {
namespace {

constexpr std::int64_t kDeleted = 1;
constexpr std::int64_t kSameFields = 2;

std::size_t count_at(const ListpackView& node, Position at) {
    return static_cast<std::size_t>(node.value(at).integer());
}

std::uint64_t difference_at(const ListpackView& node, Position at) {
    return static_cast<std::uint64_t>(node.value(at).integer());
}

// Differences wrap as the format's 64-bit integers do.
std::int64_t difference(std::uint64_t number, std::uint64_t start) {
    return static_cast<std::int64_t>(number - start);
}

Position skip(const ListpackView& node, Position at, std::size_t count) {
    for (; count > 0; --count) at = node.next(at);
    return at;
}

bool has_master_fields(const ListpackView& node, const Head& head,
                       std::span<const std::string_view> fields) {
    if (fields.size() / 2 != head.field_count) return false;
    Position at = head.first_field;
    for (std::size_t i = 0; i < fields.size(); i += 2, at = node.next(at)) {
        IntegerText buffer;
        if (node.value(at).text(buffer) != fields[i]) return false;
    }
    return true;
}

void append_count(Listpack& node, std::size_t count) {
    node.append(static_cast<std::int64_t>(count));
}

void add_to_count(Listpack& node, Position at, std::int64_t change) {
    node.replace(at, PackedElement(node.value(at).integer() + change));
}

// Walks forward through elements of a blob that is only known to be a listpack.
class Reader {
  public:
    explicit Reader(const ListpackView& node) : node_(node), at_(node.first()) {}

    bool at_end() const { return at_ == node_.end_position(); }
    Position position() const { return at_; }
    std::size_t read() const { return read_; }
    // A count can be no larger than the number of elements that are left, roughly the bytes.
    std::optional<std::size_t> take_count() {
        const auto number = take_integer();
        if (!number || *number < 0) return std::nullopt;
        if (static_cast<std::uint64_t>(*number) > node_.size_bytes()) return std::nullopt;
        return static_cast<std::size_t>(*number);
    }
    std::optional<std::int64_t> take_integer() {
        if (at_end() || !node_.value(at_).is_integer()) return std::nullopt;
        const std::int64_t number = node_.value(at_).integer();
        advance();
        return number;
    }
    bool skip(std::size_t count) {
        for (; count > 0; --count) {
            if (at_end()) return false;
            advance();
        }
        return true;
    }

  private:
    void advance() {
        at_ = node_.next(at_);
        ++read_;
    }

    const ListpackView& node_;
    Position at_;
    std::size_t read_ = 0;
};

struct CheckedEntry {
    StreamId id;
    bool is_deleted;
};

std::optional<CheckedEntry> check_entry(Reader& reader, StreamId node_id, std::size_t fields) {
    const std::size_t start = reader.read();
    const auto flags = reader.take_integer();
    const auto ms = reader.take_integer();
    const auto sequence = reader.take_integer();
    if (!flags || *flags < 0 || *flags > (kDeleted | kSameFields) || !ms || !sequence) {
        return std::nullopt;
    }
    std::size_t items = fields;
    if ((*flags & kSameFields) == 0) {
        const auto own = reader.take_count();
        if (!own) return std::nullopt;
        items = *own * 2;
    }
    if (!reader.skip(items)) return std::nullopt;
    const std::size_t elements = reader.read() - start;
    if (reader.take_count() != elements) return std::nullopt;
    return CheckedEntry{{node_id.ms + static_cast<std::uint64_t>(*ms),
                         node_id.sequence + static_cast<std::uint64_t>(*sequence)},
                        (*flags & kDeleted) != 0};
}

}  // namespace

Head read_head(const ListpackView& node) {
    Head head{};
    Position at = node.first();
    head.live = count_at(node, at);
    at = node.next(at);
    head.deleted = count_at(node, at);
    at = node.next(at);
    head.field_count = count_at(node, at);
    head.first_field = node.next(at);
    head.first_entry = node.next(skip(node, head.first_field, head.field_count));
    return head;
}

Entry entry_at(const ListpackView& node, StreamId node_id, const Head& head, Position at) {
    Entry entry{};
    entry.begin = at;
    const std::int64_t flags = node.value(at).integer();
    entry.is_deleted = (flags & kDeleted) != 0;
    entry.has_same_fields = (flags & kSameFields) != 0;
    at = node.next(at);
    entry.id.ms = node_id.ms + difference_at(node, at);
    at = node.next(at);
    entry.id.sequence = node_id.sequence + difference_at(node, at);
    at = node.next(at);
    entry.field_count = head.field_count;
    if (!entry.has_same_fields) {
        entry.field_count = count_at(node, at);
        at = node.next(at);
    }
    entry.first_item = at;
    const std::size_t items = entry.has_same_fields ? entry.field_count : entry.field_count * 2;
    entry.end = node.next(skip(node, at, items));
    return entry;
}

std::optional<Entry> entry_before(const ListpackView& node, StreamId node_id, const Head& head,
                                  Position end) {
    if (end == head.first_entry) return std::nullopt;
    Position at = node.previous(end);
    for (std::size_t left = count_at(node, at); left > 0; --left) at = node.previous(at);
    return entry_at(node, node_id, head, at);
}

Listpack make(std::span<const std::string_view> fields) {
    Listpack node;
    append_count(node, 0);
    append_count(node, 0);
    append_count(node, fields.size() / 2);
    for (std::size_t i = 0; i < fields.size(); i += 2) node.append(fields[i]);
    append_count(node, 0);
    append(node, {}, {}, fields);
    return node;
}

void append(Listpack& node, StreamId node_id, StreamId id,
            std::span<const std::string_view> fields) {
    constexpr std::size_t kFlagsAndId = 3;
    const bool same = has_master_fields(node, read_head(node), fields);
    node.append(same ? kSameFields : std::int64_t{0});
    node.append(difference(id.ms, node_id.ms));
    node.append(difference(id.sequence, node_id.sequence));
    if (same) {
        for (std::size_t i = 1; i < fields.size(); i += 2) node.append(fields[i]);
        append_count(node, kFlagsAndId + fields.size() / 2);
    } else {
        append_count(node, fields.size() / 2);
        for (const std::string_view item : fields) node.append(item);
        append_count(node, kFlagsAndId + 1 + fields.size());
    }
    add_to_count(node, node.first(), 1);
}

void mark_deleted(Listpack& node, const Entry& entry) {
    // The flags first: they keep their size, the counts may not.
    node.replace(entry.begin, PackedElement(node.value(entry.begin).integer() | kDeleted));
    add_to_count(node, node.first(), -1);
    add_to_count(node, node.next(node.first()), 1);
}

std::optional<StreamId> validate(const ListpackView& node, StreamId node_id) {
    Reader reader(node);
    const auto live = reader.take_count();
    const auto deleted = reader.take_count();
    const auto fields = reader.take_count();
    if (!live || !deleted || !fields || !reader.skip(*fields)) return std::nullopt;
    if (reader.take_count() != std::size_t{0} || reader.at_end()) return std::nullopt;

    std::optional<StreamId> last;
    std::size_t counted[2] = {0, 0};
    while (!reader.at_end()) {
        const auto entry = check_entry(reader, node_id, *fields);
        if (!entry || entry->id < node_id || (last && entry->id <= *last)) return std::nullopt;
        last = entry->id;
        ++counted[entry->is_deleted ? 1 : 0];
    }
    if (counted[0] != *live || counted[1] != *deleted) return std::nullopt;
    return last;
}

}  // namespace assay::redis::stream_node
