// One line on a terminal that says how far long work is; nothing at all elsewhere.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace assay::runner {

struct Advance {
    std::size_t done = 0;
    std::size_t total = 0;
    std::size_t failed = 0;
    std::chrono::nanoseconds elapsed{0};
};

// "12/40 cases, 2 failed, about 3.10 s left", at most `columns` wide. The estimate is there from
// the first end on.
std::string progress_line(const Advance& advance, const std::string& things, std::size_t columns);

class Progress {
  public:
    // Shows on the descriptor (borrowed) only when it is a terminal and `wanted`.
    Progress(int fd, bool wanted, std::string things);
    ~Progress();  // clears the line
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // Draws at most ten times a second.
    void update(const Advance& advance);
    void clear();

  private:
    int fd_;
    bool shown_ = false;
    bool wanted_;
    std::string things_;
    std::chrono::steady_clock::time_point next_draw_;
};

}  // namespace assay::runner
