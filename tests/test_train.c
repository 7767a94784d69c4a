/* Training as a whole, accuracy, progress, history. */
#include "support.h"

#include <tad/optim.h>
#include <tad/train.h>

/* ---- a small problem: which of three rays a point of the plane is nearest to ---- */

enum { POINTS = 240 };

static tad_dataset rays(tad_tape *t) {
    static float x[POINTS * 2];
    static uint8_t label[POINTS];
    tad_random r = {.seed = 9};
    for (int i = 0; i < POINTS; i++) {
        double angle = 6.283185307179586 * (i % 3) / 3 + 0.35 * tad_random_normal(&r);
        x[2 * i] = (float)(2 * cos(angle));
        x[2 * i + 1] = (float)(2 * sin(angle));
        label[i] = (uint8_t)(i % 3);
    }
    tad_dataset d;
    const tad_idx points = {TAD_IDX_F32, TAD_SHAPE(POINTS, 2), 2 * POINTS, x};
    const tad_idx labels = {TAD_IDX_U8, TAD_SHAPE(POINTS), POINTS, label};
    ck_done(tad_dataset_make(t, &points, &labels, NULL, &d), t);
    return d;
}

typedef struct job {
    tad_tape *t;
    tad_net *net;
    tad_optim *opt;
    tad_batches *train, *test;
    tad_mark mark;
    double loss;
} job;

static job open_job(tad_tape *t, tad_dtype dtype) {
    job j = {.t = t};
    tad_dataset all = rays(t), train, test;
    ck_done(tad_dataset_split(t, &all, 5, &train, &test), t);
    j.net =
        tad_mlp(t, (int64_t[]){2, 16, 8, 3}, 4, &(tad_mlp_options){.dtype = dtype, .dropout = 0.1});
    tad_adam_options clipped = tad_adam_defaults();
    clipped.clip.norm = 5;
    j.opt = tad_adam(tad_net_params(j.net), 0.01, &clipped);
    j.train = tad_batches_new(t, &train, 32, &(tad_batch_options){.dtype = dtype});
    j.test = tad_batches_new(t, &test, 100,
                             &(tad_batch_options){.dtype = dtype, .order = TAD_ORDER_FIXED});
    j.mark = tad_tape_mark(t);
    ck_tape(t);
    return j;
}

static bool step(job *j) {
    tad_var x, y;
    if (!tad_batches_next(j->train, &x, &y)) return false;
    tad_var loss = tad_cross_entropy(tad_net_apply(j->net, x), y, NULL);
    j->loss = tad_item(loss);
    ck_done(tad_reverse(loss), j->t);
    ck_done(tad_optim_step(j->opt), j->t);
    ck_done(tad_tape_rewind(j->t, j->mark), j->t);
    return true;
}

static void run(job *j, int epochs) {
    for (int e = 0; e < epochs; e++)
        while (step(j)) continue;
    ck_tape(j->t);
}

START_TEST(learns) {
    job j = open_job(tad_tape_new(NULL), _i ? TAD_F32 : TAD_F64);
    tad_score before, after;
    ck_done(tad_evaluate(j.net, j.test, &before), j.t);
    ck_assert_int_eq(before.count, POINTS / 5);
    ck_assert(before.loss > 0.7 && before.accuracy < 0.8);
    run(&j, 30);
    ck_done(tad_evaluate(j.net, j.test, &after), j.t);
    ck_assert_msg(after.loss < 0.3 && after.accuracy > 0.9, "loss %g accuracy %g", after.loss,
                  after.accuracy);
    ck_assert(tad_net_is_training(j.net));
    tad_tape_free(j.t);
}
END_TEST

START_TEST(is_the_same_twice) {
    float weights[2][16 * 8];
    for (int i = 0; i < 2; i++) {
        job j = open_job(tad_tape_new(&(tad_settings){.seed = 4}), TAD_F32);
        run(&j, 3);
        tad_var w = tad_dict_get(tad_net_params(j.net), "affine2.weight");
        memcpy(weights[i], tad_data(w), sizeof weights[i]);
        tad_tape_free(j.t);
    }
    ck_assert(memcmp(weights[0], weights[1], sizeof weights[0]) == 0);
}
END_TEST

