/* Dictionaries, initial values, layers, nets. */
#define _DEFAULT_SOURCE
#include "support.h"

#include <sys/mman.h>
#include <unistd.h>

#include <tad/nn.h>
#include <tad/optim.h>

/* ---- memory that outlives rewinding ---- */

START_TEST(keeps_owned_memory) {
    support_memory m = {0};
    tad_tape *t = support_tape(&m);
    tad_mark mark = tad_tape_mark(t);
    unsigned char *a = tad_tape_resize(t, NULL, 3, 100);
    ck_assert_uint_eq((uintptr_t)a % 64, 0);
    memset(a, 7, 300);
    double *between = tad_tape_resize(t, NULL, 1, 8);
    *between = 1.5;
    a = tad_tape_resize(t, a, 10, 1000);
    for (int i = 0; i < 300; i++) ck_assert_int_eq(a[i], 7);
    memset(a, 8, 10000);
    ck_assert_int_eq(tad_tape_rewind(t, mark), TAD_OK);
    tad_tape_reset(t);
    a = tad_tape_resize(t, a, 1, 5);
    for (int i = 0; i < 5; i++) ck_assert_int_eq(a[i], 8);
    ck_assert(*between == 1.5);
    ck_assert_ptr_null(tad_tape_resize(t, a, 0, 8));
    size_t live = m.live;
    for (int i = 0; i < 10; i++)
        ck_assert_ptr_null(tad_tape_resize(t, tad_tape_resize(t, NULL, 1, 1), 0, 0));
    ck_assert_uint_eq(m.live, live);
    ck_tape(t);
    ck_assert_ptr_null(tad_tape_resize(t, between, SIZE_MAX / 2, 3));
    ck_refused(t, TAD_TOO_LARGE, "too large");
    ck_assert_ptr_null(tad_tape_resize(t, between, SIZE_MAX, 1));
    ck_refused(t, TAD_NO_MEMORY, "memory");
    ck_assert(*between == 1.5);
    ck_assert_ptr_null(tad_tape_resize(NULL, NULL, 1, 1));
    tad_tape_free(t);
    ck_no_leak(&m);
}
END_TEST

/* An allocator whose blocks end where the process has no more memory: it does not survive a read
 * behind. */
static void *at_the_edge(void *user, void *old, size_t old_size, size_t new_size) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t held = (old_size + page - 1) / page * page,
                 whole = (new_size + page - 1) / page * page;
    char *block = NULL;
    (void)user;
    if (new_size > 0) {
        char *base =
            mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (base == MAP_FAILED || mprotect(base + whole, page, PROT_NONE) != 0) return NULL;
        block = base + (whole - new_size) / 16 * 16;
        if (old) memcpy(block, old, old_size < new_size ? old_size : new_size);
    }
    if (old) munmap((char *)old - (uintptr_t)old % page, held + page);
    return block;
}

START_TEST(a_block_that_grows_is_not_read_behind_its_end) {
    tad_tape *t = tad_tape_new(&(tad_settings){.allocator = {.resize = at_the_edge}});
    char *a = tad_tape_resize(t, NULL, 1, 100);
    memset(a, 7, 100);
    a = tad_tape_resize(t, a, 1, 10000);
    ck_assert_ptr_nonnull(a);
    for (int i = 0; i < 100; i++) ck_assert_int_eq(a[i], 7);
    tad_tape_free(t);
}
END_TEST

/* ---- dictionary ---- */

