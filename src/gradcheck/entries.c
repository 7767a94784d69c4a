/* Part C of the gradient check: every entry of the Jacobian (or random directions of large ones)
 * against the numeric derivative, counted by outcome. Also the choice of what is compared. */
#include "check.h"

#include <math.h>
#include <string.h>

void tad__normals(tad_random *r, double *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = tad_random_normal(r);
}

void tad__signs(tad_random *r, double *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = tad_random_below(r, 2) ? 1 : -1;
}

/* ---- what is compared ---- */

typedef struct plan { /* how large arrays are sampled */
    size_t limit, some, directions;
} plan;

static bool masked(const tad_gradcheck_input *in, int64_t element) {
    return in && (in->skip || (in->mask && !in->mask[element]));
}

static size_t count_picks(const plan *how, size_t size) {
    return size <= how->limit ? size : how->some + how->directions;
}

static tad_status add_direction(tad__check *c, tad__picks *to, size_t array, size_t at,
                                size_t size) {
    double *sign = tad__check_take(c->p->tape, size, sizeof *sign);
    if (!sign) return tad_tape_status(c->p->tape);
    tad__signs(&c->random, sign, size);
    to->pick[to->n++] = (tad__pick){array, -1, at, sign};
    return TAD_OK;
}

static tad_status pick_array(tad__check *c, tad__picks *to, const plan *how, size_t array,
                             size_t at, size_t size, const tad_gradcheck_input *in) {
    bool whole = size <= how->limit;
    size_t n = whole ? size : how->some;
    if (!whole || (in && (in->skip || in->mask))) to->complete = false;
    for (size_t k = 0; k < n; k++) {
        int64_t e = (int64_t)(whole ? k : tad_random_below(&c->random, size));
        if (!masked(in, e)) to->pick[to->n++] = (tad__pick){array, e, at + (size_t)e, NULL};
    }
    if (whole || (in && (in->skip || in->mask))) return TAD_OK;
    for (size_t k = 0; k < how->directions; k++) {
        tad_status status = add_direction(c, to, array, at, size);
        if (status != TAD_OK) return status;
    }
    return TAD_OK;
}

static tad_status pick_all(tad__check *c, tad__picks *to, const plan *how, size_t n,
                           const size_t *at, const tad_gradcheck_input *inputs) {
    size_t total = 0;
    for (size_t i = 0; i < n; i++) total += count_picks(how, at[i + 1] - at[i]);
    *to = (tad__picks){tad__check_take(c->p->tape, total, sizeof *to->pick), 0, true};
    if (!to->pick) return tad_tape_status(c->p->tape);
    for (size_t i = 0; i < n; i++) {
        tad_status status =
            pick_array(c, to, how, i, at[i], at[i + 1] - at[i], inputs ? &inputs[i] : NULL);
        if (status != TAD_OK) return status;
    }
    return TAD_OK;
}

/* The component of a long vector that a pick stands for. */
static double component(const tad__pick *p, const double *vector, const size_t *at) {
    if (!p->sign) return vector[p->at];
    double sum = 0;
    for (size_t i = 0; i < at[p->array + 1] - at[p->array]; i++)
        sum += p->sign[i] * vector[p->at + i];
    return sum;
}

/* The vector whose product with a long vector is that component. */
static void unit(const tad__pick *p, const size_t *at, size_t total, double *out) {
    for (size_t i = 0; i < total; i++) out[i] = 0;
    if (!p->sign)
        out[p->at] = 1;
    else
        memcpy(out + p->at, p->sign, (at[p->array + 1] - at[p->array]) * sizeof *out);
}

/* A Jacobian of at most 2^20 entries is kept. */
tad_status tad__check_begin(tad__check *c) {
    tad__problem *p = c->p;
    tad_tape *t = p->tape;
    size_t n = tad__inputs(p), m = tad__outputs(p);
    plan columns = {c->limit, c->some, c->directions};
    tad_status status = pick_all(c, &c->wrt, &columns, p->n_in, p->in_at, c->inputs);
    size_t rows = tad__min(c->limit, tad__max(((size_t)1 << 20) / tad__max(c->wrt.n, 1), 16));
    plan across = {tad__min(rows, 1024), tad__min(tad__min(rows, 1024), c->some), c->directions};
    if (status == TAD_OK) status = pick_all(c, &c->of, &across, p->n_out, p->out_at, NULL);
    if (status != TAD_OK) return status;
    c->a = tad__check_take(t, c->of.n, tad__max(c->wrt.n, 1) * sizeof *c->a);
    c->largest = tad__check_take(t, p->n_in, sizeof *c->largest);
    c->v = tad__check_take(t, m, sizeof *c->v);
    c->t = tad__check_take(t, m, sizeof *c->t);
    c->t2 = tad__check_take(t, m, sizeof *c->t2);
    c->w = tad__check_take(t, n, sizeof *c->w);
    c->g = tad__check_take(t, n, sizeof *c->g);
    c->g2 = tad__check_take(t, n, sizeof *c->g2);
    return tad_tape_status(t);
}

