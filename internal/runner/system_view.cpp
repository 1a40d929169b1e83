#include "internal/runner/system_view.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "pkg/posix/files.hpp"
#include "pkg/sandbox/identity.hpp"

namespace assay::runner {
namespace {

using sandbox::BindMount;
using sandbox::FilesystemSpec;

constexpr std::string_view kSystemDirectories[] = {"/usr",   "/bin",   "/sbin",   "/lib",
                                                   "/lib32", "/lib64", "/libx32", "/opt"};

// Entries of /etc; a trailing '*' takes every entry with that beginning. What is not here is a
// --bind away.
constexpr std::string_view kEtcEntries[] = {"alternatives", "fonts",     "fpc.cfg", "java*", "jvm*",
                                            "ld.so.cache",  "localtime", "mono",    "php",   "pki",
                                            "protocols",    "python*",   "services"};

// A mount costs as much as copying this.
constexpr off_t kLargestCopy = 16 << 10;

bool exists(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
}

std::string read_link(const std::string& path) {
    char target[4096];
    const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
    return length < 0 ? std::string() : std::string(target, static_cast<std::size_t>(length));
}

// Shows a host path as it is: a symbolic link as a link, a small file as a copy, anything else as a
// read-only mount.
void show(FilesystemSpec& files, const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return;
    if (S_ISLNK(status.st_mode)) {
        files.symlinks.push_back({path, read_link(path)});
        return;
    }
    if (S_ISREG(status.st_mode) && status.st_size <= kLargestCopy) {
        files.copied_files.push_back(path);
    } else {
        files.binds.push_back(BindMount{path, path});
    }
}

bool is_shown_in_etc(std::string_view name) {
    return std::ranges::any_of(kEtcEntries, [name](std::string_view entry) {
        if (!entry.ends_with('*')) return name == entry;
        entry.remove_suffix(1);
        return name.starts_with(entry);
    });
}

void show_etc(FilesystemSpec& files) {
    const std::unique_ptr<DIR, int (*)(DIR*)> etc(::opendir("/etc"), ::closedir);
    if (!etc) return;
    while (const dirent* entry = ::readdir(etc.get())) {
        if (is_shown_in_etc(entry->d_name)) show(files, std::string("/etc/") + entry->d_name);
    }
    for (const char* path : {"/etc/ssl/certs", "/etc/ssl/openssl.cnf"}) show(files, path);
}

void add_made_up_files(FilesystemSpec& files, const Job& job, const sandbox::Ids& ids) {
    const std::string user_id = std::to_string(ids.uid);
    const std::string group_id = std::to_string(ids.gid);
    files.files.push_back(
        {"/etc/passwd", "root:x:0:0:root:/:/usr/sbin/nologin\nassay:x:" + user_id + ":" + group_id +
                            ":assay:" + files.home +
                            ":/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"});
    files.files.push_back(
        {"/etc/group", "root:x:0:\nassay:x:" + group_id + ":\nnogroup:x:65534:\n"});
    files.files.push_back(
        {"/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"});
    if (job.network == Network::kHost) {
        show(files, "/etc/hosts");
        // Often a link into /run, which is not shown: the file itself is.
        if (exists("/etc/resolv.conf"))
            files.binds.push_back({"/etc/resolv.conf", "/etc/resolv.conf"});
    } else {
        files.files.push_back(
            {"/etc/hosts", "127.0.0.1 localhost " + job.hostname + "\n::1 localhost\n"});
    }
}

bool lies_in(std::string_view path, std::string_view directory) {
    return path == directory || (path.starts_with(directory) && path[directory.size()] == '/');
}

// A directory that the box has its own version of cannot be shown at its own path.
bool can_be_shown(const std::string& directory) {
    if (directory.empty() || directory == "/") return false;
    return std::ranges::none_of(std::initializer_list<std::string_view>{"/proc", "/dev", "/sys"},
                                [&](std::string_view own) { return lies_in(directory, own); });
}

void show_current_directory(sandbox::BoxSpec& spec, const Files& files) {
    if (!can_be_shown(files.current_directory)) return;
    spec.filesystem.binds.push_back(BindMount{files.current_directory, files.current_directory,
                                              files.current_directory_writable, true});
    spec.program.working_directory = files.current_directory;
}

Result<std::string> absolute(const std::string& path, const char* option) {
    if (path.starts_with('/')) return path;
    return usage_error(std::string("cannot use '") + path + "' for " + option +
                       ": not an absolute path");
}

Result<void> add_asked_mounts(FilesystemSpec& spec, const Files& files) {
    for (const Bind& bind : files.binds) {
        ASSAY_TRY(const std::string destination, absolute(bind.destination, "--bind"));
        spec.binds.push_back(BindMount{bind.source, destination, bind.writable, true});
    }
    for (const Tmpfs& tmpfs : files.tmpfs) {
        ASSAY_TRY(const std::string destination, absolute(tmpfs.destination, "--tmpfs"));
        spec.tmpfs.push_back({destination, tmpfs.size_bytes});
    }
    for (const Copy& copy : files.copy_in) {
        ASSAY_TRY(const std::string destination, absolute(copy.destination, "--copy-in"));
        if ((destination + "/").find("/../") != std::string::npos || destination.ends_with('/')) {
            return usage_error("cannot copy in to " + destination + ": '..' or no file name in it");
        }
        spec.copy_in.push_back({copy.source, destination});
    }
    return {};
}

struct NamedLimit {
    int resource;
    const char* option;
    std::optional<std::uint64_t> value;
};

// A limit above the caller's own hard one cannot be given; the kernel's EPERM would not say which.
Result<void> add_limit(std::vector<sandbox::ResourceLimit>& limits, const NamedLimit& limit) {
    if (!limit.value) return {};
    rlimit current{};
    ::getrlimit(static_cast<__rlimit_resource>(limit.resource), &current);
    if (*limit.value > current.rlim_max) {
        return usage_error(
            std::string("cannot set --") + limit.option + " to " + std::to_string(*limit.value) +
                ": the hard limit of this process is " + std::to_string(current.rlim_max),
            "raise it with ulimit -H before starting assay");
    }
    limits.push_back({limit.resource, *limit.value});
    return {};
}

Result<std::vector<sandbox::ResourceLimit>> resource_limits(const Limits& limits) {
    std::optional<std::uint64_t> cpu_seconds;
    if (limits.cpu) {
        const auto end = std::chrono::ceil<std::chrono::seconds>(*limits.cpu + limits.extra_time);
        cpu_seconds = static_cast<std::uint64_t>(end.count()) + 1;
    }
    std::vector<sandbox::ResourceLimit> result;
    // A core limit of 1 rather than 0 also keeps a core_pattern pipe from being started (core(5)).
    for (const NamedLimit& limit :
         {NamedLimit{RLIMIT_CORE, "core", 1}, NamedLimit{RLIMIT_CPU, "cpu-limit", cpu_seconds},
          NamedLimit{RLIMIT_STACK, "stack-limit", limits.stack_bytes},
          NamedLimit{RLIMIT_FSIZE, "file-size-limit", limits.file_size_bytes},
          NamedLimit{RLIMIT_NOFILE, "open-files", limits.open_files},
          NamedLimit{RLIMIT_AS, "address-space-limit", limits.address_space_bytes}}) {
        if (limit.resource == RLIMIT_CORE || limit.resource == RLIMIT_CPU) {
            rlimit current{};
            ::getrlimit(static_cast<__rlimit_resource>(limit.resource), &current);
            if (limit.value) {
                result.push_back(
                    {limit.resource, std::min<std::uint64_t>(*limit.value, current.rlim_max)});
            }
            continue;
        }
        ASSAY_CHECK(add_limit(result, limit));
    }
    return result;
}

}  // namespace

Result<std::vector<int>> parse_cpu_list(const std::string& text) {
    std::vector<int> cpus;
    const Error bad = usage_error("bad CPU list '" + text + "'", "write it like 0-3 or 0,2");
    const char* at = text.c_str();
    while (*at != '\0') {
        char* end = nullptr;
        const long first = std::strtol(at, &end, 10);
        if (end == at || first < 0) return bad;
        long last = first;
        if (*end == '-') {
            at = end + 1;
            last = std::strtol(at, &end, 10);
            if (end == at) return bad;
        }
        if (last < first || last >= CPU_SETSIZE) return bad;
        for (long cpu = first; cpu <= last; ++cpu) cpus.push_back(static_cast<int>(cpu));
        if (*end != ',' && *end != '\0') return bad;
        at = *end == ',' ? end + 1 : end;
    }
    return cpus;
}

Substitutes without_groups(const Limits& limits) {
    Substitutes substitutes;
    if (limits.processes) {
        substitutes.process_limit = *limits.processes + 1;
        substitutes.weaker.push_back(
            "process-limit is RLIMIT_NPROC: it counts the processes of this user in this sandbox");
    }
    if (limits.memory_bytes) {
        substitutes.weaker.push_back(
            "memory-limit is sampled every 10 ms: a fast program can pass it before it is killed, "
            "and "
            "tmpfs files, pipes and kernel memory are not counted");
    }
    if (limits.cpu) {
        substitutes.weaker.push_back(
            "cpu-limit is sampled: the time of a process that nobody waited for is counted up to "
            "the "
            "last sample");
    }
    if (limits.cpu_rate) substitutes.weaker.push_back("cpu-rate is not enforced");
    if (!limits.cpu_set.empty()) {
        substitutes.weaker.push_back("cpu-set is an affinity that the program may change");
    }
    return substitutes;
}

Result<sandbox::BoxSpec> make_box_spec(const Job& job) {
    sandbox::BoxSpec spec;
    FilesystemSpec& files = spec.filesystem;
    files.rootfs = job.files.rootfs;
    files.disk_bytes = job.limits.disk_bytes.value_or(kDefaultDiskBytes);
    files.inodes = job.limits.inodes.value_or(kDefaultInodes);
    spec.hostname = job.hostname;
    spec.share_network = job.network == Network::kHost;
    if (job.uid || job.gid) spec.identity = sandbox::choose_inside(job.uid, job.gid);
    if (files.rootfs.empty()) {
        for (const std::string_view directory : kSystemDirectories)
            show(files, std::string(directory));
        show_etc(files);
        add_made_up_files(files, job, spec.identity.program_inside);
        show_current_directory(spec, job.files);
    }
    ASSAY_CHECK(add_asked_mounts(files, job.files));

    sandbox::ProgramSpec& program = spec.program;
    program.arguments = job.command;
    program.environment = job.environment;
    if (!job.files.working_directory.empty()) {
        program.working_directory = job.files.working_directory;
    }
    program.stdin_fd = job.streams.stdin_fd;
    program.stdout_fd = job.streams.stdout_fd;
    program.stderr_fd = job.streams.stderr_fd;
    program.terminal = job.streams.terminal;
    ASSAY_TRY(program.resource_limits, resource_limits(job.limits));
    ASSAY_TRY(program.cpus, parse_cpu_list(job.limits.cpu_set));
    program.seccomp = job.seccomp;
    program.seccomp_lets_write = job.seccomp_lets_write;
    program.trace_syscalls = job.trace_syscalls;
    spec.keeps_files = !job.files.copy_out.empty();
    return spec;
}

}  // namespace assay::runner
