#include "internal/redis/types/hyperloglog.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace assay::redis::hyperloglog {
namespace {

constexpr int kIndexBits = 14;
constexpr int kRankBits = 64 - kIndexBits;  // Ertl's q
constexpr std::size_t kEncodingAt = 4;
constexpr std::size_t kCountAt = 8;
constexpr char kDense = 0;
constexpr char kSparse = 1;

constexpr std::size_t kMaxZeroRun = 64;
constexpr std::size_t kMaxValueRun = 4;
constexpr unsigned kMaxSparseRank = 32;
constexpr int kMergeWindow = 5;  // runs looked at for merging after an edit

using Histogram = std::array<std::uint32_t, kRankBits + 2>;

std::uint64_t load_little_endian(const char* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

// MurmurHash64A (Austin Appleby, public domain), as Redis seeds it.
std::uint64_t murmur_hash(std::string_view bytes) {
    constexpr std::uint64_t kSeed = 0xadc83b19;
    constexpr std::uint64_t kFactor = 0xc6a4a7935bd1e995;
    constexpr int kShift = 47;
    std::uint64_t hash = kSeed ^ (bytes.size() * kFactor);
    while (bytes.size() >= 8) {
        std::uint64_t word = load_little_endian(bytes.data()) * kFactor;
        word = (word ^ (word >> kShift)) * kFactor;
        hash = (hash ^ word) * kFactor;
        bytes.remove_prefix(8);
    }
    if (!bytes.empty()) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), bytes.size());
        hash = (hash ^ word) * kFactor;
    }
    hash = (hash ^ (hash >> kShift)) * kFactor;
    return hash ^ (hash >> kShift);
}

// What one element says: its register, and the position of the first 1 bit of the rest of its hash.
struct Observation {
    std::size_t index;
    unsigned rank;
};

Observation observe(std::string_view element) {
    const std::uint64_t hash = murmur_hash(element);
    const std::uint64_t rest = (hash >> kIndexBits) | (std::uint64_t{1} << kRankBits);
    return {hash & (kRegisters - 1), static_cast<unsigned>(std::countr_zero(rest)) + 1};
}

