/* Ops of one's own: a descriptor each, with the derivative rules written in ops.
 *
 * log_cosh is elementwise: a shape rule, a loop on the tape's threads, two rules, and a backward
 * that does what the rule does in one pass, with what forward saved. prefix_sum is structured and
 * linear: its vjp is the sum from the other end, its jvp is the op itself. Both are then checked
 * like the built-in ones, and used in a small fit. What the descriptors say is all there is to say:
 * sweeps of any order, names in messages and pictures, and the gradient check follow from them. */
#include <math.h>

#include "show.h"

#include <tad/gradcheck.h>

/* ---- log_cosh: log(cosh(x)), a smooth |x| ---- */

static tad_shape shape_of(const tad_array *a) {
    tad_shape s = {a->rank, {0}};
    for (int i = 0; i < a->rank; i++) s.dim[i] = a->dim[i];
    return s;
}

static tad_status same_type(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    out->dtype = c->in[0]->dtype;
    out->shape = shape_of(c->in[0]);
    if (out->dtype == TAD_F64) return TAD_OK;
    return tad_fail(c, TAD_BAD_DTYPE, "only float64, not %s", tad_dtype_name(out->dtype));
}

/* Element i in row-major order. Outputs are contiguous, but an input may be a view: transposed,
 * reversed, every second element, or one element repeated. */
static double element(const tad_array *a, int64_t i) {
    const int64_t *stride = tad_strides(a);
    int64_t at = 0;
    for (int axis = a->rank - 1; axis >= 0; axis--) {
        at += i % a->dim[axis] * stride[axis];
        i /= a->dim[axis];
    }
    return ((const double *)a->data)[at];
}

/* What a piece of a loop works on: pieces may run on several threads. */
typedef struct loop {
    const double *x, *g;
    double *y, *slope, *into;
    bool fresh;
} loop;

enum { GRAIN = 4096 }; /* elements that are worth a thread */

/* log cosh x = |x| + log(1 + e^(-2 |x|)) - log 2, which does not overflow. */
static void forward_piece(void *arg, size_t first, size_t end) {
    const loop *l = arg;
    for (size_t i = first; i < end; i++) {
        double x = fabs(l->x[i]);
        l->y[i] = x + log1p(exp(-2 * x)) - log(2);
        if (l->slope) l->slope[i] = tanh(l->x[i]);
    }
}

/* Where a sweep may come, tanh x is saved for it. */
static tad_status log_cosh_forward(const tad_call_frame *c) {
    const tad_array *x = tad_contiguous(c, c->in[0]);
    tad_shape shape = shape_of(c->in[0]);
    tad_array *slope = tad_needs(c, 0) ? tad_save(c, TAD_F64, &shape) : NULL;
    if (!x) return TAD_NO_MEMORY;
    loop l = {.x = x->data, .y = c->out[0]->data, .slope = slope ? slope->data : NULL};
    tad_split(c, (size_t)x->size, GRAIN, forward_piece, &l);
    return TAD_OK;
}

/* g tanh x; without what was saved it is computed again. */
static void backward_piece(void *arg, size_t first, size_t end) {
    const loop *l = arg;
    for (size_t i = first; i < end; i++) {
        double d = l->g[i] * (l->slope ? l->slope[i] : tanh(l->x[i]));
        l->into[i] = l->fresh ? d : l->into[i] + d;
    }
}

/* The same as the rule below, in one pass, over the cotangent's own memory where nothing else reads
 * it. */
static tad_status log_cosh_backward(tad_backward *b) {
    const tad_array *x = tad_contiguous(&b->call, b->call.in[0]), *slope = tad_saved(b);
    if (!x) return TAD_NO_MEMORY;
    loop l = {.x = x->data,
              .g = b->cotangent[0]->data,
              .slope = slope ? slope->data : NULL,
              .fresh = true};
    tad_array *into = tad_backward_take(b, 0, 0);
    if (!into) into = tad_backward_buffer(b, 0, &l.fresh);
    if (!into) return TAD_NO_MEMORY;
    l.into = into->data;
    tad_split(&b->call, (size_t)x->size, GRAIN, backward_piece, &l);
    return TAD_OK;
}

static void log_cosh_vjp(tad_rule *r) { r->result[0] = tad_mul(r->given[0], tad_tanh(r->in[0])); }

static void log_cosh_jvp(tad_rule *r) { r->result[0] = tad_mul(r->given[0], tad_tanh(r->in[0])); }

static const tad_sample_input seven = {.type = {TAD_F64, {1, {7}}}, .lo = -3, .hi = 3},
                              two_rows = {.type = {TAD_F64, {2, {2, 3}}}, .lo = -3, .hi = 3};
static const tad_sample log_cosh_samples[] = {
    {"vector", 1, &seven, NULL},
    {"matrix", 1, &two_rows, NULL},
};

static const tad_op log_cosh = {
    .name = "log_cosh",
    .family = "custom",
    .doc = "log(cosh(x)), elementwise",
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .shape = same_type,
    .forward = log_cosh_forward,
    .backward = log_cosh_backward,
    .vjp = log_cosh_vjp,
    .jvp = log_cosh_jvp,
    .samples = log_cosh_samples,
    .n_samples = 2,
};

