/* Programs of numbers at many points, compiled: the bits of the same program that is not, whatever
 * is given for each point; what is added up over points; the programs of a map. */
#include "support.h"

#include <tad/compile.h>

static tad_tape *t;
static char message[400];
static void begin(void) { t = tad_tape_new(&(tad_settings){.level = TAD_LEVEL_BASE}); }
static void end(void) { tad_tape_free(t); }

/* ---- one program, at points ---- */

enum { IN = 4, OUT = 8, MOST = 203 };
static const bool first_two[IN] = {true, true, false, false};
static const bool first_and_last[IN] = {true, false, false, true};

/* Steps on in[2] and in[3] alone between others, which take their places again. */
static tad_var mixed(const tad_var *in, int depth, tad_var *shared) {
    tad_var y = in[0], s = in[2];
    for (int k = 0; k < depth; k++) {
        s = tad_tanh(tad_fma(s, in[3], tad_number(0.1 * k)));
        tad_var each = tad_exp(tad_neg(tad_square(tad_sub(in[1], s))));
        y = tad_add(tad_mul(tad_sin(y), s), tad_pow_scalar(each, 1.5));
    }
    *shared = s;
    return y;
}

/* The value, its gradient, what shared inputs give alone, and inputs as they are. */
static tad_program *frozen(int depth) {
    tad_var in[IN], out[OUT];
    tad_program *p;
    for (int k = 0; k < IN; k++) in[k] = tad_scalar(t, 0.5 + 0.1 * k);
    out[0] = mixed(in, depth, &out[5]);
    ck_done(tad_grad(out, NULL, 1, in, IN, out + 1), t);
    out[6] = in[1];
    out[7] = in[2];
    ck_done(tad_freeze(in, IN, out, OUT, NULL, &p), t);
    return p;
}

typedef struct points {
    double in[IN][MOST], out[OUT][MOST];
} points;

static void fill(points *x) {
    for (int k = 0; k < IN; k++)
        for (int i = 0; i < MOST; i++) x->in[k][i] = sin(1.7 * i + k) + 0.1 * k;
}

static void run(const tad_program *p, const bool *each, size_t n, points *x) {
    tad_workspace *w = tad_workspace_new(p);
    const tad_shape all = TAD_SHAPE((int64_t)n);
    memset(x->out, 0x55, sizeof x->out);
    for (size_t k = 0; k < IN; k++)
        ck_assert_int_eq(each[k] ? tad_bind_each_in(w, k, TAD_F64, all, x->in[k])
                                 : tad_bind_in(w, k, TAD_F64, TAD_0D, x->in[k]),
                         TAD_OK);
    for (size_t k = 0; k < OUT; k++)
        ck_assert_int_eq(tad_bind_each_out(w, k, TAD_F64, all, x->out[k]), TAD_OK);
    for (int again = 0; again < 2; again++)
        ck_assert_msg(tad_run(w) == TAD_OK, "%s", tad_workspace_message(w));
    tad_workspace_free(w);
}

static void compile(tad_program *p, const bool *each, const char *const *command) {
    const tad_compile_options o = {
        .command = command, .each = each, .message = message, .message_size = sizeof message};
    ck_assert_msg(tad_program_compile(p, &o) == TAD_OK, "%s", message);
}

static void ck_same_points(tad_program *own, const tad_program *compiled, const bool *each) {
    static points a, b;
    static const size_t counts[] = {1, 7, 64, 65, MOST};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        fill(&a), fill(&b);
        run(own, each, counts[k], &a);
        run(compiled, each, counts[k], &b);
        ck_assert_mem_eq(a.out, b.out, sizeof a.out);
    }
}

/* ---- compiled points ---- */

START_TEST(compiled_points_have_the_same_bits) {
    static const char *const fast[] = {"cc", "-O3", "-march=native", NULL};
    static const int depth[] = {1, 8, 30, 70}; /* 30: several functions; 70: nothing is shared */
    tad_program *own = frozen(depth[_i]), *compiled = frozen(depth[_i]);
    compile(compiled, first_two, NULL);
    ck_same_points(own, compiled, first_two);
    compile(compiled, first_and_last, fast);
    ck_same_points(own, compiled, first_and_last);
    tad_program_free(own);
    tad_program_free(compiled);
}
END_TEST

