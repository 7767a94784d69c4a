/* Sweeps on tapes most of which the result does not depend on: what lies between is left out, and
 * what is reached below it is not. */
#include "support.h"

enum { MANY = 5000 }; /* nodes that a sweep would rather not visit */

/* Numbers that nothing else depends on. The last one. */
static tad_var unrelated(tad_tape *t) {
    tad_var u = tad_scalar(t, 1);
    for (int i = 0; i < MANY; i++) u = tad_mul(u, tad_number(0.999));
    return u;
}

START_TEST(pieces_of_a_graph_lie_apart) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var u = unrelated(t), x = tad_scalar(t, 2), y = x, z[3];
    for (int i = 0; i < 3; i++) {
        z[i] = tad_scalar(t, i + 1);
        unrelated(t);
        for (int k = 0; k < 10; k++) y = tad_mul(y, tad_number(1.5));
        y = tad_mul(y, z[i]);
        unrelated(t);
    }
    for (int again = 0; again < 2; again++) {
        ck_done(tad_reverse(y), t);
        ck_near(tad_gradient_item(x), 6 * pow(1.5, 30), 1e-14);
        for (int i = 0; i < 3; i++)
            ck_near(tad_gradient_item(z[i]), 12 / (i + 1.) * pow(1.5, 30), 1e-14);
        ck_assert(tad_gradient_item(u) == 0 && !tad_is_reached(u) && tad_is_reached(x));
    }
    tad_tape_free(t);
}
END_TEST

/* Where nothing arrives an infinite derivative does not matter; where a zero does, it does. */
START_TEST(a_zero_arrives_from_far_above) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, 0), unused = tad_sqrt(x), root = tad_sqrt(x);
    unrelated(t);
    tad_var y = tad_add(tad_mul(root, tad_number(0)), x), w = tad_mul(x, tad_number(3));
    ck_assert(tad_item(unused) == 0);
    unrelated(t);
    y = tad_mul(y, tad_number(1));
    ck_done(tad_reverse(y), t);
    ck_assert(isnan(tad_gradient_item(x)));
    ck_done(tad_reverse(w), t);
    ck_near(tad_gradient_item(x), 3, 0);
    tad_tape_free(t);
}
END_TEST

/* ---- arrays ---- */

static tad_status two_alike(const tad_call_frame *c, tad_type *out, size_t *n) {
    (void)n;
    for (int k = 0; k < 2; k++) {
        out[k].dtype = TAD_F64;
        out[k].shape.rank = 1;
        out[k].shape.dim[0] = c->in[0]->dim[0];
    }
    return TAD_OK;
}
static tad_status double_and_triple(const tad_call_frame *c) {
    for (int64_t i = 0; i < c->in[0]->size; i++) {
        double x = ((const double *)c->in[0]->data)[i];
        ((double *)c->out[0]->data)[i] = 2 * x;
        ((double *)c->out[1]->data)[i] = 3 * x;
    }
    return TAD_OK;
}
/* Only one of the outputs is used. */
static void double_or_triple(tad_rule *r) {
    const int k = tad_is_nil(r->given[0]);
    r->result[0] = tad_mul(r->given[k], tad_number(2 + k));
}
static const tad_op multiples = {.name = "multiples",
                                 .min_in = 1,
                                 .max_in = 1,
                                 .n_out = 2,
                                 .shape = two_alike,
                                 .forward = double_and_triple,
                                 .vjp = double_or_triple};

/* At every distance from the root: a sweep goes in steps, and may end one between the outputs. */
START_TEST(any_output_of_an_op_reaches_it) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2}), both[2];
    unrelated(t);
    tad_mark mark = tad_tape_mark(t);
    for (int distance = 0; distance < 600; distance++) {
        const int used = distance & 1;
        tad_apply(&multiples, &x, 1, NULL, both, 2);
        tad_var y = tad_sum(both[used], tad_all());
        for (int k = 0; k < distance / 2; k++) y = tad_neg(y);
        ck_done(tad_reverse(y), t);
        double g = (2 + used) * (distance / 2 % 2 ? -1 : 1);
        ck_values(tad_gradient(x), 0, g, g);
        ck_assert(tad_is_reached(both[used]) && !tad_is_reached(both[1 - used]));
        ck_done(tad_zero_gradients(&x, 1), t);
        ck_done(tad_tape_rewind(t, mark), t);
    }
    tad_tape_free(t);
}
END_TEST

/* ---- what looks at every node ---- */

