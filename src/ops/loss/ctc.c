/* ctc_loss: minus the logarithm of the probability of all ways to say a sequence of labels in T
 * places (Graves and others, 2006). Composed of ops, place by place: a way is a state of the labels
 * with blanks around them, and what has been said up to each is known from the place before. What
 * cannot be has a logarithm so low that it never counts, and not minus infinity, of which the
 * derivative of a sum of exponentials knows nothing. Rests on tape.h. */
#include <math.h>
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { LOG_PROBS, TARGETS, INPUT_LENGTHS, TARGET_LENGTHS, OPERANDS };

static const double never = -1e30;

typedef struct ctc_options {
    int64_t blank;
    tad_reduction reduction;
    bool zero_infinity;
} ctc_options;

/* ---- shapes ---- */

static const tad_array *operand(const tad_call_frame *c, size_t i) {
    return c->n_in > i ? c->in[i] : NULL;
}

static tad_status check_lengths(const tad_call_frame *c, size_t i, int64_t samples, int64_t most) {
    const tad_array *a = operand(c, i);
    if (!a) return TAD_OK;
    if (a->dtype != TAD_I64) return tad_fail(c, TAD_BAD_DTYPE, "lengths must be int64");
    if (a->rank != 1 || a->dim[0] != samples)
        return tad_fail(c, TAD_BAD_SHAPE, "one length for each of %lld samples",
                        (long long)samples);
    for (int64_t b = 0; b < samples; b++)
        if (tad__integer_at(a, 0, b) < 0 || tad__integer_at(a, 0, b) > most)
            return tad_fail(c, TAD_BAD_INDEX, "length %lld of %lld",
                            (long long)tad__integer_at(a, 0, b), (long long)most);
    return TAD_OK;
}

/* What lies behind the length of a target may be anything. */
static tad_status check_labels(const tad_call_frame *c, int64_t classes) {
    const tad_array *target = c->in[TARGETS], *length = operand(c, TARGET_LENGTHS);
    const int64_t blank = ((const ctc_options *)c->options)->blank;
    for (int64_t b = 0; b < target->dim[0]; b++)
        for (int64_t s = 0; s < (length ? tad__integer_at(length, 0, b) : target->dim[1]); s++) {
            const int64_t label = tad__integer_at(target, b, s);
            if (label < 0 || label >= classes || label == blank)
                return tad_fail(c, TAD_BAD_INDEX, "label %lld of sample %lld", (long long)label,
                                (long long)b);
        }
    return TAD_OK;
}

static tad_status check_operands(const tad_call_frame *c) {
    const tad_array *x = c->in[LOG_PROBS], *target = c->in[TARGETS];
    if (tad__needs_float(c, LOG_PROBS)) return TAD_BAD_DTYPE;
    if (target->dtype != TAD_I64) return tad_fail(c, TAD_BAD_DTYPE, "targets must be int64");
    if (x->rank != 3 || x->dim[0] < 1)
        return tad_fail(c, TAD_BAD_SHAPE, "needs log-probabilities (T,B,C), T at least 1");
    if (target->rank != 2 || target->dim[0] != x->dim[1])
        return tad_fail(c, TAD_BAD_SHAPE, "needs targets (%lld,S)", (long long)x->dim[1]);
    if (target->dim[1] > INT32_MAX) return tad_fail(c, TAD_TOO_LARGE, "too many labels");
    return TAD_OK;
}

static tad_status ctc_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const ctc_options *o = c->options;
    tad_status s = check_operands(c);
    if (s) return s;
    const tad_array *x = c->in[LOG_PROBS];
    if (o->blank < 0 || o->blank >= x->dim[2])
        return tad_fail(c, TAD_BAD_INDEX, "blank %lld of %lld classes", (long long)o->blank,
                        (long long)x->dim[2]);
    if ((unsigned)o->reduction > TAD_EACH)
        return tad_fail(c, TAD_BAD_ARGUMENT, "no such reduction");
    if ((s = check_lengths(c, INPUT_LENGTHS, x->dim[1], x->dim[0]))) return s;
    if ((s = check_lengths(c, TARGET_LENGTHS, x->dim[1], c->in[TARGETS]->dim[1]))) return s;
    *out =
        (tad_type){(tad_dtype)x->dtype, o->reduction == TAD_EACH ? TAD_SHAPE(x->dim[1]) : TAD_0D};
    return check_labels(c, x->dim[2]);
}