START_TEST(allocates_nothing_when_steady) {
    support_memory m = {0};
    job j = open_job(support_tape(&m), TAD_F32);
    tad_score score;
    run(&j, 2);
    ck_done(tad_evaluate(j.net, j.test, &score), j.t);
    size_t calls = tad_tape_memory(j.t).calls, requests = m.requests, live = m.live;
    run(&j, 5);
    ck_done(tad_evaluate(j.net, j.test, &score), j.t);
    ck_assert_uint_eq(tad_tape_memory(j.t).calls, calls);
    ck_assert_uint_eq(m.requests, requests);
    ck_assert_uint_eq(m.live, live);
    tad_tape_free(j.t);
    ck_no_leak(&m);
}
END_TEST

/* Parameters, optimiser, generator and place in the epoch copied into a second job. */
START_TEST(resumes_with_the_same_bits) {
    job a = open_job(tad_tape_new(&(tad_settings){.seed = 4}), TAD_F64);
    job b = open_job(tad_tape_new(&(tad_settings){.seed = 99}), TAD_F64);
    for (int i = 0; i < 9; i++) step(&a);
    const tad_dict *from[] = {tad_net_params(a.net), tad_optim_state(a.opt)};
    const tad_dict *to[] = {tad_net_params(b.net), tad_optim_state(b.opt)};
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < tad_dict_count(from[k]); i++) {
            tad_entry e = tad_dict_at(from[k], i);
            ck_done(tad_assign(tad_dict_get(to[k], e.name), tad_data(e.value)), b.t);
        }
    tad_tape_set_random(b.t, tad_tape_random(a.t));
    ck_done(tad_batches_restore(b.train, tad_batches_state(a.train)), b.t);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(step(&a), step(&b));
        ck_assert(a.loss == b.loss);
    }
    tad_tape_free(a.t);
    tad_tape_free(b.t);
}
END_TEST

/* ---- accuracy ---- */

START_TEST(counts_right_rows) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var scores = tad_constant(t, TAD_F64, TAD_SHAPE(4, 3),
                                  (double[]){1, 2, 0, 5, 5, 5, 0, NAN, 9, -3, -2, -1});
    tad_var labels = tad_constant_from(t, TAD_I64, TAD_SHAPE(4), (double[]){1, 0, 2, 0});
    ck_near(tad_accuracy(scores, labels), 0.5, 0); /* a tie is the first, a NaN wrong */
    tad_var one_hot = tad_constant_from(t, TAD_F32, TAD_SHAPE(4, 3),
                                        (double[]){0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1});
    ck_near(tad_accuracy(scores, one_hot), 0.5, 0);
    ck_assert(isnan(tad_accuracy(tad_full(t, TAD_F64, TAD_SHAPE(0, 3), 0),
                                 tad_full(t, TAD_I64, TAD_SHAPE(0), 0))));
    ck_tape(t);
    ck_assert(isnan(tad_accuracy(scores, tad_full(t, TAD_I64, TAD_SHAPE(5), 0))));
    ck_refused(t, TAD_BAD_SHAPE, "as many labels");
    ck_assert(isnan(tad_accuracy(scores, tad_full(t, TAD_F64, TAD_SHAPE(4), 0))));
    ck_refused(t, TAD_BAD_SHAPE, "int64");
    ck_assert(isnan(tad_accuracy(labels, labels)));
    ck_refused(t, TAD_BAD_SHAPE, "(B, C)");
    tad_tape_free(t);
}
END_TEST

