/* A function at many points as one op: its values and derivatives are those of a loop over the
 * points; what it refuses. */
#include "support.h"

static tad_tape *t;

static void begin(void) { t = tad_tape_new(NULL); }
static void end(void) { tad_tape_free(t); }

static tad_var numbers(tad_tape *tape, tad_dtype dtype, tad_shape shape, uint64_t seed) {
    double x[2000] = {0};
    float narrow[2000] = {0};
    int64_t n = 1;
    for (int i = 0; i < shape.rank; i++) n *= shape.dim[i];
    for (int64_t i = 0; i < n; i++) narrow[i] = (float)(x[i] = sin((double)seed + 0.7 * (double)i));
    return tad_input(tape, dtype, shape, dtype == TAD_F64 ? (void *)x : narrow);
}

/* ---- functions of one point ---- */

/* Cross-entropy of one example in a net of two layers. */
static tad_var net(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    tad_var hidden = tad_tanh(tad_add(tad_matmul(in[0], in[2]), in[3]));
    tad_var logits = tad_reshape(tad_matmul(hidden, in[4]), TAD_SHAPE(1, 3));
    return tad_cross_entropy(logits, tad_reshape(in[1], TAD_SHAPE(1)), NULL);
}

/* Of single numbers. */
static tad_var curve(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    tad_var bump = tad_mul(in[2], tad_exp(tad_neg(tad_mul(in[3], in[0]))));
    return tad_square(tad_sub(tad_add(bump, tad_sin(in[0])), in[1]));
}

/* Of an array and a matrix, itself an array. */
static tad_var field(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_mul(tad_matmul(in[1], tad_sin(in[0])), tad_exp(tad_mean(in[0], tad_all())));
}

typedef struct operands {
    tad_var each[2], shared[3];
    size_t n_each, n_shared;
} operands;

static operands net_operands(tad_tape *tape, int64_t points, tad_dtype dtype) {
    int64_t label[400];
    for (int64_t i = 0; i < points; i++) label[i] = i * 7 % 3;
    return (operands){{numbers(tape, dtype, TAD_SHAPE(points, 5), 1),
                       tad_constant(tape, TAD_I64, TAD_SHAPE(points), label)},
                      {numbers(tape, dtype, TAD_SHAPE(5, 4), 2),
                       numbers(tape, dtype, TAD_SHAPE(4), 3),
                       numbers(tape, dtype, TAD_SHAPE(4, 3), 4)},
                      2,
                      3};
}

static operands curve_operands(tad_tape *tape, int64_t points) {
    return (operands){{numbers(tape, TAD_F64, TAD_SHAPE(points), 1),
                       numbers(tape, TAD_F64, TAD_SHAPE(points), 2)},
                      {tad_scalar(tape, 0.7), tad_scalar(tape, 0.4)},
                      2,
                      2};
}

static operands field_operands(tad_tape *tape, int64_t points) {
    return (operands){{numbers(tape, TAD_F64, TAD_SHAPE(points, 3), 5)},
                      {numbers(tape, TAD_F64, TAD_SHAPE(2, 3), 6)},
                      1,
                      1};
}

static tad_var mapped(tad_mapping *m, const operands *o) {
    return tad_map(m, o->each, o->n_each, o->shared, o->n_shared);
}

/* The same by a loop. */
static tad_var looped(tad_fn *f, const operands *o) {
    tad_var y[400], in[5];
    const int64_t points = tad_shape_of(o->each[0]).dim[0];
    for (int64_t p = 0; p < points; p++) {
        for (size_t i = 0; i < o->n_each; i++) in[i] = tad_at(o->each[i], p);
        memcpy(in + o->n_each, o->shared, o->n_shared * sizeof *in);
        y[p] = f(t, in, o->n_each + o->n_shared, NULL);
    }
    return tad_stack(y, (size_t)points, 0);
}

