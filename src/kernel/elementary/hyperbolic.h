/* Hyperbolic functions. */
#ifndef TAD_KERNEL_ELEMENTARY_HYPERBOLIC_H
#define TAD_KERNEL_ELEMENTARY_HYPERBOLIC_H

#include "exp.h"

/* In binary64 |x| = t + r with t in the middle of an eighth of a binade, t = 0 below 1/8. The rows:
 * T = tanh t, its rounding error, and 1 - T^2; column j is that of the j-th eighth from 1/8 on, the
 * last one that of t = 0. */
/* clang-format off */
static const double tad__tanh_t_f64[3][64] = {
    {
        0x1.0e6973998da48p-3, 0x1.2dc968e6e0d62p-3, 0x1.4d04783618c72p-3, 0x1.6c170259e21f8p-3,
        0x1.8afd7b974fabbp-3, 0x1.a9b46d2ddc5e4p-3, 0x1.c83876ca98e15p-3, 0x1.e6864fe55a3dp-3,
        0x1.09c744f539be5p-2, 0x1.275f7e1cf7f64p-2, 0x1.4470650036407p-2, 0x1.60ef7120502a9p-2,
        0x1.7cd3115fc0f16p-2, 0x1.9812b3b03f0a5p-2, 0x1.b2a6c993b829ep-2, 0x1.cc88c9902cf45p-2,
        0x1.f20211a36475ep-2, 0x1.10af47e0bf61p-1, 0x1.26d76f73233c7p-1, 0x1.3b75f8bcb742dp-1,
        0x1.4e8d895b010dcp-1, 0x1.602609aae7c22p-1, 0x1.704bb1b7fcb81p-1, 0x1.7f0e1a4cd846ep-1,
        0x1.92bfb370d9b72p-1, 0x1.a8dbcbc31897ap-1, 0x1.bad50a4a68bc2p-1, 0x1.c950a3340c8bfp-1,
        0x1.d4e6f464286b1p-1, 0x1.de1eb5937518fp-1, 0x1.e56b6f3efabfdp-1, 0x1.eb2dfedd5ec93p-1,
        0x1.f1994df724fc8p-1, 0x1.f73776b2aa2dbp-1, 0x1.faa7934b75ebdp-1, 0x1.fcc04cdbcdc4cp-1,
        0x1.fe06eb0688212p-1, 0x1.fecd6b7ea3128p-1, 0x1.ff45f6d36133bp-1, 0x1.ff8f21cdaaa63p-1,
        0x1.ffcaac3f20e66p-1, 0x1.ffec61279a3a4p-1, 0x1.fff8c81c6dc34p-1, 0x1.fffd583014825p-1,
        0x1.ffff05e8d3192p-1, 0x1.ffffa3ff22708p-1, 0x1.ffffde2760a41p-1, 0x1.fffff38c76668p-1,
        0x1.fffffd38c39fp-1, 0x1.ffffff9fbea41p-1, 0x1.fffffff2f9279p-1, 0x1.fffffffe3cad8p-1,
        0x1.ffffffffc2eb9p-1, 0x1.fffffffff7bbdp-1, 0x1.fffffffffee1ap-1, 0x1.ffffffffffd94p-1,
        0x1.fffffffffffe1p-1, 0x1.fffffffffffffp-1, 1, 1, 1, 1, 1, 0,
    },
    {
        0x1.708a564faf9d7p-60, 0x1.004ee5739e25cp-57, -0x1.541db1fad48b6p-60, -0x1.3998b2795e1bp-62,
        0x1.a917ca3624e69p-57, -0x1.3efb0c2f3ebedp-57, 0x1.f19daa20f51cfp-57, 0x1.ac6c889d810a8p-57,
        -0x1.8b52622d0af02p-57, -0x1.255527ae29722p-57, 0x1.139a81c7cc37fp-56,
        0x1.751fe0fdff786p-56, 0x1.e67f25814e1dcp-64, 0x1.412330175e8f4p-57, -0x1.92182a20b9da8p-57,
        0x1.3fa437acd1669p-56, -0x1.6e03fa046b469p-56, 0x1.42982fb5e7092p-55, 0x1.be915d84d03c1p-57,
        0x1.b64af057bc6d7p-55, 0x1.a4855a4ca6661p-57, 0x1.bb6a2e353e7ddp-57, 0x1.0328be4a6f1eep-55,
        0x1.16f7f04022c64p-56, -0x1.9cb762e96ce5ap-55, 0x1.84d6a52cacb7ep-55,
        -0x1.e45c4bf117f17p-55, 0x1.fb60eb4c37d96p-55, -0x1.58d90474e92d8p-55,
        0x1.51109ef242566p-56, -0x1.acb810a88689dp-59, 0x1.af8bb6aca65efp-57, 0x1.a807b9bfbce1ep-56,
        0x1.6f5a4f15330efp-55, 0x1.aaf95f2c25183p-62, -0x1.0c4608246dd7dp-55, 0x1.04beec232acfcp-55,
        0x1.b989950b37e25p-58, -0x1.eb77cbd10e471p-57, -0x1.cdcc19c75491ap-58,
        -0x1.17aa45074b7ddp-56, 0x1.fb7793991ca3ep-55, -0x1.bd986837c49f7p-57,
        0x1.43254f5626af6p-57, -0x1.b5a824232e239p-55, 0x1.bb4fb24ef6e53p-56, 0x1.bd199f302a22dp-55,
        0x1.ae016b204d28dp-55, 0x1.5984ff48dda05p-56, -0x1.d28c2e104e8b2p-56, 0x1.eee4a5133d9a7p-55,
        0x1.bd873fdf5e788p-57, 0x1.6e883ca81457fp-58, 0x1.acf13472073c9p-55, -0x1.0aebadfe7b033p-55,
        -0x1.21e24d3afdc18p-56, 0x1.ffe1129d56f11p-57, 0x1.bceea52a399fap-55, 0, 0, 0, 0, 0, 0,
    },
    {
        0x1.f712eb25c0888p-1, 0x1.f4e1e606d96dfp-1, 0x1.f2765af97a4b3p-1, 0x1.efd17479f7c65p-1,
        0x1.ecf47624a5d03p-1, 0x1.e9e0bb72a01a1p-1, 0x1.e697b662d07cdp-1, 0x1.e31aee116b82bp-1,
        0x1.dd823b0400d42p-1, 0x1.d56658f74c9ccp-1, 0x1.cc9a69dfddd48p-1, 0x1.c32d951e56e6fp-1,
        0x1.b92f96ccc2c5bp-1, 0x1.aeb08c3c0e84dp-1, 0x1.a3c0c1fba328cp-1, 0x1.9870845162d1dp-1,
        0x1.86e67e6b80ac2p-1, 0x1.6ec5879f87eeep-1, 0x1.56363b5b93937p-1, 0x1.3da23bc12369fp-1,
        0x1.25652faaf8a73p-1, 0x1.0dcbafe191c7fp-1, 0x1.ee264aad6c40cp-2, 0x1.c2d4cc872dc09p-2,
        0x1.866160e454111p-2, 0x1.3ee730537c8eap-2, 0x1.01fba72cee1a5p-2, 0x1.9e1dffd385423p-3,
        0x1.4a45842b7de1ep-3, 0x1.06129c7c8ebb1p-3, 0x1.9e3efd94bb9fcp-4, 0x1.465a205cfb638p-4,
        0x1.c65b1bc0c9d5dp-5, 0x1.16a7fc4d7b907p-5, 0x1.545200830a434p-6, 0x1.9e87d088d26a1p-7,
        0x1.f81bd88762252p-8, 0x1.3238b786138p-8, 0x1.73cec093032dfp-9, 0x1.c3470628813f1p-10,
        0x1.aa87cf66470c5p-11, 0x1.39e782819fc19p-12, 0x1.cdf5a2e4d7481p-14, 0x1.53e71416c3dcp-15,
        0x1.f42ddfa52ac73p-17, 0x1.7003552d52e5ap-18, 0x1.0ec4f1ec2796dp-19, 0x1.8e712e56e0a4ep-21,
        0x1.639e2f87a66cep-23, 0x1.81056faa634bdp-26, 0x1.a0db0d03401c3p-29, 0x1.c3527e41b1d53p-32,
        0x1.e8a37a45c1e7ep-35, 0x1.0885298763a45p-37, 0x1.1e642baeb7a9dp-40, 0x1.36121e24d3a42p-43,
        0x1.ee001eed62a82p-48, 0x1.2188ad6ae3303p-53, 0, 0, 0, 0, 0, 1,
    },
};
/* clang-format on */

