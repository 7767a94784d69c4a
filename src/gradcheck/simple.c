/* The textbooks' gradient check: one central difference of fixed step for each element. Rests on
 * workspace.h and reach.h. */
#include <math.h>
#include <stdio.h>

#include <tad/gradcheck.h>
#include <tad/ops.h>

#include "reach.h"
#include "workspace.h"

typedef struct simple {
    tad__workspace *workspace;
    tad_fn *fn;
    void *user;
    tad_var *in; /* what f is called with */
    size_t n;
    tad_random random;
    bool independent; /* nothing recorded leads from an input to the result */
} simple;

/* Sum of f at inputs; the tape's error on failure. */
static tad_status value(simple *s, double *sum) {
    tad_tape_set_random(s->workspace->tape, s->random);
    tad_var y = s->fn(s->workspace->tape, s->in, s->n, s->user);
    int64_t n = tad_size_of(y);
    *sum = 0;
    if (tad_tape_status(s->workspace->tape) != TAD_OK) return tad_tape_status(s->workspace->tape);
    double *all = tad__take(s->workspace, (size_t)(n > 0 ? n : 0), sizeof *all);
    if (!all) return tad_tape_status(s->workspace->tape);
    tad_status status = tad_read(y, all, (size_t)n);
    for (int64_t i = 0; i < n; i++) *sum += all[i];
    return status;
}

/* With element e of input i, whose elements are x, moved by h. */
static tad_status value_at(simple *s, size_t i, double *x, int64_t e, double h, double *sum) {
    tad__moment start = tad__workspace_now(s->workspace);
    tad_var before = s->in[i];
    double old = x[e];
    x[e] = old + h;
    s->in[i] = tad_input_borrow(s->workspace->tape, TAD_F64, tad_shape_of(before), x);
    tad_status status = value(s, sum);
    x[e] = old;
    s->in[i] = before;
    tad__workspace_return(s->workspace, start);
    return status;
}

/* f on inputs that can be differentiated, as one number; leaf: those with g, *m of them. */
static tad_var record(simple *s, const tad_var *x, double **g, tad_var *leaf, size_t *m) {
    tad_tape *t = s->workspace->tape;
    *m = 0;
    for (size_t i = 0; i < s->n; i++)
        if (g[i])
            leaf[(*m)++] = s->in[i] = tad_input(t, TAD_F64, tad_shape_of(x[i]), tad_data(x[i]));
    tad_tape_set_random(t, s->random);
    tad_var y = s->fn(t, s->in, s->n, s->user);
    for (size_t i = 0; i < s->n; i++) s->in[i] = x[i];
    return tad_shape_of(y).rank > 0 ? tad_sum(y, tad_all()) : y;
}

