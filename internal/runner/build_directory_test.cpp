#include "internal/runner/build_directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "pkg/posix/files.hpp"

using assay::runner::Bind;
using assay::runner::BuildDirectory;
using assay::runner::Files;
namespace fs = std::filesystem;

namespace {

class Trees {
  public:
    Trees() {
        REQUIRE(::mkdtemp(root_.data()) != nullptr);
        fs::create_directories(source() + "/include");
        write("/sol.cpp", "int main() {}");
        write("/run.sh", "#!/bin/sh");
        fs::permissions(source() + "/run.sh", fs::perms(0755));
        write("/1.ans", "secret");
        fs::create_symlink("include", source() + "/link");
        REQUIRE(::mkfifo((source() + "/fifo").c_str(), 0600) == 0);
    }
    ~Trees() { fs::remove_all(root_); }
    std::string source() const { return root_ + "/source"; }
    std::string build() const { return root_ + "/build"; }
    void write(const std::string& name, const std::string& text) const {
        REQUIRE(assay::posix::write_file(source() + name, text).has_value());
    }

  private:
    std::string root_ = fs::temp_directory_path() / "build_directory_test.XXXXXX";
};

bool same(const Bind& bind, const std::string& from, const std::string& to, bool writable) {
    return bind.source == from && bind.destination == to && bind.writable == writable;
}

}  // namespace

TEST_CASE("build directory: files and links are copied, directories get a mount point",
          "[runner]") {
    const Trees trees;
    const auto build = BuildDirectory::create(trees.source(), trees.build(), {});
    REQUIRE(build.has_value());
    CHECK(*assay::posix::read_file(trees.build() + "/sol.cpp") == "int main() {}");
    CHECK(fs::status(trees.build() + "/run.sh").permissions() == fs::perms(0755));
    CHECK(fs::read_symlink(trees.build() + "/link") == "include");
    CHECK(fs::is_directory(trees.build() + "/include"));
    CHECK_FALSE(fs::exists(trees.build() + "/fifo"));
}

TEST_CASE("build directory: hidden files are left out", "[runner]") {
    const Trees trees;
    REQUIRE(BuildDirectory::create(trees.source(), trees.build(), {trees.source() + "/1.ans"})
                .has_value());
    CHECK_FALSE(fs::exists(trees.build() + "/1.ans"));
    CHECK(fs::exists(trees.build() + "/sol.cpp"));
}

TEST_CASE("build directory: it is shown in place of the current directory", "[runner]") {
    const Trees trees;
    const auto build = BuildDirectory::create(trees.source(), trees.build(), {});
    REQUIRE(build.has_value());
    Files files;
    files.current_directory = trees.source();
    files.binds = {Bind{"/data", "/data", false}};
    build->show(files, true);
    CHECK(files.current_directory.empty());
    CHECK(files.working_directory == trees.source());
    REQUIRE(files.binds.size() == 3);
    CHECK(same(files.binds[0], trees.build(), trees.source(), true));
    CHECK(same(files.binds[1], trees.source() + "/include", trees.source() + "/include", false));
    CHECK(same(files.binds[2], "/data", "/data", false));
}

TEST_CASE("build directory: a large file is mounted, not copied", "[runner]") {
    const Trees trees;
    trees.write("/big", "");
    fs::resize_file(trees.source() + "/big", assay::runner::kMaxCopiedFileBytes + 1);
    const auto build = BuildDirectory::create(trees.source(), trees.build(), {});
    REQUIRE(build.has_value());
    CHECK(fs::file_size(trees.build() + "/big") == 0);
    Files files;
    build->show(files, false);
    CHECK(same(files.binds[1], trees.source() + "/big", trees.source() + "/big", false));
}

TEST_CASE("build directory: too many subdirectories are refused with the way out", "[runner]") {
    const Trees trees;
    for (std::size_t i = 0; i < assay::runner::kMaxMountedEntries; ++i) {
        fs::create_directory(trees.source() + "/d" + std::to_string(i));
    }
    const auto build = BuildDirectory::create(trees.source(), trees.build(), {});
    REQUIRE_FALSE(build.has_value());
    CHECK(build.error().remedy == "compile in a smaller directory, or in place with --writable");
}

TEST_CASE("build directory: the root directory is refused", "[runner]") {
    const Trees trees;
    CHECK_FALSE(BuildDirectory::create("/", trees.build(), {}).has_value());
    CHECK_FALSE(fs::exists(trees.build()));
}
