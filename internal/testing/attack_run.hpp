// `assay run` around one program of testdata/attacks, seen from outside.
//
// Whatever the attack, the host must be as it was afterwards: run_attack() compares snapshots
// itself and fails the running test case when something stayed, so no test can forget to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "internal/testing/report_fields.hpp"

namespace assay::testing {

using Words = std::vector<std::string>;

struct AttackRun {
    int exit_code = 0;  // of assay, 128+N when a signal ended it
    std::string out;
    std::string err;
    ReportFields report;

    std::string verdict() const { return report.text("verdict"); }
    std::string cgroup() const { return report.text("cgroup"); }

    // The attack's own account: "WHAT: done", "WHAT: refused ERRNAME", "WHAT: 17".
    std::string told(std::string_view what) const;
    bool done(std::string_view what) const { return told(what) == "done"; }
    bool refused(std::string_view what) const { return told(what).starts_with("refused "); }
    long long figure(std::string_view what) const;  // -1 when it was not told
    // Everything that was done, and every try with an error but EPERM, ENOSYS and those given: what
    // a test that wants a system call refused, not merely failed, expects to be empty.
    Words all_done() const;
    Words not_refused_by_policy(const Words& further_errors = {}) const;
};

// Runs `assay run --json … OPTIONS -- attack ATTACK` in the directory of the attacks.
AttackRun run_attack(const Words& options, const Words& attack);
// The same with any program: its full path stands first.
AttackRun run_boxed(const Words& options, const Words& command);
// With something else in front: {"sh", "-c", "exec 7</etc/passwd; exec \"$@\"", "sh"}.
AttackRun run_boxed_under(const Words& prefix, const Words& options, const Words& command);

std::string joined(const Words& words, const char* separator);
// All of it as text, for INFO().
std::string describe(const AttackRun& run);

std::string attack_program();  // its path
std::string attack_directory();

// Prints "skipped: REASON" and is false when the host gives no control groups.
bool have_cgroup();
// The same for a caller who is not root.
bool are_root();
void skip(std::string_view why);
// True in internal/dev/guest: the machine is the test's own and may be broken, and its time is
// slow.
bool in_guest();

}  // namespace assay::testing
