/* What every fuzz target shares: numbers drawn from the bytes of an input, a check that stops the
 * program, an allocator that counts. May rely on the public headers.
 *
 * A target is one file that defines LLVMFuzzerTestOneInput. With -Dfuzz=true libFuzzer calls it,
 * else replay.c does, for the files of a folder. */
#ifndef TAD_TESTS_FUZZ_H
#define TAD_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tad/tad.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says more about what the target was doing, when a check stops it. */
static void (*fuzz_describe)(void);

/* Stops where an assertion does not hold, in every build. */
#define fuzz_check(condition, ...)                                                                 \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n  ", __FILE__, __LINE__, #condition);                      \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fprintf(stderr, "\n");                                                                 \
            if (fuzz_describe) fuzz_describe();                                                    \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* ---- drawing from bytes: zeros when there are no more ---- */

typedef struct fuzz_bytes {
    const uint8_t *at, *end;
} fuzz_bytes;

static inline unsigned fuzz_byte(fuzz_bytes *b) { return b->at < b->end ? *b->at++ : 0; }

/* 0 .. n - 1, n at most 256. */
static inline unsigned fuzz_below(fuzz_bytes *b, unsigned n) { return fuzz_byte(b) % n; }

/* Mostly quarters between -4 and 4; seldom a value at which functions end. */
static inline double fuzz_number(fuzz_bytes *b) {
    static const double special[] = {0,      -0.0, 1,    -1,  0.5,  1e-300,
                                     -1e300, 1e9,  1e-9, 700, -750, 1e160};
    unsigned n = fuzz_byte(b);
    if (n >= 254) return special[fuzz_below(b, sizeof special / sizeof *special)];
    return ((double)(n % 33) - 16) / 4 + (n / 33) * 0.0371;
}

/* ---- memory ---- */

typedef struct fuzz_memory {
    size_t live, peak;
} fuzz_memory;

static inline void *fuzz_resize(void *user, void *old, size_t old_size, size_t new_size) {
    fuzz_memory *m = user;
    void *block = new_size ? realloc(old, new_size) : NULL;
    if (!new_size) free(old);
    if (new_size && !block) return NULL;
    m->live += new_size - old_size;
    if (m->live > m->peak) m->peak = m->live;
    return block;
}

static inline tad_tape *fuzz_tape(fuzz_memory *m, tad_settings settings) {
    *m = (fuzz_memory){0, 0};
    settings.allocator = (tad_allocator){fuzz_resize, m};
    tad_tape *t = tad_tape_new(&settings);
    fuzz_check(t, "no tape");
    return t;
}

static inline void fuzz_free(tad_tape *t, const fuzz_memory *m) {
    tad_tape_free(t);
    fuzz_check(m->live == 0, "%zu bytes are left", m->live);
}

/* ---- arrays ---- */

static inline size_t fuzz_bytes_of(tad_dtype dtype, tad_shape shape) {
    size_t n = tad_dtype_size(dtype);
    for (int i = 0; i < shape.rank; i++) n *= (size_t)shape.dim[i];
    return n;
}

static inline bool fuzz_same_shape(tad_shape a, tad_shape b) {
    bool same = a.rank == b.rank;
    for (int i = 0; same && i < a.rank; i++) same = a.dim[i] == b.dim[i];
    return same;
}

#endif
