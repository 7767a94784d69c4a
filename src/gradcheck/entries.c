/* Every entry of the Jacobian (or random directions of large ones) against the numeric derivative,
 * counted by outcome. Rests on law.h, slope.h and judge.h. */
#include "entries.h"

#include <math.h>
#include <string.h>

#include "judge.h"
#include "slope.h"
#include "vector.h"

/* ---- the function along one pick of the inputs ---- */

typedef struct walk {
    tad__check *c;
    const tad__pick *along;
    double *x, *y;
    double *noise; /* for each row: what its values are rounded with */
} walk;

/* A row that is a direction sums up changes, not values: what does not move adds no rounding. */
static double change_along(const tad__check *c, const tad__pick *of, const double *y,
                           double *noise) {
    const double *from = c->p->y + of->at, *to = y + of->at;
    double sum = 0, moved = 0;
    for (size_t i = 0; i < of->n; i++) {
        if (to[i] == from[i]) continue;
        sum += of->sign[i] * (to[i] - from[i]);
        moved += to[i] * to[i] + from[i] * from[i];
    }
    if (sqrt(moved) > *noise) *noise = sqrt(moved);
    return sum;
}

static void project(const walk *w, const double *y, double *out) {
    for (size_t i = 0; i < w->c->of.n; i++) {
        const tad__pick *of = &w->c->of.pick[i];
        out[i] = of->sign ? change_along(w->c, of, y, &w->noise[i]) : y[of->at];
    }
}

static tad_status step(void *user, double h, double *out, double *coordinate) {
    walk *w = user;
    const tad__pick *along = w->along;
    const double *from = w->c->p->x + along->at;
    double *x = w->x + along->at;
    for (size_t i = 0; i < along->n; i++) x[i] = from[i] + (along->sign ? along->sign[i] * h : h);
    *coordinate = along->sign ? h : x[0];
    tad_status status = tad__problem_value(w->c->p, w->x, w->y);
    for (size_t i = 0; i < along->n; i++) x[i] = from[i];
    if (status == TAD_OK) project(w, w->y, out);
    return status;
}

static tad__path path_along(const tad__check *c, walk *w, const tad__pick *along) {
    const double *x = c->p->x + along->at;
    tad__path path = {.f = step, .user = w, .x = along->sign ? 0 : x[0]};
    path.size = tad__largest(x, along->n);
    path.fixed = c->inputs && c->inputs[along->array].step > 0;
    path.scale = path.fixed ? c->inputs[along->array].step : fmax(path.size, 1);
    return path;
}

/* ---- one entry ---- */

typedef struct tally { /* norms of one input's entries */
    double difference, analytic, numeric;
} tally;

static void add_to_norms(tally *sum, double a, double numeric) {
    sum->difference += (a - numeric) * (a - numeric);
    sum->analytic += a * a;
    sum->numeric += numeric * numeric;
}

static void note_worst(tad__check *c, const tad__pick *of, const tad__pick *wrt, double a,
                       const tad__slope *n, const tad__judgement *j) {
    tad_check_entry entry = {j->grade,
                             of->array,
                             wrt->array,
                             of->element,
                             wrt->element,
                             c->p->out_shape[of->array],
                             c->p->in_shape[wrt->array],
                             a,
                             n->value,
                             n->error,
                             n->step,
                             j->r};
    if (n->kind != TAD__SLOPE_SMOOTH) {
        entry.numeric = (n->left + n->right) / 2;
        entry.error = fabs(n->left - n->right) / 2 + n->side_error;
    }
    tad__note_worst(&c->notes, &entry);
}

/* Whether an analytic value is no further off than its own rounding may have taken it, or that of
 * the values over the step. */
static bool is_rounding(tad__check *c, const tad__pick *of, const tad__pick *wrt, double a,
                        const tad__slope *n) {
    tad__problem *p = c->p;
    double far = fabs(a - n->value);
    if (c->notes.failed || n->kind != TAD__SLOPE_SMOOTH || !isfinite(far)) return false;
    if (far * n->step <= 4 * n->ripple) return true;
    tad__pick_unit(of, tad__outputs(p), c->v);
    tad__pick_unit(wrt, tad__inputs(p), c->w);
    const tad__noise_at at = {TAD__NOISE_REVERSE, p->x, c->v, c->w};
    return far <= 3 * n->error + 16 * tad__noise(p, at, false);
}

static tad_grade demand_of(const tad__check *c, const tad__pick *wrt) {
    const tad_gradcheck_input *in = c->inputs ? &c->inputs[wrt->array] : NULL;
    return in && in->demand ? in->demand : c->demand;
}

static tad__judgement judge(tad__check *c, const tad__pick *of, const tad__pick *wrt, double a,
                            const tad__slope *n) {
    tad_kinks kinks = c->inputs ? c->inputs[wrt->array].kinks : TAD_KINKS_BETWEEN;
    tad_grade demand = demand_of(c, wrt);
    tad__judgement j = tad__judge(a, n, c->largest[wrt->array], kinks, demand);
    if (c->at_kink && j.outcome == TAD__OUT_INCONCLUSIVE) j.outcome = TAD__OUT_KINK; /* a jump */
    if (j.grade > demand && is_rounding(c, of, wrt, a, n))
        j = (tad__judgement){TAD__OUT_INCONCLUSIVE, TAD_GRADE_NONE, 0};
    return j;
}

