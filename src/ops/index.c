/* Taking elements by index and putting them back: gather, scatter_add, index_select,
 * take_along_axis, embedding; one_hot and masked_fill. All but the last two are one walk: an array
 * a, an index of a's shape (broadcast), and the place in a source that the index leads to. Rests on
 * tape.h. */
#include <stddef.h>
#include <string.h>

#include "families.h"
#include "tape/error.h"
#include "tape/handle.h"

#include "array/loop.h"
#include "tape/arrays.h"
#include "elementwise/choice.h"
#include "index.h"
#include "samples.h"

enum {
    GATHER,
    GATHER_PUT,
    SCATTER_ADD,
    INDEX_SELECT,
    TAKE_ALONG_AXIS,
    EMBEDDING,
    ONE_HOT,
    MASKED_FILL
};

typedef struct axis_options {
    int64_t axis;
    tad_shape shape; /* of gather_put's result */
} axis_options;
typedef struct take_options {
    tad_maybe_int axis;
} take_options;
typedef struct embedding_options {
    tad_maybe_int padding_idx;
} embedding_options;
typedef struct one_hot_options {
    int64_t num_classes;
} one_hot_options;
typedef struct fill_options {
    double value;
} fill_options;

typedef union header {
    tad_array array;
    char room[sizeof(tad_array) + 2 * TAD_MAX_RANK * sizeof(int64_t)];
} header;

/* ---- checks ---- */

static tad_status bad_axis(const tad_call_frame *c, int64_t axis) {
    return tad_fail(c, TAD_BAD_AXIS, "no axis %lld", (long long)axis);
}

static tad_status need_index(const tad_call_frame *c, const tad_array *index) {
    if (index->dtype == TAD_I64) return TAD_OK;
    return tad_fail(c, TAD_BAD_DTYPE, "indices must be int64, not %s",
                    tad_dtype_name((tad_dtype)index->dtype));
}

/* All values of index are 0 .. n - 1. */
static tad_status check_indices(const tad_call_frame *c, const tad_array *index, int64_t n) {
    tad_shape shape = tad__shape_of(index);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){index}, 1);
    for (bool more = tad__loop_first(&l); more; more = tad__loop_next(&l))
        for (int64_t i = 0; i < l.length; i++) {
            int64_t at = *(const int64_t *)(const void *)(l.run[0] + i * l.step[0]);
            if (at < 0 || at >= n)
                return tad_fail(c, TAD_BAD_INDEX, "index %lld is not within 0 to %lld",
                                (long long)at, (long long)n - 1);
        }
    return TAD_OK;
}

/* ---- shapes ---- */

/* index may be shorter than x, except along the axis. */
static tad_status gather_fits(const tad_call_frame *c, const tad_shape *x, const tad_array *index,
                              int64_t along) {
    int axis;
    tad_status s = need_index(c, index);
    if (s != TAD_OK) return s;
    if (!tad__axis(along, x->rank, &axis)) return bad_axis(c, along);
    bool fits = index->rank == x->rank;
    for (int i = 0; fits && i < x->rank; i++) fits = i == axis || index->dim[i] <= x->dim[i];
    if (!fits)
        return tad_fail(c, TAD_BAD_SHAPE,
                        "the index is larger than x off axis %d, or of other rank", axis);
    return check_indices(c, index, x->dim[axis]);
}

static tad_status gather_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const axis_options *o = c->options;
    tad_shape x = tad__shape_of(c->in[0]);
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, tad__shape_of(c->in[1])};
    return gather_fits(c, &x, c->in[1], o->axis);
}

static tad_status same_shape(const tad_call_frame *c, const tad_array *src,
                             const tad_array *index) {
    tad_shape a = tad__shape_of(src), b = tad__shape_of(index);
    if (tad__shape_equal(&a, &b)) return TAD_OK;
    return tad_fail(c, TAD_BAD_SHAPE, "src and index have different shapes");
}

static tad_status gather_put_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const axis_options *o = c->options;
    int64_t size;
    if (!tad__is_float(c->in[0]->dtype)) return tad_fail(c, TAD_BAD_DTYPE, "src is not of a float type");
    if (!tad__shape_size(&o->shape, &size)) return tad_fail(c, TAD_BAD_SHAPE, "no such shape");
    tad_status s = same_shape(c, c->in[0], c->in[1]);
    if (s != TAD_OK) return s;
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, o->shape};
    return gather_fits(c, &o->shape, c->in[1], o->axis);
}

static tad_status scatter_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const axis_options *o = c->options;
    tad_shape x = tad__shape_of(c->in[0]);
    if (!tad__is_float(c->in[0]->dtype) || c->in[2]->dtype != c->in[0]->dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "x and src must have one float type");
    tad_status s = same_shape(c, c->in[2], c->in[1]);
    if (s != TAD_OK) return s;
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, x};
    return gather_fits(c, &x, c->in[1], o->axis);
}

static tad_status select_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const axis_options *o = c->options;
    const tad_array *x = c->in[0], *index = c->in[1];
    int axis;
    tad_status s = need_index(c, index);
    if (s != TAD_OK) return s;
    if (!tad__axis(o->axis, x->rank, &axis)) return bad_axis(c, o->axis);
    if (index->rank != 1) return tad_fail(c, TAD_BAD_SHAPE, "the index must have one axis");
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    out->shape.dim[axis] = index->dim[0];
    return check_indices(c, index, x->dim[axis]);
}

/* The shape of x as the walk sees it: flattened when no axis is given. */
static tad_shape taken_from(const tad_array *x, const take_options *o) {
    return o->axis.given ? tad__shape_of(x) : (tad_shape){1, {x->size}};
}

