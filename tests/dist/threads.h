/* Ranks that are threads of one process, for tests: messages are copied through a table in memory.
 */
#ifndef TESTS_DIST_THREADS_H
#define TESTS_DIST_THREADS_H

#include <tad/dist.h>

typedef struct hub hub;

/* What a rank does; user: the caller's. */
typedef void rank_fn(const tad_ranks *ranks, void *user);

/* Runs f as `size` ranks, and waits for all. Fails the test where memory of the ranks was not given
 * back. Returns the bytes that rank 0 sent. */
size_t run_ranks(int size, rank_fn *f, void *user);

#endif
