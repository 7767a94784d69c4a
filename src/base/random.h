/* Random numbers: a counter hashed by the finaliser of SplitMix64 (Steele, Lea, Flood 2014). The
 * state is a seed and how many numbers were drawn. Rests on the C library. */
#ifndef TAD_RANDOM_H
#define TAD_RANDOM_H

#include <math.h>
#include <stdint.h>

static inline uint64_t tad__random_mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline uint64_t tad__random_bits(uint64_t seed, uint64_t *drawn) {
    ++*drawn;
    return tad__random_mix(tad__random_mix(seed + UINT64_C(0x9e3779b97f4a7c15)) +
                           *drawn * UINT64_C(0x9e3779b97f4a7c15));
}

static inline double tad__random_uniform(uint64_t seed, uint64_t *drawn) {
    return (double)(tad__random_bits(seed, drawn) >> 11) * 0x1p-53;
}

/* Box and Muller's transform; two uniforms for each normal keep the state a mere counter. */
static inline double tad__random_normal(uint64_t seed, uint64_t *drawn) {
    const double u = 1.0 - tad__random_uniform(seed, drawn), v = tad__random_uniform(seed, drawn);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586476925 * v);
}

/* As float32: rounding does not reach 1, where no uniform number may come to. */
static inline float tad__random_narrowed(double v) {
    return v < 1 && (float)v == 1 ? 0x1.fffffep-1f : (float)v;
}

#endif