/* ---- composition ---- */

/* What all places have in common; labels l1 l2 .. as states: blank l1 blank l2 .. blank. */
typedef struct states {
    tad_tape *t;
    int64_t places, samples, labels, count; /* count: 2 labels + 1 */
    tad_var label;                          /* (B,count) */
    tad_var may_skip;              /* bool (B,count): the blank before it can be left out */
    tad_var length, target_length; /* (B,1) float64; none: all */
} states;

static tad_var counting(tad_tape *t, int64_t n) { return tad_arange(t, TAD_F64, 0, (double)n, 1); }

static tad_var integers(const states *s, int64_t columns, int64_t value) {
    return tad_full(s->t, TAD_I64, TAD_SHAPE(s->samples, columns), (double)value);
}

static tad_var length_of(const tad_rule *r, size_t i) {
    if (!tad__has_operand(r, i)) return tad_none();
    return tad_unsqueeze(tad_cast(r->in[i], TAD_F64), 1);
}

/* Blanks between the labels and in the place of what lies behind a target. */
static tad_var with_blanks(const states *s, tad_var target, int64_t blank) {
    tad_var pair[] = {integers(s, s->labels, blank), target};
    if (!tad_is_none(s->target_length))
        pair[1] = tad_where(tad_less(counting(s->t, s->labels), s->target_length), target, pair[0]);
    tad_var all[] = {tad_reshape(tad_stack(pair, 2, 2), TAD_SHAPE(s->samples, 2 * s->labels)),
                     integers(s, 1, blank)};
    return tad_concat(all, 2, 1);
}

/* Before a label that differs from the one before it. */
static tad_var skips(const states *s, int64_t blank) {
    tad_var two = integers(s, 2, blank), before[] = {two, tad_slice(s->label, 1, 0, -2, 1)};
    tad_var changed = tad_not_equal(s->label, tad_concat(before, 2, 1));
    return tad_logical_and(changed, tad_not_equal(s->label, integers(s, s->count, blank)));
}

static states states_of(const tad_rule *r) {
    const tad_shape x = tad_shape_of(r->in[LOG_PROBS]), target = tad_shape_of(r->in[TARGETS]);
    const int64_t blank = ((const ctc_options *)r->options)->blank;
    states s = {.t = r->tape,
                .places = x.dim[0],
                .samples = x.dim[1],
                .labels = target.dim[1],
                .count = 2 * target.dim[1] + 1,
                .length = length_of(r, INPUT_LENGTHS),
                .target_length = length_of(r, TARGET_LENGTHS)};
    s.label = s.labels ? with_blanks(&s, r->in[TARGETS], blank) : integers(&s, 1, blank);
    s.may_skip = s.labels ? skips(&s, blank) : tad_none();
    return s;
}

/* The logarithm of each state's own probability in each place, (T,B,count). */
static tad_var emitted(const states *s, tad_var log_probs) {
    tad_var label = tad_broadcast_to(s->label, TAD_SHAPE(s->places, s->samples, s->count));
    return tad_gather(tad_clamp(log_probs, never, INFINITY), label, 2);
}

static tad_var or_never(tad_var which, tad_var x) { return tad_where(which, x, tad_number(never)); }

/* From each state at a place to the next: from itself, the one before, and the label before. */
static tad_var advanced(const states *s, tad_var alpha) {
    if (!s->labels) return alpha;
    const int64_t width[] = {0, 0, 2, 0};
    tad_var before = tad_pad(alpha, width, 4, TAD_PAD_CONSTANT, never);
    tad_var sum = tad_logaddexp(alpha, tad_slice(before, 1, 1, s->count + 1, 1));
    return tad_logaddexp(sum, or_never(s->may_skip, tad_slice(before, 1, 0, s->count, 1)));
}