static void ck_same(tad_var a, tad_var b, double tolerance) {
    static double x[2000], y[2000];
    tad_shape sa = tad_shape_of(a), sb = tad_shape_of(b);
    const size_t n = (size_t)tad_size_of(a);
    ck_tape(t);
    ck_assert_int_eq(tad_dtype_of(a), tad_dtype_of(b));
    ck_assert_int_eq(sa.rank, sb.rank);
    ck_assert_mem_eq(sa.dim, sb.dim, (size_t)sa.rank * sizeof *sa.dim);
    ck_done(tad_read(a, x, n), t);
    ck_done(tad_read(b, y, n), t);
    for (size_t i = 0; i < n; i++) ck_near(x[i], y[i], tolerance);
}

/* What is differentiated by. */
static size_t variables(const operands *o, tad_var *x) {
    size_t n = 0;
    for (size_t i = 0; i < o->n_each; i++)
        if (tad_dtype_of(o->each[i]) != TAD_I64) x[n++] = o->each[i];
    for (size_t i = 0; i < o->n_shared; i++) x[n++] = o->shared[i];
    return n;
}

/* Values, both sweeps, tangents, and a second derivative of a map against the loop's. */
static void ck_as_a_loop(tad_fn *f, const operands *o, double tolerance) {
    tad_mapping *m = tad_mapping_new(f, NULL, NULL);
    tad_var y[2] = {mapped(m, o), looped(f, o)}, x[5], v[5], g[2][5], d[2], h[2][5];
    const size_t n = variables(o, x);
    ck_same(y[0], y[1], tolerance);
    for (size_t i = 0; i < n; i++)
        v[i] = numbers(t, tad_dtype_of(x[i]), tad_shape_of(x[i]), 10 + i);
    tad_var w = numbers(t, tad_dtype_of(y[0]), tad_shape_of(y[0]), 20);
    for (int k = 0; k < 2; k++) {
        tad_var total = tad_sum(tad_mul(y[k], w), tad_all());
        ck_done(tad_grad(&total, NULL, 1, x, n, g[k]), t);
        ck_done(tad_tangent(&y[k], 1, x, v, n, &d[k]), t);
        tad_var slope = tad_number(0);
        for (size_t i = 0; i < n; i++)
            slope = tad_add(slope, tad_sum(tad_mul(g[k][i], v[i]), tad_all()));
        ck_done(tad_grad(&slope, NULL, 1, x, n, h[k]), t);
    }
    ck_same(d[0], d[1], tolerance);
    for (size_t i = 0; i < n; i++) ck_same(g[0][i], g[1][i], 8 * tolerance);
    for (size_t i = 0; i < n; i++) ck_same(h[0][i], h[1][i], 32 * tolerance);
    tad_var total = tad_sum(tad_mul(y[0], w), tad_all());
    ck_done(tad_reverse(total), t);
    for (size_t i = 0; i < n; i++) ck_same(tad_gradient(x[i]), g[1][i], 8 * tolerance);
    tad_tape_reset(t);
    tad_mapping_free(m);
}

START_TEST(a_map_is_a_loop) {
    for (int64_t points = 1; points <= 130; points += 43) {
        operands o = curve_operands(t, points);
        ck_as_a_loop(curve, &o, 1e-14);
        o = field_operands(t, points);
        ck_as_a_loop(field, &o, 1e-14);
        o = net_operands(t, points, TAD_F64);
        ck_as_a_loop(net, &o, 1e-14);
        o = net_operands(t, points, TAD_F32);
        ck_as_a_loop(net, &o, 1e-5);
    }
}
END_TEST

static tad_var all_of_map(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape;
    return tad_map(user, in, 1, in + 1, n - 1);
}

START_TEST(gradient_check_passes) {
    operands o = field_operands(t, 4);
    tad_mapping *m = tad_mapping_new(field, NULL, NULL);
    tad_gradcheck_report report;
    const tad_var in[2] = {o.each[0], o.shared[0]};
    const tad_gradcheck_options both = {.order = 2};
    ck_assert_int_eq(tad_gradcheck(all_of_map, m, in, 2, &both, &report), TAD_CHECK_PASS);
    ck_assert_int_eq(report.second, TAD_SECOND_CHECKED);
    tad_tape_reset(t);
    tad_mapping_free(m);
}
END_TEST

