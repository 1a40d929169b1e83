// The pool with real slots. On a host that lets nobody make them every case says "skipped".
#include "internal/judge/execute/worker_pool.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <future>
#include <thread>

#include "internal/judge/execute/pool_fixture.hpp"
#include "internal/testing/host_snapshot.hpp"
#include "pkg/posix/files.hpp"

namespace assay::judge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Waiting {
    std::promise<Response> promise;
    std::future<Response> response = promise.get_future();
    std::shared_ptr<Ticket> ticket;
};

std::unique_ptr<Waiting> submit(PoolFixture& fixture, const Command& command) {
    auto waiting = std::make_unique<Waiting>();
    Waiting& held = *waiting;
    held.ticket = fixture.pool().submit(request_of({command}), [&held](Response response) {
        held.promise.set_value(std::move(response));
    });
    return waiting;
}

void await(const std::function<bool()>& condition) {
    while (!condition()) std::this_thread::yield();
}

// Where a program and its test meet: a pipe with a name, which the program opens when it runs.
class Meeting {
  public:
    Meeting() {
        REQUIRE(::mkdtemp(place_.data()) != nullptr);
        REQUIRE(::chmod(place_.c_str(), 0755) == 0);
        REQUIRE(::mkfifo(pipe().c_str(), 0666) == 0);
        REQUIRE(::chmod(pipe().c_str(), 0666) == 0);
    }
    ~Meeting() { std::filesystem::remove_all(place_); }

    std::vector<sandbox::SlotMount> mounts() const {
        return {{sandbox::SlotMountKind::kBind, place_, "/meeting", false, {}}};
    }
    // Both sides wait for the other here.
    static Command sleeper() { return shell("echo >/meeting/pipe; sleep 1000"); }
    void await_sleeper() const { CHECK(posix::read_file(pipe()).has_value()); }

  private:
    std::string pipe() const { return place_ + "/pipe"; }
    std::string place_ = "/tmp/assay-pool-meeting-XXXXXX";
};

std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
        ++count;
    return count;
}

TEST_CASE("pool: a program's output, figures and status", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    const CommandResult result = fixture.run(shell("echo out; echo err >&2"));
    CHECK(result.status == Status::kAccepted);
    CHECK(result.error.empty());
    CHECK(result.files ==
          std::map<std::string, std::string>{{"stdout", "out\n"}, {"stderr", "err\n"}});
    CHECK(result.time.count() > 0);
    CHECK(result.run_time.count() > 0);
    CHECK(result.memory_bytes > 0);
    CHECK(fixture.run(shell("exit 42")).exit_status == 42);
    CHECK(fixture.run(shell("exit 42")).status == Status::kNonzeroExitStatus);
    CHECK(fixture.run(shell("kill -SEGV $$")).status == Status::kSignalled);
    CHECK(fixture.run(shell("kill -SYS $$")).status == Status::kDangerousSyscall);
    CHECK(fixture.run(shell("kill -XFSZ $$")).status == Status::kOutputLimitExceeded);
}

TEST_CASE("pool: limits of time and clock end a program", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Command spin = shell("while :; do :; done");
    spin.cpu_limit = milliseconds(50);
    CHECK(fixture.run(spin).status == Status::kTimeLimitExceeded);
    Command idle = shell("sleep 1000");
    idle.clock_limit = milliseconds(50);
    const CommandResult slept = fixture.run(idle);
    CHECK(slept.status == Status::kTimeLimitExceeded);
    CHECK(slept.exit_status == SIGKILL);
    Command nothing = shell("exit 0");
    nothing.cpu_limit = {};
    CHECK(fixture.run(nothing).status == Status::kTimeLimitExceeded);
}

TEST_CASE("pool: limits of memory and processes", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable() || !fixture.has_memory_groups()) return;
    Command greedy = shell("head -c 100000000 /dev/zero | tail");
    greedy.memory_limit_bytes = 16u << 20;
    CHECK(fixture.run(greedy).status == Status::kMemoryLimitExceeded);
    Command none = shell("exit 0");
    none.memory_limit_bytes = 0;
    CHECK(fixture.run(none).status == Status::kMemoryLimitExceeded);
    Command alone = shell("(:) && echo forked");
    alone.process_limit = 0;
    const CommandResult refused = fixture.run(alone);
    CHECK(refused.status == Status::kNonzeroExitStatus);
    CHECK(refused.files.at("stdout").empty());
    CHECK(fixture.run(shell("(:) && echo forked")).files.at("stdout") == "forked\n");
}