/* The logarithm of what each sample has said in all its places, up to each state. */
static tad_var said(const states *s, tad_var own) {
    const tad_var begin = tad_less(counting(s->t, s->count), tad_number(2));
    tad_var alpha = or_never(begin, tad_at(own, 0));
    for (int64_t t = 1; t < s->places; t++) {
        tad_var next = tad_add(advanced(s, alpha), tad_at(own, t));
        if (!tad_is_none(s->length))
            next = tad_where(tad_greater(s->length, tad_number((double)t)), next, alpha);
        alpha = next;
    }
    return alpha;
}

/* At the end: behind the last label, or behind the blank that may follow it. */
static tad_var ends(const states *s) {
    tad_var k = counting(s->t, s->count);
    if (tad_is_none(s->target_length))
        return tad_greater_equal(k, tad_number((double)(2 * s->labels - 1)));
    tad_var from_end = tad_sub(tad_mul(s->target_length, tad_number(2)), k);
    return tad_logical_or(tad_equal(from_end, tad_number(0)), tad_equal(from_end, tad_number(1)));
}

/* Without a single place nothing is said. */
static tad_var of_nothing(const states *s, tad_var alpha) {
    if (tad_is_none(s->length)) return alpha;
    tad_var first = tad_less(counting(s->t, s->count), tad_number(1));
    tad_var start = tad_cast(or_never(first, tad_number(0)), tad_dtype_of(alpha));
    return tad_where(tad_greater(s->length, tad_number(0)), alpha, start);
}

/* By the number of labels, as PyTorch's mean. */
static tad_var averaged(const states *s, tad_var each) {
    tad_var n = tad_number(s->labels > 1 ? (double)s->labels : 1);
    if (!tad_is_none(s->target_length))
        n = tad_cast(tad_maximum(tad_squeeze(s->target_length, tad_axis(1)), tad_number(1)),
                     tad_dtype_of(each));
    return tad_mean(tad_div(each, n), tad_all());
}

static void ctc_compose(tad_rule *r) {
    const ctc_options *o = r->options;
    const states s = states_of(r);
    tad_var alpha = of_nothing(&s, said(&s, emitted(&s, r->in[LOG_PROBS])));
    tad_var each = tad_neg(tad_logsumexp(or_never(ends(&s), alpha), tad_axis(-1)));
    tad_var possible = tad_less(each, tad_number(-never / 2));
    if (o->zero_infinity)
        each = tad_where(possible, each, tad_number(0));
    else /* infinite, and so are its derivatives */
        each = tad_div(each, tad_cast(possible, tad_dtype_of(each)));
    r->result[0] = o->reduction == TAD_MEAN ? averaged(&s, each) : tad__reduced(each, o->reduction);
}

/* ---- options, samples, misuse ---- */

static const tad_option ctc_list[] = {
    {OPTION(INT, ctc_options, blank)},
    {OPTION(CHOICE, ctc_options, reduction), .choices = "mean|sum|none"},
    {OPTION(BOOL, ctc_options, zero_infinity)},
};

#define HOW(...)                                                                                   \
    .options = &(const ctc_options) { __VA_ARGS__ }
#define LABELS(a, b, ...)                                                                          \
    { TYPE(TAD_I64, __VA_ARGS__), INTEGERS(a, b) }

