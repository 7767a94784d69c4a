/* What a net keeps beside what is trained: running statistics, averages of parameters; parameters
 * that are trained in another way; when to stop. Values of batch norm by PyTorch 1.13. */
#include "support.h"

#include <stdio.h>

#include <tad/diff.h>
#include <tad/optim.h>
#include <tad/program.h>
#include <tad/safetensors.h>
#include <tad/train.h>

static tad_tape *t;
static tad_net *net;
static void new_net(void) {
    t = tad_tape_new(NULL);
    net = tad_net_new(t, TAD_F64);
}
static void free_net(void) { tad_tape_free(t); }

static tad_var entry(const char *name) { return tad_dict_get(tad_net_params(net), name); }

/* ---- batch norm ---- */

static const double batch[] = {1, 2, 3, -1, 0, 4, 2, 2};

static tad_var four(double factor) {
    double x[8];
    for (int i = 0; i < 8; i++) x[i] = factor * batch[i];
    return tad_input(t, TAD_F64, TAD_SHAPE(4, 2), x);
}

static void add_batch_norm(void) {
    const tad_net_batch_norm_options o = {.momentum = 0.25, .eps = 0.01};
    ck_done(tad_net_batch_norm(net, "bn", 2, &o), t);
}

START_TEST(batch_norm_keeps_running_statistics) {
    add_batch_norm();
    ck_values(tad_net_apply(net, four(1)), 1e-4, -.4454, .1398, 1.3363, -1.5379, -1.3363, 1.2583,
              .4454, .1398);
    tad_net_apply(net, four(2));
    ck_values(entry("bn.running_mean"), 1e-15, 1.03125, 1.203125);
    ck_values(entry("bn.running_var"), 1e-14, 2.541666666666667, 5.609375);
    tad_net_train(net, false);
    ck_values(tad_net_apply(net, four(1)), 1e-4, -.0196, .3362, 1.2325, -.9294, -.6456, 1.1799,
              .6065, .3362);
    ck_values(entry("bn.running_mean"), 1e-15, 1.03125, 1.203125);
    ck_tape(t);
}
END_TEST

/* The sweep of a step in training comes after its statistics have moved. */
START_TEST(batch_norm_trains) {
    const double mean_before = 0;
    add_batch_norm();
    tad_optim *sgd = tad_sgd(tad_net_params(net), 0.1, &(tad_sgd_options){.weight_decay = 0.5});
    ck_tape(t);
    ck_assert_uint_eq(tad_dict_count(tad_optim_state(sgd)), 2);
    tad_var loss = tad_sum(tad_square(tad_net_apply(net, four(1))), tad_all());
    double after[2], kept[2];
    ck_done(tad_read(entry("bn.running_mean"), after, 2), t);
    ck_assert_double_ne(after[0], mean_before);
    ck_done(tad_reverse(loss), t);
    ck_done(tad_optim_step(sgd), t);
    ck_done(tad_read(entry("bn.running_mean"), kept, 2), t);
    ck_assert_double_eq(after[0], kept[0]);
    ck_assert_double_eq(after[1], kept[1]);
    double gain[2];
    ck_done(tad_read(entry("bn.weight"), gain, 2), t);
    ck_assert_double_lt(gain[0], 0.95);
}
END_TEST

/* As a function of parameters the net changes nothing, so it can be checked and frozen. */
START_TEST(batch_norm_is_a_function_of_given_parameters) {
    add_batch_norm();
    const tad_dict *p = tad_net_params(net);
    ck_assert_uint_eq(tad_dict_count(p), 4);
    tad_var with[4], x = four(1);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(tad_dict_at(p, i).is_buffer, i >= 2);
        with[i] = tad_dict_at(p, i).value;
    }
    tad_var y = tad_sum(tad_square(tad_net_apply_with(net, with, 4, x)), tad_all());
    ck_values(entry("bn.running_mean"), 0, 0, 0);
    ck_values(entry("bn.running_var"), 0, 1, 1);
    tad_program *program = NULL;
    ck_done(tad_freeze(&x, 1, &y, 1, NULL, &program), t);
    tad_program_free(program);
    y = tad_sum(tad_net_apply(net, x), tad_all());
    ck_assert_int_ne(tad_freeze(&x, 1, &y, 1, NULL, &program), TAD_OK);
    ck_assert_ptr_null(program);
    tad_tape_clear(t);
}
END_TEST

