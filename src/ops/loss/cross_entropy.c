/* cross_entropy on logits. Where a gradient of the logits may be asked for, the pass that gives the
 * loss leaves it, for a cotangent of 1. Rests on entropy_text.h. */
#include <stddef.h>
#include <string.h>

#include "entropy_text.h"
#include "loss_text.h"
#include "ops/families.h"
#include "ops/samples.h"

/* ---- the loss ---- */

typedef union tile {
    double f64[TAD__TILE_ROWS];
    float f32[TAD__TILE_ROWS];
} tile;

/* The gradient for a cotangent of 1 has the layout of the logits: then it can become theirs. */
static tad_array *save_gradient(const tad__entropy_call *p) {
    const tad_array *x = p->frame->in[TAD__ENTROPY_X];
    tad_shape s = tad__shape_of(x);
    if (!p->plan.straight || !tad_needs(p->frame, TAD__ENTROPY_X)) return NULL;
    return tad_save(p->frame, p->plan.dtype, &s);
}

/* The rows of one call, tile by tile; each piece has a sum of its own. */
typedef struct loss_rows {
    const tad__entropy_call *p;
    char *gradient; /* of all rows; NULL: a tile of `scratch` for each piece instead */
    char *scratch;
    size_t tile, piece;
    double sum[TAD__MOST_PIECES];
} loss_rows;

static void loss_piece(void *arg, size_t first, size_t end) {
    loss_rows *l = arg;
    const tad__entropy_call *p = l->p;
    const tad__kernels *k = p->plan.compute->kernels;
    size_t step = tad__tile_rows(p->plan.n), row = p->plan.n * p->plan.width, at = first / l->piece;
    tile losses;
    for (size_t i = first; i < end; i += step) {
        size_t rows = tad__min(step, end - i);
        tad__entropy e = tad__entropy_rows(p, i);
        bool none = p->reduction == TAD_EACH;
        const char *x = p->x + i * row;
        void *out = none ? (char *)p->frame->out[0]->data + i * p->plan.width : (void *)&losses;
        if (l->gradient)
            k->softmax->entropy_gradient[p->plan.dtype](&e, rows, x, 1 / p->divisor, out,
                                                        l->gradient + i * row);
        else
            k->softmax->entropy[p->plan.dtype](&e, rows, x, out, l->scratch + at * l->tile);
        if (!none) l->sum[at] += k->sum[p->plan.dtype](rows, out);
    }
}

static tad_status cross_entropy_forward(const tad_call_frame *c) {
    tad__entropy_call p;
    double total = 0;
    if (!tad__entropy_prepare(&p, c)) return TAD_NO_MEMORY;
    size_t rows = p.plan.rows, grain = tad__tile_grain(p.plan.n), pieces = 0;
    loss_rows l = {.p = &p, .piece = tad__split_size(rows, grain)};
    l.tile = tad__min(tad__tile_rows(p.plan.n), rows) * p.plan.n * p.plan.width;
    if (rows) pieces = (rows - 1) / l.piece + 1;
    const tad_array *saved = save_gradient(&p);
    if (saved)
        l.gradient = saved->data;
    else if (rows && !(l.scratch = tad__scratch(c->compute, pieces * l.tile)))
        return TAD_NO_MEMORY;
    tad__split(c->compute->threads, rows, grain, loss_piece, &l);
    for (size_t i = 0; i < pieces; i++) total += l.sum[i];
    if (p.reduction != TAD_EACH) tad__set_number(c->out[0], 0, total / p.divisor);
    return TAD_OK;
}

/* ---- gradients ---- */

static void saved_piece(void *arg, size_t first, size_t end) {
    const tad__entropy_call *p = arg;
    tad__entropy_scale(p, first, end - first, p->saved + first * p->plan.n * p->plan.width);
}

/* Of probabilities: -(1 - smoothing) w log softmax(x). */
static void fill_target(void *context, size_t first, size_t rows, void *to) {
    const tad__entropy_call *p = context;
    size_t n = p->plan.n;
    const char *x = p->x + first * n * p->plan.width;
    p->plan.compute->kernels->softmax->log_softmax[p->plan.dtype](rows, n, x, to);
    for (size_t i = 0; i < rows * n; i++) {
        double w = p->e.weight ? tad__number_at(p->plan.dtype, p->e.weight, i % n) : 1;
        double f = (p->e.smoothing - 1) * w * tad__cotangent_of(p, first + i / n) / p->divisor;
        if (p->plan.dtype == TAD_F64)
            ((double *)to)[i] *= f;
        else
            ((float *)to)[i] *= (float)f;
    }
}

