/* Operators that move elements or make arrays. Rests on node.h. */
#include <stdlib.h>

#include "rows.h"

static int64_t elements(const tad_shape *s, int first, int end) {
    int64_t n = 1;
    for (int i = first; i < end; i++) n *= s->dim[i];
    return n;
}

/* ---- arrays out of nothing ---- */

static tad_var constant_tensor(node_run *r, wire_bytes message) {
    onnx_tensor t;
    void *values = NULL;
    tad_var v = tad_none();
    if (onnx_read_tensor(message, &t)) values = onnx_values(&t);
    if (values)
        v = tad_constant(r->tape, onnx_dtype(t.type), t.shape, values);
    else
        skip(r, TYPE, "of a constant");
    free(values);
    return v;
}

void run_constant(node_run *r, const row *is) {
    (void)is;
    const onnx_attribute *tensor = attribute(r, "value"), *f = attribute(r, "value_float");
    const onnx_attribute *i = attribute(r, "value_int"), *l = attribute(r, "value_ints");
    if (tensor) r->out[0] = constant_tensor(r, tensor->tensor);
    if (f) r->out[0] = tad_full(r->tape, TAD_F32, TAD_0D, (double)f->number);
    if (i) r->out[0] = tad_full(r->tape, TAD_I64, TAD_0D, (double)i->integer);
    if (l) r->out[0] = constant_list(r, l->ints, l->n_ints);
}

void run_constant_of_shape(node_run *r, const row *is) {
    (void)is;
    const integers to = input_list(r, 0);
    const onnx_attribute *a = attribute(r, "value");
    tad_dtype dtype = TAD_F32;
    double value = 0;
    if (a) {
        const tad_var v = constant_tensor(r, a->tensor);
        if (going(r)) value = tad_item(v);
        dtype = tad_dtype_of(v);
    }
    tad_shape shape = {(int)to.n, {0}};
    for (size_t i = 0; i < to.n && i < TAD_MAX_RANK; i++) shape.dim[i] = to.v[i];
    if (going(r)) r->out[0] = tad_full(r->tape, dtype, shape, value);
}

/* Ones k above the diagonal: a larger one, cut off. */
void run_eye(node_run *r, const row *is) {
    (void)is;
    const tad_var x = input(r, 0);
    const tad_shape s = tad_shape_of(x);
    const int64_t k = integer(r, "k", 0), rows = k > 0 ? k : 0, columns = k < 0 ? -k : 0;
    const onnx_attribute *a = attribute(r, "dtype");
    const tad_dtype dtype = a ? onnx_dtype(a->integer) : tad_dtype_of(x);
    if (s.rank != 2) skip(r, INPUT, "0 is no matrix");
    if (dtype == TAD_DTYPE_COUNT) skip(r, TYPE, "of the result");
    if (!going(r)) return;
    const tad_var large = tad_eye(r->tape, dtype, s.dim[0] + rows, s.dim[1] + columns);
    r->out[0] = slice_axis(r, slice_axis(r, large, 0, rows, s.dim[0] + rows), 1, columns,
                           s.dim[1] + columns);
}

void run_range(node_run *r, const row *is) {
    (void)is;
    const double start = input_number(r, 0, 0), stop = input_number(r, 1, 0);
    r->out[0] = tad_arange(r->tape, tad_dtype_of(input(r, 0)), start, stop, input_number(r, 2, 1));
}

static int64_t clip(int64_t i, int rank) {
    if (i < 0) i += rank;
    return i < 0 ? 0 : i > rank ? rank : i;
}

void run_shape(node_run *r, const row *is) {
    (void)is;
    const tad_shape s = tad_shape_of(input(r, 0));
    const int64_t begin = clip(integer(r, "start", 0), s.rank);
    const int64_t end = clip(integer(r, "end", s.rank), s.rank);
    r->out[0] = constant_list(r, s.dim + begin, end > begin ? (size_t)(end - begin) : 0);
}

void run_size(node_run *r, const row *is) {
    (void)is;
    r->out[0] = tad_full(r->tape, TAD_I64, TAD_0D, (double)tad_size_of(input(r, 0)));
}

/* ---- shapes ---- */

/* 0 stands for the size that x has there. */
void run_reshape(node_run *r, const row *is) {
    (void)is;
    const tad_var x = input(r, 0);
    const tad_shape s = tad_shape_of(x);
    integers to = list_or_input(r, "shape", 1);
    const bool zeros = integer(r, "allowzero", 0);
    for (size_t i = 0; i < to.n && !zeros; i++)
        if (to.v[i] == 0 && (int)i < s.rank) to.v[i] = s.dim[i];
    r->out[0] = reshape(r, x, to.v, to.n);
}

