// An interactive problem: the tested program and an interactor, each in a box, joined by pipes both
// ways.
//
// The program's stdout is the interactor's stdin and the other way round. Without a transcript the
// pipes are direct, so a message costs one switch between the two; with one, each direction is
// relayed through the supervisor, which holds at most a block per direction and reads on only when
// the other side took it: back-pressure as in a pipe. (So there is more room in between: two
// programs that stall by filling their pipes stall later with a transcript than without.)
//
// Who closed which end first is read from inotify on the pipes (pair_closings.hpp), with and
// without a relay.
//
// The verdict. A limit that the program passed decides. Else a program that failed by itself (a
// signal, a non-zero code) before the interactor ended has its own verdict. Else the interactor
// decides, in testlib's codes: 0 right (a SIGPIPE of a program that wrote on is forgiven), 1 and 2
// wrong. An interactor that dies of SIGPIPE was left alone: wrong too. Any other end of it is a
// failure of the set-up: internal.
#pragma once

#include <linux/filter.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "internal/runner/job.hpp"
#include "internal/runner/outcome.hpp"
#include "internal/runner/pair_closings.hpp"
#include "internal/runner/supervisor.hpp"
#include "pkg/result/result.hpp"

namespace assay::runner {

// How much longer than the program the interactor may live: where both wait for each other, the
// program's limit fires, and an interactor alive then has its share in the stall.
inline constexpr std::chrono::nanoseconds kInteractorGrace = std::chrono::seconds(1);

struct PairOptions {
    std::vector<std::string> interactor;    // words
    std::string transcript;                 // file; empty: none
    std::vector<sock_filter> tool_seccomp;  // for the interactor
};

struct PairReport {
    std::vector<std::string> command;
    std::vector<std::string> interactor_command;
    Limits limits;             // the program's
    Limits interactor_limits;  // a tool's (tool.hpp), with the program's wall limit and grace
    Outcome program;
    Outcome interactor;
    std::vector<Closing> closings;  // in order; empty where the host offers no inotify
    std::string transcript;
    std::string transcript_error;  // why it is not complete, empty when it is
    int interrupted = 0;           // the signal
};

enum class PairVerdict { kProgram, kWrong, kOk, kInteractorFailed };

// Which of the rules above decides; kProgram: the program's own verdict.
PairVerdict judge_pair(const PairReport& report);

// "ok", "wrong", "internal", or the word of the program's verdict.
std::string_view word(const PairReport& report);

// 0 right, 1 wrong, the program's code as in a single run, 125 when the interactor failed.
int exit_code_of(const PairReport& report);

// By the times of their ends; where these lie closer together than they are exact, by who was
// first to close an end of a pipe.
inline constexpr std::chrono::nanoseconds kEndPrecision = std::chrono::milliseconds(20);
Side first_to_end(const PairReport& report);

// The program passed its wall limit while the interactor was alive: a stall that names both.
bool both_stalled(const PairReport& report);

// The side that closed its input while the other, which came to harm, still had its output open;
// empty when nobody was harmed, or when it was a limit that ended the one who closed.
std::optional<Side> broke_pipe(const PairReport& report);

// Errors: the job is misspelt, the transcript cannot be written, the host has no room. The
// prototype's stdin and stdout are not used; both sides write to its stderr.
Result<PairReport> run_pair(Supervisor& supervisor, const PairOptions& options,
                            const Job& prototype);

}  // namespace assay::runner
