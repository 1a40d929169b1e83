// Slots for tests: the host's /usr, tmpfs on /w and /tmp, a shell to run scripts in, the programs
// of testdata/attacks in /x. For tests only: what cannot happen throws.
#pragma once

#include <string>
#include <vector>

#include "pkg/sandbox/slot.hpp"

namespace assay::sandbox {

// Programs have uid 1000 where the caller may map any, else the slot's own, 0.
SlotSpec test_spec();
// Whether programs and zygotes can have ids of their own here.
bool own_ids();

class TestSlots {
  public:
    explicit TestSlots(const SlotSpec& spec = test_spec());
    Slot make() { return keeper_.make_slot().value(); }
    SlotKeeper& keeper() { return keeper_; }

  private:
    SlotKeeper keeper_;
};

struct Run {
    std::string output;  // standard output and error
    ProgramExit exit;
};

// A program with its standard input at the end; descriptors, environment and search path are set.
Run run_program(Slot& slot, SlotProgram program);
Run run(Slot& slot, const std::string& script);
Run run_attack(Slot& slot, std::vector<std::string> words);

// run() and reset(), which must succeed.
std::string output_of(Slot& slot, const std::string& script);

SlotProgram shell(const std::string& script);

}  // namespace assay::sandbox
