#include "internal/testing/daemon.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string_view>

#include "pkg/posix/files.hpp"

namespace assay::testing {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::string_view kReadyMark = "listening on ";
constexpr auto kStartPatience = std::chrono::minutes(2);

// A test that is killed leaves no daemon. False: it has ended already.
bool die_with(pid_t parent) {
    return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

bool is_address_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == ':' || c == '[' ||
           c == ']' || c == '-';
}

// The last HOST:PORT of the first whole line that has the mark; empty when there is none yet.
std::string address_in(std::string_view text) {
    const std::size_t mark = text.find(kReadyMark);
    const std::size_t end = text.find('\n', mark == text.npos ? 0 : mark);
    if (mark == text.npos || end == text.npos) return "";
    std::string_view line = text.substr(mark + kReadyMark.size(), end - mark - kReadyMark.size());
    const std::size_t colon = line.rfind(':');
    if (colon == line.npos) return "";
    std::size_t first = colon;
    while (first > 0 && is_address_character(line[first - 1])) --first;
    std::size_t last = colon + 1;
    while (last < line.size() && line[last] >= '0' && line[last] <= '9') ++last;
    return std::string(line.substr(first, last - first));
}

// Looks every few milliseconds until `look()` is true; false at the deadline.
template <class Look>
bool eventually(std::chrono::milliseconds patience, const Look& look) {
    const Clock::time_point deadline = Clock::now() + patience;
    while (!look()) {
        if (Clock::now() >= deadline) return false;
        ::poll(nullptr, 0, 10);
    }
    return true;
}

}  // namespace

Daemon::Daemon(std::vector<std::string> arguments, std::vector<std::string> variables,
               const std::string& directory) {
    arguments.insert(arguments.begin(), assay_binary());
    std::vector<std::string> environment = clean_environment(variables, fresh_.path());
    const std::vector<char*> words = pointers(arguments);
    const std::vector<char*> settings = pointers(environment);
    const std::string place = directory.empty() ? fresh_.path().string() : directory;
    const posix::UniqueFd null = posix::open_file("/dev/null", O_RDWR).value();
    const posix::UniqueFd log =
        posix::open_file(fresh_ / "stderr", O_WRONLY | O_CREAT | O_APPEND, 0600).value();
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ == 0) {
        ::signal(SIGPIPE, SIG_DFL);
        const bool ready = die_with(parent) && ::dup2(null.get(), 0) == 0 &&
                           ::dup2(null.get(), 1) == 1 && ::dup2(log.get(), 2) == 2 &&
                           ::chdir(place.c_str()) == 0;
        if (ready) ::execvpe(words[0], words.data(), settings.data());
        ::_exit(127);
    }
    await_address();
}

Daemon::~Daemon() {
    if (!has_ended()) stop(SIGKILL);
}

void Daemon::await_address() {
    eventually(kStartPatience, [this] {
        address_ = address_in(err());
        return !address_.empty() || has_ended();
    });
    if (!address_.empty()) return;
    const std::string text = err();
    const bool ended = has_ended();
    if (!ended) stop(SIGKILL);  // the destructor of a half-made object does not run
    throw std::runtime_error(std::string(ended ? "ended" : "silent") +
                             " before it listened: " + text);
}

std::string Daemon::err() const {
    return fresh_.read("stderr");
}

void Daemon::signal(int number) const {
    if (!status_) ::kill(pid_, number);
}

bool Daemon::has_ended() {
    int status = 0;
    if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
    return status_.has_value();
}

Output Daemon::stop(int number, std::chrono::milliseconds deadline) {
    if (output_) return *output_;
    Output output;
    signal(number);
    if (!eventually(deadline, [this] { return has_ended(); })) {
        output.timed_out = true;
        signal(SIGKILL);
        while (!eventually(deadline, [this] { return has_ended(); })) {
        }
    }
    if (WIFEXITED(*status_)) output.exit_code = WEXITSTATUS(*status_);
    if (WIFSIGNALED(*status_)) output.signal = WTERMSIG(*status_);
    output.err = err();
    output_ = output;
    return output;
}

}  // namespace assay::testing
