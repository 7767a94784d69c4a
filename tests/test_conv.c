/* Convolutions beside plain loops: sizes that are cut into blocks of images and into bands, all
 * levels, threads, sums added to gradients; what options mean; refusals. */
#include "support.h"

#include "kernel/plain/conv.h"
#include "ops/conv/conv.h"

/* ---- sizes ---- */

typedef struct sizes {
    const char *label;
    int rank;
    int64_t images, groups, outs, ins; /* of a group */
    int64_t x[3], kernel[3], stride[3], pad[3], dilation[3], y[3];
} sizes;

/* One image of a block is up to 256 KiB, of a band more. */
static const sizes cases[] = {
    {"images in blocks",
     2,
     70,
     1,
     7,
     3,
     {1, 9, 20},
     {1, 3, 3},
     {1, 1, 1},
     {0, 1, 0},
     {1, 1, 1},
     {0}},
    {"bands", 2, 2, 1, 5, 4, {1, 130, 110}, {1, 3, 5}, {1, 1, 1}, {0, 1, 2}, {1, 1, 1}, {0}},
    {"bands with steps",
     2,
     1,
     2,
     3,
     3,
     {1, 161, 158},
     {1, 3, 4},
     {1, 2, 3},
     {0, 5, 1},
     {1, 2, 1},
     {0}},
    {"a long row", 1, 2, 1, 3, 2, {1, 1, 30011}, {1, 1, 7}, {1, 1, 1}, {0, 0, 3}, {1, 1, 2}, {0}},
    {"a long row with steps",
     1,
     1,
     1,
     2,
     3,
     {1, 1, 30000},
     {1, 1, 3},
     {1, 1, 5},
     {0, 0, 1},
     {1, 1, 4},
     {0}},
    {"bands of planes",
     3,
     1,
     1,
     3,
     5,
     {14, 31, 33},
     {3, 2, 3},
     {2, 1, 2},
     {2, 0, 1},
     {1, 2, 1},
     {0}},
    {"a row is more than a band",
     2,
     1,
     1,
     2,
     40,
     {1, 3, 900},
     {1, 2, 2},
     {1, 1, 1},
     {0, 0, 0},
     {1, 1, 1},
     {0}},
    {"many outputs", 2, 3, 1, 130, 2, {1, 5, 6}, {1, 3, 3}, {1, 1, 1}, {0, 1, 1}, {1, 1, 1}, {0}},
    {"many weights",
     1,
     16,
     1,
     1100,
     1000,
     {1, 1, 2},
     {1, 1, 1},
     {1, 1, 1},
     {0, 0, 0},
     {1, 1, 1},
     {0}},
};
enum { CASES = sizeof cases / sizeof *cases };

typedef struct problem {
    sizes s;
    tad_shape shape[3]; /* of x, w, y */
    int64_t size[3];
    void *data[3];
    tad_dtype dtype;
} problem;

static double number(size_t i) { return sin(1.7 * (double)i + 0.3); }

static tad_shape shape_of(int64_t a, int64_t b, const int64_t *axes, int rank) {
    tad_shape s = {2 + rank, {a, b}};
    for (int i = 0; i < rank; i++) s.dim[2 + i] = axes[3 - rank + i];
    return s;
}

static problem open_problem(const sizes *given, tad_dtype dtype) {
    problem p = {.s = *given, .dtype = dtype};
    sizes *s = &p.s;
    for (int i = 0; i < 3; i++)
        s->y[i] =
            (s->x[i] + 2 * s->pad[i] - (s->kernel[i] - 1) * s->dilation[i] - 1) / s->stride[i] + 1;
    p.shape[0] = shape_of(s->images, s->groups * s->ins, s->x, s->rank);
    p.shape[1] = shape_of(s->groups * s->outs, s->ins, s->kernel, s->rank);
    p.shape[2] = shape_of(s->images, s->groups * s->outs, s->y, s->rank);
    for (int k = 0; k < 3; k++) {
        p.size[k] = 1;
        for (int i = 0; i < p.shape[k].rank; i++) p.size[k] *= p.shape[k].dim[i];
        p.data[k] = malloc((size_t)p.size[k] * tad_dtype_size(dtype));
        for (int64_t i = 0; i < p.size[k]; i++)
            if (dtype == TAD_F64)
                ((double *)p.data[k])[i] = number((size_t)(i + 1000 * k));
            else
                ((float *)p.data[k])[i] = (float)number((size_t)(i + 1000 * k));
    }
    return p;
}

static void close_problem(problem *p) {
    for (int k = 0; k < 3; k++) free(p->data[k]);
}

/* ---- by the op ---- */

static tad_shape axes_of(const int64_t *list, int rank) {
    tad_shape s = {rank, {0}};
    for (int i = 0; i < rank; i++) s.dim[i] = list[3 - rank + i];
    return s;
}

