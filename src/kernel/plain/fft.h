/* Discrete Fourier transforms as plain C: any length, in time n log n. Complex numbers are pairs.
 *
 * Factors up to 31 are taken one after another (Stockham's order: no permutation at the end). A
 * length with a larger one is a convolution with a chirp (Bluestein), of a power of 2. */
#ifndef TAD_KERNEL_PLAIN_FFT_H
#define TAD_KERNEL_PLAIN_FFT_H

#include "../elementary/trig.h"

/* The time of a factor grows with it; beyond this one it would be longer than that of a chirp. A
 * tile: bytes of numbers that are taken together. */
enum { TAD__LARGEST_FACTOR = 31, TAD__FFT_TILE = 64 };

/* The factor that is taken next from n > 1. */
static inline ptrdiff_t tad__fft_factor(ptrdiff_t n) {
    if (n % 4 == 0) return 4;
    for (ptrdiff_t r = 2; r * r <= n; r++)
        if (n % r == 0) return r;
    return n;
}

/* The length of the transforms that stand for one of n: n itself, or a power of 2. */
static inline ptrdiff_t tad__fft_length(ptrdiff_t n) {
    ptrdiff_t rest = n, most = 1, circle = 1;
    while (rest > 1) {
        const ptrdiff_t r = tad__fft_factor(rest);
        most = r > most ? r : most;
        rest /= r;
    }
    if (most <= TAD__LARGEST_FACTOR) return n;
    while (circle < 2 * n - 1) circle *= 2;
    return circle;
}

/* cos and sin of -2 pi k / n, from the eighth of the circle where both are precise. */
static inline void tad__fft_turn(ptrdiff_t k, ptrdiff_t n, double *cosine, double *sine) {
    const double eighth = 0.78539816339744830962;
    const ptrdiff_t part = 8 * k / n, rest = 8 * k - part * n; /* k = (part + rest / n) / 8 */
    const double angle = eighth * ((part & 1) ? (double)(n - rest) : (double)rest) / (double)n;
    const double c = tad__cos_f64(angle), s = tad__sin_f64(angle);
    const double a = (part + 1) & 2 ? s : c, b = (part + 1) & 2 ? c : s;
    *cosine = part >= 2 && part < 6 ? -a : a;
    *sine = part < 4 ? -b : b;
}

#define BODY "plain/fft_body.h"
#include "../instantiate.h"

#endif
