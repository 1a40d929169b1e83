#include "internal/testing/process_tree.hpp"

#include <filesystem>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>

#include "pkg/posix/files.hpp"

namespace assay::testing {
namespace {

namespace fs = std::filesystem;

// Field 22 of proc_pid_stat(5). The name stands in brackets and may hold any character.
std::string start_of(const std::string& directory) {
    const Result<std::string> text = posix::read_file(directory + "/stat");
    if (!text) return "";
    std::istringstream fields(text->substr(text->rfind(')') + 1));
    std::string field;
    for (int number = 3; number <= 22; ++number) fields >> field;
    return field;
}

std::optional<ProcessFacts> facts_of(const std::string& directory) {
    const Result<std::string> text = posix::read_file(directory + "/status");
    if (!text) return std::nullopt;
    ProcessFacts facts;
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string key;
        words >> key;
        if (key == "Name:") words >> facts.name;
        if (key == "State:" && line.find('Z') != std::string::npos) return std::nullopt;
        if (key == "Pid:") words >> facts.pid;
        if (key == "PPid:") words >> facts.parent;
        if (key == "Uid:") words >> facts.uid;
        if (key == "NSpid:") facts.numbers.assign(std::istream_iterator<pid_t>(words), {});
    }
    facts.started_at = start_of(directory);
    return facts;
}

std::vector<ProcessFacts> everybody() {
    std::vector<ProcessFacts> all;
    for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        if (auto facts = facts_of(entry.path())) all.push_back(std::move(*facts));
    }
    return all;
}

}  // namespace

std::vector<ProcessFacts> descendants_of(pid_t process) {
    const std::vector<ProcessFacts> all = everybody();
    std::set<pid_t> family{process};
    std::vector<ProcessFacts> descendants;
    // A child may stand before its parent: look until nobody is found.
    for (bool found = true; found;) {
        found = false;
        for (const ProcessFacts& facts : all) {
            if (!family.contains(facts.parent) || !family.insert(facts.pid).second) continue;
            descendants.push_back(facts);
            found = true;
        }
    }
    return descendants;
}

std::size_t descriptors_of(pid_t process) {
    std::error_code error;  // it may end meanwhile
    std::size_t count = 0;
    for (fs::directory_iterator it("/proc/" + std::to_string(process) + "/fd", error), end;
         !error && it != end; it.increment(error)) {
        ++count;
    }
    return count;
}

std::size_t descriptors_of_tree(pid_t process) {
    std::size_t count = descriptors_of(process);
    for (const ProcessFacts& facts : descendants_of(process)) count += descriptors_of(facts.pid);
    return count;
}

}  // namespace assay::testing