/* Always a matrix. */
void run_flatten(node_run *r, const row *is) {
    (void)is;
    const tad_var x = input(r, 0);
    const tad_shape s = tad_shape_of(x);
    int64_t axis = integer(r, "axis", 1);
    axis = axis == s.rank ? axis : axis_of(r, axis, s.rank);
    if (!going(r)) return;
    r->out[0] =
        reshape(r, x, (int64_t[]){elements(&s, 0, (int)axis), elements(&s, (int)axis, s.rank)}, 2);
}

void run_squeeze(node_run *r, const row *is) {
    const integers axes = list_or_input(r, "axes", 1);
    r->out[0] = call(r, is->op, IN(input(r, 0)), WITH(LIST("axis", axes)));
}

/* Axes are counted in the result: those in front come first. */
void run_unsqueeze(node_run *r, const row *is) {
    tad_var x = input(r, 0);
    const integers axes = list_or_input(r, "axes", 1);
    const int rank = tad_shape_of(x).rank + (int)axes.n;
    bool is_new[2 * ONNX_INTS] = {false};
    for (size_t i = 0; i < axes.n; i++) is_new[axis_of(r, axes.v[i], rank)] = true;
    for (int i = 0; i < rank && going(r); i++)
        if (is_new[i]) x = call(r, is->op, IN(x), WITH(INT("axis", i)));
    r->out[0] = x;
}

void run_transpose(node_run *r, const row *is) {
    const integers order = list(r, "perm");
    r->out[0] = call(r, is->op, IN(input(r, 0)), WITH(LIST("axes", order)));
}

/* The given shape and x's broadcast both ways. */
void run_expand(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    const tad_shape s = tad_shape_of(x);
    integers to = input_list(r, 1);
    const int extra = s.rank > (int)to.n ? s.rank - (int)to.n : 0;
    if (!going(r) || to.n + (size_t)extra > TAD_MAX_RANK) return;
    for (size_t i = to.n; i-- > 0;) to.v[i + (size_t)extra] = to.v[i];
    for (int i = 0; i < extra; i++) to.v[i] = 1;
    to.n += (size_t)extra;
    for (int i = 0; i < s.rank; i++) {
        int64_t *d = &to.v[(int)to.n - s.rank + i];
        if (*d == 1) *d = s.dim[i];
    }
    r->out[0] = call(r, is->op, IN(x), WITH(LIST("shape", to)));
}

/* ---- parts ---- */

void run_concat(node_run *r, const row *is) {
    tad_var in[ONNX_NAMES];
    for (size_t i = 0; i < r->node->n_in; i++) in[i] = input(r, i);
    r->out[0] = call(r, is->op, in, r->node->n_in, WITH(INT("axis", integer(r, "axis", 0))));
}

void run_split(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    const tad_shape s = tad_shape_of(x);
    const int64_t axis = axis_of(r, integer(r, "axis", 0), s.rank);
    integers sizes = list_or_input(r, "split", 1);
    if (!going(r)) return;
    if (!sizes.given) {
        sizes = (integers){.given = true, .n = r->node->n_out};
        for (size_t i = 0; i < sizes.n; i++) sizes.v[i] = s.dim[axis] / (int64_t)sizes.n;
    }
    call_all(r, is->op, IN(x), WITH(LIST("sizes", sizes), INT("axis", axis)), r->out,
             r->node->n_out);
}

void run_slice(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    const int rank = tad_shape_of(x).rank;
    const integers begin = list_or_input(r, "starts", 1), end = list_or_input(r, "ends", 2);
    const integers axes = list_or_input(r, "axes", 3), step = input_list(r, 4);
    tad_slices s = {.count = rank};
    for (size_t i = 0; i < begin.n && i < end.n && going(r); i++) {
        tad_range *range = &s.range[axis_of(r, axes.given ? axes.v[i] : (int64_t)i, rank)];
        range->start = (tad_maybe_int){true, begin.v[i]};
        range->stop = (tad_maybe_int){true, end.v[i]};
        range->step = (tad_maybe_int){step.given, step.v[i]};
    }
    r->out[0] =
        call(r, is->op, IN(x), WITH({.name = "slices", .kind = TAD_VALUE_SLICES, .slices = &s}));
}

