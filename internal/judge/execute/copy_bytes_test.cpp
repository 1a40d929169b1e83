#include "internal/judge/execute/copy_bytes.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <limits>

#include "pkg/posix/files.hpp"

namespace assay::judge {
namespace {

constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

posix::UniqueFd memory_file() {
    posix::UniqueFd file(::memfd_create("test", MFD_CLOEXEC));
    REQUIRE(file);
    return file;
}

posix::UniqueFd file_of(std::string_view text) {
    posix::UniqueFd file = memory_file();
    REQUIRE(posix::write_all(file.get(), text, "test").has_value());
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
}

std::string text_of(const posix::UniqueFd& file) {
    ::lseek(file.get(), 0, SEEK_SET);
    return posix::read_all(file.get(), "test").value();
}

TEST_CASE("copy: all of a file, or its start", "[judge]") {
    const posix::UniqueFd target = memory_file();
    CHECK(copy_bytes(file_of("12345").get(), target.get(), kAll).bytes == 5);
    CHECK(text_of(target) == "12345");
    const posix::UniqueFd start = memory_file();
    CHECK(copy_bytes(file_of("12345").get(), start.get(), 3).bytes == 3);
    CHECK(text_of(start) == "123");
}

TEST_CASE("copy: holes stay holes", "[judge]") {
    constexpr off_t kSize = off_t{10} << 30;
    const posix::UniqueFd source = memory_file();
    REQUIRE(::ftruncate(source.get(), kSize) == 0);
    REQUIRE(::pwrite(source.get(), "middle", 6, kSize / 2) == 6);
    const posix::UniqueFd target = memory_file();
    const CopyEnd end = copy_bytes(source.get(), target.get(), kAll);
    CHECK(end.failed == CopySide::kNone);
    CHECK(end.bytes == static_cast<std::uint64_t>(kSize));
    struct stat status {};
    REQUIRE(::fstat(target.get(), &status) == 0);
    CHECK(status.st_size == kSize);
    CHECK(status.st_blocks * 512 < 8 << 20);
    char text[6] = {};
    REQUIRE(::pread(target.get(), text, sizeof text, kSize / 2) == 6);
    CHECK(std::string_view(text, 6) == "middle");
}

TEST_CASE("copy: the start of a file with holes", "[judge]") {
    const posix::UniqueFd source = memory_file();
    REQUIRE(::pwrite(source.get(), "end", 3, 1 << 20) == 3);
    ::lseek(source.get(), 0, SEEK_SET);
    const posix::UniqueFd target = memory_file();
    CHECK(copy_bytes(source.get(), target.get(), (1 << 20) + 1).failed == CopySide::kNone);
    CHECK(text_of(target) == std::string(1 << 20, '\0') + "e");
}

TEST_CASE("copy: a file of the kernel has no size and is copied", "[judge]") {
    const posix::UniqueFd source =
        posix::open_file("/proc/sys/kernel/ostype", O_RDONLY | O_NONBLOCK).value();
    const posix::UniqueFd target = memory_file();
    CHECK(copy_bytes(source.get(), target.get(), kAll).failed == CopySide::kNone);
    CHECK(text_of(target) == "Linux\n");
}

TEST_CASE("copy: a file that gives less than it says is as long as what it gave", "[judge]") {
    // Of 4096 bytes, says stat(2).
    const auto opened = posix::open_file("/sys/devices/system/cpu/online", O_RDONLY | O_NONBLOCK);
    if (!opened) {
        WARN("skipped: there is no /sys");
        return;
    }
    const posix::UniqueFd target = memory_file();
    CHECK(copy_bytes(opened->get(), target.get(), kAll).failed == CopySide::kNone);
    CHECK(text_of(target) == posix::read_file("/sys/devices/system/cpu/online").value());
}

TEST_CASE("copy: it stops when it is told to", "[judge]") {
    const posix::UniqueFd target = memory_file();
    int steps = 0;
    const CopyEnd end = copy_bytes(file_of(std::string(5 << 20, 'x')).get(), target.get(), kAll,
                                   [&steps] { return ++steps > 2; });
    CHECK(end.failed == CopySide::kRead);
    CHECK(end.os_error == ECANCELED);
    CHECK(end.bytes < 5u << 20);
}

TEST_CASE("copy: a directory cannot be read", "[judge]") {
    const posix::UniqueFd source = posix::open_file("/", O_RDONLY | O_DIRECTORY).value();
    const posix::UniqueFd target = memory_file();
    const CopyEnd end = copy_bytes(source.get(), target.get(), kAll);
    CHECK(end.failed == CopySide::kRead);
    CHECK(end.os_error == EISDIR);
}

}  // namespace
}  // namespace assay::judge
