/* Factorizations and functions of matrices for one element type; see instantiate.h. As those of
 * linalg_body.h, with a of m x n. */

/* ---- QR: reflections of columns, which lie as rows ---- */

/* R's row j, and the v of the reflection in the place of column j of a. */
static inline void M(qr_step)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t j, T *columns, T *r) {
    T *const v = columns + j * m + j;
    for (ptrdiff_t i = 0; i < j; i++) r[j * n + i] = 0;
    r[j * n + j] = M(reflection)(m - j, v);
    for (ptrdiff_t i = j + 1; i < n; i++) {
        T *const column = columns + i * m + j;
        if (v[0] != 0) M(take_row)(m - j, M(dot)(m - j, v, column) / v[0], v, column);
        r[j * n + i] = column[0];
    }
}

/* Q of x, m x k, and R of y, k x n, k the smaller of both. work: 2 m x n. */
static inline int M(qr)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const ptrdiff_t m = s->m, n = s->n, k = m < n ? m : n;
    T *const rows = work + m * n;
    (void)b;
    M(copy_matrix)(n, m, a, s->a_col, s->a_row, work);
    const T size = M(finite_size)(m * n, work), scale = size == 0 ? 1 : size;
    for (ptrdiff_t i = 0; i < m * n; i++) work[i] /= scale;
    for (ptrdiff_t j = 0; j < k; j++) M(qr_step)(m, n, j, work, y);
    for (ptrdiff_t i = 0; i < k * n; i++) y[i] *= scale;
    for (ptrdiff_t i = 0; i < k * m; i++) rows[i] = i / m == i % m ? 1 : 0;
    for (ptrdiff_t j = k - 1; j >= 0; j--) {
        const T *const v = work + j * m + j;
        for (ptrdiff_t i = j; i < k && v[0] != 0; i++) {
            T *const row = rows + i * m + j;
            M(take_row)(m - j, M(dot)(m - j, v, row) / v[0], v, row);
        }
    }
    M(copy_matrix)(m, k, rows, 1, m, x);
    return 1;
}

/* ---- LU of square matrices ---- */

/* L below the diagonal of x and U above, and P of y, with a = P L U. A column without a pivot is
 * left. */
static inline int M(lu)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const ptrdiff_t n = s->n;
    (void)b, (void)work;
    M(copy_matrix)(n, n, a, s->a_row, s->a_col, x);
    M(set_identity)(n, y);
    for (ptrdiff_t j = 0; j < n; j++) {
        const ptrdiff_t p = M(pivot_row)(n, j, x);
        if (p != j) {
            M(swap_rows)(n, x + j * n, x + p * n);
            M(swap_rows)(n, y + j * n, y + p * n);
        }
        for (ptrdiff_t i = j + 1; i < n && x[j * n + j] != 0; i++) {
            x[i * n + j] /= x[j * n + j];
            M(take_row)(n - j - 1, x[i * n + j], x + j * n + j + 1, x + i * n + j + 1);
        }
    }
    M(transpose_square)(n, y);
    return 1;
}

/* ---- singular values: columns, which lie as rows, are turned until they are orthogonal ---- */

/* Turns columns p and q, and those of v with them. 0: they were orthogonal. */
static inline int M(turn_pair)(ptrdiff_t m, ptrdiff_t n, T *p, T *q, T *vp, T *vq) {
    const T a = M(dot)(m, p, p), b = M(dot)(m, q, q), c = M(dot)(m, p, q);
    if (!(M(fabs)(c) > M(epsilon) * M(sqrt)(a) * M(sqrt)(b))) return 0;
    const T half = (b - a) / (2 * c), root = M(hypot)(half, 1);
    const T tangent = 1 / (half + (half < 0 ? -root : root));
    const T cosine = 1 / M(sqrt)(1 + tangent * tangent);
    M(rotate_rows)(m, cosine, cosine * tangent, p, q);
    M(rotate_rows)(n, cosine, cosine * tangent, vp, vq);
    return 1;
}

/* Of m >= n. 0: no convergence. */
static inline int M(make_orthogonal)(ptrdiff_t m, ptrdiff_t n, T *columns, T *v) {
    M(set_identity)(n, v);
    for (int sweep = 0; sweep < 60; sweep++) {
        int turned = 0;
        for (ptrdiff_t p = 0; p < n; p++)
            for (ptrdiff_t q = p + 1; q < n; q++)
                turned |=
                    M(turn_pair)(m, n, columns + p * m, columns + q * m, v + p * n, v + q * n);
        if (!turned) return 1;
    }
    return 0;
}

