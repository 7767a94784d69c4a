/* The sums over taps of one instruction-set level: conv_body.h read once for each element type.
 * Relies on TAD_ISA and the matching machine flags, and on nothing of tad but conv.h. */
#include "conv.h"

#include <stdint.h>
#include <string.h>

#include "gemm_vector.h"

/* A tile keeps as many sums as the registers hold beside what they are made of: outputs and vectors
 * of positions; outputs and taps. */
#if defined(__AVX512F__)
enum { HEIGHT = 8, SPOTS = 3, LINES = 6, PICKS = 4 };
#define EACH_HEIGHT(F, spots) F(1, spots) F(2, spots) F(4, spots) F(6, spots) F(8, spots)
#else
enum { HEIGHT = 4, SPOTS = 3, LINES = 2, PICKS = 4 };
#define EACH_HEIGHT(F, spots) F(1, spots) F(2, spots) F(4, spots)
#endif
#define EACH_TILE(F) EACH_HEIGHT(F, 1) EACH_HEIGHT(F, 2) EACH_HEIGHT(F, 3)

static size_t least_of(size_t a, size_t b) { return a < b ? a : b; }

/* ---- from row to row ---- */

/* Where a walk over the rows of x and y is. */
struct walk {
    size_t at[3]; /* image, plane, row */
    ptrdiff_t x, y;
};

/* False: that was the last row. */
static bool next_row(const tad__taps *s, struct walk *w) {
    for (int i = 2; i >= 0; i--) {
        w->x += s->x_step[i];
        w->y += s->y_step[i];
        if (++w->at[i] < s->count[i]) return true;
        w->x -= (ptrdiff_t)s->count[i] * s->x_step[i];
        w->y -= (ptrdiff_t)s->count[i] * s->y_step[i];
        w->at[i] = 0;
    }
    return false;
}

#define LANES ((size_t)TAD_VECTOR_BYTES / sizeof(T))
#define BODY "conv_body.h"
#include "instantiate.h"

const tad__conv_kernels TAD_LEVEL(tad__conv_kernels) = {
    .height = HEIGHT,
    .values = {values_f64, values_f32},
    .weights = {weights_f64, weights_f32},
};
