// Any bytes are a request or an error with a text, and whatever a request says can be said back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "internal/judge/wire/json.hpp"

namespace assay::judge::wire {
namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

// Text that was read is valid, so it survives being written and read again.
void check_text(const std::string& text) {
    const auto again = decode_request("{\"requestId\":" + encode_string(text) + "}", {});
    require(again.has_value() && again->id == text);
}

void check(const Request& request) {
    check_text(request.id);
    for (const Command& command : request.commands) {
        for (const std::string& argument : command.arguments) check_text(argument);
        for (const auto& [name, file] : command.copy_in) {
            check_text(name);
            if (const auto* memory = std::get_if<MemoryFile>(&file)) check_text(memory->content);
        }
        for (const DescriptorFile& file : command.files) {
            require(!std::holds_alternative<StreamIn>(file));
        }
    }
}

}  // namespace
}  // namespace assay::judge::wire

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace wire = assay::judge::wire;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto request = wire::decode_request(text, {});
    if (request) {
        wire::check(*request);
    } else {
        wire::require(!request.error().message.empty());
    }
    const auto streamed = wire::decode_request(text, {.streams = true});
    wire::require(streamed.has_value() || !streamed.error().message.empty());
    const auto message = wire::decode_socket_message(text);
    wire::require(message.has_value() || !message.error().message.empty());
    (void)wire::decode_resize(text);
    const std::string written = wire::encode_string(text);
    wire::require(wire::decode_request("{\"requestId\":" + written + "}", {}).has_value());
    return 0;
}
