/* Laws of the gradient check: the same bits every time, in fresh and moved memory, and operands
 * that are left unchanged. Rests on law.h. */
#include "determinism.h"

#include <string.h>

#include "vector.h"

/* Leaves NaNs in the memory that the next recording and its gradients will use: bytes that are all
 * ones are one in either float type. */
static tad_status poison(tad__problem *p) {
    size_t words = tad__min((tad__inputs(p) + tad__outputs(p) + 512) * 8, (size_t)1 << 17);
    tad_mark mark = tad_tape_mark(p->workspace->tape);
    (void)tad_full(p->workspace->tape, TAD_I64, TAD_SHAPE((int64_t)words), -1);
    (void)tad_tape_rewind(p->workspace->tape, mark);
    return tad_tape_status(p->workspace->tape);
}

/* 0-d inputs are in the recording, others where they were borrowed from. */
static bool is_unchanged(const tad__problem *p, const double *x, size_t i) {
    const double *before = p->x + p->in_at[i];
    if (p->in_shape[i].rank > 0)
        return tad__same_bits(x + p->in_at[i], before, tad__input_size(p, i));
    double item = tad_item(p->in[i]);
    return tad__same_bits(&item, before, 1);
}

static void check_unchanged(tad__check *c, const double *x, const double *v) {
    for (size_t i = 0; i < c->p->n_in; i++)
        tad__note(&c->notes, TAD_LAW_UNCHANGED, !is_unchanged(c->p, x, i), 0, "input %zu", i);
    bool same = tad__same_bits(v, c->v, tad__outputs(c->p));
    tad__note(&c->notes, TAD_LAW_UNCHANGED, !same, 0, "cotangent");
}

static void check_bits(tad__check *c, const double *now, const double *before, size_t n,
                       const char *what) {
    tad__note(&c->notes, TAD_LAW_DETERMINISM, !tad__same_bits(now, before, n), 0, "%s", what);
}

/* Records the function at another point, and forgets that, while a recording is open: what a rule
 * reads beside its operands and what was saved (a buffer of the program's that forward wrote) is of
 * that point then. */
static tad_status record_elsewhere(tad__check *c) {
    tad__problem other = *c->p;
    double *x = tad__take(other.workspace, tad__inputs(&other), sizeof *x);
    other.in = tad__take(other.workspace, other.n_in, sizeof *other.in);
    other.out = tad__take(other.workspace, other.n_out, sizeof *other.out);
    if (!x || !other.in || !other.out) return tad_tape_status(other.workspace->tape);
    tad__scale(other.x, 0.5, tad__inputs(&other), x);
    return tad__problem_value(&other, x, c->t2);
}

/* Once more at another place in memory, with another recording before the sweeps if alone is false;
 * compares with the values, c->g and c->t. */
static tad_status once_more(tad__check *c, size_t shift, bool alone, double *workspace) {
    tad__problem *p = c->p;
    size_t n = tad__inputs(p), m = tad__outputs(p);
    double *x = workspace + shift, *v = x + n, *w = v + m, *y = w + n;
    tad_status status = poison(p);
    if (status != TAD_OK) return status;
    memcpy(x, p->x, n * sizeof *x);
    memcpy(v, c->v, m * sizeof *v);
    memcpy(w, c->w, n * sizeof *w);
    status = tad__problem_open(p, x);
    if (status == TAD_OK) status = tad__problem_read(p, y);
    if (status == TAD_OK && !alone) status = record_elsewhere(c);
    if (status == TAD_OK) status = tad__problem_vjp(p, v, NULL, c->g2);
    if (status == TAD_OK) status = tad__problem_jvp(p, w, c->t2);
    if (status == TAD_OK) {
        check_unchanged(c, x, v);
        check_bits(c, y, p->y, m, "value");
        check_bits(c, c->g2, c->g, n, "VJP");
        check_bits(c, c->t2, c->t, m, "JVP");
    }
    tad__problem_close(p);
    return status;
}

tad_status tad__check_determinism(tad__check *c) {
    size_t n = tad__inputs(c->p), m = tad__outputs(c->p);
    double *workspace = tad__take(c->p->workspace, 2 * (n + m) + 8, sizeof *workspace);
    if (!workspace) return tad_tape_status(c->p->workspace->tape);
    tad_status status = TAD_OK;
    for (size_t k = 1; k <= 7 && status == TAD_OK; k += k > 1 ? 2 : 1)
        status = once_more(c, k, k < 6, workspace);
    return status;
}
