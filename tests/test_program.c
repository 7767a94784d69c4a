/* Programs: for every op and sample, and in random graphs, a program frozen at one point gives at
 * others the bits that the tape gives there; what could be silently wrong is refused; runs take no
 * memory. */
#include "support.h"

#include "rows.h"

#include <float.h>
#include <pthread.h>

#include <tad/gradcheck.h>

enum { MOST = 6, VARIABLES = 16 };

static tad_tape *t;
static void set_up(void) { t = tad_tape_new(NULL); }
static void tear_down(void) { tad_tape_free(t); }

/* ---- a program beside the tape ---- */

/* What is frozen, and computed again elsewhere. */
typedef struct graph {
    tad_var in[VARIABLES], out[VARIABLES];
    size_t n_in, n_out;
} graph;

static size_t bytes_of(tad_var v) {
    return (size_t)tad_size_of(v) * tad_dtype_size(tad_dtype_of(v));
}

static void bind_graph(tad_workspace *w, const graph *g, void **out) {
    for (size_t k = 0; k < g->n_in; k++)
        ck_assert_int_eq(
            tad_bind_in(w, k, tad_dtype_of(g->in[k]), tad_shape_of(g->in[k]), tad_data(g->in[k])),
            TAD_OK);
    for (size_t k = 0; k < g->n_out; k++) {
        out[k] = malloc(bytes_of(g->out[k]) + 1);
        ck_assert_int_eq(
            tad_bind_out(w, k, tad_dtype_of(g->out[k]), tad_shape_of(g->out[k]), out[k]), TAD_OK);
    }
}

/* NaNs alike, whatever their bits. */
static bool same_element(const void *a, const void *b, tad_dtype dtype) {
    if (memcmp(a, b, tad_dtype_size(dtype)) == 0) return true;
    if (dtype == TAD_F64) return isnan(*(const double *)a) && isnan(*(const double *)b);
    return dtype == TAD_F32 && isnan(*(const float *)a) && isnan(*(const float *)b);
}

static void compare_bits(const void *got, tad_var right, const char *what, size_t which) {
    const tad_dtype dtype = tad_dtype_of(right);
    const size_t width = tad_dtype_size(dtype);
    const char *a = got, *b = tad_data(right);
    for (size_t i = 0; i < (size_t)tad_size_of(right); i++)
        ck_assert_msg(same_element(a + i * width, b + i * width, dtype),
                      "%s: output %zu, element %zu: other bits than the tape's", what, which, i);
}

static void run_beside(tad_workspace *w, const graph *g, const char *what) {
    void *out[VARIABLES];
    bind_graph(w, g, out);
    const tad_status s = tad_run(w);
    ck_assert_msg(s == TAD_OK, "%s: %s", what, tad_workspace_message(w));
    for (size_t k = 0; k < g->n_out; k++) {
        compare_bits(out[k], g->out[k], what, k);
        free(out[k]);
    }
}

static const tad_freeze_options lenient = {.allow_constant_outputs = true};

static tad_program *frozen(const graph *g, const char *what) {
    tad_program *p;
    const tad_status s = tad_freeze(g->in, g->n_in, g->out, g->n_out, &lenient, &p);
    ck_assert_msg(s == TAD_OK, "%s: %s", what, tad_message(t));
    return p;
}

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
    (void)tad_apply(op, in, s->n, s->options, g->out, op->n_out);
    g->n_out = op->n_out;
    tad_var f = total(g->out, op->n_out);
    ck_tape(t);
    g->out[g->n_out++] = f;
    if (!n || !tad_node_needs_gradient(g->out[0])) return;
    for (size_t i = 0; i < n; i++) v[i] = tad_full(t, tad_dtype_of(x[i]), tad_shape_of(x[i]), 0.5);
    ck_done(tad_grad(&f, NULL, 1, x, n, g->out + g->n_out), t);
    ck_done(tad_tangent(g->out + g->n_out, n, x, v, n, hvp), t);
    g->n_out += n;
    for (size_t i = 0; i < n; i++) g->out[g->n_out++] = hvp[i];
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
    g->out[0] = f->call(in, row_options[f->n_options]);
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

/* ---- small programs of one input and one output ---- */

typedef struct machine {
    tad_program *p;
    tad_workspace *w;
} machine;

static machine machine_of(const tad_var *in, size_t n_in, const tad_var *out, size_t n_out,
                          const tad_freeze_options *o) {
    machine m = {NULL, NULL};
    ck_done(tad_freeze(in, n_in, out, n_out, o, &m.p), t);
    m.w = tad_workspace_new(m.p);
    ck_assert_ptr_nonnull(m.w);
    return m;
}

static void machine_free(machine m) {
    tad_workspace_free(m.w);
    tad_program_free(m.p);
}

/* Of numbers alone. */
static void run_numbers(machine m, const double *in, double *out) {
    const tad_program *p = m.p;
    ck_assert_int_eq(tad_bind_numbers_in(m.w, 0, tad_program_n_in(p), in), TAD_OK);
    ck_assert_int_eq(tad_bind_numbers_out(m.w, 0, tad_program_n_out(p), out), TAD_OK);
    ck_assert_msg(tad_run(m.w) == TAD_OK, "%s", tad_workspace_message(m.w));
}

static double at(machine m, double x) {
    double y = NAN;
    run_numbers(m, &x, &y);
    return y;
}

#define ck_workspace_refused(m, code, s, word)                                                     \
    do {                                                                                           \
        ck_assert_int_eq(s, code);                                                                 \
        ck_assert_msg(strstr(tad_workspace_message((m).w), word), "%s",                            \
                      tad_workspace_message((m).w));                                               \
    } while (0)

/* ---- roles ---- */

START_TEST(a_parameter_is_read_where_it_lies) {
    const double two = 2, five = 5;
    tad_var w = tad_param(t, TAD_F64, TAD_0D, &two), x = tad_scalar(t, 3), y = tad_mul(w, x);
    machine m = machine_of(&x, 1, &y, 1, NULL);
    ck_assert_double_eq(at(m, 10), 20);
    ck_done(tad_assign(w, &five), t);
    ck_assert_double_eq(at(m, 10), 50);
    machine_free(m);
}
END_TEST

START_TEST(an_array_parameter_and_its_views_are_read_where_they_lie) {
    const double ones[6] = {1, 1, 1, 1, 1, 1}, twos[6] = {2, 2, 2, 2, 2, 2};
    tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2, 3), ones),
            view = tad_flip(tad_transpose(w, 0, 1), tad_axis(0)), x = tad_scalar(t, 3),
            y = tad_sum(tad_mul(view, x), tad_all());
    machine m = machine_of(&x, 1, &y, 1, NULL);
    ck_assert_double_eq(at(m, 10), 60);
    ck_done(tad_assign(w, twos), t);
    ck_assert_double_eq(at(m, 10), 120);
    machine_free(m);
}
END_TEST