TEST_CASE("pool: files come in", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    NewFile stored = fixture.store().create().value();
    REQUIRE(posix::write_all(stored.descriptor(), "cached", "a file").has_value());
    const std::string id = fixture.store().add(std::move(stored), "name").value();
    Command command = shell("cat - a d/b /tmp/c l; ls -l a | cut -c1-10");
    command.files[0] = MemoryFile{"in "};
    command.copy_in = {{"a", MemoryFile{"memory "}},
                       {"d/b", LocalFile{"/proc/sys/kernel/ostype"}},
                       {"/tmp/c", CachedFile{id}},
                       {"l", LinkTarget{"/w/a"}}};
    const CommandResult result = fixture.run(command);
    CHECK(result.status == Status::kAccepted);
    CHECK(result.files.at("stdout") == "in memory Linux\ncachedmemory -rwxrwxrwx\n");
    command = shell("cat");
    command.files[0] = CachedFile{id};
    CHECK(fixture.run(command).files.at("stdout") == "cached");
    command.files[0] = LocalFile{"/proc/sys/kernel/ostype"};
    CHECK(fixture.run(command).files.at("stdout") == "Linux\n");
}

TEST_CASE("pool: what cannot be copied in is a file error, and nothing runs", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Command command = shell("echo ran");
    command.copy_in = {{"a", LocalFile{"/no/such"}}};
    CommandResult result = fixture.run(command);
    CHECK(result.status == Status::kFileError);
    CHECK(result.error == "open /no/such: no such file or directory");
    REQUIRE(result.file_errors.size() == 1);
    CHECK(result.file_errors[0].type == FileErrorType::kCopyInOpenFile);
    CHECK(result.files.empty());
    CHECK(result.run_time.count() == 0);
    command.copy_in = {{"a", MemoryFile{"x"}}, {"d/l", LinkTarget{"a"}}};
    result = fixture.run(command);
    CHECK(result.error == "symlink: 1 operations failed");
    CHECK(result.file_errors.at(0).type == FileErrorType::kSymlink);
    command.copy_in = {{"/usr/bin/cat", MemoryFile{"x"}}};
    CHECK(fixture.run(command).file_errors.at(0).type == FileErrorType::kCopyInCreateFile);
    command.copy_in = {{"big", MemoryFile{std::string(40u << 20, 'x')}}};
    CHECK(fixture.run(command).file_errors.at(0).type == FileErrorType::kCopyInCopyContent);
}

TEST_CASE("pool: a target that cannot be opened can be left out", "[judge][slow]") {
    PoolOptions options;
    options.compat_copy_in = true;
    PoolFixture fixture(options);
    if (!fixture.usable()) return;
    Command command = shell("echo ran");
    command.copy_in = {{"/usr/bin/cat", MemoryFile{"x"}}};
    CHECK(fixture.run(command).files.at("stdout") == "ran\n");
}

TEST_CASE("pool: files come out", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Command command = shell("echo a >a; echo b >/tmp/b; echo out");
    command.copy_out = {{"a", false}, {"/tmp/b", false}, {"none", true}, {"stdout", false}};
    command.copy_out_cached = {{"stdout", false}, {"a", false}};
    const CommandResult result = fixture.run(command);
    CHECK(result.status == Status::kAccepted);
    CHECK(result.files == std::map<std::string, std::string>{{"/tmp/b", "b\n"}, {"stderr", ""}});
    REQUIRE(result.file_ids.size() == 2);
    const auto stored = fixture.store().get(result.file_ids.at("stdout"));
    REQUIRE(stored.has_value());
    CHECK((*stored)->size_bytes == 4);
}

TEST_CASE("pool: what cannot come out is a file error", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Command command = shell("mkdir d; ln -s /etc/passwd l; mkfifo f; printf 12345 >big");
    command.copy_out = {{"none", false}, {"d", false}, {"l", false}, {"f", false}};
    CommandResult result = fixture.run(command);
    CHECK(result.status == Status::kFileError);
    CHECK(result.error == "open none: no such file or directory");
    REQUIRE(result.file_errors.size() == 4);
    CHECK(result.file_errors[2].message == "l is not a regular file");
    CHECK(result.file_errors[3].type == FileErrorType::kCopyOutOpen);
    command.copy_out = {{"big", false}};
    command.copy_out_max_bytes = 4;
    result = fixture.run(command);
    CHECK(result.file_errors.at(0).type == FileErrorType::kCopyOutSizeExceeded);
    CHECK_FALSE(result.files.contains("big"));
    command.copy_out_truncate = true;
    result = fixture.run(command);
    CHECK(result.status == Status::kFileError);
    CHECK(result.files.at("big") == "1234");
}