static tad_status take_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const take_options *o = c->options;
    const tad_array *index = c->in[1];
    tad_shape x = taken_from(c->in[0], o), rest = x, at = tad__shape_of(index);
    int axis = 0;
    tad_status s = need_index(c, index);
    if (s != TAD_OK) return s;
    if (o->axis.given && !tad__axis(o->axis.value, x.rank, &axis))
        return bad_axis(c, o->axis.value);
    if (index->rank != x.rank)
        return tad_fail(c, TAD_BAD_SHAPE, "the index has %d axes, not %d", index->rank, x.rank);
    rest.dim[axis] = 1;
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, rest};
    if (!tad__shape_broadcast(&rest, &at, &out->shape))
        return tad_fail(c, TAD_BAD_SHAPE, "x and index do not broadcast off axis %d", axis);
    int64_t size;
    if (!tad__shape_size(&out->shape, &size))
        return tad_fail(c, TAD_TOO_LARGE, "too many elements");
    return check_indices(c, index, x.dim[axis]);
}

static tad_status embedding_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const embedding_options *o = c->options;
    const tad_array *index = c->in[0], *weight = c->in[1];
    int row;
    tad_status s = need_index(c, index);
    if (s != TAD_OK) return s;
    if (weight->rank != 2) return tad_fail(c, TAD_BAD_SHAPE, "the weight must have two axes");
    if (index->rank == TAD_MAX_RANK)
        return tad_fail(c, TAD_TOO_LARGE, "rank %d is the largest", TAD_MAX_RANK);
    if (o->padding_idx.given &&
        (weight->dim[0] > INT32_MAX || !tad__axis(o->padding_idx.value, (int)weight->dim[0], &row)))
        return tad_fail(c, TAD_BAD_INDEX, "no row padding_idx = %lld",
                        (long long)o->padding_idx.value);
    *out = (tad_type){(tad_dtype)weight->dtype, tad__shape_of(index)};
    out->shape.dim[out->shape.rank++] = weight->dim[1];
    int64_t size;
    if (!tad__shape_size(&out->shape, &size))
        return tad_fail(c, TAD_TOO_LARGE, "too many elements");
    return check_indices(c, index, weight->dim[0]);
}

/* ---- the walk ---- */

/* Seen with the rank of a: the index, and the source without its indexed axis, which is `stride`
 * bytes long a step. */
typedef struct walk {
    header index, source;
    int64_t stride;
    tad_maybe_int skip; /* an index that leads nowhere when putting */
} walk;

static int64_t *strides(tad_array *a) { return a->dim + a->rank; }

static tad_array *lay_out(header *h, const tad_array *like, const tad_shape *shape) {
    tad__array_layout(&h->array, (tad_dtype)like->dtype, shape);
    h->array.data = like->data;
    return &h->array;
}

/* The source's axes stand for those of a; along the index there is one. */
static void collapse(walk *w, const tad_array *source, const tad_array *a, int axis) {
    tad_shape shape = tad__shape_of(a);
    for (int i = 0; i < shape.rank; i++) /* a longer source is only used up to a's size */
        if (i == axis || source->dim[i] < shape.dim[i])
            shape.dim[i] = i == axis ? 1 : source->dim[i];
    tad_array *s = lay_out(&w->source, source, &shape);
    memcpy(strides(s), tad_strides(source), (size_t)source->rank * sizeof(int64_t));
    w->stride = tad_strides(source)[axis] * (int64_t)tad_dtype_size((tad_dtype)source->dtype);
}

static void walk_embedding(walk *w, const tad_array *weight, const tad_array *index,
                           const tad_array *a, const embedding_options *o) {
    tad_shape shape = tad__shape_of(index), row = {a->rank, {0}};
    shape.dim[shape.rank++] = 1;
    tad_array *i = lay_out(&w->index, index, &shape);
    memcpy(strides(i), tad_strides(index), index->rank * sizeof(int64_t));
    for (int k = 0; k < row.rank; k++) row.dim[k] = k + 1 < row.rank ? 1 : weight->dim[1];
    strides(lay_out(&w->source, weight, &row))[row.rank - 1] = tad_strides(weight)[1];
    w->stride = tad_strides(weight)[0] * (int64_t)tad_dtype_size((tad_dtype)weight->dtype);
    w->skip = o->padding_idx;
    if (w->skip.given && w->skip.value < 0) w->skip.value += weight->dim[0];
}

static void walk_select(walk *w, const tad_array *source, const tad_array *index,
                        const tad_array *a, int axis) {
    tad_shape one = {a->rank, {1, 1, 1, 1, 1, 1, 1, 1}};
    one.dim[axis] = index->dim[0];
    strides(lay_out(&w->index, index, &one))[axis] = tad_strides(index)[0];
    collapse(w, source, a, axis);
}

/* Prepares the walk of a call whose source (x, the weight, a result or a gradient) is given. */
static void begin_walk(walk *w, const tad_call_frame *c, const tad_array *source,
                       const tad_array *index, const tad_array *a) {
    int axis = 0;
    w->skip = (tad_maybe_int){false, 0};
    if (c->op == &tad__ops_index[EMBEDDING]) {
        walk_embedding(w, source, index, a, c->options);
        return;
    }
    if (c->op == &tad__ops_index[TAKE_ALONG_AXIS]) {
        const take_options *o = c->options;
        header flat;
        tad_shape shape = taken_from(source, o);
        if (o->axis.given)
            tad__axis(o->axis.value, source->rank, &axis);
        else
            source = lay_out(&flat, source, &shape);
        collapse(w, source, a, axis);
    } else {
        tad__axis(((const axis_options *)c->options)->axis, source->rank, &axis);
        if (c->op == &tad__ops_index[INDEX_SELECT]) {
            walk_select(w, source, index, a, axis);
            return;
        }
        collapse(w, source, a, axis);
    }
    tad_shape shape = tad__shape_of(index);
    memcpy(strides(lay_out(&w->index, index, &shape)), tad_strides(index),
           index->rank * sizeof(int64_t));
}

