/* Shapes: sizes, strides, broadcasting, axes. Rests on base.h; has no state and no errors of its
 * own. */
#ifndef TAD_SHAPE_H
#define TAD_SHAPE_H

#include <tad/op.h>

#include "base/base.h"

static inline bool tad__is_float(unsigned dtype) { return dtype == TAD_F64 || dtype == TAD_F32; }

/* Bytes of an element of a dtype that exists; in place, for paths where a call would show. */
static inline size_t tad__width(unsigned dtype) {
    return dtype == TAD_F32 ? sizeof(float) : dtype == TAD_BOOL ? 1 : 8;
}

/* Elements and bytes of a shape; false when rank or a size is not allowed or the product is beyond
 * what memory can hold. A size that was found so fits into size_t. */
bool tad__shape_size(const tad_shape *s, int64_t *size);
bool tad__shape_bytes(const tad_shape *s, tad_dtype dtype, size_t *bytes);
bool tad__shape_equal(const tad_shape *a, const tad_shape *b);
/* NumPy's rule; false when they do not broadcast together. */
bool tad__shape_broadcast(const tad_shape *a, const tad_shape *b, tad_shape *out);
static inline tad_shape tad__shape_of(const tad_array *a) {
    tad_shape s = {a->rank, {0}};
    for (int i = 0; i < a->rank; i++) s.dim[i] = a->dim[i];
    return s;
}
/* Negative axes count from the end; false when there is no such axis. */
bool tad__axis(int64_t axis, int rank, int *out);
/* A bit for each axis named (all when not given); false for a bad or repeated axis, *bad, or for an
 * impossible number of axes. */
bool tad__axes_mask(const tad_axes *axes, int rank, unsigned *mask, int *bad);
/* Shape without the axes of the mask, or with size 1 there. */
tad_shape tad__shape_reduced(const tad_shape *s, unsigned mask, bool keepdims);
/* Where the element of this number, in row-major order of the axes, lies, in elements. */
static inline int64_t tad__offset_of(int64_t number, int rank, const int64_t *dim,
                                     const int64_t *stride) {
    int64_t at = 0;
    for (int i = rank - 1; i >= 0; i--) {
        at += number % dim[i] * stride[i];
        number /= dim[i];
    }
    return at;
}
/* Row-major strides in elements. */
void tad__shape_strides(const tad_shape *s, int64_t *stride);
/* "(2,3)", "()" into buf, which has TAD__SHAPE_ROOM bytes for any: for each size a sign, 19 digits
 * and a comma; returns buf. */
enum { TAD__SHAPE_ROOM = TAD_MAX_RANK * 21 + 2 };
const char *tad__shape_text(const tad_shape *s, char *buf, size_t size);

/* Sets rank, dims (which follow the header) and row-major strides; data is left alone. */
void tad__array_layout(tad_array *a, tad_dtype dtype, const tad_shape *s);
/* Bytes of a tad_array of this rank. */
static inline size_t tad__array_header(int rank) {
    return sizeof(tad_array) + 2 * (size_t)rank * sizeof(int64_t);
}
/* Sets everything but data as in a contiguous array. */
void tad__array_repeat(tad_array *a, const tad_array *like);
/* Recomputes `contiguous` after strides were changed. */
void tad__array_seen(tad_array *a);

#endif
