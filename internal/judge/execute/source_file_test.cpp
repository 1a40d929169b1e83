#include "internal/judge/execute/source_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "pkg/posix/files.hpp"

namespace assay::judge {
namespace {

namespace fs = std::filesystem;

// A directory with `inside/file`, `outside` and links from the one to the other.
class SourceTree {
  public:
    SourceTree() {
        std::string name = (fs::temp_directory_path() / "assay-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        root_ = fs::canonical(name);
        fs::create_directories(root_ / "inside/deep");
        std::ofstream(root_ / "inside/file") << "x";
        std::ofstream(root_ / "inside/deep/file") << "deep";
        std::ofstream(root_ / "outside") << "secret";
        fs::create_symlink("../outside", root_ / "inside/escape");
        fs::create_symlink("file", root_ / "inside/link");
        fs::create_symlink("loop", root_ / "inside/loop");
        fs::create_symlink("inside", root_ / "alias");
        fs::create_directory(root_ / "inside-not");
    }
    ~SourceTree() { fs::remove_all(root_); }

    std::string path(const std::string& name) const { return (root_ / name).string(); }

  private:
    fs::path root_;
};

std::string refusal(const std::string& path, const std::vector<std::string>& prefixes) {
    const auto checked = check_source(path, prefixes);
    const auto opened = open_source(path, prefixes);
    CHECK(checked.has_value() == opened.has_value());
    if (!opened) CHECK(opened.error().os_error != 0);
    return checked ? "accepted" : checked.error().message;
}

std::string content(const std::string& path, const std::vector<std::string>& prefixes) {
    const auto opened = open_source(path, prefixes);
    if (!opened) return to_string(opened.error());
    return posix::read_all(opened->get(), path).value();
}

TEST_CASE("source: outside the prefixes is refused, links resolved", "[judge]") {
    const SourceTree tree;
    const std::vector<std::string> prefixes = {tree.path("missing"), tree.path("inside")};
    const auto outside = [&](const std::string& path) {
        return "file (" + path + ") does not under ([" + prefixes[0] + " " + prefixes[1] + "])";
    };
    CHECK(refusal(tree.path("inside/file"), prefixes) == "accepted");
    CHECK(refusal(tree.path("inside"), prefixes) == "accepted");
    CHECK(refusal(tree.path("inside/link"), prefixes) == "accepted");
    CHECK(refusal(tree.path("alias/link"), prefixes) == "accepted");
    for (const char* name : {"outside", "inside/escape", "inside/../outside", "inside-not"}) {
        CHECK(refusal(tree.path(name), prefixes) == outside(tree.path(name)));
    }
    CHECK(refusal(tree.path("inside/none"), prefixes) ==
          "lstat " + tree.path("inside/none") + ": no such file or directory");
    CHECK(refusal(tree.path("inside/file/x"), prefixes) == "not a directory");
    CHECK(refusal(tree.path("inside/loop"), prefixes) == "EvalSymlinks: too many links");
    CHECK_THAT(refusal(tree.path("inside/file") + std::string("\0x", 2), prefixes),
               Catch::EndsWith("invalid argument"));
}

TEST_CASE("source: what is named is opened, through prefixes of all kinds", "[judge]") {
    const SourceTree tree;
    CHECK(content(tree.path("inside/deep/file"), {tree.path("inside")}) == "deep");
    CHECK(content(tree.path("alias/deep/file"), {tree.path("alias")}) == "deep");
    CHECK(content(tree.path("inside/deep/file"), {tree.path("alias/")}) == "deep");
    CHECK(content(tree.path("inside/deep/file"), {"/"}) == "deep");
    CHECK(content(tree.path("inside/file"), {tree.path("inside/link")}) == "x");
    CHECK(content(tree.path("inside/escape"), {}) == "secret");
    CHECK(open_source(tree.path("none"), {}).error().os_error == ENOENT);
}

TEST_CASE("source: a link that comes after the look leads nowhere", "[judge]") {
    const SourceTree tree;
    const std::string swapped = tree.path("inside/swapped");
    const std::vector<std::string> prefixes = {tree.path("inside")};
    std::ofstream(swapped) << "x";
    REQUIRE(check_source(swapped, prefixes).has_value());
    fs::remove(swapped);
    fs::create_symlink("../outside", swapped);
    CHECK_FALSE(open_source(swapped, prefixes).has_value());
    CHECK(content(swapped, {}) == "secret");
}

TEST_CASE("source: opening waits for nobody", "[judge]") {
    const SourceTree tree;
    const std::string pipe = tree.path("inside/pipe");
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const auto opened = open_source(pipe, {});
    REQUIRE(opened.has_value());
    CHECK((::fcntl(opened->get(), F_GETFL) & O_NONBLOCK) != 0);
}

}  // namespace
}  // namespace assay::judge
