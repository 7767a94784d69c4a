/* Copying, converting and adding arrays of any layout. Rests on the loop and the kernel table. */
#include <math.h>
#include <string.h>

#include "tape.h"

static double load(const char *p, tad_dtype dtype) {
    switch (dtype) {
    case TAD_F64: return *(const double *)(const void *)p;
    case TAD_F32: return *(const float *)(const void *)p;
    case TAD_I64: return (double)*(const int64_t *)(const void *)p;
    default: return *(const uint8_t *)p;
    }
}

/* Beyond int64 and NaN a conversion to int64 has no meaning in C: NaN gives 0, the rest the bounds. */
static int64_t to_int64(double v) {
    if (isnan(v)) return 0;
    if (v >= 9223372036854775808.0) return INT64_MAX;
    if (v <= -9223372036854775808.0) return INT64_MIN;
    return (int64_t)v;
}

static void store(char *p, tad_dtype dtype, double v) {
    switch (dtype) {
    case TAD_F64: *(double *)(void *)p = v; break;
    case TAD_F32: *(float *)(void *)p = (float)v; break;
    case TAD_I64: *(int64_t *)(void *)p = to_int64(v); break;
    default: *(uint8_t *)p = v != 0; break;
    }
}

static void copy_run(const tad__loop *l, tad_dtype dtype) {
    char *to = l->run[0];
    const char *from = l->run[1];
    size_t size = tad_dtype_size(dtype);
    if (l->step[1] == (int64_t)size && l->step[0] == (int64_t)size) {
        memcpy(to, from, (size_t)l->length * size);
        return;
    }
    for (int64_t i = 0; i < l->length; i++, to += l->step[0], from += l->step[1]) memcpy(to, from, size);
}

static void convert_run(const tad__loop *l, tad_dtype to, tad_dtype from) {
    for (int64_t i = 0; i < l->length; i++) {
        char *p = l->run[0] + i * l->step[0];
        const char *q = l->run[1] + i * l->step[1];
        if (to == TAD_I64 && from == TAD_BOOL) *(int64_t *)(void *)p = *(const uint8_t *)q;
        else store(p, to, load(q, from));
    }
}

void tad__copy(const tad_tape *t, tad_array *dst, const tad_array *src) {
    (void)t;
    if (dst->dtype == src->dtype && dst->contiguous && src->contiguous) {
        size_t bytes = (size_t)dst->size * tad_dtype_size((tad_dtype)dst->dtype);
        if (bytes) memcpy(dst->data, src->data, bytes);
        return;
    }
    tad_shape shape = tad__shape_of(dst);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){dst, src}, 2);
    for (bool more = tad__loop_first(&l); more; more = tad__loop_next(&l)) {
        if (dst->dtype == src->dtype) copy_run(&l, (tad_dtype)dst->dtype);
        else convert_run(&l, (tad_dtype)dst->dtype, (tad_dtype)src->dtype);
    }
}

#define ADD_STRIDED(T)                                                                             \
    for (int64_t i = 0; i < l->length; i++)                                                        \
        *(T *)(void *)(l->run[0] + i * l->step[0]) +=                                              \
            *(const T *)(const void *)(l->run[1] + i * l->step[1])

/* One run: dst elements may all be one place (a sum), src elements anywhere. */
static void add_run(const tad_tape *t, const tad__loop *l, tad_dtype to, tad_dtype from) {
    int64_t size = (int64_t)tad_dtype_size(to);
    bool same = to == from && l->step[1] == size;
    if (same && l->step[0] == size) {
        t->kernels->add[to]((size_t)l->length, l->run[1], l->run[0]);
    } else if (same && l->step[0] == 0) {
        store(l->run[0], to, load(l->run[0], to) + t->kernels->sum[to]((size_t)l->length, l->run[1]));
    } else if (to == TAD_F64 && from == TAD_F64) {
        ADD_STRIDED(double);
    } else if (to == TAD_F32 && from == TAD_F32) {
        ADD_STRIDED(float);
    } else {
        for (int64_t i = 0; i < l->length; i++) {
            char *p = l->run[0] + i * l->step[0];
            store(p, to, load(p, to) + load(l->run[1] + i * l->step[1], from));
        }
    }
}

static void swap(int64_t *a, int64_t *b) {
    int64_t c = *a;
    *a = *b;
    *b = c;
}

/* Makes an axis along which src lies without gaps the innermost one: any order of adding will do. */
static void read_in_order(tad__loop *l, int64_t size) {
    int last = l->rank - 1, k = last;
    while (k >= 0 && l->stride[1][k] != size) k--;
    if (k < 0 || k == last) return;
    swap(&l->dim[k], &l->dim[last]);
    for (int array = 0; array < 2; array++) {
        swap(&l->stride[array][k], &l->stride[array][last]);
        l->step[array] = l->stride[array][last];
    }
    l->length = l->dim[last];
}

/* A matrix added up to a row, as the gradient of a bias is. */
static bool is_matrix_to_row(const tad__loop *l, int64_t size) {
    return l->rank == 2 && l->step[0] == size && l->step[1] == size && l->stride[0][0] == 0 &&
           l->stride[1][0] == l->dim[1] * size && l->dim[0] > 0 && l->dim[1] > 0;
}

void tad__add_into(const tad_tape *t, tad_array *dst, const tad_array *src) {
    if (src->contiguous && src->size == dst->size && src->dtype == dst->dtype && dst->dtype <= TAD_F32) {
        t->kernels->add[dst->dtype]((size_t)dst->size, src->data, dst->data);
        return;
    }
    tad_shape a = tad__shape_of(dst), b = tad__shape_of(src), shape;
    if (!tad__shape_broadcast(&a, &b, &shape)) return;
    int64_t size = (int64_t)tad_dtype_size((tad_dtype)dst->dtype);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){dst, src}, 2);
    if (dst->dtype == src->dtype) read_in_order(&l, size);
    if (dst->dtype == src->dtype && is_matrix_to_row(&l, size)) {
        t->kernels->add_columns[dst->dtype]((size_t)l.dim[0], (size_t)l.dim[1], l.base[1], l.base[0]);
        return;
    }
    for (bool more = tad__loop_first(&l); more; more = tad__loop_next(&l))
        add_run(t, &l, (tad_dtype)dst->dtype, (tad_dtype)src->dtype);
}
