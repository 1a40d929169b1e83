#include "internal/judge/serve/daemon.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "internal/app/exit_codes.hpp"
#include "internal/judge/serve/access_log.hpp"
#include "internal/judge/serve/monitor.hpp"
#include "internal/judge/serve/readiness.hpp"
#include "internal/judge/serve/rest.hpp"
#include "internal/judge/serve/stream.hpp"
#include "internal/judge/serve/ws.hpp"
#include "internal/judge/wire/json.hpp"
#include "pkg/cgroup/cgroup.hpp"
#include "pkg/event/loop.hpp"
#include "pkg/event/signals.hpp"
#include "pkg/http/server.hpp"
#include "pkg/net/listener.hpp"

namespace assay::judge {
namespace {

using Clock = std::chrono::steady_clock;

// Of a body where anybody may send one.
constexpr std::uint64_t kPublicBodyLimit = 256u << 20;

// How often files that have outlived their time are looked for; go-judge's period.
constexpr auto kExpiryPeriod = std::chrono::seconds(15);

// For the last answers, when nothing runs any more.
constexpr auto kFarewell = std::chrono::seconds(1);

// Every connection, upload and slot takes descriptors; the limit that shells set is for programs
// that use select(2).
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

// pm2 sends SIGTERM to a whole group, its own children first; go-judge leaves it to SIGINT then.
bool is_managed_by_pm2() {
    constexpr std::array kVariables = {"PM2_HOME", "PM2_JSON_PROCESSING", "NODE_APP_INSTANCE"};
    return std::any_of(kVariables.begin(), kVariables.end(), [](const char* name) {
        const char* value = std::getenv(name);
        return value != nullptr && *value != '\0';
    });
}

std::string line_of(std::string_view what, const net::Listener& listener) {
    std::string line(what);
    for (const net::Endpoint& endpoint : listener.endpoints()) {
        line += " " + net::to_string(endpoint);
    }
    return line + "\n";
}

Result<std::unique_ptr<net::Listener>> listen_at(event::Loop& loop, const std::string& address) {
    ASSAY_TRY(const net::HostPort host_port, net::parse_host_port(address));
    ASSAY_TRY(const std::vector<net::Endpoint> endpoints, net::resolve(host_port));
    return net::Listener::open(loop, endpoints);
}

void describe_groups(const cgroup::Hierarchy& hierarchy, ConfigDocument& document) {
    using cgroup::Controller;
    const auto version = hierarchy.version();
    document.cgroup_type = version == cgroup::Version::kNone ? 0
                           : version == cgroup::Version::kV1 ? 1
                                                             : 2;
    for (const Controller controller : {Controller::kCpu, Controller::kCpuacct, Controller::kCpuset,
                                        Controller::kMemory, Controller::kPids}) {
        if (!hierarchy.has(controller)) continue;
        document.cgroup_controllers.emplace_back(cgroup::name_of(controller));
    }
}

// Under the names of go-judge: its server is the controller, programs run in containers.
void add_groups(const cgroup::Hierarchy& hierarchy, Metrics::Now& now) {
    using Part = cgroup::Hierarchy::Part;
    constexpr std::pair<Part, const char*> kParts[] = {
        {Part::kAll, "all"}, {Part::kSelf, "controller"}, {Part::kGroups, "containers"}};
    for (const auto& [part, type] : kParts) {
        const auto totals = hierarchy.totals(part);
        if (!totals) continue;
        Metrics::Now::Group group;
        group.type = type;
        if (totals->cpu) group.cpu_seconds = std::chrono::duration<double>(*totals->cpu).count();
        group.memory_bytes = totals->memory_bytes;
        group.memory_max_bytes = totals->memory_peak_bytes;
        now.groups.push_back(std::move(group));
    }
}

class Daemon {
  public:
    Daemon(const DaemonOptions& options, sandbox::SlotKeeper& keeper)
        : options_(options),
          keeper_(keeper),
          log_({options.log_format, options.silent, options.release, STDERR_FILENO}),
          signals_(loop_),
          expiry_(loop_.context()),
          drain_deadline_(loop_.context()),
          keeper_death_(loop_.context()) {}
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    Result<void> start();
    int run();

  private:
    Result<void> open_groups();
    Result<void> watch_signals();
    Result<void> watch_keeper();
    void make_rest(std::optional<std::uint64_t> body_limit);
    void make_monitor();
    void announce(const std::string& lines) const;
    void expire_files();
    Metrics::Now figures() const;

