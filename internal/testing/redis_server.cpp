#include "internal/testing/redis_server.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace assay::testing {
namespace {

void require(bool holds) {
    if (!holds) throw std::runtime_error("the redis-server of this test does not behave");
}

pid_t spawn(const std::vector<std::string>& arguments, int out) {
    std::vector<char*> argv;
    for (const std::string& argument : arguments) {
        argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    return error == 0 ? pid : -1;
}

// Whether the log said that it serves before it ended.
bool await_ready(int log) {
    std::string text;
    std::array<char, 512> part;
    while (text.find("ready to accept connections") == text.npos) {
        const ssize_t size = ::read(log, part.data(), part.size());
        if (size <= 0) return false;
        text.append(part.data(), static_cast<std::size_t>(size));
    }
    return true;
}

posix::UniqueFd connect_to(const std::string& path) {
    posix::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    require(path.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.data(), path.size());
    require(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return fd;
}

}  // namespace

struct RedisServer::Process {
    std::string directory;
    pid_t pid = -1;
};

void RedisServer::End::operator()(Process* process) const {
    if (process->pid > 0) {
        ::kill(process->pid, SIGKILL);
        ::waitpid(process->pid, nullptr, 0);
    }
    std::filesystem::remove_all(process->directory);
    delete process;
}

RedisServer::~RedisServer() = default;

std::optional<RedisServer> RedisServer::start() {
    RedisServer server;
    std::string directory = std::filesystem::temp_directory_path() / "redis-XXXXXX";
    require(::mkdtemp(directory.data()) != nullptr);
    server.process_.reset(new Process{.directory = directory});
    const std::string path = directory + "/socket";
    std::array<int, 2> ends;
    require(::pipe2(ends.data(), O_CLOEXEC) == 0);
    server.log_.reset(ends[0]);
    posix::UniqueFd out(ends[1]);
    server.process_->pid = spawn({"redis-server", "--port", "0", "--unixsocket", path, "--save", "",
                                  "--rdbcompression", "no", "--dir", directory},
                                 out.get());
    if (server.process_->pid < 0) {
        std::puts("skipped: redis-server is not installed");
        return std::nullopt;
    }
    out.reset();
    require(await_ready(server.log_.get()));
    server.socket_ = connect_to(path);
    return server;
}

std::string RedisServer::call(const std::vector<std::string>& arguments) {
    std::string request = "*" + std::to_string(arguments.size()) + "\r\n";
    for (const std::string& argument : arguments) {
        request += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
    }
    for (std::string_view rest = request; !rest.empty();) {
        const ssize_t sent = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        require(sent > 0);
        rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    return read_reply();
}

std::string RedisServer::read_bytes(std::size_t count) {
    std::array<char, 65536> part;
    while (received_.size() < count) {
        const ssize_t size = ::read(socket_.get(), part.data(), part.size());
        require(size > 0);
        received_.append(part.data(), static_cast<std::size_t>(size));
    }
    std::string bytes = received_.substr(0, count);
    received_.erase(0, count);
    return bytes;
}

std::string RedisServer::read_line() {
    std::string line;
    while (!line.ends_with("\r\n")) line += read_bytes(1);
    return line.substr(0, line.size() - 2);
}

std::string RedisServer::read_reply() {
    const std::string line = read_line();
    const std::string rest = line.substr(1);
    if (line[0] == '-') return line;
    if (line[0] == '$') {
        if (rest == "-1") return {};
        std::string text = read_bytes(std::stoul(rest) + 2);
        text.resize(text.size() - 2);
        return text;
    }
    if (line[0] != '*') return rest;
    std::string all;
    for (long i = std::stol(rest); i > 0; --i) all += read_reply() + "\n";
    return all;
}

RedisServer::Dump RedisServer::dump(const std::string& key) {
    constexpr std::size_t kFooterBytes = 2 + 8;  // version, CRC-64
    const std::string payload = call({"DUMP", key});
    require(payload.size() > 1 + kFooterBytes);
    return {static_cast<unsigned char>(payload[0]),
            payload.substr(1, payload.size() - 1 - kFooterBytes)};
}

std::size_t take_length(std::string_view& body) {
    require(!body.empty());
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(body.at(i)); };
    const unsigned first = byte(0);
    std::size_t length = first & 0x3f;
    std::size_t taken = 1;
    if (first >> 6 == 1) {
        length = length << 8 | byte(1);
        taken = 2;
    } else if (first == 0x80) {
        length = std::size_t{byte(1)} << 24 | std::size_t{byte(2)} << 16 |
                 std::size_t{byte(3)} << 8 | byte(4);
        taken = 5;
    } else {
        require(first >> 6 == 0);
    }
    body.remove_prefix(taken);
    return length;
}

std::string take_string(std::string_view& body) {
    const std::size_t length = take_length(body);
    require(length <= body.size());
    std::string text(body.substr(0, length));
    body.remove_prefix(length);
    return text;
}

}  // namespace assay::testing