START_TEST(copied_parameters_need_no_tape) {
    const double two = 2, five = 5;
    tad_var w = tad_param(t, TAD_F64, TAD_0D, &two), x = tad_scalar(t, 3), y = tad_mul(w, x);
    machine m = machine_of(&x, 1, &y, 1, &(tad_freeze_options){.copy_parameters = true});
    ck_done(tad_assign(w, &five), t);
    tad_tape_free(t);
    t = NULL;
    ck_assert_double_eq(at(m, 10), 20);
    machine_free(m);
}
END_TEST

START_TEST(a_parameter_that_is_gone_is_not_read) {
    const double two = 2;
    double x = 1, y = 77;
    tad_mark mark = tad_tape_mark(t);
    tad_var w = tad_param(t, TAD_F64, TAD_0D, &two), in = tad_scalar(t, 3), out = tad_mul(w, in);
    machine m = machine_of(&in, 1, &out, 1, NULL);
    run_numbers(m, &x, &y);
    ck_done(tad_tape_rewind(t, mark), t);
    ck_workspace_refused(m, TAD_BAD_HANDLE, tad_run(m.w), "parameter");
    (void)tad_param(t, TAD_F64, TAD_0D, &two);
    ck_workspace_refused(m, TAD_BAD_HANDLE, tad_run(m.w), "parameter");
    tad_tape_free(t);
    t = NULL;
    ck_workspace_refused(m, TAD_BAD_HANDLE, tad_run(m.w), "parameter");
    ck_assert_double_eq(y, 2);
    machine_free(m);
}
END_TEST

START_TEST(a_parameter_changed_since_is_refused) {
    const double two = 2;
    tad_program *p;
    tad_var w = tad_param(t, TAD_F64, TAD_0D, &two), x = tad_scalar(t, 3),
            y = tad_exp(tad_mul(w, x));
    ck_done(tad_assign(w, &two), t);
    for (int copy = 0; copy < 2; copy++) {
        const tad_freeze_options o = {.copy_parameters = copy};
        ck_assert_int_eq(tad_freeze(&x, 1, &y, 1, &o, &p), TAD_STALE_VALUE);
        ck_assert_ptr_null(p);
        ck_refused(t, TAD_STALE_VALUE, "freeze");
    }
}
END_TEST

START_TEST(parameters_can_be_inputs) {
    const double two = 2;
    tad_var w = tad_param(t, TAD_F64, TAD_0D, &two), x = tad_scalar(t, 3), y = tad_mul(w, x);
    machine m = machine_of((tad_var[]){w, x}, 2, &y, 1, NULL);
    double out;
    run_numbers(m, (double[]){7, 11}, &out);
    ck_assert_double_eq(out, 77);
    machine_free(m);
}
END_TEST

START_TEST(interior_variables_can_be_inputs) {
    tad_var x = tad_scalar(t, 3), y = tad_exp(x), z = tad_add(y, tad_mul(x, y));
    machine m = machine_of((tad_var[]){x, y}, 2, &z, 1, NULL);
    double out;
    run_numbers(m, (double[]){2, 10}, &out);
    ck_assert_double_eq(out, 30);
    machine_free(m);
}
END_TEST

START_TEST(a_detached_value_follows_the_inputs) {
    tad_var x = tad_scalar(t, 3), y = tad_mul(x, tad_detach(tad_square(x)));
    machine m = machine_of(&x, 1, &y, 1, NULL);
    ck_assert_double_eq(at(m, 2), 8);
    machine_free(m);
}
END_TEST

START_TEST(a_detached_parameter_follows_it) {
    const double ones[2] = {1, 1}, twos[2] = {2, 2};
    tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2), ones), x = tad_scalar(t, 3),
            y = tad_sum(tad_mul(tad_detach(w), x), tad_all());
    machine m = machine_of(&x, 1, &y, 1, NULL);
    ck_done(tad_assign(w, twos), t);
    ck_assert_double_eq(at(m, 5), 20);
    machine_free(m);
}
END_TEST

START_TEST(labels_are_inputs_like_others) {
    const double scores[6] = {1, 2, 3, 3, 2, 1};
    const int64_t first[2] = {0, 1}, then[2] = {2, 2}, bad[2] = {2, 3};
    double loss = 0;
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), scores),
            labels = tad_constant(t, TAD_I64, TAD_SHAPE(2), first),
            other = tad_constant(t, TAD_I64, TAD_SHAPE(2), then),
            y = tad_cross_entropy(x, labels, NULL), right = tad_cross_entropy(x, other, NULL);
    machine m = machine_of((tad_var[]){x, labels}, 2, &y, 1, NULL);
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_F64, TAD_SHAPE(2, 3), scores), TAD_OK);
    ck_assert_int_eq(tad_bind_in(m.w, 1, TAD_I64, TAD_SHAPE(2), then), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 0, TAD_F64, TAD_0D, &loss), TAD_OK);
    ck_assert_int_eq(tad_run(m.w), TAD_OK);
    ck_assert_double_eq(loss, tad_item(right));
    ck_assert_int_eq(tad_bind_in(m.w, 1, TAD_I64, TAD_SHAPE(2), bad), TAD_OK);
    ck_workspace_refused(m, TAD_BAD_INDEX, tad_run(m.w), "cross_entropy");
    ck_assert_double_eq(loss, tad_item(right));
    machine_free(m);
}
END_TEST

START_TEST(a_shape_that_depends_on_elements_is_checked) {
    const int64_t two[2] = {0, 1}, three[2] = {0, 2};
    double out[4] = {7, 7, 7, 7};
    tad_var x = tad_constant(t, TAD_I64, TAD_SHAPE(2), two),
            y = tad_cast(tad_one_hot(x, -1), TAD_F64);
    ck_shape(y, 2, 2);
    machine m = machine_of(&x, 1, &y, 1, NULL);
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_I64, TAD_SHAPE(2), two), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 0, TAD_F64, TAD_SHAPE(2, 2), out), TAD_OK);
    ck_assert_int_eq(tad_run(m.w), TAD_OK);
    ck_assert_double_eq(out[3], 1);
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_I64, TAD_SHAPE(2), three), TAD_OK);
    ck_workspace_refused(m, TAD_BRANCH, tad_run(m.w), "one_hot");
    ck_assert_double_eq(out[3], 1);
    machine_free(m);
}
END_TEST

START_TEST(outputs_may_be_inputs_parameters_and_constants) {
    const double two[2] = {2, 3};
    double in[2] = {5, 6}, out[4][2];
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), two),
            w = tad_param(t, TAD_F64, TAD_SHAPE(2), two),
            c = tad_constant(t, TAD_F64, TAD_SHAPE(2), two);
    const tad_var list[4] = {x, w, c, x};
    machine m = machine_of(&x, 1, list, 4, &lenient);
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_F64, TAD_SHAPE(2), in), TAD_OK);
    for (size_t k = 0; k < 4; k++)
        ck_assert_int_eq(tad_bind_out(m.w, k, TAD_F64, TAD_SHAPE(2), out[k]), TAD_OK);
    ck_assert_int_eq(tad_run(m.w), TAD_OK);
    for (size_t k = 0; k < 4; k++) ck_assert_double_eq(out[k][1], k % 3 ? 3 : 6);
    machine_free(m);
}
END_TEST

