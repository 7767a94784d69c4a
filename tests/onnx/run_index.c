/* Operators with indices, orders and scans. ONNX counts negative indices from the end, tad refuses
 * them. Rests on node.h. */
#include <stdlib.h>

#include "rows.h"

void run_gather(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    const tad_shape s = tad_shape_of(x);
    const int64_t axis = axis_of(r, integer(r, "axis", 0), s.rank);
    const tad_var index = from_front(r, input(r, 1), going(r) ? s.dim[axis] : 0);
    const tad_shape at = tad_shape_of(index);
    int64_t dim[2 * TAD_MAX_RANK];
    size_t n = 0;
    const tad_var picked =
        call(r, is->op, IN(x, reshape(r, index, (int64_t[]){-1}, 1)), WITH(INT("axis", axis)));
    if (!going(r)) return;
    for (int i = 0; i < axis; i++) dim[n++] = s.dim[i];
    for (int i = 0; i < at.rank; i++) dim[n++] = at.dim[i];
    for (int i = (int)axis + 1; i < s.rank; i++) dim[n++] = s.dim[i];
    r->out[0] = reshape(r, picked, dim, n);
}

void run_gather_elements(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    const tad_shape s = tad_shape_of(x);
    const int64_t axis = axis_of(r, integer(r, "axis", 0), s.rank);
    const tad_var index = from_front(r, input(r, 1), going(r) ? s.dim[axis] : 0);
    r->out[0] = call(r, is->op, IN(x, index), WITH(INT("axis", axis)));
}

/* x with src scattered into it. What is replaced, not added to, is found by scattering ones. */
static tad_var scatter(node_run *r, const char *op, tad_var x, tad_var index, tad_var src,
                       int64_t axis) {
    const bool adds = word(r, "reduction", "add", "none");
    if (!adds && !word(r, "reduction", "none", "none")) skip(r, ATTRIBUTE, "reduction");
    if (!going(r)) return tad_none();
    if (adds) return call(r, op, IN(x, index, src), WITH(INT("axis", axis)));
    const tad_dtype dtype = tad_dtype_of(x);
    const tad_var zeros = tad_full(r->tape, dtype, tad_shape_of(x), 0);
    const tad_var ones = tad_full(r->tape, dtype, tad_shape_of(src), 1);
    const tad_var hits = call(r, op, IN(zeros, index, ones), WITH(INT("axis", axis)));
    const tad_var sums = call(r, op, IN(zeros, index, src), WITH(INT("axis", axis)));
    return call(r, "where", IN(cast(r, hits, TAD_BOOL), sums, x), PLAIN);
}

void run_scatter_elements(node_run *r, const row *is) {
    const tad_var x = input(r, 0), src = input(r, 2);
    const tad_shape s = tad_shape_of(x);
    const int64_t axis = axis_of(r, integer(r, "axis", 0), s.rank);
    const tad_var index = from_front(r, input(r, 1), going(r) ? s.dim[axis] : 0);
    r->out[0] = scatter(r, is->op, x, index, src, axis);
}

/* ---- indices of several axes: x as a matrix whose rows they name ---- */

typedef struct tuples {
    tad_var rows;  /* int64 (n): the row that each tuple names */
    int64_t n;     /* tuples */
    int64_t count; /* rows of x; of `wide` elements each */
    int64_t wide;
    int named; /* axes of x that are named, with the `batches` axes before them */
} tuples;

static bool find_rows(node_run *r, const tad_shape *s, const tad_shape *at, int batches,
                      const int64_t *index, tuples *t) {
    const int depth = (int)at->dim[at->rank - 1];
    int64_t *row = malloc(sizeof *row * (size_t)(t->n + 1)), per_batch = t->n;
    for (int i = 0; i < batches; i++) per_batch /= s->dim[i] ? s->dim[i] : 1;
    for (int64_t i = 0; row && i < t->n; i++) {
        row[i] = batches ? i / per_batch : 0;
        for (int k = 0; k < depth; k++) {
            const int64_t size = s->dim[batches + k], j = index[i * depth + k];
            row[i] = row[i] * size + (j < 0 ? j + size : j);
        }
    }
    t->rows = row ? constant_list(r, row, (size_t)t->n) : tad_none();
    free(row);
    return row && going(r);
}

