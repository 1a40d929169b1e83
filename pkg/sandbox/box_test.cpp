#include "pkg/sandbox/box.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>

#include "pkg/posix/files.hpp"

namespace assay::sandbox {
namespace {

struct Run {
    std::string output;
    ProgramExit exit;
};

BoxSpec shell(const std::string& script) {
    BoxSpec spec;
    spec.filesystem.binds = {{"/usr", "/usr"}};
    for (const char* name : {"bin", "lib", "lib64", "sbin"}) {
        const std::string path = std::string("/") + name;
        if (std::filesystem::is_symlink(path)) {
            spec.filesystem.symlinks.push_back({path, std::filesystem::read_symlink(path)});
        } else if (std::filesystem::exists(path)) {
            spec.filesystem.binds.push_back({path, path});
        }
    }
    spec.program.arguments = {"sh", "-c", script};
    spec.program.environment = {"PATH=/usr/bin:/bin"};
    return spec;
}

Run run(BoxSpec spec) {
    posix::Pipe pipe = posix::make_pipe().value();
    spec.program.stdout_fd = pipe.write_end.get();
    spec.program.stderr_fd = pipe.write_end.get();
    Box box = Box::create(spec).value();
    const ProgramStart start = box.start({}).value();
    REQUIRE(start.error == 0);
    pipe.write_end.reset();
    Run result;
    result.output = posix::read_all(pipe.read_end.get(), "the output").value();
    result.exit = box.finish().value();
    return result;
}

std::string output_of(const std::string& script) {
    return run(shell(script)).output;
}

class TemporaryDirectory {
  public:
    TemporaryDirectory() : path_("/tmp/assay-box-test-XXXXXX") {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

TEST_CASE("box: what the caller ignores has its default action in the program", "[sandbox]") {
    const auto pipe = ::signal(SIGPIPE, SIG_IGN);
    const auto user = ::signal(SIGUSR1, SIG_IGN);
    const std::string ignored = output_of("grep SigIgn /proc/self/status");
    ::signal(SIGPIPE, pipe);
    ::signal(SIGUSR1, user);
    CHECK(ignored == "SigIgn:\t0000000000000000\n");
}

TEST_CASE("box: the exit status is the program's", "[sandbox]") {
    const Run exited = run(shell("echo out; exit 7"));
    CHECK(exited.output == "out\n");
    CHECK(WEXITSTATUS(exited.exit.wait_status) == 7);
    CHECK(WTERMSIG(run(shell("kill -SEGV $$")).exit.wait_status) == SIGSEGV);
    CHECK(WTERMSIG(run(shell("kill -ABRT $$")).exit.wait_status) == SIGABRT);
}

TEST_CASE("box: a program that is not there is told by the start", "[sandbox]") {
    BoxSpec spec = shell("");
    spec.program.arguments = {"no-such-program"};
    Box box = Box::create(spec).value();
    CHECK(box.start({}).value().error == ENOENT);
}

TEST_CASE("box: nothing of the host lies above its root", "[sandbox]") {
    CHECK(output_of("cd /; cd ../../..; ls -d usr proc root 2>/dev/null") == "proc\nusr\n");
    CHECK(output_of("ls -d /../root /../home/* 2>/dev/null") == "/../home/assay\n");
}

TEST_CASE("box: with a rootfs nothing of the host lies above it either", "[sandbox]") {
    const TemporaryDirectory root;
    BoxSpec spec = shell("cd /; ls -d ../* /../root 2>&1; echo x > /made && cat /made");
    spec.filesystem.rootfs = root.path();
    const Run result = run(spec);
    CHECK(result.output.find("/../root: No such file") == std::string::npos);
    CHECK(result.output.find("root") != std::string::npos);
    CHECK(result.output.ends_with("x\n"));
    // The overlay took the writing: the directory below it is untouched, but for nothing at all.
    CHECK(std::filesystem::is_empty(root.path()));
}

TEST_CASE("box: only the listed places can be written", "[sandbox]") {
    CHECK(output_of("for d in / /usr /dev /proc /etc /tmp /var/tmp /dev/shm /home/assay; do "
                    "touch $d/probe 2>/dev/null && echo $d; done") ==
          "/tmp\n/var/tmp\n/dev/shm\n/home/assay\n");
}

TEST_CASE("box: the disk limit holds for all writable places together", "[sandbox]") {
    BoxSpec spec = shell("head -c 600k /dev/zero > /tmp/a && head -c 600k /dev/zero > /dev/shm/b");
    spec.filesystem.disk_bytes = 1 << 20;
    const Run result = run(spec);
    CHECK(WEXITSTATUS(result.exit.wait_status) != 0);
    CHECK(result.output.find("No space left on device") != std::string::npos);
}

TEST_CASE("box: the inode limit counts what the program makes", "[sandbox]") {
    BoxSpec spec = shell(
        "i=0; while [ $i -lt 50 ] && mkdir /tmp/$i 2>/dev/null; do i=$((i+1)); done; echo $i");
    spec.filesystem.inodes = 20;
    CHECK(run(spec).output == "20\n");
}

TEST_CASE("box: what is left when the program ends is killed and counted", "[sandbox]") {
    const Run result = run(shell("sleep 1000 & (sleep 1000 & ) ; exit 3"));
    CHECK(WEXITSTATUS(result.exit.wait_status) == 3);
    CHECK(result.exit.leftover_processes == 2);
}

TEST_CASE("box: the init cannot be killed, stopped or traced from inside", "[sandbox]") {
    CHECK(
        output_of(
            "kill -KILL 1 2>/dev/null; kill -STOP 1 2>/dev/null; "
            "cat /proc/1/environ /proc/1/mem 2>/dev/null; ls /proc/1/fd 2>/dev/null; echo alive") ==
        "alive\n");
}

TEST_CASE("box: a program has no capability and no descriptor but its streams", "[sandbox]") {
    CHECK(output_of("grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status | tr -d '0\\t\\n'") ==
          "CapInh:CapPrm:CapEff:CapBnd:CapAmb:");
    CHECK(output_of("ls /proc/self/fd | tr '\\n' ' '") == "0 1 2 3 ");  // 3 is the directory itself
}

TEST_CASE("box: kill ends everything and finish still reports", "[sandbox]") {
    Box box = Box::create(shell("trap '' TERM INT; sleep 1000 & while :; do :; done")).value();
    REQUIRE(box.start({}).value().error == 0);
    box.kill();
    box.kill();
    CHECK(WTERMSIG(box.finish().value().wait_status) == SIGKILL);
}

TEST_CASE("box: files come out only when they are regular and no link leads to them", "[sandbox]") {
    BoxSpec spec = shell(
        "cd /tmp; echo good > file; ln -s /etc/passwd link; mkfifo fifo; mkdir d; echo deep > d/f; "
        "ln -s d e");
    Box box = Box::create(spec).value();
    REQUIRE(box.start({}).value().error == 0);
    REQUIRE(box.finish().has_value());
    const auto text = [&](const std::string& path) {
        return posix::read_all(box.open_output(path).value().get(), path).value();
    };
    CHECK(text("/tmp/file") == "good\n");
    CHECK(text("/tmp/d/f") == "deep\n");
    CHECK(box.open_output("/tmp/link").error().message ==
          "cannot copy out /tmp/link: a symbolic link");
    CHECK(box.open_output("/tmp/e/f").error().message ==
          "cannot copy out /tmp/e/f: a symbolic link");
    CHECK(box.open_output("/tmp/fifo").error().message ==
          "cannot copy out /tmp/fifo: not a regular file");
    CHECK(box.open_output("/tmp/d").error().message ==
          "cannot copy out /tmp/d: not a regular file");
    CHECK_FALSE(box.open_output("/tmp/../../etc/passwd").has_value());
    CHECK_FALSE(box.open_output("/proc/1/exe").has_value());
}

TEST_CASE("box: files copied in belong to the program", "[sandbox]") {
    const TemporaryDirectory directory;
    const std::string source = directory.path() + "/input";
    REQUIRE(posix::write_file(source, "payload", 0600).has_value());
    BoxSpec spec = shell(
        "cat /data/in/file; echo; echo more >> /tmp/in/file && cat /tmp/in/file; touch /data/in/x");
    spec.filesystem.copy_in = {{source, "/data/in/file"}, {source, "/tmp/in/file"}};
    const std::string output = run(spec).output;
    CHECK(output.starts_with("payload\npayloadmore\n"));
    CHECK(output.find("Read-only file system") != std::string::npos);
    CHECK(posix::read_file(source).value() == "payload");
}

TEST_CASE("box: a private directory of the caller can be shared with the program", "[sandbox]") {
    const TemporaryDirectory directory;  // 0700
    REQUIRE(posix::write_file(directory.path() + "/secret", "mine", 0600).has_value());
    BoxSpec spec = shell("cat /shared/secret; echo; touch /shared/new 2>/dev/null && echo wrote");
    spec.filesystem.binds.push_back({directory.path(), "/shared", false, true});
    CHECK(run(spec).output == "mine\n");
    spec.filesystem.binds.back().writable = true;
    CHECK(run(spec).output == "mine\nwrote\n");
    struct stat made {};
    REQUIRE(::stat((directory.path() + "/new").c_str(), &made) == 0);
    CHECK(made.st_uid == ::geteuid());
}

TEST_CASE("box: two live boxes share neither uid nor ipc nor abstract sockets", "[sandbox]") {
    Box first = Box::create(shell("sleep 1000")).value();
    Box second = Box::create(shell("sleep 1000")).value();
    REQUIRE(first.start({}).value().error == 0);
    REQUIRE(second.start({}).value().error == 0);
    if (::geteuid() == 0) CHECK(first.host_uid() != second.host_uid());
    const auto link = [](const Box& box, const char* name) {
        return std::filesystem::read_symlink("/proc/" + std::to_string(box.init_pid()) + "/ns/" +
                                             name);
    };
    if (::geteuid() == 0) {
        for (const char* name : {"ipc", "net", "mnt", "pid", "user", "uts"}) {
            CHECK(link(first, name) != link(second, name));
        }
    }
}

}  // namespace
}  // namespace assay::sandbox
