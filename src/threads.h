/* A small pool of sleeping threads for splitting one kernel call. It knows nothing else of tad.
 *
 * No globals: the pool is an object in the caller's memory. One caller uses it at a time; a second
 * one, or a call from inside a running part, finds it busy and runs its parts inline instead. */
#ifndef TAD_THREADS_H
#define TAD_THREADS_H

#include <stddef.h>

typedef struct tad__pool tad__pool;

/* Bytes of memory, aligned as malloc does, that a pool of so many threads needs. */
size_t tad__pool_bytes(size_t threads);

/* Makes a pool of `threads` threads in all: the caller of tad__pool_run is one of them. If the
 * system refuses threads the pool is smaller, down to the caller alone; NULL only if it refuses a
 * mutex or a condition variable. The memory stays the caller's, to be freed after destroy. */
tad__pool *tad__pool_create(void *memory, size_t threads);
void tad__pool_destroy(tad__pool *pool);

/* 1 for NULL. */
size_t tad__pool_threads(const tad__pool *pool);

/* Calls fn(arg, part) once for each part below parts and returns when all have returned. Thread t
 * of T runs the parts t, t + T, t + 2T ... A NULL pool runs them all here, in order. */
void tad__pool_run(tad__pool *pool, void (*fn)(void *arg, size_t part), void *arg, size_t parts);

#endif
