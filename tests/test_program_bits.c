/* Programs beside the tape: for every op and sample, every row at special points, and in random
 * graphs, a program frozen at one point gives at others the bits that the tape gives there,
 * whatever was shared, fused and placed; many points give those of one. */
#include "programs.h"

#include <tad/gradcheck.h>

#include "rows.h"

enum { MOST = TAD_MAX_INPUTS };

/* ---- every op ---- */

static const tad_op *op_of(int i) { return tad_op_at((size_t)i); }
static bool is_float(tad_var v) { return tad_dtype_of(v) == TAD_F64 || tad_dtype_of(v) == TAD_F32; }

/* A number that depends on all results, not linearly, by drawn weights. */
static tad_var total(const tad_var *y, size_t n) {
    tad_var sum = tad_scalar(t, 0);
    for (size_t k = 0; k < n; k++) {
        if (!is_float(y[k])) continue;
        tad_var z = tad_cast(y[k], TAD_F64), w = tad_randn(t, TAD_F64, tad_shape_of(z));
        sum = tad_add(sum, tad_sum(tad_mul(w, tad_add(z, tad_mul(z, z))), tad_all()));
    }
    return sum;
}

/* The results of a sample, a total of them, its gradient, and how that moves. */
static void record_sample(const tad_op *op, const tad_sample *s, uint64_t seed, graph *g) {
    tad_var in[MOST] = {{0}}, x[MOST], v[MOST], hvp[MOST];
    size_t n = 0;
    *g = (graph){.n_in = 0};
    tad_tape_set_random(t, (tad_random){1, 0});
    for (size_t i = 0; i < s->n; i++) {
        in[i] = tad_sample_fill(t, &s->in[i], seed + i);
        if (s->in[i].absent) continue;
        g->in[g->n_in++] = in[i];
        if (tad_node_needs_gradient(in[i])) x[n++] = in[i];
    }
    tad_var out[TAD_MAX_OUTPUTS]; /* nil beyond those that there are */
    (void)tad_apply(op, in, s->n, s->options, out, TAD_MAX_OUTPUTS);
    while (g->n_out < TAD_MAX_OUTPUTS && !tad_is_nil(out[g->n_out])) {
        g->out[g->n_out] = out[g->n_out];
        g->n_out++;
    }
    tad_var f = total(g->out, g->n_out);
    ck_tape(t);
    g->out[g->n_out++] = f;
    if (!n || !tad_node_needs_gradient(g->out[0])) return;
    for (size_t i = 0; i < n; i++) v[i] = tad_full(t, tad_dtype_of(x[i]), tad_shape_of(x[i]), 0.5);
    ck_done(tad_grad(&f, NULL, 1, x, n, g->out + g->n_out), t);
    ck_done(tad_tangent(g->out + g->n_out, n, x, v, n, hvp), t);
    g->n_out += n;
    for (size_t i = 0; i < n; i++) g->out[g->n_out++] = hvp[i];
}

static int64_t elements(tad_shape s) {
    int64_t n = 1;
    for (int i = 0; i < s.rank; i++) n *= s.dim[i];
    return n;
}

/* Whether results are as large as they were: some ops have shapes that depend on elements. */
static bool has_shapes_of(const graph *g, const tad_program *p) {
    bool same = true;
    for (size_t k = 0; k < g->n_out; k++)
        same = same && elements(tad_program_out_type(p, k).shape) == tad_size_of(g->out[k]);
    return same;
}

/* Where they are not, a program says so. */
static void ck_is_refused(tad_workspace *w, const tad_program *p, const graph *g) {
    static double room[VARIABLES][64];
    for (size_t k = 0; k < g->n_in; k++)
        ck_assert_int_eq(
            tad_bind_in(w, k, tad_dtype_of(g->in[k]), tad_shape_of(g->in[k]), tad_data(g->in[k])),
            TAD_OK);
    for (size_t k = 0; k < g->n_out; k++) {
        const tad_type y = tad_program_out_type(p, k);
        ck_assert_int_le(elements(y.shape), 64);
        ck_assert_int_eq(tad_bind_out(w, k, y.dtype, y.shape, room[k]), TAD_OK);
    }
    ck_assert_int_ne(tad_run(w), TAD_OK);
}

START_TEST(every_op_gives_the_bits_of_the_tape) {
    tad_sample_room room;
    graph g;
    for (size_t i = 0; i < tad_sample_count(op_of(_i)); i++) {
        ck_assert(tad_sample_at(op_of(_i), i, &room));
        record_sample(op_of(_i), &room.sample, 0, &g);
        tad_program *p = frozen(&g, room.sample.label);
        tad_workspace *w = tad_workspace_new(p);
        for (uint64_t seed = 0; seed < 3; seed++) {
            tad_tape_reset(t);
            record_sample(op_of(_i), &room.sample, 10 * seed, &g);
            tad_set_random(w, (tad_random){1, 0});
            if (!has_shapes_of(&g, p)) {
                ck_is_refused(w, p, &g);
                continue;
            }
            run_beside(w, &g, room.sample.label);
            ck_assert_uint_eq(tad_random_of(w).drawn, tad_tape_random(t).drawn);
        }
        tad_workspace_free(w);
        tad_program_free(p);
        tad_tape_reset(t);
    }
}
END_TEST

/* ---- rows on numbers ---- */

/* Value, gradient and products of row f and its gradient: at x, with operand `plain` a number. */
static void record_row(const row *f, const double *x, size_t plain, graph *g) {
    tad_var in[3], hvp[3], v[3] = {tad_number(1), tad_number(0.5), tad_number(-2)};
    *g = (graph){.n_in = 0};
    for (size_t i = 0; i < f->n_in; i++) {
        in[i] = i == plain ? tad_number(0.75) : tad_scalar(t, x[i]);
        if (i != plain) g->in[g->n_in++] = in[i];
    }
    g->out[0] = f->call(in, f->options);
    ck_done(tad_grad(g->out, NULL, 1, g->in, g->n_in, g->out + 1), t);
    ck_done(tad_tangent(g->out + 1, g->n_in, g->in, v, g->n_in, hvp), t);
    g->n_out = 1 + g->n_in;
    for (size_t i = 0; i < g->n_in; i++) g->out[g->n_out++] = hvp[i];
}