/* ---- the analytic Jacobian, by reverse sweeps ---- */

static void keep_row(tad__check *c, size_t row) {
    for (size_t j = 0; j < c->wrt.n; j++) {
        const tad__pick *p = &c->wrt.pick[j];
        double a = component(p, c->g, c->p->in_at);
        c->a[row * c->wrt.n + j] = a;
        if (fabs(a) > c->largest[p->array]) c->largest[p->array] = fabs(a);
    }
}

tad_status tad__check_jacobian(tad__check *c) {
    tad__problem *p = c->p;
    tad_status status = tad__point_open(p, p->x);
    for (size_t i = 0; i < c->of.n && status == TAD_OK; i++) {
        unit(&c->of.pick[i], p->out_at, tad__outputs(p), c->v);
        status = tad__point_sweep(p, c->v, NULL, c->g);
        if (status == TAD_OK) keep_row(c, i);
    }
    tad__point_close(p);
    return status;
}

/* ---- the numeric Jacobian, column by column ---- */

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
    for (size_t i = 0; i < c->p->out_at[of->array + 1] - c->p->out_at[of->array]; i++) {
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
    const tad__problem *p = w->c->p;
    const tad__pick *along = w->along;
    size_t n = along->sign ? p->in_at[along->array + 1] - p->in_at[along->array] : 1;
    for (size_t i = 0; i < n; i++)
        w->x[along->at + i] = p->x[along->at + i] + (along->sign ? along->sign[i] * h : h);
    *coordinate = along->sign ? h : w->x[along->at];
    tad_status status = tad__point_value(w->c->p, w->x, w->y);
    for (size_t i = 0; i < n; i++) w->x[along->at + i] = p->x[along->at + i];
    if (status == TAD_OK) project(w, w->y, out);
    return status;
}

static tad__path path_along(const tad__check *c, walk *w, const tad__pick *along) {
    const tad__problem *p = c->p;
    tad__path path = {.f = step, .user = w, .x = along->sign ? 0 : p->x[along->at]};
    size_t n = along->sign ? p->in_at[along->array + 1] - p->in_at[along->array] : 1;
    for (size_t i = 0; i < n; i++)
        if (isfinite(p->x[along->at + i])) path.size = fmax(path.size, fabs(p->x[along->at + i]));
    path.fixed = c->inputs && c->inputs[along->array].step > 0;
    path.scale = path.fixed ? c->inputs[along->array].step : fmax(path.size, 1);
    return path;
}

typedef struct tally { /* norms of one input's entries */
    double difference, analytic, numeric;
} tally;

static void keep_worst(tad__check *c, const tad__pick *of, const tad__pick *wrt, double a,
                       const tad__slope *n, const tad__judgement *j) {
    tad_check_entry *worst = c->second ? &c->report->second_worst : &c->report->worst;
    if (worst->grade != TAD_GRADE_NONE && !(j->grade > worst->grade) &&
        !(j->grade == worst->grade && j->r > worst->r))
        return;
    *worst = (tad_check_entry){j->grade,
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
        worst->numeric = (n->left + n->right) / 2;
        worst->error = fabs(n->left - n->right) / 2 + n->side_error;
    }
}

/* Whether an analytic value is no further off than its own rounding may have taken it. */
static bool is_rounding(tad__check *c, const tad__pick *of, const tad__pick *wrt, double a,
                        const tad__slope *n) {
    tad__problem *p = c->p;
    double far = fabs(a - n->value);
    if (c->failed || n->kind != TAD__SLOPE_SMOOTH || !isfinite(far)) return false;
    unit(of, p->out_at, tad__outputs(p), c->v);
    unit(wrt, p->in_at, tad__inputs(p), c->w);
    const tad__noise_at at = {TAD__NOISE_REVERSE, p->x, c->v, c->w};
    return far <= 3 * n->error + 16 * tad__noise(c, at, false);
}

