/* Programs of many numbers, as they are by default, with the tape's bits, and rolled up, when they
 * agree with it to rounding: at other points than the one recorded, special values included; with
 * the same bits at every level; nothing is left behind. */
#include "support.h"

#include <float.h>

enum { INPUTS = 24, CELLS = 96, OUTPUTS = 1 + INPUTS, MOST = 3600 };

static tad_tape *t;
static void set_up(void) { t = tad_tape_new(NULL); }
static void tear_down(void) { tad_tape_free(t); }

/* ---- a program beside the tape ---- */

typedef struct graph {
    tad_var in[MOST], out[MOST];
    size_t n_in, n_out;
} graph;

enum { EXACT, ROLLED, WAYS };
static const tad_freeze_options ways[WAYS] = {{.allow_constant_outputs = true},
                                              {.allow_constant_outputs = true, .roll_up = true}};

static tad_program *frozen(const graph *g, int way, const char *what) {
    tad_program *p;
    const tad_status s = tad_freeze(g->in, g->n_in, g->out, g->n_out, &ways[way], &p);
    ck_assert_msg(s == TAD_OK, "%s: %s", what, tad_message(t));
    return p;
}

static void run(tad_workspace *w, const double *x, size_t n, double *y, size_t m) {
    ck_assert_int_eq(tad_bind_numbers_in(w, 0, n, x), TAD_OK);
    ck_assert_int_eq(tad_bind_numbers_out(w, 0, m, y), TAD_OK);
    const tad_status s = tad_run(w);
    ck_assert_msg(s == TAD_OK, "%s", tad_workspace_message(w));
}

/* Rounding errors of sums go by their terms, of which none here is larger than a few thousand. */
static bool close_to(double got, double right, int way) {
    if (isnan(right)) return isnan(got);
    if (way == EXACT) return memcmp(&got, &right, sizeof got) == 0;
    if (isinf(right) || got == right) return got == right;
    return fabs(got - right) <= 1e-10 * (1 + fabs(right));
}

static void compare(const char *what, int way, const double *y, const graph *g) {
    for (size_t k = 0; k < g->n_out; k++)
        ck_assert_msg(close_to(y[k], tad_item(g->out[k]), way),
                      "%s, way %d: output %zu is %.17g, not %.17g", what, way, k, y[k],
                      tad_item(g->out[k]));
}

/* ---- random graphs of few patterns ---- */

/* Each statement records one op, or draws one number: compilers call what stands in the arguments
 * of a call in an order of their own, and "what it costs" below needs the same graph of all. */

typedef tad_var pattern(tad_var a, tad_var b, tad_var c);
static tad_var positive(tad_var x) { return tad_add(tad_square(x), tad_number(1)); }
static tad_var p0(tad_var a, tad_var b, tad_var c) { return tad_tanh(tad_fma(a, b, c)); }
static tad_var p1(tad_var a, tad_var b, tad_var c) {
    tad_var over = tad_fnma(a, b, c);
    return tad_div(over, positive(b));
}
static tad_var p2(tad_var a, tad_var b, tad_var c) {
    tad_var sine = tad_sin(a), product = tad_mul(sine, tad_neg(b));
    return tad_sub(product, tad_mul(c, tad_number(-1)));
}
static tad_var p3(tad_var a, tad_var b, tad_var c) {
    tad_var gate = tad_sigmoid(tad_sub(tad_sub(a, b), c));
    return tad_mul(gate, tad_relu(a));
}
static tad_var p4(tad_var a, tad_var b, tad_var c) {
    tad_var one = positive(a);
    return tad_log(tad_add(one, tad_exp(tad_neg(tad_tanh(tad_mul(b, c))))));
}
static tad_var p5(tad_var a, tad_var b, tad_var c) {
    tad_var d = tad_sub(a, b), e = tad_mul(d, c);
    tad_var f = tad_fma(d, e, tad_number(0.5));
    return tad_tanh(tad_sub(f, tad_lerp(d, e, c)));
}
static tad_var p6(tad_var a, tad_var b, tad_var c) {
    const tad_var x[] = {a, b, c}, y[] = {b, c, tad_number(0.25)};
    return tad_cos(tad_dot_list(x, y, 3, tad_sum_list(x, 3)));
}
static tad_var p7(tad_var a, tad_var b, tad_var c) {
    return tad_leaky_relu(tad_maximum(a, tad_neg(tad_minimum(b, c))), 0.25);
}
static pattern *const patterns[] = {p0, p1, p2, p3, p4, p5, p6, p7};
enum { PATTERNS = sizeof patterns / sizeof *patterns };

/* Operands of a layer's cells: neighbours, one for all, every third, or any. */
static tad_var operand(const tad_var *of, size_t n, size_t cell, uint64_t how, tad_random *r) {
    switch (how) {
    case 0: return of[cell % n];
    case 1: return of[n / 2];
    case 2: return of[3 * cell % n];
    case 3: return of[cell / 8 % n];
    case 4: return tad_number(0.5 + (double)cell / CELLS);
    default: return of[tad_random_below(r, n)];
    }
}

