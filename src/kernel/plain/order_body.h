/* The first elements of a row in their order for one element type; see instantiate.h. Of equals the
 * one that comes first in the row is first. */

/* Whether element i of x comes before element k. */
static inline int M(comes_before)(const T *x, ptrdiff_t x_step, int descending, int64_t i,
                                  int64_t k) {
    const T a = x[i * x_step], b = x[k * x_step];
    if (M(is_less)(a, b)) return !descending;
    return M(is_less)(b, a) ? descending : i < k;
}

/* Of a heap of `size` places, whose root comes last: place `at` moves down to where it belongs. */
static inline void M(sift_down)(int64_t *heap, ptrdiff_t apart, int64_t size, int64_t at,
                                const T *x, ptrdiff_t x_step, int descending) {
    const int64_t moved = heap[at * apart];
    for (int64_t child; (child = 2 * at + 1) < size; at = child) {
        if (child + 1 < size &&
            M(comes_before)(x, x_step, descending, heap[child * apart], heap[(child + 1) * apart]))
            child++;
        if (M(comes_before)(x, x_step, descending, heap[child * apart], moved)) break;
        heap[at * apart] = heap[child * apart];
    }
    heap[at * apart] = moved;
}

/* place[0], ..., place[k - 1]: where the first k of n elements are; k <= n. In the memory of the
 * result alone. */
static inline void M(places_in_order)(int64_t n, int64_t k, const T *x, ptrdiff_t x_step,
                                      int descending, int64_t *place, ptrdiff_t apart) {
    for (int64_t i = 0; i < k; i++) place[i * apart] = i;
    for (int64_t i = k / 2; i-- > 0;) M(sift_down)(place, apart, k, i, x, x_step, descending);
    for (int64_t i = k; k && i < n; i++)
        if (M(comes_before)(x, x_step, descending, i, place[0])) {
            place[0] = i;
            M(sift_down)(place, apart, k, 0, x, x_step, descending);
        }
    for (int64_t i = k; i-- > 1;) {
        const int64_t last = place[0];
        place[0] = place[i * apart];
        place[i * apart] = last;
        M(sift_down)(place, apart, i, 0, x, x_step, descending);
    }
}
