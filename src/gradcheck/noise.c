/* How much rounding a derivative may carry: the automatic error estimate of reverse mode. Every
 * value that is recorded on the way is taken to be off by one rounding; to first order a result
 * moves by |adjoint| * |value| * epsilon for each, and the adjoints are a reverse sweep away. Of a
 * derivative the recording is the one that tad_grad and tad_tangent make. So a limit is told from
 * the numbers that were added up, not from what is left of them: in (e^x - 1) / x the numbers are
 * 1 / x times as large as the result. What an op on arrays rounds within counts besides.
 *
 * Needed only where a law would break otherwise; where a rule cannot be differentiated once more
 * there is no estimate, and the law stands as it is. Of values it is asked for every row: it tells
 * the numeric derivative which small changes may be rounding. Wrong rules put wrong weights on
 * roundings, which are far below what a wrong entry is off. */
#include "noise.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <tad/diff.h>
#include <tad/inspect.h>

#include "vector.h"

/* What recordings a check has open is put aside and taken up again. */
typedef struct aside {
    tad__moment opened, begin;
    tad_var *in, *out;
} aside;

static bool put_aside(tad__problem *p, aside *a) {
    *a = (aside){.opened = p->opened, .begin = tad__workspace_now(p->workspace)};
    a->in = tad__take(p->workspace, p->n_in, sizeof *a->in);
    a->out = tad__take(p->workspace, p->n_out, sizeof *a->out);
    if (!a->in || !a->out) return false;
    for (size_t i = 0; i < p->n_in; i++) a->in[i] = p->in[i];
    for (size_t k = 0; k < p->n_out; k++) a->out[k] = p->out[k];
    return true;
}

