/* Sums: sum, mean, and sum_to, which undoes broadcasting. Rests on sum.h and the loop. */
#include <stddef.h>

#include "array/loop.h"
#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "sum.h"

/* ---- rows and columns ---- */

typedef struct row_sums {
    const tad__compute *compute;
    const tad_array *out, *x;
    size_t n;
} row_sums;

#define SUM_SHORT_ROWS(T, suffix)                                                                  \
    do {                                                                                           \
        const T *row = (const T *)r->x->data + first * r->n;                                       \
        T *sum = r->out->data;                                                                     \
        for (size_t i = first; i < end; i++, row += r->n)                                          \
            sum[i] = tad__sum_few_##suffix(r->n, row);                                             \
    } while (0)

static void sum_some_rows(void *arg, size_t first, size_t end) {
    const row_sums *r = arg;
    const char *x = r->x->data;
    if (r->n >= TAD__SHORT_ROW) {
        for (size_t i = first; i < end; i++)
            tad__set_number(r->out, i,
                            tad__total(r->compute, (tad_dtype)r->x->dtype, r->n,
                                       x + tad__bytes_of(r->x, i * r->n)));
    } else if (r->x->dtype == TAD_F64) {
        SUM_SHORT_ROWS(double, f64);
    } else {
        SUM_SHORT_ROWS(float, f32);
    }
}

static void sum_rows(const tad__compute *compute, const tad_array *out, const tad_array *x,
                     tad__blocks b) {
    row_sums r = {compute, out, x, b.n};
    tad__split(compute->threads, b.before, tad__rows_grain(b.n), sum_some_rows, &r);
}

static void sum_columns(const tad__compute *compute, const tad_array *out, const tad_array *x,
                        tad__blocks b) {
    tad__clear(compute, out);
    for (size_t i = 0; i < b.before; i++)
        tad__add_columns(compute, (tad_dtype)x->dtype, b.n, b.after,
                         (const char *)x->data + tad__bytes_of(x, i * b.n * b.after),
                         (char *)out->data + tad__bytes_of(x, i * b.after));
}

tad__sum_way tad__sum_plan(const tad_array *out, const tad_array *x, unsigned mask,
                           tad__blocks *b) {
    if (out->size == 0) return TAD__SUM_NOTHING;
    if (x->size == 0) return TAD__SUM_ZEROS;
    if (!tad__as_blocks(x, mask, b)) return TAD__SUM_ANY;
    return b->after == 1 ? TAD__SUM_ROWS : TAD__SUM_COLUMNS;
}

/* out, which has x's rank and size 1 where the mask says, = the sums. */
static void sum_into(const tad__compute *compute, tad_array *out, const tad_array *x,
                     unsigned mask) {
    tad__blocks b;
    switch (tad__sum_plan(out, x, mask, &b)) {
    case TAD__SUM_NOTHING: return;
    case TAD__SUM_ZEROS: tad__clear(compute, out); return;
    case TAD__SUM_ROWS: sum_rows(compute, out, x, b); return;
    case TAD__SUM_COLUMNS: sum_columns(compute, out, x, b); return;
    case TAD__SUM_ANY: tad__clear(compute, out); tad__add_into(compute, out, x);
    }
}

/* ---- sum, mean ---- */

static void scale(const tad_array *a, double divisor) {
    if (a->dtype == TAD_F64)
        for (int64_t i = 0; i < a->size; i++) ((double *)a->data)[i] /= divisor;
    else
        for (int64_t i = 0; i < a->size; i++) ((float *)a->data)[i] /= (float)divisor;
}

double tad__count_reduced(const tad_array *x, unsigned mask) {
    double n = 1;
    for (int i = 0; i < x->rank; i++)
        if (mask >> i & 1) n *= (double)x->dim[i];
    return n;
}

static tad_status sum_forward(const tad_call_frame *c) {
    const tad__reduce *o = c->options;
    const tad_array *x = c->in[0];
    unsigned mask = tad__known_axes(&o->axis, x->rank);
    tad__header h;
    sum_into(c->compute, tad__keepdims_view(&h, c->out[0], x, mask), x, mask);
    if (c->op == &tad__ops_sum[TAD__OP_MEAN]) scale(c->out[0], tad__count_reduced(x, mask));
    return TAD_OK;
}

static double count_in_rule(tad_var x, const tad_axes *axes) {
    tad_shape shape = tad_shape_of(x);
    unsigned mask = tad__known_axes(axes, shape.rank);
    double n = 1;
    for (int i = 0; i < shape.rank; i++)
        if (mask >> i & 1) n *= (double)shape.dim[i];
    return n;
}

static void sum_vjp(tad_rule *r) {
    const tad__reduce *o = r->options;
    tad_var g = r->given[0];
    if (r->op == &tad__ops_sum[TAD__OP_MEAN])
        g = tad_div(g, tad_number(count_in_rule(r->in[0], &o->axis)));
    r->result[0] = tad_broadcast_to(tad_reshape(g, tad__keepdims_shape(r->in[0], &o->axis)),
                                    tad_shape_of(r->in[0]));
}

/* ---- their gradient ---- */

/* The cotangent over the divisor: itself or a copy, which is no larger. NULL: no memory. */
static const tad_array *divided(const tad__compute *c, const tad_array *g, double divisor) {
    tad_shape shape = tad__shape_of(g);
    if (divisor == 1) return g;
    tad_array *copy = tad__scratch_array(c, (tad_dtype)g->dtype, &shape);
    if (!copy) return NULL;
    tad__copy(c, copy, g);
    scale(copy, divisor);
    return copy;
}

