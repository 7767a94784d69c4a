/* Poison in memory that no array holds: right plans never read it, wrong ones give it away. What
 * runs programs is compiled for this test as fenced builds have it, see meson.build. */
#include "programs.h"

#include "program/poison.h"

static bool is_poison(const void *at) {
    const uint64_t poison = TAD__POISON;
    return memcmp(at, &poison, sizeof poison) == 0;
}

static const double four[4] = {0.5, -0.25, 0.75, 1};

/* a = x x, b = x a, c = b b, y = a c: b is dead before a is read for the last time. */
static tad_program *chain(tad_var *x, tad_var *y) {
    tad_program *p;
    *x = tad_input(t, TAD_F64, TAD_SHAPE(2, 2), four);
    tad_var a = tad_matmul(*x, *x), b = tad_matmul(*x, a), c = tad_matmul(b, b);
    *y = tad_matmul(a, c);
    ck_done(tad_freeze(x, 1, y, 1, NULL, &p), t);
    ck_assert_uint_eq(p->call.count, 4);
    return p;
}

static tad__array_value *result_of(tad_program *p, size_t call) {
    const tad__call_step *c = &p->call.item[call];
    return &p->array.item[tad__position(c->ref[c->n_in])];
}

static void run_chain(tad_workspace *w, double *y) {
    ck_assert_int_eq(tad_bind_in(w, 0, TAD_F64, TAD_SHAPE(2, 2), four), TAD_OK);
    ck_assert_int_eq(tad_bind_out(w, 0, TAD_F64, TAD_SHAPE(2, 2), y), TAD_OK);
    ck_assert_msg(tad_run(w) == TAD_OK, "%s", tad_workspace_message(w));
}

/* In memory that is zero: that does no harm of its own. */
static void all_are_nan(const tad_program *p) {
    static _Alignas(64) char memory[65536];
    double y[4] = {0};
    memset(memory, 0, sizeof memory);
    tad_workspace *w = tad_workspace_in(p, memory, sizeof memory);
    ck_assert_ptr_nonnull(w);
    run_chain(w, y);
    for (int k = 0; k < 4; k++) ck_assert_msg(isnan(y[k]), "y[%d] is %g", k, y[k]);
    tad_workspace_free(w);
}

/* y lies in the caller's memory, and everything else is dead. */
START_TEST(what_is_dead_is_poisoned) {
    double got[4];
    tad_var x, y;
    tad_program *p = chain(&x, &y);
    tad_workspace *w = tad_workspace_new(p);
    run_chain(w, got);
    compare_bits(got, y, "chain", 0);
    ck_assert_uint_ge(p->array_bytes, 3 * 64);
    for (size_t k = 0; k < p->array_bytes; k += 8) ck_assert(is_poison(w->arrays + k));
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* Where b takes a's place too early, a is poison when b is dead, not b's harmless numbers. */
START_TEST(a_place_given_away_too_early_is_seen) {
    tad_var x, y;
    tad_program *p = chain(&x, &y);
    result_of(p, 1)->offset = result_of(p, 0)->offset;
    all_are_nan(p);
    tad_program_free(p);
}
END_TEST

START_TEST(what_is_not_yet_written_is_seen) {
    tad_var x, y;
    tad_program *p = chain(&x, &y);
    const tad__call_step first = p->call.item[0];
    p->call.item[0] = p->call.item[1];
    p->call.item[1] = first;
    all_are_nan(p);
    tad_program_free(p);
}
END_TEST

START_TEST(a_strip_that_is_not_yet_written_is_seen) {
    tad_program *p;
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 2), four), z = tad_exp(tad_square(x));
    ck_done(tad_freeze(&x, 1, &z, 1, NULL, &p), t);
    ck_assert_uint_eq(p->fused.count, 2);
    const tad__fused_row first = p->fused.item[0];
    p->fused.item[0] = p->fused.item[1];
    p->fused.item[1] = first;
    all_are_nan(p);
    tad_program_free(p);
}
END_TEST

/* A net's gradient with everything that takes memory: draws, groups, views, copies. */
START_TEST(right_plans_read_no_poison) {
    graph g = {.n_in = 2, .n_out = 4};
    g.in[0] = tad_input(t, TAD_F64, TAD_SHAPE(2, 2), four);
    g.in[1] = tad_param(t, TAD_F64, TAD_SHAPE(2, 2), four);
    tad_var h = tad_tanh(tad_add(tad_matmul(g.in[0], g.in[1]), tad_number(1))),
            k = tad_softmax(tad_matmul(tad_transpose(h, 0, 1), tad_sin(g.in[1])), 1);
    g.out[0] = tad_sum(tad_mul(k, tad_dropout(h, 0.25)), tad_all());
    ck_done(tad_grad(g.out, NULL, 1, g.in, 2, g.out + 1), t);
    g.out[3] = g.in[0];
    tad_program *p = frozen(&g, "net");
    tad_workspace *w = tad_workspace_new(p);
    for (int run = 0; run < 2; run++) {
        tad_set_random(w, p->random);
        run_beside(w, &g, "net");
    }
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("poison");
    TCase *c = tape_case(s, "poison");
    tcase_add_test(c, what_is_dead_is_poisoned);
    tcase_add_test(c, a_place_given_away_too_early_is_seen);
    tcase_add_test(c, what_is_not_yet_written_is_seen);
    tcase_add_test(c, a_strip_that_is_not_yet_written_is_seen);
    tcase_add_test(c, right_plans_read_no_poison);
    return s;
}

SUPPORT_MAIN(suite)
