/* Chooses the kernels of a tape by the CPU's feature bits. Rests on kernels.h. */
#include "kernels.h"

const double tad__no_options[2] = {0, 0};

extern const tad__kernels tad__kernels_base;
extern const tad__kernels tad__kernels_avx2, tad__kernels_avx512; /* where they are built */

const tad__kernels *tad__kernels_choose(tad_level level) {
    if (level == TAD_LEVEL_BEST) level = TAD_LEVEL_AVX512;
#ifdef TAD_BUILT_AVX2
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#ifdef TAD_BUILT_AVX512
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                  __builtin_cpu_supports("avx512cd");
    if (level >= TAD_LEVEL_AVX512 && avx512) return &tad__kernels_avx512;
#endif
    if (level >= TAD_LEVEL_AVX2 && avx2) return &tad__kernels_avx2;
#endif
    return &tad__kernels_base;
}
