#include "internal/runner/compare_reader.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace assay::runner {
namespace {

Result<std::size_t> read_at(int fd, char* to, std::size_t size, std::uint64_t offset,
                            const std::string& name) {
    ssize_t count = -1;
    do {
        count = ::pread(fd, to, size, static_cast<off_t>(offset));
    } while (count < 0 && errno == EINTR);
    if (count < 0) return system_error("cannot read " + name, errno);
    return static_cast<std::size_t>(count);
}

}  // namespace

CompareReader::CompareReader(int fd, std::string name)
    : fd_(fd),
      name_(std::move(name)),
      block_(std::make_unique_for_overwrite<std::array<char, kBlockBytes>>()) {}

Result<std::string_view> CompareReader::peek() {
    if (begin_ == end_) {
        ASSAY_TRY(end_, read_at(fd_, block_->data(), kBlockBytes, place_.offset, name_));
        begin_ = 0;
    }
    return std::string_view(block_->data() + begin_, end_ - begin_);
}

void CompareReader::advance(std::size_t count) {
    const std::string_view passed(block_->data() + begin_, count);
    const std::size_t newline = passed.rfind('\n');
    if (newline == passed.npos) {
        place_.column += count;
    } else {
        place_.line += static_cast<std::uint64_t>(std::count(passed.begin(), passed.end(), '\n'));
        place_.column = count - newline;
    }
    place_.offset += count;
    begin_ += count;
}

Result<std::string> CompareReader::excerpt(std::uint64_t offset, std::size_t length) const {
    std::string text(length, '\0');
    ASSAY_TRY(const std::size_t count, read_at(fd_, text.data(), length, offset, name_));
    text.resize(count);
    return text;
}

}  // namespace assay::runner
