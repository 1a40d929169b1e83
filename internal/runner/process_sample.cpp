#include "internal/runner/process_sample.hpp"

#include <dirent.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "pkg/posix/files.hpp"

namespace assay::runner {
namespace {

std::vector<pid_t> threads_of(pid_t process) {
    std::vector<pid_t> threads;
    const std::string path = "/proc/" + std::to_string(process) + "/task";
    const std::unique_ptr<DIR, int (*)(DIR*)> tasks(::opendir(path.c_str()), ::closedir);
    if (!tasks) return threads;
    while (const dirent* entry = ::readdir(tasks.get())) {
        const auto thread = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
        if (thread > 0) threads.push_back(thread);
    }
    return threads;
}

void append_children(pid_t process, pid_t thread, std::vector<pid_t>& children) {
    const Result<std::string> text = posix::read_file(
        "/proc/" + std::to_string(process) + "/task/" + std::to_string(thread) + "/children");
    if (!text.has_value()) return;
    const char* at = text->c_str();
    for (;;) {
        char* end = nullptr;
        const long child = std::strtol(at, &end, 10);
        if (end == at) return;
        children.push_back(static_cast<pid_t>(child));
        at = end;
    }
}

std::chrono::nanoseconds cpu_of(pid_t process) {
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
        return {};
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::uint64_t resident_of(pid_t process) {
    const Result<std::string> text =
        posix::read_file("/proc/" + std::to_string(process) + "/statm");
    if (!text.has_value()) return 0;
    char* end = nullptr;
    std::strtoull(text->c_str(), &end, 10);
    return std::strtoull(end, nullptr, 10) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

ProcessSample sample_descendants(pid_t ancestor) {
    ProcessSample sample;
    std::vector<pid_t> pending{ancestor};
    while (!pending.empty()) {
        const pid_t process = pending.back();
        pending.pop_back();
        const std::vector<pid_t> threads = threads_of(process);
        for (const pid_t thread : threads) append_children(process, thread, pending);
        if (process == ancestor) continue;
        sample.cpu += cpu_of(process);
        sample.resident_bytes += resident_of(process);
        sample.processes += threads.size();
    }
    return sample;
}

std::chrono::nanoseconds waited_children_cpu(pid_t parent) {
    const Result<std::string> text = posix::read_file("/proc/" + std::to_string(parent) + "/stat");
    if (!text.has_value()) return {};
    // Fields are counted after the name, which may hold anything but ends with the last ')'.
    const char* at = text->c_str() + text->rfind(')') + 1;
    constexpr int kFieldsBeforeCutime = 13;
    for (int field = 0; field < kFieldsBeforeCutime; ++field) {
        while (*at == ' ') ++at;
        while (*at != ' ' && *at != '\0') ++at;
    }
    char* end = nullptr;
    const long cutime = std::strtol(at, &end, 10);
    const long cstime = std::strtol(end, nullptr, 10);
    return std::chrono::nanoseconds((cutime + cstime) * (1'000'000'000 / ::sysconf(_SC_CLK_TCK)));
}

}  // namespace assay::runner
