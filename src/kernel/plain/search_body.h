/* Binary search for one element type; see instantiate.h. */

/* How many of n sorted elements come before v, or before all that is larger. */
static inline int64_t M(search)(int64_t n, const T *sorted, ptrdiff_t apart, T v, int right) {
    int64_t low = 0, high = n;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const T at = sorted[middle * apart];
        if (right ? !M(is_less)(v, at) : M(is_less)(at, v))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Whether each element is less than the next; not with a NaN. */
static inline int M(ascends)(int64_t n, const T *x, ptrdiff_t apart) {
    for (int64_t i = 0; i + 1 < n; i++)
        if (!(x[i * apart] < x[(i + 1) * apart])) return 0;
    return 1;
}

/* Which of the n - 1 intervals between places v lies in, or is nearest to; a place belongs to the
 * interval that it begins. */
static inline int64_t M(interval)(int64_t n, const T *places, ptrdiff_t apart, T v) {
    return M(search)(n - 2, places + apart, apart, v, 1);
}
