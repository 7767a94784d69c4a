/* The gradient check of ops, part A2: the same op computed otherwise. Other numbers of threads must
 * give the same bits; other instruction sets and float32 the same numbers up to their rounding. */
#include "check.h"

#include "tape/error.h"
#include "tape/handle.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "vector.h"

/* What a sample gives on one tape: values, and gradients for a cotangent drawn from the seed. */
typedef struct outcome {
    double *y, *g;
    size_t m, n;
} outcome;

/* ---- on a tape with other settings ---- */

static tad_status run(tad_tape *t, const tad_op *op, const tad_sample *s, uint64_t seed,
                      outcome *out) {
    tad_var in[sizeof s->in / sizeof *s->in];
    bool constant[sizeof s->in / sizeof *s->in];
    tad__problem p;
    tad__op_problem o;
    for (size_t i = 0; i < s->n; i++) {
        in[i] = tad_sample_fill(t, &s->in[i], seed + i);
        constant[i] = s->in[i].constant;
    }
    tad_status status = tad_tape_status(t);
    if (status == TAD_OK)
        status = tad__problem_from_op(&p, &o, t, op, in, s->n, s->options, constant, false);
    if (status != TAD_OK || p.n_in == 0 || p.n_out == 0) return status;
    tad_random random = {seed, 0};
    double *v = tad__check_take(t, tad__outputs(&p), sizeof *v);
    *out = (outcome){p.y, tad__check_take(t, tad__inputs(&p), sizeof *out->g), tad__outputs(&p),
                     tad__inputs(&p)};
    if (!v || !out->g) return tad_tape_status(t);
    tad__normals(&random, v, out->m);
    status = tad__point_open(&p, p.x);
    if (status == TAD_OK) status = tad__point_sweep(&p, v, NULL, out->g);
    tad__point_close(&p);
    return status;
}

typedef struct otherwise {
    const char *name;
    tad_level level;
    int threads;
    double limit; /* in rounding errors of the largest number; 0: the same bits */
} otherwise;

static const otherwise ways[] = {{"2 threads", TAD_LEVEL_BEST, 2, 0},
                                 {"4 threads", TAD_LEVEL_BEST, 4, 0},
                                 {"baseline", TAD_LEVEL_BASE, 1, 64},
                                 {"AVX2", TAD_LEVEL_AVX2, 1, 64}};

static void compare(tad__check *c, const otherwise *way, const outcome *a, const outcome *b) {
    double slack = way->limit * DBL_EPSILON * (1 + sqrt((double)(a->n + a->m)));
    double y = tad__relative(tad__distance(a->y, b->y, a->m), tad__largest(a->y, a->m));
    double g = tad__relative(tad__distance(a->g, b->g, a->n), tad__largest(a->g, a->n));
    tad__law_note(c, TAD_LAW_SETTINGS, y, slack, "value, %s", way->name);
    tad__law_note(c, TAD_LAW_SETTINGS, g, slack, "gradient, %s", way->name);
}

/* One way, on a tape of its own, for every sample. */
static tad_status run_way(tad__check *c, tad_tape *t, const tad_op *op, uint64_t seed,
                          const otherwise *way, const tad_settings *settings) {
    tad_settings other = settings ? *settings : (tad_settings){0};
    other.level = way->level;
    other.threads = way->threads;
    tad_tape *u = tad_tape_new(&other);
    if (!u) return tad__no_memory(t, "gradcheck");
    tad_status status = TAD_OK;
    bool lacking = tad_tape_status(u) == TAD_UNSUPPORTED; /* a level that this CPU has not */
    for (size_t i = 0; i < tad_sample_count(op) && status == TAD_OK && !lacking; i++) {
        tad_sample_room room;
        if (!tad_sample_at(op, i, &room)) continue;
        outcome a = {NULL, NULL, 0, 0}, b = a;
        tad_mark mark = tad_tape_mark(t);
        status = run(t, op, &room.sample, seed + 1000 * i, &a);
        if (status == TAD_OK) status = run(u, op, &room.sample, seed + 1000 * i, &b);
        if (status == TAD_OK && a.m == b.m && a.n == b.n && a.g) compare(c, way, &a, &b);
        (void)tad_tape_rewind(t, mark);
        tad_tape_reset(u);
    }
    tad_tape_free(u);
    return status;
}

tad_status tad__check_settings(tad__check *c, tad_tape *t, const tad_op *op, uint64_t seed,
                               const tad_settings *settings) {
    tad_status status = TAD_OK;
    for (size_t i = 0; i < sizeof ways / sizeof *ways && status == TAD_OK; i++)
        status = run_way(c, t, op, seed, &ways[i], settings);
    return status;
}

/* ---- float32 ---- */

/* The float64 inputs of the problem are rounded to float32 first, so that both compute at the same
 * point; constants of the op are float32 too. */
typedef struct single {
    tad_var *in, *wide, *narrow; /* of the op; the differentiated ones of both */
    tad_var y64[TAD_MAX_OUTPUTS], y32[TAD_MAX_OUTPUTS];
} single;

