// What to run: one program, its limits, its view of the files. Built from the settings by the run
// command, by case folders and by pairs; carried out by the Supervisor.
#pragma once

#include <linux/filter.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assay::runner {

struct Limits {
    std::optional<std::chrono::nanoseconds>
        cpu;  // whole tree; usage equal to the limit is within it
    std::optional<std::chrono::nanoseconds> wall;
    std::chrono::nanoseconds extra_time{0};  // past cpu or wall before the kill
    std::optional<std::uint64_t> memory_bytes;
    std::optional<std::uint64_t> stack_bytes;
    std::optional<std::uint64_t> processes;  // and threads
    std::optional<std::uint64_t> file_size_bytes;
    std::optional<std::uint64_t> output_bytes;  // stdout and stderr together
    std::optional<std::uint64_t> open_files;
    std::optional<std::uint64_t> disk_bytes;  // each writable tmpfs
    std::optional<std::uint64_t> inodes;
    std::optional<std::uint64_t> address_space_bytes;
    std::optional<double> cpu_rate;  // CPUs
    std::string cpu_set;             // "0-1,3"
};

struct Bind {
    std::string source;
    std::string destination;
    bool writable = false;
};

struct Tmpfs {
    std::string destination;
    std::optional<std::uint64_t> size_bytes;
};

struct Copy {
    std::string source;
    std::string destination;
};

struct Files {
    std::string current_directory;  // shown at its own path
    bool current_directory_writable = false;
    std::string rootfs;  // empty: the host's system directories
    std::string working_directory;
    std::vector<Bind> binds;
    std::vector<Tmpfs> tmpfs;
    std::vector<Copy> copy_in;
    std::vector<Copy> copy_out;
};

// The three streams: a descriptor borrowed from the caller (they must stay open while the job
// runs), and how they are relayed.
struct Streams {
    int stdin_fd = 0;
    int stdout_fd = 1;
    int stderr_fd = 2;
    bool terminal = false;  // give the program a pty of its own, relayed to stdin_fd and stdout_fd
};

enum class Network { kNone, kHost };

struct Job {
    std::vector<std::string> command;
    std::vector<std::string> environment;  // complete, NAME=VALUE
    Limits limits;
    Files files;
    Streams streams;
    Network network = Network::kNone;
    std::string hostname = "assay";
    std::optional<unsigned> uid;
    std::optional<unsigned> gid;
    std::vector<sock_filter> seccomp;  // empty: none
    bool seccomp_lets_write = false;   // known of the built-in ones, see sandbox::ProgramSpec
    bool trace_syscalls = false;
    bool require_cgroup = false;
};

}  // namespace assay::runner
