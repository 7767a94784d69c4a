/* Groups of programs: rows that run together, strip by strip, and operands that are spread out in
 * them; the bits are the tape's. */
#include "programs.h"

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

/* ---- operands that are smaller than the group ---- */

typedef struct sizes {
    tad_shape whole, line, column, other;
} sizes;

/* Lines shorter than a strip, as long as one, longer; of one element; in the middle axis. */
static const sizes several[] = {
    {{2, {7, 5}}, {1, {5}}, {2, {7, 1}}, {2, {1, 1}}},
    {{2, {40, 700}}, {2, {1, 700}}, {2, {40, 1}}, {1, {1}}},
    {{2, {3, 1024}}, {1, {1024}}, {2, {3, 1}}, {0, {0}}},
    {{2, {3, 2500}}, {1, {2500}}, {2, {3, 1}}, {0, {0}}},
    {{2, {2000, 3}}, {1, {3}}, {2, {2000, 1}}, {0, {0}}},
    {{3, {4, 30, 50}}, {2, {30, 50}}, {3, {4, 1, 1}}, {0, {0}}},
    {{3, {4, 30, 50}}, {1, {50}}, {3, {4, 30, 1}}, {0, {0}}},
};
enum { SEVERAL = sizeof several / sizeof *several };

static tad_var drawn(tad_shape shape, tad_dtype dtype, uint64_t seed) {
    const tad_sample_input like = {.type = {dtype, shape}, .lo = 0.5, .hi = 2};
    tad_var v = tad_sample_fill(t, &like, seed);
    return tad_input(t, dtype, shape, tad_data(v));
}

/* With its gradient: sums of a line and of what stands before it. */
static void record_spread(const sizes *s, tad_dtype dtype, uint64_t seed, graph *g) {
    tad_var x = drawn(s->whole, dtype, seed), line = drawn(s->line, dtype, seed + 1),
            column = drawn(s->column, dtype, seed + 2), other = drawn(s->other, dtype, seed + 3);
    tad_var y = tad_mul(tad_sub(x, column), line);
    tad_var z = tad_fma(tad_tanh(tad_add(y, other)), other, tad_div(line, column));
    tad_var all = tad_sum(tad_mul(z, x), tad_all());
    *g = (graph){.in = {x, line, column, other}, .n_in = 4, .out = {z, all}, .n_out = 2};
    ck_done(tad_grad(&all, NULL, 1, g->in, 4, g->out + 2), t);
    g->n_out += 4;
}

START_TEST(lines_and_columns_have_the_tapes_bits) {
    const sizes *s = &several[_i / 2];
    const tad_dtype dtype = _i % 2 ? TAD_F32 : TAD_F64;
    graph g;
    record_spread(s, dtype, 1, &g);
    tad_program *p = frozen(&g, "lines");
    const tad_program_info i = tad_program_info_of(p);
    ck_assert_uint_ge(i.fused, 7);
    tad_workspace *w = tad_workspace_new(p);
    for (uint64_t seed = 1; seed < 30; seed += 10) {
        tad_tape_reset(t);
        record_spread(s, dtype, seed, &g);
        run_beside(w, &g, "lines");
    }
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* Part of what a group computes is no operand of it: it is not there yet. */
START_TEST(a_part_of_a_group_is_read_afterwards) {
    tad_var x = drawn(TAD_SHAPE(64, 64), TAD_F64, 5), a = tad_mul(tad_exp(x), tad_number(2));
    tad_var last = tad_slice(a, 0, 63, 64, 1),
            parts[] = {last, tad_reshape(last, TAD_SHAPE(64, 1)), tad_transpose(a, 0, 1),
                       tad_slice(last, 1, 63, 64, 1),
                       tad_reshape(tad_reshape(a, TAD_SHAPE(4096)), TAD_SHAPE(64, 64))};
    graph g = {.n_in = 1, .n_out = 1, .in = {x}, .out = {tad_add(a, parts[_i])}};
    tad_program *p = frozen(&g, "a part");
    tad_workspace *own = tad_workspace_new(p);
    run_beside(own, &g, "a part");
    tad_workspace_free(own);
    tad_program_free(p);
}
END_TEST

static tad_program_info info_of(tad_var *in, size_t n, tad_var y) {
    machine m = machine_of(in, n, &y, 1, NULL);
    const tad_program_info i = tad_program_info_of(m.p);
    machine_free(m);
    return i;
}

/* Lines of two lengths, an operand that varies in the middle alone, too many that are spread. */
START_TEST(what_does_not_fit_is_another_group) {
    tad_var x = drawn(TAD_SHAPE(4, 6, 5), TAD_F64, 1), a = drawn(TAD_SHAPE(5), TAD_F64, 2),
            b = drawn(TAD_SHAPE(6, 5), TAD_F64, 3), c = drawn(TAD_SHAPE(6, 1), TAD_F64, 4), in[10];
    tad_program_info i = info_of((tad_var[]){x, a}, 2, tad_exp(tad_mul(tad_add(x, a), tad_sin(x))));
    ck_assert_uint_eq(i.groups, 1);
    ck_assert_uint_eq(i.fused, 4);
    i = info_of((tad_var[]){x, a, b}, 3,
                tad_exp(tad_mul(tad_sin(tad_add(x, a)), tad_sin(tad_add(x, b)))));
    ck_assert_uint_eq(i.groups, 2);
    i = info_of((tad_var[]){x, c}, 2, tad_exp(tad_sin(tad_add(x, c))));
    ck_assert_uint_eq(i.fused, 2);
    in[0] = x;
    tad_var y = x;
    for (uint64_t k = 1; k < 10; k++)
        y = tad_sin(tad_mul(y, in[k] = drawn(TAD_SHAPE(5), TAD_F64, k)));
    i = info_of(in, 10, y);
    ck_assert_uint_eq(i.fused, 18);
    ck_assert_uint_eq(i.groups, 2);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("groups");
    TCase *c = tape_case(s, "groups");
    tcase_add_test(c, rows_on_one_shape_run_together);
    tcase_add_test(c, groups_are_there_when_they_are_read);
    tcase_add_loop_test(c, a_part_of_a_group_is_read_afterwards, 0, 5);
    tcase_add_loop_test(c, lines_and_columns_have_the_tapes_bits, 0, 2 * SEVERAL);
    tcase_add_test(c, what_does_not_fit_is_another_group);
    return s;
}

SUPPORT_MAIN(suite)
