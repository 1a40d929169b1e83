// Memory that the kernel holds on a program's behalf.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "attack.h"

enum { kPipeBytes = 1 << 20, kObjects = 200000 };

static void raise_open_files(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// Writes until the descriptor takes no more; gives back how much it took.
static size_t stuff(int fd) {
    static char block[4096];
    size_t total = 0;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    for (ssize_t n = 0; total < kMemoryCap && (n = write(fd, block, sizeof block)) > 0;)
        total += (size_t)n;
    return total;
}

static int pipes(int argc, char** argv) {
    const long count = number(argc, argv, 1, 1000);
    size_t total = 0;
    raise_open_files();
    for (long i = 0; i < count && total < kMemoryCap; i++) {
        int ends[2];
        if (pipe(ends) != 0) {
            outcome("pipe", -1);
            break;
        }
        fcntl(ends[1], F_SETPIPE_SZ, kPipeBytes);
        total += stuff(ends[1]);
    }
    printf("held: %zu\n", total);
    return 0;
}

static int socket_buffers(int argc, char** argv) {
    const long count = number(argc, argv, 1, 5000);
    const int size = 1 << 24;
    size_t total = 0;
    raise_open_files();
    for (long i = 0; i < count && total < kMemoryCap; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
            outcome("socketpair", -1);
            break;
        }
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        total += stuff(ends[0]);
    }
    printf("held: %zu\n", total);
    return 0;
}

static long make_epoll(void) {
    static int target = -1;
    if (target < 0) target = eventfd(0, 0);
    struct epoll_event event = {.events = EPOLLIN};
    const int fd = epoll_create1(0);
    return fd < 0 ? fd : epoll_ctl(fd, EPOLL_CTL_ADD, target, &event);
}

static long make_eventfd(void) {
    return eventfd(0, 0);
}
static long make_timerfd(void) {
    return timerfd_create(CLOCK_MONOTONIC, 0);
}
static long make_socket(void) {
    return socket(AF_UNIX, SOCK_DGRAM, 0);
}

static long make_timer(void) {
    timer_t timer;
    struct sigevent silent = {.sigev_notify = SIGEV_NONE};
    return timer_create(CLOCK_MONOTONIC, &silent, &timer);
}

static long make_watch(void) {
    static int inotify = -1;
    static long count;
    char path[64];
    if (inotify < 0) inotify = inotify_init();
    snprintf(path, sizeof path, "/tmp/watched-%ld", count++);
    return mkdir(path, 0700) != 0 ? -1 : inotify_add_watch(inotify, path, IN_ALL_EVENTS);
}

// A directory with a name of 250 characters: the dentry cannot be kept inside its own struct.
static long make_directory(void) {
    static long count;
    char path[300];
    snprintf(path, sizeof path, "/tmp/%0250ld", count++);
    return mkdir(path, 0700);
}

// `objects KIND`: as many as the kernel gives.
static int objects(int argc, char** argv) {
    static const struct {
        const char* name;
        long (*make)(void);
    } kinds[] = {
        {"epoll", make_epoll},         {"eventfd", make_eventfd}, {"timerfd", make_timerfd},
        {"timer", make_timer},         {"socket", make_socket},   {"inotify", make_watch},
        {"directory", make_directory},
    };
    const char* kind = word(argc, argv, 1, "eventfd");
    long (*make)(void) = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, kind) == 0) make = kinds[i].make;
    }
    must("find the kind", make == NULL ? -1 : 0);
    raise_open_files();
    long made = 0;
    long result = 0;
    while (made < kObjects && !out_of_time() && (result = make()) != -1) made++;
    outcome(kind, result);
    printf("made: %ld\n", made);
    return 0;
}

const struct attack kKernelMemoryAttacks[] = {
    {"pipes", pipes},
    {"socket-buffers", socket_buffers},
    {"objects", objects},
    {NULL, NULL},
};