static bool read_tuples(node_run *r, int batches, tuples *t) {
    const tad_shape s = tad_shape_of(input(r, 0)), at = tad_shape_of(input(r, 1));
    const int64_t *index = tad_data(input(r, 1));
    const int depth = index && at.rank > 0 ? (int)at.dim[at.rank - 1] : 0;
    if (depth < 1 || batches < 0 || batches + depth > s.rank || batches >= at.rank)
        skip(r, INPUT, "1 has other axes");
    if (!going(r)) return false;
    *t = (tuples){
        .n = tad_size_of(input(r, 1)) / depth, .count = 1, .wide = 1, .named = batches + depth};
    for (int i = 0; i < s.rank; i++) *(i < t->named ? &t->count : &t->wide) *= s.dim[i];
    return find_rows(r, &s, &at, batches, index, t);
}

void run_gather_nd(node_run *r, const row *is) {
    tuples t;
    const tad_shape s = tad_shape_of(input(r, 0)), at = tad_shape_of(input(r, 1));
    int64_t dim[2 * TAD_MAX_RANK];
    size_t n = 0;
    if (!read_tuples(r, (int)integer(r, "batch_dims", 0), &t)) return;
    const tad_var x = reshape(r, input(r, 0), (int64_t[]){t.count, t.wide}, 2);
    const tad_var picked = call(r, is->op, IN(x, t.rows), WITH(INT("axis", 0)));
    for (int i = 0; i < at.rank - 1; i++) dim[n++] = at.dim[i];
    for (int i = t.named; i < s.rank; i++) dim[n++] = s.dim[i];
    r->out[0] = reshape(r, picked, dim, n);
}

void run_scatter_nd(node_run *r, const row *is) {
    tuples t;
    const tad_shape s = tad_shape_of(input(r, 0));
    if (!read_tuples(r, 0, &t)) return;
    const tad_var x = reshape(r, input(r, 0), (int64_t[]){t.count, t.wide}, 2);
    const tad_var src = reshape(r, input(r, 2), (int64_t[]){t.n, t.wide}, 2);
    const integers whole = {.given = true, .n = 2, .v = {t.n, t.wide}};
    const tad_var index = call(r, "broadcast_to", IN(reshape(r, t.rows, (int64_t[]){t.n, 1}, 2)),
                               WITH(LIST("shape", whole)));
    r->out[0] = reshape(r, scatter(r, is->op, x, index, src, 0), s.dim, (size_t)s.rank);
}

/* Zeros behind x, as many as make it as large as input 2 says. */
static tad_var grown(node_run *r, tad_var x) {
    const tad_shape s = tad_shape_of(x);
    const integers to = input_list(r, 2);
    integers width = {.given = true, .n = 2 * to.n};
    if (!to.given || !going(r) || (int)to.n != s.rank || to.n > TAD_MAX_RANK) return x;
    for (size_t i = 0; i < to.n; i++) width.v[2 * i + 1] = to.v[i] - s.dim[i];
    return call(r, "pad", IN(x), WITH(LIST("pad_width", width)));
}

/* Indices are flat ones, in a result as large as the windows reach. */
void run_max_unpool(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    const integers kernel = list(r, "kernel_shape"), stride = list(r, "strides");
    tad_shape s = tad_shape_of(x);
    if (!stride.given) skip(r, ATTRIBUTE, "strides");
    for (int i = 2; i < s.rank && i - 2 < (int)kernel.n && i - 2 < (int)stride.n; i++)
        s.dim[i] = (s.dim[i] - 1) * stride.v[i - 2] + kernel.v[i - 2];
    if (!going(r)) return;
    const int64_t flat[] = {-1};
    const tad_var zeros = tad_full(r->tape, tad_dtype_of(x), s, 0);
    const tad_var y = call(
        r, is->op,
        IN(reshape(r, zeros, flat, 1), reshape(r, input(r, 1), flat, 1), reshape(r, x, flat, 1)),
        WITH(INT("axis", 0)));
    r->out[0] = grown(r, reshape(r, y, s.dim, (size_t)s.rank));
}

