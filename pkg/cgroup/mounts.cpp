#include "pkg/cgroup/mounts.hpp"

#include <optional>

namespace assay::cgroup {
namespace {

// Cuts the text up to the separator off the front of `rest`.
std::string_view take(std::string_view& rest, char separator) {
    const std::size_t end = rest.find(separator);
    const std::string_view taken = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return taken;
}

// A line of /proc/self/cgroup, "4:memory:/user.slice" or "0::/user.slice".
struct Membership {
    bool v2 = false;
    ControllerSet controllers;
    std::string_view path;
};

std::vector<Membership> parse_memberships(std::string_view text) {
    std::vector<Membership> memberships;
    while (!text.empty()) {
        std::string_view line = take(text, '\n');
        const std::string_view id = take(line, ':');
        const std::string_view controllers = take(line, ':');
        memberships.push_back({id == "0", parse_controllers(controllers, ','), line});
    }
    return memberships;
}

// mountinfo writes space, tab, newline and backslash as "\040" and so on.
std::string unescape(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 3 >= text.size()) {
            plain += text[i];
            continue;
        }
        plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                   (text[i + 3] - '0'));
        i += 3;
    }
    return plain;
}

struct MountLine {
    bool v2 = false;
    ControllerSet controllers;
    std::string root;
    std::string mount_point;
    bool read_only = false;
};

bool has_option(std::string_view options, std::string_view wanted) {
    while (!options.empty()) {
        if (take(options, ',') == wanted) return true;
    }
    return false;
}

// "33 31 0:30 / /sys/fs/cgroup/cpu rw,relatime shared:7 - cgroup cgroup rw,cpu"
std::optional<MountLine> parse_mount(std::string_view line) {
    const std::size_t separator = line.find(" - cgroup");
    if (separator == std::string_view::npos) return std::nullopt;
    std::string_view tail = line.substr(separator + 3);
    const std::string_view type = take(tail, ' ');
    if (type != "cgroup" && type != "cgroup2") return std::nullopt;
    take(tail, ' ');  // the source

    for (int i = 0; i < 3; ++i) take(line, ' ');
    MountLine mount;
    mount.v2 = type == "cgroup2";
    mount.root = unescape(take(line, ' '));
    mount.mount_point = unescape(take(line, ' '));
    mount.read_only = has_option(take(line, ' '), "ro") || has_option(tail, "ro");
    if (!mount.v2) mount.controllers = parse_controllers(tail, ',');
    return mount;
}

// The directory that shows `path` in a mount whose root is `root`; empty when it is not below it.
std::optional<std::string> directory_in(const MountLine& mount, std::string_view path) {
    if (path.starts_with("/..") || mount.root.starts_with("/..")) return std::nullopt;
    if (mount.root != "/") {
        if (!path.starts_with(mount.root)) return std::nullopt;
        path.remove_prefix(mount.root.size());
        if (!path.empty() && path.front() != '/') return std::nullopt;
    }
    if (path == "/") path = {};
    return mount.mount_point + std::string(path);
}

}  // namespace

std::vector<Mount> find_mounts(std::string_view self_cgroup, std::string_view mountinfo) {
    const std::vector<Membership> memberships = parse_memberships(self_cgroup);
    std::vector<Mount> mounts;
    while (!mountinfo.empty()) {
        const auto line = parse_mount(take(mountinfo, '\n'));
        if (!line || (!line->v2 && line->controllers.empty())) continue;
        for (const Membership& membership : memberships) {
            if (membership.v2 != line->v2) continue;
            if (!line->v2 && (membership.controllers & line->controllers).empty()) continue;
            auto directory = directory_in(*line, membership.path);
            if (!directory) continue;
            Mount mount{line->v2 ? Version::kV2 : Version::kV1,
                        line->controllers,
                        line->mount_point,
                        std::move(*directory),
                        line->read_only,
                        membership.path == "/"};
            Mount* known = nullptr;
            for (Mount& other : mounts) {
                if (other.version == mount.version && other.controllers == mount.controllers) {
                    known = &other;
                }
            }
            if (known == nullptr) {
                mounts.push_back(std::move(mount));
            } else if (known->read_only && !mount.read_only) {
                *known = std::move(mount);
            }
            break;
        }
    }
    return mounts;
}

}  // namespace assay::cgroup
