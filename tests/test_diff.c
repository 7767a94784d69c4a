/* Drivers over functions: values in both directions, what they leave alone, every misuse. */
#include "support.h"

#include <tad/gradcheck.h>
#include <tad/inspect.h>

/* ---- functions ---- */

#define FUNCTION(name, expression)                                                                 \
    static tad_var name(tad_tape *t, const tad_var *in, size_t n, void *user) {                    \
        (void)t, (void)in, (void)n, (void)user;                                                    \
        return expression;                                                                         \
    }

/* user: a constant matrix */
FUNCTION(squares_times, tad_matmul(*(const tad_var *)user, tad_square(in[0])))
FUNCTION(identity, in[0])
FUNCTION(second, in[1])
FUNCTION(from_outside, *(const tad_var *)user) /* whatever the test wants */
FUNCTION(squares, tad_square(in[0]))
FUNCTION(as_single, tad_cast(tad_square(in[0]), TAD_F32))
FUNCTION(cubes, tad_sum(tad_mul(in[0], tad_square(in[0])), tad_all()))
FUNCTION(mixed, tad_sum(tad_mul(tad_square(in[0]), in[1]), tad_all()))
FUNCTION(repeated, tad_stack((tad_var[]){in[0], tad_sin(in[0]), in[0]}, 3, 0))
FUNCTION(norm_of_waves, tad_sum(tad_sin(tad_mul(in[0], tad_flip(in[0], tad_axis(0)))), tad_all()))
FUNCTION(beside_root, tad_concat((tad_var[]){in[0], tad_sqrt(in[0])}, 2, 0))
FUNCTION(broken, tad_reshape(in[0], TAD_SHAPE(7)))
FUNCTION(broken_on_the_way, ((void)tad_reshape(in[0], TAD_SHAPE(7)), in[0]))
FUNCTION(paused_for_ever, (tad_record_pause(t), tad_square(in[0])))

/* So much that the tape grows, which opens it for what is recorded in place. */
static tad_var cubes_among_many(tad_tape *t, const tad_var *in, size_t n, void *user) {
    for (int i = 0; i < 1000; i++) tad_scalar(t, i);
    return cubes(t, in, n, user);
}

static tad_tape *t;
static tad_var x2; /* (2) input {2, -3} */

static void open_tape(void) {
    t = tad_tape_new(NULL);
    x2 = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){2, -3});
}

static void close_tape(void) { tad_tape_free(t); }

/* ---- Jacobians ---- */

/* d (C x^2)[r][c] / d x[a][b] = 2 C[r][a] x[a][b] for c = b, for more results than inputs and
 * fewer. */
START_TEST(jacobian_has_the_right_values_and_axes) {
    enum { INNER = 2, COLUMNS = 3 };
    const int rows = (int[]){1, 2, 4}[_i];
    double c[8], x[6], J[4 * 3 * 6];
    for (int i = 0; i < 8; i++) c[i] = 1 + i * 0.5;
    for (int i = 0; i < 6; i++) x[i] = 0.3 * i - 1;
    tad_var matrix = tad_constant(t, TAD_F64, TAD_SHAPE(rows, INNER), c), out;
    tad_var in = tad_input(t, TAD_F64, TAD_SHAPE(INNER, COLUMNS), x);
    ck_done(tad_jacobian(squares_times, &matrix, &in, 1, 0, NULL, &out), t);
    ck_shape(out, rows, COLUMNS, INNER, COLUMNS);
    ck_done(tad_read(out, J, (size_t)rows * 18), t);
    for (int r = 0, k = 0; r < rows; r++)
        for (int column = 0; column < COLUMNS; column++)
            for (int a = 0; a < INNER; a++)
                for (int b = 0; b < COLUMNS; b++)
                    ck_near(J[k++], column == b ? 2 * c[r * INNER + a] * x[a * COLUMNS + b] : 0,
                            1e-15);
}
END_TEST

START_TEST(jacobian_of_numbers) {
    tad_var x = tad_scalar(t, 3), one = tad_input(t, TAD_F64, TAD_SHAPE(1), (double[]){3}), J;
    ck_done(tad_jacobian(squares, NULL, &x, 1, 0, NULL, &J), t);
    ck_shape(J);
    ck_values(J, 0, 6);
    ck_done(tad_jacobian(squares, NULL, &one, 1, 0, NULL, &J), t);
    ck_shape(J, 1, 1);
    ck_values(J, 0, 6);
    ck_done(tad_jacobian(repeated, NULL, &x, 1, 0, NULL, &J), t);
    ck_shape(J, 3);
    ck_values(J, 1e-15, 1, cos(3), 1);
    ck_done(tad_jacobian(cubes, NULL, &x2, 1, 0, NULL, &J), t);
    ck_shape(J, 2);
    ck_values(J, 0, 12, 27);
}
END_TEST

START_TEST(jacobian_has_the_results_element_type) {
    tad_var x = tad_input(t, TAD_F32, TAD_SHAPE(2), (float[]){2, -3}), J;
    ck_done(tad_jacobian(squares, NULL, &x, 1, 0, NULL, &J), t);
    ck_assert_int_eq(tad_dtype_of(J), TAD_F32);
    ck_values(J, 0, 4, 0, 0, -6);
    ck_done(tad_jacobian(as_single, NULL, &x2, 1, 0, NULL, &J), t);
    ck_assert_int_eq(tad_dtype_of(J), TAD_F32);
    ck_values(J, 0, 4, 0, 0, -6);
}
END_TEST

START_TEST(jacobian_of_what_is_no_computation) {
    tad_var in[2] = {x2, tad_input(t, TAD_F64, TAD_SHAPE(3), NULL)}, J;
    ck_done(tad_jacobian(identity, NULL, in, 2, 0, NULL, &J), t);
    ck_values(J, 0, 1, 0, 0, 1);
    ck_done(tad_jacobian(identity, NULL, in, 2, 1, NULL, &J), t);
    ck_shape(J, 2, 3);
    ck_values(J, 0, 0, 0, 0, 0, 0, 0);
    ck_done(tad_jacobian(second, NULL, in, 2, 0, NULL, &J), t);
    ck_shape(J, 3, 2);
    ck_values(J, 0, 0, 0, 0, 0, 0, 0);
}
END_TEST

/* By columns, where the tangent of the other element is zero. */
START_TEST(jacobian_keeps_strong_zeros) {
    tad_tape *strong = tad_tape_new(&(tad_settings){.strong_zero = true});
    tad_var x = tad_input(strong, TAD_F64, TAD_SHAPE(2), (double[]){0, 1}), J;
    ck_done(tad_jacobian(beside_root, NULL, &x, 1, 0, NULL, &J), strong);
    ck_shape(J, 4, 2);
    ck_values(J, 0, 1, 0, 0, 1, INFINITY, 0, 0, 0.5);
    tad_tape_free(strong);
}
END_TEST

START_TEST(jacobian_of_nothing_is_empty) {
    tad_var empty = tad_input(t, TAD_F64, TAD_SHAPE(0, 3), NULL), J;
    ck_done(tad_jacobian(squares, NULL, &empty, 1, 0, NULL, &J), t);
    ck_shape(J, 0, 3, 0, 3);
    ck_done(tad_jacobian(cubes, NULL, &empty, 1, 0, NULL, &J), t);
    ck_shape(J, 0, 3);
    ck_done(tad_jacobian(from_outside, &empty, &x2, 1, 0, NULL, &J), t);
    ck_shape(J, 0, 3, 2);
}
END_TEST

/* Whoever adds a function of it to a loss must learn that nothing flows through it. */
START_TEST(jacobian_and_hessian_are_constants) {
    tad_var J, H;
    ck_done(tad_jacobian(squares, NULL, &x2, 1, 0, NULL, &J), t);
    ck_done(tad_hessian(cubes, NULL, &x2, 1, 0, 0, NULL, &H), t);
    ck_assert(!tad_node_needs_gradient(J) && !tad_node_needs_gradient(H));
    ck_assert_int_eq(tad_node_kind_of(J), TAD_NODE_CONSTANT);
}
END_TEST

/* Columns are put into the result some at a time. */
START_TEST(jacobian_of_many_columns) {
    enum { ROWS = 30, COLUMNS = 19 };
    const tad_dtype dtype = _i ? TAD_F32 : TAD_F64;
    double m[ROWS * COLUMNS], x[COLUMNS], got[ROWS * COLUMNS];
    for (int i = 0; i < ROWS * COLUMNS; i++) m[i] = (double)i / 16 - 7;
    for (int j = 0; j < COLUMNS; j++) x[j] = (double)j / 4 - 2;
    tad_var matrix = tad_constant_from(t, dtype, TAD_SHAPE(5, ROWS / 5, COLUMNS), m), J,
            at = tad_cast(tad_input(t, TAD_F64, TAD_SHAPE(COLUMNS), x), dtype);
    ck_done(tad_jacobian(squares_times, &matrix, &at, 1, 0, NULL, &J), t);
    ck_done(tad_read(J, got, ROWS * COLUMNS), t);
    for (int i = 0; i < ROWS * COLUMNS; i++) ck_assert_double_eq(got[i], m[i] * 2 * x[i % COLUMNS]);
}
END_TEST

/* ---- cost ---- */

