#include "internal/judge/execute/slot_target.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

namespace assay::judge {

bool is_regular(const posix::UniqueFd& file) {
    struct stat status {};
    return ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
}

bool is_kernel_file(const posix::UniqueFd& file) {
    constexpr std::uint32_t kConfigfsMagic = 0x62656570;  // fs/configfs/mount.c
    constexpr auto kKernels = std::to_array<std::uint32_t>({
        PROC_SUPER_MAGIC,
        SYSFS_MAGIC,
        CGROUP_SUPER_MAGIC,
        CGROUP2_SUPER_MAGIC,
        DEBUGFS_MAGIC,
        TRACEFS_MAGIC,
        SECURITYFS_MAGIC,
        BPF_FS_MAGIC,
        BINFMTFS_MAGIC,
        EFIVARFS_MAGIC,
        PSTOREFS_MAGIC,
        SELINUX_MAGIC,
        SMACK_MAGIC,
        kConfigfsMagic,
    });
    struct statfs status {};
    if (::fstatfs(file.get(), &status) != 0) return true;
    return std::ranges::find(kKernels, static_cast<std::uint32_t>(status.f_type)) != kKernels.end();
}

Result<posix::UniqueFd> create_target(const sandbox::Slot& slot, const std::string& path) {
    // Emptied when it is known what it is: even that can be an order.
    ASSAY_TRY(posix::UniqueFd file, slot.open(path, O_WRONLY | O_CREAT, 0777));
    if (is_kernel_file(file)) return system_error("cannot write " + path, EPERM);
    if (is_regular(file) && ::ftruncate(file.get(), 0) != 0) {
        return system_error("cannot empty " + path, errno);
    }
    return file;
}

}  // namespace assay::judge
