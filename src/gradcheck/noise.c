/* How much rounding a derivative may carry: the automatic error estimate of reverse mode. Every
 * value that is recorded on the way is taken to be off by one rounding; to first order a result
 * moves by |adjoint| * |value| * epsilon for each, and the adjoints are a reverse sweep away. Of a
 * derivative the recording is the one that tad_grad and tad_tangent make. So a limit is told from
 * the numbers that were added up, not from what is left of them: in (e^x - 1) / x the numbers are
 * 1 / x times as large as the result.
 *
 * Needed only where a law would break otherwise; where a rule cannot be differentiated once more
 * there is no estimate, and the law stands as it is. */
#include "check.h"

#include <float.h>
#include <math.h>

/* What recordings a check has open is put aside and taken up again. */
typedef struct aside {
    tad_mark mark, begin;
    tad_var *in, *out;
} aside;

static bool put_aside(tad__problem *p, aside *a) {
    *a = (aside){.mark = p->mark, .begin = tad_tape_mark(p->tape)};
    a->in = tad__check_take(p->tape, p->n_in, sizeof *a->in);
    a->out = tad__check_take(p->tape, p->n_out, sizeof *a->out);
    if (!a->in || !a->out) return false;
    for (size_t i = 0; i < p->n_in; i++) a->in[i] = p->in[i];
    for (size_t k = 0; k < p->n_out; k++) a->out[k] = p->out[k];
    return true;
}

static void take_up(tad__problem *p, const aside *a) {
    for (size_t i = 0; i < p->n_in && a->in; i++) p->in[i] = a->in[i];
    for (size_t k = 0; k < p->n_out && a->out; k++) p->out[k] = a->out[k];
    (void)tad_tape_rewind(p->tape, a->begin); /* cannot fail: the mark is the check's own */
    p->mark = a->mark;
}

/* The results whose rounding is asked for, and the weights they are summed with. */
typedef struct sum {
    tad_var *y, *weight;
    size_t n;
} sum;

static void add_root(tad_tape *t, sum *s, tad_var y, const tad_shape *shape, const double *weight) {
    if (!tad_node_needs_gradient(y)) return;
    s->y[s->n] = y;
    s->weight[s->n++] = tad_borrow(t, TAD_F64, *shape, weight);
}

/* Cotangents and tangents are inputs, too: what is linear depends on nothing else. */
static tad_status record(tad__problem *p, const tad__noise_at *at, sum *s) {
    tad_status status = tad__point_open(p, at->x);
    bool reverse = at->of == TAD__NOISE_REVERSE, forward = at->of == TAD__NOISE_FORWARD;
    for (size_t k = 0; k < p->n_out && reverse && status == TAD_OK; k++)
        p->seed[k] = tad_input_borrow(p->tape, TAD_F64, p->out_shape[k], at->v + p->out_at[k]);
    for (size_t i = 0; i < p->n_in && forward && status == TAD_OK; i++)
        p->seed[i] = tad_input_borrow(p->tape, TAD_F64, p->in_shape[i], at->w + p->in_at[i]);
    if (reverse && status == TAD_OK)
        status = tad_grad(p->out, p->seed, p->n_out, p->in, p->n_in, p->result);
    if (forward && status == TAD_OK)
        status = tad_tangent(p->out, p->n_out, p->in, p->seed, p->n_in, p->result);
    for (size_t i = 0; i < p->n_in && reverse && status == TAD_OK; i++)
        add_root(p->tape, s, p->result[i], &p->in_shape[i], at->w + p->in_at[i]);
    for (size_t k = 0; k < p->n_out && !reverse && status == TAD_OK; k++)
        add_root(p->tape, s, forward ? p->result[k] : p->out[k], &p->out_shape[k],
                 at->v + p->out_at[k]);
    return status == TAD_OK ? tad_tape_status(p->tape) : status;
}

/* |adjoint| times a rounding of the value, summed over the elements of one node. */
static double of_node(tad_var x, double epsilon, double *value, const double *adjoint) {
    size_t n = (size_t)tad_size_of(x);
    double total = 0;
    if (!adjoint || tad_read(x, value, n) != TAD_OK) return 0;
    for (size_t i = 0; i < n; i++)
        total += fabs(adjoint[i]) * (epsilon * fabs(value[i]) + DBL_TRUE_MIN);
    return total;
}

/* Whether the sweep left something at node i. */
static bool counts(tad_tape *t, size_t i, tad_var x) {
    if (i >= t->head.swept || !tad_node_needs_gradient(x)) return false;
    return tad_dtype_of(x) == TAD_F64 && tad__adjoint_at(t, tad__at(t, (uint32_t)i))->bits != 0;
}

/* Of all nodes from the first on. */
static double of_nodes(tad_tape *t, size_t first, double epsilon) {
    size_t last = tad_node_count(t), most = 0;
    double total = 0;
    for (size_t i = first; i < last; i++)
        most = tad__max(most, (size_t)tad_size_of(tad_node_at(t, i)));
    double *value = tad__check_take(t, most, sizeof *value);
    for (size_t i = first; i < last && value; i++) {
        tad_var x = tad_node_at(t, i);
        if (counts(t, i, x)) total += of_node(x, epsilon, value, tad_gradient_data(x));
    }
    return total;
}

static tad_status estimate(tad__problem *p, const tad__noise_at *at, double epsilon,
                           double *total) {
    tad_tape *t = p->tape;
    size_t first = tad_node_count(t), roots = p->n_in + p->n_out;
    sum s = {tad__check_take(t, roots, sizeof(tad_var)), tad__check_take(t, roots, sizeof(tad_var)),
             0};
    if (!s.y || !s.weight) return tad_tape_status(t);
    tad_status status = record(p, at, &s);
    if (status != TAD_OK || s.n == 0) return status;
    size_t last = tad_node_count(t);
    for (size_t i = first; i < last; i++)
        if (tad_node_kind_of(tad_node_at(t, i)) == TAD_NODE_OP) (void)tad_retain(tad_node_at(t, i));
    status = tad_reverse_from(s.y, s.weight, s.n);
    if (status == TAD_OK) *total = of_nodes(t, first, epsilon);
    return status == TAD_OK ? tad_tape_status(t) : status;
}

/* Signs, where no weights are given: what is added up should not cancel. */
static const double *weights(tad__check *c, const double *given, size_t n) {
    tad_random r = {1, 0};
    double *w = given ? NULL : tad__check_take(c->p->tape, n, sizeof *w);
    if (w) tad__signs(&r, w, n);
    return given ? given : w;
}

double tad__noise(tad__check *c, tad__noise_at at, bool underflow_only) {
    tad__problem *p = c->p;
    aside a;
    double total = 0;
    tad_status status = put_aside(p, &a) ? TAD_OK : TAD_NO_MEMORY;
    at.v = weights(c, at.v, tad__outputs(p));
    at.w = weights(c, at.w, tad__inputs(p));
    if (status == TAD_OK && at.v && at.w)
        status = estimate(p, &at, underflow_only ? 0 : DBL_EPSILON, &total);
    if (status != TAD_OK && status != TAD_NO_MEMORY) tad_tape_clear(p->tape);
    take_up(p, &a);
    return status == TAD_OK && isfinite(total) ? total : 0;
}