TEST_CASE("pool: collectors keep their maximum and one byte", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    const bool pipe = GENERATE(false, true);
    Command command = shell("echo 12345; echo 67");
    command.files[1] = Collector{"stdout", 4, pipe};
    const CommandResult result = fixture.run(command);
    CHECK(result.status == Status::kOutputLimitExceeded);
    CHECK(result.error == "Output Limit Exceeded");
    CHECK(result.files.at("stdout") == "12345");
    CHECK(result.file_errors.at(0).type == FileErrorType::kCollectSizeExceeded);
}

TEST_CASE("pool: collectors of one name are one file", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    const bool pipe = GENERATE(false, true);
    Command command = shell("echo a; echo b >&2; echo c");
    command.files[1] = command.files[2] = Collector{"both", 100, pipe};
    CHECK(fixture.run(command).files.at("both") == "a\nb\nc\n");
}

TEST_CASE("pool: a pipe collector never holds the writer up", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Command command = shell("head -c 3000000 /dev/zero && echo done >&2");
    command.files[1] = Collector{"stdout", 10, true};
    command.files[2] = Collector{"stderr", 10, true};
    const CommandResult result = fixture.run(command);
    CHECK(result.files.at("stdout").size() == 11);
    CHECK(result.files.at("stderr") == "done\n");
}

TEST_CASE("pool: what cannot be executed is an internal error", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Command command = shell("");
    command.arguments = {"no-such"};
    CommandResult result = fixture.run(command);
    CHECK(result.status == Status::kInternalError);
    CHECK(result.error == "execve: handle: no-such: executable file not found in $PATH");
    CHECK(result.files.size() == 2);
    command.environment = {};
    CHECK(fixture.run(command).error ==
          "execve: handle: no-such: no PATH environment variable provided for look up");
    command.arguments = {"/no/such"};
    const std::string error = fixture.run(command).error;
    CHECK((error == "start: /no/such: execve: no such file or directory" ||
           error == "execve: /no/such: execve: no such file or directory"));
    command.arguments = {};
    CHECK(fixture.run(command).status == Status::kInternalError);
    command = shell("echo hole");
    put(command, 4, MemoryFile{});
    CHECK(fixture.run(command).status == Status::kInternalError);
}

TEST_CASE("pool: requests that cannot be prepared have an error", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Command command = shell("");
    command.files[0] = CachedFile{"ABCDEFGH"};
    CHECK(fixture.run(request_of({command})).error == "file does not exists with id: \"ABCDEFGH\"");
    command.files[0] = LocalFile{"/no/such"};
    const std::string missing =
        "pipe: open file /no/such: open /no/such: no such file or directory";
    CHECK(fixture.run(request_of({command})).error == missing);
    CHECK(fixture.run(request_of({command, shell("")})).error ==
          "prepare fds: prepareCmdFd: " + missing);
    command.files[0] = LocalFile{"/usr"};
    CHECK(fixture.run(request_of({command})).error ==
          "pipe: open file /usr: open /usr: is a directory");
    command.files[0] = Collector{"a/b", 10};
    CHECK(fixture.run(request_of({command})).error ==
          "container: a/b: open a/b: no such file or directory");
    const Response response = fixture.run(request_of({command}));
    CHECK(response.request_id == "test");
    CHECK(response.results.empty());
}

TEST_CASE("pool: commands joined by pipes", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Command asking = shell("echo question; read -r line <&0; echo \"got $line\" >&2");
    Command answering = shell("read -r line; echo \"answer to $line\"");
    asking.files[0] = asking.files[1] = answering.files[0] = answering.files[1] = Hole{};
    Request request = request_of({asking, answering});
    PipeMapping there;
    there.in = {0, 1};
    there.out = {1, 0};
    there.proxy = GENERATE(false, true);
    PipeMapping back = there;
    std::swap(back.in.index, back.out.index);
    if (there.proxy) {
        there.name = "asked";
        there.max_bytes = 4;
        back.disable_zero_copy = true;
        back.name = "answered";
        back.max_bytes = 1000;
    }
    request.pipes = {there, back};
    const Response response = fixture.run(request);
    INFO(response.error);
    REQUIRE(response.results.size() == 2);
    CHECK(response.results[0].files.at("stderr") == "got answer to question\n");
    CHECK(response.results[0].status == Status::kAccepted);
    CHECK(response.results[1].status == Status::kAccepted);
    if (!there.proxy) return;
    CHECK(response.results[0].files.at("asked") == "ques");
    CHECK(response.results[1].files.at("answered") == "answer to question\n");
}