/* One recorded sweep a row took 7 GB. */
START_TEST(jacobian_takes_the_memory_of_one_sweep) {
    const int64_t sizes[2][2] = {{10000, 3}, {3, 10000}};
    int64_t rows = sizes[_i][0], columns = sizes[_i][1];
    size_t result = 30000 * sizeof(double);
    tad_tape *small = tad_tape_new(&(tad_settings){.memory_limit = 10 * result});
    tad_var x = tad_input(small, TAD_F64, TAD_SHAPE(columns), NULL), J;
    tad_var matrix = tad_full(small, TAD_F64, TAD_SHAPE(rows, columns), 0.5);
    size_t nodes = tad_node_count(small);
    ck_done(tad_jacobian(squares_times, &matrix, &x, 1, 0, NULL, &J), small);
    ck_assert_uint_eq(tad_node_count(small), nodes + 3); /* square, matmul, the result */
    tad_tape_free(small);
}
END_TEST

/* The memory of a repeated call is used again. */
START_TEST(drivers_allocate_nothing_the_second_time) {
    tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 1}), y, out;
    tad_mark mark = tad_tape_mark(t);
    size_t calls = 0;
    for (int i = 0; i < 4; i++) {
        if (i == 2) calls = tad_tape_memory(t).calls;
        ck_done(tad_vjp(cubes, NULL, &x2, 1, tad_none(), &y, &out), t);
        ck_done(tad_jvp(cubes, NULL, &x2, &v, 1, &y, &out), t);
        ck_done(tad_hvp(cubes, NULL, &x2, &v, 1, NULL, NULL, &out), t);
        ck_done(tad_jacobian(squares, NULL, &x2, 1, 0, NULL, &out), t);
        ck_done(tad_jacobian(repeated, NULL, &x2, 1, 0, NULL, &out), t); /* by columns */
        ck_done(tad_hessian(cubes, NULL, &x2, 1, 0, 0, NULL, &out), t);
        ck_done(tad_tape_rewind(t, mark), t);
    }
    ck_assert_uint_eq(tad_tape_memory(t).calls, calls);
}
END_TEST

/* ---- ops with one rule only ---- */

static tad_status same_shape(const tad_call_frame *c, tad_type *out, size_t *n) {
    (void)n;
    out->dtype = (tad_dtype)c->in[0]->dtype;
    out->shape.rank = c->in[0]->rank;
    for (int i = 0; i < c->in[0]->rank; i++) out->shape.dim[i] = c->in[0]->dim[i];
    return TAD_OK;
}
static tad_status triple(const tad_call_frame *c) {
    for (int64_t i = 0; i < c->out[0]->size; i++)
        ((double *)c->out[0]->data)[i] = 3 * ((const double *)c->in[0]->data)[i];
    return TAD_OK;
}
static void thrice(tad_rule *r) { r->result[0] = tad_mul(r->given[0], tad_number(3)); }

static const tad_op reverse_only = {.name = "reverse_only",
                                    .min_in = 1,
                                    .max_in = 1,
                                    .n_out = 1,
                                    .shape = same_shape,
                                    .forward = triple,
                                    .vjp = thrice};
static const tad_op forward_only = {.name = "forward_only",
                                    .min_in = 1,
                                    .max_in = 1,
                                    .n_out = 1,
                                    .shape = same_shape,
                                    .forward = triple,
                                    .jvp = thrice};
static const tad_op no_rule = {.name = "no_rule",
                               .min_in = 1,
                               .max_in = 1,
                               .n_out = 1,
                               .shape = same_shape,
                               .forward = triple};

static tad_var tall(tad_tape *tape, const tad_var *in, size_t n, void *op) {
    (void)tape, (void)n;
    return tad_stack((tad_var[]){tad_apply(op, in, 1, NULL, NULL, 0), in[0]}, 2, 0);
}
static tad_var wide(tad_tape *tape, const tad_var *in, size_t n, void *op) {
    (void)tape, (void)n;
    return tad_sum(tad_apply(op, in, 1, NULL, NULL, 0), tad_all());
}

/* 1.5 x^2, with a derivative that has no reverse rule. */
static tad_status one_and_a_half_squares(const tad_call_frame *c) {
    const double *x = c->in[0]->data;
    for (int64_t i = 0; i < c->out[0]->size; i++)
        ((double *)c->out[0]->data)[i] = 1.5 * x[i] * x[i];
    return TAD_OK;
}
static void by_forward_only(tad_rule *r) {
    r->result[0] = tad_mul(r->given[0], tad_apply(&forward_only, r->in, 1, NULL, NULL, 0));
}
static const tad_op once_in_reverse = {.name = "once_in_reverse",
                                       .min_in = 1,
                                       .max_in = 1,
                                       .n_out = 1,
                                       .shape = same_shape,
                                       .forward = one_and_a_half_squares,
                                       .vjp = by_forward_only};

START_TEST(a_diagonal_is_taken_from_columns_where_there_are_no_rows) {
    tad_var diagonal;
    ck_done(
        tad_hessian_diagonal(wide, (void *)(uintptr_t)&once_in_reverse, &x2, 1, 0, NULL, &diagonal),
        t);
    ck_values(diagonal, 0, 3, 3);
}
END_TEST

START_TEST(jacobian_takes_the_direction_that_has_rules) {
    tad_var J;
    const tad_op *const ops[] = {&reverse_only, &forward_only};
    for (int i = 0; i < 2; i++) {
        ck_done(tad_jacobian(tall, (void *)(uintptr_t)ops[i], &x2, 1, 0, NULL, &J), t);
        ck_values(J, 0, 3, 0, 0, 3, 1, 0, 0, 1);
        ck_done(tad_jacobian(wide, (void *)(uintptr_t)ops[i], &x2, 1, 0, NULL, &J), t);
        ck_values(J, 0, 3, 3);
    }
    ck_assert_int_eq(tad_jacobian(wide, (void *)(uintptr_t)&no_rule, &x2, 1, 0, NULL, &J),
                     TAD_NO_RULE);
    ck_assert(tad_is_nil(J));
    ck_refused(t, TAD_NO_RULE, "no_rule");
}
END_TEST

/* ---- recorded matrices ---- */

/* Sum of squares of f's Jacobian, or Hessian, by in[0]. */
typedef struct {
    tad_fn *f;
    void *user;
    bool second;
} penalty;

static tad_var penalty_of(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    const penalty *p = user;
    tad_var m;
    (void)tape;
    if ((p->second ? tad_hessian_recorded(p->f, p->user, in, n, 0, 0, NULL, &m)
                   : tad_jacobian_recorded(p->f, p->user, in, n, 0, NULL, &m)) != TAD_OK)
        return tad_none();
    return tad_sum(tad_square(m), tad_all());
}

START_TEST(recorded_matrices_are_differentiated_again) {
    tad_var g;
    ck_done(tad_vjp(penalty_of, &(penalty){cubes, NULL, false}, &x2, 1, tad_none(), NULL, &g), t);
    ck_values(g, 0, 36 * 8, -36 * 27); /* of 9 x^4 */
    ck_done(tad_vjp(penalty_of, &(penalty){cubes, NULL, true}, &x2, 1, tad_none(), NULL, &g), t);
    ck_values(g, 0, 144, -216); /* of 36 x^2 */
    const tad_var number = tad_scalar(t, 0.3);
    double c[12];
    for (int i = 0; i < 12; i++) c[i] = sin(i);
    for (int rows = 1; rows <= 6; rows += 5) {
        tad_var m = tad_constant(t, TAD_F64, TAD_SHAPE(rows, 2), c);
        penalty p = {squares_times, &m, false};
        ck_assert_int_eq(tad_gradcheck(penalty_of, &p, &x2, 1, NULL, NULL), TAD_CHECK_PASS);
    }
    penalty p = {repeated, NULL, false};
    ck_assert_int_eq(tad_gradcheck(penalty_of, &p, &number, 1, NULL, NULL), TAD_CHECK_PASS);
    p = (penalty){norm_of_waves, NULL, true};
    ck_assert_int_eq(tad_gradcheck(penalty_of, &p, &x2, 1, NULL, NULL), TAD_CHECK_PASS);
}
END_TEST

static void ck_same_matrix(tad_var got, tad_var right) {
    double a[128], b[128];
    const tad_shape shape = tad_shape_of(got), expected = tad_shape_of(right);
    const size_t n = (size_t)tad_size_of(right);
    ck_assert_int_eq(tad_dtype_of(got), tad_dtype_of(right));
    ck_assert_int_eq(shape.rank, expected.rank);
    ck_assert(!memcmp(shape.dim, expected.dim, (size_t)shape.rank * sizeof *shape.dim));
    ck_done(tad_read(got, a, n), t);
    ck_done(tad_read(right, b, n), t);
    for (size_t k = 0; k < n; k++) ck_near(a[k], b[k], 1e-15);
}

START_TEST(recorded_matrices_are_those_of_numbers) {
    double c[10] = {1, 2, 3, -4, 5, 6, 7, -8, 9, 0.5};
    tad_var matrix = tad_constant(t, TAD_F64, TAD_SHAPE(5, 2), c), number = tad_scalar(t, 3),
            single = tad_input(t, TAD_F32, TAD_SHAPE(2), (float[]){2, -3}),
            in = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), c),
            empty = tad_input(t, TAD_F64, TAD_SHAPE(0, 3), NULL),
            eight = tad_input(t, TAD_F64, TAD_SHAPE(1, 1, 1, 1, 1, 1, 1, 2), c), J, right, y;
    const struct {
        tad_fn *f;
        void *user;
        tad_var x;
    } of[] = {{squares_times, &matrix, in}, {squares, NULL, single},    {as_single, NULL, x2},
              {repeated, NULL, number},     {cubes, NULL, eight},       {identity, NULL, x2},
              {squares, NULL, empty},       {cubes, NULL, empty},       {from_outside, &empty, x2},
              {from_outside, &number, x2},  {from_outside, &matrix, x2}};
    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        ck_done(tad_jacobian(of[k].f, of[k].user, &of[k].x, 1, 0, NULL, &right), t);
        ck_done(tad_jacobian_recorded(of[k].f, of[k].user, &of[k].x, 1, 0, &y, &J), t);
        ck_assert(!tad_is_nil(y));
        ck_same_matrix(J, right);
    }
    ck_done(tad_hessian(mixed, NULL, (tad_var[]){x2, x2}, 2, 0, 1, NULL, &right), t);
    ck_done(tad_hessian_recorded(mixed, NULL, (tad_var[]){x2, x2}, 2, 0, 1, NULL, &J), t);
    ck_same_matrix(J, right);
}
END_TEST

