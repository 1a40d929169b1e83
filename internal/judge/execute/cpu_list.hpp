// CPU lists as in cpuset(7), "0-1,3", for hosts where an affinity has to stand in for a cpuset.
#pragma once

#include <string_view>
#include <vector>

namespace assay::judge {

// The CPUs of a list; empty for one that cannot be read.
std::vector<int> parse_cpu_list(std::string_view list);

// The calling thread runs on these only; nothing happens without any.
void pin_thread(const std::vector<int>& cpus);

}  // namespace assay::judge