TEST_CASE("pool: a proxy keeps a writer from a broken pipe", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Command writer = shell("head -c 1000000 /dev/zero && exit 7");
    Command reader = shell("exit 0");
    writer.files[1] = reader.files[0] = Hole{};
    Request request = request_of({writer, reader});
    PipeMapping mapping;
    mapping.in = {0, 1};
    mapping.out = {1, 0};
    mapping.proxy = true;
    mapping.disable_zero_copy = GENERATE(false, true);
    request.pipes = {mapping};
    const Response response = fixture.run(request);
    REQUIRE(response.results.size() == 2);
    CHECK(response.results[0].exit_status == 7);
}

TEST_CASE("pool: descriptors beyond the third are the program's too", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Command command = shell("cat <&3; cat /proc/self/fd/4; echo five >&5; ls /proc/self/fd");
    put(command, 3, MemoryFile{"three "});
    put(command, 4, MemoryFile{"four"});
    put(command, 5, Collector{"five", 100, true});
    const CommandResult result = fixture.run(command);
    CHECK(result.files.at("stdout").starts_with("three four"));
    CHECK(result.files.at("stderr").empty());
    CHECK(result.files.at("five") == "five\n");

    Request request = request_of({shell("echo through >&3"), shell("cat <&3")});
    PipeMapping mapping;
    mapping.in = {0, 3};
    mapping.out = {1, 3};
    request.pipes = {mapping};
    const Response response = fixture.run(request);
    INFO(response.error);
    REQUIRE(response.results.size() == 2);
    CHECK(response.results[1].files.at("stdout") == "through\n");
}

TEST_CASE("pool: a file error in one command leaves the others running", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Command broken = shell("");
    broken.copy_in = {{"a", LocalFile{"/no/such"}}};
    const Response response = fixture.run(request_of({broken, shell("echo well")}));
    REQUIRE(response.results.size() == 2);
    CHECK(response.results[0].status == Status::kFileError);
    CHECK(response.results[1].files.at("stdout") == "well\n");
}

TEST_CASE("pool: a terminal echoes what is typed", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Command command = shell("read -r line; test -t 0 && echo \"line $line\"");
    command.terminal = true;
    command.files = {MemoryFile{"typed\n"}, Collector{"all", 1000}, Collector{"none", 1000}};
    const CommandResult result = fixture.run(command);
    CHECK(result.status == Status::kAccepted);
    CHECK(result.files == std::map<std::string, std::string>{{"all", "typed\r\nline typed\r\n"}});
}

TEST_CASE("pool: a run leaves nothing for the next", "[judge][slow]") {
    PoolOptions options;
    options.parallelism = 1;
    PoolFixture fixture(options);
    if (!fixture.usable()) return;
    fixture.run(shell("echo secret >/w/a; echo secret >/tmp/b; (sleep 1000 &)"));
    const CommandResult result = fixture.run(shell("ls -A /w /tmp; ls -d /proc/[0-9]*"));
    CHECK(result.files.at("stdout").find('a') == std::string::npos);
    CHECK(fixture.metrics().slots_made.value() == 1);
}

TEST_CASE("pool: a running request can be cancelled", "[judge][slow]") {
    const Meeting meeting;
    PoolFixture fixture({}, meeting.mounts());
    if (!fixture.usable()) return;
    const auto waiting = submit(fixture, Meeting::sleeper());
    meeting.await_sleeper();
    waiting->ticket->cancel();
    const Response response = waiting->response.get();
    REQUIRE(response.results.size() == 1);
    CHECK(response.results[0].status == Status::kSignalled);
    CHECK(response.results[0].exit_status == SIGKILL);
}

TEST_CASE("pool: a waiting request can be cancelled, a full queue refuses", "[judge][slow]") {
    PoolOptions options;
    options.parallelism = 1;
    options.queue_limit = 1;
    PoolFixture fixture(options);
    if (!fixture.usable()) return;
    const auto running = submit(fixture, shell("sleep 1000"));
    await([&] { return fixture.metrics().running.value() == 1; });
    const auto queued = submit(fixture, shell("echo never"));
    const auto refused = submit(fixture, shell("echo never"));
    const Response full = refused->response.get();
    CHECK(full.error == "worker queue is full");
    CHECK(full.refusal == Refusal::kQueueFull);
    queued->ticket->cancel();
    const Response cancelled = queued->response.get();
    CHECK(cancelled.error == "request cancelled before execute");
    CHECK(cancelled.refusal == Refusal::kCancelled);
    const auto next = submit(fixture, shell("echo ran"));
    running->ticket->cancel();
    CHECK(next->response.get().results.at(0).files.at("stdout") == "ran\n");
    running->response.get();
}

