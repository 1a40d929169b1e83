// The settings of `assay run`, and the job that they describe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "internal/runner/job.hpp"
#include "pkg/flags/flags.hpp"
#include "pkg/result/result.hpp"
#include "pkg/units/units.hpp"

namespace assay::app {

// As the user wrote them; the initial values are the defaults.
struct RunOptions {
    std::optional<std::chrono::nanoseconds> cpu_limit;
    std::optional<std::chrono::nanoseconds> wall_limit;
    std::chrono::nanoseconds extra_time{0};
    std::optional<units::Bytes> memory_limit;
    std::optional<units::Bytes> stack_limit;
    std::optional<units::Count> process_limit;
    std::optional<units::Bytes> file_size_limit;
    std::optional<units::Bytes> output_limit;
    std::optional<units::Count> open_files;
    units::Bytes disk_limit{std::uint64_t{1} << 30};
    units::Count inode_limit{200'000};
    std::optional<units::Bytes> address_space_limit;
    std::optional<double> cpu_rate;
    std::string cpu_set;

    std::vector<std::string> bind;
    std::vector<std::string> tmpfs;
    std::string rootfs;
    std::string workdir;
    bool writable = false;
    std::vector<std::string> copy_in;
    std::vector<std::string> copy_out;

    std::vector<std::string> env;
    bool clear_env = false;
    std::string hostname = "assay";
    std::string user;
    std::string net = "none";
    std::string seccomp = "default";
    std::string trace_syscalls;
    std::string require;

    std::string stdin_file;
    std::string stdout_file;
    std::string stderr_file;
    bool tty = false;

    bool summary = false;
    std::string json;
    std::string meta;

    std::string interact;
    std::string transcript;
    std::string cases;
    std::string compare = "tokens";
    std::string compile;
    bool fail_fast = false;
    units::Count jobs{1};
    std::string junit;
    units::Count repeat{1};
    units::Count warmup{0};

    std::vector<std::string> program;
};

void declare_run_options(flags::Settings& settings, RunOptions& options);

// The job without its streams, which are the caller's descriptors 0, 1 and 2. Reads the policy file
// when one is named. Errors are usage errors that name the option.
Result<runner::Job> make_job(const RunOptions& options, const char* const* environment);

}  // namespace assay::app
