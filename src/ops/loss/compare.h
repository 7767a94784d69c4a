/* Losses that compare two arrays element by element: one kernel each for value and derivatives, one
 * frame for weights and reductions. Rests on tape.h and kernel/loss.h. */
#ifndef TAD_OPS_LOSS_COMPARE_H
#define TAD_OPS_LOSS_COMPARE_H

#include "kernel/loss.h"
#include "tape/tape.h"

/* The operands. */
enum { TAD__LOSS_X, TAD__LOSS_T, TAD__LOSS_WEIGHT, TAD__LOSS_POSITIVE, TAD__LOSS_INPUTS };

typedef struct tad__loss_options {
    tad_reduction reduction;
    tad_maybe_float p; /* beta, delta or margin; 1 */
    bool log_target;
} tad__loss_options;

static inline double tad__loss_parameter(const tad__loss_options *o) {
    return o->p.given ? o->p.value : 1;
}

/* One loss: what an op tells the frame. */
typedef struct tad__loss {
    enum tad__loss_kind kind;
    enum tad__loss_kind log_kind; /* where log_target is given; 0: no such option */
    bool half;                    /* half of the kernel's sum: there are no options */
    bool by_batch;                /* may be divided by the size of axis 0 */
    tad_status (*check)(const tad_call_frame *c, double p); /* of the parameter; may be NULL */
    /* The derivative of one element by its input, by its target; dt NULL: that is -dx. */
    tad_var (*dx)(const tad_rule *r);
    tad_var (*dt)(const tad_rule *r);
} tad__loss;

tad_status tad__compare_shape(const tad_call_frame *c, tad_type *out, const tad__loss *loss);
tad_status tad__compare_forward(const tad_call_frame *c, const tad__loss *loss);
tad_status tad__compare_backward(tad_backward *b, const tad__loss *loss);
void tad__compare_vjp(tad_rule *r, const tad__loss *loss);
void tad__compare_jvp(tad_rule *r, const tad__loss *loss);

void tad__compare_c_text(const tad_call_frame *c, tad_c *to, const tad__loss *loss);

/* What the shape, forward, backward and rules of a call share. */
unsigned tad__compare_reduction(const tad__loss *loss, const tad__loss_options *o);
double tad__compare_divisor(unsigned reduction, const tad_shape *full);

/* What is computed: factor times the kernel's loss of each element, and, but for TAD_EACH, the sum
 * of all divided by the divisor. */
typedef struct tad__comparison {
    enum tad__loss_kind kind;
    unsigned reduction;
    double p, divisor, factor;
    tad_shape full; /* that the elements are compared in */
} tad__comparison;
tad__comparison tad__comparison_of(const tad_call_frame *c, const tad__loss *loss);

/* What dx and dt are written with. */
static inline tad_var tad__times(tad_var x, double factor) {
    return tad_mul(x, tad_number(factor));
}
static inline tad_var tad__difference(const tad_rule *r) {
    return tad_sub(r->in[TAD__LOSS_X], r->in[TAD__LOSS_T]);
}

/* ---- descriptors ---- */

/* The hooks of a kin's ops: the frame, told which loss an op is. `losses` is in the ops' order. */
#define COMPARE_HOOKS(kin, losses)                                                                 \
    static const tad__loss *loss_of(const tad_op *op) { return &losses[op - tad__ops_##kin]; }     \
    static tad_status compared_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {      \
        (void)n_out;                                                                               \
        return tad__compare_shape(c, out, loss_of(c->op));                                         \
    }                                                                                              \
    static tad_status compared_forward(const tad_call_frame *c) {                                  \
        return tad__compare_forward(c, loss_of(c->op));                                            \
    }                                                                                              \
    static tad_status compared_backward(tad_backward *b) {                                         \
        return tad__compare_backward(b, loss_of(b->call.op));                                      \
    }                                                                                              \
    static void compared_c_text(const tad_call_frame *c, tad_c *to) {                              \
        tad__compare_c_text(c, to, loss_of(c->op));                                                \
    }                                                                                              \
    static void compared_vjp(tad_rule *r) { tad__compare_vjp(r, loss_of(r->op)); }                 \
    static void compared_jvp(tad_rule *r) { tad__compare_jvp(r, loss_of(r->op)); }
#define COMPARES(least, most)                                                                      \
    FAMILY("loss", least, most), .shape = compared_shape, .forward = compared_forward,             \
                                 .backward = compared_backward, .vjp = compared_vjp,               \
                                 .jvp = compared_jvp, .c_text = compared_c_text

#define REDUCTIONS(words)                                                                          \
    { OPTION(CHOICE, tad__loss_options, reduction), .choices = words }
#define PARAMETER(word)                                                                            \
    { OPTION_NAMED(word, MAYBE_FLOAT, tad__loss_options, p) }
#define REDUCED(...)                                                                               \
    .options = &(const tad__loss_options) { .reduction = __VA_ARGS__ }

/* Misuse that all of them refuse; that those with a reduction refuse. */
#define SHAPES_DIFFER                                                                              \
    { CASE("shapes", F64(3, 1), F64(3)), .expect = TAD_BAD_SHAPE }
#define INTEGER_TARGET                                                                             \
    { CASE("integers", F64(3), INDICES(2, 3)), .expect = TAD_BAD_DTYPE }
#define NO_REDUCTION                                                                               \
    { CASE("reduction", F64(3), F64(3)), REDUCED((tad_reduction)9), .expect = TAD_BAD_ARGUMENT }

tad_var tad__compare(const tad_op *op, tad_var x, tad_var t, const tad__loss_options *o);
tad_var tad__compare_scaled(const tad_op *op, tad_var x, tad_var t, double p,
                            tad_reduction reduction);

#endif