/* Largest first. */
static inline void M(sort_columns)(ptrdiff_t m, ptrdiff_t n, T *values, T *columns, T *v) {
    for (ptrdiff_t i = 0; i < n; i++) {
        ptrdiff_t most = i;
        for (ptrdiff_t j = i + 1; j < n; j++) most = values[j] > values[most] ? j : most;
        if (most == i) continue;
        M(swap_rows)(1, values + i, values + most);
        M(swap_rows)(m, columns + i * m, columns + most * m);
        M(swap_rows)(n, v + i * n, v + most * n);
    }
}

/* Makes column i, of which nothing is known, a unit vector orthogonal to those before: of the axes
 * that which keeps most of its length. */
static inline void M(complete_column)(ptrdiff_t m, ptrdiff_t i, T *columns) {
    T *const to = columns + i * m;
    for (ptrdiff_t axis = 0; axis < m; axis++) {
        for (ptrdiff_t k = 0; k < m; k++) to[k] = k == axis ? 1 : 0;
        for (int twice = 0; twice < 2; twice++)
            for (ptrdiff_t j = 0; j < i; j++)
                M(take_row)(m, M(dot)(m, columns + j * m, to), columns + j * m, to);
        const T size = M(sqrt)(M(dot)(m, to, to));
        if (size * size * (T)(2 * m) < 1) continue;
        for (ptrdiff_t k = 0; k < m; k++) to[k] /= size;
        return;
    }
}

/* Values, the columns of U as rows of `columns`, those of V as rows of v. */
static inline int M(singular)(ptrdiff_t m, ptrdiff_t n, T *columns, T *values, T *v) {
    const T size = M(finite_size)(m * n, columns), scale = size == 0 ? 1 : size;
    for (ptrdiff_t i = 0; i < m * n; i++) columns[i] /= scale;
    if (!M(make_orthogonal)(m, n, columns, v)) return 0;
    for (ptrdiff_t i = 0; i < n; i++)
        values[i] = M(sqrt)(M(dot)(m, columns + i * m, columns + i * m));
    M(sort_columns)(m, n, values, columns, v);
    for (ptrdiff_t i = 0; i < n; i++) {
        for (ptrdiff_t k = 0; k < m && values[i] != 0; k++) columns[i * m + k] /= values[i];
        if (values[i] == 0) M(complete_column)(m, i, columns);
        values[i] *= scale;
    }
    M(choose_signs)(n, n, v, m, columns);
    for (ptrdiff_t i = 0; i < n * n && scale != scale; i++) v[i] = scale;
    return 1;
}

/* The same of a in work, turned where it is wide: U as rows, then V as rows. */
static inline int M(singular_of)(const tad__sides *s, const T *a, T *values, T *work) {
    const ptrdiff_t m = s->m, n = s->n;
    if (m >= n) {
        M(copy_matrix)(n, m, a, s->a_col, s->a_row, work);
        return M(singular)(m, n, work, values, work + n * m);
    }
    T *const u = work, *const v = work + m * m; /* V is what has to be turned */
    M(copy_matrix)(m, n, a, s->a_row, s->a_col, v);
    return M(singular)(n, m, v, values, u);
}

/* Values of x; U above V in y. work of these: 2 m x n. */
static inline int M(svd)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const ptrdiff_t m = s->m, n = s->n, k = m < n ? m : n;
    (void)b;
    if (!M(singular_of)(s, a, x, work)) return 0;
    M(copy_matrix)(m, k, work, 1, m, y);
    M(copy_matrix)(n, k, work + k * m, 1, n, y + m * k);
    return 1;
}

static inline int M(singular_values)(const tad__sides *s, const T *a, const T *b, T *x, T *y,
                                     T *work) {
    (void)b, (void)y;
    return M(singular_of)(s, a, x, work);
}

/* V (1 / values) U^T, where those count that are above `least` times the largest. work: 2 m x n, k.
 */
static inline int M(pseudo_inverse)(const tad__sides *s, const T *a, const T *b, T *x, T *y,
                                    T *work) {
    const ptrdiff_t m = s->m, n = s->n, k = m < n ? m : n;
    T *const values = work + k * (m + n), *const u = work, *const v = work + k * m;
    (void)b, (void)y;
    if (!M(singular_of)(s, a, values, work)) return 0;
    for (ptrdiff_t i = 0; i < n * m; i++) x[i] = 0;
    for (ptrdiff_t r = 0; r < k; r++) {
        if (values[r] <= (T)s->least * values[0]) continue;
        for (ptrdiff_t i = 0; i < n; i++)
            M(take_row)(m, -v[r * n + i] / values[r], u + r * m, x + i * m);
    }
    return 1;
}