/* tanh(t + r) = T + D r (1 - m / (n + m)), D = 1 - T^2, m = e + T r n, for tanh r = r n / (n + e):
 * n = c0 + c1 r^2 + r^4 and e = c2 r^2 + c3 r^4 are exact at r = 0 and four more |r| below 1/4. The
 * error of n / (n + e) is 2^-58 for |r| <= 1/8 and 2^-47, 2^-34, 2^-24 up to 1/4, 1/2, 1, where D
 * is below 2^-10, 2^-22, 2^-44. D r is at most T / 16, so its roundings hardly count. */
TAD__EMBEDDED double tad__tanh_f64(double x) {
    const double(*c)[64] = tad__tanh_t_f64;
    double a = fabs(x);
    uint64_t u = tad__bits_f64(a), j = (u >> 49) - 1020 * 8, low = 0 - (j >> 63);
    double t = tad__from_bits_f64((u >> 49 << 49 | UINT64_C(1) << 48) & ~low);
    size_t i = (j | low) & 63;
    double r = a - t, z = r * r, d = c[2][i] * r;
    double n = 0x1.d8e7e305e6c6bp+9 + z * (0x1.a44f24b122331p+6 + z);
    double e = z * (0x1.3b454203ef2b1p+8 + z * 0x1.c03f4c7b7015ep+3);
    double m = e + c[0][i] * r * n;
    double y = c[0][i] + ((c[1][i] + d) - d * m / (n + m));
    return copysign(a > 20.0 ? 1.0 : y, x);
}

