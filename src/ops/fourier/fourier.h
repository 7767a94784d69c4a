/* What transforms share. Complex numbers are a last axis of size 2, which axes do not count: -1 is
 * the one before. Rests on tape.h. */
#ifndef TAD_OPS_FOURIER_H
#define TAD_OPS_FOURIER_H

#include "tape/tape.h"

/* Of one axis: tables and scratch memory are some times as long. */
#define TAD__LONGEST_TRANSFORM (INT64_C(1) << 40)

typedef struct tad__dft_options {
    int64_t axis;
    bool inverse;
    double scale;
} tad__dft_options;

/* x is complex and has the axis. */
tad_status tad__complex_shape(const tad_call_frame *c, int64_t named, int *axis);
/* The axis of an array of this rank, once that is known. */
static inline int tad__complex_axis(int64_t named, int rank) {
    return (int)(named < 0 ? named + rank - 1 : named);
}

tad_var tad__dft(tad_var x, int64_t axis, bool inverse, double scale);

/* ---- fftw.c, where the build has an FFTW ---- */

/* A plan for rows of n numbers, one after another, from x to y. NULL: there is none, or ours take
 * no longer. */
#ifdef TAD_FFTW
void *tad__fftw_plan(tad_dtype dtype, size_t n, size_t rows, bool inverse, const void *x, void *y);
void tad__fftw_run(void *plan, tad_dtype dtype, const void *x, void *y);
void tad__fftw_end(void *plan, tad_dtype dtype);
#else
static inline void *tad__fftw_plan(tad_dtype dtype, size_t n, size_t rows, bool inverse,
                                   const void *x, void *y) {
    (void)dtype, (void)n, (void)rows, (void)inverse, (void)x, (void)y;
    return NULL;
}
static inline void tad__fftw_run(void *plan, tad_dtype dtype, const void *x, void *y) {
    (void)plan, (void)dtype, (void)x, (void)y;
}
static inline void tad__fftw_end(void *plan, tad_dtype dtype) { (void)plan, (void)dtype; }
#endif

#endif
