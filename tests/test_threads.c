/* Threads: the same bits for any number of them, and tapes that run side by side. */
#include <pthread.h>

#include "support.h"

enum { IN = 96, HIDDEN = 130, OUT = 10, BATCH = 160, STEPS = 3, PARAMS = 4, TAPES = 8 };

static const int64_t sizes[PARAMS] = {IN * HIDDEN, HIDDEN, HIDDEN * OUT, OUT};

/* What a training leaves: every parameter and the last loss. */
typedef struct outcome {
    int threads;
    uint64_t seed;
    double param[PARAMS][IN * HIDDEN], loss;
    tad_status status;
} outcome;

static tad_var random_array(tad_tape *t, tad_random *r, tad_dtype dtype, tad_shape shape, int64_t n, bool param) {
    double *x = malloc((size_t)n * sizeof *x);
    for (int64_t i = 0; i < n; i++) x[i] = 0.1 * tad_random_normal(r);
    tad_var v = tad_constant_from(t, dtype, shape, x);
    free(x);
    return param ? tad_param(t, dtype, shape, tad_data(v)) : v;
}

/* Some steps of a small classifier, large enough for its products to be split. */
static void train(outcome *o) {
    tad_tape *t = tad_tape_new(&(tad_settings){.threads = o->threads});
    tad_random r = {.seed = o->seed};
    tad_var x = random_array(t, &r, TAD_F32, TAD_SHAPE(BATCH, IN), BATCH * IN, false), p[PARAMS];
    int64_t labels[BATCH];
    for (int i = 0; i < BATCH; i++) labels[i] = (int64_t)tad_random_below(&r, OUT);
    p[0] = random_array(t, &r, TAD_F32, TAD_SHAPE(IN, HIDDEN), sizes[0], true);
    p[1] = random_array(t, &r, TAD_F32, TAD_SHAPE(HIDDEN), sizes[1], true);
    p[2] = random_array(t, &r, TAD_F32, TAD_SHAPE(HIDDEN, OUT), sizes[2], true);
    p[3] = random_array(t, &r, TAD_F32, TAD_SHAPE(OUT), sizes[3], true);
    tad_dict *d = tad_dict_new(t);
    const char *const names[PARAMS] = {"w1", "b1", "w2", "b2"};
    for (int i = 0; i < PARAMS; i++) tad_dict_add(d, names[i], p[i]);
    tad_optim *opt = tad_adam(d, NULL);
    tad_mark start = tad_tape_mark(t);
    for (int i = 0; i < STEPS && o->status == TAD_OK; i++) {
        tad_var y = tad_borrow(t, TAD_I64, TAD_SHAPE(BATCH), labels);
        tad_var h = tad_tanh(tad_affine(x, p[0], p[1]));
        tad_var loss = tad_cross_entropy(tad_affine(h, p[2], p[3]), y, NULL);
        o->status = tad_reverse(loss);
        if (o->status == TAD_OK) o->status = tad_optim_step(opt);
        o->loss = tad_item(loss);
        if (o->status == TAD_OK) o->status = tad_tape_rewind(t, start);
    }
    for (int i = 0; i < PARAMS && o->status == TAD_OK; i++)
        o->status = tad_read(p[i], o->param[i], (size_t)sizes[i]);
    tad_tape_free(t);
}

static outcome *trained(int threads, uint64_t seed) {
    outcome *o = calloc(1, sizeof *o);
    o->threads = threads;
    o->seed = seed;
    train(o);
    ck_assert_int_eq(o->status, TAD_OK);
    return o;
}

static bool same_bits(const outcome *a, const outcome *b) {
    return memcmp(&a->loss, &b->loss, sizeof a->loss) == 0 && memcmp(a->param, b->param, sizeof a->param) == 0;
}

START_TEST(any_number_gives_the_same_bits) {
    outcome *one = trained(1, 7), *other_seed = trained(1, 8);
    ck_assert(!same_bits(one, other_seed));
    for (int threads = 2; threads <= 4; threads++) {
        outcome *many = trained(threads, 7);
        ck_assert_msg(same_bits(one, many), "%d threads", threads);
        free(many);
    }
    free(one);
    free(other_seed);
}
END_TEST

static void *train_beside_others(void *o) {
    train(o);
    return NULL;
}

START_TEST(tapes_run_side_by_side) {
    pthread_t thread[TAPES];
    outcome *o = calloc(TAPES, sizeof *o);
    for (int i = 0; i < TAPES; i++) {
        o[i].threads = 1 + i % 2;
        o[i].seed = (uint64_t)i / 2;
        ck_assert_int_eq(pthread_create(&thread[i], NULL, train_beside_others, &o[i]), 0);
    }
    for (int i = 0; i < TAPES; i++) pthread_join(thread[i], NULL);
    for (int i = 0; i < TAPES; i++) {
        outcome *alone = trained(1, (uint64_t)i / 2);
        ck_assert_int_eq(o[i].status, TAD_OK);
        ck_assert_msg(same_bits(&o[i], alone), "tape %d", i);
        free(alone);
    }
    free(o);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("threads");
    TCase *c = support_case(s, "threads");
    tcase_add_test(c, any_number_gives_the_same_bits);
    tcase_add_test(c, tapes_run_side_by_side);
    return s;
}

SUPPORT_MAIN(suite)
