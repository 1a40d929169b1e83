#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "cmd/assay/run_options.hpp"
#include "internal/runner/policy_file.hpp"
#include "pkg/sandbox/notify.hpp"
#include "pkg/sandbox/seccomp.hpp"

namespace assay::app {
namespace {

// Never the caller's PATH: it names directories that are not in the sandbox.
constexpr std::string_view kPath =
    "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";
constexpr std::string_view kPassedOn[] = {"LANG", "LC_ALL", "TERM", "TZ"};

template <class Unit>
std::optional<std::uint64_t> number(const std::optional<Unit>& value) {
    return value ? std::optional(value->value) : std::nullopt;
}

runner::Limits make_limits(const RunOptions& options) {
    runner::Limits limits;
    limits.cpu = options.cpu_limit;
    limits.wall = options.wall_limit;
    limits.extra_time = options.extra_time;
    limits.memory_bytes = number(options.memory_limit);
    limits.stack_bytes = number(options.stack_limit);
    limits.processes = number(options.process_limit);
    limits.file_size_bytes = number(options.file_size_limit);
    limits.output_bytes = number(options.output_limit);
    limits.open_files = number(options.open_files);
    limits.disk_bytes = options.disk_limit.value;
    limits.inodes = options.inode_limit.value;
    limits.address_space_bytes = number(options.address_space_limit);
    limits.cpu_rate = options.cpu_rate;
    limits.cpu_set = options.cpu_set;
    return limits;
}

Result<std::string> current_directory() {
    const std::unique_ptr<char, void (*)(void*)> path(::getcwd(nullptr, 0), std::free);
    if (!path) return system_error("cannot tell the current directory", errno);
    return std::string(path.get());
}

// On the host, relative to the current directory.
std::string host_path(const std::string& path, const std::string& current_directory) {
    if (path.starts_with('/')) return path;
    return path == "." ? current_directory : current_directory + "/" + path;
}

Result<runner::Bind> parse_bind(std::string text, const std::string& directory) {
    runner::Bind bind;
    const std::string whole = text;
    if (text.ends_with(":rw")) {
        bind.writable = true;
        text.resize(text.size() - 3);
    } else if (text.ends_with(":ro")) {
        text.resize(text.size() - 3);
    }
    const std::size_t colon = text.find(':');
    bind.source = host_path(text.substr(0, colon), directory);
    bind.destination = colon == std::string::npos ? bind.source : text.substr(colon + 1);
    if (text.empty() || colon == 0 || !bind.destination.starts_with('/')) {
        return usage_error("bad value '" + whole + "' for --bind",
                           "write it like SRC, SRC:/DST or SRC:/DST:rw");
    }
    return bind;
}

Result<runner::Tmpfs> parse_tmpfs(const std::string& text) {
    runner::Tmpfs tmpfs;
    const std::size_t colon = text.find(':');
    tmpfs.destination = text.substr(0, colon);
    constexpr std::string_view kSize = ":size=";
    if (colon != std::string::npos) {
        if (!text.substr(colon).starts_with(kSize)) {
            return usage_error("bad value '" + text + "' for --tmpfs",
                               "write it like /DST or /DST:size=64M");
        }
        ASSAY_TRY(const units::Bytes size, units::parse_size(text.substr(colon + kSize.size())));
        tmpfs.size_bytes = size.value;
    }
    return tmpfs;
}

Result<runner::Copy> parse_copy_in(const std::string& text, const std::string& directory) {
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) {
        return usage_error("bad value '" + text + "' for --copy-in", "write it like SRC:/DST");
    }
    return runner::Copy{host_path(text.substr(0, colon), directory), text.substr(colon + 1)};
}

Result<runner::Copy> parse_copy_out(const std::string& text, const std::string& directory,
                                    const std::string& working_directory) {
    const std::size_t colon = text.find(':');
    std::string path = text.substr(0, colon);
    if (path.empty() || path.ends_with('/')) {
        return usage_error("bad value '" + text + "' for --copy-out",
                           "write it like PATH or PATH:DST");
    }
    const std::string name = path.substr(path.rfind('/') + 1);
    if (!path.starts_with('/')) path = working_directory + "/" + path;
    const std::string destination = colon == std::string::npos ? name : text.substr(colon + 1);
    return runner::Copy{path, host_path(destination, directory)};
}

Result<runner::Files> make_files(const RunOptions& options) {
    runner::Files files;
    ASSAY_TRY(files.current_directory, current_directory());
    const std::string& here = files.current_directory;
    files.current_directory_writable = options.writable;
    if (!options.rootfs.empty()) files.rootfs = host_path(options.rootfs, here);
    files.working_directory = options.workdir;
    for (const std::string& text : options.bind) {
        ASSAY_TRY(runner::Bind bind, parse_bind(text, here));
        files.binds.push_back(std::move(bind));
    }
    for (const std::string& text : options.tmpfs) {
        ASSAY_TRY(runner::Tmpfs tmpfs, parse_tmpfs(text));
        files.tmpfs.push_back(std::move(tmpfs));
    }
    for (const std::string& text : options.copy_in) {
        ASSAY_TRY(runner::Copy copy, parse_copy_in(text, here));
        files.copy_in.push_back(std::move(copy));
    }
    const std::string inside = !options.workdir.empty() ? options.workdir
                               : options.rootfs.empty() ? here
                                                        : std::string();
    for (const std::string& text : options.copy_out) {
        ASSAY_TRY(runner::Copy copy, parse_copy_out(text, here, inside));
        files.copy_out.push_back(std::move(copy));
    }
    return files;
}

// Null when the caller has no such variable.
const char* find_variable(const char* const* environment, std::string_view name) {
    for (; *environment != nullptr; ++environment) {
        const std::string_view variable = *environment;
        if (variable.starts_with(name) && variable.substr(name.size()).starts_with('='))
            return *environment;
    }
    return nullptr;
}

// A later assignment of the same name replaces the earlier one.
void assign(std::vector<std::string>& variables, std::string variable) {
    const std::string_view name = std::string_view(variable).substr(0, variable.find('=') + 1);
    std::erase_if(variables, [name](const std::string& other) { return other.starts_with(name); });
    variables.push_back(std::move(variable));
}

Result<std::vector<std::string>> make_environment(const RunOptions& options,
                                                  const char* const* environment) {
    std::vector<std::string> variables;
    if (!options.clear_env) {
        for (const std::string_view fixed :
             {kPath, std::string_view("HOME=/home/assay"), std::string_view("USER=assay"),
              std::string_view("LOGNAME=assay")}) {
            variables.emplace_back(fixed);
        }
        for (const std::string_view name : kPassedOn) {
            if (const char* variable = find_variable(environment, name))
                variables.emplace_back(variable);
        }
    }
    for (const std::string& text : options.env) {
        if (text.empty() || text.starts_with('=')) {
            return usage_error("bad value '" + text + "' for --env",
                               "write it like NAME or NAME=VALUE");
        }
        if (text.find('=') != std::string::npos) {
            assign(variables, text);
        } else if (const char* variable = find_variable(environment, text)) {
            assign(variables, variable);
        }
    }
    return variables;
}

Result<unsigned> parse_id(std::string_view text, const std::string& whole) {
    unsigned id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size() || id == ~0u) {
        return usage_error("bad value '" + whole + "' for --user",
                           "write it like 1000 or 1000:1000");
    }
    return id;
}

