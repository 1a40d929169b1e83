#include "internal/testing/attack_run.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>

#include "internal/testing/host_snapshot.hpp"
#include "internal/testing/process.hpp"

namespace assay::testing {

AttackRun run_boxed_under(const Words& prefix, const Words& options, const Words& command) {
    const FreshDirectory scratch;
    Words words = prefix;
    words.insert(words.end(), {assay_binary(), "run", "--json", scratch / "report.json"});
    words.insert(words.end(), options.begin(), options.end());
    words.push_back("--");
    words.insert(words.end(), command.begin(), command.end());

    const HostSnapshot before = HostSnapshot::take();
    const Output output = testing::run({.arguments = words, .directory = attack_directory()});
    INFO("command: " << joined(words, " ") << "\nstderr: " << output.err);
    CHECK_FALSE(output.timed_out);
    CHECK(joined(before.lasting_changes(), "\n") == "");

    AttackRun run;
    run.exit_code = output.exit_code.value_or(128 + output.signal);
    run.out = output.out;
    run.err = output.err;
    if (const std::string report = scratch.read("report.json"); !report.empty()) {
        run.report = ReportFields::parse(report);
        CHECK(run.report.error() == "");
    }
    return run;
}

AttackRun run_boxed(const Words& options, const Words& command) {
    return run_boxed_under({}, options, command);
}

AttackRun run_attack(const Words& options, const Words& attack) {
    Words command{attack_program()};
    command.insert(command.end(), attack.begin(), attack.end());
    return run_boxed(options, command);
}

std::string describe(const AttackRun& run) {
    std::string text = "exit code: " + std::to_string(run.exit_code) + "\n";
    for (const auto& [path, value] : run.report.all()) {
        if (!path.starts_with("accuracy.")) text += path + " = " + value + "\n";
    }
    return text + "--- stdout\n" + run.out.substr(0, 4000) + "--- stderr\n" +
           run.err.substr(0, 4000);
}

std::string attack_directory() {
    return ASSAY_ATTACKS;
}
std::string attack_program() {
    return attack_directory() + "/attack";
}

bool have_cgroup() {
    static const std::string found =
        run_boxed({}, {attack_program(), "exit", "0"}).report.text("cgroup");
    if (found == "v1" || found == "v2") return true;
    skip("this caller has no control groups");
    return false;
}

bool are_root() {
    if (::geteuid() == 0) return true;
    skip("not root");
    return false;
}

void skip(std::string_view why) {
    std::printf("skipped: %.*s\n", static_cast<int>(why.size()), why.data());
    std::fflush(stdout);
}

bool in_guest() {
    return std::getenv("ASSAY_GUEST") != nullptr;
}

}  // namespace assay::testing
