#include "pkg/http/multipart.hpp"

#include <algorithm>

#include "pkg/http/media_type.hpp"
#include "pkg/http/message.hpp"

namespace assay::http {
namespace {

constexpr std::size_t kMaxBoundary = 70;  // RFC 2046, 5.1.1

// A delimiter's line may end in spaces; so many are taken for one.
constexpr std::size_t kMaxPadding = 64;

std::string last_path_element(std::string_view path) {
    path = path.substr(0, path.find_last_not_of('/') + 1);
    const std::size_t slash = path.rfind('/');
    return std::string(slash == path.npos ? path : path.substr(slash + 1));
}

}  // namespace

MultipartParser::MultipartParser(std::string_view boundary, PartReceiver& receiver)
    : delimiter_("\r\n--" + std::string(boundary)), receiver_(receiver), buffer_("\r\n") {}

void MultipartParser::feed(std::string_view bytes) {
    if (done() || failed()) return;
    buffer_ += bytes;
    while (step()) {
    }
    buffer_.erase(0, used_);
    used_ = 0;
    if (done() || failed()) buffer_ = {};
}

// True: something was done, and there may be more to do.
bool MultipartParser::step() {
    switch (state_) {
        case State::kPreamble:
            return find_first_delimiter();
        case State::kDelimiter:
            return read_delimiter_end();
        case State::kHead:
            return read_head();
        case State::kEmptyLine:
            return read_empty_line();
        case State::kData:
            return read_data();
        case State::kDone:
        case State::kFailed:
            break;
    }
    return false;
}

// The line break before the first delimiter was put into the buffer by the constructor.
bool MultipartParser::find_first_delimiter() {
    const std::size_t at = buffer_.find(delimiter_, used_);
    if (at == std::string::npos) {
        const std::size_t keep = std::min(buffer_.size() - used_, delimiter_.size() - 1);
        used_ = buffer_.size() - keep;
        return false;
    }
    used_ = at;
    state_ = State::kDelimiter;
    return true;
}

// used_ is at a delimiter. What follows tells whether it is one, or data that looks like it.
bool MultipartParser::read_delimiter_end() {
    const std::string_view rest = std::string_view(buffer_).substr(used_ + delimiter_.size());
    if (rest.starts_with("--")) {
        if (parts_ > 0) receiver_.end_part();
        state_ = State::kDone;
        return false;
    }
    const std::size_t padding = std::min(rest.find_first_not_of(" \t"), rest.size());
    const std::string_view end = rest.substr(padding, 2);
    if (padding <= kMaxPadding && end == "\r\n") {
        if (parts_ > 0) receiver_.end_part();
        used_ += delimiter_.size() + padding + 2;
        state_ = ++parts_ > kMaxParts ? State::kFailed : State::kHead;
        return true;
    }
    const bool undecided =
        padding <= kMaxPadding && (end.empty() || end == "\r" || (padding == 0 && end == "-"));
    if (undecided) return false;
    if (parts_ == 0) {
        used_ += delimiter_.size();
        state_ = State::kPreamble;
    } else {
        emit(delimiter_.size());
        state_ = State::kData;
    }
    return true;
}

bool MultipartParser::read_head() {
    const std::string_view rest = std::string_view(buffer_).substr(used_);
    if (rest.starts_with("\r\n")) {  // no fields at all
        state_ = State::kFailed;
        return false;
    }
    const std::size_t end = rest.find("\r\n\r\n");
    if (std::min(end, rest.size()) > kMaxPartHead) state_ = State::kFailed;
    if (end == rest.npos || failed()) return false;
    if (!take_head(rest.substr(0, end + 2))) {
        state_ = State::kFailed;
        return false;
    }
    used_ += end + 2;
    state_ = State::kEmptyLine;
    return true;
}

bool MultipartParser::take_head(std::string_view head) {
    Part part;
    bool known = false;
    while (!head.empty()) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(line.size() + 2);
        const std::size_t colon = line.find(':');
        if (colon == line.npos) return false;
        if (!equal_names(line.substr(0, colon), "Content-Disposition")) continue;
        const auto disposition = parse_media_type(line.substr(colon + 1));
        if (!disposition || disposition->type != "form-data") return false;
        if (const auto* name = disposition->parameter("name")) part.name = *name;
        if (const auto* name = disposition->parameter("filename")) {
            part.filename = last_path_element(*name);
        }
        known = true;
    }
    if (known) receiver_.begin_part(part);
    return known;
}

// The empty line behind a head may be the line break of the next delimiter: a part without data.
bool MultipartParser::read_empty_line() {
    const std::string_view rest = std::string_view(buffer_).substr(used_);
    if (rest.starts_with(delimiter_)) {
        state_ = State::kDelimiter;
        return true;
    }
    if (std::string_view(delimiter_).starts_with(rest)) return false;
    used_ += 2;
    state_ = State::kData;
    return true;
}

bool MultipartParser::read_data() {
    const std::size_t at = buffer_.find(delimiter_, used_);
    if (at != std::string::npos) {
        emit(at - used_);
        state_ = State::kDelimiter;
        return true;
    }
    const std::size_t left = buffer_.size() - used_;
    emit(left - std::min(left, delimiter_.size() - 1));
    return false;
}

void MultipartParser::emit(std::size_t count) {
    if (count > 0) receiver_.part_data(std::string_view(buffer_).substr(used_, count));
    used_ += count;
}

std::optional<std::string> multipart_boundary(std::string_view content_type) {
    const auto media = parse_media_type(content_type);
    if (!media || media->type != "multipart/form-data") return std::nullopt;
    const std::string* boundary = media->parameter("boundary");
    if (boundary == nullptr || boundary->empty() || boundary->size() > kMaxBoundary) {
        return std::nullopt;
    }
    return *boundary;
}

}  // namespace assay::http