static const tad_sample ctc_samples[] = {
    {CASE("mean", F64(4, 2, 3), LABELS(1, 3, 2, 2))},
    {CASE("sum, last is blank", F64(5, 2, 3), LABELS(0, 2, 2, 2)), HOW(2, TAD_SUM, false)},
    {CASE("lengths", F64(4, 3, 3), LABELS(1, 3, 3, 1), LABELS(2, 5, 3), LABELS(0, 2, 3)),
     HOW(0, TAD_EACH, false)},
    {CASE("targets' lengths", F64(4, 2, 3), LABELS(1, 3, 2, 2), ABSENT, LABELS(1, 3, 2)),
     HOW(0, TAD_MEAN, true)},
    {CASE("no labels", F64(3, 2, 2), LABELS(1, 2, 2, 0)), HOW(0, TAD_EACH, false)},
    {CASE("one label, one place", F64(1, 2, 3), LABELS(1, 3, 2, 1)), HOW(0, TAD_SUM, false)},
    {CASE("too few places", F64(1, 2, 3), LABELS(1, 3, 2, 2)), HOW(0, TAD_SUM, true)},
};
static const tad_misuse ctc_misuse[] = {
    {CASE("rank", F64(6, 4), LABELS(1, 4, 2, 2)), .expect = TAD_BAD_SHAPE},
    {CASE("no places", F64(0, 2, 4), LABELS(1, 4, 2, 2)), .expect = TAD_BAD_SHAPE},
    {CASE("samples", F64(6, 3, 4), LABELS(1, 4, 2, 2)), .expect = TAD_BAD_SHAPE},
    {CASE("lengths", F64(6, 2, 4), LABELS(1, 4, 2, 2), LABELS(6, 7, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("float targets", F64(6, 2, 4), F64(2, 2)), .expect = TAD_BAD_DTYPE},
    {CASE("integers", LABELS(1, 4, 6, 2, 4), LABELS(1, 4, 2, 2)), .expect = TAD_BAD_DTYPE},
    {CASE("float lengths", F64(6, 2, 4), LABELS(1, 4, 2, 2), F64(2)), .expect = TAD_BAD_DTYPE},
    {CASE("too long", F64(6, 2, 4), LABELS(1, 4, 2, 2), LABELS(7, 8, 2)), .expect = TAD_BAD_INDEX},
    {CASE("longer than the target", F64(6, 2, 4), LABELS(1, 4, 2, 2), ABSENT, LABELS(3, 4, 2)),
     .expect = TAD_BAD_INDEX},
    {CASE("negative", F64(6, 2, 4), LABELS(1, 4, 2, 2), ABSENT, LABELS(-1, 0, 2)),
     .expect = TAD_BAD_INDEX},
    {CASE("no such class", F64(6, 2, 4), LABELS(4, 5, 2, 2)), .expect = TAD_BAD_INDEX},
    {CASE("a blank as label", F64(6, 2, 4), LABELS(1, 2, 2, 2)), HOW(.blank = 1),
     .expect = TAD_BAD_INDEX},
    {CASE("no such blank", F64(6, 2, 4), LABELS(1, 2, 2, 2)), HOW(.blank = 4),
     .expect = TAD_BAD_INDEX},
    {CASE("reduction", F64(6, 2, 4), LABELS(1, 4, 2, 2)), HOW(.reduction = (tad_reduction)9),
     .expect = TAD_BAD_ARGUMENT},
};

/* ---- the op ---- */

const tad_op tad__ops_ctc[] = {
    {.name = "ctc_loss",
     .doc = "minus the log-probability of all ways to say a target in T places, blanks between: "
            "log-probabilities (T,B,C), targets (B,S), lengths of inputs and targets; the mean is "
            "of each by its number of labels; impossible: infinite, or 0 by zero_infinity",
     FAMILY("loss", 2, OPERANDS),
     OPTIONS(ctc_options, ctc_list),
     .constant_in = 1u << TARGETS | 1u << INPUT_LENGTHS | 1u << TARGET_LENGTHS,
     .shape = ctc_shape,
     .compose = ctc_compose,
     CASES(ctc)},
};
const size_t tad__ops_ctc_count = LENGTH(tad__ops_ctc);

tad_var tad_ctc_loss(tad_var log_probs, tad_var targets, tad_var input_lengths,
                     tad_var target_lengths, const tad_ctc_options *options) {
    const tad_ctc_options o = options ? *options : (tad_ctc_options){0};
    const ctc_options own = {o.blank, o.reduction, o.zero_infinity};
    return tad_apply(&tad__ops_ctc[0],
                     (tad_var[]){log_probs, targets, input_lengths, target_lengths}, OPERANDS, &own,
                     NULL, 0);
}
