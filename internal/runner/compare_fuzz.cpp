// Two texts and a rule from one input: comparing never fails, agrees with itself, and equal bytes
// are equal under every rule. The first byte chooses the rule, the first NUL separates the texts.
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "internal/runner/compare.hpp"
#include "pkg/posix/files.hpp"

namespace {

assay::posix::UniqueFd file_with(std::string_view text) {
    assay::posix::UniqueFd fd(::memfd_create("compare", MFD_CLOEXEC));
    if (!assay::posix::write_all(fd.get(), text, "a file in memory").has_value()) std::abort();
    return fd;
}

bool equal(const char* rule, const assay::posix::UniqueFd& a, const assay::posix::UniqueFd& b) {
    const auto comparison =
        assay::runner::compare_files(*assay::runner::parse_compare_rule(rule), a.get(), b.get());
    if (!comparison.has_value()) std::abort();
    if (!comparison->equal && (comparison->line == 0 || comparison->message.empty())) std::abort();
    return comparison->equal;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    constexpr const char* kRules[] = {"exact", "tokens", "float:1e-6"};
    const char* const rule = kRules[data[0] % 3];
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t cut = text.find('\0');
    const auto first = file_with(text.substr(0, cut));
    const auto second = file_with(cut == text.npos ? std::string_view() : text.substr(cut + 1));
    const bool forward = equal(rule, first, second);
    if (!equal(rule, first, first) || !equal(rule, second, second)) std::abort();
    if (rule != kRules[2] && forward != equal(rule, second, first)) std::abort();
    if (equal("exact", first, second) && !forward) std::abort();
    if (equal("tokens", first, second) && rule != kRules[0] && !forward) std::abort();
    return 0;
}
