// Programs that try what a sandbox must stop. One static executable, `attack NAME [ARG…]`, so that
// it runs on any kernel and in a guest that holds no library.
//
// Each attack prints what it managed to do, one line per try: "fork: done", "fork: refused EAGAIN",
// and exits 0 however far it came; a test asserts on the lines and on the sandbox's own report. An
// attack that cannot prepare itself exits 99.
//
// They are harmless when the sandbox fails: every loop ends at a count and at a deadline
// (kDeadlineSeconds), memory at kMemoryCap, and nothing is written to where a wrong write would
// hurt.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct attack {
    const char* name;
    int (*run)(int argc, char** argv);  // argv[0] is the name
};

// By topic, each ended by an entry without a name.
extern const struct attack kProcessAttacks[];
extern const struct attack kSchedulingAttacks[];
extern const struct attack kMemoryAttacks[];
extern const struct attack kKernelMemoryAttacks[];
extern const struct attack kFileAttacks[];
extern const struct attack kOutputAttacks[];
extern const struct attack kHostViewAttacks[];
extern const struct attack kKernelAttacks[];
extern const struct attack kSocketAttacks[];
extern const struct attack kStreamAttacks[];
extern const struct attack kTraceAttacks[];
extern const struct attack kLookingAround[];

enum {
    kDeadlineSeconds = 10,
    kProcessCap = 2000,
};
static const size_t kMemoryCap = (size_t)2 << 30;

// Prints "WHAT: done", or "WHAT: refused ERRNAME" when result is -1; gives back whether it was
// done.
bool outcome(const char* what, long result);

// Ends the program with 99 when a step of the preparation failed.
void must(const char* step, long result);

// For attacks that would take the machine down outside of a box: argv[1] is the number of the
// caller's pid namespace, and when it is this one's, or is not told, the program ends with 99.
void must_be_boxed(int argc, char** argv);

// The number in argv[index], or fallback when there is none.
long number(int argc, char** argv, int index, long fallback);
const char* word(int argc, char** argv, int index, const char* fallback);

// CPU time of this process, and the monotonic clock.
uint64_t cpu_ns(void);
uint64_t clock_ns(void);
// Spins until this thread has used so much CPU.
void burn_ms(long ms);
// Past the deadline counted from the program's start.
bool out_of_time(void);
// Sleeps until a signal kills it, at most until the deadline.
_Noreturn void linger(void);
// Writes to every page.
void touch(void* memory, size_t bytes);
