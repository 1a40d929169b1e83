// The settings of `assay serve-judge`, and the daemon that they describe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "internal/judge/serve/daemon.hpp"
#include "pkg/flags/flags.hpp"
#include "pkg/result/result.hpp"
#include "pkg/units/units.hpp"

namespace assay::app {

// As the user wrote them; the initial values are the defaults. Names are go-judge's.
struct ServeJudgeOptions {
    // In a container of its own, as process 1, a server that only hears itself is of no use.
    ServeJudgeOptions();

    std::string http_addr = "localhost:5050";
    std::string monitor_addr = "localhost:5052";
    std::string auth_token;
    std::optional<units::Bytes> body_limit;
    bool enable_metrics = false;

    std::optional<units::Count> parallelism;
    units::Count pre_fork{1};
    std::vector<std::string> cpuset;
    bool enable_cpu_rate = false;
    std::chrono::nanoseconds cpu_cfs_period = std::chrono::milliseconds(100);
    std::chrono::nanoseconds time_limit_checker_interval = std::chrono::milliseconds(100);
    units::Bytes extra_memory_limit{16u << 10};
    units::Bytes output_limit{256u << 20};
    units::Bytes copy_out_limit{256u << 20};
    units::Count open_file_limit{256};

    std::string dir;
    std::chrono::nanoseconds file_timeout{0};
    std::vector<std::string> src_prefix;
    bool compat_copyin = false;

    std::string mount_conf = "mount.yaml";
    std::string tmp_fs_param = "size=128m,nr_inodes=4k";
    std::string seccomp_conf = "seccomp.yaml";
    bool net_share = false;
    units::Count container_cred_start{0};
    std::string cgroup_prefix = "gojudge";
    bool no_fallback = false;

    std::optional<units::Count> ready_fd;
    std::chrono::nanoseconds drain_timeout = std::chrono::seconds(3);
    std::string log_format = "text";
    bool release = false;
    bool silent = false;
    bool print_systemd_unit = false;
    bool version = false;

    // Accepted, so that a command line of go-judge's works.
    bool enable_grpc = false;
    bool enable_debug = false;
    std::string grpc_addr = "localhost:5051";
    units::Bytes grpc_msg_size{64u << 20};
    std::string container_init_path;
    units::Bytes force_gc_target{20u << 20};
    std::chrono::nanoseconds force_gc_interval = std::chrono::seconds(5);
};

void declare_serve_judge_options(flags::Settings& settings, ServeJudgeOptions& options);

struct DaemonPlan {
    judge::DaemonOptions daemon;
    std::vector<std::string> notes;  // for the log
};

// Reads the mount and policy files. Errors are usage errors that name the option, or the file with
// line and column; gRPC is unsupported.
Result<DaemonPlan> make_daemon_plan(const ServeJudgeOptions& options);

}  // namespace assay::app
