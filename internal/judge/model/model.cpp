#include "internal/judge/model/model.hpp"

#include <array>
#include <cstddef>

namespace assay::judge {

std::string_view name_of(Status status) {
    static constexpr std::array<std::string_view, 14> kNames = {
        "Invalid",
        "Accepted",
        "Wrong Answer",
        "Partially Correct",
        "Memory Limit Exceeded",
        "Time Limit Exceeded",
        "Output Limit Exceeded",
        "File Error",
        "Nonzero Exit Status",
        "Signalled",
        "Dangerous Syscall",
        "Judgement Failed",
        "Invalid Interaction",
        "Internal Error",
    };
    return kNames.at(static_cast<std::size_t>(status));
}

std::string_view name_of(FileErrorType type) {
    static constexpr std::array<std::string_view, 11> kNames = {
        "CopyInOpenFile",      "CopyInCreateDir",   "CopyInCreateFile",
        "CopyInCopyContent",   "CopyOutOpen",       "CopyOutNotRegularFile",
        "CopyOutSizeExceeded", "CopyOutCreateFile", "CopyOutCopyContent",
        "CollectSizeExceeded", "Symlink",
    };
    return kNames.at(static_cast<std::size_t>(type));
}

Result<void> check_command_count(std::size_t count) {
    if (count <= kMaxCommands) return {};
    return usage_error("too many commands: " + std::to_string(count) + " (at most " +
                       std::to_string(kMaxCommands) + ")");
}

}  // namespace assay::judge
