/* Samples of ops as data. Those of the descriptor; of a row of scalar.def each once on every shape
 * and pattern of broadcasting, and once exactly at every kink. Rests on public headers and
 * shape.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <tad/gradcheck.h>
#include <tad/inspect.h>

#include "array/shape.h"

/* ---- shapes and patterns of broadcasting ---- */

/* Primes and unequal neighbours, so that no transposed result can hide; 700 is more than one block
 * of the kernels. Missing operands repeat the last one. */
typedef struct pattern {
    const char *label;
    tad_shape shape[3];
} pattern;

#define S0                                                                                         \
    {                                                                                              \
        0, { 0 }                                                                                   \
    }
#define S1(a)                                                                                      \
    {                                                                                              \
        1, { a }                                                                                   \
    }
#define S2(a, b)                                                                                   \
    {                                                                                              \
        2, { a, b }                                                                                \
    }
static const pattern unary[] = {
    {"()", {S0}}, {"(5)", {S1(5)}}, {"(0)", {S1(0)}}, {"(2,3)", {S2(2, 3)}}, {"(700)", {S1(700)}}};
static const pattern binary[] = {{"() ()", {S0, S0}},
                                 {"(5) (5)", {S1(5), S1(5)}},
                                 {"(0) (0)", {S1(0), S1(0)}},
                                 {"(2,3) (2,3)", {S2(2, 3), S2(2, 3)}},
                                 {"(2,3) ()", {S2(2, 3), S0}},
                                 {"() (2,3)", {S0, S2(2, 3)}},
                                 {"(2,3) (3)", {S2(2, 3), S1(3)}},
                                 {"(3) (2,3)", {S1(3), S2(2, 3)}},
                                 {"(5) (1)", {S1(5), S1(1)}},
                                 {"(2,1) (3)", {S2(2, 1), S1(3)}},
                                 {"(3) (2,1)", {S1(3), S2(2, 1)}},
                                 {"(1,3) (2,1)", {S2(1, 3), S2(2, 1)}},
                                 {"(2,3) (1,1)", {S2(2, 3), S2(1, 1)}},
                                 {"(5) (1,5)", {S1(5), S2(1, 5)}}, /* one size, two ranks */
                                 {"(1,5) (5)", {S2(1, 5), S1(5)}},
                                 {"(1,1) ()", {S2(1, 1), S0}},
                                 {"(0) (1)", {S1(0), S1(1)}},
                                 {"(0,3) (3)", {S2(0, 3), S1(3)}},
                                 {"(700) (700)", {S1(700), S1(700)}}};
static const pattern ternary[] = {{"() () ()", {S0, S0, S0}},
                                  {"(5) (5) (5)", {S1(5), S1(5), S1(5)}},
                                  {"(0) (0) (0)", {S1(0), S1(0), S1(0)}},
                                  {"(2,3) (2,3) (2,3)", {S2(2, 3), S2(2, 3), S2(2, 3)}},
                                  {"(2,3) (3) ()", {S2(2, 3), S1(3), S0}},
                                  {"() (2,3) (3)", {S0, S2(2, 3), S1(3)}},
                                  {"(3) () (2,3)", {S1(3), S0, S2(2, 3)}},
                                  {"(2,1) (3) ()", {S2(2, 1), S1(3), S0}},
                                  {"(3) (2,1) (1,3)", {S1(3), S2(2, 1), S2(1, 3)}},
                                  {"(5) (1,5) (1,1)", {S1(5), S2(1, 5), S2(1, 1)}},
                                  {"(1,5) (5) ()", {S2(1, 5), S1(5), S0}},
                                  {"(0,3) (3) ()", {S2(0, 3), S1(3), S0}},
                                  {"(700) (700) (700)", {S1(700), S1(700), S1(700)}}};

static const pattern *patterns(size_t inputs, size_t *n) {
    const pattern *list[] = {unary, binary, ternary};
    const size_t count[] = {sizeof unary / sizeof *unary, sizeof binary / sizeof *binary,
                            sizeof ternary / sizeof *ternary};
    *n = count[inputs - 1];
    return list[inputs - 1];
}