/* ---- gradients of each ---- */

static tad_var gradient_of_net(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    tad_var loss = net(tape, in, n, user), gradient = tad_none();
    if (tad_grad(&loss, NULL, 1, &in[4], 1, &gradient) != TAD_OK) return loss;
    return gradient;
}

START_TEST(gradients_of_each_example_are_one_call) {
    const operands o = net_operands(t, 9, TAD_F64);
    tad_mapping *m = tad_mapping_new(gradient_of_net, NULL, NULL);
    tad_var each = mapped(m, &o), y = looped(net, &o);
    ck_shape(each, 9, 4, 3);
    for (int64_t p = 0; p < 9; p++) {
        tad_var loss = tad_at(y, p), g;
        ck_done(tad_grad(&loss, NULL, 1, &o.shared[2], 1, &g), t);
        ck_same(tad_at(each, p), g, 1e-14);
    }
    tad_tape_reset(t);
    tad_mapping_free(m);
}
END_TEST

/* ---- operands ---- */

static tad_var product_of_all(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)user;
    tad_var y = in[0];
    for (size_t i = 1; i < n; i++) y = tad_mul(y, in[i]);
    return y;
}

/* An op has eight results at most. */
START_TEST(more_operands_than_an_op_has_results) {
    tad_mapping *m = tad_mapping_new(product_of_all, NULL, NULL);
    tad_var each = numbers(t, TAD_F64, TAD_SHAPE(3), 1), shared[19], g[20], x[20] = {each};
    for (size_t i = 0; i < 19; i++) x[i + 1] = shared[i] = tad_scalar(t, 1 + 0.1 * (double)i);
    tad_var y = tad_sum(tad_map(m, &each, 1, shared, 19), tad_all());
    ck_done(tad_grad(&y, NULL, 1, x, 20, g), t);
    for (size_t i = 1; i < 20; i++) ck_near(tad_item(g[i]), tad_item(y) / tad_item(x[i]), 1e-14);
    for (int64_t p = 0; p < 3; p++)
        ck_near(tad_item(tad_at(g[0], p)) * tad_item(tad_sum(each, tad_all())), tad_item(y), 1e-14);
    tad_tape_reset(t);
    tad_mapping_free(m);
}
END_TEST

START_TEST(views_and_plain_numbers_are_operands) {
    tad_mapping *m = tad_mapping_new(product_of_all, NULL, NULL);
    tad_var x = numbers(t, TAD_F64, TAD_SHAPE(2, 6), 3), y[2];
    tad_var part = tad_slice(tad_transpose(x, 0, 1), 0, 1, 6, 2), number = tad_number(2);
    y[0] = tad_map(m, &part, 1, &number, 1);
    y[1] = tad_mul(part, number);
    ck_same(y[0], y[1], 0);
    /* other shapes and types are another function */
    tad_var narrow = tad_cast(tad_at(x, 1), TAD_F32);
    ck_same(tad_map(m, &narrow, 1, NULL, 0), narrow, 0);
    tad_tape_reset(t);
    tad_mapping_free(m);
}
END_TEST

static tad_var first_of_two(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_mul(in[0], tad_number(3));
}

START_TEST(what_is_not_used_has_gradient_zero) {
    const operands o = curve_operands(t, 5);
    tad_mapping *m = tad_mapping_new(first_of_two, NULL, NULL);
    tad_var y = tad_sum(mapped(m, &o), tad_all()), x[4], g[4];
    ck_done(tad_grad(&y, NULL, 1, x, variables(&o, x), g), t);
    ck_values(g[0], 0, 3, 3, 3, 3, 3);
    ck_values(g[1], 0, 0, 0, 0, 0, 0);
    ck_values(g[2], 0, 0);
    tad_tape_reset(t);
    tad_mapping_free(m);
}
END_TEST

static tad_var seven(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)in, (void)n, (void)user;
    return tad_number(7);
}

