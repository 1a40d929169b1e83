// The current directory as --compile sees it: what is there can be read, what is built stays
// private.
//
// A compile step expects to write beside the sources (`g++ -o sol sol.cpp`), but what it makes of
// hostile sources must not touch the caller's files. So programs see, at the current directory's
// own path, a private directory: copies of its regular files (a stale ./sol can be built anew), its
// symbolic links, and its subdirectories as read-only mounts. The compile step may write there, the
// runs after it only read. It needs nothing but bind mounts, so it works without privilege and in
// containers.
//
// Rejected: the current directory writable (a hostile source would overwrite the tests); an overlay
// (its upper layer cannot lie on an overlay, which is what /tmp is in a container).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "internal/runner/job.hpp"
#include "internal/runner/scratch.hpp"
#include "pkg/result/result.hpp"

namespace assay::runner {

// What is longer than this is mounted instead of copied, and cannot be built anew.
inline constexpr std::uint64_t kMaxCopiedFileBytes = std::uint64_t{16} << 20;
inline constexpr std::size_t kMaxMountedEntries = 1000;

class BuildDirectory {
  public:
    // Copies of `source`, an absolute path, made in `directory`, which must exist and is the
    // caller's. Paths in `hidden` are left out. A source with more than kMaxMountedEntries
    // subdirectories is a usage error; the remedy is --writable.
    static Result<BuildDirectory> create(const std::string& source, const std::string& directory,
                                         const std::vector<std::string>& hidden);

    // Shows it in place of the current directory.
    void show(Files& files, bool writable) const;

  private:
    BuildDirectory(std::string source, std::string directory);
    Result<void> take_over(const std::string& name);
    Result<void> mount(const std::string& name, bool directory);

    std::string source_;
    std::string directory_;
    std::vector<std::string> mounted_;  // names in source_
};

}  // namespace assay::runner
