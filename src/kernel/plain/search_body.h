/* Binary search for one element type; see instantiate.h. */

/* How many of n sorted elements come before v, or before all that is larger; a NaN is the largest.
 */
static inline int64_t M(search)(int64_t n, const T *sorted, ptrdiff_t apart, T v, int right) {
    int64_t low = 0, high = n;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const T at = sorted[middle * apart];
        const int is_less = at < v || (v != v && at == at);
        const int is_same = at == v || (v != v && at != at);
        if (is_less || (right && is_same))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
