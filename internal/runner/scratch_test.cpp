#include "internal/runner/scratch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "pkg/posix/files.hpp"

using assay::runner::ScratchDirectory;
namespace fs = std::filesystem;

namespace {

class Parent {
  public:
    Parent() { REQUIRE(::mkdtemp(path_.data()) != nullptr); }
    ~Parent() { fs::remove_all(path_); }
    const std::string& path() const { return path_; }
    bool empty() const { return fs::is_empty(path_); }

  private:
    std::string path_ = fs::temp_directory_path() / "scratch_test.XXXXXX";
};

}  // namespace

TEST_CASE("scratch: the directory is private and goes with its owner", "[runner]") {
    const Parent parent;
    {
        const auto scratch = ScratchDirectory::create_in(parent.path());
        REQUIRE(scratch.has_value());
        struct stat status {};
        REQUIRE(::stat(scratch->path().c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == 0700);
        REQUIRE(assay::posix::write_file(scratch->path() + "/file", "x").has_value());
        fs::create_directories(scratch->path() + "/a/b");
        fs::create_symlink("/", scratch->path() + "/a/b/root");
    }
    CHECK(parent.empty());
    CHECK(fs::exists("/etc"));
}

TEST_CASE("scratch: what a killed owner left is swept, a live one's stays", "[runner]") {
    const Parent parent;
    const auto live = ScratchDirectory::create_in(parent.path());
    REQUIRE(live.has_value());
    const std::string orphan = parent.path() + "/assay-" + std::to_string(::geteuid()) + "-orphan";
    fs::create_directories(orphan + "/deep/deeper");
    fs::create_directories(parent.path() + "/other");
    const auto next = ScratchDirectory::create_in(parent.path());
    REQUIRE(next.has_value());
    CHECK_FALSE(fs::exists(orphan));
    CHECK(fs::exists(live->path()));
    CHECK(fs::exists(parent.path() + "/other"));
}

TEST_CASE("scratch: removal takes deep trees and closed directories", "[runner]") {
    const Parent parent;
    const std::string root = parent.path() + "/tree";
    REQUIRE(::mkdir(root.c_str(), 0700) == 0);
    assay::posix::UniqueFd at(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    constexpr int kDepth = 3000;
    const std::string name(200, 'd');
    for (int depth = 0; depth < kDepth; ++depth) {
        REQUIRE(::mkdirat(at.get(), name.c_str(), 0700) == 0);
        assay::posix::UniqueFd below(
            ::openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        REQUIRE(::mkdirat(at.get(), "closed", 0000) == 0);
        REQUIRE(::mknodat(at.get(), "fifo", S_IFIFO | 0600, 0) == 0);
        at = std::move(below);
    }
    assay::runner::remove_tree(root);
    CHECK(parent.empty());
}

TEST_CASE("scratch: a parent that cannot be written is an error with the remedy", "[runner]") {
    const auto scratch = ScratchDirectory::create_in("/proc/self");
    REQUIRE_FALSE(scratch.has_value());
    CHECK(scratch.error().message.starts_with("cannot create a directory in /proc/self: "));
    CHECK(scratch.error().remedy == "set TMPDIR to a directory that can be written");
}
