#include "pkg/cgroup/kernel_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "pkg/posix/files.hpp"

namespace assay::cgroup {
namespace {

posix::UniqueFd open_at(int directory, const char* name, int flags) {
    return posix::UniqueFd(::openat(directory, name, flags | O_CLOEXEC));
}

}  // namespace

std::optional<std::string> read_small(int fd) {
    char buffer[4096];
    const ssize_t count = ::pread(fd, buffer, sizeof buffer, 0);
    if (count < 0) return std::nullopt;
    return std::string(buffer, static_cast<std::size_t>(count));
}

std::optional<std::string> read_small(int directory, const char* name) {
    const posix::UniqueFd fd = open_at(directory, name, O_RDONLY);
    if (!fd) return std::nullopt;
    return read_small(fd.get());
}

int write_value(int directory, const char* name, std::string_view value) {
    const posix::UniqueFd fd = open_at(directory, name, O_WRONLY);
    if (!fd || ::write(fd.get(), value.data(), value.size()) < 0) return errno;
    return 0;
}

std::optional<std::uint64_t> leading_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc()) return std::nullopt;
    return number;
}

std::optional<std::uint64_t> read_number(int directory, const char* name) {
    const auto text = read_small(directory, name);
    return text ? leading_number(*text) : std::nullopt;
}

std::optional<std::uint64_t> number_of(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
            return leading_number(line.substr(key.size() + 1));
        }
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return std::nullopt;
}

std::optional<std::uint64_t> sum_of(std::string_view text, std::string_view key) {
    std::optional<std::uint64_t> sum;
    const std::string wanted = " " + std::string(key) + "=";
    for (std::size_t at = text.find(wanted); at != std::string_view::npos;
         at = text.find(wanted, at + 1)) {
        const auto number = leading_number(text.substr(at + wanted.size()));
        if (number) sum = sum.value_or(0) + *number;
    }
    return sum;
}

std::vector<pid_t> read_processes(int directory) {
    std::vector<pid_t> processes;
    const posix::UniqueFd fd = open_at(directory, "cgroup.procs", O_RDONLY);
    if (!fd) return processes;
    const auto text = posix::read_all(fd.get(), "cgroup.procs");
    if (!text) return processes;
    std::string_view rest = *text;
    while (!rest.empty()) {
        const auto pid = leading_number(rest);
        if (pid && *pid != 0) processes.push_back(static_cast<pid_t>(*pid));
        const std::size_t end = rest.find('\n');
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + 1);
    }
    return processes;
}

}  // namespace assay::cgroup
