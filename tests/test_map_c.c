/* Maps of functions of arrays as C: the bits of a run, for values, gradients and their tangents. */
#include "support.h"

#include <tad/compile.h>
#include <tad/map.h>

static tad_tape *t;

static void begin(void) { t = tad_tape_new(&(tad_settings){.level = TAD_LEVEL_BASE}); }
static void end(void) { tad_tape_free(t); }

/* ---- functions of one point: x (3, 4), w (4, 5), labels (3, 1), a number ---- */

/* A layer, softmax, a pick by label: calls, groups with lines, sums, an integer operand. */
static tad_var classify(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    tad_var scores = tad_softmax(tad_tanh(tad_matmul(in[0], in[2])), 1);
    tad_var bias = tad_mean(scores, tad_axis(0));
    tad_var picked = tad_gather(tad_mul(scores, bias), in[1], 1);
    return tad_sum(tad_mul(picked, in[3]), tad_all());
}

/* A row of results, views, numbers among arrays, a constant array. */
static tad_var several(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)n, (void)user;
    const tad_dtype dtype = tad_dtype_of(in[0]);
    tad_var turned = tad_slice(tad_transpose(in[0], 0, 1), 0, 3, -5, -1);
    tad_var wave = tad_full(tape, dtype, TAD_SHAPE(4, 3), 0.5);
    tad_var s = tad_sum(tad_square(in[0]), tad_all());
    tad_var y = tad_add(tad_mul(turned, wave), tad_exp(tad_neg(tad_div(s, tad_number(9)))));
    return tad_concat((tad_var[]){y, tad_mul(in[2], s)}, 2, 1);
}

static tad_var decided(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    const bool big = tad_decide(tad_greater(tad_sum(in[0], tad_all()), tad_number(-100)));
    return big ? tad_mul(in[3], tad_sum(tad_sin(in[0]), tad_axis(0))) : classify(tape, in, n, user);
}

/* A map in a map: over the rows of x. */
static tad_mapping *inner;
static tad_var of_row(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_sum(tad_square(tad_matmul(in[0], in[1])), tad_all());
}
static tad_var of_rows(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_sum(tad_map(inner, in, 1, in + 2, 1), tad_all());
}

/* ---- programs of a map of one of these ---- */

enum { POINTS = 150, IN = 4, OUT = 6, MOST = 60 * POINTS };

typedef struct work {
    tad_fn *f;
    tad_dtype dtype;
    bool turned; /* x is given as a transposed view */
    tad_mapping *mapping;
    tad_program *p;
    tad_workspace *w;
    double out[2][OUT][MOST];
} work;

static double memory[IN][POINTS * 12];

static tad_type type_of(const work *k, int i) {
    const tad_shape shape[IN] = {k->turned ? TAD_SHAPE(4, 3, POINTS) : TAD_SHAPE(POINTS, 3, 4),
                                 TAD_SHAPE(POINTS, 3, 1), TAD_SHAPE(4, 5), TAD_0D};
    return (tad_type){i == 1 ? TAD_I64 : k->dtype, shape[i]};
}

static void fill(const work *k, int i) {
    for (size_t e = 0; e < POINTS * 12; e++) {
        const double v = sin(1.0 + (double)(e + (size_t)i) * 0.7);
        if (type_of(k, i).dtype == TAD_I64)
            ((int64_t *)(void *)memory[i])[e] = (int64_t)e % 5;
        else if (k->dtype == TAD_F64)
            memory[i][e] = v;
        else
            ((float *)(void *)memory[i])[e] = (float)v;
    }
}

/* The value, gradients of its sum, and the gradient of a sum of one of them. */
static void record(work *k, tad_var *in, tad_var *out) {
    for (int i = 0; i < IN; i++) {
        const tad_type type = type_of(k, i);
        fill(k, i);
        in[i] = i == 1 ? tad_constant(t, type.dtype, type.shape, memory[i])
                       : tad_input(t, type.dtype, type.shape, memory[i]);
    }
    tad_var each[2] = {k->turned ? tad_permute(in[0], TAD_AXES(2, 1, 0)) : in[0], in[1]};
    tad_var by[3] = {in[0], in[2], in[3]}, square;
    out[0] = tad_map(k->mapping, each, 2, in + 2, 2);
    square = tad_sum(tad_square(out[0]), tad_all());
    ck_done(tad_grad(&square, NULL, 1, by, 3, out + 1), t);
    square = tad_sum(tad_square(out[2]), tad_all());
    ck_done(tad_grad(&square, NULL, 1, by, 2, out + 4), t);
    ck_tape(t);
}

