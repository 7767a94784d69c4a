/* sort, topk, and argsort, which is composed. Rests on order.h. */
#include <stddef.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/place/indexed.h"
#include "ops/samples.h"
#include "order.h"

enum { SORT, ARGSORT, TOPK };

typedef struct sort_options {
    int64_t axis;
    bool descending;
} sort_options;

typedef struct topk_options {
    int64_t k, axis;
    bool largest;
} topk_options;

/* ---- shapes ---- */

static tad_status sort_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const sort_options *o = c->options;
    const tad_array *x = c->in[0];
    int axis;
    if (tad__one_axis(c, o->axis, x->rank, &axis)) return TAD_BAD_AXIS;
    out[0] = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    out[1] = (tad_type){TAD_I64, out[0].shape};
    return tad__order_fits(c, x->dim[axis]);
}

static tad_status argsort_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    tad_type both[2];
    tad_status s = sort_shape(c, both, n_out);
    *out = both[1];
    return s;
}

static tad_status topk_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const topk_options *o = c->options;
    const tad_array *x = c->in[0];
    int axis;
    if (tad__one_axis(c, o->axis, x->rank, &axis)) return TAD_BAD_AXIS;
    if (o->k < 0 || o->k > x->dim[axis])
        return tad_fail(c, TAD_BAD_ARGUMENT, "k = %lld of %lld elements", (long long)o->k,
                        (long long)x->dim[axis]);
    out[0] = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    out[0].shape.dim[axis] = o->k;
    out[1] = (tad_type){TAD_I64, out[0].shape};
    return tad__order_fits(c, x->dim[axis]);
}

/* ---- values ---- */

static tad__ordering ordering(const tad_call_frame *c) {
    const tad_array *x = c->in[0];
    if (c->op == &tad__ops_sort[TOPK]) {
        const topk_options *o = c->options;
        return (tad__ordering){o->axis, o->k, o->largest};
    }
    const sort_options *o = c->options;
    return (tad__ordering){o->axis, x->dim[tad__known_axis(o->axis, x->rank)], o->descending};
}

static tad_status ordered_forward(const tad_call_frame *c) {
    const tad__ordering o = ordering(c);
    return tad__order(c, &o, c->out[0], c->out[1]);
}

static void ordered_c_text(const tad_call_frame *c, tad_c *to) {
    const tad__ordering o = ordering(c);
    tad__order_c_text(c, to, &o);
}

static void argsort_compose(tad_rule *r) {
    tad_var out[2];
    tad_apply(&tad__ops_sort[SORT], r->in, 1, r->options, out, 2);
    r->result[0] = out[1];
}

/* ---- rules ---- */

static int64_t axis_of(const tad_rule *r) {
    return r->op == &tad__ops_sort[TOPK] ? ((const topk_options *)r->options)->axis
                                         : ((const sort_options *)r->options)->axis;
}

static void ordered_vjp(tad_rule *r) { tad__picked_vjp(r, axis_of(r)); }
static void ordered_jvp(tad_rule *r) { tad__picked_jvp(r, axis_of(r)); }

/* ---- options, samples, misuse ---- */

static const tad_option sort_list[] = {
    {OPTION(INT, sort_options, axis), .initial = -1},
    {OPTION(BOOL, sort_options, descending)},
};
static const tad_option topk_list[] = {
    {OPTION(INT, topk_options, k), .required = true},
    {OPTION(INT, topk_options, axis), .initial = -1},
    {OPTION(BOOL, topk_options, largest), .initial = true},
};

#define ORDER(axis_, descending_)                                                                  \
    .options = &(const sort_options) { axis_, descending_ }
#define TOP(k_, axis_, largest_)                                                                   \
    .options = &(const topk_options) { k_, axis_, largest_ }