static void try_row(const row *f, size_t plain) {
    static const double start[3] = {0.7, 0.4, 1.3};
    graph g;
    size_t all = 1;
    if (f->n_in == 1 && plain == 0) return;
    for (size_t i = 0; i < f->n_in; i++) all *= POINTS;
    record_row(f, start, plain, &g);
    tad_program *p = frozen(&g, f->name);
    tad_workspace *w = tad_workspace_new(p);
    for (size_t k = 0; k < all; k += f->n_in == 3 ? 5 : 1) {
        const double x[3] = {points[k % POINTS], points[k / POINTS % POINTS],
                             points[k / POINTS / POINTS % POINTS]};
        tad_tape_reset(t);
        record_row(f, x, plain, &g);
        run_beside(w, &g, f->name);
    }
    tad_workspace_free(w);
    tad_program_free(p);
    tad_tape_reset(t);
}

START_TEST(rows_agree_at_special_points) {
    for (size_t plain = 0; plain <= rows[_i].n_in; plain++) try_row(&rows[_i], plain);
}
END_TEST

/* ---- random graphs of numbers and arrays ---- */

enum { LEAVES = 4, STEPS = 80 };

static tad_var array_step(tad_var a, tad_var b, tad_random *r) {
    switch (tad_random_below(r, 8)) {
    case 0: return tad_mul(a, tad_tanh(b));
    case 1: return tad_add(tad_transpose(a, 0, 1), b);
    case 2: return tad_softmax(a, 1);
    case 3: return tad_matmul(tad_transpose(a, 0, 1), b);
    case 4: return tad_flip(b, tad_axis(0));
    case 5: return tad_mul(tad_sin(a), tad_number(0.5));
    case 6: return tad_where(tad_greater(a, b), a, tad_cos(b));
    default: return tad_sub(tad_mean(a, tad_keepdims(tad_axis(1))), b);
    }
}

static tad_var number_step(tad_var a, tad_var b, tad_random *r) {
    const tad_var list[] = {a, b, a};
    switch (tad_random_below(r, 8)) {
    case 0: return tad_mul(a, b);
    case 1: return tad_tanh(tad_sub(a, tad_number(2)));
    case 2: return tad_fma(tad_sin(a), b, a);
    case 3: return tad_div(b, tad_add(tad_square(a), tad_number(1)));
    case 4: return tad_hypot(a, b);
    case 5: return tad_sum_list(list, 3);
    case 6: return tad_pow_scalar(tad_sigmoid(a), 1.5);
    default: return tad_maximum(a, b);
    }
}

/* Both kinds meet now and then. Arrays are small, or longer than a strip. */
static void record_random(uint64_t seed, uint64_t data, graph *g) {
    enum { LARGEST = 37 };
    tad_random r = {seed, 0}, d = {data, 0};
    tad_var array[LEAVES + STEPS], number[LEAVES + STEPS], sum;
    double values[LARGEST * LARGEST];
    const int64_t side = seed % 3 ? 3 : LARGEST;
    size_t a = 0, n = 0;
    *g = (graph){.n_in = 2 * LEAVES, .n_out = 3};
    for (; a < LEAVES; a++, n++) {
        for (int64_t i = 0; i < side * side; i++) values[i] = tad_random_normal(&d);
        g->in[a] = array[a] = tad_input(t, TAD_F64, TAD_SHAPE(side, side), values);
        g->in[LEAVES + n] = number[n] = tad_scalar(t, values[4]);
    }
    for (int k = 0; k < STEPS; k++) {
        tad_var x = array[tad_random_below(&r, a)], y = array[tad_random_below(&r, a)],
                p = number[tad_random_below(&r, n)], q = number[tad_random_below(&r, n)];
        switch (tad_random_below(&r, 5)) {
        case 0:
        case 1: array[a++] = array_step(x, y, &r); break;
        case 2: array[a++] = tad_mul(x, p); break;
        case 3: number[n++] = tad_mean(tad_tanh(x), tad_all()); break;
        default: number[n++] = number_step(p, q, &r);
        }
    }
    sum = tad_add(number[n - 1], tad_sum(tad_tanh(array[a - 1]), tad_all()));
    g->out[0] = sum;
    g->out[1] = array[a - 1];
    g->out[2] = array[a / 2];
    ck_done(tad_grad(&sum, NULL, 1, g->in, g->n_in, g->out + g->n_out), t);
    g->n_out += g->n_in;
}

