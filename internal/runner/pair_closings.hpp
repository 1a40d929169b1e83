// Which end of the pipes between two programs was closed when, without standing between them.
//
// inotify on a pipe tells when the last descriptor of its writing or its reading end goes away,
// whichever process held it, and one queue keeps the order over both pipes. Rejected: holding an
// end ourselves (a held reading end keeps the writer from its EPIPE, a held writing end the reader
// from its end of file); asking the exit order alone (a program may close an end and live on).
//
// Source: inotify(7), IN_CLOSE_WRITE and IN_CLOSE_NOWRITE.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::runner {

enum class Side { kProgram, kInteractor };

std::string_view word(Side side);  // "program" "interactor"
Side other(Side side);

enum class End { kInput, kOutput };

struct Closing {
    Side side = Side::kProgram;
    End end = End::kInput;

    bool operator==(const Closing&) const = default;
};

class ClosingWatch {
  public:
    static Result<ClosingWatch> create();

    // pipe: either end. Its writing end is the side's output, its reading end the side's input; an
    // end that is ours is not watched.
    Result<void> watch_output(int pipe, Side writer);
    Result<void> watch_input(int pipe, Side reader);

    // What was closed since the last call, in order.
    std::vector<Closing> take();

  private:
    explicit ClosingWatch(posix::UniqueFd queue);
    Result<int> add(int pipe, unsigned mask);

    posix::UniqueFd queue_;
    std::map<int, Side> writers_;  // by watch descriptor: one per pipe
    std::map<int, Side> readers_;
};

}  // namespace assay::runner
