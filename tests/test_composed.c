/* Ops that are composed of others: what they are given, what they may give, what they leave. */
#include "support.h"

static tad_tape *t;
static void new_tape(void) { t = tad_tape_new(NULL); }
static void free_tape(void) { tad_tape_free(t); }

typedef enum how {
    RIGHT, /* sqrt(x) + y, or sqrt(x) */
    AN_OPERAND,
    NOTHING,
    A_NUMBER,
    ANOTHER_SHAPE,
    ANOTHER_TYPE,
    FAILS,
    SELECTS /* 0 where x < 0, else sqrt(x): a NaN is made and left out */
} how;

static tad_status like_x(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    if (c->in[0]->rank != 1) return tad_fail(c, TAD_BAD_SHAPE, "x needs an axis");
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, {1, {c->in[0]->size}}};
    return TAD_OK;
}

static void compose(tad_rule *r) {
    const how *h = r->options;
    tad_var x = r->in[0], y = tad_sqrt(x);
    ck_assert_ptr_eq(r->tape, t);
    ck_assert(!r->given && !r->wanted);
    if (*h == RIGHT) r->result[0] = tad_is_none(r->in[1]) ? y : tad_add(y, r->in[1]);
    if (*h == AN_OPERAND) r->result[0] = x;
    if (*h == A_NUMBER) r->result[0] = tad_number(1);
    if (*h == ANOTHER_SHAPE) r->result[0] = tad_sum(y, tad_all());
    if (*h == ANOTHER_TYPE) r->result[0] = tad_cast(y, TAD_F32);
    if (*h == FAILS) r->result[0] = tad_matmul(y, tad_full(t, TAD_F64, TAD_SHAPE(7), 0));
    if (*h == SELECTS) r->result[0] = tad_where(tad_less(x, tad_number(0)), tad_number(0), y);
}

static const tad_op root = {.name = "root",
                            .min_in = 1,
                            .max_in = 2,
                            .n_out = 1,
                            .options_size = sizeof(how),
                            .shape = like_x,
                            .compose = compose};

static tad_var apply(how h, tad_var x, tad_var y) {
    return tad_apply(&root, (tad_var[]){x, y}, 2, &h, NULL, 0);
}
static tad_var vector(double a, double b) {
    return tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){a, b});
}

START_TEST(records_what_it_is_composed_of) {
    tad_var x = vector(4, 9), out = tad_number(0);
    size_t before = tad_node_count(t);
    ck_values(tad_apply(&root, (tad_var[]){x, tad_none()}, 2, NULL, &out, 1), 0, 2, 3);
    ck_assert_uint_eq(tad_node_count(t), before + 1);
    ck_values(out, 0, 2, 3);
    ck_values(apply(RIGHT, x, tad_number(1)), 0, 3, 4); /* a plain number is a variable to it */
    ck_done(tad_reverse(tad_dot(out, vector(1, 0))), t);
    ck_values(tad_gradient(x), 1e-15, 0.25, 0);
}
END_TEST

START_TEST(records_nothing_while_paused) {
    tad_var x = vector(4, 9);
    tad_record_pause(t);
    tad_var y = apply(RIGHT, x, x);
    tad_record_resume(t);
    ck_values(y, 0, 6, 12);
    ck_assert(!tad_node_needs_gradient(y));
}
END_TEST

/* The shape rule speaks first, of the op as it was called. */
START_TEST(shapes_are_checked_before) {
    ck_assert(tad_is_nil(apply(RIGHT, tad_scalar(t, 1), tad_none())));
    ck_refused(t, TAD_BAD_SHAPE, "root: ", "needs an axis");
}
END_TEST

START_TEST(wrong_compositions_are_refused) {
    static const struct {
        how how;
        const char *says;
    } wrong[] = {{AN_OPERAND, "no new result 0"},
                 {NOTHING, "no new result 0"},
                 {A_NUMBER, "no new result 0"},
                 {ANOTHER_SHAPE, "another type"},
                 {ANOTHER_TYPE, "another type"}};
    tad_var x = vector(4, 9), out = x;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        size_t before = tad_node_count(t);
        ck_assert(tad_is_nil(tad_apply(&root, &x, 1, &wrong[i].how, &out, 1)));
        ck_assert(tad_is_nil(out));
        ck_refused(t, TAD_BAD_ARGUMENT, "root: ", wrong[i].says);
        ck_assert_uint_eq(tad_node_count(t), before);
    }
}
END_TEST

START_TEST(a_failure_inside_leaves_nothing) {
    tad_var x = vector(4, 9);
    size_t before = tad_node_count(t);
    ck_assert(tad_is_nil(apply(FAILS, x, tad_none())));
    ck_refused(t, TAD_BAD_SHAPE, "matmul", "(7)");
    ck_assert_uint_eq(tad_node_count(t), before);
}
END_TEST

/* What a select leaves out is no failure; what comes out is said of the op that was called. */
START_TEST(only_results_are_trapped) {
    tad_tape_free(t);
    t = tad_tape_new(&(tad_settings){.trap = true});
    tad_var x = vector(-4, 9);
    ck_values(apply(SELECTS, x, tad_none()), 0, 0, 3);
    ck_assert(tad_is_nil(apply(RIGHT, x, tad_none())));
    ck_refused(t, TAD_NOT_FINITE, "root: ", "element 0");
    ck_assert(tad_is_nil(tad_log(tad_scalar(t, -1)))); /* and the trap is set again */
    ck_refused(t, TAD_NOT_FINITE, "log");
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("composed");
    TCase *c = support_case(s, "own ops");
    tcase_add_checked_fixture(c, new_tape, free_tape);
    tcase_add_test(c, records_what_it_is_composed_of);
    tcase_add_test(c, records_nothing_while_paused);
    tcase_add_test(c, shapes_are_checked_before);
    tcase_add_test(c, wrong_compositions_are_refused);
    tcase_add_test(c, a_failure_inside_leaves_nothing);
    tcase_add_test(c, only_results_are_trapped);
    return s;
}

SUPPORT_MAIN(suite)