static tad_var rounded(tad_tape *t, tad_var x, tad_dtype dtype, bool leaf) {
    size_t n = (size_t)tad_size_of(x);
    double *wide = tad__check_take(t, n, sizeof *wide);
    float *narrow = tad__check_take(t, n, sizeof *narrow);
    if (!wide || !narrow || tad_read(x, wide, n) != TAD_OK) return tad__nil(t);
    for (size_t i = 0; i < n; i++) {
        narrow[i] = (float)wide[i];
        wide[i] = (double)narrow[i];
    }
    const void *data = dtype == TAD_F32 ? (const void *)narrow : (const void *)wide;
    return (leaf ? tad_input : tad_constant)(t, dtype, tad_shape_of(x), data);
}

static tad_status apply_rounded(const tad__op_problem *o, const tad__problem *p, tad_dtype dtype,
                                tad_var *in, tad_var *leaf, tad_var *y) {
    tad_tape *t = p->tape;
    for (size_t i = 0; i < o->n; i++) {
        in[i] = o->in[i];
        if (!tad_is_none(in[i]) && tad_dtype_of(in[i]) == TAD_F64)
            in[i] = rounded(t, in[i], dtype, false);
    }
    for (size_t i = 0; i < p->n_in; i++) {
        tad_var x = tad_constant(t, TAD_F64, p->in_shape[i], p->x + p->in_at[i]);
        in[o->place[i]] = leaf[i] = rounded(t, x, dtype, true);
    }
    tad_tape_set_random(t, p->random);
    (void)tad_apply(o->op, in, o->n, o->options, y, o->n_all);
    return tad_tape_status(t);
}

/* Reverse sweep with the cotangent v (of all float outputs, rounded to the type); gradients to g.
 */
static tad_status sweep(const tad__problem *p, const tad__op_problem *o, const tad_var *y,
                        const tad_var *leaf, tad_dtype dtype, const double *v, double *values,
                        double *g) {
    tad_var root[TAD_MAX_OUTPUTS], seed[TAD_MAX_OUTPUTS];
    size_t roots = 0, k = 0;
    tad_status status = TAD_OK;
    for (size_t i = 0; i < o->n_all && status == TAD_OK; i++) {
        if (!o->counts[i]) continue;
        size_t at = p->out_at[k], n = p->out_at[k + 1] - at;
        status = tad_read(y[i], values + at, n);
        tad_var w = tad_constant(p->tape, TAD_F64, p->out_shape[k++], v + at);
        if (!tad_node_needs_gradient(y[i])) continue;
        root[roots] = y[i];
        seed[roots++] = rounded(p->tape, w, dtype, false);
    }
    if (status == TAD_OK && roots > 0) status = tad_reverse_from(root, seed, roots);
    for (size_t i = 0; i < p->n_in && status == TAD_OK && roots > 0; i++) {
        tad_var gradient = tad_gradient(leaf[i]);
        status = tad_read(gradient, g + p->in_at[i], p->in_at[i + 1] - p->in_at[i]);
    }
    return status;
}

static bool all_of_type(const tad__op_problem *o, const tad_var *y, tad_dtype dtype) {
    for (size_t i = 0; i < o->n_all; i++)
        if (o->counts[i] && tad_dtype_of(y[i]) != dtype) return false;
    return true;
}

static void hold(tad__check *c, const double *a, const double *b, size_t n, double size,
                 const char *what) {
    double error = tad__relative(tad__distance(a, b, n), fmax(size, tad__largest(a, n)));
    tad__law_note(c, TAD_LAW_FLOAT32, error, 64 * (double)FLT_EPSILON, "%s", what);
}

tad_status tad__check_float32(tad__check *c, tad__problem *p, const tad__op_problem *o) {
    tad_tape *t = p->tape;
    size_t n = tad__inputs(p), m = tad__outputs(p);
    tad_mark mark = tad_tape_mark(t);
    double *y64 = tad__check_take(t, 3 * m + 2 * n, sizeof *y64);
    single *s = tad__check_take(t, 1, sizeof *s);
    tad_var *room = tad__check_take(t, o->n + 2 * p->n_in, sizeof *room);
    if (!y64 || !s || !room) return tad_tape_status(t);
    double *y32 = y64 + m, *v = y32 + m, *g64 = v + m, *g32 = g64 + n;
    *s = (single){.in = room, .wide = room + o->n, .narrow = room + o->n + p->n_in};
    tad__normals(&c->random, v, m);
    tad_status status = apply_rounded(o, p, TAD_F64, s->in, s->wide, s->y64);
    if (status == TAD_OK) status = sweep(p, o, s->y64, s->wide, TAD_F64, v, y64, g64);
    if (status == TAD_OK) status = apply_rounded(o, p, TAD_F32, s->in, s->narrow, s->y32);
    if (status == TAD_OK && all_of_type(o, s->y32, TAD_F32)) {
        status = sweep(p, o, s->y32, s->narrow, TAD_F32, v, y32, g32);
        double x = tad__largest(p->x, n), slope = 0;
        for (size_t i = 0; i < p->n_in; i++) slope = fmax(slope, c->largest[i]);
        if (status == TAD_OK) hold(c, y64, y32, m, x * slope, "value");
        if (status == TAD_OK) hold(c, g64, g32, n, slope, "gradient");
    }
    (void)tad_tape_rewind(t, mark);
    if (status == TAD_OK || status == TAD_NO_MEMORY) return status;
    tad_tape_clear(
        t); /* an op for float64 only, or a point that rounding moves out of its domain */
    return TAD_OK;
}