Result<void> set_user(runner::Job& job, const std::string& text) {
    if (text.empty()) return {};
    const std::size_t colon = text.find(':');
    ASSAY_TRY(job.uid, parse_id(std::string_view(text).substr(0, colon), text));
    if (colon != std::string::npos) {
        ASSAY_TRY(job.gid, parse_id(std::string_view(text).substr(colon + 1), text));
    }
    return {};
}

Result<void> set_seccomp(runner::Job& job, const RunOptions& options) {
    const auto copy = [](std::span<const sock_filter> program) {
        return std::vector<sock_filter>(program.begin(), program.end());
    };
    job.trace_syscalls = !options.trace_syscalls.empty();
    if (job.trace_syscalls) {
        ASSAY_TRY(job.seccomp, sandbox::tracing_program());
    } else if (options.seccomp == "default" || options.seccomp == "strict") {
        job.seccomp = copy(options.seccomp == "default" ? sandbox::default_program()
                                                        : sandbox::strict_program());
        job.seccomp_lets_write = true;
    } else if (options.seccomp != "off") {
        ASSAY_TRY(const sandbox::SeccompPolicy policy, runner::load_policy_file(options.seccomp));
        ASSAY_TRY(job.seccomp, sandbox::compile(policy));
    }
    return {};
}

Result<void> check_hostname(const std::string& name) {
    if (name.empty() || name.size() > 64) {
        return usage_error("bad value '" + name + "' for --hostname: its length must be 1 to 64");
    }
    return {};
}

}  // namespace

Result<runner::Job> make_job(const RunOptions& options, const char* const* environment) {
    runner::Job job;
    if (options.program.empty()) {
        return usage_error("no program given", "usage: assay run [options] [--] PROG [ARG…]");
    }
    job.command = options.program;
    if (job.command.front().empty()) return usage_error("the program's name is empty");
    job.limits = make_limits(options);
    ASSAY_TRY(job.files, make_files(options));
    ASSAY_TRY(job.environment, make_environment(options, environment));
    ASSAY_CHECK(check_hostname(options.hostname));
    job.hostname = options.hostname;
    ASSAY_CHECK(set_user(job, options.user));
    job.network = options.net == "host" ? runner::Network::kHost : runner::Network::kNone;
    ASSAY_CHECK(set_seccomp(job, options));
    job.require_cgroup = options.require == "cgroup";
    job.streams.terminal = options.tty;
    return job;
}

}  // namespace assay::app