static void walk_loop(walk *w, const tad_array *a, tad__loop *l) {
    tad_shape shape = tad__shape_of(a);
    tad__loop_init(l, &shape, (const tad_array *const[]){a, &w->index.array, &w->source.array}, 3);
}

/* The place in the source for element i of the run. */
static char *place_of(const tad__loop *l, int64_t i, int64_t stride) {
    int64_t at = *(const int64_t *)(const void *)(l->run[1] + i * l->step[1]);
    return l->run[2] + i * l->step[2] + at * stride;
}

/* One index for the whole run, whose elements are neighbours on both sides. */
static bool is_block(const tad__loop *l, size_t size) {
    return l->step[1] == 0 && l->step[0] == (int64_t)size && l->step[2] == (int64_t)size;
}

#define TAKE_EACH(U)                                                                               \
    for (int64_t i = 0; i < l->length; i++)                                                        \
        *(U *)(void *)(l->run[0] + i * l->step[0]) = *(const U *)(const void *)place_of(l, i, stride)

static void take_run(const tad__loop *l, int64_t stride, size_t size) {
    if (is_block(l, size)) {
        memcpy(l->run[0], place_of(l, 0, stride), (size_t)l->length * size);
        return;
    }
    if (size == 8)
        TAKE_EACH(uint64_t);
    else if (size == 4)
        TAKE_EACH(uint32_t);
    else
        TAKE_EACH(uint8_t);
}

#define MOVE(T, to, from) *(T *)(void *)(to) += *(const T *)(const void *)(from)

/* a += the source's elements, or the source += a's; `put` says which. */
static void add_run(const tad__compute *compute, const tad__loop *l, const walk *w, tad_dtype dtype,
                    bool put) {
    size_t size = tad_dtype_size(dtype);
    if (is_block(l, size)) {
        char *place = place_of(l, 0, w->stride);
        if (put && w->skip.given && *(const int64_t *)(const void *)l->run[1] == w->skip.value)
            return;
        compute->kernels->add[dtype]((size_t)l->length, put ? l->run[0] : place, put ? place : l->run[0]);
        return;
    }
    for (int64_t i = 0; i < l->length; i++) {
        char *place = place_of(l, i, w->stride), *own = l->run[0] + i * l->step[0];
        if (put && w->skip.given &&
            *(const int64_t *)(const void *)(l->run[1] + i * l->step[1]) == w->skip.value)
            continue;
        if (dtype == TAD_F64)
            MOVE(double, put ? place : own, put ? own : place);
        else
            MOVE(float, put ? place : own, put ? own : place);
    }
}

typedef struct move {
    const tad__compute *compute;
    const walk *w;
    tad_dtype dtype;
    bool put;
} move;

static void take_walk(void *arg, tad__loop *l) {
    const move *m = arg;
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l))
        take_run(l, m->w->stride, tad_dtype_size(m->dtype));
}

static void take(const tad__compute *compute, walk *w, const tad_array *a) {
    tad__loop l;
    walk_loop(w, a, &l);
    tad__loop_split(compute->threads, &l, 0, take_walk, &(move){compute, w, (tad_dtype)a->dtype, false});
}

static void add_walk(void *arg, tad__loop *l) {
    const move *m = arg;
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l))
        add_run(m->compute, l, m->w, m->dtype, m->put);
}

/* Several indices may lead to one place: pieces of what is put do not share any, and the order of
 * additions to a place is that of the walk. Alone, cutting rows to pieces only costs. */
static void add(const tad__compute *compute, walk *w, const tad_array *a, bool put) {
    tad__loop l;
    move m = {compute, w, (tad_dtype)a->dtype, put};
    walk_loop(w, a, &l);
    if (put && tad__pool_threads(compute->threads) < 2)
        add_walk(&m, &l);
    else
        tad__loop_split(compute->threads, &l, put ? 2 : 0, add_walk, &m);
}

/* ---- forward and backward ---- */

static size_t index_input(const tad_op *op) { return op == &tad__ops_index[EMBEDDING] ? 0 : 1; }

static tad_status take_forward(const tad_call_frame *c) {
    size_t at = index_input(c->op);
    const tad_array *x = c->in[1 - at];
    bool flattens = c->op == &tad__ops_index[TAKE_ALONG_AXIS] &&
                    !((const take_options *)c->options)->axis.given;
    if (flattens && !(x = tad__contiguous(c->compute, x))) return TAD_NO_MEMORY;
    walk w;
    begin_walk(&w, c, x, c->in[at], c->out[0]);
    take(c->compute, &w, c->out[0]);
    return TAD_OK;
}

static tad_status take_backward(tad_backward *b) {
    size_t at = index_input(b->call.op);
    if (!b->cotangent[0] || !b->wanted[1 - at]) return TAD_OK;
    bool fresh;
    tad_array *x = tad_backward_buffer(b, 1 - at, &fresh);
    if (!x) return TAD_NO_MEMORY;
    if (fresh) tad__clear(b->call.compute, x);
    walk w;
    begin_walk(&w, &b->call, x, b->call.in[at], b->cotangent[0]);
    add(b->call.compute, &w, b->cotangent[0], true);
    return TAD_OK;
}

