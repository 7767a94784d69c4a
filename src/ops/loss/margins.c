/* Losses of likelihoods and margins. Composed of ops: what each element, row or pair loses, then
 * the reduction. */
#include <math.h>
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/place/indexed.h"
#include "ops/samples.h"

enum {
    POISSON_NLL,
    GAUSSIAN_NLL,
    SOFT_MARGIN,
    MARGIN_RANKING,
    TRIPLET_MARGIN,
    COSINE_EMBEDDING,
    MULTI_MARGIN
};

typedef struct margin_options {
    tad_reduction reduction;
    double margin, p, eps;
    int64_t log_input; /* 0: no */
    bool full, swap;
} margin_options;

static const double log_2_pi = 1.83787706640934548356;

static int which(const tad_op *op) { return (int)(op - tad__ops_margins); }

/* ---- shapes ---- */

static tad_status drop_last(const tad_call_frame *c, tad_shape *s) {
    if (s->rank < 1) return tad_fail(c, TAD_BAD_SHAPE, "needs an axis");
    s->rank--;
    return TAD_OK;
}

/* Operands [first, end) broadcast to s. */
static tad_status broadcast(const tad_call_frame *c, size_t first, size_t end, tad_shape *s) {
    for (size_t i = first; i < end; i++) {
        const tad_shape next = tad__shape_of(c->in[i]);
        if (!tad__shape_broadcast(s, &next, s))
            return tad_fail(c, TAD_BAD_SHAPE, "they do not broadcast together");
    }
    return TAD_OK;
}

/* Rows or a row of classes, each with a label within them. */
static tad_status check_classes(const tad_call_frame *c, tad_shape *s) {
    const tad_array *x = c->in[0], *label = c->in[1], *weight = c->n_in > 2 ? c->in[2] : NULL;
    *s = tad__shape_of(x);
    if (tad__needs_float(c, 0) || (weight && tad__needs_float(c, 2))) return TAD_BAD_DTYPE;
    if (label->dtype != TAD_I64) return tad_fail(c, TAD_BAD_DTYPE, "labels must be int64");
    if (x->rank < 1 || x->rank > 2) return tad_fail(c, TAD_BAD_SHAPE, "needs rows, or a row");
    s->rank--;
    const tad_shape labels = tad__shape_of(label);
    if (!tad__shape_equal(&labels, s)) return tad_fail(c, TAD_BAD_SHAPE, "one label for each row");
    if (weight && (weight->rank != 1 || weight->dim[0] != x->dim[x->rank - 1]))
        return tad_fail(c, TAD_BAD_SHAPE, "one weight for each class");
    return tad__check_indices(c, label, x->dim[x->rank - 1]);
}

/* What is lost before the reduction. */
static tad_status each_shape(const tad_call_frame *c, tad_shape *s) {
    const int loss = which(c->op);
    if (loss == MULTI_MARGIN) return check_classes(c, s);
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    *s = tad__shape_of(c->in[0]);
    const size_t vectors = loss == COSINE_EMBEDDING ? 2 : c->n_in;
    if (broadcast(c, 1, vectors, s)) return TAD_BAD_SHAPE;
    const bool rows = loss == TRIPLET_MARGIN || loss == COSINE_EMBEDDING;
    if (rows && drop_last(c, s)) return TAD_BAD_SHAPE;
    return broadcast(c, vectors, c->n_in, s);
}

static tad_status margin_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const margin_options *o = c->options;
    tad_shape s;
    tad_status status = each_shape(c, &s);
    if (status) return status;
    if ((unsigned)o->reduction > TAD_EACH)
        return tad_fail(c, TAD_BAD_ARGUMENT, "no such reduction");
    if (which(c->op) == MULTI_MARGIN && o->p != 1 && o->p != 2)
        return tad_fail(c, TAD_BAD_ARGUMENT, "p %g is not 1 or 2", o->p);
    if (!(o->eps >= 0)) return tad_fail(c, TAD_BAD_ARGUMENT, "eps %g is not 0 or above", o->eps);
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, o->reduction == TAD_EACH ? s : TAD_0D};
    return TAD_OK;
}

/* ---- what is lost ---- */

static tad_var plus(tad_var x, double number) { return tad_add(x, tad_number(number)); }
static tad_var times(tad_var x, double number) { return tad_mul(x, tad_number(number)); }

/* Stirling's t log t - t + log(2 pi t) / 2 of a target above 1, else 0. */
static tad_var stirling(tad_var t) {
    tad_var few = tad_less_equal(t, tad_number(1)), many = tad_where(few, tad_number(2), t);
    tad_var log = tad_log(many);
    tad_var sum = tad_add(tad_sub(tad_mul(many, log), many), times(plus(log, log_2_pi), 0.5));
    return tad_where(few, tad_number(0), sum);
}

