// Output kept up to a maximum and one byte more, which tells that there was more. What comes after
// that is dropped, so that whoever writes is never held up. The captures of a request share what an
// answer may hold, too.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace assay::judge {

// Bytes that several captures may still keep together. Of one thread.
using SharedRoom = std::shared_ptr<std::uint64_t>;

class Capture {
  public:
    // A negative maximum keeps nothing and is exceeded from the start. Without a shared room there
    // is no other limit.
    explicit Capture(std::int64_t max_bytes, SharedRoom shared = {})
        : max_bytes_(max_bytes), shared_(std::move(shared)) {}

    // Bytes that would still be kept.
    std::size_t room() const {
        if (max_bytes_ < 0) return 0;
        const std::size_t own = static_cast<std::size_t>(max_bytes_) + 1 - bytes_.size();
        return shared_ ? std::min<std::size_t>(own, *shared_) : own;
    }
    void append(std::string_view bytes) {
        const std::string_view kept = bytes.substr(0, room());
        if (shared_) *shared_ -= kept.size();
        dropped_ |= kept.size() < bytes.size();
        bytes_ += kept;
    }

    bool exceeded() const {
        return max_bytes_ < 0 || dropped_ || bytes_.size() > static_cast<std::size_t>(max_bytes_);
    }
    std::string take() { return std::move(bytes_); }

  private:
    std::int64_t max_bytes_;
    SharedRoom shared_;
    std::string bytes_;
    bool dropped_ = false;
};

}  // namespace assay::judge
