// What the caller and the init of a box say to each other: fixed-size records over a SOCK_SEQPACKET
// pair, with descriptors beside them (unix(7), SCM_RIGHTS). Both ends are the same program, so the
// record is a plain struct. The program never has an end of this socket.
//
//   caller -> init   kGo (uid maps are written; + mount sources, when the caller clones them)
//                    kRun (+ descriptors to join the control groups by)
//                    kKill (end the program now)
//   init -> caller   kNote, any number of times
//                    kFailed (set-up failed), or kStarted (+ root, pty)
//                    kExited
// After kFailed and kExited the init waits for the socket to close.
#pragma once

#include <sys/resource.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::sandbox {

enum class Word : std::uint32_t { kGo, kRun, kKill, kNote, kFailed, kStarted, kExited };

struct Record {
    Word word = Word::kGo;
    ErrorKind error_kind = ErrorKind::kSystem;
    std::int32_t error_number = 0;
    std::int32_t wait_status = 0;
    std::int64_t time_ns = 0;  // CLOCK_MONOTONIC of the exec (kStarted), wall time (kExited)
    std::uint64_t leftover_processes = 0;
    rusage usage{};
    rusage tree_usage{};
    std::array<char, 512> text{};  // NUL-terminated message of kNote and kFailed, cut if longer
    std::array<char, 256> remedy{};
};

inline constexpr std::size_t kMaxDescriptors = 250;

struct Received {
    Record record;
    std::vector<posix::UniqueFd> descriptors;
};

Record text_record(Word word, const Error& error);
Error error_of(const Record& record);

Result<void> send_record(int socket, const Record& record, std::span<const int> descriptors = {});
// Blocks. An error of kind kInternal when the other side is gone.
Result<Received> receive_record(int socket);

}  // namespace assay::sandbox
