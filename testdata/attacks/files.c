// Writes where none are allowed, and files in number, size and depth.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

// `write-at DIR…`: a new file, a changed file mode, a mount over it, a read-write remount, an
// uncovering.
static void write_at(const char* directory) {
    char what[512];
    char path[512];
    snprintf(path, sizeof path, "%s/assay-attack-file", directory);
    snprintf(what, sizeof what, "create in %s", directory);
    if (outcome(what, open(path, O_WRONLY | O_CREAT, 0600))) unlink(path);
    snprintf(what, sizeof what, "chmod %s", directory);
    outcome(what, chmod(directory, 0755));
    snprintf(what, sizeof what, "mount over %s", directory);
    outcome(what, mount("none", directory, "tmpfs", 0, NULL));
    snprintf(what, sizeof what, "bind over %s", directory);
    outcome(what, mount("/tmp", directory, NULL, MS_BIND, NULL));
    snprintf(what, sizeof what, "remount %s", directory);
    outcome(what, mount(NULL, directory, NULL, MS_REMOUNT | MS_BIND, NULL));
    snprintf(what, sizeof what, "uncover %s", directory);
    outcome(what, umount2(directory, MNT_DETACH));
}

static int write_read_only(int argc, char** argv) {
    for (int i = 1; i < argc; i++) write_at(argv[i]);
    return 0;
}

static int write_init_program(int argc, char** argv) {
    (void)argc, (void)argv;
    outcome("write through /proc/1/exe", open("/proc/1/exe", O_WRONLY));
    outcome("read /proc/1/exe", open("/proc/1/exe", O_RDONLY));
    outcome("write own program", open("/proc/self/exe", O_WRONLY));
    return 0;
}

static int escape_root(int argc, char** argv) {
    (void)argc, (void)argv;
    mkdir("/tmp/jail", 0700);
    outcome("chroot", chroot("/tmp/jail"));
    outcome("pivot_root", syscall(SYS_pivot_root, "/tmp", "/tmp/jail"));
    const int root = open("/", O_RDONLY | O_DIRECTORY);
    outcome("open_by_handle_at", syscall(SYS_open_by_handle_at, root, "", O_RDONLY));
    return 0;
}

// `write-big MIB`: one file, block by block.
static int write_big(int argc, char** argv) {
    static char block[1u << 16];
    const int fd = open("/tmp/big", O_WRONLY | O_CREAT, 0600);
    must("create the file", fd);
    ssize_t n = 1;
    for (long left = number(argc, argv, 1, 16) * 16; left > 0 && n > 0; left--)
        n = write(fd, block, sizeof block);
    outcome("write", n);
    return 0;
}

static int many_files(int argc, char** argv) {
    const long count = number(argc, argv, 1, 100000);
    int fd = 0;
    long made = 0;
    for (; made < count && !out_of_time(); made++) {
        char path[64];
        snprintf(path, sizeof path, "/tmp/file-%ld", made);
        fd = open(path, O_WRONLY | O_CREAT, 0600);
        if (fd < 0) break;
        close(fd);
    }
    outcome("create", fd);
    printf("made: %ld\n", made);
    return 0;
}

// `deep-tree DEPTH`: a path longer than any buffer, made of names no terminal likes.
static int deep_tree(int argc, char** argv) {
    static const char* const names[] = {"line\nfeed", "\033[31mred", "\xff\xfe", "\"quote\\",
                                        "-rf"};
    const long depth = number(argc, argv, 1, 100000);
    long made = 0;
    must("enter /tmp", chdir("/tmp"));
    for (; made < depth && !out_of_time(); made++) {
        const char* name = names[made % 5];
        if (mkdir(name, 0700) != 0 || chdir(name) != 0) break;
    }
    printf("depth: %ld\n", made);
    return 0;
}

static int dump_core(int argc, char** argv) {
    (void)argc, (void)argv;
    struct rlimit limit;
    getrlimit(RLIMIT_CORE, &limit);
    printf("core: %llu\n", (unsigned long long)limit.rlim_max);
    fflush(stdout);
    abort();
}

// What outlives a process: leaves one of each kind. `look` tells what is there.
enum { kKey = 0x61737361 };

static int leave(int argc, char** argv) {
    (void)argc, (void)argv;
    outcome("file in /tmp", open("/tmp/left-behind", O_WRONLY | O_CREAT, 0666));
    outcome("file in /dev/shm", open("/dev/shm/left-behind", O_WRONLY | O_CREAT, 0666));
    outcome("POSIX shared memory", shm_open("/left-behind-shm", O_RDWR | O_CREAT, 0666));
    outcome("SysV shared memory", shmget(kKey, 4096, IPC_CREAT | 0666));
    outcome("SysV semaphore", semget(kKey, 1, IPC_CREAT | 0666));
    outcome("SysV queue", msgget(kKey, IPC_CREAT | 0666));
    outcome("POSIX queue", mq_open("/left-behind", O_RDWR | O_CREAT, 0666, NULL));
    outcome("key", syscall(SYS_add_key, "user", "left-behind", "x", 1, -5));
    return 0;
}

static int look(int argc, char** argv) {
    (void)argc, (void)argv;
    outcome("file in /tmp", open("/tmp/left-behind", O_RDONLY));
    outcome("file in /dev/shm", open("/dev/shm/left-behind", O_RDONLY));
    outcome("POSIX shared memory", shm_open("/left-behind-shm", O_RDONLY, 0));
    outcome("SysV shared memory", shmget(kKey, 4096, 0));
    outcome("SysV semaphore", semget(kKey, 1, 0));
    outcome("SysV queue", msgget(kKey, 0));
    outcome("POSIX queue", mq_open("/left-behind", O_RDONLY));
    outcome("key", syscall(SYS_request_key, "user", "left-behind", NULL, 0));
    return 0;
}

// The two at once, joined by a pipe: one leaves, says "ready", and stays for as long as the other
// listens.
static int leave_and_stay(int argc, char** argv) {
    leave(argc, argv);
    puts("ready");
    fflush(stdout);
    while (!out_of_time() && write(1, ".", 1) == 1) usleep(20000);
    return 0;
}

static int look_when_told(int argc, char** argv) {
    char line[256];
    while (fgets(line, sizeof line, stdin) != NULL && strcmp(line, "ready\n") != 0) {
    }
    return look(argc, argv);
}

const struct attack kFileAttacks[] = {
    {"write-read-only", write_read_only},
    {"write-init-program", write_init_program},
    {"escape-root", escape_root},
    {"write-big", write_big},
    {"many-files", many_files},
    {"deep-tree", deep_tree},
    {"dump-core", dump_core},
    {"leave", leave},
    {"look", look},
    {"leave-and-stay", leave_and_stay},
    {"look-when-told", look_when_told},
    {NULL, NULL},
};
