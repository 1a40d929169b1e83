#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "pkg/cgroup/group_state.hpp"
#include "pkg/cgroup/kernel_files.hpp"
#include "pkg/cgroup/mounts.hpp"
#include "pkg/cgroup/place.hpp"
#include "pkg/posix/files.hpp"

namespace assay::cgroup {
namespace {

// Taken by every group: what is always limited or measured.
constexpr ControllerSet kAlways = {Controller::kMemory, Controller::kPids, Controller::kCpuacct};
// Of a group for groups: what a limit may ask for below it.
constexpr Controller kOptional[] = {Controller::kCpu, Controller::kCpuset};

// For the dead of one group to be gone, twice: their locks, then they. Far more than a busy host
// needs; what is left then is left to the next sweep.
constexpr std::chrono::milliseconds kSweepPatience{5000};

ControllerSet limited_by(const Limits& limits) {
    ControllerSet set;
    if (limits.memory_bytes) set.add(Controller::kMemory);
    if (limits.processes) set.add(Controller::kPids);
    if (limits.cpu_rate) set.add(Controller::kCpu);
    if (!limits.cpu_set.empty()) set.add(Controller::kCpuset);
    return set;
}

ControllerSet all_of(const std::vector<Place>& places) {
    ControllerSet set;
    for (const Place& place : places) set = set | place.controllers;
    return set;
}

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

std::vector<std::string> groups_in(const std::string& path, std::string_view family) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
    if (!directory) return names;
    while (const dirent* entry = ::readdir(directory.get())) {
        if (is_of_family(entry->d_name, family)) names.emplace_back(entry->d_name);
    }
    return names;
}

// The figures of a group, whose directories these are.
Totals read_totals(Version version, int counting, int memory) {
    const bool v2 = version == Version::kV2;
    Totals totals;
    totals.memory_bytes = read_number(memory, v2 ? "memory.current" : "memory.usage_in_bytes");
    totals.memory_peak_bytes =
        read_number(memory, v2 ? "memory.peak" : "memory.max_usage_in_bytes");
    const auto text = read_small(counting, v2 ? "cpu.stat" : "cpuacct.usage");
    if (!text) return totals;
    const auto count = v2 ? number_of(*text, "usage_usec") : leading_number(*text);
    if (count) totals.cpu = std::chrono::nanoseconds(*count * (v2 ? 1000 : 1));
    return totals;
}

bool holds_this_process(int directory) {
    const std::vector<pid_t> processes = read_processes(directory);
    return std::ranges::find(processes, ::getpid()) != processes.end();
}

}  // namespace

struct Hierarchy::State {
    Version version = Version::kNone;
    std::string family;
    std::vector<Place> places;  // v2: one
    Error refusal;              // why version is kNone
    std::string why_not;
    std::string directory;
    // Of a nested one: the group that its groups lie in, and where the kernel tells of this process
    // alone and of all.
    std::unique_ptr<Group::State> around;
    posix::UniqueFd own_directory;
    posix::UniqueFd whole_directory;
    // The proof that groups can be made is the first directory of the first group.
    std::optional<Directory> prepared;
    std::vector<std::string> owned_by_others;  // at the last sweep

    Result<void> check_offered(ControllerSet wanted) const;
    Result<std::unique_ptr<Group::State>> make(ControllerSet needed);
    void find_own_directory(const std::string& whole);
    bool sweep(const std::string& name) const;
    bool sweep_stray(const Place& place, const std::string& name) const;
    int sweep_all(const std::vector<std::string>& names);
};

Hierarchy::Hierarchy(std::unique_ptr<State> state) : state_(std::move(state)) {}
Hierarchy::Hierarchy(Hierarchy&&) noexcept = default;
Hierarchy& Hierarchy::operator=(Hierarchy&&) noexcept = default;
Hierarchy::~Hierarchy() = default;

Result<Hierarchy> Hierarchy::discover(const Roots& roots, const std::string& family) {
    ASSAY_TRY(const std::string self_cgroup, posix::read_file(roots.self_cgroup));
    ASSAY_TRY(const std::string mountinfo, posix::read_file(roots.mountinfo));
    auto state = std::make_unique<State>();
    const auto give_up = [&](const Error& error) {
        state->refusal = error;
        state->refusal.kind = ErrorKind::kUnsupported;
        state->why_not = to_string(error);
        return Hierarchy(std::move(state));
    };
    auto places = find_places(find_mounts(self_cgroup, mountinfo));
    if (!places) return give_up(places.error());
    auto proof = claim(places->front(), family);
    if (!proof) return give_up(proof.error());
    state->version = places->front().version;
    state->family = family;
    state->directory = places->front().directory;
    state->places = *std::move(places);
    state->prepared = *std::move(proof);
    return Hierarchy(std::move(state));
}

Version Hierarchy::version() const {
    return state_->version;
}
bool Hierarchy::has(Controller controller) const {
    return all_of(state_->places).has(controller);
}
const std::string& Hierarchy::why_not() const {
    return state_->why_not;
}
const Error& Hierarchy::refusal() const {
    return state_->refusal;
}
const std::string& Hierarchy::directory() const {
    return state_->directory;
}

Result<void> Hierarchy::State::check_offered(ControllerSet wanted) const {
    if (places.empty()) return refusal;
    const ControllerSet offered = all_of(places);
    for (const Controller controller : kAllControllers) {
        if (!wanted.has(controller) || offered.has(controller)) continue;
        return unsupported_error("cannot limit by the " + std::string(name_of(controller)) +
                                     " controller: " + directory + " does not have it",
                                 ::geteuid() == 0 ? "" : remedy_for(version));
    }
    return {};
}

