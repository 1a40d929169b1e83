// Telling others that the daemon serves, or is about to stop: the line for people and scripts, the
// descriptor that a test waits on, and systemd's notification socket (sd_notify(3), spoken here
// without its library).
//
// Failures are ignored: nobody who listens is no reason not to serve.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace assay::judge {

// Writes `lines` to the descriptor and closes it.
void tell_descriptor(std::optional<int> descriptor, std::string_view lines);

// Sends "READY=1", "STOPPING=1" or the like to $NOTIFY_SOCKET, if there is one.
void tell_service_manager(const std::string& state);

}  // namespace assay::judge
