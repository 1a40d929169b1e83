// Processes that multiply, hide, refuse to die or attack their keeper.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

// Children that stay; the parent counts them and leaves them behind.
static int fork_bomb(int argc, char** argv) {
    (void)argc, (void)argv;
    long made = 0;
    pid_t child = 0;
    while (made < kProcessCap && !out_of_time()) {
        child = fork();
        if (child == 0) linger();
        if (child < 0) break;
        made++;
    }
    outcome("fork", child);
    printf("made: %ld\n", made);
    return 0;
}

// Every process forks for as long as it can: nobody is there to count.
static int fork_storm(int argc, char** argv) {
    (void)argc, (void)argv;
    atomic_long* made =
        mmap(NULL, sizeof *made, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must("share a counter", made == MAP_FAILED ? -1 : 0);
    while (!out_of_time()) {
        if (atomic_load(made) < kProcessCap && fork() > 0) atomic_fetch_add(made, 1);
    }
    return 0;
}

static void* stay(void* unused) {
    (void)unused;
    linger();
}

static int thread_bomb(int argc, char** argv) {
    (void)argc, (void)argv;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 16384);
    long made = 0;
    int failed = 0;
    while (made < kProcessCap && failed == 0) {
        pthread_t thread;
        failed = pthread_create(&thread, &attributes, stay, NULL);
        if (failed == 0) made++;
    }
    errno = failed;
    outcome("thread", failed == 0 ? 0 : -1);
    printf("made: %ld\n", made);
    return 0;
}

// A grandchild in a session of its own, whose parent is gone. Runs `work` and gives back a pipe
// that becomes readable afterwards.
static int daemonise(void (*work)(long), long argument) {
    int done[2];
    must("make a pipe", pipe(done));
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            work(argument);
            must("tell", write(done[1], "x", 1));
            linger();
        }
        _exit(0);
    }
    wait(NULL);
    return done[0];
}

static void no_work(long unused) {
    (void)unused;
}

static void await(int descriptor) {
    char byte;
    must("hear of the daemon", read(descriptor, &byte, 1));
}

static int daemon_stays(int argc, char** argv) {
    (void)argc, (void)argv;
    await(daemonise(no_work, 0));
    return 0;
}

static int daemon_burns(int argc, char** argv) {
    await(daemonise(burn_ms, number(argc, argv, 1, 200)));
    return 0;
}

static int burn(int argc, char** argv) {
    burn_ms(number(argc, argv, 1, 100));
    return 0;
}

static void* burn_then_exit(void* ms) {
    burn_ms((long)(intptr_t)ms);
    _exit(7);
}

static int leader_exits(int argc, char** argv) {
    pthread_t thread;
    pthread_create(&thread, NULL, burn_then_exit, (void*)(intptr_t)number(argc, argv, 1, 200));
    syscall(SYS_exit, 0);  // this thread alone
    return 0;
}

static void* exec_burn(void* ms) {
    execl("/proc/self/exe", "attack", "burn", (const char*)ms, NULL);
    return NULL;
}

static int thread_execs(int argc, char** argv) {
    static char ms[32];
    snprintf(ms, sizeof ms, "%ld", number(argc, argv, 1, 200));
    pthread_t thread;
    pthread_create(&thread, NULL, exec_burn, ms);
    linger();
}

static int sleep_on(int argc, char** argv) {
    (void)argc, (void)argv;
    puts("sleeping");
    fflush(stdout);
    linger();
}

// `deaf spin` or `deaf sleep`: every signal that can be blocked is.
static int deaf(int argc, char** argv) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    if (word(argc, argv, 1, "spin")[1] == 'l') linger();
    while (!out_of_time()) {
    }
    return 0;
}

static int stop_self(int argc, char** argv) {
    (void)argc, (void)argv;
    raise(SIGSTOP);
    return 0;
}