static void count(tad__check *c, const tad__pick *of, const tad__pick *wrt, double a,
                  const tad__slope *n, tally *sum) {
    tad__judgement j = judge(c, of, wrt, a, n);
    bool graded = j.outcome == TAD__OUT_GRADED;
    tad__row_count(tad__note_row(&c->notes, wrt->array), &j);
    c->kinks += j.outcome == TAD__OUT_KINK;
    if ((graded || j.outcome == TAD__OUT_ZERO) && n->kind == TAD__SLOPE_SMOOTH)
        add_to_norms(sum, a, n->value);
    if (graded) note_worst(c, of, wrt, a, n, &j);
    if (graded && j.grade > demand_of(c, wrt)) c->notes.failed = true;
}

/* ---- the numeric Jacobian, column by column ---- */

typedef struct columns { /* workspace for the walk along one direction */
    walk w;
    double *f0, *slopes, *rounding, *ripple, *workspace;
    tad__slope *slope;
} columns;

static tad_status columns_begin(tad__check *c, columns *k) {
    tad__workspace *workspace = c->p->workspace;
    size_t m = c->of.n;
    k->w = (walk){c, NULL, tad__take(workspace, tad__inputs(c->p), sizeof(double)), c->t,
                  tad__take(workspace, m, sizeof(double))};
    k->f0 = tad__take(workspace, m, sizeof *k->f0);
    k->slopes = tad__take(workspace, m, sizeof *k->slopes);
    k->rounding = tad__take(workspace, m, sizeof *k->rounding);
    k->ripple = tad__take(workspace, m, sizeof *k->ripple);
    k->workspace = tad__take(workspace, tad__slopes_room(m), sizeof *k->workspace);
    k->slope = tad__take(workspace, m, sizeof *k->slope);
    if (tad_tape_status(workspace->tape) != TAD_OK) return tad_tape_status(workspace->tape);
    if (tad__inputs(c->p) > 0) memcpy(k->w.x, c->p->x, tad__inputs(c->p) * sizeof(double));
    project(&k->w, c->p->y, k->f0);
    return tad__noise_of_rows(c->p, c->of.pick, m, c->v, c->g, k->rounding, k->ripple);
}

/* Moving many elements at once rounds each of them: a noise of the size |x| |slope|, estimated from
 * the single elements, which come before the directions. */
static void begin_noise(const tad__check *c, columns *k, const tad__pick *along, size_t singles,
                        double scale) {
    double share = along->sign && singles > 0 ? scale * (double)along->n / (double)singles : 0;
    for (size_t i = 0; i < c->of.n; i++) k->w.noise[i] = share * k->slopes[i];
}

static void take_column(tad__check *c, columns *k, size_t column, tally *sum) {
    const tad__pick *along = &c->wrt.pick[column];
    for (size_t i = 0; i < c->of.n; i++) {
        count(c, &c->of.pick[i], along, c->jacobian[i * c->wrt.n + column], &k->slope[i], sum);
        if (!along->sign && isfinite(k->slope[i].value)) k->slopes[i] += fabs(k->slope[i].value);
    }
}

static tad_status check_input(tad__check *c, columns *k, size_t input, size_t *column) {
    tad_check_row *row = tad__note_row(&c->notes, input);
    tally sum = {0, 0, 0};
    size_t singles = 0;
    memset(k->slopes, 0, c->of.n * sizeof *k->slopes);
    for (; *column < c->wrt.n && c->wrt.pick[*column].array == input; ++*column) {
        const tad__pick *along = &c->wrt.pick[*column];
        tad__path path = path_along(c, &k->w, along);
        begin_noise(c, k, along, singles, path.scale);
        path.rounding = k->rounding;
        path.ripple = k->ripple;
        k->w.along = along;
        tad_status status = tad__slopes(&path, k->f0, k->w.noise, c->of.n, k->workspace, k->slope);
        if (status != TAD_OK) return status;
        take_column(c, k, *column, &sum);
        singles += !along->sign;
    }
    double size = sqrt(sum.analytic) + sqrt(sum.numeric);
    double error = size > 0 ? sqrt(sum.difference) / size : 0;
    if (!(error <= row->norm_wise)) row->norm_wise = error;
    return TAD_OK;
}

tad_status tad__check_entries(tad__check *c) {
    columns k;
    tad_status status = columns_begin(c, &k);
    size_t column = 0;
    for (size_t i = 0; i < c->p->n_in && status == TAD_OK; i++)
        status = check_input(c, &k, i, &column);
    if (status == TAD_OK && c->notes.failed)
        tad__report_first(c->notes.report, "%sa gradient differs from the numeric derivative",
                          c->notes.second ? "order 2: " : "");
    return status;
}
