#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "internal/tidy/rules.hpp"

namespace assay::tidy {
namespace {

struct Include {
    std::string target;
    bool angled = false;
    std::size_t line = 0;
};

std::vector<Include> includes_of(const SourceFile& file) {
    std::vector<Include> includes;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        if (!file.code[i].starts_with("#include")) continue;
        const std::size_t open = file.lines[i].find_first_of("<\"");
        if (open == std::string::npos) continue;
        const bool angled = file.lines[i][open] == '<';
        const std::size_t close = file.lines[i].find(angled ? '>' : '"', open + 1);
        includes.push_back({file.lines[i].substr(open + 1, close - open - 1), angled, i + 1});
    }
    return includes;
}

bool contains(std::span<const std::string_view> names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// The line of pkg: each package may use those before it.
constexpr std::string_view kLine[] = {
    "pkg/result",  "pkg/posix", "pkg/units",     "pkg/log",     "pkg/flags", "pkg/event",
    "pkg/net",     "pkg/http",  "pkg/websocket", "pkg/http2",   "pkg/resp",  "pkg/cgroup",
    "pkg/sandbox", "pkg/stats", "pkg/perf",      "pkg/symbols",
};

// What an internal package may use beside pkg.
struct InternalUse {
    std::string_view package;
    std::array<std::string_view, 3> uses = {};
};
constexpr InternalUse kInternalUses[] = {
    {"internal/report", {}},
    {"internal/app", {"internal/report"}},
    {"internal/runner", {"internal/app", "internal/report"}},
    {"internal/judge", {"internal/app", "internal/report", "internal/runner"}},
    {"internal/redis", {"internal/app", "internal/report"}},
    {"internal/loadgen", {"internal/app", "internal/report"}},
    {"internal/profiler", {"internal/app", "internal/report"}},
    {"internal/testing", {}},
    {"internal/tidy", {}},
    {"internal/dev", {}},
};

std::optional<std::string> refuse_in_line(std::string_view from, std::string_view to) {
    const auto from_at = std::find(std::begin(kLine), std::end(kLine), from);
    const auto to_at = std::find(std::begin(kLine), std::end(kLine), to);
    if (from_at == std::end(kLine) || to_at == std::end(kLine)) {
        return "a package of pkg has its place in the line of include_rules.cpp, so that there is "
               "one answer to what is built on what";
    }
    if (to_at < from_at) return std::nullopt;
    return std::string(to) + " comes after " + std::string(from) +
           " in the line of pkg: without the line there would be cycles, and no package could be "
           "understood or tested without all others";
}

std::optional<std::string> refuse_between_internal(std::string_view from, std::string_view to) {
    for (const InternalUse& use : kInternalUses) {
        if (use.package == from && contains(use.uses, to)) return std::nullopt;
    }
    return std::string(from) + " may not use " + std::string(to) +
           ": commands stay apart unless the table of include_rules.cpp joins them";
}

std::optional<std::string> refuse_use(const SourceFile& file, std::string_view target) {
    const std::string_view from = package_of(file.path);
    const std::string_view to = package_of(target);
    if (to.empty()) {
        return "project headers are included by their path from the root, so that a reader sees "
               "whose they are";
    }
    if (from == to) return std::nullopt;
    if (to == "internal/testing" && is_test(file.path)) return std::nullopt;
    if (to.starts_with("cmd/")) {
        return "nothing includes cmd: a command is the end of the chain cmd -> internal -> pkg";
    }
    if (from.starts_with("cmd/")) return std::nullopt;
    if (from.starts_with("internal/")) {
        return to.starts_with("pkg/") ? std::nullopt : refuse_between_internal(from, to);
    }
    if (to.starts_with("pkg/")) return refuse_in_line(from, to);
    return "pkg knows nothing of internal: it would be useless to a second program";
}

// Third-party headers and their one home. A package by name, or a prefix that ends in '/'.
struct Library {
    std::string_view prefix;
    std::array<std::string_view, 8> homes;
    bool in_headers = false;
};
constexpr Library kLibraries[] = {
    {"CLI/", {"pkg/flags"}},
    {"toml++/", {"pkg/flags"}},
    {"toml.hpp", {"pkg/flags"}},
    {"libcgroup.h", {"pkg/cgroup"}},
    {"seccomp.h", {"pkg/sandbox"}},
    {"boost/json", {"internal/judge", "internal/testing"}},
    {"yaml-cpp/", {"internal/judge"}},
    {"boost/system/", {"pkg/result"}, true},
    {"boost/assert/", {"pkg/result"}, true},
    {"boost/asio",
     {"pkg/event", "pkg/net", "pkg/http", "pkg/websocket", "pkg/http2", "internal/judge",
      "internal/redis", "internal/loadgen"},
     true},
    {"boost/beast", {"pkg/http", "pkg/websocket"}},
    {"nghttp2/", {"pkg/http2"}},
    {"openssl/", {"pkg/net"}},
    {"ares.h", {"pkg/net"}},
    {"bpf/", {"pkg/perf"}},
    {"elfutils/", {"pkg/perf", "pkg/symbols"}},
    {"gelf.h", {"pkg/symbols"}},
    {"libelf.h", {"pkg/symbols"}},
    {"lua", {"internal/redis"}},
    {"xxhash.h", {"internal/redis"}},
};

// Headers of libc and the kernel that stand in no directory of their own.
constexpr std::string_view kSystemHeaders[] = {
    "cpuid.h",   "x86intrin.h", "dirent.h",  "elf.h",    "errno.h",    "fcntl.h",  "fnmatch.h",
    "glob.h",    "grp.h",       "ifaddrs.h", "limits.h", "link.h",     "malloc.h", "mntent.h",
    "netdb.h",   "poll.h",      "pthread.h", "pty.h",    "pwd.h",      "sched.h",  "semaphore.h",
    "signal.h",  "spawn.h",     "stddef.h",  "stdint.h", "stdio.h",    "stdlib.h", "string.h",
    "syscall.h", "syslog.h",    "termios.h", "time.h",   "ucontext.h", "unistd.h", "utime.h",
    "wait.h",    "mqueue.h",
};
constexpr std::string_view kSystemDirectories[] = {"arpa/", "asm/", "bits/",   "linux/",
                                                   "net/",  "sys/", "netinet/"};

bool is_system_header(std::string_view target) {
    for (const std::string_view directory : kSystemDirectories) {
        if (target.starts_with(directory)) return true;
    }
    if (contains(kSystemHeaders, target)) return true;
    return target.find_first_of("./") == target.npos;  // the C++ standard's have no suffix
}

std::optional<std::string> refuse_library(const SourceFile& file, std::string_view target) {
    if (target.starts_with("catch2/")) {
        if (is_test(file.path)) return std::nullopt;
        return "Catch2 belongs in tests: the product must not link it";
    }
    for (const Library& library : kLibraries) {
        if (!target.starts_with(library.prefix)) continue;
        const std::string name(target);
        if (!contains(library.homes, package_of(file.path))) {
            return "<" + name + "> stays inside " + std::string(library.homes.front()) +
                   ": one package to mend when the library changes, and its compile time is paid "
                   "once";
        }
        if (is_header(file.path) && !library.in_headers) {
            return "<" + name +
                   "> belongs in a source, not in a header: every file that includes "
                   "the header would pay its compile time";
        }
        return std::nullopt;
    }
    if (is_system_header(target)) return std::nullopt;
    return "<" + std::string(target) +
           "> has no home in include_rules.cpp: a new library is a decision, list it there";
}

}  // namespace

Findings check_package_includes(const SourceTree& tree) {
    Findings findings;
    for (const SourceFile& file : tree.files) {
        if (!is_cpp(file.path) || !is_project_code(file.path)) continue;
        for (const Include& include : includes_of(file)) {
            if (include.angled) continue;
            if (auto why = refuse_use(file, include.target)) {
                findings.push_back({file.path, include.line, *why});
            }
        }
    }
    return findings;
}

Findings check_library_includes(const SourceTree& tree) {
    Findings findings;
    for (const SourceFile& file : tree.files) {
        if (!is_cpp(file.path) || !is_project_code(file.path)) continue;
        for (const Include& include : includes_of(file)) {
            if (!include.angled) continue;
            if (auto why = refuse_library(file, include.target)) {
                findings.push_back({file.path, include.line, *why});
            }
        }
    }
    return findings;
}

Findings check_own_header_first(const SourceTree& tree) {
    Findings findings;
    for (const SourceFile& file : tree.files) {
        if (!file.path.ends_with(".cpp") || !is_project_code(file.path)) continue;
        const std::string own = file.path.substr(0, file.path.size() - 4) + ".hpp";
        const bool has_own =
            std::any_of(tree.files.begin(), tree.files.end(),
                        [&](const SourceFile& other) { return other.path == own; });
        const std::vector<Include> includes = includes_of(file);
        if (!has_own || (!includes.empty() && includes.front().target == own)) continue;
        findings.push_back({file.path, includes.empty() ? 0 : includes.front().line,
                            own + " comes first here: that proves that it compiles alone"});
    }
    return findings;
}

}  // namespace assay::tidy
