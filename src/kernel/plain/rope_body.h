/* Turned pairs for one element type; see instantiate.h. */

/* Cosines and sines of place base^(-i / half), or of its opposite, of pairs i < half. */
static inline void M(rope_angles)(ptrdiff_t half, double place, double base, int inverse, T *cosine,
                                  T *sine) {
    for (ptrdiff_t i = 0; i < half; i++) {
        const double angle = place * tad__pow_f64(base, -((double)i / (double)half));
        cosine[i] = (T)tad__cos_f64(angle);
        sine[i] = (T)tad__sin_f64(inverse ? -angle : angle);
    }
}

/* Pair i is numbers i and i + half, interleaved: 2 i and 2 i + 1. Numbers of x lie `apart`. */
static inline void M(rope_turn)(ptrdiff_t half, const T *x, ptrdiff_t apart, int interleaved,
                                const T *cosine, const T *sine, T *y) {
    const ptrdiff_t each = interleaved ? 2 : 1, second = interleaved ? 1 : half;
    for (ptrdiff_t i = 0; i < half; i++) {
        const T u = x[i * each * apart], v = x[(i * each + second) * apart];
        y[i * each] = u * cosine[i] - v * sine[i];
        y[i * each + second] = u * sine[i] + v * cosine[i];
    }
}
