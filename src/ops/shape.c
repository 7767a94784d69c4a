/* Ops that move elements without computing: reshape, transpose, slice, flip, concat and their kin.
 * Most show the input's memory with other strides; concat and stack copy. Rests on tape.h. */
#include <stddef.h>
#include <string.h>

#include "families.h"
#include "tape/error.h"
#include "tape/handle.h"
#include "axes.h"
#include "options.h"
#include "samples.h"

enum {
    RESHAPE,
    FLATTEN,
    SQUEEZE,
    UNSQUEEZE,
    BROADCAST_TO,
    PERMUTE,
    TRANSPOSE,
    FLIP,
    SLICE,
    SLICE_PUT,
    CONCAT,
    STACK
};

typedef struct shape_options {
    tad_shape shape;
} shape_options;
typedef struct axes_options {
    tad_axes axes;
} axes_options;
typedef struct axis_options {
    int64_t axis;
} axis_options;
typedef struct transpose_options {
    int64_t axis0, axis1;
} transpose_options;
typedef struct flatten_options {
    int64_t start_axis, end_axis;
} flatten_options;
typedef struct slice_options {
    tad_slices slices;
    tad_shape shape; /* of slice_put's result */
} slice_options;

/* ---- headers of any rank on the stack ---- */

typedef union header {
    tad_array array;
    char room[sizeof(tad_array) + 2 * TAD_MAX_RANK * sizeof(int64_t)];
} header;

static tad_array *lay_out(header *h, const tad_array *like, const tad_shape *shape) {
    tad__array_layout(&h->array, (tad_dtype)like->dtype, shape);
    h->array.data = like->data;
    return &h->array;
}

static int64_t *strides(tad_array *a) { return a->dim + a->rank; }

static void move_data(tad_array *a, int64_t elements) {
    a->data = (char *)a->data + elements * (int64_t)tad_dtype_size((tad_dtype)a->dtype);
}

static tad_status bad_axis(const tad_call_frame *c, int64_t axis) {
    return tad_fail(c, TAD_BAD_AXIS, "no axis %lld", (long long)axis);
}

/* ---- reshape, flatten, squeeze, unsqueeze: the same elements in the same order ---- */

/* Replaces the one -1 of `want`, so that there are n elements. */
static bool complete_shape(tad_shape *want, int64_t n) {
    int open = -1;
    int64_t size;
    if (want->rank < 0 || want->rank > TAD_MAX_RANK) return false;
    for (int i = 0; i < want->rank; i++) {
        if (want->dim[i] != -1) continue;
        if (open >= 0) return false;
        open = i;
        want->dim[i] = 1;
    }
    if (!tad__shape_size(want, &size)) return false;
    if (open < 0) return size == n;
    if (size == 0 || n % size) return false;
    want->dim[open] = n / size;
    return true;
}

static tad_status reshape_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const shape_options *o = c->options;
    char text[160];
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, o->shape};
    if (complete_shape(&out->shape, c->in[0]->size)) return TAD_OK;
    if (o->shape.rank < 0 || o->shape.rank > TAD_MAX_RANK)
        return tad_fail(c, TAD_TOO_LARGE, "rank %d, 0 to %d are possible", o->shape.rank,
                        TAD_MAX_RANK);
    return tad_fail(c, TAD_BAD_SHAPE, "%lld elements do not make %s", (long long)c->in[0]->size,
                    tad__shape_text(&o->shape, text, sizeof text));
}

static tad_status flatten_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const flatten_options *o = c->options;
    const tad_array *x = c->in[0];
    int rank = x->rank ? x->rank : 1, start, end;
    if (!tad__axis(o->start_axis, rank, &start)) return bad_axis(c, o->start_axis);
    if (!tad__axis(o->end_axis, rank, &end)) return bad_axis(c, o->end_axis);
    if (start > end)
        return tad_fail(c, TAD_BAD_AXIS, "start_axis %d is behind end_axis %d", start, end);
    *out = (tad_type){(tad_dtype)x->dtype, {rank - (end - start), {0}}};
    int64_t joined = 1, *dim = out->shape.dim;
    for (int i = 0; i < x->rank; i++) {
        if (i >= start && i <= end)
            joined *= x->dim[i];
        else
            *dim++ = x->dim[i];
        if (i == end) *dim++ = joined;
    }
    if (x->rank == 0) *dim = 1;
    return TAD_OK;
}

static tad_status squeeze_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__reduce *o = c->options;
    const tad_array *x = c->in[0];
    unsigned mask = 0;
    if (o->axis.given && tad__named_axes(c, &o->axis, x->rank, &mask)) return TAD_BAD_AXIS;
    *out = (tad_type){(tad_dtype)x->dtype, {0, {0}}};
    for (int i = 0; i < x->rank; i++) {
        bool named = mask >> i & 1;
        if (named && x->dim[i] != 1)
            return tad_fail(c, TAD_BAD_SHAPE, "axis %d has size %lld, not 1", i,
                            (long long)x->dim[i]);
        if (!named && (o->axis.given || x->dim[i] != 1))
            out->shape.dim[out->shape.rank++] = x->dim[i];
    }
    return TAD_OK;
}

static tad_status unsqueeze_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const axis_options *o = c->options;
    const tad_array *x = c->in[0];
    int axis;
    if (x->rank == TAD_MAX_RANK)
        return tad_fail(c, TAD_TOO_LARGE, "rank %d is the largest", TAD_MAX_RANK);
    if (!tad__axis(o->axis, x->rank + 1, &axis)) return bad_axis(c, o->axis);
    *out = (tad_type){(tad_dtype)x->dtype, {x->rank + 1, {0}}};
    for (int i = 0; i <= x->rank; i++) out->shape.dim[i] = i == axis ? 1 : x->dim[i - (i > axis)];
    return TAD_OK;
}

/* Every cotangent of these has the elements in the input's order. */
static void reshape_vjp(tad_rule *r) {
    r->result[0] = tad_reshape(r->given[0], tad_shape_of(r->in[0]));
}

