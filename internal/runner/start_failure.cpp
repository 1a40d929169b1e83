#include "internal/runner/start_failure.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "pkg/posix/files.hpp"
#include "pkg/units/units.hpp"

namespace assay::runner {
namespace {

// The program as the host knows it, where that can be told: a path, and no other root.
std::string host_path(const Job& job) {
    const std::string& name = job.command.front();
    if (!job.files.rootfs.empty() || name.find('/') == std::string::npos) return {};
    const std::string path =
        name.starts_with('/') ? name : job.files.current_directory + "/" + name;
    for (const Bind& bind : job.files.binds) {
        if (path == bind.destination || path.starts_with(bind.destination + "/")) {
            return bind.source + path.substr(bind.destination.size());
        }
    }
    return path;
}

// The word behind "#!", empty when the file is no script.
std::string interpreter_of(const std::string& path) {
    const Result<posix::UniqueFd> file = posix::open_file(path, O_RDONLY | O_NONBLOCK);
    char head[256] = {};
    if (!file.has_value() || ::read(file->get(), head, sizeof head - 1) < 3) return {};
    if (head[0] != '#' || head[1] != '!') return {};
    const char* begin = head + 2 + std::strspn(head + 2, " \t");
    return std::string(begin, std::strcspn(begin, " \t\n"));
}

// What the loader maps of an ELF file: its segments with what is zero in them (elf(5)). 0 for
// others.
std::uint64_t image_bytes(const std::string& path) {
    const Result<posix::UniqueFd> file = posix::open_file(path, O_RDONLY | O_NONBLOCK);
    Elf64_Ehdr header{};
    if (!file.has_value() || ::pread(file->get(), &header, sizeof header, 0) != sizeof header ||
        std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64) {
        return 0;
    }
    std::uint64_t bytes = 0;
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment{};
        const auto at = static_cast<off_t>(header.e_phoff + i * sizeof segment);
        if (::pread(file->get(), &segment, sizeof segment, at) != sizeof segment) break;
        if (segment.p_type == PT_LOAD) bytes += segment.p_memsz;
    }
    return bytes;
}

std::string printable(std::string text) {
    for (std::size_t at = 0; (at = text.find('\r', at)) != std::string::npos; at += 2) {
        text.replace(at, 1, "\\r");
    }
    return text;
}

Error not_found(const Job& job, const std::string& path) {
    const std::string& name = job.command.front();
    Error error = usage_error("cannot find '" + name + "' in the sandbox");
    if (path.empty()) {
        error.remedy = "PATH in the sandbox has only system directories; use --bind or a path";
        return error;
    }
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        error.message = "cannot find '" + name + "': " + std::strerror(ENOENT);
        return error;
    }
    const std::string interpreter = interpreter_of(path);
    if (!interpreter.empty()) {
        error.message = "cannot execute '" + name + "': its interpreter '" +
                        printable(interpreter) + "' is not in the sandbox";
        error.remedy = interpreter.ends_with('\r') ? "the script has DOS line ends; convert them"
                                                   : "share it with --bind";
        return error;
    }
    error.remedy = "it or its dynamic loader is outside of what the sandbox shows; use --bind";
    return error;
}

}  // namespace

Error describe_start_failure(const Job& job, int error_number) {
    const std::string& name = job.command.front();
    const std::string path = host_path(job);
    if (error_number == ENOENT) return not_found(job, path);
    Error error = system_error("cannot execute '" + name + "'", error_number);
    error.kind = ErrorKind::kUsage;
    struct stat status {};
    const bool known = !path.empty() && ::stat(path.c_str(), &status) == 0;
    if (error_number == EACCES && known && S_ISDIR(status.st_mode)) {
        error.message = "cannot execute '" + name + "': it is a directory";
    } else if (error_number == EACCES && known && (status.st_mode & 0111) == 0) {
        error.remedy = "make it executable: chmod +x " + path;
    } else if (error_number == ENOEXEC) {
        error.remedy = "it is neither a program for this machine nor a script that starts with #!";
    } else if (error_number == E2BIG) {
        error.remedy = "arguments and environment together are larger than the stack limit allows";
    }
    return error;
}

std::string describe_memory_failure(const Job& job, const Outcome& outcome) {
    // A static program needs about half a megabyte before its main() runs.
    constexpr std::uint64_t kSmallestStart = 1 << 20;
    if (!job.limits.memory_bytes || *job.limits.memory_bytes > kSmallestStart) return {};
    if (outcome.cpu > std::chrono::milliseconds(20)) return {};
    return "the memory limit of " + units::spell(units::Bytes{*job.limits.memory_bytes}) +
           " is too small to start '" + job.command.front() + "'";
}

std::string describe_loader_failure(const Job& job) {
    if (!job.limits.address_space_bytes) return {};
    const std::uint64_t bytes = image_bytes(host_path(job));
    if (bytes <= *job.limits.address_space_bytes) return {};
    return "the program's code and data take " + units::human(units::Bytes{bytes}) +
           ", more than the address-space limit";
}

}  // namespace assay::runner
