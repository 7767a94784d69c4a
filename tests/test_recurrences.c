/* Recurrences: what a loop records one turn after the other becomes a loop of the program, whose
 * size and text do not grow with the turns, and which gives the tape's bits. */
#include "programs.h"

enum { STATES = 4, SEEDS = 60 };

/* ---- random recurrences ---- */

typedef tad_var change(tad_var a, tad_var b, tad_var c);
static tad_var sum_of_three(tad_var a, tad_var b, tad_var c) { return tad_add(tad_add(a, b), c); }
static tad_var difference(tad_var a, tad_var b, tad_var c) { return tad_sub(tad_mul(a, c), b); }
static tad_var quotient(tad_var a, tad_var b, tad_var c) {
    return tad_div(a, tad_add(tad_fma(b, c, tad_square(b)), tad_number(9)));
}
static tad_var soft_sine(tad_var a, tad_var b, tad_var c) {
    return tad_softplus(tad_sin(tad_fma(a, b, c)), 0.7);
}
static tad_var two_products(tad_var a, tad_var b, tad_var c) {
    return tad_fma(a, b, tad_mul(c, tad_number(0.7)));
}
static tad_var less_a_product(tad_var a, tad_var b, tad_var c) { return tad_fnma(a, b, c); }
static tad_var gaussian(tad_var a, tad_var b, tad_var c) {
    return tad_exp(tad_neg(tad_square(tad_add(a, tad_mul(b, c)))));
}
static tad_var list(tad_var a, tad_var b, tad_var c) {
    return tad_sum_list((tad_var[]){a, b, c, a, b}, 5);
}
static change *const changes[] = {sum_of_three, difference,     quotient, soft_sine,
                                  two_products, less_a_product, gaussian, list};
enum { CHANGES = sizeof changes / sizeof *changes };

/* Numbers that neither grow nor vanish; every turn has the same ops. */
static void record(const double *x, uint64_t seed, int turns, graph *g) {
    tad_var state[STATES];
    *g = (graph){.n_in = STATES + 1, .n_out = STATES + 2};
    for (size_t k = 0; k < g->n_in; k++) g->in[k] = tad_scalar(t, x[k]);
    memcpy(state, g->in, sizeof state);
    for (int i = 0; i < turns; i++) {
        tad_random r = {seed, 0};
        for (int k = 0; k < 1 + (int)(seed % 3); k++) {
            const uint64_t any = (uint64_t)(1e6 * tad_random_uniform(&r));
            tad_var *const to = &state[any % STATES];
            *to = changes[any / 4 % CHANGES](*to, state[any / 32 % STATES], g->in[any / 128 % 5]);
            *to = tad_sin(*to);
        }
    }
    g->out[0] = tad_sum_list(state, STATES);
    ck_done(tad_grad(g->out, NULL, 1, g->in, g->n_in, g->out + 1), t);
}

static void draw(double *x, uint64_t seed) {
    tad_random r = {seed, 0};
    for (int k = 0; k <= STATES; k++) x[k] = tad_random_normal(&r);
}

/* Room for the values of turns is taken, and little else. */
START_TEST(have_the_bits_of_the_tape) {
    enum { TURNS = 150 };
    double x[STATES + 1];
    graph g;
    draw(x, 1);
    record(x, (uint64_t)_i, TURNS, &g);
    tad_program *p = frozen(&g, "recurrence");
    tad_workspace *w = tad_workspace_new(p);
    for (uint64_t data = 2; data < 5; data++) {
        draw(x, data);
        tad_tape_reset(t);
        record(x, (uint64_t)_i, TURNS, &g);
        run_beside(w, &g, "recurrence");
    }
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* ---- their text ---- */

static bool count_statements(void *user, const char *text, size_t length) {
    for (size_t k = 0; k < length; k++) *(size_t *)user += text[k] == ';';
    return true;
}

/* Beside tables of places. */
static size_t statements_of(uint64_t seed, int turns) {
    double x[STATES + 1];
    size_t statements = 0;
    graph g;
    tad_program *p;
    draw(x, 1);
    tad_tape_reset(t);
    record(x, seed, turns, &g);
    const tad_freeze_options o = {.allow_constant_outputs = true, .roll_up = true};
    ck_done(tad_freeze(g.in, g.n_in, g.out, g.n_out, &o, &p), t);
    ck_assert_int_eq(tad_program_c(p, NULL, count_statements, &statements), TAD_OK);
    tad_program_free(p);
    return statements;
}

START_TEST(are_as_long_as_a_turn) {
    size_t grown = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const size_t few = statements_of(seed, 300), many = statements_of(seed, 3000);
        grown += many > few + 20;
    }
    ck_assert_msg(grown <= SEEDS / 10, "%zu of %d programs grow with the turns", grown, SEEDS);
}
END_TEST

