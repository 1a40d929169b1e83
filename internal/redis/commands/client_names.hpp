// What clients say about themselves and what is said about them: CLIENT SETNAME, CLIENT LIST.
#pragma once

#include <string>
#include <string_view>

#include "internal/redis/engine/call.hpp"

namespace assay::redis::commands {

// Whether a text has neither spaces nor line ends nor other bytes that would spoil CLIENT LIST.
bool is_plain_attribute(std::string_view text);

// Names the session (an empty name: none); the error is written when the name will not do.
bool set_client_name(Call& call, std::string_view name);

// A line of CLIENT LIST, without its end.
std::string describe_client(const Call& call, const Session& session);

}  // namespace assay::redis::commands
