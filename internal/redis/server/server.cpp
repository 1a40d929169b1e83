#include "internal/redis/server/server.hpp"

#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "internal/redis/commands/rows.hpp"
#include "internal/redis/engine/engine.hpp"
#include "internal/redis/memory/memory.hpp"
#include "internal/redis/server/io_loop.hpp"
#include "pkg/event/loop.hpp"
#include "pkg/event/signals.hpp"
#include "pkg/net/listener.hpp"

namespace assay::redis {
namespace {

class Server {
  public:
    explicit Server(ServerOptions options)
        : on_ready_(std::move(options.on_ready)),
          engine_(std::move(options.settings), commands::all_rows()),
          signals_(loop_),
          due_(loop_.context()) {}
    ~Server() { end(); }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    Result<void> start();
    void run() { loop_.run(); }

  private:
    Result<void> listen();
    void accept(net::Listener::Socket socket);
    void run_due();
    void end();

    std::function<void(const std::string&)> on_ready_;
    Engine engine_;
    resp::RequestLimits limits_;
    event::Loop loop_;
    event::Signals signals_;
    boost::asio::steady_timer due_;
    std::unique_ptr<net::Listener> listener_;
    std::vector<std::unique_ptr<IoLoop>> io_loops_;
    std::vector<std::thread> threads_;
    std::uint64_t next_id_ = 1;
};

Result<void> Server::start() {
    ASSAY_CHECK(listen());
    ASSAY_CHECK(signals_.watch({SIGTERM, SIGINT}, [this](int) { loop_.stop(); }));
    engine_.set_on_shutdown([this] { loop_.stop(); });
    const Settings& settings = engine_.settings();
    limits_.max_bulk_bytes = settings.proto_max_bulk_len;
    limits_.max_query_bytes = static_cast<std::size_t>(settings.client_query_buffer_limit);
    for (std::int64_t i = 0; i < settings.io_threads; ++i) {
        ASSAY_TRY(auto io_loop, IoLoop::make(engine_, limits_));
        io_loops_.push_back(std::move(io_loop));
    }
    for (const auto& io_loop : io_loops_) threads_.emplace_back([&io_loop] { io_loop->run(); });
    std::string lines;
    for (const net::Endpoint& endpoint : listener_->endpoints()) {
        lines += "listening on " + net::to_string(endpoint) + "\n";
    }
    listener_->start([this](net::Listener::Socket socket) { accept(std::move(socket)); });
    run_due();
    if (on_ready_) on_ready_(lines);
    return {};
}

Result<void> Server::listen() {
    const Settings& settings = engine_.settings();
    std::vector<net::Endpoint> endpoints;
    for (std::string_view address : settings.bind) {
        if (address.starts_with('-')) address.remove_prefix(1);
        net::HostPort host_port;
        host_port.host = address == "*" ? "0.0.0.0" : std::string(address);
        host_port.port = static_cast<std::uint16_t>(settings.port);
        ASSAY_TRY(const auto found, net::resolve(host_port));
        endpoints.insert(endpoints.end(), found.begin(), found.end());
    }
    ASSAY_TRY(listener_, net::Listener::open(loop_, endpoints));
    return {};
}

void Server::accept(net::Listener::Socket socket) {
    boost::system::error_code error;
    Peer peer;
    const auto remote = socket.remote_endpoint(error);
    if (error) return;
    peer.address = net::to_string(remote);
    peer.local_address = net::to_string(socket.local_endpoint(error));
    peer.is_local = remote.address().is_loopback();
    posix::UniqueFd descriptor(socket.release(error));
    if (error) return;
    const std::uint64_t id = next_id_++;
    io_loops_[id % io_loops_.size()]->adopt(std::move(descriptor), id, std::move(peer));
}

void Server::run_due() {
    Engine::Time next;
    {
        const std::lock_guard lock(engine_.mutex());
        next = engine_.run_due(std::chrono::steady_clock::now());
    }
    due_.expires_at(next);
    due_.async_wait([this](const boost::system::error_code& error) {
        if (!error) run_due();
    });
}

void Server::end() {
    if (listener_) listener_->close();
    for (const auto& io_loop : io_loops_) io_loop->stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    io_loops_.clear();
}

}  // namespace

Result<void> serve(ServerOptions options) {
    memory::tune_heap();
    ::signal(SIGPIPE, SIG_IGN);
    Server server(std::move(options));
    ASSAY_CHECK(server.start());
    server.run();
    return {};
}

}  // namespace assay::redis
