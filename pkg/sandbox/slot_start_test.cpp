// What a run is given: arguments, environment, descriptors, limits; and how a start can fail.
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "pkg/posix/files.hpp"
#include "pkg/sandbox/look_up.hpp"
#include "pkg/sandbox/slot.hpp"
#include "pkg/sandbox/slot_fixture.hpp"

namespace assay::sandbox {
namespace {

using posix::UniqueFd;

void put(const Slot& slot, const std::string& path, const std::string& text, mode_t mode) {
    const UniqueFd file = slot.open(path, O_CREAT | O_WRONLY | O_TRUNC, mode).value();
    REQUIRE(posix::write_all(file.get(), text, path).has_value());
}

SlotStart start(Slot& slot, const std::string& name, std::optional<std::string> search_path) {
    SlotProgram program;
    program.arguments = {name};
    program.search_path = std::move(search_path);
    SlotStart result = slot.start(program).value();
    if (result.failure == StartFailure::kNone) REQUIRE(slot.finish().has_value());
    return result;
}

TEST_CASE("look-up: candidates are absolute unless the name has a slash", "[sandbox][slot]") {
    using Paths = std::vector<std::string>;
    CHECK(look_up_candidates("./x", "/w", "/bin") == Paths{"./x"});
    CHECK(look_up_candidates("x", "/w", std::nullopt) == Paths{"/w/x"});
    CHECK(look_up_candidates("x", "/w", "/bin:/usr/bin/") == Paths{"/w/x", "/bin/x", "/usr/bin/x"});
    CHECK(look_up_candidates("x", "/w", ":rel:") == Paths{"/w/x", "/w/x", "/w/rel/x", "/w/x"});
}

TEST_CASE("slot: a start tells what failed, and the slot goes on", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    const auto check = [&](const SlotStart& result, StartFailure failure, int error,
                           const std::string& detail) {
        CHECK(result.failure == failure);
        CHECK(result.error == error);
        CHECK(result.detail == detail);
        REQUIRE(slot.reset().has_value());
    };
    check(start(slot, "none", "/usr/bin:/bin"), StartFailure::kNotFound, ENOENT, "");
    check(start(slot, "cat", std::nullopt), StartFailure::kNoSearchPath, ENOENT, "");
    check(start(slot, "/none", "/usr/bin"), StartFailure::kExec, ENOENT, "/none");
    check(start(slot, "/tmp", "/usr/bin"), StartFailure::kExec, EACCES, "/tmp");
    put(slot, "script", "#!/no/such/interpreter\n", 0755);
    check(start(slot, "script", "/usr/bin"), StartFailure::kExec, ENOENT, "/w/script");
    put(slot, "text", "no program", 0755);
    check(start(slot, "./text", "/usr/bin"), StartFailure::kExec, ENOEXEC, "./text");
    put(slot, "closed", "no program", 0644);
    check(start(slot, "closed", "/usr/bin"), StartFailure::kNotFound, ENOENT, "");
    check(start(slot, std::string("a\0b", 3), "/usr/bin"), StartFailure::kExec, EINVAL,
          std::string("a\0b", 3));
    check(slot.start(SlotProgram{}).value(), StartFailure::kExec, EINVAL, "");

    SlotProgram limited = shell(":");
    rlimit files{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
    limited.resource_limits = {{RLIMIT_NOFILE, files.rlim_max + 1}};
    check(slot.start(limited).value(), StartFailure::kSetUp, EPERM,
          "cannot set the resource limits: Operation not permitted");
    const UniqueFd no_group = posix::open_file("/dev/null", O_RDONLY).value();
    const int join[] = {no_group.get()};
    SlotProgram grouped = shell(":");
    grouped.cgroup_join = join;
    CHECK(slot.start(grouped).value().failure == StartFailure::kSetUp);
    REQUIRE(slot.reset().has_value());
    CHECK(output_of(slot, "echo alive") == "alive\n");
}

TEST_CASE("slot: the working directory comes before the search path", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    put(slot, "/w/cat", "#!/bin/sh\necho mine $0\n", 0755);
    put(slot, "/w/ls", "not executable\n", 0644);
    SlotProgram program = shell("");
    program.arguments = {"cat"};
    CHECK(run_program(slot, program).output == "mine /w/cat\n");
    program.arguments = {"ls", "/tmp"};
    CHECK(run_program(slot, program).output.empty());
    program.arguments = {"bin/tool"};
    REQUIRE(slot.make_parents("bin/tool").has_value());
    put(slot, "bin/tool", "#!/bin/sh\necho tool\n", 0755);
    CHECK(run_program(slot, program).output == "tool\n");
}

TEST_CASE("slot: a program that is being written is tried again, not for ever", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    UniqueFd writer = slot.open("/w/tool", O_CREAT | O_WRONLY, 0755).value();
    REQUIRE(posix::write_all(writer.get(), "#!/bin/sh\necho fine\n", "tool").has_value());
    CHECK(start(slot, "./tool", std::nullopt).error == ETXTBSY);
    writer.reset();
    SlotProgram program = shell("");
    program.arguments = {"./tool"};
    CHECK(run_program(slot, program).output == "fine\n");
}

TEST_CASE("slot: arguments and environment of some megabytes arrive", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    SlotProgram program = shell("echo $# ${#1} ${#BIG}; shift 15; echo ${#1}");
    program.arguments.emplace_back("name");
    for (int i = 0; i < 16; ++i) program.arguments.emplace_back(100'000, 'a');
    program.environment.push_back("BIG=" + std::string(100'000, 'b'));
    CHECK(run_program(slot, program).output == "16 100000 100000\n100000\n");
    REQUIRE(slot.reset().has_value());
    program.arguments.emplace_back(200'000, 'c');  // more than one string may have
    const SlotStart refused = slot.start(program).value();
    CHECK(refused.failure == StartFailure::kExec);
    CHECK(refused.error == E2BIG);
}

TEST_CASE("slot: descriptors are placed whatever their numbers are", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    constexpr std::size_t kCount = 256;
    posix::Pipe pipe = posix::make_pipe().value();
    const UniqueFd null = posix::open_file("/dev/null", O_RDWR).value();
    SlotProgram program = shell(
        "ls /proc/self/fd | wc -l; echo last >&200; "
        "ls /proc/self/fd/7 2>/dev/null");
    program.arguments.front() = "bash";  // dash knows numbers of one digit only
    program.descriptors.assign(kCount, null.get());
    program.descriptors[1] = program.descriptors[200] = pipe.write_end.get();
    program.descriptors[7] = -1;
    REQUIRE(slot.start(program).value().failure == StartFailure::kNone);
    pipe.write_end.reset();
    CHECK(posix::read_all(pipe.read_end.get(), "output").value() == "256\nlast\n");
    REQUIRE(slot.finish().has_value());
    program.descriptors.resize(257, -1);
    CHECK_FALSE(slot.start(program).has_value());
}

TEST_CASE("slot: limits, CPUs and a terminal are the run's own", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    SlotProgram program = shell("ulimit -n; ulimit -f; grep Cpus_allowed_list /proc/self/status");
    program.resource_limits = {{RLIMIT_NOFILE, 77}, {RLIMIT_FSIZE, 1024}};
    program.cpus = {0};
    CHECK(run_program(slot, program).output == "77\n2\nCpus_allowed_list:\t0\n");
    REQUIRE(slot.reset().has_value());
    CHECK(output_of(slot, "ulimit -n").find("77") == std::string::npos);

    const UniqueFd master = posix::open_file("/dev/ptmx", O_RDWR | O_NOCTTY).value();
    int unlocked = 0;
    REQUIRE(::ioctl(master.get(), TIOCSPTLCK, &unlocked) == 0);
    const UniqueFd slave(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    REQUIRE(slave);
    SlotProgram owner = shell("[ -t 0 ] && exec 3</dev/tty; ps -o tty= -p $$ 2>&1 || :; exit 9");
    owner.descriptors = {slave.get(), slave.get(), slave.get()};
    owner.controlling_terminal = true;
    REQUIRE(slot.start(owner).value().failure == StartFailure::kNone);
    REQUIRE(slot.finish().has_value());
}

}  // namespace
}  // namespace assay::sandbox
