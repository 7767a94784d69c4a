/* Functions of positive definite matrices for one element type; see instantiate.h: by eigenvalues
 * and vectors. */

/* x = v c v^T or, turned, v^T c v; room: n x n. */
static inline void M(congruent)(ptrdiff_t n, const T *v, int turned, const T *c, ptrdiff_t row,
                                ptrdiff_t col, T *room, T *x) {
    const ptrdiff_t v_row = turned ? 1 : n, v_col = turned ? n : 1;
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < n; j++) {
            T sum = 0;
            for (ptrdiff_t k = 0; k < n; k++)
                sum += v[i * v_row + k * v_col] * c[k * row + j * col];
            room[i * n + j] = sum;
        }
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < n; j++) {
            T sum = 0;
            for (ptrdiff_t k = 0; k < n; k++) sum += room[i * n + k] * v[j * v_row + k * v_col];
            x[i * n + j] = sum;
        }
}

/* v diag(values) v^T, both triangles the same. */
static inline void M(of_values)(ptrdiff_t n, const T *v, const T *values, T *x) {
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j <= i; j++) {
            T sum = 0;
            for (ptrdiff_t k = 0; k < n; k++) sum += v[i * n + k] * values[k] * v[j * n + k];
            x[i * n + j] = x[j * n + i] = sum;
        }
}

/* Of the symmetric part of a, all of whose values have to be above 0; NaNs pass. work: 2 n x n, 3
 * n.
 */
static inline int M(positive_eigen)(const tad__sides *s, const T *a, T *work) {
    const ptrdiff_t n = s->n;
    T *const vectors = work, *const values = work + n * n;
    if (!M(eigen)(s, a, values, vectors, values + n)) return 0;
    for (ptrdiff_t i = 0; i < n; i++)
        if (values[i] <= 0) return 0;
    return 1;
}

static inline int M(matrix_sqrt)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const ptrdiff_t n = s->n;
    T *const values = work + n * n;
    (void)b, (void)y;
    if (!M(positive_eigen)(s, a, work)) return 0;
    for (ptrdiff_t i = 0; i < n; i++) values[i] = M(sqrt)(values[i]);
    M(of_values)(n, work, values, x);
    return 1;
}

static inline int M(matrix_log)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const ptrdiff_t n = s->n;
    T *const values = work + n * n;
    (void)b, (void)y;
    if (!M(positive_eigen)(s, a, work)) return 0;
    for (ptrdiff_t i = 0; i < n; i++) values[i] = M(log)(values[i]);
    M(of_values)(n, work, values, x);
    return 1;
}

/* x with a x + x a = b: between the vectors, elements over sums of values. work: 3 n x n, 3 n. */
static inline int M(lyapunov)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const ptrdiff_t n = s->n;
    const T *const values = work + n * n;
    T *const room = work + 2 * n * n + 3 * n;
    (void)y;
    if (!M(positive_eigen)(s, a, work)) return 0;
    M(congruent)(n, work, 1, b, s->b_row, s->b_col, room, x);
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < n; j++) x[i * n + j] /= values[i] + values[j];
    M(congruent)(n, work, 0, x, n, 1, room, x);
    return 1;
}

/* (v - w) / (e^v - e^w), which is e^-v where they are equal. */
static inline T M(over_exponentials)(T v, T w) {
    const T d = M(fabs)(v - w), falls = M(expm1)(-d), half = M(exp)((v + w + d) / -2);
    return d == 0 ? half : half * (d / -falls);
}

/* The derivative of the logarithm at the exponential of a, in direction b. work: 3 n x n, 3 n. */
static inline int M(matrix_log_slope)(const tad__sides *s, const T *a, const T *b, T *x, T *y,
                                      T *work) {
    const ptrdiff_t n = s->n;
    T *const values = work + n * n, *const room = work + 2 * n * n + 3 * n;
    (void)y;
    if (!M(eigen)(s, a, values, work, values + n)) return 0;
    M(congruent)(n, work, 1, b, s->b_row, s->b_col, room, x);
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < n; j++)
            x[i * n + j] *= M(over_exponentials)(values[i], values[j]);
    M(congruent)(n, work, 0, x, n, 1, room, x);
    return 1;
}
