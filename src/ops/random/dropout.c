/* Dropout, with a given mask or one drawn from the tape's random numbers. Rests on tape.h. */
#include <stddef.h>

#include "array/loop.h"
#include "ops/elementwise/text.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "tape/drawn.h"
#include "tape/error.h"
#include "tape/handle.h"

typedef struct dropout_options {
    double p;
} dropout_options;

static bool is_probability(double p) { return p >= 0 && p <= 1; }

static tad_status dropout_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const dropout_options *o = c->options;
    if (!is_probability(o->p))
        return tad_fail(c, TAD_BAD_ARGUMENT, "p = %g is no probability", o->p);
    return tad__needs_float(c, 0) ? TAD_BAD_DTYPE : tad__masked_type(c, out);
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

/* p = 1 drops everything, whatever the mask says. */
static double scale_of(const dropout_options *o) { return o->p < 1 ? 1 / (1 - o->p) : 0; }

static tad_status dropout_forward(const tad_call_frame *c) {
    const dropout_options *o = c->options;
    const double scale = scale_of(o);
    tad_shape shape = tad__shape_of(c->out[0]);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){c->out[0], c->in[0], c->in[1]}, 3);
    for (bool more = tad__loop_first(&l); more; more = tad__loop_next(&l))
        drop_run(&l, (tad_dtype)c->out[0]->dtype, scale);
    return TAD_OK;
}

static void dropout_c_text(const tad_call_frame *c, tad_c *to) {
    const unsigned dtype = c->out[0]->dtype;
    const double scale = scale_of(c->options);
    tad__loop l;
    tad__begin_element(c, to, &l);
    tad__put_operand(to, &l, 0);
    tad_c_put(to, " * ((%s)", tad__c_type(dtype));
    tad__put_operand(to, &l, 1);
    tad_c_put(to, " * ");
    tad__c_number(to, scale, dtype);
    tad_c_put(to, ")");
    tad__end_element(to, &l);
}

static void dropout_vjp(tad_rule *r) {
    const dropout_options *o = r->options;
    r->result[0] = tad_dropout_mask(r->given[0], r->in[1], o->p);
}

/* ---- options, samples, misuse ---- */

static const tad_option dropout_list[] = {{OPTION(FLOAT, dropout_options, p), .initial = 0.5}};

#define P(value)                                                                                   \
    .options = &(const dropout_options) { value }

static const tad_sample dropout_samples[] = {
    {CASE("half", F64(3, 5), MASK(3, 5)), P(0.5)},
    {CASE("keeps all", F64(2, 3), MASK(2, 3)), P(0)},
    {CASE("mask broadcasts", F64(2, 3, 5), MASK(3, 1)), P(0.25)},
    {CASE("size 1", F64(1), MASK(1)), P(0.1)},
    {CASE("empty", F64(0, 3), MASK(0, 3)), P(0.5)},
};
static const tad_misuse dropout_misuse[] = {
    {CASE("p above 1", F64(3), MASK(3)), P(1.5), .expect = TAD_BAD_ARGUMENT},
    {CASE("negative p", F64(3), MASK(3)), P(-0.5), .expect = TAD_BAD_ARGUMENT},
    {CASE("mask not bool", F64(3), F64(3)), P(0.5), .expect = TAD_BAD_DTYPE},
    {CASE("other shape", F64(3), MASK(2)), P(0.5), .expect = TAD_BAD_SHAPE},
    {CASE("mask larger", F64(3), MASK(2, 3)), P(0.5), .expect = TAD_BAD_SHAPE},
};

/* ---- the op ---- */

const tad_op tad__ops_dropout[] = {
    {.name = "dropout",
     .doc = "x / (1 - p) where the mask is true, else 0; p = 1 gives 0 everywhere",
     FAMILY("random", 2, 2),
     .flags = TAD_OP_LINEAR,
     .constant_in = 1u << 1,
     OPTIONS(dropout_options, dropout_list),
     HOOKS(dropout),
     .c_text = dropout_c_text,
     CASES(dropout)},
};
const size_t tad__ops_dropout_count = LENGTH(tad__ops_dropout);

tad_var tad_dropout_mask(tad_var x, tad_var keep, double p) {
    return tad_apply(tad__ops_dropout, (tad_var[]){x, keep}, 2, &(dropout_options){p}, NULL, 0);
}

/* Drops with a mask of a shape that broadcasts to x's. On failure no random numbers are used up. */
static tad_var drop(tad_var x, double p, const tad_shape *mask) {
    tad_tape *t = x.tape;
    if (!is_probability(p)) {
        tad__fail(t, TAD_BAD_ARGUMENT, "dropout: p = %g is no probability", p);
        return tad__nil(t);
    }
    const tad_random before = t->random;
    tad_var keep = tad__drawn_constant(t, "dropout", TAD_BOOL, mask, TAD__KEPT, p),
            y = tad_is_nil(keep) ? keep : tad_dropout_mask(x, keep, p);
    if (tad_is_nil(y)) t->random = before;
    return y;
}

/* Whether x is a variable of a tape that has not failed. */
static bool is_usable(tad_var x) {
    return tad__node_of(x, "dropout") && x.tape->error.status == TAD_OK;
}

tad_var tad_dropout(tad_var x, double p) {
    if (!is_usable(x)) return tad__nil(tad__has_tape(x) ? x.tape : NULL);
    const tad_shape shape = tad_shape_of(x);
    return drop(x, p, &shape);
}

tad_var tad_dropout_channels(tad_var x, double p) {
    if (!is_usable(x)) return tad__nil(tad__has_tape(x) ? x.tape : NULL);
    tad_shape shape = tad_shape_of(x);
    for (int i = 2; i < shape.rank; i++) shape.dim[i] = 1;
    if (shape.rank >= 2) return drop(x, p, &shape);
    tad__fail(x.tape, TAD_BAD_SHAPE, "dropout_channels: needs (N,C,...)");
    return tad__nil(x.tape);
}
