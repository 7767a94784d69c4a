/* Adding arrays of any layout, and summing them down to a smaller shape. Rests on walk.h. */
#include <string.h>

#include "walk.h"

#define ADD_STRIDED(T)                                                                             \
    for (int64_t i = 0; i < l->length; i++)                                                        \
    *(T *)(void *)(l->run[0] + i * l->step[0]) +=                                                  \
        *(const T *)(const void *)(l->run[1] + i * l->step[1])

/* The compiler makes vector code of it. */
#define ADD_REPEATED(T)                                                                            \
    do {                                                                                           \
        T *y = (T *)(void *)l->run[0];                                                             \
        const T one = *(const T *)(const void *)l->run[1];                                         \
        for (int64_t i = 0; i < l->length; i++) y[i] += one;                                       \
    } while (0)

/* One run: dst elements may all be one place (a sum), src elements anywhere. */
static void add_run(const tad__compute *c, const tad__loop *l, tad_dtype to, tad_dtype from) {
    int64_t size = (int64_t)tad_dtype_size(to);
    if (to == from && l->step[1] == size && l->step[0] == size) {
        c->kernels->add[to]((size_t)l->length, l->run[1], l->run[0]);
    } else if (to == from && tad__is_sum(l, size)) {
        tad__store(l->run[0], to,
                   tad__load(l->run[0], to) + tad__total(c, to, (size_t)l->length, l->run[1]));
    } else if (tad__is_repeated(l, to, from) && to == TAD_F64) {
        ADD_REPEATED(double);
    } else if (tad__is_repeated(l, to, from)) {
        ADD_REPEATED(float);
    } else if (to == TAD_F64 && from == TAD_F64) {
        ADD_STRIDED(double);
    } else if (to == TAD_F32 && from == TAD_F32) {
        ADD_STRIDED(float);
    } else {
        for (int64_t i = 0; i < l->length; i++) {
            char *p = l->run[0] + i * l->step[0];
            tad__store(p, to, tad__load(p, to) + tad__load(l->run[1] + i * l->step[1], from));
        }
    }
}

void tad__add_walk(void *arg, tad__loop *l) {
    const tad__move *m = arg;
    tad__crossing a;
    if (m->to == m->from && tad__is_float(m->to) &&
        tad__take_transposed_axis(l, (int64_t)tad_dtype_size(m->to), &a)) {
        tad__add_transposed(l, &a, m->to);
        return;
    }
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l))
        add_run(m->compute, l, m->to, m->from);
}

/* A matrix added up to a row, as the gradient of a bias is. */
static bool is_matrix_to_row(const tad__loop *l, int64_t size) {
    return l->rank == 2 && l->step[0] == size && l->step[1] == size && l->stride[0][0] == 0 &&
           l->stride[1][0] == l->dim[1] * size && l->dim[0] > 0 && l->dim[1] > 0;
}

/* ---- everything added up to one element ---- */

typedef struct sum_of_all {
    tad__move m;
    const tad__loop *l; /* any order of its axes will do */
    size_t piece;
    double part[TAD__MOST_PIECES]; /* of either type */
} sum_of_all;

static void sum_pieces(void *arg, size_t first, size_t end) {
    sum_of_all *s = arg;
    tad__loop l = *s->l;
    l.dim[0] = (int64_t)(end - first);
    if (l.rank == 1) l.length = l.dim[0];
    l.base[0] = (char *)&s->part[first / s->piece];
    l.base[1] += (int64_t)first * l.stride[1][0];
    tad__add_walk(&s->m, &l);
}

size_t tad__add_all_piece(const tad__loop *l) {
    const size_t along = (size_t)l->dim[0];
    return tad__split_size(along, tad__rows_grain(tad__loop_size(l) / along));
}

/* Pieces are summed on their own, then in their order. */
static void add_all(const tad__compute *c, tad__loop *l, const tad_array *dst, tad_dtype from) {
    const size_t along = (size_t)l->dim[0];
    tad_dtype to = (tad_dtype)dst->dtype;
    sum_of_all s = {.m = {c, to, from}, .l = l, .piece = tad__add_all_piece(l)};
    memset(s.part, 0, sizeof s.part);
    tad__split(c->threads, along, s.piece, sum_pieces, &s);
    for (size_t i = 0; i * s.piece < along; i++)
        tad__store(dst->data, to, tad__load(dst->data, to) + tad__load((char *)&s.part[i], to));
}

tad__add_way tad__plan_add(tad__loop *l, const tad_array *dst, const tad_array *src) {
    const bool same = src->dtype == dst->dtype;
    if (src->contiguous && src->size == dst->size && same && dst->dtype <= TAD_F32)
        return TAD__ADD_EACH;
    tad_shape a = tad__shape_of(dst), b = tad__shape_of(src), shape;
    if (!tad__shape_broadcast(&a, &b, &shape)) return TAD__ADD_NOTHING;
    int64_t size = (int64_t)tad_dtype_size((tad_dtype)dst->dtype);
    tad__loop_init(l, &shape, (const tad_array *const[]){dst, src}, 2);
    /* Any order of adding will do. */
    if (same && tad__transposed_axis(l, size) < 0) tad__order_by(l, 1, size);
    if (same && is_matrix_to_row(l, size)) return TAD__ADD_COLUMNS;
    return dst->size == 1 && src->size > TAD__GRAIN ? TAD__ADD_ALL : TAD__ADD_WALK;
}

void tad__add_into(const tad__compute *c, tad_array *dst, const tad_array *src) {
    const tad_dtype to = (tad_dtype)dst->dtype, from = (tad_dtype)src->dtype;
    tad__loop l;
    switch (tad__plan_add(&l, dst, src)) {
    case TAD__ADD_NOTHING: return;
    case TAD__ADD_EACH: tad__add(c, to, (size_t)dst->size, src->data, dst->data); return;
    case TAD__ADD_COLUMNS:
        tad__add_columns(c, to, (size_t)l.dim[0], (size_t)l.dim[1], l.base[1], l.base[0]);
        return;
    case TAD__ADD_ALL: add_all(c, &l, dst, from); return;
    case TAD__ADD_WALK:
        tad__loop_split(c->threads, &l, 0, tad__add_walk, &(tad__move){c, to, from});
    }
}
