/* Rows on arrays: the hooks, and how operands lie. What every call asks is inline. Rests on row.h.
 */
#ifndef TAD_OPS_ELEMENTWISE_FORWARD_H
#define TAD_OPS_ELEMENTWISE_FORWARD_H

#include "row.h"

#include "array/compute.h"
#include "array/loop.h"

tad_status tad__row_shape(const tad_call_frame *c, tad_type *out, size_t *n_out);
tad_status tad__row_forward_hook(const tad_call_frame *c);
void tad__row_c_text(const tad_call_frame *c, tad_c *to);

/* A row's kernel on operands that lie as runs, or on what a loop walks. */
typedef struct tad__forward_call {
    tad__row_forward *f;
    const double *pq;
    size_t n_in, size;
    int single; /* the operand that is a single element; -1: none */
    const void *const *in;
    void *out;
} tad__forward_call;
static inline tad__row_forward *tad__forward_of(const tad__compute *c, unsigned row, unsigned dtype,
                                                int single) {
    const tad__row_kernels *k = &c->kernels->row[row];
    return single < 0 ? k->forward[dtype] : k->forward_single[single][dtype];
}
void tad__forward_split(const tad__compute *c, size_t n, const tad__forward_call *k);
static inline void tad__forward_runs(const tad__compute *c, size_t n, tad__forward_call k) {
    if (n <= TAD__GRAIN || !c->threads)
        k.f(n, k.in, k.out, k.pq);
    else
        tad__forward_split(c, n, &k);
}

/* Whether there is nothing to walk: the operands lie as one run beside `out`, which is contiguous,
 * but of two one may be a single element: *single; -1: none. */
static inline bool tad__are_runs(const tad_array *const *in, size_t n, const tad_array *out,
                                 int *single) {
    *single = -1;
    for (size_t i = 0; i < n; i++) {
        if (in[i]->contiguous && in[i]->size == out->size) continue;
        if (n != 2 || in[i]->size != 1 || *single >= 0) return false;
        *single = (int)i;
    }
    return true;
}
/* Of two operands the one that is a single element in each run, as a column beside a matrix; -1:
 * none. */
int tad__single_in_runs(const tad__loop *l, size_t n, size_t size);
/* A whole run at once (INT64_MAX) when nothing has to be gathered, else pieces that fit the
 * room. */
int64_t tad__walk_piece(const tad__loop *l, int arrays, int single, size_t size);
/* Whether neighbours along a's innermost axis lie far apart and those along another one do not. */
bool tad__is_transposed(const tad_array *a);
static inline bool tad__any_transposed(const tad_array *const *in, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!in[i]->contiguous && tad__is_transposed(in[i])) return true;
    return false;
}
/* Large transposed operands are copied, by tiles, to be read in order. False: no memory. */
bool tad__straightened(const tad__compute *c, const tad_array *const *in, size_t n,
                       const tad_array **to);

#endif
