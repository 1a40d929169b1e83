#include "pkg/flags/help.hpp"

#include <catch2/catch.hpp>

namespace assay::flags {
namespace {

TEST_CASE("help: groups, defaults and choices, wrapped to the width", "[flags]") {
    std::optional<std::chrono::nanoseconds> cpu_limit;
    units::Bytes disk{64 << 20};
    std::string net = "none";
    bool writable = false;
    bool progress = true;
    std::vector<std::string> bind;
    std::vector<std::string> command;
    Settings global{""};
    Settings run{"run"};
    run.add(cpu_limit, {.name = "cpu-limit",
                        .value_name = "TIME",
                        .help = "CPU time of all processes together",
                        .group = "Limits",
                        .short_name = 't'});
    run.add(writable, {.name = "writable", .help = "let the program write here", .group = "Files"});
    run.add(disk, {.name = "disk-limit",
                   .value_name = "SIZE",
                   .help = "bytes of each tmpfs",
                   .group = "Limits"});
    run.add(
        bind,
        {.name = "bind", .value_name = "SRC[:DST][:rw]", .help = "show a path", .group = "Files"});
    run.add(net, {.name = "net",
                  .value_name = "NET",
                  .help = "network",
                  .group = "Files",
                  .choices = {"none", "host"}});
    run.add(progress, {.name = "progress", .help = "show progress", .group = "Files"});
    run.add_trailing(command, "PROG [ARG…]", "the program and its arguments");
    const std::string page = help_page({.usage = "assay run [options] [--] PROG [ARG…]",
                                        .summary = "run a program under limits",
                                        .epilogue = "Examples:\n  assay run true\n"},
                                       global, &run, 60);
    CHECK(page ==
          R"(Usage: assay run [options] [--] PROG [ARG…]

run a program under limits

  PROG [ARG…]                 the program and its arguments

Limits:
  -t, --cpu-limit TIME        CPU time of all processes
                              together
      --disk-limit SIZE       bytes of each tmpfs (default:
                              64M)

Files:
      --writable              let the program write here
      --bind SRC[:DST][:rw]   show a path; repeatable
      --net NET               network: none|host (default:
                              none)
      --[no-]progress         show progress (default: true)

  -h, --help                  print this help and exit

Each option is also a variable and a key of the settings
file: --cpu-limit is ASSAY_RUN_CPU_LIMIT and cpu-limit in
[run].

Examples:
  assay run true
)");
}

}  // namespace
}  // namespace assay::flags