START_TEST(counts_right_answers_of_two) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var p = tad_constant(t, TAD_F64, TAD_SHAPE(4, 1), (double[]){0.9, 0.5, 0.4, NAN});
    tad_var y = tad_constant(t, TAD_F64, TAD_SHAPE(4, 1), (double[]){1, 0, 0, 0});
    ck_near(tad_binary_accuracy(p, y, 0.5), 0.5, 0);
    ck_near(tad_binary_accuracy(p, y, 0.6), 0.75, 0);
    tad_var unknown = tad_constant(t, TAD_F64, TAD_SHAPE(4, 1), (double[]){1, NAN, NAN, 0});
    ck_near(tad_binary_accuracy(p, unknown, 0.5), 0.25, 0);
    ck_assert(isnan(tad_binary_accuracy(p, tad_scalar(t, 1), 0.5)));
    ck_refused(t, TAD_BAD_SHAPE, "as many targets");
    tad_tape_free(t);
}
END_TEST

START_TEST(counts_labels_among_the_largest) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var scores = tad_constant(t, TAD_F64, TAD_SHAPE(4, 3),
                                  (double[]){1, 2, 0, 5, 5, 5, 0, NAN, 9, -3, -2, -1});
    tad_var labels = tad_constant_from(t, TAD_I64, TAD_SHAPE(4), (double[]){0, 1, 2, 0});
    ck_near(tad_top_k_accuracy(scores, labels, 1), 0, 0);
    ck_near(tad_top_k_accuracy(scores, labels, 2), 0.5, 0);
    ck_near(tad_top_k_accuracy(scores, labels, 3), 0.75, 0);
    ck_near(tad_top_k_accuracy(scores, labels, 9), 0.75, 0);
    ck_assert(isnan(tad_top_k_accuracy(scores, labels, 0)));
    ck_refused(t, TAD_BAD_ARGUMENT, "top_k_accuracy", "k must be 1");
    tad_tape_free(t);
}
END_TEST

START_TEST(counts_what_was_taken_for_what) {
    tad_tape *t = tad_tape_new(NULL);
    int64_t counts[4] = {10, 0, 0, 0};
    tad_var scores = tad_constant(t, TAD_F32, TAD_SHAPE(4, 2), (float[]){1, 0, 0, 1, 2, 2, -1, 3});
    tad_var labels = tad_constant_from(t, TAD_I64, TAD_SHAPE(4), (double[]){0, 0, 1, 1});
    ck_done(tad_confusion(scores, labels, counts, 4), t);
    ck_assert_int_eq(counts[0], 11);
    for (int i = 1; i < 4; i++) ck_assert_int_eq(counts[i], 1);
    ck_assert_int_eq(tad_confusion(scores, labels, counts, 3), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "2 classes, 3 counts");
    labels = tad_constant_from(t, TAD_I64, TAD_SHAPE(4), (double[]){0, 0, 1, 2});
    ck_assert_int_eq(tad_confusion(scores, labels, counts, 4), TAD_BAD_INDEX);
    ck_refused(t, TAD_BAD_INDEX, "label 2 of row 3");
    tad_var nan = tad_full(t, TAD_F64, TAD_SHAPE(4, 2), NAN);
    labels = tad_full(t, TAD_I64, TAD_SHAPE(4), 0);
    ck_assert_int_eq(tad_confusion(nan, labels, counts, 4), TAD_NOT_FINITE);
    ck_refused(t, TAD_NOT_FINITE, "row 0");
    ck_assert_int_eq(counts[0], 11);
    tad_tape_free(t);
}
END_TEST

