/* Whether two threads can run at once. Included before all else: what says so is not in C or
 * POSIX. */
#ifndef TAD_TESTS_PROCESSORS_H
#define TAD_TESTS_PROCESSORS_H

#define _GNU_SOURCE
#include <sched.h>
#include <stdbool.h>

static inline bool two_processors(void) {
    cpu_set_t set;
    return !sched_getaffinity(0, sizeof set, &set) && CPU_COUNT(&set) > 1;
}

#endif