START_TEST(keeps_names_in_order) {
    tad_tape *t = tad_tape_new(NULL);
    tad_dict *d = tad_dict_new(t);
    char name[20];
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "p%d", i * 7919 % 500);
        ck_done(tad_dict_add(d, name, tad_scalar(t, i)), t);
    }
    ck_assert_uint_eq(tad_dict_count(d), 500);
    ck_assert_int_eq(tad_dict_elements(d), 500);
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "p%d", i * 7919 % 500);
        ck_assert(tad_item(tad_dict_get(d, name)) == i);
        ck_assert_str_eq(tad_dict_at(d, (size_t)i).name, name);
    }
    ck_assert(tad_is_nil(tad_dict_get(d, "p500")));
    ck_assert_ptr_null(tad_dict_at(d, 500).name);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(removes_names) {
    tad_tape *t = tad_tape_new(NULL);
    tad_dict *d = tad_dict_new(t);
    static const char *const names[] = {"a", "b", "c", "d"};
    for (int i = 0; i < 4; i++) ck_done(tad_dict_add(d, names[i], tad_scalar(t, i)), t);
    ck_assert(tad_dict_remove(d, "b"));
    ck_assert(!tad_dict_remove(d, "b"));
    ck_assert_str_eq(tad_dict_at(d, 1).name, "c");
    ck_assert(tad_dict_remove(d, "c"));
    ck_assert_str_eq(tad_dict_at(d, 1).name, "d");
    ck_assert(tad_dict_remove(d, "d") && tad_dict_remove(d, "a"));
    ck_assert_uint_eq(tad_dict_count(d), 0);
    ck_done(tad_dict_add(d, "b", tad_scalar(t, 5)), t);
    ck_assert(tad_item(tad_dict_get(d, "b")) == 5);
    tad_tape_free(t);
}
END_TEST

START_TEST(refuses_bad_entries) {
    tad_tape *t = tad_tape_new(NULL), *other = tad_tape_new(NULL);
    tad_dict *d = tad_dict_new(t);
    tad_var x = tad_scalar(t, 1);
    ck_done(tad_dict_add(d, "x", x), t);
    ck_assert_int_eq(tad_dict_add(d, "x", x), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "x already");
    ck_assert_int_eq(tad_dict_add(d, "", x), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "no name");
    ck_assert_int_eq(tad_dict_add(d, "y", tad_scalar(other, 1)), TAD_BAD_HANDLE);
    ck_refused(t, TAD_BAD_HANDLE, "y");
    ck_assert_int_eq(tad_dict_add(d, "y", tad_number(1)), TAD_BAD_HANDLE);
    ck_refused(t, TAD_BAD_HANDLE, "y");
    ck_assert_int_eq(tad_dict_add(NULL, "y", x), TAD_BAD_ARGUMENT);
    ck_assert_ptr_null(tad_dict_new(NULL));
    ck_assert_uint_eq(tad_dict_count(NULL), 0);
    ck_assert(tad_is_nil(tad_dict_get(NULL, "x")));
    tad_tape_free(other);
    tad_tape_free(t);
}
END_TEST

/* ---- initial values ---- */

static const struct {
    tad_init init;
    double deviation, bound; /* bound 0: none */
} inits[] = {
    {{.kind = TAD_INIT_XAVIER_UNIFORM}, 0.0707106781186547, 0.122474487139159},
    {{.kind = TAD_INIT_XAVIER_NORMAL}, 0.0707106781186547, 0},
    {{.kind = TAD_INIT_HE_UNIFORM}, 0.0816496580927726, 0.141421356237310},
    {{.kind = TAD_INIT_HE_NORMAL}, 0.0816496580927726, 0},
    {{.kind = TAD_INIT_HE_NORMAL, .scale = 3, .fan_in = 18}, 1, 0},
    {{.kind = TAD_INIT_NORMAL}, 1, 0},
    {{.kind = TAD_INIT_NORMAL, .scale = 0.01}, 0.01, 0},
    {{.kind = TAD_INIT_UNIFORM, .scale = 2}, 1.15470053837925, 2},
    {{.kind = TAD_INIT_ZEROS}, 0, 1e-300},
};

enum { ROWS = 300, COLUMNS = 100 };

