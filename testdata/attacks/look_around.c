// What an honest program can see of the place it runs in. Two runs with the same limits must see
// the same, whoever ran in between: `look-around` prints nothing that two runs in a fresh place
// could differ in.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "attack.h"

extern char** environ;

// What could not be seen has its own answer: the reason.
static void tell(const char* what, long value) {
    if (value == -1) {
        printf("%s: %s\n", what, strerrorname_np(errno));
    } else {
        printf("%s: %ld\n", what, value);
    }
}

static void tell_self(void) {
    printf("process: %d of %d, group %d, session %d\n", (int)getpid(), (int)getppid(),
           (int)getpgrp(), (int)getsid(0));
    uid_t uid[3];
    gid_t gid[3];
    getresuid(&uid[0], &uid[1], &uid[2]);
    getresgid(&gid[0], &gid[1], &gid[2]);
    printf("uid: %u %u %u\n", uid[0], uid[1], uid[2]);
    printf("gid: %u %u %u, %d groups\n", gid[0], gid[1], gid[2], getgroups(0, NULL));
    struct utsname name;
    uname(&name);
    printf("host: %s %s\n", name.nodename, name.domainname);
    tell("nice", getpriority(PRIO_PROCESS, 0));
    tell("scheduler", sched_getscheduler(0));
    tell("i/o priority", syscall(SYS_ioprio_get, 1, 0));
    tell("timer slack", prctl(PR_GET_TIMERSLACK));
    tell("dumpable", prctl(PR_GET_DUMPABLE));
    tell("securebits", prctl(PR_GET_SECUREBITS));
    tell("child subreaper", prctl(PR_GET_CHILD_SUBREAPER, &(int){0}));
    tell("personality", personality(0xffffffff));
    tell("terminal", open("/dev/tty", O_RDWR | O_CLOEXEC));
    char directory[4096];
    printf("directory: %s\n", getcwd(directory, sizeof directory) != NULL ? directory : "lost");
    for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
        struct rlimit limit;
        getrlimit((__rlimit_resource_t)resource, &limit);
        printf("limit %d: %llu %llu\n", resource, (unsigned long long)limit.rlim_cur,
               (unsigned long long)limit.rlim_max);
    }
    for (char** variable = environ; *variable != NULL; variable++) {
        printf("environment: %s\n", *variable);
    }
}

// Numbers in links ("pipe:[812]") are the kernel's and new each time.
static void tell_descriptors(void) {
    for (int fd = 0; fd < 1024; fd++) {
        const int flags = fcntl(fd, F_GETFL);
        if (flags == -1) continue;
        char path[64];
        char target[256] = "";
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (readlink(path, target, sizeof target - 1) < 0) strcpy(target, "?");
        char* number = strchr(target, '[');
        if (number != NULL) *number = '\0';
        printf("descriptor %d: %s %o\n", fd, target, flags);
    }
}

static void tell_lines(const char* path, const char* beginning) {
    FILE* file = fopen(path, "re");
    if (file == NULL) {
        tell(path, -1);
        return;
    }
    char line[4096];
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, beginning, strlen(beginning)) == 0) printf("%s: %s", path, line);
    }
    fclose(file);
}

static void tell_file(const char* path) {
    tell_lines(path, "");
}

static void tell_status(void) {
    static const char* const lines[] = {
        "Umask",      "TracerPid",        "NStgid", "Threads", "SigPnd",
        "SigBlk",     "SigIgn",           "SigCgt", "Shd",     "Cap",
        "NoNewPrivs", "Seccomp",          "Spec",   "THP",     "Cpus_allowed_list",
        "CoreDump",   "Mems_allowed_list"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        tell_lines("/proc/self/status", lines[i]);
    }
}

static int by_name(const void* a, const void* b) {
    return strcmp(*(char* const*)a, *(char* const*)b);
}