static tad_status gather_put_forward(const tad_call_frame *c) {
    walk w;
    tad__clear(c->compute, c->out[0]);
    begin_walk(&w, c, c->out[0], c->in[1], c->in[0]);
    add(c->compute, &w, c->in[0], true);
    return TAD_OK;
}

static tad_status scatter_forward(const tad_call_frame *c) {
    walk w;
    tad__copy(c->compute, c->out[0], c->in[0]);
    begin_walk(&w, c, c->out[0], c->in[1], c->in[2]);
    add(c->compute, &w, c->in[2], true);
    return TAD_OK;
}

static tad_status scatter_backward(tad_backward *b) {
    const tad_array *g = b->cotangent[0];
    bool fresh;
    if (!g) return TAD_OK;
    if (b->wanted[2]) {
        tad_array *src = tad_backward_buffer(b, 2, &fresh);
        if (!src) return TAD_NO_MEMORY;
        walk w;
        begin_walk(&w, &b->call, g, b->call.in[1], src);
        if (fresh)
            take(b->call.compute, &w, src);
        else
            add(b->call.compute, &w, src, false);
    }
    return b->wanted[0] ? tad_backward_pass(b, 0, 0) : TAD_OK;
}

/* ---- rules ---- */

tad_var tad__gather_put(tad_var src, tad_var index, tad_shape shape, int64_t axis) {
    return tad_apply(&tad__ops_index[GATHER_PUT], (tad_var[]){src, index}, 2,
                     &(axis_options){axis, shape}, NULL, 0);
}

static void gather_vjp(tad_rule *r) {
    const axis_options *o = r->options;
    r->result[0] = tad__gather_put(r->given[0], r->in[1], tad_shape_of(r->in[0]), o->axis);
}

static void gather_put_vjp(tad_rule *r) {
    const axis_options *o = r->options;
    r->result[0] = tad_gather(r->given[0], r->in[1], (int)o->axis);
}

static void scatter_vjp(tad_rule *r) {
    const axis_options *o = r->options;
    if (r->wanted[0]) r->result[0] = r->given[0];
    if (r->wanted[2]) r->result[2] = tad_gather(r->given[0], r->in[1], (int)o->axis);
}

static void select_vjp(tad_rule *r) {
    const axis_options *o = r->options;
    tad_shape x = tad_shape_of(r->in[0]), one = {x.rank, {1, 1, 1, 1, 1, 1, 1, 1}};
    int axis = 0;
    tad__axis(o->axis, x.rank, &axis);
    one.dim[axis] = tad_size_of(r->in[1]);
    tad_var index = tad_broadcast_to(tad_reshape(r->in[1], one), tad_shape_of(r->out[0]));
    r->result[0] = tad__gather_put(r->given[0], index, x, o->axis);
}

static void take_vjp(tad_rule *r) {
    const take_options *o = r->options;
    tad_shape x = tad_shape_of(r->in[0]), y = tad_shape_of(r->out[0]);
    if (!o->axis.given) {
        tad_var flat = tad__gather_put(r->given[0], r->in[1], TAD_SHAPE(tad_size_of(r->in[0])), 0);
        r->result[0] = tad_reshape(flat, x);
        return;
    }
    int axis = 0;
    tad__axis(o->axis.value, x.rank, &axis);
    for (int i = 0; i < x.rank; i++)
        if (i != axis) x.dim[i] = y.dim[i]; /* the engine sums this down where x was broadcast */
    r->result[0] = tad__gather_put(r->given[0], tad_broadcast_to(r->in[1], y), x, axis);
}

/* v with zeros in the places of the row padding_idx; index has one element for each row of v. */
static tad_var without_padding(const tad_rule *r, tad_var index, tad_var v) {
    const embedding_options *o = r->options;
    int64_t row = o->padding_idx.value;
    if (!o->padding_idx.given) return v;
    if (row < 0) row += tad_shape_of(r->in[1]).dim[0];
    tad_var padding = tad_constant(r->tape, TAD_I64, TAD_0D, &row);
    return tad_where(tad_equal(index, padding), tad_number(0), v);
}

static void embedding_vjp(tad_rule *r) {
    tad_shape weight = tad_shape_of(r->in[1]);
    int64_t n = tad_size_of(r->in[0]);
    tad_var index = tad_reshape(r->in[0], TAD_SHAPE(n, 1)),
            g = tad_reshape(r->given[0], TAD_SHAPE(n, weight.dim[1]));
    g = without_padding(r, index, g);
    r->result[1] = tad__gather_put(g, tad_broadcast_to(index, tad_shape_of(g)), weight, 0);
}

static void embedding_jvp(tad_rule *r) {
    tad_var rows = tad_embedding(r->in[0], r->given[1]);
    r->result[0] = without_padding(r, tad_unsqueeze(r->in[0], -1), rows);
}

/* ---- one_hot ---- */

static int64_t largest_index(const tad_array *index) {
    int64_t largest = -1;
    tad_shape shape = tad__shape_of(index);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){index}, 1);
    for (bool more = tad__loop_first(&l); more; more = tad__loop_next(&l))
        for (int64_t i = 0; i < l.length; i++) {
            int64_t at = *(const int64_t *)(const void *)(l.run[0] + i * l.step[0]);
            if (at > largest) largest = at;
        }
    return largest;
}

