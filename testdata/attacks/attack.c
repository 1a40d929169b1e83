#include "attack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static uint64_t started_ns;

static uint64_t read_clock(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t cpu_ns(void) {
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}
uint64_t clock_ns(void) {
    return read_clock(CLOCK_MONOTONIC);
}

bool outcome(const char* what, long result) {
    if (result == -1) {
        printf("%s: refused %s\n", what, strerrorname_np(errno));
    } else {
        printf("%s: done\n", what);
    }
    fflush(stdout);
    return result != -1;
}

void must(const char* step, long result) {
    if (result != -1) return;
    fprintf(stderr, "attack: cannot %s: %s\n", step, strerror(errno));
    exit(99);
}

void must_be_boxed(int argc, char** argv) {
    struct stat here;
    must("look at the pid namespace", stat("/proc/self/ns/pid", &here));
    errno = EPERM;
    must("run outside of a box",
         (ino_t)number(argc, argv, 1, (long)here.st_ino) == here.st_ino ? -1 : 0);
}

long number(int argc, char** argv, int index, long fallback) {
    return index < argc ? strtol(argv[index], NULL, 10) : fallback;
}

const char* word(int argc, char** argv, int index, const char* fallback) {
    return index < argc ? argv[index] : fallback;
}

void burn_ms(long ms) {
    const uint64_t end = read_clock(CLOCK_THREAD_CPUTIME_ID) + (uint64_t)ms * 1000000u;
    while (read_clock(CLOCK_THREAD_CPUTIME_ID) < end) {
    }
}

bool out_of_time(void) {
    return clock_ns() - started_ns > kDeadlineSeconds * 1000000000ull;
}

void linger(void) {
    while (!out_of_time()) usleep(100000);
    _exit(0);
}

void touch(void* memory, size_t bytes) {
    volatile char* byte = memory;
    for (size_t i = 0; i < bytes; i += 4096) byte[i] = 1;
}

static const struct attack* find(const char* name) {
    const struct attack* const topics[] = {
        kProcessAttacks, kSchedulingAttacks, kMemoryAttacks,   kKernelMemoryAttacks,
        kFileAttacks,    kOutputAttacks,     kHostViewAttacks, kKernelAttacks,
        kSocketAttacks,  kStreamAttacks,     kTraceAttacks,    kLookingAround,
    };
    for (size_t topic = 0; topic < sizeof topics / sizeof *topics; topic++) {
        for (const struct attack* it = topics[topic]; it->name != NULL; it++) {
            if (strcmp(it->name, name) == 0) return it;
        }
    }
    return NULL;
}

int main(int argc, char** argv) {
    started_ns = clock_ns();
    alarm(2 *
          kDeadlineSeconds);  // the last resort; not inherited by children, who have out_of_time()
    const struct attack* attack = argc > 1 ? find(argv[1]) : NULL;
    if (attack == NULL) {
        fprintf(stderr, "usage: attack NAME [ARG...]\n");
        return 99;
    }
    return attack->run(argc - 1, argv + 1);
}
