// What a program leaves for the next one that runs in the same place, and for the one that keeps
// the place.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "attack.h"

// Every kind of file in DIRECTORY, and the directory itself closed to everybody.
static int litter(int argc, char** argv) {
    const char* directory = word(argc, argv, 1, "/tmp");
    const struct sockaddr_un address = {AF_UNIX, "left-socket"};
    must("enter the directory", chdir(directory));
    outcome("file", open("left", O_WRONLY | O_CREAT, 0600));
    outcome("hidden file", open(".left", O_WRONLY | O_CREAT, 0));
    outcome("link", symlink("/", "left-link"));
    outcome("hard link", link("left", "left-twin"));
    outcome("fifo", mkfifo("left-fifo", 0));
    outcome("socket", bind(socket(AF_UNIX, SOCK_STREAM, 0), (const struct sockaddr*)&address,
                           sizeof address));
    outcome("directory", mkdir("left-directory", 0700));
    outcome("inner file", open("left-directory/left", O_WRONLY | O_CREAT, 0));
    outcome("close the directory", chmod("left-directory", 0));
    outcome("attribute", setxattr(".", "user.left", "x", 1, 0));
    outcome("close the place", chmod(".", 0));
    return 0;
}

// The streams' own files are gone, or something else.
static int unlink_streams(int argc, char** argv) {
    (void)argc, (void)argv;
    outcome("remove stdout", unlink("stdout"));
    outcome("put a directory there", mkdir("stdout", 0));
    outcome("remove stderr", unlink("stderr"));
    outcome("put a link there", symlink("/etc/passwd", "stderr"));
    return 0;
}

// Objects that no process needs to live for, many of each; the last id is told.
static int ipc_objects(int argc, char** argv) {
    const long count = number(argc, argv, 1, 100);
    int id = 0;
    for (long i = 0; i < count && id != -1; i++) id = shmget(IPC_PRIVATE, 4096, 0666);
    outcome("shared memory", id);
    outcome("lock it", id == -1 ? -1 : shmctl(id, SHM_LOCK, NULL));
    for (long i = 0; i < count && id != -1; i++) id = semget(IPC_PRIVATE, 8, 0666);
    outcome("semaphores", id);
    for (long i = 0; i < count && id != -1; i++) id = msgget(IPC_PRIVATE, 0666);
    outcome("queues", id);
    const struct {
        long type;
        char text[64];
    } message = {1, "left"};
    outcome("message", id == -1 ? -1 : msgsnd(id, &message, sizeof message.text, IPC_NOWAIT));
    outcome("POSIX queue", mq_open("/left-behind", O_RDWR | O_CREAT, 0666, NULL));
    return 0;
}

static int keys(int argc, char** argv) {
    (void)argc, (void)argv;
    for (long ring = -1; ring >= -5; ring--) {
        char what[32];
        snprintf(what, sizeof what, "key in ring %ld", -ring);
        outcome(what, syscall(SYS_add_key, "user", "left-behind", "x", 1, ring));
    }
    outcome("new session", syscall(SYS_keyctl, 1, "left-behind"));
    outcome("persistent ring", syscall(SYS_keyctl, 22, -1, -4));
    return 0;
}

static void exchange(int type) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const int server = socket(AF_INET, type, 0);
    const int client = socket(AF_INET, type, 0);
    must("bind", bind(server, (struct sockaddr*)&address, sizeof address));
    if (type == SOCK_STREAM) must("listen", listen(server, 1));
    getsockname(server, (struct sockaddr*)&address, &length);
    must("connect", connect(client, (struct sockaddr*)&address, sizeof address));
    outcome(type == SOCK_STREAM ? "tcp" : "udp", write(client, "hello", 5));
    close(client);  // the TCP one waits a minute for stray packets
    if (type == SOCK_DGRAM) close(server);
}

// Packets through loopback, and a listener that a daemon keeps.
static int traffic(int argc, char** argv) {
    (void)argc, (void)argv;
    exchange(SOCK_DGRAM);
    exchange(SOCK_STREAM);
    const struct sockaddr_un address = {AF_UNIX, "\0left-behind"};
    const int server = socket(AF_UNIX, SOCK_STREAM, 0);
    outcome("abstract socket", bind(server, (const struct sockaddr*)&address, sizeof address));
    if (fork() == 0) {
        setsid();
        linger();
    }
    return 0;
}