static tad_status one_hot_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const one_hot_options *o = c->options;
    const tad_array *index = c->in[0];
    tad_status s = need_index(c, index);
    if (s != TAD_OK) return s;
    int64_t classes = o->num_classes, size;
    if (classes < -1)
        return tad_fail(c, TAD_BAD_ARGUMENT, "num_classes is %lld", (long long)classes);
    if (index->rank == TAD_MAX_RANK)
        return tad_fail(c, TAD_TOO_LARGE, "rank %d is the largest", TAD_MAX_RANK);
    if (classes == -1) {
        if (index->size == 0)
            return tad_fail(c, TAD_BAD_ARGUMENT, "no indices to count the classes from");
        classes = largest_index(index);
        classes = classes < INT64_MAX ? classes + 1 : classes;
    }
    s = check_indices(c, index, classes);
    if (s != TAD_OK) return s;
    *out = (tad_type){TAD_I64, tad__shape_of(index)};
    out->shape.dim[out->shape.rank++] = classes;
    return tad__shape_size(&out->shape, &size) ? TAD_OK
                                               : tad_fail(c, TAD_TOO_LARGE, "too many elements");
}

static tad_status one_hot_forward(const tad_call_frame *c) {
    const tad_array *index = c->in[0], *y = c->out[0];
    int64_t classes = y->dim[y->rank - 1], *row = y->data;
    tad__clear(c->compute, y);
    tad_shape shape = tad__shape_of(index);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){index}, 1);
    for (bool more = tad__loop_first(&l); more && y->size; more = tad__loop_next(&l))
        for (int64_t i = 0; i < l.length; i++, row += classes)
            row[*(const int64_t *)(const void *)(l.run[0] + i * l.step[0])] = 1;
    return TAD_OK;
}

/* ---- masked_fill ---- */

static tad_status fill_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    tad_shape x = tad__shape_of(c->in[0]), mask = tad__shape_of(c->in[1]), both;
    if (!tad__is_float(c->in[0]->dtype)) return tad_fail(c, TAD_BAD_DTYPE, "x is not of a float type");
    if (c->in[1]->dtype != TAD_BOOL) return tad_fail(c, TAD_BAD_DTYPE, "the mask is not bool");
    if (!tad__shape_broadcast(&x, &mask, &both) || !tad__shape_equal(&both, &x))
        return tad_fail(c, TAD_BAD_SHAPE, "the mask does not broadcast to x");
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, x};
    return TAD_OK;
}

static tad_status fill_forward(const tad_call_frame *c) {
    const fill_options *o = c->options;
    tad__view room;
    const tad_array *value = tad__number_value(o->value, (tad_dtype)c->out[0]->dtype, &room);
    tad__select(c->compute, c->in[1], value, c->in[0], c->out[0]);
    return TAD_OK;
}

static tad_status fill_backward(tad_backward *b) {
    if (!b->cotangent[0] || !b->wanted[0]) return TAD_OK;
    return tad__select_backward(b, 0, b->call.in[1], false, true);
}

static void fill_vjp(tad_rule *r) {
    r->result[0] = tad_where(r->in[1], tad_number(0), r->given[0]);
}

/* ---- options, samples, misuse ---- */

static const tad_option axis_list[] = {
    {"axis", TAD_OPTION_INT, offsetof(axis_options, axis), NULL, 0, true}};
static const tad_option gather_put_list[] = {
    {"axis", TAD_OPTION_INT, offsetof(axis_options, axis), NULL, 0, true},
    {"shape", TAD_OPTION_SHAPE, offsetof(axis_options, shape), NULL, 0, true}};
static const tad_option take_list[] = {
    {"axis", TAD_OPTION_MAYBE_INT, offsetof(take_options, axis), NULL, 0, false}};
static const tad_option embedding_list[] = {{"padding_idx", TAD_OPTION_MAYBE_INT,
                                             offsetof(embedding_options, padding_idx), NULL, 0,
                                             false}};
static const tad_option one_hot_list[] = {
    {"num_classes", TAD_OPTION_INT, offsetof(one_hot_options, num_classes), NULL, -1, false}};
static const tad_option fill_list[] = {
    {"value", TAD_OPTION_FLOAT, offsetof(fill_options, value), NULL, 0, true}};

#define ONE(what, a, ...)         .label = what, .n = 1, .in = {a}, .options = __VA_ARGS__
#define TWO(what, a, b, ...)      .label = what, .n = 2, .in = {a, b}, .options = __VA_ARGS__
#define THREE(what, a, b, c, ...) .label = what, .n = 3, .in = {a, b, c}, .options = __VA_ARGS__
#define AT(k)                                                                                      \
    &(const axis_options) { .axis = k }
#define PUT(k, ...)                                                                                \
    &(const axis_options) { k, TAD__SHAPE(__VA_ARGS__) }
#define TAKE(k)                                                                                    \
    &(const take_options) { TAD__GIVEN(k) }
#define PADDING(k)                                                                                 \
    &(const embedding_options) { TAD__GIVEN(k) }
#define CLASSES(n)                                                                                 \
    &(const one_hot_options) { n }
#define VALUE(v)                                                                                   \
    &(const fill_options) { v }

