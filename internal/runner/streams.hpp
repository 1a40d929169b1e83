// The caller's descriptors for a job, from the settings.
#pragma once

#include <string>

#include "internal/runner/job.hpp"
#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::runner {

// Keeps what it opened open for as long as the job runs.
class OpenedStreams {
  public:
    // Empty names leave descriptors 0, 1 and 2 in place. Errors are usage errors that name the
    // file.
    static Result<OpenedStreams> open(const std::string& stdin_file, const std::string& stdout_file,
                                      const std::string& stderr_file);

    void apply(Streams& streams) const;

  private:
    posix::UniqueFd stdin_;
    posix::UniqueFd stdout_;
    posix::UniqueFd stderr_;
};

}  // namespace assay::runner