START_TEST(random_graphs_agree) {
    graph g;
    const uint64_t seed = (uint64_t)_i;
    record_random(seed, 1, &g);
    tad_program *p = frozen(&g, "random graph");
    tad_workspace *w = tad_workspace_new(p);
    for (uint64_t data = 1; data < 5; data++) {
        tad_tape_reset(t);
        record_random(seed, data, &g);
        run_beside(w, &g, "random graph");
    }
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* ---- results that nobody asked for ---- */

enum { GUARD = 16, GUARDED = 0x5A };

/* Looks behind each piece of memory before it is given back; *user: how often something was there.
 */
static void *guarded_resize(void *user, void *old, size_t old_size, size_t new_size) {
    size_t *spoilt = user;
    unsigned char *block = new_size ? malloc(new_size + GUARD) : NULL;
    if (block) memset(block + new_size, GUARDED, GUARD);
    if (block && old) memcpy(block, old, old_size < new_size ? old_size : new_size);
    for (size_t k = 0; k < GUARD && old; k++)
        *spoilt += ((unsigned char *)old)[old_size + k] != GUARDED;
    free(old);
    return block;
}

/* The last node that is needed is the first result of its op, which has others behind it. */
START_TEST(the_last_output_is_one_of_several_results) {
    const double five[5] = {3, 1, 2, 5, 4};
    size_t spoilt = 0;
    const tad_freeze_options o = {.allocator = {guarded_resize, &spoilt}};
    graph g = {.n_in = 1, .n_out = 1};
    tad_var indices;
    g.in[0] = tad_input(t, TAD_F64, TAD_SHAPE(5), five);
    g.out[0] = tad_sort(g.in[0], 0, false, &indices);
    machine m = machine_of(g.in, 1, g.out, 1, &o), given = machine_of(g.out, 1, g.out, 1, &o);
    run_beside(m.w, &g, "sort");
    machine_free(m);
    machine_free(given);
    ck_assert_uint_eq(spoilt, 0);
}
END_TEST

/* The sum of two NaNs of different sign is one of either sign. */
START_TEST(the_sign_of_a_nan_is_no_reason_to_refuse) {
    for (int k = 0; k < 4; k++) {
        const double x[3] = {k & 1 ? -NAN : NAN, k & 2 ? -NAN : NAN, 1};
        tad_var in[3], y;
        for (int i = 0; i < 3; i++) in[i] = tad_scalar(t, x[i]);
        y = tad_dot_list(in, in + 1, 1, in[2]);
        machine m = machine_of(in, 3, &y, 1, NULL);
        double out = 0;
        run_numbers(m, x, &out);
        ck_assert(isnan(out));
        machine_free(m);
    }
}
END_TEST

/* ---- how constants lie ---- */

enum { SIDE = 37, WAYS = 7 };

static tad_var seen_otherwise(tad_var c, int way) {
    switch (way) {
    case 0: return tad_transpose(c, 0, 1);
    case 1: return tad_flip(c, tad_axis(1));
    case 2: return tad_broadcast_to(tad_slice(c, 0, 0, 1, 1), TAD_SHAPE(SIDE, SIDE));
    case 3: return tad_detach(tad_transpose(c, 0, 1));
    case 4: return tad_slice(tad_transpose(c, 0, 1), 0, 0, SIDE, 2);
    case 5: return tad_transpose(tad_flip(tad_transpose(c, 0, 1), tad_axis(0)), 0, 1);
    default: return tad_transpose(tad_reshape(c, TAD_SHAPE(SIDE * SIDE, 1)), 0, 1);
    }
}

/* A matrix times a column: the order of its sums is that in which the matrix lies. */
static void record_column(tad_var c, int way, int data, graph *g) {
    double x[SIDE];
    for (int i = 0; i < SIDE; i++) x[i] = cos(0.3 * i + data);
    *g = (graph){.n_in = 1, .n_out = 1};
    g->in[0] = tad_input(t, TAD_F64, TAD_SHAPE(SIDE, 1), x);
    tad_var matrix = seen_otherwise(c, way),
            column = way < WAYS - 1 ? g->in[0] : tad_tile(g->in[0], (int64_t[]){SIDE, 1}, 2);
    g->out[0] = tad_matmul(matrix, column);
}

static void try_column(tad_var c, int way, const tad_freeze_options *o) {
    graph g;
    record_column(c, way, 0, &g);
    machine m = machine_of(g.in, 1, g.out, 1, o);
    for (int data = 1; data < 5; data++) {
        record_column(c, way, data, &g);
        run_beside(m.w, &g, "a matrix and a column");
    }
    machine_free(m);
}

START_TEST(constants_lie_as_on_the_tape) {
    static double values[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++) values[i] = sin(1.7 * i);
    const tad_shape square = TAD_SHAPE(SIDE, SIDE);
    const tad_var parameter = tad_param(t, TAD_F64, square, values);
    try_column(tad_constant(t, TAD_F64, square, values), _i, NULL);
    try_column(parameter, _i, &(tad_freeze_options){.copy_parameters = true});
    try_column(parameter, _i, NULL);
}
END_TEST

/* ---- what is saved ---- */

START_TEST(what_nothing_needs_or_is_known_is_not_computed) {
    const double two[2] = {2, 2};
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), two),
            c = tad_constant(t, TAD_F64, TAD_SHAPE(2), two);
    (void)tad_exp(x);
    tad_var known = tad_exp(c), y = tad_add(tad_mul(tad_sin(x), known), tad_mul(tad_sin(x), known));
    machine m = machine_of(&x, 1, &y, 1, NULL);
    const tad_program_info i = tad_program_info_of(m.p);
    ck_assert_uint_eq(i.recorded, 5);
    ck_assert_uint_eq(i.folded, 1);
    ck_assert_uint_eq(i.shared, 2);
    ck_assert_uint_eq(i.calls, 3);
    machine_free(m);
}
END_TEST

START_TEST(options_and_operands_tell_calls_apart) {
    const double six[6] = {1, 2, 3, 4, 5, 6};
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), six),
            a = tad_sum(x, tad_keepdims(tad_axis(1))), b = tad_sum(x, tad_keepdims(tad_axis(0))),
            same = tad_sum(x, tad_keepdims(tad_axis(1))),
            slope = tad_add(tad_leaky_relu(x, 0.1), tad_leaky_relu(x, 0.2)),
            y = tad_sum(tad_mul(tad_add(tad_add(a, b), same), slope), tad_all());
    machine m = machine_of(&x, 1, &y, 1, NULL);
    ck_assert_uint_eq(tad_program_info_of(m.p).shared, 1);
    machine_free(m);
}
END_TEST

static tad_program_info info_of(const tad_var *in, size_t n_in, const tad_var *out, size_t n_out) {
    machine m = machine_of(in, n_in, out, n_out, NULL);
    const tad_program_info i = tad_program_info_of(m.p);
    machine_free(m);
    return i;
}

static tad_var sine_of_product(const tad_var *in) { return tad_sin(tad_mul(in[0], in[1])); }

START_TEST(numbers_are_computed_once) {
    const tad_var in[2] = {tad_scalar(t, 0.7), tad_scalar(t, -0.3)};
    tad_var one = sine_of_product(in), again = sine_of_product(in),
            out = tad_fma(one, again, tad_sub(in[0], in[1]));
    tad_program_info i = info_of(in, 2, &out, 1);
    ck_assert_uint_eq(i.numbers, 4);
    ck_assert_uint_eq(i.shared, 2);
    out = tad_add(tad_mul(tad_number(1), in[0]), tad_mul(in[1], tad_number(1)));
    i = info_of(in, 2, &out, 1);
    ck_assert_uint_eq(i.numbers, 1);
    ck_assert_uint_eq(i.shared, 2);
}
END_TEST