START_TEST(measures_the_area_under_the_curve) {
    const double inf = INFINITY, score[] = {0.1, 0.4, 0.35, 0.8, 0.4, -inf};
    tad_tape *t = tad_tape_new(NULL);
    tad_var s = tad_constant(t, TAD_F64, TAD_SHAPE(6), score);
    tad_var y = tad_constant_from(t, TAD_BOOL, TAD_SHAPE(6), (double[]){0, 0, 1, 1, 1, 0});
    ck_near(tad_auc(s, y), (2 + 3 + 2.5) / 9, 1e-15); /* pairs won by each positive */
    ck_near(tad_auc(tad_neg(s), y), 1 - (2 + 3 + 2.5) / 9, 1e-15);
    const double likely[] = {0, 0.4, 0.5, 0.6, 1, 0}; /* from a half on */
    ck_near(tad_auc(s, tad_constant(t, TAD_F64, TAD_SHAPE(6), likely)), (2 + 3 + 2.5) / 9, 1e-15);
    ck_assert(isnan(tad_auc(s, tad_full(t, TAD_F64, TAD_SHAPE(6), 1))));
    ck_assert(isnan(tad_auc(tad_full(t, TAD_F64, TAD_SHAPE(6), NAN), y)));
    const double target[] = {0, 0, 1, 1, 1, NAN};
    ck_assert(isnan(tad_auc(s, tad_constant(t, TAD_F64, TAD_SHAPE(6), target))));
    ck_tape(t);
    ck_assert(isnan(tad_auc(s, tad_scalar(t, 1))));
    ck_refused(t, TAD_BAD_SHAPE, "auc", "as many targets");
    tad_tape_free(t);
}
END_TEST

/* The tape of the one that there is hears of the other. */
START_TEST(says_that_there_is_nothing_to_count) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_full(t, TAD_F64, TAD_SHAPE(2, 2), 1);
    int64_t counts[4];
    ck_assert(isnan(tad_accuracy(x, tad_none())));
    ck_refused(t, TAD_BAD_HANDLE, "accuracy: scores or labels");
    ck_assert(isnan(tad_top_k_accuracy(tad_number(1), x, 1)));
    ck_refused(t, TAD_BAD_HANDLE, "top_k_accuracy");
    ck_assert(isnan(tad_binary_accuracy(x, tad_number(1), 0.5)));
    ck_refused(t, TAD_BAD_HANDLE, "binary_accuracy");
    ck_assert(isnan(tad_auc(x, (tad_var){0})));
    ck_refused(t, TAD_BAD_HANDLE, "auc");
    ck_assert_int_eq(tad_confusion(x, tad_none(), counts, 4), TAD_BAD_HANDLE);
    ck_refused(t, TAD_BAD_HANDLE, "confusion");
    ck_assert(isnan(tad_auc(tad_number(1), tad_none())));
    tad_tape_free(t);
}
END_TEST

static tad_var look(tad_net *net, tad_var x, bool training, void *user) {
    (void)net;
    *(bool *)user = training || tad_node_needs_gradient(x);
    return x;
}

START_TEST(records_nothing_in_evaluation) {
    job j = open_job(tad_tape_new(NULL), TAD_F64);
    bool recorded = false;
    tad_score score;
    ck_done(tad_net_layer(j.net, "look", look, &recorded), j.t);
    step(&j);
    ck_assert(recorded);
    ck_done(tad_evaluate(j.net, j.test, &score), j.t);
    ck_assert(!recorded);
    tad_tape_free(j.t);
}
END_TEST

