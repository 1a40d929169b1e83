#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "pkg/posix/files.hpp"

namespace assay::posix {
namespace {

TEST_CASE("posix: a unique descriptor closes once and moves", "[posix]") {
    int raw = -1;
    {
        UniqueFd outer;
        {
            Pipe pipe = make_pipe().value();
            raw = pipe.read_end.get();
            outer = std::move(pipe.read_end);
            CHECK_FALSE(pipe.read_end);
        }
        CHECK(::fcntl(raw, F_GETFD) == FD_CLOEXEC);
    }
    CHECK(::fcntl(raw, F_GETFD) == -1);
    CHECK(errno == EBADF);
}

TEST_CASE("posix: files are read whole, also those of size 0", "[posix]") {
    CHECK(read_file("/proc/self/stat").value().size() > 20);
    CHECK(read_file("/no/such/file").error().message ==
          "cannot open /no/such/file: No such file or directory");
    CHECK(read_file("/proc/self/stat", 3).error().kind == ErrorKind::kUsage);
    CHECK(read_file("/tmp").error().os_error == EISDIR);
}

TEST_CASE("posix: what is written is read back", "[posix]") {
    const std::string path = "/tmp/assay-posix-test-" + std::to_string(::getpid());
    const std::string text(100000, 'x');
    REQUIRE(write_file(path, text).has_value());
    CHECK(read_file(path).value() == text);
    REQUIRE(write_kernel_file(path, "abc").has_value());
    CHECK(read_file(path).value().substr(0, 4) == "abcx");
    ::unlink(path.c_str());
    CHECK(write_kernel_file(path, "abc").error().os_error == ENOENT);
}

}  // namespace
}  // namespace assay::posix