/* Other operands, another order of them, another row, another option. */
START_TEST(steps_on_numbers_are_told_apart) {
    const tad_var in[2] = {tad_scalar(t, -0.7), tad_scalar(t, -0.3)}, x = in[0], y = in[1];
    const tad_var out[] = {
        tad_sub(x, y),          tad_sub(y, x),          tad_maximum(x, y),
        tad_maximum(y, x),      tad_fma(x, x, y),       tad_fma(x, y, y),
        tad_fma(x, x, x),       tad_fnma(x, x, x),      tad_mul(x, tad_number(2)),
        tad_leaky_relu(x, 0.1), tad_leaky_relu(x, 0.2), tad_leaky_relu(y, 0.2),
        tad_leaky_relu(x, 0.1)};
    enum { N = sizeof out / sizeof *out };
    double y_of[N], x_of[2] = {-2, -3};
    machine m = machine_of(in, 2, out, N, NULL);
    const tad_program_info i = tad_program_info_of(m.p);
    ck_assert_uint_eq(i.numbers, N - 1);
    ck_assert_uint_eq(i.shared, 1);
    run_numbers(m, x_of, y_of);
    static const double right[N] = {
        1, -1, -2, -2, 1, 3, 2, -6, -4, -0.2, -0.4, -0.6000000000000001, -0.2};
    for (size_t k = 0; k < N; k++) ck_assert_double_eq(y_of[k], right[k]);
    machine_free(m);
}
END_TEST

/* Of a list that is rolled up functions are, but not products: these are terms of items. */
START_TEST(long_lists_share_functions) {
    enum { N = 1000 };
    static tad_var in[N], out[2 * N];
    for (size_t k = 0; k < N; k++) in[k] = tad_scalar(t, 1 + 0.01 * (double)k);
    for (size_t k = 0; k < 2 * N; k++) {
        tad_var x = in[k % N];
        out[k] = tad_add(tad_mul(tad_exp(x), x), tad_mul(x, x));
    }
    const tad_program_info i = info_of(in, N, out, 2 * N);
    ck_assert_uint_eq(i.shared, N);
    ck_assert_uint_eq(i.recorded, i.numbers + N);
}
END_TEST

/* Calls that are alike but for one field of an option, of every kind there is. */
#define AXES(...) tad_axes_of((const int[]){__VA_ARGS__}, 2)
static size_t calls_of_shapes(tad_var x, tad_var *out) {
    size_t n = 0;
    out[n++] = tad_sum(x, tad_axis(0));
    out[n++] = tad_sum(x, tad_axis(1));
    out[n++] = tad_sum(x, tad_axis(2));
    out[n++] = tad_sum(x, tad_all());
    out[n++] = tad_sum(x, tad_keepdims(tad_axis(0)));
    out[n++] = tad_sum(x, tad_keepdims(tad_all()));
    out[n++] = tad_sum(x, AXES(0, 1));
    out[n++] = tad_sum(x, AXES(0, 2));
    out[n++] = tad_sum(x, AXES(1, 2));
    out[n++] = tad_softmax(x, 0);
    out[n++] = tad_softmax(x, 1);
    out[n++] = tad_slice(x, 2, 0, 4, 1);
    out[n++] = tad_slice(x, 2, 1, 4, 1);
    out[n++] = tad_slice(x, 2, 0, 3, 1);
    out[n++] = tad_slice(x, 2, 0, 4, 2);
    out[n++] = tad_slice(x, 1, 0, 4, 1);
    out[n++] = tad_slice(x, 1, 0, 4, 2);
    out[n++] = tad_reshape(x, TAD_SHAPE(6, 4));
    out[n++] = tad_reshape(x, TAD_SHAPE(4, 6));
    out[n++] = tad_reshape(x, TAD_SHAPE(4, 6, 1));
    out[n++] = tad_reshape(x, TAD_SHAPE(24));
    out[n++] = tad_cast(x, TAD_F32);
    out[n++] = tad_cast(x, TAD_I64);
    out[n++] = tad_leaky_relu(x, 0.1);
    out[n++] = tad_leaky_relu(x, 0.2);
    return n;
}
#undef AXES

static size_t calls_of_losses(tad_var x, tad_var labels, tad_var *out) {
    const tad_var none = tad_none();
    const tad_shape last = TAD_SHAPE(3, 4);
    size_t n = 0;
    out[n++] = tad_cross_entropy(x, labels, NULL);
    out[n++] = tad_cross_entropy(x, labels, &(tad_cross_entropy_options){.reduction = TAD_SUM});
    out[n++] = tad_cross_entropy(x, labels, &(tad_cross_entropy_options){.label_smoothing = 0.1});
    out[n++] = tad_cross_entropy_ignoring(x, labels, 0, NULL);
    out[n++] = tad_cross_entropy_ignoring(x, labels, 1, NULL);
    out[n++] = tad_kl_div(x, x, true, TAD_SUM);
    out[n++] = tad_kl_div(x, x, false, TAD_SUM);
    out[n++] = tad_layer_norm(x, none, none, TAD_0D, 1e-5);
    out[n++] = tad_layer_norm(x, none, none, TAD_0D, 1e-6);
    out[n++] = tad_layer_norm(x, none, none, last, 1e-6);
    return n;
}

static size_t all_calls(tad_var x, tad_var labels, tad_var *out) {
    const size_t n = calls_of_shapes(x, out);
    return n + calls_of_losses(x, labels, out + n);
}

START_TEST(every_option_tells_calls_apart) {
    enum { MOST = 100 };
    double values[24];
    const int64_t label[8] = {0, 1, 2, 0, 1, 2, 0, 1};
    tad_var out[MOST];
    for (int i = 0; i < 24; i++) values[i] = 0.1 + 0.01 * i;
    tad_var in[2] = {tad_input(t, TAD_F64, TAD_SHAPE(2, 3, 4), values),
                     tad_constant(t, TAD_I64, TAD_SHAPE(2, 4), label)};
    const size_t n = all_calls(in[0], in[1], out);
    ck_assert_uint_eq(all_calls(in[0], in[1], out + n), n);
    machine once = machine_of(in, 2, out, n, &lenient),
            twice = machine_of(in, 2, out, 2 * n, &lenient);
    ck_assert_uint_eq(tad_program_info_of(once.p).shared, 0);
    ck_assert_uint_eq(tad_program_info_of(twice.p).shared, n);
    machine_free(once);
    machine_free(twice);
}
END_TEST