START_TEST(constants_have_derivative_zero) {
    const operands o = curve_operands(t, 3);
    tad_mapping *m = tad_mapping_new(seven, NULL, NULL);
    tad_var y = mapped(m, &o), x[4], g[4], d;
    const size_t n = variables(&o, x);
    ck_values(y, 0, 7, 7, 7);
    ck_done(tad_grad(&y, &o.each[1], 1, x, n, g), t);
    ck_values(g[0], 0, 0, 0, 0);
    ck_values(g[3], 0, 0);
    ck_done(tad_tangent(&y, 1, x, x, n, &d), t);
    ck_values(d, 0, 0, 0, 0);
    tad_tape_reset(t);
    tad_mapping_free(m);
}
END_TEST

static tad_var is_positive(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_greater(in[0], tad_number(0));
}

/* A result of another type hands no tangent on, nor an operand that has none. */
START_TEST(what_does_not_move_has_no_tangent) {
    tad_mapping *truth = tad_mapping_new(is_positive, NULL, NULL),
                *squares = tad_mapping_new(curve, NULL, NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){1, -2, 3}), none = tad_none(), out;
    tad_var z = tad_where(tad_map(truth, &x, 1, NULL, 0), tad_square(x), x), one = tad_number(1);
    ck_done(tad_tangent(&z, 1, &x, &one, 1, &out), t);
    ck_values(out, 0, 2, 1, 6);
    operands o = curve_operands(t, 3);
    tad_var y = tad_map(squares, o.each, o.n_each, o.shared, o.n_shared);
    size_t before = tad_node_count(t);
    ck_done(tad_tangent(&y, 1, &o.each[0], &none, 1, &out), t);
    ck_values(out, 0, 0, 0, 0);
    ck_assert_uint_le(tad_node_count(t), before + 1); /* zeros, which nothing was applied for */
    tad_tape_reset(t);
    tad_mapping_free(truth);
    tad_mapping_free(squares);
}
END_TEST

START_TEST(no_points) {
    const operands o = net_operands(t, 0, TAD_F64);
    tad_mapping *m = tad_mapping_new(net, NULL, NULL);
    tad_var losses = mapped(m, &o), y = tad_sum(losses, tad_all()), g[2];
    ck_shape(losses, 0);
    ck_done(tad_grad(&y, NULL, 1, (tad_var[]){o.each[0], o.shared[1]}, 2, g), t);
    ck_shape(g[0], 0, 5);
    ck_values(g[1], 0, 0, 0, 0, 0);
    tad_tape_reset(t);
    tad_mapping_free(m);
}
END_TEST

/* ---- inside others ---- */

static tad_var rows_of(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n;
    return tad_sum(tad_map(user, in, 1, in + 1, 1), tad_all());
}

START_TEST(a_map_in_a_map) {
    tad_mapping *inner = tad_mapping_new(product_of_all, NULL, NULL),
                *outer = tad_mapping_new(rows_of, inner, NULL);
    tad_var x = numbers(t, TAD_F64, TAD_SHAPE(4, 5), 2), k = tad_scalar(t, 3), g[2];
    tad_var y = tad_map(outer, &x, 1, &k, 1), all = tad_sum(y, tad_all());
    ck_same(y, tad_mul(tad_sum(x, tad_axis(1)), k), 1e-14);
    ck_done(tad_grad(&all, NULL, 1, (tad_var[]){x, k}, 2, g), t);
    ck_same(g[0], tad_full(t, TAD_F64, TAD_SHAPE(4, 5), 3), 0);
    ck_near(tad_item(g[1]), tad_item(tad_sum(x, tad_all())), 1e-14);
    tad_tape_reset(t);
    tad_mapping_free(outer);
    tad_mapping_free(inner);
}
END_TEST

