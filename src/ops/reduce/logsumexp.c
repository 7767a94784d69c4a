/* logsumexp: shifted by the largest element of a row. Rests on reduce.h, c_text.h
 * and kernel/softmax.h. */
#include <math.h>

#include "array/c_text.h"
#include "kernel/softmax.h"
#include "ops/axes.h"
#include "ops/families.h"
#include "ops/samples.h"
#include "reduce.h"

static void logsumexp_piece(void *arg, size_t first, size_t end) {
    const tad__by_rows *r = arg;
    size_t n = r->plan.n, step = tad__tile_rows(n), width = r->plan.width;
    for (size_t i = first; i < end; i += step)
        r->compute->kernels->softmax->logsumexp[r->plan.dtype](
            tad__min(step, end - i), n, r->x + i * n * width, r->y + i * width);
}

static tad_status logsumexp_forward(const tad_call_frame *c) {
    tad__by_rows r;
    if (c->in[0]->size == 0) {
        for (int64_t i = 0; i < c->out[0]->size; i++)
            tad__set_number(c->out[0], (size_t)i, -INFINITY);
        return TAD_OK;
    }
    if (!tad__by_rows_prepare(&r, c)) return TAD_NO_MEMORY;
    tad__split(c->compute->threads, r.plan.rows, tad__tile_grain(r.plan.n), logsumexp_piece, &r);
    return TAD_OK;
}

/* ---- as C ---- */

static void put_list(tad_c *to, const char *name, const int64_t *list, int n) {
    tad_c_put(to, "static const ptrdiff_t %s[] = {", name);
    for (int i = 0; i < n; i++) tad_c_put(to, i ? ", %lld" : "%lld", (long long)list[i]);
    tad_c_put(to, "};\n");
}

/* Rows where they lie; `row` is one of them. */
static void put_rows(tad_c *to, const tad_array *out, const tad_array *x, unsigned mask,
                     const tad__loop *row, long long n) {
    tad_shape shape = tad__shape_of(x);
    shape = tad__shape_reduced(&shape, mask, true);
    const bool one_axis = row->rank < 2;
    tad__loop l;
    tad__c_open(to, &l, &shape, (const tad_array *const[]){out, x}, 2);
    tad_c_put(to, "out0");
    tad__c_at(to, &l, 0);
    tad_c_put(to, " = %s(%lld, &in0",
              tad__c_part(to, one_axis ? "logsumexp_row" : "logsumexp_over", x->dtype), n);
    tad__c_at(to, &l, 1);
    if (one_axis)
        tad_c_put(to, ", %lld);\n", row->rank ? (long long)row->stride[0][0] : 1);
    else
        tad_c_put(to, ", %d, size, apart);\n", row->rank);
    tad__c_close(to, &l);
}

static void logsumexp_c_text(const tad_call_frame *c, tad_c *to) {
    const tad__reduce *o = c->options;
    const tad_array *x = c->in[0], *y = c->out[0];
    const unsigned mask = tad__known_axes(&o->axis, x->rank);
    tad_shape shape = tad__shape_of(x);
    tad__header h;
    tad__loop row;
    if (x->size == 0) {
        tad_c_put(to, "(void)in0;\n");
        tad__c_fill(to, y, -INFINITY);
        return;
    }
    shape = tad__shape_reduced(&shape, ~mask, true);
    tad__c_loop(&row, &shape, &x, 1);
    if (row.rank > 1) {
        put_list(to, "size", row.dim, row.rank);
        put_list(to, "apart", row.stride[0], row.rank);
    }
    put_rows(to, tad__keepdims_view(&h, y, x, mask), x, mask, &row, x->size / y->size);
}

/* ---- fused derivative ---- */

static void fill_weights(void *context, size_t first, size_t rows, void *to) {
    const tad__by_rows *r = context;
    size_t n = r->plan.n, width = r->plan.width, at = first * width;
    r->compute->kernels->softmax->logsumexp_backward[r->plan.dtype](rows, n, r->x + at * n,
                                                                    r->y + at, r->g + at, to);
}

static tad_status logsumexp_backward(tad_backward *b) {
    return tad__by_rows_gradient(b, fill_weights);
}

/* ---- rules ---- */

/* The softmax of x. Where all of x is -inf the result is too; 0 in its place makes the weights
 * 0. */
static tad_var weights(const tad_rule *r) {
    const tad__reduce *o = r->options;
    tad_var y = tad_reshape(r->out[0], tad__keepdims_shape(r->in[0], &o->axis));
    y = tad_where(tad_equal(y, tad_number(-INFINITY)), tad_number(0), y);
    return tad_exp(tad_sub(r->in[0], y));
}

static void logsumexp_vjp(tad_rule *r) {
    const tad__reduce *o = r->options;
    r->result[0] =
        tad_mul(weights(r), tad_reshape(r->given[0], tad__keepdims_shape(r->in[0], &o->axis)));
}

static void logsumexp_jvp(tad_rule *r) {
    const tad__reduce *o = r->options;
    tad_axes over = o->axis;
    over.keepdims = o->keepdims;
    r->result[0] = tad_sum(tad_mul(weights(r), r->given[0]), over);
}

/* ---- the op ---- */

const tad_op tad__ops_logsumexp[] = {
    {.name = "logsumexp",
     .doc = "log of the sum of e^x over the axes; -inf of nothing, "
            "gradient 0 where all are -inf",
     REDUCES,
     .shape = tad__reduce_shape,
     .forward = logsumexp_forward,
     .vjp = logsumexp_vjp,
     .jvp = logsumexp_jvp,
     .backward = logsumexp_backward,
     .c_text = logsumexp_c_text,
     CASES(tad__sum)},
};
const size_t tad__ops_logsumexp_count = LENGTH(tad__ops_logsumexp);

tad_var tad_logsumexp(tad_var x, tad_axes over) {
    return tad__reduce_apply(tad__ops_logsumexp, x, over);
}
