/* scatter_reduce: elements that belong to one place are summed, averaged, multiplied, or the
 * extreme one is kept; equal ones share the gradient. Composed of scatter_add, of
 * scatter_recurrence, or of scatter_extreme, which is here too. Rests on indexed.h. */
#include <math.h>
#include <stddef.h>

#include "array/loop.h"
#include "indexed.h"
#include "kernel/plain/extreme.h"
#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { SCATTER_REDUCE, SCATTER_EXTREME };

typedef struct reduce_options {
    int64_t axis;
    int reduce; /* a tad_scatter_reduction */
    bool include_self;
} reduce_options;

typedef struct extreme_options {
    int64_t axis;
    bool smallest;
} extreme_options;

/* ---- shapes ---- */

static tad_status reduce_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const reduce_options *o = c->options;
    if (o->reduce < TAD_SCATTER_SUM || o->reduce > TAD_SCATTER_PROD)
        return tad_fail(c, TAD_BAD_ARGUMENT, "no reduction %d", o->reduce);
    return tad__check_scatter(c, o->axis, out);
}

static tad_status extreme_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    return tad__check_scatter(c, ((const extreme_options *)c->options)->axis, out);
}

/* ---- scatter_extreme ---- */

static void plan(tad__walk *w, const tad_call_frame *c, const tad_array *to) {
    const extreme_options *o = c->options;
    tad__walk_source(w, to, c->in[2], tad__known_axis(o->axis, to->rank));
    tad__walk_index(w, c->in[1]);
}

#define KEEP_BEST(T, suffix)                                                                       \
    do {                                                                                           \
        const T v = *(const T *)(const void *)(l->run[0] + i * l->step[0]);                        \
        T *best = (T *)(void *)place;                                                              \
        if (smallest ? tad__is_smaller_##suffix(v, *best) : tad__is_larger_##suffix(v, *best))     \
            *best = v;                                                                             \
    } while (0)

static void keep_run(const tad__loop *l, tad_dtype dtype, int64_t stride, bool smallest) {
    for (int64_t i = 0; i < l->length; i++) {
        const int64_t at = *(const int64_t *)(const void *)(l->run[1] + i * l->step[1]);
        char *place = l->run[2] + i * l->step[2] + at * stride;
        if (dtype == TAD_F64)
            KEEP_BEST(double, f64);
        else
            KEEP_BEST(float, f32);
    }
}

static tad_status extreme_forward(const tad_call_frame *c) {
    const tad_array *src = c->in[2];
    const tad_shape shape = tad__shape_of(src);
    tad__walk w;
    tad__loop l;
    tad__copy(c->compute, c->out[0], c->in[0]);
    plan(&w, c, c->out[0]);
    tad__loop_init(&l, &shape, (const tad_array *const[]){src, &w.index.array, &w.source.array}, 3);
    for (bool more = tad__loop_first(&l); more; more = tad__loop_next(&l))
        keep_run(&l, (tad_dtype)src->dtype, w.stride,
                 ((const extreme_options *)c->options)->smallest);
    return TAD_OK;
}

static void extreme_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_array *src = c->in[2];
    const tad_shape shape = tad__shape_of(src);
    const bool smallest = ((const extreme_options *)c->options)->smallest;
    tad__walk w;
    tad__loop l;
    plan(&w, c, c->out[0]);
    tad__c_check_indices(to, c, 1, w.size);
    tad__c_move(to, &(tad__c_seen){"out0", c->out[0], 0}, &(tad__c_seen){"in0", c->in[0], 0});
    tad__c_open(to, &l, &shape, (const tad_array *const[]){src, &w.index.array, &w.source.array},
                3);
    tad_c_put(to, "const int64_t at = in1");
    tad__c_at(to, &l, 1);
    tad_c_put(to, ";\nconst %s v = in2", tad__c_type(src->dtype));
    tad__c_at(to, &l, 0);
    tad_c_put(to, ";\n%s *best = &out0", tad__c_type(src->dtype));
    tad__c_at_and(to, &l, 2, 0, w.stride / (int64_t)tad__width(src->dtype), "at");
    tad_c_put(to, ";\nif (%s(v, *best)) *best = v;\n",
              tad__c_part(to, smallest ? "is_smaller" : "is_larger", src->dtype));
    tad__c_close(to, &l);
}

/* Where a and b are equal, or both NaN: 1, else 0. */
static tad_var same(tad_var a, tad_var b) {
    tad_var nan = tad_logical_and(tad_not_equal(a, a), tad_not_equal(b, b));
    return tad_where(tad_logical_or(tad_equal(a, b), nan),
                     tad_full(a.tape, tad_dtype_of(a), TAD_0D, 1), tad_number(0));
}

