// The start of one file copied to the start of another, hole for hole: a program can make a file of
// any size that takes no memory, and its copies take none either.
#pragma once

#include <cstdint>
#include <functional>

namespace assay::judge {

enum class CopySide { kNone, kRead, kWrite };
struct CopyEnd {
    CopySide failed = CopySide::kNone;
    int os_error = 0;
    std::uint64_t bytes = 0;
};

// Copies at most max_bytes. Both files are at their starts, share their offsets with nobody, and
// the target is empty. `stop` is asked every MiB; when it says yes, reading fails with ECANCELED.
CopyEnd copy_bytes(int from, int to, std::uint64_t max_bytes,
                   const std::function<bool()>& stop = {});

}  // namespace assay::judge
