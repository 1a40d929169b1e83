// Real programs that must not notice the policies. Each one is run as installed on this host; one
// that is not there is skipped by name.
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cstdio>

#include "internal/testing/filtered_child.hpp"
#include "pkg/sandbox/seccomp.hpp"

namespace assay::sandbox {
namespace {

using testing::Ran;
using testing::ScratchDirectory;

struct Program {
    std::string needs;   // found in PATH
    std::string script;  // for sh -e
    std::string says;    // somewhere in its output
};

void check_runs(std::span<const sock_filter> filter, const Program& program) {
    if (!testing::is_installed(program.needs)) {
        std::printf("skipped: %s is not installed\n", program.needs.c_str());
        return;
    }
    const ScratchDirectory directory;
    const Ran ran =
        testing::run_under(filter, {"/bin/sh", "-ec", program.script}, directory.path());
    INFO(program.script << "\n" << ran.output);
    CHECK(ran.status == 0);
    CHECK(ran.output.find(program.says) != std::string::npos);
}

constexpr char kThreads[] = R"(cat > t.cpp <<'END'
#include <cstdio>
#include <future>
#include <vector>
int main() {
    std::vector<std::future<int>> parts;
    for (int i = 0; i < 8; ++i) parts.push_back(std::async(std::launch::async, [i] { return i; }));
    int sum = 0;
    for (auto& part : parts) sum += part.get();
    std::printf("sum %d\n", sum);
}
END
)";

constexpr char kNode[] = R"(cat > t.js <<'END'
const fs = require('fs'), http = require('http'), { execFile } = require('child_process');
const { Worker } = require('worker_threads');
let x = 0; for (let i = 0; i < 3e6; i++) x = (x * 31 + i) | 0;
fs.writeFileSync('f', 'text');
const worker = new Worker('require("worker_threads").parentPort.postMessage(7)', { eval: true });
worker.on('message', () => fs.readFile('f', () => {
  execFile('/bin/echo', ['child'], (error, out) => {
    const server = http.createServer((q, a) => a.end('served ' + out.trim()));
    server.listen(0, '127.0.0.1', () =>
      http.get({ port: server.address().port }, a => a.on('data', d => {
        console.log('' + d); server.close(); process.exit(error ? 1 : 0); })));
  });
}));
END
node t.js)";

constexpr char kPython[] = R"(cat > t.py <<'END'
import asyncio, multiprocessing, os, socket, subprocess, tempfile, threading
def square(x): return x * x
async def main():
    child = await asyncio.create_subprocess_exec('/bin/echo', 'child', stdout=subprocess.PIPE)
    return (await child.communicate())[0].decode().strip()
if __name__ == '__main__':
    thread = threading.Thread(target=square, args=(2,)); thread.start(); thread.join()
    with multiprocessing.Pool(2) as pool: total = sum(pool.map(square, range(5)))
    with tempfile.TemporaryFile() as file: file.write(b'x')
    left, right = socket.socketpair(); left.send(b'!'); right.recv(1)
    socket.getaddrinfo('127.0.0.1', 80)
    print(asyncio.run(main()), total)
END
python3 t.py)";

constexpr char kJava[] = R"(cat > T.java <<'END'
import java.util.stream.*;
public class T {
    public static void main(String[] a) throws Exception {
        Thread t = new Thread(() -> System.out.println("thread")); t.start(); t.join();
        System.out.println("sum " + IntStream.range(0, 100000).parallel().asLongStream().sum());
    }
}
END
javac T.java && java -cp . T)";

constexpr char kGo[] = R"(cat > t.go <<'END'
package main
import ("fmt"; "os/exec"; "sync")
func main() {
    var group sync.WaitGroup
    for i := 0; i < 50; i++ { group.Add(1); go group.Done() }
    group.Wait()
    out, err := exec.Command("/bin/echo", "child").Output()
    fmt.Print(string(out), err, "\n")
}
END
GOFLAGS=-mod=mod GOCACHE=$PWD/cache HOME=$PWD go run t.go)";

}  // namespace

TEST_CASE("policies: compilers and what they make run under the default", "[policies][slow]") {
    const std::string threads = kThreads;
    check_runs(default_program(), {"g++", threads + "g++ -O1 -pthread t.cpp && ./a.out", "sum 28"});
    check_runs(default_program(),
               {"clang++", threads + "clang++ -pthread t.cpp && ./a.out", "sum 28"});
    check_runs(default_program(),
               {"rustc",
                "echo 'fn main() { let t = std::thread::spawn(|| 3); println!(\"got {}\", "
                "t.join().unwrap()); }' > t.rs; rustc t.rs && ./t",
                "got 3"});
    check_runs(default_program(), {"cargo", "cargo --version", "cargo"});
    check_runs(default_program(), {"javac", kJava, "sum 4999950000"});
    check_runs(default_program(), {"go", kGo, "child"});
}

