#include "pkg/resp/peer_fixture.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "pkg/resp/client.hpp"

namespace assay::resp {
namespace {

constexpr const char* kProgram = "/usr/bin/redis-server";

// In the child, after fork: only calls that are safe there.
[[noreturn]] void become(char** arguments, pid_t parent) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) ::_exit(127);
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || ::dup2(null, 0) < 0 || ::dup2(null, 1) < 0 || ::dup2(null, 2) < 0) ::_exit(127);
    ::execv(kProgram, arguments);
    ::_exit(127);
}

}  // namespace

bool has_redis_server() {
    if (::access(kProgram, X_OK) == 0) return true;
    std::printf("skipped: %s is not installed\n", kProgram);
    return false;
}

RedisPeer::RedisPeer(const std::vector<std::string>& arguments) {
    std::string name = std::filesystem::temp_directory_path() / "redis-peer-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    directory_ = name;
    start(arguments);
    await_socket();
}

RedisPeer::~RedisPeer() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

void RedisPeer::start(const std::vector<std::string>& arguments) {
    std::vector<std::string> line = {kProgram,  "--port", "0",       "--unixsocket",
                                     address(), "--save", "",        "--appendonly",
                                     "no",      "--dir",  directory_};
    line.insert(line.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& argument : line) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("cannot fork for redis-server");
    if (pid_ == 0) become(pointers.data(), parent);
}

void RedisPeer::await_socket() const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    for (;;) {
        if (Client::connect(address())) return;
        if (std::chrono::steady_clock::now() > deadline || ::waitpid(pid_, nullptr, WNOHANG) != 0) {
            throw std::runtime_error("redis-server does not start");
        }
        ::poll(nullptr, 0, 10);
    }
}

}  // namespace assay::resp
