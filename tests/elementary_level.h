/* One table of array loops over src/kernel/elementary.h per instruction-set level, so that the
 * levels can be compared in one program. elementary_level.c defines the table of its level. */
#ifndef TAD_TESTS_ELEMENTARY_LEVEL_H
#define TAD_TESTS_ELEMENTARY_LEVEL_H

#include <stddef.h>

typedef struct {
    const char *name;
    void (*f64)(size_t n, const double *x, double *y);
    void (*f32)(size_t n, const float *x, float *y);
} tad_elementary_unary;

typedef struct {
    const char *name;
    void (*f64)(size_t n, const double *x, const double *y, double *z);
    void (*f32)(size_t n, const float *x, const float *y, float *z);
} tad_elementary_binary;

typedef struct {
    const tad_elementary_unary *unary;   /* ends with a null name */
    const tad_elementary_binary *binary; /* likewise */
} tad_elementary_level;

extern const tad_elementary_level tad_elementary_base, tad_elementary_avx2, tad_elementary_avx512;

#endif