START_TEST(evaluates_without_a_trace) {
    job j = open_job(tad_tape_new(NULL), TAD_F64);
    size_t nodes = tad_node_count(j.t);
    tad_random random = tad_tape_random(j.t);
    tad_score score = {.count = 77}, again;
    ck_done(tad_evaluate(j.net, j.test, &score), j.t);
    tad_batches_next(j.test, NULL, NULL); /* from the middle of an epoch too */
    ck_done(tad_evaluate(j.net, j.test, &again), j.t);
    ck_assert(score.loss == again.loss && score.count == again.count);
    ck_assert_uint_eq(tad_node_count(j.t), nodes);
    ck_assert_uint_eq(tad_tape_random(j.t).drawn, random.drawn); /* no dropout */
    tad_net *wrong = tad_mlp(j.t, (int64_t[]){5, 3}, 2, NULL);
    ck_assert_int_eq(tad_evaluate(wrong, j.test, &score), TAD_BAD_SHAPE);
    ck_refused(j.t, TAD_BAD_SHAPE, "affine");
    ck_assert_int_eq(score.count, again.count);
    tad_var x = tad_scalar(j.t, 2); /* recording goes on */
    ck_done(tad_reverse(tad_square(x)), j.t);
    ck_near(tad_gradient_item(x), 4, 0);
    ck_assert_int_eq(tad_evaluate(j.net, NULL, &score), TAD_BAD_ARGUMENT);
    job other = open_job(tad_tape_new(NULL), TAD_F64);
    ck_assert_int_eq(tad_evaluate(other.net, j.test, &score), TAD_BAD_HANDLE);
    ck_refused(other.t, TAD_BAD_HANDLE, "evaluate: batches of another tape");
    ck_assert_int_eq(score.count, again.count);
    tad_tape_free(other.t);
    tad_tape_free(j.t);
}
END_TEST

/* ---- text ---- */

static double clock_now;
static double fake_clock(void) { return clock_now; }

START_TEST(writes_plain_progress) {
    support_text out = {.length = 0};
    tad_progress p = {support_keep, &out,          .epochs = 12,
                      .steps = 4,   .samples = 50, .clock = fake_clock};
    for (int epoch = 0; epoch < 2; epoch++) {
        for (int i = 0; i < 4; i++) {
            clock_now = 100 + 2 * (4 * epoch + i);
            tad_progress_step(&p, epoch + 0.25 * i);
        }
        tad_progress_epoch(&p, epoch ? 0.5 : NAN);
    }
    ck_assert_str_eq(
        out.data,
        "epoch  1/12  step 4/4  loss 0.375  25 samples/s  ETA 0:01:28\n"
        "epoch  2/12  step 4/4  loss 1.375  accuracy 0.5000  25 samples/s  ETA 0:01:20\n");
    tad_progress silent = {.terminal = true};
    tad_progress_step(&silent, 1);
    tad_progress_epoch(&silent, 1);
    tad_progress_step(NULL, 1);
}
END_TEST

/* Time runs from the end of the first step: one step has no pace, however long ago it was. */
START_TEST(one_step_has_no_pace) {
    support_text out = {.length = 0};
    tad_progress p = {support_keep, &out,          .epochs = 1,
                      .steps = 1,   .samples = 50, .clock = fake_clock};
    clock_now = 100;
    tad_progress_step(&p, 0.5);
    clock_now = 107;
    tad_progress_epoch(&p, NAN);
    ck_assert_str_eq(out.data, "epoch 1/1  step 1/1  loss 0.5\n");
}
END_TEST

/* What is shown after steps with these losses at these times, and the end of the epoch. */
static void ck_progress(tad_progress p, int steps, const double *loss, const double *time,
                        double accuracy, const char *expected) {
    support_text out = {.length = 0};
    p.sink = support_keep;
    p.user = &out;
    for (int i = 0; i < steps; i++) {
        clock_now = time[i];
        tad_progress_step(&p, loss[i]);
    }
    tad_progress_epoch(&p, accuracy);
    ck_assert_str_eq(out.data, expected);
}

START_TEST(progress_leaves_out_what_is_not_known) {
    const double loss[] = {1, NAN, 1}, time[] = {100, 101};
    ck_progress((tad_progress){.clock = fake_clock}, 2, loss, time, NAN,
                "epoch 1  step 2  loss nan\n");
    ck_progress((tad_progress){.clock = fake_clock, .samples = 6}, 2, loss + 1, time, NAN,
                "epoch 1  step 2  loss nan  6 samples/s\n");
    ck_progress((tad_progress){.clock = fake_clock, .epochs = 9, .steps = 4}, 0, NULL, NULL, 0,
                "epoch 1/9  step 0/4  loss 0  accuracy 0.0000\n");
    /* the system's clock */
    ck_progress((tad_progress){.epochs = 1}, 1, loss, time, NAN, "epoch 1/1  step 1  loss 1\n");
}
END_TEST

