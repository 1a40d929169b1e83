#include "pkg/http/server.hpp"

#include <utility>

#include "pkg/http/connection.hpp"

namespace assay::http {
namespace {

// Deadlines are minutes; a second more does not matter.
constexpr auto kSweepPeriod = std::chrono::seconds(1);

}  // namespace

Responder::Responder(std::shared_ptr<Connection> connection, std::uint64_t request)
    : connection_(std::move(connection)), request_(request) {}
Responder::Responder(Responder&&) noexcept = default;
Responder& Responder::operator=(Responder&&) noexcept = default;
Responder::Responder(const Responder&) = default;
Responder& Responder::operator=(const Responder&) = default;
Responder::~Responder() = default;

void Responder::respond(Response response) const {
    event::Loop& loop = connection_->loop();
    if (loop.is_current()) return connection_->answer(request_, std::move(response));
    loop.post(
        [connection = connection_, request = request_, answer = std::move(response)]() mutable {
            connection->answer(request, std::move(answer));
        });
}

void Responder::on_gone(std::function<void()> on_gone) const {
    connection_->set_on_gone(request_, std::move(on_gone));
}

std::optional<TakenOver> Responder::take_over() const {
    return connection_->take_over(request_);
}

Server::State::State(event::Loop& its_loop, Handler& its_handler, const Limits& its_limits)
    : loop(its_loop),
      handler(its_handler),
      limits(its_limits),
      gate(its_loop),
      sweep_timer(its_loop.context()),
      read_buffer(std::make_unique<char[]>(kReadBytes)) {}

void Server::State::accept(boost::asio::ip::tcp::socket socket) {
    auto pass = gate.enter();
    if (!pass) return;
    connections.push_back(std::make_shared<Connection>(*this, std::move(socket), std::move(*pass)));
    connections.back()->start(std::prev(connections.end()));
}

void Server::State::arm_sweep() {
    if (std::exchange(sweep_armed, true)) return;
    sweep_timer.expires_after(kSweepPeriod);
    sweep_timer.async_wait([this](const boost::system::error_code& error) {
        if (!error) sweep();
    });
}

void Server::State::sweep() {
    sweep_armed = false;
    const auto now = Connection::Clock::now();
    std::vector<std::shared_ptr<Connection>> looked_at;
    for (const auto& connection : connections) {
        if (connection->wants_look()) looked_at.push_back(connection);
    }
    for (const auto& connection : looked_at) connection->look(now);
    if (!looked_at.empty()) arm_sweep();
}

std::vector<std::shared_ptr<Connection>> Server::State::snapshot() const {
    return {connections.begin(), connections.end()};
}

Server::Server(event::Loop& loop, Handler& handler, const Limits& limits)
    : state_(std::make_unique<State>(loop, handler, limits)) {}

Server::~Server() {
    for (const auto& connection : state_->snapshot()) connection->close();
}

void Server::serve(std::unique_ptr<net::Listener> listener) {
    state_->listeners.push_back(std::move(listener));
    state_->listeners.back()->start([state = state_.get()](boost::asio::ip::tcp::socket socket) {
        state->accept(std::move(socket));
    });
}

void Server::close(std::chrono::steady_clock::time_point deadline, Done done) {
    state_->closing = true;
    for (const auto& listener : state_->listeners) listener->close();
    for (const auto& connection : state_->snapshot()) connection->retire();
    state_->gate.close(deadline, [state = state_.get(), done = std::move(done)](std::size_t left) {
        for (const auto& connection : state->snapshot()) connection->close();
        done(left);
    });
}

std::size_t Server::connections() const {
    return state_->connections.size();
}

}  // namespace assay::http