START_TEST(recorded_jacobian_takes_the_direction_that_has_rules) {
    tad_var J;
    const tad_op *const ops[] = {&reverse_only, &forward_only};
    for (int i = 0; i < 2; i++) {
        void *op = (void *)(uintptr_t)ops[i];
        ck_done(tad_jacobian_recorded(tall, op, &x2, 1, 0, NULL, &J), t);
        ck_values(J, 0, 3, 0, 0, 3, 1, 0, 0, 1);
        ck_done(tad_jacobian_recorded(wide, op, &x2, 1, 0, NULL, &J), t);
        ck_values(J, 0, 3, 3);
    }
    void *op = (void *)(uintptr_t)&no_rule;
    ck_assert_int_eq(tad_jacobian_recorded(wide, op, &x2, 1, 0, NULL, &J), TAD_NO_RULE);
    ck_assert(tad_is_nil(J));
    ck_refused(t, TAD_NO_RULE, "no_rule");
}
END_TEST

/* ---- Hessians and products ---- */

START_TEST(hessian_has_the_blocks_of_two_inputs) {
    tad_var in[2] = {x2, tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){5, 7})}, H;
    ck_done(tad_hessian(mixed, NULL, in, 2, 0, 0, NULL, &H), t); /* sum x^2 z */
    ck_values(H, 0, 10, 0, 0, 14);
    ck_done(tad_hessian(mixed, NULL, in, 2, 0, 1, NULL, &H), t);
    ck_values(H, 0, 4, 0, 0, -6);
    ck_done(tad_hessian(mixed, NULL, in, 2, 1, 0, NULL, &H), t);
    ck_values(H, 0, 4, 0, 0, -6);
    ck_done(tad_hessian(mixed, NULL, in, 2, 1, 1, NULL, &H), t);
    ck_values(H, 0, 0, 0, 0, 0);
}
END_TEST

START_TEST(hvp_may_write_over_its_vector) {
    tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 10});
    ck_done(tad_hvp(cubes, NULL, &x2, &v, 1, NULL, NULL, &v), t);
    ck_values(v, 0, 12, -180);
}
END_TEST

START_TEST(gradients_of_a_driver_can_be_differentiated) {
    tad_var g, third, total;
    ck_done(tad_vjp(cubes, NULL, &x2, 1, tad_none(), NULL, &g), t);
    total =
        tad_sum(tad_mul(g, tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 10})), tad_all());
    ck_done(tad_grad(&total, NULL, 1, &x2, 1, &third), t);
    ck_values(third, 0, 12, -180);
}
END_TEST

START_TEST(a_product_of_the_hessian_is_a_constant) {
    tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 10}), hv;
    ck_done(tad_hvp(cubes, NULL, &x2, &v, 1, NULL, NULL, &hv), t);
    ck_assert(!tad_node_needs_gradient(hv));
}
END_TEST

static void ck_same(tad_var a, tad_var b) {
    double x[4], y[4];
    size_t n = (size_t)tad_size_of(b);
    ck_assert_uint_eq((size_t)tad_size_of(a), n);
    ck_done(tad_read(a, x, n), t);
    ck_done(tad_read(b, y, n), t);
    for (size_t i = 0; i < n; i++) ck_near(x[i], y[i], 1e-15);
}

START_TEST(many_products_are_those_one_by_one) {
    enum { N = 2, M = 3 };
    tad_var in[N] = {x2, tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){5, 7})}, v[M * N], ct[M],
            out[M * N], tangent[M], y, gradient[N], one[N], single;
    for (int k = 0; k < M * N; k++)
        v[k] = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){k + 1, 2 * k - 3});
    for (int k = 0; k < M; k++) ct[k] = tad_number(k + 0.5);
    ck_done(tad_hvp_many(mixed, NULL, in, v, N, M, &y, gradient, out), t);
    ck_values(y, 0, 4 * 5 + 9 * 7);
    ck_values(gradient[0], 0, 20, -42);
    ck_values(gradient[1], 0, 4, 9);
    ck_done(tad_jvp_many(mixed, NULL, in, v, N, M, NULL, tangent), t);
    for (int k = 0; k < M; k++) {
        ck_done(tad_hvp(mixed, NULL, in, v + k * N, N, NULL, NULL, one), t);
        for (int i = 0; i < N; i++) ck_same(out[k * N + i], one[i]);
        ck_done(tad_jvp(mixed, NULL, in, v + k * N, N, NULL, &single), t);
        ck_same(tangent[k], single);
    }
    ck_done(tad_vjp_many(mixed, NULL, in, N, ct, M, NULL, out), t);
    for (int k = 0; k < M; k++) {
        ck_done(tad_vjp(mixed, NULL, in, N, ct[k], NULL, one), t);
        for (int i = 0; i < N; i++) ck_same(out[k * N + i], one[i]);
    }
}
END_TEST

/* An input may be computed from another one: its gradient stays although the sweep goes on. */
FUNCTION(sum_of_product, tad_sum(tad_mul(in[0], in[1]), tad_all()))
START_TEST(many_gradients_of_inputs_that_depend_on_each_other) {
    tad_var in[2] = {x2, tad_square(x2)}, ct[2] = {tad_number(1), tad_number(2)}, out[4];
    ck_done(tad_vjp_many(sum_of_product, NULL, in, 2, ct, 2, NULL, out), t);
    ck_values(out[0], 0, 12, 27); /* 3 x^2 */
    ck_values(out[1], 0, 2, -3);
    ck_values(out[2], 0, 24, 54);
    ck_values(out[3], 0, 4, -6);
    ck_done(tad_vjp_many(sum_of_product, NULL, in, 2, ct, 1, NULL, in), t); /* over the inputs */
    ck_values(in[1], 0, 2, -3);
}
END_TEST

START_TEST(drivers_give_the_value_too) {
    tad_var y, out;
    ck_done(tad_jacobian(squares, NULL, &x2, 1, 0, &y, &out), t);
    ck_values(y, 0, 4, 9);
    ck_done(tad_hessian(cubes, NULL, &x2, 1, 0, 0, &y, &out), t);
    ck_values(y, 0, 8 - 27);
    ck_done(tad_hessian_diagonal(cubes, NULL, &x2, 1, 0, &y, &out), t);
    ck_values(y, 0, 8 - 27);
    ck_values(out, 0, 12, -18);
    ck_shape(out, 2);
    ck_assert_int_eq(tad_jacobian(broken, NULL, &x2, 1, 0, &y, &out), TAD_BAD_SHAPE);
    ck_assert(tad_is_nil(y) && tad_is_nil(out));
    tad_tape_clear(t);
}
END_TEST

START_TEST(jvp_and_vjp_agree_and_y_may_be_left_out) {
    tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 10}), y = {0}, out;
    ck_done(tad_jvp(squares, NULL, &x2, &v, 1, &y, &out), t);
    ck_values(y, 0, 4, 9);
    ck_values(out, 0, 4, -60);
    ck_done(tad_jvp(squares, NULL, &x2, &v, 1, NULL, &out), t);
    ck_values(out, 0, 4, -60);
    ck_done(tad_vjp(squares, NULL, &x2, 1, v, &y, &out), t);
    ck_values(y, 0, 4, 9);
    ck_values(out, 0, 4, -60);
    ck_done(tad_vjp(squares, NULL, &x2, 1, v, NULL, &out), t);
    ck_values(out, 0, 4, -60);
}
END_TEST

/* ---- functions without a derivative ---- */

START_TEST(a_function_that_returns_a_number_has_zero_derivatives) {
    tad_var number = tad_number(7), y, out, zeros = tad_constant(t, TAD_F64, TAD_SHAPE(2), NULL);
    ck_done(tad_vjp(from_outside, &number, &x2, 1, tad_none(), &y, &out), t);
    ck_values(y, 0, 7);
    ck_shape(out, 2);
    ck_values(out, 0, 0, 0);
    ck_done(tad_jvp(from_outside, &number, &x2, &zeros, 1, &y, &out), t);
    ck_values(y, 0, 7);
    ck_values(out, 0, 0);
    ck_done(tad_hvp(from_outside, &number, &x2, &zeros, 1, NULL, NULL, &out), t);
    ck_values(out, 0, 0, 0);
    ck_done(tad_jacobian(from_outside, &number, &x2, 1, 0, NULL, &out), t);
    ck_shape(out, 2);
    ck_values(out, 0, 0, 0);
    ck_done(tad_hessian(from_outside, &number, &x2, 1, 0, 0, NULL, &out), t);
    ck_shape(out, 2, 2);
    ck_values(out, 0, 0, 0, 0, 0);
}
END_TEST

