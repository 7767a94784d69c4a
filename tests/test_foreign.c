/* What other languages call (tad/foreign.h), as C sees it: variables of one word, calls prepared
 * once, callbacks that write their result, results that were recorded before. */
#include "support.h"

#include <pthread.h>

#include <tad/foreign.h>

static tad_tape *t;
static void new_tape(void) { t = tad_tape_new(NULL); }
static void free_tape(void) { tad_tape_free(t); }

static tad_var pair(double a, double b) {
    return tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){a, b});
}

/* ---- calls that cost little ---- */

static tad_claim claim;
static tad_ref ref(tad_var x) { return tad_ref_of(&claim, x); }
static tad_var var(tad_ref x) { return tad_var_of(&claim, x); }
static tad_prepared prepared(const char *name, const void *options) {
    return (tad_prepared){.op = tad_op_find(name), .options = options};
}

START_TEST(a_variable_is_one_word) {
    claim = tad_claim_of(t);
    const tad_var first = tad_scalar(t, 3), second = pair(1, 2);
    ck_assert(ref(first) && ref(second) && ref(first) != ref(second)); /* the first node, too */
    ck_assert_double_eq(tad_item(var(ref(first))), 3);
    ck_values(var(ref(second)), 0, 1, 2);
    ck_assert(!ref((tad_var){0}) && !ref(tad_none()) && !ref(tad_number(1)));
    ck_assert(!ref(tad_node_at(t, SIZE_MAX)));
    ck_assert(tad_is_nil(var(0)));
    tad_tape *other = tad_tape_new(NULL);
    ck_assert(!ref(tad_scalar(other, 1)));
    tad_tape_free(other);
}
END_TEST

START_TEST(a_call_prepared_once_takes_operands) {
    claim = tad_claim_of(t);
    const tad_ref a = ref(pair(1, 2)), b = ref(pair(5, 7)), c = ref(pair(0.5, 2));
    const tad_prepared neg = prepared("neg", NULL), sub = prepared("sub", NULL),
                       lerp = prepared("lerp", NULL), concat = prepared("concat", NULL);
    ck_values(var(tad_apply_one(&claim, &neg, a)), 0, -1, -2);
    ck_values(var(tad_apply_two(&claim, &sub, a, b)), 0, -4, -5);
    ck_values(var(tad_apply_three(&claim, &lerp, a, b, c)), 0, 3, 12);
    ck_values(var(tad_apply_with_number(&claim, &sub, a, 3)), 0, -2, -1);
    ck_values(var(tad_apply_to_number(&claim, &sub, 3, a)), 0, 2, 1);
    ck_values(var(tad_apply_list(&claim, &concat, (tad_ref[]){a, b, c}, 3)), 0, 1, 2, 5, 7, 0.5, 2);
    const double options[8] = {0.5}; /* the slope; rows are told of more than they have */
    ck_assert_uint_le(tad_op_find("leaky_relu")->options_size, sizeof options);
    const tad_prepared relu = prepared("leaky_relu", options);
    ck_values(var(tad_apply_one(&claim, &relu, ref(pair(-2, 2)))), 0, -1, 2);
}
END_TEST

START_TEST(a_list_may_be_long) {
    claim = tad_claim_of(t);
    const tad_prepared sum = prepared("sum_list", NULL);
    tad_ref x[100];
    for (size_t n = 15; n <= 100; n += n < 18 ? 1 : 41) {
        for (size_t i = 0; i < n; i++) x[i] = ref(tad_scalar(t, (double)i));
        const tad_ref all = tad_apply_list(&claim, &sum, x, n);
        ck_assert_double_eq(tad_item(var(all)), (double)(n * (n - 1) / 2));
    }
}
END_TEST

static tad_var twice(tad_var x) { return tad_mul(x, tad_number(2)); }
static tad_var first_of(tad_var a, tad_var b) {
    (void)b;
    return tad_square(a);
}

START_TEST(the_ops_own_function_is_called_for_as_many_operands) {
    claim = tad_claim_of(t);
    tad_prepared call = prepared("neg", NULL);
    const tad_ref a = ref(pair(1, 2)), b = ref(pair(5, 7));
    call.unary = twice;
    ck_values(var(tad_apply_one(&claim, &call, a)), 0, 2, 4);
    call = prepared("sub", NULL);
    call.unary = twice;
    ck_values(var(tad_apply_two(&claim, &call, a, b)), 0, -4, -5);
    call.binary = first_of;
    ck_values(var(tad_apply_two(&claim, &call, a, b)), 0, 1, 4);
    ck_values(var(tad_apply_with_number(&claim, &call, b, 1)), 0, 25, 49);
}
END_TEST

