// What can be seen and reached of the host.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "attack.h"

extern char** environ;

static void list(const char* label, const char* directory, bool numbers_only) {
    DIR* stream = opendir(directory);
    if (stream == NULL) {
        outcome(label, -1);
        return;
    }
    for (struct dirent* entry; (entry = readdir(stream)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        if (numbers_only && (entry->d_name[0] < '0' || entry->d_name[0] > '9')) continue;
        printf("%s: %s\n", label, entry->d_name);
    }
    closedir(stream);
}

static int processes(int argc, char** argv) {
    (void)argc, (void)argv;
    printf("self: %d\n", (int)getpid());
    list("process", "/proc", true);
    return 0;
}

// Descriptors that were inherited: what stands open besides the streams.
static int descriptors(int argc, char** argv) {
    (void)argc, (void)argv;
    for (int fd = 0; fd < 1024; fd++) {
        if (fcntl(fd, F_GETFD) != -1) printf("open: %d\n", fd);
    }
    return 0;
}

static int devices(int argc, char** argv) {
    (void)argc, (void)argv;
    list("device", "/dev", false);
    return 0;
}

static int list_directory(int argc, char** argv) {
    list("entry", word(argc, argv, 1, "/"), false);
    return 0;
}

static int environment(int argc, char** argv) {
    (void)argc, (void)argv;
    for (char** variable = environ; *variable != NULL; variable++) puts(*variable);
    return 0;
}

static void print_status_line(const char* name) {
    FILE* status = fopen("/proc/self/status", "re");
    char line[256];
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) fputs(line, stdout);
    }
    if (status != NULL) fclose(status);
}

static int identity(int argc, char** argv) {
    (void)argc, (void)argv;
    char host[65] = "";
    gid_t groups[64];
    gethostname(host, sizeof host);
    printf("uid: %u %u\ngid: %u %u\n", getuid(), geteuid(), getgid(), getegid());
    printf("groups: %d\nhostname: %s\n", getgroups(64, groups), host);
    printf("session leader: %d\n", getsid(0) == getpid());
    print_status_line("CapEff");
    print_status_line("CapPrm");
    print_status_line("CapBnd");
    print_status_line("NoNewPrivs");
    outcome("setuid 0", setuid(0));
    outcome("setgroups", setgroups(0, groups));
    return 0;
}

// `read-files PATH…`: what of it can be read, at least one byte.
static int read_files(int argc, char** argv) {
    for (int i = 1; i < argc; i++) {
        char byte;
        const int fd = open(argv[i], O_RDONLY | O_NONBLOCK);
        const ssize_t n = fd < 0 ? -1 : read(fd, &byte, 1);
        if (n == 0) {
            printf("%s: empty\n", argv[i]);
        } else {
            outcome(argv[i], n);
        }
        if (fd >= 0) close(fd);
    }
    return 0;
}

// `open-for-write PATH…`: nothing is written.
static int open_for_write(int argc, char** argv) {
    for (int i = 1; i < argc; i++) {
        const int fd = open(argv[i], O_WRONLY);
        outcome(argv[i], fd);
        if (fd >= 0) close(fd);
    }
    return 0;
}

static int lower_oom_score(int argc, char** argv) {
    (void)argc, (void)argv;
    const int fd = open("/proc/self/oom_score_adj", O_WRONLY);
    outcome("lower oom_score_adj", fd < 0 ? -1 : write(fd, "-1000", 5));
    return 0;
}

static int kernel_log(int argc, char** argv) {
    (void)argc, (void)argv;
    char text[256];
    outcome("read kernel log", klogctl(3, text, sizeof text));
    return 0;
}

// The addresses in kallsyms are zeros for those who may not see them.
static int kernel_addresses(int argc, char** argv) {
    (void)argc, (void)argv;
    FILE* symbols = fopen("/proc/kallsyms", "re");
    unsigned long long address = 0;
    errno = ENOENT;
    const bool shown = symbols != NULL && fscanf(symbols, "%llx", &address) == 1 && address != 0;
    outcome("kernel addresses", shown ? 0 : -1);
    return 0;
}

static int print_file(int argc, char** argv) {
    char block[4096];
    FILE* file = fopen(word(argc, argv, 1, "/proc/self/mountinfo"), "re");
    if (file == NULL) {
        outcome("open", -1);
        return 0;
    }
    for (size_t n; (n = fread(block, 1, sizeof block, file)) > 0;) fwrite(block, 1, n, stdout);
    fclose(file);
    return 0;
}

const struct attack kHostViewAttacks[] = {
    {"processes", processes},
    {"descriptors", descriptors},
    {"devices", devices},
    {"list", list_directory},
    {"environment", environment},
    {"identity", identity},
    {"read-files", read_files},
    {"open-for-write", open_for_write},
    {"lower-oom-score", lower_oom_score},
    {"kernel-log", kernel_log},
    {"kernel-addresses", kernel_addresses},
    {"print-file", print_file},
    {NULL, NULL},
};