/* Mean and deviation of 30,000 values: within 5 of their own standard errors (kurtosis <= 3). */
START_TEST(has_the_spread_it_says) {
    tad_tape *t = tad_tape_new(&(tad_settings){.seed = 1});
    tad_dtype dtype = _i % 2 ? TAD_F32 : TAD_F64;
    tad_var p = tad_param_random(t, dtype, TAD_SHAPE(ROWS, COLUMNS), &inits[_i].init);
    static double x[ROWS * COLUMNS];
    double sum = 0, squares = 0, n = ROWS * COLUMNS, most = 0;
    ck_done(tad_read(p, x, ROWS * COLUMNS), t);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        sum += x[i];
        squares += x[i] * x[i];
        most = fmax(most, fabs(x[i]));
    }
    double d = inits[_i].deviation;
    ck_assert(fabs(sum / n) <= 5 * d / sqrt(n));
    ck_assert(fabs(sqrt(squares / n) - d) <= 5 * d / sqrt(2 * n));
    if (inits[_i].bound > 0)
        ck_assert(most <= inits[_i].bound && most >= 0.99 * (d > 0) * inits[_i].bound);
    else
        ck_assert(most > 3 * d);
    tad_tape_free(t);
}
END_TEST

/* The largest weight of a layer of 50 inputs and 8 outputs: the bound of He's uniform for `fan`. */
static void ck_fan(bool transposed, int64_t fan_in, double fan) {
    tad_tape *t = tad_tape_new(&(tad_settings){.seed = 1});
    tad_net *net = tad_net_new(t, TAD_F64);
    tad_layer_options o = {.weight = {.kind = TAD_INIT_HE_UNIFORM, .fan_in = fan_in}};
    double w[400], most = 0, bound = sqrt(6 / fan);
    ck_done((transposed ? tad_net_linear : tad_net_affine)(net, "layer", 50, 8, &o), t);
    ck_done(tad_read(tad_dict_get(tad_net_params(net), "layer.weight"), w, 400), t);
    for (int i = 0; i < 400; i++) most = fmax(most, fabs(w[i]));
    ck_assert(most <= bound && most >= 0.97 * bound);
    tad_tape_free(t);
}

START_TEST(layers_know_their_fans_whatever_the_layout) {
    for (int transposed = 0; transposed < 2; transposed++) {
        ck_fan(transposed, 0, 50);
        ck_fan(transposed, 7, 7);
    }
}
END_TEST

START_TEST(draws_by_the_seed) {
    double x[3][6], next[6];
    for (int i = 0; i < 3; i++) {
        tad_tape *t = tad_tape_new(&(tad_settings){.seed = i == 2});
        ck_done(tad_read(tad_param_random(t, TAD_F64, TAD_SHAPE(2, 3), NULL), x[i], 6), t);
        ck_done(tad_read(tad_param_random(t, TAD_F64, TAD_SHAPE(2, 3), NULL), next, 6), t);
        for (int k = 0; k < 6; k++) ck_assert(next[k] != x[i][k]);
        tad_tape_free(t);
    }
    ck_assert(memcmp(x[0], x[1], sizeof x[0]) == 0);
    ck_assert(memcmp(x[0], x[2], sizeof x[0]) != 0);
}
END_TEST

START_TEST(refuses_bad_inits) {
    tad_tape *t = tad_tape_new(NULL);
    ck_assert(tad_is_nil(tad_param_random(t, TAD_I64, TAD_SHAPE(2), NULL)));
    ck_refused(t, TAD_BAD_DTYPE, "int64");
    ck_assert(tad_is_nil(
        tad_param_random(t, TAD_F64, TAD_SHAPE(2), &(tad_init){.kind = TAD_INIT_COUNT})));
    ck_refused(t, TAD_BAD_ARGUMENT, "kind");
    ck_assert(tad_is_nil(tad_param_random(t, TAD_F64, TAD_SHAPE(2, -2), NULL)));
    ck_refused(t, TAD_TOO_LARGE, "(2,-2)");
    ck_assert(tad_is_nil(tad_param_random(t, TAD_F64, TAD_SHAPE(2), &(tad_init){.scale = NAN})));
    ck_refused(t, TAD_BAD_ARGUMENT, "a scale of nan");
    tad_tape_free(t);
}
END_TEST

/* ---- layers ---- */

static void assign(tad_tape *t, tad_var p, const double *x) { ck_done(tad_assign(p, x), t); }

