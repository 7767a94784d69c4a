/* A small pool of threads, and the one way in which kernels use it. It knows nothing else of tad.
 *
 * No globals: the pool is an object in the caller's memory. One caller uses it at a time; a second
 * one, or a call from inside a piece, finds it busy and runs its pieces inline instead. */
#ifndef TAD_THREADS_H
#define TAD_THREADS_H

#include <stddef.h>

#include "split.h"

typedef struct tad__pool tad__pool;

enum { TAD__MOST_THREADS = 256 }; /* that users may ask for */

/* Bytes of memory, aligned as malloc does, that a pool of so many threads needs. */
size_t tad__pool_bytes(size_t threads);

/* Makes a pool of `threads` threads in all: the caller of tad__split is one of them. If the
 * system refuses threads the pool is smaller, down to the caller alone; NULL only if it refuses a
 * mutex or a condition variable. The memory stays the caller's, to be freed after destroy. */
tad__pool *tad__pool_create(void *memory, size_t threads);
void tad__pool_destroy(tad__pool *pool);

/* 1 for NULL. */
size_t tad__pool_threads(const tad__pool *pool);

/* Calls fn(arg, first, end) once for each piece [first, end) of n things, and returns when all have
 * returned. Which thread runs a piece, and when, is open: the pieces must not depend on each other,
 * and are the same for any number of threads. A NULL pool runs them all here, in order. */
typedef void tad__split_fn(void *arg, size_t first, size_t end);
void tad__split(tad__pool *pool, size_t n, size_t grain, tad__split_fn *fn, void *arg);

#endif
