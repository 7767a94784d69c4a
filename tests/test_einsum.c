/* tensordot, kron and einsum where samples and vectors do not look: equations that are wrong, many
 * operands and their order, large sizes, what broadcasts. */
#include "support.h"

static tad_tape *t;
static void new_tape(void) { t = tad_tape_new(NULL); }
static void free_tape(void) { tad_tape_free(t); }

static tad_var numbers(int64_t n, int64_t m) {
    return tad_reshape(tad_arange(t, TAD_F64, 1, (double)(n * m) + 1, 1), TAD_SHAPE(n, m));
}

static tad_var of_two(const char *equation, tad_var a, tad_var b) {
    return tad_einsum(equation, (tad_var[]){a, b}, 2);
}

START_TEST(equations) {
    tad_var a = numbers(2, 2), b = numbers(2, 2), v = tad_arange(t, TAD_F64, 1, 3, 1);
    ck_values(of_two("ij,jk->ik", a, b), 0, 7, 10, 15, 22);
    ck_values(of_two("ij,jk", a, b), 0, 7, 10, 15, 22);
    ck_values(of_two("ij,ij->", a, b), 0, 30);
    ck_values(of_two("ij,kl->kjli", a, v = tad_reshape(v, TAD_SHAPE(1, 2))), 0, 1, 3, 2, 6, 2, 4, 4,
              8);
    ck_values(tad_einsum("ii", &a, 1), 0, 5);
    ck_values(tad_einsum("ii->i", &a, 1), 0, 1, 4);
    ck_values(tad_einsum("ba", &a, 1), 0, 1, 3, 2, 4);
    ck_values(tad_einsum("aB->", &a, 1), 0, 10);
    ck_values(tad_einsum(" ... -> ... ", &a, 1), 0, 1, 2, 3, 4);
    ck_values(tad_einsum("...->", &a, 1), 0, 10);
    ck_values(tad_einsum("i...->...i", &a, 1), 0, 1, 3, 2, 4);
    ck_values(of_two("...,...", a, tad_number(2)), 0, 2, 4, 6, 8);
    /* size 1 broadcasts */
    ck_values(of_two("ij,ij->ij", a, v), 0, 1, 4, 3, 8);
    ck_values(of_two("ij,ij->i", a, v), 0, 5, 11);
    ck_values(of_two("ij,jk->ik", a, v), 0, 3, 6, 7, 14);
    ck_tape(t);
}
END_TEST

START_TEST(wrong_equations) {
    static const char *const wrong[][2] = {
        {"ij->", "fewer terms than operands"},
        {"ij-ik", "fewer terms than operands"},
        {"ij,jk-ik", "- without >"},
        {"ij,jk->ikk", "result has a letter twice"},
        {"i.j,jk", "a character that is no letter"},
        {"i1,1k->ik", "a character that is no letter"},
        {"ij,jk->l", "a letter that no operand has"},
        {"ij,jk->i1", "a character that is no letter"},
        {"ij,jk->i,k", "does not end behind its result"},
        {"ijk,jk", "another number of axes than letters"},
        {"ij,jk,", "more terms than operands"},
        {"", "another number of axes than letters"},
        {"->", "another number of axes than letters"},
        {",", "another number of axes than letters"},
        {"......,jk", "a character that is no letter"},
        {"ij,jk->ik->", "does not end behind its result"},
        {"ijabcdefg,jk", "too many letters"},
    };
    tad_var a = numbers(2, 2), x[] = {a, a};
    ck_assert(!tad_is_nil(of_two("ij,jk->", a, a))); /* the only one that is not */
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_msg(tad_is_nil(of_two(wrong[i][0], a, a)), "%s", wrong[i][0]);
        ck_refused(t, TAD_BAD_SHAPE, "einsum", wrong[i][1]);
    }
    char long_text[300];
    memset(long_text, ' ', sizeof long_text);
    strcpy(long_text + 280, "ij,jk");
    ck_assert(tad_is_nil(of_two(long_text, a, a)));
    ck_refused(t, TAD_BAD_SHAPE, "einsum");
    ck_assert(tad_is_nil(tad_einsum(NULL, x, 2)));
    ck_refused(t, TAD_BAD_SHAPE, "einsum");
    tad_var many[129];
    for (int i = 0; i < 129; i++) many[i] = a;
    ck_assert(tad_is_nil(tad_einsum("a", many, 129)));
    ck_refused(t, TAD_BAD_ARGUMENT, "einsum");
}
END_TEST

/* A chain of matrices ending in a vector is cheap from the end: nothing larger than a matrix is
 * made, in whatever order they are written. */
START_TEST(pairs_in_a_good_order) {
    enum { N = 200 };
    const tad_mark start = tad_tape_mark(t);
    (void)tad_full(t, TAD_F64, TAD_SHAPE(2, N, N), 0); /* then memory for two matrices is there */
    ck_assert_int_eq(tad_tape_rewind(t, start), TAD_OK);
    tad_var m = tad_full(t, TAD_F64, TAD_SHAPE(N, N), 1. / N),
            v = tad_full(t, TAD_F64, TAD_SHAPE(N), 1);
    tad_var x[] = {m, m, m, v};
    size_t before = tad_tape_memory(t).live;
    ck_near(tad_item(tad_at(tad_einsum("ij,jk,kl,l->i", x, 4), 7)), 1, 1e-12);
    tad_var y[] = {v, m, v}; /* an outer product of the ends would be larger, too */
    ck_near(tad_item(tad_einsum("i,ij,j", y, 3)), N, 1e-12);
    /* Another matrix would not have fit. */
    ck_assert_uint_lt(tad_tape_memory(t).live - before, N * sizeof(double));
    ck_tape(t);
}
END_TEST