START_TEST(memory_is_used_again) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(100), NULL), y = x;
    for (int k = 0; k < 50; k++) y = tad_softmax(y, 0);
    machine m = machine_of(&x, 1, &y, 1, NULL);
    const tad_program_info i = tad_program_info_of(m.p);
    ck_assert_uint_eq(i.array_bytes_apart, 50 * 832);
    ck_assert_uint_eq(i.array_bytes, 2 * 832);
    machine_free(m);
    tad_var n = tad_scalar(t, 1), z = n;
    for (int k = 0; k < 1000; k++) z = tad_add(tad_sin(z), n);
    m = machine_of(&n, 1, &z, 1, NULL);
    ck_assert_uint_lt(tad_workspace_size(m.p), 4000); /* not 8 bytes a node */
    machine_free(m);
}
END_TEST

/* What nobody uses any more at the very end is the beginning of something larger. */
START_TEST(the_end_of_memory_grows) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(100), NULL),
            y = tad_softmax(tad_softmax(tad_softmax(x, 0), 0), 0),
            z = tad_concat((tad_var[]){y, y}, 2, 0);
    machine m = machine_of(&x, 1, &z, 1, NULL);
    const tad_program_info i = tad_program_info_of(m.p);
    ck_assert_uint_eq(i.array_bytes_apart, 3 * 832 + 1600);
    ck_assert_uint_eq(i.array_bytes, 832 + 1600);
    machine_free(m);
}
END_TEST

/* What time and memory depend on, and no result: how many groups there are, of how many rows, with
 * how many strips; bytes of arrays, and what they would be if none shared memory. Fewer groups,
 * strips and bytes are better: who finds such an order writes it down here. */
enum { COSTS = 24 };
typedef struct cost {
    size_t groups, fused, strips, bytes, apart;
} cost;
static const cost costs[COSTS] = {
    {4, 31, 6, 177600, 364864},  {3, 30, 6, 1792, 3520},   {7, 57, 10, 3264, 7616},
    {4, 14, 4, 122496, 432576},  {9, 59, 20, 2496, 6784},  {13, 69, 19, 3456, 9472},
    {5, 44, 8, 177536, 376448},  {3, 35, 11, 2112, 3456},  {2, 24, 5, 1280, 1536},
    {1, 21, 5, 88064, 132160},   {3, 22, 6, 1088, 2496},   {8, 38, 9, 2048, 5504},
    {3, 20, 7, 110400, 210176},  {10, 48, 14, 2304, 6848}, {9, 67, 14, 2688, 7744},
    {7, 23, 7, 122496, 355776},  {9, 55, 19, 2368, 7296},  {4, 24, 7, 1600, 3200},
    {4, 20, 11, 112128, 201152}, {7, 55, 10, 3392, 6528},  {5, 33, 9, 1600, 3840},
    {5, 23, 8, 99072, 278656},   {3, 14, 6, 768, 1536},    {2, 15, 4, 896, 1536}};

static size_t count_strips(const tad_program *p) {
    static support_text k;
    size_t strips = 0;
    k = (support_text){.length = 0};
    ck_assert_int_eq(tad_program_dump(p, support_keep, &k), TAD_OK);
    for (const char *at = k.data; (at = strstr(at, "group of ")) != NULL;) {
        at = strchr(at, ',') + 1;
        strips += strtoul(at, NULL, 10);
    }
    return strips;
}

START_TEST(orders_are_good) {
    graph g;
    const cost *right = &costs[_i];
    record_random((uint64_t)_i, 1, &g);
    tad_program *p = frozen(&g, "costs");
    const tad_program_info i = tad_program_info_of(p);
    const cost is = {i.groups, i.fused, count_strips(p), i.array_bytes, i.array_bytes_apart};
    ck_assert_uint_eq(is.groups, right->groups);
    ck_assert_uint_eq(is.fused, right->fused);
    ck_assert_uint_eq(is.strips, right->strips);
    ck_assert_uint_eq(is.bytes, right->bytes);
    ck_assert_uint_eq(is.apart, right->apart);
    tad_program_free(p);
}
END_TEST

/* ---- many points ---- */

static tad_var rosenbrock(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    tad_var a = tad_sub(tad_number(1), in[0]), b = tad_sub(in[1], tad_square(in[0]));
    return tad_add(tad_square(a), tad_mul(tad_number(100), tad_square(b)));
}

/* Value and gradient of bent at points that lie in rows, with one input for all. */
START_TEST(points_of_numbers_run_together) {
    enum { N = 203 };
    static double x[N][2], out[N][4], again[N][4];
    const double three = 3, one = 1;
    tad_var scale = tad_param(t, TAD_F64, TAD_0D, &three),
            in[3] = {tad_scalar(t, 1), tad_scalar(t, 1), tad_scalar(t, 1)};
    machine m = {NULL, NULL};
    ck_done(
        tad_freeze_function(bent, &scale, in, 3, TAD_GIVE_VALUE | TAD_GIVE_GRADIENT, NULL, &m.p),
        t);
    m.w = tad_workspace_new(m.p);
    for (int i = 0; i < N; i++) x[i][0] = 0.01 * i, x[i][1] = 1 - 0.03 * i;
    ck_assert_int_eq(tad_bind_each_numbers_in(m.w, 0, 2, N, x[0]), TAD_OK);
    ck_assert_int_eq(tad_bind_in(m.w, 2, TAD_F64, TAD_0D, &one), TAD_OK);
    ck_assert_int_eq(tad_bind_each_numbers_out(m.w, 0, 4, N, out[0]), TAD_OK);
    ck_assert_msg(tad_run(m.w) == TAD_OK, "%s", tad_workspace_message(m.w));
    for (int i = 0; i < N; i++) {
        double alone[4];
        run_numbers(m, (double[]){x[i][0], x[i][1], 1}, alone);
        for (int k = 0; k < 4; k++) ck_near(out[i][k], alone[k], 1e-15);
    }
    ck_assert_int_eq(tad_bind_in(m.w, 2, TAD_F64, TAD_0D, &one), TAD_OK);
    for (int i = 0; i < N; i += 3) { /* wherever a point is, it has the same bits */
        ck_assert_int_eq(tad_bind_each_numbers_in(m.w, 0, 2, 3, x[i < N - 3 ? i : N - 3]), TAD_OK);
        ck_assert_int_eq(tad_bind_each_numbers_out(m.w, 0, 4, 3, again[i < N - 3 ? i : N - 3]),
                         TAD_OK);
        ck_assert_int_eq(tad_run(m.w), TAD_OK);
    }
    ck_assert_mem_eq(out, again, sizeof out);
    machine_free(m);
}
END_TEST