START_TEST(progress_has_hours_and_columns) {
    const double loss[] = {0.25, 0.75}, time[] = {100, 150};
    ck_progress((tad_progress){.clock = fake_clock, .epochs = 10, .steps = 1000}, 2, loss, time,
                0.25, "epoch  1/10  step    2/1000  loss 0.5  accuracy 0.2500  ETA 138:51:40\n");
    const double slow[] = {100, 3699};
    ck_progress((tad_progress){.clock = fake_clock, .epochs = 1, .steps = 3}, 2, loss, slow, NAN,
                "epoch 1/1  step 2/3  loss 0.5  ETA 0:59:59\n");
}
END_TEST

/* Ten times a second, counted from what was shown last. */
START_TEST(a_terminal_is_not_written_to_all_the_time) {
    const double times[] = {100, 100.05, 100.15, 100.2, 100.26, 100.3, 101, 101.05};
    const bool shown[] = {true, false, true, false, true, false, true, false};
    support_text out = {.length = 0};
    tad_progress p = {support_keep, &out,        .terminal = true,
                      .epochs = 1,  .steps = 20, .clock = fake_clock};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        const size_t before = out.length;
        clock_now = times[i];
        tad_progress_step(&p, 1);
        ck_assert_msg((out.length > before) == shown[i], "step %zu", i);
    }
}
END_TEST

START_TEST(rewrites_one_line_on_a_terminal) {
    support_text out = {.length = 0};
    tad_progress p = {support_keep, &out,          .terminal = true,   .epochs = 1,
                      .steps = 100, .samples = 10, .clock = fake_clock};
    for (int i = 0; i < 100; i++) {
        clock_now = 0.01 * i; /* at most ten times a second */
        tad_progress_step(&p, 1.0 / 1024);
    }
    int lines = 0;
    for (const char *c = out.data; *c; c++) lines += *c == '\r';
    ck_assert_int_ge(lines, 9);
    ck_assert_int_le(lines, 11);
    ck_assert_ptr_null(strchr(out.data, '\n'));
    tad_progress_epoch(&p, NAN);
    const char *line = strrchr(out.data, '\r');
    char *before = out.data;
    for (char *c = out.data; c < line; c++)
        if (*c == '\r') before = c;
    ck_assert_int_ge(strlen(line) - 1, line - before); /* covers the longer line with its ETA */
    ck_assert_ptr_nonnull(strstr(before, "ETA"));
    const char last[] = "\repoch 1/1  step 100/100  loss 0.0009766  1000 samples/s";
    ck_assert(strncmp(strrchr(out.data, '\r'), last, sizeof last - 1) == 0);
    ck_assert_int_eq(out.data[out.length - 1], '\n');
}
END_TEST

START_TEST(writes_csv) {
    tad_tape *t = tad_tape_new(NULL);
    const char *const columns[] = {"step", "loss", "test accuracy"};
    tad_history *h = tad_history_new(t, columns, 3);
    tad_mark mark = tad_tape_mark(t);
    for (int i = 0; i < 200; i++) {
        ck_done(tad_history_add(h, (double[]){i, 1.0 / (1 + i), i % 100 ? NAN : 0.5}), t);
        ck_done(tad_tape_rewind(t, mark), t);
    }
    ck_assert_uint_eq(tad_history_rows(h), 200);
    ck_assert(tad_history_at(h, 99, 1) == 0.01 && isnan(tad_history_at(h, 200, 0)));
    support_text out = {.length = 0};
    ck_done(tad_history_csv(h, support_keep, &out), t);
    const char start[] = "step,loss,test accuracy\n0,1,0.5\n1,0.5,\n2,0.333333333,\n";
    ck_assert(strncmp(out.data, start, sizeof start - 1) == 0);
    out = (support_text){.most = 100};
    ck_assert_int_eq(tad_history_csv(h, support_keep, &out), TAD_IO);
    ck_refused(t, TAD_IO, "writing");
    ck_assert_ptr_null(tad_history_new(t, (const char *[]){"a,b"}, 1));
    ck_refused(t, TAD_BAD_ARGUMENT, "plain names");
    ck_assert_int_eq(tad_history_add(NULL, NULL), TAD_BAD_ARGUMENT);
    tad_tape_free(t);
}
END_TEST