/* ---- samples of a row ---- */

static bool has_inputs(const tad_sample *s) { return s->n == 0 || s->in; }

static bool is_row(const tad_op *op) {
    bool row = op->flags & TAD_OP_ELEMENTWISE;
    for (size_t k = 0; k < op->n_samples && row; k++) {
        const tad_sample *s = &op->samples[k];
        row = s->n >= 1 && s->n <= 3 && has_inputs(s);
    }
    return row;
}

/* What becomes of one sample of the descriptor: each pattern, then each kink on () and (3). */
static size_t variants(const tad_sample *s) {
    size_t n;
    (void)patterns(s->n, &n);
    return n + 2 * (size_t)s->in[0].count_away;
}

static void on_pattern(const pattern *p, tad_sample_room *workspace) {
    for (size_t k = 0; k < workspace->sample.n; k++) workspace->in[k].type.shape = p->shape[k];
    snprintf(workspace->label, sizeof workspace->label, "%s, %s", p->label,
             workspace->sample.label);
}

/* The whole numbers from the kink up to it. */
static void at_one_kink(double kink, bool zero_d, tad_sample_room *workspace) {
    workspace->in[0] = (tad_sample_input){
        .type = {TAD_F64, S1(3)}, .fill = TAD_FILL_INTEGER, .lo = kink, .hi = kink + 1};
    if (zero_d) workspace->in[0].type.shape = TAD_0D;
    snprintf(workspace->label, sizeof workspace->label, "kink at %g, %s", kink,
             zero_d ? "()" : "(3)");
}

static bool row_sample(const tad_op *op, size_t i, tad_sample_room *workspace) {
    size_t k = 0, n;
    while (k < op->n_samples && i >= variants(&op->samples[k])) i -= variants(&op->samples[k++]);
    if (k == op->n_samples) return false;
    workspace->sample = op->samples[k];
    memcpy(workspace->in, op->samples[k].in, op->samples[k].n * sizeof *workspace->in);
    workspace->sample.in = workspace->in;
    const pattern *list = patterns(workspace->sample.n, &n);
    if (i < n)
        on_pattern(&list[i], workspace);
    else
        at_one_kink(workspace->sample.in[0].away[(i - n) / 2], (i - n) % 2, workspace);
    workspace->sample.label = workspace->label;
    return true;
}

size_t tad_sample_count(const tad_op *op) {
    size_t count = 0;
    if (!op || !op->samples) return 0;
    if (!is_row(op)) return op->n_samples;
    for (size_t k = 0; k < op->n_samples; k++) count += variants(&op->samples[k]);
    return count;
}

bool tad_sample_at(const tad_op *op, size_t i, tad_sample_room *workspace) {
    if (!op || !op->samples || !workspace) return false;
    memset(workspace, 0, sizeof *workspace);
    if (is_row(op)) return row_sample(op, i, workspace);
    if (i >= op->n_samples || !has_inputs(&op->samples[i])) return false;
    workspace->sample = op->samples[i];
    return true;
}

/* ---- filling ---- */

static void interval(const tad_sample_input *in, double *lo, double *hi) {
    bool unset = in->lo == 0 && in->hi == 0;
    *lo = !unset ? in->lo : in->fill == TAD_FILL_INTEGER ? 0 : -2;
    *hi = unset ? 2 : in->hi;
}

static bool near_kink(const tad_sample_input *in, double x) {
    for (int k = 0; k < in->count_away; k++)
        if (fabs(x - in->away[k]) < 0.05) return true;
    return false;
}

static double draw(const tad_sample_input *in, tad_random *r, double lo, double hi) {
    double x = lo;
    if (in->fill == TAD_FILL_INTEGER) return lo + floor(tad_random_uniform(r) * (hi - lo));
    for (int tries = 0; tries < 100; tries++) {
        x = lo + tad_random_uniform(r) * (hi - lo);
        if (!near_kink(in, x)) break;
    }
    return x;
}