/* What depends on shared inputs alone, between steps that do not and in places that these use
 * again; user: how many times over. */
static tad_var partly_shared(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n;
    tad_var y = in[0], shared = in[1];
    for (int k = 0; k < *(const int *)user; k++) {
        shared = tad_add(tad_mul(shared, in[2]), tad_number(1));
        tad_var each = tad_add(in[0], tad_square(in[1])), other = tad_div(in[1], shared);
        y = tad_sub(tad_mul(y, shared), tad_mul(each, other));
    }
    return y;
}

/* Value and gradient; the derivative by in[2], and a value that all points share, too. */
START_TEST(what_points_share_is_the_same_for_each) {
    enum { N = 70 };
    static const int times[] = {1, 4, 200};
    double x[N], out[4][N], alone[4];
    const double shared[2] = {1.5, -0.5};
    for (int i = 0; i < N; i++) x[i] = 0.3 * i - 9;
    tad_var in[3] = {tad_scalar(t, 1), tad_scalar(t, 2), tad_scalar(t, 0.5)};
    machine m = {NULL, NULL};
    ck_done(tad_freeze_function(partly_shared, (void *)(uintptr_t)&times[_i], in, 3,
                                TAD_GIVE_VALUE | TAD_GIVE_GRADIENT, NULL, &m.p),
            t);
    m.w = tad_workspace_new(m.p);
    for (int again = 0; again < 2; again++) {
        ck_assert_int_eq(tad_bind_each_in(m.w, 0, TAD_F64, TAD_SHAPE(N), x), TAD_OK);
        ck_assert_int_eq(tad_bind_numbers_in(m.w, 1, 2, shared), TAD_OK);
        for (size_t k = 0; k < 4; k++)
            ck_assert_int_eq(tad_bind_each_out(m.w, k, TAD_F64, TAD_SHAPE(N), out[k]), TAD_OK);
        ck_assert_msg(tad_run(m.w) == TAD_OK, "%s", tad_workspace_message(m.w));
        for (int i = 0; i < N; i++) {
            run_numbers(m, (double[]){x[i], shared[0], shared[1]}, alone);
            for (int k = 0; k < 4; k++) ck_assert_double_eq(out[k][i], alone[k]);
        }
    }
    machine_free(m);
}
END_TEST

/* As many numbers as run together at most, and one more: then there is no memory for many points.
 */
START_TEST(five_hundred_and_twelve_numbers_run_together) {
    enum { N = 256, MANY = 8 * 512 * sizeof(double) };
    static double x[3][N], y[3][N + 1];
    tad_var in[N], out[N + 1];
    for (int i = 0; i < N; i++) {
        in[i] = tad_scalar(t, i);
        out[i] = tad_neg(in[i]);
        for (int k = 0; k < 3; k++) x[k][i] = k + 0.5 * i;
    }
    out[N] = tad_square(in[3]);
    for (size_t more = 0; more < 2; more++) {
        machine m = machine_of(in, N, out, N + more, NULL);
        ck_assert((tad_workspace_size(m.p) > MANY) == !more);
        ck_assert_int_eq(tad_bind_each_numbers_in(m.w, 0, N, 3, x[0]), TAD_OK);
        ck_assert_int_eq(tad_bind_each_numbers_out(m.w, 0, N + more, 3, y[0]), TAD_OK);
        ck_assert_int_eq(tad_run(m.w), TAD_OK);
        const double *row = y[0] + 2 * (N + more);
        for (int i = 0; i < N; i++) ck_assert_double_eq(row[i], -x[2][i]);
        machine_free(m);
    }
}
END_TEST

START_TEST(points_share_a_parameter) {
    enum { N = 100 };
    double x[N], out[N];
    tad_var w = tad_param(t, TAD_F64, TAD_0D, &(double){3}), in = tad_scalar(t, 1),
            y = tad_sub(tad_mul(w, in), tad_number(2));
    machine m = machine_of(&in, 1, &y, 1, NULL);
    for (int i = 0; i < N; i++) x[i] = 0.1 * i;
    for (int k = 0; k < 2; k++) {
        ck_assert_int_eq(tad_bind_each_in(m.w, 0, TAD_F64, TAD_SHAPE(N), x), TAD_OK);
        ck_assert_int_eq(tad_bind_each_out(m.w, 0, TAD_F64, TAD_SHAPE(N), out), TAD_OK);
        ck_assert_msg(tad_run(m.w) == TAD_OK, "%s", tad_workspace_message(m.w));
        for (int i = 0; i < N; i++) ck_assert_double_eq(out[i], (k ? 5 : 3) * x[i] - 2);
        ck_done(tad_assign(w, &(double){5}), t);
    }
    machine_free(m);
}
END_TEST

START_TEST(points_of_arithmetic_have_the_bits_of_one) {
    enum { N = 100 };
    double x[N], y[N], out[N];
    tad_var in[2] = {tad_scalar(t, 1), tad_scalar(t, 1)};
    machine m = {NULL, NULL};
    ck_done(tad_freeze_function(rosenbrock, NULL, in, 2, TAD_GIVE_VALUE, NULL, &m.p), t);
    m.w = tad_workspace_new(m.p);
    for (int i = 0; i < N; i++) x[i] = 0.1 * i, y[i] = 1 / (i + 1.0);
    ck_assert_int_eq(tad_bind_each_in(m.w, 0, TAD_F64, TAD_SHAPE(N), x), TAD_OK);
    ck_assert_int_eq(tad_bind_each_in(m.w, 1, TAD_F64, TAD_SHAPE(N), y), TAD_OK);
    ck_assert_int_eq(tad_bind_each_out(m.w, 0, TAD_F64, TAD_SHAPE(N), out), TAD_OK);
    ck_assert_int_eq(tad_run(m.w), TAD_OK);
    for (int i = 0; i < N; i++) {
        double alone;
        run_numbers(m, (double[]){x[i], y[i]}, &alone);
        ck_assert_double_eq(out[i], alone);
    }
    machine_free(m);
}
END_TEST