/* What comes between turns that are alike, and loops in a row. */
START_TEST(may_change_in_between) {
    enum { TURNS = 90 };
    double x[STATES + 1];
    graph g = {.n_in = 2, .n_out = 3};
    tad_program *p = NULL;
    tad_workspace *w = NULL;
    for (uint64_t data = 1; data < 4; data++) {
        draw(x, data);
        tad_tape_reset(t);
        for (size_t k = 0; k < 2; k++) g.in[k] = tad_scalar(t, x[k]);
        tad_var y = g.in[0], z = g.in[1];
        for (int i = 0; i < 4 * TURNS; i++) {
            if (i / TURNS % 2 == 0) y = tad_fma(tad_mul(y, tad_number(0.25)), z, y);
            z = i % TURNS ? tad_fnma(tad_mul(z, tad_number(0.125)), y, z) : tad_cos(z);
        }
        g.out[0] = tad_add(y, z);
        ck_done(tad_grad(g.out, NULL, 1, g.in, 2, g.out + 1), t);
        if (!p) w = tad_workspace_new(p = frozen(&g, "loops in a row"));
        run_beside(w, &g, "loops in a row");
    }
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* Of -0 and products that are -0, a dot has the zero of the op on arrays: of all kinds of it. */
START_TEST(zeros_are_those_of_the_tape) {
    const double zero[] = {0.0, -0.0};
    tad_program *p = NULL;
    tad_workspace *w = NULL;
    for (int data = 0; data < 8; data++) {
        graph g = {.n_in = 3, .n_out = 4};
        tad_tape_reset(t);
        for (int k = 0; k < 3; k++) g.in[k] = tad_scalar(t, zero[data >> k & 1]);
        const tad_var plain[] = {g.in[0], tad_number(-0.0)}, numbers[] = {tad_number(2), g.in[1]};
        g.out[0] = tad_dot_list(g.in, g.in + 1, 1, g.in[2]);
        g.out[1] = tad_dot_list(plain, numbers, 2, g.in[2]);
        g.out[2] = tad_dot_list(g.in, g.in, 0, g.in[2]);
        g.out[3] = tad_dot_list_plain((double[]){3, -1}, g.in, 2, g.in[2]);
        if (!p) w = tad_workspace_new(p = frozen(&g, "zeros"));
        run_beside(w, &g, "zeros");
    }
    tad_workspace_free(w);
    tad_program_free(p);
}
END_TEST

/* ---- functions of a list ---- */

typedef struct longest {
    size_t now, most; /* statements of a function */
    char last;
} longest;

/* A function ends with a brace at the beginning of a line. */
static bool measure_functions(void *user, const char *text, size_t length) {
    longest *l = user;
    for (size_t k = 0; k < length; l->last = text[k++]) {
        l->now += text[k] == ';';
        if (l->now > l->most) l->most = l->now;
        if (text[k] == '}' && l->last == '\n') l->now = 0;
    }
    return true;
}

/* Also behind a loop a list is cut into functions. */
START_TEST(functions_are_short) {
    longest l = {0, 0, 0};
    graph g = {.n_in = 2, .n_out = 1};
    tad_program *p;
    tad_random r = {1, 0};
    for (size_t k = 0; k < 2; k++) g.in[k] = tad_scalar(t, 0.5);
    tad_var y = g.in[0];
    for (int i = 0; i < 4000; i++) y = tad_sin(tad_fma(y, g.in[1], g.in[0]));
    for (int i = 0; i < 5000; i++) {
        const double what = tad_random_uniform(&r);
        if (what < 0.3)
            y = tad_sin(y);
        else
            y = what < 0.6 ? tad_fma(y, g.in[0], g.in[1]) : tad_exp(tad_neg(tad_square(y)));
    }
    g.out[0] = y;
    const tad_freeze_options o = {.roll_up = true};
    ck_done(tad_freeze(g.in, 2, g.out, 1, &o, &p), t);
    ck_assert_int_eq(tad_program_c(p, NULL, measure_functions, &l), TAD_OK);
    ck_assert_uint_gt(l.most, 100);
    ck_assert_uint_lt(l.most, 400); /* two for a word */
    tad_program_free(p);
}
END_TEST

/* Compilers warn of a table that nothing reads, as of a program that is one loop. */
START_TEST(their_table_is_read) {
    static support_text text;
    size_t places = 0;
    tad_program *p;
    tad_var x = tad_scalar(t, 0.5), y = x;
    for (int i = 0; i < 3000; i++) y = tad_sin(tad_fma(y, x, x));
    ck_done(tad_freeze(&x, 1, &y, 1, NULL, &p), t);
    ck_assert_int_eq(tad_program_c(p, NULL, support_keep, &text), TAD_OK);
    for (const char *at = text.data; (at = strstr(at, "places")); at++) places++;
    ck_assert_msg(places != 1, "%s", text.data);
    tad_program_free(p);
}
END_TEST

int main(void) {
    Suite *s = suite_create("recurrences");
    TCase *c = tape_case(s, "recurrences");
    tcase_add_loop_test(c, have_the_bits_of_the_tape, 0, SEEDS);
    tcase_add_test(c, are_as_long_as_a_turn);
    tcase_add_test(c, may_change_in_between);
    tcase_add_test(c, zeros_are_those_of_the_tape);
    tcase_add_test(c, functions_are_short);
    tcase_add_test(c, their_table_is_read);
    return support_run(s);
}
