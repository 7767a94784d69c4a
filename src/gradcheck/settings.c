/* Law of the gradient check: an op computed with other settings. Other numbers of threads must
 * give the same bits, other instruction sets the same numbers up to their rounding. Rests on
 * op_problem.h and report.h. */
#include "settings.h"

#include <float.h>
#include <math.h>

#include "vector.h"

/* What a sample gives on one tape: values, and gradients for a cotangent drawn from the seed. */
typedef struct outcome {
    double *y, *g;
    size_t m, n;
} outcome;

/* ---- one way to compute ---- */

static tad_status derive(tad__problem *p, uint64_t seed, outcome *out) {
    tad_random random = {seed, 0};
    double *v = tad__take(p->workspace, tad__outputs(p), sizeof *v);
    double *g = tad__take(p->workspace, tad__inputs(p), sizeof *g);
    if (!v || !g) return tad_tape_status(p->workspace->tape);
    *out = (outcome){p->y, g, tad__outputs(p), tad__inputs(p)};
    tad__normals(&random, v, out->m);
    tad_status status = tad__problem_open(p, p->x);
    if (status == TAD_OK) status = tad__problem_vjp(p, v, NULL, g);
    tad__problem_close(p);
    return status;
}

static tad_status run(tad__workspace *workspace, const tad_op *op, const tad_sample *s,
                      uint64_t seed, outcome *out) {
    tad__problem p;
    tad__op_problem o;
    *out = (outcome){NULL, NULL, 0, 0};
    tad_status status = tad__problem_from_sample(&p, &o, workspace, op, s, seed, false);
    if (status != TAD_OK || p.n_in == 0 || p.n_out == 0) return status;
    return derive(&p, seed, out);
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

static void compare(tad__notes *notes, const otherwise *way, const outcome *a, const outcome *b) {
    double slack = way->limit * DBL_EPSILON * (1 + sqrt((double)(a->n + a->m)));
    double y = tad__relative(tad__distance(a->y, b->y, a->m), tad__largest(a->y, a->m));
    double g = tad__relative(tad__distance(a->g, b->g, a->n), tad__largest(a->g, a->n));
    tad__note(notes, TAD_LAW_SETTINGS, y, slack, "value, %s", way->name);
    tad__note(notes, TAD_LAW_SETTINGS, g, slack, "gradient, %s", way->name);
}

/* ---- both ways ---- */

/* The op on one sample, on a tape as it is and on one with other settings. */
static tad_status try_sample(tad__notes *notes, tad__workspace *workspace, tad__workspace *other,
                             const tad_op *op, size_t i, uint64_t seed, const otherwise *way) {
    tad_sample_room s;
    outcome a, b;
    if (!tad_sample_at(op, i, &s)) return TAD_OK;
    tad__moment before = tad__workspace_now(workspace), other_before = tad__workspace_now(other);
    tad_status status = run(workspace, op, &s.sample, seed, &a);
    if (status == TAD_OK) status = run(other, op, &s.sample, seed, &b);
    if (status == TAD_OK && a.m == b.m && a.n == b.n && a.g) compare(notes, way, &a, &b);
    tad__workspace_return(workspace, before);
    tad__workspace_return(other, other_before);
    return status;
}

/* One way, on a tape of its own, for every sample. */
static tad_status run_way(tad__notes *notes, tad__workspace *workspace, const tad_op *op,
                          uint64_t seed, const otherwise *way, const tad_settings *settings) {
    tad_settings changed = settings ? *settings : (tad_settings){0};
    changed.level = way->level;
    changed.threads = way->threads;
    tad_tape *u = tad_tape_new(&changed);
    if (!u) return tad_tape_fail(workspace->tape, TAD_NO_MEMORY, "gradcheck: out of memory");
    tad__workspace other;
    tad__workspace_begin(&other, u);
    tad_status status = TAD_OK;
    bool lacking = tad_tape_status(u) == TAD_UNSUPPORTED; /* a level that this CPU has not */
    for (size_t i = 0; i < tad_sample_count(op) && status == TAD_OK && !lacking; i++)
        status = try_sample(notes, workspace, &other, op, i, seed + 1000 * i, way);
    tad__workspace_free(&other);
    tad_tape_free(u);
    return status;
}

tad_status tad__check_settings(tad__notes *notes, tad__workspace *workspace, const tad_op *op,
                               uint64_t seed, const tad_settings *settings) {
    tad_status status = TAD_OK;
    for (size_t i = 0; i < sizeof ways / sizeof *ways && status == TAD_OK; i++)
        status = run_way(notes, workspace, op, seed, &ways[i], settings);
    return status;
}
