/* Turned pairs for one element type; see instantiate.h. */

/* Cosines and sines of place rate, or of its opposite, of each pair. */
static inline void M(rope_angles)(ptrdiff_t half, double place, const double *rate, int inverse,
                                  T *cosine, T *sine) {
    for (ptrdiff_t i = 0; i < half; i++) {
        const double angle = place * rate[i];
        cosine[i] = (T)tad__cos_f64(angle);
        sine[i] = (T)tad__sin_f64(inverse ? -angle : angle);
    }
}

/* Pair i is numbers i and i + half. */
static inline void M(rope_halves)(ptrdiff_t half, const T *x, const T *cosine, const T *sine,
                                  T *restrict y) {
    for (ptrdiff_t i = 0; i < half; i++) y[i] = x[i] * cosine[i] - x[half + i] * sine[i];
    for (ptrdiff_t i = 0; i < half; i++) y[half + i] = x[i] * sine[i] + x[half + i] * cosine[i];
}

/* The same; interleaved: numbers 2 i and 2 i + 1. Numbers of x lie `apart`. */
static inline void M(rope_turn)(ptrdiff_t half, const T *x, ptrdiff_t apart, int interleaved,
                                const T *cosine, const T *sine, T *y) {
    const ptrdiff_t each = interleaved ? 2 : 1, second = interleaved ? 1 : half;
    if (apart == 1 && !interleaved) {
        M(rope_halves)(half, x, cosine, sine, y);
        return;
    }
    for (ptrdiff_t i = 0; i < half; i++) {
        const T u = x[i * each * apart], v = x[(i * each + second) * apart];
        y[i * each] = u * cosine[i] - v * sine[i];
        y[i * each + second] = u * sine[i] + v * cosine[i];
    }
}