/* As many as the equation has room for. */
START_TEST(hundred_and_more_operands) {
    enum { MOST = TAD_MAX_TEXT / 2 };
    tad_var x[MOST];
    char equation[TAD_MAX_TEXT];
    for (int i = 0; i < MOST; i++) {
        x[i] = tad_full(t, TAD_F64, TAD_SHAPE(2), i < 20 ? 2 : 1);
        memcpy(equation + 2 * i, "a,", 2);
    }
    equation[2 * MOST - 1] = '\0';
    ck_values(tad_einsum(equation, x, MOST), 0, 0x1p21);
    strcpy(equation + 2 * MOST - 5, "->a");
    ck_values(tad_einsum(equation, x, MOST - 2), 0, 0x1p20, 0x1p20);
    ck_tape(t);
}
END_TEST

START_TEST(sixteen_operands) {
    tad_var x[16];
    for (int i = 0; i < 16; i++) x[i] = tad_full(t, TAD_F64, TAD_SHAPE(2), i % 2 + 1);
    ck_values(tad_einsum("a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a->a", x, 16), 0, 256, 256);
    ck_values(tad_einsum("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p->", x, 16), 0, 16777216);
    ck_assert(tad_is_nil(tad_einsum("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p->abcdefghi", x, 16)));
    ck_refused(t, TAD_BAD_SHAPE, "einsum");
}
END_TEST

START_TEST(other_products) {
    tad_var a = numbers(2, 2), b = numbers(1, 2);
    ck_values(tad_kron(a, b), 0, 1, 2, 2, 4, 3, 6, 4, 8);
    ck_values(tad_tensordot(a, a, (int64_t[]){2}, 1), 0, 30);
    ck_values(tad_tensordot(a, b, (int64_t[]){0, 1}, 2), 0, 7, 10);
    ck_shape(tad_tensordot(a, a, (int64_t[]){0}, 1), 2, 2, 2, 2);
    ck_shape(tad_tensordot(a, a, NULL, 0), 2, 2, 2, 2); /* no axes */
    tad_var four = tad_reshape(a, TAD_SHAPE(1, 2, 1, 2));
    ck_shape(tad_tensordot(four, four, NULL, 0), 1, 2, 1, 2, 1, 2, 1, 2);
    const tad_var two[] = {a, a}; /* by name two, where it is not said */
    ck_values(tad_call(t, "tensordot", two, 2, NULL, 0, NULL, 0), 0, 30);
    ck_tape(t);
    tad_var five = tad_reshape(a, TAD_SHAPE(2, 2, 1, 1, 1));
    ck_assert(tad_is_nil(tad_tensordot(five, five, (int64_t[]){0}, 1)));
    ck_refused(t, TAD_TOO_LARGE, "tensordot");
    ck_assert(tad_is_nil(tad_tensordot(a, a, (int64_t[]){INT64_MIN}, 1)));
    ck_refused(t, TAD_BAD_AXIS, "tensordot");
}
END_TEST

/* The gradient of a product of one operand twice, and the second derivative. */
START_TEST(one_operand_twice) {
    tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){3, 4}), g, h;
    tad_var y = of_two("i,i->", x, x);
    ck_done(tad_grad(&y, NULL, 1, &x, 1, &g), t);
    ck_values(g, 0, 6, 8);
    tad_var s = tad_sum(g, tad_all());
    ck_done(tad_grad(&s, NULL, 1, &x, 1, &h), t);
    ck_values(h, 0, 2, 2);
}
END_TEST

/* Of three factors the small product comes first, wherever it stands. */
START_TEST(small_products_come_first) {
    static const char *const equations[] = {"ij,jk,kl->il", "kl,ij,jk->il", "jk,kl,ij->il"};
    static const int place[3][3] = {{0, 1, 2}, {1, 2, 0}, {2, 0, 1}}; /* of ij, jk, kl */
    tad_tape *t = tad_tape_new(NULL);
    tad_var a = tad_full(t, TAD_F64, TAD_SHAPE(60, 2), 1),
            b = tad_full(t, TAD_F64, TAD_SHAPE(2, 60), 1),
            c = tad_full(t, TAD_F64, TAD_SHAPE(60, 2), 1), x[3];
    x[place[_i][0]] = tad_param(t, TAD_F64, TAD_SHAPE(60, 2), tad_data(a));
    x[place[_i][1]] = b;
    x[place[_i][2]] = c;
    const size_t before = tad_node_count(t);
    tad_var y = tad_einsum(equations[_i], x, 3);
    ck_values(tad_sum(y, tad_all()), 1e-13, 60 * 2 * 60 * 2);
    for (size_t k = before; k < tad_node_count(t); k++)
        ck_assert_int_le(tad_size_of(tad_node_at(t, k)), 120);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("einsum");
    TCase *c = support_case(s, "products");
    tcase_add_checked_fixture(c, new_tape, free_tape);
    tcase_add_loop_test(c, small_products_come_first, 0, 3);
    tcase_add_test(c, equations);
    tcase_add_test(c, wrong_equations);
    tcase_add_test(c, pairs_in_a_good_order);
    tcase_add_test(c, hundred_and_more_operands);
    tcase_add_test(c, sixteen_operands);
    tcase_add_test(c, other_products);
    tcase_add_test(c, one_operand_twice);
    return s;
}

SUPPORT_MAIN(suite)