START_TEST(a_function_that_ignores_its_inputs_has_zero_derivatives) {
    tad_var other = tad_scalar(t, 2), outside = tad_square(other),
            ones = tad_full(t, TAD_F64, TAD_SHAPE(2), 1), y, out;
    ck_done(tad_vjp(from_outside, &outside, &x2, 1, tad_none(), &y, &out), t);
    ck_values(out, 0, 0, 0);
    ck_done(tad_jvp(from_outside, &outside, &x2, &ones, 1, &y, &out), t);
    ck_values(out, 0, 0);
    ck_done(tad_hvp(from_outside, &outside, &x2, &ones, 1, NULL, NULL, &out), t);
    ck_values(out, 0, 0, 0);
    ck_done(tad_jacobian(from_outside, &outside, &x2, 1, 0, NULL, &out), t);
    ck_values(out, 0, 0, 0);
    ck_done(tad_hessian(from_outside, &outside, &x2, 1, 0, 0, NULL, &out), t);
    ck_values(out, 0, 0, 0, 0, 0);
}
END_TEST

/* A net's parameters are used by what applies it, whatever the function is given. */
static tad_var norm_of_net(tad_tape *tape, const tad_var *in, size_t n, void *net) {
    (void)n, (void)in;
    tad_var data = tad_constant(tape, TAD_F64, TAD_SHAPE(2, 2), (double[]){1, 2, 3, 4});
    return tad_sum(tad_square(tad_net_apply(net, data)), tad_all());
}

START_TEST(inputs_may_be_used_from_outside) {
    tad_net *net = tad_mlp(t, (int64_t[]){2, 3, 1}, 3, &(tad_mlp_options){.hidden = tad_tanh});
    const tad_dict *p = tad_net_params(net);
    tad_var in[4], gradient[4], J;
    ck_assert_uint_eq(tad_dict_count(p), 4);
    for (size_t i = 0; i < 4; i++) in[i] = tad_dict_at(p, i).value;
    ck_done(tad_vjp(norm_of_net, net, in, 4, tad_none(), NULL, gradient), t);
    ck_done(tad_jacobian(norm_of_net, net, in, 4, 0, NULL, &J), t);
    double a[6], b[6], sum = 0;
    ck_done(tad_read(gradient[0], a, 6), t);
    ck_done(tad_read(J, b, 6), t);
    for (int i = 0; i < 6; i++) {
        ck_near(a[i], b[i], 1e-15);
        sum += fabs(a[i]);
    }
    ck_assert(sum > 0);
}
END_TEST

/* ---- what drivers leave alone ---- */

typedef tad_status driver(tad_fn *f, void *user, const tad_var *x, size_t n, tad_var *out);

static tad_status vjp(tad_fn *f, void *user, const tad_var *x, size_t n, tad_var *out) {
    return tad_vjp(f, user, x, n, tad_none(), NULL, out);
}
static tad_status jvp(tad_fn *f, void *user, const tad_var *x, size_t n, tad_var *out) {
    return tad_jvp(f, user, x, x, n, NULL, out);
}
static tad_status hvp(tad_fn *f, void *user, const tad_var *x, size_t n, tad_var *out) {
    return tad_hvp(f, user, x, x, n, NULL, NULL, out);
}
static tad_status vjp_many(tad_fn *f, void *user, const tad_var *x, size_t n, tad_var *out) {
    const tad_var none = tad_none();
    return tad_vjp_many(f, user, x, n, &none, 1, NULL, out);
}
static tad_status jvp_many(tad_fn *f, void *user, const tad_var *x, size_t n, tad_var *out) {
    return tad_jvp_many(f, user, x, x, n, 1, NULL, out);
}
static tad_status hvp_many(tad_fn *f, void *user, const tad_var *x, size_t n, tad_var *out) {
    return tad_hvp_many(f, user, x, x, n, 1, NULL, NULL, out);
}
static tad_status diagonal(tad_fn *f, void *user, const tad_var *x, size_t n, tad_var *out) {
    return tad_hessian_diagonal(f, user, x, n, 0, NULL, out);
}
static tad_status jacobian(tad_fn *f, void *user, const tad_var *x, size_t n, tad_var *out) {
    return tad_jacobian(f, user, x, n, 0, NULL, out);
}
static tad_status hessian(tad_fn *f, void *user, const tad_var *x, size_t n, tad_var *out) {
    return tad_hessian(f, user, x, n, 0, 0, NULL, out);
}
static tad_status jacobian_recorded(tad_fn *f, void *user, const tad_var *x, size_t n,
                                    tad_var *out) {
    return tad_jacobian_recorded(f, user, x, n, 0, NULL, out);
}
static tad_status hessian_recorded(tad_fn *f, void *user, const tad_var *x, size_t n,
                                   tad_var *out) {
    return tad_hessian_recorded(f, user, x, n, 0, 0, NULL, out);
}
static const struct {
    const char *name;
    driver *call;
    double of_cubes[4]; /* at (2, -3), along it where there is a direction */
    size_t count;
} drivers[] = {{"vjp", vjp, {12, 27}, 2},
               {"jvp", jvp, {-57}, 1},
               {"hvp", hvp, {24, 54}, 2},
               {"vjp_many", vjp_many, {12, 27}, 2},
               {"jvp_many", jvp_many, {-57}, 1},
               {"hvp_many", hvp_many, {24, 54}, 2},
               {"hessian_diagonal", diagonal, {12, -18}, 2},
               {"jacobian", jacobian, {12, 27}, 2},
               {"hessian", hessian, {12, 0, 0, -18}, 4},
               {"jacobian_recorded", jacobian_recorded, {12, 27}, 2},
               {"hessian_recorded", hessian_recorded, {12, 0, 0, -18}, 4}};
enum { DRIVERS = sizeof drivers / sizeof *drivers };

static void ck_of_cubes(int i, tad_var out) {
    double got[4];
    ck_done(tad_read(out, got, drivers[i].count), t);
    for (size_t k = 0; k < drivers[i].count; k++) ck_near(got[k], drivers[i].of_cubes[k], 0);
}

START_TEST(gradients_of_an_earlier_sweep_stay) {
    tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 4}), a = tad_scalar(t, 3), out;
    tad_var loss = tad_mul(a, tad_sum(tad_mul(w, x2), tad_all()));
    ck_done(tad_reverse(loss), t);
    ck_done(tad_reverse(loss), t);
    ck_done(drivers[_i].call(cubes, NULL, &w, 1, &out), t);
    ck_done(drivers[_i].call(cubes, NULL, &x2, 1, &out), t);
    ck_of_cubes(_i, out);
    ck_values(tad_gradient(w), 0, 12, -18); /* of both sweeps */
    ck_values(tad_gradient(x2), 0, 3, 12);
    ck_near(tad_gradient_item(a), -10, 0);
    ck_near(tad_gradient_item(loss), 1, 0);
}
END_TEST

START_TEST(drivers_work_while_recording_is_paused) {
    tad_var number = tad_scalar(t, 2), out;
    tad_record_pause(t);
    tad_record_pause(t);
    ck_done(drivers[_i].call(cubes_among_many, NULL, &x2, 1, &out), t);
    ck_of_cubes(_i, out);
    ck_assert(!tad_node_needs_gradient(out));
    ck_assert(!tad_node_needs_gradient(tad_neg(number)));
    tad_record_resume(t);
    ck_assert(!tad_node_needs_gradient(tad_square(x2))); /* still paused */
    tad_record_resume(t);
    ck_assert(tad_node_needs_gradient(tad_neg(number)));
    ck_assert(tad_node_needs_gradient(tad_square(x2)));
}
END_TEST

START_TEST(a_failure_leaves_recording_paused_or_not) {
    tad_var out;
    ck_assert_int_eq(drivers[_i].call(broken, NULL, &x2, 1, &out), TAD_BAD_SHAPE);
    tad_tape_clear(t);
    ck_assert(tad_node_needs_gradient(tad_square(x2)));
    tad_record_pause(t);
    ck_assert_int_eq(drivers[_i].call(NULL, NULL, &x2, 1, &out), TAD_BAD_ARGUMENT);
    tad_tape_clear(t);
    ck_assert(!tad_node_needs_gradient(tad_square(x2)));
    tad_record_resume(t);
    (void)!drivers[_i].call(paused_for_ever, NULL, &x2, 1, &out);
    tad_tape_clear(t);
    ck_assert(tad_node_needs_gradient(tad_square(x2)));
}
END_TEST

/* As many results as inputs are written, and no more. */
START_TEST(every_result_is_written_and_no_more) {
    tad_var other = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){5, 7});
    tad_var in[2] = {x2, other}, y[2] = {x2, x2}, out[3] = {x2, x2, x2};
    tad_record_pause(t);
    ck_done(tad_hvp(mixed, NULL, in, in, 2, NULL, NULL, out), t);
    ck_assert(!tad_node_needs_gradient(out[0]) && !tad_node_needs_gradient(out[1]));
    ck_values(out[0], 0, 40, -84); /* 2 z x + 2 x z */
    ck_values(out[1], 0, 8, 18);
    ck_assert(tad_node_needs_gradient(out[2]));
    ck_done(tad_vjp(mixed, NULL, in, 2, tad_none(), y, out), t);
    ck_assert(!tad_node_needs_gradient(y[0]) && tad_node_needs_gradient(y[1]));
    ck_values(out[1], 0, 4, 9);
    ck_assert(tad_node_needs_gradient(out[2]));
    tad_record_resume(t);
    ck_assert_int_eq(tad_vjp(broken, NULL, in, 2, tad_none(), y, out), TAD_BAD_SHAPE);
    ck_assert(tad_is_nil(y[0]) && tad_is_nil(out[0]) && tad_is_nil(out[1]));
    ck_assert(!tad_is_nil(y[1]) && !tad_is_nil(out[2]));
    tad_tape_clear(t);
    out[0] = out[1] = y[0] = x2;
    ck_assert_int_eq(tad_jvp(broken, NULL, in, in, 2, y, out), TAD_BAD_SHAPE);
    ck_assert(tad_is_nil(y[0]) && tad_is_nil(out[0]) && !tad_is_nil(y[1]) && !tad_is_nil(out[1]));
    tad_tape_clear(t);
}
END_TEST

