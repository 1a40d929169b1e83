// Where a report goes: a file, standard output, or a descriptor that the caller opened.
//
// It is opened before the work begins, so that a path that cannot be written is told at once, and
// what is opened is the caller's file even if the program renames things meanwhile. The report
// itself is never lost: what cannot be written to its place goes to stderr.
#pragma once

#include <string>
#include <string_view>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::report {

class Destination {
  public:
    // "" is nowhere, "-" standard output, "fd:3" descriptor 3, anything else a path. `option` is
    // for messages. An error is a usage error; a path that cannot be opened is told by write().
    static Result<Destination> open(const std::string& where, std::string_view option);

    bool wanted() const { return wanted_; }
    // False when the text went to stderr instead, with the reason before it.
    bool write(std::string_view text);

  private:
    bool wanted_ = false;
    std::string name_;
    posix::UniqueFd file_;
    std::string failure_;
};

}  // namespace assay::report
