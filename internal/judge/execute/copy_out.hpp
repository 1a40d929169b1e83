// What a command leaves behind: collectors and files of the slot, as text or in the file store.
//
// Called when every process of the slot is dead, so that nothing changes under the copy. A file is
// opened by its path inside the slot and must be a regular one in its last component: what a
// program puts there instead is never followed. It is opened with the program's rights: a link into
// a bind shows the client what the program could have read, and no more.
//
// Texts are in memory, with the holes of sparse files; so all of a response together have a limit.
// Files on their way to the store keep their holes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "internal/judge/execute/command_files.hpp"
#include "internal/judge/execute/verdict.hpp"
#include "internal/judge/metrics/metrics.hpp"
#include "internal/judge/model/model.hpp"
#include "internal/judge/store/file_store.hpp"
#include "pkg/sandbox/slot.hpp"

namespace assay::judge {

struct CopyOutLimits {
    std::uint64_t file_bytes;    // of a copied file, for commands that do not say; 0: none
    std::uint64_t& answer_room;  // what texts may have; they take from it
};

class CopyOut {
  public:
    // All are borrowed.
    CopyOut(const Command& command, const sandbox::Slot& slot, FileStore& store, Metrics& metrics,
            CopyOutLimits limits);

    // Fills in files, ids and file errors, and what the verdict must know of them.
    void collect(CommandFiles& files, CommandResult& result, RunFacts& facts);

  private:
    void copy(const CopyOutFile& file);
    void copy_open(const std::string& name, const posix::UniqueFd& file, std::uint64_t size);
    void collect_file(FileCollector& collector);
    void collect_pipe(PipeCollector& collector);
    bool is_cached(const std::string& name) const;
    // How much of a file can be kept under this name.
    std::uint64_t room_for(const std::string& name, std::uint64_t max_bytes) const;
    bool is_collector(const CommandFiles& files, const std::string& name) const;
    // Copies the first bytes of an open file; false: it failed, and that is told.
    bool keep(const std::string& name, const posix::UniqueFd& file, std::uint64_t max_bytes);
    bool keep_in_store(const std::string& name, const posix::UniqueFd& file,
                       std::uint64_t max_bytes);
    bool keep_text(const std::string& name, std::string text);
    bool add_to_store(const std::string& name, NewFile file);
    void exceed(const std::string& name);
    void fail(const std::string& name, FileErrorType type, std::string message);

    const Command& command_;
    const sandbox::Slot& slot_;
    FileStore& store_;
    Metrics& metrics_;
    std::uint64_t max_bytes_;     // of a copied file
    std::uint64_t& answer_room_;  // for texts, still
    CommandResult* result_ = nullptr;
    bool exceeded_ = false;
};

}  // namespace assay::judge
