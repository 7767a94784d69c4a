/* Operators that work element by element, and choices. Rests on node.h. */
#include <math.h>

#include "rows.h"

/* In a graph of several nodes integers are shapes and indices: they are computed with as float64,
 * which holds them exactly. A test of integers alone is one of a type that the op does not have. */
static tad_var apply(node_run *r, const char *op, tad_var *in, size_t n) {
    const bool indices = !r->alone && n > 0 && tad_dtype_of(in[0]) == TAD_I64;
    for (size_t i = 0; indices && i < n; i++) in[i] = cast(r, in[i], TAD_F64);
    const tad_var y = call(r, op, in, n, PLAIN);
    return indices ? cast(r, y, TAD_I64) : y;
}

static size_t all_inputs(node_run *r, tad_var *in) {
    for (size_t i = 0; i < r->node->n_in; i++) in[i] = input(r, i);
    return r->node->n_in;
}

/* b with ones behind, so that its axes meet those of a from `axis` on. */
static tad_var aligned(node_run *r, tad_var a, tad_var b, int64_t axis) {
    tad_shape s = tad_shape_of(b);
    const int rank = tad_shape_of(a).rank;
    axis = axis_of(r, axis, rank);
    while (going(r) && s.rank + axis < rank && s.rank < TAD_MAX_RANK) s.dim[s.rank++] = 1;
    return going(r) ? reshape(r, b, s.dim, (size_t)s.rank) : b;
}

/* Before version 7 two operands broadcast when it was said, at an axis. */
void run_plain(node_run *r, const row *is) {
    tad_var in[ONNX_NAMES];
    const size_t n = all_inputs(r, in);
    const onnx_attribute *axis = r->opset < 7 && n == 2 ? attribute(r, "axis") : NULL;
    if (r->opset < 7 && n == 2) integer(r, "broadcast", 0);
    if (axis) in[1] = aligned(r, in[0], in[1], axis->integer);
    r->out[0] = apply(r, is->op, in, n);
}

void run_choice(node_run *r, const row *is) {
    tad_var in[ONNX_NAMES];
    const size_t n = all_inputs(r, in);
    r->out[0] = call(r, is->op, in, n, PLAIN);
}

void run_numbers(node_run *r, const row *is) {
    tad_value with[2];
    size_t n = 0;
    for (; n < 2 && is->number[n].onnx; n++)
        with[n] = (tad_value)NUMBER(is->number[n].tad,
                                    number(r, is->number[n].onnx, is->number[n].initial));
    r->out[0] = call(r, is->op, IN(input(r, 0)), with, n);
}

/* op(op(a, b), c) ... */
void run_chain(node_run *r, const row *is) {
    r->out[0] = input(r, 0);
    for (size_t i = 1; i < r->node->n_in; i++)
        r->out[0] = apply(r, is->op, (tad_var[]){r->out[0], input(r, i)}, 2);
}

void run_sum(node_run *r, const row *is) {
    tad_var in[ONNX_NAMES];
    const size_t n = all_inputs(r, in);
    const bool mean = is_text(r->node->op_type, "Mean");
    const tad_var sum = call(r, is->op, in, n, PLAIN);
    r->out[0] = mean ? call(r, "div", IN(sum, tad_number((double)n)), PLAIN) : sum;
}

/* Before version 7 a vector was one number for each channel. */
void run_prelu(node_run *r, const row *is) {
    const tad_var x = input(r, 0), slope = input(r, 1);
    const bool channels = r->opset < 7 && tad_shape_of(x).rank > 1 && tad_size_of(slope) > 1;
    r->out[0] = call(r, is->op, IN(x, channels ? aligned(r, x, slope, 1) : slope), PLAIN);
}

void run_mod(node_run *r, const row *is) {
    (void)is;
    const char *op = integer(r, "fmod", 0) ? "fmod" : "remainder";
    r->out[0] = call(r, op, IN(input(r, 0), input(r, 1)), PLAIN);
}

/* The exponent may be of another type. */
void run_pow(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    r->out[0] = call(r, is->op, IN(x, cast(r, input(r, 1), tad_dtype_of(x))), PLAIN);
}