// Children that spin, stopped and continued in turn: at every moment one of them runs.
static int stop_children(int argc, char** argv) {
    (void)argc, (void)argv;
    pid_t children[2];
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            while (!out_of_time()) {
            }
            _exit(0);
        }
    }
    for (int turn = 0; !out_of_time(); turn ^= 1) {
        kill(children[turn], SIGSTOP);
        kill(children[turn ^ 1], SIGCONT);
        usleep(3000);
    }
    kill(children[0], SIGKILL);
    kill(children[1], SIGKILL);
    return 0;
}

// The parent stands in the kernel until the child of vfork ends, which it does not.
static int vfork_holds(int argc, char** argv) {
    const bool spin = word(argc, argv, 1, "sleep")[1] == 'p';
    const pid_t child = (pid_t)syscall(SYS_vfork);
    if (child == 0) {
        while (!out_of_time()) {
            if (!spin) usleep(100000);
        }
        _exit(0);
    }
    return 0;
}

static int kill_everybody(int argc, char** argv) {
    must_be_boxed(argc, argv);
    outcome("kill(1)", kill(1, SIGKILL));
    outcome("kill(-1)", kill(-1, SIGKILL));
    usleep(20000);  // time for a keeper that was hit to take everything down
    outcome("alive afterwards", 0);
    return 0;
}

static int attack_init(int argc, char** argv) {
    must_be_boxed(argc, argv);
    char byte = 0;
    const struct iovec here = {&byte, 1};
    const struct iovec there = {(void*)0x400000, 1};
    outcome("ptrace init", ptrace(PTRACE_SEIZE, 1, NULL, NULL));
    outcome("open init's memory", open("/proc/1/mem", O_RDWR));
    outcome("read init's memory", process_vm_readv(1, &here, 1, &there, 1, 0));
    outcome("write init's memory", process_vm_writev(1, &here, 1, &there, 1, 0));
    outcome("list init's descriptors", open("/proc/1/fd/0", O_RDONLY));
    outcome("look at init's root", open("/proc/1/root/proc", O_RDONLY));
    outcome("steal init's descriptor",
            syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, 1, 0), 0, 0));
    kill(1, SIGSTOP);
    usleep(20000);
    outcome("alive afterwards", 0);
    return 0;
}

static int zombies(int argc, char** argv) {
    (void)argc, (void)argv;
    long made = 0;
    pid_t child = 0;
    while (made < 100000 && !out_of_time()) {
        child = fork();
        if (child == 0) _exit(0);
        if (child < 0) break;
        made++;
    }
    outcome("fork", child);
    printf("made: %ld\n", made);
    return 0;
}

static int trace_child(int argc, char** argv) {
    (void)argc, (void)argv;
    const pid_t child = fork();
    if (child == 0) linger();
    outcome("ptrace own child", ptrace(PTRACE_SEIZE, child, NULL, NULL));
    kill(child, SIGKILL);
    return 0;
}

// Exits only when told by a line on standard input.
static int wait_for_line(int argc, char** argv) {
    (void)argc, (void)argv;
    puts("ready");
    fflush(stdout);
    char byte = 0;
    while (read(0, &byte, 1) == 1 && byte != '\n') {
    }
    return 0;
}

const struct attack kProcessAttacks[] = {
    {"fork-bomb", fork_bomb},
    {"fork-storm", fork_storm},
    {"thread-bomb", thread_bomb},
    {"daemon-stays", daemon_stays},
    {"daemon-burns", daemon_burns},
    {"burn", burn},
    {"leader-exits", leader_exits},
    {"thread-execs", thread_execs},
    {"sleep", sleep_on},
    {"deaf", deaf},
    {"stop-self", stop_self},
    {"stop-children", stop_children},
    {"vfork-holds", vfork_holds},
    {"kill-everybody", kill_everybody},
    {"attack-init", attack_init},
    {"zombies", zombies},
    {"trace-child", trace_child},
    {"wait-for-line", wait_for_line},
    {NULL, NULL},
};