static const tad_sample gather_samples[] = {
    {TWO("rows", TAD__F64(3, 4), TAD__INDICES(3, 2, 4), AT(0))},
    {TWO("one of each row", TAD__F64(5, 3), TAD__INDICES(3, 5, 1), AT(-1))},
    {TWO("shorter index", TAD__F64(3, 4, 5), TAD__INDICES(4, 2, 7, 3), AT(1))},
    {TWO("vector", TAD__F64(7), TAD__INDICES(7, 11), AT(0))},
    {TWO("no index", TAD__F64(3, 4), TAD__INDICES(3, 0, 4), AT(0))},
};
static const tad_misuse gather_misuse[] = {
    {TWO("out of range", TAD__F64(3, 4), TAD__INDICES(900, 2, 4), AT(0)), .expect = TAD_BAD_INDEX},
    {TWO("index too long", TAD__F64(3, 4), TAD__INDICES(3, 2, 5), AT(0)), .expect = TAD_BAD_SHAPE},
    {TWO("other rank", TAD__F64(3, 4), TAD__INDICES(3, 2), AT(0)), .expect = TAD_BAD_SHAPE},
    {TWO("no such axis", TAD__F64(3, 4), TAD__INDICES(3, 2, 4), AT(2)), .expect = TAD_BAD_AXIS},
    {TWO("float index", TAD__F64(3, 4), TAD__F64(2, 4), AT(0)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample gather_put_samples[] = {
    {TWO("rows", TAD__F64(2, 4), TAD__INDICES(3, 2, 4), PUT(0, 3, 4))},
    {TWO("columns", TAD__F64(3, 7), TAD__INDICES(5, 3, 7), PUT(-1, 3, 5))},
    {TWO("shorter index", TAD__F64(2, 7, 3), TAD__INDICES(4, 2, 7, 3), PUT(1, 3, 4, 5))},
    {TWO("vector", TAD__F64(11), TAD__INDICES(7, 11), PUT(0, 7))},
    {TWO("nothing put", TAD__F64(0, 4), TAD__INDICES(3, 0, 4), PUT(0, 3, 4))},
};
static const tad_misuse gather_put_misuse[] = {
    {TWO("out of range", TAD__F64(2, 4), TAD__INDICES(900, 2, 4), PUT(0, 3, 4)),
     .expect = TAD_BAD_INDEX},
    {TWO("other shape", TAD__F64(2, 3), TAD__INDICES(3, 2, 4), PUT(0, 3, 4)),
     .expect = TAD_BAD_SHAPE},
    {TWO("no such axis", TAD__F64(2, 4), TAD__INDICES(3, 2, 4), PUT(2, 3, 4)),
     .expect = TAD_BAD_AXIS},
    {TWO("negative size", TAD__F64(2, 4), TAD__INDICES(3, 2, 4), PUT(0, -1, 4)),
     .expect = TAD_BAD_SHAPE},
};
static const tad_sample scatter_samples[] = {
    {THREE("rows", TAD__F64(3, 4), TAD__INDICES(3, 2, 4), TAD__F64(2, 4), AT(0))},
    {THREE("columns, often", TAD__F64(2, 3), TAD__INDICES(3, 2, 11), TAD__F64(2, 11), AT(-1))},
    {THREE("shorter index", TAD__F64(3, 4, 5), TAD__INDICES(4, 2, 7, 3), TAD__F64(2, 7, 3), AT(1))},
    {THREE("vector", TAD__F64(7), TAD__INDICES(7, 11), TAD__F64(11), AT(0))},
    {THREE("nothing put", TAD__F64(3, 4), TAD__INDICES(3, 0, 4), TAD__F64(0, 4), AT(0))},
};
static const tad_misuse scatter_misuse[] = {
    {THREE("out of range", TAD__F64(3), TAD__INDICES(900, 4), TAD__F64(4), AT(0)),
     .expect = TAD_BAD_INDEX},
    {THREE("other shape of src", TAD__F64(3), TAD__INDICES(3, 4), TAD__F64(3), AT(0)),
     .expect = TAD_BAD_SHAPE},
    {THREE("index too long", TAD__F64(3, 2), TAD__INDICES(3, 2, 3), TAD__F64(2, 3), AT(0)),
     .expect = TAD_BAD_SHAPE},
    {THREE("no such axis", TAD__F64(3), TAD__INDICES(3, 4), TAD__F64(4), AT(1)),
     .expect = TAD_BAD_AXIS},
};
static const tad_sample select_samples[] = {
    {TWO("rows", TAD__F64(4, 3), TAD__INDICES(4, 7), AT(0))},
    {TWO("columns", TAD__F64(3, 5), TAD__INDICES(5, 2), AT(-1))},
    {TWO("middle", TAD__F64(2, 3, 5), TAD__INDICES(3, 4), AT(1))},
    {TWO("vector", TAD__F64(7), TAD__INDICES(7, 3), AT(0))},
    {TWO("no index", TAD__F64(4, 3), TAD__INDICES(4, 0), AT(0))},
};
static const tad_misuse select_misuse[] = {
    {TWO("out of range", TAD__F64(4, 3), TAD__INDICES(900, 7), AT(0)), .expect = TAD_BAD_INDEX},
    {TWO("two axes", TAD__F64(4, 3), TAD__INDICES(4, 2, 2), AT(0)), .expect = TAD_BAD_SHAPE},
    {TWO("no such axis", TAD__F64(4, 3), TAD__INDICES(3, 2), AT(-3)), .expect = TAD_BAD_AXIS},
    {TWO("float index", TAD__F64(4, 3), TAD__F64(2), AT(0)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample take_samples[] = {
    {TWO("one of each row", TAD__F64(3, 4), TAD__INDICES(4, 3, 1), TAKE(1))},
    {TWO("flattened", TAD__F64(3, 4), TAD__INDICES(12, 5), NULL)},
    {TWO("index broadcasts", TAD__F64(3, 5), TAD__INDICES(3, 2, 1), TAKE(0))},
    {TWO("x broadcasts", TAD__F64(1, 5), TAD__INDICES(5, 3, 2), TAKE(-1))},
    {TWO("no index", TAD__F64(3, 4), TAD__INDICES(4, 3, 0), TAKE(1))},
};
static const tad_misuse take_misuse[] = {
    {TWO("out of range", TAD__F64(3, 4), TAD__INDICES(900, 3, 4), TAKE(1)),
     .expect = TAD_BAD_INDEX},
    {TWO("does not broadcast", TAD__F64(3, 4), TAD__INDICES(3, 2, 4), TAKE(1)),
     .expect = TAD_BAD_SHAPE},
    {TWO("other rank", TAD__F64(3, 4), TAD__INDICES(3, 3), TAKE(1)), .expect = TAD_BAD_SHAPE},
    {TWO("no such axis", TAD__F64(3, 4), TAD__INDICES(3, 3, 4), TAKE(2)), .expect = TAD_BAD_AXIS},
};
/* The padding is constant to the rules only: a difference would see it move. */
#define BUT_ROW_1_OF_3                                                                             \
    {                                                                                              \
        TAD__TYPE(TAD_F64, 3, 2), .mask = (const bool[]) { true, true, false, false, true, true }  \
    }
#define BUT_LAST_OF_2                                                                              \
    {                                                                                              \
        TAD__TYPE(TAD_F64, 2, 1), .mask = (const bool[]) { true, false }                           \
    }
static const tad_sample embedding_samples[] = {
    {TWO("list", TAD__INDICES(4, 7), TAD__F64(4, 3), NULL)},
    {TWO("batch", TAD__INDICES(5, 2, 3), TAD__F64(5, 2), NULL)},
    {TWO("one", TAD__INDEX_0D(3), TAD__F64(3, 2), NULL)},
    {TWO("padding not hit", TAD__INDICES(3, 5), TAD__F64(4, 3), PADDING(-1))},
    {TWO("padding hit", TAD__INDICES(3, 2, 11), BUT_ROW_1_OF_3, PADDING(1))},
    {TWO("padding hit, rows of one number", TAD__INDICES(2, 11), BUT_LAST_OF_2, PADDING(-1))},
    {TWO("no index", TAD__INDICES(4, 0), TAD__F64(4, 3), NULL)},
};
static const tad_misuse embedding_misuse[] = {
    {TWO("out of range", TAD__INDICES(900, 7), TAD__F64(4, 3), NULL), .expect = TAD_BAD_INDEX},
    {TWO("weight of one axis", TAD__INDICES(4, 7), TAD__F64(4), NULL), .expect = TAD_BAD_SHAPE},
    {TWO("float indices", TAD__F64(7), TAD__F64(4, 3), NULL), .expect = TAD_BAD_DTYPE},
    {TWO("no such padding row", TAD__INDICES(4, 7), TAD__F64(4, 3), PADDING(4)),
     .expect = TAD_BAD_INDEX},
};
static const tad_sample one_hot_samples[] = {
    {ONE("counted", TAD__INDICES(3, 7), CLASSES(-1))},
    {ONE("given", TAD__INDICES(3, 5), CLASSES(4))},
    {ONE("matrix", TAD__INDICES(2, 2, 3), CLASSES(2))},
    {ONE("nothing", TAD__INDICES(2, 0), CLASSES(3))},
    {ONE("one class", TAD__INDICES(1, 2), CLASSES(1))},
};
static const tad_misuse one_hot_misuse[] = {
    {ONE("too few classes", TAD__INDICES(900, 7), CLASSES(2)), .expect = TAD_BAD_INDEX},
    {ONE("negative classes", TAD__INDICES(3, 7), CLASSES(-2)), .expect = TAD_BAD_ARGUMENT},
    {ONE("classes of nothing", TAD__INDICES(3, 0), CLASSES(-1)), .expect = TAD_BAD_ARGUMENT},
    {ONE("floats", TAD__F64(3), CLASSES(-1)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample fill_samples[] = {
    {TWO("equal shapes", TAD__F64(3, 4), TAD__MASK(3, 4), VALUE(7))},
    {TWO("mask broadcasts", TAD__F64(2, 3, 5), TAD__MASK(3, 1), VALUE(-3))},
    {TWO("row mask", TAD__F64(3, 5), TAD__MASK(5), VALUE(0))},
    {TWO("size 1", TAD__F64(1), TAD__MASK(1), VALUE(0.5))},
    {TWO("empty", TAD__F64(0, 3), TAD__MASK(3), VALUE(1))},
};
static const tad_misuse fill_misuse[] = {
    {TWO("mask larger", TAD__F64(3), TAD__MASK(2, 3), VALUE(0)), .expect = TAD_BAD_SHAPE},
    {TWO("mask of other size", TAD__F64(2, 3), TAD__MASK(2), VALUE(0)), .expect = TAD_BAD_SHAPE},
    {TWO("mask not bool", TAD__F64(2, 3), TAD__INDICES(2, 3), VALUE(0)), .expect = TAD_BAD_DTYPE},
};

/* ---- the family ---- */

#define TAKES(n) .family = "index", .min_in = n, .max_in = n, .n_out = 1
#define TAKEN                                                                                      \
    TAKES(2), .flags = TAD_OP_LINEAR, .constant_in = 1u << 1, .forward = take_forward,             \
              .backward = take_backward

const tad_op tad__ops_index[] = {
    [GATHER] = {.name = "gather",
                .doc = "y[i,j] = x[index[i,j],j] for axis 0: x picked by an index of its rank",
                TAKEN,
                TAD__OPTIONS(axis_options, axis_list),
                .shape = gather_shape,
                .vjp = gather_vjp,
                TAD__SAMPLES(gather_samples),
                TAD__MISUSE(gather_misuse)},
    [GATHER_PUT] = {.name = "gather_put",
                    .doc = "zeros of a shape with src added where gather would take it",
                    .family = "index",
                    .min_in = 2,
                    .max_in = 2,
                    .n_out = 1,
                    .flags = TAD_OP_LINEAR | TAD_OP_INTERNAL,
                    .constant_in = 1u << 1,
                    TAD__OPTIONS(axis_options, gather_put_list),
                    .shape = gather_put_shape,
                    .forward = gather_put_forward,
                    .vjp = gather_put_vjp,
                    TAD__SAMPLES(gather_put_samples),
                    TAD__MISUSE(gather_put_misuse)},
    [SCATTER_ADD] = {.name = "scatter_add",
                     .doc = "x with src[i,j] added to [index[i,j],j] for axis 0; "
                            "repeated indices add up",
                     TAKES(3),
                     .flags = TAD_OP_LINEAR,
                     .constant_in = 1u << 1,
                     TAD__OPTIONS(axis_options, axis_list),
                     .shape = scatter_shape,
                     .forward = scatter_forward,
                     .vjp = scatter_vjp,
                     .backward = scatter_backward,
                     TAD__SAMPLES(scatter_samples),
                     TAD__MISUSE(scatter_misuse)},
    [INDEX_SELECT] = {.name = "index_select",
                      .doc = "the slices of x along an axis that a list of indices names",
                      TAKEN,
                      TAD__OPTIONS(axis_options, axis_list),
                      .shape = select_shape,
                      .vjp = select_vjp,
                      TAD__SAMPLES(select_samples),
                      TAD__MISUSE(select_misuse)},
    [TAKE_ALONG_AXIS] = {.name = "take_along_axis",
                         .doc = "gather whose other axes broadcast; without axis x is "
                                "flattened",
                         TAKEN,
                         TAD__OPTIONS(take_options, take_list),
                         .shape = take_shape,
                         .vjp = take_vjp,
                         TAD__SAMPLES(take_samples),
                         TAD__MISUSE(take_misuse)},
    [EMBEDDING] = {.name = "embedding",
                   .doc = "rows of weight by indices; the row padding_idx counts as constant: "
                          "gradient and tangent 0",
                   TAKES(2),
                   .constant_in = 1u << 0,
                   TAD__OPTIONS(embedding_options, embedding_list),
                   .shape = embedding_shape,
                   .forward = take_forward,
                   .backward = take_backward,
                   .vjp = embedding_vjp,
                   .jvp = embedding_jvp,
                   TAD__SAMPLES(embedding_samples),
                   TAD__MISUSE(embedding_misuse)},
    [ONE_HOT] = {.name = "one_hot",
                 .doc = "int64 rows with a 1 at the index; num_classes -1: the largest index + 1",
                 .family = "index",
                 .min_in = 1,
                 .max_in = 1,
                 .n_out = 1,
                 .flags = TAD_OP_FLAT,
                 TAD__OPTIONS(one_hot_options, one_hot_list),
                 .shape = one_hot_shape,
                 .forward = one_hot_forward,
                 TAD__SAMPLES(one_hot_samples),
                 TAD__MISUSE(one_hot_misuse)},
    [MASKED_FILL] = {.name = "masked_fill",
                     .doc = "x with value where the mask, which broadcasts to x, is true",
                     .family = "index",
                     .min_in = 2,
                     .max_in = 2,
                     .n_out = 1,
                     .constant_in = 1u << 1,
                     TAD__OPTIONS(fill_options, fill_list),
                     .shape = fill_shape,
                     .forward = fill_forward,
                     .backward = fill_backward,
                     .vjp = fill_vjp,
                     .jvp = fill_vjp,
                     TAD__SAMPLES(fill_samples),
                     TAD__MISUSE(fill_misuse)},
};
const size_t tad__ops_index_count = sizeof tad__ops_index / sizeof *tad__ops_index;

/* ---- constructors ---- */

tad_var tad_gather(tad_var x, tad_var index, int axis) {
    return tad_apply(&tad__ops_index[GATHER], (tad_var[]){x, index}, 2,
                     &(axis_options){.axis = axis}, NULL, 0);
}

tad_var tad_scatter_add(tad_var x, tad_var index, tad_var src, int axis) {
    return tad_apply(&tad__ops_index[SCATTER_ADD], (tad_var[]){x, index, src}, 3,
                     &(axis_options){.axis = axis}, NULL, 0);
}

tad_var tad_one_hot(tad_var indices, int64_t num_classes) {
    return tad_apply(&tad__ops_index[ONE_HOT], &indices, 1, &(one_hot_options){num_classes}, NULL,
                     0);
}

tad_var tad_index_select(tad_var x, tad_var index, int axis) {
    return tad_apply(&tad__ops_index[INDEX_SELECT], (tad_var[]){x, index}, 2,
                     &(axis_options){.axis = axis}, NULL, 0);
}

tad_var tad_take_along_axis(tad_var x, tad_var index, tad_axes axis) {
    tad_tape *t = tad__tape_of(&x, 1);
    const take_options o = {{axis.given, axis.axis[0]}};
    if (!axis.given || axis.count == 1)
        return tad_apply(&tad__ops_index[TAKE_ALONG_AXIS], (tad_var[]){x, index}, 2, &o, NULL, 0);
    if (t) tad__fail(t, TAD_BAD_AXIS, "take_along_axis: one axis is needed, or all");
    return tad__nil(t);
}

tad_var tad_embedding(tad_var indices, tad_var weight) {
    return tad_apply(&tad__ops_index[EMBEDDING], (tad_var[]){indices, weight}, 2, NULL, NULL, 0);
}

tad_var tad_embedding_padded(tad_var indices, tad_var weight, int64_t padding_idx) {
    const embedding_options o = {{true, padding_idx}};
    return tad_apply(&tad__ops_index[EMBEDDING], (tad_var[]){indices, weight}, 2, &o, NULL, 0);
}

tad_var tad_masked_fill(tad_var x, tad_var mask, double value) {
    return tad_apply(&tad__ops_index[MASKED_FILL], (tad_var[]){x, mask}, 2, &(fill_options){value},
                     NULL, 0);
}
