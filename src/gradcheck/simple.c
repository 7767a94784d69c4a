/* The textbooks' gradient check: one central difference of fixed step for each element. */
#include <math.h>
#include <stdio.h>

#include "check.h"

#include "tape/error.h"
#include "tape/handle.h"

typedef struct simple {
    tad_fn *fn;
    void *user;
    tad_var *in; /* what f is called with */
    size_t n;
    tad_random random;
    bool independent; /* nothing recorded leads from an input to the result */
} simple;

/* Sum of f at inputs; NaN (and the tape's error) on failure. */
static tad_status value(simple *s, tad_tape *t, double *sum) {
    tad_tape_set_random(t, s->random);
    tad_var y = s->fn(t, s->in, s->n, s->user);
    int64_t n = tad_size_of(y);
    *sum = 0;
    if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
    double *all = tad__check_take(t, (size_t)(n > 0 ? n : 0), sizeof *all);
    if (!all) return tad_tape_status(t);
    tad_status status = tad_read(y, all, (size_t)n);
    for (int64_t i = 0; i < n; i++) *sum += all[i];
    return status;
}

static tad_status value_at(simple *s, tad_tape *t, size_t i, const tad_shape *shape, double *x,
                           int64_t e, double h, double *sum) {
    tad_mark mark = tad_tape_mark(t);
    tad_var before = s->in[i];
    double old = x[e];
    x[e] = old + h;
    s->in[i] = tad_input_borrow(t, TAD_F64, *shape, x);
    tad_status status = value(s, t, sum);
    x[e] = old;
    s->in[i] = before;
    (void)tad_tape_rewind(t, mark);
    return status;
}

static tad_status gradients(simple *s, tad_tape *t, const tad_var *x, double **g) {
    tad_mark mark = tad_tape_mark(t);
    tad_var *out = tad__check_take(t, s->n, sizeof *out);
    tad_var *leaf = tad__check_take(t, s->n, sizeof *leaf);
    if (!out || !leaf) return tad_tape_status(t);
    tad_tape_set_random(t, s->random);
    size_t m = 0;
    for (size_t i = 0; i < s->n; i++)
        if (g[i]) leaf[m++] = s->in[i] = tad_input(t, TAD_F64, tad_shape_of(x[i]), tad_data(x[i]));
    tad_var y = s->fn(t, s->in, s->n, s->user);
    if (tad_shape_of(y).rank > 0) y = tad_sum(y, tad_all());
    s->independent = tad_tape_status(t) == TAD_OK && m > 0 && !tad__is_reached(t, leaf, m, y);
    tad_status status = tad_grad(&y, NULL, 1, leaf, m, out);
    for (size_t i = 0, k = 0; i < s->n && status == TAD_OK; i++)
        if (g[i]) {
            status = tad_read(out[k], g[i], (size_t)tad_size_of(x[i]));
            k++;
        }
    for (size_t i = 0; i < s->n; i++) s->in[i] = x[i];
    (void)tad_tape_rewind(t, mark);
    return status;
}

typedef struct norms {
    double difference, analytic, numeric;
} norms;

static void compare(tad_simple_row *row, int64_t e, double a, double n, norms *sum) {
    double r = fabs(a - n) / (fabs(a) + fabs(n) + 1e-7);
    row->checked++;
    row->nonzero += a != 0 || n != 0;
    sum->difference += (a - n) * (a - n);
    sum->analytic += a * a;
    sum->numeric += n * n;
    if (row->worst_element >= 0 && r <= row->worst) return;
    row->worst = r;
    row->worst_element = e;
    row->analytic = a;
    row->numeric = n;
}

