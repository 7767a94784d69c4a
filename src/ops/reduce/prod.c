/* prod: the product of all elements, or along an axis. Each gradient is the product of the others,
 * without a division. Rests on reduce.h, scan.h and c_text.h. */
#include "array/c_text.h"
#include "kernel/plain/scan.h"
#include "kernel/tile.h"
#include "ops/axes.h"
#include "ops/families.h"
#include "ops/samples.h"
#include "ops/scan/scan.h"
#include "reduce.h"

static tad_status prod_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    const tad__reduce *o = c->options;
    if (o->axis.given && o->axis.count != 1)
        return tad_fail(c, TAD_BAD_AXIS, "%d axes; one or all are possible", o->axis.count);
    return tad__reduce_shape(c, out, n_out);
}

/* ---- values ---- */

#define MULTIPLY_ROWS(T, suffix)                                                                   \
    for (size_t i = first; i < end; i++)                                                           \
    ((T *)(void *)r->y)[i] =                                                                       \
        tad__product_along_##suffix((ptrdiff_t)n, (const T *)(const void *)r->x + i * n, 1)

static void prod_piece(void *arg, size_t first, size_t end) {
    const tad__by_rows *r = arg;
    const size_t n = r->plan.n;
    if (r->plan.dtype == TAD_F64)
        MULTIPLY_ROWS(double, f64);
    else
        MULTIPLY_ROWS(float, f32);
}

static tad_status prod_forward(const tad_call_frame *c) {
    tad__by_rows r;
    if (!tad__by_rows_prepare(&r, c)) return TAD_NO_MEMORY;
    tad__split(c->compute->threads, r.plan.rows, tad__rows_grain(r.plan.n), prod_piece, &r);
    return TAD_OK;
}

/* ---- as C ---- */

static void put_rows(tad_c *to, const tad_array *out, const tad_array *x, unsigned mask,
                     const tad__loop *row) {
    tad_shape shape = tad__shape_of(x);
    shape = tad__shape_reduced(&shape, mask, true);
    tad__loop l;
    tad__c_open(to, &l, &shape, (const tad_array *const[]){out, x}, 2);
    tad_c_put(to, "out0");
    tad__c_at(to, &l, 0);
    tad_c_put(to, " = %s(%lld, &in0", tad__c_part(to, "product_along", x->dtype),
              row->rank ? (long long)row->dim[0] : 1);
    tad__c_at(to, &l, 1);
    tad_c_put(to, ", %lld);\n", row->rank ? (long long)row->stride[0][0] : 1);
    tad__c_close(to, &l);
}

/* Of all elements, which lie anyhow: as product_along takes them. */
static void put_all(tad_c *to, const tad_array *x) {
    const tad_shape shape = tad__shape_of(x);
    tad__loop l;
    tad_c_put(to, "double p[4] = {1, 1, 1, 1};\nptrdiff_t i = 0;\n");
    tad__c_open(to, &l, &shape, &x, 1);
    tad_c_put(to, "p[i++ & 3] *= in0");
    tad__c_at(to, &l, 0);
    tad_c_put(to, ";\n");
    tad__c_close(to, &l);
    tad_c_put(to, "out0[0] = (%s)((p[0] * p[1]) * (p[2] * p[3]));\n", tad__c_type(x->dtype));
}

static void prod_c_text(const tad_call_frame *c, tad_c *to) {
    const tad__reduce *o = c->options;
    const tad_array *x = c->in[0], *y = c->out[0];
    const unsigned mask = tad__known_axes(&o->axis, x->rank);
    tad_shape shape = tad__shape_of(x);
    tad__header h;
    tad__loop row;
    if (x->size == 0) {
        tad_c_put(to, "(void)in0;\n");
        tad__c_fill(to, y, 1);
        return;
    }
    shape = tad__shape_reduced(&shape, ~mask, true);
    tad__c_loop(&row, &shape, &x, 1);
    if (row.rank > 1)
        put_all(to, x);
    else
        put_rows(to, tad__keepdims_view(&h, y, x, mask), x, mask, &row);
}