START_TEST(running_statistics_are_saved) {
    const char *path = "net_state.safetensors";
    add_batch_norm();
    tad_net_apply(net, four(3));
    const tad_slot slot = tad_slot_dict("", tad_net_params(net));
    ck_done(tad_checkpoint_save(t, path, &slot, 1, NULL, 0), t);
    double saved[2];
    ck_done(tad_read(entry("bn.running_var"), saved, 2), t);
    tad_net_apply(net, four(9));
    ck_done(tad_checkpoint_load(t, path, &slot, 1, false), t);
    ck_values(entry("bn.running_var"), 0, saved[0], saved[1]);
    remove(path);
}
END_TEST

START_TEST(group_norm_is_the_op) {
    double x[24];
    for (int i = 0; i < 24; i++) x[i] = sin(i * i);
    ck_done(tad_net_group_norm(net, "g", 4, 2, 0.1), t);
    tad_var in = tad_input(t, TAD_F64, TAD_SHAPE(2, 4, 3), x);
    ((double *)tad_param_data(entry("g.weight")))[1] = 3;
    double a[24], b[24];
    ck_done(tad_read(tad_net_apply(net, in), a, 24), t);
    ck_done(tad_read(tad_group_norm(in, entry("g.weight"), entry("g.bias"), 2, 0.1), b, 24), t);
    for (int i = 0; i < 24; i++) ck_assert_double_eq(a[i], b[i]);
}
END_TEST

