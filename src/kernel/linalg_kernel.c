/* Linear algebra and Fourier transforms at this level. Rests on linalg.h. */
#include "linalg.h"

#include <stdbool.h>

#include "isa.h"

#define LANES N(together)
#define EACH for (int l = 0; l < LANES; l++)

#define BODY "together_rows_body.h"
#include "instantiate.h"

#define BODY "together_body.h"
#include "instantiate.h"

#define BODY "together_factor_body.h"
#include "instantiate.h"

#define BODY "together_eigen_body.h"
#include "instantiate.h"

#define BODY "together_svd_body.h"
#include "instantiate.h"

#define BODY "together_cofactors_body.h"
#include "instantiate.h"

#define OF_F64(name) tad__##name##_f64,
#define OF_F32(name) tad__##name##_f32,
#define LANES_F64(name) [TAD__MATRIX_##name] = name##_lanes_f64,
#define LANES_F32(name) [TAD__MATRIX_##name] = name##_lanes_f32,

extern const tad__linalg_kernels TAD_LEVEL(tad__linalg_kernels);
const tad__linalg_kernels TAD_LEVEL(tad__linalg_kernels) = {
    .f64 = {TAD__OF_MATRICES(OF_F64)},
    .f32 = {TAD__OF_MATRICES(OF_F32)},
    .lanes_f64 = {TAD__OF_MATRICES_TOGETHER(LANES_F64)},
    .lanes_f32 = {TAD__OF_MATRICES_TOGETHER(LANES_F32)},
    .fft_table_f64 = tad__fft_table_f64,
    .fft_table_f32 = tad__fft_table_f32,
    .fft_f64 = tad__fft_f64,
    .fft_f32 = tad__fft_f32,
};
