/* Column sums of one instruction-set level. Rests on reduce.h. */
#include "reduce.h"

#include <string.h>

enum {
    BLOCK = 1024, /* columns summed together: their sums stay in the first cache */
    CHUNK = 64,   /* rows summed before they join the rest, which keeps rounding errors small */
    NARROW = 64   /* up to so many columns, several rows are read as one */
};

#define T double
#define X(name) name##_f64
#include "reduce_body.h"
#undef T
#undef X

#define T float
#define X(name) name##_f32
#include "reduce_body.h"

void TAD_LEVEL(tad__add_columns_f64)(size_t rows, size_t cols, const void *x, void *y) {
    columns_f64(rows, cols, x, y);
}

void TAD_LEVEL(tad__add_columns_f32)(size_t rows, size_t cols, const void *x, void *y) {
    columns_f32(rows, cols, x, y);
}
