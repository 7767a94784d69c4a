/* Sums taken while a program computes what they add up: the tape's bits, for every size and any
 * number of threads, without memory for what is added up. */
#include "programs.h"

#include "program/program.h"

static const int64_t sizes[] = {4095, 8191, 8192, 8193, 12288, 16385, 70001, 524289};
enum { SIZES = sizeof sizes / sizeof *sizes, TYPES = 2, MOST_THREADS = 2, MOST = 525312 };

/* The same numbers each time, from one of them on. */
static tad_var drawn(tad_dtype dtype, tad_shape shape, size_t from) {
    static double wide[MOST];
    static float narrow[MOST];
    for (int k = 0; k < MOST && !wide[MOST - 1]; k++)
        narrow[k] = (float)(wide[k] = 0.37 * (k % 5) - 0.7 + 0.001 * (k % 1009));
    return tad_param(t, dtype, shape,
                     dtype == TAD_F64 ? (void *)(wide + from) : (void *)(narrow + from));
}

static void freeze_and_compare(const graph *g, int threads, const char *what) {
    tad_program *p;
    ck_done(
        tad_freeze(g->in, g->n_in, g->out, g->n_out, &(tad_freeze_options){.threads = threads}, &p),
        t);
    tad_workspace *w = tad_workspace_new(p);
    for (int again = 0; again < 2; again++) run_beside(w, g, what);
    tad_workspace_free(w);
    tad_program_free(p);
}

/* A mean and a sum of one group, of which the second adds up what is an output too. */
static graph record(tad_dtype dtype, int64_t n) {
    graph g = {.n_in = 2, .n_out = 4};
    const tad_var x = g.in[0] = drawn(dtype, TAD_SHAPE(n), 0),
                  y = g.in[1] = drawn(dtype, TAD_SHAPE(n), 777), e = tad_sub(x, y),
                  product = tad_mul(e, y);
    g.out[0] = tad_mean(tad_square(e), tad_all());
    g.out[1] = tad_sum(product, tad_keepdims(tad_all()));
    g.out[2] = product;
    g.out[3] = tad_mul(tad_exp(tad_neg(tad_square(g.out[0]))), g.out[1]);
    return g;
}

START_TEST(bits_are_those_of_the_tape) {
    const tad_dtype dtype = _i % TYPES ? TAD_F32 : TAD_F64;
    const graph g = record(dtype, sizes[_i / TYPES % SIZES]);
    freeze_and_compare(&g, 1 + _i / TYPES / SIZES, "sums of a group");
}
END_TEST

/* Infinities and NaNs; zeros, all of them negative. */
START_TEST(special_values_add_up_as_on_the_tape) {
    enum { N = 20000 };
    static double x[N];
    for (int k = 0; k < N; k++) x[k] = _i ? sin(k) : 0;
    if (_i > 1) x[N / 2] = _i == 2 ? INFINITY : NAN;
    if (_i == 4) x[0] = INFINITY, x[N - 1] = -INFINITY;
    graph g = {.n_in = 1, .n_out = 1};
    g.in[0] = tad_param(t, TAD_F64, TAD_SHAPE(N), x);
    g.out[0] = tad_sum(tad_neg(tad_mul(g.in[0], tad_number(0.5))), tad_all());
    freeze_and_compare(&g, 1, "special values");
}
END_TEST

/* Lines shorter and longer than a strip, or a part of one; the lines of an operand are these. */
static const int64_t lines[] = {2, 3, 31, 32, 100, 256, 257, 512, 1000, 4096};
enum { LINES = sizeof lines / sizeof *lines };

static graph record_lines(tad_dtype dtype, int64_t line) {
    const int64_t n = 40000 / line + 1;
    graph g = {.n_in = 4, .n_out = 4};
    const tad_var x = g.in[0] = drawn(dtype, TAD_SHAPE(n, line), 0),
                  y = g.in[1] = drawn(dtype, TAD_SHAPE(n, line), 777),
                  b = g.in[2] = drawn(dtype, TAD_SHAPE(line), 50),
                  c = g.in[3] = drawn(dtype, TAD_SHAPE(n, 1), 20), e = tad_sub(x, y),
                  product = tad_mul(tad_add(e, b), c);
    g.out[0] = tad_mean(tad_square(e), tad_axis(1));
    g.out[1] = tad_sum(product, tad_keepdims(tad_axis(-1)));
    g.out[2] = product;
    g.out[3] = tad_exp(tad_neg(tad_mul(product, tad_div(g.out[1], tad_number(100)))));
    return g;
}