static void count(tad__check *c, tad_check_row *row, const tad__pick *of, const tad__pick *wrt,
                  double a, const tad__slope *n, tally *sum) {
    const tad_gradcheck_input *in = c->inputs ? &c->inputs[wrt->array] : NULL;
    tad_grade demand = in && in->demand ? in->demand : c->demand;
    tad__judgement j = tad__judge(a, n, c->largest[wrt->array],
                                  in ? in->kinks : TAD_KINKS_BETWEEN, demand);
    if (c->at_kink && j.outcome == TAD__OUT_INCONCLUSIVE) j.outcome = TAD__OUT_KINK; /* a jump */
    if (j.grade > demand && is_rounding(c, of, wrt, a, n))
        j = (tad__judgement){TAD__OUT_INCONCLUSIVE, TAD_GRADE_NONE, 0};
    c->kinks += j.outcome == TAD__OUT_KINK;
    row->checked++;
    row->zero += j.outcome == TAD__OUT_ZERO;
    row->kink += j.outcome == TAD__OUT_KINK;
    row->inconclusive += j.outcome == TAD__OUT_INCONCLUSIVE;
    row->very_good += j.grade == TAD_GRADE_VERY_GOOD;
    row->acceptable += j.grade == TAD_GRADE_ACCEPTABLE;
    row->needs_checking += j.grade == TAD_GRADE_NEEDS_CHECKING;
    row->bug += j.grade == TAD_GRADE_BUG;
    if (j.outcome != TAD__OUT_GRADED && j.outcome != TAD__OUT_ZERO) return;
    if (n->kind == TAD__SLOPE_SMOOTH) {
        sum->difference += (a - n->value) * (a - n->value);
        sum->analytic += a * a;
        sum->numeric += n->value * n->value;
    }
    if (j.outcome != TAD__OUT_GRADED) return;
    if (!(j.r <= row->worst)) row->worst = j.r;
    keep_worst(c, of, wrt, a, n, &j);
    if (j.grade > demand) c->failed = true;
}

static tad_check_row *row_of(tad__check *c, size_t input) {
    if (c->second) return &c->report->second_row;
    return &c->report->row[tad__min(input, TAD_CHECK_ROWS - 1)];
}

typedef struct columns { /* room for the walk along one direction */
    walk w;
    double *f0, *slopes, *room;
    tad__slope *slope;
} columns;

static tad_status columns_begin(tad__check *c, columns *k) {
    tad_tape *t = c->p->tape;
    size_t m = c->of.n;
    k->w = (walk){c, NULL, tad__check_take(t, tad__inputs(c->p), sizeof(double)), c->t,
                  tad__check_take(t, m, sizeof(double))};
    k->f0 = tad__check_take(t, m, sizeof *k->f0);
    k->slopes = tad__check_take(t, m, sizeof *k->slopes);
    k->room = tad__check_take(t, tad__slopes_room(m), sizeof *k->room);
    k->slope = tad__check_take(t, m, sizeof *k->slope);
    if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
    if (tad__inputs(c->p) > 0) memcpy(k->w.x, c->p->x, tad__inputs(c->p) * sizeof(double));
    project(&k->w, c->p->y, k->f0);
    return TAD_OK;
}

/* Moving many elements at once rounds each of them: a noise of the size |x| |slope|, estimated from
 * the single elements, which come before the directions. */
static void begin_noise(const tad__check *c, columns *k, const tad__pick *along, size_t singles,
                        double scale) {
    size_t n = c->p->in_at[along->array + 1] - c->p->in_at[along->array];
    double share = along->sign && singles > 0 ? scale * (double)n / (double)singles : 0;
    for (size_t i = 0; i < c->of.n; i++) k->w.noise[i] = share * k->slopes[i];
}

static void take_column(tad__check *c, columns *k, size_t column, tally *sum) {
    const tad__pick *along = &c->wrt.pick[column];
    for (size_t i = 0; i < c->of.n; i++) {
        count(c, row_of(c, along->array), &c->of.pick[i], along, c->a[i * c->wrt.n + column],
              &k->slope[i], sum);
        if (!along->sign && isfinite(k->slope[i].value)) k->slopes[i] += fabs(k->slope[i].value);
    }
}

static tad_status check_input(tad__check *c, columns *k, size_t input, size_t *column) {
    tad_check_row *row = row_of(c, input);
    tally sum = {0, 0, 0};
    size_t singles = 0;
    memset(k->slopes, 0, c->of.n * sizeof *k->slopes);
    for (; *column < c->wrt.n && c->wrt.pick[*column].array == input; ++*column) {
        const tad__pick *along = &c->wrt.pick[*column];
        tad__path path = path_along(c, &k->w, along);
        begin_noise(c, k, along, singles, path.scale);
        k->w.along = along;
        tad_status status = tad__slopes(&path, k->f0, k->w.noise, c->of.n, k->room, k->slope);
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
    if (status == TAD_OK && c->failed)
        tad__say_first(c->report, "%sa gradient differs from the numeric derivative",
                       c->second ? "order 2: " : "");
    return status;
}
