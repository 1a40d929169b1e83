// The attack list, kernel surface: what the default policy, the namespaces and missing privilege
// refuse.
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstring>

#include "internal/testing/attack_run.hpp"
#include "pkg/posix/unique_fd.hpp"

namespace assay::testing {
namespace {

const Words kPatience = {"--wall-limit", "8s"};

TEST_CASE("attack: no namespace can be made", "[attack][kernel]") {
    const AttackRun run = run_attack(kPatience, {"namespaces"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(joined(run.not_refused_by_policy(), "\n") == "");
    CHECK(run.told("clone3 user") == "refused ENOSYS");
}

TEST_CASE("attack: calls that only widen the surface are refused", "[attack][kernel]") {
    const AttackRun run = run_attack(kPatience, {"forbidden-calls"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(joined(run.not_refused_by_policy(), "\n") == "");
}

TEST_CASE("attack: a foreign system-call table is the verdict syscall", "[attack][kernel]") {
    const AttackRun int_80 = run_attack(kPatience, {"int-80"});
    INFO(describe(int_80));
    CHECK(int_80.verdict() == "syscall");
    CHECK(int_80.exit_code == 123);
    const AttackRun x32 = run_attack(kPatience, {"x32"});
    INFO(describe(x32));
    CHECK((x32.verdict() == "syscall" || x32.told("x32") == "refused ENOSYS"));
}

TEST_CASE("attack: nothing is typed into the caller's terminal", "[attack][kernel]") {
    const AttackRun run = run_attack(kPatience, {"type-into-terminal"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(joined(run.not_refused_by_policy({"ENXIO", "ENOENT"}), "\n") == "");
}

TEST_CASE("attack: nor with a terminal of its own", "[attack][kernel]") {
    const AttackRun run = run_attack({"--tty", "--wall-limit", "8s"}, {"type-into-terminal"});
    INFO(describe(run));
    CHECK(run.out.find("TIOCSTI: done") == std::string::npos);
    CHECK(run.out.find("TIOCSTI with high bits: done") == std::string::npos);
    CHECK(run.out.find("TIOCLINUX: done") == std::string::npos);
}

TEST_CASE("attack: there is no control-group file system", "[attack][kernel]") {
    const AttackRun run = run_attack(kPatience, {"cgroups"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.all_done().empty());
}

TEST_CASE("attack: odd settings of one's own do no harm", "[attack][kernel]") {
    const AttackRun run = run_attack(kPatience, {"odd-settings"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.refused("drop no_new_privs"));
}

TEST_CASE("attack: a filter of one's own does no harm", "[attack][kernel]") {
    const AttackRun run = run_attack({"--wall-limit", "500ms"}, {"own-filter"});
    INFO(describe(run));
    CHECK((run.verdict() == "ok" || run.verdict() == "wall" || run.verdict() == "syscall"));
}

TEST_CASE("attack: own children may be traced, nothing else is there to be", "[attack][kernel]") {
    const AttackRun run = run_attack(kPatience, {"trace-child"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK((run.done("ptrace own child") || run.refused("ptrace own child")));
}

TEST_CASE("attack: the network leads nowhere", "[attack][kernel]") {
    const AttackRun run = run_attack(kPatience, {"connect", "192.0.2.1", "53"});
    INFO(describe(run));
    CHECK(run.told("tcp") == "refused ENETUNREACH");
    CHECK(run.told("udp") == "refused ENETUNREACH");
    // Two lines of headings, then a line for each interface.
    const AttackRun interfaces = run_attack(kPatience, {"print-file", "/proc/net/dev"});
    CHECK(std::count(interfaces.out.begin(), interfaces.out.end(), '\n') == 3);
    CHECK(interfaces.out.find(" lo: ") != std::string::npos);
}

TEST_CASE("attack: the loopback is the box's own", "[attack][kernel]") {
    const AttackRun run = run_attack(kPatience, {"loopback"});
    INFO(describe(run));
    CHECK(run.done("connect"));
}

TEST_CASE("attack: an abstract socket of the host is not there", "[attack][kernel]") {
    sockaddr_un address{};
    const std::string name = "assay-attack-host";
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    const posix::UniqueFd server(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(server.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
    REQUIRE(::listen(server.get(), 1) == 0);
    const AttackRun run = run_attack(kPatience, {"abstract", name});
    INFO(describe(run));
    CHECK(run.told("abstract socket") == "refused ECONNREFUSED");
}

TEST_CASE("attack: exotic address families are refused", "[attack][kernel]") {
    const AttackRun run = run_attack(kPatience, {"families"});
    INFO(describe(run));
    CHECK(run.verdict() == "ok");
    CHECK(run.all_done().empty());
}

}  // namespace
}  // namespace assay::testing