/* The library formats by this snprintf, which has a comma when told to: no such locale need be
 * there. */
static bool comma;
int snprintf(char *out, size_t room, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(out, room, format, args);
    va_end(args);
    char *point = comma && room > 0 ? strchr(out, '.') : NULL;
    if (point) *point = ',';
    return length;
}

START_TEST(a_long_name_of_a_column_is_written_whole) {
    char name[600];
    tad_tape *t = tad_tape_new(NULL);
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    tad_history *h = tad_history_new(t, (const char *const[]){"a", name}, 2);
    support_text out = {.length = 0};
    ck_done(tad_history_csv(h, support_keep, &out), t);
    ck_assert_uint_eq(out.length, strlen("a,\n") + strlen(name));
    tad_tape_free(t);
}
END_TEST

START_TEST(numbers_have_a_point_where_the_locale_has_a_comma) {
    tad_tape *t = tad_tape_new(NULL);
    tad_history *h = tad_history_new(t, (const char *[]){"step", "loss"}, 2);
    ck_done(tad_history_add(h, (double[]){1, 0.25}), t);
    support_text out = {.length = 0};
    comma = true;
    tad_status status = tad_history_csv(h, support_keep, &out);
    tad_progress p = {support_keep, &out, .epochs = 1, .steps = 1, .clock = fake_clock};
    tad_progress_step(&p, 0.375);
    tad_progress_epoch(&p, 0.5);
    comma = false;
    ck_done(status, t);
    ck_assert_str_eq(out.data,
                     "step,loss\n1,0.25\nepoch 1/1  step 1/1  loss 0.375  accuracy 0.5000\n");
    tad_tape_free(t);
}
END_TEST

