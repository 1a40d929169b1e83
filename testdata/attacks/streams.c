// The streams between the program and its caller.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attack.h"

// `flood [FD [MIB]]`
static int flood(int argc, char** argv) {
    static char block[1u << 16];
    memset(block, 'x', sizeof block);
    const int fd = (int)number(argc, argv, 1, 1);
    for (long left = number(argc, argv, 2, 1024) * 16; left > 0 && !out_of_time(); left--) {
        if (write(fd, block, sizeof block) < 0) break;
    }
    return 0;
}

static int flood_both(int argc, char** argv) {
    (void)argc, (void)argv;
    static char block[4096];
    for (int left = 1 << 18; left > 0 && !out_of_time(); left--) {
        if (write(1 + left % 2, block, sizeof block) < 0) break;
    }
    return 0;
}

// `close-streams MS`: nothing left to read from, but not at its end.
static int close_streams(int argc, char** argv) {
    close(0), close(1), close(2);
    usleep((useconds_t)number(argc, argv, 1, 200) * 1000);
    return 5;
}

// The daemon keeps standard output open.
static int give_away_stdout(int argc, char** argv) {
    (void)argc, (void)argv;
    if (fork() == 0) {
        setsid();
        linger();
    }
    puts("parent is done");
    return 0;
}

static int rewrite_stdin(int argc, char** argv) {
    (void)argc, (void)argv;
    outcome("write to stdin", write(0, "x", 1));
    outcome("truncate stdin", ftruncate(0, 0));
    const int fd = open("/proc/self/fd/0", O_WRONLY);
    outcome("reopen stdin for write", fd);
    if (fd >= 0) outcome("truncate it", ftruncate(fd, 0));
    return 0;
}

// A report of its own to every descriptor there might be.
static int forge_report(int argc, char** argv) {
    (void)argc, (void)argv;
    static const char report[] = "{\"verdict\":\"ok\",\"exit_code\":0}\n";
    int written = 0;
    for (int fd = 3; fd < 4096; fd++) {
        if (write(fd, report, sizeof report - 1) > 0) written++;
    }
    printf("descriptors written: %d\n", written);
    return 3;
}

static int count_arguments(int argc, char** argv) {
    size_t bytes = 0;
    for (int i = 1; i < argc; i++) bytes += strlen(argv[i]);
    printf("arguments: %d %zu\n", argc - 1, bytes);
    return 0;
}

static int exit_with(int argc, char** argv) {
    return (int)number(argc, argv, 1, 0);
}

static int die_by(int argc, char** argv) {
    signal((int)number(argc, argv, 1, SIGTERM), SIG_DFL);
    raise((int)number(argc, argv, 1, SIGTERM));
    return 0;
}

// One half of a pair: says something, then reads until the other ends.
static int talk(int argc, char** argv) {
    (void)argc, (void)argv;
    puts("hello");
    fflush(stdout);
    char block[4096];
    while (read(0, block, sizeof block) > 0) {
    }
    return 0;
}

// The other half: writes until nobody listens.
static int talk_on(int argc, char** argv) {
    (void)argc, (void)argv;
    signal(SIGPIPE, SIG_IGN);
    while (!out_of_time()) {
        if (write(1, "more\n", 5) < 0) {
            fprintf(stderr, "write: %s\n", strerrorname_np(errno));
            return 4;
        }
    }
    return 0;
}

const struct attack kStreamAttacks[] = {
    {"flood", flood},
    {"flood-both", flood_both},
    {"close-streams", close_streams},
    {"give-away-stdout", give_away_stdout},
    {"rewrite-stdin", rewrite_stdin},
    {"forge-report", forge_report},
    {"count-arguments", count_arguments},
    {"exit", exit_with},
    {"die-by", die_by},
    {"talk", talk},
    {"talk-on", talk_on},
    {NULL, NULL},
};
