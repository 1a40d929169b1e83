#include "internal/runner/build_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "pkg/posix/files.hpp"

namespace assay::runner {
namespace {

// A file of somebody else's that the caller may not read is not there for the compiler either.
Result<void> copy_file(const std::string& from, const std::string& to, mode_t mode) {
    const Result<posix::UniqueFd> source = posix::open_file(from, O_RDONLY | O_NOFOLLOW);
    if (!source.has_value()) {
        if (source.error().os_error == EACCES) return {};
        return source.error();
    }
    ASSAY_TRY(const posix::UniqueFd target,
              posix::open_file(to, O_WRONLY | O_CREAT | O_EXCL, mode | 0600));
    for (;;) {
        const ssize_t count = ::sendfile(target.get(), source->get(), nullptr, 1u << 20);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_error("cannot copy " + from + " to " + to, errno);
        if (count == 0) return {};
    }
}

Result<void> copy_link(const std::string& from, const std::string& to) {
    std::string target(4096, '\0');
    const ssize_t length = ::readlink(from.c_str(), target.data(), target.size());
    if (length < 0) return system_error("cannot read the link " + from, errno);
    target.resize(static_cast<std::size_t>(length));
    if (::symlink(target.c_str(), to.c_str()) != 0)
        return system_error("cannot create " + to, errno);
    return {};
}

}  // namespace

BuildDirectory::BuildDirectory(std::string source, std::string directory)
    : source_(std::move(source)), directory_(std::move(directory)) {}

Result<BuildDirectory> BuildDirectory::create(const std::string& source,
                                              const std::string& directory,
                                              const std::vector<std::string>& hidden) {
    if (source.empty() || source == "/") {
        return usage_error("cannot compile in " + (source.empty() ? "no directory" : source),
                           "compile in a directory of its own");
    }
    if (::mkdir(directory.c_str(), 0755) != 0) {
        return system_error("cannot create " + directory, errno);
    }
    BuildDirectory build(source, directory);
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(source.c_str()), ::closedir);
    if (!entries) return system_error("cannot read the directory " + source, errno);
    while (const dirent* entry = ::readdir(entries.get())) {
        const std::string name = entry->d_name;
        if (name == "." || name == "..") continue;
        if (std::ranges::find(hidden, source + "/" + name) != hidden.end()) continue;
        ASSAY_CHECK(build.take_over(name));
    }
    std::ranges::sort(build.mounted_);
    return build;
}

Result<void> BuildDirectory::take_over(const std::string& name) {
    const std::string from = source_ + "/" + name;
    const std::string to = directory_ + "/" + name;
    struct stat status {};
    // An entry that went away meanwhile is none; sockets, pipes and devices are nothing to compile.
    if (::lstat(from.c_str(), &status) != 0) return {};
    if (S_ISDIR(status.st_mode)) return mount(name, true);
    if (S_ISLNK(status.st_mode)) return copy_link(from, to);
    if (!S_ISREG(status.st_mode)) return {};
    if (static_cast<std::uint64_t>(status.st_size) > kMaxCopiedFileBytes) return mount(name, false);
    return copy_file(from, to, status.st_mode & 0777);
}

Result<void> BuildDirectory::mount(const std::string& name, bool directory) {
    if (mounted_.size() == kMaxMountedEntries) {
        return usage_error("cannot compile in " + source_ + ": it has more than " +
                               std::to_string(kMaxMountedEntries) + " subdirectories",
                           "compile in a smaller directory, or in place with --writable");
    }
    const std::string to = directory_ + "/" + name;
    if (directory) {
        if (::mkdir(to.c_str(), 0755) != 0) return system_error("cannot create " + to, errno);
    } else {
        ASSAY_CHECK(posix::open_file(to, O_WRONLY | O_CREAT | O_EXCL, 0644));
    }
    mounted_.push_back(name);
    return {};
}

void BuildDirectory::show(Files& files, bool writable) const {
    if (files.working_directory.empty()) files.working_directory = source_;
    files.current_directory.clear();
    files.current_directory_writable = false;
    std::vector<Bind> binds = {Bind{directory_, source_, writable}};
    for (const std::string& name : mounted_) {
        binds.push_back(Bind{source_ + "/" + name, source_ + "/" + name, false});
    }
    files.binds.insert(files.binds.begin(), binds.begin(), binds.end());
}

}  // namespace assay::runner