/* ---- misuse ---- */

static int ran;

static tad_var count_runs(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    ran++;
    return tad_sum(in[0], tad_all());
}

/* The driver refuses before it runs the function; whatever was in the result is gone. */
static void ck_refuses(int i, const tad_var *x, size_t n, tad_status expect, const char *word) {
    tad_var out[2] = {x2, x2};
    ran = 0;
    tad_status s = drivers[i].call(count_runs, NULL, x, n, out);
    ck_assert_msg(s == expect, "%s, %s: %s (%s)", drivers[i].name, word, tad_status_text(s),
                  tad_message(t));
    ck_assert_msg(tad_is_nil(out[0]), "%s, %s: gave a variable", drivers[i].name, word);
    ck_assert_int_eq(ran, 0);
    ck_refused(t, expect, drivers[i].name, word);
}

START_TEST(refuses_inputs_that_have_no_derivative) {
    tad_tape *other = tad_tape_new(NULL);
    tad_mark mark = tad_tape_mark(t);
    tad_var stale = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL), foreign = tad_scalar(other, 1);
    ck_done(tad_tape_rewind(t, mark), t);
    tad_var labels = tad_constant_from(t, TAD_I64, TAD_SHAPE(2), (double[]){0, 1});
    tad_var constant = tad_constant(t, TAD_F64, TAD_SHAPE(2), NULL);
    ck_refuses(_i, &stale, 1, TAD_BAD_HANDLE, "rewound");
    ck_refuses(_i, &labels, 1, TAD_BAD_DTYPE, "int64");
    ck_refuses(_i, &constant, 1, TAD_NO_GRADIENT, "constant");
    if (_i < 3)
        ck_refuses(_i, (tad_var[]){x2, constant}, 2, TAD_NO_GRADIENT, "input 1 is a constant");
    ck_refuses(_i, (tad_var[]){x2, {0}}, 2, TAD_BAD_HANDLE, "never set");
    ck_refuses(_i, (tad_var[]){x2, foreign}, 2, TAD_BAD_HANDLE, "another tape");
    ck_refuses(_i, (tad_var[]){x2, tad_number(1)}, 2, TAD_BAD_HANDLE, "number");
    ck_refuses(_i, (tad_var[]){x2, tad_none()}, 2, TAD_BAD_HANDLE, "none");
    tad_tape_free(other);
}
END_TEST

/* Only what is differentiated by must be differentiable. */
START_TEST(other_inputs_may_be_constants) {
    tad_var in[2] = {tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){5, 7}), x2}, out;
    ck_done(tad_jacobian(mixed, NULL, in, 2, 1, NULL, &out), t);
    ck_values(out, 0, 25, 49);
    ck_done(tad_hessian(mixed, NULL, in, 2, 1, 1, NULL, &out), t);
    ck_values(out, 0, 0, 0, 0, 0);
    ck_assert_int_eq(tad_hessian(mixed, NULL, in, 2, 1, 0, NULL, &out), TAD_NO_GRADIENT);
    ck_refused(t, TAD_NO_GRADIENT, "hessian", "input 0");
}
END_TEST

START_TEST(refuses_inputs_that_are_not_there) {
    tad_var out = x2;
    ck_assert_int_eq(tad_jacobian(cubes, NULL, &x2, 1, 1, NULL, &out), TAD_BAD_ARGUMENT);
    ck_assert(tad_is_nil(out));
    ck_refused(t, TAD_BAD_ARGUMENT, "jacobian", "input 1 of 1");
    ck_assert_int_eq(tad_hessian(cubes, NULL, &x2, 1, 1, 0, NULL, &out), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "hessian", "input 1 of 1");
    out = x2;
    ck_assert_int_eq(tad_hessian(cubes, NULL, &x2, 1, 0, 1, NULL, &out), TAD_BAD_ARGUMENT);
    ck_assert(tad_is_nil(out));
    ck_refused(t, TAD_BAD_ARGUMENT, "hessian", "input 1 of 1");
}
END_TEST

START_TEST(refuses_what_is_null) {
    tad_var out = x2;
    ck_assert_int_eq(drivers[_i].call(NULL, NULL, &x2, 1, &out), TAD_BAD_ARGUMENT);
    ck_assert(tad_is_nil(out));
    ck_refused(t, TAD_BAD_ARGUMENT, drivers[_i].name, "no function");
    ck_assert_int_eq(drivers[_i].call(count_runs, NULL, &x2, 1, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, drivers[_i].name, "no place");
    out = x2; /* without an input there is no tape to say it */
    ck_assert_int_eq(drivers[_i].call(count_runs, NULL, NULL, 1, &out), TAD_BAD_ARGUMENT);
    ck_assert(tad_is_nil(out));
    ck_assert_int_eq(drivers[_i].call(count_runs, NULL, &x2, 0, &out), TAD_BAD_ARGUMENT);
    ck_assert_int_eq(drivers[_i].call(count_runs, NULL, &(tad_var){0}, 1, &out), TAD_BAD_HANDLE);
    ck_assert_int_eq(drivers[_i].call(count_runs, NULL, NULL, 0, NULL), TAD_BAD_ARGUMENT);
    ck_assert_int_eq(tad_jvp(cubes, NULL, &x2, NULL, 1, NULL, &out), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "jvp", "no tangents");
    ck_assert_int_eq(tad_hvp(cubes, NULL, &x2, NULL, 1, NULL, NULL, &out), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "hvp", "no vector");
}
END_TEST

/* As ck_refuses, for what the function returns. */
static void ck_refuses_result(int i, tad_var result, tad_status expect, const char *word) {
    tad_var out[2] = {x2, x2};
    tad_status s = drivers[i].call(from_outside, &result, &x2, 1, out);
    ck_assert_msg(s == expect, "%s, %s: %s (%s)", drivers[i].name, word, tad_status_text(s),
                  tad_message(t));
    ck_assert_msg(tad_is_nil(out[0]), "%s, %s: gave a variable", drivers[i].name, word);
    ck_refused(t, expect, drivers[i].name, word);
}

START_TEST(refuses_results_that_have_no_derivative) {
    tad_tape *other = tad_tape_new(NULL);
    tad_mark mark = tad_tape_mark(t);
    tad_var stale = tad_scalar(t, 1);
    ck_done(tad_tape_rewind(t, mark), t);
    ck_refuses_result(_i, (tad_var){0}, TAD_BAD_HANDLE, "never set");
    ck_refuses_result(_i, tad_node_at(t, 1000), TAD_BAD_HANDLE, "failed");
    ck_refuses_result(_i, tad_none(), TAD_BAD_HANDLE, "none");
    ck_refuses_result(_i, tad_scalar(other, 1), TAD_BAD_HANDLE, "another tape");
    ck_refuses_result(_i, stale, TAD_BAD_HANDLE, "rewound");
    ck_refuses_result(_i, tad_constant_from(t, TAD_I64, TAD_0D, (double[]){1}), TAD_BAD_DTYPE,
                      "int64");
    tad_tape_free(other);
}
END_TEST

START_TEST(refuses_many_results_where_one_is_needed) {
    tad_var out;
    ck_assert_int_eq(vjp(squares, NULL, &x2, 1, &out), TAD_BAD_SHAPE);
    ck_refused(t, TAD_BAD_SHAPE, "cotangent");
    ck_assert_int_eq(hvp(squares, NULL, &x2, 1, &out), TAD_BAD_SHAPE);
    ck_refused(t, TAD_BAD_SHAPE, "hvp", "(2)", "one element");
    ck_assert_int_eq(hessian(squares, NULL, &x2, 1, &out), TAD_BAD_SHAPE);
    ck_refused(t, TAD_BAD_SHAPE, "hessian", "(2)", "one element");
}
END_TEST

START_TEST(refuses_cotangents_and_tangents_of_another_shape) {
    tad_var three = tad_constant(t, TAD_F64, TAD_SHAPE(3), NULL),
            single = tad_constant(t, TAD_F32, TAD_SHAPE(2), NULL);
    tad_var bad[] = {three, single, {0}}, out, y;
    for (int i = 0; i < 3; i++) {
        ck_assert_int_ne(tad_vjp(squares, NULL, &x2, 1, bad[i], &y, &out), TAD_OK);
        ck_assert(tad_is_nil(out) && tad_is_nil(y));
        tad_tape_clear(t);
        if (i == 2) continue; /* a nil tangent is zero */
        ck_assert_int_ne(tad_jvp(squares, NULL, &x2, &bad[i], 1, &y, &out), TAD_OK);
        ck_assert(tad_is_nil(out) && tad_is_nil(y));
        tad_tape_clear(t);
        ck_assert_int_ne(tad_hvp(cubes, NULL, &x2, &bad[i], 1, NULL, NULL, &out), TAD_OK);
        ck_assert(tad_is_nil(out));
        tad_tape_clear(t);
    }
}
END_TEST

static tad_var over_the_first_axis(tad_tape *u, const tad_var *in, size_t n, void *user) {
    (void)u, (void)n, (void)user;
    return tad_sum(in[0], tad_axis(0));
}

START_TEST(a_jacobian_may_have_eight_axes_and_not_nine) {
    tad_var four = tad_input(t, TAD_F64, TAD_SHAPE(1, 1, 1, 2), NULL), J;
    ck_done(tad_jacobian(squares, NULL, &four, 1, 0, NULL, &J), t);
    ck_shape(J, 1, 1, 1, 2, 1, 1, 1, 2);
    tad_var five = tad_input(t, TAD_F64, ((tad_shape){5, {1, 1, 1, 1, 2}}), NULL);
    ck_assert_int_eq(tad_jacobian(over_the_first_axis, NULL, &five, 1, 0, NULL, &J), TAD_TOO_LARGE);
    ck_refused(t, TAD_TOO_LARGE, "jacobian: shape (1,1,1,2) followed by (1,1,1,1,2) is too large");
}
END_TEST

START_TEST(refuses_more_axes_or_elements_than_there_can_be) {
    tad_var x = tad_input(t, TAD_F64, ((tad_shape){5, {1, 1, 1, 1, 2}}), NULL), J;
    ck_assert_int_eq(tad_jacobian(squares, NULL, &x, 1, 0, NULL, &J), TAD_TOO_LARGE);
    ck_refused(t, TAD_TOO_LARGE, "jacobian", "(1,1,1,1,2)");
    tad_var one = tad_input(t, TAD_F64, TAD_SHAPE(1), NULL), out;
    const int64_t many = INT64_C(1) << (sizeof(size_t) < 8 ? 20 : 40);
    tad_var much = tad_broadcast_to(one, TAD_SHAPE(many)); /* a view */
    ck_assert_int_eq(tad_jacobian(from_outside, &much, &much, 1, 0, NULL, &out), TAD_TOO_LARGE);
    ck_refused(t, TAD_TOO_LARGE, "jacobian");
}
END_TEST

START_TEST(a_failure_inside_the_function_is_its_status) {
    tad_var out = x2;
    ck_assert_int_eq(drivers[_i].call(broken, NULL, &x2, 1, &out), TAD_BAD_SHAPE);
    ck_assert(tad_is_nil(out));
    ck_refused(t, TAD_BAD_SHAPE, "reshape", "(2)");
}
END_TEST

START_TEST(a_failure_counts_whatever_the_function_gives) {
    tad_var out = x2;
    ck_assert_int_eq(drivers[_i].call(broken_on_the_way, NULL, &x2, 1, &out), TAD_BAD_SHAPE);
    ck_assert(tad_is_nil(out));
    ck_refused(t, TAD_BAD_SHAPE, "reshape", "(2)");
}
END_TEST

START_TEST(a_failure_before_is_the_status_and_nothing_runs) {
    tad_var out = x2;
    tad_add(x2, tad_input(t, TAD_F64, TAD_SHAPE(3), NULL));
    ran = 0;
    ck_assert_int_eq(drivers[_i].call(count_runs, NULL, &x2, 1, &out), TAD_BAD_SHAPE);
    ck_assert_int_eq(ran, 0);
    ck_assert(tad_is_nil(out));
    ck_refused(t, TAD_BAD_SHAPE, "add");
}
END_TEST

static tad_var rewinds_its_inputs(tad_tape *tape, const tad_var *in, size_t n, void *mark) {
    (void)in, (void)n;
    (void)!tad_tape_rewind(tape, *(const tad_mark *)mark);
    return tad_scalar(tape, 1);
}

START_TEST(a_function_that_rewinds_its_inputs_is_noticed) {
    tad_mark mark = tad_tape_mark(t);
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL), out = x2;
    ck_assert_int_eq(drivers[_i].call(rewinds_its_inputs, &mark, &x, 1, &out), TAD_BAD_HANDLE);
    ck_assert(tad_is_nil(out));
    ck_refused(t, TAD_BAD_HANDLE, drivers[_i].name, "rewound");
}
END_TEST

