#include "pkg/cgroup/place.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>

#include "pkg/cgroup/kernel_files.hpp"
#include "pkg/cgroup/library.hpp"
#include "pkg/posix/files.hpp"

namespace assay::cgroup {

const char* remedy_for(Version version) {
    // systemd delegates v1 hierarchies to nobody.
    if (version == Version::kV1) {
        return "run it as root, or boot with systemd.unified_cgroup_hierarchy=1 and use a "
               "delegated scope";
    }
    return "run it as `systemd-run --user --scope -p Delegate=yes assay ...`, or as root";
}

namespace {

constexpr char kWritableRemedy[] =
    "give the container a writable /sys/fs/cgroup (docker run --privileged)";

// The order in which a v1 hierarchy is preferred to stand for a whole group.
constexpr Controller kPrimaryOrder[] = {Controller::kMemory, Controller::kPids,
                                        Controller::kCpuacct};

int access_error(const std::string& path) {
    return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0 ? 0 : errno;
}

Error cannot_make(Version version, const std::string& directory, int os_error) {
    Error error = system_error("cannot make a cgroup in " + directory, os_error);
    error.kind = ErrorKind::kUnsupported;
    error.remedy = os_error == EROFS ? kWritableRemedy : remedy_for(version);
    return error;
}

Result<std::vector<Place>> find_v1_places(const std::vector<Mount>& mounts) {
    std::vector<Place> places;
    std::optional<Error> refusal;
    for (const Mount& mount : mounts) {
        if (mount.version != Version::kV1) continue;
        const int denied = mount.read_only ? EROFS : access_error(mount.own_directory);
        if (denied != 0) {
            if (!refusal || mount.controllers.has(Controller::kMemory)) {
                refusal = cannot_make(Version::kV1, mount.own_directory, denied);
            }
            continue;
        }
        places.push_back({Version::kV1, mount.controllers, mount.controllers, mount.mount_point,
                          mount.own_directory, false});
    }
    for (const Controller controller : kPrimaryOrder) {
        for (Place& place : places) {
            if (!place.controllers.has(controller)) continue;
            std::swap(place, places.front());
            return places;
        }
    }
    if (refusal) return *std::move(refusal);
    return unsupported_error("cannot limit by cgroup: no memory, pids or cpuacct controller",
                             "boot with cgroup_enable=memory");
}

// What the controllers of a v2 directory are: offered to it, and passed on by it.
struct Offer {
    ControllerSet available;
    ControllerSet passed_on;
};

Offer read_offer(const std::string& directory) {
    const auto read_set = [&](const char* name) {
        auto text = posix::read_file(directory + name);
        if (!text) return ControllerSet();
        if (!text->empty() && text->back() == '\n') text->pop_back();
        return parse_controllers(*text, ' ');
    };
    return {read_set("/cgroup.controllers"), read_set("/cgroup.subtree_control")};
}

bool exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

// cgroup.type is in every v2 directory but the root of the hierarchy.
bool is_hierarchy_root(const std::string& directory) {
    return !exists(directory + "/cgroup.type");
}

// systemd marks the groups that it hands over (since 236; user.* since 251).
bool has_delegate_mark(const std::string& directory) {
    for (const char* name : {"user.delegate", "trusted.delegate"}) {
        char value = 0;
        if (::getxattr(directory.c_str(), name, &value, 1) == 1 && value == '1') return true;
    }
    return false;
}

// The fourth field of /proc/PID/stat, behind a name that may hold anything: proc(5).
bool is_our_child(const std::string& process) {
    const auto stat = posix::read_file("/proc/" + process + "/stat");
    if (!stat) return false;
    const std::size_t behind_name = stat->rfind(')');
    if (behind_name == std::string::npos) return false;
    const std::string parent = " " + std::to_string(::getpid()) + " ";
    return stat->compare(behind_name + 3, parent.size(), parent) == 0;
}

// This process, and what it has made: a box may be under way already.
bool holds_only_us(const std::string& directory) {
    const auto processes = posix::read_file(directory + "/cgroup.procs");
    if (!processes || processes->empty()) return false;
    const std::string own = std::to_string(::getpid());
    for (std::size_t at = 0; at < processes->size();) {
        const std::size_t end = std::min(processes->find('\n', at), processes->size());
        const std::string process = processes->substr(at, end - at);
        if (process != own && !is_our_child(process)) return false;
        at = end + 1;
    }
    return true;
}

// CPU time is counted in every v2 group, with or without the cpu controller.
ControllerSet with_accounting(ControllerSet controllers) {
    controllers.add(Controller::kCpuacct);
    return controllers;
}

bool is_empty(const std::string& directory) {
    const auto processes = posix::read_file(directory + "/cgroup.procs");
    return processes && processes->empty();
}

bool may_make_groups(const std::string& directory) {
    return access_error(directory) == 0 && access_error(directory + "/cgroup.procs") == 0;
}

bool may_enable(const std::string& directory) {
    return access_error(directory + "/cgroup.subtree_control") == 0;
}

Place v2_place(const Mount& mount, const std::string& directory, ControllerSet controllers,
               ControllerSet enabled) {
    return {Version::kV2,
            with_accounting(controllers),
            with_accounting(enabled),
            mount.mount_point,
            directory,
            false};
}

// The own group and those above it, up to the mount point.
std::vector<std::string> lineage(const Mount& mount) {
    std::vector<std::string> directories{mount.own_directory};
    while (directories.back().size() > mount.mount_point.size()) {
        const std::string& child = directories.back();
        directories.push_back(child.substr(0, child.find_last_of('/')));
    }
    return directories;
}

std::optional<Place> passing_place(const Mount& mount,
                                   const std::vector<std::string>& directories) {
    for (const std::string& directory : directories) {
        const Offer offer = read_offer(directory);
        if (!offer.passed_on.has(Controller::kMemory) || !may_make_groups(directory)) continue;
        const ControllerSet controllers = may_enable(directory) ? offer.available : offer.passed_on;
        return v2_place(mount, directory, controllers, offer.passed_on);
    }
    return std::nullopt;
}

std::optional<Place> inner_place(const Mount& mount, const std::vector<std::string>& directories) {
    for (const std::string& directory : directories) {
        const Offer offer = read_offer(directory);
        if (!offer.available.has(Controller::kMemory) || !may_make_groups(directory)) continue;
        if (!may_enable(directory)) continue;
        if (!is_empty(directory) && !is_hierarchy_root(directory)) continue;
        return v2_place(mount, directory, offer.available, offer.passed_on);
    }
    return std::nullopt;
}

Result<Place> own_place(const Mount& mount) {
    const std::string& own = mount.own_directory;
    if (const int denied = access_error(own); denied != 0)
        return cannot_make(Version::kV2, own, denied);
    const Offer offer = read_offer(own);
    if (!offer.available.has(Controller::kMemory)) {
        return unsupported_error("cannot limit by cgroup: " + own + " has no memory controller",
                                 remedy_for(Version::kV2));
    }
    const bool ours = mount.namespace_root || has_delegate_mark(own) || holds_only_us(own);
    if (!ours || !may_enable(own)) {
        return unsupported_error(
            "cannot limit by cgroup: " + own + " holds other processes and is not delegated",
            remedy_for(Version::kV2));
    }
    Place place = v2_place(mount, own, offer.available, offer.passed_on);
    place.occupied = true;
    return place;
}

Result<Place> find_v2_place(const Mount& mount) {
    if (mount.read_only) return cannot_make(Version::kV2, mount.own_directory, EROFS);
    const std::vector<std::string> directories = lineage(mount);
    if (auto place = passing_place(mount, directories)) return *std::move(place);
    if (auto place = inner_place(mount, directories)) return *std::move(place);
    return own_place(mount);
}

// Processes may fork while they are moved, so the list is read again until it is empty.
Result<void> move_to_leaf(const std::string& directory) {
    constexpr int kRounds = 20;
    const std::string leaf = directory + "/" + kLeafName;
    if (::mkdir(leaf.c_str(), 0755) != 0 && errno != EEXIST) {
        return system_error("cannot create " + leaf, errno);
    }
    ASSAY_TRY(const posix::UniqueFd from, posix::open_file(directory, O_RDONLY | O_DIRECTORY));
    ASSAY_TRY(const posix::UniqueFd to, posix::open_file(leaf, O_RDONLY | O_DIRECTORY));
    for (int round = 0; round < kRounds; ++round) {
        const std::vector<pid_t> processes = read_processes(from.get());
        if (processes.empty()) return {};
        for (const pid_t process : processes) {
            const int failed = write_value(to.get(), "cgroup.procs", std::to_string(process));
            if (failed != 0 && failed != ESRCH) {
                return system_error(
                    "cannot move process " + std::to_string(process) + " to " + leaf, failed);
            }
        }
    }
    return system_error("cannot empty " + directory, EBUSY);
}

}  // namespace

Result<std::vector<Place>> find_places(const std::vector<Mount>& mounts) {
    const Mount* unified = nullptr;
    for (const Mount& mount : mounts) {
        if (mount.version == Version::kV2) unified = &mount;
        for (const Controller controller : kPrimaryOrder) {
            if (mount.controllers.has(controller)) return find_v1_places(mounts);
        }
    }
    if (unified == nullptr) {
        return unsupported_error("cannot limit by cgroup: no cgroup file system is mounted",
                                 "mount one: mount -t cgroup2 none /sys/fs/cgroup");
    }
    ASSAY_TRY(Place place, find_v2_place(*unified));
    return std::vector<Place>{std::move(place)};
}

Result<void> enable(Place& place, ControllerSet wanted) {
    const ControllerSet missing = (wanted & place.controllers) - place.enabled;
    if (missing.empty()) return {};
    if (place.occupied) ASSAY_CHECK(move_to_leaf(place.directory));
    ASSAY_CHECK(library_enable(place.mount_point, place.directory, missing));
    place.enabled = place.enabled | missing;
    place.occupied = false;
    return {};
}

}  // namespace assay::cgroup
