// The exit codes of assay, in one place. Every man page lists them.
#pragma once

#include "pkg/result/result.hpp"

namespace assay::app {

enum ExitCode : int {
    kExitDone = 0,
    kExitFailed = 1,       // the thing under test failed: threshold missed, wrong answer
    kExitUsage = 2,        // a flag, a setting, a file named by the user
    kExitUnsupported = 3,  // this host cannot: no privilege, no cgroup
    kExitInternal = 4,
    kExitInterrupted = 130,  // SIGINT
    kExitTerminated = 143,   // SIGTERM
};

// `assay run` stands in for its program, whose own code passes through. So everything that is
// assay's own failure, bad usage included, is kRunFailed: a 2 would be taken for the program's.
enum RunExitCode : int {
    kRunMemoryLimit = 121,
    kRunOutputLimit = 122,
    kRunForbiddenCall = 123,
    kRunTimeLimit = 124,
    kRunFailed = 125,
    kRunCannotExecute = 126,
    kRunNotFound = 127,
    kRunSignalBase = 128,  // 128+N: killed by signal N
};

// For all commands but `run`. A system call that failed is internal: what the user caused is
// reported as usage.
constexpr ExitCode exit_code(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::kUsage:
            return kExitUsage;
        case ErrorKind::kUnsupported:
            return kExitUnsupported;
        case ErrorKind::kSystem:
        case ErrorKind::kInternal:
            break;
    }
    return kExitInternal;
}

}  // namespace assay::app
