#include "pkg/resp/reply_writer.hpp"

#include <algorithm>
#include <string>

namespace assay::resp {

void ReplyWriter::line(char kind, std::string_view text) {
    char* to = out_->reserve(text.size() + 3);
    *to++ = kind;
    to = std::copy(text.begin(), text.end(), to);
    std::memcpy(to, "\r\n", 2);
    out_->commit(to + 2);
}

void ReplyWriter::error(std::string_view text) {
    constexpr std::string_view kLineEnds = "\r\n";
    text.remove_prefix(std::min(text.find_first_not_of(kLineEnds), text.size()));
    text = text.substr(0, text.find_last_not_of(kLineEnds) + 1);
    char* to = out_->reserve(text.size() + 3);
    *to++ = '-';
    to = std::transform(text.begin(), text.end(), to,
                        [](char c) { return c == '\r' || c == '\n' ? ' ' : c; });
    std::memcpy(to, "\r\n", 2);
    out_->commit(to + 2);
}

void ReplyWriter::long_bulk(std::string_view bytes) {
    head('$', bytes.size());
    raw(bytes);
    raw("\r\n");
}

void ReplyWriter::real(double value) {
    std::array<char, kMaxDoubleText> text;
    char* const end = write_double(text.data(), value);
    const std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
    resp3() ? line(',', digits) : bulk(digits);
}

void ReplyWriter::human_real(long double value) {
    const std::string digits = to_human_text(value);
    resp3() ? line(',', digits) : bulk(digits);
}

void ReplyWriter::big_number(std::string_view digits) {
    resp3() ? line('(', digits) : bulk(digits);
}

void ReplyWriter::verbatim(std::string_view text, std::string_view format) {
    if (!resp3()) return bulk(text);
    head('=', format.size() + 1 + text.size());
    raw(format);
    raw(":");
    raw(text);
    raw("\r\n");
}

ReplyWriter::Open ReplyWriter::open(char kind, std::size_t factor, std::size_t at_most) {
    return {out_->make_hole(1 + count_digits(factor * at_most) + 2), kind, factor};
}

ReplyWriter::Open ReplyWriter::open_map(std::size_t at_most) {
    return resp3() ? open('%', 1, at_most) : open('*', 2, at_most);
}

void ReplyWriter::finish(const Open& open, std::size_t count) {
    std::array<char, kMaxHead> text;
    char* const end = write_head(text.data(), open.kind, open.factor * count);
    out_->fill(open.hole, {text.data(), static_cast<std::size_t>(end - text.data())});
}

}  // namespace assay::resp