static tad_var tad_log_cosh(tad_var x) { return tad_apply(&log_cosh, &x, 1, NULL, NULL, 0); }

/* ---- prefix_sum: y[i] = x[0] + ... + x[i], or from the other end ---- */

typedef struct prefix_options {
    bool reverse; /* y[i] = x[i] + ... + x[n - 1] */
} prefix_options;

static const tad_option prefix_option_list[] = {
    {.name = "reverse", .kind = TAD_OPTION_BOOL, .offset = offsetof(prefix_options, reverse)},
};

static tad_status prefix_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    if (c->in[0]->rank != 1) return tad_fail(c, TAD_BAD_SHAPE, "needs one axis");
    return same_type(c, out, n_out);
}

static tad_status prefix_forward(const tad_call_frame *c) {
    const prefix_options *o = c->options;
    double *y = c->out[0]->data, sum = 0;
    int64_t n = c->out[0]->size;
    for (int64_t k = 0; k < n; k++) {
        int64_t i = o->reverse ? n - 1 - k : k;
        y[i] = sum += element(c->in[0], i);
    }
    return TAD_OK;
}

static tad_var prefix_sum(tad_var x, const prefix_options *options);

/* x[j] is part of every y[i] with i >= j, so its gradient is the sum from the other end. */
static void prefix_vjp(tad_rule *r) {
    const prefix_options *o = r->options;
    r->result[0] = prefix_sum(r->given[0], &(prefix_options){.reverse = !o->reverse});
}

static const tad_sample_input five = {.type = {TAD_F64, {1, {5}}}},
                              matrix = {.type = {TAD_F64, {2, {2, 3}}}};
static const tad_sample prefix_samples[] = {
    {"forward", 1, &five, NULL},
    {"reverse", 1, &five, &(const prefix_options){.reverse = true}},
};

static const tad_misuse prefix_misuse[] = {
    {"a matrix", 1, &matrix, NULL, TAD_BAD_SHAPE},
};

static const tad_op prefix_op = {
    .name = "prefix_sum",
    .family = "custom",
    .doc = "running sum of a vector",
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .flags = TAD_OP_LINEAR, /* the jvp is the op itself, so there is none to write */
    .options_size = sizeof(prefix_options),
    .options = prefix_option_list,
    .n_options = 1,
    .shape = prefix_shape,
    .forward = prefix_forward,
    .vjp = prefix_vjp,
    .samples = prefix_samples,
    .n_samples = 2,
    .misuse = prefix_misuse,
    .n_misuse = 1,
};

static tad_var prefix_sum(tad_var x, const prefix_options *options) {
    return tad_apply(&prefix_op, &x, 1, options, NULL, 0);
}

/* ---- checked like the built-in ones ---- */

static bool check(const tad_op *op) {
    tad_gradcheck_report report;
    tad_verdict v = tad_gradcheck_op(op, NULL, &report);
    printf("gradcheck %-10s  %s, %s\n", op->name, tad_verdict_text(v),
           v == TAD_CHECK_PASS ? tad_grade_text(report.worst.grade) : report.first);
    return v == TAD_CHECK_PASS;
}

/* ---- and used: the steps whose running sum follows a curve with one wild point ---- */

static tad_status fit(tad_tape *t) {
    const double curve[] = {1, 2, 3, 40, 5, 6}; /* the 40 is a mistake */
    tad_var target = tad_constant(t, TAD_F64, TAD_SHAPE(6), curve);
    tad_var steps = tad_name(tad_param(t, TAD_F64, TAD_SHAPE(6), NULL), "steps");
    tad_mark start = tad_tape_mark(t);
    printf("\nsteps whose running sum is near 1 2 3 40 5 6, and nearly equal\n");
    for (int i = 0; i <= 200; i++) {
        tad_var miss = tad_sub(prefix_sum(steps, NULL), target);
        tad_var uneven = tad_sub(steps, tad_mean(steps, tad_all()));
        tad_var loss = tad_add(tad_sum(tad_log_cosh(miss), tad_all()),
                               tad_mul(tad_number(10), tad_sum(tad_square(uneven), tad_all())));
        if (tad_reverse(loss) != TAD_OK) break;
        if (i % 50 == 0) printf("  after %3d moves  loss %.4f\n", i, tad_item(loss));
        const double *gradient = tad_gradient_data(steps);
        double *value = tad_param_data(steps);
        for (int k = 0; k < 6; k++) value[k] -= 0.01 * gradient[k];
        if (tad_zero_gradients(&steps, 1) != TAD_OK || tad_tape_rewind(t, start) != TAD_OK) break;
    }
    show("steps", steps);
    show("sum", prefix_sum(steps, NULL));
    return tad_tape_status(t);
}

int main(int argc, char **argv) {
    if (!no_options(argc, argv, "custom_op")) return EXIT_FAILURE;
    tad_tape *t = tad_tape_new(NULL);
    bool good = check(&log_cosh);
    good = check(&prefix_op) && good;
    tad_status s = fit(t);
    int status = finish(t, s);
    return good ? status : EXIT_FAILURE;
}