START_TEST(refuses_norms_that_cannot_be) {
    const tad_net_batch_norm_options momentum = {.momentum = 1.5}, eps = {.eps = -1};
    ck_assert_int_eq(tad_net_batch_norm(net, "a", 3, &momentum), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "a", "1.5");
    ck_assert_int_eq(tad_net_batch_norm(net, "a", 3, &eps), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "a", "-1");
    ck_assert_int_eq(tad_net_batch_norm(net, "a", -3, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "a", "-3");
    ck_assert_int_eq(tad_net_group_norm(net, "a", 4, 3, 0), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "a", "3 groups");
    ck_assert_int_eq(tad_net_group_norm(net, "a", 4, 0, 0), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "a", "0 groups");
    ck_assert_int_eq(tad_net_batch_norm(NULL, "a", 3, NULL), TAD_BAD_ARGUMENT);
    ck_assert_uint_eq(tad_dict_count(tad_net_params(net)), 0);
}
END_TEST

/* ---- some parameters differently ---- */

typedef tad_optim *maker(const tad_dict *params, double lr, double decay);

#define ADAM_KIND(name)                                                                            \
    static tad_optim *name(const tad_dict *p, double lr, double decay) {                           \
        tad_adam_options o = tad_adam_defaults();                                                  \
        o.weight_decay = decay;                                                                    \
        return tad_##name(p, lr, &o);                                                              \
    }
ADAM_KIND(adam)
ADAM_KIND(adamw)
ADAM_KIND(adamax)
ADAM_KIND(nadam)
ADAM_KIND(radam)
ADAM_KIND(lion)
ADAM_KIND(lamb)
static tad_optim *sgd(const tad_dict *p, double lr, double decay) {
    return tad_sgd(p, lr, &(tad_sgd_options){.momentum = 0.9, .weight_decay = decay});
}
static tad_optim *rmsprop(const tad_dict *p, double lr, double decay) {
    tad_rmsprop_options o = tad_rmsprop_defaults();
    o.weight_decay = decay;
    return tad_rmsprop(p, lr, &o);
}
static tad_optim *adagrad(const tad_dict *p, double lr, double decay) {
    tad_adagrad_options o = tad_adagrad_defaults();
    o.weight_decay = decay;
    return tad_adagrad(p, lr, &o);
}
static tad_optim *adadelta(const tad_dict *p, double lr, double decay) {
    tad_adadelta_options o = tad_adadelta_defaults();
    o.weight_decay = decay;
    return tad_adadelta(p, lr, &o);
}
static maker *const makers[] = {sgd,  adam, adamw,   adamax,  nadam,   radam,
                                lion, lamb, rmsprop, adagrad, adadelta};
enum { MAKERS = sizeof makers / sizeof *makers };

static const double begun[2][3] = {{1, -2, 0.5}, {0.25, 3, -1}};

static tad_dict *pair(tad_var p[2]) {
    tad_dict *d = tad_dict_new(t);
    for (int k = 0; k < 2; k++) {
        p[k] = tad_param(t, TAD_F64, TAD_SHAPE(3), begun[k]);
        ck_done(tad_dict_add(d, k ? "b" : "a", p[k]), t);
    }
    return d;
}

static tad_dict *alone(const char *name, tad_var p) {
    tad_dict *d = tad_dict_new(t);
    ck_done(tad_dict_add(d, name, p), t);
    return d;
}

static void two_steps(const tad_var p[2], tad_optim *const *o, int n) {
    for (int i = 0; i < 2; i++) {
        tad_mark m = tad_tape_mark(t);
        tad_var y = tad_add(tad_sum(tad_pow(p[0], tad_number(3)), tad_all()),
                            tad_sum(tad_exp(p[1]), tad_all()));
        ck_done(tad_reverse(y), t);
        for (int k = 0; k < n; k++) ck_done(tad_optim_step(o[k]), t);
        ck_done(tad_tape_rewind(t, m), t);
    }
}

/* As two optimisers would. */
START_TEST(groups_step_in_their_own_way) {
    tad_var p[2], q[2];
    const tad_dict *both = pair(p);
    pair(q);
    tad_optim *one = makers[_i](both, 0.125, 0.25);
    ck_done(tad_optim_scale_lr(one, alone("b", p[1]), 0.5), t);
    ck_done(tad_optim_set_decay(one, alone("b", p[1]), 0.75), t);
    tad_optim *two[] = {makers[_i](alone("a", q[0]), 0.125, 0.25),
                        makers[_i](alone("b", q[1]), 0.0625, 0.75)};
    two_steps(p, &one, 1);
    two_steps(q, two, 2);
    for (int k = 0; k < 2; k++) {
        double x[3], y[3];
        ck_done(tad_read(p[k], x, 3), t);
        ck_done(tad_read(q[k], y, 3), t);
        for (int i = 0; i < 3; i++) ck_near(x[i], y[i], 1e-15);
        for (int i = 0; i < 3; i++) ck_assert_double_ne(x[i], begun[k][i]);
    }
}
END_TEST

START_TEST(refuses_groups_of_others) {
    tad_var p[2], q[2];
    const tad_dict *both = pair(p);
    tad_dict *other = pair(q), *half = tad_dict_new(t);
    tad_optim *o = sgd(both, 0.1, 0);
    ck_done(tad_dict_merge(half, alone("a", p[0]), NULL), t);
    ck_done(tad_dict_merge(half, alone("stranger", q[0]), NULL), t);
    ck_assert_int_eq(tad_optim_scale_lr(o, half, 0), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "sgd", "stranger");
    tad_tape *another = tad_tape_new(NULL); /* where nodes have the same numbers */
    tad_dict *there = tad_dict_new(another);
    for (int k = 0; k < 2; k++)
        ck_done(tad_dict_add(there, k ? "b" : "a", tad_param(another, TAD_F64, TAD_SHAPE(3), NULL)),
                another);
    ck_assert_int_eq(tad_optim_scale_lr(o, there, 0), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "sgd", "not among");
    tad_tape_free(another);
    two_steps(p, &o, 1); /* and nothing was set */
    double x[3];
    ck_done(tad_read(p[0], x, 3), t);
    ck_assert_double_ne(x[0], begun[0][0]);
    ck_assert_int_eq(tad_optim_set_decay(o, other, -1), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "sgd", "decay of -1");
    ck_assert_int_eq(tad_optim_scale_lr(o, both, NAN), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "sgd", "nan");
    ck_assert_int_eq(tad_optim_scale_lr(o, NULL, 1), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "sgd", "dictionary");
    ck_assert_int_eq(tad_optim_scale_lr(NULL, both, 1), TAD_BAD_ARGUMENT);
}
END_TEST

/* ---- averages ---- */

START_TEST(averages_follow_parameters) {
    tad_var p[2];
    tad_dict *d = pair(p);
    const double statistic = 7, next[] = {3, 0, 0.5};
    tad_var buffer = tad_param(t, TAD_F64, TAD_SHAPE(1), &statistic);
    ck_done(tad_dict_add_buffer(d, "running", buffer), t);
    tad_average *a = tad_average_new(d, 0.75);
    const tad_dict *mean = tad_average_params(a);
    ck_tape(t);
    ck_assert_uint_eq(tad_dict_count(mean), 3);
    ck_values(tad_dict_get(mean, "a"), 0, 1, -2, 0.5);
    ck_done(tad_assign(p[0], next), t);
    ck_done(tad_assign(buffer, (double[]){9}), t);
    ck_done(tad_average_update(a), t);
    ck_values(tad_dict_get(mean, "a"), 0, 1.5, -1.5, 0.5);
    ck_values(tad_dict_get(mean, "b"), 0, 0.25, 3, -1);
    ck_values(tad_dict_get(mean, "running"), 0, 9);
    ck_done(tad_average_swap(a), t);
    ck_values(p[0], 0, 1.5, -1.5, 0.5);
    ck_values(tad_dict_get(mean, "a"), 0, 3, 0, 0.5);
    ck_done(tad_average_swap(a), t);
    ck_values(p[0], 0, 3, 0, 0.5);
    ck_assert_int_eq(tad_dict_at(mean, 2).is_buffer, true);
}
END_TEST

START_TEST(an_average_does_not_move_while_exchanged) {
    tad_var p = tad_param(t, TAD_F64, TAD_SHAPE(1), (double[]){1});
    tad_average *a = tad_average_new(alone("p", p), 0.5);
    ck_done(tad_assign(p, (double[]){3}), t);
    ck_done(tad_average_swap(a), t);
    ck_assert_int_eq(tad_average_update(a), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "average: it is exchanged");
    ck_done(tad_average_swap(a), t);
    ck_values(p, 0, 3);
    ck_done(tad_average_update(a), t);
    ck_values(tad_dict_get(tad_average_params(a), "p"), 0, 2);
}
END_TEST

START_TEST(averages_of_float32) {
    const float x[] = {1, 2}, y[] = {2, 4};
    tad_var p = tad_param(t, TAD_F32, TAD_SHAPE(2), x);
    tad_average *a = tad_average_new(alone("p", p), 0.5);
    ck_done(tad_assign(p, y), t);
    ck_done(tad_average_update(a), t);
    ck_values(tad_dict_get(tad_average_params(a), "p"), 0, 1.5, 3);
}
END_TEST

START_TEST(refuses_averages_that_cannot_be) {
    tad_var p[2];
    tad_dict *d = pair(p), *wrong = tad_dict_new(t);
    ck_assert_ptr_null(tad_average_new(d, 1));
    ck_refused(t, TAD_BAD_ARGUMENT, "average", "decay of 1");
    ck_done(tad_dict_add(wrong, "x", tad_scalar(t, 1)), t);
    ck_assert_ptr_null(tad_average_new(wrong, 0.5));
    ck_refused(t, TAD_BAD_ARGUMENT, "average", "x is no parameter");
    tad_dict *integers = alone("n", tad_param(t, TAD_I64, TAD_SHAPE(1), NULL));
    ck_assert_ptr_null(tad_average_new(integers, 0.5));
    ck_refused(t, TAD_BAD_DTYPE, "average", "int64");
    ck_done(tad_dict_add(d, "tied", tad_dict_at(d, 0).value), t);
    ck_assert_ptr_null(tad_average_new(d, 0.5));
    ck_refused(t, TAD_BAD_ARGUMENT, "average", "tied is there twice");
    ck_assert_ptr_null(tad_average_new(NULL, 0.5));
    ck_assert_int_eq(tad_average_update(NULL), TAD_BAD_ARGUMENT);
    ck_assert_int_eq(tad_average_swap(NULL), TAD_BAD_ARGUMENT);
    ck_assert_ptr_null(tad_average_params(NULL));
}
END_TEST

/* ---- early stopping ---- */

START_TEST(stops_after_patience) {
    const double losses[] = {5, 4, 4.5, 3.95, 3.5, 3.6, NAN, 3.45, 1};
    const bool stop[] = {false, false, false, false, false, false, false, true, false};
    tad_early_stop s = {.patience = 2, .least_gain = 0.1};
    for (int i = 0; i < 9; i++) ck_assert_msg(tad_early_stop_at(&s, losses[i]) == stop[i], "%d", i);
    ck_assert_double_eq(s.state.best, 1);
    ck_assert_int_eq(s.state.since, 0);
    ck_assert_int_eq(s.state.seen, 9);
    tad_early_stop never = {0};
    ck_assert(tad_early_stop_at(&never, NAN));
    ck_assert(!tad_early_stop_at(&never, 1e300));
    ck_assert(!tad_early_stop_at(NULL, 1));
}
END_TEST

/* ---- memory ---- */

static bool build_all(tad_tape *tape) {
    tad_net *n = tad_net_new(tape, TAD_F32);
    (void)!tad_net_batch_norm(n, "one", 3, NULL);
    (void)!tad_net_group_norm(n, "two", 4, 2, 0);
    tad_average *a = tad_average_new(tad_net_params(n), 0.9);
    (void)!tad_average_update(a);
    (void)!tad_average_swap(a);
    return tad_tape_status(tape) == TAD_OK;
}

START_TEST(states_survive_out_of_memory) {
    size_t tries = 0;
    for (bool done = false; !done; tries++) {
        support_memory m = {.fail_at = tries / 2 + 1, .for_ever = tries % 2, .scarce = true};
        tad_tape *tape = support_tape(&m);
        done = tape && build_all(tape) && !m.refused;
        tad_tape_free(tape);
        ck_no_leak(&m);
        ck_assert_uint_lt(tries, 2000);
    }
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("net state");
    TCase *c = support_case(s, "norms");
    tcase_add_checked_fixture(c, new_net, free_net);
    tcase_add_test(c, batch_norm_keeps_running_statistics);
    tcase_add_test(c, batch_norm_trains);
    tcase_add_test(c, batch_norm_is_a_function_of_given_parameters);
    tcase_add_test(c, running_statistics_are_saved);
    tcase_add_test(c, group_norm_is_the_op);
    tcase_add_test(c, refuses_norms_that_cannot_be);
    c = support_case(s, "groups");
    tcase_add_checked_fixture(c, new_net, free_net);
    tcase_add_loop_test(c, groups_step_in_their_own_way, 0, MAKERS);
    tcase_add_test(c, refuses_groups_of_others);
    c = support_case(s, "averages");
    tcase_add_checked_fixture(c, new_net, free_net);
    tcase_add_test(c, averages_follow_parameters);
    tcase_add_test(c, averages_of_float32);
    tcase_add_test(c, an_average_does_not_move_while_exchanged);
    tcase_add_test(c, refuses_averages_that_cannot_be);
    c = support_case(s, "states");
    tcase_add_test(c, stops_after_patience);
    tcase_add_test(c, states_survive_out_of_memory);
    return s;
}

SUPPORT_MAIN(suite)