static tad_status run(work *k, double out[OUT][MOST]) {
    for (size_t i = 0; i < IN; i++) {
        const tad_type type = type_of(k, (int)i);
        ck_assert_int_eq(tad_bind_in(k->w, i, type.dtype, type.shape, memory[i]), TAD_OK);
    }
    for (size_t i = 0; i < OUT; i++) {
        const tad_type type = tad_program_out_type(k->p, i);
        ck_assert_int_eq(tad_bind_out(k->w, i, type.dtype, type.shape, out[i]), TAD_OK);
    }
    return tad_run(k->w);
}

static void make(work *k) {
    tad_var in[IN], out[OUT];
    k->mapping = tad_mapping_new(k->f, NULL, NULL);
    record(k, in, out);
    ck_done(tad_freeze(in, IN, out, OUT, NULL, &k->p), t);
    k->w = tad_workspace_new(k->p);
    ck_assert_msg(run(k, k->out[0]) == TAD_OK, "%s", tad_workspace_message(k->w));
}

static void drop(work *k) {
    tad_workspace_free(k->w);
    tad_program_free(k->p);
    tad_tape_free(t);
    begin();
    tad_mapping_free(k->mapping);
}

static tad_status compile(tad_program *p, char *message, size_t size) {
    return tad_program_compile(p, &(tad_compile_options){.message = message, .message_size = size});
}

/* ---- tests ---- */

static tad_fn *const functions[] = {classify, several, decided, of_rows};

START_TEST(maps_of_arrays_have_the_same_bits) {
    static work k;
    char message[400] = "";
    k = (work){.f = functions[_i / 2], .dtype = _i & 1 ? TAD_F32 : TAD_F64, .turned = _i & 1};
    inner = tad_mapping_new(of_row, NULL, NULL);
    make(&k);
    ck_assert_msg(compile(k.p, message, sizeof message) == TAD_OK, "%s", message);
    ck_assert_msg(run(&k, k.out[1]) == TAD_OK, "%s", tad_workspace_message(k.w));
    for (size_t i = 0; i < OUT; i++)
        ck_assert_msg(!memcmp(k.out[0][i], k.out[1][i], sizeof k.out[0][i]), "output %zu", i);
    drop(&k);
    tad_mapping_free(inner);
}
END_TEST

START_TEST(a_decision_and_an_index_end_the_run) {
    static work k;
    char message[400] = "";
    k = (work){.f = _i ? classify : decided, .dtype = TAD_F64};
    make(&k);
    ck_assert_msg(compile(k.p, message, sizeof message) == TAD_OK, "%s", message);
    if (_i)
        ((int64_t *)(void *)memory[1])[7] = 5;
    else
        for (int e = 0; e < 12; e++) memory[0][12 * (POINTS - 1) + e] = -10;
    ck_assert_int_eq(run(&k, k.out[1]), _i ? TAD_BAD_INDEX : TAD_BRANCH);
    drop(&k);
}
END_TEST

/* ---- what is refused ---- */

static tad_var large(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)n, (void)user;
    tad_var all = tad_full(tape, TAD_F64, TAD_SHAPE(3000, 3, 4), 0.5);
    return tad_mean(tad_cumsum(tad_mul(all, in[0]), 0), tad_axis(0));
}

static tad_var thousands(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    tad_var y = tad_take(in[0], tad_constant(tape, TAD_I64, TAD_0D, (int64_t[]){0}), tad_axis(0));
    tad_var s = tad_sum(y, tad_all());
    (void)n, (void)user;
    for (int i = 0; i < 3000; i++) s = tad_sin(tad_mul(s, in[3]));
    return tad_mul(s, in[0]);
}

START_TEST(other_maps_are_refused) {
    static const char *const why[] = {"values take more than 64 KiB", "thousands of numbers"};
    static work k;
    char message[400] = "";
    k = (work){.f = _i ? thousands : large, .dtype = TAD_F64};
    make(&k);
    ck_assert_int_eq(compile(k.p, message, sizeof message), TAD_UNSUPPORTED);
    ck_assert_msg(strstr(message, why[_i]), "%s", message);
    drop(&k);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("map c");
    TCase *c = support_case(s, "arrays");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_loop_test(c, maps_of_arrays_have_the_same_bits, 0, 4 * 2);
    tcase_add_loop_test(c, a_decision_and_an_index_end_the_run, 0, 2);
    tcase_add_loop_test(c, other_maps_are_refused, 0, 2);
    return s;
}

SUPPORT_MAIN(suite)
