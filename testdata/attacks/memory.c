// Memory taken in every way a program can own it.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

static const size_t kMiB = 1u << 20;

static size_t megabytes(int argc, char** argv, int index, long fallback) {
    return (size_t)number(argc, argv, index, fallback) * kMiB;
}

static void* anonymous(size_t bytes, int flags) {
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static void take_all(void) {
    for (size_t taken = 0; taken < kMemoryCap; taken += kMiB) {
        void* block = malloc(kMiB);
        if (block == NULL) {
            outcome("malloc", -1);
            return;
        }
        touch(block, kMiB);
    }
    outcome("take all memory", 0);
}

static int memory_bomb(int argc, char** argv) {
    (void)argc, (void)argv;
    take_all();
    return 0;
}

// The child is the one that asks for too much; the parent ends well.
static int child_bomb(int argc, char** argv) {
    (void)argc, (void)argv;
    const pid_t child = fork();
    if (child == 0) {
        take_all();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    printf("child: %s\n", WIFSIGNALED(status) ? "killed" : "exited");
    return 0;
}

static int take(int argc, char** argv) {
    const size_t bytes = megabytes(argc, argv, 1, 64);
    void* memory = anonymous(bytes, 0);
    must("map memory", memory == MAP_FAILED ? -1 : 0);
    touch(memory, bytes);
    return 0;
}

static int map_untouched(int argc, char** argv) {
    void* memory = anonymous(megabytes(argc, argv, 1, 65536), MAP_NORESERVE);
    outcome("map", memory == MAP_FAILED ? -1 : 0);
    return 0;
}

// One page in each 2 MiB, so that the page tables outgrow what they map.
static int page_tables(int argc, char** argv) {
    (void)argc, (void)argv;
    const size_t stride = 2 * kMiB;
    const size_t bytes = (size_t)1 << 40;
    char* memory = anonymous(bytes, MAP_NORESERVE);
    must("map memory", memory == MAP_FAILED ? -1 : 0);
    madvise(memory, bytes, MADV_NOHUGEPAGE);
    volatile char sum = 0;
    for (size_t at = 0; at < bytes && at / stride * 4096 < kMemoryCap; at += stride) {
        sum = (char)(sum +
                     memory[at]);  // reading maps the shared zero page: the table alone is charged
    }
    outcome("fill page tables", 0);
    return 0;
}

static int locked(int argc, char** argv) {
    const size_t bytes = megabytes(argc, argv, 1, 256);
    void* populated = anonymous(bytes, MAP_POPULATE);
    outcome("populate", populated == MAP_FAILED ? -1 : 0);
    outcome("MAP_LOCKED", anonymous(bytes, MAP_LOCKED) == MAP_FAILED ? -1 : 0);
    outcome("mlock", mlock(populated, bytes));
    outcome("mlockall", mlockall(MCL_CURRENT | MCL_FUTURE));
    return 0;
}

static size_t fill(int fd, size_t bytes) {
    static char block[1u << 16];
    memset(block, 'x', sizeof block);
    size_t written = 0;
    while (written < bytes) {
        const ssize_t n = write(fd, block, sizeof block);
        if (n <= 0) break;
        written += (size_t)n;
    }
    return written;
}

// `file PATH MIB [unlink]`: a file on whatever PATH is on, a tmpfs in a box.
static int fill_file(int argc, char** argv) {
    const char* path = word(argc, argv, 1, "/tmp/fill");
    const size_t bytes = megabytes(argc, argv, 2, 64);
    const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    must("create the file", fd);
    if (argc > 3) unlink(path);
    const size_t written = fill(fd, bytes);
    outcome("write", written < bytes ? -1 : 0);
    printf("written: %zu\n", written);
    return 0;
}

static int fill_memfd(int argc, char** argv) {
    const int fd = memfd_create("fill", 0);
    must("create a memfd", fd);
    outcome("write",
            fill(fd, megabytes(argc, argv, 1, 64)) < megabytes(argc, argv, 1, 64) ? -1 : 0);
    return 0;
}

static int fill_sysv(int argc, char** argv) {
    const size_t bytes = megabytes(argc, argv, 1, 64);
    const int id = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
    if (!outcome("shmget", id)) return 0;
    void* memory = shmat(id, NULL, 0);
    must("attach", memory == MAP_FAILED ? -1 : 0);
    touch(memory, bytes);
    return 0;  // the segment stays, as System V segments do
}

static int recurse(volatile char* above) {
    volatile char frame[4096];
    frame[0] = above[0];
    return frame[0] == 0 ? 0 : recurse(frame) + frame[0];
}

static int stack_overflow(int argc, char** argv) {
    (void)argc, (void)argv;
    volatile char first = 1;
    return recurse(&first) == 0;
}

// `deep-stack MIB`: goes down in large frames and touches one page of each.
static int descend(size_t left) {
    volatile char frame[1u << 18];
    frame[0] = 1;
    return left < sizeof frame ? frame[0] : descend(left - sizeof frame) + frame[0];
}

static int deep_stack(int argc, char** argv) {
    const int frames = descend(megabytes(argc, argv, 1, 900));
    printf("frames: %d\n", frames);
    return 0;
}

const struct attack kMemoryAttacks[] = {
    {"memory-bomb", memory_bomb},       {"child-bomb", child_bomb},   {"take", take},
    {"map-untouched", map_untouched},   {"page-tables", page_tables}, {"locked", locked},
    {"fill-file", fill_file},           {"fill-memfd", fill_memfd},   {"fill-sysv", fill_sysv},
    {"stack-overflow", stack_overflow}, {"deep-stack", deep_stack},   {NULL, NULL},
};
