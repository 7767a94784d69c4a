/* The vectors of gemm_body.h for one instruction-set level: for each element type X in f32, f64
 *
 *   vec_X                        a full vector, with the usual arithmetic by vector extensions
 *   fma_X(a, b, c)               a b + c, rounded once where the level has FMA
 *   mask_X, mask_first_X(n)      the first n lanes, 0 <= n <= lanes
 *   load_part_X, store_part_X    those lanes of memory; the others read as 0 and stay untouched
 *
 * Intrinsics live in this file only. */
#ifndef TAD_KERNEL_GEMM_VECTOR_H
#define TAD_KERNEL_GEMM_VECTOR_H

#include <stddef.h>

#include "isa.h"

#if defined(__AVX512F__) || (defined(__AVX2__) && defined(__FMA__))
#include <immintrin.h>
#endif

typedef float vec_f32 __attribute__((vector_size(TAD_VECTOR_BYTES)));
typedef double vec_f64 __attribute__((vector_size(TAD_VECTOR_BYTES)));

#if defined(__AVX512F__)

#define TAD_CHEAP_MASKS 1
#define MASKED(X, LANES, PX)                                                                       \
    typedef __mmask##LANES mask_##X;                                                               \
    static inline mask_##X mask_first_##X(size_t n) { return (mask_##X)((1u << n) - 1); }          \
    static inline vec_##X load_part_##X(const void *p, mask_##X mask) {                            \
        return _mm512_maskz_loadu_##PX(mask, p);                                                   \
    }                                                                                              \
    static inline void store_part_##X(void *p, mask_##X mask, vec_##X v) {                         \
        _mm512_mask_storeu_##PX(p, mask, v);                                                       \
    }                                                                                              \
    static inline vec_##X fma_##X(vec_##X a, vec_##X b, vec_##X c) {                               \
        return _mm512_fmadd_##PX(a, b, c);                                                         \
    }
MASKED(f32, 16, ps)
MASKED(f64, 8, pd)

#elif defined(__AVX2__) && defined(__FMA__)

#define TAD_CHEAP_MASKS 0
#define MASKED(X, T, PX, BITS, ...)                                                                \
    typedef __m256i mask_##X;                                                                      \
    static inline mask_##X mask_first_##X(size_t n) {                                              \
        return _mm256_cmpgt_epi##BITS(_mm256_set1_epi##T((int)n), __VA_ARGS__);                    \
    }
MASKED(f32, 32, ps, 32, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
MASKED(f64, 64x, pd, 64, _mm256_setr_epi64x(0, 1, 2, 3))
#undef MASKED
#define MASKED(X, T, PX)                                                                           \
    static inline vec_##X load_part_##X(const void *p, mask_##X mask) {                            \
        return _mm256_maskload_##PX((const T *)p, mask);                                           \
    }                                                                                              \
    static inline void store_part_##X(void *p, mask_##X mask, vec_##X v) {                         \
        _mm256_maskstore_##PX((T *)p, mask, v);                                                    \
    }                                                                                              \
    static inline vec_##X fma_##X(vec_##X a, vec_##X b, vec_##X c) {                               \
        return _mm256_fmadd_##PX(a, b, c);                                                         \
    }
MASKED(f32, float, ps)
MASKED(f64, double, pd)

#else

#define TAD_CHEAP_MASKS 0
#define MASKED(X, T)                                                                               \
    typedef size_t mask_##X;                                                                       \
    static inline mask_##X mask_first_##X(size_t n) { return n; }                                  \
    static inline vec_##X load_part_##X(const void *p, mask_##X mask) {                            \
        vec_##X v = {0};                                                                           \
        for (size_t i = 0; i < mask; i++) v[i] = ((const T *)p)[i];                                \
        return v;                                                                                  \
    }                                                                                              \
    static inline void store_part_##X(void *p, mask_##X mask, vec_##X v) {                         \
        for (size_t i = 0; i < mask; i++) ((T *)p)[i] = v[i];                                      \
    }                                                                                              \
    static inline vec_##X fma_##X(vec_##X a, vec_##X b, vec_##X c) { return a * b + c; }
MASKED(f32, float)
MASKED(f64, double)

#endif
#undef MASKED

/* Lane numbers that interleave the lower, then the upper halves of two vectors. */
#if TAD_VECTOR_BYTES == 64
#define LOWER_f32 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define UPPER_f32 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define LOWER_f64 0, 8, 1, 9, 2, 10, 3, 11
#define UPPER_f64 4, 12, 5, 13, 6, 14, 7, 15
#elif TAD_VECTOR_BYTES == 32
#define LOWER_f32 0, 8, 1, 9, 2, 10, 3, 11
#define UPPER_f32 4, 12, 5, 13, 6, 14, 7, 15
#define LOWER_f64 0, 4, 1, 5
#define UPPER_f64 2, 6, 3, 7
#else
#define LOWER_f32 0, 4, 1, 5
#define UPPER_f32 2, 6, 3, 7
#define LOWER_f64 0, 2
#define UPPER_f64 1, 3
#endif

#endif