/* ---- broadcast_to ---- */

static tad_status broadcast_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const shape_options *o = c->options;
    tad_shape x = tad__shape_of(c->in[0]), both;
    int64_t size;
    char text[160];
    if (!tad__shape_size(&o->shape, &size))
        return tad_fail(c, TAD_BAD_SHAPE, "the new shape is too large or has a negative size");
    if (!tad__shape_broadcast(&x, &o->shape, &both) || !tad__shape_equal(&both, &o->shape))
        return tad_fail(c, TAD_BAD_SHAPE, "does not broadcast to %s",
                        tad__shape_text(&o->shape, text, sizeof text));
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, o->shape};
    return TAD_OK;
}

static void place_broadcast(const tad_array *x, tad_array *out) {
    int skip = out->rank - x->rank;
    for (int i = 0; i < out->rank; i++)
        strides(out)[i] = i < skip || x->dim[i - skip] == 1 ? 0 : tad_strides(x)[i - skip];
}

/* The engine sums a gradient down to its input's shape. */
static void broadcast_vjp(tad_rule *r) { r->result[0] = r->given[0]; }

/* ---- permute, transpose, flip ---- */

static bool permutation(const axes_options *o, int rank, int *axis) {
    unsigned seen = 0;
    if (o->axes.given && o->axes.count != rank) return false;
    for (int i = 0; i < rank; i++) {
        if (!o->axes.given)
            axis[i] = rank - 1 - i;
        else if (!tad__axis(o->axes.axis[i], rank, &axis[i]))
            return false;
        seen |= 1u << axis[i];
    }
    return seen == (1u << rank) - 1;
}

static tad_status permute_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_array *x = c->in[0];
    int axis[TAD_MAX_RANK];
    if (!permutation(c->options, x->rank, axis))
        return tad_fail(c, TAD_BAD_AXIS, "axes must name each of the %d axes once", x->rank);
    *out = (tad_type){(tad_dtype)x->dtype, {x->rank, {0}}};
    for (int i = 0; i < x->rank; i++) out->shape.dim[i] = x->dim[axis[i]];
    return TAD_OK;
}

static void place_permute(const axes_options *o, const tad_array *x, tad_array *out) {
    int axis[TAD_MAX_RANK];
    permutation(o, x->rank, axis);
    for (int i = 0; i < x->rank; i++) strides(out)[i] = tad_strides(x)[axis[i]];
}

static void permute_vjp(tad_rule *r) {
    int rank = tad_shape_of(r->in[0]).rank, axis[TAD_MAX_RANK], back[TAD_MAX_RANK];
    if (!permutation(r->options, rank, axis)) return;
    for (int i = 0; i < rank; i++) back[axis[i]] = i;
    r->result[0] = tad_permute(r->given[0], tad_axes_of(back, (size_t)rank));
}

static tad_status transpose_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const transpose_options *o = c->options;
    const tad_array *x = c->in[0];
    int a, b;
    if (!tad__axis(o->axis0, x->rank, &a)) return bad_axis(c, o->axis0);
    if (!tad__axis(o->axis1, x->rank, &b)) return bad_axis(c, o->axis1);
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    out->shape.dim[a] = x->dim[b];
    out->shape.dim[b] = x->dim[a];
    return TAD_OK;
}

static void place_transpose(const transpose_options *o, const tad_array *x, tad_array *out) {
    int a = 0, b = 0;
    tad__axis(o->axis0, x->rank, &a);
    tad__axis(o->axis1, x->rank, &b);
    memcpy(strides(out), tad_strides(x), x->rank * sizeof(int64_t));
    strides(out)[a] = tad_strides(x)[b];
    strides(out)[b] = tad_strides(x)[a];
}

static tad_status flip_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const axes_options *o = c->options;
    unsigned mask;
    if (tad__named_axes(c, &o->axes, c->in[0]->rank, &mask)) return TAD_BAD_AXIS;
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, tad__shape_of(c->in[0])};
    return TAD_OK;
}

static void place_flip(const axes_options *o, const tad_array *x, tad_array *out) {
    unsigned mask = 0;
    int bad;
    tad__axes_mask(&o->axes, x->rank, &mask, &bad);
    for (int i = 0; i < x->rank; i++) {
        bool turned = mask >> i & 1;
        strides(out)[i] = turned ? -tad_strides(x)[i] : tad_strides(x)[i];
        if (turned && x->size) move_data(out, (x->dim[i] - 1) * tad_strides(x)[i]);
    }
}

/* transpose, flip: each is its own inverse. */
static void again_vjp(tad_rule *r) {
    r->result[0] = tad_apply(r->op, r->given, 1, r->options, NULL, 0);
}

/* ---- slice and its adjoint ---- */

typedef struct cut {
    int64_t start, count, step;
} cut;

static int64_t clip_index(int64_t i, int64_t n, int64_t low, int64_t high) {
    if (i < 0) i += n;
    return i < low ? low : i > high ? high : i;
}

/* Python's start:stop:step on an axis of n elements; false for step 0. */
static bool resolve_range(const tad_range *r, int64_t n, cut *out) {
    int64_t step = r->step.given ? r->step.value : 1;
    if (step == 0) return false;
    int64_t low = step < 0 ? -1 : 0, high = step < 0 ? n - 1 : n;
    int64_t start = step < 0 ? high : low, stop = step < 0 ? low : high;
    if (r->start.given) start = clip_index(r->start.value, n, low, high);
    if (r->stop.given) stop = clip_index(r->stop.value, n, low, high);
    int64_t span = step < 0 ? start - stop : stop - start;
    uint64_t stride = step < 0 ? 0 - (uint64_t)step : (uint64_t)step;
    int64_t count = span <= 0 ? 0 : (int64_t)(((uint64_t)span - 1) / stride) + 1;
    /* a step that is never taken may be too large to be multiplied with a stride */
    *out = (cut){count ? start : 0, count, count > 1 ? step : 1};
    return true;
}

