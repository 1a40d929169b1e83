// What the server, the keeper and the zygotes of slots say to each other, over SOCK_SEQPACKET pairs
// that no program has an end of. All ends are the same program, so messages are plain structs.
//
//   server -> keeper   one byte: make a slot
//   keeper -> server   KeeperAnswer (+ the zygote's socket and pidfd)
//   keeper -> zygote   Record kGo: the uid maps are written
//   server -> zygote   StartHeader and text (+ descriptors), Record kKill, Record kReset
//   zygote -> server   Record kNote, any number of times, then kReady (+ root) or kFailed
//                      kStarted or kRefused; kExited; kClean or kFailed
//
// Arguments and environment of a start travel in the message up to kInlineBytes, else in a memfd;
// descriptors of more than one message in kMore messages after it.
#pragma once

#include <sched.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/slot.hpp"
#include "pkg/sandbox/wire.hpp"

namespace assay::sandbox {

struct KeeperAnswer {
    Record record;  // kReady, or kFailed and why
    pid_t pid = -1;
    Ids owner;    // host ids of root_inside
    Ids program;  // host ids of program_inside
};

inline constexpr std::size_t kInlineBytes = 64u << 10;  // well below the default send buffer
inline constexpr std::size_t kMaxProgramDescriptors = 256;
inline constexpr std::size_t kMaxLimits = 16;  // as many as there are RLIMIT_*

struct StartHeader {
    Word word = Word::kRun;
    std::uint32_t candidates = 0;  // counts of the strings in the text, in this order
    std::uint32_t arguments = 0;
    std::uint32_t environment = 0;
    std::uint32_t descriptors = 0;  // of the program, closed ones included
    std::uint32_t groups = 0;
    std::uint32_t limits = 0;
    std::uint64_t text_bytes = 0;
    bool text_in_file = false;  // its descriptor comes last
    bool look_up = false;
    bool controlling_terminal = false;
    bool has_cpus = false;
    cpu_set_t cpus{};
    std::array<bool, kMaxProgramDescriptors> closed{};
    std::array<ResourceLimit, kMaxLimits> limit{};
};

// Usage errors for what does not fit.
Result<void> send_start(int socket, const SlotProgram& program,
                        const std::vector<std::string>& candidates, bool look_up);

// A start as the zygote gets it. What the pointers point to lives as long as the order.
struct StartOrder {
    StartHeader header;
    std::vector<posix::UniqueFd> received;
    std::vector<int> descriptors;
    std::vector<int> groups;
    std::vector<char*> candidates;
    std::vector<char*> arguments;  // these two end with nullptr
    std::vector<char*> environment;

    StartOrder() = default;
    StartOrder(const StartOrder&) = delete;
    StartOrder& operator=(const StartOrder&) = delete;
    ~StartOrder();

  private:
    friend class OrderReceiver;
    void* mapping_ = nullptr;
};

// The zygote's end: keeps the buffer of the messages.
class OrderReceiver {
  public:
    explicit OrderReceiver(int socket);
    // The next order's word; with kRun, `start` is filled. An error: the server is gone.
    Result<Word> receive(StartOrder& start);

  private:
    Result<void> receive_rest(StartOrder& start);
    Result<void> unpack(StartOrder& start, std::size_t size);

    int socket_;
    std::vector<std::byte> buffer_;
};

}  // namespace assay::sandbox
