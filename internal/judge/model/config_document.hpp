// What GET /config tells of a server, beside its features. Plain values; names follow the published
// interface of go-judge.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace assay::judge {

struct ConfigMount {
    std::string source;
    std::string target;  // without the leading slash
    std::string type;    // "", "tmpfs", "proc"
    std::string data;
    std::uint64_t flags = 0;  // MS_* of mount(2)
};
struct ConfigDocument {
    std::string file_store_path;
    int cgroup_type = 0;                          // 0 none, 1, 2
    std::vector<std::string> cgroup_controllers;  // of cpu, cpuacct, cpuset, memory, pids
    std::vector<ConfigMount> mounts;
    std::vector<std::pair<std::string, std::string>> links;  // path, target
    std::vector<std::string> masked;
    std::string host_name;
    std::string domain_name;
    std::string work_directory;
    std::uint64_t uid = 0;
    std::uint64_t gid = 0;
};

}  // namespace assay::judge
