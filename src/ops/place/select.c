/* What a shape depends on: nonzero, the places of what is not 0; masked_select, composed of it.
 * Rests on c_text.h and the loop. */
#include <stddef.h>

#include "array/c_text.h"
#include "array/loop.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { NONZERO, MASKED_SELECT };

/* ---- nonzero ---- */

/* A NaN is not 0. */
static bool is_set(const char *at, unsigned dtype) {
    switch (dtype) {
    case TAD_F64: return *(const double *)(const void *)at != 0;
    case TAD_F32: return *(const float *)(const void *)at != 0;
    case TAD_I64: return *(const int64_t *)(const void *)at != 0;
    default: return *(const uint8_t *)at != 0;
    }
}

static int64_t count_set(const tad_array *x) {
    const tad_shape shape = tad__shape_of(x);
    int64_t n = 0;
    tad__loop l;
    tad__loop_init(&l, &shape, &x, 1);
    for (bool more = tad__loop_first(&l); more; more = tad__loop_next(&l))
        for (int64_t i = 0; i < l.length; i++) n += is_set(l.run[0] + i * l.step[0], x->dtype);
    return n;
}

static tad_status nonzero_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    *out = (tad_type){TAD_I64, TAD_SHAPE(count_set(c->in[0]), c->in[0]->rank)};
    return TAD_OK;
}

/* The coordinates of element `flat` in row-major order. */
static void put_coordinates(const tad_array *x, int64_t flat, int64_t *to) {
    for (int i = x->rank; i-- > 0; flat /= x->dim[i]) to[i] = flat % x->dim[i];
}

static tad_status nonzero_forward(const tad_call_frame *c) {
    const tad_array *x = c->in[0];
    const tad_shape shape = tad__shape_of(x);
    int64_t flat = 0, *to = c->out[0]->data;
    tad__loop l;
    tad__loop_init(&l, &shape, &x, 1);
    for (bool more = tad__loop_first(&l); more; more = tad__loop_next(&l))
        for (int64_t i = 0; i < l.length; i++, flat++) {
            if (!is_set(l.run[0] + i * l.step[0], x->dtype)) continue;
            put_coordinates(x, flat, to);
            to += x->rank;
        }
    return TAD_OK;
}

/* Ends the run where there are others than were recorded. */
static void nonzero_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_array *x = c->in[0];
    const tad_shape shape = tad__shape_of(x);
    const long long n = (long long)c->out[0]->dim[0];
    long long inner = (long long)x->size;
    tad__loop l;
    if (x->size == 0) {
        tad_c_put(to, "(void)in0, (void)out0;\n");
        return;
    }
    tad_c_put(to, "int64_t n = 0, flat = 0;\n");
    tad__c_open(to, &l, &shape, &x, 1);
    tad_c_put(to, "if (in0");
    tad__c_at(to, &l, 0);
    tad_c_put(to, " != 0) {\nif (n == %lld) return TAD_BRANCH;\n", n);
    for (int i = 0; i < x->rank; i++) {
        inner /= (long long)x->dim[i];
        tad_c_put(to, "out0[%d * n + %d] = flat / %lld %% %lld;\n", x->rank, i, inner,
                  (long long)x->dim[i]);
    }
    tad_c_put(to, "n++;\n}\nflat++;\n");
    tad__c_close(to, &l);
    tad_c_put(to, "if (n != %lld) return TAD_BRANCH;\n", n);
    if (x->rank == 0) tad_c_put(to, "(void)out0;\n");
}

/* ---- masked_select ---- */

static tad_status select_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    tad_type x;
    tad_status s = tad__masked_type(c, &x);
    if (s != TAD_OK) return s;
    /* each true element of the mask selects as many as it broadcasts to */
    const int64_t own = c->in[1]->size, all = c->in[0]->size;
    *out = (tad_type){x.dtype, TAD_SHAPE(own ? count_set(c->in[1]) * (all / own) : 0)};
    return TAD_OK;
}

static void select_compose(tad_rule *r) {
    tad_var mask = tad_broadcast_to(r->in[1], tad_shape_of(r->in[0]));
    tad_var places = tad_flatten(tad_nonzero(tad_flatten(mask, 0, -1)), 0, -1);
    r->result[0] = tad_index_select(tad_flatten(r->in[0], 0, -1), places, 0);
}

/* ---- samples, misuse ---- */

#define SOME(...)                                                                                  \
    { TYPE(TAD_I64, __VA_ARGS__), INTEGERS(0, 2) }

static const tad_sample nonzero_samples[] = {
    {CASE("matrix", SOME(3, 4))}, {CASE("mask", MASK(2, 3, 4))}, {CASE("floats", F64(7))},
    {CASE("0-d", F64_0D)},        {CASE("nothing", F64(0, 3))},
};
/* It takes every operand, but only one. */
static const tad_misuse nonzero_misuse[] = {
    {CASE("two", F64(3), F64(3)), .expect = TAD_BAD_ARGUMENT},
    {CASE("with a mask", F64(2, 3), MASK(2, 3)), .expect = TAD_BAD_ARGUMENT},
    {CASE("three", F64(3), F64(3), F64(3)), .expect = TAD_BAD_ARGUMENT},
};
static const tad_sample select_samples[] = {
    {CASE("equal shapes", F64(3, 4), MASK(3, 4))},
    {CASE("mask broadcasts", F64(2, 3, 5), MASK(3, 1))},
    {CASE("row mask", F64(3, 5), MASK(5))},
    {CASE("one", F64(1), MASK(1))},
    {CASE("empty", F64(0, 3), MASK(3))},
    {CASE("integers", INDICES(9, 3, 4), MASK(3, 4))},
};
static const tad_misuse select_misuse[] = {
    {CASE("mask larger", F64(3), MASK(2, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("mask of other size", F64(2, 3), MASK(2)), .expect = TAD_BAD_SHAPE},
    {CASE("mask not bool", F64(2, 3), INDICES(2, 3)), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

const tad_op tad__ops_select[] = {
    [NONZERO] = {.name = "nonzero",
                 .doc = "int64 (n, rank): the coordinates of the n elements that are not 0, in row-"
                        "major order",
                 FAMILY("index", 1, 1),
                 .flags = TAD_OP_FLAT | TAD_OP_LOOKS,
                 .shape = nonzero_shape,
                 .forward = nonzero_forward,
                 .c_text = nonzero_c_text,
                 CASES(nonzero)},
    [MASKED_SELECT] = {.name = "masked_select",
                       .doc =
                           "the elements of x where the mask, which broadcasts to x, is true, as "
                           "a vector",
                       FAMILY("index", 2, 2),
                       .flags = TAD_OP_LOOKS,
                       .constant_in = 1u << 1,
                       .shape = select_shape,
                       .compose = select_compose,
                       CASES(select)},
};
const size_t tad__ops_select_count = LENGTH(tad__ops_select);

tad_var tad_nonzero(tad_var x) { return tad__apply_one(&tad__ops_select[NONZERO], x, NULL); }

tad_var tad_masked_select(tad_var x, tad_var mask) {
    return tad_apply(&tad__ops_select[MASKED_SELECT], (tad_var[]){x, mask}, 2, NULL, NULL, 0);
}