static tad_status check_row(simple *s, tad_tape *t, size_t i, const tad_simple_options *o,
                            const double *g, tad_simple_row *row) {
    double h = o->step > 0 ? o->step : 1e-5;
    int64_t n = tad_size_of(s->in[i]);
    size_t most = o->max_elements ? tad__min(o->max_elements, (size_t)n) : (size_t)n;
    double *x = tad__check_take(t, (size_t)n, sizeof *x);
    norms sum = {0, 0, 0};
    if (!x) return tad_tape_status(t);
    tad_status status = tad_read(s->in[i], x, (size_t)n);
    for (size_t k = 0; k < most && status == TAD_OK; k++) {
        int64_t e = (int64_t)((double)k * (double)n / (double)most);
        double plus, minus;
        status = value_at(s, t, i, &row->shape, x, e, h, &plus);
        if (status == TAD_OK) status = value_at(s, t, i, &row->shape, x, e, -h, &minus);
        if (status == TAD_OK) compare(row, e, g[e], (plus - minus) / (2 * h), &sum);
    }
    double size = sqrt(sum.analytic) + sqrt(sum.numeric);
    row->norm_wise = sum.difference == 0 ? 0 : sqrt(sum.difference) / size;
    row->worst_grade = row->checked ? tad_grade_of(row->worst) : TAD_GRADE_NONE;
    row->norm_grade = row->checked ? tad_grade_of(row->norm_wise) : TAD_GRADE_NONE;
    return status;
}

static tad_status start_rows(tad_tape *t, const tad_var *x, size_t n, double **g,
                             tad_simple_row *rows) {
    for (size_t i = 0; i < n; i++) {
        const char *name = tad_node_name(x[i]);
        rows[i] = (tad_simple_row){.shape = tad_shape_of(x[i]), .worst_element = -1};
        snprintf(rows[i].name, sizeof rows[i].name, "%s", name);
        if (!name[0]) snprintf(rows[i].name, sizeof rows[i].name, "x[%zu]", i);
        if (tad_dtype_of(x[i]) == TAD_F32)
            return tad__fail(t, TAD_BAD_DTYPE, "gradcheck: input %zu is float32; check in float64",
                             i);
        if (tad_dtype_of(x[i]) != TAD_F64) continue;
        g[i] = tad__check_take(t, (size_t)tad_size_of(x[i]), sizeof **g);
        if (!g[i]) return tad_tape_status(t);
    }
    return tad_tape_status(t);
}

/* All zeros are what a wrong gradient of such a function looks like, too. */
static tad_status refuse_independent(const simple *s, tad_tape *t, const tad_simple_row *rows) {
    for (size_t i = 0; i < s->n; i++)
        if (rows[i].nonzero > 0) return TAD_OK;
    return tad__fail(t, TAD_BAD_ARGUMENT, "gradcheck_simple: " TAD__INDEPENDENT);
}

tad_status tad_gradcheck_simple(tad_fn *f, void *user, const tad_var *x, size_t n,
                                const tad_simple_options *options, tad_simple_row *rows) {
    static const tad_simple_options defaults;
    const tad_simple_options *o = options ? options : &defaults;
    if (!x || n == 0 || !tad__has_tape(x[0])) return TAD_BAD_ARGUMENT;
    tad_tape *t = x[0].tape;
    if (!f || !rows) tad__fail(t, TAD_BAD_ARGUMENT, "gradcheck_simple: NULL");
    if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
    tad_mark mark = tad_tape_mark(t);
    /* So that later ones succeed. */
    if (tad_tape_rewind(t, mark) != TAD_OK) return tad_tape_status(t);
    simple s = {f, user, tad__check_take(t, n, sizeof *s.in), n, tad_tape_random(t), false};
    double **g = tad__check_take(t, n, sizeof *g);
    tad_status status = s.in && g ? start_rows(t, x, n, g, rows) : tad_tape_status(t);
    for (size_t i = 0; i < n && status == TAD_OK; i++) s.in[i] = x[i];
    if (status == TAD_OK) status = gradients(&s, t, x, g);
    for (size_t i = 0; i < n && status == TAD_OK; i++)
        if (g[i]) status = check_row(&s, t, i, o, g[i], &rows[i]);
    if (status == TAD_OK && s.independent) status = refuse_independent(&s, t, rows);
    tad_tape_set_random(t, s.random);
    (void)tad_tape_rewind(t, mark);
    return status;
}
