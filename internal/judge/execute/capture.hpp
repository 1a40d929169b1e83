// Output kept up to a maximum and one byte more, which tells that there was more. What comes after
// that is dropped, so that whoever writes is never held up.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace assay::judge {

class Capture {
  public:
    // A negative maximum keeps nothing and is exceeded from the start.
    explicit Capture(std::int64_t max_bytes) : max_bytes_(max_bytes) {}

    // Bytes that would still be kept.
    std::size_t room() const {
        return max_bytes_ < 0 ? 0 : static_cast<std::size_t>(max_bytes_) + 1 - bytes_.size();
    }
    void append(std::string_view bytes) { bytes_ += bytes.substr(0, room()); }

    bool exceeded() const {
        return max_bytes_ < 0 || bytes_.size() > static_cast<std::size_t>(max_bytes_);
    }
    std::string take() { return std::move(bytes_); }

  private:
    std::int64_t max_bytes_;
    std::string bytes_;
};

}  // namespace assay::judge
