/* Column sums and extremes of one instruction-set level. Rests on reduce.h. */
#include "reduce.h"

#include "plain/extreme.h"

enum { BLOCK = 1024 }; /* columns walked together: what is kept of them stays in the first cache */

#define BODY "reduce_body.h"
#include "instantiate.h"

#define OF_LEVEL(T, INDEX, suffix)                                                                 \
    void TAD_LEVEL(tad__add_columns_##suffix)(size_t rows, size_t cols, size_t stride,             \
                                              const void *x, void *y) {                            \
        T part[BLOCK];                                                                             \
        tad__add_columns_by_##suffix(rows, cols, stride, x, y, BLOCK, part);                       \
    }                                                                                              \
    double TAD_LEVEL(tad__extreme_##suffix)(size_t n, const void *x, bool largest) {               \
        return (double)(largest ? tad__largest_number_##suffix(n, x)                               \
                                : tad__smallest_number_##suffix(n, x));                            \
    }                                                                                              \
    void TAD_LEVEL(tad__extremes_##suffix)(size_t n, const void *x, void *best, bool largest) {    \
        if (largest)                                                                               \
            tad__keep_larger_##suffix(n, x, best);                                                 \
        else                                                                                       \
            tad__keep_smaller_##suffix(n, x, best);                                                \
    }                                                                                              \
    void TAD_LEVEL(tad__places_##suffix)(size_t rows, size_t cols, size_t stride, const void *x,   \
                                         bool largest, void *best, int64_t *place) {               \
        INDEX at[BLOCK];                                                                           \
        for (size_t j = 0; j < cols; j += BLOCK)                                                   \
            (largest ? tad__find_largest_##suffix : tad__find_smallest_##suffix)(                  \
                cols - j < BLOCK ? cols - j : BLOCK, rows, stride, (const T *)x + j,               \
                (T *)best + j, at, place + j);                                                     \
    }                                                                                              \
    size_t TAD_LEVEL(tad__find_##suffix)(size_t n, const void *x, double v) {                      \
        return tad__find_##suffix(n, x, (T)v);                                                     \
    }                                                                                              \
    void TAD_LEVEL(tad__share_##suffix)(size_t rows, size_t n, const void *x, const void *best,    \
                                        const void *g, void *dx) {                                 \
        share_##suffix(rows, n, x, best, g, dx);                                                   \
    }

OF_LEVEL(double, int64_t, f64)
OF_LEVEL(float, int32_t, f32)