/* ---- conditions as indices ---- */

void run_compress(node_run *r, const row *is) {
    tad_var x = input(r, 0);
    const tad_var condition = input(r, 1);
    const onnx_attribute *a = attribute(r, "axis");
    const int64_t n = tad_size_of(condition);
    const uint8_t *chosen = tad_dtype_of(condition) == TAD_BOOL ? tad_data(condition) : NULL;
    int64_t index[ONNX_INTS];
    size_t count = 0;
    if (!chosen || n > ONNX_INTS) skip(r, INPUT, "1 is no short list of conditions");
    if (!going(r)) return;
    for (int64_t i = 0; i < n; i++)
        if (chosen[i]) index[count++] = i;
    if (!a) x = reshape(r, x, (int64_t[]){-1}, 1);
    r->out[0] = call(r, is->op, IN(x, constant_list(r, index, count)),
                     WITH(INT("axis", a ? a->integer : 0)));
}

/* Indices may be numbers of any type; they become an axis of `off` and one `on`. */
void run_one_hot(node_run *r, const row *is) {
    const int64_t depth = (int64_t)input_number(r, 1, 0);
    const tad_var index = from_front(r, cast(r, input(r, 0), TAD_I64), depth), values = input(r, 2);
    const int rank = tad_shape_of(index).rank + 1;
    const tad_var hot = call(r, is->op, IN(index), WITH(INT("num_classes", depth)));
    const int64_t axis = axis_of(r, integer(r, "axis", -1), rank);
    const tad_var chosen = cast(r, move_last(r, hot, axis), TAD_BOOL);
    r->out[0] =
        call(r, "where", IN(chosen, slice_axis(r, values, 0, 1, 2), slice_axis(r, values, 0, 0, 1)),
             PLAIN);
}

/* The first `length` elements of each batch in reverse order. */
void run_reverse_sequence(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    const tad_shape s = tad_shape_of(x);
    const integers length = input_list(r, 1);
    const bool time_first = integer(r, "time_axis", 0) == 0;
    integer(r, "batch_axis", 1);
    if (s.rank != 2) skip(r, INPUT, "0 is no matrix");
    if (!going(r) || s.dim[time_first] != (int64_t)length.n) return;
    const int64_t n = s.dim[0] * s.dim[1];
    int64_t *index = malloc(sizeof *index * (size_t)(n + 1));
    for (int64_t i = 0; index && i < n; i++) {
        const int64_t time = time_first ? i / s.dim[1] : i % s.dim[1];
        const int64_t end = length.v[time_first ? i % s.dim[1] : i / s.dim[1]];
        index[i] = time < end ? end - 1 - time : time;
    }
    if (index)
        r->out[0] = call(r, is->op, IN(x, tad_constant(r->tape, TAD_I64, s, index)),
                         WITH(INT("axis", time_first ? 0 : 1)));
    free(index);
}

/* ---- orders, scans ---- */

void run_topk(node_run *r, const row *is) {
    const int64_t k = (int64_t)input_number(r, 1, 0);
    integer(r, "sorted", 1); /* they are */
    call_all(r, is->op, IN(input(r, 0)),
             WITH(INT("k", k), INT("axis", integer(r, "axis", -1)),
                  FLAG("largest", integer(r, "largest", 1))),
             r->out, 2);
}

void run_cumsum(node_run *r, const row *is) {
    const tad_var x = input(r, 0);
    const int64_t axis = (int64_t)input_number(r, 1, 0);
    const tad_var sums =
        call(r, is->op, IN(x), WITH(INT("axis", axis), FLAG("reverse", integer(r, "reverse", 0))));
    r->out[0] = integer(r, "exclusive", 0) ? call(r, "sub", IN(sums, x), PLAIN) : sums;
}
