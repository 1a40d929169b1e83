// Sets of controllers and their names in kernel files.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

#include "pkg/cgroup/cgroup.hpp"

namespace assay::cgroup {

class ControllerSet {
  public:
    constexpr ControllerSet() = default;
    constexpr ControllerSet(std::initializer_list<Controller> members) {
        for (const Controller member : members) add(member);
    }

    constexpr void add(Controller controller) { bits_ |= bit(controller); }
    constexpr void remove(Controller controller) { bits_ &= ~bit(controller); }
    constexpr bool has(Controller controller) const { return (bits_ & bit(controller)) != 0; }
    constexpr bool empty() const { return bits_ == 0; }

    constexpr ControllerSet operator&(ControllerSet other) const {
        return from(bits_ & other.bits_);
    }
    constexpr ControllerSet operator|(ControllerSet other) const {
        return from(bits_ | other.bits_);
    }
    constexpr ControllerSet operator-(ControllerSet other) const {
        return from(bits_ & ~other.bits_);
    }
    constexpr bool operator==(const ControllerSet&) const = default;

  private:
    static constexpr unsigned bit(Controller controller) {
        return 1u << static_cast<unsigned>(controller);
    }
    static constexpr ControllerSet from(unsigned bits) {
        ControllerSet set;
        set.bits_ = bits;
        return set;
    }
    unsigned bits_ = 0;
};

inline constexpr Controller kAllControllers[] = {
    Controller::kCpu,  Controller::kCpuacct, Controller::kCpuset, Controller::kMemory,
    Controller::kPids, Controller::kIo,      Controller::kFreezer};

// "memory" -> kMemory; "blkio" and "io" both are kIo. Empty for controllers that assay has no use
// for.
std::optional<Controller> controller_named(std::string_view name);

// The controllers named in a list with the given separator; unknown names are passed over.
ControllerSet parse_controllers(std::string_view list, char separator);

}  // namespace assay::cgroup