/* Neither direction gives a zero where an op has no derivative for an operand. */
static const tad_op first_only = {.name = "first_only",
                                  .min_in = 2,
                                  .max_in = 2,
                                  .n_out = 1,
                                  .constant_in = 2,
                                  .shape = same_shape,
                                  .forward = triple,
                                  .vjp = thrice,
                                  .jvp = thrice};
FUNCTION(of_the_first, tad_apply(&first_only, in, 2, NULL, NULL, 0))

START_TEST(refuses_operands_without_a_derivative) {
    tad_var in[2] = {x2, tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){1, -1})}, J;
    ck_done(tad_jacobian(of_the_first, NULL, in, 2, 0, NULL, &J), t);
    ck_values(J, 0, 3, 0, 0, 3);
    ck_assert_int_eq(tad_jacobian(of_the_first, NULL, in, 2, 1, NULL, &J), TAD_NO_RULE);
    ck_assert(tad_is_nil(J));
    ck_refused(t, TAD_NO_RULE, "first_only", "operand 1");
}
END_TEST

/* It cannot depend on the inputs, so that no rule of its ops is asked. */
START_TEST(what_was_computed_before_the_inputs_is_not_swept) {
    tad_var before = tad_apply(&no_rule, &x2, 1, NULL, NULL, 0),
            x = tad_input(t, TAD_F64, TAD_SHAPE(3), NULL), out;
    ck_assert_uint_eq(tad_node_index(x), tad_node_index(before) + 1);
    ck_done(tad_jacobian(from_outside, &before, &x, 1, 0, NULL, &out), t);
    ck_values(out, 0, 0, 0, 0, 0, 0, 0);
}
END_TEST

/* How many elements x has, which has no derivative, before three times x. */
static tad_status counted_shapes(const tad_call_frame *c, tad_type *out, size_t *n) {
    (void)n;
    out[0] = (tad_type){TAD_I64, TAD_0D};
    return same_shape(c, &out[1], NULL);
}
static tad_status counted_values(const tad_call_frame *c) {
    *(int64_t *)c->out[0]->data = c->in[0]->size;
    for (int64_t i = 0; i < c->in[0]->size; i++)
        ((double *)c->out[1]->data)[i] = 3 * ((const double *)c->in[0]->data)[i];
    return TAD_OK;
}
static void counted_vjp(tad_rule *r) {
    if (!tad_is_nil(r->given[1])) r->result[0] = tad_mul(r->given[1], tad_number(3));
}
static void counted_jvp(tad_rule *r) { r->result[1] = tad_mul(r->given[0], tad_number(3)); }
static const tad_op counted = {.name = "counted",
                               .min_in = 1,
                               .max_in = 1,
                               .n_out = 2,
                               .shape = counted_shapes,
                               .forward = counted_values,
                               .vjp = counted_vjp,
                               .jvp = counted_jvp};

static tad_var of_counted(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    tad_var out[2];
    (void)tape, (void)n, (void)user;
    (void)tad_apply(&counted, in, 1, NULL, out, 2);
    return tad_sum(tad_square(out[1]), tad_all());
}

START_TEST(the_first_output_may_be_one_without_derivative) {
    tad_var x = x2, y = of_counted(t, &x, 1, NULL), g, d, hv, J,
            v = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 10});
    ck_done(tad_reverse(y), t);
    ck_values(tad_gradient(x), 0, 36, -54);
    ck_done(tad_grad(&y, NULL, 1, &x, 1, &g), t);
    ck_values(g, 0, 36, -54);
    ck_done(tad_tangent(&y, 1, &x, &v, 1, &d), t);
    ck_values(d, 0, 36 - 540);
    ck_done(tad_vjp(of_counted, NULL, &x, 1, tad_none(), NULL, &g), t);
    ck_values(g, 0, 36, -54);
    ck_done(tad_jvp(of_counted, NULL, &x, &v, 1, NULL, &d), t);
    ck_values(d, 0, 36 - 540);
    ck_done(tad_hvp(of_counted, NULL, &x, &v, 1, NULL, NULL, &hv), t);
    ck_values(hv, 0, 18, 180);
    ck_done(tad_jacobian(of_counted, NULL, &x, 1, 0, NULL, &J), t);
    ck_values(J, 0, 36, -54);
}
END_TEST

static tad_var times_flat(tad_tape *tape, const tad_var *in, size_t n, void *op) {
    (void)tape, (void)n;
    return tad_sum(tad_mul(tad_square(in[0]), tad_apply(op, in, 1, NULL, NULL, 0)), tad_all());
}

START_TEST(an_op_that_is_flat_needs_no_rule) {
    tad_op flat = no_rule;
    flat.flags = TAD_OP_FLAT;
    tad_var y = times_flat(t, &x2, 1, &flat), g, d, hv, J,
            v = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 10});
    ck_done(tad_reverse(y), t);
    ck_values(tad_gradient(x2), 0, 24, 54);
    ck_done(tad_grad(&y, NULL, 1, &x2, 1, &g), t);
    ck_values(g, 0, 24, 54);
    ck_done(tad_tangent(&y, 1, &x2, &v, 1, &d), t);
    ck_values(d, 0, 24 + 540);
    ck_done(tad_jvp(times_flat, &flat, &x2, &v, 1, NULL, &d), t);
    ck_values(d, 0, 24 + 540);
    ck_done(tad_hvp(times_flat, &flat, &x2, &v, 1, NULL, NULL, &hv), t);
    ck_values(hv, 0, 12, -180);
    ck_done(tad_jacobian(times_flat, &flat, &x2, 1, 0, NULL, &J), t);
    ck_values(J, 0, 24, 54);
}
END_TEST

START_TEST(what_was_recorded_behind_a_result_has_no_gradient_of_it) {
    tad_var y = tad_sum(tad_square(x2), tad_all()), x = tad_scalar(t, 5), g[2], d,
            one = tad_number(1);
    ck_assert_uint_eq(tad_node_index(x), tad_node_index(y) + 1);
    ck_done(tad_grad(&y, NULL, 1, &x, 1, g), t);
    ck_values(g[0], 0, 0);
    ck_done(tad_grad(&y, NULL, 1, (tad_var[]){x, x2}, 2, g), t);
    ck_values(g[0], 0, 0);
    ck_values(g[1], 0, 4, -6);
    ck_done(tad_tangent(&y, 1, &x, &one, 1, &d), t);
    ck_values(d, 0, 0);
}
END_TEST

