/* Transforms by FFTW, where the build has one (-Dfftw). Plans are made in its quick way, which
 * measures nothing and so gives the same plan each time, once for each call of an op: a library
 * has no place to keep one. FFTW's planner is made safe by FFTW's own lock, for whoever else in the
 * program uses it; running a plan needs none. What plans and runs take is FFTW's memory, not the
 * tape's, and where there is none FFTW ends the program. Rests on fourier.h. */
#include <fftw3.h>
#include <limits.h>

#include "fourier.h"

/* So many numbers in all, and so many rows, that are not too short, are worth a plan: measured on
 * an AMD EPYC. A single transform is ours: short ones take less time than a plan, from 2^14 on ours
 * take less than FFTW's. */
enum { WORTH = 2048, FEWEST = 4, SHORTEST = 32 };

/* A plan holds for what is aligned as the first row is; for any it would take four times as long.
 */
static unsigned alignment_of(size_t row, void *x, void *y) {
    double *const a = x, *const b = y, *const next_a = a + row / sizeof *a,
                  *const next_b = b + row / sizeof *b;
    const bool alike = fftw_alignment_of(a) == fftw_alignment_of(next_a) &&
                       fftw_alignment_of(b) == fftw_alignment_of(next_b);
    return alike ? 0 : FFTW_UNALIGNED;
}

void *tad__fftw_plan(tad_dtype dtype, size_t n, size_t rows, bool inverse, const void *x, void *y) {
    const int sign = inverse ? FFTW_BACKWARD : FFTW_FORWARD;
    void *const from = (void *)(uintptr_t)x; /* it is not written to */
    if (n < SHORTEST || n > INT_MAX || rows < FEWEST || rows < (WORTH - 1) / n + 1) return NULL;
    const unsigned how = FFTW_ESTIMATE | alignment_of(2 * n * tad__width(dtype), from, y);
    if (dtype == TAD_F64) {
        fftw_make_planner_thread_safe();
        return fftw_plan_dft_1d((int)n, from, y, sign, how);
    }
    fftwf_make_planner_thread_safe();
    return fftwf_plan_dft_1d((int)n, from, y, sign, how);
}

void tad__fftw_run(void *plan, tad_dtype dtype, const void *x, void *y) {
    void *const from = (void *)(uintptr_t)x;
    if (dtype == TAD_F64)
        fftw_execute_dft(plan, from, y);
    else
        fftwf_execute_dft(plan, from, y);
}

void tad__fftw_end(void *plan, tad_dtype dtype) {
    if (dtype == TAD_F64)
        fftw_destroy_plan(plan);
    else
        fftwf_destroy_plan(plan);
}