static const tad_sample sort_samples[] = {
    {CASE("rows", DISTINCT(3, 5)), ORDER(-1, false)},
    {CASE("columns, descending", DISTINCT(7, 3)), ORDER(0, true)},
    {CASE("middle", DISTINCT(2, 3, 5)), ORDER(1, false)},
    {CASE("a long row", DISTINCT(50)), ORDER(0, true)},
    {CASE("size 1", F64(3, 1)), ORDER(1, false)},
    {CASE("nothing", F64(3, 0)), ORDER(1, false)},
    {CASE("integers", INDICES(9, 2, 5)), ORDER(1, true)},
    {CASE("bools", MASK(3, 4)), ORDER(0, false)},
};
static const tad_misuse sort_misuse[] = {
    {CASE("no such axis", F64(3, 4)), ORDER(2, false), .expect = TAD_BAD_AXIS},
    {CASE("0-d", F64_0D), ORDER(-1, false), .expect = TAD_BAD_AXIS},
    {CASE("an axis from the end", F64(3, 4)), ORDER(-3, false), .expect = TAD_BAD_AXIS},
};
static const tad_sample topk_samples[] = {
    {CASE("rows", DISTINCT(3, 5)), TOP(2, -1, true)},
    {CASE("columns, smallest", DISTINCT(7, 3)), TOP(3, 0, false)},
    {CASE("middle", DISTINCT(2, 3, 5)), TOP(1, 1, true)},
    {CASE("few of many", DISTINCT(50)), TOP(2, 0, false)},
    {CASE("most of many", DISTINCT(50)), TOP(45, 0, true)},
    {CASE("all", DISTINCT(3, 4)), TOP(4, 1, true)},
    {CASE("none", F64(3, 2)), TOP(0, 1, true)},
    {CASE("integers", INDICES(99, 40)), TOP(2, 0, true)},
    {CASE("bools", MASK(4, 3)), TOP(3, 0, true)},
};
static const tad_misuse topk_misuse[] = {
    {CASE("more than there are", F64(3, 4)), TOP(5, 1, true), .expect = TAD_BAD_ARGUMENT},
    {CASE("negative", F64(3, 4)), TOP(-1, 1, true), .expect = TAD_BAD_ARGUMENT},
    {CASE("no such axis", F64(3, 4)), TOP(1, 2, true), .expect = TAD_BAD_AXIS},
};

/* ---- the ops ---- */

#define ORDERED                                                                                    \
    .family = "order", .min_in = 1, .max_in = 1, .n_out = 2, .forward = ordered_forward,           \
    .c_text = ordered_c_text, .vjp = ordered_vjp, .jvp = ordered_jvp

const tad_op tad__ops_sort[] = {
    [SORT] = {.name = "sort",
              .doc = "x of any type sorted along an axis, and the places in x; equals stay in "
                     "their order, a NaN "
                     "is larger than all",
              ORDERED,
              .shape = sort_shape,
              OPTIONS(sort_options, sort_list),
              CASES(sort)},
    [ARGSORT] = {.name = "argsort",
                 .doc = "the places of sort",
                 FAMILY("order", 1, 1),
                 .flags = TAD_OP_FLAT,
                 .shape = argsort_shape,
                 .compose = argsort_compose,
                 OPTIONS(sort_options, sort_list),
                 CASES(sort)},
    [TOPK] = {.name = "topk",
              .doc = "the k largest, or smallest, along an axis in their order, and their places; "
                     "the first of equals, a NaN is larger than all",
              ORDERED,
              .shape = topk_shape,
              OPTIONS(topk_options, topk_list),
              CASES(topk)},
};
const size_t tad__ops_sort_count = LENGTH(tad__ops_sort);

static tad_var with_places(int op, tad_var x, const void *options, tad_var *places) {
    tad_var out[2];
    tad_apply(&tad__ops_sort[op], &x, 1, options, out, 2);
    if (places) *places = out[1];
    return out[0];
}

tad_var tad_sort(tad_var x, int axis, bool descending, tad_var *indices) {
    return with_places(SORT, x, &(sort_options){axis, descending}, indices);
}

tad_var tad_argsort(tad_var x, int axis, bool descending) {
    return tad__apply_one(&tad__ops_sort[ARGSORT], x, &(sort_options){axis, descending});
}

tad_var tad_topk(tad_var x, int64_t k, int axis, bool largest, tad_var *indices) {
    return with_places(TOPK, x, &(topk_options){k, axis, largest}, indices);
}
