/* Shapes and strides. Rests on shape.h. */
#include "shape.h"

#include <stdio.h>

static const char *const dtype_name[TAD_DTYPE_COUNT] = {
    [TAD_F64] = "float64", [TAD_F32] = "float32", [TAD_I64] = "int64", [TAD_BOOL] = "bool"};

size_t tad_dtype_size(tad_dtype dtype) {
    return (unsigned)dtype < TAD_DTYPE_COUNT ? tad__width(dtype) : 0;
}

const char *tad_dtype_name(tad_dtype dtype) {
    return (unsigned)dtype < TAD_DTYPE_COUNT ? dtype_name[dtype] : "?";
}

bool tad__shape_size(const tad_shape *s, int64_t *size) {
    if (s->rank < 0 || s->rank > TAD_MAX_RANK) return false;
    int64_t n = 1, nonzero = 1;
    for (int i = 0; i < s->rank; i++) {
        if (s->dim[i] < 0) return false;
        n = s->dim[i] ? n : 0;
        /* sizes must multiply even beside a zero: strides are computed from them */
        if (s->dim[i] && __builtin_mul_overflow(nonzero, s->dim[i], &nonzero)) return false;
    }
    *size = n ? nonzero : 0;
    return nonzero <= PTRDIFF_MAX / 16;
}

bool tad__shape_bytes(const tad_shape *s, tad_dtype dtype, size_t *bytes) {
    int64_t n;
    return tad__shape_size(s, &n) && tad__mul((size_t)n, tad_dtype_size(dtype), bytes);
}

bool tad__shape_equal(const tad_shape *a, const tad_shape *b) {
    if (a->rank != b->rank) return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i]) return false;
    return true;
}

bool tad__shape_broadcast(const tad_shape *a, const tad_shape *b, tad_shape *out) {
    if (tad__shape_equal(a, b)) {
        if (out != a) *out = *a;
        return true;
    }
    tad_shape r = {a->rank > b->rank ? a->rank : b->rank, {0}};
    for (int i = 1; i <= r.rank; i++) {
        int64_t x = i <= a->rank ? a->dim[a->rank - i] : 1,
                y = i <= b->rank ? b->dim[b->rank - i] : 1;
        if (x != y && x != 1 && y != 1) return false;
        r.dim[r.rank - i] = x == 1 ? y : x;
    }
    *out = r;
    return true;
}

bool tad__axis(int64_t axis, int rank, int *out) {
    if (axis < -rank || axis >= rank) return false;
    *out = (int)(axis < 0 ? axis + rank : axis);
    return true;
}

bool tad__axes_mask(const tad_axes *axes, int rank, unsigned *mask, int *bad) {
    if (!axes->given) {
        *mask = (1u << rank) - 1;
        return true;
    }
    *mask = 0;
    *bad = axes->count;
    if (axes->count < 0 || axes->count > TAD_MAX_RANK) return false;
    for (int i = 0; i < axes->count; i++) {
        int a;
        *bad = axes->axis[i];
        if (!tad__axis(axes->axis[i], rank, &a) || (*mask >> a & 1)) return false;
        *mask |= 1u << a;
    }
    return true;
}

tad_shape tad__shape_reduced(const tad_shape *s, unsigned mask, bool keepdims) {
    tad_shape r = {0, {0}};
    for (int i = 0; i < s->rank; i++) {
        if (!(mask >> i & 1))
            r.dim[r.rank++] = s->dim[i];
        else if (keepdims)
            r.dim[r.rank++] = 1;
    }
    return r;
}

void tad__shape_strides(const tad_shape *s, int64_t *stride) {
    int64_t step = 1;
    for (int i = s->rank - 1; i >= 0; i--) {
        stride[i] = step;
        step *= s->dim[i] ? s->dim[i] : 1;
    }
}

const char *tad__shape_text(const tad_shape *s, char *buf, size_t size) {
    size_t at = 0;
    at += (size_t)snprintf(buf, size, "(");
    for (int i = 0; i < s->rank && i < TAD_MAX_RANK && at < size; i++)
        at += (size_t)snprintf(buf + at, size - at, i ? ",%lld" : "%lld", (long long)s->dim[i]);
    if (at < size) snprintf(buf + at, size - at, ")");
    return buf;
}

void tad__array_layout(tad_array *a, tad_dtype dtype, const tad_shape *s) {
    a->dtype = (uint8_t)dtype;
    a->rank = (uint8_t)s->rank;
    a->contiguous = true;
    a->pooled = false;
    a->version = NULL;
    a->size = 1;
    a->dim = (int64_t *)(a + 1);
    for (int i = 0; i < s->rank; i++) {
        a->dim[i] = s->dim[i];
        a->size *= s->dim[i];
    }
    tad__shape_strides(s, a->dim + s->rank);
}

void tad__array_repeat(tad_array *a, const tad_array *like) {
    *a = (tad_array){.size = like->size,
                     .dim = (int64_t *)(a + 1),
                     .dtype = like->dtype,
                     .rank = like->rank,
                     .contiguous = true};
    int64_t step = 1;
    for (int i = like->rank - 1; i >= 0; i--) {
        a->dim[i] = like->dim[i];
        a->dim[like->rank + i] = step;
        step *= like->dim[i] ? like->dim[i] : 1;
    }
}

void tad__array_seen(tad_array *a) {
    const int64_t *stride = tad_strides(a);
    int64_t step = 1;
    a->contiguous = true;
    for (int i = a->rank - 1; i >= 0 && a->size; i--) {
        if (a->dim[i] != 1 && stride[i] != step) a->contiguous = false;
        step *= a->dim[i];
    }
}