START_TEST(sums_of_lines_have_the_bits_of_the_tape) {
    const tad_dtype dtype = _i % TYPES ? TAD_F32 : TAD_F64;
    const graph g = record_lines(dtype, lines[_i / TYPES % LINES]);
    freeze_and_compare(&g, 1 + _i / TYPES / LINES, "sums of lines");
    tad_program *p = frozen(&g, "sums of lines");
    ck_assert(p->group.item[0].by_lines);
    ck_assert_uint_eq(p->group.item[0].tails, 2);
    tad_program_free(p);
}
END_TEST

/* Along the last axes, all of them or two of three. */
START_TEST(lines_go_along_the_last_axes) {
    graph g = {.n_in = 1, .n_out = 3};
    const tad_var x = g.in[0] = drawn(TAD_F64, TAD_SHAPE(50, 20, 30), 0), y = tad_exp(x);
    g.out[0] = tad_sum(y, TAD_AXES(2, 1));
    g.out[1] = tad_mean(tad_neg(y), TAD_AXES(1, 2));
    g.out[2] = tad_sum(tad_square(y), TAD_AXES(0, 2));
    tad_program *p = frozen(&g, "axes");
    ck_assert_uint_eq(p->group.count, 1);
    ck_assert_int_eq(p->group.item[0].line, 600);
    ck_assert_uint_eq(p->group.item[0].tails, 2);
    ck_assert_uint_eq(p->call.count, 1);
    tad_program_free(p);
    freeze_and_compare(&g, 2, "axes");
}
END_TEST

/* A group has sums of one kind, and of lines of one length. */
START_TEST(sums_of_two_kinds_are_not_of_one_group) {
    graph g = {.n_in = 2, .n_out = 2};
    const int64_t line = _i == 2 ? 4097 : 1000;
    const tad_var x = g.in[0] = drawn(TAD_F64, TAD_SHAPE(3, 10, line), 0),
                  b = g.in[1] = drawn(TAD_F64, TAD_SHAPE(10, line), 5),
                  y = tad_exp(_i == 1 ? tad_mul(x, b) : x);
    g.out[0] = tad_sum(y, tad_axis(2));
    g.out[1] = tad_mean(tad_neg(y), _i ? tad_axis(2) : tad_all());
    tad_program *p = frozen(&g, "two kinds");
    ck_assert_uint_eq(p->group.item[0].tails, _i ? 0 : 1);
    tad_program_free(p);
    freeze_and_compare(&g, 1, "two kinds");
}
END_TEST

static tad_program *frozen_sums(graph *g, int64_t n, size_t sums) {
    *g = (graph){.n_in = 1, .n_out = sums};
    g->in[0] = drawn(TAD_F64, TAD_SHAPE(n), 0);
    for (size_t k = 0; k < sums; k++)
        g->out[k] = tad_sum(tad_mul(g->in[0], tad_number(1.5 + (double)k)), tad_all());
    return frozen(g, "sums");
}

START_TEST(what_is_added_up_has_memory_for_a_part) {
    graph g;
    tad_program *p = frozen_sums(&g, 1 << 19, 1);
    ck_assert_uint_eq(p->group.count, 1);
    ck_assert_uint_eq(p->group.item[0].tails, 1);
    ck_assert_uint_eq(p->array_bytes, 0);
    ck_assert_uint_le(tad_workspace_size(p), 1 << 16);
    tad_program_free(p);
}
END_TEST

