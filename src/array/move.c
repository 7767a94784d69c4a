/* Copying and converting arrays of any layout. Rests on walk.h. */
#include <string.h>

#include "walk.h"

#define COPY_STRIDED(T)                                                                            \
    for (int64_t i = 0; i < l->length; i++)                                                        \
    *(T *)(void *)(l->run[0] + i * l->step[0]) =                                                   \
        *(const T *)(const void *)(l->run[1] + i * l->step[1])

static void copy_run(const tad__compute *c, const tad__loop *l, tad_dtype dtype) {
    size_t size = tad_dtype_size(dtype);
    if (tad__is_repeated(l, dtype, dtype))
        c->kernels->fill[dtype]((size_t)l->length, tad__load(l->run[1], dtype), l->run[0]);
    else if (l->step[1] == (int64_t)size && l->step[0] == (int64_t)size)
        tad__copy_bytes(l->run[0], l->run[1], (size_t)l->length * size);
    else if (dtype == TAD_F64)
        COPY_STRIDED(double);
    else if (dtype == TAD_F32)
        COPY_STRIDED(float);
    else if (dtype == TAD_I64)
        COPY_STRIDED(int64_t);
    else
        COPY_STRIDED(uint8_t);
}

#define CONVERT(TO, FROM)                                                                          \
    do {                                                                                           \
        const char *p = l->run[1];                                                                 \
        char *q = l->run[0];                                                                       \
        if (l->step[0] == sizeof(TO) && l->step[1] == sizeof(FROM))                                \
            for (int64_t i = 0; i < l->length; i++)                                                \
                ((TO *)(void *)q)[i] = (TO)((const FROM *)(const void *)p)[i];                     \
        else                                                                                       \
            for (int64_t i = 0; i < l->length; i++, p += l->step[1], q += l->step[0])              \
                *(TO *)(void *)q = (TO) * (const FROM *)(const void *)p;                           \
    } while (0)

static void convert_run(const tad__loop *l, tad_dtype to, tad_dtype from) {
    if (to == TAD_F32 && from == TAD_F64)
        CONVERT(float, double);
    else if (to == TAD_F64 && from == TAD_F32)
        CONVERT(double, float);
    else if (to == TAD_F32 && from == TAD_BOOL)
        CONVERT(float, uint8_t);
    else if (to == TAD_F64 && from == TAD_BOOL)
        CONVERT(double, uint8_t);
    else if (to == TAD_I64 && from == TAD_BOOL)
        CONVERT(int64_t, uint8_t);
    else
        for (int64_t i = 0; i < l->length; i++)
            tad__store(l->run[0] + i * l->step[0], to, tad__load(l->run[1] + i * l->step[1], from));
}

void tad__copy_walk(void *arg, tad__loop *l) {
    const tad__move *m = arg;
    tad__crossing a;
    if (m->to == m->from && tad__take_transposed_axis(l, (int64_t)tad_dtype_size(m->to), &a)) {
        tad__copy_transposed(l, &a, m->to);
        return;
    }
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l)) {
        if (m->to == m->from)
            copy_run(m->compute, l, m->to);
        else
            convert_run(l, m->to, m->from);
    }
}

static void copy_piece(void *arg, size_t first, size_t end) {
    const tad_array *const *a = arg;
    tad__copy_bytes((char *)a[0]->data + first, (const char *)a[1]->data + first, end - first);
}

void tad__put(const tad__compute *c, const tad_array *dst, const tad_array *src, bool add) {
    tad_shape shape = tad__shape_of(dst);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){dst, src}, 2);
    tad__loop_split(c->threads, &l, 0, add ? tad__add_walk : tad__copy_walk,
                    &(tad__move){c, (tad_dtype)dst->dtype, (tad_dtype)src->dtype});
}

void tad__copy(const tad__compute *c, tad_array *dst, const tad_array *src) {
    if (dst->dtype == src->dtype && dst->contiguous && src->contiguous) {
        size_t bytes = (size_t)dst->size * tad_dtype_size((tad_dtype)dst->dtype);
        tad__split(c->threads, bytes, TAD__GRAIN * sizeof(double), copy_piece,
                   (void *)(const tad_array *[]){dst, src});
        return;
    }
    tad__put(c, dst, src, false);
}

tad_array *tad__scratch_array(const tad__compute *c, tad_dtype dtype, const tad_shape *shape) {
    size_t bytes;
    tad_array *a = tad__scratch(c, tad__array_header(shape->rank));
    void *data = tad__shape_bytes(shape, dtype, &bytes) ? tad__scratch(c, bytes) : NULL;
    if (!a || !data) return NULL;
    tad__array_layout(a, dtype, shape);
    a->data = data;
    return a;
}

const tad_array *tad__contiguous(const tad__compute *c, const tad_array *a) {
    if (a->contiguous) return a;
    tad_shape shape = tad__shape_of(a);
    tad_array *copy = tad__scratch_array(c, (tad_dtype)a->dtype, &shape);
    if (copy) tad__copy(c, copy, a);
    return copy;
}
