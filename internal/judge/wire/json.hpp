// The judge's types as JSON, in exactly the form that go-judge gives them.
//
// Reading behaves as Go's encoding/json: the first value of the text counts and what follows is
// ignored; unknown members are ignored; names match in any case; null leaves a member at zero; an
// integer has no fraction and no exponent; bad UTF-8 and lone surrogates become U+FFFD; nesting
// deeper than 10000 is refused. A reading error is of kind kUsage and its message is the text that
// clients get, such as "unexpected EOF", without a remedy.
//
// Writing behaves as Go's too: <, >, &, U+2028 and U+2029 are escaped, every byte that is no UTF-8
// becomes \ufffd, keys of maps are sorted, empty members are left out where go-judge does.
//
// Work is linear in the length of the text and uses no recursion along its nesting. Rejected:
// Boost.JSON (its errors do not tell what Go's texts tell, and it refuses lone surrogates and
// duplicate-name merging that clients get away with); a tree of values (the text is checked once,
// then read straight into the model).
//
// Thread-safe; nothing is shared. Source: encoding/json, and go-judge v1.12.2 on the wire.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "internal/judge/model/config_document.hpp"
#include "internal/judge/model/model.hpp"
#include "pkg/result/result.hpp"

namespace assay::judge::wire {

struct DecodeOptions {
    bool streams = false;  // streamIn and streamOut count: /stream alone
};

// A body of /run, or the JSON of message type 1 of /stream. A request without commands is no error
// here: /run refuses it with "no cmd provided", /ws answers it with no results.
Result<Request> decode_request(std::string_view text, const DecodeOptions& options);

// A message of /ws. With a cancel_id the request is to be ignored.
struct SocketMessage {
    Request request;
    std::string cancel_id;
};
Result<SocketMessage> decode_socket_message(std::string_view text);

// The JSON of message type 2 of /stream.
struct ResizeMessage {
    std::int64_t index = 0;
    std::int64_t fd = 0;
    std::uint16_t rows = 0;
    std::uint16_t columns = 0;
    std::uint16_t x_pixels = 0;
    std::uint16_t y_pixels = 0;
};
Result<ResizeMessage> decode_resize(std::string_view text);

// The answer of /run: an array and a newline.
std::string encode_results(std::span<const CommandResult> results);

// A message of /ws, and behind the type byte one of /stream: an object and a newline.
std::string encode_response(const Response& response);
// The same for a request that was not accepted at all: "results":null.
std::string encode_refusal(std::string_view request_id, std::string_view error);

// One JSON string, without a newline: error bodies, file ids.
std::string encode_string(std::string_view text);
// One JSON object, without a newline: the list of files.
std::string encode_strings(const std::map<std::string, std::string>& strings);

// GET /version.
std::string encode_version();

// GET /config.
std::string encode_config(const ConfigDocument& document);

}  // namespace assay::judge::wire
