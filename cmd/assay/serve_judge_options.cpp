#include "cmd/assay/serve_judge_options.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <thread>

#include "internal/judge/container/container.hpp"

namespace assay::app {
namespace {

using flags::Completion;

constexpr const char* kSharedMemoryStore = "/dev/shm/go-judge";

void declare_addresses(flags::Settings& settings, ServeJudgeOptions& options) {
    constexpr std::string_view kGroup = "Addresses";
    settings.add(options.http_addr, {"http-addr", "HOST:PORT", "serve requests here", kGroup});
    settings.add(options.monitor_addr,
                 {"monitor-addr", "HOST:PORT", "serve metrics and health here", kGroup});
    settings.add(options.enable_metrics,
                 {"enable-metrics", "", "serve /metrics, /healthz and /readyz", kGroup});
    settings.add(options.auth_token,
                 {"auth-token", "TOKEN", "want 'Authorization: Bearer TOKEN'", kGroup});
    settings.add(options.body_limit, {"body-limit", "SIZE",
                                      "refuse longer bodies; on loopback none, else 256M", kGroup});
}

void declare_execution(flags::Settings& settings, ServeJudgeOptions& options) {
    constexpr std::string_view kGroup = "Execution";
    settings.add(options.parallelism,
                 {"parallelism", "N", "requests that run at a time; one per CPU", kGroup});
    settings.add(options.pre_fork, {"pre-fork", "N", "slots made at the start", kGroup});
    settings.add(options.cpuset, {.name = "cpuset",
                                  .value_name = "SET,SET…",
                                  .help = "one worker per set of CPUs, instead of --parallelism",
                                  .group = kGroup,
                                  .commas = true});
    settings.add(
        options.time_limit_checker_interval,
        {"time-limit-checker-interval", "TIME", "look at limits at least that often", kGroup});
    settings.add(options.extra_memory_limit,
                 {"extra-memory-limit", "SIZE", "memory above the limit before the kill", kGroup});
    settings.add(options.output_limit,
                 {"output-limit", "SIZE", "size of each file that a program writes", kGroup});
    settings.add(options.copy_out_limit,
                 {"copy-out-limit", "SIZE", "copyOutMax of requests without one", kGroup});
    settings.add(options.open_file_limit,
                 {"open-file-limit", "N", "descriptors of each process", kGroup});
    settings.add(options.enable_cpu_rate,
                 {"enable-cpu-rate", "", "let requests set cpuRateLimit", kGroup});
    settings.add(options.cpu_cfs_period,
                 {"cpu-cfs-period", "TIME", "period of the CPU rate", kGroup});
    settings.add(options.cgroup_prefix,
                 {"cgroup-prefix", "NAME", "name of the control groups", kGroup});
    settings.add(options.no_fallback,
                 {"no-fallback", "", "exit where there are no control groups", kGroup});
}

void declare_files(flags::Settings& settings, ServeJudgeOptions& options) {
    constexpr std::string_view kGroup = "Files";
    settings.add(options.dir, {"dir",
                               "DIR",
                               "keep files here; else in shared memory, until the end",
                               kGroup,
                               {},
                               Completion::kDirectory});
    settings.add(options.file_timeout,
                 {"file-timeout", "TIME", "remove files not used for that long; 0: never", kGroup});
    settings.add(options.src_prefix, {.name = "src-prefix",
                                      .value_name = "DIR,DIR…",
                                      .help = "where files named by src may lie; else anywhere",
                                      .group = kGroup,
                                      .completion = Completion::kDirectory,
                                      .commas = true});
    settings.add(options.compat_copyin,
                 {"compat-copyin", "", "ignore copyIn targets that cannot be opened", kGroup});
}

void declare_container(flags::Settings& settings, ServeJudgeOptions& options) {
    constexpr std::string_view kGroup = "Container";
    settings.add(options.mount_conf,
                 {"mount-conf", "FILE", "mounts, YAML or TOML", kGroup, {}, Completion::kFile});
    settings.add(options.tmp_fs_param,
                 {"tmp-fs-param", "OPTIONS", "of /w and /tmp without a mount file", kGroup});
    settings.add(options.seccomp_conf, {"seccomp-conf",
                                        "FILE|none",
                                        "system-call policy, YAML or TOML",
                                        kGroup,
                                        {},
                                        Completion::kFile});
    settings.add(options.net_share, {"net-share", "", "share the host's network", kGroup});
    settings.add(options.container_cred_start,
                 {"container-cred-start", "ID",
                  "programs are uid 1000 inside when not 0, else uid 0", kGroup});
}

void declare_service(flags::Settings& settings, ServeJudgeOptions& options) {
    constexpr std::string_view kGroup = "Log and service";
    settings.add(options.log_format,
                 {"log-format", "text|json", "form of the log", kGroup, {"text", "json"}});
    settings.add(options.release, {"release", "", "log no requests that went well", kGroup});
    settings.add(options.silent, {"silent", "", "no log", kGroup});
    settings.add(options.ready_fd,
                 {"ready-fd", "N", "write a line there when requests are served", kGroup});
    settings.add(options.drain_timeout,
                 {"drain-timeout", "TIME", "for what runs when SIGTERM comes", kGroup});
    settings.add(options.print_systemd_unit, {.name = "print-systemd-unit",
                                              .help = "print a unit for systemd and exit",
                                              .group = kGroup,
                                              .flag_only = true});
    settings.add(options.version, {.name = "version",
                                   .help = "print the version and exit",
                                   .group = kGroup,
                                   .flag_only = true});
}

void declare_ignored(flags::Settings& settings, ServeJudgeOptions& options) {
    constexpr std::string_view kGroup = "Accepted from command lines of go-judge";
    settings.add(options.enable_grpc, {"enable-grpc", "", "refused when true", kGroup});
    settings.add(options.grpc_addr, {"grpc-addr", "HOST:PORT", "without effect", kGroup});
    settings.add(options.grpc_msg_size, {"grpc-msg-size", "SIZE", "without effect", kGroup});
    settings.add(options.enable_debug, {"enable-debug", "", "without effect", kGroup});
    settings.add(options.container_init_path,
                 {"container-init-path", "FILE", "without effect", kGroup, {}, Completion::kFile});
    settings.add(options.force_gc_target, {"force-gc-target", "SIZE", "without effect", kGroup});
    settings.add(options.force_gc_interval,
                 {"force-gc-interval", "TIME", "without effect", kGroup});
}

Result<void> check(const ServeJudgeOptions& options) {
    if (options.enable_grpc) {
        return unsupported_error("gRPC is not offered",
                                 "use HTTP or WebSocket, and leave --enable-grpc out");
    }
    if (options.time_limit_checker_interval.count() <= 0) {
        return usage_error("bad value '0' for --time-limit-checker-interval: more than 0");
    }
    const auto period = options.cpu_cfs_period;
    if (period < std::chrono::milliseconds(1) || period > std::chrono::seconds(1)) {
        return usage_error("bad value for --cpu-cfs-period: the kernel wants 1ms to 1s");
    }
    constexpr std::uint64_t kMostWorkers = 4096;
    if (options.parallelism && options.parallelism->value > kMostWorkers) {
        return usage_error("bad value for --parallelism: at most 4096");
    }
    return {};
}

Result<std::optional<int>> open_ready_fd(const std::optional<units::Count>& ready_fd) {
    if (!ready_fd) return std::optional<int>();
    constexpr std::uint64_t kMost = std::numeric_limits<int>::max();
    const int fd = static_cast<int>(std::min(ready_fd->value, kMost));
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        return usage_error("bad value '" + std::to_string(ready_fd->value) +
                               "' for --ready-fd: no such descriptor is open",
                           "open it in the caller, as in 3>ready");
    }
    return std::optional<int>(fd);
}

// As go-judge: 0, or nothing, is one per CPU that this process may use.
std::size_t workers(const std::optional<units::Count>& parallelism) {
    if (parallelism && parallelism->value > 0) return parallelism->value;
    return std::max(1u, std::thread::hardware_concurrency());
}

judge::PoolOptions pool_options(const ServeJudgeOptions& options) {
    judge::PoolOptions pool;
    pool.cpu_sets = options.cpuset;
    pool.parallelism = pool.cpu_sets.empty() ? workers(options.parallelism) : pool.cpu_sets.size();
    pool.pre_fork = options.pre_fork.value;
    pool.enable_cpu_rate = options.enable_cpu_rate;
    pool.cpu_period = options.cpu_cfs_period;
    pool.source_prefixes = options.src_prefix;
    pool.copy_out_limit_bytes = options.copy_out_limit.value;
    pool.output_limit_bytes = options.output_limit.value;
    pool.extra_memory_bytes = options.extra_memory_limit.value;
    pool.open_file_limit = options.open_file_limit.value;
    pool.check_interval = options.time_limit_checker_interval;
    pool.compat_copy_in = options.compat_copyin;
    return pool;
}

judge::StoreOptions store_options(const ServeJudgeOptions& options) {
    judge::StoreOptions store;
    store.directory = options.dir.empty() ? kSharedMemoryStore : options.dir;
    store.or_another = options.dir.empty();
    store.remove_at_end = options.dir.empty();
    store.lifetime = options.file_timeout;
    return store;
}

}  // namespace

