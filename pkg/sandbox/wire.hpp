// What the caller and the init of a box say to each other: fixed-size records over a SOCK_SEQPACKET
// pair, with descriptors beside them (unix(7), SCM_RIGHTS). Both ends are the same program, so the
// record is a plain struct. The program never has an end of this socket.
//
//   caller -> init   kGo (uid maps are written; + mount sources, when the caller clones them)
//                    kRun (+ descriptors to join the control groups by)
//                    kKill (end the program now)
//   init -> caller   kNote, any number of times
//                    kFailed (set-up failed), or kStarted (+ a socket of its network, pty, root:
//                    those that it has) kExited
// After kFailed, and after kExited if the files are kept, the init waits for the socket to close.
#pragma once

#include <sys/resource.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"

namespace assay::sandbox {

enum class Word : std::uint32_t {
    kGo,
    kRun,
    kKill,
    kNote,
    kFailed,
    kStarted,
    kExited,
    // Of slots, see slot_wire.hpp.
    kReady,
    kMore,
    kRefused,
    kReset,
    kClean
};

struct Record {
    Word word = Word::kGo;
    ErrorKind error_kind = ErrorKind::kSystem;
    std::int32_t error_number = 0;
    std::int32_t wait_status = 0;
    std::uint32_t start_failure = 0;  // a StartFailure of slot.hpp
    std::int64_t time_ns = 0;         // CLOCK_MONOTONIC of the exec (kStarted), wall time (kExited)
    std::uint64_t process_limit = 0;  // of kRun: RLIMIT_NPROC, 0 for none
    std::uint64_t leftover_processes = 0;
    std::uint64_t inherited_rss_bytes = 0;
    rusage usage{};
    rusage tree_usage{};
    std::array<char, 512> text{};  // NUL-terminated message of kNote and kFailed, cut if longer
    std::array<char, 256> remedy{};
};

inline constexpr std::size_t kMaxDescriptors = 250;

// One message of a SOCK_SEQPACKET socket, as the records and the slots' orders travel.
Result<void> send_message(int socket, std::span<const iovec> parts,
                          std::span<const int> descriptors = {});
struct Message {
    std::size_t size = 0;
    std::vector<posix::UniqueFd> descriptors;
};
// Blocks, as long as the socket's SO_RCVTIMEO lets it. An error of kind kInternal when the other
// side is gone or silent.
Result<Message> receive_message(int socket, std::span<std::byte> buffer);

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
