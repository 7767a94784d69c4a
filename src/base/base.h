/* Checked size arithmetic and small helpers. Needs nothing. */
#ifndef TAD_BASE_H
#define TAD_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each returns false when the true result does not fit; *out is then undefined. */
static inline bool tad__mul(size_t a, size_t b, size_t *out) {
    return !__builtin_mul_overflow(a, b, out);
}
static inline bool tad__sum(size_t a, size_t b, size_t *out) {
    return !__builtin_add_overflow(a, b, out);
}

/* Rounds up to a multiple of `to`, a power of two. */
static inline bool tad__align(size_t n, size_t to, size_t *out) {
    if (!tad__sum(n, to - 1, out)) return false;
    *out &= ~(to - 1);
    return true;
}

static inline size_t tad__min(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t tad__max(size_t a, size_t b) { return a > b ? a : b; }

/* Where part `part` of so many parts of n things begins; for part = parts: n. */
static inline int64_t tad__part_begin(int64_t n, int64_t part, int64_t parts) {
    return n / parts * part + n % parts * part / parts;
}

#endif