START_TEST(an_output_may_lie_where_an_input_does) {
    double x[4] = {1, 2, 3, 4}, sum = 0;
    tad_var in = tad_input(t, TAD_F64, TAD_SHAPE(4), x),
            out[3] = {tad_flip(in, tad_axis(0)), tad_sum(in, tad_all()), in};
    double other[4];
    machine m = machine_of(&in, 1, out, 3, NULL);
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_F64, TAD_SHAPE(4), x), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 0, TAD_F64, TAD_SHAPE(4), x), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 1, TAD_F64, TAD_0D, &sum), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 2, TAD_F64, TAD_SHAPE(4), other), TAD_OK);
    ck_assert_int_eq(tad_run(m.w), TAD_OK);
    for (int i = 0; i < 4; i++) ck_assert_double_eq(x[i], 4 - i);
    for (int i = 0; i < 4; i++) ck_assert_double_eq(other[i], i + 1);
    ck_assert_double_eq(sum, 10);
    machine_free(m);
}
END_TEST

/* In every way in which the memory of two outputs, an input and a parameter can lie. */
START_TEST(outputs_lie_anywhere) {
    enum { N = 8, ROOM = 4 * N };
    double ones[N] = {1, 2, 3, 4, 5, 6, 7, 8}, memory[ROOM];
    tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(N), ones),
            x = tad_input(t, TAD_F64, TAD_SHAPE(N), ones),
            y[2] = {tad_mul(tad_add(x, w), tad_number(2)), tad_mul(tad_flip(x, tad_all()), w)};
    machine m = machine_of(&x, 1, y, 2, NULL);
    for (int a = 0; a <= 2 * N; a += N / 2)
        for (int b = 0; b <= 2 * N; b += N) {
            for (int k = 0; k < ROOM; k++) memory[k] = k;
            double *in = memory + N, *first = memory + a, *second = memory + (a + b + N) % (3 * N);
            double right[2][N];
            const int gap = (int)(second > first ? second - first : first - second);
            if (gap < N) continue;
            for (int k = 0; k < N; k++) right[0][k] = 2 * (in[k] + ones[k]);
            for (int k = 0; k < N; k++) right[1][k] = in[N - 1 - k] * ones[k];
            ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_F64, TAD_SHAPE(N), in), TAD_OK);
            ck_assert_int_eq(tad_bind_out(m.w, 0, TAD_F64, TAD_SHAPE(N), first), TAD_OK);
            ck_assert_int_eq(tad_bind_out(m.w, 1, TAD_F64, TAD_SHAPE(N), second), TAD_OK);
            ck_assert_int_eq(tad_run(m.w), TAD_OK);
            for (int k = 0; k < N; k++) ck_assert_double_eq(first[k], right[0][k]);
            for (int k = 0; k < N; k++) ck_assert_double_eq(second[k], right[1][k]);
        }
    void *in_place = tad_param_data(w); /* as a training step does */
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_F64, TAD_SHAPE(N), ones), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 0, TAD_F64, TAD_SHAPE(N), in_place), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 1, TAD_F64, TAD_SHAPE(N), memory), TAD_OK);
    ck_assert_int_eq(tad_run(m.w), TAD_OK);
    for (int k = 0; k < N; k++) ck_assert_double_eq(memory[k], ones[N - 1 - k] * ones[k]);
    machine_free(m);
}
END_TEST

START_TEST(names_and_types_are_kept) {
    tad_var x = tad_name(tad_input(t, TAD_F32, TAD_SHAPE(2, 3), NULL), "batch"),
            y = tad_name(tad_sum(x, tad_all()), "loss");
    machine m = machine_of(&x, 1, &y, 1, NULL);
    tad_tape_reset(t);
    ck_assert_str_eq(tad_program_in_name(m.p, 0), "batch");
    ck_assert_str_eq(tad_program_out_name(m.p, 0), "loss");
    ck_assert_int_eq(tad_program_in_type(m.p, 0).dtype, TAD_F32);
    ck_assert_int_eq(tad_program_in_type(m.p, 0).shape.dim[1], 3);
    ck_assert_int_eq(tad_program_out_type(m.p, 1).shape.rank, -1);
    ck_assert_str_eq(tad_program_out_name(m.p, 1), "");
    machine_free(m);
}
END_TEST

/* ---- programs of functions ---- */

static tad_var cube(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_mul(in[0], tad_square(in[0]));
}

static tad_var product_and_power(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n;
    const tad_var *weight = user;
    return tad_sum(tad_mul(tad_exp(tad_mul(in[0], *weight)), tad_square(in[2])), tad_all());
}

/* The tape's own derivatives, as the program's outputs are ordered. */
static size_t derivatives(tad_fn *f, void *user, const tad_var *x, const tad_var *by, size_t n,
                          unsigned give, tad_var *out) {
    size_t k = 0;
    tad_var y = f(t, x, 3, user), one = tad_full(t, TAD_F64, TAD_0D, 0.5), gradient[2],
            v[2] = {tad_full(t, TAD_F64, TAD_SHAPE(2), 0.5), one};
    ck_done(tad_grad(&y, NULL, 1, by, n, gradient), t);
    if (give & TAD_GIVE_VALUE) out[k++] = y;
    if (give & TAD_GIVE_GRADIENT) out[k++] = gradient[0], out[k++] = gradient[1];
    if (give & TAD_GIVE_VJP) {
        ck_done(tad_grad(&y, &one, 1, by, n, out + k), t);
        k += n;
    }
    if (give & TAD_GIVE_JVP) ck_done(tad_tangent(&y, 1, by, v, n, out + k++), t);
    if (give & TAD_GIVE_HVP) {
        ck_done(tad_tangent(gradient, n, by, v, n, out + k), t);
        k += n;
    }
    return k;
}

/* Binds everything to the same two numbers, and the integer between the floats to one. */
static void bind_halves(const machine *m, double *out) {
    static const double halves[2] = {0.5, 0.5};
    static const int64_t integer = 3;
    for (size_t k = 0; k < tad_program_n_in(m->p); k++) {
        const tad_type type = tad_program_in_type(m->p, k);
        ck_assert_int_eq(tad_bind_in(m->w, k, type.dtype, type.shape,
                                     type.dtype == TAD_I64 ? (const void *)&integer : halves),
                         TAD_OK);
    }
    for (size_t k = 0; k < tad_program_n_out(m->p); k++) {
        const tad_type type = tad_program_out_type(m->p, k);
        ck_assert_int_eq(tad_bind_out(m->w, k, type.dtype, type.shape, out + 2 * k), TAD_OK);
    }
}