/* Loops go back to arguments that need more: these must still be there, read for the last time or
 * not. */
START_TEST(points_with_large_arguments_are_those_of_one) {
    enum { N = 50, F = 4 };
    static double x[N], out[N][F];
    tad_var in = tad_scalar(t, 1), of[F], y[F];
    for (int k = 0; k < F; k++) of[k] = tad_mul(in, tad_number(3 + k));
    y[0] = tad_sin(of[0]), y[1] = tad_cos(of[1]), y[2] = tad_tan(of[2]);
    y[3] = tad_fmod(of[3], tad_number(0.37));
    machine m = machine_of(&in, 1, y, F, NULL);
    for (int i = 0; i < N; i++) x[i] = i % 2 ? 1e17 + 1e15 * i : i;
    ck_assert_int_eq(tad_bind_each_in(m.w, 0, TAD_F64, TAD_SHAPE(N), x), TAD_OK);
    ck_assert_int_eq(tad_bind_each_numbers_out(m.w, 0, F, N, out[0]), TAD_OK);
    ck_assert_msg(tad_run(m.w) == TAD_OK, "%s", tad_workspace_message(m.w));
    for (int i = 0; i < N; i++) {
        double alone[F];
        run_numbers(m, &x[i], alone);
        for (int k = 0; k < F; k++) ck_near(out[i][k], alone[k], 1e-14 * (1 + fabs(alone[k])));
    }
    machine_free(m);
}
END_TEST

START_TEST(points_of_arrays_run_one_after_another) {
    double x[5][3], scale[3] = {1, 2, 3}, out[5], gradient[5][3];
    for (int i = 0; i < 15; i++) x[i / 3][i % 3] = i;
    tad_var in[2] = {tad_input(t, TAD_F64, TAD_SHAPE(3), scale),
                     tad_constant(t, TAD_F64, TAD_SHAPE(3), scale)},
            y = tad_sum(tad_mul(tad_square(in[0]), in[1]), tad_all()), both[2] = {y, y};
    ck_done(tad_grad(&y, NULL, 1, in, 1, &both[1]), t);
    machine m = machine_of(in, 2, both, 2, NULL);
    ck_assert_int_eq(tad_bind_each_in(m.w, 0, TAD_F64, TAD_SHAPE(5, 3), x), TAD_OK);
    ck_assert_int_eq(tad_bind_in(m.w, 1, TAD_F64, TAD_SHAPE(3), scale), TAD_OK);
    ck_assert_int_eq(tad_bind_each_out(m.w, 0, TAD_F64, TAD_SHAPE(5), out), TAD_OK);
    ck_assert_int_eq(tad_bind_each_out(m.w, 1, TAD_F64, TAD_SHAPE(5, 3), gradient), TAD_OK);
    for (int again = 0; again < 2; again++) ck_assert_int_eq(tad_run(m.w), TAD_OK);
    for (int i = 0; i < 5; i++) {
        double right = 0;
        for (int k = 0; k < 3; k++) {
            right += x[i][k] * x[i][k] * scale[k];
            ck_assert_double_eq(gradient[i][k], 2 * x[i][k] * scale[k]);
        }
        ck_assert_double_eq(out[i], right);
    }
    machine_free(m);
}
END_TEST

/* As many as fill whole lines of memory: what lies behind them is something else. */
START_TEST(eight_arrays_in_and_out_run_one_after_another) {
    enum { N = 8, POINTS_HERE = 3 };
    double x[N][POINTS_HERE][2], y[N][POINTS_HERE][2];
    tad_var in[N], out[N];
    for (int k = 0; k < N; k++) {
        for (int i = 0; i < POINTS_HERE; i++) x[k][i][0] = 10 * k + i, x[k][i][1] = -i;
        in[k] = tad_input(t, TAD_F64, TAD_SHAPE(2), x[k][0]);
    }
    for (int k = 0; k < N; k++) out[k] = tad_add(tad_flip(in[k], tad_axis(0)), in[(k + 1) % N]);
    machine m = machine_of(in, N, out, N, NULL);
    for (size_t k = 0; k < N; k++) {
        ck_assert_int_eq(tad_bind_each_in(m.w, k, TAD_F64, TAD_SHAPE(POINTS_HERE, 2), x[k]),
                         TAD_OK);
        ck_assert_int_eq(tad_bind_each_out(m.w, k, TAD_F64, TAD_SHAPE(POINTS_HERE, 2), y[k]),
                         TAD_OK);
    }
    for (int again = 0; again < 2; again++) {
        memset(y, 0, sizeof y);
        ck_assert_msg(tad_run(m.w) == TAD_OK, "%s", tad_workspace_message(m.w));
        for (int k = 0; k < N; k++)
            for (int i = 0; i < POINTS_HERE; i++)
                for (int e = 0; e < 2; e++)
                    ck_assert_double_eq(y[k][i][e], x[k][i][1 - e] + x[(k + 1) % N][i][e]);
    }
    machine_free(m);
}
END_TEST

