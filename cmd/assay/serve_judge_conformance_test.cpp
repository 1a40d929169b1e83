// `assay serve-judge` from outside, against every row of its wire contract.
//
// The rows are cases of testdata/judge/conformance, written in Node: an independent HTTP client
// that sees raw bytes, and the npm package `ws`. Here its servers are started, by the flags it
// names for each profile, and every case becomes a section.
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "internal/testing/daemon.hpp"
#include "internal/testing/filtered_child.hpp"
#include "internal/testing/host_snapshot.hpp"
#include "internal/testing/process.hpp"

namespace assay::testing {
namespace {

using Words = std::vector<std::string>;

constexpr auto kPatience = std::chrono::minutes(14);

struct Case {
    std::string name;
    std::string complaint;  // empty: it passed
    std::string skipped;    // why, empty: it was run
};

struct SuiteRun {
    std::vector<Case> cases;
    std::string trouble;  // of the suite itself, or of the server's end
};

Words lines_of(const std::string& text) {
    Words lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

Output run_node(const std::string& script, Words arguments) {
    arguments.insert(arguments.begin(), {"node", ASSAY_TESTDATA "/judge/conformance/" + script});
    return testing::run({.arguments = std::move(arguments), .deadline = kPatience});
}

Output run_suite(Words arguments) {
    return run_node("run.js", std::move(arguments));
}

// "ok NAME", "not ok NAME: COMPLAINT", "skip NAME: REASON". Names have a colon of their own, behind
// the section's title.
Case parse_case(std::string_view line) {
    Case result;
    const bool failed = line.starts_with("not ok ");
    const bool skipped = line.starts_with("skip ");
    line.remove_prefix(line.find(' ', failed ? 4 : 0) + 1);
    const std::size_t title_end = line.find(": ");
    const std::size_t name_end = title_end == line.npos
                                     ? line.npos
                                     : line.find(failed ? ": expected " : ": ", title_end + 2);
    result.name = line.substr(0, failed || skipped ? name_end : line.npos);
    const std::string rest(name_end == line.npos ? line : line.substr(name_end + 2));
    if (failed) result.complaint = rest;
    if (skipped) result.skipped = rest;
    return result;
}

void read_cases(const Output& output, SuiteRun& result) {
    for (const std::string& line : lines_of(output.out)) {
        const bool is_case =
            line.starts_with("ok ") || line.starts_with("not ok ") || line.starts_with("skip ");
        if (is_case) result.cases.push_back(parse_case(line));
    }
    const bool finished = output.out.find(" passed, ") != std::string::npos;
    if (!finished || output.timed_out) result.trouble = "the suite broke off: " + output.err;
}

std::string joined(const Words& words) {
    std::string text;
    for (const std::string& word : words) text += word + "\n";
    return text;
}

SuiteRun run_profile(const std::string& profile) {
    SuiteRun result;
    const FreshDirectory directory;
    const Words asked = {"--profile", profile, "--directory", directory.path()};
    const HostSnapshot before = HostSnapshot::take();
    if (profile == "own") {
        read_cases(run_suite({"--profile", profile, "--binary", assay_binary()}), result);
    } else {
        Words flags = asked;
        flags.push_back("--flags");
        Words arguments = lines_of(run_suite(flags).out);
        arguments.insert(arguments.begin(), "serve-judge");
        Daemon server(arguments, {}, directory.path());
        Words suite_arguments = asked;
        suite_arguments.insert(suite_arguments.end(), {"--address", server.address(), "--pid",
                                                       std::to_string(server.pid())});
        read_cases(run_suite(suite_arguments), result);
        const Output ended = server.stop();
        if (ended.exit_code != 0) {
            result.trouble +=
                "the server ended with signal " + std::to_string(ended.signal) + ", exit code " +
                std::to_string(ended.exit_code.value_or(-1)) + ": " +
                ended.err.substr(ended.err.size() - std::min<std::size_t>(ended.err.size(), 2000));
        }
    }
    result.trouble += joined(before.lasting_changes());
    return result;
}

// The short form of the fault suite, which starts its servers itself.
SuiteRun run_faults() {
#ifdef __SANITIZE_ADDRESS__
    const Words sanitized = {"--sanitized"};
#else
    const Words sanitized;
#endif
    Words arguments = {"--binary", assay_binary()};
    arguments.insert(arguments.end(), sanitized.begin(), sanitized.end());
    SuiteRun result;
    const HostSnapshot before = HostSnapshot::take();
    read_cases(run_node("faults.js", arguments), result);
    result.trouble += joined(before.lasting_changes());
    return result;
}

constexpr const char* kFaults = "faults";

// Sections re-enter their test case once each; the suite is run once.
const SuiteRun& run_of(const std::string& profile) {
    static std::map<std::string, SuiteRun> runs;
    auto found = runs.find(profile);
    if (found == runs.end()) {
        found =
            runs.emplace(profile, profile == kFaults ? run_faults() : run_profile(profile)).first;
    }
    return found->second;
}

void check_profile(const std::string& profile) {
    if (::geteuid() != 0 || !is_installed("node")) {
        std::printf("skipped: %s\n", ::geteuid() != 0 ? "not root" : "node is not installed");
        return;
    }
    const SuiteRun& run = run_of(profile);
    SECTION("the suite and its server end well") {
        CHECK(run.trouble == "");
        CHECK_FALSE(run.cases.empty());
        for (const Case& one : run.cases) {
            if (!one.skipped.empty()) {
                std::printf("skipped: %s: %s\n", one.name.c_str(), one.skipped.c_str());
            }
        }
    }
    for (const Case& one : run.cases) {
        DYNAMIC_SECTION(one.name) {
            CHECK(one.complaint == "");
        }
    }
}

}  // namespace

TEST_CASE("serve-judge, default settings: the wire contract", "[cmd][judge]") {
    check_profile("plain");
}

TEST_CASE("serve-judge with one worker: order, queue and what a slot keeps", "[cmd][judge]") {
    check_profile("narrow");
}

TEST_CASE("serve-judge with a token: who may what", "[cmd][judge]") {
    check_profile("guarded");
}

TEST_CASE("serve-judge with prefixes of src: what can be read", "[cmd][judge]") {
    check_profile("prefixed");
}

TEST_CASE("serve-judge with small bounds keeps them", "[cmd][judge]") {
    check_profile("small");
}

TEST_CASE("serve-judge --compat-copyin leaves out what cannot be opened", "[cmd][judge]") {
    check_profile("lenient");
}

TEST_CASE("serve-judge --container-cred-start: identities", "[cmd][judge]") {
    check_profile("credentials");
}

TEST_CASE("serve-judge --enable-cpu-rate and --cpuset", "[cmd][judge]") {
    SECTION("rates") {
        check_profile("rated");
    }
    SECTION("sets") {
        check_profile("pinned");
    }
}

TEST_CASE("serve-judge --mount-conf: what a program finds", "[cmd][judge]") {
    check_profile("mounted");
}

TEST_CASE("serve-judge --seccomp-conf: what a program may call", "[cmd][judge]") {
    check_profile("filtered");
}

TEST_CASE("serve-judge: start, settings, store and end", "[cmd][judge]") {
    check_profile("own");
}

TEST_CASE("serve-judge under load, kills, exhaustion and malformed input", "[cmd][judge]") {
    check_profile(kFaults);
}

TEST_CASE("serve-judge: every profile of the suite has a test here", "[cmd][judge]") {
    if (!is_installed("node")) {
        std::printf("skipped: node is not installed\n");
        return;
    }
    CHECK(lines_of(run_suite({"--profiles"}).out) ==
          Words{"plain", "narrow", "guarded", "prefixed", "small", "lenient", "credentials",
                "rated", "pinned", "mounted", "filtered", "own"});
}

}  // namespace assay::testing