unsigned byte_at(const char* bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

// `registers` is what follows the header.
unsigned dense_get(const char* registers, std::size_t index) {
    const std::size_t at = index * 6 / 8;
    const unsigned shift = index * 6 % 8;
    unsigned word = byte_at(registers, at);
    if (shift > 2) word |= byte_at(registers, at + 1) << 8;
    return (word >> shift) & 63;
}

void dense_set(char* registers, std::size_t index, unsigned rank) {
    const std::size_t at = index * 6 / 8;
    const unsigned shift = index * 6 % 8;
    const unsigned low = byte_at(registers, at) & ~(63u << shift);
    registers[at] = static_cast<char>(low | (rank << shift));
    if (shift <= 2) return;
    const unsigned high = byte_at(registers, at + 1) & ~(63u >> (8 - shift));
    registers[at + 1] = static_cast<char>(high | (rank >> (8 - shift)));
}

bool dense_raise(char* registers, std::size_t index, unsigned rank) {
    if (dense_get(registers, index) >= rank) return false;
    dense_set(registers, index, rank);
    return true;
}

// One run of the sparse form: `length` registers that all hold `rank`.
struct Run {
    std::size_t length = 0;
    unsigned rank = 0;
    std::size_t bytes = 1;
    bool is_value = false;
};

// The run at `at`; nullopt where an XZERO is cut off.
std::optional<Run> run_at(std::string_view value, std::size_t at) {
    const unsigned first = byte_at(value.data(), at);
    if ((first & 0x80) != 0) {
        return Run{(first & 3) + 1, ((first >> 2) & 31) + 1, 1, true};
    }
    if ((first & 0x40) == 0) return Run{(first & 63) + 1, 0, 1, false};
    if (at + 1 >= value.size()) return std::nullopt;
    return Run{(((first & 63) << 8) | byte_at(value.data(), at + 1)) + std::size_t{1}, 0, 2, false};
}

// Up to five bytes of runs that take the place of one.
class RunWriter {
  public:
    void zeros(std::size_t length) {
        if (length == 0) return;
        const std::size_t stored = length - 1;
        if (length > kMaxZeroRun) {
            put(0x40 | (stored >> 8));
            put(stored & 0xFF);
        } else {
            put(stored);
        }
    }
    void value(unsigned rank, std::size_t length) {
        if (length > 0) put(0x80 | ((rank - 1) << 2) | (length - 1));
    }
    std::string_view bytes() const { return {bytes_.data(), size_}; }

  private:
    void put(std::size_t byte) { bytes_[size_++] = static_cast<char>(byte); }

    std::array<char, 5> bytes_{};
    std::size_t size_ = 0;
};

// Calls visit(first register, run) for each run; false when they do not cover all registers.
template <class Visit>
bool walk_sparse(std::string_view value, Visit visit) {
    std::size_t index = 0;
    for (std::size_t at = kHeaderBytes; at < value.size();) {
        const std::optional<Run> run = run_at(value, at);
        if (!run || index + run->length > kRegisters) return false;
        visit(index, *run);
        index += run->length;
        at += run->bytes;
    }
    return index == kRegisters;
}

void mark_stale(char* value) {
    value[kCountAt + 7] = static_cast<char>(byte_at(value, kCountAt + 7) | 0x80);
}

void merge_neighbours(std::string& value, std::size_t at) {
    for (int left = kMergeWindow; left > 0 && at < value.size(); --left) {
        const std::optional<Run> run = run_at(value, at);
        if (!run) return;
        const std::size_t next = at + run->bytes;
        if (run->is_value && next < value.size()) {
            const std::optional<Run> other = run_at(value, next);
            if (other && other->is_value && other->rank == run->rank &&
                run->length + other->length <= kMaxValueRun) {
                RunWriter merged;
                merged.value(run->rank, run->length + other->length);
                value.replace(at, 2, merged.bytes());
                continue;
            }
        }
        at = next;
    }
}

Change promote_and_raise(std::string& value, const Observation& seen) {
    if (!make_dense(value)) return Change::kCorrupt;
    dense_raise(value.data() + kHeaderBytes, seen.index, seen.rank);
    mark_stale(value.data());
    return Change::kChanged;
}

// Where the run of a register stands.
struct Place {
    std::size_t previous;  // of the run before, or of the first
    std::size_t at;
    std::size_t first;  // its first register
    Run run;
};

std::optional<Place> find_run(std::string_view value, std::size_t index) {
    std::size_t previous = kHeaderBytes;
    std::size_t first = 0;
    for (std::size_t at = kHeaderBytes; at < value.size();) {
        const std::optional<Run> run = run_at(value, at);
        if (!run) return std::nullopt;
        if (index < first + run->length) return Place{previous, at, first, *run};
        previous = at;
        at += run->bytes;
        first += run->length;
    }
    return std::nullopt;
}

Change sparse_raise(std::string& value, const Observation& seen, std::size_t sparse_max_bytes) {
    if (seen.rank > kMaxSparseRank) return promote_and_raise(value, seen);
    const std::optional<Place> place = find_run(value, seen.index);
    if (!place) return Change::kCorrupt;
    const Run& run = place->run;
    if (run.rank >= seen.rank) return Change::kNone;

    const std::size_t before = seen.index - place->first;
    const std::size_t after = run.length - before - 1;
    RunWriter writer;
    run.is_value ? writer.value(run.rank, before) : writer.zeros(before);
    writer.value(seen.rank, 1);
    run.is_value ? writer.value(run.rank, after) : writer.zeros(after);

    const std::string_view bytes = writer.bytes();
    if (bytes.size() > run.bytes && value.size() + bytes.size() - run.bytes > sparse_max_bytes) {
        return promote_and_raise(value, seen);
    }
    value.replace(place->at, run.bytes, bytes);
    merge_neighbours(value, place->previous);
    mark_stale(value.data());
    return Change::kChanged;
}

// Ertl's sigma and tau: the corrections for registers that are still 0 and that are full.
double sigma(double x) {
    if (x == 1.0) return std::numeric_limits<double>::infinity();
    double power = 1.0;
    double sum = x;
    for (double before = -1.0; sum != before;) {
        x *= x;
        before = sum;
        sum += x * power;
        power += power;
    }
    return sum;
}

double tau(double x) {
    if (x == 0.0 || x == 1.0) return 0.0;
    double power = 1.0;
    double sum = 1.0 - x;
    for (double before = -1.0; sum != before;) {
        x = std::sqrt(x);
        before = sum;
        power *= 0.5;
        sum -= (1.0 - x) * (1.0 - x) * power;
    }
    return sum / 3.0;
}

std::uint64_t estimate(const Histogram& histogram) {
    constexpr double kAlphaInfinity = 0.721347520444481703680;  // 1 / (2 ln 2)
    constexpr double kCount = kRegisters;
    double sum = kCount * tau((kCount - histogram[kRankBits + 1]) / kCount);
    for (std::size_t rank = kRankBits; rank >= 1; --rank) sum = (sum + histogram[rank]) * 0.5;
    sum += kCount * sigma(histogram[0] / kCount);
    return static_cast<std::uint64_t>(std::llround(kAlphaInfinity * kCount * kCount / sum));
}

// A register of 6 bits can hold more than a hash can say; such a value was made by hand.
std::size_t histogram_slot(unsigned rank) {
    return std::min<std::size_t>(rank, kRankBits + 1);
}

template <class Visit>
void walk_dense(const char* registers, Visit visit) {
    for (std::size_t index = 0; index < kRegisters; index += 4, registers += 3) {
        const unsigned word =
            byte_at(registers, 0) | byte_at(registers, 1) << 8 | byte_at(registers, 2) << 16;
        for (unsigned i = 0; i < 4; ++i) visit(index + i, (word >> (6 * i)) & 63);
    }
}

}  // namespace