/* No step computes the array: it is a constant, or an input that nothing needs. */
START_TEST(numbers_beside_an_array_run_one_after_another) {
    enum { N = 20 };
    const double two[2] = {2, 3};
    double x[N], unused[N][2], out[N], array[N][2];
    tad_var constant = tad_constant(t, TAD_F64, TAD_SHAPE(2), two),
            in[2] = {tad_input(t, TAD_F64, TAD_SHAPE(2), two), tad_scalar(t, 1)},
            y[2] = {constant, tad_mul(in[1], tad_add(in[1], tad_number(1)))};
    for (int i = 0; i < N; i++) x[i] = i, unused[i][0] = unused[i][1] = NAN;
    for (int which = 0; which < 3; which++) {
        const bool gives = which != 0, takes = which != 1;
        machine m = machine_of(in + !takes, 1 + takes, y + !gives, 1 + gives, &lenient);
        if (takes)
            ck_assert_int_eq(tad_bind_each_in(m.w, 0, TAD_F64, TAD_SHAPE(N, 2), unused), TAD_OK);
        if (gives)
            ck_assert_int_eq(tad_bind_each_out(m.w, 0, TAD_F64, TAD_SHAPE(N, 2), array), TAD_OK);
        ck_assert_int_eq(tad_bind_each_in(m.w, takes, TAD_F64, TAD_SHAPE(N), x), TAD_OK);
        ck_assert_int_eq(tad_bind_each_out(m.w, gives, TAD_F64, TAD_SHAPE(N), out), TAD_OK);
        ck_assert_msg(tad_run(m.w) == TAD_OK, "%s", tad_workspace_message(m.w));
        for (int i = 0; i < N; i++) {
            ck_assert_double_eq(out[i], i * (i + 1));
            ck_assert(!gives || (array[i][0] == 2 && array[i][1] == 3));
        }
        machine_free(m);
    }
}
END_TEST

START_TEST(points_that_do_not_fit_are_refused) {
    double six[6] = {0}, out[6];
    tad_var in[2] = {tad_scalar(t, 1), tad_scalar(t, 1)}, y = tad_mul(in[0], in[1]);
    machine m = machine_of(in, 2, &y, 1, NULL);
    tad_workspace *w = m.w;
    ck_workspace_refused(m, TAD_BAD_SHAPE, tad_bind_each_in(w, 0, TAD_F64, TAD_0D, six),
                         "(points) followed by ()");
    ck_workspace_refused(m, TAD_BAD_SHAPE, tad_bind_each_in(w, 0, TAD_F64, TAD_SHAPE(3, 2), six),
                         "not (3,2)");
    ck_assert_int_eq(tad_bind_each_in(w, 0, TAD_F64, TAD_SHAPE(6), six), TAD_OK);
    ck_assert_int_eq(tad_bind_in(w, 1, TAD_F64, TAD_0D, six), TAD_OK);
    ck_assert_int_eq(tad_bind_out(w, 0, TAD_F64, TAD_0D, out), TAD_OK);
    ck_workspace_refused(m, TAD_BAD_ARGUMENT, tad_run(w), "output 0 is bound once, for 6 points");
    ck_assert_int_eq(tad_bind_each_out(w, 0, TAD_F64, TAD_SHAPE(5), out), TAD_OK);
    ck_workspace_refused(m, TAD_BAD_SHAPE, tad_run(w), "5 points, another for 6");
    ck_assert_int_eq(tad_bind_each_in(w, 0, TAD_F64, TAD_SHAPE(0), NULL), TAD_OK);
    ck_assert_int_eq(tad_bind_each_out(w, 0, TAD_F64, TAD_SHAPE(0), NULL), TAD_OK);
    ck_assert_int_eq(tad_run(w), TAD_OK);
    machine_free(m);
}
END_TEST

START_TEST(a_point_that_fails_is_named) {
    const int64_t labels[3] = {0, 1, 5};
    const double scores[2] = {1, 2};
    double out[3] = {7, 7, 7};
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(1, 2), scores),
            label = tad_constant(t, TAD_I64, TAD_SHAPE(1), labels),
            y = tad_cross_entropy(x, label, NULL);
    machine m = machine_of((tad_var[]){x, label}, 2, &y, 1, NULL);
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_F64, TAD_SHAPE(1, 2), scores), TAD_OK);
    ck_assert_int_eq(tad_bind_each_in(m.w, 1, TAD_I64, TAD_SHAPE(3, 1), labels), TAD_OK);
    ck_assert_int_eq(tad_bind_each_out(m.w, 0, TAD_F64, TAD_SHAPE(3), out), TAD_OK);
    ck_workspace_refused(m, TAD_BAD_INDEX, tad_run(m.w), "at point 2");
    ck_assert_double_eq(out[2], 7);
    ck_assert_double_lt(out[1], 1);
    machine_free(m);
}
END_TEST

/* ---- the suite ---- */

static Suite *suite(void) {
    Suite *s = suite_create("program_bits");
    TCase *c = tape_case(s, "costs"); /* first: quick, and most changes are seen there */
    tcase_add_loop_test(c, orders_are_good, 0, COSTS);

    c = tape_case(s, "bits");
    tcase_add_loop_test(c, every_op_gives_the_bits_of_the_tape, 0, (int)tad_op_count());
    tcase_add_loop_test(c, rows_agree_at_special_points, 0, ROWS);
    tcase_add_loop_test(c, random_graphs_agree, 0, 60);
    tcase_add_test(c, the_sign_of_a_nan_is_no_reason_to_refuse);
    tcase_add_test(c, the_last_output_is_one_of_several_results);
    tcase_add_loop_test(c, constants_lie_as_on_the_tape, 0, WAYS);

    c = tape_case(s, "savings");
    tcase_add_test(c, what_nothing_needs_or_is_known_is_not_computed);
    tcase_add_test(c, options_and_operands_tell_calls_apart);
    tcase_add_test(c, numbers_are_computed_once);
    tcase_add_test(c, steps_on_numbers_are_told_apart);
    tcase_add_test(c, long_lists_share_functions);
    tcase_add_test(c, every_option_tells_calls_apart);
    tcase_add_test(c, memory_is_used_again);
    tcase_add_test(c, the_end_of_memory_grows);

    c = tape_case(s, "points");
    tcase_add_test(c, points_of_numbers_run_together);
    tcase_add_test(c, five_hundred_and_twelve_numbers_run_together);
    tcase_add_test(c, points_share_a_parameter);
    tcase_add_loop_test(c, what_points_share_is_the_same_for_each, 0, 3);
    tcase_add_test(c, points_of_arithmetic_have_the_bits_of_one);
    tcase_add_test(c, points_with_large_arguments_are_those_of_one);
    tcase_add_test(c, points_of_arrays_run_one_after_another);
    tcase_add_test(c, eight_arrays_in_and_out_run_one_after_another);
    tcase_add_test(c, numbers_beside_an_array_run_one_after_another);
    tcase_add_test(c, points_that_do_not_fit_are_refused);
    tcase_add_test(c, a_point_that_fails_is_named);
    return s;
}
SUPPORT_MAIN(suite)
