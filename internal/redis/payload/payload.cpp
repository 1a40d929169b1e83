#include "internal/redis/payload/payload.hpp"

#include "internal/redis/payload/crc64.hpp"

namespace assay::redis {
namespace {

constexpr std::size_t kVersionBytes = 2;
constexpr std::size_t kCrcBytes = 8;
constexpr std::size_t kFooterBytes = kVersionBytes + kCrcBytes;

template <class T>
std::string dump(const T& value, RdbVersion version) {
    const RdbType type = rdb_type(value, version);
    if (type == RdbType::kHashWithTtl) version = RdbVersion::k12;
    std::string payload;
    RdbWriter writer(payload);
    writer.type(type);
    write_value(writer, value, version);
    writer.little_endian(static_cast<std::uint64_t>(version), kVersionBytes);
    writer.little_endian(crc64(payload), kCrcBytes);
    return payload;
}

}  // namespace

std::string dump_payload(std::string_view text, RdbVersion version) {
    return dump(text, version);
}
std::string dump_payload(const List& list, RdbVersion version) {
    return dump(list, version);
}
std::string dump_payload(const Set& set, RdbVersion version) {
    return dump(set, version);
}
std::string dump_payload(const SortedSet& set, RdbVersion version) {
    return dump(set, version);
}
std::string dump_payload(const Hash& hash, RdbVersion version) {
    return dump(hash, version);
}
std::string dump_payload(const Stream& stream, RdbVersion version) {
    return dump(stream, version);
}

bool has_valid_footer(std::string_view payload) {
    if (payload.size() < kFooterBytes) return false;
    RdbReader footer(payload.substr(payload.size() - kFooterBytes));
    const std::uint64_t version = footer.take_little_endian(kVersionBytes).value();
    const std::uint64_t crc = footer.take_little_endian(kCrcBytes).value();
    if (version > static_cast<std::uint64_t>(RdbVersion::k12)) return false;
    return crc == crc64(payload.substr(0, payload.size() - kCrcBytes));
}

Result<Value> restore_payload(std::string_view payload, const Limits& limits) {
    if (payload.size() < kFooterBytes) return usage_error("cannot read value: it has no footer");
    RdbReader reader(payload.substr(0, payload.size() - kFooterBytes));
    ASSAY_TRY(const std::uint8_t type, reader.take_byte());
    ASSAY_TRY(Value value, read_value(static_cast<RdbType>(type), reader, limits));
    if (!reader.at_end()) return reader.error("more than a value");
    return value;
}

}  // namespace assay::redis
