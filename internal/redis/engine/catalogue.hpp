// The commands a server knows, by name, each with what happened to it.
//
// Built once from the rows of all families. find() is on the path of every command: one hash of the
// folded name and, nearly always, one comparison.
//
// Guarded by the engine's lock, but for the names and rows, which never change.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "internal/redis/engine/command.hpp"
#include "pkg/stats/histogram.hpp"

namespace assay::redis {

// As in INFO commandstats and latencystats.
struct CommandStatistics {
    std::uint64_t calls = 0;
    std::uint64_t nanoseconds = 0;
    std::uint64_t rejected = 0;                    // before the handler: arity, rights, memory…
    std::uint64_t failed = 0;                      // the handler answered with an error
    std::unique_ptr<stats::Histogram> latency_ns;  // null until the first call
};

struct KnownCommand {
    const Command* row = nullptr;
    const KnownCommand* container = nullptr;  // of a subcommand
    std::string full_name;                    // "get", "config|set"
    CommandStatistics statistics;
    std::deque<KnownCommand> subcommands;

    // In any case of letters; null when there is none.
    KnownCommand* find(std::string_view subcommand);
};

// "ERR wrong number of arguments for 'config|set' command".
std::string wrong_arity_error(const KnownCommand& command);
// The name as HELP and errors show it: "CONFIG|SET".
std::string name_in_capitals(std::string_view name);

class Catalogue {
  public:
    // The rows live for ever.
    explicit Catalogue(std::span<const std::span<const Command>> families);
    Catalogue(const Catalogue&) = delete;
    Catalogue& operator=(const Catalogue&) = delete;

    // In any case of letters; null when there is none. Subcommands are found in their container, or
    // by "container|subcommand".
    KnownCommand* find(std::string_view name);

    std::deque<KnownCommand>& all() { return commands_; }
    const std::deque<KnownCommand>& all() const { return commands_; }
    void reset_statistics();

  private:
    std::deque<KnownCommand> commands_;
    std::vector<KnownCommand*> slots_;  // a power of two, at most half full; probed in line
};

}  // namespace assay::redis
