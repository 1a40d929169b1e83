// Ends that nobody asked for: of a zygote, of the keeper, of the server.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <vector>

#include "pkg/posix/files.hpp"
#include "pkg/sandbox/slot.hpp"
#include "pkg/sandbox/slot_fixture.hpp"

namespace assay::sandbox {
namespace {

using posix::UniqueFd;

UniqueFd handle_of(pid_t pid) {
    return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

void wait_for_end(const UniqueFd& process) {
    pollfd end{process.get(), POLLIN, 0};
    REQUIRE(::poll(&end, 1, 60'000) == 1);
}

// A process of the slot from the host: the program started last.
pid_t child_of(pid_t parent) {
    const std::string id = std::to_string(parent);
    const std::string children =
        posix::read_file("/proc/" + id + "/task/" + id + "/children").value();
    return static_cast<pid_t>(std::stol(children));
}

TEST_CASE("slot: a killed zygote is an error, never a wait", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    Slot other = slots.make();
    REQUIRE(slot.start(shell("sleep 1000")).value().failure == StartFailure::kNone);
    const UniqueFd program = handle_of(child_of(slot.zygote_pid()));
    REQUIRE(program);
    REQUIRE(::kill(slot.zygote_pid(), SIGKILL) == 0);
    pollfd event{slot.event_descriptor(), POLLIN, 0};
    REQUIRE(::poll(&event, 1, 60'000) == 1);
    CHECK(slot.finish().error().kind == ErrorKind::kInternal);
    wait_for_end(program);
    slot.kill();
    CHECK_FALSE(slot.reset().has_value());
    CHECK_FALSE(slot.start(shell(":")).has_value());
    CHECK(output_of(other, "echo alive") == "alive\n");
    Slot fresh = slots.make();
    CHECK(output_of(fresh, "echo alive") == "alive\n");
}

TEST_CASE("slot: the files of a killed zygote's slot are told to be gone", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    REQUIRE(slot.open("kept", O_WRONLY | O_CREAT, 0777).has_value());
    const UniqueFd zygote = handle_of(slot.zygote_pid());
    REQUIRE(::kill(slot.zygote_pid(), SIGKILL) == 0);
    // At once, while it ends, and after its end.
    std::vector<Error> errors;
    for (;;) {
        const Result<UniqueFd> file = slot.open("stdout", O_WRONLY | O_CREAT, 0777);
        if (!file.has_value()) errors.push_back(file.error());
        if (!errors.empty()) break;
    }
    wait_for_end(zygote);
    errors.push_back(slot.open("stdout", O_WRONLY | O_CREAT, 0777).error());
    errors.push_back(slot.open("kept", O_RDONLY).error());
    errors.push_back(slot.make_parents("a/b").error());
    errors.push_back(slot.make_symlink("target", "link").error());
    for (const Error& error : errors) {
        CHECK(error.kind == ErrorKind::kInternal);
        CHECK(error.message.ends_with(": the slot's zygote has ended"));
    }
    Slot other = slots.make();
    CHECK(other.open("missing", O_RDONLY).error().kind != ErrorKind::kInternal);
    CHECK(other.open("/file", O_WRONLY | O_CREAT, 0777).error().os_error == EROFS);
}

TEST_CASE("slot: without descriptors to spare its zygote has not ended", "[sandbox][slot]") {
    TestSlots slots;
    const Slot slot = slots.make();
    std::vector<UniqueFd> spare;
    for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) spare.emplace_back(fd);
    const Result<UniqueFd> file = slot.open("file", O_WRONLY | O_CREAT, 0777);
    spare.clear();
    REQUIRE_FALSE(file.has_value());
    CHECK(file.error().os_error == EMFILE);
    CHECK(slot.open("file", O_WRONLY | O_CREAT, 0777).has_value());
}

TEST_CASE("slot: dropping one ends everything in it", "[sandbox][slot]") {
    TestSlots slots;
    UniqueFd program;
    UniqueFd zygote;
    {
        Slot slot = slots.make();
        REQUIRE(slot.start(shell("sleep 1000")).value().failure == StartFailure::kNone);
        program = handle_of(child_of(slot.zygote_pid()));
        zygote = handle_of(slot.zygote_pid());
        REQUIRE(program);
    }
    wait_for_end(program);
    wait_for_end(zygote);
}

TEST_CASE("slot: with the keeper every slot ends", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    REQUIRE(slot.start(shell("sleep 1000")).value().failure == StartFailure::kNone);
    const UniqueFd program = handle_of(child_of(slot.zygote_pid()));
    REQUIRE(::kill(slots.keeper().pid(), SIGKILL) == 0);
    pollfd death{slots.keeper().death_descriptor(), POLLIN, 0};
    REQUIRE(::poll(&death, 1, 60'000) == 1);
    CHECK(slot.finish().error().kind == ErrorKind::kInternal);
    wait_for_end(program);
    const Error error = slots.keeper().make_slot().error();
    CHECK(error.kind == ErrorKind::kInternal);
    CHECK(error.message == "the keeper of the slots is gone");
}

TEST_CASE("slot: the keeper ends with its slots when it is dropped", "[sandbox][slot]") {
    auto slots = std::make_unique<TestSlots>();
    Slot slot = slots->make();
    const UniqueFd keeper = handle_of(slots->keeper().pid());
    const UniqueFd zygote = handle_of(slot.zygote_pid());
    // What a terminal or a service manager sends to everybody is not for it.
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::kill(slots->keeper().pid(), number);
    CHECK(output_of(slot, "echo alive") == "alive\n");
    slots.reset();
    wait_for_end(keeper);
    wait_for_end(zygote);
    CHECK_FALSE(slot.start(shell(":")).has_value());
}

// Runs in a process of its own, where no assertion may throw.
void run_server(const UniqueFd& report) {
    Result<SlotKeeper> keeper = SlotKeeper::start(test_spec());
    if (!keeper.has_value()) return;
    Result<Slot> slot = keeper->make_slot();
    if (!slot.has_value() || !slot->start(shell("sleep 1000")).has_value()) return;
    const pid_t pids[] = {keeper->pid(), slot->zygote_pid(), child_of(slot->zygote_pid())};
    if (::write(report.get(), pids, sizeof pids) == sizeof pids) ::pause();
}

TEST_CASE("slot: nothing outlives a killed server", "[sandbox][slot]") {
    posix::Pipe pipe = posix::make_pipe().value();
    const pid_t server = ::fork();
    REQUIRE(server >= 0);
    if (server == 0) {
        run_server(pipe.write_end);
        ::_exit(1);
    }
    pid_t pids[3] = {};
    REQUIRE(::read(pipe.read_end.get(), pids, sizeof pids) == sizeof pids);
    std::vector<UniqueFd> processes;
    for (const pid_t pid : pids) processes.push_back(handle_of(pid));
    REQUIRE(::kill(server, SIGKILL) == 0);
    REQUIRE(::waitpid(server, nullptr, 0) == server);
    for (const UniqueFd& process : processes) wait_for_end(process);
}

}  // namespace
}  // namespace assay::sandbox
