#include "pkg/cgroup/library.hpp"

#include <libcgroup.h>

#include <cstdlib>
#include <memory>

namespace assay::cgroup {
namespace {

struct FreeGroup {
    void operator()(::cgroup* group) const { ::cgroup_free(&group); }
};
using LibraryGroup = std::unique_ptr<::cgroup, FreeGroup>;

Error library_error(const std::string& what, int code) {
    const int os_error = code == ECGOTHER ? ::cgroup_get_last_errno() : 0;
    if (os_error != 0) return system_error(what, os_error);
    return Error{ErrorKind::kSystem, 0, what + ": " + ::cgroup_strerror(code), {}};
}

int initialisation() {
    static const int code = ::cgroup_init();
    return code;
}

Result<void> initialise() {
    if (initialisation() == 0) return {};
    return library_error("cannot read the cgroup mounts", initialisation());
}

// libcgroup names a group by its path below the mount of its controllers, the first one that it
// met; ours must be the same.
Result<LibraryGroup> open_group(const std::string& mount_point, const std::string& path) {
    ASSAY_CHECK(initialise());
    const std::string below = path == mount_point ? "." : path.substr(mount_point.size() + 1);
    LibraryGroup group(::cgroup_new_cgroup(below.c_str()));
    if (!group) return library_error("cannot describe " + path, ECGOTHER);
    return group;
}

// Empty when it is mounted nowhere.
std::string mount_point_of(const char* controller) {
    char* mounted = nullptr;
    if (::cgroup_get_subsys_mount_point(controller, &mounted) != 0) return {};
    std::string mount_point = mounted;
    std::free(mounted);
    return mount_point;
}

Result<void> add_controller(::cgroup* group, const std::string& controller,
                            const std::string& mount_point) {
    const std::string where = mount_point_of(controller.c_str());
    if (where != mount_point) {
        return unsupported_error("cannot use controller " + controller + " at " + mount_point +
                                 ": libcgroup found it at " + (where.empty() ? "no place" : where));
    }
    if (::cgroup_add_controller(group, controller.c_str()) == nullptr) {
        return library_error("cannot use controller " + controller, ECGOTHER);
    }
    return {};
}

// A controller that names the hierarchy in both versions: cpuacct is none of v2's, and v1 says
// blkio for io.
Controller representative(ControllerSet controllers) {
    for (const Controller controller : {Controller::kMemory, Controller::kPids, Controller::kCpu}) {
        if (controllers.has(controller)) return controller;
    }
    return controllers.has(Controller::kCpuset) ? Controller::kCpuset : Controller::kCpuacct;
}

}  // namespace

Result<std::vector<HostController>> host_controllers() {
    std::vector<HostController> controllers;
    if (initialisation() == ECGROUPNOTMOUNTED) return controllers;
    ASSAY_CHECK(initialise());
    void* walk = nullptr;
    ::controller_data data{};
    int code = ::cgroup_get_all_controller_begin(&walk, &data);
    while (code == 0) {
        controllers.push_back({data.name, mount_point_of(data.name), data.enabled != 0});
        code = ::cgroup_get_all_controller_next(&walk, &data);
    }
    ::cgroup_get_all_controller_end(&walk);
    if (code != ECGEOF) return library_error("cannot list the controllers of the kernel", code);
    return controllers;
}

Result<void> library_enable(const std::string& mount_point, const std::string& directory,
                            ControllerSet controllers) {
    ASSAY_TRY(const LibraryGroup described, open_group(mount_point, directory));
    // libcgroup shows the files that every v2 group has as those of a controller named "cgroup".
    ::cgroup_controller* const core = ::cgroup_add_controller(described.get(), "cgroup");
    if (core == nullptr) return library_error("cannot describe " + directory, ECGOTHER);
    std::string value;
    for (const Controller controller : kAllControllers) {
        if (!controllers.has(controller)) continue;
        value += value.empty() ? "+" : " +";
        value += name_of(controller);
    }
    int code = ::cgroup_add_value_string(core, "cgroup.subtree_control", value.c_str());
    if (code == 0) code = ::cgroup_modify_cgroup(described.get());
    if (code != 0) return library_error("cannot enable " + value + " in " + directory, code);
    return {};
}

Result<std::vector<std::string>> library_descendants(const std::string& mount_point,
                                                     const std::string& group,
                                                     ControllerSet controllers) {
    ASSAY_TRY(const LibraryGroup described, open_group(mount_point, group));
    const std::string name(name_of(representative(controllers)));
    ASSAY_CHECK(add_controller(described.get(), name, mount_point));
    std::vector<std::string> directories;
    void* walk = nullptr;
    ::cgroup_file_info entry{};
    int level = 0;
    const char* below_mount = group.c_str() + mount_point.size() + 1;
    int code = ::cgroup_walk_tree_begin(name.c_str(), below_mount, 0, &walk, &entry, &level);
    if (code != 0) return library_error("cannot list the groups below " + group, code);
    ::cgroup_walk_tree_set_flags(&walk, CGROUP_WALK_TYPE_POST_DIR);
    while ((code = ::cgroup_walk_tree_next(0, &walk, &entry, level)) == 0) {
        if (entry.type == CGROUP_FILE_TYPE_DIR && entry.depth > 0) {
            directories.emplace_back(entry.full_path);
        }
    }
    ::cgroup_walk_tree_end(&walk);
    if (code != ECGEOF) return library_error("cannot list the groups below " + group, code);
    return directories;
}

}  // namespace assay::cgroup