/* Which elements of x and src are the extreme of their place, and how many of these there are. */
typedef struct winners {
    tad_var x, src, count;
} winners;

static winners find_winners(const tad_rule *r, int axis) {
    winners w = {same(r->in[0], r->out[0]), same(r->in[2], tad_gather(r->out[0], r->in[1], axis)),
                 tad_none()};
    w.count = tad_scatter_add(w.x, r->in[1], w.src, axis);
    return w;
}

static void extreme_vjp(tad_rule *r) {
    const int axis = (int)((const extreme_options *)r->options)->axis;
    const winners w = find_winners(r, axis);
    tad_var share = tad_div(r->given[0], w.count);
    if (r->wanted[0]) r->result[0] = tad_mul(w.x, share);
    if (r->wanted[2]) r->result[2] = tad_mul(w.src, tad_gather(share, r->in[1], axis));
}

static void extreme_jvp(tad_rule *r) {
    const int axis = (int)((const extreme_options *)r->options)->axis;
    const winners w = find_winners(r, axis);
    tad_var x = tad_is_nil(r->given[0]) ? tad_mul(w.x, tad_number(0)) : tad_mul(w.x, r->given[0]);
    if (!tad_is_nil(r->given[2]))
        x = tad_scatter_add(x, r->in[1], tad_mul(w.src, r->given[2]), axis);
    r->result[0] = tad_div(x, w.count);
}

/* ---- scatter_reduce ---- */

/* How many elements of src belong to each place. */
static tad_var count_of(const tad_rule *r, int axis) {
    const tad_dtype dtype = tad_dtype_of(r->in[0]);
    tad_var none = tad_full(r->tape, dtype, tad_shape_of(r->in[0]), 0);
    tad_var ones = tad_full(r->tape, dtype, tad_shape_of(r->in[2]), 1);
    return tad_scatter_add(none, r->in[1], ones, axis);
}

static double neutral(int reduce) {
    switch (reduce) {
    case TAD_SCATTER_AMAX: return -INFINITY;
    case TAD_SCATTER_AMIN: return INFINITY;
    case TAD_SCATTER_PROD: return 1;
    default: return 0;
    }
}

static void reduce_compose(tad_rule *r) {
    const reduce_options *o = r->options;
    const int axis = (int)o->axis;
    const bool counts = !o->include_self || o->reduce == TAD_SCATTER_MEAN;
    tad_var x = r->in[0], count = counts ? count_of(r, axis) : tad_none();
    if (!o->include_self)
        x = tad_where(tad_greater(count, tad_number(0)), tad_number(neutral(o->reduce)), x);
    if (o->reduce == TAD_SCATTER_PROD) {
        r->result[0] = tad__scatter_product(x, r->in[1], r->in[2], axis);
        return;
    }
    if (o->reduce == TAD_SCATTER_AMAX || o->reduce == TAD_SCATTER_AMIN) {
        r->result[0] =
            tad_apply(&tad__ops_scatter_reduce[SCATTER_EXTREME], (tad_var[]){x, r->in[1], r->in[2]},
                      3, &(extreme_options){axis, o->reduce == TAD_SCATTER_AMIN}, NULL, 0);
        return;
    }
    x = tad_scatter_add(x, r->in[1], r->in[2], axis);
    if (o->reduce == TAD_SCATTER_MEAN)
        x = tad_div(x, o->include_self ? tad_add(count, tad_number(1))
                                       : tad_maximum(count, tad_number(1)));
    r->result[0] = x;
}

/* ---- options, samples, misuse ---- */

static const tad_option reduce_list[] = {
    {OPTION(INT, reduce_options, axis), .required = true},
    {OPTION(CHOICE, reduce_options, reduce), .choices = "sum|mean|amax|amin|prod"},
    {OPTION(BOOL, reduce_options, include_self), .initial = true},
};
static const tad_option extreme_list[] = {
    {OPTION(INT, extreme_options, axis), .required = true},
    {OPTION(BOOL, extreme_options, smallest)},
};

