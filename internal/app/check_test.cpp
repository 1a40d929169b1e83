// Judgements on made-up hosts, and the facts of this one as far as they can be known beforehand.
#include "internal/app/check.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>

#include "pkg/posix/files.hpp"

namespace assay::app {
namespace {

// A host on which everything works.
HostFacts good_host() {
    HostFacts facts;
    facts.kernel = "6.12.0";
    facts.cgroup.version = "v2";
    facts.cgroup.directory = "/sys/fs/cgroup/user.slice";
    facts.cgroup.usable = {"cpu", "cpuacct", "cpuset", "memory", "pids"};
    facts.features.landlock_abi = 6;
    facts.profiling.btf = true;
    facts.profiling.perf_event_paranoid = 1;
    facts.noise.cpus = 8;
    facts.noise.load = 0.1;
    facts.noise.governor = "performance";
    return facts;
}

const Finding* find(const HostReport& report, std::string_view name) {
    for (const Finding& one : report.findings) {
        if (one.name == name) return &one;
    }
    return nullptr;
}

const Finding& require(const HostReport& report, std::string_view name) {
    const Finding* const found = find(report, name);
    INFO("finding " << name);
    REQUIRE(found != nullptr);
    return *found;
}

}  // namespace

TEST_CASE("check: a host with everything is ok throughout and quiet", "[app][check]") {
    const HostReport report = judge(good_host());
    CHECK(report.can_run());
    for (const Finding& one : report.findings) {
        INFO(one.name);
        CHECK(one.state == State::kOk);
        CHECK(one.loses.empty());
        CHECK(one.remedy.empty());
        CHECK_FALSE(one.found.empty());
    }
    CHECK(report.noise.empty());
    CHECK(require(report, "control groups").found == "v2 at /sys/fs/cgroup/user.slice");
    CHECK(require(report, "Landlock").found == "ABI 6");
}

TEST_CASE("check: without control groups run is weaker, and the remedy is theirs", "[app][check]") {
    HostFacts facts = good_host();
    facts.cgroup = {};
    facts.cgroup.refusal = "cannot make a cgroup in /sys/fs/cgroup/x: Permission denied";
    facts.cgroup.remedy = "systemd-run --user --scope -p Delegate=yes assay ...";
    const HostReport report = judge(facts);
    CHECK(report.can_run());
    const Finding& groups = require(report, "control groups");
    CHECK(groups.state == State::kWeaker);
    CHECK(groups.loses.find("Permission denied") != std::string::npos);
    CHECK(groups.remedy == facts.cgroup.remedy);
    CHECK(find(report, "memory controller") == nullptr);
}

TEST_CASE("check: a missing controller is named with the option that needs it", "[app][check]") {
    HostFacts facts = good_host();
    facts.cgroup.usable = {"cpuacct", "memory", "pids"};
    facts.cgroup.elsewhere = {"cpu at /sys/fs/cgroup", "cpuset switched off"};
    const HostReport report = judge(facts);
    CHECK(report.can_run());
    CHECK(require(report, "memory controller").state == State::kOk);
    const Finding& cpu = require(report, "cpu controller");
    CHECK(cpu.state == State::kWeaker);
    CHECK(cpu.found == "cpu at /sys/fs/cgroup");
    CHECK(cpu.loses.find("--cpu-rate") != std::string::npos);
    CHECK(require(report, "cpuset controller").remedy == "boot with cgroup_enable=cpuset");
}

TEST_CASE("check: a refused user namespace stops run and names what refuses it", "[app][check]") {
    HostFacts facts = good_host();
    facts.namespaces.user = {EPERM};
    facts.namespaces.pid = {EPERM};
    std::string remedy;
    SECTION("the number is limited to 0") {
        facts.namespaces.max_user_namespaces = 0;
        remedy = "sysctl -w user.max_user_namespaces=";
    }
    SECTION("Debian's switch") {
        facts.namespaces.unprivileged_userns_clone = 0;
        remedy = "sysctl -w kernel.unprivileged_userns_clone=1";
    }
    SECTION("Ubuntu's AppArmor") {
        facts.namespaces.apparmor_restrict_unprivileged_userns = 1;
        remedy = "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
    }
    SECTION("AppArmor's switch does not concern root, so it is the container's filter") {
        facts.root = true;
        facts.namespaces.apparmor_restrict_unprivileged_userns = 1;
        remedy = "docker run --security-opt";
    }
    SECTION("a kernel without them") {
        facts.namespaces.user = {ENOSYS};
        remedy = "CONFIG_USER_NS";
    }
    const HostReport report = judge(facts);
    CHECK_FALSE(report.can_run());
    const Finding& user = require(report, "user namespace");
    CHECK(user.state == State::kMissing);
    CHECK(user.required);
    CHECK(user.remedy.find(remedy) != std::string::npos);
    // What is made inside of it has no fault of its own.
    CHECK(find(report, "pid namespace") == nullptr);
    CHECK(find(report, "overlay") == nullptr);
}

TEST_CASE("check: what run can do without is weaker, not fatal", "[app][check]") {
    HostFacts facts = good_host();
    facts.namespaces.network = {EPERM};
    facts.mounts.proc = {EPERM};
    facts.mounts.overlay = {ENODEV};
    facts.features.seccomp_filter = {EINVAL};
    facts.features.seccomp_notify = {EINVAL};
    const HostReport report = judge(facts);
    CHECK(report.can_run());
    CHECK(require(report, "network namespace").loses.find("--net host") != std::string::npos);
    CHECK(require(report, "fresh /proc").state == State::kWeaker);
    CHECK(require(report, "overlay").loses.find("--rootfs") != std::string::npos);
    CHECK(require(report, "seccomp filter").loses.find("--seccomp off") != std::string::npos);
    CHECK(require(report, "seccomp notification").loses.find("--trace-syscalls") !=
          std::string::npos);
}

TEST_CASE("check: run needs pid, mount, ipc and uts namespaces, tmpfs and pidfd", "[app][check]") {
    HostFacts facts = good_host();
    const auto broken = GENERATE(0, 1, 2, 3, 4, 5);
    Trial* const trials[] = {&facts.namespaces.pid, &facts.namespaces.mount, &facts.namespaces.ipc,
                             &facts.namespaces.uts, &facts.mounts.tmpfs,     &facts.features.pidfd};
    trials[broken]->os_error = EPERM;
    CHECK_FALSE(judge(facts).can_run());
}

TEST_CASE("check: id-mapped mounts are root's affair", "[app][check]") {
    HostFacts facts = good_host();
    facts.mounts.id_mapped = {ENOSYS};
    CHECK(find(judge(facts), "id-mapped mounts") == nullptr);
    facts.root = true;
    CHECK(require(judge(facts), "id-mapped mounts").state == State::kWeaker);
}

TEST_CASE("check: what profiling loses never stops run", "[app][check]") {
    HostFacts facts = good_host();
    facts.profiling.perf_software = {EACCES};
    facts.profiling.perf_hardware = {ENOENT};
    facts.profiling.bpf = {EPERM};
    facts.profiling.btf = false;
    facts.profiling.ptrace_scope = 1;
    const HostReport report = judge(facts);
    CHECK(report.can_run());
    CHECK(require(report, "perf, software events").remedy ==
          "sysctl -w kernel.perf_event_paranoid=1");
    CHECK(require(report, "perf, hardware events").remedy.find("virtual machine") !=
          std::string::npos);
    CHECK(require(report, "BPF").remedy.find("cap_bpf") != std::string::npos);
    CHECK(require(report, "BTF").state == State::kWeaker);
    CHECK(require(report, "attaching to processes").remedy ==
          "sysctl -w kernel.yama.ptrace_scope=0");
    for (const Finding& one : report.findings) {
        if (one.area == "profiling") CHECK_FALSE(one.loses.starts_with("run:"));
    }
}

TEST_CASE("check: root attaches under ptrace_scope 1 and 2, nobody under 3", "[app][check]") {
    HostFacts facts = good_host();
    facts.root = true;
    facts.profiling.ptrace_scope = 2;
    CHECK(require(judge(facts), "attaching to processes").state == State::kOk);
    facts.profiling.ptrace_scope = 3;
    CHECK(require(judge(facts), "attaching to processes").state == State::kWeaker);
}

TEST_CASE("check: each source of noise is named with what silences it", "[app][check]") {
    HostFacts facts = good_host();
    std::string name;
    std::string remedy;
    SECTION("frequency") {
        facts.noise.governor = "powersave";
        name = "frequency scaling";
        remedy = "cpupower";
    }
    SECTION("turbo") {
        facts.noise.turbo = true;
        name = "turbo";
        remedy = "no_turbo";
    }
    SECTION("SMT") {
        facts.noise.smt = true;
        name = "SMT";
        remedy = "smt/control";
    }
    SECTION("swap") {
        facts.noise.swap_used_bytes = 5 << 20;
        name = "swap";
        remedy = "swapoff";
    }
    SECTION("load") {
        facts.noise.load = 4.5;
        name = "load";
        remedy = "idle";
    }
    SECTION("a virtual machine") {
        facts.noise.virtual_machine = true;
        facts.noise.stolen_share = 0.034;
        name = "virtual machine";
        remedy = "dedicated";
    }
    const HostReport report = judge(facts);
    REQUIRE(report.noise.size() == 1);
    CHECK(report.noise[0].name == name);
    CHECK(report.noise[0].remedy.find(remedy) != std::string::npos);
    CHECK_FALSE(report.noise[0].found.empty());
    CHECK_FALSE(report.noise[0].effect.empty());
}

TEST_CASE("check: what the host does not tell is no noise", "[app][check]") {
    HostFacts facts = good_host();
    facts.noise = {};
    facts.noise.turbo = false;
    facts.noise.smt = false;
    facts.noise.load = 0.5;
    CHECK(judge(facts).noise.empty());
}

TEST_CASE("host facts: are of this host, and gathering them leaves it as it was", "[app][check]") {
    const auto mounts_before = posix::read_file("/proc/self/mountinfo");
    const auto facts = gather_host_facts();
    REQUIRE(facts.has_value());
    utsname names{};
    REQUIRE(::uname(&names) == 0);
    CHECK(facts->kernel == names.release);
    CHECK(facts->root == (::geteuid() == 0));
    CHECK(facts->noise.cpus >= 1);
    CHECK(facts->noise.load.has_value());
    CHECK(facts->features.pidfd.works());
    CHECK((facts->cgroup.version == "none") == facts->cgroup.usable.empty());
    CHECK((facts->cgroup.version == "none") <= !facts->cgroup.refusal.empty());
    CHECK(posix::read_file("/proc/self/mountinfo").value() == mounts_before.value());
    CHECK(::getppid() != 0);
}

}  // namespace assay::app
