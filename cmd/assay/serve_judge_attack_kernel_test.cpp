// The attack list against the daemon, kernel surface: lines 56 to 66. 59 and 66 are among the calls
// of 57 and 65; of 63, what two live slots share read-only (locks on the host's files, the page
// cache, the load average) is accepted and told in the manual.
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstring>

#include "internal/testing/judge_run.hpp"
#include "pkg/posix/unique_fd.hpp"

namespace assay::testing {
namespace {

// 56
TEST_CASE("judge attack: no namespace can be made", "[judge][kernel]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"namespaces"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(joined(run.not_refused_by_policy(), "\n") == "");
    CHECK(run.told("clone3 user") == "refused ENOSYS");
}

// 57 and 59
TEST_CASE("judge attack: calls that only widen the surface are refused", "[judge][kernel]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"forbidden-calls"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(joined(run.not_refused_by_policy(), "\n") == "");
}

// 58
TEST_CASE("judge attack: the network leads nowhere", "[judge][kernel]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"connect", "192.0.2.1", "53"});
    INFO(describe(run));
    CHECK(run.told("tcp") == "refused ENETUNREACH");
    CHECK(run.told("udp") == "refused ENETUNREACH");
    // Two lines of headings, then a line for each interface.
    const JudgedRun interfaces = judge.attack({"print-file", "/proc/net/dev"});
    CHECK(std::count(interfaces.out.begin(), interfaces.out.end(), '\n') == 3);
    CHECK(interfaces.out.find(" lo: ") != std::string::npos);
}

TEST_CASE("judge attack: the daemon's own port is not there", "[judge][kernel]") {
    JudgeUnderAttack judge;
    const std::string& address = judge.daemon().address();
    const std::string port = address.substr(address.rfind(':') + 1);
    const JudgedRun run = judge.attack({"reach", port});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK((run.told("connect") == "refused ECONNREFUSED" ||
           run.told("connect") == "refused ENETUNREACH"));
}

TEST_CASE("judge attack: an abstract socket of the host is not there", "[judge][kernel]") {
    sockaddr_un address{};
    const std::string name = "assay-attack-host";
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    const posix::UniqueFd server(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(server.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
    REQUIRE(::listen(server.get(), 1) == 0);
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"abstract", name});
    INFO(describe(run));
    CHECK(run.told("abstract socket") == "refused ECONNREFUSED");
}

TEST_CASE("judge attack: exotic address families are refused", "[judge][kernel]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"families"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(joined(run.all_done(), "\n") == "");
}

// 60
TEST_CASE("judge attack: a foreign system-call table is a dangerous syscall", "[judge][kernel]") {
    JudgeUnderAttack judge;
    const JudgedRun int_80 = judge.attack({"int-80"});
    INFO(describe(int_80));
    CHECK(int_80.status == "Dangerous Syscall");
    const JudgedRun x32 = judge.attack({"x32"});
    INFO(describe(x32));
    CHECK((x32.status == "Dangerous Syscall" || x32.told("x32") == "refused ENOSYS"));
}

// 61
TEST_CASE("judge attack: nothing is typed into a terminal", "[judge][kernel]") {
    JudgeUnderAttack judge;
    const JudgedRun without = judge.attack({"type-into-terminal"});
    INFO(describe(without));
    CHECK(without.accepted());
    CHECK(joined(without.not_refused_by_policy({"ENXIO", "ENOENT"}), "\n") == "");
    const JudgedRun with =
        judge.attack({"type-into-terminal"}, {.collect_by_pipe = true, .terminal = true});
    INFO(describe(with));
    CHECK(with.out.find("TIOCSTI: done") == std::string::npos);
    CHECK(with.out.find("TIOCSTI with high bits: done") == std::string::npos);
    CHECK(with.out.find("TIOCLINUX: done") == std::string::npos);
}

// 62
TEST_CASE("judge attack: there is no control-group file system", "[judge][kernel]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"cgroups"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(run.all_done().empty());
}

// 64 is in serve_judge_attack_files_test.cpp, with 52. 65 and 66
TEST_CASE("judge attack: odd settings of one's own do no harm", "[judge][kernel]") {
    JudgeUnderAttack judge;
    const JudgedRun run = judge.attack({"odd-settings"});
    INFO(describe(run));
    CHECK(run.accepted());
    CHECK(run.refused("drop no_new_privs"));
}

TEST_CASE("judge attack: a filter of one's own does no harm", "[judge][kernel]") {
    JudgeUnderAttack judge;
    const JudgedRun run =
        judge.attack({"own-filter"}, {.clock_limit = std::chrono::milliseconds(500)});
    INFO(describe(run));
    CHECK((run.accepted() || run.status == "Time Limit Exceeded" ||
           run.status == "Dangerous Syscall"));
}

}  // namespace
}  // namespace assay::testing
