// The command around the daemon: its settings, their sources and mistakes, what it prints.
#include <catch2/catch.hpp>
#include <cstdio>
#include <iterator>
#include <sstream>

#include "cmd/assay/serve_judge_options.hpp"
#include "internal/testing/process.hpp"

namespace assay::app {
namespace {

using testing::FreshDirectory;
using testing::run_assay;
using Words = std::vector<std::string>;

// The options as the command would have them, or the error.
struct Parsed {
    ServeJudgeOptions options;
    std::string error;

    explicit Parsed(Words arguments, const Words& variables = {}) {
        std::string config_file;
        flags::Settings global("");
        global.add_config_file(config_file);
        flags::Settings settings("serve-judge");
        declare_serve_judge_options(settings, options);
        std::vector<const char*> environment;
        for (const std::string& variable : variables) environment.push_back(variable.c_str());
        environment.push_back(nullptr);
        arguments.insert(arguments.begin(), {"--config", "/dev/null"});
        const auto parsed = flags::parse(global, settings, std::move(arguments),
                                         {environment.data(), {"serve-judge"}});
        if (!parsed) error = to_string(parsed.error());
    }

    judge::DaemonOptions daemon() const {
        INFO(error);
        REQUIRE(error.empty());
        auto plan = make_daemon_plan(options);
        if (!plan) FAIL(to_string(plan.error()));
        return std::move(plan->daemon);
    }
    std::string refusal() const {
        if (!error.empty()) return error;
        const auto plan = make_daemon_plan(options);
        return plan ? "accepted" : to_string(plan.error());
    }
};

TEST_CASE("serve-judge: the defaults are go-judge's", "[serve-judge]") {
    const judge::DaemonOptions daemon = Parsed({}).daemon();
    CHECK(daemon.http_address == "localhost:5050");
    CHECK(daemon.monitor_address == "localhost:5052");
    CHECK_FALSE(daemon.enable_metrics);
    CHECK(daemon.auth_token.empty());
    CHECK_FALSE(daemon.body_limit_bytes.has_value());
    CHECK(daemon.store.directory == "/dev/shm/go-judge");
    CHECK(daemon.store.remove_at_end);
    CHECK(daemon.store.lifetime.count() == 0);
    CHECK(daemon.pool.parallelism >= 1);
    CHECK(daemon.pool.pre_fork == 1);
    CHECK(daemon.pool.queue_limit == 512);
    CHECK(daemon.pool.copy_out_limit_bytes == 256u << 20);
    CHECK(daemon.pool.output_limit_bytes == 256u << 20);
    CHECK(daemon.pool.extra_memory_bytes == 16u << 10);
    CHECK(daemon.pool.open_file_limit == 256);
    CHECK(daemon.pool.check_interval == std::chrono::milliseconds(100));
    CHECK(daemon.pool.cpu_period == std::chrono::milliseconds(100));
    CHECK(daemon.cgroup_prefix == "gojudge");
    CHECK(daemon.drain_timeout == std::chrono::seconds(3));
    CHECK(daemon.slots.program_inside.uid == 0);
    CHECK_FALSE(daemon.slots.seccomp.empty());
    CHECK_FALSE(daemon.config.mounts.empty());
}

// Every flag of go-judge's, as its users write them.
Words go_judge_words(const std::string& mounts) {
    const std::string line =
        "-http-addr 0.0.0.0:1 -monitor-addr=:2 -enable-metrics -auth-token t -parallelism 7 "
        "-pre-fork=3 -dir /store -file-timeout 1h30m -src-prefix=/home,/usr -copy-out-limit 64m "
        "-output-limit 32mb -extra-memory-limit 1k -open-file-limit 99 "
        "-time-limit-checker-interval 5ms -cpu-cfs-period 50ms -enable-cpu-rate "
        "-cgroup-prefix cg -no-fallback -seccomp-conf none -net-share "
        "-container-cred-start 10000 -release -silent=true -grpc-addr :3 -grpc-msg-size 64m "
        "-enable-grpc=false -force-gc-target 20m -force-gc-interval=5s -enable-debug "
        "-container-init-path /init -tmp-fs-param size=1m -mount-conf " +
        mounts;
    std::istringstream stream(line);
    return {std::istream_iterator<std::string>(stream), {}};
}

TEST_CASE("serve-judge: a command line of go-judge's means the same", "[serve-judge]") {
    const FreshDirectory directory;
    const std::string mounts = directory.write("m.yaml", "workDir: /work\nuid: 1536\n");
    const judge::DaemonOptions daemon = Parsed(go_judge_words(mounts)).daemon();
    CHECK(daemon.http_address == "0.0.0.0:1");
    CHECK(daemon.monitor_address == ":2");
    CHECK(daemon.enable_metrics);
    CHECK(daemon.auth_token == "t");
    CHECK(daemon.pool.parallelism == 7);
    CHECK(daemon.pool.pre_fork == 3);
    CHECK(daemon.store.directory == "/store");
    CHECK_FALSE(daemon.store.remove_at_end);
    CHECK(daemon.store.lifetime == std::chrono::minutes(90));
    CHECK(daemon.pool.source_prefixes == Words{"/home", "/usr"});
    CHECK(daemon.pool.copy_out_limit_bytes == 64u << 20);
    CHECK(daemon.pool.output_limit_bytes == 32u << 20);
    CHECK(daemon.pool.extra_memory_bytes == 1024);
    CHECK(daemon.pool.open_file_limit == 99);
    CHECK(daemon.pool.check_interval == std::chrono::milliseconds(5));
    CHECK(daemon.pool.cpu_period == std::chrono::milliseconds(50));
    CHECK(daemon.pool.enable_cpu_rate);
    CHECK(daemon.cgroup_prefix == "cg");
    CHECK(daemon.no_fallback);
    CHECK(daemon.slots.work_directory == "/work");
    CHECK(daemon.slots.program_inside.uid == 1536);
    CHECK(daemon.slots.seccomp.empty());
    CHECK(daemon.slots.share_network);
    CHECK(daemon.release);
    CHECK(daemon.silent);
    CHECK(daemon.config.uid == 1536);
}

TEST_CASE("serve-judge: go-judge's variables work, below our own", "[serve-judge]") {
    const judge::DaemonOptions daemon =
        Parsed({"--cpuset=4"},
               {"ES_HTTP_ADDR=:1", "ES_CPUSET=0,1", "ES_CPU_CFS_PERIOD=10ms", "ES_RELEASE=1",
                "ES_SRC_PREFIX=/a,/b", "ASSAY_SERVE_JUDGE_HTTP_ADDR=:2", "ES_VERSION=8.1"})
            .daemon();
    CHECK(daemon.http_address == ":2");
    CHECK(daemon.pool.cpu_sets == Words{"4"});
    CHECK(daemon.pool.parallelism == 1);
    CHECK(daemon.pool.cpu_period == std::chrono::milliseconds(10));
    CHECK(daemon.release);
    CHECK(daemon.pool.source_prefixes == Words{"/a", "/b"});
}

TEST_CASE("serve-judge: our own options arrive", "[serve-judge]") {
    const judge::DaemonOptions daemon =
        Parsed({"--body-limit", "1M", "--compat-copyin", "--log-format", "json", "--drain-timeout",
                "10s", "--ready-fd", "2", "--parallelism", "0"})
            .daemon();
    CHECK(daemon.body_limit_bytes == 1u << 20);
    CHECK(daemon.pool.compat_copy_in);
    CHECK(daemon.log_format == judge::LogFormat::kJson);
    CHECK(daemon.drain_timeout == std::chrono::seconds(10));
    CHECK(daemon.ready_fd == 2);
    CHECK(daemon.pool.parallelism >= 1);
}

TEST_CASE("serve-judge: what cannot be is refused with a remedy", "[serve-judge]") {
    CHECK(Parsed({"-enable-grpc"}).refusal() ==
          "gRPC is not offered; use HTTP or WebSocket, and leave --enable-grpc out");
    CHECK(Parsed({"--ready-fd", "987"}).refusal() ==
          "bad value '987' for --ready-fd: no such descriptor is open; open it in the caller, as "
          "in 3>ready");
    CHECK(Parsed({"--cpu-cfs-period", "2s"}).refusal() ==
          "bad value for --cpu-cfs-period: the kernel wants 1ms to 1s");
    CHECK(Parsed({"--time-limit-checker-interval", "0"}).refusal() ==
          "bad value '0' for --time-limit-checker-interval: more than 0");
    CHECK(Parsed({"-paralelism", "2"}).refusal() ==
          "unknown flag '-paralelism'; did you mean '--parallelism'?");
    CHECK(Parsed({"--log-format", "xml"}).refusal() ==
          "--log-format: unknown value 'xml'; one of text, json");
}

TEST_CASE("serve-judge: a bad mount file ends it with its place and code 2", "[serve-judge]") {
    const FreshDirectory directory;
    const std::string mounts = directory.write("m.yaml", "mount: 7\n");
    const auto output = run_assay({"serve-judge", "-mount-conf", mounts});
    CHECK(output.exit_code == 2);
    CHECK(output.out.empty());
    CHECK(output.err == "assay serve-judge: " + mounts +
                            ":1:8: 'mount' must be a list of tables, not an integer\n");
    CHECK(run_assay({"serve-judge", "-enable-grpc=true"}).exit_code == 3);
}

TEST_CASE("serve-judge: it prints its version and a unit", "[serve-judge]") {
    const auto version = run_assay({"serve-judge", "-version"});
    CHECK(version.exit_code == 0);
    CHECK(version.out == "assay " ASSAY_VERSION
                         ", which speaks the interface of go-judge v1.12.2\n");
    const auto unit = run_assay({"serve-judge", "--print-systemd-unit"});
    CHECK(unit.exit_code == 0);
    CHECK_THAT(unit.out, Catch::Contains("\nDelegate=yes\n") && Catch::Contains(" serve-judge\n") &&
                             Catch::Contains("\nExecStart=/"));
}

TEST_CASE("serve-judge: systemd finds no fault in the unit", "[serve-judge]") {
    const FreshDirectory directory;
    const std::string unit = directory.write(
        "assay-serve-judge.service", run_assay({"serve-judge", "--print-systemd-unit"}).out);
    const auto verified =
        testing::run({.arguments = {"systemd-analyze", "verify", "--man=no", unit}});
    if (verified.exit_code == 127) {
        std::puts("skipped: systemd-analyze is not installed");
        return;
    }
    CHECK(verified.exit_code == 0);
    CHECK(verified.err.empty());
}

TEST_CASE("serve-judge: flags that are no settings are not in the configuration", "[serve-judge]") {
    const auto output = run_assay({"config", "serve-judge"}, {"ES_HTTP_ADDR=:1"});
    CHECK(output.exit_code == 0);
    CHECK_THAT(output.out, Catch::Contains("variable ES_HTTP_ADDR"));
    CHECK(output.out.find("print-systemd-unit") == std::string::npos);
    CHECK(output.out.find("judge.version") == std::string::npos);
    CHECK_THAT(run_assay({"serve-judge", "-help"}).out,
               Catch::Contains("ES_HTTP_ADDR is understood too."));
}

}  // namespace
}  // namespace assay::app