START_TEST(a_group_has_so_many) {
    graph g;
    tad_program *p = frozen_sums(&g, 20000, TAD__MOST_TAILS + 2);
    size_t tails = 0;
    for (size_t k = 0; k < p->group.count; k++) {
        ck_assert_uint_le(p->group.item[k].tails, TAD__MOST_TAILS);
        tails += p->group.item[k].tails;
    }
    ck_assert_uint_ge(tails, TAD__MOST_TAILS);
    tad_workspace *w = tad_workspace_new(p);
    run_beside(w, &g, "many sums");
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* Lines that are repeated, a part of what a group computes, and what is no row. */
START_TEST(what_can_be_none_stays_a_call) {
    graph g = {.n_in = 2, .n_out = 3};
    const tad_var x = g.in[0] = drawn(TAD_F64, TAD_SHAPE(200, 100), 0),
                  b = g.in[1] = drawn(TAD_F64, TAD_SHAPE(100), 777), y = tad_exp(tad_add(x, b));
    g.out[0] = tad_sum(y, tad_all());
    g.out[1] = tad_sum(tad_exp(x), tad_axis(0));
    g.out[2] = tad_mean(tad_transpose(x, 0, 1), tad_all());
    tad_program *p = frozen(&g, "no tails");
    for (size_t k = 0; k < p->group.count; k++) ck_assert_uint_eq(p->group.item[k].tails, 0);
    tad_program_free(p);
    freeze_and_compare(&g, 1, "no tails");
}
END_TEST

/* A sum is read by rows of the next group over the same shape. */
START_TEST(the_next_group_reads_the_sum) {
    graph g = {.n_in = 1, .n_out = 1};
    const tad_var x = g.in[0] = drawn(TAD_F32, TAD_SHAPE(30000), 0),
                  centred = tad_sub(tad_exp(x), tad_mean(tad_exp(x), tad_all()));
    g.out[0] = tad_div(tad_sum(tad_square(centred), tad_all()), tad_number(29999));
    freeze_and_compare(&g, 1, "variance");
}
END_TEST

/* Ten times the first element, under the name of a sum. */
static tad_status own_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)c;
    *n_out = 1;
    out[0] = (tad_type){TAD_F64, TAD_0D};
    return TAD_OK;
}
static tad_status own_forward(const tad_call_frame *c) {
    *(double *)c->out[0]->data = 10 * *(const double *)c->in[0]->data;
    return TAD_OK;
}

START_TEST(an_op_that_is_called_sum_stays_itself) {
    static const tad_op own = {
        .name = "sum", .min_in = 1, .max_in = 1, .shape = own_shape, .forward = own_forward};
    graph g = {.n_in = 1, .n_out = 1};
    g.in[0] = drawn(TAD_F64, TAD_SHAPE(10000), 0);
    const tad_var y = tad_exp(g.in[0]);
    g.out[0] = tad_apply(&own, &y, 1, NULL, NULL, 0);
    freeze_and_compare(&g, 1, "an op of one's own");
}
END_TEST

START_TEST(dumps_and_pictures_show_it) {
    graph g;
    static support_text dump, dot;
    tad_program *p = frozen_sums(&g, 10000, 1);
    ck_assert_int_eq(tad_program_dump(p, support_keep, &dump), TAD_OK);
    ck_assert_ptr_nonnull(strstr(dump.data, "    n1 = sum(a1 float64(10000) strip 0)\n"));
    ck_assert_int_eq(tad_program_dot(p, support_keep, &dot), TAD_OK);
    ck_assert_ptr_nonnull(strstr(dot.data, "  t0 [label=\"sum\"];\n"));
    ck_assert_ptr_nonnull(strstr(dot.data, "  r0 -> t0;"));
    ck_assert_ptr_nonnull(strstr(dot.data, "  t0 -> o0"));
    tad_program_free(p);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("tails");
    TCase *c = tape_case(s, "sums");
    tcase_add_loop_test(c, bits_are_those_of_the_tape, 0, SIZES * TYPES * MOST_THREADS);
    tcase_add_loop_test(c, sums_of_lines_have_the_bits_of_the_tape, 0,
                        LINES * TYPES * MOST_THREADS);
    tcase_add_test(c, lines_go_along_the_last_axes);
    tcase_add_loop_test(c, sums_of_two_kinds_are_not_of_one_group, 0, 3);
    tcase_add_loop_test(c, special_values_add_up_as_on_the_tape, 0, 5);
    tcase_add_test(c, what_is_added_up_has_memory_for_a_part);
    tcase_add_test(c, a_group_has_so_many);
    tcase_add_test(c, what_can_be_none_stays_a_call);
    tcase_add_test(c, the_next_group_reads_the_sum);
    tcase_add_test(c, an_op_that_is_called_sum_stays_itself);
    tcase_add_test(c, dumps_and_pictures_show_it);
    return s;
}

SUPPORT_MAIN(suite)
