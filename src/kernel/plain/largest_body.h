/* The largest number of a row for one element type; see instantiate.h. */

/* Of n > 0 numbers; the next lies `apart` on. A NaN is passed over unless it is the first. -0 there
 * counts as 0. */
static inline T M(largest_of)(ptrdiff_t n, const T *x, ptrdiff_t apart) {
    enum { LANES = 256 / sizeof(T) };
    T lane[LANES], m = 0 + x[0];
    ptrdiff_t i = 0;
    for (int k = 0; k < LANES; k++) lane[k] = m;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) {
            const T v = x[(i + k) * apart];
            lane[k] = v > lane[k] ? v : lane[k];
        }
    for (int half = LANES / 2; half; half /= 2)
        for (int k = 0; k < half; k++)
            lane[k] = lane[k + half] > lane[k] ? lane[k + half] : lane[k];
    m = lane[0];
    for (; i < n; i++) m = x[i * apart] > m ? x[i * apart] : m;
    return m;
}