// The names in a directory in order; the caller frees nothing, the program ends soon.
static size_t names_in(const char* directory, char*** names) {
    DIR* stream = opendir(directory);
    size_t count = 0;
    *names = NULL;
    for (struct dirent* entry; stream != NULL && (entry = readdir(stream)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        *names = realloc(*names, (count + 1) * sizeof **names);
        (*names)[count++] = strdup(entry->d_name);
    }
    if (stream != NULL) closedir(stream);
    qsort(*names, count, sizeof **names, by_name);
    return count;
}

static void tell_tree(const char* path, int depth) {
    struct stat status;
    if (lstat(path, &status) != 0) {
        tell(path, -1);
        return;
    }
    printf("%s: %o %u %u %lld\n", path, status.st_mode, status.st_uid, status.st_gid,
           S_ISREG(status.st_mode) ? (long long)status.st_size : 0);
    char** names;
    const size_t count = depth > 0 && S_ISDIR(status.st_mode) ? names_in(path, &names) : 0;
    for (size_t i = 0; i < count; i++) {
        char inner[4096];
        snprintf(inner, sizeof inner, "%s/%s", path, names[i]);
        tell_tree(inner, depth - 1);
    }
}

static void tell_space(const char* path) {
    struct statvfs space;
    if (statvfs(path, &space) != 0) return;
    printf("space in %s: %llu of %llu blocks, %llu of %llu files\n", path,
           (unsigned long long)space.f_bfree, (unsigned long long)space.f_blocks,
           (unsigned long long)space.f_ffree, (unsigned long long)space.f_files);
}

static void tell_processes(void) {
    char** names;
    const size_t count = names_in("/proc", &names);
    for (size_t i = 0; i < count; i++) {
        if (names[i][0] < '0' || names[i][0] > '9') continue;
        char path[300];
        snprintf(path, sizeof path, "/proc/%s/comm", names[i]);
        tell_file(path);
    }
    tell_file("/proc/1/cmdline");
    tell_lines("/proc/1/status", "Uid");
    tell_lines("/proc/1/status", "Threads");
    tell_lines("/proc/1/status", "SigBlk");
    tell_lines("/proc/1/status", "SigIgn");
    tell("nice of 1", getpriority(PRIO_PROCESS, 1));
}

// An id tells how many there were before it: the first one of a namespace is known.
static void tell_ipc(void) {
    const int memory = shmget(IPC_PRIVATE, 4096, 0600);
    const int semaphore = semget(IPC_PRIVATE, 1, 0600);
    const int queue = msgget(IPC_PRIVATE, 0600);
    tell("shared memory", memory);
    tell("semaphore", semaphore);
    tell("queue", queue);
    shmctl(memory, IPC_RMID, NULL);
    semctl(semaphore, 0, IPC_RMID);
    msgctl(queue, IPC_RMID, NULL);
    tell_file("/proc/sysvipc/shm");
    tell_file("/proc/sysvipc/sem");
    tell_file("/proc/sysvipc/msg");
    tell("POSIX queue", mq_open("/left-behind", O_RDONLY));
    tell("key", syscall(SYS_request_key, "user", "left-behind", NULL, 0));
    tell_file("/proc/keys");
    tell_file("/proc/locks");
    tell_file("/proc/sys/fs/mqueue/queues_max");
    tell_file("/proc/sys/kernel/sem");
    tell_file("/proc/sys/kernel/msgmni");
}

static void tell_network(void) {
    static const char* const files[] = {"dev", "tcp",  "tcp6", "udp",    "udp6",
                                        "raw", "unix", "snmp", "netstat"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/net/%s", files[i]);
        tell_file(path);
    }
}

// Without what counts through the whole machine: the numbers of mounts, devices and, at the end of
// a tmpfs's options, of the slot's own host uid.
static void tell_mounts(void) {
    FILE* file = fopen("/proc/self/mountinfo", "re");
    char* lines[256];
    size_t count = 0;
    char line[4096];
    while (file != NULL && count < 256 && fgets(line, sizeof line, file) != NULL) {
        const char* rest = line;
        for (int words = 0; words < 3 && rest != NULL; words++) rest = strchr(rest + 1, ' ');
        if (rest == NULL) continue;
        char* const owner = strstr(line, ",uid=");
        if (owner != NULL) strcpy(owner, "\n");
        lines[count++] = strdup(rest);
    }
    qsort(lines, count, sizeof *lines, by_name);
    for (size_t i = 0; i < count; i++) printf("mount:%s", lines[i]);
}

static int look_around(int argc, char** argv) {
    (void)argc, (void)argv;
    static char page[1 << 18];  // so that no output is a file's size before it was looked at
    setvbuf(stdout, page, _IOFBF, sizeof page);
    tell_self();
    tell_descriptors();
    tell_status();
    tell_processes();
    tell_ipc();
    tell_network();
    tell_mounts();
    tell_tree("/", 1);
    tell_tree("/dev", 2);
    tell_tree("/w", 4);
    tell_tree("/tmp", 4);
    tell_space("/w");
    tell_space("/tmp");
    tell_file("/proc/self/cgroup");
    tell_file("/proc/self/timens_offsets");
    tell_file("/proc/self/oom_score_adj");
    tell_file("/proc/sys/kernel/hostname");
    return 0;
}

const struct attack kLookingAround[] = {
    {"look-around", look_around},
    {NULL, NULL},
};