TEST_CASE("policies: sanitizers work under the default", "[policies][slow]") {
    // LeakSanitizer stops the threads by ptrace, ThreadSanitizer starts again by personality.
    const std::string threads = kThreads;
    check_runs(
        default_program(),
        {"g++", threads + "g++ -fsanitize=address,undefined -pthread t.cpp && ./a.out", "sum 28"});
    check_runs(default_program(),
               {"g++", threads + "g++ -fsanitize=thread -pthread t.cpp && ./a.out", "sum 28"});
    check_runs(default_program(),
               {"g++",
                "echo 'int main() { new int[7]; }' > t.cpp; g++ -fsanitize=address -w t.cpp; "
                "./a.out || echo code $?",
                "28 byte(s) leaked"});
}

TEST_CASE("policies: interpreters run under the default", "[policies][slow]") {
    check_runs(default_program(), {"node", kNode, "served child"});
    check_runs(default_program(), {"python3", kPython, "child 30"});
    check_runs(default_program(), {"perl", "perl -MSocket -e 'print `echo child`, 6 * 7'", "42"});
    check_runs(default_program(),
               {"ruby", "ruby -e 'puts Thread.new { `echo child` }.value'", "child"});
    check_runs(default_program(), {"php", "php -r 'echo 6 * 7;'", "42"});
    check_runs(default_program(), {"lua5.1", "lua5.1 -e 'print(6 * 7)'", "42"});
}

TEST_CASE("policies: shells and tools run under the default", "[policies][slow]") {
    check_runs(default_program(), {"bash",
                                   "bash -c 'set -o pipefail; seq 1000 | tee >(cat > copy) | sort "
                                   "-rn | head -c 4; wait; (sleep 0 & wait); "
                                   "trap \"echo caught\" TERM; kill $$'",
                                   "caught"});
    check_runs(
        default_program(),
        {"xz", "seq 9999 > f; tar cJf f.tar.xz f; rm f; tar xJf f.tar.xz; tail -n1 f", "9999"});
    check_runs(
        default_program(),
        {"git",
         "git init -q r; cd r; git config user.email a@b; git config user.name n; echo 1 > f; "
         "git add f; git commit -qm first; git log --oneline; git gc -q",
         "first"});
    check_runs(default_program(),
               {"make", "printf 'a b:\\n\\techo made $@\\nall: a b\\n' > Makefile; make -j4 all",
                "made b"});
}

TEST_CASE("policies: tracers and debuggers work on their own children", "[policies][slow]") {
    check_runs(default_program(),
               {"strace", "strace -f -e trace=execve sh -c '/bin/true; :'", "exited with 0"});
    check_runs(default_program(), {"gdb", "gdb -nx -batch -ex run /bin/true", "exited normally"});
}

TEST_CASE("policies: a single computing program runs under strict", "[policies][slow]") {
    struct Compiled {
        std::string needs;
        std::string build;
    };
    const std::string threads = kThreads;
    for (const Compiled& compiled : {Compiled{"g++", "g++ -O1 -static -pthread t.cpp"},
                                     Compiled{"g++", "g++ -O1 -pthread t.cpp"}}) {
        const ScratchDirectory directory;
        const Ran built = testing::run_under(
            default_program(), {"/bin/sh", "-ec", threads + compiled.build}, directory.path());
        INFO(built.output);
        REQUIRE(built.status == 0);
        const Ran ran = testing::run_under(strict_program(), {"./a.out"}, directory.path());
        CHECK(ran.status == 0);
        CHECK(ran.output == "sum 28\n");
    }
}

TEST_CASE("policies: interpreters and virtual machines compute under strict", "[policies][slow]") {
    struct Case {
        std::string needs;
        std::vector<std::string> arguments;
        std::string says;
    };
    for (const Case& one :
         {Case{"/usr/bin/python3",
               {"/usr/bin/python3", "-c",
                "import threading; t = threading.Thread(target=print, args=(1,)); t.start(); "
                "t.join(); print(sum(range(10)))"},
               "45"},
          Case{"perl", {"perl", "-e", "print 6 * 7"}, "42"},
          Case{"java", {"java", "-version"}, "version"},
          Case{"node", {"node", "-e", "setTimeout(() => console.log(6 * 7), 1)"}, "42"}}) {
        if (!testing::is_installed(one.needs) && ::access(one.needs.c_str(), X_OK) != 0) {
            std::printf("skipped: %s is not installed\n", one.needs.c_str());
            continue;
        }
        const ScratchDirectory directory;
        const Ran ran = testing::run_under(strict_program(), one.arguments, directory.path());
        INFO(one.needs << "\n" << ran.output);
        CHECK(ran.status == 0);
        CHECK(ran.output.find(one.says) != std::string::npos);
    }
}

TEST_CASE("policies: strict ends a program that starts another", "[policies]") {
    const ScratchDirectory directory;
    const Ran ran = testing::run_under(
        strict_program(), {"perl", "-e", "system('/bin/echo', 'child'); print 'after'"},
        directory.path());
    INFO(ran.output);
    REQUIRE(WIFSIGNALED(ran.status));
    CHECK(WTERMSIG(ran.status) == SIGSYS);
    CHECK(ran.output.empty());
}

}  // namespace assay::sandbox
