/* Examples of tad/op.h: axes, hooks of four small ops, calls by name, the registry. */
#include "example.h"

/* ---- opposite: -x of a vector of float64, which may be a view ---- */

static tad_status opposite_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    const tad_array *x = c->in[0];
    (void)n_out;

    if (x->rank != 1) return tad_fail(c, TAD_BAD_SHAPE, "%d axes, not one", x->rank);

    out[0] = (tad_type){.dtype = TAD_F64, .shape = TAD_SHAPE(x->dim[0])};
    return TAD_OK;
}

static tad_status opposite_forward(const tad_call_frame *c) {
    const tad_array *x = c->in[0];
    double *y = c->out[0]->data;

    for (int64_t i = 0; i < x->size; i++) y[i] = -((const double *)x->data)[i * tad_strides(x)[0]];
    return TAD_OK;
}

static tad_status opposite_backward(tad_backward *b) {
    const double *g = b->cotangent[0]->data;

    bool fresh = true;                            /* nothing is there yet: write, else add */
    tad_array *into = tad_backward_take(b, 0, 0); /* the cotangent's own memory */
    if (!into) into = tad_backward_buffer(b, 0, &fresh);
    if (!into) return TAD_NO_MEMORY;

    double *to = into->data;
    for (int64_t i = 0; i < into->size; i++) to[i] = fresh ? -g[i] : to[i] - g[i];
    return TAD_OK;
}

static void opposite_c(const tad_call_frame *c, tad_c *to) {
    const long long n = (long long)c->out[0]->size, step = (long long)tad_strides(c->in[0])[0];

    tad_c_put(to, "for (long long i = 0; i < %lld; i++) out0[i] = -in0[i * %lld];\n", n, step);
}

static void opposite_rule(tad_rule *r) { r->result[0] = tad_neg(r->given[0]); }

static const tad_op opposite = {.name = "opposite",
                                .min_in = 1,
                                .max_in = 1,
                                .n_out = 1,
                                .flags = TAD_OP_LINEAR,
                                .shape = opposite_shape,
                                .forward = opposite_forward,
                                .backward = opposite_backward,
                                .c_text = opposite_c,
                                .vjp = opposite_rule};

/* ---- half_square: half the sum of the squares ---- */

enum { GRAIN = 1000 }; /* elements that are worth a thread */

typedef struct pieces {
    const double *x;
    double *sum; /* of each piece */
} pieces;

static void square_piece(void *arg, size_t first, size_t end) {
    const pieces *p = arg;
    for (size_t i = first; i < end; i++) p->sum[first / GRAIN] += 0.5 * p->x[i] * p->x[i];
}

static tad_status number_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)c, (void)n_out;
    out[0] = (tad_type){.dtype = TAD_F64, .shape = TAD_0D};
    return TAD_OK;
}

static tad_status half_square_forward(const tad_call_frame *c) {
    double *y = c->out[0]->data;
    tad_shape shape = {.rank = c->in[0]->rank};
    memcpy(shape.dim, c->in[0]->dim, (size_t)shape.rank * sizeof *shape.dim);

    const tad_array *x = tad_contiguous(c, c->in[0]);
    if (!x) return TAD_NO_MEMORY;

    const size_t n = (size_t)x->size, count = n / GRAIN + 1;
    double *sum = tad_scratch(c, count * sizeof *sum); /* for the time of the hook */
    if (!sum) return TAD_NO_MEMORY;

    for (size_t k = 0; k < count; k++) sum[k] = 0;
    pieces p = {x->data, sum};
    tad_split(c, n, GRAIN, square_piece, &p); /* on the tape's threads */
    *y = 0;
    for (size_t k = 0; k < count; k++) *y += sum[k];

    tad_array *slope = tad_needs(c, 0) ? tad_save(c, TAD_F64, &shape) : NULL;
    if (slope) memcpy(slope->data, x->data, n * sizeof(double));
    return TAD_OK;
}

static tad_status half_square_backward(tad_backward *b) {
    const double g = *(const double *)b->cotangent[0]->data;

    tad_array *slope = tad_saved(b); /* by forward */
    if (slope && tad_backward_is_fresh(b, 0)) {
        double *d = slope->data;
        for (int64_t i = 0; i < slope->size; i++) d[i] *= g;
        tad_backward_pass_saved(b, 0); /* it is the gradient now */
        return TAD_OK;
    }

    bool fresh;
    const tad_array *x = tad_contiguous(&b->call, b->call.in[0]);
    tad_array *into = tad_backward_buffer(b, 0, &fresh);
    if (!x || !into) return TAD_NO_MEMORY;
    const double *from = x->data;
    double *to = into->data;
    for (int64_t i = 0; i < x->size; i++) to[i] = (fresh ? 0 : to[i]) + g * from[i];
    return TAD_OK;
}

static void half_square_vjp(tad_rule *r) { r->result[0] = tad_mul(r->given[0], r->in[0]); }

static const tad_op half_square = {.name = "half_square",
                                   .min_in = 1,
                                   .max_in = 1,
                                   .n_out = 1,
                                   .shape = number_shape,
                                   .forward = half_square_forward,
                                   .backward = half_square_backward,
                                   .vjp = half_square_vjp};

/* ---- plus: x + y of one shape; total: the sum of a vector ---- */

static tad_status plus_forward(const tad_call_frame *c) {
    const double *x = c->in[0]->data, *y = c->in[1]->data;
    double *sum = c->out[0]->data;
    for (int64_t i = 0; i < c->out[0]->size; i++) sum[i] = x[i] + y[i];
    return TAD_OK;
}