/* What all points share, computed last, takes the place of what one function of the text left there
 * for the next. */
static tad_program *frozen_with_shared_end(void) {
    enum { LONG = 110 }; /* more steps than a function has, few enough to share */
    tad_var in[IN], out[OUT], kept[LONG];
    tad_program *p;
    for (int k = 0; k < IN; k++) in[k] = tad_scalar(t, 0.5 + 0.1 * k);
    tad_var y = in[0];
    for (int k = 0; k < LONG; k++) y = kept[k] = tad_sin(tad_add(y, in[1]));
    for (int k = 0; k < LONG; k++) y = tad_sub(tad_mul(y, in[0]), kept[k]);
    for (int k = 0; k < OUT - 1; k++)
        out[1 + k] = tad_mul(tad_exp(tad_add(in[2], tad_number(k))), in[3]);
    out[0] = y;
    ck_done(tad_freeze(in, IN, out, OUT, NULL, &p), t);
    return p;
}

/* A compiler that is told another function shows whose steps these are. */
START_TEST(the_compiled_ones_run) {
    static const char *const command[] = {"cc", "-O1", "-Dfabs=exp2", NULL};
    static points x;
    tad_var in[IN], out[OUT];
    tad_program *p;
    for (int k = 0; k < IN; k++) in[k] = tad_scalar(t, 0.5);
    for (int k = 0; k < OUT; k++) out[k] = tad_abs(in[k % IN]);
    ck_done(tad_freeze(in, IN, out, OUT, NULL, &p), t);
    compile(p, first_two, command);
    fill(&x);
    run(p, first_two, 20, &x);
    for (int k = 0; k < OUT; k++)
        for (int i = 0; i < 20; i++)
            ck_near(x.out[k][i], exp2(x.in[k % IN][k % IN < 2 ? i : 0]), 1e-15);
    tad_program_free(p);
}
END_TEST

START_TEST(shared_outputs_are_not_overwritten) {
    tad_program *own = frozen_with_shared_end(), *compiled = frozen_with_shared_end();
    compile(compiled, first_two, NULL);
    ck_same_points(own, compiled, first_two);
    tad_program_free(own);
    tad_program_free(compiled);
}
END_TEST

/* Sines at each point, a cosine at all points, between others. */
static tad_program *frozen_with_turns(void) {
    tad_var in[IN], out[OUT];
    tad_program *p;
    for (int k = 0; k < IN; k++) in[k] = tad_scalar(t, 0.5 + 0.1 * k);
    tad_var product = tad_mul(in[0], in[1]), shared = tad_cos(in[2]);
    for (int k = 0; k < OUT; k++)
        out[k] = tad_fma(tad_sin(tad_add(product, tad_number(k))), shared, tad_mul(product, in[3]));
    ck_done(tad_freeze(in, IN, out, OUT, NULL, &p), t);
    return p;
}

START_TEST(sines_have_loops_of_their_own_which_become_vectors) {
    static support_text text;
    const tad_c_options o = {.name = "f", .steps = true, .each = first_two};
    tad_program *p = frozen_with_turns();
    text.length = 0;
    ck_assert_int_eq(tad_program_c(p, &o, support_keep, &text), TAD_OK);
    ck_assert_ptr_nonnull(strstr(text.data, "tad__sin_block_f64("));
    ck_assert_ptr_null(strstr(text.data, "tad__cos_block_f64("));
    tad_program_free(p);
}
END_TEST

START_TEST(sines_of_large_numbers_have_the_same_bits) {
    static points a, b;
    tad_program *own = frozen_with_turns(), *compiled = frozen_with_turns();
    fill(&a);
    for (int i = 0; i < MOST; i++) a.in[0][i] = i % 5 ? a.in[0][i] : ldexp(1 + 0.01 * i, 5 * i);
    b = a;
    compile(compiled, first_two, NULL);
    run(own, first_two, MOST, &a);
    run(compiled, first_two, MOST, &b);
    ck_assert_mem_eq(a.out, b.out, sizeof a.out);
    tad_program_free(own);
    tad_program_free(compiled);
}
END_TEST

