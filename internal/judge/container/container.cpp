#include "internal/judge/container/container.hpp"

#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "internal/judge/container/document.hpp"
#include "internal/judge/container/mount_file.hpp"
#include "internal/judge/container/policy.hpp"
#include "pkg/sandbox/seccomp.hpp"

namespace assay::judge {
namespace {

constexpr std::string_view kNoPolicy = "none";

// Any other obstacle than absence is for the one who reads the file to tell.
bool is_missing(const std::string& path) {
    return ::access(path.c_str(), F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

// Nobody asked for the files that are looked for by default.
void note_missing(const std::string& path, const std::string& by_default, std::string_view instead,
                  std::vector<std::string>& notes) {
    if (path == by_default) return;
    notes.push_back(path + " is not there: " + std::string(instead));
}

Result<MountFile> mounts_of(const ContainerOptions& options, std::vector<std::string>& notes) {
    const std::string& path = options.mount_file;
    if (path.empty() || is_missing(path)) {
        note_missing(path, ContainerOptions().mount_file, "the built-in mounts are used", notes);
        return builtin_mounts(options.tmpfs_options);
    }
    ASSAY_TRY(const flags::TomlDocument document, read_document(path));
    return read_mount_file(document, is_toml(path), notes);
}

Result<std::vector<sock_filter>> policy_of(const ContainerOptions& options,
                                           std::vector<std::string>& notes) {
    const std::string& path = options.policy_file;
    if (path == kNoPolicy) return std::vector<sock_filter>();
    if (!path.empty() && !is_missing(path)) return load_policy(path, notes);
    note_missing(path, ContainerOptions().policy_file, "the default policy holds", notes);
    const auto program = sandbox::default_program();
    return std::vector<sock_filter>(program.begin(), program.end());
}

void drop_missing_sources(std::vector<sandbox::SlotMount>& mounts) {
    std::erase_if(mounts, [](const sandbox::SlotMount& mount) {
        return mount.kind == sandbox::SlotMountKind::kBind && is_missing(mount.source);
    });
}

ConfigMount describe_mount(const sandbox::SlotMount& mount) {
    ConfigMount shown{mount.source, mount.target.substr(1), {}, mount.options, MS_NOSUID};
    if (mount.read_only) shown.flags |= MS_RDONLY;
    switch (mount.kind) {
        case sandbox::SlotMountKind::kBind:
            shown.flags |= MS_BIND | MS_PRIVATE | MS_REC;
            break;
        case sandbox::SlotMountKind::kTmpfs:
            shown.type = "tmpfs";
            shown.flags |= MS_NODEV | MS_NOATIME;
            break;
        case sandbox::SlotMountKind::kProc:
            shown.type = "proc";
            shown.flags |= MS_NODEV | MS_NOEXEC;
            break;
    }
    return shown;
}

}  // namespace

Result<Container> read_container(const ContainerOptions& options) {
    Container container;
    ASSAY_TRY(MountFile file, mounts_of(options, container.notes));
    drop_missing_sources(file.mounts);
    sandbox::SlotSpec& slots = container.slots;
    slots.mounts = std::move(file.mounts);
    slots.symlinks = std::move(file.symlinks);
    slots.masked = std::move(file.masked);
    slots.work_directory = std::move(file.work_directory);
    slots.host_name = std::move(file.host_name);
    slots.domain_name = std::move(file.domain_name);
    slots.init_command = std::move(file.init_command);
    slots.share_network = options.share_network;
    container.configured_ids = file.ids;
    if (options.own_ids) slots.program_inside = file.ids;
    ASSAY_TRY(slots.seccomp, policy_of(options, container.notes));
    return container;
}

ConfigDocument describe(const Container& container) {
    const sandbox::SlotSpec& slots = container.slots;
    ConfigDocument document;
    for (const sandbox::SlotMount& mount : slots.mounts) {
        document.mounts.push_back(describe_mount(mount));
    }
    for (const sandbox::Symlink& link : slots.symlinks) {
        document.links.emplace_back(link.path, link.target);
    }
    document.masked = slots.masked;
    document.host_name = slots.host_name;
    document.domain_name = slots.domain_name;
    document.work_directory = slots.work_directory;
    document.uid = container.configured_ids.uid;
    document.gid = container.configured_ids.gid;
    return document;
}

}  // namespace assay::judge