START_TEST(a_map_is_frozen_with_its_gradient) {
    const operands o = net_operands(t, 70, TAD_F64);
    tad_mapping *m = tad_mapping_new(net, NULL, NULL);
    tad_var y = tad_mean(mapped(m, &o), tad_all()), in[5] = {o.each[0], o.each[1]}, g, out[2];
    memcpy(in + 2, o.shared, sizeof o.shared);
    ck_done(tad_grad(&y, NULL, 1, &o.shared[0], 1, &g), t);
    tad_program *p;
    out[0] = y, out[1] = g;
    ck_done(tad_freeze(in, 5, out, 2, NULL, &p), t);
    tad_workspace *w = tad_workspace_new(p);
    double loss, gradient[20];
    for (size_t i = 0; i < 5; i++)
        ck_assert_int_eq(
            tad_bind_in(w, i, tad_dtype_of(in[i]), tad_shape_of(in[i]), tad_data(in[i])), TAD_OK);
    ck_assert_int_eq(tad_bind_out(w, 0, TAD_F64, TAD_0D, &loss), TAD_OK);
    ck_assert_int_eq(tad_bind_out(w, 1, TAD_F64, TAD_SHAPE(5, 4), gradient), TAD_OK);
    ck_assert_int_eq(tad_run(w), TAD_OK);
    ck_assert(loss == tad_item(y));
    ck_assert_mem_eq(gradient, tad_data(g), sizeof gradient);
    tad_workspace_free(w);
    tad_program_free(p);
    tad_tape_reset(t);
    tad_mapping_free(m);
}
END_TEST

/* ---- threads, levels ---- */

static void run_with(int threads, tad_level level, double *out, size_t n) {
    tad_tape *own = tad_tape_new(&(tad_settings){.threads = threads, .level = level});
    operands o = {
        {numbers(own, TAD_F64, TAD_SHAPE(2000), 1), numbers(own, TAD_F64, TAD_SHAPE(2000), 2)},
        {tad_scalar(own, 0.7), tad_scalar(own, 0.4)},
        2,
        2};
    tad_mapping *m = tad_mapping_new(curve, NULL, NULL);
    tad_var y = tad_sum(mapped(m, &o), tad_all()), x[4], g[4];
    ck_done(tad_grad(&y, NULL, 1, x, variables(&o, x), g), own);
    ck_done(tad_read(g[0], out, n - 2), own);
    out[n - 2] = tad_item(g[2]);
    out[n - 1] = tad_item(g[3]);
    tad_tape_free(own);
    tad_mapping_free(m);
}

START_TEST(any_number_of_threads_gives_the_same_bits) {
    static double a[2002], b[2002];
    run_with(1, TAD_LEVEL_BASE, a, 2002);
    run_with(3, TAD_LEVEL_BASE, b, 2002);
    ck_assert_mem_eq(a, b, sizeof a);
    run_with(1, TAD_LEVEL_BEST, b, 2002);
    for (size_t i = 0; i < 2002; i++) ck_near(a[i], b[i], 1e-13);
}
END_TEST

/* Summed one after the other a million float32 would have three digits. */
START_TEST(long_float32_sums_keep_their_digits) {
    enum { POINTS = 1000000 };
    tad_mapping *m = tad_mapping_new(product_of_all, NULL, NULL);
    tad_var x = tad_full(t, TAD_F32, TAD_SHAPE(POINTS), 0.1), k = tad_full(t, TAD_F32, TAD_0D, 1);
    k = tad_input(t, TAD_F32, TAD_0D, tad_data(k));
    tad_var y = tad_map(m, &x, 1, &k, 1), g, ones = tad_full(t, TAD_F32, TAD_SHAPE(POINTS), 1);
    ck_done(tad_grad(&y, &ones, 1, &k, 1, &g), t);
    ck_near(tad_item(g), POINTS * (double)0.1f, 1e-7);
    tad_tape_reset(t);
    tad_mapping_free(m);
}
END_TEST

static tad_var square_of(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_square(in[0]);
}

/* Operands of another type or shape have a function of their own, and find it again. */
START_TEST(one_mapping_takes_any_operands) {
    const double six[6] = {1, 2, 3, 4, 5, 6};
    tad_mapping *m = tad_mapping_new(square_of, NULL, NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(6), six),
            list[3] = {x, tad_cast(x, TAD_F32), tad_reshape(x, TAD_SHAPE(3, 2))};
    for (int k = 0; k < 9; k++) {
        tad_var of = list[k * 2 % 3], y = tad_map(m, &of, 1, NULL, 0);
        ck_tape(t);
        ck_assert_int_eq(tad_dtype_of(y), tad_dtype_of(of));
        ck_assert_int_eq(tad_shape_of(y).rank, tad_shape_of(of).rank);
        ck_values(y, 0, 1, 4, 9, 16, 25, 36);
    }
    tad_tape_reset(t);
    tad_mapping_free(m);
}
END_TEST

