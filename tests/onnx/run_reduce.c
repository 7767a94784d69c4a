/* Operators over axes: reductions, softmax, products of matrices. Rests on node.h. */
#include "rows.h"

/* ---- reductions ---- */

static tad_var over(node_run *r, const char *op, tad_var x, const integers *axes, double p) {
    const bool keep = integer(r, "keepdims", 1);
    if (p)
        return call(r, op, IN(x),
                    WITH(LIST("axis", *axes), FLAG("keepdims", keep), NUMBER("p", p)));
    return call(r, op, IN(x), WITH(LIST("axis", *axes), FLAG("keepdims", keep)));
}

/* ReduceL1, ReduceL2: the number is the norm's p. */
void run_reduce(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    const bool nothing = integer(r, "noop_with_empty_axes", 0);
    integer(r, "keepdims", 1);
    integers axes = list_or_input(r, "axes", 1);
    if (axes.n == 0) axes.given = false;
    if (!axes.given && nothing)
        r->out[0] = x;
    else
        r->out[0] = over(r, is->op, x, &axes, is->number[0].initial);
}

void run_reduce_log_sum(node_run *r, const row *is) {
    const integers axes = list_or_input(r, "axes", 1);
    r->out[0] = call(r, is->op, IN(over(r, "sum", input(r, 0), &axes, 0)), PLAIN);
}

void run_reduce_sum_square(node_run *r, const row *is) {
    const integers axes = list_or_input(r, "axes", 1);
    r->out[0] = over(r, "sum", call(r, is->op, IN(input(r, 0)), PLAIN), &axes, 0);
}

/* The last of equals is the first from behind. */
void run_arg(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    const tad_shape s = tad_shape_of(x);
    const int64_t axis = axis_of(r, integer(r, "axis", 0), s.rank);
    const bool last = integer(r, "select_last_index", 0);
    const integers axes = {.given = true, .n = 1, .v = {axis}};
    if (!last) {
        r->out[0] = over(r, is->op, x, &axes, 0);
        return;
    }
    const tad_var turned = call(r, "flip", IN(x), WITH(LIST("axes", axes)));
    const tad_var place = cast(r, over(r, is->op, turned, &axes, 0), TAD_F64);
    const double end = going(r) ? (double)s.dim[axis] - 1 : 0;
    r->out[0] = cast(r, call(r, "sub", IN(tad_number(end), place), PLAIN), TAD_I64);
}

/* ---- softmax ---- */

/* Before version 13 all axes from this one on were one. */
void run_softmax(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    const tad_shape s = tad_shape_of(x);
    const bool old = r->opset < 13;
    const int64_t axis = axis_of(r, integer(r, "axis", old ? 1 : -1), s.rank);
    if (!old) {
        r->out[0] = call(r, is->op, IN(x), WITH(INT("axis", axis)));
        return;
    }
    int64_t rows = 1;
    for (int i = 0; i < axis; i++) rows *= s.dim[i];
    const tad_var y =
        call(r, is->op, IN(reshape(r, x, (int64_t[]){rows, -1}, 2)), WITH(INT("axis", 1)));
    r->out[0] = reshape(r, y, s.dim, (size_t)(s.rank > 0 ? s.rank : 0));
}

/* A 1 at the largest. */
void run_hardmax(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    const tad_shape s = tad_shape_of(x);
    const int64_t axis = axis_of(r, integer(r, "axis", -1), s.rank);
    if (!going(r)) return;
    const tad_var place = call(r, "argmax", IN(x), WITH(INT("axis", axis)));
    const tad_var hot = call(r, is->op, IN(place), WITH(INT("num_classes", s.dim[axis])));
    r->out[0] = cast(r, move_last(r, hot, axis), tad_dtype_of(x));
}

/* ---- products ---- */

static tad_var turned(node_run *r, tad_var x, const char *whether) {
    const bool turn = integer(r, whether, 0);
    return turn ? call(r, "transpose", IN(x), WITH(INT("axis0", 0), INT("axis1", 1))) : x;
}

void run_gemm(node_run *r, const row *is) {
    const tad_var a = turned(r, input(r, 0), "transA"), b = turned(r, input(r, 1), "transB");
    const double alpha = number(r, "alpha", 1), beta = number(r, "beta", 1);
    if (r->opset < 7) integer(r, "broadcast", 0); /* always, since then */
    if (has_input(r, 2))
        r->out[0] = call(r, is->op, IN(input(r, 2), a, b),
                         WITH(NUMBER("alpha", alpha), NUMBER("beta", beta)));
    else
        r->out[0] =
            call(r, "mul", IN(call(r, "matmul", IN(a, b), PLAIN), tad_number(alpha)), PLAIN);
}

void run_einsum(node_run *r, const row *is) {
    const onnx_attribute *a = attribute(r, "equation");
    char equation[200] = "";
    tad_var in[ONNX_NAMES];
    if (!a || a->text.count >= sizeof equation) skip(r, ATTRIBUTE, "equation");
    if (!going(r)) return;
    for (size_t i = 0; i < a->text.count; i++) equation[i] = (char)a->text.data[i];
    for (size_t i = 0; i < r->node->n_in; i++) in[i] = input(r, i);
    r->out[0] = call(r, is->op, in, r->node->n_in, WITH(TEXT("equation", equation)));
}