START_TEST(a_function_is_frozen_with_its_derivatives) {
    const double three = 3, halves[2] = {0.5, 0.5};
    double out[20];
    const unsigned give = (unsigned)_i;
    tad_var weight = tad_param(t, TAD_F64, TAD_0D, &three),
            x[3] = {tad_name(tad_input(t, TAD_F64, TAD_SHAPE(2), NULL), "first"),
                    tad_constant(t, TAD_I64, TAD_0D, NULL), tad_scalar(t, 7)},
            right[8];
    machine m = {NULL, NULL};
    const size_t before = tad_node_count(t);
    ck_done(tad_freeze_function(product_and_power, &weight, x, 3, give, NULL, &m.p), t);
    ck_assert_uint_eq(tad_node_count(t), before);
    m.w = tad_workspace_new(m.p);
    ck_assert_str_eq(tad_program_in_name(m.p, 0), "first");
    bind_halves(&m, out);
    ck_assert_int_eq(tad_run(m.w), TAD_OK);
    const tad_var y[3] = {tad_input(t, TAD_F64, TAD_SHAPE(2), halves), x[1], tad_scalar(t, 0.5)},
                  by[2] = {y[0], y[2]};
    const size_t n = derivatives(product_and_power, &weight, y, by, 2, give, right);
    ck_assert_uint_eq(tad_program_n_out(m.p), n);
    for (size_t k = 0; k < n; k++) compare_bits(out + 2 * k, right[k], "function", k);
    machine_free(m);
}
END_TEST

static tad_var looks_at_its_input(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_mul(in[0], tad_number(tad_item(in[0])));
}

static tad_var fails(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_matmul(in[0], in[0]);
}

static tad_var linear(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_sub(in[0], tad_mul(tad_number(3), in[1]));
}

START_TEST(derivatives_may_be_constants) {
    tad_var in[2] = {tad_scalar(t, 1), tad_scalar(t, 1)};
    double out[2];
    machine m = {NULL, NULL};
    ck_done(tad_freeze_function(linear, NULL, in, 2, TAD_GIVE_GRADIENT, NULL, &m.p), t);
    m.w = tad_workspace_new(m.p);
    run_numbers(m, (double[]){5, 6}, out);
    ck_assert_double_eq(out[0], 1);
    ck_assert_double_eq(out[1], -3);
    machine_free(m);
}
END_TEST

START_TEST(a_function_that_cannot_be_frozen_leaves_nothing) {
    tad_program *p;
    tad_var x = tad_scalar(t, 3), list = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL);
    const size_t before = tad_node_count(t);
    ck_assert_int_eq(tad_freeze_function(looks_at_its_input, NULL, &x, 1, TAD_GIVE_VALUE, NULL, &p),
                     TAD_WITNESS);
    ck_refused(t, TAD_WITNESS, "read");
    ck_assert_int_eq(tad_freeze_function(fails, NULL, &x, 1, TAD_GIVE_VALUE, NULL, &p),
                     TAD_BAD_SHAPE);
    ck_refused(t, TAD_BAD_SHAPE, "matmul");
    ck_assert_int_eq(tad_freeze_function(cube, NULL, &list, 1, TAD_GIVE_HVP, NULL, &p),
                     TAD_BAD_SHAPE);
    ck_refused(t, TAD_BAD_SHAPE, "one element");
    ck_assert_int_eq(tad_freeze_function(cube, NULL, &x, 1, 0, NULL, &p), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "nothing to give");
    ck_assert_int_eq(tad_freeze_function(cube, NULL, &x, 1, 32, NULL, &p), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "32");
    ck_assert_int_eq(tad_freeze_function(NULL, NULL, &x, 1, TAD_GIVE_VALUE, NULL, &p),
                     TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "no function");
    ck_assert_int_eq(tad_freeze_function(cube, NULL, &x, 1, TAD_GIVE_VALUE, NULL, NULL),
                     TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "place");
    ck_assert_ptr_null(p);
    ck_assert_uint_eq(tad_node_count(t), before);
}
END_TEST

/* ---- what could be silently wrong ---- */

/* How C code may see a value. */
static void by_item(tad_var v) { (void)tad_item(v); }
static void by_read(tad_var v) {
    double value;
    ck_done(tad_read(v, &value, 1), t);
}
static void by_data(tad_var v) { (void)tad_data(v); }
static void by_gradient(tad_var v) {
    ck_done(tad_reverse(v), t);
    (void)tad_gradient_item(v);
}
static void by_gradient_data(tad_var v) {
    ck_done(tad_reverse(v), t);
    (void)tad_gradient_data(v);
}
static void (*const ways[])(tad_var) = {by_item, by_read, by_data, by_gradient, by_gradient_data};
enum { WAYS = sizeof ways / sizeof *ways };

START_TEST(what_was_read_on_the_way_is_refused) {
    tad_program *p;
    tad_var x = tad_scalar(t, 3), y = tad_name(tad_square(x), "squared");
    ways[_i](y);
    tad_var z = tad_mul(y, tad_number(2));
    ck_assert_int_eq(tad_freeze(&x, 1, &z, 1, NULL, &p), TAD_WITNESS);
    ck_refused(t, TAD_WITNESS, "squared", "tad_decide");
    tad_var again = tad_mul(x, tad_number(2));
    ck_assert_int_eq(tad_freeze(&x, 1, &again, 1, NULL, &p), TAD_WITNESS);
    tad_tape_clear(t);
}
END_TEST

START_TEST(reading_afterwards_or_elsewhere_does_no_harm) {
    tad_var other = tad_scalar(t, 1), unrelated = tad_exp(other);
    ways[_i](unrelated);
    tad_var x = tad_scalar(t, 3), y = tad_square(x);
    ways[_i](unrelated);
    tad_var z = tad_mul(y, tad_number(2));
    ways[_i](z);
    ways[_i](y);
    machine m = machine_of(&x, 1, &z, 1, NULL);
    ck_assert_double_eq(at(m, 5), 50);
    machine_free(m);
}
END_TEST

/* Rewinding takes away what was read, but not that something which stays was. */
START_TEST(reading_is_known_after_rewinding) {
    tad_program *p;
    tad_var x = tad_scalar(t, 3);
    tad_mark mark = tad_tape_mark(t);
    by_item(tad_square(x));
    ck_done(tad_tape_rewind(t, mark), t);
    tad_var y = tad_square(x);
    machine m = machine_of(&x, 1, &y, 1, NULL);
    machine_free(m);
    for (int i = 0; i < 100; i++) (void)tad_exp(x);
    by_item(x);
    ck_done(tad_tape_rewind(t, mark), t);
    y = tad_square(x);
    ck_assert_int_eq(tad_freeze(&x, 1, &y, 1, NULL, &p), TAD_WITNESS);
    tad_tape_clear(t);
}
END_TEST