/* ---- fused derivative ---- */

/* First the product of all before each element, then by that of all behind it. */
#define EXCLUDE(T)                                                                                 \
    for (size_t i = 0; i < rows; i++) {                                                            \
        const T *x = (const T *)(const void *)r->x + (first + i) * n;                              \
        T *own = (T *)to + i * n;                                                                  \
        double product = 1;                                                                        \
        for (size_t k = 0; k < n; product *= x[k++]) own[k] = (T)product;                          \
        product = ((const T *)(const void *)r->g)[first + i];                                      \
        for (size_t k = n; k-- > 0; product *= x[k]) own[k] = (T)(own[k] * product);               \
    }

static void fill_others(void *context, size_t first, size_t rows, void *to) {
    const tad__by_rows *r = context;
    const size_t n = r->plan.n;
    if (r->plan.dtype == TAD_F64)
        EXCLUDE(double)
    else
        EXCLUDE(float)
}

static tad_status prod_backward(tad_backward *b) { return tad__by_rows_gradient(b, fill_others); }

/* ---- rules ---- */

/* x with the axis along which it is multiplied: flattened where there is none. */
static tad_var as_rows(const tad_rule *r, tad_var x, int64_t *axis) {
    const tad__reduce *o = r->options;
    *axis = o->axis.given ? o->axis.axis[0] : 0;
    return o->axis.given ? x : tad_flatten(x, 0, -1);
}

/* For each element the product of the others. */
static tad_var others(const tad_rule *r) {
    int64_t axis;
    tad_var x = as_rows(r, r->in[0], &axis), before = tad__cumprod(x, axis, false),
            behind = tad__cumprod(x, axis, true);
    x = tad_mul(tad__shifted(before, axis, false, 1), tad__shifted(behind, axis, true, 1));
    return tad_reshape(x, tad_shape_of(r->in[0]));
}

static void prod_vjp(tad_rule *r) {
    const tad__reduce *o = r->options;
    tad_var g = tad_reshape(r->given[0], tad__keepdims_shape(r->in[0], &o->axis));
    r->result[0] = tad_mul(others(r), g);
}

static void prod_jvp(tad_rule *r) {
    const tad__reduce *o = r->options;
    tad_axes over = o->axis;
    over.keepdims = o->keepdims;
    r->result[0] = tad_sum(tad_mul(others(r), r->given[0]), over);
}

/* ---- the op ---- */

static const tad_sample prod_samples[] = {
    {CASE("all", F64(3, 2))},
    {CASE("columns", F64(5, 3)), OVER(0)},
    {CASE("rows kept", F64(3, 7)), KEEP(-1)},
    {CASE("middle", F64(2, 3, 5)), OVER(1)},
    {CASE("0-d", F64_0D)},
    {CASE("size 1", F64(3, 1)), KEEP(1)},
    {CASE("of nothing", F64(2, 0)), OVER(1)},
    {CASE("nothing left", F64(0, 3)), OVER(1)},
};
static const tad_misuse prod_misuse[] = {
    {CASE("two axes", F64(2, 3, 5)), OVER(0, 1), .expect = TAD_BAD_AXIS},
    {CASE("no such axis", F64(3, 4)), OVER(2), .expect = TAD_BAD_AXIS},
    {CASE("integers", INDICES(3, 4)), .expect = TAD_BAD_DTYPE},
};

const tad_op tad__ops_prod[] = {
    {.name = "prod",
     .doc = "product along an axis, or of all; 1 of nothing; derivatives are right with zeros",
     REDUCES,
     .shape = prod_shape,
     .forward = prod_forward,
     .vjp = prod_vjp,
     .jvp = prod_jvp,
     .backward = prod_backward,
     .c_text = prod_c_text,
     CASES(prod)},
};
const size_t tad__ops_prod_count = LENGTH(tad__ops_prod);

tad_var tad_prod(tad_var x, tad_axes over) { return tad__reduce_apply(tad__ops_prod, x, over); }
