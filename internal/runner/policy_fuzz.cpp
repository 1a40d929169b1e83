// Any text is a policy that compiles, or one error that names the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "internal/runner/policy_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto policy = assay::runner::parse_policy(text, "policy.toml");
    if (policy) {
        if (!assay::sandbox::compile(*policy)) std::abort();
    } else if (policy.error().kind != assay::ErrorKind::kUsage ||
               policy.error().message.find("policy.toml") != 0) {
        std::abort();
    }
    return 0;
}
