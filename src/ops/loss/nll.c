/* nll_loss: the numbers of the labels, of log-probabilities. Rests on entropy_text.h. */
#include <stddef.h>
#include <string.h>

#include "entropy_text.h"
#include "ops/families.h"
#include "ops/samples.h"

/* ---- the loss ---- */

/* Where the number of a position's label lies. */
static size_t picked(const tad__entropy_call *p, size_t row) {
    size_t inner = 1; /* positions that lie next to each other */
    const tad_array *x = p->frame->in[TAD__ENTROPY_X];
    for (int i = tad__class_axis(x->rank) + 1; i < x->rank; i++) inner *= (size_t)x->dim[i];
    return (row / inner * p->plan.n + (size_t)p->label[row]) * inner + row % inner;
}

static double label_factor(const tad__entropy_call *p, size_t row) {
    return p->e.weight ? tad__number_at(p->plan.dtype, p->e.weight, (size_t)p->label[row]) : 1;
}

/* A sum of losses for each piece of the positions. */
typedef struct nll_sums {
    const tad__entropy_call *call;
    size_t piece;
    double part[TAD__MOST_PIECES];
} nll_sums;

static void nll_piece(void *arg, size_t first, size_t end) {
    nll_sums *s = arg;
    const tad__entropy_call *p = s->call;
    double total = 0;
    for (size_t i = first; i < end; i++) {
        double loss = 0, w = p->label[i] == p->e.ignore ? 0 : label_factor(p, i);
        if (w != 0) loss = -w * tad__number_at(p->plan.dtype, p->x, picked(p, i));
        total += loss;
        if (p->reduction == TAD_EACH) tad__set_number(p->frame->out[0], i, loss);
    }
    s->part[first / s->piece] = total;
}

static tad_status nll_forward(const tad_call_frame *c) {
    tad__entropy_call p;
    double total = 0;
    if (!tad__entropy_prepare(&p, c)) return TAD_NO_MEMORY;
    nll_sums s = {.call = &p, .piece = tad__split_size(p.plan.rows, TAD__GRAIN)};
    tad__split(c->compute->threads, p.plan.rows, TAD__GRAIN, nll_piece, &s);
    for (size_t i = 0; i * s.piece < p.plan.rows; i++) total += s.part[i];
    if (p.reduction != TAD_EACH) tad__set_number(c->out[0], 0, total / p.divisor);
    return TAD_OK;
}

/* ---- gradients ---- */

static void nll_gradient_piece(void *arg, size_t first, size_t end) {
    const tad__entropy_call *p = arg;
    for (size_t i = first; i < end; i++) {
        if (p->label[i] == p->e.ignore) continue;
        size_t at = picked(p, i);
        double d = -label_factor(p, i) * tad__cotangent_of(p, i) / p->divisor;
        if (p->plan.dtype == TAD_F64)
            ((double *)p->dx)[at] += d;
        else
            ((float *)p->dx)[at] += (float)d;
    }
}

static double *weigh_labels(const tad__entropy_call *p) {
    double *sum = tad__scratch(p->plan.compute, p->plan.n * sizeof *sum);
    if (!sum) return NULL;
    memset(sum, 0, p->plan.n * sizeof *sum);
    for (size_t i = 0; i < p->plan.rows; i++)
        if (p->label[i] != p->e.ignore)
            sum[p->label[i]] -= tad__number_at(p->plan.dtype, p->x, picked(p, i)) *
                                tad__cotangent_of(p, i) / p->divisor;
    return sum;
}

static tad_status nll_backward(tad_backward *b) {
    tad__entropy_call p;
    bool fresh;
    tad_status status = TAD_OK;
    if (!b->cotangent[0]) return TAD_OK;
    if (!tad__entropy_prepare(&p, &b->call)) return TAD_NO_MEMORY;
    p.g = b->cotangent[0];
    if (tad__wants_weight(b)) status = tad__put_weights(b, &p, weigh_labels(&p));
    if (status || !b->wanted[TAD__ENTROPY_X]) return status;
    tad_array *dx = tad_backward_buffer(b, TAD__ENTROPY_X, &fresh);
    if (!dx) return TAD_NO_MEMORY;
    p.dx = dx->data;
    if (fresh) tad__clear(b->call.compute, dx);
    tad__split(b->call.compute->threads, p.plan.rows, TAD__GRAIN, nll_gradient_piece, &p);
    return TAD_OK;
}

