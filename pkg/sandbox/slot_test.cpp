#include "pkg/sandbox/slot.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>

#include "pkg/posix/files.hpp"
#include "pkg/sandbox/slot_fixture.hpp"

namespace assay::sandbox {
namespace {

// Lines of /proc/PID/NAME or entries of it.
std::size_t lines_of(pid_t pid, const std::string& name) {
    const std::string text = posix::read_file("/proc/" + std::to_string(pid) + "/" + name).value();
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

std::size_t descriptors_of(pid_t pid) {
    const std::filesystem::directory_iterator entries("/proc/" + std::to_string(pid) + "/fd");
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

std::string field(const std::string& text, const std::string& name) {
    const std::size_t at = text.find(name);
    REQUIRE(at != std::string::npos);
    const std::size_t start = text.find_first_not_of(" \t", at + name.size());
    return text.substr(start, text.find('\n', start) - start);
}

TEST_CASE("slot: a program runs, reports its end and its output", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    const Run first = run(slot, "echo out; exit 7");
    CHECK(first.output == "out\n");
    CHECK(WEXITSTATUS(first.exit.wait_status) == 7);
    CHECK(first.exit.wall.count() > 0);
    CHECK(first.exit.leftover_processes == 0);
    REQUIRE(slot.reset().has_value());
    CHECK(WTERMSIG(run(slot, "kill -SEGV $$").exit.wait_status) == SIGSEGV);
    REQUIRE(slot.reset().has_value());
    CHECK(run(slot, "echo again").output == "again\n");
}

TEST_CASE("slot: the figures of one run hold nothing of another", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    const Run large = run(slot, "x=$(head -c 20000000 /dev/zero | tr '\\0' x); :");
    REQUIRE(slot.reset().has_value());
    const Run small = run(slot, ":");
    CHECK(small.exit.tree_usage.ru_minflt * 2 < large.exit.tree_usage.ru_minflt);
    CHECK(small.exit.inherited_rss_bytes > 0);
}

TEST_CASE("slot: a program has its identity and nothing beside it", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    const std::string uid = own_ids() ? "1000" : "0";
    CHECK(output_of(slot, "id -u; id -g; id -G; umask; pwd; hostname") ==
          uid + "\n" + uid + "\n" + uid + "\n0000\n/w\nexecutor\n");
    const std::string status = output_of(slot, "cat /proc/self/status");
    for (const char* set : {"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"}) {
        CHECK(field(status, set) == "0000000000000000");
    }
    CHECK(field(status, "NoNewPrivs:") == "1");
    CHECK(field(status, "SigBlk:") == "0000000000000000");
    CHECK(field(status, "SigIgn:") == "0000000000000000");
    CHECK(output_of(slot, "ls /proc/self/fd | tr '\\n' ' '") == "0 1 2 3 ");
    CHECK(output_of(slot, "cut -d: -f3 /proc/self/cgroup | sort -u") == "/\n");
}

TEST_CASE("slot: uid 0 inside is nobody's and means nothing", "[sandbox][slot]") {
    SlotSpec spec = test_spec();
    spec.program_inside = spec.root_inside;
    TestSlots slots(spec);
    Slot slot = slots.make();
    CHECK(output_of(slot, "id -u; echo made > file; ls -ln file | cut -d' ' -f3") == "0\n0\n");
    CHECK(output_of(slot,
                    "chown 5 . 2>&1 || mount -t tmpfs x /tmp 2>&1; kill -9 1; "
                    "cat /proc/1/status 2>&1; echo alive")
              .ends_with("alive\n"));
    CHECK(run_attack(slot, {"attack-init", "0"}).output.find(": done") ==
          run_attack(slot, {"attack-init", "0"}).output.find("alive afterwards: done") +
              std::string("alive afterwards").size());
    REQUIRE(slot.reset().has_value());
}

TEST_CASE("slot: the zygote cannot be seen", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    CHECK(output_of(slot, "ls -A /proc/1; ls -d /proc/[0-9]* | head -2") == "/proc/1\n/proc/2\n");
    CHECK(posix::read_file("/proc/" + std::to_string(slot.zygote_pid()) + "/cmdline")
              .value()
              .starts_with("assay: slots"));
}

TEST_CASE("slot: two slots share nothing", "[sandbox][slot]") {
    TestSlots slots;
    Slot first = slots.make();
    Slot second = slots.make();
    for (const char* name : {"ipc", "net", "mnt", "pid", "user", "uts"}) {
        const auto link = [&](const Slot& slot) {
            return std::filesystem::read_symlink("/proc/" + std::to_string(slot.zygote_pid()) +
                                                 "/ns/" + name);
        };
        if (own_ids()) CHECK(link(first) != link(second));
    }
    if (own_ids()) {
        CHECK(first.host_owner().uid != second.host_owner().uid);
        CHECK(first.host_owner().uid != ::geteuid());
    }
    CHECK(run(first, "echo mine > /tmp/file").output.empty());
    CHECK(output_of(second, "cat /tmp/file 2>/dev/null; ls -A /w /tmp").find("mine") ==
          std::string::npos);
}

TEST_CASE("slot: large arguments of one run are not in the peak of the next", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    const auto peak_of = [&slot](const SlotProgram& program) {
        const Run result = run_program(slot, program);
        REQUIRE(slot.reset().has_value());
        return result.exit.inherited_rss_bytes;
    };
    const std::uint64_t before = peak_of(shell(":"));
    SlotProgram large = shell(":");
    large.arguments.insert(large.arguments.end(), 12, std::string(120'000, 'x'));
    CHECK(peak_of(large) > before + 1'200'000);
    // A page or two may have been touched by the way.
    CHECK(peak_of(shell(":")) < before + 500'000);
}

TEST_CASE("slot: what is left when the program ends is killed and counted", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    const Run result = run(slot, "sleep 1000 & (sleep 1000 & ) ; exit 3");
    CHECK(WEXITSTATUS(result.exit.wait_status) == 3);
    CHECK(result.exit.leftover_processes == 2);
}

TEST_CASE("slot: kill ends a run, and only that one", "[sandbox][slot]") {
    TestSlots slots;
    Slot slot = slots.make();
    for (int i = 0; i < 3; ++i) {
        SlotProgram program = shell("trap '' TERM INT; sleep 1000 & while :; do :; done");
        REQUIRE(slot.start(program).value().failure == StartFailure::kNone);
        slot.kill();
        slot.kill();
        CHECK(WTERMSIG(slot.finish().value().wait_status) == SIGKILL);
        REQUIRE(slot.reset().has_value());
    }
    REQUIRE(slot.start(shell("exit 5")).value().failure == StartFailure::kNone);
    const ProgramExit exit = slot.finish().value();
    slot.kill();  // comes too late
    CHECK(WEXITSTATUS(exit.wait_status) == 5);
    REQUIRE(slot.reset().has_value());
    CHECK(output_of(slot, "echo alive") == "alive\n");
}

TEST_CASE("slot: many runs leave no descriptor, mount or memory behind", "[sandbox][slot]") {
    if (!own_ids()) {
        std::puts("skipped: only a privileged caller can look into a zygote");
        return;
    }
    TestSlots slots;
    Slot slot = slots.make();
    const pid_t zygote = slot.zygote_pid();
    const auto cycle = [&] {
        REQUIRE(slot.open("input", O_CREAT | O_WRONLY, 0644).has_value());
        CHECK(output_of(slot, "cat input; echo x > file; mkdir /tmp/d; sleep 100 & :").empty());
    };
    for (int i = 0; i < 20; ++i) cycle();
    const std::size_t descriptors = descriptors_of(zygote);
    const std::size_t own_descriptors = descriptors_of(::getpid());
    const std::size_t mounts = lines_of(zygote, "mountinfo");
    const std::string size =
        field(posix::read_file("/proc/" + std::to_string(zygote) + "/status").value(), "VmRSS:");
    for (int i = 0; i < 180; ++i) cycle();
    CHECK(descriptors_of(zygote) == descriptors);
    CHECK(descriptors_of(::getpid()) == own_descriptors);
    CHECK(lines_of(zygote, "mountinfo") == mounts);
    // A sanitizer keeps what was freed for a while.
    const std::string after =
        field(posix::read_file("/proc/" + std::to_string(zygote) + "/status").value(), "VmRSS:");
    CHECK(std::stol(after) <= std::stol(size) + 2048);
}

}  // namespace
}  // namespace assay::sandbox
