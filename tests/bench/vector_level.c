/* Loops over another library's vector functions for the level that TAD_ISA names, as a baseline of
 * bench_elementary.c: libmvec (glibc 2.35 or later) where TAD_VECTOR_MVEC is defined, else SLEEF
 * (error bound 1.0 ulp where SLEEF has them). Compiled only where the library is found; the array
 * length must be a multiple of 16. */
#include "../elementary_level.h"

#include "kernel/isa.h"

#include <immintrin.h>
#ifndef TAD_VECTOR_MVEC
#include <sleef.h>
#endif

#if defined(__AVX512F__)
#define V64 __m512d
#define V32 __m512
#define LOAD64 _mm512_loadu_pd
#define LOAD32 _mm512_loadu_ps
#define STORE64 _mm512_storeu_pd
#define STORE32 _mm512_storeu_ps
#define SLEEF64(name, u) Sleef_##name##d8_##u##avx512f
#define SLEEF32(name, u) Sleef_##name##f16_##u##avx512f
#define MVEC64(name) _ZGVeN8v_##name
#define MVEC32(name) _ZGVeN16v_##name##f
#elif defined(__AVX2__)
#define V64 __m256d
#define V32 __m256
#define LOAD64 _mm256_loadu_pd
#define LOAD32 _mm256_loadu_ps
#define STORE64 _mm256_storeu_pd
#define STORE32 _mm256_storeu_ps
#define SLEEF64(name, u) Sleef_##name##d4_##u##avx2
#define SLEEF32(name, u) Sleef_##name##f8_##u##avx2
#define MVEC64(name) _ZGVdN4v_##name
#define MVEC32(name) _ZGVdN8v_##name##f
#else
#define V64 __m128d
#define V32 __m128
#define LOAD64 _mm_loadu_pd
#define LOAD32 _mm_loadu_ps
#define STORE64 _mm_storeu_pd
#define STORE32 _mm_storeu_ps
#define SLEEF64(name, u) Sleef_##name##d2_##u##sse2
#define SLEEF32(name, u) Sleef_##name##f4_##u##sse2
#define MVEC64(name) _ZGVbN2v_##name
#define MVEC32(name) _ZGVbN4v_##name##f
#endif

/* clang-format off */
#define EACH(X)                                                                                    \
    X(exp, u10) X(expm1, u10) X(exp2, u10) X(log, u10) X(log1p, u10) X(log2, u10) X(log10, u10)    \
    X(tanh, u10) X(sin, u10) X(cos, u10) X(tan, u10) X(erf, u10) X(erfc, u15) X(sinh, u10)         \
    X(cosh, u10) X(asin, u10) X(acos, u10) X(atan, u10) X(asinh, u10) X(acosh, u10)                \
    X(atanh, u10) X(cbrt, u10)
/* clang-format on */

#ifdef TAD_VECTOR_MVEC
#define DECLARED(name, u)                                                                          \
    V64 MVEC64(name)(V64);                                                                         \
    V32 MVEC32(name)(V32);
EACH(DECLARED)
#define F64(name, u) MVEC64(name)
#define F32(name, u) MVEC32(name)
#define TABLE TAD_LEVEL(tad_mvec)
#else
#define F64 SLEEF64
#define F32 SLEEF32
#define TABLE TAD_LEVEL(tad_sleef)
#endif

#define LOOPS(name, u)                                                                             \
    static void name##_f64(size_t n, const double *x, double *y) {                                 \
        for (size_t i = 0; i < n; i += sizeof(V64) / 8)                                            \
            STORE64(y + i, F64(name, u)(LOAD64(x + i)));                                           \
    }                                                                                              \
    static void name##_f32(size_t n, const float *x, float *y) {                                   \
        for (size_t i = 0; i < n; i += sizeof(V32) / 4)                                            \
            STORE32(y + i, F32(name, u)(LOAD32(x + i)));                                           \
    }
EACH(LOOPS)

#define ROW(name, u) {#name, name##_f64, name##_f32},
static const tad_elementary_unary unary[] = {EACH(ROW){NULL, NULL, NULL}};

extern const tad_elementary_level TABLE;
const tad_elementary_level TABLE = {unary, NULL};
