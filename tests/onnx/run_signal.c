/* Fourier transforms and windows. Rests on node.h. */
#include <math.h>

#include "rows.h"

/* ONNX's last axis has one number, the real part, or two. */
static tad_var complex_of(node_run *r, tad_var x) {
    const tad_shape s = tad_shape_of(x);
    if (s.rank < 2 || s.dim[s.rank - 1] == 2) return x;
    integers width = {.given = true, .n = 2 * (size_t)s.rank};
    width.v[width.n - 1] = 1;
    return call(r, "pad", IN(x), WITH(LIST("pad_width", width)));
}

/* The results of the tests were computed in float64, and have elements that cancel to 0 there. */
void run_dft(node_run *r, const row *is) {
    const tad_dtype dtype = tad_dtype_of(input(r, 0));
    const tad_var x = cast(r, complex_of(r, input(r, 0)), TAD_F64);
    const tad_shape s = tad_shape_of(x);
    const int64_t axis = axis_of(r, integer(r, "axis", 1), s.rank - 1);
    const bool inverse = integer(r, "inverse", 0), onesided = integer(r, "onesided", 0);
    if (!going(r)) return;
    const int64_t n = (int64_t)input_number(r, 1, (double)s.dim[axis]);
    const tad_var y =
        call(r, inverse ? "ifft" : is->op, IN(x), WITH(INT("axis", axis), INT("n", n)));
    r->out[0] = cast(r, onesided ? slice_axis(r, y, axis, 0, n / 2 + 1) : y, dtype);
}

/* Transforms of pieces of a real signal (images, time, 1), each `step` behind the one before. */
void run_stft(node_run *r, const row *is) {
    const tad_var x = input(r, 0), window = input(r, 2);
    const tad_shape s = tad_shape_of(x);
    const int64_t step = (int64_t)input_number(r, 1, 1);
    const int64_t length = (int64_t)input_number(r, 3, (double)tad_size_of(window));
    if (s.rank != 3 || s.dim[2] != 1 || step < 1 || length < 1) skip(r, INPUT, "0 is not real");
    if (!integer(r, "onesided", 1)) skip(r, ATTRIBUTE, "onesided");
    if (!going(r)) return;
    const int64_t pieces = (s.dim[1] - length) / step + 1;
    const tad_var begin = tad_arange(r->tape, TAD_F64, 0, (double)(pieces * step), (double)step);
    const tad_var within = tad_arange(r->tape, TAD_F64, 0, (double)length, 1);
    const tad_var times =
        call(r, "add", IN(reshape(r, begin, (int64_t[]){pieces, 1}, 2), within), PLAIN);
    const tad_var flat = reshape(r, cast(r, times, TAD_I64), (int64_t[]){-1}, 1);
    const tad_var picked = call(r, "index_select", IN(x, flat), WITH(INT("axis", 1)));
    tad_var y = reshape(r, picked, (int64_t[]){s.dim[0], pieces, length}, 3);
    if (!tad_is_none(window)) y = call(r, "mul", IN(y, window), PLAIN);
    r->out[0] = call(r, is->op, IN(y), PLAIN);
}

/* add + factor cos(times angle) */
static tad_var cosine(node_run *r, tad_var angle, double times, double factor, tad_var add) {
    const tad_var turned =
        call(r, "cos", IN(call(r, "mul", IN(angle, tad_number(times)), PLAIN)), PLAIN);
    return call(r, "fma", IN(turned, tad_number(factor), add), PLAIN);
}

/* a - b cos(t) + (1 - a - b) cos(2 t), t from 0 to 2 pi: Hann's, Hamming's, Blackman's. */
void run_window(node_run *r, const row *is) {
    const double size = input_number(r, 0, 0);
    const bool periodic = integer(r, "periodic", 1);
    const double a = is->number[0].initial, b = is->number[1].initial;
    const tad_dtype dtype = onnx_dtype(integer(r, "output_datatype", ONNX_FLOAT));
    if (dtype == TAD_DTYPE_COUNT) skip(r, TYPE, "of the result");
    if (!going(r)) return;
    const tad_var steps = tad_arange(r->tape, dtype, 0, size, 1);
    const double unit = 2 * acos(-1.0) / (periodic ? size : size - 1);
    const tad_var line = cosine(r, steps, unit, -b, tad_number(a));
    r->out[0] = cosine(r, steps, 2 * unit, 1 - a - b, line);
}