START_TEST(sweeping_again_and_again_takes_no_memory) {
    tad_var x = tad_scalar(t, 3), y = tad_square(x);
    ck_done(tad_reverse(y), t);
    (void)tad_gradient_item(x);
    const size_t calls = tad_tape_memory(t).calls;
    for (int k = 0; k < 1000; k++) {
        ck_done(tad_reverse(y), t);
        ck_assert_double_eq(tad_gradient_item(x), 6);
    }
    ck_assert_uint_eq(tad_tape_memory(t).calls, calls);
}
END_TEST

START_TEST(what_was_not_recorded_is_refused) {
    tad_program *p;
    tad_var x = tad_scalar(t, 3), list = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL);
    tad_record_pause(t);
    tad_var number = tad_exp(x), array = tad_exp(list);
    tad_record_resume(t);
    tad_var y = tad_mul(x, number), z = tad_mul(list, array);
    ck_assert_int_eq(tad_freeze(&x, 1, &y, 1, NULL, &p), TAD_WITNESS);
    ck_refused(t, TAD_WITNESS, "paused");
    ck_assert_int_eq(tad_freeze(&list, 1, &z, 1, NULL, &p), TAD_WITNESS);
    ck_refused(t, TAD_WITNESS, "paused");
}
END_TEST

START_TEST(what_was_computed_before_the_first_input_is_a_constant) {
    tad_var before = tad_scalar(t, 3);
    tad_record_pause(t);
    tad_var nine = tad_square(before), drawn = tad_rand(t, TAD_F64, TAD_0D);
    tad_record_resume(t);
    tad_var x = tad_scalar(t, 1), y = tad_mul(x, tad_sub(nine, tad_mul(drawn, tad_number(0))));
    machine m = machine_of(&x, 1, &y, 1, NULL);
    ck_assert_double_eq(at(m, 2), 18);
    ck_assert_uint_eq(tad_program_info_of(m.p).draws, 0);
    machine_free(m);
}
END_TEST

START_TEST(what_a_numeric_sweep_gave_is_refused) {
    tad_program *p;
    tad_var x = tad_scalar(t, 3), y = tad_square(x), got[6], one = tad_number(1), none = tad_none();
    ck_done(tad_reverse(y), t);
    got[0] = tad_gradient(x);
    ck_done(tad_forward(&y, 1, &x, &one, 1, &got[1]), t);
    ck_done(tad_hvp(cube, NULL, &x, &one, 1, NULL, NULL, &got[2]), t);
    ck_done(tad_vjp_many(cube, NULL, &x, 1, &none, 1, NULL, &got[3]), t);
    ck_done(tad_jvp_many(cube, NULL, &x, &one, 1, 1, NULL, &got[4]), t);
    ck_done(tad_jacobian(cube, NULL, &x, 1, 0, NULL, &got[5]), t);
    for (size_t k = 0; k < 6; k++) {
        tad_var z = tad_mul(x, got[k]);
        ck_assert_int_eq(tad_freeze(&x, 1, &z, 1, NULL, &p), TAD_WITNESS);
        ck_refused(t, TAD_WITNESS, "numeric sweep");
    }
}
END_TEST

/* ---- decisions ---- */

static tad_var larger(tad_var x, tad_var y) {
    return tad_decide(tad_name(tad_greater(x, y), "x is larger")) ? tad_square(x) : tad_exp(y);
}

START_TEST(a_decision_is_taken_again) {
    tad_var x = tad_scalar(t, 3), y = tad_scalar(t, 2), z = larger(x, y), gradient[2];
    ck_assert_double_eq(tad_item(z), 9);
    ck_done(tad_grad(&z, NULL, 1, (tad_var[]){x, y}, 2, gradient), t);
    machine m = machine_of((tad_var[]){x, y}, 2, &z, 1, NULL);
    double out = 0;
    run_numbers(m, (double[]){5, 4}, &out);
    ck_assert_double_eq(out, 25);
    ck_assert_int_eq(tad_bind_numbers_in(m.w, 0, 2, (double[]){1, 4}), TAD_OK);
    ck_workspace_refused(m, TAD_BRANCH, tad_run(m.w), "x is larger");
    ck_assert_double_eq(out, 25);
    ck_assert_uint_eq(tad_program_info_of(m.p).decisions, 1);
    machine_free(m);
}
END_TEST

START_TEST(a_decision_about_what_is_unknown_is_refused) {
    tad_program *p;
    tad_var x = tad_scalar(t, 3);
    tad_record_pause(t);
    tad_var larger = tad_greater(x, tad_number(1));
    ck_assert(tad_decide(larger));
    tad_record_resume(t);
    tad_var y = tad_square(x);
    ck_assert_int_eq(tad_freeze(&x, 1, &y, 1, NULL, &p), TAD_WITNESS);
    tad_tape_clear(t);
}
END_TEST

START_TEST(only_a_bool_decides) {
    tad_var x = tad_scalar(t, 3);
    ck_assert(!tad_decide(x));
    ck_refused(t, TAD_BAD_DTYPE, "decide", "float64");
    ck_assert(!tad_decide(tad_constant(t, TAD_BOOL, TAD_SHAPE(2), NULL)));
    ck_refused(t, TAD_BAD_DTYPE, "decide", "(2)");
    ck_assert(!tad_decide(tad_number(1)));
    ck_tape(t);
}
END_TEST

/* ---- random numbers ---- */

static tad_var noisy(tad_var x) {
    (void)tad_rand(t, TAD_F64, TAD_SHAPE(3)); /* nothing needs it */
    tad_var a = tad_add(x, tad_randn(t, TAD_F64, TAD_SHAPE(4))),
            b = tad_mul(tad_dropout(a, 0.5), tad_rand(t, TAD_F64, TAD_0D));
    return tad_sum(tad_add(b, tad_cast(tad_rand(t, TAD_F32, TAD_SHAPE(4)), TAD_F64)), tad_all());
}

START_TEST(random_numbers_are_those_of_the_tape) {
    tad_tape_set_random(t, (tad_random){7, 100});
    tad_var x = tad_scalar(t, 3), y = noisy(x);
    machine m = machine_of(&x, 1, &y, 1, NULL);
    ck_assert_uint_eq(tad_program_info_of(m.p).draws, 3 + 8 + 4 + 1 + 4);
    ck_assert_double_eq(at(m, 3), tad_item(y));
    for (int k = 0; k < 3; k++) ck_assert_double_eq(at(m, 3), tad_item(noisy(x)));
    tad_set_random(m.w, (tad_random){7, 100});
    ck_assert_double_eq(at(m, 3), tad_item(y));
    machine_free(m);
}
END_TEST

