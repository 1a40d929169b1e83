#include "internal/judge/container/mount_file.hpp"

#include <filesystem>
#include <optional>

#include "internal/judge/container/document.hpp"
#include "internal/runner/tool.hpp"
#include "pkg/flags/nearest.hpp"

namespace assay::judge {
namespace {

using flags::TomlPosition;
using flags::TomlTable;
using sandbox::SlotMount;
using sandbox::SlotMountKind;

std::vector<sandbox::Symlink> builtin_links() {
    return {{"/dev/fd", "/proc/self/fd"},
            {"/dev/stdin", "/proc/self/fd/0"},
            {"/dev/stdout", "/proc/self/fd/1"},
            {"/dev/stderr", "/proc/self/fd/2"}};
}

std::vector<std::string> builtin_masks() {
    return {"/sys/firmware",       "/sys/devices/virtual/powercap",
            "/proc/acpi",          "/proc/asound",
            "/proc/kcore",         "/proc/keys",
            "/proc/latency_stats", "/proc/timer_list",
            "/proc/timer_stats",   "/proc/sched_debug",
            "/proc/scsi",          "/usr/lib/wsl/drivers",
            "/usr/lib/wsl/lib"};
}

SlotMount bind(const std::string& path, bool read_only) {
    return {SlotMountKind::kBind, path, path, read_only, {}};
}

SlotMount proc(bool read_only) {
    return {SlotMountKind::kProc, "proc", "/proc", read_only, {}};
}

SlotMount tmpfs(std::string target, std::string options) {
    return {SlotMountKind::kTmpfs, "tmpfs", std::move(target), false, std::move(options)};
}

// Without "." and "..", with one slash between names; relative ones start at the root.
std::string absolute_target(const std::string& path) {
    std::string clean = ("/" / std::filesystem::path(path)).lexically_normal().string();
    while (clean.size() > 1 && clean.back() == '/') clean.pop_back();
    return clean;
}

class Reader {
  public:
    Reader(const flags::TomlDocument& document, bool is_strict, std::vector<std::string>& notes)
        : root_(document.root), in_(document, is_strict ? nullptr : &notes) {}

    Result<MountFile> read() {
        ASSAY_CHECK(
            in_.check_keys(root_, {"mount", "symLink", "maskPath", "workDir", "hostName",
                                   "domainName", "uid", "gid", "proc", "procrw", "initCmd"}));
        ASSAY_CHECK(in_.each(root_, "mount", [this](const TomlTable& table, TomlPosition at) {
            return read_mount(table, at);
        }));
        ASSAY_CHECK(in_.each(root_, "symLink", [this](const TomlTable& table, TomlPosition at) {
            return read_link(table, at);
        }));
        ASSAY_CHECK(in_.read(root_, "maskPath", file_.masked));
        ASSAY_CHECK(read_proc());
        ASSAY_CHECK(read_names());
        ASSAY_CHECK(read_ids());
        ASSAY_CHECK(read_init_command());
        if (file_.symlinks.empty()) file_.symlinks = builtin_links();
        if (file_.masked.empty()) file_.masked = builtin_masks();
        for (std::string& path : file_.masked) path = absolute_target(path);
        return std::move(file_);
    }

  private:
    Result<void> read_mount(const TomlTable& table, TomlPosition at) {
        ASSAY_CHECK(in_.check_keys(table, {"type", "source", "target", "readonly", "data"}));
        std::string type;
        SlotMount mount;
        ASSAY_CHECK(in_.read(table, "type", type));
        ASSAY_CHECK(in_.read(table, "source", mount.source));
        ASSAY_CHECK(in_.read(table, "target", mount.target));
        ASSAY_CHECK(in_.read(table, "readonly", mount.read_only));
        ASSAY_CHECK(in_.read(table, "data", mount.options));
        if (mount.target.empty()) return in_.mistake(at, "a mount wants a 'target'");
        const std::string target = absolute_target(mount.target);
        if (target == "/") return in_.mistake(at, "a mount cannot take the place of the root");
        if (type == "tmpfs") {
            file_.mounts.push_back(tmpfs(target, std::move(mount.options)));
        } else if (type == "bind") {
            if (mount.source.empty()) return in_.mistake(at, "a bind mount wants a 'source'");
            if (!mount.source.starts_with('/')) {
                std::error_code failure;
                const auto here = std::filesystem::current_path(failure);
                mount.source = absolute_target((here / mount.source).string());
            }
            file_.mounts.push_back(
                {SlotMountKind::kBind, mount.source, target, mount.read_only, {}});
        } else {
            const std::string_view known[] = {"bind", "tmpfs"};
            return in_.mistake(at, "unknown type " + in_quotes(type) + " of a mount",
                               flags::did_you_mean(type, known, {}, "one of bind, tmpfs"));
        }
        return {};
    }

