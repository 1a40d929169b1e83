#include <dirent.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "pkg/cgroup/group_state.hpp"
#include "pkg/cgroup/mounts.hpp"
#include "pkg/cgroup/place.hpp"
#include "pkg/posix/files.hpp"

namespace assay::cgroup {
namespace {

// Taken by every group: what is always limited or measured.
constexpr ControllerSet kAlways = {Controller::kMemory, Controller::kPids, Controller::kCpuacct};

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

}  // namespace

struct Hierarchy::State {
    Version version = Version::kNone;
    std::string family;
    std::vector<Place> places;  // v2: one
    Error refusal;              // why version is kNone
    std::string why_not;
    std::string directory;
    // The proof that groups can be made is the first directory of the first group.
    std::optional<Directory> prepared;
    std::vector<std::string> owned_by_others;  // at the last sweep

    Result<void> check_offered(ControllerSet wanted) const;
    bool sweep(const std::string& name) const;
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

Result<Group> Hierarchy::create(const Limits& limits) const {
    ASSAY_CHECK(state_->check_offered(limited_by(limits)));
    std::vector<Place>& places = state_->places;
    const ControllerSet needed = kAlways | limited_by(limits);

    auto group = std::make_unique<Group::State>();
    group->version = state_->version;
    if (!state_->prepared) {
        ASSAY_TRY(Directory first, claim(places.front(), state_->family));
        group->directories.push_back(std::move(first));
    } else {
        group->directories.push_back(*std::exchange(state_->prepared, std::nullopt));
    }
    ASSAY_CHECK(enable(places.front(), needed));
    for (std::size_t i = 1; i < places.size(); ++i) {
        if ((places[i].controllers & needed).empty()) continue;
        ASSAY_TRY(Directory directory,
                  Directory::create(places[i], group->directories.front().name()));
        group->directories.push_back(std::move(directory));
    }
    ASSAY_CHECK(group->apply(limits));
    ASSAY_CHECK(group->open_for_use(limits.memory_bytes.has_value()));
    return Group(std::move(group));
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

int Hierarchy::sweep_again() const {
    return state_->sweep_all(std::exchange(state_->owned_by_others, {}));
}

}  // namespace assay::cgroup