/* In binary32 tanh x = x + x^3 P(x^2) below 0.625, P fitted with Sollya, relative error 2^-29.9,
 * and 1 - 2 / (e^2x + 1) above. */
static const float tad__tanh_p_f32[6] = {
    -0x1.555556p-2f, 0x1.11113ap-3f,  -0x1.ba1b1ep-5f,
    0x1.65821ap-6f,  -0x1.15c6bep-7f, 0x1.3cd7b2p-9f,
};

TAD__EMBEDDED float tad__tanh_f32(float x) {
    const float *c = tad__tanh_p_f32;
    uint32_t u;
    float a = fabsf(x), z = a * a;
    float rest = tad__exp_rest_f32(tad__exp_reduce_f32(a + a, 127.0f, &u));
    float f = tad__from_bits_f32(u << 23), far = 1.0f - 2.0f / ((1.0f + f) + f * rest);
    float p = ((((c[5] * z + c[4]) * z + c[3]) * z + c[2]) * z + c[1]) * z + c[0];
    float y = a < 0.625f ? a + a * (z * p) : far;
    return copysignf(a > 10.0f ? 1.0f : y, x);
}

/* ---- sinh, cosh ---- */

/* Taylor's polynomial: (sinh x / x - 1) / z, z = x^2. */
TAD__EMBEDDED double tad__sinh_near_f64(double z) {
    static const double c[7] = {1.0 / 6.0,         1.0 / 120.0,      1.0 / 5040.0,
                                1.0 / 362880.0,    1.0 / 39916800.0, 1.0 / 6227020800.0,
                                1.0 / 1307674368e3};
    double z2 = z * z;
    return tad__poly4_f64(c, z, z2) + tad__poly3_f64(c + 4, z, z2) * (z2 * z2);
}

TAD__EMBEDDED float tad__sinh_near_f32(float z) {
    static const float c[4] = {1.0f / 6.0f, 1.0f / 120.0f, 1.0f / 5040.0f, 1.0f / 362880.0f};
    return tad__poly4_f32(c, z, z * z);
}

/* Beyond the first both overflow; from 2^second on e^-a is nothing beside e^a. */
#define tad__sinh_most_f64 720.0
#define tad__sinh_most_f32 100.0f
#define tad__sinh_alone_f64 60.0
#define tad__sinh_alone_f32 30.0f

#define BODY "elementary/hyperbolic_body.h"
#include "../instantiate.h"

#endif
