/* Shapes of pooling. Rests on pool.h. */
#include "ops/operands.h"
#include "pool.h"

static int index_of(const tad_op *op) { return (int)(op - tad__ops_pool); }

static bool is_spread(const tad_op *op) { return index_of(op) == TAD__POOL_SPREAD; }

static bool is_max(const tad_op *op) { return index_of(op) < TAD__AVG_POOL; }

static bool is_adaptive(const tad_call_frame *c) {
    const tad__window_options *o = c->options;
    return is_spread(c->op) ? o->adaptive : index_of(c->op) / TAD__WINDOW_AXES % 2;
}

static tad__window_kind kind_of(const tad_call_frame *c) {
    return is_adaptive(c) ? TAD__ADAPTIVE : TAD__POOL;
}

/* Axes behind images and channels; of the adjoint any number. */
static int rank_of(const tad_call_frame *c) {
    return is_spread(c->op) ? c->in[0]->rank - 2 : index_of(c->op) % TAD__WINDOW_AXES + 1;
}

/* Of the adjoint, output_size is the image; adaptive windows are as many as its operand has. */
static tad__window_options as_pool(const tad_call_frame *c) {
    tad__window_options o = *(const tad__window_options *)c->options;
    if (!is_spread(c->op)) return o;
    o.output_size = tad__shape_of(c->in[0]);
    o.output_size.rank -= 2;
    for (int i = 0; i < o.output_size.rank; i++) o.output_size.dim[i] = c->in[0]->dim[2 + i];
    return o;
}

tad__windows tad__pool_windows(const tad_call_frame *c) {
    const tad__window_options o = as_pool(c);
    int64_t in[TAD__WINDOW_AXES];
    if (is_spread(c->op))
        (void)tad__image_size(c, rank_of(c), in);
    else
        for (int i = 0; i < rank_of(c); i++) in[i] = c->in[0]->dim[2 + i];
    return tad__known_windows(&o, kind_of(c), in, rank_of(c));
}

/* The windows with which the adjoint's operand was made are laid on its image. */
static tad_status check_spread(const tad_call_frame *c, int rank, tad_shape *shape) {
    tad__windows w;
    int64_t in[TAD__WINDOW_AXES];
    const tad__window_options o = as_pool(c);
    tad_call_frame pool = *c;
    pool.options = &o;
    tad_status s = tad__image_size(c, rank, in);
    if (!s) s = tad__windows_of(&w, &pool, kind_of(c), in, rank);
    for (int i = 0; i < rank && !s; i++) {
        shape->dim[2 + i] = in[i];
        if (w.out[TAD__WINDOW_AXES - rank + i] != c->in[0]->dim[2 + i])
            s = tad_fail(c, TAD_BAD_SHAPE, "the image has other windows");
    }
    return s;
}

tad_status tad__pool_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    const tad_array *x = c->in[0];
    const int rank = rank_of(c);
    tad__windows w;
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (rank < 1 || rank > TAD__WINDOW_AXES || x->rank != rank + 2)
        return tad_fail(c, TAD_BAD_SHAPE, "needs axes of images, of channels, and %d more", rank);
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    if (is_spread(c->op)) return check_spread(c, rank, &out->shape);
    tad_status s = tad__windows_of(&w, c, kind_of(c), x->dim + 2, rank);
    if (s) return s;
    for (int i = 0; i < rank; i++) out->shape.dim[2 + i] = w.out[TAD__WINDOW_AXES - rank + i];
    if (!is_max(c->op)) return TAD_OK;
    *n_out = 1;
    if (!((const tad__window_options *)c->options)->return_indices) return TAD_OK;
    *n_out = 2;
    out[1] = (tad_type){TAD_I64, out->shape};
    return TAD_OK;
}
