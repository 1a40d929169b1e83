// What a judge is asked and what it answers, free of any wire format.
//
// One Request is a group of commands that start together, joined by pipes where asked. The JSON of
// /run, /ws and /stream (internal/judge/wire) and later formats are converted to and from these
// types; the executor knows nothing else. Names follow the published interface of go-judge where
// users see them.
//
// Plain values; no invariants beyond those told here. Limits are taken literally: zero is zero.
// Every command of a request takes a slot of the host, so their number has a limit, which whoever
// reads requests checks first.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pkg/result/result.hpp"

namespace assay::judge {

// The numbers are those of go-judge's StatusType.
enum class Status {
    kInvalid = 0,
    kAccepted = 1,
    kWrongAnswer = 2,
    kPartiallyCorrect = 3,
    kMemoryLimitExceeded = 4,
    kTimeLimitExceeded = 5,
    kOutputLimitExceeded = 6,
    kFileError = 7,
    kNonzeroExitStatus = 8,
    kSignalled = 9,
    kDangerousSyscall = 10,
    kJudgementFailed = 11,
    kInvalidInteraction = 12,
    kInternalError = 13,
};
std::string_view name_of(Status status);  // "Time Limit Exceeded"

enum class FileErrorType {
    kCopyInOpenFile,
    kCopyInCreateDir,
    kCopyInCreateFile,
    kCopyInCopyContent,
    kCopyOutOpen,
    kCopyOutNotRegularFile,
    kCopyOutSizeExceeded,
    kCopyOutCreateFile,
    kCopyOutCopyContent,
    kCollectSizeExceeded,
    kSymlink,
};
std::string_view name_of(FileErrorType type);  // "CopyInOpenFile"

// Where the bytes of a descriptor or of a copied-in file come from or go to.
struct LocalFile {
    std::string path;  // on the host
};
struct MemoryFile {
    std::string content;
};
struct CachedFile {
    std::string id;  // in the file store
};
struct Collector {
    std::string name;
    std::int64_t max_bytes = 0;
    bool pipe = false;  // a pipe, drained beyond the maximum; else a file in the working directory
};
struct StreamIn {};
struct StreamOut {};
struct Hole {};  // filled by a pipe mapping
using DescriptorFile =
    std::variant<Hole, LocalFile, MemoryFile, CachedFile, Collector, StreamIn, StreamOut>;

struct LinkTarget {
    std::string target;
};
using CopyInFile = std::variant<LocalFile, MemoryFile, CachedFile, LinkTarget>;

struct CopyOutFile {
    std::string name;
    bool optional = false;  // a missing file is no error
};

struct Command {
    std::vector<std::string> arguments;
    std::vector<std::string> environment;
    std::vector<DescriptorFile> files;
    bool terminal = false;
    std::chrono::nanoseconds cpu_limit{0};
    std::chrono::nanoseconds clock_limit{0};  // 0: the same as cpu_limit
    std::uint64_t memory_limit_bytes = 0;
    std::uint64_t stack_limit_bytes = 0;  // 0: inherited
    std::uint64_t process_limit = 0;
    std::uint64_t cpu_rate_permille = 0;  // 1000: one CPU; 0: none
    std::string cpu_set;                  // list; empty: the worker's
    bool limit_data_segment = false;
    bool limit_address_space = false;
    std::vector<std::pair<std::string, CopyInFile>> copy_in;  // in the order of the keys
    std::vector<CopyOutFile> copy_out;
    std::vector<CopyOutFile> copy_out_cached;
    std::uint64_t copy_out_max_bytes = 0;  // 0: the server's
    bool copy_out_truncate = false;
};

// Far more than any problem has: an interactor and its players are a handful.
inline constexpr std::size_t kMaxCommands = 64;
// The error is the answer to the client: "too many commands: 65 (at most 64)".
Result<void> check_command_count(std::size_t count);

struct PipeEnd {
    std::int64_t index = 0;  // of the command
    std::int64_t fd = 0;
};
struct PipeMapping {
    PipeEnd in;   // the command that writes
    PipeEnd out;  // the command that reads
    std::string name;
    std::int64_t max_bytes = 0;
    bool proxy = false;
    bool disable_zero_copy = false;
};

struct Request {
    std::string id;
    std::vector<Command> commands;
    std::vector<PipeMapping> pipes;
};

struct FileError {
    std::string name;
    FileErrorType type = FileErrorType::kCopyInOpenFile;
    std::string message;
};

struct CommandResult {
    Status status = Status::kInvalid;
    int exit_status = 0;  // or the signal's number
    std::string error;
    std::chrono::nanoseconds time{0};  // CPU
    std::uint64_t memory_bytes = 0;
    std::chrono::nanoseconds run_time{0};  // wall
    std::uint64_t process_peak = 0;        // 0: unknown
    std::map<std::string, std::string> files;
    std::map<std::string, std::string> file_ids;
    std::vector<FileError> file_errors;
};

// Why a request was not even begun; its Response has the same in words.
enum class Refusal {
    kNone,
    kQueueFull,
    kShuttingDown,
    kCancelled,
    kUnacceptable,  // it asks for what nobody may have, as if it could not be read
};

// A request that could not be run as a whole has an error and no results.
struct Response {
    std::string request_id;
    std::vector<CommandResult> results;
    std::string error;
    Refusal refusal = Refusal::kNone;
};

}  // namespace assay::judge