/* Layers of cells of one pattern each, over cells of the layers before; some have but a few. */
static tad_var record_layers(const tad_var *x, size_t n, uint64_t seed) {
    tad_random r = {seed, 0};
    tad_var cell[2][CELLS], sum = tad_number(0);
    size_t cells = n;
    memcpy(cell[0], x, n * sizeof *x);
    for (int layer = 0; layer < 8; layer++) {
        const tad_var *of = cell[layer % 2];
        pattern *p = patterns[tad_random_below(&r, PATTERNS)];
        uint64_t how[3];
        for (int k = 0; k < 3; k++) how[k] = tad_random_below(&r, 6);
        const size_t now =
            tad_random_below(&r, 4) ? CELLS - tad_random_below(&r, 9) : 1 + tad_random_below(&r, 5);
        for (size_t k = 0; k < now; k++) {
            tad_var a = how[0] == 4 ? of[k % cells] : operand(of, cells, k, how[0], &r);
            tad_var b = operand(of, cells, k, how[1], &r), c = operand(of, cells, k, how[2], &r);
            cell[1 - layer % 2][k] = p(a, b, c);
            sum = tad_add(sum, tad_mul(cell[1 - layer % 2][k], tad_number(0.25)));
        }
        cells = now;
    }
    return sum;
}

static void record(const double *x, uint64_t seed, graph *g) {
    *g = (graph){.n_in = INPUTS, .n_out = OUTPUTS};
    for (size_t k = 0; k < INPUTS; k++) g->in[k] = tad_scalar(t, x[k]);
    g->out[0] = record_layers(g->in, INPUTS, seed);
    ck_done(tad_grad(g->out, NULL, 1, g->in, INPUTS, g->out + 1), t);
}

static void draw(double *x, size_t n, uint64_t seed) {
    tad_random r = {seed, 0};
    for (size_t k = 0; k < n; k++) x[k] = tad_random_normal(&r);
}

static void try_elsewhere(uint64_t seed, int way, tad_workspace *w, const double *x) {
    double y[OUTPUTS];
    graph g;
    tad_tape_reset(t);
    record(x, seed, &g);
    run(w, x, INPUTS, y, OUTPUTS);
    compare("random layers", way, y, &g);
}