    void on_signal(int number);
    void begin_drain();
    void drain_pool(Clock::time_point deadline);
    void say_farewell();

    const DaemonOptions& options_;
    sandbox::SlotKeeper& keeper_;
    AccessLog log_;
    Metrics metrics_;
    event::Loop loop_;
    event::Signals signals_;
    boost::asio::steady_timer expiry_;
    boost::asio::steady_timer drain_deadline_;
    boost::asio::posix::stream_descriptor keeper_death_;
    std::optional<cgroup::Hierarchy> hierarchy_;
    std::unique_ptr<FileStore> store_;
    std::unique_ptr<WorkerPool> pool_;

    Sessions sessions_;
    std::optional<SessionContext> session_context_;
    std::unique_ptr<Rest> rest_;
    std::unique_ptr<http::Server> server_;
    std::unique_ptr<Monitor> monitor_;
    std::unique_ptr<http::Server> monitor_server_;

    std::vector<std::thread> drains_;
    bool draining_ = false;
    bool farewell_said_ = false;
    int exit_code_ = app::kExitDone;
};

// What still runs is killed with the pool; the threads that wait for it end then.
Daemon::~Daemon() {
    sessions_.drop_all();
    if (pool_) pool_->drain(Clock::now());
    for (std::thread& drain : drains_) drain.join();
}

// A second daemon by mistake ends at the listener, before it touches the first one's store.
Result<void> Daemon::start() {
    raise_descriptor_limit();
    ASSAY_TRY(auto listener, listen_at(loop_, options_.http_address));
    std::unique_ptr<net::Listener> monitor_listener;
    if (options_.enable_metrics) {
        ASSAY_TRY(monitor_listener, listen_at(loop_, options_.monitor_address));
    }
    ASSAY_CHECK(open_groups());
    ASSAY_TRY(store_, FileStore::open(options_.store));
    ASSAY_TRY(pool_, WorkerPool::start(options_.pool, keeper_, *hierarchy_, *store_, metrics_));
    ASSAY_CHECK(watch_signals());
    ASSAY_CHECK(watch_keeper());
    if (options_.store.lifetime.count() > 0) expire_files();

    std::optional<std::uint64_t> body_limit = options_.body_limit_bytes;
    if (!body_limit && !listener->is_loopback()) body_limit = kPublicBodyLimit;
    make_rest(body_limit);
    std::string lines;
    if (monitor_listener) {
        make_monitor();
        lines += line_of("metrics on", *monitor_listener);
        monitor_server_->serve(std::move(monitor_listener));
    }
    lines += line_of("listening on", *listener);
    server_->serve(std::move(listener));
    announce(lines);
    return {};
}

Result<void> Daemon::open_groups() {
    ASSAY_TRY(hierarchy_, cgroup::Hierarchy::discover({}, options_.cgroup_prefix));
    if (hierarchy_->version() == cgroup::Version::kNone) {
        if (options_.no_fallback) return hierarchy_->refusal();
        log_.event(LogLevel::kWarning, "no control groups: limits are weaker",
                   {{"reason", hierarchy_->why_not()}});
        return {};
    }
    const int swept = hierarchy_->sweep() + hierarchy_->sweep_strays();
    if (swept > 0) {
        log_.event(LogLevel::kInfo, "removed control groups of a killed server",
                   {{"count", std::to_string(swept)}});
    }
    ASSAY_TRY(hierarchy_, hierarchy_->nested());
    return {};
}

Result<void> Daemon::watch_signals() {
    return signals_.watch({SIGTERM, SIGINT, SIGHUP}, [this](int number) { on_signal(number); });
}

// Without the keeper nothing can be run: whoever supervises the daemon starts it anew.
Result<void> Daemon::watch_keeper() {
    const int fd = ::fcntl(keeper_.death_descriptor(), F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return system_error("cannot watch the slot keeper", errno);
    keeper_death_.assign(fd);
    keeper_death_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                             [this](const boost::system::error_code& error) {
                                 if (error || draining_) return;
                                 log_.event(LogLevel::kError, "the slot keeper died");
                                 exit_code_ = app::kExitInternal;
                                 begin_drain();
                             });
    return {};
}

void Daemon::make_rest(std::optional<std::uint64_t> body_limit) {
    const Books books{metrics_, log_};
    const Executor executor = executor_of(*pool_);
    websocket::Options sockets;
    if (body_limit) sockets.max_message_bytes = static_cast<std::size_t>(*body_limit);
    session_context_.emplace(SessionContext{loop_, executor, books, sessions_, sockets});
    RestOptions rest;
    rest.auth_token = options_.auth_token;
    rest.version_document = wire::encode_version();
    ConfigDocument document = options_.config;
    describe_groups(*hierarchy_, document);
    document.file_store_path = store_->directory();
    rest.config_document = wire::encode_config(document);
    const SessionContext& context = *session_context_;
    Rest::Upgrades upgrades;
    upgrades.socket = [&context](const auto& request, const auto& responder, const auto& exchange) {
        serve_socket(context, request, responder, exchange);
    };
    upgrades.stream = [&context](const auto& request, const auto& responder, const auto& exchange) {
        serve_stream(context, request, responder, exchange);
    };
    rest_ = std::make_unique<Rest>(loop_, std::move(rest), executor, *store_, books,
                                   std::move(upgrades));
    http::Limits limits;
    limits.body_bytes = body_limit;
    server_ = std::make_unique<http::Server>(loop_, *rest_, limits);
}

void Daemon::make_monitor() {
    Monitor::Sources sources;
    sources.now = [this] { return figures(); };
    sources.ready = [this] { return !draining_; };
    monitor_ = std::make_unique<Monitor>(metrics_, std::move(sources));
    http::Limits limits;
    limits.body_bytes = 0;
    monitor_server_ = std::make_unique<http::Server>(loop_, *monitor_, limits);
}

void Daemon::announce(const std::string& lines) const {
    if (!options_.silent) (void)!::write(STDERR_FILENO, lines.data(), lines.size());
    tell_descriptor(options_.ready_fd, lines);
    tell_service_manager("READY=1");
}

void Daemon::expire_files() {
    expiry_.expires_after(kExpiryPeriod);
    expiry_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        store_->expire(Clock::now());
        expire_files();
    });
}

