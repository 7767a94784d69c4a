/* The optimisers' kernels, on a level's instructions and some threads. Rests on compute.h. */
#ifndef TAD_ARRAY_UPDATE_H
#define TAD_ARRAY_UPDATE_H

#include "compute.h"

/* One parameter's step; the sum of squares of a gradient. */
void tad__update_run(const tad__compute *c, const tad__update *u, tad_dtype dtype, void *p,
                     const void *g, void *const *state, int64_t n);
/* The same of some rows of so many numbers, none twice; g has theirs alone. */
void tad__update_rows(const tad__compute *c, const tad__update *u, tad_dtype dtype, void *p,
                      const void *g, void *const *state, const int64_t *row, int64_t rows,
                      int64_t width);
double tad__squares(const tad__compute *c, tad_dtype dtype, const void *g, int64_t n);

#endif