void run_clip(node_run *r, const row *is) {
    const bool old = r->opset < 11;
    const double least = old ? number(r, "min", -INFINITY) : input_number(r, 1, -INFINITY);
    const double most = old ? number(r, "max", INFINITY) : input_number(r, 2, INFINITY);
    r->out[0] = call(r, is->op, IN(input(r, 0)), WITH(NUMBER("min", least), NUMBER("max", most)));
}

void run_selu(node_run *r, const row *is) {
    const double alpha = number(r, "alpha", 1.67326319217681884765625);
    const double gamma = number(r, "gamma", 1.05070102214813232421875);
    const tad_var x = input(r, 0);
    if (r->node->n_attributes == 0)
        r->out[0] = call(r, is->op, IN(x), PLAIN);
    else
        r->out[0] =
            call(r, "mul",
                 IN(call(r, "elu", IN(x), WITH(NUMBER("alpha", alpha))), tad_number(gamma)), PLAIN);
}

void run_hardsigmoid(node_run *r, const row *is) {
    const tad_var line = call(
        r, "fma",
        IN(input(r, 0), tad_number(number(r, "alpha", 0.2)), tad_number(number(r, "beta", 0.5))),
        PLAIN);
    r->out[0] = call(r, is->op, IN(line), WITH(NUMBER("min", 0), NUMBER("max", 1)));
}

/* What is at most alpha becomes 0. */
void run_thresholded(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    const tad_var above = call(r, "greater", IN(x, tad_number(number(r, "alpha", 1))), PLAIN);
    r->out[0] = call(r, is->op, IN(above, x, tad_number(0)), PLAIN);
}

void run_shrink(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    const double lambd = number(r, "lambd", 0.5), bias = number(r, "bias", 0);
    const tad_var above = call(r, "greater", IN(x, tad_number(lambd)), PLAIN);
    const tad_var below = call(r, "less", IN(x, tad_number(-lambd)), PLAIN);
    const tad_var down = call(r, "sub", IN(x, tad_number(bias)), PLAIN);
    const tad_var up = call(r, "add", IN(x, tad_number(bias)), PLAIN);
    const tad_var inner = call(r, is->op, IN(above, down, tad_number(0)), PLAIN);
    r->out[0] = call(r, is->op, IN(below, up, inner), PLAIN);
}

void run_isnan(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    r->out[0] = call(r, is->op, IN(x, x), PLAIN);
}

void run_isinf(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    const bool positive = integer(r, "detect_positive", 1),
               negative = integer(r, "detect_negative", 1);
    const tad_var above = call(r, is->op, IN(x, tad_number(positive ? INFINITY : NAN)), PLAIN);
    const tad_var below = call(r, is->op, IN(x, tad_number(negative ? -INFINITY : NAN)), PLAIN);
    r->out[0] = call(r, "logical_or", IN(above, below), PLAIN);
}

void run_cast(node_run *r, const row *is) {
    (void)is;
    const tad_dtype to = onnx_dtype(integer(r, "to", 0));
    if (to == TAD_DTYPE_COUNT) skip(r, TYPE, "to %lld", (long long)integer(r, "to", 0));
    r->out[0] = cast(r, input(r, 0), to);
}

void run_cast_like(node_run *r, const row *is) {
    (void)is;
    r->out[0] = cast(r, input(r, 0), tad_dtype_of(input(r, 1)));
}

void run_identity(node_run *r, const row *is) {
    (void)is;
    r->out[0] = input(r, 0);
}

/* Whoever trains drops by random numbers that only NumPy has; else nothing is dropped. */
void run_dropout(node_run *r, const row *is) {
    (void)is;
    const tad_var x = input(r, 0);
    const double ratio = input_number(r, 1, number(r, "ratio", 0.5));
    const bool trains = input_number(r, 2, 0) != 0;
    integer(r, "seed", 0);
    if (trains && ratio != 0) skip(r, RANDOM, "what is dropped");
    r->out[0] = x;
    if (r->node->n_out > 1) r->out[1] = tad_full(r->tape, TAD_BOOL, tad_shape_of(x), 1);
}
