// The descriptors of one command: opened before it starts, collected after it has ended.
//
// Contents become sealed memory files, host and cached files are opened read-only, collectors are
// files in the working directory or pipes, streams are pipes; of a command with a terminal all that
// could be a terminal is one.
//
// The text of an error is the answer to the whole request, as clients know it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "internal/judge/execute/capture.hpp"
#include "internal/judge/execute/pump.hpp"
#include "internal/judge/execute/run_control.hpp"
#include "internal/judge/execute/worker_pool.hpp"
#include "internal/judge/model/model.hpp"
#include "internal/judge/store/file_store.hpp"
#include "pkg/posix/files.hpp"
#include "pkg/posix/unique_fd.hpp"
#include "pkg/result/result.hpp"
#include "pkg/sandbox/slot.hpp"

namespace assay::judge {

// More descriptors than a program can have open are no descriptors of a command.
std::size_t max_descriptors(const PoolOptions& options);

// What a collector that comes through a pipe keeps at most, whatever the client says: as much as
// one that is a file can have, and as an answer can hold, so that no program can fill the server's
// memory.
std::int64_t max_collected_bytes(const PoolOptions& options);

// A pipe whose ends a program, which has a uid of its own, can open again as /proc/self/fd/N.
Result<posix::Pipe> make_program_pipe();

// The cached files that a command reads, opened before anything is made for it. Each is in the
// place of the file that names it; the other places are empty.
struct CachedInputs {
    std::vector<posix::UniqueFd> files;
    std::vector<posix::UniqueFd> copy_in;
};
Result<CachedInputs> open_cached(const Command& command, FileStore& store);

// A collector that is a file of the slot.
struct FileCollector {
    std::string name;
    std::int64_t max_bytes = 0;
    posix::UniqueFd reader;
};

// A collector, or a pipe mapping's copy, that comes through a pipe or a terminal.
struct PipeCollector {
    std::string name;
    std::shared_ptr<Capture> capture;
    bool may_not_exceed = true;
};

struct StreamOutput {
    std::size_t fd = 0;
    posix::UniqueFd reader;
};

struct CommandFiles {
    std::vector<int> descriptors;        // of the program; -1: a hole
    std::vector<posix::UniqueFd> owned;  // what they are; to be closed when it has them
    std::vector<FileCollector> file_collectors;
    std::vector<PipeCollector> pipe_collectors;
    std::vector<StreamOutput> outputs;
    std::vector<std::unique_ptr<Pump>> pumps;

    // Makes it the program's, at `fd`.
    void place(std::size_t fd, posix::UniqueFd file);
};

class FilePreparation {
  public:
    // All are borrowed.
    FilePreparation(const Command& command, std::size_t index, const sandbox::Slot& slot,
                    RunControl& control, const PoolOptions& options, SharedRoom captures);

    // `cached` gives away its files; a slot for `count` descriptors is made at least.
    Result<CommandFiles> prepare(CachedInputs& cached, std::size_t count);

  private:
    Result<void> prepare_plain(CachedInputs& cached);
    Result<void> prepare_terminal(CachedInputs& cached);
    Result<void> place_local(std::size_t fd, const LocalFile& file);
    Result<void> place_memory(std::size_t fd, const MemoryFile& file);
    Result<void> place_collector(std::size_t fd, const Collector& file);
    Result<void> place_file_collector(std::size_t fd, const Collector& file);
    Result<void> place_pipe_collector(std::size_t fd, const Collector& file);
    Result<void> place_stream_in(std::size_t fd);
    Result<void> place_stream_out(std::size_t fd);
    std::shared_ptr<Capture> make_capture(const Collector& file) const;

    const Command& command_;
    std::size_t index_;
    const sandbox::Slot& slot_;
    RunControl& control_;
    const PoolOptions& options_;
    SharedRoom captures_;
    CommandFiles files_;
    std::vector<std::pair<std::string, int>> collectors_;  // name and descriptor of those made
};

}  // namespace assay::judge
