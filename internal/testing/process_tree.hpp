// Who descends from a process, as proc(5) tells at one moment. What ends meanwhile is left out.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace assay::testing {

struct ProcessFacts {
    pid_t pid = 0;
    pid_t parent = 0;
    std::string name;
    uid_t uid = 0;           // real
    std::string started_at;  // in clock ticks since the machine's start
    // Its number in each pid namespace that it lives in, from this one inwards.
    std::vector<pid_t> numbers;

    // Unlike the number alone, never another process's.
    std::string identity() const { return std::to_string(pid) + " of " + started_at; }
    bool is_boxed() const { return numbers.size() > 1; }
    bool is_init_of_a_box() const { return is_boxed() && numbers.back() == 1; }
};

// Without the process itself; zombies, who are nobody any more, are left out.
std::vector<ProcessFacts> descendants_of(pid_t process);

// How many descriptors it has open, alone or with its descendants, as far as the caller may see.
std::size_t descriptors_of(pid_t process);
std::size_t descriptors_of_tree(pid_t process);

}  // namespace assay::testing