// The directories of a group, without limits.
Result<std::unique_ptr<Group::State>> Hierarchy::State::make(ControllerSet needed) {
    auto group = std::make_unique<Group::State>();
    group->version = version;
    if (!prepared) {
        ASSAY_TRY(Directory first, claim(places.front(), family));
        group->directories.push_back(std::move(first));
    } else {
        group->directories.push_back(*std::exchange(prepared, std::nullopt));
    }
    ASSAY_CHECK(enable(places.front(), needed));
    for (std::size_t i = 1; i < places.size(); ++i) {
        if ((places[i].controllers & needed).empty()) continue;
        ASSAY_TRY(Directory further, join_claim(places[i], group->directories.front().name()));
        group->directories.push_back(std::move(further));
    }
    return group;
}

Result<Group> Hierarchy::create(const Limits& limits) const {
    ASSAY_CHECK(state_->check_offered(limited_by(limits)));
    ASSAY_TRY(auto group, state_->make(kAlways | limited_by(limits)));
    ASSAY_CHECK(group->apply(limits));
    ASSAY_CHECK(group->open_for_use(limits.memory_bytes.has_value()));
    return Group(std::move(group));
}

Result<Hierarchy> Hierarchy::nested() const {
    if (state_->places.empty()) return state_->refusal;
    ControllerSet offered = kAlways;
    for (const Controller controller : kOptional) {
        // v2: where it cannot be enabled, groups do without it, as on a host that lacks it.
        if (enable(state_->places.front(), {controller})) offered.add(controller);
    }
    auto inner = std::make_unique<State>();
    ASSAY_TRY(inner->around, state_->make(offered));
    ASSAY_CHECK(inner->around->apply({}));
    inner->version = state_->version;
    inner->family = state_->family;
    for (const Directory& directory : inner->around->directories) {
        const ControllerSet controllers = directory.controllers() & offered;
        const bool v2 = inner->version == Version::kV2;
        const ControllerSet enabled = v2 ? ControllerSet{Controller::kCpuacct} : controllers;
        inner->places.push_back({inner->version, controllers, enabled, directory.mount_point(),
                                 directory.path(), false});
        // Groups that are made below count in it; kernels from 5.11 on know no other way.
        (void)write_value(directory.fd(), "memory.use_hierarchy", "1");
    }
    inner->directory = inner->places.front().directory;
    if (inner->version == Version::kV2) inner->find_own_directory(state_->directory);
    return Hierarchy(std::move(inner));
}

// The processes of a v2 group that is arranged are in a leaf beside those that they make.
void Hierarchy::State::find_own_directory(const std::string& whole) {
    auto leaf = posix::open_file(whole + "/" + kLeafName, O_RDONLY | O_DIRECTORY);
    auto all = posix::open_file(whole, O_RDONLY | O_DIRECTORY);
    if (!leaf || !all || !holds_this_process(leaf->get())) return;
    own_directory = *std::move(leaf);
    whole_directory = *std::move(all);
}

std::optional<Totals> Hierarchy::totals(Part part) const {
    if (part == Part::kGroups) {
        if (!state_->around) return std::nullopt;
        const Directory* const counts = state_->around->with(Controller::kCpuacct);
        const Directory* const memory = state_->around->with(Controller::kMemory);
        return read_totals(state_->version, counts != nullptr ? counts->fd() : -1,
                           memory != nullptr ? memory->fd() : -1);
    }
    const int directory =
        (part == Part::kSelf ? state_->own_directory : state_->whole_directory).get();
    if (directory < 0) return std::nullopt;
    return read_totals(state_->version, directory, directory);
}

// Whether the group had no owner and is gone.
bool Hierarchy::State::sweep(const std::string& name) const {
    auto first = Directory::adopt_unowned(places.front(), name, kSweepPatience);
    if (!first) return false;
    Group::State group;
    group.version = version;
    group.directories.push_back(*std::move(first));
    for (std::size_t i = 1; i < places.size(); ++i) {
        auto other = Directory::adopt(places[i], name);
        if (other) group.directories.push_back(*std::move(other));
    }
    return group.demolish(kSweepPatience).has_value();
}

// Returns how many are gone; what had an owner is remembered.
int Hierarchy::State::sweep_all(const std::vector<std::string>& names) {
    int swept = 0;
    for (const std::string& name : names) {
        if (prepared && prepared->name() == name) continue;
        if (sweep(name)) {
            ++swept;
        } else {
            owned_by_others.push_back(name);
        }
    }
    return swept;
}

int Hierarchy::sweep() const {
    if (state_->places.empty()) return 0;
    state_->owned_by_others.clear();
    return state_->sweep_all(groups_in(state_->directory, state_->family));
}

// Not one whose owner lives, though its first directory is not there: it may be where this process
// does not look, as hierarchies of v1 need not agree on a process's group.
bool Hierarchy::State::sweep_stray(const Place& place, const std::string& name) const {
    if (::access((places.front().directory + "/" + name).c_str(), F_OK) == 0) return false;
    auto stray = Directory::adopt_unowned(place, name, kSweepPatience);
    if (!stray) return false;
    Group::State group;
    group.version = version;
    group.directories.push_back(*std::move(stray));
    return group.demolish(kSweepPatience).has_value();
}

int Hierarchy::sweep_strays() const {
    int swept = 0;
    for (std::size_t i = 1; i < state_->places.size(); ++i) {
        const Place& place = state_->places[i];
        for (const std::string& name : groups_in(place.directory, state_->family)) {
            if (state_->sweep_stray(place, name)) ++swept;
        }
    }
    return swept;
}

int Hierarchy::sweep_again() const {
    return state_->sweep_all(std::exchange(state_->owned_by_others, {}));
}

}  // namespace assay::cgroup