std::string make() {
    std::string value = "HYLL";
    value.resize(kHeaderBytes, '\0');
    value[kEncodingAt] = kSparse;
    RunWriter all_zero;
    all_zero.zeros(kRegisters);
    value += all_zero.bytes();
    return value;
}

bool has_layout(std::string_view value) {
    if (value.size() < kHeaderBytes || !value.starts_with("HYLL")) return false;
    if (value[kEncodingAt] == kDense) return value.size() == kDenseBytes;
    return value[kEncodingAt] == kSparse;
}

bool is_dense(std::string_view value) {
    return value[kEncodingAt] == kDense;
}

Change add(std::string& value, std::string_view element, std::size_t sparse_max_bytes) {
    if (is_dense(value)) {
        return add_dense(value, element) ? Change::kChanged : Change::kNone;
    }
    return sparse_raise(value, observe(element), sparse_max_bytes);
}

bool add_dense(std::span<char> value, std::string_view element) {
    const Observation seen = observe(element);
    if (!dense_raise(value.data() + kHeaderBytes, seen.index, seen.rank)) return false;
    mark_stale(value.data());
    return true;
}

std::optional<std::uint64_t> cached_count(std::string_view value) {
    const std::uint64_t word = load_little_endian(value.data() + kCountAt);
    if ((word >> 63) != 0) return std::nullopt;
    return word;
}

void cache_count(std::span<char> value, std::uint64_t count) {
    std::memcpy(value.data() + kCountAt, &count, sizeof count);
}

std::optional<std::uint64_t> count(std::string_view value) {
    Histogram histogram{};
    if (is_dense(value)) {
        walk_dense(value.data() + kHeaderBytes,
                   [&](std::size_t, unsigned rank) { ++histogram[histogram_slot(rank)]; });
        return estimate(histogram);
    }
    const bool whole = walk_sparse(value, [&](std::size_t, const Run& run) {
        histogram[run.rank] += static_cast<std::uint32_t>(run.length);
    });
    if (!whole) return std::nullopt;
    return estimate(histogram);
}

std::uint64_t count(const Registers& registers) {
    Histogram histogram{};
    for (const std::uint8_t rank : registers) ++histogram[histogram_slot(rank)];
    return estimate(histogram);
}

bool merge(Registers& into, std::string_view value) {
    const auto raise = [&](std::size_t index, unsigned rank) {
        into[index] = static_cast<std::uint8_t>(std::max<unsigned>(into[index], rank));
    };
    if (is_dense(value)) {
        walk_dense(value.data() + kHeaderBytes, raise);
        return true;
    }
    return walk_sparse(value, [&](std::size_t first, const Run& run) {
        if (run.rank == 0) return;
        for (std::size_t i = 0; i < run.length; ++i) raise(first + i, run.rank);
    });
}

Change merge_into(std::string& value, const Registers& from, bool dense,
                  std::size_t sparse_max_bytes) {
    if (dense && !make_dense(value)) return Change::kCorrupt;
    Change total = Change::kNone;
    for (std::size_t index = 0; index < kRegisters; ++index) {
        const Observation seen{index, from[index]};
        if (seen.rank == 0) continue;
        if (is_dense(value)) {
            if (dense_raise(value.data() + kHeaderBytes, index, seen.rank))
                total = Change::kChanged;
            continue;
        }
        const Change change = sparse_raise(value, seen, sparse_max_bytes);
        if (change == Change::kCorrupt) return change;
        if (change == Change::kChanged) total = change;
    }
    mark_stale(value.data());
    return total;
}

bool make_dense(std::string& value) {
    if (is_dense(value)) return true;
    std::string dense(value, 0, kHeaderBytes);
    dense.resize(kDenseBytes, '\0');
    dense[kEncodingAt] = kDense;
    char* registers = dense.data() + kHeaderBytes;
    const bool whole = walk_sparse(value, [&](std::size_t first, const Run& run) {
        if (run.rank == 0) return;
        for (std::size_t i = 0; i < run.length; ++i) dense_set(registers, first + i, run.rank);
    });
    if (whole) value = std::move(dense);
    return whole;
}

std::optional<std::string> describe_sparse(std::string_view value) {
    std::string text;
    const bool whole = walk_sparse(value, [&](std::size_t, const Run& run) {
        if (!text.empty()) text += ' ';
        if (run.is_value) {
            text += "v:" + std::to_string(run.rank) + ',' + std::to_string(run.length);
        } else {
            text += (run.bytes == 2 ? "Z:" : "z:") + std::to_string(run.length);
        }
    });
    if (!whole) return std::nullopt;
    return text;
}

}  // namespace assay::redis::hyperloglog