static const double X[] = {1, 2, 3, 4}, W[] = {0.5, 0.8, 0.2, 0.3}, WT[] = {0.5, 0.2, 0.8, 0.3};

/* The matrix example of S3, X W + b, in both layouts. */
START_TEST(computes_dense_layers) {
    tad_tape *t = tad_tape_new(NULL);
    tad_net *a = tad_net_new(t, TAD_F64), *l = tad_net_new(t, TAD_F64);
    ck_done(tad_net_affine(a, "one", 2, 2, NULL), t);
    ck_done(tad_net_linear(l, "one", 2, 2, NULL), t);
    assign(t, tad_dict_get(tad_net_params(a), "one.weight"), W);
    assign(t, tad_dict_get(tad_net_params(l), "one.weight"), WT);
    assign(t, tad_dict_get(tad_net_params(a), "one.bias"), (double[]){0.1, 0.1});
    assign(t, tad_dict_get(tad_net_params(l), "one.bias"), (double[]){0.1, 0.1});
    tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(2, 2), X);
    ck_values(tad_net_apply(a, x), 1e-15, 1.0, 1.5, 2.4, 3.7);
    ck_values(tad_net_apply(l, x), 1e-15, 1.0, 1.5, 2.4, 3.7);
    ck_assert_str_eq(tad_node_name(tad_net_apply(a, x)), "one");
    tad_tape_free(t);
}
END_TEST

START_TEST(starts_biases_at_zero_or_as_told) {
    tad_tape *t = tad_tape_new(NULL);
    tad_net *net = tad_net_new(t, TAD_F32);
    ck_done(tad_net_affine(net, "a", 4, 3, NULL), t);
    ck_values(tad_dict_get(tad_net_params(net), "a.bias"), 0, 0, 0, 0);
    const tad_layer_options random = {.bias = {.kind = TAD_INIT_UNIFORM, .scale = 0.5}};
    ck_done(tad_net_affine(net, "b", 3, 40, &random), t);
    double b[40];
    ck_done(tad_read(tad_dict_get(tad_net_params(net), "b.bias"), b, 40), t);
    for (int i = 0; i < 40; i++) ck_assert(b[i] != 0 && fabs(b[i]) <= 0.5);
    ck_done(tad_net_affine(net, "c", 40, 2, &(tad_layer_options){.no_bias = true}), t);
    ck_assert(tad_is_nil(tad_dict_get(tad_net_params(net), "c.bias")));
    ck_assert_uint_eq(tad_dict_count(tad_net_params(net)), 5);
    tad_var x = tad_full(t, TAD_F32, TAD_SHAPE(7, 4), 1);
    ck_shape(tad_net_apply(net, x), 7, 2);
    ck_assert_int_eq(tad_dtype_of(tad_net_apply(net, x)), TAD_F32);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

static tad_var scaled(tad_net *net, tad_var x, bool training, void *user) {
    (void)training;
    tad_var factor = tad_dict_get(tad_net_params(net), user);
    return tad_mul(x, factor);
}

/* Makes its parameter when it is first applied. */
static tad_var late(tad_net *net, tad_var x, bool training, void *user) {
    (void)training;
    tad_tape *t = tad_net_tape(net);
    if (tad_is_nil(tad_net_param(net, user)))
        ck_done(tad_dict_add(tad_net_params(net), user,
                             tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){3, 4})),
                t);
    return tad_mul(x, tad_net_param(net, user));
}

START_TEST(a_layer_may_learn_late) {
    tad_tape *t = tad_tape_new(NULL);
    tad_net *net = tad_net_new(t, TAD_F64);
    char name[] = "late.factor";
    ck_done(tad_net_affine(net, "dense", 2, 2, NULL), t);
    ck_done(tad_net_layer(net, "late", late, name), t);
    const tad_dict *params = tad_net_params(net);
    double *x = malloc(2 * sizeof *x); /* so that sanitizers see the end of what is given */
    tad_var *given = malloc(2 * sizeof *given);
    ck_assert(x && given);
    given[0] = tad_eye(t, TAD_F64, 2, 2);
    given[1] = tad_dict_at(params, 1).value;
    x[0] = 0.5, x[1] = -1;
    tad_var in = tad_constant(t, TAD_F64, TAD_SHAPE(2), x);
    ck_values(tad_net_apply_with(net, given, 2, in), 0, 1.5, -4);
    ck_assert_uint_eq(tad_dict_count(params), 3);
    ck_tape(t);
    free(given);
    free(x);
    tad_tape_free(t);
}
END_TEST

