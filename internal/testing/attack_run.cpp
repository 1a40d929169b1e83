#include "internal/testing/attack_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "internal/testing/host_snapshot.hpp"
#include "internal/testing/process.hpp"

namespace assay::testing {
namespace {

std::vector<std::pair<std::string, std::string>> tries_of(const std::string& out) {
    std::vector<std::pair<std::string, std::string>> tries;
    std::istringstream lines(out);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t colon = line.rfind(": ");
        if (colon != std::string::npos) {
            tries.emplace_back(line.substr(0, colon), line.substr(colon + 2));
        }
    }
    return tries;
}

}  // namespace

std::string AttackRun::told(std::string_view what) const {
    for (const auto& [name, result] : tries_of(out)) {
        if (name == what) return result;
    }
    return "";
}

long long AttackRun::figure(std::string_view what) const {
    const std::string text = told(what);
    return text.empty() ? -1 : std::strtoll(text.c_str(), nullptr, 10);
}

Words AttackRun::all_done() const {
    Words done;
    for (const auto& [name, result] : tries_of(out)) {
        if (result == "done") done.push_back(name);
    }
    return done;
}

Words AttackRun::not_refused_by_policy(const Words& further_errors) const {
    Words errors = further_errors;
    errors.insert(errors.end(), {"EPERM", "ENOSYS"});
    Words let_through;
    for (const auto& [name, result] : tries_of(out)) {
        const bool refused = std::any_of(errors.begin(), errors.end(), [&](const auto& error) {
            return result == "refused " + error;
        });
        if (!refused) let_through.push_back(name + ": " + result);
    }
    return let_through;
}

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

std::string joined(const Words& words, const char* separator) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
    return text;
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