Metrics::Now Daemon::figures() const {
    Metrics::Now now;
    const FileStore::Totals totals = store_->totals();
    now.stored_files = totals.files;
    now.stored_bytes = totals.bytes;
    add_groups(*hierarchy_, now);
    return now;
}

int Daemon::run() {
    loop_.run();
    return exit_code_;
}

void Daemon::on_signal(int number) {
    const std::string name = ::sigabbrev_np(number);
    if (number == SIGHUP) {
        log_.event(LogLevel::kInfo, "nothing to reload", {{"signal", name}});
    } else if (number == SIGTERM && is_managed_by_pm2()) {
        log_.event(LogLevel::kInfo, "left to pm2", {{"signal", name}});
    } else if (draining_) {
        log_.event(LogLevel::kWarning, "ending at once", {{"signal", name}});
        exit_code_ = 128 + number;
        sessions_.drop_all();
        drain_pool(Clock::now());
    } else {
        log_.event(LogLevel::kInfo, "draining", {{"signal", name}});
        begin_drain();
    }
}

void Daemon::begin_drain() {
    draining_ = true;
    tell_service_manager("STOPPING=1");
    rest_->refuse_new();
    const auto deadline =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(options_.drain_timeout);
    drain_deadline_.expires_at(deadline);
    drain_deadline_.async_wait([this](const boost::system::error_code& error) {
        if (!error) sessions_.drop_all();
    });
    drain_pool(deadline);
}

// Waits on a thread of its own, so that answers go out meanwhile.
void Daemon::drain_pool(Clock::time_point deadline) {
    drains_.emplace_back([this, deadline] {
        pool_->drain(deadline);
        loop_.post([this] { say_farewell(); });
    });
}

// Every answer has been posted before this.
void Daemon::say_farewell() {
    if (std::exchange(farewell_said_, true)) return;
    drain_deadline_.cancel();
    sessions_.drop_all();
    const auto deadline = Clock::now() + kFarewell;
    if (monitor_server_) monitor_server_->close(deadline, [](std::size_t) {});
    server_->close(deadline, [this](std::size_t cut_off) {
        log_.event(LogLevel::kInfo, "ended", {{"cut_off", std::to_string(cut_off)}});
        loop_.stop();
    });
}

}  // namespace

// The keeper is forked before there is a thread, a socket or a file that it would hold open.
Result<int> run_daemon(const DaemonOptions& options) {
    ::signal(SIGPIPE, SIG_IGN);
    ASSAY_TRY(sandbox::SlotKeeper keeper, sandbox::SlotKeeper::start(options.slots));
    Daemon daemon(options, keeper);
    ASSAY_CHECK(daemon.start());
    return daemon.run();
}

}  // namespace assay::judge
