#include "internal/testing/host_snapshot.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "pkg/posix/files.hpp"

namespace assay::testing {
namespace {

namespace fs = std::filesystem;
using Facts = std::set<std::string>;

std::vector<std::string> lines_of(const std::string& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

// Calls visit(path) for each entry; a directory that vanishes under it is no error.
template <class Visit>
void for_each_entry(const std::string& directory, const Visit& visit) {
    std::error_code error;
    for (fs::directory_iterator it(directory, error), end; !error && it != end;
         it.increment(error)) {
        visit(it->path());
    }
}

void add_directories_below(const std::string& directory, Facts& facts) {
    for_each_entry(directory, [&](const fs::path& path) {
        std::error_code error;
        if (!fs::is_directory(fs::symlink_status(path, error))) return;
        facts.insert("cgroup " + path.string());
        add_directories_below(path.string(), facts);
    });
}

// Mounts, and the groups of those that are cgroup file systems.
void add_mounts(Facts& facts) {
    for (const std::string& line : lines_of("/proc/self/mountinfo")) {
        facts.insert("mount " + line);
        std::istringstream words(line);
        std::string word;
        std::string mount_point;
        for (int i = 0; i < 5; ++i) words >> mount_point;
        while (words >> word && word != "-") {
        }
        words >> word;
        if (word == "cgroup" || word == "cgroup2") add_directories_below(mount_point, facts);
    }
}

// A root caller's boxes have uids of their own and assay's own files say so in their names: what
// else root makes is somebody else's.
bool may_be_a_leftover(const fs::path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return false;
    return ::geteuid() != 0 || status.st_uid != 0 ||
           path.filename().string().find("assay") != std::string::npos;
}

void add_files(Facts& facts) {
    for (const char* directory : {"/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run"}) {
        for_each_entry(directory, [&](const fs::path& path) {
            if (may_be_a_leftover(path)) facts.insert("file " + path.string());
        });
    }
}

void add_system_v_objects(Facts& facts) {
    for (const char* kind : {"shm", "sem", "msg"}) {
        const std::vector<std::string> lines = lines_of(std::string("/proc/sysvipc/") + kind);
        for (std::size_t i = 1; i < lines.size(); ++i) {
            std::istringstream words(lines[i]);
            std::string key;
            std::string id;
            words >> key >> id;
            facts.insert("System V " + std::string(kind) + " " + key + " " + id);
        }
    }
}

std::string link_target(const fs::path& path) {
    std::error_code error;
    return fs::read_symlink(path, error).string();
}

// "812 (attack) S …": the name stands in brackets and may hold any character, brackets too.
struct ProcessStatus {
    std::string name;
    char state = ' ';
};

ProcessStatus status_of(const fs::path& process) {
    const Result<std::string> read = posix::read_file(process / "stat");
    const std::string text = read ? *read : "";  // it may have ended meanwhile
    const std::size_t open = text.find('(');
    const std::size_t close = text.rfind(')');
    if (open == std::string::npos || close + 2 >= text.size()) return {};
    return {text.substr(open + 1, close - open - 1), text[close + 2]};
}

// Processes that live in a pid namespace of their own, and those called assay.
void add_processes(Facts& facts) {
    const std::string own = link_target("/proc/self/ns/pid");
    for_each_entry("/proc", [&](const fs::path& path) {
        const std::string pid = path.filename().string();
        if (pid.find_first_not_of("0123456789") != std::string::npos) return;
        const ProcessStatus status = status_of(path);
        if (status.state == 'Z') return;
        const std::string there = link_target(path / "ns/pid");
        const bool elsewhere = !there.empty() && there != own;
        if (!elsewhere && status.name != "assay") return;
        facts.insert("process " + pid + " (" + status.name + ")" +
                     (elsewhere ? " in another pid namespace" : ""));
    });
}

// What vanished is told of mounts alone: other users' processes, groups and files come and go.
std::vector<std::string> changes(const Facts& before, const Facts& after) {
    std::vector<std::string> found;
    for (const std::string& fact : after) {
        if (!before.contains(fact)) found.push_back("+ " + fact);
    }
    for (const std::string& fact : before) {
        if (fact.starts_with("mount ") && !after.contains(fact)) found.push_back("- " + fact);
    }
    return found;
}

}  // namespace

HostSnapshot HostSnapshot::take() {
    HostSnapshot snapshot;
    add_mounts(snapshot.facts_);
    add_files(snapshot.facts_);
    add_system_v_objects(snapshot.facts_);
    add_processes(snapshot.facts_);
    return snapshot;
}

std::vector<std::string> HostSnapshot::lasting_changes(std::chrono::milliseconds patience) const {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::vector<std::string> found = changes(facts_, take().facts_);
    while (!found.empty() && std::chrono::steady_clock::now() < deadline) {
        ::poll(nullptr, 0, 20);
        // A fact counts as lasting only when it is there at every look.
        const std::vector<std::string> now = changes(facts_, take().facts_);
        std::erase_if(found, [&](const std::string& change) {
            return std::find(now.begin(), now.end(), change) == now.end();
        });
    }
    return found;
}

}  // namespace assay::testing