    Result<void> read_link(const TomlTable& table, TomlPosition at) {
        ASSAY_CHECK(in_.check_keys(table, {"linkPath", "target"}));
        sandbox::Symlink link;
        ASSAY_CHECK(in_.read(table, "linkPath", link.path));
        ASSAY_CHECK(in_.read(table, "target", link.target));
        if (link.path.empty() || link.target.empty()) {
            return in_.mistake(at, "a link wants a 'linkPath' and a 'target'");
        }
        link.path = absolute_target(link.path);
        file_.symlinks.push_back(std::move(link));
        return {};
    }

    Result<void> read_proc() {
        bool has_proc = false;
        bool is_writable = false;
        ASSAY_CHECK(in_.read(root_, "proc", has_proc));
        ASSAY_CHECK(in_.read(root_, "procrw", is_writable));
        if (has_proc) file_.mounts.push_back(proc(!is_writable));
        return {};
    }

    // Empty means the default, as 0 does for ids.
    Result<void> read_names() {
        for (const auto& [key, target] :
             {std::pair{"workDir", &file_.work_directory}, std::pair{"hostName", &file_.host_name},
              std::pair{"domainName", &file_.domain_name}}) {
            std::string text;
            ASSAY_CHECK(in_.read(root_, key, text));
            if (!text.empty()) *target = text;
        }
        // What sethostname(2) and setdomainname(2) take.
        constexpr std::size_t kLongestName = 64;
        for (const auto& [key, text] : {std::pair{"hostName", &file_.host_name},
                                        std::pair{"domainName", &file_.domain_name}}) {
            if (text->size() <= kLongestName) continue;
            return in_.mistake(root_.find(key)->position,
                               in_quotes(key) + " is longer than 64 bytes");
        }
        file_.work_directory = absolute_target(file_.work_directory);
        return {};
    }

    Result<void> read_ids() {
        std::uint32_t uid = 0;
        std::uint32_t gid = 0;
        ASSAY_CHECK(in_.read(root_, "uid", uid));
        ASSAY_CHECK(in_.read(root_, "gid", gid));
        if (uid != 0) file_.ids.uid = uid;
        if (gid != 0) file_.ids.gid = gid;
        return {};
    }

    Result<void> read_init_command() {
        std::string text;
        ASSAY_CHECK(in_.read(root_, "initCmd", text));
        if (text.empty()) return {};
        auto words = runner::split_command(text, "initCmd");
        if (!words) {
            return in_.mistake(root_.find("initCmd")->position, words.error().message,
                               words.error().remedy);
        }
        file_.init_command = std::move(*words);
        return {};
    }

    const TomlTable& root_;
    TableReader in_;
    MountFile file_;
};

}  // namespace

MountFile builtin_mounts(const std::string& tmpfs_options) {
    MountFile file;
    file.mounts = {bind("/bin", true),
                   bind("/lib", true),
                   bind("/lib64", true),
                   bind("/usr", true),
                   bind("/etc/ld.so.cache", true),
                   proc(true),
                   bind("/etc/alternatives", true),
                   bind("/etc/fpc.cfg", true),
                   bind("/etc/mono", true),
                   bind("/dev/null", false),
                   bind("/var/lib/ghc", true),
                   bind("/dev/urandom", false),
                   bind("/dev/random", false),
                   bind("/dev/zero", false),
                   bind("/dev/full", false),
                   tmpfs("/w", tmpfs_options),
                   tmpfs("/tmp", tmpfs_options)};
    file.symlinks = builtin_links();
    file.masked = builtin_masks();
    return file;
}

Result<MountFile> read_mount_file(const flags::TomlDocument& document, bool is_strict,
                                  std::vector<std::string>& notes) {
    return Reader(document, is_strict, notes).read();
}

}  // namespace assay::judge
