// `assay run` around one program of testdata/attacks, seen from outside.
//
// Whatever the attack, the host must be as it was afterwards: run_attack() compares snapshots
// itself and fails the running test case when something stayed, so no test can forget to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "internal/testing/attack_account.hpp"
#include "internal/testing/report_fields.hpp"

namespace assay::testing {

struct AttackRun : AttackAccount {
    int exit_code = 0;  // of assay, 128+N when a signal ended it
    std::string err;
    ReportFields report;

    std::string verdict() const { return report.text("verdict"); }
    std::string cgroup() const { return report.text("cgroup"); }
};

// Runs `assay run --json … OPTIONS -- attack ATTACK` in the directory of the attacks.
AttackRun run_attack(const Words& options, const Words& attack);
// The same with any program: its full path stands first.
AttackRun run_boxed(const Words& options, const Words& command);
// With something else in front: {"sh", "-c", "exec 7</etc/passwd; exec \"$@\"", "sh"}.
AttackRun run_boxed_under(const Words& prefix, const Words& options, const Words& command);

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
