// Requests and programs that want more of the server than their share.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "internal/judge/execute/pool_fixture.hpp"
#include "pkg/posix/files.hpp"

namespace assay::judge {
namespace {

namespace fs = std::filesystem;

// Removed with all it has; open to everybody, as a directory that is bound into slots must be.
class Room {
  public:
    Room() : path_("/tmp/assay-hostile-test-XXXXXX") {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
        REQUIRE(::chmod(path_.c_str(), 0755) == 0);
    }
    ~Room() { fs::remove_all(path_); }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

void write_file(const std::string& path, std::string_view text, mode_t mode) {
    REQUIRE(posix::write_file(path, text).has_value());
    REQUIRE(::chmod(path.c_str(), mode) == 0);
}

std::size_t zygotes(const PoolFixture& fixture) {
    const std::string pid = std::to_string(fixture.keeper());
    const std::string children =
        posix::read_file("/proc/" + pid + "/task/" + pid + "/children").value();
    return static_cast<std::size_t>(std::count(children.begin(), children.end(), ' '));
}

void await(const std::function<bool()>& condition) {
    while (!condition()) std::this_thread::yield();
}

TEST_CASE("hostile: slots beyond the usual need go when they are free", "[judge][slow]") {
    PoolOptions options;
    options.parallelism = 1;
    PoolFixture fixture(options);
    if (!fixture.usable()) return;
    const Response response = fixture.run(request_of(std::vector<Command>(6, shell("echo well"))));
    CHECK(response.results.size() == 6);
    await([&] { return fixture.metrics().running.value() == 0; });
    await([&] { return zygotes(fixture) <= 3; });
    CHECK(fixture.metrics().slots_broken.value() == 0);
    CHECK(fixture.run(shell("echo well")).files.at("stdout") == "well\n");
}

TEST_CASE("hostile: more files than a program can have are refused at once", "[judge][slow]") {
    PoolOptions options;
    options.open_file_limit = GENERATE(20U, 100000U);
    const std::size_t most = std::min<std::size_t>(options.open_file_limit, 256);
    PoolFixture fixture(options);
    if (!fixture.usable()) return;
    Command command = shell("ls /proc/self/fd | wc -l");
    put(command, most, CachedFile{"ABCDEFGH"});
    const Response response = fixture.run(request_of({command}));
    CHECK(response.error == "pipe: too many files: " + std::to_string(most + 1) + " (at most " +
                                std::to_string(most) + ")");
    CHECK(fixture.metrics().slots_broken.value() == 0);

    Request request = request_of({shell("echo x"), shell("cat")});
    PipeMapping mapping;
    mapping.in = {0, static_cast<std::int64_t>(most)};
    mapping.out = {1, 3};
    request.pipes = {mapping};
    CHECK(fixture.run(request).error == "pipe: index out of range " + std::to_string(most));
}

TEST_CASE("hostile: the kernel's files are no targets", "[judge][slow]") {
    const std::string path = "/kernel/sys/vm/overcommit_ratio";
    PoolFixture fixture(PoolOptions{}, {{sandbox::SlotMountKind::kProc, {}, "/kernel", false, {}}});
    if (!fixture.usable()) return;
    // The value that it has, so that nothing changes should it be written.
    const std::string value = posix::read_file("/proc/sys/vm/overcommit_ratio").value();
    Command command = shell("echo ran");
    command.copy_in = {{path, MemoryFile{value}}};
    const CommandResult result = fixture.run(command);
    CHECK(result.status == Status::kFileError);
    REQUIRE(result.file_errors.size() == 1);
    CHECK(result.file_errors[0].type == FileErrorType::kCopyInCreateFile);
    command = shell("echo ran");
    command.files[1] = Collector{path, 100};
    CHECK_FALSE(fixture.run(request_of({command})).error.empty());
    command = shell("echo ran");
    command.copy_out = {{"/proc/self/status", false}, {"/proc/sys/kernel/ostype", false}};
    const CommandResult out = fixture.run(command);
    CHECK(out.status == Status::kFileError);
    CHECK_FALSE(out.files.contains("/proc/sys/kernel/ostype"));
}

TEST_CASE("hostile: a pipe or a device as a source holds nobody up", "[judge][slow]") {
    const Room room;
    REQUIRE(::mkfifo((room / "pipe").c_str(), 0600) == 0);
    const posix::UniqueFd writer = posix::open_file(room / "pipe", O_RDWR).value();
    PoolFixture fixture;
    if (!fixture.usable()) return;
    for (const std::string& source : {room / "pipe", std::string("/dev/zero")}) {
        Command command = shell("echo ran");
        command.copy_in = {{"a", LocalFile{source}}};
        const CommandResult result = fixture.run(command);
        CHECK(result.status == Status::kFileError);
        REQUIRE(result.file_errors.size() == 1);
        CHECK(result.file_errors[0].type == FileErrorType::kCopyInOpenFile);
        CHECK(result.error == source + " is not a regular file");
    }
}

TEST_CASE("hostile: a pipe or a device as a target holds nobody up", "[judge][slow]") {
    const Room room;
    REQUIRE(::mkfifo((room / "pipe").c_str(), 0666) == 0);
    REQUIRE(::chmod((room / "pipe").c_str(), 0666) == 0);
    const posix::UniqueFd reader = posix::open_file(room / "pipe", O_RDWR).value();
    PoolFixture fixture(PoolOptions{},
                        {{sandbox::SlotMountKind::kBind, room.path(), "/room", false, {}}});
    if (!fixture.usable()) return;
    for (const std::string target : {"/room/pipe", "/dev/null"}) {
        Command command = shell("echo ran");
        command.copy_in = {{target, MemoryFile{std::string(1 << 20, 'x')}}};
        const CommandResult result = fixture.run(command);
        CHECK(result.status == Status::kFileError);
        CHECK(result.error == target + " is not a regular file");
    }
}

TEST_CASE("hostile: what a program cannot read is not copied out for it", "[judge][slow]") {
    if (::geteuid() != 0) {
        WARN("skipped: not root, the server reads no more than the program");
        return;
    }
    const Room room;
    write_file(room / "secret", "secret", 0600);
    write_file(room / "group", "secret", 0640);
    write_file(room / "open", "open", 0644);
    fs::create_directory(room / "closed");
    write_file(room / "closed/file", "secret", 0644);
    REQUIRE(::chmod((room / "closed").c_str(), 0700) == 0);
    PoolFixture fixture(PoolOptions{},
                        {{sandbox::SlotMountKind::kBind, room.path(), "/room", false, {}}});
    if (!fixture.usable()) return;
    Command command = shell("ln -s /room d; ! cat /room/secret /room/group /room/closed/file");
    command.copy_out = {{"/room/secret", false},
                        {"d/secret", false},
                        {"d/group", false},
                        {"d/closed/file", false},
                        {"d/open", false}};
    command.copy_out_cached = {{"d/../room/secret", false}};
    const CommandResult result = fixture.run(command);
    CHECK(result.status == Status::kFileError);
    CHECK(result.error == "open /room/secret: permission denied");
    CHECK(result.file_errors.size() == 5);
    CHECK(result.files ==
          std::map<std::string, std::string>{
              {"d/open", "open"}, {"stdout", ""}, {"stderr", result.files.at("stderr")}});
    CHECK(result.file_ids.empty());
}

TEST_CASE("hostile: a program's own file comes out, whatever its mode", "[judge][slow]") {
    PoolFixture fixture;
    if (!fixture.usable()) return;
    Command command = shell("echo a >a; chmod 0 a; mkdir d; echo b >d/b; chmod 0 d d/b");
    command.copy_out = {{"a", false}, {"d/b", false}};
    const CommandResult result = fixture.run(command);
    INFO(result.error);
    if (::geteuid() != 0) return;
    CHECK(result.files.at("a") == "a\n");
    CHECK(result.files.at("d/b") == "b\n");
}

TEST_CASE("hostile: texts of one response have a limit together", "[judge][slow]") {
    PoolOptions options;
    options.copy_out_limit_bytes = 1 << 20;
    options.answer_limit_bytes = 3 << 20;
    PoolFixture fixture(options);
    if (!fixture.usable()) return;
    Command command = shell("head -c 1048576 /dev/zero >a");
    command.copy_out = {{"a", false}, {"./a", false}, {"/w/a", false}, {"//w/a", false}};
    const Response response = fixture.run(request_of({command, command}));
    REQUIRE(response.results.size() == 2);
    std::size_t bytes = 0;
    for (const CommandResult& result : response.results) {
        CHECK(result.status == Status::kFileError);
        for (const auto& [name, text] : result.files) bytes += text.size();
    }
    CHECK(bytes == 3u << 20);
    CHECK(response.results[0].file_errors.at(0).type == FileErrorType::kCopyOutSizeExceeded);
    CHECK(response.results[0].error == "copyout: \"//w/a\" size (1048576) exceeds limit (0)");
}

TEST_CASE("hostile: collectors of one request share that limit", "[judge][slow]") {
    PoolOptions options;
    options.copy_out_limit_bytes = 0;
    options.answer_limit_bytes = 1 << 20;
    PoolFixture fixture(options);
    if (!fixture.usable()) return;
    Command command = shell("for fd in 1 2 3 4; do head -c 1000000 /dev/zero >&$fd; done");
    command.files.resize(5);
    for (std::size_t fd = 1; fd < 5; ++fd) {
        command.files[fd] = Collector{"out" + std::to_string(fd), 2'000'000, true};
    }
    const CommandResult result = fixture.run(command);
    CHECK(result.status == Status::kOutputLimitExceeded);
    std::size_t bytes = 0;
    for (const auto& [name, text] : result.files) bytes += text.size();
    CHECK(bytes == 1u << 20);
}

TEST_CASE("hostile: files without end take no memory of the server", "[judge][slow]") {
    PoolOptions options;
    options.output_limit_bytes = 0;
    options.copy_out_limit_bytes = 0;
    options.answer_limit_bytes = 1 << 20;
    PoolFixture fixture(options);
    if (!fixture.usable()) return;
    Command command =
        shell("truncate -s 10G a; truncate -s 10G stdout; head -c 5000000 /dev/zero >&2");
    command.files[1] = Collector{"stdout", std::int64_t{1} << 40};
    command.files[2] = Collector{"stderr", std::int64_t{1} << 40, true};
    command.copy_out = {{"a", false}};
    command.copy_out_cached = {{"./a", false}};
    const CommandResult result = fixture.run(command);
    CHECK(result.status == Status::kOutputLimitExceeded);
    for (const auto& [name, text] : result.files) CHECK(text.size() <= (1 << 20) + 1);
    const auto stored = fixture.store().get(result.file_ids.at("./a")).value();
    struct stat status {};
    REQUIRE(::fstat(stored->file.get(), &status) == 0);
    CHECK(status.st_size == off_t{10} << 30);
    CHECK(status.st_blocks * 512 < 8 << 20);
}

TEST_CASE("hostile: a source outside the prefixes refuses the request", "[judge][slow]") {
    const Room room;
    write_file(room / "file", "inside", 0644);
    fs::create_symlink("/etc/passwd", room / "link");
    PoolOptions options;
    options.source_prefixes = {room.path()};
    PoolFixture fixture(options);
    if (!fixture.usable()) return;
    Command command = shell("cat a -");
    command.files[0] = LocalFile{room / "file"};
    command.copy_in = {{"a", LocalFile{room / "file"}}};
    CHECK(fixture.run(command).files.at("stdout") == "insideinside");
    const std::uint64_t slots = fixture.metrics().slots_made.value();
    command.files[0] = LocalFile{room / "link"};
    Response response = fixture.run(request_of({command, command}));
    CHECK(response.error ==
          "file (" + (room / "link") + ") does not under ([" + room.path() + "])");
    CHECK(response.refusal == Refusal::kUnacceptable);
    command.files[0] = MemoryFile{};
    command.copy_in = {{"a", LocalFile{room / "none"}}};
    response = fixture.run(request_of({command}));
    CHECK(response.error == "lstat " + (room / "none") + ": no such file or directory");
    CHECK(response.refusal == Refusal::kUnacceptable);
    CHECK(fixture.metrics().slots_made.value() == slots);
}

}  // namespace
}  // namespace assay::judge