static tad_var poisson_nll(const tad_rule *r, const margin_options *o) {
    tad_var x = r->in[0], t = r->in[1];
    tad_var each = o->log_input ? tad_sub(tad_exp(x), tad_mul(t, x))
                                : tad_sub(x, tad_mul(t, tad_log(plus(x, o->eps))));
    return o->full ? tad_add(each, stirling(t)) : each;
}

static tad_var gaussian_nll(const tad_rule *r, const margin_options *o) {
    tad_var variance = tad_clamp(r->in[2], o->eps, INFINITY);
    tad_var away = tad_div(tad_square(tad_sub(r->in[0], r->in[1])), variance);
    tad_var sum = tad_add(tad_log(variance), away);
    return times(o->full ? plus(sum, log_2_pi) : sum, 0.5);
}

static tad_var distance(tad_var a, tad_var b, const margin_options *o) {
    return tad_norm(plus(tad_sub(a, b), o->eps), o->p, tad_axis(-1));
}

static tad_var triplet_margin(const tad_rule *r, const margin_options *o) {
    tad_var near = distance(r->in[0], r->in[1], o), far = distance(r->in[0], r->in[2], o);
    if (o->swap) far = tad_minimum(far, distance(r->in[1], r->in[2], o));
    return tad_relu(plus(tad_sub(near, far), o->margin));
}

/* Between max(0, cosine - margin) for target -1 and 1 - cosine for 1. */
static tad_var cosine_embedding(const tad_rule *r, const margin_options *o) {
    tad_var cosine = tad_cosine_similarity(r->in[0], r->in[1], -1, 1e-8);
    tad_var apart = tad_relu(plus(cosine, -o->margin)), together = tad_sub(tad_number(1), cosine);
    return tad_lerp(apart, together, times(plus(r->in[2], 1), 0.5));
}

/* The mean over classes of max(0, margin - x of the label + x)^p, the label's own left out. */
static tad_var multi_margin(const tad_rule *r, const margin_options *o) {
    const tad_shape x = tad_shape_of(r->in[0]);
    const int last = x.rank - 1;
    tad_var label = tad_unsqueeze(r->in[1], last);
    tad_var each = tad_relu(plus(tad_sub(r->in[0], tad_gather(r->in[0], label, last)), o->margin));
    if (o->p == 2) each = tad_square(each);
    if (tad__has_operand(r, 2)) {
        tad_var weight = tad_broadcast_to(r->in[2], x);
        each = tad_mul(each, tad_gather(weight, label, last));
    }
    tad_var own = tad_cast(tad_one_hot(r->in[1], x.dim[last]), TAD_BOOL);
    return tad_mean(tad_masked_fill(each, own, 0), tad_axis(last));
}

static tad_var lost(const tad_rule *r, const margin_options *o) {
    tad_var a = r->in[0], b = r->in[1];
    switch (which(r->op)) {
    case POISSON_NLL: return poisson_nll(r, o);
    case GAUSSIAN_NLL: return gaussian_nll(r, o);
    case SOFT_MARGIN: return tad_softplus(tad_neg(tad_mul(a, b)), 1);
    case MARGIN_RANKING: return tad_relu(plus(tad_mul(r->in[2], tad_sub(b, a)), o->margin));
    case TRIPLET_MARGIN: return triplet_margin(r, o);
    case COSINE_EMBEDDING: return cosine_embedding(r, o);
    default: return multi_margin(r, o);
    }
}

static void margin_compose(tad_rule *r) {
    const margin_options *o = r->options;
    r->result[0] = tad__reduced(lost(r, o), o->reduction);
}

/* ---- options, samples, misuse ---- */

#define REDUCTION                                                                                  \
    { OPTION(CHOICE, margin_options, reduction), .choices = "mean|sum|none" }
#define NUMBER(field, default_)                                                                    \
    { OPTION(FLOAT, margin_options, field), .initial = default_ }
#define TRUTH(field)                                                                               \
    { OPTION(BOOL, margin_options, field) }

static const tad_option poisson_list[] = {
    REDUCTION,
    {OPTION(INT, margin_options, log_input), .initial = 1},
    TRUTH(full),
    NUMBER(eps, 1e-8),
};
static const tad_option gaussian_list[] = {REDUCTION, TRUTH(full), NUMBER(eps, 1e-6)};
static const tad_option plain_list[] = {REDUCTION};
static const tad_option margin_list[] = {REDUCTION, NUMBER(margin, 0)};
static const tad_option triplet_list[] = {REDUCTION, NUMBER(margin, 1), NUMBER(p, 2),
                                          NUMBER(eps, 1e-6), TRUTH(swap)};
