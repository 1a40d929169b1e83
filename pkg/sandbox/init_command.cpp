#include "pkg/sandbox/init_command.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "pkg/sandbox/launch.hpp"
#include "pkg/sandbox/look_up.hpp"

namespace assay::sandbox {
namespace {

constexpr const char* kSearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr int kNotExecuted = 127;

[[noreturn]] void execute(const SlotSpec& spec) {
    const std::vector<std::string> candidates =
        look_up_candidates(spec.init_command.front(), spec.work_directory, kSearchPath);
    const std::vector<char*> arguments = exec_pointers(spec.init_command);
    const std::vector<std::string> variables{std::string("PATH=") + kSearchPath};
    const std::vector<char*> environment = exec_pointers(variables);
    const Ids& ids = spec.root_inside;
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::umask(022);
    if (::dup2(2, 1) == 1 && ::fcntl(2, F_SETFD, 0) == 0 && ::fcntl(0, F_SETFD, 0) == 0 &&
        ::syscall(SYS_setresgid, ids.gid, ids.gid, ids.gid) == 0 &&
        ::syscall(SYS_setresuid, ids.uid, ids.uid, ids.uid) == 0 &&
        ::chdir(spec.work_directory.c_str()) == 0) {
        for (const std::string& path : candidates) {
            ::execve(path.c_str(), arguments.data(), environment.data());
        }
    }
    ::_exit(kNotExecuted);
}

std::string describe_end(int status) {
    if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
    if (WEXITSTATUS(status) == kNotExecuted) return "cannot be executed";
    return "exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Result<void> run_init_command(const SlotSpec& spec) {
    if (spec.init_command.empty()) return {};
    const pid_t child = ::fork();
    if (child < 0) return system_error("cannot create a process for the init command", errno);
    if (child == 0) execute(spec);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    return usage_error("the init command of the slots failed: " + describe_end(status));
}

}  // namespace assay::sandbox
