// The bytes of replies, in one piece and in small pieces, give the same trees, and end where the
// scanner says. The first byte says how small.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "pkg/resp/reply_reader.hpp"

namespace {

using assay::resp::Reply;

// The descriptions of all replies, or of those before an error.
std::string read(std::string_view bytes, std::size_t step) {
    assay::resp::ReplyReader reader(1 << 20);
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        reader.feed(bytes.substr(at, step));
        for (;;) {
            Reply reply;
            const auto complete = reader.next(reply);
            if (!complete) return text + "failed";
            if (!*complete) break;
            text += describe(reply) + "\n";
            if (!assay::resp::parse_reply(reader.raw())) std::abort();
        }
    }
    return text;
}

std::size_t count(std::string_view bytes, std::size_t step) {
    assay::resp::ReplyScanner scanner;
    std::size_t replies = 0;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        std::string_view piece = bytes.substr(at, step);
        while (!piece.empty()) {
            piece.remove_prefix(scanner.scan(piece));
            if (scanner.failed()) return replies;
            if (scanner.complete()) ++replies;
        }
    }
    return replies;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t step = 1 + data[0] % 32;
    if (read(bytes, bytes.size() + 1) != read(bytes, step)) std::abort();
    if (count(bytes, bytes.size() + 1) != count(bytes, step)) std::abort();
    return 0;
}