START_TEST(points_given_otherwise_run_as_before) {
    tad_program *own = frozen(8), *compiled = frozen(8);
    compile(compiled, first_two, NULL);
    ck_same_points(own, compiled, first_and_last);
    ck_same_points(own, compiled, (const bool[IN]){true, true, true, true});
    tad_program_free(own);
    tad_program_free(compiled);
}
END_TEST

static int calls[2];
static void counted(double *numbers, int once) {
    (void)numbers;
    calls[once]++;
}

START_TEST(steps_for_points_run_where_they_fit_and_not_after_others) {
    static const unsigned char taken[IN] = {1, 1, 0, 0};
    static points x;
    tad_program *p = frozen(2);
    calls[0] = calls[1] = 0;
    tad_program_set_lanes(p, counted, taken);
    run(p, first_two, 130, &x); /* twice, in three strips */
    ck_assert_int_eq(calls[1], 2);
    ck_assert_int_eq(calls[0], 2 * 3);
    run(p, first_and_last, 130, &x);
    ck_assert_int_eq(calls[0], 2 * 3);
    tad_program_set_steps(p, NULL, NULL, NULL);
    run(p, first_two, 130, &x);
    ck_assert_int_eq(calls[0], 2 * 3);
    tad_program_set_lanes(NULL, counted, taken);
    tad_program_free(p);
}
END_TEST

/* Of arrays, of decisions, and where nothing is said to be given for each point there is none. */
START_TEST(text_for_points_is_written_where_points_run_together) {
    const double two[2] = {1, 2};
    const bool each[2] = {true, true};
    tad_var x = tad_scalar(t, 2), v = tad_input(t, TAD_F64, TAD_SHAPE(2), two), in[2] = {x, v};
    for (int k = 0; k < 4; k++) {
        static support_text text;
        text.length = 0;
        tad_program *p;
        if (k == 2) (void)tad_decide(tad_greater(x, tad_number(1)));
        tad_var y = k == 1 ? tad_mul(x, v) : tad_square(x);
        ck_done(tad_freeze(in, k == 1 ? 2 : 1, &y, 1, NULL, &p), t);
        const tad_c_options o = {.name = "f", .steps = true, .each = k == 3 ? NULL : each};
        ck_assert_int_eq(tad_program_c(p, &o, support_keep, &text), TAD_OK);
        ck_assert_msg((strstr(text.data, "f_lanes") != NULL) == (k == 0), "%d", k);
        tad_program_free(p);
    }
}
END_TEST

/* ---- sums over points ---- */

/* Of numbers: lane by lane, so compiled or not the bits are the same. */
START_TEST(sums_over_points_are_the_same_compiled) {
    static points x;
    double sum[2][OUT], by_hand;
    tad_program *p = frozen(4);
    fill(&x);
    run(p, first_two, MOST, &x);
    for (int k = 0; k < 2; k++) {
        if (k) compile(p, first_two, NULL);
        tad_workspace *w = tad_workspace_new(p);
        for (size_t i = 0; i < IN; i++)
            ck_assert_int_eq(i < 2 ? tad_bind_each_in(w, i, TAD_F64, TAD_SHAPE(MOST), x.in[i])
                                   : tad_bind_in(w, i, TAD_F64, TAD_0D, x.in[i]),
                             TAD_OK);
        for (size_t i = 0; i < OUT; i++)
            ck_assert_int_eq(tad_bind_sum_out(w, i, &sum[k][i], NULL), TAD_OK);
        for (int again = 0; again < 2; again++) ck_assert_int_eq(tad_run(w), TAD_OK);
        tad_workspace_free(w);
    }
    ck_assert_mem_eq(sum[0], sum[1], sizeof sum[0]);
    for (int i = 0; i < OUT; i++) {
        by_hand = 0;
        for (int k = 0; k < MOST; k++) by_hand += x.out[i][k];
        ck_near(sum[0][i], by_hand, 1e-13);
    }
    tad_program_free(p);
}
END_TEST