START_TEST(the_tape_tells_what_failed) {
    claim = tad_claim_of(t);
    const tad_prepared sub = prepared("sub", NULL), nothing = {0};
    const tad_ref a = ref(pair(1, 2));
    ck_assert(!tad_apply_one(&claim, &sub, a));
    ck_refused(t, TAD_BAD_ARGUMENT, "sub");
    ck_assert(!tad_apply_two(&claim, &sub, a, 0));
    ck_refused(t, TAD_BAD_HANDLE, "sub");
    ck_assert(!tad_apply_one(&claim, NULL, a));
    ck_refused(t, TAD_BAD_ARGUMENT, "prepared");
    ck_assert(!tad_apply_one(&claim, &nothing, a));
    ck_refused(t, TAD_BAD_ARGUMENT, "NULL");
    ck_assert(!tad_apply_list(&claim, &sub, NULL, 2));
    ck_refused(t, TAD_BAD_ARGUMENT, "no operand");
    ck_assert(!tad_apply_list(&claim, &sub, &a, SIZE_MAX));
    ck_refused(t, TAD_TOO_LARGE, "");
}
END_TEST

/* ---- indices ---- */

#define INDEX(x, ...)                                                                              \
    var(tad_ref_index(&claim, x, (const int64_t[]){__VA_ARGS__},                                   \
                      sizeof(int64_t[]){__VA_ARGS__} / (2 * sizeof(int64_t))))

START_TEST(an_index_is_one_call) {
    claim = tad_claim_of(t);
    const tad_ref w = ref(tad_input(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){1, 2, 3, 4, 5, 6}));
    const tad_ref x = ref(pair(1, 2));
    ck_values(var(tad_ref_at(&claim, w, 1)), 0, 4, 5, 6);
    ck_values(var(tad_ref_at(&claim, w, -2)), 0, 1, 2, 3);
    ck_values(var(tad_ref_range(&claim, x, 1, TAD_END)), 0, 2);
    ck_values(var(tad_ref_range(&claim, x, 0, -1)), 0, 1);
    ck_assert_int_eq(tad_size_of(var(tad_ref_range(&claim, x, TAD_END, TAD_END))), 0);
    ck_values(INDEX(w, 0, TAD_END, 1, TAD_ONLY), 0, 2, 5);
    ck_values(INDEX(w, 1, TAD_ONLY, 1, TAD_END), 0, 5, 6);
    ck_values(INDEX(w, 1, 2, 0, 2), 0, 4, 5);
    ck_values(INDEX(w, 1, TAD_ONLY, 0, TAD_END), 0, 4, 5, 6);
    ck_assert_double_eq(tad_item(INDEX(w, 1, TAD_ONLY, -1, TAD_ONLY)), 6);
    ck_assert(tad_ref_index(&claim, w, NULL, 0) == w);
}
END_TEST

START_TEST(an_index_of_what_is_not_there) {
    claim = tad_claim_of(t);
    const tad_ref w = ref(tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL));
    int64_t ends[18] = {0};
    ck_assert(!tad_ref_at(&claim, w, 2));
    ck_refused(t, TAD_BAD_ARGUMENT, "select");
    ck_assert(!tad_ref_range(&claim, ref(tad_scalar(t, 1)), 0, 1));
    ck_refused(t, TAD_BAD_AXIS, "slice");
    ck_assert(tad_is_nil(INDEX(w, 0, TAD_ONLY, 0, TAD_END, 0, TAD_END)));
    ck_refused(t, TAD_BAD_AXIS, "slice");
    ck_assert(!tad_ref_index(&claim, w, ends, 9));
    ck_refused(t, TAD_BAD_AXIS, "9 axes");
    ck_assert(!tad_ref_index(&claim, w, NULL, 1));
    ck_refused(t, TAD_BAD_AXIS, "index");
}
END_TEST

/* ---- who may ---- */

