// What a program of testdata/attacks says that it did: lines "WHAT: done", "WHAT: refused ERRNAME",
// "WHAT: 17" on its standard output, whoever ran it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::testing {

using Words = std::vector<std::string>;

struct AttackAccount {
    std::string out;

    // What follows "WHAT: "; empty when it was not told.
    std::string told(std::string_view what) const;
    bool done(std::string_view what) const { return told(what) == "done"; }
    bool refused(std::string_view what) const { return told(what).starts_with("refused "); }
    long long figure(std::string_view what) const;  // -1 when it was not told
    // Everything that was done, and every try with an error but EPERM, ENOSYS and those given: what
    // a test that wants a system call refused, not merely failed, expects to be empty.
    Words all_done() const;
    Words not_refused_by_policy(const Words& further_errors = {}) const;
};

std::string joined(const Words& words, const char* separator);

}  // namespace assay::testing
