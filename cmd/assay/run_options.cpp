#include "cmd/assay/run_options.hpp"

namespace assay::app {
namespace {

using flags::Completion;

void declare_limits(flags::Settings& settings, RunOptions& options) {
    constexpr std::string_view kGroup = "Limits (of the whole process tree)";
    settings.add(options.cpu_limit, {"cpu-limit", "TIME", "CPU time", kGroup});
    settings.add(options.wall_limit, {"wall-limit", "TIME", "real time", kGroup});
    settings.add(
        options.extra_time,
        {"extra-time", "TIME", "past a time limit before the kill; the verdict stays", kGroup});
    settings.add(options.memory_limit, {"memory-limit", "SIZE", "memory, swap included", kGroup});
    settings.add(options.stack_limit, {"stack-limit", "SIZE", "stack of each process", kGroup});
    settings.add(options.process_limit,
                 {"process-limit", "N", "processes and threads at once", kGroup});
    settings.add(options.file_size_limit,
                 {"file-size-limit", "SIZE", "size of each file written", kGroup});
    settings.add(options.output_limit,
                 {"output-limit", "SIZE", "stdout and stderr together", kGroup});
    settings.add(options.open_files, {"open-files", "N", "descriptors of each process", kGroup});
    settings.add(options.disk_limit,
                 {"disk-limit", "SIZE", "all writable places in memory together", kGroup});
    settings.add(options.inode_limit,
                 {"inode-limit", "N", "files and directories in them", kGroup});
    settings.add(options.address_space_limit,
                 {"address-space-limit", "SIZE", "virtual memory of each process", kGroup});
    settings.add(options.cpu_rate,
                 {"cpu-rate", "CPUS", "CPUs' worth of time, such as 0.5", kGroup});
    settings.add(options.cpu_set, {"cpu-set", "LIST", "CPUs to run on, such as 0-1,3", kGroup});
}

void declare_files(flags::Settings& settings, RunOptions& options) {
    constexpr std::string_view kGroup = "Files";
    settings.add(
        options.bind,
        {"bind", "SRC[:DST][:rw]", "show a host file or directory", kGroup, {}, Completion::kFile});
    settings.add(options.tmpfs,
                 {"tmpfs", "DST[:size=SIZE]", "an empty directory in memory", kGroup});
    settings.add(options.rootfs, {"rootfs",
                                  "DIR",
                                  "use DIR as root; it stays untouched",
                                  kGroup,
                                  {},
                                  Completion::kDirectory});
    settings.add(options.workdir,
                 {"workdir", "DIR", "directory to start in, as the program sees it", kGroup});
    settings.add(options.writable,
                 {"writable", "", "let the program write in the current directory", kGroup});
    settings.add(options.copy_in, {"copy-in",
                                   "SRC:DST",
                                   "copy a host file in before the start",
                                   kGroup,
                                   {},
                                   Completion::kFile});
    settings.add(options.copy_out,
                 {"copy-out", "PATH[:DST]", "copy a file out after the end", kGroup});
}

void declare_environment(flags::Settings& settings, RunOptions& options) {
    constexpr std::string_view kGroup = "Environment and privilege";
    settings.add(options.env,
                 {"env", "NAME[=VALUE]", "set a variable, or pass the caller's", kGroup});
    settings.add(options.clear_env, {"clear-env", "", "no variables but those of --env", kGroup});
    settings.add(options.hostname, {"hostname", "NAME", "host name in the sandbox", kGroup});
    settings.add(options.user, {"user", "UID[:GID]", "ids in the sandbox", kGroup});
    settings.add(options.net, {"net",
                               "none|host",
                               "network: only an own loopback, or the host's",
                               kGroup,
                               {"none", "host"}});
    settings.add(options.seccomp, {"seccomp",
                                   "default|strict|off|FILE",
                                   "system-call policy",
                                   kGroup,
                                   {},
                                   Completion::kFile});
    settings.add(options.trace_syscalls, {"trace-syscalls",
                                          "FILE",
                                          "write the policy that the program needs",
                                          kGroup,
                                          {},
                                          Completion::kFile});
    settings.add(options.require, {"require",
                                   "cgroup",
                                   "fail rather than enforce limits in a weaker way",
                                   kGroup,
                                   {"cgroup"}});
}

void declare_streams_and_results(flags::Settings& settings, RunOptions& options) {
    constexpr std::string_view kStreams = "Streams";
    settings.add(
        options.stdin_file,
        {"stdin", "FILE", "read standard input from FILE", kStreams, {}, Completion::kFile});
    settings.add(
        options.stdout_file,
        {"stdout", "FILE", "write standard output to FILE", kStreams, {}, Completion::kFile});
    settings.add(
        options.stderr_file,
        {"stderr", "FILE", "write standard error to FILE", kStreams, {}, Completion::kFile});
    settings.add(options.tty, {"tty", "", "give the program a terminal", kStreams});
    constexpr std::string_view kResults = "Results";
    settings.add(options.summary, {"summary", "", "print verdict and figures on stderr", kResults});
    settings.add(
        options.json,
        {"json", "FILE|-|fd:N", "write the report as JSON", kResults, {}, Completion::kFile});
    settings.add(
        options.meta,
        {"meta", "FILE", "write the report in isolate's form", kResults, {}, Completion::kFile});
}

void declare_modes(flags::Settings& settings, RunOptions& options) {
    constexpr std::string_view kGroup = "More than one program";
    settings.add(options.interact,
                 {"interact", "'PROG ARGS'", "join a second program by pipes both ways", kGroup});
    settings.add(options.transcript,
                 {"transcript", "FILE", "record what the two say", kGroup, {}, Completion::kFile});
    settings.add(options.cases, {"cases",
                                 "DIR",
                                 "run on every NAME.in, compare with NAME.out or NAME.ans",
                                 kGroup,
                                 {},
                                 Completion::kDirectory});
    settings.add(options.compare, {"compare",
                                   "exact|tokens|float:EPS|CHECKER",
                                   "how to compare",
                                   kGroup,
                                   {},
                                   Completion::kFile});
    settings.add(options.compile,
                 {"compile", "'COMMAND'", "run this first, in a sandbox too", kGroup});
    settings.add(options.fail_fast, {"fail-fast", "", "stop at the first case that fails", kGroup});
    settings.add(options.jobs, {"jobs", "N", "cases at a time", kGroup});
    settings.add(options.junit,
                 {"junit", "FILE", "write the cases as JUnit XML", kGroup, {}, Completion::kFile});
    settings.add(options.repeat, {"repeat", "N", "run N times and report the spread", kGroup});
    settings.add(options.warmup, {"warmup", "M", "runs before those that count", kGroup});
}

}  // namespace

void declare_run_options(flags::Settings& settings, RunOptions& options) {
    declare_limits(settings, options);
    declare_files(settings, options);
    declare_environment(settings, options);
    declare_streams_and_results(settings, options);
    declare_modes(settings, options);
    settings.add_trailing(options.program, "PROG [ARG…]", "the program and its arguments");
}

}  // namespace assay::app
