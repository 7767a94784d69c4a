/* Law of the gradient check: an op in float32 against float64, up to float32's rounding. Rests on
 * law.h and op_problem.h. */
#include "float32.h"

#include <float.h>
#include <math.h>

#include <tad/diff.h>

#include "vector.h"

/* The op computed in one type. The float64 inputs of the problem are rounded to float32 first, so
 * that both compute at the same point; constants of the op are of the type, too. */
typedef struct computed {
    tad_dtype dtype;
    tad_var *in, *leaf; /* of the op; the differentiated ones */
    tad_var out[TAD_MAX_OUTPUTS];
    double *y, *g; /* values and gradients as vectors of the problem */
} computed;

/* ---- computing in one type ---- */

/* A leaf of the type with the numbers of x rounded to float32. */
static tad_var rounded(tad__workspace *workspace, tad_var x, tad_dtype dtype, tad__leaf_fn *leaf) {
    tad_tape *t = workspace->tape;
    size_t n = (size_t)tad_size_of(x);
    double *wide = tad__take(workspace, n, sizeof *wide);
    float *narrow = tad__take(workspace, n, sizeof *narrow);
    if (!wide || !narrow || tad_read(x, wide, n) != TAD_OK) return tad_node_at(t, SIZE_MAX);
    for (size_t i = 0; i < n; i++) {
        narrow[i] = (float)wide[i];
        wide[i] = (double)narrow[i];
    }
    const void *data = dtype == TAD_F32 ? (const void *)narrow : (const void *)wide;
    return leaf(t, dtype, tad_shape_of(x), data);
}

static tad_status apply(const tad__problem *p, const tad__op_problem *o, computed *k) {
    tad_tape *t = p->workspace->tape;
    for (size_t i = 0; i < o->n; i++) {
        k->in[i] = o->in[i];
        if (!tad_is_none(k->in[i]) && tad_dtype_of(k->in[i]) == TAD_F64)
            k->in[i] = rounded(p->workspace, k->in[i], k->dtype, tad_constant);
    }
    for (size_t i = 0; i < p->n_in; i++) {
        tad_var x = tad_constant(t, TAD_F64, p->in_shape[i], p->x + p->in_at[i]);
        k->in[o->place[i]] = k->leaf[i] = rounded(p->workspace, x, k->dtype, tad_input);
    }
    tad_tape_set_random(t, p->random);
    (void)tad_apply(o->op, k->in, o->n, o->options, k->out, o->n_all);
    return tad_tape_status(t);
}

static bool is_of_type(const tad__op_problem *o, const computed *k) {
    for (size_t i = 0; i < o->n_all; i++)
        if (o->counts[i] && tad_dtype_of(k->out[i]) != k->dtype) return false;
    return true;
}

static tad_status read_values(const tad__problem *p, const tad__op_problem *o, const computed *k) {
    tad_status status = TAD_OK;
    for (size_t i = 0, m = 0; i < o->n_all && status == TAD_OK; i++) {
        if (!o->counts[i]) continue;
        status = tad_read(k->out[i], k->y + p->out_at[m], tad__output_size(p, m));
        m++;
    }
    return status;
}

/* The outputs that have a gradient, and their cotangents from v; returns how many. */
static size_t find_roots(const tad__problem *p, const tad__op_problem *o, const computed *k,
                         const double *v, tad_var *root, tad_var *seed) {
    size_t roots = 0;
    for (size_t i = 0, m = 0; i < o->n_all; i++) {
        if (!o->counts[i]) continue;
        tad_var w = tad_constant(p->workspace->tape, TAD_F64, p->out_shape[m], v + p->out_at[m]);
        m++;
        if (!tad_node_needs_gradient(k->out[i])) continue;
        root[roots] = k->out[i];
        seed[roots++] = rounded(p->workspace, w, k->dtype, tad_constant);
    }
    return roots;
}

static tad_status sweep(const tad__problem *p, const tad__op_problem *o, const computed *k,
                        const double *v) {
    tad_var root[TAD_MAX_OUTPUTS], seed[TAD_MAX_OUTPUTS];
    tad_status status = read_values(p, o, k);
    if (status != TAD_OK) return status;
    size_t roots = find_roots(p, o, k, v, root, seed);
    status = roots > 0 ? tad_reverse_from(root, seed, roots) : TAD_OK;
    for (size_t i = 0; i < p->n_in && status == TAD_OK && roots > 0; i++)
        status = tad_read(tad_gradient(k->leaf[i]), k->g + p->in_at[i], tad__input_size(p, i));
    return status;
}

/* ---- the comparison ---- */

static tad_status take_computed(const tad__problem *p, const tad__op_problem *o, tad_dtype dtype,
                                computed *k) {
    *k = (computed){.dtype = dtype};
    k->in = tad__take(p->workspace, o->n, sizeof *k->in);
    k->leaf = tad__take(p->workspace, p->n_in, sizeof *k->leaf);
    k->y = tad__take(p->workspace, tad__outputs(p), sizeof *k->y);
    k->g = tad__take(p->workspace, tad__inputs(p), sizeof *k->g);
    return k->in && k->leaf && k->y && k->g ? TAD_OK : tad_tape_status(p->workspace->tape);
}

static void hold(tad__check *c, const double *a, const double *b, size_t n, double size,
                 const char *what) {
    double error = tad__relative(tad__distance(a, b, n), fmax(size, tad__largest(a, n)));
    tad__note(&c->notes, TAD_LAW_FLOAT32, error, 64 * (double)FLT_EPSILON, "%s", what);
}

static void compare(tad__check *c, const computed *wide, const computed *narrow) {
    size_t n = tad__inputs(c->p), m = tad__outputs(c->p);
    double x = tad__largest(c->p->x, n), slope = 0;
    for (size_t i = 0; i < c->p->n_in; i++) slope = fmax(slope, c->largest[i]);
    hold(c, wide->y, narrow->y, m, x * slope, "value");
    hold(c, wide->g, narrow->g, n, slope, "gradient");
}

static tad_status compute_both(tad__check *c, const tad__op_problem *o) {
    tad__problem *p = c->p;
    computed wide, narrow;
    double *v = tad__take(p->workspace, tad__outputs(p), sizeof *v);
    tad_status status =
        v ? take_computed(p, o, TAD_F64, &wide) : tad_tape_status(p->workspace->tape);
    if (status == TAD_OK) status = take_computed(p, o, TAD_F32, &narrow);
    if (status != TAD_OK) return status;
    tad__normals(&c->random, v, tad__outputs(p));
    status = apply(p, o, &wide);
    if (status == TAD_OK) status = sweep(p, o, &wide, v);
    if (status == TAD_OK) status = apply(p, o, &narrow);
    if (status != TAD_OK || !is_of_type(o, &narrow)) return status;
    status = sweep(p, o, &narrow, v);
    if (status == TAD_OK) compare(c, &wide, &narrow);
    return status;
}

tad_status tad__check_float32(tad__check *c, const tad__op_problem *o) {
    tad__moment before = tad__workspace_now(c->p->workspace);
    tad_status status = compute_both(c, o);
    tad__workspace_return(c->p->workspace, before);
    if (status == TAD_OK || status == TAD_NO_MEMORY) return status;
    /* An op for float64 only, or a point that rounding moves out of its domain. */
    tad_tape_clear(c->p->workspace->tape);
    return TAD_OK;
}
