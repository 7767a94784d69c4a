/* The walk of ops that take elements by index. Rests on indexed.h. */
#include "indexed.h"

#include <string.h>

#include "array/loop.h"
#include "ops/axes.h"

/* ---- checks ---- */

tad_status tad__need_index(const tad_call_frame *c, const tad_array *index) {
    if (index->dtype == TAD_I64) return TAD_OK;
    return tad_fail(c, TAD_BAD_DTYPE, "indices must be int64, not %s",
                    tad_dtype_name((tad_dtype)index->dtype));
}

/* Whether all of them are, in one pass without a way out. */
static bool all_within(const int64_t *at, int64_t length, int64_t n) {
    uint64_t largest = 0; /* what is below 0 is largest */
    for (int64_t i = 0; i < length; i++)
        largest = (uint64_t)at[i] > largest ? (uint64_t)at[i] : largest;
    return !length || largest < (uint64_t)n;
}

tad_status tad__check_indices(const tad_call_frame *c, const tad_array *index, int64_t n) {
    tad_shape shape = tad__shape_of(index);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){index}, 1);
    for (bool more = tad__loop_first(&l); more; more = tad__loop_next(&l)) {
        const int64_t *row = (const int64_t *)(const void *)l.run[0];
        if (l.step[0] == 8 && all_within(row, l.length, n)) continue;
        for (int64_t i = 0; i < l.length; i++) {
            int64_t at = *(const int64_t *)(const void *)(l.run[0] + i * l.step[0]);
            if (at < 0 || at >= n)
                return tad_fail(c, TAD_BAD_INDEX, "index %lld is not within 0 to %lld",
                                (long long)at, (long long)n - 1);
        }
    }
    return TAD_OK;
}

tad_status tad__check_scatter(const tad_call_frame *c, int64_t along, tad_type *out) {
    const tad_array *x = c->in[0];
    const tad_shape index = tad__shape_of(c->in[1]), src = tad__shape_of(c->in[2]);
    int axis;
    if (tad__need_index(c, c->in[1])) return TAD_BAD_DTYPE;
    if (!tad__is_float(x->dtype) || c->in[2]->dtype != x->dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "x and src must have one float type");
    if (tad__one_axis(c, along, x->rank, &axis)) return TAD_BAD_AXIS;
    if (!tad__shape_equal(&index, &src))
        return tad_fail(c, TAD_BAD_SHAPE, "src and index have different shapes");
    bool fits = index.rank == x->rank;
    for (int i = 0; fits && i < index.rank; i++) fits = i == axis || index.dim[i] <= x->dim[i];
    if (!fits)
        return tad_fail(c, TAD_BAD_SHAPE,
                        "the index is larger than x off axis %d, or of other rank", axis);
    *out = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    return tad__check_indices(c, c->in[1], x->dim[axis]);
}

/* ---- how the arrays lie ---- */

void tad__walk_source(tad__walk *w, const tad_array *source, const tad_array *a, int axis) {
    tad_shape shape = tad__shape_of(a);
    for (int i = 0; i < shape.rank; i++) /* a longer source is only used up to a's size */
        if (i == axis || source->dim[i] < shape.dim[i])
            shape.dim[i] = i == axis ? 1 : source->dim[i];
    tad_array *s = tad__lay_out(&w->source, source, &shape);
    memcpy(tad__strides(s), tad_strides(source), (size_t)source->rank * sizeof(int64_t));
    w->stride = tad_strides(source)[axis] * (int64_t)tad_dtype_size((tad_dtype)source->dtype);
    w->size = source->dim[axis];
    w->skip = (tad_maybe_int){false, 0};
}

void tad__walk_index(tad__walk *w, const tad_array *index) {
    tad_shape shape = tad__shape_of(index);
    tad_array *i = tad__lay_out(&w->index, index, &shape);
    memcpy(tad__strides(i), tad_strides(index), index->rank * sizeof(int64_t));
}

