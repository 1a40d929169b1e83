// What a command leaves behind: collectors and files of the slot, as text or in the file store.
//
// Called when every process of the slot is dead, so that nothing changes under the copy. A file is
// opened by its path inside the slot and must be a regular one in its last component: what a
// program puts there instead is never followed.
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

class CopyOut {
  public:
    // All are borrowed; copy_out_limit_bytes is for commands that do not say.
    CopyOut(const Command& command, const sandbox::Slot& slot, FileStore& store, Metrics& metrics,
            std::uint64_t copy_out_limit_bytes);

    // Fills in files, ids and file errors, and what the verdict must know of them.
    void collect(CommandFiles& files, CommandResult& result, RunFacts& facts);

  private:
    void copy(const CopyOutFile& file);
    void copy_open(const std::string& name, const posix::UniqueFd& file, std::uint64_t size);
    void collect_file(FileCollector& collector);
    void collect_pipe(PipeCollector& collector);
    bool is_cached(const std::string& name) const;
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
    std::uint64_t max_bytes_;  // of a copied file; 0: no limit
    CommandResult* result_ = nullptr;
    bool exceeded_ = false;
};

}  // namespace assay::judge
