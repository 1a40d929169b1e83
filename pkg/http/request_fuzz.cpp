// The bytes of a connection, in one piece and in small pieces, give the same request. The first
// byte says how small.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "pkg/http/http_date.hpp"
#include "pkg/http/ranges.hpp"
#include "pkg/http/request_parser.hpp"

namespace {

using assay::http::RequestParser;

struct Outcome {
    RequestParser::State state = RequestParser::State::kHead;
    std::string text;
};

Outcome parse(std::string_view bytes, std::size_t step) {
    RequestParser parser;
    Outcome outcome;
    const auto on_body = [&](std::string_view piece) {
        outcome.text += piece;
        return true;
    };
    std::string pending;
    bool more = true;
    while (more && parser.state() != RequestParser::State::kDone &&
           parser.state() != RequestParser::State::kError) {
        const std::size_t used = pending.empty() ? 0 : parser.feed(pending, on_body);
        if (used > pending.size()) std::abort();
        pending.erase(0, used);
        if (used > 0) continue;
        more = !bytes.empty();
        pending += bytes.substr(0, step);
        bytes.remove_prefix(std::min(step, bytes.size()));
    }
    outcome.state = parser.state();
    if (outcome.state == RequestParser::State::kDone) {
        outcome.text += "|" + parser.request().path + "|" + parser.request().query;
        for (const auto& header : parser.request().headers) {
            outcome.text += "|" + header.name + "=" + header.value;
            (void)assay::http::parse_date(header.value);
            (void)assay::http::parse_ranges(header.value, 1000);
        }
    }
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Outcome whole = parse(bytes, bytes.size() + 1);
    const Outcome pieces = parse(bytes, 1 + data[0] % 16);
    if (whole.state == RequestParser::State::kDone) {
        if (pieces.state != whole.state || pieces.text != whole.text) std::abort();
    }
    return 0;
}