/* The cut along axis i; axes without a range are taken whole. */
static bool cut_of(const tad_slices *s, int i, int64_t n, cut *out) {
    static const tad_range all;
    return resolve_range(i < s->count ? &s->range[i] : &all, n, out);
}

static tad_status sliced_shape(const tad_call_frame *c, const tad_slices *s, const tad_shape *x,
                               tad_shape *out) {
    if (s->count < 0 || s->count > x->rank)
        return tad_fail(c, TAD_BAD_AXIS, "%d slices for %d axes", s->count, x->rank);
    *out = *x;
    for (int i = 0; i < x->rank; i++) {
        cut cut;
        if (!cut_of(s, i, x->dim[i], &cut))
            return tad_fail(c, TAD_BAD_ARGUMENT, "step 0 on axis %d", i);
        out->dim[i] = cut.count;
    }
    return TAD_OK;
}

static tad_status slice_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const slice_options *o = c->options;
    tad_shape x = tad__shape_of(c->in[0]);
    out->dtype = (tad_dtype)c->in[0]->dtype;
    return sliced_shape(c, &o->slices, &x, &out->shape);
}

static void place_slice(const slice_options *o, const tad_array *x, tad_array *out) {
    for (int i = 0; i < x->rank && out->size; i++) {
        cut cut = {0, 0, 1};
        cut_of(&o->slices, i, x->dim[i], &cut);
        strides(out)[i] = tad_strides(x)[i] * cut.step;
        move_data(out, tad_strides(x)[i] * cut.start);
    }
}

static tad_var slice_put(tad_var x, const tad_slices *slices, tad_shape shape) {
    return tad_apply(&tad__ops_shape[SLICE_PUT], &x, 1, &(slice_options){*slices, shape}, NULL, 0);
}

static void slice_vjp(tad_rule *r) {
    const slice_options *o = r->options;
    r->result[0] = slice_put(r->given[0], &o->slices, tad_shape_of(r->in[0]));
}

static void slice_put_vjp(tad_rule *r) {
    const slice_options *o = r->options;
    r->result[0] = tad_apply(&tad__ops_shape[SLICE], &r->given[0], 1, &(slice_options){.slices = o->slices}, NULL, 0);
}

static tad_status slice_put_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const slice_options *o = c->options;
    tad_shape x = tad__shape_of(c->in[0]), need;
    int64_t size;
    char text[160];
    if (!tad__shape_size(&o->shape, &size)) return tad_fail(c, TAD_BAD_SHAPE, "no such shape");
    tad_status s = sliced_shape(c, &o->slices, &o->shape, &need);
    if (s != TAD_OK) return s;
    if (!tad__shape_equal(&x, &need))
        return tad_fail(c, TAD_BAD_SHAPE, "the slices have shape %s",
                        tad__shape_text(&need, text, sizeof text));
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, o->shape};
    return TAD_OK;
}

/* ---- views: where the elements of an output lie in the input's memory ---- */

/* `out` has its dims and x's data. False: x's layout does not allow it. */
static bool place(const tad_op *op, const void *options, const tad_array *x, tad_array *out) {
    switch (op - tad__ops_shape) {
    case BROADCAST_TO: place_broadcast(x, out); return true;
    case PERMUTE: place_permute(options, x, out); return true;
    case TRANSPOSE: place_transpose(options, x, out); return true;
    case FLIP: place_flip(options, x, out); return true;
    case SLICE: place_slice(options, x, out); return true;
    default: return x->contiguous; /* row-major strides are set already */
    }
}

/* A number lies in its node, which may move: it is copied. */
static bool see(const tad_call_frame *c, tad_array *out) {
    return c->in[0]->rank > 0 && place(c->op, c->options, c->in[0], out);
}

static tad_status copy_seen(const tad_call_frame *c) {
    const tad_array *x = c->in[0];
    header h;
    tad_shape shape = tad__shape_of(c->out[0]);
    tad_array *seen = lay_out(&h, x, &shape);
    if (place(c->op, c->options, x, seen)) {
        tad__array_seen(seen);
        tad__copy(c->compute, c->out[0], seen);
    } else { /* the same elements in the same order: the output is filled as an array of x's shape
              */
        shape = tad__shape_of(x);
        tad_array *whole = lay_out(&h, c->out[0], &shape);
        tad__copy(c->compute, whole, x);
    }
    return TAD_OK;
}

/* ---- putting an array into a part of another ---- */

/* vjp of the views that show each element at most once: the cotangent goes where they look. */
static tad_status view_backward(tad_backward *b) {
    const tad_array *g = b->cotangent[0];
    bool fresh, partial = b->call.op == &tad__ops_shape[SLICE];
    if (!g || !b->wanted[0]) return TAD_OK;
    tad_array *x = tad_backward_buffer(b, 0, &fresh);
    if (!x) return TAD_NO_MEMORY;
    header h;
    tad_shape shape = tad__shape_of(g);
    tad_array *seen = lay_out(&h, x, &shape);
    place(b->call.op, b->call.options, x, seen); /* the buffer is contiguous: always possible */
    if (fresh && partial) tad__clear(b->call.compute, x);
    tad__put(b->call.compute, seen, g, !fresh);
    return TAD_OK;
}

static tad_status slice_put_forward(const tad_call_frame *c) {
    const slice_options *o = c->options;
    header h;
    tad_shape shape = tad__shape_of(c->in[0]);
    tad_array *part = lay_out(&h, c->out[0], &shape);
    place_slice(o, c->out[0], part);
    tad__clear(c->compute, c->out[0]);
    tad__put(c->compute, part, c->in[0], false);
    return TAD_OK;
}

/* ---- concat, stack ---- */

static bool stacks(const tad_op *op) { return op == &tad__ops_shape[STACK]; }