static void walk_loop(const tad__walk *w, const tad_array *a, tad__loop *l) {
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

/* ---- taking ---- */

#define TAKE_EACH(U)                                                                               \
    for (int64_t i = 0; i < l->length; i++)                                                        \
    *(U *)(void *)(l->run[0] + i * l->step[0]) = *(const U *)(const void *)place_of(l, i, stride)

/* Neighbours of 8 bytes from places in one row, or in one column. */
static bool take_row(const tad__loop *l, int64_t stride) {
    uint64_t *to = (uint64_t *)(void *)l->run[0];
    const int64_t *index = (const int64_t *)(const void *)l->run[1], each = stride / 8;
    const uint64_t *from = (const uint64_t *)(const void *)l->run[2];
    if (l->step[0] != 8 || l->step[1] != 8 || l->step[2]) return false;
    if (each == 1)
        for (int64_t i = 0; i < l->length; i++) to[i] = from[index[i]];
    else
        for (int64_t i = 0; i < l->length; i++) to[i] = from[index[i] * each];
    return true;
}

static void take_run(const tad__loop *l, int64_t stride, size_t size) {
    if (is_block(l, size)) {
        memcpy(l->run[0], place_of(l, 0, stride), (size_t)l->length * size);
        return;
    }
    if (size == 8 && take_row(l, stride)) return;
    if (size == 8)
        TAKE_EACH(uint64_t);
    else if (size == 4)
        TAKE_EACH(uint32_t);
    else
        TAKE_EACH(uint8_t);
}

typedef struct move {
    const tad__compute *compute;
    const tad__walk *w;
    tad_dtype dtype;
    bool put;
} move;

static void take_walk(void *arg, tad__loop *l) {
    const move *m = arg;
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l))
        take_run(l, m->w->stride, tad_dtype_size(m->dtype));
}

void tad__walk_take(const tad__compute *compute, const tad__walk *w, const tad_array *a) {
    tad__loop l;
    walk_loop(w, a, &l);
    tad__loop_split(compute->threads, &l, 0, take_walk,
                    &(move){compute, w, (tad_dtype)a->dtype, false});
}

/* ---- adding ---- */

#define MOVE(T, to, from) *(T *)(void *)(to) += *(const T *)(const void *)(from)

/* a += the source's elements, or the source += a's; `put` says which. */
static void add_run(const tad__compute *compute, const tad__loop *l, const tad__walk *w,
                    tad_dtype dtype, bool put) {
    size_t size = tad_dtype_size(dtype);
    if (is_block(l, size)) {
        char *place = place_of(l, 0, w->stride);
        if (put && w->skip.given && *(const int64_t *)(const void *)l->run[1] == w->skip.value)
            return;
        compute->kernels->add[dtype]((size_t)l->length, put ? l->run[0] : place,
                                     put ? place : l->run[0]);
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

static void add_walk(void *arg, tad__loop *l) {
    const move *m = arg;
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l))
        add_run(m->compute, l, m->w, m->dtype, m->put);
}

/* Several indices may lead to one place: pieces of what is put do not share any, and the order of
 * additions to a place is that of the walk. Alone, cutting rows to pieces only costs. */
void tad__walk_add(const tad__compute *compute, const tad__walk *w, const tad_array *a, bool put) {
    tad__loop l;
    move m = {compute, w, (tad_dtype)a->dtype, put};
    walk_loop(w, a, &l);
    if (put && tad__pool_threads(compute->threads) < 2)
        add_walk(&m, &l);
    else
        tad__loop_split(compute->threads, &l, put ? 2 : 0, add_walk, &m);
}

/* ---- forward and backward ---- */

tad_status tad__take_forward(const tad_call_frame *c, const tad_array *x, tad__walk_plan *plan) {
    tad__walk w;
    plan(&w, c, x, c->out[0]);
    tad__walk_take(c->compute, &w, c->out[0]);
    return TAD_OK;
}

tad_status tad__take_backward(tad_backward *b, size_t x, tad__walk_plan *plan) {
    if (!b->cotangent[0] || !b->wanted[x]) return TAD_OK;
    bool fresh;
    tad_array *to = tad_backward_buffer(b, x, &fresh);
    if (!to) return TAD_NO_MEMORY;
    if (fresh) tad__clear(b->call.compute, to);
    tad__walk w;
    plan(&w, &b->call, to, b->cotangent[0]);
    tad__walk_add(b->call.compute, &w, b->cotangent[0], true);
    return TAD_OK;
}