TEST_CASE("pool: draining ends what waits, lets run until the deadline", "[judge][slow]") {
    PoolOptions options;
    options.parallelism = 1;
    const Meeting meeting;
    PoolFixture fixture(options, meeting.mounts());
    if (!fixture.usable()) return;
    const auto running = submit(fixture, Meeting::sleeper());
    meeting.await_sleeper();
    const auto queued = submit(fixture, shell("echo never"));
    fixture.pool().drain(std::chrono::steady_clock::now() + milliseconds(20));
    const Response waited = queued->response.get();
    CHECK(waited.error == "request cancelled before execute");
    CHECK(waited.refusal == Refusal::kCancelled);
    const Response killed = running->response.get();
    CHECK(killed.results.at(0).exit_status == SIGKILL);
    CHECK(killed.refusal == Refusal::kNone);
    const Response late = submit(fixture, shell(""))->response.get();
    CHECK(late.error == "worker is shutting down");
    CHECK(late.refusal == Refusal::kShuttingDown);
    CHECK(fixture.metrics().running.value() == 0);
}

TEST_CASE("pool: a ticket outlives the pool", "[judge][slow]") {
    std::shared_ptr<Ticket> ticket;
    {
        PoolFixture fixture;
        if (!fixture.usable()) return;
        const auto waiting = submit(fixture, shell("exit 0"));
        waiting->response.get();
        ticket = waiting->ticket;
    }
    ticket->cancel();
}

TEST_CASE("pool: a zygote that dies costs one request", "[judge][slow]") {
    PoolOptions options;
    options.parallelism = 1;
    const Meeting meeting;
    PoolFixture fixture(options, meeting.mounts());
    if (!fixture.usable() || ::geteuid() != 0) return;
    const std::string children = "/proc/" + std::to_string(fixture.keeper()) + "/task/" +
                                 std::to_string(fixture.keeper()) + "/children";
    const auto zygote = [&] { return posix::read_file(children).value(); };
    const auto kill_zygote = [&] {
        const std::string pid = zygote();
        REQUIRE_FALSE(pid.empty());
        ::kill(std::stoi(pid), SIGKILL);
        await([&] { return zygote() != pid; });
    };
    const auto waiting = submit(fixture, Meeting::sleeper());
    meeting.await_sleeper();
    kill_zygote();
    CHECK(waiting->response.get().results.at(0).status == Status::kInternalError);
    CHECK(fixture.run(shell("echo well")).files.at("stdout") == "well\n");
    CHECK(fixture.metrics().slots_broken.value() == 1);
    await([&] { return fixture.metrics().running.value() == 0; });
    kill_zygote();
    CHECK(fixture.run(shell("echo well")).files.at("stdout") == "well\n");
}

TEST_CASE("pool: hundreds of requests leave the host as it was", "[judge][slow]") {
    PoolOptions options;
    options.parallelism = 3;
    PoolFixture fixture(options);
    if (!fixture.usable()) return;
    const Command command = shell("cat; (sleep 100 &) ; echo x >f");
    fixture.run(request_of({command, command, command}));
    await([&] { return fixture.metrics().running.value() == 0; });
    const auto before = testing::HostSnapshot::take();
    const std::size_t descriptors = open_descriptors();
    std::atomic<int> accepted = 0;
    std::vector<std::thread> clients;
    for (int client = 0; client < 3; ++client) {
        clients.emplace_back([&] {
            for (int i = 0; i < 60; ++i) {
                std::promise<Response> answered;
                fixture.pool().submit(request_of({command}), [&](Response response) {
                    answered.set_value(std::move(response));
                });
                const Response response = answered.get_future().get();
                accepted +=
                    response.results.size() == 1 && response.results[0].status == Status::kAccepted;
            }
        });
    }
    for (std::thread& client : clients) client.join();
    await([&] { return fixture.metrics().running.value() == 0; });
    CHECK(accepted == 180);
    CHECK(open_descriptors() == descriptors);
    CHECK(before.lasting_changes().empty());
    CHECK(fixture.metrics().slots_broken.value() == 0);
}

}  // namespace
}  // namespace assay::judge
