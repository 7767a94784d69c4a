/* Points turned into rows and back for one instruction-set level: in square tiles, as wide as a
 * vector; what is left at either end goes number by number. Rests on turn.h. */
#include "turn.h"

#include <stdint.h>
#include <string.h>

/* Wider vectors gain nothing: twice as wide is one more shuffle for each. */
enum { SIDE = TAD_VECTOR_BYTES >= 32 ? 4 : 2, NUMBER = sizeof(double) };
typedef double line __attribute__((vector_size(SIDE * NUMBER)));

static inline line load(const void *p) {
    line v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void store(void *p, line v) { memcpy(p, &v, sizeof v); }

#if TAD_VECTOR_BYTES < 32
static inline void turn(line *v) {
    const line a = v[0], b = v[1];
    v[0] = (line){a[0], b[0]};
    v[1] = (line){a[1], b[1]};
}
#else
/* gcc would take a vector that is written as elements of others for so many loads. */
#if defined(__clang__)
#define PICK(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
typedef int64_t places __attribute__((vector_size(SIDE * NUMBER)));
#define PICK(a, b, i, j, k, l) __builtin_shuffle(a, b, (places){i, j, k, l})
#endif

static inline void turn(line *v) {
    const line a = PICK(v[0], v[1], 0, 4, 2, 6), b = PICK(v[0], v[1], 1, 5, 3, 7);
    const line c = PICK(v[2], v[3], 0, 4, 2, 6), d = PICK(v[2], v[3], 1, 5, 3, 7);
    v[0] = PICK(a, c, 0, 1, 4, 5);
    v[1] = PICK(b, d, 0, 1, 4, 5);
    v[2] = PICK(a, c, 2, 3, 6, 7);
    v[3] = PICK(b, d, 2, 3, 6, 7);
}
#endif

static void to_rows(size_t points, size_t numbers, const char *from, size_t step,
                    double *const *row) {
    const size_t whole = numbers - numbers % SIDE;
    size_t i = 0;
    for (; i + SIDE <= points; i += SIDE, from += SIDE * step) {
        for (size_t k = 0; k < whole; k += SIDE) {
            line v[SIDE];
#pragma GCC unroll 4
            for (size_t j = 0; j < SIDE; j++) v[j] = load(from + j * step + k * NUMBER);
            turn(v);
#pragma GCC unroll 4
            for (size_t j = 0; j < SIDE; j++) store(row[k + j] + i, v[j]);
        }
        for (size_t k = whole; k < numbers; k++)
            for (size_t j = 0; j < SIDE; j++)
                memcpy(row[k] + i + j, from + j * step + k * NUMBER, NUMBER);
    }
    for (; i < points; i++, from += step)
        for (size_t k = 0; k < numbers; k++) memcpy(row[k] + i, from + k * NUMBER, NUMBER);
}

static void from_rows(size_t points, size_t numbers, const double *const *row, char *to,
                      size_t step) {
    const size_t whole = numbers - numbers % SIDE;
    size_t i = 0;
    for (; i + SIDE <= points; i += SIDE, to += SIDE * step) {
        for (size_t k = 0; k < whole; k += SIDE) {
            line v[SIDE];
#pragma GCC unroll 4
            for (size_t j = 0; j < SIDE; j++) v[j] = load(row[k + j] + i);
            turn(v);
#pragma GCC unroll 4
            for (size_t j = 0; j < SIDE; j++) store(to + j * step + k * NUMBER, v[j]);
        }
        for (size_t k = whole; k < numbers; k++)
            for (size_t j = 0; j < SIDE; j++)
                memcpy(to + j * step + k * NUMBER, row[k] + i + j, NUMBER);
    }
    for (; i < points; i++, to += step)
        for (size_t k = 0; k < numbers; k++) memcpy(to + k * NUMBER, row[k] + i, NUMBER);
}

const tad__turn_kernels TAD_LEVEL(tad__turn_kernels) = {to_rows, from_rows};