static tad_status sum_backward(tad_backward *b) {
    const tad__reduce *o = b->call.options;
    const tad_array *x = b->call.in[0];
    if (!b->cotangent[0] || !b->wanted[0]) return TAD_OK;
    unsigned mask = tad__known_axes(&o->axis, x->rank);
    double divisor = b->call.op == &tad__ops_sum[TAD__OP_MEAN] ? tad__count_reduced(x, mask) : 1;
    tad__header g_header, few_header;
    const tad__compute *compute = b->call.compute;
    const tad_array *view = tad__keepdims_view(&g_header, b->cotangent[0], x, mask);
    const tad_array *g = divided(compute, view, divisor);
    if (!g) return TAD_NO_MEMORY;
    tad_array *to = tad_backward_repeat(b, 0, view);
    bool fresh;
    if (to) {
        tad__put(compute, tad__keepdims_view(&few_header, to, x, mask), g, false);
        return TAD_OK;
    }
    to = tad_backward_buffer(b, 0, &fresh);
    if (!to) return TAD_NO_MEMORY;
    tad__put(compute, to, g, !fresh);
    return TAD_OK;
}

/* ---- sum_to ---- */

static tad_status sum_to_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__to_shape *o = c->options;
    tad_status s = tad__needs_float(c, 0);
    if (s != TAD_OK) return s;
    tad_shape x = tad__shape_of(c->in[0]), both;
    int64_t size;
    char text[TAD__SHAPE_ROOM];
    if (!tad__shape_size(&o->shape, &size)) return tad_fail(c, TAD_BAD_SHAPE, "no such shape");
    if (!tad__shape_broadcast(&o->shape, &x, &both) || !tad__shape_equal(&both, &x))
        return tad_fail(c, TAD_BAD_SHAPE, "%s does not broadcast to x",
                        tad__shape_text(&o->shape, text, sizeof text));
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, o->shape};
    return TAD_OK;
}

unsigned tad__sum_to_axes(const tad_array *x, const tad_array *y) {
    unsigned mask = 0;
    int skip = x->rank - y->rank;
    for (int i = 0; i < x->rank; i++)
        if (i < skip || y->dim[i - skip] == 1) mask |= 1u << i;
    return mask;
}

static tad_status sum_to_forward(const tad_call_frame *c) {
    const tad_array *x = c->in[0], *y = c->out[0];
    const unsigned mask = tad__sum_to_axes(x, y);
    tad__header h;
    sum_into(c->compute, tad__keepdims_view(&h, y, x, mask), x, mask);
    return TAD_OK;
}

static void sum_to_vjp(tad_rule *r) {
    r->result[0] = tad_broadcast_to(r->given[0], tad_shape_of(r->in[0]));
}

/* ---- options, samples, misuse ---- */

static const tad_option sum_to_list[] = {{OPTION(SHAPE, tad__to_shape, shape), .required = true}};

static const tad_sample sum_to_samples[] = {
    {CASE("row", F64(7, 3)), TO(3)},
    {CASE("column", F64(3, 5)), TO(3, 1)},
    {CASE("both ends", F64(2, 3, 5)), TO(1, 3, 1)},
    {CASE("0-d", F64(2, 3)), TO_0D},
    {CASE("unchanged", F64(2, 3)), TO(2, 3)},
    {CASE("of nothing", F64(0, 3)), TO(3)},
};
static const tad_misuse sum_to_misuse[] = {
    {CASE("other size", F64(3, 4)), TO(3), .expect = TAD_BAD_SHAPE},
    {CASE("larger", F64(3)), TO(2, 3), .expect = TAD_BAD_SHAPE},
    {CASE("negative", F64(3, 4)), TO(-1), .expect = TAD_BAD_SHAPE},
};

/* ---- the ops ---- */

#define SUMS                                                                                       \
    REDUCES, .flags = TAD_OP_LINEAR, .shape = tad__reduce_shape, .forward = sum_forward,           \
             .vjp = sum_vjp, .backward = sum_backward, .c_text = tad__sum_c_text, CASES(tad__sum)

const tad_op tad__ops_sum[] = {
    [TAD__OP_SUM] = {.name = "sum",
                     .doc = "sum over the axes, all if not given; 0 of nothing",
                     SUMS},
    [TAD__OP_MEAN] = {.name = "mean",
                      .doc = "sum over the axes by their number of elements; NaN of nothing",
                      SUMS},
    [TAD__OP_SUM_TO] = {.name = "sum_to",
                        .doc = "sums x down to a shape that broadcasts to x's: undoes broadcast_to",
                        FAMILY("reduce", 1, 1),
                        .flags = TAD_OP_LINEAR,
                        OPTIONS(tad__to_shape, sum_to_list),
                        HOOKS(sum_to),
                        .c_text = tad__sum_to_c_text,
                        CASES(sum_to)},
};
const size_t tad__ops_sum_count = LENGTH(tad__ops_sum);

tad_var tad_sum(tad_var x, tad_axes over) {
    return tad__reduce_apply(&tad__ops_sum[TAD__OP_SUM], x, over);
}

tad_var tad_mean(tad_var x, tad_axes over) {
    return tad__reduce_apply(&tad__ops_sum[TAD__OP_MEAN], x, over);
}

tad_var tad_sum_to(tad_var x, tad_shape shape) {
    return tad__apply_one(&tad__ops_sum[TAD__OP_SUM_TO], x, &(tad__to_shape){shape});
}
