#include "internal/judge/execute/cpu_list.hpp"

#include <sched.h>

#include <charconv>

namespace assay::judge {
namespace {

// Reads a number off the front; -1 when there is none.
int take_number(std::string_view& text) {
    int number = -1;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    return parsed.ec == std::errc() ? number : -1;
}

}  // namespace

std::vector<int> parse_cpu_list(std::string_view list) {
    std::vector<int> cpus;
    while (!list.empty()) {
        const int first = take_number(list);
        int last = first;
        if (list.starts_with('-')) {
            list.remove_prefix(1);
            last = take_number(list);
        }
        if (first < 0 || last < first || last >= CPU_SETSIZE) return {};
        for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
        if (list.empty()) break;
        if (list.front() != ',' || list.size() == 1) return {};
        list.remove_prefix(1);
    }
    return cpus;
}

void pin_thread(const std::vector<int>& cpus) {
    if (cpus.empty()) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int cpu : cpus) CPU_SET(cpu, &set);
    ::sched_setaffinity(0, sizeof set, &set);
}

}  // namespace assay::judge