static tad_var root_above_zero(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_where(tad_greater(in[0], tad_number(0)), tad_sqrt(in[0]), tad_number(0));
}

/* Derivatives of points are those of the tape's setting, and of no other tape's. */
START_TEST(zero_is_as_strong_as_on_the_tape) {
    tad_mapping *m = tad_mapping_new(root_above_zero, NULL, NULL);
    for (int k = 0; k < 4; k++) {
        tad_tape *tape = tad_tape_new(&(tad_settings){.strong_zero = k % 2 == 1});
        tad_var x = tad_input(tape, TAD_F64, TAD_SHAPE(2), (double[]){0, 4});
        ck_done(tad_reverse(tad_sum(tad_map(m, &x, 1, NULL, 0), tad_all())), tape);
        ck_values(tad_gradient(x), 0, k % 2 ? 0 : NAN, 0.25);
        tad_tape_free(tape);
    }
    tad_mapping_free(m);
}
END_TEST

/* ---- what is refused ---- */

static tad_var refusing(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_matmul(in[0], in[0]);
}

static tad_var nothing(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)in, (void)n, (void)user;
    return tad_none();
}

static tad_var reading(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_mul(in[0], tad_number(tad_item(in[0])));
}

static tad_var foreign(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n;
    return tad_mul(in[0], *(tad_var *)user);
}

static tad_var deciding(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_decide(tad_greater(in[0], tad_number(0))) ? tad_sqrt(in[0]) : in[0];
}

static tad_var drawing(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)n, (void)user;
    return tad_mul(in[0], tad_rand(tape, TAD_F64, TAD_0D));
}

static void ck_map_refuses(tad_fn *f, void *user, tad_status code, const char *word,
                           const char *more) {
    tad_mapping *m = tad_mapping_new(f, user, NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(4), (double[]){1, 2, -3, 4});
    ck_assert(tad_is_nil(tad_map(m, &x, 1, NULL, 0)));
    ck_refused(t, code, word, more);
    tad_tape_reset(t);
    tad_mapping_free(m);
}

START_TEST(functions_that_cannot_be_mapped) {
    tad_var outer = tad_scalar(t, 2);
    ck_map_refuses(foreign, &outer, TAD_BAD_HANDLE, "map", "tape");
    ck_map_refuses(refusing, NULL, TAD_BAD_SHAPE, "map", "matmul");
    ck_map_refuses(nothing, NULL, TAD_BAD_HANDLE, "map", "no variable");
    ck_map_refuses(reading, NULL, TAD_WITNESS, "map", "read");
    ck_map_refuses(drawing, NULL, TAD_UNSUPPORTED, "map", "random numbers");
    ck_map_refuses(deciding, NULL, TAD_BRANCH, "map", "at point 2");
}
END_TEST