START_TEST(careful_sweeps_leave_out_the_same) {
    for (int i = 0; i < 2; i++) {
        tad_tape *t = tad_tape_new(&(tad_settings){.trap = i == 0, .strong_zero = i == 1});
        tad_var x = tad_scalar(t, 2), z = tad_mul(x, x);
        unrelated(t);
        tad_var y = tad_mul(z, x);
        ck_done(tad_reverse(y), t);
        ck_near(tad_gradient_item(x), 12, 0);
        tad_tape_free(t);
    }
}
END_TEST

START_TEST(what_was_changed_is_found_far_below) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var p = tad_param(t, TAD_F64, TAD_0D, (double[]){2}), z = tad_mul(p, p);
    unrelated(t);
    tad_var q = tad_param(t, TAD_F64, TAD_0D, (double[]){3});
    ck_done(tad_assign(p, (double[]){4}), t);
    tad_var y = tad_mul(q, q);
    ck_done(tad_reverse(y), t); /* does not pass what has read p */
    ck_near(tad_gradient_item(q), 6, 0);
    ck_near(tad_gradient_item(p), 0, 0);
    ck_assert_int_eq(tad_reverse(tad_mul(y, z)), TAD_STALE_VALUE);
    ck_refused(t, TAD_STALE_VALUE, "reverse", "mul");
    tad_tape_free(t);
}
END_TEST

/* ---- sweeps with adjoints of their own ---- */

static tad_var with_much_between(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)user;
    tad_var y = tad_mul(in[0], in[0]);
    unrelated(t);
    return tad_mul(y, in[n - 1]);
}

START_TEST(jacobians_of_such_functions) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x[] = {tad_scalar(t, 3), tad_scalar(t, 5)}, ct = tad_full(t, TAD_F64, TAD_0D, 1), g[2];
    ck_done(tad_vjp_many(with_much_between, NULL, x, 2, &ct, 1, NULL, g), t);
    ck_near(tad_item(g[0]), 30, 0);
    ck_near(tad_item(g[1]), 9, 0);
    tad_tape_free(t);
}
END_TEST

/* ---- zeros that are there ---- */

/* Many zeros that have arrived, so that looking for what to leave out is in vain. */
START_TEST(much_of_the_graph_has_zeros) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, 2), y = x;
    for (int i = 0; i < 10; i++) {
        tad_var dead = tad_neg(x);
        for (int k = 0; k < MANY; k++) dead = tad_mul(dead, tad_number(0.9999));
        y = tad_add(tad_mul(y, x), tad_relu(dead));
    }
    ck_done(tad_reverse(y), t);
    ck_near(tad_gradient_item(x), 11 * 1024, 0);
    tad_tape_free(t);
}
END_TEST

/* ---- leaves ---- */

/* The leaves with which the tape begins are none after other nodes took their places. */
START_TEST(leaves_make_way_for_ops) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_scalar(t, 3);
    tad_mark mark = tad_tape_mark(t);
    tad_var z = tad_scalar(t, 1);
    ck_done(tad_reverse(tad_mul(tad_scalar(t, 2), z)), t);
    ck_done(tad_tape_rewind(t, mark), t);
    tad_var y = tad_mul(tad_mul(x, x), x);
    ck_done(tad_reverse(y), t);
    ck_near(tad_gradient_item(x), 27, 0);
    tad_tape_free(t);
}
END_TEST

/* ---- memory ---- */

/* Without memory for the marks it takes longer, that is all. */
START_TEST(no_memory_to_leave_anything_out) {
    support_memory m = {0};
    tad_tape *t = support_tape(&m);
    tad_var x = tad_scalar(t, 3), z = tad_mul(x, x);
    unrelated(t);
    tad_var y = tad_mul(z, x);
    m.fail_at = m.requests + 3; /* after the adjoints and the root */
    ck_done(tad_reverse(y), t);
    ck_assert_uint_eq(m.refused, 1);
    ck_near(tad_gradient_item(x), 27, 0);
    tad_tape_free(t);
    ck_no_leak(&m);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("unreached");
    TCase *c = support_case(s, "left out");
    tcase_add_test(c, pieces_of_a_graph_lie_apart);
    tcase_add_test(c, a_zero_arrives_from_far_above);
    tcase_add_test(c, any_output_of_an_op_reaches_it);
    tcase_add_test(c, careful_sweeps_leave_out_the_same);
    tcase_add_test(c, what_was_changed_is_found_far_below);
    tcase_add_test(c, jacobians_of_such_functions);
    tcase_add_test(c, much_of_the_graph_has_zeros);
    tcase_add_test(c, leaves_make_way_for_ops);
    tcase_add_test(c, no_memory_to_leave_anything_out);
    return s;
}
SUPPORT_MAIN(suite)
