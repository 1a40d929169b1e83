// CPU time that is hard to count, and the knobs of the scheduler and of the clock.
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attack.h"

static void* spin_on(void* unused) {
    (void)unused;
    while (!out_of_time()) {
    }
    return NULL;
}

static int spin(int argc, char** argv) {
    for (long i = 1; i < number(argc, argv, 1, 1); i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, spin_on, NULL);
    }
    spin_on(NULL);
    return 0;
}

static uint64_t nanoseconds(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u;
}

static uint64_t used_by(int who) {
    struct rusage usage;
    getrusage(who, &usage);
    return nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
}

// `short-lived COUNT MS`: children of less than a tick, one after the other. Prints the truth: what
// the kernel charged to the children, all of whom are waited for, and to itself.
static int short_lived(int argc, char** argv) {
    const long count = number(argc, argv, 1, 1000);
    const long ms = number(argc, argv, 2, 1);
    for (long i = 0; i < count && !out_of_time(); i++) {
        const pid_t child = fork();
        if (child == 0) {
            burn_ms(ms);
            _exit(0);
        }
        must("wait for a child", waitpid(child, NULL, 0));
    }
    printf("used_ns: %llu\n",
           (unsigned long long)(used_by(RUSAGE_CHILDREN) + used_by(RUSAGE_SELF)));
    return 0;
}

static int priorities(int argc, char** argv) {
    (void)argc, (void)argv;
    const struct sched_param realtime = {.sched_priority = 1};
    outcome("nice -20", setpriority(PRIO_PROCESS, 0, -20));
    outcome("SCHED_FIFO", sched_setscheduler(0, SCHED_FIFO, &realtime));
    outcome("SCHED_RR", sched_setscheduler(0, SCHED_RR, &realtime));
    outcome("ioprio realtime", syscall(SYS_ioprio_set, 1, 0, 1 << 13));
    return 0;
}

// Tries each of the first CPUs alone, then prints on how many it may run.
static int affinity(int argc, char** argv) {
    (void)argc, (void)argv;
    for (unsigned cpu = 0; cpu < 4; cpu++) {
        char what[32];
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        snprintf(what, sizeof what, "cpu %u", cpu);
        outcome(what, sched_setaffinity(0, sizeof one, &one));
    }
    return 0;
}

// Each sets the clock to what it shows, so that success does no harm.
static int set_clock(int argc, char** argv) {
    (void)argc, (void)argv;
    struct timeval day;
    struct timespec now;
    struct timex adjustment = {.modes = 0};
    gettimeofday(&day, NULL);
    outcome("settimeofday", settimeofday(&day, NULL));
    clock_gettime(CLOCK_REALTIME, &now);
    outcome("clock_settime", clock_settime(CLOCK_REALTIME, &now));
    adjtimex(&adjustment);
    adjustment.modes = ADJ_TICK;
    outcome("adjtimex", adjtimex(&adjustment));
    outcome("time namespace", unshare(CLONE_NEWTIME));
    return 0;
}

static void raise_limit(const char* name, int resource) {
    struct rlimit limit;
    getrlimit((__rlimit_resource_t)resource, &limit);
    if (limit.rlim_max == RLIM_INFINITY) {
        printf("%s: unlimited\n", name);
        return;
    }
    limit.rlim_max++;
    limit.rlim_cur = limit.rlim_max;
    outcome(name, setrlimit((__rlimit_resource_t)resource, &limit));
}

static int raise_limits(int argc, char** argv) {
    (void)argc, (void)argv;
    const struct rlimit none = {0, 0};
    raise_limit("cpu", RLIMIT_CPU);
    raise_limit("stack", RLIMIT_STACK);
    raise_limit("nofile", RLIMIT_NOFILE);
    raise_limit("fsize", RLIMIT_FSIZE);
    raise_limit("core", RLIMIT_CORE);
    outcome("prlimit init", prlimit(1, RLIMIT_CORE, &none, NULL));
    return 0;
}

const struct attack kSchedulingAttacks[] = {
    {"spin", spin},         {"short-lived", short_lived}, {"priorities", priorities},
    {"affinity", affinity}, {"set-clock", set_clock},     {"raise-limits", raise_limits},
    {NULL, NULL},
};
