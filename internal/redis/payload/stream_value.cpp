// Streams in the RDB format: nodes by id, the stream's figures, groups with consumers and what is
// pending. Type 2 (7.0) added first id, largest deleted id, entries added and read; type 3 (7.2)
// the time a consumer was last active.
#include <algorithm>
#include <utility>

#include "internal/redis/payload/value.hpp"

namespace assay::redis {
namespace {

// A count of entries read that is not known, as the format says it.
constexpr auto kUnknown = ~std::uint64_t{0};

std::string_view as_text(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::uint8_t> as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void write_id(RdbWriter& writer, StreamId id) {
    writer.length(id.ms);
    writer.length(id.sequence);
}

void write_key(RdbWriter& writer, StreamId id) {
    const StreamKey key = key_of(id);
    writer.raw({key.data(), key.size()});
}

void write_group(RdbWriter& writer, const ConsumerGroup& group, RdbVersion version) {
    write_id(writer, group.last_delivered());
    writer.length(group.entries_read().value_or(kUnknown));
    writer.length(group.pending().size());
    for (const auto& [id, pending] : group.pending()) {
        write_key(writer, id);
        writer.milliseconds(pending.delivery_time_ms);
        writer.length(pending.delivery_count);
    }
    writer.length(group.consumers().size());
    for (const auto& [name, consumer] : group.consumers()) {
        writer.string(std::string_view(name));
        writer.milliseconds(consumer.seen_time_ms);
        if (version >= RdbVersion::k11) writer.milliseconds(consumer.active_time_ms);
        writer.length(consumer.pending.size());
        for (const auto& [id, pending] : consumer.pending) write_key(writer, id);
    }
}

Result<StreamId> take_key(RdbReader& reader) {
    ASSAY_TRY(const std::string_view key, reader.take_raw(StreamKey().size()));
    return id_of(key);
}

Result<void> read_nodes(RdbReader& reader, Stream& stream, StreamId& last) {
    ASSAY_TRY(std::uint64_t left, reader.take_length());
    for (; left > 0; --left) {
        ASSAY_TRY(const std::string key, reader.take_string());
        ASSAY_TRY(const std::string blob, reader.take_string());
        if (key.size() != StreamKey().size()) return reader.error("a wrong node id");
        ASSAY_CHECK(validate_listpack(as_bytes(blob)));
        Listpack node = Listpack::copy_of(as_bytes(blob));
        const StreamId node_id = id_of(key);
        const auto end = stream_node::validate(node, node_id);
        if (!end) return reader.error("a broken stream node");
        if (!stream.nodes().empty() && node_id <= last) return reader.error("nodes out of order");
        last = *end;
        stream.adopt_node(node_id, std::move(node));
    }
    return {};
}

Result<void> read_figures(RdbType type, RdbReader& reader, Stream& stream, StreamId last_entry) {
    ASSAY_TRY(const std::uint64_t size, reader.take_length());
    if (size != stream.size()) return reader.error("a wrong number of entries");
    ASSAY_TRY(const StreamId last_id, reader.take_stream_id());
    if (last_id < last_entry) return reader.error("a last id before the last entry");
    stream.set_last_id(last_id);
    stream.set_entries_added(size);
    if (type == RdbType::kStream1) return {};
    // The first id follows from the entries.
    ASSAY_CHECK(reader.take_stream_id());
    ASSAY_TRY(const StreamId max_deleted, reader.take_stream_id());
    ASSAY_TRY(const std::uint64_t added, reader.take_length());
    stream.set_max_deleted_id(max_deleted);
    stream.set_entries_added(added);
    return {};
}

Result<void> read_consumer(RdbType type, RdbReader& reader, ConsumerGroup& group) {
    ASSAY_TRY(const std::string name, reader.take_string());
    ASSAY_TRY(const std::int64_t seen_ms, reader.take_milliseconds());
    const auto [consumer, is_new] = group.add_consumer(name, seen_ms);
    if (!is_new) return reader.error("a consumer twice");
    consumer->active_time_ms = seen_ms;
    if (type == RdbType::kStream3) {
        ASSAY_TRY(consumer->active_time_ms, reader.take_milliseconds());
    }
    ASSAY_TRY(std::uint64_t left, reader.take_length());
    for (; left > 0; --left) {
        ASSAY_TRY(const StreamId id, take_key(reader));
        if (!group.attach(id, *consumer)) return reader.error("an entry that is not pending");
    }
    return {};
}

Result<void> read_pending(RdbReader& reader, ConsumerGroup& group) {
    ASSAY_TRY(std::uint64_t left, reader.take_length());
    for (; left > 0; --left) {
        ASSAY_TRY(const StreamId id, take_key(reader));
        ASSAY_TRY(const std::int64_t delivered_ms, reader.take_milliseconds());
        ASSAY_TRY(const std::uint64_t count, reader.take_length());
        if (group.find_pending(id) != nullptr) return reader.error("a pending entry twice");
        group.find_or_add(id, delivered_ms).delivery_count = count;
    }
    return {};
}

Result<void> read_group(RdbType type, RdbReader& reader, Stream& stream) {
    ASSAY_TRY(const std::string name, reader.take_string());
    ASSAY_TRY(const StreamId last, reader.take_stream_id());
    std::optional<std::uint64_t> entries_read = stream.entries_up_to(last);
    if (type != RdbType::kStream1) {
        ASSAY_TRY(const std::uint64_t count, reader.take_length());
        entries_read = count == kUnknown ? std::nullopt : std::optional(count);
    }
    ConsumerGroup* group = stream.add_group(name, last, entries_read);
    if (group == nullptr) return reader.error("a group twice");
    ASSAY_CHECK(read_pending(reader, *group));
    ASSAY_TRY(std::uint64_t consumers, reader.take_length());
    for (; consumers > 0; --consumers) ASSAY_CHECK(read_consumer(type, reader, *group));
    const bool all_owned =
        std::all_of(group->pending().begin(), group->pending().end(),
                    [](const auto& entry) { return entry.second.consumer != nullptr; });
    if (!all_owned) return reader.error("a pending entry without consumer");
    return {};
}

}  // namespace

RdbType rdb_type(const Stream&, RdbVersion version) {
    return version >= RdbVersion::k11 ? RdbType::kStream3 : RdbType::kStream2;
}

void write_value(RdbWriter& writer, const Stream& stream, RdbVersion version) {
    writer.length(stream.nodes().size());
    for (const auto& [id, node] : stream.nodes()) {
        const StreamKey key = key_of(id);
        writer.string(std::string_view(key.data(), key.size()));
        writer.string(as_text(node.bytes()));
    }
    writer.length(stream.size());
    write_id(writer, stream.last_id());
    write_id(writer, stream.first_id());
    write_id(writer, stream.max_deleted_id());
    writer.length(stream.entries_added());
    writer.length(stream.groups().size());
    for (const auto& [name, group] : stream.groups()) {
        writer.string(std::string_view(name));
        write_group(writer, group, version);
    }
}

Result<Stream> read_stream(RdbType type, RdbReader& reader) {
    Stream stream;
    StreamId last_entry;
    ASSAY_CHECK(read_nodes(reader, stream, last_entry));
    ASSAY_CHECK(read_figures(type, reader, stream, last_entry));
    ASSAY_TRY(std::uint64_t groups, reader.take_length());
    for (; groups > 0; --groups) ASSAY_CHECK(read_group(type, reader, stream));
    return stream;
}

}  // namespace assay::redis