static const tad_option multi_list[] = {REDUCTION, NUMBER(margin, 1), NUMBER(p, 1)};

#define HOW(...)                                                                                   \
    .options = &(const margin_options) { __VA_ARGS__ }

static const tad_sample poisson_samples[] = {
    {CASE("logarithms", F64(3, 4), WITHIN(0, 3, 3, 4)), HOW(.log_input = 1)},
    {CASE("sum", WITHIN(0.2, 2, 5), WITHIN(0, 3, 5)), HOW(.reduction = TAD_SUM, .eps = 0.1)},
    {CASE("full", F64(2, 3), WITHIN(1.2, 3, 2, 3)),
     HOW(.reduction = TAD_EACH, .log_input = 1, .full = true)},
    {CASE("few", F64(2, 3), WITHIN(0.1, 0.9, 3)), HOW(.log_input = 1, .full = true)},
    {CASE("one target", F64(2, 3), WITHIN_0D(0, 2)), HOW(.log_input = 1)},
    {CASE("empty", F64(0, 3), F64(3)), HOW(.reduction = TAD_SUM, .log_input = 1)},
};
static const tad_sample gaussian_samples[] = {
    {CASE("mean", F64(3, 4), F64(3, 4), WITHIN(0.5, 2, 3, 4)), HOW(.eps = 1e-6)},
    {CASE("sum", F64(5), F64(5), WITHIN(0.5, 2, 5)), HOW(.reduction = TAD_SUM, .full = true)},
    {CASE("one variance", F64(2, 3), F64(3), WITHIN_0D(0.5, 2)), HOW(.reduction = TAD_EACH)},
    {CASE("clipped", F64(2, 3), F64(2, 3), WITHIN(0.1, 0.4, 2, 1)), HOW(.eps = 0.5)},
    {CASE("empty", F64(0, 3), F64(0, 3), WITHIN(0.5, 2, 3)), HOW(.reduction = TAD_SUM)},
};
static const tad_sample soft_samples[] = {
    {CASE("mean", F64(3, 4), F64(3, 4))},
    {CASE("sum", F64(5), F64(5)), HOW(.reduction = TAD_SUM)},
    {CASE("none", F64(2, 3), F64(3)), HOW(.reduction = TAD_EACH)},
    {CASE("one target", F64(2, 3), F64_0D)},
    {CASE("empty", F64(0, 3), F64(0, 3)), HOW(.reduction = TAD_SUM)},
};
/* On one side of the margin. */
static const tad_sample ranking_samples[] = {
    {CASE("missed", WITHIN(0, 1, 3, 4), WITHIN(1.2, 2, 3, 4), WITHIN(0.9, 1.1, 3, 4)),
     HOW(.margin = 0)},
    {CASE("kept", WITHIN(0, 1, 5), WITHIN(1.2, 2, 5), WITHIN(-1.1, -0.9, 5)),
     HOW(.reduction = TAD_SUM, .margin = 0.1)},
    {CASE("none", WITHIN(0, 1, 2, 3), WITHIN(1, 2, 3), WITHIN(0.9, 1.1, 3)),
     HOW(.reduction = TAD_EACH, .margin = 0.5)},
    {CASE("one target", WITHIN(0, 1, 4), WITHIN(1.2, 2, 4), WITHIN_0D(0.9, 1.1)), HOW(.margin = 0)},
    {CASE("empty", F64(0, 3), F64(3), F64(3)), HOW(.reduction = TAD_SUM)},
};
static const tad_sample triplet_samples[] = {
    {CASE("mean", F64(3, 4), F64(3, 4), F64(3, 4)), HOW(.margin = 5, .p = 2, .eps = 1e-6)},
    {CASE("sum", F64(2, 3), F64(2, 3), F64(3)),
     HOW(.reduction = TAD_SUM, .margin = 9, .p = 3, .eps = 0.01)},
    {CASE("none, swapped", F64(2, 3), WITHIN(3, 4, 2, 3), WITHIN(5, 6, 2, 3)),
     HOW(.reduction = TAD_EACH, .margin = 20, .p = 2, .eps = 0, .swap = true)},
    {CASE("vectors", F64(4), F64(4), F64(4)), HOW(.margin = 6, .p = 2)},
    {CASE("empty", F64(0, 3), F64(0, 3), F64(0, 3)),
     HOW(.reduction = TAD_SUM, .margin = 1, .p = 2)},
};
/* All at less than a right angle, so that the cosine is above the margin. */
#define VECTORS(...) WITHIN(0.5, 1, __VA_ARGS__)
static const tad_sample embedding_samples[] = {
    {CASE("together", VECTORS(3, 4), VECTORS(3, 4), WITHIN(0.9, 1.1, 3)), HOW(.margin = 0)},
    {CASE("apart", VECTORS(3, 4), VECTORS(3, 4), WITHIN(-1.1, -0.9, 3)),
     HOW(.reduction = TAD_SUM, .margin = 0.2)},
    {CASE("none", VECTORS(2, 3), VECTORS(3), F64(2)), HOW(.reduction = TAD_EACH)},
    {CASE("vectors", VECTORS(4), VECTORS(4), F64_0D), HOW(.margin = 0.1)},
    {CASE("empty", F64(0, 3), F64(0, 3), F64(0)), HOW(.reduction = TAD_SUM)},
};
static const tad_sample multi_samples[] = {
    {CASE("mean", F64(3, 4), INDICES(4, 3)), HOW(.margin = 5, .p = 1)},
    {CASE("squares", F64(5, 3), INDICES(3, 5)), HOW(.reduction = TAD_SUM, .margin = 5, .p = 2)},
    {CASE("weights", F64(2, 3), INDICES(3, 2), WITHIN(0.5, 2, 3)),
     HOW(.reduction = TAD_EACH, .margin = 6, .p = 1)},
    {CASE("a row", F64(4), INDEX_0D(4)), HOW(.margin = 5, .p = 1)},
    {CASE("empty", F64(0, 3), INDICES(3, 0)), HOW(.reduction = TAD_SUM, .margin = 1, .p = 1)},
};