static int refused_by(const tad_claim *by, tad_ref x) {
    const tad_prepared add = prepared("add", NULL);
    const int64_t ends[] = {0, 1};
    return !tad_apply_one(by, &add, x) + !tad_apply_two(by, &add, x, x) +
           !tad_apply_three(by, &add, x, x, x) + !tad_apply_list(by, &add, &x, 1) +
           !tad_apply_with_number(by, &add, x, 1) + !tad_apply_to_number(by, &add, 1, x) +
           !tad_ref_at(by, x, 0) + !tad_ref_range(by, x, 0, 1) + !tad_ref_index(by, x, ends, 1) +
           !tad_ref_of(by, pair(1, 2)) + tad_is_nil(tad_var_of(by, x));
}

typedef struct asked {
    tad_ref x;
    int refused;
} asked;

static void *ask(void *user) {
    asked *of = user;
    of->refused = refused_by(&claim, of->x);
    return NULL;
}

START_TEST(without_a_claim_all_is_refused) {
    claim = tad_claim_of(t);
    const tad_ref x = ref(pair(1, 2));
    ck_assert_int_eq(refused_by(NULL, x), 11);
    ck_assert_int_eq(refused_by(&(tad_claim){0}, x), 11);
    ck_assert_int_eq(refused_by(&(tad_claim){.tape = t}, x), 11);
    const tad_claim of_none = tad_claim_of(NULL);
    ck_assert_int_eq(refused_by(&of_none, x), 11);
    asked other = {x, 0};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, ask, &other), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(other.refused, 11);
    ck_tape(t); /* which nobody spoke to */
}
END_TEST

/* ---- callbacks ---- */

static void write_product(tad_tape *tape, const tad_var *in, size_t n, void *user, tad_var *out) {
    ck_assert(tape == t && n == 2);
    *out = tad_mul(tad_mul(in[0], in[1]), tad_number(*(const double *)user));
}
static void write_nothing(tad_tape *tape, const tad_var *in, size_t n, void *user, tad_var *out) {
    (void)tape, (void)in, (void)n, (void)user, (void)out;
}

START_TEST(a_callback_writes_what_a_function_returns) {
    double three = 3;
    const tad_var in[] = {pair(1, 2), pair(5, 7)};
    tad_written product = {write_product, &three}, nothing = {write_nothing, NULL}, none = {0};
    tad_var out;
    ck_values(tad_write(t, in, 2, &product), 0, 15, 42);
    ck_done(tad_jacobian(tad_write, &product, in, 2, 1, NULL, &out), t);
    ck_values(out, 0, 3, 0, 0, 6);
    ck_assert(tad_is_nil(tad_write(t, in, 2, &nothing)));
    ck_tape(t);
    ck_assert(tad_is_nil(tad_write(t, in, 2, &none)));
    ck_refused(t, TAD_BAD_ARGUMENT, "write: there is no function");
    ck_assert(tad_is_nil(tad_write(t, in, 2, NULL)));
    ck_refused(t, TAD_BAD_ARGUMENT, "write: there is no function");
}
END_TEST

START_TEST(what_is_recorded_already_is_a_function) {
    tad_var x = pair(1, 2), y = tad_mul(x, x), out;
    ck_done(tad_jacobian(tad_recorded, &y, &x, 1, 0, NULL, &out), t);
    ck_values(out, 0, 2, 0, 0, 4);
    ck_assert(tad_is_nil(tad_recorded(t, &x, 1, NULL)));
    ck_refused(t, TAD_BAD_ARGUMENT, "recorded: there is no result");
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("foreign");
    TCase *c = support_case(s, "calls");
    tcase_add_checked_fixture(c, new_tape, free_tape);
    tcase_add_test(c, a_variable_is_one_word);
    tcase_add_test(c, a_call_prepared_once_takes_operands);
    tcase_add_test(c, a_list_may_be_long);
    tcase_add_test(c, the_ops_own_function_is_called_for_as_many_operands);
    tcase_add_test(c, the_tape_tells_what_failed);
    tcase_add_test(c, an_index_is_one_call);
    tcase_add_test(c, an_index_of_what_is_not_there);
    tcase_add_test(c, without_a_claim_all_is_refused);
    tcase_add_test(c, a_callback_writes_what_a_function_returns);
    tcase_add_test(c, what_is_recorded_already_is_a_function);
    return s;
}
SUPPORT_MAIN(suite)