/* What a class of a row counts for, before its weight. */
static double portion(const tad__entropy_call *p, size_t row, size_t class) {
    double even = p->e.smoothing / (double)p->plan.n, rest = 1 - p->e.smoothing;
    if (p->target)
        return rest * tad__number_at(p->plan.dtype, p->target, row * p->plan.n + class) + even;
    if (p->label[row] == p->e.ignore) return 0;
    return p->label[row] == (int64_t) class ? rest + even : even;
}

/* Adds what the rows' losses are worth to each class's weight. NULL: no memory. */
static double *weigh_classes(const tad__entropy_call *p) {
    size_t n = p->plan.n, step = tad__tile_rows(n), row = n * p->plan.width;
    double *sum = tad__scratch(p->plan.compute, n * sizeof *sum);
    char *scratch = tad__scratch(p->plan.compute, tad__min(step, p->plan.rows) * row);
    if (!sum || (p->plan.rows && !scratch)) return NULL;
    memset(sum, 0, n * sizeof *sum);
    for (size_t i = 0; i < p->plan.rows; i += step) {
        size_t rows = tad__min(step, p->plan.rows - i);
        p->plan.compute->kernels->softmax->log_softmax[p->plan.dtype](rows, n, p->x + i * row,
                                                                      scratch);
        for (size_t k = 0; k < rows * n; k++) {
            double q = portion(p, i + k / n, k % n),
                   g = tad__cotangent_of(p, i + k / n) / p->divisor;
            if (q != 0) sum[k % n] -= q * g * tad__number_at(p->plan.dtype, scratch, k);
        }
    }
    return sum;
}

static tad_status cross_entropy_backward(tad_backward *b) {
    tad__entropy_call p;
    tad_status status = TAD_OK;
    const tad_array *saved = tad_saved(b);
    if (!b->cotangent[0]) return TAD_OK;
    if (!tad__entropy_prepare(&p, &b->call)) return TAD_NO_MEMORY;
    p.g = b->cotangent[0];
    if (tad__wants_weight(b)) status = tad__put_weights(b, &p, weigh_classes(&p));
    if (status) return status;
    if (b->wanted[TAD__ENTROPY_X] && saved && tad_backward_is_fresh(b, TAD__ENTROPY_X)) {
        p.saved = saved->data;
        tad__split(p.plan.compute->threads, p.plan.rows, tad__tile_grain(p.plan.n), saved_piece,
                   &p);
        tad_backward_pass_saved(b, TAD__ENTROPY_X);
    } else if (b->wanted[TAD__ENTROPY_X])
        status = tad__rows_gradient(b, TAD__ENTROPY_X, &p.plan, tad__entropy_fill, &p);
    if (!status && p.target && b->wanted[TAD__ENTROPY_T])
        status = tad__rows_gradient(b, TAD__ENTROPY_T, &p.plan, fill_target, &p);
    return status;
}

/* ---- text (kernel/plain/entropy.h) ---- */

/* The variable x: the row with what its numbers have in common. */
static void put_logits(const tad__c_losses *l) {
    tad_c_put(l->to, "const %s x = ", tad__c_part(l->to, "logits", l->dtype));
    const bool plain = tad__label_is_all(l);
    tad_c_put(l->to, "%s(&in0", tad__c_part(l->to, plain ? "logits_at" : "logits_of", l->dtype));
    tad__c_at(l->to, &l->loop, 1);
    tad_c_put(l->to, ", %lld, %lld%s);\n", (long long)l->n, (long long)l->step,
              plain ? ", label" : "");
}

/* The variable loss. */
static void put_loss(const tad__c_losses *l) {
    const bool shared = !tad__label_is_all(l);
    const char *type = tad__c_type(l->dtype);
    if (l->has_labels) {
        tad_c_put(l->to, "%s loss = 0;\nif (label != ", type);
        tad__c_integer(l->to, l->labels.ignore);
        tad_c_put(l->to, ") {\n");
    } else
        tad__c_put_portions(l);
    put_logits(l);
    tad_c_put(l->to, l->has_labels ? "loss = " : "const %s loss = ", type);
    if (shared) tad_c_put(l->to, "%s(&x, &q, ", tad__c_part(l->to, "portions_loss", l->dtype));
    if (l->has_labels)
        tad_c_put(l->to, "%s(&x, &q, label)", tad__c_part(l->to, "label_loss", l->dtype));
    else
        tad_c_put(l->to, "0");
    tad_c_put(l->to, shared ? ");\n" : ";\n");
    if (l->has_labels) tad_c_put(l->to, "}\n");
}

