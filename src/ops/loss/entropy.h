/* What cross_entropy and nll_loss share: labels or probabilities as targets, weights of classes.
 * Rests on rows.h and kernel/softmax.h. */
#ifndef TAD_OPS_LOSS_ENTROPY_H
#define TAD_OPS_LOSS_ENTROPY_H

#include "array/number.h"
#include "kernel/softmax.h"
#include "ops/families.h"
#include "ops/rows/rows.h"

/* The operands; of the gradient alone: G, what it is multiplied with, 1 if left out. */
enum { TAD__ENTROPY_X, TAD__ENTROPY_T, TAD__ENTROPY_WEIGHT, TAD__ENTROPY_G };

typedef struct tad__entropy_options {
    tad_reduction reduction;
    tad_maybe_int ignore_index; /* -100 */
    double label_smoothing;
} tad__entropy_options;

static inline int64_t tad__ignored(const tad__entropy_options *o) {
    return o->ignore_index.given ? o->ignore_index.value : -100;
}

static inline bool tad__is_nll(const tad_op *op) { return op == tad__ops_nll; }

static inline const tad_array *tad__entropy_weights(const tad_call_frame *c) {
    return c->n_in > TAD__ENTROPY_WEIGHT ? c->in[TAD__ENTROPY_WEIGHT] : NULL;
}

static inline int tad__class_axis(int rank) { return rank > 1; }

/* ---- checks ---- */

tad_status tad__check_labels(const tad_call_frame *c, const tad_array *labels, int64_t classes,
                             int64_t ignore);
tad_status tad__check_entropy_options(const tad_call_frame *c, const tad__entropy_options *o);
tad_status tad__entropy_shape(const tad_call_frame *c, tad_type *out, size_t *n_out);

/* ---- one call, prepared ---- */

typedef struct tad__entropy_call {
    const tad_call_frame *frame;
    const tad_array *g; /* of the gradient: the cotangent, NULL: 1 */
    tad__rows plan;     /* the classes of a position are a row */
    tad__entropy e;     /* without the target */
    tad_reduction reduction;
    const char *x, *target; /* rows; of nll_loss x as it lies */
    const int64_t *label;
    double divisor; /* of the sum of the losses */
    char *saved;    /* backward: gradients for a cotangent of 1 */
    void *dx;       /* backward of nll_loss */
} tad__entropy_call;

/* False: no memory. */
bool tad__entropy_prepare(tad__entropy_call *p, const tad_call_frame *c);
/* Sum of the weights of the labels that count. */
double tad__label_weight(const int64_t *label, size_t n, int64_t ignore, tad_dtype dtype,
                         const void *w);
/* The cotangent of a row's loss. */
static inline double tad__cotangent_of(const tad__entropy_call *p, size_t row) {
    return tad__number_at(p->plan.dtype, p->g->data, p->reduction == TAD_EACH ? row : 0);
}
bool tad__wants_weight(const tad_backward *b);
/* The gradient of the weights; sum: what each class's losses are worth, NULL: no memory. */
tad_status tad__put_weights(tad_backward *b, const tad__entropy_call *p, double *sum);

/* ---- the gradient by the logits (entropy_gradient.c) ---- */

/* The description of the rows from `first` on. */
tad__entropy tad__entropy_rows(const tad__entropy_call *p, size_t first);
/* Rows for a cotangent of 1 become those for the real one. */
void tad__entropy_scale(const tad__entropy_call *p, size_t first, size_t rows, void *dx);
/* A tad__rows_fill of a prepared call. */
void tad__entropy_fill(void *context, size_t first, size_t rows, void *to);
/* The same recorded, by a rule of cross_entropy or of the gradient itself; g none: for 1. */
tad_var tad__record_entropy_gradient(const tad_rule *r, tad_var g);

/* ---- rules ---- */

void tad__entropy_vjp(tad_rule *r);
void tad__entropy_jvp(tad_rule *r);
void tad__entropy_gradient_vjp(tad_rule *r);
void tad__entropy_gradient_jvp(tad_rule *r);

/* Parts of them: a number for each class, along the class axis; sums to one number for each class;
 * what a class of a position counts for without its weight, and not divided by the sum of weights;
 * with both; d divided by that sum, or zero where nothing counts. */
tad_var tad__along_classes(const tad_rule *r, tad_var v);
tad_var tad__over_positions(tad_var v);
tad_var tad__entropy_portions(const tad_rule *r);
tad_var tad__entropy_shares(const tad_rule *r);
tad_var tad__over_weights(const tad_rule *r, tad_var d);
/* The target as probabilities: 1 at each position's label. */
tad_var tad__entropy_targets(const tad_rule *r);
/* How often each class is a label. */
tad_var tad__label_counts(const tad_rule *r);
/* Whether the loss is a mean over the weights of labels. */
bool tad__divides_by_weights(const tad_rule *r);
/* v times what t is multiplied with in the shares. */
tad_var tad__by_target(const tad_rule *r, tad_var v);
/* What each class of a label's row weighs in the loss (shares.c). */
tad_var tad__label_shares(const tad_rule *r, tad__entropy_options o);

/* ---- descriptors ---- */

#define ENTROPY_OPTIONS                                                                            \
    {OPTION(CHOICE, tad__entropy_options, reduction), .choices = "mean|sum|none"}, {               \
        OPTION(MAYBE_INT, tad__entropy_options, ignore_index)                                      \
    }
#define SMOOTHING                                                                                  \
    { OPTION(FLOAT, tad__entropy_options, label_smoothing) }

#define REDUCED(...)                                                                               \
    .options = &(const tad__entropy_options) { .reduction = __VA_ARGS__ }
#define WEIGHTS(n) WITHIN(0.5, 2, n)

#define ENTROPY_MISUSE                                                                             \
    {CASE("label too large", F64(2, 3), {TYPE(TAD_I64, 2), INTEGERS(3, 4)}),                       \
     .expect = TAD_BAD_INDEX},                                                                     \
        {CASE("label negative", F64(2, 3), {TYPE(TAD_I64, 2), INTEGERS(-1, 0)}),                   \
         .expect = TAD_BAD_INDEX},                                                                 \
        {CASE("number of labels", F64(2, 3), INDICES(3, 3)), .expect = TAD_BAD_SHAPE},             \
        {CASE("number of weights", F64(2, 3), INDICES(3, 2), WEIGHTS(2)),                          \
         .expect = TAD_BAD_SHAPE},                                                                 \
        {CASE("no classes", F64(2, 0), INDICES(1, 2)), .expect = TAD_BAD_SHAPE}, {                 \
        CASE("boolean target", F64(2, 3), MASK(2)), .expect = TAD_BAD_DTYPE                        \
    }

#define ENTROPY(op)                                                                                \
    FAMILY("loss", 2, 3), .shape = tad__entropy_shape, .forward = op##_forward,                    \
                          .vjp = tad__entropy_vjp, .jvp = tad__entropy_jvp,                        \
                          .backward = op##_backward, .c_text = op##_c_text, CASES(op)

/* options NULL: standard ones. */
tad_var tad__entropy_apply(const tad_op *op, tad_var x, tad_var t, tad_maybe_int ignore,
                           const tad_cross_entropy_options *options);

#endif