static void take_up(tad__problem *p, const aside *a) {
    for (size_t i = 0; i < p->n_in && a->in; i++) p->in[i] = a->in[i];
    for (size_t k = 0; k < p->n_out && a->out; k++) p->out[k] = a->out[k];
    tad__workspace_return(p->workspace, a->begin);
    p->opened = a->opened;
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
static tad_status record(tad__problem *p, const tad__noise_at *at) {
    tad_status status = tad__problem_open(p, at->x);
    if (status != TAD_OK || at->of == TAD__NOISE_VALUE) return status;
    if (at->of == TAD__NOISE_REVERSE) {
        tad__problem_seed_outputs(p, tad_input_borrow, at->v);
        return tad__problem_record_vjp(p);
    }
    tad__problem_seed_inputs(p, tad_input_borrow, at->w);
    return tad__problem_record_jvp(p);
}

static tad_status find_roots(tad__problem *p, const tad__noise_at *at, sum *s) {
    const tad_var *y = at->of == TAD__NOISE_VALUE ? p->out : p->result;
    if (at->of == TAD__NOISE_REVERSE)
        for (size_t i = 0; i < p->n_in; i++)
            add_root(p->workspace->tape, s, y[i], &p->in_shape[i], at->w + p->in_at[i]);
    else
        for (size_t k = 0; k < p->n_out; k++)
            add_root(p->workspace->tape, s, y[k], &p->out_shape[k], at->v + p->out_at[k]);
    return tad_tape_status(p->workspace->tape);
}

/* Adds |adjoint| times a rounding of the value, summed over the elements of one node, to *own; to
 * *most with `size` for smaller values. */
static void add_node(tad_var x, double epsilon, double size, double *value, double *own,
                     double *most) {
    size_t n = (size_t)tad_size_of(x);
    const void *adjoint = tad_gradient_data(x);
    bool narrow = tad_dtype_of(x) == TAD_F32;
    double sum[2] = {0, 0}, least = narrow ? FLT_TRUE_MIN : DBL_TRUE_MIN;
    if (narrow) epsilon *= FLT_EPSILON / DBL_EPSILON;
    if (!adjoint || tad_read(x, value, n) != TAD_OK) return; /* nothing arrived here */
    for (size_t i = 0; i < n; i++) {
        double a = narrow ? ((const float *)adjoint)[i] : ((const double *)adjoint)[i];
        for (int k = 0; k < 2 && a != 0; k++) {
            double part = fabs(a) * (epsilon * fmax(fabs(value[i]), k * size) + least);
            if (isfinite(part)) sum[k] += part; /* of one that overflows nothing can be told */
        }
    }
    *own += sum[0];
    *most += sum[1];
}

/* A sweep from n roots, of which some may be constants, goes over all nodes up to the last one. */
static size_t swept(const tad_var *root, size_t n) {
    size_t end = 0;
    for (size_t k = 0; k < n; k++) {
        size_t last = tad_node_needs_gradient(root[k]) ? tad_node_index(root[k]) : SIZE_MAX;
        if (last != SIZE_MAX && last >= end) end = last + 1;
    }
    return end;
}

static bool is_float(tad_dtype dtype) { return dtype == TAD_F64 || dtype == TAD_F32; }
static bool is_number(tad_var x) { return tad_tape_of(x) && is_float(tad_dtype_of(x)); }
static bool is_told(tad_var x) { return tad_node_needs_gradient(x) && is_float(tad_dtype_of(x)); }

/* Of all nodes from the first on. */
static double of_nodes(tad__workspace *workspace, size_t first, size_t end, double epsilon) {
    size_t largest = 0;
    double total = 0, same = 0;
    for (size_t i = first; i < end; i++)
        largest = tad__max(largest, (size_t)tad_size_of(tad_node_at(workspace->tape, i)));
    double *value = tad__take(workspace, largest, sizeof *value);
    for (size_t i = first; i < end && value; i++) {
        tad_var x = tad_node_at(workspace->tape, i);
        if (is_told(x)) add_node(x, epsilon, 0, value, &total, &same);
    }
    return total;
}

/* ---- what ops add of their own: a product, a sum or a solution is, to rounding, the right one of
 * operands that are off by a rounding each, which may be far more than one of the result. ---- */

/* A node with a copy of its adjoint. */
typedef struct computed {
    tad_var y;
    void *adjoint;
} computed;

/* Not of elementwise ops and views, whose result's own rounding says the same. */
static bool has_roundings(tad_var x) {
    const tad_op *op = tad_node_op(x);
    return op && !op->view && !(op->flags & TAD_OP_ELEMENTWISE) && is_told(x);
}

/* Those that the sweep has reached, from the first node on; returns how many. */
static size_t find_computed(tad__workspace *workspace, size_t first, size_t end, computed *list) {
    size_t n = 0;
    for (size_t i = first; i < end; i++) {
        const tad_var x = tad_node_at(workspace->tape, i);
        const void *adjoint = has_roundings(x) ? tad_gradient_data(x) : NULL;
        if (!adjoint) continue;
        const size_t bytes = (size_t)tad_size_of(x) * tad_dtype_size(tad_dtype_of(x));
        void *copy = tad__take(workspace, bytes, 1);
        if (!copy) return n;
        memcpy(copy, adjoint, bytes);
        list[n++] = (computed){x, copy};
    }
    return n;
}

/* Applies the op of c->y once more, to inputs with its operands' values, and sweeps that. */
static tad_status vary(tad_tape *t, const computed *c, tad_var *in, size_t n) {
    const size_t at = tad_node_output(c->y);
    tad_var out[TAD_MAX_OUTPUTS], seed;
    for (size_t k = 0; k < n; k++) {
        const tad_var x = in[k] = tad_node_parent(c->y, k);
        if (is_number(x)) in[k] = tad_input(t, tad_dtype_of(x), tad_shape_of(x), tad_data(x));
    }
    tad_apply(tad_node_op(c->y), in, n, tad_node_options(c->y), out, at + 1);
    seed = tad_constant(t, tad_dtype_of(c->y), tad_shape_of(c->y), c->adjoint);
    return tad_reverse_from(&out[at], &seed, 1);
}

static void add_operands(tad__workspace *workspace, const computed *c, double epsilon,
                         double *total) {
    const size_t n = tad_node_parent_count(c->y);
    const tad__moment before = tad__workspace_now(workspace);
    tad_var *in = tad__take(workspace, n, sizeof *in);
    double same = 0;
    if (in && vary(workspace->tape, c, in, n) == TAD_OK)
        for (size_t k = 0; k < n; k++) {
            const size_t size = is_number(in[k]) ? (size_t)tad_size_of(in[k]) : 0;
            double *value = size ? tad__take(workspace, size, sizeof *value) : NULL;
            if (value) add_node(in[k], epsilon, 0, value, total, &same);
        }
    if (tad_tape_status(workspace->tape) != TAD_NO_MEMORY) tad_tape_clear(workspace->tape);
    tad__workspace_return(workspace, before);
}

static double of_ops(tad__workspace *workspace, size_t first, size_t end, double epsilon) {
    computed *list = tad__take(workspace, end - first, sizeof *list);
    const size_t n = list ? find_computed(workspace, first, end, list) : 0;
    double total = 0;
    for (size_t k = 0; k < n; k++) add_operands(workspace, &list[k], epsilon, &total);
    return total;
}

/* ---- all of it ---- */

/* Adjoints of what ops gave are wanted after the sweep. */
static void retain_ops(tad_tape *t, size_t first) {
    size_t last = tad_node_count(t);
    for (size_t i = first; i < last; i++)
        if (tad_node_kind_of(tad_node_at(t, i)) == TAD_NODE_OP) (void)tad_retain(tad_node_at(t, i));
}

static tad_status estimate(tad__problem *p, const tad__noise_at *at, double epsilon,
                           double *total) {
    tad_tape *t = p->workspace->tape;
    size_t first = tad_node_count(t), roots = p->n_in + p->n_out;
    sum s = {tad__take(p->workspace, roots, sizeof *s.y),
             tad__take(p->workspace, roots, sizeof *s.weight), 0};
    if (!s.y || !s.weight) return tad_tape_status(t);
    tad_status status = record(p, at);
    if (status == TAD_OK) status = find_roots(p, at, &s);
    if (status != TAD_OK || s.n == 0) return status;
    retain_ops(t, first);
    status = tad_reverse_from(s.y, s.weight, s.n);
    const size_t end = swept(s.y, s.n);
    if (status != TAD_OK) return status;
    *total = of_nodes(p->workspace, first, end, epsilon);
    *total += of_ops(p->workspace, first, end, epsilon);
    return tad_tape_status(t);
}

/* Signs, where no weights are given: what is added up should not cancel. */
static const double *weights(tad__workspace *workspace, const double *given, size_t n) {
    tad_random r = {1, 0};
    double *w = given ? NULL : tad__take(workspace, n, sizeof *w);
    if (w) tad__signs(&r, w, n);
    return given ? given : w;
}

double tad__noise(tad__problem *p, tad__noise_at at, bool underflow_only) {
    aside a;
    double total = 0;
    tad_status status = put_aside(p, &a) ? TAD_OK : TAD_NO_MEMORY;
    at.v = weights(p->workspace, at.v, tad__outputs(p));
    at.w = weights(p->workspace, at.w, tad__inputs(p));
    if (status == TAD_OK && at.v && at.w)
        status = estimate(p, &at, underflow_only ? 0 : DBL_EPSILON, &total);
    if (status != TAD_OK && status != TAD_NO_MEMORY) tad_tape_clear(p->workspace->tape);
    take_up(p, &a);
    return status == TAD_OK && isfinite(total) ? total : 0;
}

/* ---- of values, row by row ---- */

/* A recording, and for each of its nodes the largest operand, if it may be computed through it. */
typedef struct recording {
    tad__problem *p;
    size_t first, end;
    double *operand, *value; /* value: workspace for any of its variables */
} recording;

/* The largest number of an operand; 0 of what is absent or no number. */
static double size_of(tad__workspace *workspace, tad_var x) {
    double item = tad_tape_of(x) ? 0 : tad_item(x), size = isfinite(item) ? fabs(item) : 0;
    if (!is_number(x)) return size;
    tad__moment before = tad__workspace_now(workspace);
    size_t n = (size_t)tad_size_of(x);
    double *value = tad__take(workspace, n, sizeof *value);
    if (value && tad_read(x, value, n) == TAD_OK) size = tad__largest(value, n);
    tad__workspace_return(workspace, before);
    return size;
}

/* How large operands may be that the parts of an op cancel with: any for most; numbers like 1 for
 * an elementwise op of one operand, as x - tanh x is; none for products and the like, which are as
 * exact as numbers go, and for a view, which computes nothing. */
static double cancels_up_to(tad_var x) {
    const tad_op *op = tad_node_op(x);
    if (!op || op->view) return 0;
    if (!(op->flags & TAD_OP_ELEMENTWISE)) return INFINITY;
    return tad_node_parent_count(x) == 1 ? 1 : 0;
}

static tad_status look_at_operands(recording *r) {
    tad__workspace *workspace = r->p->workspace;
    size_t most = 0;
    r->operand = tad__take(workspace, r->end - r->first, sizeof *r->operand);
    for (size_t i = r->first; i < r->end && r->operand; i++) {
        tad_var x = tad_node_at(workspace->tape, i);
        most = tad__max(most, (size_t)tad_size_of(x));
        double limit = is_told(x) ? cancels_up_to(x) : 0;
        for (size_t k = 0; limit > 0 && k < tad_node_parent_count(x); k++) {
            double size = fmin(size_of(workspace, tad_node_parent(x, k)), limit);
            r->operand[i - r->first] = fmax(r->operand[i - r->first], size);
        }
    }
    r->value = tad__take(workspace, most, sizeof *r->value);
    return tad_tape_status(workspace->tape);
}

/* After the sweep of a row. */
static void of_row(const recording *r, double *least, double *most) {
    for (size_t i = r->first; i < r->end; i++) {
        tad_var x = tad_node_at(r->p->workspace->tape, i);
        if (is_told(x))
            add_node(x, DBL_EPSILON / 2, r->operand[i - r->first], r->value, least, most);
    }
    if (!isfinite(*least) || !isfinite(*most)) *least = *most = 0;
}

static tad_status of_rows(recording *r, const tad__pick *row, size_t n, double *v, double *g,
                          double *least, double *most) {
    tad_status status = look_at_operands(r);
    for (size_t i = 0; i < n && status == TAD_OK; i++) {
        tad__pick_unit(&row[i], tad__outputs(r->p), v);
        status = tad__problem_vjp(r->p, v, NULL, g);
        if (status == TAD_OK) of_row(r, &least[i], &most[i]);
    }
    return status;
}

tad_status tad__noise_of_rows(tad__problem *p, const tad__pick *row, size_t n, double *v, double *g,
                              double *least, double *most) {
    recording r = {p, tad_node_count(p->workspace->tape), 0, NULL, NULL};
    tad_status status = tad__problem_open(p, p->x);
    if (status == TAD_OK) retain_ops(p->workspace->tape, r.first);
    r.end = tad__max(swept(p->out, p->n_out), r.first);
    if (status == TAD_OK) status = of_rows(&r, row, n, v, g, least, most);
    tad__problem_close(p);
    return status;
}