/* Sweeps conv(x, w) with cotangent y, twice; what came out by role: the gradients of x and w, and
 * the values. */
static void by_op(const problem *p, const tad_settings *settings, void *out[3]) {
    const sizes *s = &p->s;
    const tad_conv_options o = {.stride = axes_of(s->stride, s->rank),
                                .padding = axes_of(s->pad, s->rank),
                                .dilation = axes_of(s->dilation, s->rank),
                                .groups = s->groups};
    tad_var (*const conv[])(tad_var, tad_var, tad_var,
                            const tad_conv_options *) = {tad_conv1d, tad_conv2d, tad_conv3d};
    tad_tape *t = tad_tape_new(settings);
    tad_var x = tad_input(t, p->dtype, p->shape[0], p->data[0]),
            w = tad_input(t, p->dtype, p->shape[1], p->data[1]);
    tad_var y = conv[s->rank - 1](x, w, tad_none(), &o);
    tad_var g = tad_constant(t, p->dtype, p->shape[2], p->data[2]);
    ck_done(tad_reverse_from(&y, &g, 1), t);
    const void *from[3] = {tad_gradient_data(x), tad_gradient_data(w), tad_data(y)};
    ck_tape(t);
    for (int k = 0; k < 3; k++) {
        const size_t bytes = (size_t)p->size[k] * tad_dtype_size(p->dtype);
        out[k] = malloc(bytes);
        memcpy(out[k], from[k], bytes);
    }
    tad_tape_free(t);
}

/* ---- by plain loops ---- */

static void steps_of(const tad_shape *s, ptrdiff_t step[5]) {
    ptrdiff_t all = 1;
    for (int i = 0; i < 5; i++) step[i] = 0;
    for (int i = s->rank - 1; i >= 0; i--) {
        step[i < 2 ? i : i + 5 - s->rank] = all;
        all *= s->dim[i];
    }
}

#define PLAIN(T, suffix)                                                                           \
    static void plain_##suffix(const problem *p, void *out[3]) {                                   \
        const sizes *s = &p->s;                                                                    \
        struct tad__conv_##suffix v = {                                                            \
            .images = s->images, .groups = s->groups, .outs = s->outs, .ins = s->ins};             \
        tad__conv sizes = {s->rank, s->images, s->groups, s->outs, s->ins, {{0}}};                 \
        for (int i = 0; i < 3; i++) {                                                              \
            v.x[i] = s->x[i], v.y[i] = s->y[i], v.kernel[i] = s->kernel[i];                        \
            v.stride[i] = s->stride[i], v.pad[i] = s->pad[i], v.dilation[i] = s->dilation[i];      \
            sizes.axis[i] = (tad__conv_axis){s->x[i],        s->kernel[i], s->y[i],  s->stride[i], \
                                             s->dilation[i], s->pad[i],    s->pad[i]};             \
        }                                                                                          \
        const tad__conv_blocks b = tad__conv_blocks_of(&sizes, p->dtype, false);                   \
        v.block_images = b.images, v.block_rows = b.rows;                                          \
        v.block_axis = b.axis, v.pieces = b.pieces;                                                \
        steps_of(&p->shape[0], v.x_step);                                                          \
        steps_of(&p->shape[1], v.w_step);                                                          \
        steps_of(&p->shape[2], v.y_step);                                                          \
        for (int k = 0; k < 3; k++) out[k] = malloc((size_t)p->size[k] * sizeof(T));               \
        tad__conv_turned_values_##suffix(&v, p->data[2], p->data[1], NULL, out[0]);                \
        tad__conv_weights_##suffix(&v, p->data[0], p->data[2], out[1]);                            \
        tad__conv_values_##suffix(&v, p->data[0], p->data[1], NULL, out[2]);                       \
    }
PLAIN(double, f64)
PLAIN(float, f32)

static void free_all(void *out[3]) {
    for (int k = 0; k < 3; k++) free(out[k]);
}

static const char *const names[] = {"gradient of x", "gradient of w", "y"};

/* Level base has the very bits, others almost, whatever threads there are. */
START_TEST(beside_loops) {
    for (int dtype = TAD_F64; dtype <= TAD_F32; dtype++) {
        problem p = open_problem(&cases[_i], (tad_dtype)dtype);
        void *plain[3], *base[3], *best[3], *threads[3];
        (dtype == TAD_F64 ? plain_f64 : plain_f32)(&p, plain);
        by_op(&p, &(tad_settings){.level = TAD_LEVEL_BASE}, base);
        by_op(&p, NULL, best);
        by_op(&p, &(tad_settings){.threads = 3}, threads);
        for (int k = 0; k < 3; k++) {
            const size_t bytes = (size_t)p.size[k] * tad_dtype_size(p.dtype);
            ck_assert_msg(memcmp(plain[k], base[k], bytes) == 0, "%s: %s", p.s.label, names[k]);
            ck_assert_msg(memcmp(best[k], threads[k], bytes) == 0, "%s: %s, threads", p.s.label,
                          names[k]);
            for (int64_t i = 0; i < p.size[k]; i++)
                if (dtype == TAD_F64)
                    ck_near(((double *)best[k])[i], ((double *)plain[k])[i], 1e-11);
                else
                    ck_near(((float *)best[k])[i], ((float *)plain[k])[i], 1e-3);
        }
        free_all(plain), free_all(base), free_all(best), free_all(threads);
        close_problem(&p);
    }
}
END_TEST

