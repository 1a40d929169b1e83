// What the facts of a host mean for the commands of assay: what works, what each one loses, what
// mends it. Pure functions of the facts; no I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "internal/app/host.hpp"

namespace assay::app {

enum class State { kOk, kWeaker, kMissing };

std::string_view word(State state);  // "ok" "weaker" "missing"

struct Finding {
    std::string area;  // "cgroup" "namespaces" "mounts" "kernel" "profiling"
    std::string name;  // "user namespace"
    State state = State::kOk;
    std::string found;      // what there is, or the kernel's refusal
    std::string loses;      // what cannot be done; empty when nothing is lost
    std::string remedy;     // a command or a setting; empty when there is none
    bool required = false;  // `assay run` cannot run anything without it
};

// Something that makes measurements differ from run to run.
struct Noise {
    std::string name;
    std::string found;
    std::string effect;
    std::string remedy;
};

struct HostReport {
    std::string kernel;
    std::vector<Finding> findings;  // in the order of the areas
    std::vector<Noise> noise;

    // Whether `assay run` can run a program at all, be it with weaker limits.
    bool can_run() const;
};

HostReport judge(const HostFacts& facts);

}  // namespace assay::app