START_TEST(writes_a_plot) {
    tad_tape *t = tad_tape_new(NULL);
    const char *const columns[] = {"step", "loss", "test accuracy"};
    tad_history *h = tad_history_new(t, columns, 3);
    support_text out = {.length = 0};
    ck_done(tad_history_plot(
                h, &(tad_plot_options){.csv = "it's.csv", .picture = "p.svg", .title = "MNIST"},
                support_keep, &out),
            t);
    static const char *const expected[] = {
        "set output 'p.svg'\n",
        "set datafile separator ','",
        "set title 'MNIST'",
        "set y2range [0:1]",
        "set xlabel 'step'",
        "set ylabel 'loss'",
        ("plot 'it''s.csv' using 1:2 axes x1y1 with lines linewidth 2 title 'loss', \\\n"
         "  '' using 1:3 axes x1y2 with lines linewidth 2 dashtype 2 title 'test accuracy'\n")};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        ck_assert_msg(strstr(out.data, expected[i]) != NULL, "no %s in\n%s", expected[i], out.data);
    static const tad_plot_options bad[] = {{.csv = "a.csv"},
                                           {.csv = "a.csv", .picture = "|sh"},
                                           {.csv = "<ls", .picture = "a.svg"},
                                           {.csv = "a\nb", .picture = "a.svg"},
                                           {.csv = "a.csv", .picture = "a.svg", .title = "x\n!ls"},
                                           {.csv = "a.csv", .picture = "a.svg", .left = "x\n!ls"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(tad_history_plot(h, &bad[i], support_keep, &out), TAD_BAD_ARGUMENT);
        ck_refused(t, TAD_BAD_ARGUMENT, "plain file names");
    }
    tad_history *narrow = tad_history_new(t, columns, 1);
    ck_assert_int_eq(tad_history_plot(narrow,
                                      &(tad_plot_options){.csv = "a.csv", .picture = "a.svg"},
                                      support_keep, &out),
                     TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "two columns");
    tad_tape_free(t);
}
END_TEST

START_TEST(a_plot_has_the_axes_that_its_columns_need) {
    static const char *const columns[][2] = {{"step", "loss"}, {"step", "accuracy"}, {"step", "a"}};
    tad_tape *t = tad_tape_new(NULL);
    for (int i = 0; i < 3; i++) {
        const tad_plot_options plot = {
            .csv = "a.csv", .picture = "a.svg", .left = i == 2 ? "it's" : NULL};
        support_text out = {.length = 0};
        tad_history *h = tad_history_new(t, columns[i], 2);
        ck_done(tad_history_plot(h, &plot, support_keep, &out), t);
        ck_assert_int_eq(strstr(out.data, "set ylabel 'loss' noenhanced\n") != NULL, i == 0);
        ck_assert_int_eq(strstr(out.data, "set ylabel 'it''s' noenhanced\n") != NULL, i == 2);
        ck_assert_int_eq(strstr(out.data, "set y2label 'accuracy'\n") != NULL, i == 1);
        ck_assert_int_eq(strstr(out.data, "unset ytics\n") != NULL, i == 1);
    }
    tad_tape_free(t);
}
END_TEST

START_TEST(a_history_that_finds_no_memory_leaves_nothing) {
    support_memory m = {0};
    tad_tape *t = support_tape(&m);
    size_t refusals = 0;
    for (size_t n = 1; n < 20; n++) {
        size_t live = tad_tape_memory(t).live;
        m.fail_at = m.requests + n;
        tad_history *h = tad_history_new(t, (const char *[]){"step", "loss", "accuracy"}, 3);
        m.fail_at = 0;
        if (h) continue;
        refusals++;
        ck_assert_uint_eq(tad_tape_memory(t).live, live);
        ck_refused(t, TAD_NO_MEMORY, "memory");
    }
    ck_assert_uint_eq(refusals, 5); /* the history, its list of columns, three names */
    tad_tape_free(t);
    ck_no_leak(&m);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("train");
    TCase *c = support_case(s, "training");
    tcase_add_loop_test(c, learns, 0, 2);
    tcase_add_test(c, is_the_same_twice);
    tcase_add_test(c, allocates_nothing_when_steady);
    tcase_add_test(c, resumes_with_the_same_bits);
    c = support_case(s, "accuracy");
    tcase_add_test(c, counts_right_rows);
    tcase_add_test(c, counts_right_answers_of_two);
    tcase_add_test(c, counts_labels_among_the_largest);
    tcase_add_test(c, counts_what_was_taken_for_what);
    tcase_add_test(c, measures_the_area_under_the_curve);
    tcase_add_test(c, says_that_there_is_nothing_to_count);
    tcase_add_test(c, records_nothing_in_evaluation);
    tcase_add_test(c, evaluates_without_a_trace);
    c = support_case(s, "text");
    tcase_add_test(c, writes_plain_progress);
    tcase_add_test(c, one_step_has_no_pace);
    tcase_add_test(c, progress_leaves_out_what_is_not_known);
    tcase_add_test(c, progress_has_hours_and_columns);
    tcase_add_test(c, a_terminal_is_not_written_to_all_the_time);
    tcase_add_test(c, rewrites_one_line_on_a_terminal);
    tcase_add_test(c, writes_csv);
    tcase_add_test(c, a_long_name_of_a_column_is_written_whole);
    tcase_add_test(c, numbers_have_a_point_where_the_locale_has_a_comma);
    tcase_add_test(c, writes_a_plot);
    tcase_add_test(c, a_plot_has_the_axes_that_its_columns_need);
    tcase_add_test(c, a_history_that_finds_no_memory_leaves_nothing);
    return s;
}

SUPPORT_MAIN(suite)