START_TEST(random_numbers_set_on_the_way_are_refused) {
    tad_program *p;
    tad_var x = tad_scalar(t, 3), y = noisy(x);
    tad_tape_set_random(t, (tad_random){9, 0});
    y = tad_add(y, noisy(x));
    ck_assert_int_eq(tad_freeze(&x, 1, &y, 1, NULL, &p), TAD_WITNESS);
    ck_refused(t, TAD_WITNESS, "random");
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

START_TEST(rows_on_one_shape_run_together) {
    tad_var x = tad_input(t, TAD_F32, TAD_SHAPE(3000), NULL), s = tad_scalar(t, 2), y = x, z = x;
    for (int k = 0; k < 20; k++) {
        y = tad_sin(tad_mul(y, s));
        z = tad_sub(tad_number(1), tad_exp(z));
    }
    tad_var out[2] = {tad_sum(y, tad_all()), tad_add(y, z)};
    machine m = machine_of((tad_var[]){x, s}, 2, out, 2, NULL);
    const tad_program_info i = tad_program_info_of(m.p);
    ck_assert_uint_eq(i.groups, 1); /* the sum runs afterwards */
    ck_assert_uint_eq(i.fused, 81);
    ck_assert_uint_eq(i.array_bytes_apart, 2 * 12032 + 2 * 64);
    machine_free(m);
}
END_TEST

/* What something else reads in between has memory, and is there by then. */
START_TEST(groups_are_there_when_they_are_read) {
    double values[700];
    for (int k = 0; k < 700; k++) values[k] = k * 0.001;
    graph g = {.n_in = 2, .n_out = 2};
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(700), values),
            w = tad_input(t, TAD_F64, TAD_SHAPE(7, 100), values), a = tad_sin(x), b = tad_cos(w),
            c = tad_exp(a), d = tad_reshape(c, TAD_SHAPE(7, 100)), e = tad_mul(b, d),
            f = tad_mul(c, tad_reshape(e, TAD_SHAPE(700))), h = tad_add(tad_flip(f, tad_all()), c);
    g.in[0] = x, g.in[1] = w;
    g.out[0] = h, g.out[1] = e;
    tad_program *p = frozen(&g, "groups");
    tad_workspace *own = tad_workspace_new(p);
    run_beside(own, &g, "groups");
    tad_workspace_free(own);
    tad_program_free(p);
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
    ck_assert_uint_lt(tad_workspace_size(m.p), 3000);
    machine_free(m);
}
END_TEST

/* ---- many points ---- */

static tad_var rosenbrock(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    tad_var a = tad_sub(tad_number(1), in[0]), b = tad_sub(in[1], tad_square(in[0]));
    return tad_add(tad_square(a), tad_mul(tad_number(100), tad_square(b)));
}

static tad_var bent(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n;
    const tad_var *scale = user;
    return tad_add(tad_mul(tad_exp(in[0]), tad_leaky_relu(tad_sin(in[1]), 0.2)),
                   tad_div(*scale, tad_add(in[2], tad_number(2))));
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

/* ---- as text ---- */

typedef struct text {
    char at[4000];
    size_t length, most; /* most: stops there; 0: never */
} text;

static bool keep_text(void *user, const char *from, size_t length) {
    text *k = user;
    if (k->most && k->length > k->most) return false;
    ck_assert_uint_lt(k->length + length, sizeof k->at);
    memcpy(k->at + k->length, from, length);
    k->length += length;
    k->at[k->length] = 0;
    return true;
}

static const char lines[] =
    "in[0] x a0 float64(2,3) in[0]\n"
    "in[1] n0\n"
    "numbers, 2 steps\n"
    "    n3 = mul(n0, n1)\n"
    "    n3 = sin(n3)\n"
    "draw\n"
    "    a1 float64(2,3) 0..48\n"
    "copy\n"
    "    a6 float64(2,3) 64..112 = copy(a0 float64(2,3) in[0])\n"
    "group of 2, 1 strips\n"
    "    a2 float64(2,3) strip 0 = mul(a0 float64(2,3) in[0], n3)\n"
    "    a3 float64(2,3) 128..176 = add(a2 float64(2,3) strip 0, a1 float64(2,3) 0..48)\n"
    "call\n"
    "    n3 = sum(a4 float64(3,2) 128..176 of a3)\n"
    "call\n"
    "    a5 bool() 0..1 = greater(n3, n2)\n"
    "decision 0, false: a5 bool() 0..1\n"
    "numbers, 1 steps\n"
    "    n3 = neg(n3)\n"
    "out[0] total n3\n"
    "out[1] x a6 float64(2,3) 64..112\n";

START_TEST(a_program_is_shown) {
    text k = {.length = 0};
    tad_var x = tad_name(tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL), "x"), n = tad_scalar(t, 1),
            s = tad_sin(tad_mul(n, tad_number(2))), r = tad_rand(t, TAD_F64, TAD_SHAPE(2, 3)),
            y = tad_transpose(tad_add(tad_mul(x, s), r), 0, 1), sum = tad_sum(y, tad_all());
    ck_assert(!tad_decide(tad_greater(sum, tad_number(100))));
    tad_var total = tad_name(tad_neg(sum), "total");
    machine m = machine_of((tad_var[]){x, n}, 2, (tad_var[]){total, x}, 2, NULL);
    ck_assert_int_eq(tad_program_dump(m.p, keep_text, &k), TAD_OK);
    ck_assert_str_eq(k.at, lines);
    k = (text){.most = 100};
    ck_assert_int_eq(tad_program_dump(m.p, keep_text, &k), TAD_IO);
    ck_assert_int_eq(tad_program_dump(NULL, keep_text, &k), TAD_BAD_ARGUMENT);
    ck_assert_int_eq(tad_program_dump(m.p, NULL, &k), TAD_BAD_ARGUMENT);
    machine_free(m);
}
END_TEST

/* ---- bad input ---- */

START_TEST(bad_lists_are_refused) {
    tad_program *p;
    tad_tape *other = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, 1), y = tad_exp(x), c = tad_full(t, TAD_F64, TAD_0D, 2),
            foreign = tad_scalar(other, 1), number = tad_number(1);
    const tad_var twice[2] = {x, x}, mixed[2] = {x, foreign};
    ck_assert_int_eq(tad_freeze(&x, 1, &y, 0, NULL, &p), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "no outputs");
    ck_assert_int_eq(tad_freeze(&x, 1, NULL, 1, NULL, &p), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "no outputs");
    ck_assert_int_eq(tad_freeze(NULL, 1, &y, 1, NULL, &p), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "inputs");
    ck_assert_int_eq(tad_freeze(twice, 2, &y, 1, NULL, &p), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "twice");
    ck_assert_int_eq(tad_freeze(mixed, 2, &y, 1, NULL, &p), TAD_BAD_HANDLE);
    ck_refused(t, TAD_BAD_HANDLE, "input");
    ck_assert_int_eq(tad_freeze(&x, 1, &number, 1, NULL, &p), TAD_BAD_HANDLE);
    ck_refused(t, TAD_BAD_HANDLE, "output 0");
    ck_assert_int_eq(tad_freeze(&x, 1, &c, 1, NULL, &p), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "depends on no input");
    ck_assert_int_eq(tad_freeze(&x, 1, &y, 1, NULL, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "place");
    ck_assert_int_eq(tad_freeze(NULL, 0, NULL, 0, NULL, &p), TAD_BAD_HANDLE);
    tad_tape_free(other);
}
END_TEST