/* Whether array k fits beside the first; `axis` may differ, -1: none. */
static tad_status check_piece(const tad_call_frame *c, size_t k, int axis) {
    const tad_array *a = c->in[0], *b = c->in[k];
    if (a->dtype != b->dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "operand %zu is %s, the first %s", k,
                        tad_dtype_name((tad_dtype)b->dtype), tad_dtype_name((tad_dtype)a->dtype));
    bool same = a->rank == b->rank;
    for (int i = 0; same && i < a->rank; i++) same = i == axis || a->dim[i] == b->dim[i];
    return same ? TAD_OK : tad_fail(c, TAD_BAD_SHAPE, "operand %zu does not fit to the first", k);
}

static tad_status concat_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const axis_options *o = c->options;
    const tad_array *first = c->in[0];
    int axis;
    if (!tad__axis(o->axis, first->rank, &axis)) return bad_axis(c, o->axis);
    *out = (tad_type){(tad_dtype)first->dtype, tad__shape_of(first)};
    int64_t *total = &out->shape.dim[axis];
    for (size_t k = 1; k < c->n_in; k++) {
        tad_status s = check_piece(c, k, axis);
        if (s != TAD_OK) return s;
        if (__builtin_add_overflow(*total, c->in[k]->dim[axis], total))
            return tad_fail(c, TAD_TOO_LARGE, "more elements than can be counted");
    }
    return TAD_OK;
}

static tad_status stack_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    const axis_options *o = c->options;
    for (size_t k = 1; k < c->n_in; k++) {
        tad_status s = check_piece(c, k, -1);
        if (s != TAD_OK) return s;
    }
    tad_status s = unsqueeze_shape(c, out, n_out);
    if (s != TAD_OK) return s;
    int axis = (int)(o->axis < 0 ? o->axis + out->shape.rank : o->axis);
    out->shape.dim[axis] = (int64_t)c->n_in;
    return TAD_OK;
}

static int axis_of(const void *options, int rank) {
    int axis = 0;
    tad__axis(((const axis_options *)options)->axis, rank, &axis);
    return axis;
}

/* The part of `whole` that operand k is, seen with the operand's shape. *start is moved behind it.
 */
static tad_array *piece(const tad_call_frame *c, const tad_array *whole, size_t k, int64_t *start,
                        header *h) {
    int axis = axis_of(c->options, whole->rank);
    bool stack = stacks(c->op);
    tad_shape shape = tad__shape_of(c->in[k]);
    tad_array *part = lay_out(h, whole, &shape);
    for (int i = 0; i < part->rank; i++)
        strides(part)[i] = tad_strides(whole)[i + (stack && i >= axis)];
    if (part->size) move_data(part, *start * tad_strides(whole)[axis]);
    *start += stack ? 1 : part->dim[axis];
    return part;
}

static tad_status join_forward(const tad_call_frame *c) {
    int64_t start = 0;
    header h;
    for (size_t k = 0; k < c->n_in; k++)
        tad__put(c->compute, piece(c, c->out[0], k, &start, &h), c->in[k], false);
    return TAD_OK;
}

static tad_status join_backward(tad_backward *b) {
    int64_t start = 0;
    header h;
    if (!b->cotangent[0]) return TAD_OK;
    for (size_t k = 0; k < b->call.n_in; k++) {
        bool fresh;
        const tad_array *part = piece(&b->call, b->cotangent[0], k, &start, &h);
        if (!b->wanted[k]) continue;
        tad_array *x = tad_backward_buffer(b, k, &fresh);
        if (!x) return TAD_NO_MEMORY;
        tad__put(b->call.compute, x, part, !fresh);
    }
    return TAD_OK;
}

static void join_vjp(tad_rule *r) {
    bool stack = stacks(r->op);
    int axis = axis_of(r->options, tad_shape_of(r->out[0]).rank);
    int64_t start = 0;
    for (size_t k = 0; k < r->n_in; k++) {
        tad_shape shape = tad_is_number(r->in[k]) ? TAD_0D : tad_shape_of(r->in[k]);
        int64_t stop = start + (stack ? 1 : shape.dim[axis]);
        if (r->wanted[k]) {
            tad_var part = tad_slice(r->given[0], axis, start, stop, 1);
            r->result[k] = stack ? tad_reshape(part, shape) : part;
        }
        start = stop;
    }
}

/* ---- options, samples, misuse ---- */

#define SHAPE_OPTION(type, required)                                                               \
    { "shape", TAD_OPTION_SHAPE, offsetof(type, shape), NULL, 0, required }
