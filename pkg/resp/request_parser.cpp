#include "pkg/resp/request_parser.hpp"

#include <algorithm>
#include <cstring>

#include "pkg/resp/inline_command.hpp"
#include "pkg/resp/numbers.hpp"

namespace assay::resp {
namespace {

constexpr std::size_t kMinRoom = 16u << 10;
// A loop's batch gives back what one giant command made it grow to.
constexpr std::size_t kKeptArguments = 64u << 10;

// "*3\r\n" or "$16\r\n" with at most five digits, the head of nearly all there is. Null: something
// else, or not all of it.
const char* read_small_head(const char* at, const char* end, char kind, std::size_t& value) {
    if (end - at < 4 || *at != kind) return nullptr;
    const auto first = static_cast<unsigned char>(at[1] - '0');
    if (first > 9) return nullptr;
    value = first;
    if (at[2] == '\r') return at + 4;
    if (first == 0) return nullptr;
    const char* const limit = std::min(end, at + 6);
    for (at += 2; at < limit; ++at) {
        const auto digit = static_cast<unsigned char>(*at - '0');
        if (digit > 9) break;
        value = value * 10 + digit;
    }
    if (end - at < 2 || *at != '\r') return nullptr;
    return at + 2;
}

}  // namespace

ArgumentBlock::ArgumentBlock(const BlockMemory& memory, std::size_t size)
    : data_(static_cast<char*>(memory.allocate(size + 2))), size_(size), release_(memory.release) {}

ArgumentBlock RequestBatch::take(std::string_view argument) {
    if (argument.size() < static_cast<std::size_t>(kBigArgumentBytes)) return {};
    for (ArgumentBlock& block : blocks_) {
        if (block && block.data() == argument.data()) return std::move(block);
    }
    return {};
}

void RequestBatch::clear() {
    used_ = 0;
    ends_.clear();
    blocks_.clear();
    bytes_.reset();
    if (arguments_.size() > kKeptArguments) arguments_ = std::vector<std::string_view>();
}

RequestBatch RequestBatch::detach(std::size_t first) {
    RequestBatch rest;
    std::size_t size = 0;
    for (std::size_t i = first; i < ends_.size(); ++i) {
        for (const std::string_view argument : (*this)[i]) size += argument.size();
    }
    rest.bytes_.reset(new char[size]);
    char* to = rest.bytes_.get();
    for (std::size_t i = first; i < ends_.size(); ++i) {
        const Command command = (*this)[i];
        std::string_view* moved = rest.grow(command.size());
        for (const std::string_view argument : command) {
            ArgumentBlock block = take(argument);
            if (block) {
                *moved++ = argument;
                rest.blocks_.push_back(std::move(block));
                continue;
            }
            *moved++ = {to, argument.size()};
            to = std::copy(argument.begin(), argument.end(), to);
        }
        rest.end_command(command.size());
    }
    return rest;
}

std::string_view* RequestBatch::grow(std::size_t arguments) {
    if (arguments_.size() - used_ < arguments) {
        arguments_.resize(std::max(used_ + arguments, 2 * arguments_.size()));
    }
    return arguments_.data() + used_;
}

void RequestBatch::end_command(std::size_t arguments) {
    used_ += arguments;
    ends_.push_back(used_);
}

std::span<char> RequestParser::prepare(std::span<char> scratch) {
    if (in_block()) return {block_.data() + filled_, value_bytes_ + 2 - filled_};
    if (size_ == 0) {
        data_ = scratch.data();
        return scratch;
    }
    if (size_ <= scratch.size() / 4) {
        std::memcpy(scratch.data(), data_, size_);
        data_ = scratch.data();
        return scratch.subspan(size_);
    }
    reserve_own(size_ + kMinRoom);
    return {own_.get() + size_, own_capacity_ - size_};
}

void RequestParser::commit(std::size_t bytes) {
    (in_block() ? filled_ : size_) += bytes;
}

void RequestParser::feed(std::span<char> bytes) {
    if (in_block()) {
        const std::size_t taken = std::min(bytes.size(), value_bytes_ + 2 - filled_);
        if (taken > 0) std::memcpy(block_.data() + filled_, bytes.data(), taken);
        filled_ += taken;
        bytes = bytes.subspan(taken);
    }
    if (bytes.empty()) return;
    if (size_ == 0) {
        data_ = bytes.data();
    } else {
        reserve_own(size_ + bytes.size());
        std::memcpy(own_.get() + size_, bytes.data(), bytes.size());
    }
    size_ += bytes.size();
}

// Makes the connection's own buffer that of the window.
void RequestParser::reserve_own(std::size_t bytes) {
    if (own_capacity_ < bytes) {
        const std::size_t capacity = std::max(bytes, 2 * own_capacity_);
        std::unique_ptr<char[]> grown(new char[capacity]);
        std::memcpy(grown.get(), data_, size_);
        own_ = std::move(grown);
        own_capacity_ = capacity;
    } else if (data_ != own_.get()) {
        std::memcpy(own_.get(), data_, size_);
    }
    data_ = own_.get();
}

void RequestParser::release() {
    size_ -= start_;
    at_ -= start_;
    data_ += start_;
    start_ = 0;
    if (size_ + filled_ > limits_->max_query_bytes && !failed_) fail({});
    if (size_ == 0 || failed_) {
        own_.reset();
        own_capacity_ = size_ = at_ = 0;
        data_ = nullptr;
    } else if (own_ && data_ >= own_.get() && data_ < own_.get() + own_capacity_) {
        std::memmove(own_.get(), data_, size_);
        data_ = own_.get();
        if (own_capacity_ / 4 > size_ + kMinRoom) shrink_own();
    } else {
        reserve_own(size_);
    }
}

// What one giant command made the buffer grow to is not kept for the small ones behind it.
void RequestParser::shrink_own() {
    std::unique_ptr<char[]> smaller(new char[size_]);
    std::memcpy(smaller.get(), data_, size_);
    own_ = std::move(smaller);
    own_capacity_ = size_;
    data_ = own_.get();
}

std::size_t RequestParser::parse(RequestBatch& batch, std::size_t max_commands) {
    batch.clear();
    if (!authenticated_) max_commands = std::min<std::size_t>(max_commands, 1);
    while (batch.size() < max_commands && step(batch)) {
    }
    return batch.size();
}

// One command, or something that is none. False: no more can be read.
bool RequestParser::step(RequestBatch& batch) {
    if (failed_) return false;
    if (phase_ != Phase::kStart) return parse_on(batch);
    if (at_ == size_) return false;
    if (data_[at_] != '*') return parse_inline(batch);
    return parse_whole(batch) || parse_on(batch);
}

bool RequestParser::parse_whole(RequestBatch& batch) {
    if (!authenticated_) return false;
    const char* const end = data_ + size_;
    std::size_t count = 0;
    const char* at = read_small_head(data_ + at_, end, '*', count);
    constexpr std::size_t kShortestArgument = 6;
    if (at == nullptr || count == 0) return false;
    if (count > static_cast<std::size_t>(end - at) / kShortestArgument) return false;
    std::string_view* argument = batch.grow(count);
    for (std::size_t i = 0; i < count; ++i, ++argument) {
        std::size_t bytes = 0;
        at = read_small_head(at, end, '$', bytes);
        if (at == nullptr || bytes >= static_cast<std::size_t>(kBigArgumentBytes)) return false;
        if (static_cast<std::size_t>(end - at) < bytes + 2) return false;
        *argument = {at, bytes};
        at += bytes + 2;
    }
    batch.end_command(count);
    start_ = at_ = static_cast<std::size_t>(at - data_);
    return true;
}

bool RequestParser::parse_inline(RequestBatch& batch) {
    char* const begin = data_ + at_;
    const auto* const newline = static_cast<char*>(std::memchr(begin, '\n', size_ - at_));
    auto length = newline == nullptr ? size_ - at_ : static_cast<std::size_t>(newline - begin);
    if (length > kMaxLineBytes) return fail("Protocol error: too big inline request");
    if (newline == nullptr) return false;
    at_ += length + 1;
    start_ = at_;
    if (length > 0 && begin[length - 1] == '\r') --length;
    std::vector<std::string_view> words;
    if (!split_inline({begin, length}, words)) {
        return fail("Protocol error: unbalanced quotes in request");
    }
    if (words.empty()) return true;
    std::copy(words.begin(), words.end(), batch.grow(words.size()));
    batch.end_command(words.size());
    return true;
}

bool RequestParser::parse_on(RequestBatch& batch) {
    if (phase_ == Phase::kStart && !read_array_head()) return false;
    while (arguments_left_ > 0) {
        if (phase_ == Phase::kValueHead && !read_value_head()) return false;
        if (!read_value()) return false;
        phase_ = Phase::kValueHead;
        --arguments_left_;
    }
    phase_ = Phase::kStart;
    finish(batch);
    return true;
}

// A line from at_ without its end, of which the second byte may be any. False: not all there, or
// too much for a line.
bool RequestParser::read_line(std::string_view name, std::string_view& line) {
    const char* const begin = data_ + at_;
    const std::size_t there = size_ - at_;
    const auto* const end =
        there == 0 ? nullptr : static_cast<const char*>(std::memchr(begin, '\r', there));
    line = {begin, end == nullptr ? there : static_cast<std::size_t>(end - begin)};
    if (line.size() > kMaxLineBytes) {
        return fail("Protocol error: too big " + std::string(name) + " count string");
    }
    if (line.size() + 2 > there) return false;
    at_ += line.size() + 2;
    return true;
}

bool RequestParser::read_array_head() {
    std::string_view line;
    if (!read_line("mbulk", line)) return false;
    const auto count = parse_int64(line.substr(1));
    if (!count || *count > kMaxArguments) {
        return fail("Protocol error: invalid multibulk length");
    }
    if (!authenticated_ && *count > kMaxUnauthenticatedArguments) {
        return fail("Protocol error: unauthenticated multibulk length");
    }
    arguments_left_ = *count;
    phase_ = Phase::kValueHead;
    return true;
}

bool RequestParser::read_value_head() {
    std::string_view line;
    if (!read_line("bulk", line)) return false;
    // The line may be the empty one: its first byte is the '\r' then.
    const char kind = *line.data();
    if (kind != '$') {
        return fail(std::string("Protocol error: expected '$', got '") + kind + "'");
    }
    const auto bytes = parse_int64(line.substr(1));
    if (!bytes || *bytes < 0 || *bytes > limits_->max_bulk_bytes) {
        return fail("Protocol error: invalid bulk length");
    }
    if (!authenticated_ && *bytes > kMaxUnauthenticatedBulkBytes) {
        return fail("Protocol error: unauthenticated bulk length");
    }
    value_bytes_ = static_cast<std::size_t>(*bytes);
    phase_ = Phase::kValue;
    return *bytes < kBigArgumentBytes || size_ - at_ >= value_bytes_ + 2 ||
           open_block(value_bytes_);
}

// The bytes of the value that are there move to a block of its own.
bool RequestParser::open_block(std::size_t bytes) {
    block_ = ArgumentBlock(limits_->memory, bytes);
    if (!block_) return fail("Protocol error: out of memory");
    in_blocks_ += bytes;
    filled_ = size_ - at_;
    if (filled_ > 0) std::memcpy(block_.data(), data_ + at_, filled_);
    size_ = at_;
    return true;
}

bool RequestParser::read_value() {
    if (block_) {
        if (filled_ < value_bytes_ + 2) return false;
        parts_.push_back({kInBlock, value_bytes_});
        blocks_.push_back(std::move(block_));
        filled_ = 0;
        return true;
    }
    if (size_ - at_ < value_bytes_ + 2) return false;
    parts_.push_back({at_ - start_, value_bytes_});
    at_ += value_bytes_ + 2;
    return true;
}

// A command of no arguments is none.
void RequestParser::finish(RequestBatch& batch) {
    if (!parts_.empty()) {
        std::string_view* argument = batch.grow(parts_.size());
        auto block = blocks_.begin();
        for (const Part& part : parts_) {
            const char* const from =
                part.offset == kInBlock ? (block++)->data() : data_ + start_ + part.offset;
            *argument++ = {from, part.size};
        }
        batch.end_command(parts_.size());
        std::move(blocks_.begin(), blocks_.end(), std::back_inserter(batch.blocks_));
    }
    blocks_.clear();
    in_blocks_ = 0;
    if (parts_.size() > kKeptArguments) parts_ = std::vector<Part>();
    parts_.clear();
    start_ = at_;
}

bool RequestParser::fail(std::string message) {
    failed_ = true;
    error_ = std::move(message);
    parts_ = std::vector<Part>();
    blocks_.clear();
    block_ = ArgumentBlock();
    in_blocks_ = filled_ = 0;
    phase_ = Phase::kStart;
    return false;
}

std::size_t RequestParser::pending_bytes() const {
    std::size_t bytes = size_ - start_ + filled_;
    for (const ArgumentBlock& block : blocks_) bytes += block.size();
    return bytes;
}

std::size_t RequestParser::held_bytes() const {
    return own_capacity_ + in_blocks_ + parts_.capacity() * sizeof(Part);
}

}  // namespace assay::resp