#define REDUCED(k, how, self)                                                                      \
    .options = &(const reduce_options) { k, TAD_SCATTER_##how, self }
#define EXTREME(k, smallest_)                                                                      \
    .options = &(const extreme_options) { k, smallest_ }

static const tad_sample reduce_samples[] = {
    {CASE("rows", F64(3, 4), INDICES(3, 2, 4), F64(2, 4)), REDUCED(0, SUM, true)},
    {CASE("columns", F64(2, 3), INDICES(3, 2, 7), F64(2, 7)), REDUCED(-1, MEAN, true)},
    {CASE("without x", F64(7), INDICES(7, 5), F64(5)), REDUCED(0, MEAN, false)},
    {CASE("sums without x", F64(7), INDICES(7, 5), F64(5)), REDUCED(0, SUM, false)},
    {CASE("largest", DISTINCT(2, 3), INDICES(3, 2, 5), DISTINCT(2, 5)), REDUCED(1, AMAX, false)},
    {CASE("smallest", DISTINCT(4), INDICES(4, 7), DISTINCT(7)), REDUCED(0, AMIN, false)},
    {CASE("product", F64(2, 3), INDICES(3, 2, 5), F64(2, 5)), REDUCED(1, PROD, true)},
    {CASE("product without x", F64(3, 2), INDICES(3, 5, 2), F64(5, 2)), REDUCED(0, PROD, false)},
    {CASE("nothing put", F64(3, 4), INDICES(3, 0, 4), F64(0, 4)), REDUCED(0, AMAX, true)},
};
static const tad_misuse reduce_misuse[] = {
    {CASE("out of range", F64(3), INDICES(900, 4), F64(4)), REDUCED(0, SUM, true),
     .expect = TAD_BAD_INDEX},
    {CASE("other shape of src", F64(3), INDICES(3, 4), F64(3)), REDUCED(0, SUM, true),
     .expect = TAD_BAD_SHAPE},
    {CASE("index too long", F64(3, 2), INDICES(3, 2, 3), F64(2, 3)), REDUCED(0, SUM, true),
     .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(3), INDICES(3, 4), F64(4)), REDUCED(1, SUM, true),
     .expect = TAD_BAD_AXIS},
};
static const tad_sample extreme_samples[] = {
    {CASE("rows", WITHIN(-9, -5, 3, 4), INDICES(3, 2, 4), DISTINCT(2, 4)), EXTREME(0, false)},
    {CASE("columns", WITHIN(5, 9, 2, 3), INDICES(3, 2, 5), DISTINCT(2, 5)), EXTREME(-1, true)},
    {CASE("shorter index", WITHIN(-9, -5, 3, 4, 5), INDICES(4, 2, 3, 3), DISTINCT(2, 3, 3)),
     EXTREME(1, false)},
    {CASE("x remains", WITHIN(5, 9, 7), INDICES(7, 3), F64(3)), EXTREME(0, false)},
    {CASE("nothing put", F64(3, 4), INDICES(3, 0, 4), F64(0, 4)), EXTREME(0, true)},
};
static const tad_misuse extreme_misuse[] = {
    {CASE("out of range", F64(3), INDICES(900, 4), F64(4)), EXTREME(0, false),
     .expect = TAD_BAD_INDEX},
    {CASE("other shape of src", F64(3), INDICES(3, 4), F64(3)), EXTREME(0, false),
     .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(3), INDICES(3, 4), F64(4)), EXTREME(1, false),
     .expect = TAD_BAD_AXIS},
};

/* ---- the ops ---- */

const tad_op tad__ops_scatter_reduce[] = {
    [SCATTER_REDUCE] = {.name = "scatter_reduce",
                        .doc = "x with src[i,j] and all others for [index[i,j],j], for axis 0, as "
                               "their sum, mean, extreme or product; without include_self what x "
                               "has there does not count; a product's gradient is right with zeros",
                        FAMILY("index", 3, 3),
                        .constant_in = 1u << 1,
                        .shape = reduce_shape,
                        .compose = reduce_compose,
                        OPTIONS(reduce_options, reduce_list),
                        CASES(reduce)},
    [SCATTER_EXTREME] = {.name = "scatter_extreme",
                         .doc = "scatter_reduce of amax and amin",
                         FAMILY("index", 3, 3),
                         .flags = TAD_OP_INTERNAL,
                         .constant_in = 1u << 1,
                         HOOKS(extreme),
                         .jvp = extreme_jvp,
                         .c_text = extreme_c_text,
                         OPTIONS(extreme_options, extreme_list),
                         CASES(extreme)},
};
const size_t tad__ops_scatter_reduce_count = LENGTH(tad__ops_scatter_reduce);

tad_var tad_scatter_reduce(tad_var x, tad_var index, tad_var src, int axis,
                           tad_scatter_reduction reduction, bool include_self) {
    return tad_apply(&tad__ops_scatter_reduce[SCATTER_REDUCE], (tad_var[]){x, index, src}, 3,
                     &(reduce_options){axis, (int)reduction, include_self}, NULL, 0);
}