START_TEST(takes_a_layer_of_ones_own) {
    tad_tape *t = tad_tape_new(NULL);
    tad_net *net = tad_net_new(t, TAD_F64);
    char name[] = "scale.factor";
    tad_var factor = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){3, 4});
    ck_done(tad_dict_add(tad_net_params(net), name, factor), t);
    ck_done(tad_net_layer(net, "scale", scaled, name), t);
    ck_done(tad_net_activation(net, "out", tad_tanh), t);
    tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){0.1, -0.2}), outputs[2];
    tad_var y = tad_net_trace(net, x, outputs, 2);
    ck_values(outputs[0], 1e-15, 0.3, -0.8);
    ck_values(y, 1e-15, tanh(0.3), tanh(-0.8));
    ck_assert(tad_node_index(y) == tad_node_index(outputs[1]));
    ck_assert_uint_eq(tad_net_layers(net), 2);
    ck_assert_str_eq(tad_net_layer_name(net, 1), "out");
    ck_assert_ptr_null(tad_net_layer_name(net, 2));
    tad_tape_free(t);
}
END_TEST

START_TEST(drops_out_only_in_training) {
    tad_tape *t = tad_tape_new(NULL);
    tad_net *net = tad_net_new(t, TAD_F64);
    ck_done(tad_net_dropout(net, "drop", 0.5), t);
    tad_var x = tad_full(t, TAD_F64, TAD_SHAPE(1000), 1);
    double y[1000], sum = 0;
    ck_done(tad_read(tad_net_apply(net, x), y, 1000), t);
    for (int i = 0; i < 1000; i++) {
        ck_assert(y[i] == 0 || y[i] == 2);
        sum += y[i];
    }
    ck_assert(sum > 840 && sum < 1160); /* 5 standard deviations */
    tad_net_train(net, false);
    ck_assert(!tad_net_is_training(net));
    ck_assert_uint_eq(tad_node_index(tad_net_apply(net, x)), tad_node_index(x));
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

/* ---- perceptrons ---- */

/* Against the formulas written out with ops, values and every gradient. */
START_TEST(equals_its_formula) {
    tad_tape *t = tad_tape_new(NULL);
    tad_net *net = tad_mlp(t, (int64_t[]){3, 5, 4, 6, 2}, 5,
                           &(tad_mlp_options){.hidden = tad_sigmoid, .output = tad_tanh});
    ck_assert_uint_eq(tad_net_layers(net), 8);
    tad_dict *p = tad_net_params(net);
    ck_assert_uint_eq(tad_dict_count(p), 8);
    ck_assert_int_eq(tad_dict_elements(p), 15 + 5 + 20 + 4 + 24 + 6 + 12 + 2);
    static const char *const names[] = {"affine1.weight", "affine1.bias",   "affine2.weight",
                                        "affine2.bias",   "affine3.weight", "affine3.bias",
                                        "affine4.weight", "affine4.bias"};
    for (size_t i = 0; i < 8; i++) ck_assert_str_eq(tad_dict_at(p, i).name, names[i]);
    tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){1, -2, 0.5, 0.3, 2, -1});
    ck_done(tad_reverse(tad_sum(tad_net_apply(net, x), tad_all())), t);
    double net_gradient[8][24], gradient[24];
    for (size_t i = 0; i < 8; i++) {
        tad_var v = tad_dict_at(p, i).value;
        ck_done(tad_read(tad_gradient(v), net_gradient[i], (size_t)tad_size_of(v)), t);
        ck_done(tad_zero_gradients(&v, 1), t);
    }
    tad_var a = x;
    for (size_t i = 0; i < 8; i += 2) {
        a = tad_add(tad_matmul(a, tad_dict_at(p, i).value), tad_dict_at(p, i + 1).value);
        a = i < 6 ? tad_sigmoid(a) : tad_tanh(a);
    }
    ck_done(tad_reverse(tad_sum(a, tad_all())), t);
    for (size_t i = 0; i < 8; i++) {
        tad_var v = tad_dict_at(p, i).value;
        size_t n = (size_t)tad_size_of(v);
        double most = 0;
        ck_done(tad_read(tad_gradient(v), gradient, n), t);
        for (size_t k = 0; k < n; k++) {
            ck_near(net_gradient[i][k], gradient[k], 1e-14);
            most = fmax(most, fabs(gradient[k]));
        }
        ck_assert(most > 0);
    }
    tad_tape_free(t);
}
END_TEST