START_TEST(results_may_come_in_any_order) {
    tad_var early = tad_square(x2), late = tad_exp(early), d[2],
            v = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 1});
    for (int k = 0; k < 2; k++) {
        ck_done(
            tad_tangent(k ? (tad_var[]){early, late} : (tad_var[]){late, early}, 2, &x2, &v, 1, d),
            t);
        ck_values(d[!k], 1e-15, 4, -6);
        ck_values(d[k], 1e-15, 4 * exp(4), -6 * exp(9));
    }
}
END_TEST

/* Its rules leave everything nil. */
static void leaves_nil(tad_rule *r) { (void)r; }
static const tad_op unmoved = {.name = "unmoved",
                               .min_in = 1,
                               .max_in = 1,
                               .n_out = 1,
                               .shape = same_shape,
                               .forward = triple,
                               .vjp = leaves_nil,
                               .jvp = leaves_nil};

START_TEST(no_rule_is_asked_where_nothing_moves) {
    tad_var y = tad_apply(&unmoved, &x2, 1, NULL, NULL, 0),
            z = tad_apply(&reverse_only, &y, 1, NULL, NULL, 0), d,
            v = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 1});
    ck_done(tad_tangent(&z, 1, &x2, &v, 1, &d), t);
    ck_values(d, 0, 0, 0);
}
END_TEST

/* x y and x + y, the second of which alone may be used; their rules are complete. */
static tad_status two_shapes(const tad_call_frame *c, tad_type *out, size_t *n) {
    (void)n;
    for (int k = 0; k < 2; k++) same_shape(c, &out[k], NULL);
    return TAD_OK;
}
static tad_status two_values(const tad_call_frame *c) {
    const double *a = c->in[0]->data, *b = c->in[1]->data;
    for (int64_t i = 0; i < c->in[0]->size; i++) {
        ((double *)c->out[0]->data)[i] = a[i] * b[i];
        ((double *)c->out[1]->data)[i] = a[i] + b[i];
    }
    return TAD_OK;
}
static tad_var or_zero(tad_var v, tad_var like) {
    return tad_is_nil(v) ? tad_full(t, TAD_F64, tad_shape_of(like), 0) : v;
}
static void two_vjp(tad_rule *r) {
    tad_var v = or_zero(r->given[0], r->in[0]), w = or_zero(r->given[1], r->in[0]);
    for (int k = 0; k < 2; k++)
        if (r->wanted[k]) r->result[k] = tad_add(tad_mul(v, r->in[1 - k]), w);
}
static void two_jvp(tad_rule *r) {
    tad_var v = or_zero(r->given[0], r->in[0]), w = or_zero(r->given[1], r->in[0]);
    r->result[0] = tad_add(tad_mul(v, r->in[1]), tad_mul(w, r->in[0]));
    r->result[1] = tad_add(v, w);
}
static const tad_op two = {.name = "two",
                           .min_in = 2,
                           .max_in = 2,
                           .n_out = 2,
                           .shape = two_shapes,
                           .forward = two_values,
                           .vjp = two_vjp,
                           .jvp = two_jvp};

/* user: the outputs that count, by bits. */
static tad_var of_two(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    tad_var out[2], y = tad_full(tape, TAD_F64, TAD_0D, 0);
    (void)n;
    (void)tad_apply(&two, in, 2, NULL, out, 2);
    for (int k = 0; k < 2; k++)
        if (*(const int *)user >> k & 1) y = tad_add(y, tad_sum(tad_square(out[k]), tad_all()));
    return y;
}

/* (x y)^2 + (x + y)^2, of numbers and of arrays. */
START_TEST(derivatives_pass_through_every_output_of_an_op) {
    const double a = 2, b = 3;
    for (int array = 0; array < 2; array++)
        for (int which = 1; which < 4; which++) {
            const double first = which & 1, both = which >> 1;
            const tad_shape s = array ? TAD_SHAPE(2) : TAD_0D;
            tad_var in[2] = {tad_input(t, TAD_F64, s, (double[]){a, a}),
                             tad_input(t, TAD_F64, s, (double[]){b, b})},
                    v[2] = {tad_full(t, TAD_F64, s, 1), tad_full(t, TAD_F64, s, 10)}, y, g[2],
                    recorded[2], tangent, hv[2];
            const double n = array ? 2 : 1, slope[2] = {2 * a * b * b * first + 2 * (a + b) * both,
                                                        2 * a * a * b * first + 2 * (a + b) * both};
            int bits = which;
            ck_done(tad_vjp(of_two, &bits, in, 2, tad_none(), &y, g), t);
            y = of_two(t, in, 2, &bits);
            ck_done(tad_grad(&y, NULL, 1, in, 2, recorded), t);
            ck_done(tad_reverse(y), t);
            ck_done(tad_jvp(of_two, &bits, in, v, 2, NULL, &tangent), t);
            ck_done(tad_hvp(of_two, &bits, in, v, 2, NULL, NULL, hv), t);
            ck_near(tad_item(y), n * (36 * first + 25 * both), 1e-15);
            ck_near(tad_item(tangent), n * (slope[0] + 10 * slope[1]), 1e-15);
            const double product[2] = {
                2 * b * b * first + 2 * both + 10 * (4 * a * b * first + 2 * both),
                4 * a * b * first + 2 * both + 10 * (2 * a * a * first + 2 * both)};
            for (int k = 0; k < 2; k++) {
                double got[2];
                ck_done(tad_read(g[k], got, (size_t)n), t);
                for (int i = 0; i < n; i++) ck_near(got[i], slope[k], 1e-15);
                ck_done(tad_read(recorded[k], got, (size_t)n), t);
                for (int i = 0; i < n; i++) ck_near(got[i], slope[k], 1e-15);
                ck_done(tad_read(tad_gradient(in[k]), got, (size_t)n), t);
                for (int i = 0; i < n; i++) ck_near(got[i], slope[k], 1e-15);
                ck_done(tad_read(hv[k], got, (size_t)n), t);
                for (int i = 0; i < n; i++) ck_near(got[i], product[k], 1e-15);
            }
        }
}
END_TEST

static TCase *of_a_tape(Suite *s, const char *name) {
    TCase *c = support_case(s, name);
    tcase_add_checked_fixture(c, open_tape, close_tape);
    return c;
}

/* ---- sweeps without memory ---- */

/* A sweep that gives buffers on from op to op, and needs new ones. */
static tad_var normalised(tad_tape *own, tad_var *x) {
    const tad_batch_norm_options o = {.training = true, .momentum = 0.1, .eps = 1e-5};
    const double ones[] = {1, 1, 1};
    const tad_var mean = tad_constant(own, TAD_F64, TAD_SHAPE(3), NULL),
                  variance = tad_constant(own, TAD_F64, TAD_SHAPE(3), ones);
    tad_var y = tad_add(tad_relu(tad_add(x[0], x[1])), x[0]);
    y = tad_batch_norm(y, mean, variance, x[1], x[2], &o);
    y = tad_sub(tad_concat((tad_var[]){y, tad_neg(y)}, 2, 0), x[2]);
    return tad_sum(tad_square(tad_where(tad_greater(y, tad_number(0)), y, tad_sin(y))), tad_all());
}

static void read_gradients(tad_var *x, double *to) {
    for (int k = 0; k < 3; k++) {
        const double *g = tad_gradient_data(x[k]);
        ck_assert_ptr_nonnull(g);
        memcpy(to + 12 * k, g, (size_t)tad_size_of(x[k]) * sizeof *g);
    }
}

/* Whichever request fails, the next sweep has every buffer once: its gradients are right. */
START_TEST(a_sweep_that_failed_leaves_every_buffer_once) {
    double right[36] = {0}, got[36] = {0};
    for (size_t at = 0;; at++) {
        support_memory m = {.scarce = true};
        tad_tape *own = support_tape(&m);
        tad_var x[3] = {tad_input(own, TAD_F64, TAD_SHAPE(4, 3),
                                  (double[]){1, -2, 3, 0.5, 4, -1, 2, 2.5, -3, 1.5, -0.5, 0.25}),
                        tad_input(own, TAD_F64, TAD_SHAPE(3), (double[]){0.5, 1, 2}),
                        tad_input(own, TAD_F64, TAD_SHAPE(3), (double[]){-1, 0.1, 0.2})};
        const tad_var y = normalised(own, x);
        ck_tape(own);
        m.fail_at = at ? m.requests + at : 0;
        const tad_status s = tad_reverse(y);
        const bool refused = m.refused;
        m.fail_at = 0;
        if (s != TAD_OK) ck_refused(own, TAD_NO_MEMORY, "");
        for (int again = 0; again < 2; again++) {
            ck_done(tad_reverse(y), own);
            read_gradients(x, at ? got : right);
            for (int i = 0; i < 36 && at; i++) ck_near(got[i], right[i], 0);
        }
        tad_tape_free(own);
        ck_no_leak(&m);
        if (at && !refused) break;
    }
}
END_TEST

/* ---- sweeps that are watched ---- */

enum { WATCHED = 4 };

typedef struct watcher {
    tad_var *params;
    size_t order[WATCHED], n;
    double first[WATCHED]; /* of the gradients, when they were told of */
    enum { LOOKS, ENDS, RECORDS } does;
} watcher;

static tad_status look(void *user, size_t k) {
    watcher *w = user;
    const void *g = tad_gradient_data(w->params[k]);
    w->first[w->n] = *(const double *)g;
    w->order[w->n++] = k;
    if (w->does == RECORDS) tad_scalar(tad_tape_of(w->params[k]), 1);
    return w->does == ENDS && w->n == 2 ? TAD_NO_CONVERGENCE : TAD_OK;
}