START_TEST(rewound_and_nil_variables_are_refused) {
    tad_program *p;
    tad_var x = tad_scalar(t, 1);
    tad_mark mark = tad_tape_mark(t);
    tad_var y = tad_exp(x);
    ck_done(tad_tape_rewind(t, mark), t);
    ck_assert_int_eq(tad_freeze(&x, 1, &y, 1, NULL, &p), TAD_BAD_HANDLE);
    ck_refused(t, TAD_BAD_HANDLE, "freeze: output");
    tad_var nil = tad_matmul(x, x);
    ck_assert(tad_is_nil(nil));
    ck_assert_int_eq(tad_freeze(&x, 1, &nil, 1, NULL, &p), TAD_BAD_SHAPE); /* sticks */
    tad_tape_clear(t);
    ck_assert_int_eq(tad_freeze(&x, 1, &nil, 1, NULL, &p), TAD_BAD_HANDLE);
    tad_tape_clear(t);
}
END_TEST

START_TEST(bad_bindings_are_refused) {
    double six[6] = {0};
    tad_var x = tad_name(tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL), "batch"),
            y = tad_sum(x, tad_all());
    machine m = machine_of(&x, 1, &y, 1, NULL);
    tad_workspace *w = m.w;
    ck_workspace_refused(m, TAD_BAD_ARGUMENT, tad_run(w), "2 inputs and outputs");
    ck_workspace_refused(m, TAD_BAD_SHAPE, tad_bind_in(w, 0, TAD_F64, TAD_SHAPE(3, 2), six),
                         "input 0 batch has shape (2,3), not (3,2)");
    ck_workspace_refused(m, TAD_BAD_DTYPE, tad_bind_in(w, 0, TAD_F32, TAD_SHAPE(2, 3), six),
                         "float64, not float32");
    ck_workspace_refused(m, TAD_BAD_ARGUMENT, tad_bind_in(w, 1, TAD_F64, TAD_SHAPE(2, 3), six),
                         "no input 1 of 1");
    ck_workspace_refused(m, TAD_BAD_ARGUMENT, tad_bind_in(w, 0, TAD_F64, TAD_SHAPE(2, 3), NULL),
                         "needs memory");
    ck_workspace_refused(m, TAD_BAD_ARGUMENT, tad_bind_out(w, 0, TAD_F64, TAD_0D, NULL),
                         "needs memory");
    ck_workspace_refused(m, TAD_BAD_SHAPE, tad_bind_numbers_in(w, 0, 1, six), "(2,3), not ()");
    ck_workspace_refused(m, TAD_BAD_ARGUMENT, tad_bind_numbers_out(w, 0, 2, six), "output 1");
    ck_workspace_refused(m, TAD_BAD_ARGUMENT, tad_run(w), "1 inputs and outputs");
    machine_free(m);
}
END_TEST

START_TEST(arrays_without_elements_need_no_memory) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(0, 3), NULL),
            out[2] = {tad_exp(x), tad_sum(x, tad_all())};
    double sum = 7;
    machine m = machine_of(&x, 1, out, 2, NULL);
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_F64, TAD_SHAPE(0, 3), NULL), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 0, TAD_F64, TAD_SHAPE(0, 3), NULL), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 1, TAD_F64, TAD_0D, &sum), TAD_OK);
    ck_assert_int_eq(tad_run(m.w), TAD_OK);
    ck_assert_double_eq(sum, 0);
    machine_free(m);
}
END_TEST

START_TEST(a_workspace_in_memory_of_the_callers) {
    tad_var x = tad_scalar(t, 1), y = tad_exp(x);
    machine m = machine_of(&x, 1, &y, 1, NULL);
    const size_t size = tad_workspace_size(m.p);
    char *memory = aligned_alloc(64, size + 64);
    ck_assert_ptr_null(tad_workspace_in(m.p, memory, size - 1));
    ck_assert_ptr_null(tad_workspace_in(m.p, memory + 8, size));
    ck_assert_ptr_null(tad_workspace_in(m.p, NULL, size));
    ck_assert_ptr_null(tad_workspace_in(NULL, memory, size));
    machine own = {m.p, tad_workspace_in(m.p, memory, size)};
    ck_assert_ptr_nonnull(own.w);
    ck_assert_double_eq(at(own, 2), exp(2));
    tad_workspace_free(own.w);
    free(memory);
    machine_free(m);
}
END_TEST

/* ---- memory ---- */

static machine net(tad_allocator allocator) {
    const double six[6] = {1, 2, 3, 4, 5, 6};
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3, 2), six),
            w = tad_param(t, TAD_F64, TAD_SHAPE(2, 3), six), z = tad_scalar(t, 0.5), gradient[2],
            h = tad_softmax(tad_matmul(x, tad_mul(w, tad_sin(z))), 0),
            y = tad_sum(tad_dropout(tad_flip(h, tad_axis(0)), 0.25), tad_all());
    machine m = {NULL, NULL};
    ck_done(tad_grad(&y, NULL, 1, (tad_var[]){w, z}, 2, gradient), t);
    const tad_var in[2] = {x, z}, out[3] = {y, gradient[0], gradient[1]};
    const tad_freeze_options o = {.allocator = allocator};
    tad_status s = tad_freeze(in, 2, out, 3, &o, &m.p);
    ck_assert(s == TAD_OK || s == TAD_NO_MEMORY);
    ck_assert_int_eq(s, tad_tape_status(t));
    if (m.p) m.w = tad_workspace_new(m.p);
    return m;
}

START_TEST(running_takes_no_memory) {
    support_memory memory = {.scarce = true};
    double x[6] = {1, 0, 0, 1, 0, 0}, z = 1, y, gw[6], gz;
    machine m = net(support_allocator(&memory));
    ck_assert_int_eq(tad_bind_in(m.w, 0, TAD_F64, TAD_SHAPE(3, 2), x), TAD_OK);
    ck_assert_int_eq(tad_bind_in(m.w, 1, TAD_F64, TAD_0D, &z), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 0, TAD_F64, TAD_0D, &y), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 1, TAD_F64, TAD_SHAPE(2, 3), gw), TAD_OK);
    ck_assert_int_eq(tad_bind_out(m.w, 2, TAD_F64, TAD_0D, &gz), TAD_OK);
    const size_t requests = memory.requests;
    memory.fail_at = requests + 1;
    memory.for_ever = true;
    for (int k = 0; k < 3; k++) ck_assert_int_eq(tad_run(m.w), TAD_OK);
    ck_assert_uint_eq(memory.requests, requests);
    machine_free(m);
    ck_no_leak(&memory);
}
END_TEST

START_TEST(freezing_out_of_memory_leaves_nothing) {
    for (int for_ever = 0; for_ever < 2; for_ever++)
        for (size_t n = 1;; n++) {
            support_memory memory = {.scarce = true, .fail_at = n, .for_ever = for_ever};
            machine m = net(support_allocator(&memory));
            tad_tape_clear(t);
            tad_tape_reset(t);
            machine_free(m);
            ck_no_leak(&memory);
            if (!memory.refused) break;
        }
}
END_TEST