START_TEST(builds_with_options) {
    tad_tape *t = tad_tape_new(NULL);
    tad_net *net = tad_mlp(t, (int64_t[]){784, 50, 10}, 3,
                           &(tad_mlp_options){.dtype = TAD_F32,
                                              .weight = {.kind = TAD_INIT_NORMAL, .scale = 0.01},
                                              .dropout = 0.2});
    ck_assert_int_eq(tad_dict_elements(tad_net_params(net)), 39760);
    static const char *const layers[] = {"affine1", "act1", "dropout1", "affine2"};
    ck_assert_uint_eq(tad_net_layers(net), 4);
    for (size_t i = 0; i < 4; i++) ck_assert_str_eq(tad_net_layer_name(net, i), layers[i]);
    tad_net *bare = tad_mlp(t, (int64_t[]){2, 1}, 2, &(tad_mlp_options){.no_bias = true});
    ck_assert_uint_eq(tad_dict_count(tad_net_params(bare)), 1);
    ck_tape(t);
    tad_tape_free(t);
}
END_TEST

START_TEST(refuses_bad_nets) {
    tad_tape *t = tad_tape_new(NULL);
    ck_assert_ptr_null(tad_mlp(t, (int64_t[]){3}, 1, NULL));
    ck_refused(t, TAD_BAD_ARGUMENT, "two sizes");
    ck_assert_ptr_null(tad_mlp(t, (int64_t[]){3, -1}, 2, NULL));
    ck_refused(t, TAD_BAD_ARGUMENT, "affine1", "3 inputs", "-1 outputs");
    ck_assert_ptr_null(tad_net_new(t, TAD_BOOL));
    ck_refused(t, TAD_BAD_DTYPE, "bool");
    tad_net *net = tad_net_new(t, TAD_F64);
    ck_done(tad_net_affine(net, "a", 2, 2, NULL), t);
    ck_assert_int_eq(tad_net_affine(net, "a", 2, 2, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "two layers called a");
    ck_assert_int_eq(tad_net_activation(net, "b", NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "without function");
    ck_assert_int_eq(tad_net_dropout(net, "b", 1.5), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "1.5");
    ck_assert_int_eq(tad_net_affine(net, NULL, 2, 2, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "without name");
    ck_assert_uint_eq(tad_net_layers(net), 1);
    ck_assert(tad_is_nil(tad_net_apply(net, tad_full(t, TAD_F64, TAD_SHAPE(4, 3), 0))));
    ck_refused(t, TAD_BAD_SHAPE, "affine");
    tad_var x = tad_scalar(t, 1), out[3] = {x, x, x};
    ck_assert(tad_is_nil(tad_net_trace(net, x, out, 3)));
    ck_refused(t, TAD_BAD_ARGUMENT, "3 outputs");
    ck_assert(tad_is_nil(out[0]) && tad_is_nil(out[2]));
    ck_assert(tad_is_nil(tad_net_trace(net, x, NULL, 1)));
    ck_refused(t, TAD_BAD_ARGUMENT, "0 outputs");
    ck_assert(tad_is_nil(tad_net_apply(NULL, x)));
    ck_refused(t, TAD_BAD_ARGUMENT, "there is none");
    ck_assert_int_eq(tad_net_affine(NULL, "a", 2, 2, NULL), TAD_BAD_ARGUMENT);
    ck_assert(tad_is_nil(tad_net_apply(NULL, out[0])));
    x = tad_scalar(t, 1);
    ck_assert(tad_is_nil(tad_net_apply_with(NULL, &x, 1, x)));
    ck_refused(t, TAD_BAD_ARGUMENT, "there is none");
    ck_assert(tad_is_nil(tad_net_trace(NULL, x, out, 3)));
    ck_refused(t, TAD_BAD_ARGUMENT, "there is none");
    tad_tape_free(t);
}
END_TEST

/* A name half taken: the second parameter cannot be added, so neither is. */
START_TEST(adds_a_layer_whole_or_not) {
    tad_tape *t = tad_tape_new(NULL);
    tad_net *net = tad_net_new(t, TAD_F64);
    ck_done(tad_dict_add(tad_net_params(net), "a.bias", tad_scalar(t, 1)), t);
    ck_assert_int_eq(tad_net_affine(net, "a", 2, 2, NULL), TAD_BAD_ARGUMENT);
    ck_refused(t, TAD_BAD_ARGUMENT, "a.bias already");
    ck_assert_uint_eq(tad_dict_count(tad_net_params(net)), 1);
    ck_assert_uint_eq(tad_net_layers(net), 0);
    tad_tape_free(t);
}
END_TEST

/* Each request is refused, by itself and with all that follow. One there is that a net can do
 * without: that of the list of what C code has seen. */
START_TEST(survives_out_of_memory) {
    size_t tries = 0, whole = 0;
    for (bool done = false; !done; tries++) {
        support_memory m = {.fail_at = tries / 2 + 1, .for_ever = tries % 2, .scarce = true};
        tad_tape *t = support_tape(&m);
        tad_net *net =
            t ? tad_mlp(t, (int64_t[]){3, 5, 4, 6, 2}, 5, &(tad_mlp_options){.dropout = 0.5})
              : NULL;
        if (t) ck_assert_int_eq(tad_tape_status(t), net ? TAD_OK : TAD_NO_MEMORY);
        if (m.for_ever && m.refused) ck_assert_ptr_null(net);
        done = net && !m.refused;
        whole += net && m.refused;
        tad_tape_free(t);
        ck_no_leak(&m);
        ck_assert_uint_lt(tries, 4000);
    }
    ck_assert_uint_le(whole, 1);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("nn");
    TCase *c = support_case(s, "dict");
    tcase_add_test(c, keeps_owned_memory);
    tcase_add_test(c, a_block_that_grows_is_not_read_behind_its_end);
    tcase_add_test(c, keeps_names_in_order);
    tcase_add_test(c, removes_names);
    tcase_add_test(c, refuses_bad_entries);
    c = support_case(s, "init");
    tcase_add_loop_test(c, has_the_spread_it_says, 0, sizeof inits / sizeof *inits);
    tcase_add_test(c, draws_by_the_seed);
    tcase_add_test(c, layers_know_their_fans_whatever_the_layout);
    tcase_add_test(c, refuses_bad_inits);
    c = support_case(s, "layers");
    tcase_add_test(c, computes_dense_layers);
    tcase_add_test(c, starts_biases_at_zero_or_as_told);
    tcase_add_test(c, takes_a_layer_of_ones_own);
    tcase_add_test(c, a_layer_may_learn_late);
    tcase_add_test(c, drops_out_only_in_training);
    c = support_case(s, "mlp");
    tcase_add_test(c, equals_its_formula);
    tcase_add_test(c, builds_with_options);
    tcase_add_test(c, refuses_bad_nets);
    tcase_add_test(c, adds_a_layer_whole_or_not);
    tcase_add_test(c, survives_out_of_memory);
    return s;
}

SUPPORT_MAIN(suite)
