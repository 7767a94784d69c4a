/* The table of kernels of one instruction-set level, and the loops that have no file of their own.
 * Rests on kernels.h. */
#include "isa.h"
#include "kernels.h"
#include "plain/sum.h"

/* ---- filling, adding and summing, in an order that no vector width changes ---- */

#define ADD_SUM(T, suffix)                                                                         \
    static void fill_##suffix(size_t n, double value, void *to) {                                  \
        T *y = to, v = (T)value;                                                                   \
        for (size_t i = 0; i < n; i++) y[i] = v;                                                   \
    }                                                                                              \
    static void add_##suffix(size_t n, const void *from, void *to) {                               \
        const T *restrict x = from;                                                                \
        T *restrict y = to;                                                                        \
        for (size_t i = 0; i < n; i++) y[i] += x[i];                                               \
    }                                                                                              \
    static double sum_##suffix(size_t n, const void *from) {                                       \
        return tad__sum_run_##suffix(n, from);                                                     \
    }
ADD_SUM(double, f64)
ADD_SUM(float, f32)

/* ---- choosing ---- */

#define SELECT(U, bytes)                                                                           \
    static void select_##bytes(size_t n, const uint8_t *restrict c, const void *a_,                \
                               const void *b_, void *to) {                                         \
        const U *restrict a = a_, *restrict b = b_;                                                \
        U *restrict y = to;                                                                        \
        for (size_t i = 0; i < n; i++) {                                                           \
            const U p = a[i], q = b[i];                                                            \
            y[i] = c[i] ? p : q;                                                                   \
        }                                                                                          \
    }
SELECT(uint64_t, 8)
SELECT(uint32_t, 4)
SELECT(uint8_t, 1)

/* ---- the table ---- */

#define TAD_TEXT_(x) #x
#define TAD_TEXT(x) TAD_TEXT_(x)

/* The build names another one when a library is to do the products. */
#ifndef TAD_GEMM
#define TAD_GEMM tad__gemm_kernels
#endif
extern const tad__gemm_kernels TAD_LEVEL(TAD_GEMM);
extern const tad__linalg_kernels TAD_LEVEL(tad__linalg_kernels);
extern const tad__roll_kernels TAD_LEVEL(tad__roll_kernels);
extern const tad__row_kernels TAD_LEVEL(tad__rows)[TAD__ROW_COUNT];

extern const tad__kernels TAD_LEVEL(tad__kernels);
const tad__kernels TAD_LEVEL(tad__kernels) = {
    .name = TAD_TEXT(TAD_ISA),
    .row = TAD_LEVEL(tad__rows),
    .fill = {fill_f64, fill_f32},
    .select =
        {[TAD_F64] = select_8, [TAD_F32] = select_4, [TAD_I64] = select_8, [TAD_BOOL] = select_1},
    .add = {add_f64, add_f32},
    .sum = {sum_f64, sum_f32},
    .add_columns = {TAD_LEVEL(tad__add_columns_f64), TAD_LEVEL(tad__add_columns_f32)},
    .gemm = &TAD_LEVEL(TAD_GEMM),
    .conv = &TAD_LEVEL(tad__conv_kernels),
    .softmax = &TAD_LEVEL(tad__softmax_kernels),
    .loss = &TAD_LEVEL(tad__loss_kernels),
    .norm = &TAD_LEVEL(tad__norm_kernels),
    .linalg = &TAD_LEVEL(tad__linalg_kernels),
    .pieces = &TAD_LEVEL(tad__pieces_kernels),
    .update = &TAD_LEVEL(tad__update_kernels),
    .roll = &TAD_LEVEL(tad__roll_kernels),
    .turn = &TAD_LEVEL(tad__turn_kernels),
    .sweep = TAD_LEVEL(tad__sweep_numbers),
    .push_tangents = TAD_LEVEL(tad__push_tangents_numbers),
    .pull_adjoints = TAD_LEVEL(tad__pull_adjoints_numbers),
    .pull_quickly = TAD_LEVEL(tad__pull_quickly_numbers),
    .group = &TAD_LEVEL(tad__group_kernels),
    .extreme = {TAD_LEVEL(tad__extreme_f64), TAD_LEVEL(tad__extreme_f32)},
    .places = {TAD_LEVEL(tad__places_f64), TAD_LEVEL(tad__places_f32)},
    .find = {TAD_LEVEL(tad__find_f64), TAD_LEVEL(tad__find_f32)},
    .extremes = {TAD_LEVEL(tad__extremes_f64), TAD_LEVEL(tad__extremes_f32)},
    .share = {TAD_LEVEL(tad__share_f64), TAD_LEVEL(tad__share_f32)},
};