// One packet, or one that is refused: the smallest trace there is.
static int whisper(int argc, char** argv) {
    (void)argc, (void)argv;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons(9);
    const int udp = socket(AF_INET, SOCK_DGRAM, 0);
    outcome("udp", sendto(udp, "x", 1, 0, (struct sockaddr*)&address, sizeof address));
    return 0;
}

static void stand_stopped(void) {
    raise(SIGSTOP);
    linger();
}

static void stand_traced(void) {
    const pid_t child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        linger();
    }
    waitpid(child, NULL, WUNTRACED);
    linger();
}

static void stand_with_zombies(void) {
    for (int i = 0; i < 5; i++) {
        if (fork() == 0) _exit(0);
    }
    linger();
}

static void stand_with_locks(void) {
    const int fd = open("/usr/bin", O_RDONLY | O_DIRECTORY);
    flock(fd, LOCK_EX);
    linger();
}

static void stand_in_vfork(void) {
    if (syscall(SYS_vfork) == 0) linger();
    linger();
}

// A spare for each that is killed, for as long as there are any.
static void hydra(void) {
    while (!out_of_time()) {
        const pid_t child = fork();
        if (child > 0) waitpid(child, NULL, 0);
    }
    _exit(0);
}

// Processes of every kind that stay when this one ends, deaf to every signal.
static int crowd(int argc, char** argv) {
    (void)argc, (void)argv;
    void (*const kinds[])(void) = {stand_stopped,    stand_traced,   stand_with_zombies,
                                   stand_with_locks, stand_in_vfork, hydra};
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    pid_t child = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && child != -1; i++) {
        child = fork();
        if (child != 0) continue;
        setsid();
        kinds[i]();
    }
    outcome("fork", child);
    usleep(50000);  // time to take their places
    return 0;
}

// Makes everybody of the own uid slow and poor, the keeper too when it shares the uid.
static int slow_everybody(int argc, char** argv) {
    must_be_boxed(argc, argv);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    const struct sched_param idle = {.sched_priority = 0};
    const struct rlimit none = {0, 0};
    outcome("nice of 1", setpriority(PRIO_PROCESS, 1, 19));
    outcome("nice of all", setpriority(PRIO_USER, 0, 19));
    outcome("idle class of 1", sched_setscheduler(1, SCHED_IDLE, &idle));
    outcome("CPUs of 1", sched_setaffinity(1, sizeof one, &one));
    outcome("i/o priority of 1", syscall(SYS_ioprio_set, 1, 1, (3 << 13) | 7));
    outcome("i/o priority of all", syscall(SYS_ioprio_set, 3, getuid(), (3 << 13) | 7));
    outcome("files of 1", prlimit(1, RLIMIT_NOFILE, &none, NULL));
    outcome("CPU time of 1", prlimit(1, RLIMIT_CPU, &none, NULL));
    outcome("core scheduling of 1", syscall(SYS_prctl, 62, 1, 1, 0, 0));
    outcome("memory policy of 1", syscall(SYS_migrate_pages, 1, 1, &(long){1}, &(long){1}));
    outcome("group of 1", setpgid(1, 1));
    for (int signal = 1; signal < 65; signal++) kill(1, signal);
    return 0;
}

// Uses up process numbers, so that the next one is told by how many.
static int pass_numbers(int argc, char** argv) {
    const long count = number(argc, argv, 1, 300);
    for (long i = 0; i < count; i++) {
        const pid_t child = fork();
        if (child == 0) _exit(0);
        must("fork", child);
        waitpid(child, NULL, 0);
    }
    printf("last: %d\n", (int)getpid());
    return 0;
}

const struct attack kTraceAttacks[] = {
    {"litter", litter},
    {"unlink-streams", unlink_streams},
    {"ipc-objects", ipc_objects},
    {"keys", keys},
    {"traffic", traffic},
    {"whisper", whisper},
    {"crowd", crowd},
    {"slow-everybody", slow_everybody},
    {"pass-numbers", pass_numbers},
    {NULL, NULL},
};
