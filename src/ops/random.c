/* Dropout, with a given mask or one drawn from the tape's random numbers. Rests on tape.h. */
#include <stddef.h>

#include "families.h"
#include "array/loop.h"
#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/handle.h"
#include "tape/leaf.h"
#include "tape/tape.h"
#include "old_samples.h"

enum { DROPOUT };

typedef struct dropout_options {
    double p;
} dropout_options;

static bool is_probability(double p) { return p >= 0 && p <= 1; }

static tad_status dropout_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const dropout_options *o = c->options;
    const tad_array *x = c->in[0], *keep = c->in[1];
    tad_shape shape = tad__shape_of(x), mask = tad__shape_of(keep), both;
    if (x->dtype != TAD_F64 && x->dtype != TAD_F32)
        return tad_fail(c, TAD_BAD_DTYPE, "x is not of a float type");
    if (keep->dtype != TAD_BOOL) return tad_fail(c, TAD_BAD_DTYPE, "the mask is not bool");
    if (!is_probability(o->p))
        return tad_fail(c, TAD_BAD_ARGUMENT, "p = %g is no probability", o->p);
    if (!tad__shape_broadcast(&shape, &mask, &both) || !tad__shape_equal(&both, &shape))
        return tad_fail(c, TAD_BAD_SHAPE, "the mask does not broadcast to x");
    *out = (tad_type){(tad_dtype)x->dtype, shape};
    return TAD_OK;
}

/* Multiplies: a NaN shows even where it is dropped, and there are no branches. */
#define DROP(T)                                                                                    \
    do {                                                                                           \
        T *y = (T *)(void *)l->run[0], factor = (T)scale;                                          \
        const char *x = l->run[1];                                                                 \
        const uint8_t *keep = (const uint8_t *)l->run[2];                                          \
        if (l->step[1] == sizeof(T) && l->step[2] == 1) {                                          \
            const T *value = (const T *)(const void *)x;                                           \
            for (int64_t i = 0; i < l->length; i++) y[i] = value[i] * ((T)keep[i] * factor);       \
        } else {                                                                                   \
            for (int64_t i = 0; i < l->length; i++, x += l->step[1], keep += l->step[2])           \
                y[i] = *(const T *)(const void *)x * ((T)*keep * factor);                          \
        }                                                                                          \
    } while (0)

static void drop_run(const tad__loop *l, tad_dtype dtype, double scale) {
    if (dtype == TAD_F64)
        DROP(double);
    else
        DROP(float);
}

static tad_status dropout_forward(const tad_call_frame *c) {
    const dropout_options *o = c->options;
    double scale =
        o->p < 1 ? 1 / (1 - o->p) : 0; /* p = 1 drops everything, whatever the mask says */
    tad_shape shape = tad__shape_of(c->out[0]);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){c->out[0], c->in[0], c->in[1]}, 3);
    for (bool more = tad__loop_first(&l); more; more = tad__loop_next(&l))
        drop_run(&l, (tad_dtype)c->out[0]->dtype, scale);
    return TAD_OK;
}

static void dropout_vjp(tad_rule *r) {
    const dropout_options *o = r->options;
    r->result[0] = tad_dropout_mask(r->given[0], r->in[1], o->p);
}

/* ---- options, samples, misuse ---- */

static const tad_option dropout_list[] = {
    {"p", TAD_OPTION_FLOAT, offsetof(dropout_options, p), NULL, 0.5, false}};

#define TWO(what, a, b, ...) .label = what, .n = 2, .in = {a, b}, .options = __VA_ARGS__
#define P(value)                                                                                   \
    &(const dropout_options) { value }

static const tad_sample dropout_samples[] = {
    {TWO("half", TAD__F64(3, 5), TAD__MASK(3, 5), P(0.5))},
    {TWO("keeps all", TAD__F64(2, 3), TAD__MASK(2, 3), P(0))},
    {TWO("mask broadcasts", TAD__F64(2, 3, 5), TAD__MASK(3, 1), P(0.25))},
    {TWO("size 1", TAD__F64(1), TAD__MASK(1), P(0.1))},
    {TWO("empty", TAD__F64(0, 3), TAD__MASK(0, 3), P(0.5))},
};
static const tad_misuse dropout_misuse[] = {
    {TWO("p above 1", TAD__F64(3), TAD__MASK(3), P(1.5)), .expect = TAD_BAD_ARGUMENT},
    {TWO("negative p", TAD__F64(3), TAD__MASK(3), P(-0.5)), .expect = TAD_BAD_ARGUMENT},
    {TWO("mask not bool", TAD__F64(3), TAD__F64(3), P(0.5)), .expect = TAD_BAD_DTYPE},
    {TWO("other shape", TAD__F64(3), TAD__MASK(2), P(0.5)), .expect = TAD_BAD_SHAPE},
    {TWO("mask larger", TAD__F64(3), TAD__MASK(2, 3), P(0.5)), .expect = TAD_BAD_SHAPE},
};

/* ---- the family ---- */

const tad_op tad__ops_random[] = {
    [DROPOUT] = {.name = "dropout",
                 .doc = "x / (1 - p) where the mask is true, else 0; p = 1 gives 0 everywhere",
                 .family = "random",
                 .min_in = 2,
                 .max_in = 2,
                 .n_out = 1,
                 .flags = TAD_OP_LINEAR,
                 .constant_in = 1u << 1,
                 TAD__OPTIONS(dropout_options, dropout_list),
                 .shape = dropout_shape,
                 .forward = dropout_forward,
                 .vjp = dropout_vjp,
                 TAD__SAMPLES(dropout_samples),
                 TAD__MISUSE(dropout_misuse)},
};
const size_t tad__ops_random_count = sizeof tad__ops_random / sizeof *tad__ops_random;

/* ---- constructors ---- */

tad_var tad_dropout_mask(tad_var x, tad_var keep, double p) {
    return tad_apply(&tad__ops_random[DROPOUT], (tad_var[]){x, keep}, 2, &(dropout_options){p},
                     NULL, 0);
}

/* A constant of x's shape that is true with probability 1 - p. */
static tad_var draw_mask(tad_var x, double p) {
    tad_tape *t = x.tape;
    tad_shape shape = tad_shape_of(x);
    tad_array *mask = tad__new_array(t, TAD_BOOL, &shape);
    if (!mask) {
        tad__no_memory(t, "dropout");
        return tad__nil(t);
    }
    uint8_t *keep = mask->data;
    for (int64_t i = 0; i < mask->size; i++) keep[i] = tad_random_uniform(&t->random) >= p;
    return tad__leaf(t, TAD__CONSTANT, mask);
}

tad_var tad_dropout(tad_var x, double p) {
    if (!tad__node_of(x, "dropout")) return tad__nil(tad__has_tape(x) ? x.tape : NULL);
    tad_tape *t = x.tape;
    if (t->error.status != TAD_OK) return tad__nil(t);
    if (!is_probability(p)) {
        tad__fail(t, TAD_BAD_ARGUMENT, "dropout: p = %g is no probability", p);
        return tad__nil(t);
    }
    tad_random before = t->random;
    tad_var keep = draw_mask(x, p), y = tad_is_nil(keep) ? keep : tad_dropout_mask(x, keep, p);
    if (tad_is_nil(y)) t->random = before;
    return y;
}
