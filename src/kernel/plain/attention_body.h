/* Rows of scores for one element type; see instantiate.h. The next number of what is read lies
 * `apart` on. */

/* y = x scale */
static inline void M(scaled_row)(ptrdiff_t n, const T *x, ptrdiff_t apart, T scale, T *y) {
    for (ptrdiff_t i = 0; i < n; i++) y[i] = x[i * apart] * scale;
}

/* Scores that a mask adds to. */
static inline void M(mask_row)(ptrdiff_t n, const T *mask, ptrdiff_t apart, T *score) {
    for (ptrdiff_t i = 0; i < n; i++) score[i] += mask[i * apart];
}

/* Scores of keys that are not seen. */
static inline void M(hide_row)(ptrdiff_t n, const uint8_t *seen, ptrdiff_t apart, T *score) {
    for (ptrdiff_t i = 0; i < n; i++) score[i] = seen[i * apart] ? score[i] : (T)-INFINITY;
}

/* Those of the keys from `from` on. */
static inline void M(hide_later)(ptrdiff_t n, ptrdiff_t from, T *score) {
    for (ptrdiff_t i = from; i < n; i++) score[i] = (T)-INFINITY;
}

/* The shares of a row that sees no key are 0. */
static inline void M(share_nothing)(ptrdiff_t n, const T *score, T *share) {
    ptrdiff_t i = 0;
    while (i < n && score[i] == (T)-INFINITY) i++;
    for (ptrdiff_t k = 0; i == n && k < n; k++) share[k] = 0;
}

/* y += x scale */
static inline void M(add_scaled)(ptrdiff_t n, const T *x, T scale, T *y) {
    for (ptrdiff_t i = 0; i < n; i++) y[i] += x[i] * scale;
}
