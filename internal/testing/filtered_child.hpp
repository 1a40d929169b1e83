// Children that run under a system-call filter, for tests of policies.
#pragma once

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "pkg/posix/files.hpp"
#include "pkg/posix/unique_fd.hpp"

namespace assay::testing {

inline bool install_filter(std::span<const sock_filter> program) {
    const sock_fprog filter{static_cast<unsigned short>(program.size()),
                            const_cast<sock_filter*>(program.data())};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0;
}

inline int wait_for(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

// The wait status of a forked child that ends with the exit code body() under the filter; 255 when
// the filter could not be installed.
template <class Body>
int status_under(std::span<const sock_filter> program, Body body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(install_filter(program) ? body() : 255);
    return wait_for(child);
}

// Whether a shell would find it.
inline bool is_installed(const std::string& program) {
    const char* path = std::getenv("PATH");
    std::string rest = path == nullptr ? "" : path;
    while (!rest.empty()) {
        const std::string directory = rest.substr(0, rest.find(':'));
        if (::access((directory + "/" + program).c_str(), X_OK) == 0) return true;
        rest.erase(0, directory.size() + 1);
    }
    return false;
}

// A fresh directory that goes with its owner.
class ScratchDirectory {
  public:
    ScratchDirectory() {
        char path[] = "/tmp/assay-test-XXXXXX";
        if (::mkdtemp(path) != nullptr) path_ = path;
    }
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;
    ~ScratchDirectory() {
        if (path_.empty()) return;
        const pid_t child = ::fork();
        if (child == 0) {
            ::execlp("rm", "rm", "-rf", path_.c_str(), nullptr);
            ::_exit(127);
        }
        wait_for(child);
    }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

struct Ran {
    int status = 0;
    std::string output;  // stdout and stderr
};

// Runs a program found in PATH in `directory` under the filter, which sees nothing but its execve.
inline Ran run_under(std::span<const sock_filter> program,
                     const std::vector<std::string>& arguments, const std::string& directory) {
    const std::string log = directory + "/.output";
    const posix::UniqueFd output(::open(log.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    std::vector<char*> pointers;
    for (const std::string& argument : arguments) {
        pointers.push_back(const_cast<char*>(argument.c_str()));
    }
    pointers.push_back(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
        ::dup2(output.get(), 1);
        ::dup2(output.get(), 2);
        if (::chdir(directory.c_str()) == 0 && install_filter(program)) {
            ::execvp(pointers[0], pointers.data());
        }
        ::_exit(127);
    }
    const int status = wait_for(child);
    const auto text = posix::read_file(log);
    return {status, text ? *text : std::string()};
}

}  // namespace assay::testing
