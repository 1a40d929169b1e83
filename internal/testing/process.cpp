#include "internal/testing/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "pkg/posix/files.hpp"
#include "pkg/posix/unique_fd.hpp"

extern char** environ;

namespace assay::testing {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

std::string name_of(std::string_view entry) {
    return std::string(entry.substr(0, entry.find('=')));
}

bool is_inherited(std::string_view entry) {
    if (entry.starts_with("ASSAY_") || entry.starts_with("ES_")) return false;
    const std::string name = name_of(entry);
    return name != "NO_COLOR" && name != "XDG_CONFIG_HOME" && name != "HOME";
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

struct Streams {
    posix::Pipe in = posix::make_pipe().value();
    posix::Pipe out = posix::make_pipe().value();
    posix::Pipe err = posix::make_pipe().value();
};

pid_t start(const Streams& streams, std::vector<std::string> arguments,
            std::vector<std::string> variables, const std::string& directory) {
    const std::vector<char*> words = pointers(arguments);
    const std::vector<char*> environment = pointers(variables);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) fail("cannot fork");
    // On both sides, so that the group is there whoever runs first.
    ::setpgid(pid, pid);
    if (pid > 0) return pid;
    ::signal(SIGPIPE, SIG_DFL);
    // A test that is killed leaves no program.
    const bool bound = ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent;
    const bool ready = bound && ::dup2(streams.in.read_end.get(), 0) == 0 &&
                       ::dup2(streams.out.write_end.get(), 1) == 1 &&
                       ::dup2(streams.err.write_end.get(), 2) == 2 &&
                       ::chdir(directory.c_str()) == 0;
    if (ready) ::execvpe(words[0], words.data(), environment.data());
    ::_exit(127);
}

// The parent's three ends, and what is still to be written.
class Conversation {
  public:
    Conversation(Streams streams, std::string_view input, Output& output)
        : in_(std::move(streams.in.write_end)), input_(input) {
        readers_[0] = {std::move(streams.out.read_end), &output.out};
        readers_[1] = {std::move(streams.err.read_end), &output.err};
        ::fcntl(in_.get(), F_SETFL, O_NONBLOCK);
    }

    // False at the deadline.
    bool run_until(Clock::time_point deadline) {
        while (readers_[0].fd || readers_[1].fd) {
            if (input_.empty()) in_.reset();
            std::array<pollfd, 3> polled{pollfd{readers_[0].fd.get(), POLLIN, 0},
                                         pollfd{readers_[1].fd.get(), POLLIN, 0},
                                         pollfd{in_.get(), POLLOUT, 0}};
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
            if (left.count() <= 0) return false;
            if (::poll(polled.data(), polled.size(), static_cast<int>(left.count())) < 0) continue;
            for (std::size_t i = 0; i < readers_.size(); ++i) {
                if (polled[i].revents != 0) read_some(readers_[i]);
            }
            if (polled[2].revents != 0) write_some();
        }
        return true;
    }

  private:
    struct Reader {
        posix::UniqueFd fd;
        std::string* text = nullptr;
    };

    static void read_some(Reader& reader) {
        std::array<char, 65536> buffer;
        const ssize_t count = ::read(reader.fd.get(), buffer.data(), buffer.size());
        if (count > 0) {
            reader.text->append(buffer.data(), static_cast<std::size_t>(count));
        } else if (count == 0 || errno != EINTR) {
            reader.fd.reset();
        }
    }

    void write_some() {
        const ssize_t count = ::write(in_.get(), input_.data(), input_.size());
        if (count > 0) {
            input_.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR && errno != EAGAIN) {
            input_ = {};  // the program does not want the rest
        }
    }

    posix::UniqueFd in_;
    std::string_view input_;
    std::array<Reader, 2> readers_;
};

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

FreshDirectory::FreshDirectory() {
    std::string pattern = std::filesystem::temp_directory_path() / "assay-test-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) fail("cannot create a directory");
    path_ = pattern;
}

FreshDirectory::~FreshDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string FreshDirectory::write(std::string_view name, std::string_view text,
                                  bool executable) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    if (executable) {
        std::filesystem::permissions(file, std::filesystem::perms::owner_exec,
                                     std::filesystem::perm_options::add);
    }
    return file;
}

std::string FreshDirectory::read(std::string_view name) const {
    return text_of(path_ / name);
}

std::vector<std::string> clean_environment(const std::vector<std::string>& variables,
                                           const std::string& home) {
    std::vector<std::string> result;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        if (is_inherited(*entry)) result.emplace_back(*entry);
    }
    result.push_back("HOME=" + home);
    result.push_back("XDG_CONFIG_HOME=" + home);
    for (const std::string& variable : variables) {
        std::erase_if(
            result, [&](const std::string& entry) { return name_of(entry) == name_of(variable); });
        if (variable.find('=') != std::string::npos) result.push_back(variable);
    }
    return result;
}

Output run(const Invocation& invocation) {
    ::signal(SIGPIPE, SIG_IGN);
    const FreshDirectory fresh;
    const std::string directory =
        invocation.directory.empty() ? fresh.path().string() : invocation.directory;
    Streams streams;
    const pid_t pid = start(streams, invocation.arguments,
                            clean_environment(invocation.variables, fresh.path()), directory);
    streams.in.read_end.reset();
    streams.out.write_end.reset();
    streams.err.write_end.reset();
    Output output;
    Conversation conversation(std::move(streams), invocation.input, output);
    const bool in_time = conversation.run_until(Clock::now() + invocation.deadline);
    if (!in_time) ::kill(-pid, SIGKILL);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    output.timed_out = !in_time;
    if (WIFEXITED(status)) output.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) output.signal = WTERMSIG(status);
    return output;
}

std::string assay_binary() {
    const char* const chosen = ::getenv("ASSAY_BINARY");
    return chosen != nullptr ? chosen : ASSAY_BINARY_PATH;
}

Output run_assay(std::vector<std::string> arguments, std::vector<std::string> variables,
                 std::string input) {
    arguments.insert(arguments.begin(), assay_binary());
    return run({.arguments = std::move(arguments),
                .variables = std::move(variables),
                .input = std::move(input)});
}

std::string golden(std::string_view path, std::string_view actual) {
    const std::filesystem::path file = std::filesystem::path(ASSAY_SOURCE_DIR) / path;
    if (const char* const update = ::getenv("ASSAY_UPDATE_GOLDEN");
        update != nullptr && std::string_view(update) == "1") {
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << actual;
    }
    return text_of(file);
}

}  // namespace assay::testing