START_TEST(operands_that_cannot_be_mapped) {
    tad_mapping *m = tad_mapping_new(product_of_all, NULL, NULL);
    tad_var x = numbers(t, TAD_F64, TAD_SHAPE(4), 1), y = numbers(t, TAD_F64, TAD_SHAPE(3), 1);
    tad_var list[65], number = tad_number(1), nil = {0};
    for (size_t i = 0; i < 65; i++) list[i] = x;
    ck_assert(tad_is_nil(tad_map(NULL, &x, 1, NULL, 0)));
    ck_refused(t, TAD_BAD_ARGUMENT, "no mapping", "");
    ck_assert(tad_is_nil(tad_map(m, NULL, 1, &x, 1)));
    ck_refused(t, TAD_BAD_ARGUMENT, "NULL", "");
    ck_assert(tad_is_nil(tad_map(m, &x, 1, NULL, 1)));
    ck_refused(t, TAD_BAD_ARGUMENT, "NULL", "");
    ck_assert(tad_is_nil(tad_map(m, NULL, 0, &x, 1)));
    ck_refused(t, TAD_BAD_ARGUMENT, "axis of points", "");
    ck_assert(tad_is_nil(tad_map(m, list, 65, NULL, 0)));
    ck_refused(t, TAD_TOO_LARGE, "64", "");
    ck_assert(tad_is_nil(tad_map(m, (tad_var[]){x, y}, 2, NULL, 0)));
    ck_refused(t, TAD_BAD_SHAPE, "operand 1", "(3)");
    ck_assert(tad_is_nil(tad_map(m, (tad_var[]){x, tad_scalar(t, 1)}, 2, NULL, 0)));
    ck_refused(t, TAD_BAD_SHAPE, "operand 1", "no axis");
    ck_assert(tad_is_nil(tad_map(m, (tad_var[]){x, number}, 2, NULL, 0)));
    ck_refused(t, TAD_BAD_HANDLE, "map", "");
    ck_assert(tad_is_nil(tad_map(m, &x, 1, &nil, 1)));
    ck_refused(t, TAD_BAD_HANDLE, "map", "");
    ck_assert(tad_is_nil(tad_map(m, NULL, 0, NULL, 0)));
    ck_assert_ptr_null(tad_mapping_new(NULL, NULL, NULL));
    tad_mapping_free(NULL);
    tad_mapping_free(m);
}
END_TEST

START_TEST(a_rank_too_many) {
    tad_mapping *m = tad_mapping_new(product_of_all, NULL, NULL);
    tad_var x = numbers(t, TAD_F64, TAD_SHAPE(2), 1),
            full = tad_full(t, TAD_F64, TAD_SHAPE(1, 1, 1, 1, 1, 1, 1, 1), 1);
    ck_assert(tad_is_nil(tad_map(m, &x, 1, &full, 1)));
    ck_refused(t, TAD_TOO_LARGE, "map", "rank");
    tad_tape_reset(t);
    tad_mapping_free(m);
}
END_TEST

START_TEST(more_operands_with_cotangents_than_can_be) {
    tad_mapping *m = tad_mapping_new(product_of_all, NULL, NULL);
    tad_var list[64], y, g;
    for (size_t i = 0; i < 64; i++) list[i] = numbers(t, TAD_F64, TAD_SHAPE(2), i);
    y = tad_sum(tad_map(m, list, 64, NULL, 0), tad_all());
    ck_tape(t);
    ck_assert_int_eq(tad_grad(&y, NULL, 1, list, 1, &g), TAD_TOO_LARGE);
    ck_refused(t, TAD_TOO_LARGE, "map", "64");
    tad_tape_reset(t);
    tad_mapping_free(m);
}
END_TEST

/* Of a result that no input moves nothing passes, and its neighbours keep their places: the
 * derivative by x of a sign is constant. */
static tad_var signed_weight(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_mul(tad_sign(in[0]), in[1]);
}

START_TEST(constant_results_pass_nothing) {
    tad_mapping *m = tad_mapping_new(signed_weight, NULL, NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){-1, 2, 3}), w = tad_scalar(t, 5),
            s = tad_scalar(t, 0.5), in[2] = {x, w}, g[2], by_s;
    tad_var y = tad_mul(s, tad_sum(tad_map(m, &x, 1, &w, 1), tad_all()));
    ck_done(tad_grad(&y, NULL, 1, in, 2, g), t);
    ck_values(g[0], 0, 0, 0, 0);
    ck_values(g[1], 1e-15, 0.5);
    tad_var squares = tad_add(tad_sum(tad_square(g[0]), tad_all()), tad_square(g[1]));
    ck_done(tad_grad(&squares, NULL, 1, &s, 1, &by_s), t);
    ck_values(by_s, 1e-15, 1);
    tad_tape_reset(t);
    tad_mapping_free(m);
}
END_TEST

/* Recorded at the first point of a view. */
static tad_var by_second(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    const bool positive = tad_decide(tad_greater(tad_at(in[0], 1), tad_number(0)));
    return positive ? tad_sum(in[0], tad_all()) : tad_neg(tad_sum(in[0], tad_all()));
}