START_TEST(random_layers_agree) {
    graph g;
    double x[INPUTS];
    const uint64_t seed = (uint64_t)_i / WAYS;
    const int way = _i % WAYS;
    draw(x, INPUTS, 1);
    record(x, seed, &g);
    tad_program *p = frozen(&g, way, "random layers");
    tad_workspace *w = tad_workspace_new(p);
    ck_assert_uint_gt(tad_program_info_of(p).rolled_up, 0);
    for (uint64_t data = 1; data < 4; data++) {
        draw(x, INPUTS, data);
        try_elsewhere(seed, way, w, x);
    }
    for (size_t k = 0; k < INPUTS; k++) { /* what is special goes where it goes on the tape */
        static const double special[] = {0, -0.0, NAN, INFINITY, -INFINITY, 1e-200, -1e-300};
        draw(x, INPUTS, k);
        x[k] = special[k % 7];
        x[(7 * k + 3) % INPUTS] = special[k / 7];
        try_elsewhere(seed, way, w, x);
    }
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

START_TEST(every_level_has_the_same_bits) {
    double x[INPUTS], y[TAD_LEVEL_AVX512 + 1][OUTPUTS];
    int levels = 0;
    for (int level = 0; level <= TAD_LEVEL_AVX512; level++) {
        graph g;
        tad_tape_free(t);
        t = tad_tape_new(&(tad_settings){.level = (tad_level)level});
        if (tad_tape_status(t) != TAD_OK) continue;
        draw(x, INPUTS, 1);
        record(x, (uint64_t)_i / WAYS, &g);
        tad_program *p = frozen(&g, _i % WAYS, "levels");
        tad_workspace *w = tad_workspace_new(p);
        draw(x, INPUTS, 2);
        run(w, x, INPUTS, y[levels], OUTPUTS);
        ck_assert_int_eq(memcmp(y[0], y[levels++], sizeof y[0]), 0);
        tad_workspace_free(w);
        tad_program_free(p);
    }
    ck_assert_int_gt(levels, 0);
}
END_TEST

/* ---- every row, in groups, at special points ---- */

static const double points[] = {0,  -0.0, 1,      -1,    0.5,   -0.5,     2,
                                -3, 3,    1e-200, 1e200, -1e10, INFINITY, NAN};
enum { POINTS = sizeof points / sizeof *points, ROW_CELLS = 6 * POINTS * POINTS };

typedef tad_var row_call(const tad_var *in);
#define TAD_UNARY(name, ...)                                                                       \
    static tad_var call_##name(const tad_var *in) { return tad_##name(in[0]); }
#define OPTION(name, initial, one, other, choices) other
#define TAD_OPTION1(name, doc, lo, hi, kinks, p, value, dx)                                        \
    static tad_var call_##name(const tad_var *in) { return tad_##name(in[0], p); }
#define TAD_OPTION2(name, ...)                                                                     \
    static tad_var call_##name(const tad_var *in) { return tad_##name(in[0], -0.7, 0.9); }
#define TAD_BINARY(name, ...)                                                                      \
    static tad_var call_##name(const tad_var *in) { return tad_##name(in[0], in[1]); }
#define TAD_TERNARY(name, ...)                                                                     \
    static tad_var call_##name(const tad_var *in) { return tad_##name(in[0], in[1], in[2]); }
#include <tad/scalar.def>

static const struct {
    const char *name;
    row_call *call;
} rows[] = {
#define TAD_UNARY(name, ...) {#name, call_##name},
#define TAD_OPTION1(name, ...) {#name, call_##name},
#define TAD_OPTION2(name, ...) {#name, call_##name},
#define TAD_BINARY(name, ...) {#name, call_##name},
#define TAD_TERNARY(name, ...) {#name, call_##name},
#include <tad/scalar.def>
};
enum { ROWS = sizeof rows / sizeof *rows };

/* The row and its derivative by the first operand, a cell for each pair of points. */
static void record_row(size_t row, const double *x, graph *g) {
    *g = (graph){.n_in = 0};
    for (size_t k = 0; k < ROW_CELLS; k++) {
        tad_var in[3];
        for (size_t i = 0; i < 3; i++) in[i] = g->in[g->n_in++] = tad_scalar(t, x[3 * k + i]);
        tad_var y = g->out[g->n_out++] = rows[row].call(in);
        ck_done(tad_grad(&y, NULL, 1, in, 1, g->out + g->n_out++), t);
    }
}

START_TEST(rows_agree_at_special_points) {
    graph g;
    double x[3 * ROW_CELLS], y[2 * ROW_CELLS];
    for (size_t k = 0; k < ROW_CELLS; k++)
        x[3 * k] = 1.7 + 0.001 * (double)k, x[3 * k + 1] = 1.4, x[3 * k + 2] = 1.3;
    const size_t row = (size_t)_i / WAYS;
    const int way = _i % WAYS;
    record_row(row, x, &g);
    tad_program *p = frozen(&g, way, rows[row].name);
    tad_workspace *w = tad_workspace_new(p);
    for (size_t k = 0; k < ROW_CELLS; k++)
        x[3 * k] = points[k % POINTS], x[3 * k + 1] = points[k / POINTS % POINTS],
              x[3 * k + 2] = points[(k + k / POINTS) % POINTS];
    tad_tape_reset(t);
    record_row(row, x, &g);
    run(w, x, g.n_in, y, g.n_out);
    compare(rows[row].name, way, y, &g);
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* ---- what is there already ---- */

enum { TWINS = 2048 };

/* 1 - x and its exponential for each input, once or twice, and a sum of both that is used twice. */
static void record_twins(bool twice, graph *g) {
    *g = (graph){.n_in = TWINS, .n_out = TWINS};
    for (size_t k = 0; k < TWINS; k++) {
        const tad_var x = g->in[k] = tad_scalar(t, 0.001 * (double)k),
                      a = tad_sub(tad_number(1), x), b = twice ? tad_sub(tad_number(1), x) : a,
                      e = tad_exp(a), f = twice ? tad_exp(b) : e,
                      s = tad_add(tad_mul(e, a), tad_mul(f, b));
        g->out[k] = tad_mul(tad_tanh(s), s);
    }
}

START_TEST(twins_are_computed_once) {
    double x[TWINS], y[TWINS];
    size_t rolled_up[2];
    for (int twice = 0; twice < 2; twice++) {
        graph g;
        record_twins(twice, &g);
        tad_program *p = frozen(&g, _i, "twins");
        tad_workspace *w = tad_workspace_new(p);
        rolled_up[twice] = tad_program_info_of(p).rolled_up;
        for (size_t k = 0; k < TWINS; k++) x[k] = 0.001 * (double)k;
        run(w, x, TWINS, y, TWINS);
        compare("twins", _i, y, &g);
        tad_workspace_free(w);
        tad_program_free(p);
        tad_tape_reset(t);
    }
    ck_assert_uint_gt(rolled_up[0], 0);
    ck_assert_uint_eq(rolled_up[0], rolled_up[1]);
}
END_TEST

/* ---- the workloads of bench_program, in small ---- */

typedef tad_var work(const tad_var *x);
enum { WORK_INPUTS = 72 };

static tad_var rosenbrock(const tad_var *x) {
    tad_var y = tad_number(0);
    for (size_t i = 0; i + 1 < WORK_INPUTS; i++) {
        tad_var a = tad_fnma(x[i], x[i], x[i + 1]), b = tad_sub(tad_number(1), x[i]);
        tad_var c = tad_mul(b, b);
        y = tad_add(y, tad_fma(tad_mul(a, tad_number(100)), a, c));
    }
    return y;
}

static tad_var chain(const tad_var *in) {
    tad_var x = in[0], y = in[0];
    for (int i = 0; i < 60; i++) {
        x = tad_mul(tad_fma(tad_sin(x), tad_number(0.5), x), in[1]);
        x = tad_exp(tad_div(x, tad_add(tad_mul(x, x), tad_number(1))));
        y = tad_add(y, x);
    }
    return y;
}

static tad_var cheap(const tad_var *in) {
    tad_var p = in[0], q = in[1], c = tad_mul(in[2], tad_number(0.1));
    for (int i = 0; i < 60; i++) {
        p = tad_fma(q, c, p);
        q = tad_fnma(p, c, q);
    }
    return tad_add(p, q);
}

static tad_var product(const tad_var *x) {
    tad_var y = x[0];
    for (size_t i = 1; i < WORK_INPUTS; i++) y = tad_mul(y, x[i]);
    return y;
}

static tad_var lu(const tad_var *x) {
    enum { N = 8 };
    tad_var a[N][N];
    for (int i = 0; i < N * N; i++)
        a[i / N][i % N] = i / N == i % N ? tad_add(x[i], tad_number(9)) : x[i];
    tad_var y = tad_number(1);
    for (int k = 0; k < N; k++) {
        y = tad_mul(y, a[k][k]);
        for (int i = k + 1; i < N; i++) {
            tad_var l = tad_div(a[i][k], a[k][k]);
            for (int j = k + 1; j < N; j++) a[i][j] = tad_fnma(l, a[k][j], a[i][j]);
        }
    }
    return y;
}

/* 40 points of 3 dimensions, 4 components with a mean and a factor each. */
static tad_var mixture(const tad_var *x) {
    enum { K = 4, D = 3 };
    tad_var y = tad_number(0);
    for (int i = 0; i < 40; i++) {
        tad_var term[K], m, sum = tad_number(0);
        for (int k = 0; k < K; k++) {
            const tad_var *w = x + k * (1 + 2 * D);
            term[k] = w[0];
            for (int d = 0; d < D; d++) {
                tad_var z = tad_mul(tad_sub(tad_number(sin(i + d)), w[1 + d]), w[1 + D + d]);
                term[k] = tad_fnma(z, z, term[k]);
            }
        }
        m = tad_maximum(term[0], term[1]);
        m = tad_detach(tad_maximum(m, tad_maximum(term[2], term[3])));
        for (int k = 0; k < K; k++) sum = tad_add(sum, tad_exp(tad_sub(term[k], m)));
        y = tad_add(y, tad_add(tad_log(sum), m));
    }
    return y;
}

static tad_var lstm(const tad_var *x) {
    enum { B = 9 };
    tad_var hidden[B], cell[B], total = tad_number(0);
    for (int i = 0; i < B; i++) hidden[i] = cell[i] = tad_number(0.1 * i);
    for (int c = 0; c < 6; c++)
        for (int i = 0; i < B; i++) {
            tad_var in = tad_mul(x[i], tad_number(cos(c * i + c))),
                    forget = tad_sigmoid(tad_fma(in, x[B + i], x[2 * B + i])),
                    gate = tad_sigmoid(tad_fma(hidden[i], x[3 * B + i], x[4 * B + i])),
                    change = tad_tanh(tad_fma(hidden[i], x[5 * B + i], x[6 * B + i]));
            cell[i] = tad_fma(cell[i], forget, tad_mul(gate, change));
            hidden[i] = tad_mul(gate, tad_tanh(cell[i]));
            total = tad_add(total, tad_mul(hidden[i], tad_number(i % 3)));
        }
    return total;
}

static tad_var mlp(const tad_var *p) {
    enum { H = 6, POINTS_HERE = 20 };
    tad_var loss = tad_number(0);
    for (int k = 0; k < POINTS_HERE; k++) {
        tad_var h1[H], h2[H];
        for (int i = 0; i < H; i++) h1[i] = tad_relu(tad_fma(p[i], tad_number(sin(k)), p[H + i]));
        for (int i = 0; i < H; i++)
            h2[i] = tad_relu(tad_dot_list(p + 2 * H + i * H, h1, H, p[8 * H + i]));
        tad_var margin = tad_dot_list(p + 9 * H, h2, H, p[10 * H]);
        loss = tad_add(loss, tad_relu(tad_sub(tad_number(1), margin)));
    }
    for (int i = 0; i < 10 * H; i++) loss = tad_fma(p[i], p[i], loss);
    return loss;
}

static work *const works[] = {rosenbrock, chain, cheap, product, lu, mixture, lstm, mlp};
enum { WORKS = sizeof works / sizeof *works };

static void record_work(int which, const double *x, graph *g) {
    *g = (graph){.n_in = WORK_INPUTS, .n_out = 1 + WORK_INPUTS};
    for (size_t k = 0; k < WORK_INPUTS; k++) g->in[k] = tad_scalar(t, x[k]);
    g->out[0] = works[which](g->in);
    ck_done(tad_grad(g->out, NULL, 1, g->in, WORK_INPUTS, g->out + 1), t);
}

/* So that no product of all is too small to be compared. */
static void draw_near_one(double *x, uint64_t seed) {
    draw(x, WORK_INPUTS, seed);
    for (size_t k = 0; k < WORK_INPUTS; k++) x[k] = 1 + 0.2 * x[k];
}

START_TEST(workloads_agree) {
    double x[WORK_INPUTS], y[1 + WORK_INPUTS];
    graph g;
    draw_near_one(x, 1);
    record_work(_i / WAYS, x, &g);
    tad_program *p = frozen(&g, _i % WAYS, "workload");
    tad_workspace *w = tad_workspace_new(p);
    for (uint64_t data = 1; data < 5; data++) {
        draw_near_one(x, data);
        tad_tape_reset(t);
        record_work(_i / WAYS, x, &g);
        run(w, x, WORK_INPUTS, y, 1 + WORK_INPUTS);
        compare("workload", _i % WAYS, y, &g);
    }
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* ---- other steps in between ---- */

/* Numbers, an array of them, a decision about it, a draw, and numbers again. */
static void record_mixed(const double *x, size_t cells, graph *g) {
    tad_var y[CELLS], sum = tad_number(0);
    *g = (graph){.n_in = INPUTS, .n_out = OUTPUTS + 1};
    tad_tape_set_random(t, (tad_random){5, 0});
    for (size_t k = 0; k < INPUTS; k++) g->in[k] = tad_scalar(t, x[k]);
    for (size_t k = 0; k < cells; k++)
        y[k] = tad_tanh(tad_fma(g->in[k % INPUTS], g->in[7 * k % INPUTS], g->in[3]));
    tad_var a = tad_stack(y, cells, 0), s = tad_sum(tad_square(a), tad_all());
    (void)tad_decide(tad_less(s, tad_number(1000)));
    tad_var drawn = tad_randn(t, TAD_F64, TAD_0D);
    for (size_t k = 0; k < cells; k++) {
        tad_var z = tad_mul(tad_sin(tad_add(y[k], s)), tad_neg(drawn));
        for (int i = 0; i < 5; i++) z = tad_tanh(tad_fma(z, y[k], tad_number(0.1)));
        sum = tad_add(sum, k % 2 ? z : tad_mul(z, tad_number(0.5)));
    }
    g->out[0] = sum;
    ck_done(tad_grad(g->out, NULL, 1, g->in, INPUTS, g->out + 1), t);
    g->out[OUTPUTS] = tad_neg(tad_neg(g->in[0]));
}

START_TEST(other_steps_stay_in_between) {
    double x[INPUTS], y[OUTPUTS + 1];
    graph g;
    draw(x, INPUTS, 1);
    record_mixed(x, CELLS, &g);
    tad_program *p = frozen(&g, _i, "mixed");
    tad_workspace *w = tad_workspace_new(p);
    const tad_program_info i = tad_program_info_of(p);
    ck_assert_uint_gt(i.rolled_up, 0);
    ck_assert_uint_gt(i.calls, 0);
    ck_assert_uint_eq(i.decisions, 1);
    for (uint64_t data = 1; data < 4; data++) {
        draw(x, INPUTS, data);
        tad_tape_reset(t);
        record_mixed(x, CELLS, &g);
        tad_set_random(w, (tad_random){5, 0});
        run(w, x, INPUTS, y, OUTPUTS + 1);
        compare("mixed", _i, y, &g);
    }
    for (size_t k = 0; k < INPUTS; k++) x[k] = NAN;
    ck_assert_int_eq(tad_run(w), TAD_BRANCH);
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* Beside numbers in groups; an interior variable is an input, too. */
START_TEST(parameters_are_read_where_they_lie) {
    enum { CELLS_HERE = 900 };
    const double two = 2, five = 5, x[2] = {0.25, 0.5};
    double y, sum = 0;
    tad_program *p;
    tad_var w = tad_param(t, TAD_F64, TAD_0D, &two), in[2] = {tad_scalar(t, 1), {0}},
            z = tad_number(0);
    in[1] = tad_exp(in[0]);
    for (int k = 0; k < CELLS_HERE; k++)
        z = tad_add(z, tad_tanh(tad_fma(tad_mul(in[0], tad_number(0.01 * k)), w, in[1])));
    ck_done(tad_freeze(in, 2, &z, 1, &ways[_i], &p), t);
    ck_assert_uint_gt(tad_program_info_of(p).rolled_up, 0);
    tad_workspace *space = tad_workspace_new(p);
    ck_done(tad_assign(w, &five), t);
    run(space, x, 2, &y, 1);
    for (int k = 0; k < CELLS_HERE; k++) sum += tanh(x[0] * (0.01 * k) * five + x[1]);
    ck_assert_double_eq_tol(y, sum, 1e-9);
    tad_workspace_free(space);
    tad_program_free(p);
}
END_TEST

/* What a list of operands gives is added to 0: of zeros that are negative it is not. */
START_TEST(lists_begin_with_zero) {
    enum { LISTS = 2100 };
    double x[3] = {1, 2, 3}, y;
    tad_var in[3], sum = tad_number(1);
    tad_program *p;
    for (int k = 0; k < 3; k++) in[k] = tad_scalar(t, x[k]);
    for (int k = 0; k < LISTS; k++) sum = tad_add(sum, tad_mul(in[2], tad_sum_list(in, 2)));
    tad_var of_zeros =
        tad_div(sum, tad_mul(tad_sum_list(in, 2), tad_dot_list(in, in + 1, 1, in[0])));
    ck_done(tad_freeze(in, 3, &of_zeros, 1, &ways[EXACT], &p), t);
    tad_workspace *w = tad_workspace_new(p);
    x[0] = x[1] = -0.0;
    run(w, x, 3, &y, 1);
    ck_assert_double_eq(y, INFINITY);
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* Between arrays the same ops are no sums of numbers. */
START_TEST(lists_of_arrays_stay_calls) {
    enum { STEPS_HERE = 2100 };
    double x[2] = {0.5, 2}, y;
    tad_program *p;
    tad_var in[2] = {tad_scalar(t, x[0]), tad_scalar(t, x[1])}, n = in[0],
            a[2] = {tad_stack(in, 2, 0), tad_full(t, TAD_F64, TAD_SHAPE(2), 3)},
            sum = tad_sum(tad_add(tad_sum_list(a, 2), tad_dot_list(a, a + 1, 1, a[0])), tad_all());
    for (int k = 0; k < STEPS_HERE; k++) n = tad_sin(tad_mul(n, in[k % 2]));
    tad_var out = tad_add(sum, tad_mul(n, tad_number(0)));
    ck_done(tad_freeze(in, 2, &out, 1, &ways[_i], &p), t);
    ck_assert_uint_gt(tad_program_info_of(p).calls, 2);
    tad_workspace *w = tad_workspace_new(p);
    x[0] = -1;
    run(w, x, 2, &y, 1);
    ck_assert_double_eq(y, (x[0] + x[1]) * 5 + 6); /* (x + 3) + (3 x + x) */
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* A factor of all terms is put outside, but not where their sum overflows and they do not. */
START_TEST(a_common_factor_invents_no_infinity) {
    enum { TERMS = 80 };
    double x[TERMS + 1], y;
    tad_var in[TERMS + 1], sum = tad_number(1);
    tad_program *p;
    for (size_t k = 0; k <= TERMS; k++) in[k] = tad_scalar(t, x[k] = 1);
    for (size_t k = 0; k < TERMS; k++) sum = tad_fma(in[TERMS], in[k], sum);
    ck_done(tad_freeze(in, TERMS + 1, &sum, 1, &ways[ROLLED], &p), t);
    tad_workspace *w = tad_workspace_new(p);
    for (size_t k = 0; k < TERMS; k++) x[k] = 1e308;
    x[TERMS] = 0;
    run(w, x, TERMS + 1, &y, 1);
    ck_assert_double_eq(y, 1);
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* A sum in another order, and then what doubles its rounding error again and again. */
START_TEST(what_magnifies_rounding_errors_is_refused) {
    tad_program *p;
    tad_var x = tad_scalar(t, 0.3), y = x;
    for (int k = 0; k < 150; k++) {
        tad_var s = tad_mul(tad_number(3.9), y);
        y = tad_sub(tad_fnma(s, y, tad_add(tad_number(0.7), s)), tad_number(0.7));
    }
    ck_assert_int_eq(tad_freeze(&x, 1, &y, 1, &ways[ROLLED], &p), TAD_UNSUPPORTED);
    ck_refused(t, TAD_UNSUPPORTED, "magnifies");
    ck_assert_ptr_null(p);
    ck_done(tad_freeze(&x, 1, &y, 1, &ways[EXACT], &p), t);
    tad_program_free(p);
}
END_TEST

/* 1 + (x[0] + x[1] + ... - 1) * factor */
static tad_var magnified(const tad_var *x, size_t n, double factor) {
    tad_var s = x[0], root = tad_number(sqrt(factor));
    for (size_t k = 1; k < n; k++) s = tad_add(s, x[k]);
    return tad_add(tad_mul(tad_mul(tad_sub(s, tad_number(1)), root), root), tad_number(1));
}

/* Half of all digits may be others: 1 plus many numbers too small for it is 1 on the tape, and more
 * where these are added up first. */
START_TEST(half_of_all_digits_may_be_others) {
    enum { N = 64 };
    const double large = ldexp(1, 40);
    double x[N], y;
    tad_var in[N], out;
    tad_program *p;
    for (size_t k = 0; k < N; k++) in[k] = tad_scalar(t, 1);
    out = magnified(in, N, large);
    ck_done(tad_freeze(in, N, &out, 1, &ways[ROLLED], &p), t);
    tad_workspace *w = tad_workspace_new(p);
    for (size_t k = 0; k < N; k++) x[k] = k ? ldexp(1, -54) : 1;
    run(w, x, N, &y, 1);
    tad_workspace_free(w);
    tad_program_free(p);
    const double more = (y - 1) / large;
    ck_assert_double_gt(more, 0);
    for (int refused = 0; refused < 2; refused++) {
        for (size_t k = 0; k < N; k++) in[k] = tad_scalar(t, x[k]);
        out = magnified(in, N, (refused ? 1.5 : 0.75) * ldexp(1, -26) / more);
        ck_assert_double_eq(tad_item(out), 1);
        ck_assert_int_eq(tad_freeze(in, N, &out, 1, &ways[ROLLED], &p),
                         refused ? TAD_UNSUPPORTED : TAD_OK);
        tad_program_free(p);
        tad_tape_clear(t);
    }
}
END_TEST

/* A row of numbers, of which one is then bound elsewhere. */
START_TEST(rows_of_numbers_are_bound_anew) {
    double x[INPUTS], y[OUTPUTS], again[OUTPUTS], other = 0.25, value;
    graph g;
    draw(x, INPUTS, 1);
    record(x, 3, &g);
    tad_program *p = frozen(&g, _i, "bound anew");
    tad_workspace *w = tad_workspace_new(p);
    run(w, x, INPUTS, y, OUTPUTS);
    ck_assert_int_eq(tad_bind_in(w, 2, TAD_F64, TAD_0D, &other), TAD_OK);
    ck_assert_int_eq(tad_bind_out(w, 0, TAD_F64, TAD_0D, &value), TAD_OK);
    y[0] = 77;
    ck_assert_int_eq(tad_run(w), TAD_OK);
    ck_assert_double_eq(y[0], 77);
    x[2] = other;
    run(w, x, INPUTS, again, OUTPUTS);
    ck_assert_double_eq(again[0], value);
    ck_assert_int_eq(memcmp(again + 1, y + 1, INPUTS * sizeof *y), 0);
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* ---- memory ---- */

START_TEST(running_takes_no_memory) {
    support_memory memory = {.scarce = false};
    tad_freeze_options o = ways[_i];
    double x[INPUTS], y[OUTPUTS + 1];
    graph g;
    tad_program *p;
    o.allocator = support_allocator(&memory);
    draw(x, INPUTS, 1);
    record_mixed(x, CELLS, &g);
    ck_done(tad_freeze(g.in, g.n_in, g.out, g.n_out, &o, &p), t);
    tad_workspace *w = tad_workspace_new(p);
    const size_t requests = memory.requests;
    memory.fail_at = requests + 1;
    memory.for_ever = true;
    for (int k = 0; k < 3; k++) run(w, x, INPUTS, y, OUTPUTS + 1);
    ck_assert_uint_eq(memory.requests, requests);
    tad_workspace_free(w);
    tad_program_free(p);
    ck_no_leak(&memory);
}
END_TEST

START_TEST(freezing_out_of_memory_leaves_nothing) {
    double x[INPUTS];
    graph g;
    draw(x, INPUTS, 1);
    /* where chunks of an arena are refused, nothing may be as large as one */
    record_mixed(x, _i == EXACT ? CELLS : 9, &g);
    for (int for_ever = 0; for_ever < 2; for_ever++)
        for (size_t n = 1;; n++) {
            support_memory memory = {.scarce = _i != EXACT, .fail_at = n, .for_ever = for_ever};
            tad_freeze_options o = ways[_i];
            tad_program *p;
            o.allocator = support_allocator(&memory);
            const tad_status s = tad_freeze(g.in, g.n_in, g.out, g.n_out, &o, &p);
            ck_assert(s == TAD_OK || s == TAD_NO_MEMORY);
            ck_assert_int_eq(s, tad_tape_status(t));
            ck_assert((s == TAD_OK) == (p != NULL));
            tad_tape_clear(t);
            tad_program_free(p);
            ck_no_leak(&memory);
            if (!memory.refused) break;
        }
}
END_TEST

/* ---- as text ---- */

/* Sines of products, and a chain. */
START_TEST(groups_are_shown) {
    enum { N = 1100 };
    static support_text k;
    static graph g;
    k.length = 0;
    g.n_in = N;
    g.n_out = N + 1;
    for (int i = 0; i < N; i++) g.in[i] = tad_scalar(t, 1. / (i + 1));
    for (int i = 0; i < N; i++) g.out[i] = tad_sin(tad_mul(g.in[i], g.in[(i + 1) % N]));
    g.out[N] = tad_div(tad_exp(g.in[0]), tad_add(g.in[1], g.in[2]));
    tad_program *p = frozen(&g, _i, "sines");
    ck_assert_uint_gt(tad_program_info_of(p).rolled_up, N);
    ck_assert_int_eq(tad_program_dump(p, support_keep, &k), TAD_OK);
    const char *groups = strstr(k.data, "rolled up, "), *out = strstr(k.data, "out[0] ");
    ck_assert(groups && out && groups < out);
    static const char *const line[] = {" = sums of products\n", " = sin\n", " = a list of "};
    for (int i = 0; i < 3; i++) {
        const char *found = strstr(groups, line[i]);
        ck_assert_msg(found && found < out, "no%s: %s", line[i], groups);
    }
    ck_assert(!strstr(k.data, "copy"));
    tad_program_free(p);
}
END_TEST

/* A step of a recurrence has few operations, and runs thousands of times. */
START_TEST(few_steps_are_rolled_up_if_asked) {
    static support_text k;
    for (int steps = 8; steps <= 24; steps += 16) {
        static graph g;
        g.n_in = g.n_out = 1;
        g.in[0] = g.out[0] = tad_scalar(t, 0.5);
        for (int i = 0; i < steps; i++)
            g.out[0] = i % 2 ? tad_sin(g.out[0]) : tad_fma(g.out[0], g.in[0], g.in[0]);
        tad_program *p = frozen(&g, _i, "steps");
        k.length = 0;
        ck_assert_int_eq(tad_program_dump(p, support_keep, &k), TAD_OK);
        ck_assert_int_eq(strstr(k.data, "rolled up, ") != NULL, _i == ROLLED && steps == 24);
        tad_program_free(p);
    }
}
END_TEST

/* ---- what it costs ---- */

/* What time depends on, and no result: how many sums and functions run as vectors, how many words
 * say where their operands are, how many bytes of memory a run has. Fewer of the last two is
 * better: who finds such an order writes it down here. */
enum { COSTS = WORKS + 8 /* random layers */ };
typedef struct cost {
    size_t rolled_up, words, bytes;
} cost;
static const cost costs[COSTS][WAYS] = {{{0, 0, 1792}, {354, 18, 4096}},
                                        {{0, 0, 3072}, {180, 306, 8448}},
                                        {{0, 0, 1664}, {0, 3, 3072}},
                                        {{0, 0, 1216}, {71, 90, 2880}},
                                        {{0, 0, 1280}, {161, 750, 4032}},
                                        {{2387, 3339, 24576}, {2320, 459, 24128}},
                                        {{1389, 2547, 21056}, {1389, 2641, 21056}},
                                        {{1340, 2464, 15488}, {1320, 2463, 15232}},
                                        {{3197, 2879, 39872}, {3201, 3474, 39424}},
                                        {{1061, 1280, 13632}, {982, 2465, 12736}},
                                        {{2192, 4330, 27456}, {2196, 4934, 27840}},
                                        {{3299, 3938, 35136}, {3203, 5017, 33600}},
                                        {{2224, 3361, 30400}, {2216, 5721, 29184}},
                                        {{2178, 2041, 38656}, {2134, 3303, 37760}},
                                        {{3530, 3299, 43392}, {3361, 3884, 40704}},
                                        {{2448, 4032, 28608}, {2498, 5787, 29632}}};

typedef struct long_text {
    char *data;
    size_t length, room;
} long_text;

static bool keep_all(void *user, const char *piece, size_t length) {
    long_text *k = user;
    if (k->length + length >= k->room) {
        k->room = 2 * (k->length + length) + 1;
        k->data = realloc(k->data, k->room);
    }
    memcpy(k->data + k->length, piece, length);
    k->length += length;
    k->data[k->length] = 0;
    return true;
}

/* The number behind these words, 0 without them. */
static size_t number_behind(const char *text, const char *words) {
    const char *found = strstr(text, words);
    return found ? strtoul(found + strlen(words), NULL, 10) : 0;
}

static cost cost_of(const tad_program *p) {
    long_text k = {NULL, 0, 0};
    cost c = {.rolled_up = tad_program_info_of(p).rolled_up};
    ck_assert_int_eq(tad_program_c_header(p, NULL, keep_all, &k), TAD_OK);
    c.bytes = number_behind(k.data, "#define program_WORK ");
    ck_assert_int_eq(tad_program_c(p, NULL, keep_all, &k), TAD_OK);
    c.words = number_behind(k.data, "const int32_t places[");
    free(k.data);
    return c;
}

static void ck_cost(const char *what, size_t is, size_t right) {
    ck_assert_msg(is == right, "%zu %s instead of %zu", is, what, right);
}

START_TEST(orders_are_good) {
    double x[WORK_INPUTS];
    graph g;
    draw_near_one(x, 1);
    if (_i / WAYS < WORKS)
        record_work(_i / WAYS, x, &g);
    else
        record(x, (uint64_t)(_i / WAYS - WORKS), &g);
    tad_program *p = frozen(&g, _i % WAYS, "costs");
    const cost is = cost_of(p), *right = &costs[_i / WAYS][_i % WAYS];
    ck_cost("rolled up", is.rolled_up, right->rolled_up);
    ck_cost("words", is.words, right->words);
    ck_cost("bytes", is.bytes, right->bytes);
    tad_program_free(p);
}
END_TEST

/* Each sum of constants times what all have, and of rows of a table times that: a fourth of the
 * operands is anywhere for lanes, all lie in runs. */
START_TEST(sums_run_along_their_terms_where_that_costs_less) {
    enum { POINTS_HERE = 64 };
    static graph g;
    tad_var shared[POINTS_HERE];
    g.n_in = g.n_out = INPUTS;
    for (int i = 0; i < INPUTS; i++) g.in[i] = tad_scalar(t, 1 + 0.01 * i);
    for (int k = 0; k < POINTS_HERE; k++) shared[k] = tad_sin(tad_add(g.in[0], tad_number(k)));
    for (int i = 0; i < INPUTS; i++) {
        g.out[i] = tad_number(0);
        for (int k = 0; k < POINTS_HERE; k++) {
            tad_var entry = tad_exp(tad_mul(g.in[i], tad_number(0.01 * k + 0.5)));
            g.out[i] = tad_add(g.out[i], tad_mul(shared[k], tad_number(2 + i)));
            g.out[i] = tad_add(g.out[i], tad_mul(shared[k], entry));
        }
    }
    tad_program *p = frozen(&g, ROLLED, "sums");
    ck_assert_uint_lt(cost_of(p).words, POINTS_HERE * INPUTS);
    tad_program_free(p);
}
END_TEST

/* ---- the suite ---- */

static TCase *tape_case(Suite *s, const char *name) {
    TCase *c = support_case(s, name);
    tcase_add_checked_fixture(c, set_up, tear_down);
    return c;
}

static Suite *suite(void) {
    Suite *s = suite_create("roll");
    TCase *c = tape_case(s, "costs"); /* first: quick, and most changes are seen there */
    tcase_add_loop_test(c, orders_are_good, 0, COSTS * WAYS);
    tcase_add_test(c, sums_run_along_their_terms_where_that_costs_less);

    c = tape_case(s, "values");
    tcase_add_loop_test(c, random_layers_agree, 0, 80 * WAYS);
    tcase_add_loop_test(c, every_level_has_the_same_bits, 0, 20 * WAYS);
    tcase_add_loop_test(c, rows_agree_at_special_points, 0, ROWS * WAYS);
    tcase_add_loop_test(c, workloads_agree, 0, WORKS * WAYS);
    tcase_add_loop_test(c, twins_are_computed_once, 0, WAYS);
    tcase_add_loop_test(c, other_steps_stay_in_between, 0, WAYS);
    tcase_add_loop_test(c, parameters_are_read_where_they_lie, 0, WAYS);
    tcase_add_test(c, lists_begin_with_zero);
    tcase_add_loop_test(c, lists_of_arrays_stay_calls, 0, WAYS);
    tcase_add_test(c, a_common_factor_invents_no_infinity);
    tcase_add_test(c, what_magnifies_rounding_errors_is_refused);
    tcase_add_test(c, half_of_all_digits_may_be_others);
    tcase_add_loop_test(c, rows_of_numbers_are_bound_anew, 0, WAYS);

    c = tape_case(s, "text");
    tcase_add_loop_test(c, groups_are_shown, 0, WAYS);
    tcase_add_loop_test(c, few_steps_are_rolled_up_if_asked, 0, WAYS);

    c = tape_case(s, "memory");
    tcase_add_loop_test(c, running_takes_no_memory, 0, WAYS);
    tcase_add_loop_test(c, freezing_out_of_memory_leaves_nothing, 0, WAYS);
    return s;
}
SUPPORT_MAIN(suite)
