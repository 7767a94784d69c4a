/* Linear algebra and Fourier transforms at this level. Rests on linalg.h. */
#include "linalg.h"

#include "isa.h"

#define OF_F64(name) tad__##name##_f64,
#define OF_F32(name) tad__##name##_f32,

extern const tad__linalg_kernels TAD_LEVEL(tad__linalg_kernels);
const tad__linalg_kernels TAD_LEVEL(tad__linalg_kernels) = {
    .f64 = {TAD__OF_MATRICES(OF_F64)},
    .f32 = {TAD__OF_MATRICES(OF_F32)},
    .fft_table_f64 = tad__fft_table_f64,
    .fft_table_f32 = tad__fft_table_f32,
    .fft_f64 = tad__fft_f64,
    .fft_f32 = tad__fft_f32,
};