START_TEST(the_first_point_of_a_view_decides) {
    tad_mapping *m = tad_mapping_new(by_second, NULL, NULL);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){-1, -2, -3, 4, 5, 6}),
            turned = tad_transpose(x, 0, 1);
    ck_values(tad_map(m, &turned, 1, NULL, 0), 1e-15, 3, 3, 3);
    ck_tape(t);
    tad_tape_reset(t);
    tad_mapping_free(m);
}
END_TEST

static tad_var by_other(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_decide(tad_greater(in[1], tad_number(0))) ? in[0] : tad_neg(in[0]);
}

START_TEST(the_first_point_of_every_operand_decides) {
    tad_mapping *m = tad_mapping_new(by_other, NULL, NULL);
    tad_var in[2] = {tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2}),
                     tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){3, 4})};
    ck_values(tad_map(m, in, 2, NULL, 0), 1e-15, 1, 2);
    ck_tape(t);
    tad_tape_reset(t);
    tad_mapping_free(m);
}
END_TEST

/* A status, nothing leaked, and the same afterwards. */
START_TEST(out_of_memory) {
    for (size_t n = 1;; n++) {
        support_memory of_tape = {.fail_at = _i ? 0 : n}, of_map = {.fail_at = n, .for_ever = _i};
        const tad_allocator allocator = support_allocator(&of_map);
        tad_tape *own = support_tape(&of_tape);
        tad_mapping *m = tad_mapping_new(field, NULL, &allocator);
        for (int again = 0; again < 2 && own && m; again++) {
            operands o = field_operands(own, 3);
            tad_var y = tad_sum(mapped(m, &o), tad_all()), g = tad_none();
            (void)!tad_grad(&y, NULL, 1, &o.shared[0], 1, &g);
            const tad_status s = tad_tape_status(own);
            ck_assert_msg(s == TAD_NO_MEMORY || s == TAD_OK, "%s", tad_message(own));
            ck_assert(s == TAD_NO_MEMORY || fabs(tad_item(tad_at(tad_at(g, 0), 0)) - 1.0) < 100);
            of_tape.fail_at = of_map.fail_at = 0;
            of_map.for_ever = false;
            tad_tape_reset(own);
        }
        tad_tape_free(own);
        tad_mapping_free(m);
        ck_no_leak(&of_tape);
        ck_no_leak(&of_map);
        if (!of_tape.refused && !of_map.refused) break;
    }
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("map");
    TCase *c = support_case(s, "derivatives");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, a_map_is_a_loop);
    tcase_add_test(c, gradient_check_passes);
    tcase_add_test(c, gradients_of_each_example_are_one_call);
    tcase_add_test(c, more_operands_than_an_op_has_results);
    tcase_add_test(c, views_and_plain_numbers_are_operands);
    tcase_add_test(c, what_is_not_used_has_gradient_zero);
    tcase_add_test(c, constants_have_derivative_zero);
    tcase_add_test(c, what_does_not_move_has_no_tangent);
    tcase_add_test(c, no_points);
    tcase_add_test(c, a_map_in_a_map);
    tcase_add_test(c, a_map_is_frozen_with_its_gradient);
    tcase_add_test(c, any_number_of_threads_gives_the_same_bits);
    tcase_add_test(c, one_mapping_takes_any_operands);
    tcase_add_test(c, zero_is_as_strong_as_on_the_tape);
    tcase_add_test(c, long_float32_sums_keep_their_digits);
    c = support_case(s, "refused");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, functions_that_cannot_be_mapped);
    tcase_add_test(c, operands_that_cannot_be_mapped);
    tcase_add_test(c, a_rank_too_many);
    tcase_add_test(c, more_operands_with_cotangents_than_can_be);
    tcase_add_test(c, constant_results_pass_nothing);
    tcase_add_test(c, the_first_point_of_a_view_decides);
    tcase_add_test(c, the_first_point_of_every_operand_decides);
    tcase_add_loop_test(c, out_of_memory, 0, 2);
    return s;
}

SUPPORT_MAIN(suite)