/* ---- maps ---- */

static tad_var gauss(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_exp(tad_neg(tad_square(tad_mul(in[1], tad_sub(in[0], in[2])))));
}

/* Losses, gradient and a gradient of the gradient. */
static void map_all(tad_mapping *m, double *to) {
    double x[MOST];
    for (int i = 0; i < MOST; i++) x[i] = 0.01 * i;
    tad_var each = tad_input(t, TAD_F64, TAD_SHAPE(MOST), x),
            shared[2] = {tad_scalar(t, 1.5), tad_scalar(t, 0.7)}, g[2],
            y = tad_sum(tad_map(m, &each, 1, shared, 2), tad_all());
    ck_done(tad_grad(&y, NULL, 1, shared, 2, g), t);
    ck_done(tad_reverse(tad_mul(g[0], g[1])), t);
    const tad_var all[] = {y, g[0], g[1], tad_gradient(shared[0]), tad_gradient(shared[1])};
    for (int k = 0; k < 5; k++) to[k] = tad_item(all[k]);
    ck_done(tad_read(tad_gradient(each), to + 5, MOST), t);
    ck_tape(t);
}

START_TEST(programs_of_a_map_are_compiled) {
    static double own[5 + MOST], compiled[5 + MOST];
    const tad_compile_options o = {.message = message, .message_size = sizeof message};
    tad_mapping *m = tad_mapping_new(gauss, NULL, NULL), *c = tad_mapping_new(gauss, NULL, NULL);
    tad_mapping_compile(c, &o);
    map_all(m, own);
    map_all(c, compiled);
    ck_assert_mem_eq(own, compiled, sizeof own);
    tad_mapping *plain = tad_mapping_new(gauss, NULL, NULL);
    tad_mapping_compile(plain, NULL);
    map_all(plain, compiled);
    ck_assert_mem_eq(own, compiled, sizeof own);
    end();
    tad_mapping_free(m);
    tad_mapping_free(c);
    tad_mapping_free(plain);
    begin();
}
END_TEST

START_TEST(a_map_fails_where_its_compiler_does) {
    static const char *const fails[] = {"false", NULL};
    const tad_compile_options o = {
        .command = fails, .message = message, .message_size = sizeof message};
    tad_var each = tad_input(t, TAD_F64, TAD_SHAPE(1), (double[]){1}), one = tad_scalar(t, 1);
    tad_mapping *m = tad_mapping_new(gauss, NULL, NULL);
    tad_mapping_compile(m, &o);
    tad_map(m, &each, 1, (tad_var[]){one, one}, 2);
    ck_refused(t, TAD_IO, "map", "program");
    ck_assert_ptr_nonnull(strstr(message, "false failed with status 1"));
    tad_mapping_set_made(m, NULL, NULL); /* goes on without */
    ck_values(tad_map(m, &each, 1, (tad_var[]){one, one}, 2), 0, 1);
    tad_mapping_set_made(NULL, NULL, NULL);
    end();
    tad_mapping_free(m);
    begin();
}
END_TEST

/* ---- the suite ---- */

static Suite *suite(void) {
    Suite *s = suite_create("compiled points");
    TCase *c = support_case(s, "points");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_loop_test(c, compiled_points_have_the_same_bits, 0, 4);
    tcase_add_test(c, shared_outputs_are_not_overwritten);
    tcase_add_test(c, the_compiled_ones_run);
    tcase_add_test(c, sines_have_loops_of_their_own_which_become_vectors);
    tcase_add_test(c, sines_of_large_numbers_have_the_same_bits);
    tcase_add_test(c, points_given_otherwise_run_as_before);
    tcase_add_test(c, steps_for_points_run_where_they_fit_and_not_after_others);
    tcase_add_test(c, text_for_points_is_written_where_points_run_together);
    tcase_add_test(c, sums_over_points_are_the_same_compiled);

    c = support_case(s, "maps");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, programs_of_a_map_are_compiled);
    tcase_add_test(c, a_map_fails_where_its_compiler_does);
    return s;
}

SUPPORT_MAIN(suite)
