/* Column sums and extremes of one instruction-set level. Rests on reduce.h. */
#include "reduce.h"

#include <string.h>

enum {
    BLOCK = 1024, /* columns whose extremes are sought together: they stay in the first cache */
    LANES = 32,   /* extremes of a row are sought in so many places at once */
};

/* Whether v takes the place of `best` by an order `beats`; a NaN wins and stays. Without
 * branches. */
#define WINS(v, beats, best) (((v)beats(best)) | ((v) != (v)))

#define BODY "reduce_body.h"
#include "instantiate.h"

#define ELEMENT_f64 double
#define ELEMENT_f32 float
#define OF_LEVEL(suffix)                                                                           \
    void TAD_LEVEL(tad__add_columns_##suffix)(size_t rows, size_t cols, size_t stride,             \
                                              const void *x, void *y) {                            \
        tad__add_columns_##suffix(rows, cols, stride, x, y);                                       \
    }                                                                                              \
    double TAD_LEVEL(tad__extreme_##suffix)(size_t n, const void *x, bool largest) {               \
        return largest ? largest_##suffix(n, x) : smallest_##suffix(n, x);                         \
    }                                                                                              \
    void TAD_LEVEL(tad__extremes_##suffix)(size_t n, const void *x, void *best, bool largest) {    \
        if (largest)                                                                               \
            keep_largest_##suffix(n, x, best);                                                     \
        else                                                                                       \
            keep_smallest_##suffix(n, x, best);                                                    \
    }                                                                                              \
    void TAD_LEVEL(tad__places_##suffix)(size_t rows, size_t cols, size_t stride, const void *x,   \
                                         bool largest, void *best, int64_t *place) {               \
        for (size_t j = 0; j < cols; j += BLOCK)                                                   \
            (largest ? find_largest_##suffix : find_smallest_##suffix)(                            \
                cols - j < BLOCK ? cols - j : BLOCK, rows, stride,                                 \
                (const ELEMENT_##suffix *)x + j, (ELEMENT_##suffix *)best + j, place + j);         \
    }                                                                                              \
    size_t TAD_LEVEL(tad__find_##suffix)(size_t n, const void *x, double v) {                      \
        return find_##suffix(n, x, (ELEMENT_##suffix)v);                                           \
    }                                                                                              \
    void TAD_LEVEL(tad__share_##suffix)(size_t rows, size_t n, const void *x, const void *best,    \
                                        const void *g, void *dx) {                                 \
        share_##suffix(rows, n, x, best, g, dx);                                                   \
    }

OF_LEVEL(f64)
OF_LEVEL(f32)
