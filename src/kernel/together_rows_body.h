/* Rows of elements of matrices that lie side by side, for one element type; see instantiate.h: a
 * row is what an element is in each of LANES matrices. */
enum { N(together) = TAD__TOGETHER / sizeof(T) };
typedef T N(row)[LANES];

/* y -= f x, rows of n elements. */
static inline void N(take_rows)(ptrdiff_t n, const T *f, N(row) *restrict x, N(row) *restrict y) {
    for (ptrdiff_t i = 0; i < n; i++) EACH y[i][l] -= f[l] * x[i][l];
}