#define TWO_MISUSE                                                                                 \
    {CASE("shapes", F64(3, 4), F64(3, 5)), .expect = TAD_BAD_SHAPE},                               \
        {CASE("integers", F64(3), INDICES(2, 3)), .expect = TAD_BAD_DTYPE}, {                      \
        CASE("reduction", F64(3), F64(3)), HOW(.reduction = (tad_reduction)9),                     \
            .expect = TAD_BAD_ARGUMENT                                                             \
    }
#define THREE_MISUSE                                                                               \
    {CASE("shapes", F64(3, 4), F64(3, 4), F64(3, 5)), HOW(.p = 2), .expect = TAD_BAD_SHAPE},       \
        {CASE("integers", F64(3), F64(3), INDICES(2, 3)), HOW(.p = 2), .expect = TAD_BAD_DTYPE}, { \
        CASE("reduction", F64(3, 2), F64(3, 2), F64(3, 2)),                                        \
            HOW(.reduction = (tad_reduction)9, .p = 2), .expect = TAD_BAD_ARGUMENT                 \
    }
static const tad_misuse two_misuse[] = {TWO_MISUSE};
static const tad_misuse poisson_misuse[] = {
    TWO_MISUSE,
    {CASE("negative eps", F64(3), F64(3)), HOW(.eps = -1), .expect = TAD_BAD_ARGUMENT},
};
static const tad_misuse three_misuse[] = {THREE_MISUSE};
static const tad_misuse triplet_misuse[] = {
    THREE_MISUSE,
    {CASE("0-d", F64_0D, F64_0D, F64_0D), HOW(.p = 2), .expect = TAD_BAD_SHAPE},
};
static const tad_misuse embedding_misuse[] = {
    {CASE("targets", F64(3, 4), F64(3, 4), F64(4)), .expect = TAD_BAD_SHAPE},
    {CASE("vectors", F64(3, 4), F64(3, 5), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", F64(3, 4), F64(3, 4), INDICES(2, 3)), .expect = TAD_BAD_DTYPE},
};
static const tad_misuse multi_misuse[] = {
    {CASE("labels", F64(3, 4), INDICES(4, 2)), HOW(.p = 1), .expect = TAD_BAD_SHAPE},
    {CASE("float labels", F64(3, 4), F64(3)), HOW(.p = 1), .expect = TAD_BAD_DTYPE},
    {CASE("weights", F64(3, 4), INDICES(4, 3), F64(3)), HOW(.p = 1), .expect = TAD_BAD_SHAPE},
    {CASE("power", F64(3, 4), INDICES(4, 3)), HOW(.p = 3), .expect = TAD_BAD_ARGUMENT},
};

/* ---- the ops ---- */

#define LOSS(least, most, list)                                                                    \
    FAMILY("loss", least, most), OPTIONS(margin_options, list), .shape = margin_shape,             \
                                                                .compose = margin_compose

const tad_op tad__ops_margins[] = {
    [POISSON_NLL] = {.name = "poisson_nll",
                     .doc = "e^x - t x, or x - t log(x + eps) where log_input is 0; full: with "
                            "Stirling's t log t - t + log(2 pi t) / 2 for t > 1",
                     LOSS(2, 2, poisson_list),
                     CASES(poisson)},
    [GAUSSIAN_NLL] = {.name = "gaussian_nll",
                      .doc = "(log v + (x - t)^2 / v) / 2, variances v at least eps; full: with "
                             "log(2 pi) / 2",
                      LOSS(3, 3, gaussian_list),
                      SAMPLES(gaussian_samples),
                      MISUSE(three_misuse)},
    [SOFT_MARGIN] = {.name = "soft_margin",
                     .doc = "log(1 + e^(-t x))",
                     LOSS(2, 2, plain_list),
                     SAMPLES(soft_samples),
                     MISUSE(two_misuse)},
    [MARGIN_RANKING] = {.name = "margin_ranking",
                        .doc = "max(0, margin - t (x1 - x2))",
                        LOSS(3, 3, margin_list),
                        SAMPLES(ranking_samples),
                        MISUSE(three_misuse)},
    [TRIPLET_MARGIN] = {.name = "triplet_margin",
                        .doc = "max(0, margin + |a - p| - |a - n|) of vectors along the last axis, "
                               "eps added to differences; swap: the smaller of |a - n|, |p - n|",
                        LOSS(3, 3, triplet_list),
                        CASES(triplet)},
    [COSINE_EMBEDDING] = {.name = "cosine_embedding",
                          .doc = "(1 + t) / 2 (1 - cosine) + (1 - t) / 2 max(0, cosine - margin) "
                                 "of vectors along the last axis, t 1 or -1",
                          LOSS(3, 3, margin_list),
                          CASES(embedding)},
    [MULTI_MARGIN] = {.name = "multi_margin",
                      .doc = "mean over the other classes i of all of max(0, margin - x_label + "
                             "x_i)^p, times the weight of the label",
                      LOSS(2, 3, multi_list),
                      .constant_in = 1u << 1,
                      CASES(multi)},
};
const size_t tad__ops_margins_count = LENGTH(tad__ops_margins);

static tad_var loss(int op, const tad_var *in, size_t n, const margin_options *o) {
    return tad_apply(&tad__ops_margins[op], in, n, o, NULL, 0);
}

tad_var tad_poisson_nll(tad_var input, tad_var target, bool log_input, bool full, double eps,
                        tad_reduction reduction) {
    return loss(POISSON_NLL, (tad_var[]){input, target}, 2,
                &(margin_options){
                    .reduction = reduction, .eps = eps, .log_input = log_input, .full = full});
}

tad_var tad_gaussian_nll(tad_var input, tad_var target, tad_var variance, bool full, double eps,
                         tad_reduction reduction) {
    return loss(GAUSSIAN_NLL, (tad_var[]){input, target, variance}, 3,
                &(margin_options){.reduction = reduction, .eps = eps, .full = full});
}

tad_var tad_soft_margin(tad_var input, tad_var target, tad_reduction reduction) {
    return loss(SOFT_MARGIN, (tad_var[]){input, target}, 2,
                &(margin_options){.reduction = reduction});
}

tad_var tad_margin_ranking(tad_var x1, tad_var x2, tad_var target, double margin,
                           tad_reduction reduction) {
    return loss(MARGIN_RANKING, (tad_var[]){x1, x2, target}, 3,
                &(margin_options){.reduction = reduction, .margin = margin});
}

tad_var tad_triplet_margin(tad_var anchor, tad_var positive, tad_var negative, double margin,
                           double p, bool swap, tad_reduction reduction) {
    const margin_options o = {
        .reduction = reduction, .margin = margin, .p = p, .eps = 1e-6, .swap = swap};
    return loss(TRIPLET_MARGIN, (tad_var[]){anchor, positive, negative}, 3, &o);
}

tad_var tad_cosine_embedding(tad_var x1, tad_var x2, tad_var target, double margin,
                             tad_reduction reduction) {
    return loss(COSINE_EMBEDDING, (tad_var[]){x1, x2, target}, 3,
                &(margin_options){.reduction = reduction, .margin = margin});
}

tad_var tad_multi_margin(tad_var input, tad_var label, tad_var weight, double margin, double p,
                         tad_reduction reduction) {
    return loss(MULTI_MARGIN, (tad_var[]){input, label, weight}, 3,
                &(margin_options){.reduction = reduction, .margin = margin, .p = p});
}