/* The tape's memory fails: nothing stays recorded, and then it works. */
START_TEST(freezing_a_function_out_of_memory_leaves_nothing) {
    for (size_t n = 1;; n++) {
        support_memory memory = {.scarce = true};
        tad_tape *own = support_tape(&memory);
        tad_program *p;
        tad_var in[3] = {tad_scalar(own, 1), tad_scalar(own, 2), tad_scalar(own, 3)},
                scale = tad_scalar(own, 4);
        const size_t nodes = tad_node_count(own);
        memory.fail_at = memory.requests + n;
        tad_status s = tad_freeze_function(bent, &scale, in, 3, 31, NULL, &p);
        const bool refused = memory.refused;
        ck_assert(s == TAD_OK || (refused && s == TAD_NO_MEMORY && !p));
        ck_assert_int_eq(s, tad_tape_status(own));
        ck_assert_uint_eq(tad_node_count(own), nodes);
        tad_program_free(p);
        tad_tape_clear(own);
        memory.fail_at = 0;
        ck_done(tad_freeze_function(bent, &scale, in, 3, 31, NULL, &p), own);
        tad_program_free(p);
        tad_tape_free(own);
        ck_no_leak(&memory);
        if (!refused) break;
    }
}
END_TEST

/* ---- threads ---- */

static void *run_often(void *arg) {
    const tad_program *p = arg;
    machine m = {(tad_program *)(uintptr_t)p, tad_workspace_new(p)};
    for (int k = 0; k < 1000; k++) ck_assert_double_eq(at(m, k), k * (double)k + 1);
    tad_workspace_free(m.w);
    return NULL;
}

START_TEST(threads_share_a_program) {
    pthread_t thread[4];
    tad_var x = tad_scalar(t, 1), y = tad_add(tad_square(x), tad_number(1));
    machine m = machine_of(&x, 1, &y, 1, NULL);
    for (int k = 0; k < 4; k++)
        ck_assert_int_eq(pthread_create(&thread[k], NULL, run_often, m.p), 0);
    for (int k = 0; k < 4; k++) ck_assert_int_eq(pthread_join(thread[k], NULL), 0);
    machine_free(m);
}
END_TEST

/* ---- the suite ---- */

static TCase *tape_case(Suite *s, const char *name) {
    TCase *c = support_case(s, name);
    tcase_add_checked_fixture(c, set_up, tear_down);
    return c;
}

static Suite *suite(void) {
    Suite *s = suite_create("program");
    TCase *c = tape_case(s, "bits");
    tcase_add_loop_test(c, every_op_gives_the_bits_of_the_tape, 0, (int)tad_op_count());
    tcase_add_loop_test(c, rows_agree_at_special_points, 0, ROWS);
    tcase_add_loop_test(c, random_graphs_agree, 0, 60);

    c = tape_case(s, "roles");
    tcase_add_test(c, a_parameter_is_read_where_it_lies);
    tcase_add_test(c, an_array_parameter_and_its_views_are_read_where_they_lie);
    tcase_add_test(c, copied_parameters_need_no_tape);
    tcase_add_test(c, a_parameter_that_is_gone_is_not_read);
    tcase_add_test(c, a_parameter_changed_since_is_refused);
    tcase_add_test(c, parameters_can_be_inputs);
    tcase_add_test(c, interior_variables_can_be_inputs);
    tcase_add_test(c, a_detached_value_follows_the_inputs);
    tcase_add_test(c, a_detached_parameter_follows_it);
    tcase_add_test(c, labels_are_inputs_like_others);
    tcase_add_test(c, a_shape_that_depends_on_elements_is_checked);
    tcase_add_test(c, outputs_may_be_inputs_parameters_and_constants);
    tcase_add_test(c, an_output_may_lie_where_an_input_does);
    tcase_add_test(c, outputs_lie_anywhere);
    tcase_add_test(c, names_and_types_are_kept);

    c = tape_case(s, "functions");
    tcase_add_loop_test(c, a_function_is_frozen_with_its_derivatives, 1, 32);
    tcase_add_test(c, derivatives_may_be_constants);
    tcase_add_test(c, a_function_that_cannot_be_frozen_leaves_nothing);

    c = tape_case(s, "witnesses");
    tcase_add_loop_test(c, what_was_read_on_the_way_is_refused, 0, WAYS);
    tcase_add_loop_test(c, reading_afterwards_or_elsewhere_does_no_harm, 0, WAYS);
    tcase_add_test(c, reading_is_known_after_rewinding);
    tcase_add_test(c, sweeping_again_and_again_takes_no_memory);
    tcase_add_test(c, what_was_not_recorded_is_refused);
    tcase_add_test(c, what_was_computed_before_the_first_input_is_a_constant);
    tcase_add_test(c, what_a_numeric_sweep_gave_is_refused);

    c = tape_case(s, "decisions");
    tcase_add_test(c, a_decision_is_taken_again);
    tcase_add_test(c, a_decision_about_what_is_unknown_is_refused);
    tcase_add_test(c, only_a_bool_decides);

    c = tape_case(s, "random");
    tcase_add_test(c, random_numbers_are_those_of_the_tape);
    tcase_add_test(c, random_numbers_set_on_the_way_are_refused);

    c = tape_case(s, "savings");
    tcase_add_test(c, what_nothing_needs_or_is_known_is_not_computed);
    tcase_add_test(c, options_and_operands_tell_calls_apart);
    tcase_add_test(c, rows_on_one_shape_run_together);
    tcase_add_test(c, groups_are_there_when_they_are_read);
    tcase_add_test(c, memory_is_used_again);

    c = tape_case(s, "points");
    tcase_add_test(c, points_of_numbers_run_together);
    tcase_add_test(c, points_of_arithmetic_have_the_bits_of_one);
    tcase_add_test(c, points_of_arrays_run_one_after_another);
    tcase_add_test(c, points_that_do_not_fit_are_refused);
    tcase_add_test(c, a_point_that_fails_is_named);

    c = tape_case(s, "text");
    tcase_add_test(c, a_program_is_shown);

    c = tape_case(s, "misuse");
    tcase_add_test(c, bad_lists_are_refused);
    tcase_add_test(c, rewound_and_nil_variables_are_refused);
    tcase_add_test(c, bad_bindings_are_refused);
    tcase_add_test(c, arrays_without_elements_need_no_memory);
    tcase_add_test(c, a_workspace_in_memory_of_the_callers);

    c = tape_case(s, "memory");
    tcase_add_test(c, running_takes_no_memory);
    tcase_add_test(c, freezing_out_of_memory_leaves_nothing);
    tcase_add_test(c, freezing_a_function_out_of_memory_leaves_nothing);
    tcase_add_test(c, threads_share_a_program);
    return s;
}
SUPPORT_MAIN(suite)