#define AXIS_OPTION(name, type, required)                                                          \
    { #name, TAD_OPTION_INT, offsetof(type, name), NULL, 0, required }

static const tad_option shape_list[] = {SHAPE_OPTION(shape_options, true)};
static const tad_option axes_list[] = {
    {"axes", TAD_OPTION_AXES, offsetof(axes_options, axes), NULL, 0, false}};
static const tad_option squeeze_list[] = {
    {"axis", TAD_OPTION_AXES, offsetof(tad__reduce, axis), NULL, 0, false}};
static const tad_option unsqueeze_list[] = {AXIS_OPTION(axis, axis_options, true)};
static const tad_option join_list[] = {AXIS_OPTION(axis, axis_options, false)};
static const tad_option transpose_list[] = {AXIS_OPTION(axis0, transpose_options, true),
                                            AXIS_OPTION(axis1, transpose_options, true)};
static const tad_option flatten_list[] = {
    AXIS_OPTION(start_axis, flatten_options, false),
    {"end_axis", TAD_OPTION_INT, offsetof(flatten_options, end_axis), NULL, -1, false}};
static const tad_option slice_list[] = {
    {"slices", TAD_OPTION_SLICES, offsetof(slice_options, slices), NULL, 0, true}};
static const tad_option slice_put_list[] = {
    {"slices", TAD_OPTION_SLICES, offsetof(slice_options, slices), NULL, 0, true},
    SHAPE_OPTION(slice_options, true)};

#define ONE(what, input, ...) .label = what, .n = 1, .in = {input}, .options = __VA_ARGS__
#define TO(...)                                                                                    \
    &(const shape_options) { TAD__SHAPE(__VA_ARGS__) }
#define TO_0D                                                                                      \
    &(const shape_options) {                                                                       \
        {                                                                                          \
            0, { 0 }                                                                               \
        }                                                                                          \
    }
#define NAMED(...)                                                                                 \
    &(const axes_options) { TAD__AXES(__VA_ARGS__) }
#define SQUEEZED(...)                                                                              \
    &(const tad__reduce) { .axis = TAD__AXES(__VA_ARGS__) }
#define AT(k)                                                                                      \
    &(const axis_options) { k }
#define SWAP(a, b)                                                                                 \
    &(const transpose_options) { a, b }
#define JOIN(a, b)                                                                                 \
    &(const flatten_options) { a, b }
#define CUTS(n, ...)                                                                               \
    &(const slice_options) {                                                                       \
        .slices = { n, {__VA_ARGS__} }                                                             \
    }
#define PUTS(size0, size1, n, ...)                                                                 \
    &(const slice_options) { {n, {__VA_ARGS__}}, TAD__SHAPE(size0, size1) }
#define FROM(a, b)                                                                                 \
    {                                                                                              \
        TAD__GIVEN(a), TAD__GIVEN(b), { 0 }                                                              \
    }
#define STEP(a, b, c)                                                                              \
    { TAD__GIVEN(a), TAD__GIVEN(b), TAD__GIVEN(c) }
#define EVERY(c)                                                                                   \
    { {0}, {0}, TAD__GIVEN(c) }

static const tad_sample reshape_samples[] = {
    {ONE("rows joined", TAD__F64(3, 4), TO(2, 6))},
    {ONE("one size open", TAD__F64(2, 3, 5), TO(5, -1))},
    {ONE("0-d to (1,1)", TAD__F64_0D, TO(1, 1))},
    {ONE("(1) to 0-d", TAD__F64(1), TO_0D)},
    {ONE("empty", TAD__F64(0, 3), TO(3, 0, 7))},
};
static const tad_misuse reshape_misuse[] = {
    {ONE("other size", TAD__F64(3, 4), TO(5, 2)), .expect = TAD_BAD_SHAPE},
    {ONE("two open", TAD__F64(3, 4), TO(-1, -1)), .expect = TAD_BAD_SHAPE},
    {ONE("does not divide", TAD__F64(3, 4), TO(5, -1)), .expect = TAD_BAD_SHAPE},
    {ONE("open beside 0", TAD__F64(0, 4), TO(0, -1)), .expect = TAD_BAD_SHAPE},
    {ONE("negative", TAD__F64(6), TO(-2, -3)), .expect = TAD_BAD_SHAPE},
    {ONE("rank 9", TAD__F64(6), &(const shape_options){{9, {0}}}), .expect = TAD_TOO_LARGE},
};
static const tad_sample flatten_samples[] = {
    {ONE("all", TAD__F64(2, 3, 2), JOIN(0, -1))},
    {ONE("last two", TAD__F64(2, 3, 5), JOIN(1, 2))},
    {ONE("first two", TAD__F64(2, 3, 5), JOIN(-3, -2))},
    {ONE("0-d", TAD__F64_0D, JOIN(0, -1))},
    {ONE("empty", TAD__F64(2, 0, 3), JOIN(1, 2))},
    {ONE("one axis", TAD__F64(3, 5), JOIN(1, 1))},
};
static const tad_misuse flatten_misuse[] = {
    {ONE("no such start", TAD__F64(2, 3), JOIN(2, -1)), .expect = TAD_BAD_AXIS},
    {ONE("no such end", TAD__F64(2, 3), JOIN(0, 2)), .expect = TAD_BAD_AXIS},
    {ONE("start behind end", TAD__F64(2, 3, 5), JOIN(2, 1)), .expect = TAD_BAD_AXIS},
};
static const tad_sample squeeze_samples[] = {
    {ONE("all of size 1", TAD__F64(2, 1, 3, 1), NULL)},
    {ONE("one axis", TAD__F64(1, 3, 1), SQUEEZED(-1))},
    {ONE("two axes", TAD__F64(1, 3, 1, 2), SQUEEZED(0, 2))},
    {ONE("to 0-d", TAD__F64(1, 1), NULL)},
    {ONE("0-d", TAD__F64_0D, NULL)},
    {ONE("empty", TAD__F64(0, 1), SQUEEZED(1))},
};
static const tad_misuse squeeze_misuse[] = {
    {ONE("size 3", TAD__F64(1, 3), SQUEEZED(1)), .expect = TAD_BAD_SHAPE},
    {ONE("no such axis", TAD__F64(1, 3), SQUEEZED(2)), .expect = TAD_BAD_AXIS},
    {ONE("named twice", TAD__F64(1, 3), SQUEEZED(0, -2)), .expect = TAD_BAD_AXIS},
};
static const tad_sample unsqueeze_samples[] = {
    {ONE("front", TAD__F64(2, 3), AT(0))}, {ONE("middle", TAD__F64(2, 3), AT(1))},
    {ONE("end", TAD__F64(2, 3), AT(-1))},  {ONE("0-d", TAD__F64_0D, AT(0))},
    {ONE("empty", TAD__F64(3, 0), AT(2))},
};
static const tad_misuse unsqueeze_misuse[] = {
    {ONE("no such axis", TAD__F64(2, 3), AT(3)), .expect = TAD_BAD_AXIS},
    {ONE("no such negative axis", TAD__F64(2, 3), AT(-4)), .expect = TAD_BAD_AXIS},
    {ONE("rank 9", TAD__F64(1, 1, 1, 1, 1, 1, 1, 2), AT(0)), .expect = TAD_TOO_LARGE},
};
static const tad_sample broadcast_samples[] = {
    {ONE("column", TAD__F64(3, 1), TO(3, 4))},
    {ONE("row", TAD__F64(5), TO(2, 3, 5))},
    {ONE("0-d", TAD__F64_0D, TO(2, 3))},
    {ONE("both ends", TAD__F64(1, 3, 1), TO(2, 3, 5))},
    {ONE("to nothing", TAD__F64(1, 3), TO(0, 3))},
    {ONE("unchanged", TAD__F64(2, 3), TO(2, 3))},
};
static const tad_misuse broadcast_misuse[] = {
    {ONE("other size", TAD__F64(3), TO(2, 4)), .expect = TAD_BAD_SHAPE},
    {ONE("smaller", TAD__F64(2, 3), TO(3)), .expect = TAD_BAD_SHAPE},
    {ONE("smaller size", TAD__F64(2, 3), TO(1, 3)), .expect = TAD_BAD_SHAPE},
    {ONE("negative", TAD__F64(1, 3), TO(-1, 3)), .expect = TAD_BAD_SHAPE},
};
static const tad_sample permute_samples[] = {
    {ONE("turned", TAD__F64(2, 3, 5), NAMED(2, 0, 1))},
    {ONE("matrix", TAD__F64(3, 7), NAMED(1, 0))},
    {ONE("from the end", TAD__F64(2, 3, 5, 1), NAMED(-1, 1, -2, 0))},
    {ONE("reversed", TAD__F64(2, 3, 5), NULL)},
    {ONE("0-d", TAD__F64_0D, NULL)},
    {ONE("empty", TAD__F64(0, 3), NAMED(1, 0))},
};
static const tad_misuse permute_misuse[] = {
    {ONE("too few", TAD__F64(2, 3, 5), NAMED(1, 0)), .expect = TAD_BAD_AXIS},
    {ONE("twice", TAD__F64(2, 3), NAMED(1, -1)), .expect = TAD_BAD_AXIS},
    {ONE("no such axis", TAD__F64(2, 3), NAMED(0, 2)), .expect = TAD_BAD_AXIS},
};
static const tad_sample transpose_samples[] = {
    {ONE("matrix", TAD__F64(2, 3), SWAP(0, 1))},
    {ONE("outer", TAD__F64(2, 3, 5), SWAP(0, -1))},
    {ONE("batch of matrices", TAD__F64(2, 3, 5), SWAP(-2, -1))},
    {ONE("itself", TAD__F64(2, 3), SWAP(1, 1))},
    {ONE("empty", TAD__F64(3, 0), SWAP(0, 1))},
};
static const tad_misuse transpose_misuse[] = {
    {ONE("no first axis", TAD__F64(2, 3), SWAP(2, 0)), .expect = TAD_BAD_AXIS},
    {ONE("no second axis", TAD__F64(2, 3), SWAP(0, -3)), .expect = TAD_BAD_AXIS},
    {ONE("0-d", TAD__F64_0D, SWAP(0, 0)), .expect = TAD_BAD_AXIS},
};
static const tad_sample flip_samples[] = {
    {ONE("rows", TAD__F64(3, 4), NAMED(0))},
    {ONE("both", TAD__F64(3, 5), NAMED(0, -1))},
    {ONE("all", TAD__F64(2, 3, 5), NULL)},
    {ONE("none", TAD__F64(2, 3), &(const axes_options){{.given = true}})},
    {ONE("0-d", TAD__F64_0D, NULL)},
    {ONE("empty", TAD__F64(3, 0), NAMED(0, 1))},
};
static const tad_misuse flip_misuse[] = {
    {ONE("no such axis", TAD__F64(2, 3), NAMED(2)), .expect = TAD_BAD_AXIS},
    {ONE("twice", TAD__F64(2, 3), NAMED(0, -2)), .expect = TAD_BAD_AXIS},
    {ONE("0-d", TAD__F64_0D, NAMED(0)), .expect = TAD_BAD_AXIS},
};
static const tad_sample slice_samples[] = {
    {ONE("block", TAD__F64(5, 6), CUTS(2, FROM(1, 4), EVERY(2)))},
    {ONE("backwards", TAD__F64(7, 3), CUTS(2, EVERY(-1), EVERY(-2)))},
    {ONE("from the end, clipped", TAD__F64(5, 3), CUTS(2, STEP(-2, -9, -2), FROM(-100, 100)))},
    {ONE("nothing", TAD__F64(3, 4), CUTS(2, FROM(2, 2), FROM(9, 3)))},
    {ONE("one element", TAD__F64(3, 4), CUTS(2, FROM(2, 3), STEP(0, 4, INT64_MAX)))},
    {ONE("later axes whole", TAD__F64(3, 2, 5), CUTS(1, FROM(1, 3)))},
    {ONE("0-d", TAD__F64_0D, NULL)},
    {ONE("empty", TAD__F64(0, 3), CUTS(2, EVERY(-1), FROM(0, 2)))},
};
static const tad_misuse slice_misuse[] = {
    {ONE("step 0", TAD__F64(3, 4), CUTS(1, EVERY(0))), .expect = TAD_BAD_ARGUMENT},
    {ONE("too many", TAD__F64(3), CUTS(2, EVERY(1), EVERY(1))), .expect = TAD_BAD_AXIS},
    {ONE("0-d", TAD__F64_0D, CUTS(1, FROM(0, 1))), .expect = TAD_BAD_AXIS},
};
static const tad_sample slice_put_samples[] = {
    {ONE("block", TAD__F64(3, 3), PUTS(5, 6, 2, FROM(1, 4), EVERY(2)))},
    {ONE("backwards", TAD__F64(5, 2), PUTS(5, 3, 2, EVERY(-1), EVERY(-2)))},
    {ONE("nothing", TAD__F64(0, 3), PUTS(2, 3, 1, FROM(2, 2)))},
    {ONE("whole", TAD__F64(2, 3), PUTS(2, 3, 1, EVERY(1)))},
    {ONE("one element", TAD__F64(1, 1), PUTS(2, 3, 2, FROM(1, 2), FROM(-1, 3)))},
};
static const tad_misuse slice_put_misuse[] = {
    {ONE("other shape", TAD__F64(3, 2), PUTS(5, 6, 2, FROM(1, 4), EVERY(2))),
     .expect = TAD_BAD_SHAPE},
    {ONE("step 0", TAD__F64(2, 3), PUTS(2, 3, 1, EVERY(0))), .expect = TAD_BAD_ARGUMENT},
    {ONE("negative size", TAD__F64(2, 3), PUTS(-2, 3, 1, EVERY(1))), .expect = TAD_BAD_SHAPE},
};

#define TWO(what, a, b, ...)      .label = what, .n = 2, .in = {a, b}, .options = __VA_ARGS__
#define THREE(what, a, b, c, ...) .label = what, .n = 3, .in = {a, b, c}, .options = __VA_ARGS__

static const tad_sample concat_samples[] = {
    {TWO("rows", TAD__F64(2, 3), TAD__F64(1, 3), AT(0))},
    {THREE("columns", TAD__F64(2, 3), TAD__F64(2, 1), TAD__F64(2, 5), AT(-1))},
    {THREE("middle", TAD__F64(2, 3, 2), TAD__F64(2, 1, 2), TAD__F64(2, 2, 2), AT(1))},
    {TWO("with nothing", TAD__F64(2, 3), TAD__F64(2, 0), AT(1))},
    {ONE("alone", TAD__F64(3), AT(0))},
};
static const tad_misuse concat_misuse[] = {
    {TWO("other size", TAD__F64(2, 3), TAD__F64(2, 4), AT(0)), .expect = TAD_BAD_SHAPE},
    {TWO("other rank", TAD__F64(2, 3), TAD__F64(3), AT(0)), .expect = TAD_BAD_SHAPE},
    {TWO("no such axis", TAD__F64(2, 3), TAD__F64(2, 3), AT(2)), .expect = TAD_BAD_AXIS},
    {TWO("0-d", TAD__F64_0D, TAD__F64_0D, AT(0)), .expect = TAD_BAD_AXIS},
    {TWO("integers", TAD__F64(2), TAD__INDICES(3, 2), AT(0)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample stack_samples[] = {
    {TWO("front", TAD__F64(2, 3), TAD__F64(2, 3), AT(0))},
    {THREE("end", TAD__F64(2, 3), TAD__F64(2, 3), TAD__F64(2, 3), AT(-1))},
    {TWO("middle", TAD__F64(2, 3), TAD__F64(2, 3), AT(1))},
    {THREE("0-d", TAD__F64_0D, TAD__F64_0D, TAD__F64_0D, AT(0))},
    {TWO("empty", TAD__F64(0, 3), TAD__F64(0, 3), AT(1))},
    {ONE("alone", TAD__F64(3), AT(0))},
};
static const tad_misuse stack_misuse[] = {
    {TWO("other size", TAD__F64(2, 3), TAD__F64(2, 4), AT(0)), .expect = TAD_BAD_SHAPE},
    {TWO("no such axis", TAD__F64(2, 3), TAD__F64(2, 3), AT(3)), .expect = TAD_BAD_AXIS},
    {TWO("integers", TAD__F64(2), TAD__INDICES(3, 2), AT(0)), .expect = TAD_BAD_DTYPE},
};

/* ---- the family ---- */

/* What all views have in common. */
#define VIEW                                                                                       \
    .family = "shape", .min_in = 1, .max_in = 1, .n_out = 1, .flags = TAD_OP_LINEAR,               \
    .forward = copy_seen, .view = see
#define JOINED                                                                                     \
    .family = "shape", .min_in = 1, .max_in = UINT8_MAX, .n_out = 1, .flags = TAD_OP_LINEAR,       \
    TAD__OPTIONS(axis_options, join_list), .forward = join_forward, .vjp = join_vjp,               \
    .backward = join_backward

const tad_op tad__ops_shape[] = {
    [RESHAPE] = {.name = "reshape",
                 .doc = "the same elements in another shape; one size may be -1",
                 VIEW,
                 TAD__OPTIONS(shape_options, shape_list),
                 .shape = reshape_shape,
                 .vjp = reshape_vjp,
                 .backward = view_backward,
                 TAD__SAMPLES(reshape_samples),
                 TAD__MISUSE(reshape_misuse)},
    [FLATTEN] = {.name = "flatten",
                 .doc = "joins the axes from start_axis to end_axis; 0-d becomes (1)",
                 VIEW,
                 TAD__OPTIONS(flatten_options, flatten_list),
                 .shape = flatten_shape,
                 .vjp = reshape_vjp,
                 .backward = view_backward,
                 TAD__SAMPLES(flatten_samples),
                 TAD__MISUSE(flatten_misuse)},
    [SQUEEZE] = {.name = "squeeze",
                 .doc = "drops the named axes, all of size 1; without axes every one of size 1",
                 VIEW,
                 TAD__OPTIONS(tad__reduce, squeeze_list),
                 .shape = squeeze_shape,
                 .vjp = reshape_vjp,
                 .backward = view_backward,
                 TAD__SAMPLES(squeeze_samples),
                 TAD__MISUSE(squeeze_misuse)},
    [UNSQUEEZE] = {.name = "unsqueeze",
                   .doc = "a new axis of size 1",
                   VIEW,
                   TAD__OPTIONS(axis_options, unsqueeze_list),
                   .shape = unsqueeze_shape,
                   .vjp = reshape_vjp,
                   .backward = view_backward,
                   TAD__SAMPLES(unsqueeze_samples),
                   TAD__MISUSE(unsqueeze_misuse)},
    [BROADCAST_TO] = {.name = "broadcast_to",
                      .doc = "repeats axes of size 1 and new leading axes",
                      VIEW,
                      TAD__OPTIONS(shape_options, shape_list),
                      .shape = broadcast_shape,
                      .vjp = broadcast_vjp,
                      TAD__SAMPLES(broadcast_samples),
                      TAD__MISUSE(broadcast_misuse)},
    [PERMUTE] = {.name = "permute",
                 .doc = "axis i of the result is axis axes[i] of x; without axes reversed",
                 VIEW,
                 TAD__OPTIONS(axes_options, axes_list),
                 .shape = permute_shape,
                 .vjp = permute_vjp,
                 .backward = view_backward,
                 TAD__SAMPLES(permute_samples),
                 TAD__MISUSE(permute_misuse)},
    [TRANSPOSE] = {.name = "transpose",
                   .doc = "exchanges two axes",
                   VIEW,
                   TAD__OPTIONS(transpose_options, transpose_list),
                   .shape = transpose_shape,
                   .vjp = again_vjp,
                   .backward = view_backward,
                   TAD__SAMPLES(transpose_samples),
                   TAD__MISUSE(transpose_misuse)},
    [FLIP] = {.name = "flip",
              .doc = "reverses the order along the axes; all when not given",
              VIEW,
              TAD__OPTIONS(axes_options, axes_list),
              .shape = flip_shape,
              .vjp = again_vjp,
              .backward = view_backward,
              TAD__SAMPLES(flip_samples),
              TAD__MISUSE(flip_misuse)},
    [SLICE] = {.name = "slice",
               .doc =
                   "Python's start:stop:step along the first axes; clipped, steps may be negative",
               VIEW,
               TAD__OPTIONS(slice_options, slice_list),
               .shape = slice_shape,
               .vjp = slice_vjp,
               .backward = view_backward,
               TAD__SAMPLES(slice_samples),
               TAD__MISUSE(slice_misuse)},
    [SLICE_PUT] = {.name = "slice_put",
                   .doc = "zeros of a shape with x at the slices; the adjoint of slice",
                   .family = "shape",
                   .min_in = 1,
                   .max_in = 1,
                   .n_out = 1,
                   .flags = TAD_OP_LINEAR | TAD_OP_INTERNAL,
                   TAD__OPTIONS(slice_options, slice_put_list),
                   .shape = slice_put_shape,
                   .forward = slice_put_forward,
                   .vjp = slice_put_vjp,
                   TAD__SAMPLES(slice_put_samples),
                   TAD__MISUSE(slice_put_misuse)},
    [CONCAT] = {.name = "concat",
                .doc = "joins arrays along an axis; the other sizes are equal",
                JOINED,
                .shape = concat_shape,
                TAD__SAMPLES(concat_samples),
                TAD__MISUSE(concat_misuse)},
    [STACK] = {.name = "stack",
               .doc = "joins arrays of one shape along a new axis",
               JOINED,
               .shape = stack_shape,
               TAD__SAMPLES(stack_samples),
               TAD__MISUSE(stack_misuse)},
};
const size_t tad__ops_shape_count = sizeof tad__ops_shape / sizeof *tad__ops_shape;

/* ---- constructors ---- */

static tad_var apply_one(int op, tad_var x, const void *options) {
    return tad_apply(&tad__ops_shape[op], &x, 1, options, NULL, 0);
}

tad_var tad_reshape(tad_var x, tad_shape shape) {
    return apply_one(RESHAPE, x, &(shape_options){shape});
}

tad_var tad_flatten(tad_var x, int start_axis, int end_axis) {
    return apply_one(FLATTEN, x, &(flatten_options){start_axis, end_axis});
}

tad_var tad_transpose(tad_var x, int axis0, int axis1) {
    return apply_one(TRANSPOSE, x, &(transpose_options){axis0, axis1});
}

tad_var tad_permute(tad_var x, tad_axes order) { return apply_one(PERMUTE, x, &(axes_options){order}); }

tad_var tad_broadcast_to(tad_var x, tad_shape shape) {
    return apply_one(BROADCAST_TO, x, &(shape_options){shape});
}
tad_var tad_squeeze(tad_var x, tad_axes axes) {
    const tad__reduce o = tad__reduce_over(axes);
    return apply_one(SQUEEZE, x, &o);
}
tad_var tad_unsqueeze(tad_var x, int axis) {
    return apply_one(UNSQUEEZE, x, &(axis_options){axis});
}

tad_var tad_slice(tad_var x, int axis, int64_t start, int64_t stop, int64_t step) {
    tad_tape *t = tad__tape_of(&x, 1);
    int rank = tad_shape_of(x).rank, at = 0; /* rank -1: of no variable, which tad_apply says */
    if (t && rank >= 0 && !tad__axis(axis, rank, &at)) {
        tad__fail(t, TAD_BAD_AXIS, "slice: no axis %d", axis);
        return tad__nil(t);
    }
    slice_options o = {.slices = {.count = at + 1}};
    bool from_first = start == 0 && step > 0; /* is left out too, as a Python programmer would */
    o.slices.range[at] = (tad_range){
        {start != TAD_END && !from_first, start}, {stop != TAD_END, stop}, {step != 1, step}};
    return apply_one(SLICE, x, &o);
}

tad_var tad_at(tad_var x, int64_t i) {
    tad_shape s = tad_shape_of(x);
    tad_tape *t = tad__tape_of(&x, 1);
    if (t && s.rank == 0) tad__fail(t, TAD_BAD_SHAPE, "at: a variable of shape () has no rows");
    if (t && s.rank > 0 && (i < -s.dim[0] || i >= s.dim[0]))
        tad__fail(t, TAD_BAD_ARGUMENT, "at: no row %lld among %lld", (long long)i, (long long)s.dim[0]);
    return tad_squeeze(tad_slice(x, 0, i, i == -1 ? TAD_END : i + 1, 1), tad_axis(0));
}

tad_var tad_flip(tad_var x, tad_axes axes) { return apply_one(FLIP, x, &(axes_options){axes}); }

tad_var tad_concat(const tad_var *x, size_t n, int axis) {
    return tad_apply(&tad__ops_shape[CONCAT], x, n, &(axis_options){axis}, NULL, 0);
}

tad_var tad_stack(const tad_var *x, size_t n, int axis) {
    return tad_apply(&tad__ops_shape[STACK], x, n, &(axis_options){axis}, NULL, 0);
}