/* ---- text ---- */

/* The loss of a position, in double. */
static void put_loss(tad__c_losses *l) {
    tad_c_put(l->to, "const double w = label == ");
    tad__c_integer(l->to, l->labels.ignore);
    if (l->weights)
        tad_c_put(l->to, " ? 0 : in2[%lld*label]", (long long)tad_strides(l->weights)[0]);
    else
        tad_c_put(l->to, " ? 0 : 1");
    tad_c_put(l->to, ", loss = w != 0 ? -w * in0");
    tad__c_at_and(l->to, &l->loop, 1, 0, l->step, "label");
    tad_c_put(l->to, " : 0;\n");
}

static void nll_c_text(const tad_call_frame *c, tad_c *to) {
    tad__c_losses l;
    const bool none = tad__c_begin_loss(&l, c, to);
    const size_t piece = tad__split_size(l.rows, TAD__GRAIN);
    if (!none) tad_c_put(to, "double total = 0, piece = 0;\nptrdiff_t left = %zu;\n", piece);
    tad__c_open_losses(&l);
    put_loss(&l);
    if (none) {
        tad_c_put(to, "out0");
        tad__c_at(to, &l.loop, 2);
        tad_c_put(to, " = (%s)loss;\n", tad__c_type(l.dtype));
    } else {
        tad_c_put(to, "piece += loss;\nif (--left == 0) {\n");
        tad_c_put(to, "total += piece;\npiece = 0;\nleft = %zu;\n}\n", piece);
    }
    tad__c_close(to, &l.loop);
    if (!none) tad__c_put_reduced(&l, "(total + piece)");
}

/* ---- options, samples, misuse ---- */

static const tad_option nll_list[] = {ENTROPY_OPTIONS};

static const tad_sample nll_samples[] = {
    {CASE("labels", F64(7, 5), INDICES(5, 7))},
    {CASE("sum, weights", F64(7, 5), INDICES(5, 7), WEIGHTS(5)), REDUCED(TAD_SUM)},
    {CASE("none, pixels", F64(2, 5, 3, 2), INDICES(5, 2, 3, 2)), REDUCED(TAD_EACH)},
    {CASE("one vector", F64(5), INDEX_0D(5))},
    {CASE("none, weights", F64(7, 5), INDICES(5, 7), WEIGHTS(5)), REDUCED(TAD_EACH)},
    {CASE("ignored", F64(11, 3), INDICES(3, 11), WEIGHTS(3)),
     REDUCED(TAD_MEAN, .ignore_index = GIVEN(1))},
    {CASE("empty", F64(0, 5), INDICES(5, 0)), REDUCED(TAD_SUM)},
};
static const tad_misuse nll_misuse[] = {
    ENTROPY_MISUSE,
    {CASE("probabilities", F64(2, 3), SIMPLEX(2, 3)), .expect = TAD_BAD_DTYPE},
};

/* ---- the op ---- */

const tad_op tad__ops_nll[] = {
    {.name = "nll_loss",
     .doc = "-x[label] of log-probabilities, weights of classes; classes on axis 1",
     ENTROPY(nll),
     .constant_in = 1u << TAD__ENTROPY_T,
     OPTIONS(tad__entropy_options, nll_list)},
};
const size_t tad__ops_nll_count = LENGTH(tad__ops_nll);

tad_var tad_nll_loss(tad_var log_probability, tad_var target,
                     const tad_cross_entropy_options *options) {
    return tad__entropy_apply(tad__ops_nll, log_probability, target, (tad_maybe_int){false, 0},
                              options);
}

tad_var tad_nll_loss_ignoring(tad_var log_probability, tad_var target, int64_t ignore_index,
                              const tad_cross_entropy_options *options) {
    return tad__entropy_apply(tad__ops_nll, log_probability, target,
                              (tad_maybe_int){true, ignore_index}, options);
}