/* ONNX has all that comes before, then all that comes behind. */
void run_pad(node_run *r, const row *is) {
    const integers given = list_or_input(r, "pads", 1);
    const double value = input_number(r, 2, number(r, "value", 0));
    integers width = {.given = true, .n = given.n};
    for (size_t i = 0; i < given.n / 2; i++) {
        width.v[2 * i] = given.v[i];
        width.v[2 * i + 1] = given.v[given.n / 2 + i];
    }
    const char *mode = word(r, "mode", "reflect", "constant") ? "reflect"
                       : word(r, "mode", "edge", "constant")  ? "replicate"
                                                              : "constant";
    r->out[0] = call(r, is->op, IN(input(r, 0)),
                     WITH(LIST("pad_width", width), TEXT("mode", mode), NUMBER("value", value)));
}

void run_tile(node_run *r, const row *is) {
    const integers reps = input_list(r, 1);
    r->out[0] = call(r, is->op, IN(input(r, 0)), WITH(LIST("reps", reps)));
}

/* Nearest, by whole numbers: each element so many times. */
void run_upsample(node_run *r, const row *is) {
    tad_var x = input(r, 0);
    const tad_var scales = input(r, 1);
    double scale[TAD_MAX_RANK];
    const int rank = tad_shape_of(x).rank;
    if (!word(r, "mode", "nearest", "nearest")) skip(r, ATTRIBUTE, "mode");
    if (!going(r) || tad_read(scales, scale, (size_t)rank) != TAD_OK) return;
    for (int i = 0; i < rank && going(r); i++)
        x = call(r, is->op, IN(x), WITH(INT("repeats", (int64_t)scale[i]), INT("axis", i)));
    r->out[0] = x;
}

/* The word of a list that the attribute has, of which the first stands where there is none. */
static const char *one_of(node_run *r, const char *name, const char *const *words, int n) {
    for (int i = 0; i < n; i++)
        if (word(r, name, words[i], words[0])) return words[i];
    skip(r, ATTRIBUTE, "%s", name);
    return words[0];
}

void run_grid_sample(node_run *r, const row *is) {
    static const char *const modes[] = {"bilinear", "nearest", "bicubic"};
    static const char *const paddings[] = {"zeros", "border", "reflection"};
    r->out[0] = call(r, is->op, IN(input(r, 0), input(r, 1)),
                     WITH(TEXT("mode", one_of(r, "mode", modes, 3)),
                          TEXT("padding_mode", one_of(r, "padding_mode", paddings, 3)),
                          FLAG("align_corners", integer(r, "align_corners", 0) != 0)));
}

void run_trilu(node_run *r, const row *is) {
    (void)is;
    const char *op = integer(r, "upper", 1) ? "triu" : "tril";
    const int64_t k = (int64_t)input_number(r, 1, 0);
    r->out[0] = call(r, op, IN(input(r, 0)), WITH(INT("diagonal", k)));
}

/* ---- blocks of a picture as channels ---- */

void run_depth_to_space(node_run *r, const row *is) {
    (void)is;
    const tad_var x = input(r, 0);
    const tad_shape s = tad_shape_of(x);
    const int64_t b = integer(r, "blocksize", 1);
    const bool crd = word(r, "mode", "CRD", "DCR");
    if (s.rank != 4 || b < 1) skip(r, INPUT, "0 has no four axes");
    if (!going(r)) return;
    const int64_t c = s.dim[1] / (b * b), n = s.dim[0], h = s.dim[2], w = s.dim[3];
    const tad_var parts = crd ? reshape(r, x, (int64_t[]){n, c, b, b, h, w}, 6)
                              : reshape(r, x, (int64_t[]){n, b, b, c, h, w}, 6);
    const tad_var moved = crd ? permute(r, parts, (int64_t[]){0, 1, 4, 2, 5, 3}, 6)
                              : permute(r, parts, (int64_t[]){0, 3, 4, 1, 5, 2}, 6);
    r->out[0] = reshape(r, moved, (int64_t[]){n, c, h * b, w * b}, 4);
}

void run_space_to_depth(node_run *r, const row *is) {
    (void)is;
    const tad_var x = input(r, 0);
    const tad_shape s = tad_shape_of(x);
    const int64_t b = integer(r, "blocksize", 1);
    if (s.rank != 4 || b < 1) skip(r, INPUT, "0 has no four axes");
    if (!going(r)) return;
    const int64_t n = s.dim[0], c = s.dim[1], h = s.dim[2] / b, w = s.dim[3] / b;
    const tad_var parts = reshape(r, x, (int64_t[]){n, c, h, b, w, b}, 6);
    const tad_var moved = permute(r, parts, (int64_t[]){0, 3, 5, 1, 2, 4}, 6);
    r->out[0] = reshape(r, moved, (int64_t[]){n, c * b * b, h, w}, 4);
}