static void cross_entropy_c_text(const tad_call_frame *c, tad_c *to) {
    tad__c_losses l;
    const bool none = tad__c_begin_loss(&l, c, to);
    const size_t n = (size_t)l.n;
    if (l.has_labels) tad__c_put_portions(&l);
    if (!none)
        tad__c_put_block_sum(to, l.dtype, tad__tile_rows(n),
                             tad__split_size(l.rows, tad__tile_grain(n)));
    tad__c_open_losses(&l);
    put_loss(&l);
    if (none) {
        tad_c_put(to, "out0");
        tad__c_at(to, &l.loop, 2);
        tad_c_put(to, " = loss;\n");
    } else
        tad_c_put(to, "block[sum.n] = loss;\n%s(&sum, 1);\n",
                  tad__c_part(to, "block_add", l.dtype));
    tad__c_close(to, &l.loop);
    if (!none) tad__c_put_reduced(&l, tad__c_block_total(to, l.dtype));
}

/* ---- options, samples, misuse ---- */

static const tad_option cross_entropy_list[] = {ENTROPY_OPTIONS, SMOOTHING};

static const tad_sample cross_entropy_samples[] = {
    {CASE("labels", F64(7, 5), INDICES(5, 7))},
    {CASE("sum", F64(7, 5), INDICES(5, 7)), REDUCED(TAD_SUM)},
    {CASE("none", F64(3, 37), INDICES(37, 3)), REDUCED(TAD_EACH)},
    {CASE("pixels", F64(2, 5, 3, 2), INDICES(5, 2, 3, 2))},
    {CASE("one vector", F64(5), INDEX_0D(5))},
    {CASE("weights", F64(7, 5), INDICES(5, 7), WEIGHTS(5))},
    {CASE("ignored", F64(11, 3), INDICES(3, 11)), REDUCED(TAD_MEAN, .ignore_index = GIVEN(1))},
    {CASE("smoothed, weights", F64(7, 5), INDICES(5, 7), WEIGHTS(5)),
     REDUCED(TAD_MEAN, .label_smoothing = 0.1)},
    {CASE("probabilities", F64(7, 5), SIMPLEX(7, 5))},
    {CASE("smoothed probabilities, weights", F64(2, 3, 5), F64(2, 3, 5), WEIGHTS(3)),
     REDUCED(TAD_EACH, .label_smoothing = 0.1)},
    {CASE("probabilities, weights, mean", F64(4, 3), SIMPLEX(4, 3), WEIGHTS(3))},
    {CASE("pixels, weights, ignored", F64(2, 3, 5), INDICES(3, 2, 5), WEIGHTS(3)),
     REDUCED(TAD_MEAN, .label_smoothing = 0.2, .ignore_index = GIVEN(2))},
    {CASE("one vector, weights, sum", F64(5), INDEX_0D(5), WEIGHTS(5)), REDUCED(TAD_SUM)},
    {CASE("one class", F64(3, 1), INDICES(1, 3))},
    {CASE("empty", F64(0, 5), INDICES(5, 0)), REDUCED(TAD_SUM)},
};
static const tad_misuse cross_entropy_misuse[] = {
    ENTROPY_MISUSE,
    {CASE("shape of probabilities", F64(2, 3), SIMPLEX(3, 2)), .expect = TAD_BAD_SHAPE},
    {CASE("smoothing", F64(2, 3), INDICES(3, 2)), REDUCED(TAD_MEAN, .label_smoothing = 1.5),
     .expect = TAD_BAD_ARGUMENT},
};

/* ---- the op ---- */

const tad_op tad__ops_cross_entropy[] = {
    {.name = "cross_entropy",
     .doc = "-sum t log softmax(x): labels or probabilities, weights of classes; "
            "classes on axis 1",
     ENTROPY(cross_entropy),
     OPTIONS(tad__entropy_options, cross_entropy_list)},
};
const size_t tad__ops_cross_entropy_count = LENGTH(tad__ops_cross_entropy);

tad_var tad_cross_entropy(tad_var logits, tad_var target,
                          const tad_cross_entropy_options *options) {
    return tad__entropy_apply(tad__ops_cross_entropy, logits, target, (tad_maybe_int){false, 0},
                              options);
}

tad_var tad_cross_entropy_ignoring(tad_var logits, tad_var target, int64_t ignore_index,
                                   const tad_cross_entropy_options *options) {
    return tad__entropy_apply(tad__ops_cross_entropy, logits, target,
                              (tad_maybe_int){true, ignore_index}, options);
}