static tad_status gradients(simple *s, const tad_var *x, double **g) {
    tad__moment start = tad__workspace_now(s->workspace);
    tad_var *out = tad__take(s->workspace, s->n, sizeof *out);
    tad_var *leaf = tad__take(s->workspace, s->n, sizeof *leaf);
    size_t m;
    if (!out || !leaf) return tad_tape_status(s->workspace->tape);
    tad_var y = record(s, x, g, leaf, &m);
    s->independent = tad_tape_status(s->workspace->tape) == TAD_OK && m > 0 &&
                     !tad__leads_to(s->workspace, leaf, m, y);
    tad_status status = tad_grad(&y, NULL, 1, leaf, m, out);
    for (size_t i = 0, k = 0; i < s->n && status == TAD_OK; i++)
        if (g[i]) status = tad_read(out[k++], g[i], (size_t)tad_size_of(x[i]));
    tad__workspace_return(s->workspace, start);
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

static void grade(tad_simple_row *row, const norms *sum) {
    double size = sqrt(sum->analytic) + sqrt(sum->numeric);
    row->norm_wise = sum->difference == 0 ? 0 : sqrt(sum->difference) / size;
    row->worst_grade = row->checked ? tad_grade_of(row->worst) : TAD_GRADE_NONE;
    row->norm_grade = row->checked ? tad_grade_of(row->norm_wise) : TAD_GRADE_NONE;
}

static tad_status check_row(simple *s, size_t i, const tad_simple_options *o, const double *g,
                            tad_simple_row *row) {
    double h = o->step > 0 ? o->step : 1e-5;
    size_t n = (size_t)tad_size_of(s->in[i]);
    size_t most = o->max_elements ? tad__min(o->max_elements, n) : n;
    double *x = tad__take(s->workspace, n, sizeof *x);
    norms sum = {0, 0, 0};
    if (!x) return tad_tape_status(s->workspace->tape);
    tad_status status = tad_read(s->in[i], x, n);
    for (size_t k = 0; k < most && status == TAD_OK; k++) {
        int64_t e = (int64_t)((double)k * (double)n / (double)most);
        double plus, minus;
        status = value_at(s, i, x, e, h, &plus);
        if (status == TAD_OK) status = value_at(s, i, x, e, -h, &minus);
        if (status == TAD_OK) compare(row, e, g[e], (plus - minus) / (2 * h), &sum);
    }
    grade(row, &sum);
    return status;
}

static void begin_row(tad_simple_row *row, tad_var x, size_t i) {
    const char *name = tad_node_name(x);
    *row = (tad_simple_row){.shape = tad_shape_of(x), .worst_element = -1};
    snprintf(row->name, sizeof row->name, "%s", name);
    if (!name[0]) snprintf(row->name, sizeof row->name, "x[%zu]", i);
}

/* Takes workspace for the gradients of those that are checked. */
static tad_status begin_rows(tad__workspace *workspace, const tad_var *x, size_t n, double **g,
                             tad_simple_row *rows) {
    for (size_t i = 0; i < n; i++) {
        begin_row(&rows[i], x[i], i);
        if (tad_dtype_of(x[i]) == TAD_F32)
            return tad_tape_fail(workspace->tape, TAD_BAD_DTYPE,
                                 "gradcheck: input %zu is float32; check in float64", i);
        if (tad_dtype_of(x[i]) != TAD_F64) continue;
        g[i] = tad__take(workspace, (size_t)tad_size_of(x[i]), sizeof **g);
        if (!g[i]) return tad_tape_status(workspace->tape);
    }
    return tad_tape_status(workspace->tape);
}

/* All zeros are what a wrong gradient of such a function looks like, too. */
static tad_status refuse_independent(const simple *s, const tad_simple_row *rows) {
    for (size_t i = 0; i < s->n; i++)
        if (rows[i].nonzero > 0) return TAD_OK;
    return tad_tape_fail(s->workspace->tape, TAD_BAD_ARGUMENT,
                         "gradcheck_simple: " TAD__INDEPENDENT);
}

static tad_status check(simple *s, const tad_var *x, const tad_simple_options *o,
                        tad_simple_row *rows) {
    s->in = tad__take(s->workspace, s->n, sizeof *s->in);
    double **g = tad__take(s->workspace, s->n, sizeof *g);
    if (!s->in || !g) return tad_tape_status(s->workspace->tape);
    tad_status status = begin_rows(s->workspace, x, s->n, g, rows);
    for (size_t i = 0; i < s->n; i++) s->in[i] = x[i];
    if (status == TAD_OK) status = gradients(s, x, g);
    for (size_t i = 0; i < s->n && status == TAD_OK; i++)
        if (g[i]) status = check_row(s, i, o, g[i], &rows[i]);
    return status == TAD_OK && s->independent ? refuse_independent(s, rows) : status;
}

tad_status tad_gradcheck_simple(tad_fn *f, void *user, const tad_var *x, size_t n,
                                const tad_simple_options *options, tad_simple_row *rows) {
    static const tad_simple_options defaults;
    tad_tape *t = x && n > 0 ? tad_tape_of(x[0]) : NULL;
    if (!t) return TAD_BAD_ARGUMENT;
    if (!f || !rows) tad_tape_fail(t, TAD_BAD_ARGUMENT, "gradcheck_simple: NULL");
    if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
    tad_mark mark = tad_tape_mark(t);
    /* So that later ones succeed. */
    if (tad_tape_rewind(t, mark) != TAD_OK) return tad_tape_status(t);
    tad__workspace workspace;
    tad__workspace_begin(&workspace, t);
    simple s = {
        .workspace = &workspace, .fn = f, .user = user, .n = n, .random = tad_tape_random(t)};
    tad_status status = check(&s, x, options ? options : &defaults, rows);
    tad_tape_set_random(t, s.random);
    (void)tad_tape_rewind(t, mark);
    tad__workspace_free(&workspace);
    return status;
}
