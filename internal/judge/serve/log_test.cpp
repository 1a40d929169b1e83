#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <climits>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <limits>

#include "internal/judge/serve/access_log.hpp"
#include "internal/judge/serve/readiness.hpp"
#include "pkg/posix/files.hpp"

namespace assay::judge {
namespace {

// What the log writes, without the times.
class Reader {
  public:
    explicit Reader(AccessLog::Options options)
        : pipe_(posix::make_pipe().value()), log(with_pipe(options)) {}

    std::string lines() {
        pipe_.write_end.reset();
        std::string text = posix::read_all(pipe_.read_end.get(), "the log").value();
        std::string result;
        while (!text.empty()) {
            const std::string line = text.substr(0, text.find('\n') + 1);
            text.erase(0, line.size());
            result += line.starts_with("{") ? "{" + line.substr(35) : line.substr(25);
        }
        return result;
    }

  private:
    AccessLog::Options with_pipe(AccessLog::Options options) const {
        options.descriptor = pipe_.write_end.get();
        return options;
    }
    posix::Pipe pipe_;

  public:
    AccessLog log;
};

Access example() {
    Access access;
    access.id = 7;
    access.peer = "127.0.0.1:1";
    access.method = "POST";
    access.path = "/run\n\"x";
    access.code = 200;
    access.time = std::chrono::microseconds(1500);
    access.request_bytes = 2;
    access.response_bytes = 3;
    access.verdicts = "Accepted,Time Limit Exceeded";
    return access;
}

TEST_CASE("access log: a line of text for a request", "[judge]") {
    Reader reader({});
    reader.log.access(example());
    CHECK(reader.lines() ==
          "info request id=7 peer=127.0.0.1:1 method=POST path=\"/run\\n\\\"x\" code=200 "
          "ms=1.500 in=2 out=3 verdict=\"Accepted,Time Limit Exceeded\"\n");
}

TEST_CASE("access log: an object of JSON for a request", "[judge]") {
    AccessLog::Options options;
    options.format = LogFormat::kJson;
    Reader reader(options);
    Access access = example();
    access.error = "worker queue is full";
    access.code = 500;
    reader.log.access(access);
    CHECK(reader.lines() ==
          "{\"level\":\"warn\",\"msg\":\"request\",\"id\":\"7\",\"peer\":\"127.0.0.1:1\","
          "\"method\":\"POST\",\"path\":\"/run\\n\\\"x\",\"code\":\"500\",\"ms\":\"1.500\","
          "\"in\":\"2\",\"out\":\"3\",\"verdict\":\"Accepted,Time Limit Exceeded\","
          "\"error\":\"worker queue is full\"}\n");
}

TEST_CASE("access log: quiet and silent", "[judge]") {
    AccessLog::Options quiet;
    quiet.warnings_only = true;
    Reader warnings(quiet);
    warnings.log.access(example());
    warnings.log.event(LogLevel::kWarning, "something", {{"key", ""}});
    CHECK(warnings.lines() == "warn something key=\"\"\n");
    AccessLog::Options silent;
    silent.silent = true;
    Reader nothing(silent);
    nothing.log.event(LogLevel::kError, "something");
    CHECK(nothing.lines().empty());
}

TEST_CASE("access log: what nobody reads is dropped and counted", "[judge]") {
    auto pipe = posix::make_pipe(O_NONBLOCK).value();
    AccessLog::Options options;
    options.descriptor = pipe.write_end.get();
    AccessLog log(options);
    const std::string page(4096, 'x');
    while (::write(pipe.write_end.get(), page.data(), page.size()) > 0) {
    }
    log.event(LogLevel::kInfo, "lost");
    log.event(LogLevel::kInfo, "lost too");
    std::string drained(1u << 20, '\0');
    REQUIRE(::read(pipe.read_end.get(), drained.data(), drained.size()) > 0);
    log.event(LogLevel::kInfo, "seen");
    pipe.write_end.reset();
    const std::string text = posix::read_all(pipe.read_end.get(), "the log").value();
    CHECK(text.find(" warn log lines dropped count=2\n") != std::string::npos);
    CHECK(text.ends_with(" info seen\n"));
    CHECK(text.find("lost") == std::string::npos);
}

TEST_CASE("access log: whatever a client chose, a line goes to a pipe whole", "[judge]") {
    const LogFormat format = GENERATE(LogFormat::kText, LogFormat::kJson);
    const auto pipe = posix::make_pipe(O_NONBLOCK).value();
    REQUIRE(::fcntl(pipe.write_end.get(), F_SETPIPE_SZ, PIPE_BUF) == PIPE_BUF);
    AccessLog log({format, false, false, pipe.write_end.get()});
    Access access;
    access.id = std::numeric_limits<std::uint64_t>::max();
    access.peer = "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535";
    access.method = std::string(60'000, 'M');
    access.path = "/first" + std::string(60'000, '\x01');
    access.request_id = std::string(60'000, '\x02');
    access.verdicts = std::string(60'000, 'V');
    access.error = std::string(60'000, '\x03');
    access.code = 500;
    access.request_bytes = access.response_bytes = access.id;
    log.access(access);
    std::string line(2 * PIPE_BUF, '\0');
    line.resize(static_cast<std::size_t>(::read(pipe.read_end.get(), line.data(), line.size())));
    CHECK(line.ends_with(format == LogFormat::kJson ? "}\n" : "\"\n"));
    CHECK(line.find("/first") != std::string::npos);
}

TEST_CASE("readiness: the descriptor gets the lines and is closed", "[judge]") {
    auto pipe = posix::make_pipe().value();
    tell_descriptor(pipe.write_end.release(), "listening on x\n");
    CHECK(posix::read_all(pipe.read_end.get(), "it").value() == "listening on x\n");
    tell_descriptor(std::nullopt, "nothing");
}

// What a service manager reads that is told READY and, without its variable, STOPPING. An address
// with '@' in front is of the abstract name space: a NUL, and no file.
std::string told_to(const std::string& name) {
    const posix::UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(name.size() < sizeof(address.sun_path));
    name.copy(address.sun_path, name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    tell_service_manager("READY=1");
    ::unsetenv("NOTIFY_SOCKET");
    tell_service_manager("STOPPING=1");
    std::string told;
    char text[32];
    for (ssize_t size = 0; (size = ::recv(socket.get(), text, sizeof(text), 0)) > 0;) {
        told.append(text, static_cast<std::size_t>(size)) += ';';
    }
    return told;
}

TEST_CASE("readiness: the service manager gets a datagram", "[judge]") {
    const std::string name = "readiness_test." + std::to_string(::getpid());
    const std::string path = std::filesystem::temp_directory_path() / name;
    CHECK(told_to(path) == "READY=1;");
    std::filesystem::remove(path);
    CHECK(told_to("@" + name) == "READY=1;");
}

TEST_CASE("readiness: an address that is none is passed over", "[judge]") {
    for (const std::string& name :
         {std::string("relative"), std::string("@") + std::string(200, 'a')}) {
        ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
        tell_service_manager("READY=1");
        ::unsetenv("NOTIFY_SOCKET");
    }
}

}  // namespace
}  // namespace assay::judge
