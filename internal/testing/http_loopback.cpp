#include "internal/testing/http_loopback.hpp"

#include <sys/socket.h>

#include <array>
#include <future>
#include <stdexcept>
#include <utility>

namespace assay::testing {
namespace {

void require(bool condition, const std::string& what) {
    if (!condition) throw std::runtime_error(what);
}

}  // namespace

ServerThread::ServerThread(http::Handler& handler, const http::Limits& limits)
    : server_(std::make_unique<http::Server>(loop_, handler, limits)) {
    auto listener = net::Listener::open(loop_, net::resolve({"127.0.0.1", 0}).value()).value();
    endpoint_ = listener->endpoints().front();
    server_->serve(std::move(listener));
    thread_ = std::thread([this] { loop_.run(); });
}

ServerThread::~ServerThread() {
    loop_.stop();
    thread_.join();
}

void ServerThread::run_there(const std::function<void()>& work) {
    std::promise<void> done;
    loop_.post([&] {
        work();
        done.set_value();
    });
    done.get_future().get();
}

HttpClient::HttpClient(const net::Endpoint& endpoint)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto size = static_cast<socklen_t>(endpoint.size());
    require(::connect(socket_.get(), endpoint.data(), size) == 0, "cannot connect");
}

void HttpClient::send(std::string_view bytes) {
    require(try_send(bytes), "the peer takes no more");
}

bool HttpClient::try_send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

bool HttpClient::receive_more() {
    std::array<char, 65536> bytes{};
    const ssize_t count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (count <= 0) return false;
    received_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
}

std::string HttpClient::receive_until(std::string_view end) {
    std::size_t at = received_.find(end);
    while (at == std::string::npos) {
        require(receive_more(), "the stream ended behind: " + received_);
        at = received_.find(end);
    }
    const std::string result = received_.substr(0, at + end.size());
    received_.erase(0, result.size());
    return result;
}

std::string HttpClient::receive_response() {
    std::string response = receive_until("\r\n\r\n");
    const std::string length = field_of(response, "Content-Length");
    const std::size_t size = length.empty() ? 0 : std::stoul(length);
    while (received_.size() < size) require(receive_more(), "the body is cut off");
    response += received_.substr(0, size);
    received_.erase(0, size);
    return response;
}

std::string HttpClient::receive_all() {
    while (receive_more()) {
    }
    return std::exchange(received_, {});
}

void HttpClient::shut_down() {
    ::shutdown(socket_.get(), SHUT_WR);
}

void HttpClient::reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    socket_.reset();
}

std::string body_of(const std::string& response) {
    return response.substr(response.find("\r\n\r\n") + 4);
}

std::string field_of(const std::string& response, std::string_view name) {
    const std::string line = "\r\n" + std::string(name) + ": ";
    const std::size_t at = response.find(line);
    if (at == std::string::npos || at > response.find("\r\n\r\n")) return {};
    const std::size_t begin = at + line.size();
    return response.substr(begin, response.find("\r\n", begin) - begin);
}

}  // namespace assay::testing