/* A grid with jitter, in random order but where it is to ascend. */
static void fill_distinct(const tad_sample_input *in, tad_random *r, double lo, double hi,
                          double *x, size_t n) {
    double step = (hi - lo) / (double)n;
    for (size_t i = 0; i < n; i++) {
        x[i] = lo + step * ((double)i + 0.3 + 0.4 * tad_random_uniform(r));
        while (near_kink(in, x[i])) x[i] += step * 0.01;
    }
    for (size_t i = in->fill == TAD_FILL_ASCENDING ? 0 : n; i > 1; i--) {
        size_t j = (size_t)tad_random_below(r, i);
        double swap = x[i - 1];
        x[i - 1] = x[j];
        x[j] = swap;
    }
}

static void normalise_rows(double *x, size_t n, const tad_shape *s) {
    size_t width = s->rank > 0 ? (size_t)s->dim[s->rank - 1] : 1;
    for (size_t at = 0; at < n; at += width) {
        double sum = 0;
        for (size_t i = 0; i < width; i++) sum += x[at + i];
        for (size_t i = 0; i < width; i++) x[at + i] /= sum;
    }
}

/* Their size times the largest of the interval is added to the diagonals of the last two axes. */
static void raise_diagonals(double *x, size_t size, const tad_shape *s, double most) {
    size_t n = s->rank > 1 ? (size_t)s->dim[s->rank - 1] : 0;
    for (size_t at = 0; n && at + n * n <= size; at += n * n)
        for (size_t i = 0; i < n; i++) x[at + i * n + i] += (double)n * most;
}

/* A new one goes before all that are larger. */
static void fill_starts(const tad_sample_input *in, tad_random *r, double *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        double v = i == 0 ? in->lo : in->hi;
        if (i > 0 && i + 1 < n) v = in->lo + floor(tad_random_uniform(r) * (in->hi - in->lo + 1));
        size_t at = i;
        for (; at > 0 && x[at - 1] > v; at--) x[at] = x[at - 1];
        x[at] = v;
    }
}

static void fill(const tad_sample_input *in, uint64_t seed, double *x, size_t n) {
    tad_random r = {seed, 0};
    double lo, hi;
    interval(in, &lo, &hi);
    if (in->fill == TAD_FILL_DISTINCT || in->fill == TAD_FILL_ASCENDING)
        fill_distinct(in, &r, lo, hi, x, n);
    else if (in->fill == TAD_FILL_STARTS)
        fill_starts(in, &r, x, n);
    else if (in->fill == TAD_FILL_SIMPLEX)
        for (size_t i = 0; i < n; i++) x[i] = 0.2 + tad_random_uniform(&r);
    else
        for (size_t i = 0; i < n; i++) x[i] = draw(in, &r, lo, hi);
    if (in->fill == TAD_FILL_SIMPLEX) normalise_rows(x, n, &in->type.shape);
    if (in->fill == TAD_FILL_DOMINANT) raise_diagonals(x, n, &in->type.shape, hi);
}

static tad_var nil_of(tad_tape *t) { return tad_node_at(t, SIZE_MAX); }

tad_var tad_sample_fill(tad_tape *t, const tad_sample_input *in, uint64_t seed) {
    int64_t size = 0;
    if (in && in->absent) return tad_none();
    if (!t || !in || !tad__shape_size(&in->type.shape, &size)) {
        tad_tape_fail(t, TAD_BAD_ARGUMENT, "sample_fill: no input, or none of a possible shape");
        return nil_of(t);
    }
    double *x = tad_tape_resize(t, NULL, tad__max((size_t)size, 1), sizeof *x);
    if (!x) return nil_of(t);
    fill(in, seed, x, (size_t)size);
    tad_var filled = tad_constant_from(t, in->type.dtype, in->type.shape, x);
    (void)tad_tape_resize(t, x, 0, sizeof *x);
    return filled;
}
