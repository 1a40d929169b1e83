#include "pkg/sandbox/guarded_input.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace assay::sandbox {
namespace {

using posix::UniqueFd;

std::string link_of(int fd) {
    return "/proc/self/fd/" + std::to_string(fd);
}

bool is_readable_file(int fd, struct stat& status) {
    return fd >= 0 && ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
           (::fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
}

// A read-only mount of the file behind the descriptor; empty when its path leads elsewhere by now.
UniqueFd read_only_mount(int fd, const struct stat& status) {
    char path[4096];
    const ssize_t length = ::readlink(link_of(fd).c_str(), path, sizeof path - 1);
    if (length < 0) return UniqueFd();
    path[length] = '\0';
    UniqueFd tree(::open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    struct stat found {};
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (!tree || ::fstat(tree.get(), &found) != 0 || found.st_dev != status.st_dev ||
        found.st_ino != status.st_ino ||
        ::mount_setattr(tree.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0) {
        return UniqueFd();
    }
    return tree;
}

}  // namespace

GuardedInput::GuardedInput(int original) : original_(original) {
    struct stat status {};
    if (!is_readable_file(original, status)) return;
    const UniqueFd tree = read_only_mount(original, status);
    if (!tree) return;
    guarded_.reset(::open(link_of(tree.get()).c_str(), O_RDONLY | O_CLOEXEC));
    if (guarded_) ::lseek(guarded_.get(), ::lseek(original, 0, SEEK_CUR), SEEK_SET);
}

void GuardedInput::give_back_position() const {
    if (guarded_) ::lseek(original_, ::lseek(guarded_.get(), 0, SEEK_CUR), SEEK_SET);
}

}  // namespace assay::sandbox
