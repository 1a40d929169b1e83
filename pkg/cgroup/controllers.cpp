#include "pkg/cgroup/controllers.hpp"

namespace assay::cgroup {

std::string_view name_of(Version version) {
    switch (version) {
        case Version::kNone:
            return "none";
        case Version::kV1:
            return "v1";
        case Version::kV2:
            return "v2";
    }
    return "";
}

std::string_view name_of(Controller controller) {
    switch (controller) {
        case Controller::kCpu:
            return "cpu";
        case Controller::kCpuacct:
            return "cpuacct";
        case Controller::kCpuset:
            return "cpuset";
        case Controller::kMemory:
            return "memory";
        case Controller::kPids:
            return "pids";
        case Controller::kIo:
            return "io";
        case Controller::kFreezer:
            return "freezer";
    }
    return "";
}

std::optional<Controller> controller_named(std::string_view name) {
    if (name == "blkio") return Controller::kIo;
    for (const Controller controller : kAllControllers) {
        if (name_of(controller) == name) return controller;
    }
    return std::nullopt;
}

ControllerSet parse_controllers(std::string_view list, char separator) {
    ControllerSet set;
    while (!list.empty()) {
        const std::size_t end = list.find(separator);
        const std::string_view name = list.substr(0, end);
        if (const auto controller = controller_named(name)) set.add(*controller);
        if (end == std::string_view::npos) break;
        list.remove_prefix(end + 1);
    }
    return set;
}

}  // namespace assay::cgroup