/* ---- the exponential ---- */

/* z = x y. */
static inline void M(multiply_square)(ptrdiff_t n, const T *x, const T *y, T *z) {
    for (ptrdiff_t i = 0; i < n; i++) {
        for (ptrdiff_t j = 0; j < n; j++) z[i * n + j] = 0;
        for (ptrdiff_t k = 0; k < n; k++) M(take_row)(n, -x[i * n + k], y + k * n, z + i * n);
    }
}

/* How often the halves of a have to be halved until its rows sum to less than 1/2. */
static inline int M(halvings)(ptrdiff_t n, const T *a) {
    T largest = 0;
    int count = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        T sum = 0;
        for (ptrdiff_t j = 0; j < n; j++) sum += M(fabs)(a[i * n + j]);
        largest = sum > largest ? sum : largest;
    }
    while (largest > (T)0.5 && largest <= M(largest) && count < 1100) {
        largest *= (T)0.5;
        count++;
    }
    return count;
}

/* x = e^a: Pade's quotient of degree 7, squared as often as a, which is lost, was halved. work: 3
 * squares. 0: a NaN. */
static inline int M(exponential)(ptrdiff_t n, T *a, T *x, T *work) {
    enum { DEGREE = 7 };
    const ptrdiff_t all = n * n;
    T *const term = work, *const next = term + all, *const below = next + all, c = 1;
    const int count = M(halvings)(n, a);
    for (int k = 0; k < count; k++)
        for (ptrdiff_t i = 0; i < all; i++) a[i] *= (T)0.5;
    M(set_identity)(n, term);
    M(set_identity)(n, x);
    M(set_identity)(n, below);
    for (int k = 1; k <= DEGREE; k++) {
        c *= (T)(DEGREE - k + 1) / (T)((2 * DEGREE - k + 1) * k);
        M(multiply_square)(n, a, term, next);
        for (ptrdiff_t i = 0; i < all; i++) {
            term[i] = next[i];
            x[i] += c * term[i];
            below[i] += k % 2 ? -c * term[i] : c * term[i];
        }
    }
    if (M(eliminate)(n, below, n, x) == 0 || !M(solve_upper)(n, below, 0, n, x)) return 0;
    for (int k = 0; k < count; k++) {
        M(multiply_square)(n, x, x, next);
        for (ptrdiff_t i = 0; i < all; i++) x[i] = next[i];
    }
    return 1;
}

/* work: 4 squares. */
static inline int M(matrix_exp)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const ptrdiff_t n = s->n;
    (void)b, (void)y;
    M(copy_matrix)(n, n, a, s->a_row, s->a_col, work);
    return M(exponential)(n, work, x, work + n * n);
}

/* A power of two that brings a size to 1/2 .. 1, as far as there are such. */
static inline T M(factor_to_one)(T size) {
    T factor = 1;
    for (int k = 0; k < 100 && size * factor > 1; k++) factor *= (T)0.5;
    for (int k = 0; k < 100 && size * factor < (T)0.5; k++) factor *= 2;
    return factor;
}

/* The derivative of the exponential at a in direction b: in e^[a b; 0 a] what is above the
 * diagonal. b is brought to a size of 1, so that what it is multiplied by beforehand changes no
 * bit. work: 20 squares. */
static inline int M(matrix_exp_slope)(const tad__sides *s, const T *a, const T *b, T *x, T *y,
                                      T *work) {
    const ptrdiff_t n = s->n, m = 2 * n;
    T *const whole = work, *const result = whole + m * m;
    (void)y;
    M(copy_matrix)(n, n, b, s->b_row, s->b_col, x);
    const T factor = M(factor_to_one)(M(finite_size)(n * n, x));
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < n; j++) {
            const T v = a[i * s->a_row + j * s->a_col];
            whole[i * m + j] = whole[(n + i) * m + n + j] = v;
            whole[i * m + n + j] = factor * x[i * n + j];
            whole[(n + i) * m + j] = 0;
        }
    const int done = M(exponential)(m, whole, result, result + m * m);
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < n; j++) x[i * n + j] = result[i * m + n + j] / factor;
    return done;
}