/* y = sum((a b + c) a), with d not there and a read again late: from the end, c is finished first,
 * then b, then a, read twice. */
static tad_var layered(tad_var *p) {
    const tad_var product = tad_mul(p[0], p[1]), sum = tad_add(product, p[2]);
    return tad_sum(tad_mul(sum, tad_sin(p[0])), tad_all());
}

static void make_params(tad_var *p) {
    for (int k = 0; k < WATCHED; k++)
        p[k] = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){0.3 + k, -1.5 * k});
}

START_TEST(tells_of_gradients_that_are_whole_in_order) {
    tad_var p[WATCHED];
    double plain[WATCHED];
    make_params(p);
    tad_var y = layered(p);
    ck_done(tad_reverse(y), t);
    for (int k = 0; k < WATCHED; k++) plain[k] = *(const double *)tad_gradient_data(p[k]);
    ck_done(tad_zero_gradients(p, WATCHED), t);
    watcher w = {.params = p};
    ck_done(tad_reverse_watched(&y, NULL, 1, p, WATCHED, look, &w), t);
    ck_assert_uint_eq(w.n, WATCHED);
    for (int k = 0; k < WATCHED; k++) ck_near(w.first[k], plain[w.order[k]], 0);
    ck_assert_uint_eq(w.order[0], 2);
    ck_assert_uint_eq(w.order[1], 0); /* a and b by the same node: in the caller's order */
    ck_assert_uint_eq(w.order[2], 1);
    ck_assert_uint_eq(w.order[3], 3); /* not read at all */
}
END_TEST

/* Whatever the order in which the caller has them: his places count. */
START_TEST(tells_of_gradients_by_the_callers_places) {
    tad_var p[WATCHED], turned[WATCHED];
    make_params(p);
    tad_var y = layered(p);
    for (int k = 0; k < WATCHED; k++) turned[k] = p[(k + 2) % WATCHED];
    watcher w = {.params = turned};
    ck_done(tad_reverse_watched(&y, NULL, 1, turned, WATCHED, look, &w), t);
    ck_assert_uint_eq(w.order[0], 0); /* c */
    ck_assert_uint_eq(w.order[1], 2); /* a */
    ck_assert_uint_eq(w.order[2], 3); /* b */
    ck_assert_uint_eq(w.order[3], 1);
}
END_TEST

/* Numbers come last, and a long chain of nodes is no hindrance. */
START_TEST(tells_of_numbers_at_the_end) {
    tad_var p[2] = {tad_param(t, TAD_F64, TAD_0D, (double[]){0.5}),
                    tad_param(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 2, 3})};
    tad_var y = tad_mul(p[0], tad_sum(p[1], tad_all()));
    for (int i = 0; i < 5000; i++) y = tad_sin(y);
    watcher w = {.params = p};
    ck_done(tad_reverse_watched(&y, NULL, 1, p, 2, look, &w), t);
    ck_assert_uint_eq(w.order[0], 1);
    ck_assert_uint_eq(w.order[1], 0);
    ck_near(w.first[1], tad_gradient_item(p[0]), 0);
}
END_TEST

START_TEST(refuses_watchers_that_cannot_be) {
    tad_var p[WATCHED], twice[2];
    make_params(p);
    tad_var y = layered(p);
    watcher w = {.params = p};
    twice[0] = twice[1] = p[1];
    ck_assert_int_eq(tad_reverse_watched(&y, NULL, 1, twice, 2, look, &w), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "reverse_watched", "variables 0 and 1 are one");
    ck_assert_int_eq(tad_reverse_watched(&y, NULL, 1, &y, 1, look, &w), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "variable 0 is no parameter");
    ck_assert_int_eq(tad_reverse_watched(&y, NULL, 1, p, 2, NULL, &w), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "no function");
    ck_assert_uint_eq(w.n, 0);
    w.does = ENDS;
    ck_assert_int_eq(tad_reverse_watched(&y, NULL, 1, p, WATCHED, look, &w), TAD_NO_CONVERGENCE);
    ck_refused(t, TAD_NO_CONVERGENCE, "ended by");
    ck_assert_uint_eq(w.n, 2);
    w = (watcher){.params = p, .does = RECORDS};
    ck_assert_int_eq(tad_reverse_watched(&y, NULL, 1, p, WATCHED, look, &w), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "recorded or rewound");
    ck_done(tad_reverse_watched(&y, NULL, 1, NULL, 0, look, &w), t); /* nobody waits */
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("diff");
    TCase *c = of_a_tape(s, "matrices");
    tcase_add_loop_test(c, jacobian_has_the_right_values_and_axes, 0, 3);
    tcase_add_test(c, jacobian_of_numbers);
    tcase_add_test(c, jacobian_has_the_results_element_type);
    tcase_add_test(c, jacobian_of_what_is_no_computation);
    tcase_add_test(c, jacobian_keeps_strong_zeros);
    tcase_add_test(c, jacobian_of_nothing_is_empty);
    tcase_add_test(c, jacobian_and_hessian_are_constants);
    tcase_add_loop_test(c, jacobian_of_many_columns, 0, 2);
    tcase_add_test(c, a_diagonal_is_taken_from_columns_where_there_are_no_rows);
    tcase_add_test(c, jacobian_takes_the_direction_that_has_rules);
    tcase_add_test(c, recorded_matrices_are_those_of_numbers);
    tcase_add_test(c, recorded_matrices_are_differentiated_again);
    tcase_add_test(c, recorded_jacobian_takes_the_direction_that_has_rules);
    tcase_add_test(c, hessian_has_the_blocks_of_two_inputs);
    tcase_add_test(c, derivatives_pass_through_every_output_of_an_op);
    tcase_add_test(c, the_first_output_may_be_one_without_derivative);
    tcase_add_test(c, an_op_that_is_flat_needs_no_rule);
    tcase_add_test(c, what_was_recorded_behind_a_result_has_no_gradient_of_it);
    tcase_add_test(c, results_may_come_in_any_order);
    tcase_add_test(c, no_rule_is_asked_where_nothing_moves);
    tcase_add_test(c, what_was_computed_before_the_inputs_is_not_swept);
    c = of_a_tape(s, "cost");
    tcase_add_loop_test(c, jacobian_takes_the_memory_of_one_sweep, 0, 2);
    tcase_add_test(c, drivers_allocate_nothing_the_second_time);
    c = of_a_tape(s, "products");
    tcase_add_test(c, hvp_may_write_over_its_vector);
    tcase_add_test(c, gradients_of_a_driver_can_be_differentiated);
    tcase_add_test(c, a_product_of_the_hessian_is_a_constant);
    tcase_add_test(c, many_products_are_those_one_by_one);
    tcase_add_test(c, many_gradients_of_inputs_that_depend_on_each_other);
    tcase_add_test(c, drivers_give_the_value_too);
    tcase_add_test(c, jvp_and_vjp_agree_and_y_may_be_left_out);
    c = of_a_tape(s, "no derivative");
    tcase_add_test(c, a_function_that_returns_a_number_has_zero_derivatives);
    tcase_add_test(c, a_function_that_ignores_its_inputs_has_zero_derivatives);
    tcase_add_test(c, inputs_may_be_used_from_outside);
    c = of_a_tape(s, "left alone");
    tcase_add_loop_test(c, gradients_of_an_earlier_sweep_stay, 0, DRIVERS);
    tcase_add_loop_test(c, drivers_work_while_recording_is_paused, 0, DRIVERS);
    tcase_add_loop_test(c, a_failure_leaves_recording_paused_or_not, 0, DRIVERS);
    tcase_add_test(c, every_result_is_written_and_no_more);
    c = of_a_tape(s, "misuse");
    tcase_add_loop_test(c, refuses_inputs_that_have_no_derivative, 0, DRIVERS);
    tcase_add_test(c, other_inputs_may_be_constants);
    tcase_add_test(c, refuses_inputs_that_are_not_there);
    tcase_add_test(c, refuses_operands_without_a_derivative);
    tcase_add_loop_test(c, refuses_what_is_null, 0, DRIVERS);
    tcase_add_loop_test(c, refuses_results_that_have_no_derivative, 0, DRIVERS);
    tcase_add_test(c, refuses_many_results_where_one_is_needed);
    tcase_add_test(c, refuses_cotangents_and_tangents_of_another_shape);
    tcase_add_test(c, a_jacobian_may_have_eight_axes_and_not_nine);
    tcase_add_test(c, refuses_more_axes_or_elements_than_there_can_be);
    tcase_add_loop_test(c, a_failure_inside_the_function_is_its_status, 0, DRIVERS);
    tcase_add_loop_test(c, a_failure_counts_whatever_the_function_gives, 0, DRIVERS);
    tcase_add_loop_test(c, a_failure_before_is_the_status_and_nothing_runs, 0, DRIVERS);
    tcase_add_loop_test(c, a_function_that_rewinds_its_inputs_is_noticed, 0, DRIVERS);
    c = support_case(s, "memory");
    tcase_add_test(c, a_sweep_that_failed_leaves_every_buffer_once);
    c = support_case(s, "watched");
    tcase_add_checked_fixture(c, open_tape, close_tape);
    tcase_add_test(c, tells_of_gradients_that_are_whole_in_order);
    tcase_add_test(c, tells_of_gradients_by_the_callers_places);
    tcase_add_test(c, tells_of_numbers_at_the_end);
    tcase_add_test(c, refuses_watchers_that_cannot_be);
    return s;
}

SUPPORT_MAIN(suite)