ServeJudgeOptions::ServeJudgeOptions() {
    if (::getpid() != 1) return;
    http_addr = ":5050";
    grpc_addr = ":5051";
    monitor_addr = ":5052";
    release = true;
}

void declare_serve_judge_options(flags::Settings& settings, ServeJudgeOptions& options) {
    settings.set_alias_prefix("ES_");
    settings.allow_single_dash();
    declare_addresses(settings, options);
    declare_execution(settings, options);
    declare_files(settings, options);
    declare_container(settings, options);
    declare_service(settings, options);
    declare_ignored(settings, options);
}

Result<DaemonPlan> make_daemon_plan(const ServeJudgeOptions& options) {
    ASSAY_CHECK(check(options));
    judge::ContainerOptions container_options;
    container_options.mount_file = options.mount_conf;
    container_options.policy_file = options.seccomp_conf;
    container_options.tmpfs_options = options.tmp_fs_param;
    container_options.share_network = options.net_share;
    container_options.own_ids = options.container_cred_start.value != 0;
    ASSAY_TRY(judge::Container container, judge::read_container(container_options));

    DaemonPlan plan;
    judge::DaemonOptions& daemon = plan.daemon;
    ASSAY_TRY(daemon.ready_fd, open_ready_fd(options.ready_fd));
    daemon.config = judge::describe(container);
    daemon.slots = std::move(container.slots);
    plan.notes = std::move(container.notes);
    daemon.http_address = options.http_addr;
    daemon.monitor_address = options.monitor_addr;
    daemon.enable_metrics = options.enable_metrics;
    daemon.auth_token = options.auth_token;
    if (options.body_limit) daemon.body_limit_bytes = options.body_limit->value;
    daemon.store = store_options(options);
    daemon.pool = pool_options(options);
    daemon.cgroup_prefix = options.cgroup_prefix;
    daemon.no_fallback = options.no_fallback;
    daemon.drain_timeout = options.drain_timeout;
    daemon.log_format =
        options.log_format == "json" ? judge::LogFormat::kJson : judge::LogFormat::kText;
    daemon.silent = options.silent;
    daemon.release = options.release;
    return plan;
}

}  // namespace assay::app