static tad_status plus_backward(tad_backward *b) {
    tad_status s = TAD_OK;

    if (b->wanted[0]) s = tad_backward_pass(b, 0, 0); /* the cotangent is x's gradient */
    if (s == TAD_OK && b->wanted[1]) s = tad_backward_pass_last(b, 0, 1); /* and y's */
    return s;
}

static void plus_vjp(tad_rule *r) { r->result[0] = r->result[1] = r->given[0]; }

static const tad_op plus = {.name = "plus",
                            .min_in = 2,
                            .max_in = 2,
                            .n_out = 1,
                            .flags = TAD_OP_LINEAR,
                            .shape = opposite_shape,
                            .forward = plus_forward,
                            .backward = plus_backward,
                            .vjp = plus_vjp};

static tad_status total_forward(const tad_call_frame *c) {
    double *y = c->out[0]->data;
    *y = 0;
    for (int64_t i = 0; i < c->in[0]->size; i++) *y += ((const double *)c->in[0]->data)[i];
    return TAD_OK;
}

static tad_status total_backward(tad_backward *b) {
    const double g = *(const double *)b->cotangent[0]->data;

    int64_t one[] = {1, 1}; /* size and stride */
    const tad_array few = {.size = 1, .dim = one, .dtype = TAD_F64, .rank = 1, .contiguous = true};
    tad_array *numbers = tad_backward_repeat(b, 0, &few);
    if (numbers) {
        *(double *)numbers->data = g;
        return TAD_OK;
    }

    bool fresh;
    tad_array *into = tad_backward_buffer(b, 0, &fresh);
    if (!into) return TAD_NO_MEMORY;
    double *to = into->data;
    for (int64_t i = 0; i < into->size; i++) to[i] = (fresh ? 0 : to[i]) + g;
    return TAD_OK;
}

static void total_vjp(tad_rule *r) {
    r->result[0] = tad_broadcast_to(r->given[0], tad_shape_of(r->in[0]));
}

static const tad_op total = {.name = "total",
                             .min_in = 1,
                             .max_in = 1,
                             .n_out = 1,
                             .flags = TAD_OP_LINEAR,
                             .shape = number_shape,
                             .forward = total_forward,
                             .backward = total_backward,
                             .vjp = total_vjp};

static tad_var call(const tad_op *op, tad_var x) { return tad_apply(op, &x, 1, NULL, NULL, 0); }

/* ---- examples ---- */

static void axes(tad_tape *t) {
    const tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(2, 3), (double[]){1, 2, 3, 4, 5, 6});

    IS(tad_sum(x, tad_axes_of((int[]){0, 1}, 2)), 21);

    IS(tad_sum(x, tad_axis(-1)), "[6, 15]");

    IS(tad_sum(x, tad_all()), 21);

    IS(tad_sum(x, tad_keepdims(tad_axis(0))), "[[5, 7, 9]]");
}

static void calls(tad_tape *t) {
    const tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){0, 1});
    const tad_value beta = {.name = "beta", .kind = TAD_VALUE_FLOAT, .number = 2};

    IS(tad_apply(tad_op_find("add"), (tad_var[]){x, x}, 2, NULL, NULL, 0), "[0, 2]");

    IS(tad_call(t, "softplus", &x, 1, &beta, 1, NULL, 0), "[0.346574, 1.06346]");

    {
        const tad_op *op = tad_op_find("softplus");
        void *options = malloc(op->options_size);
        if (!options) return;
        OK(tad_options_by_name(t, op, &beta, 1, options));
        IS(tad_apply(op, &x, 1, options, NULL, 0), "[0.346574, 1.06346]");
        free(options);
    }

    {
        size_t linear = 0;
        for (size_t i = 0; i < tad_op_count(); i++)
            linear += tad_op_at(i)->flags & TAD_OP_LINEAR ? 1 : 0;
        IS(linear > 10, true);
    }

    IS(tad_op_find("no such op") == NULL, true);
}

static void hooks(tad_tape *t) {
    const tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 2, 3});

    OK(tad_reverse(call(&half_square, call(&opposite, x))));
    IS(tad_gradient(x), "[1, 2, 3]");

    const tad_var sum = tad_apply(&plus, (tad_var[]){x, x}, 2, NULL, NULL, 0);
    OK(tad_reverse(call(&total, sum)));
    IS(sum, "[2, 4, 6]");
    IS(tad_gradient(x), "[2, 2, 2]");

    const tad_var y = tad_add(x, call(&opposite, x)); /* gradients that are added to others */
    OK(tad_reverse(
        tad_add(call(&half_square, y), tad_add(call(&total, x), call(&half_square, x)))));
    IS(tad_gradient(x), "[2, 3, 4]");

    IS(tad_is_nil(call(&opposite, tad_scalar(t, 1))), true);
    IS(tad_message(t), "opposite: (): 0 axes, not one");
    tad_tape_clear(t);
}

static bool keep(void *user, const char *text, size_t length) {
    strncat(user, text, length);
    return true;
}

static void in_programs(tad_tape *t) {
    const tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 2, 3});
    const tad_var y = call(&opposite, tad_flip(x, tad_all()));
    static char text[10000];
    tad_program *p;
    OK(tad_freeze(&x, 1, &y, 1, NULL, &p));
    OK(tad_program_c(p, NULL, keep, text));
    IS(strstr(text, "for (long long i = 0; i < 3; i++) out0[i] = -in0[i * -1];") != NULL, true);
    IS(y, "[-3, -2, -1]");
    tad_program_free(p);
}

EXAMPLES(axes, calls, hooks, in_programs)