/* ---- small things ---- */

START_TEST(known_values) {
    tad_tape *t = tad_tape_new(NULL);
    tad_var none = tad_none(), two = tad_constant(t, TAD_F64, TAD_SHAPE(1), (double[]){100});
    tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(1, 1, 4), (double[]){1, 2, 3, 4});
    tad_var w = tad_constant(t, TAD_F64, TAD_SHAPE(1, 1, 2), (double[]){1, 10});
    ck_values(tad_conv1d(x, w, none, NULL), 0, 21, 32, 43);
    ck_values(tad_conv1d(x, w, two, NULL), 0, 121, 132, 143);
    ck_values(tad_conv1d(x, w, none, &(tad_conv_options){.auto_pad = TAD_PAD_SAME}), 0, 21, 32, 43,
              4);
    ck_values(tad_conv1d(x, w, none, &(tad_conv_options){.padding = TAD_SHAPE(2, 0)}), 0, 0, 10, 21,
              32, 43);
    ck_values(tad_conv1d(x, w, none, &(tad_conv_options){.stride = TAD_SHAPE(2)}), 0, 21, 43);
    ck_values(tad_conv1d(x, w, none, &(tad_conv_options){.dilation = TAD_SHAPE(3)}), 0, 41);
    ck_values(tad_conv_transpose1d(x, w, none, NULL), 0, 1, 12, 23, 34, 40);
    ck_values(tad_conv_transpose1d(
                  x, w, none,
                  &(tad_conv_options){.stride = TAD_SHAPE(3), .output_padding = TAD_SHAPE(2)}),
              0, 1, 10, 0, 2, 20, 0, 3, 30, 0, 4, 40, 0, 0);
    ck_values(tad_conv_transpose1d(x, w, none, &(tad_conv_options){.padding = TAD_SHAPE(1)}), 0, 12,
              23, 34);
    tad_tape_free(t);
}
END_TEST

/* A NaN reaches the windows that hold it, and no other. */
START_TEST(nan_stays) {
    double x[1 * 2 * 6] = {0};
    x[8] = NAN;
    tad_tape *t = tad_tape_new(NULL);
    tad_var image = tad_input(t, TAD_F64, TAD_SHAPE(2, 1, 6), x),
            w = tad_input(t, TAD_F64, TAD_SHAPE(1, 1, 3), (double[]){1, 1, 1});
    tad_var y = tad_conv1d(image, w, tad_none(), &(tad_conv_options){.padding = TAD_SHAPE(1)});
    ck_values(y, 0, 0, 0, 0, 0, 0, 0, 0, NAN, NAN, NAN, 0, 0);
    tad_tape_free(t);
}
END_TEST

/* Sizes that no memory holds, and steps between windows that do. */
START_TEST(large_numbers) {
    const int64_t large = 1 << 20;
    tad_tape *t = tad_tape_new(NULL);
    tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(1, 1, 3), (double[]){1, 2, 3});
    tad_var w = tad_constant(t, TAD_F64, TAD_SHAPE(1, 1, 1), (double[]){5});
    ck_values(
        tad_conv1d(x, w, tad_none(),
                   &(tad_conv_options){.stride = TAD_SHAPE(large), .padding = TAD_SHAPE(large)}),
        0, 0, 5, 0);
    tad_conv1d(x, w, tad_none(), &(tad_conv_options){.stride = TAD_SHAPE(2 * large)});
    ck_refused(t, TAD_BAD_ARGUMENT, "stride", "2097152");
    const int64_t long_row = (int64_t)1 << (sizeof(size_t) > 4 ? 45 : 25);
    tad_var empty = tad_constant(t, TAD_F64, TAD_SHAPE(0, 1, long_row), NULL);
    tad_conv_transpose1d(empty, w, tad_none(), &(tad_conv_options){.stride = TAD_SHAPE(large)});
    ck_refused(t, TAD_TOO_LARGE, "conv_transpose1d",
               sizeof(size_t) > 4 ? "too large" : "the result would have shape");
    tad_tape_free(t);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("conv");
    tcase_add_loop_test(support_case(s, "beside loops"), beside_loops, 0, CASES);
    tcase_add_test(support_case(s, "known values"), known_values);
    tcase_add_test(support_case(s, "nan"), nan_stays);
    tcase_add_test(support_case(s, "large"), large_numbers);
    return s;
}
SUPPORT_MAIN(suite)
