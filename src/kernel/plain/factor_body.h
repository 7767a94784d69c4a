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
    const T scale = M(scale_of)(m * n, work);
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

/* ---- singular values: reflections from both sides make a matrix of m >= n bidiagonal (Golub and
 * Kahan), rotations diagonal ---- */

/* The diagonal, and what is above it, of a, m x n. The v of the reflections of columns are left in
 * rows of `left`, n x m, those of rows in rows of a. room: n. */
static inline void M(make_bidiagonal)(ptrdiff_t m, ptrdiff_t n, T *a, T *left, T *diagonal,
                                      T *above, T *room) {
    for (ptrdiff_t k = 0; k < n; k++) {
        T *const v = left + k * m + k, *const u = a + k * n + k + 1;
        const ptrdiff_t rest = n - k - 1;
        for (ptrdiff_t i = 0; i < m - k; i++) v[i] = a[(k + i) * n + k];
        diagonal[k] = M(reflection)(m - k, v);
        if (rest == 0) break;
        for (ptrdiff_t j = 0; j < rest; j++) room[j] = 0;
        for (ptrdiff_t i = 0; i < m - k && v[0] != 0; i++)
            M(take_row)(rest, -v[i] / v[0], u + i * n, room);
        M(take_row)(rest, v[0], room, u);
        above[k] = M(reflection)(rest, u);
        for (ptrdiff_t i = 1; i < m - k; i++) {
            T *const row = u + i * n;
            if (v[0] != 0) M(take_row)(rest, v[i], room, row);
            if (u[0] != 0) M(take_row)(rest, M(dot)(rest, u, row) / u[0], u, row);
        }
    }
}

/* Columns of the product of reflections whose v begin at element `first` of the first of `count`
 * rows of n, and an element later in each next one: in their place as rows, `first` rows further
 * down. */
static inline void M(unfold)(ptrdiff_t count, ptrdiff_t n, ptrdiff_t first, T *rows) {
    for (ptrdiff_t k = count - 1; k >= 0; k--) {
        const ptrdiff_t at = k + first;
        const T *const v = rows + k * n + at;
        T *const to = rows + at * n;
        for (ptrdiff_t i = at + 1; i < count + first && v[0] != 0; i++) {
            T *const row = rows + i * n + at;
            M(take_row)(n - at, M(dot)(n - at, v, row) / v[0], v, row);
        }
        const int none = v[0] == 0;
        for (ptrdiff_t i = at; i < n; i++) to[i] = none ? 0 : -v[i - at];
        for (ptrdiff_t i = 0; i < at; i++) to[i] = 0;
        to[at] += 1;
    }
    for (ptrdiff_t i = 0; i < n && first; i++) rows[i] = i == 0 ? 1 : 0;
}

/* c and s that turn (f, g) to (r, 0), which is returned. Of what has too few digits for that
 * nothing is turned. */
static inline T M(turn_to)(T f, T g, T *c, T *s) {
    const T r = M(hypot)(f, g);
    *c = r < M(vanishing) ? 1 : f / r;
    *s = r < M(vanishing) ? 0 : g / r;
    return r;
}

/* The smaller singular value of f, g above h. */
static inline T M(smaller_value)(T f, T g, T h) {
    const T x = M(fabs)(f), z = M(fabs)(h), larger = (M(hypot)(x + z, g) + M(hypot)(x - z, g)) / 2;
    return larger == 0 ? 0 : x < z ? x * (z / larger) : z * (x / larger);
}

/* One sweep from row l to row r. u and v may be NULL. */
static inline void M(svd_sweep)(ptrdiff_t l, ptrdiff_t r, T shift, T *d, T *e, ptrdiff_t m, T *u,
                                ptrdiff_t n, T *v) {
    T f = shift == 0 ? d[l] : (M(fabs)(d[l]) - shift) * ((d[l] < 0 ? -1 : 1) + shift / d[l]);
    T g = e[l], c, s;
    for (ptrdiff_t i = l; i < r; i++) {
        const T turned = M(turn_to)(f, g, &c, &s);
        if (i > l) e[i - 1] = turned;
        f = c * d[i] + s * e[i];
        e[i] = c * e[i] - s * d[i];
        g = s * d[i + 1];
        d[i + 1] *= c;
        if (v) M(rotate_rows)(n, c, -s, v + i * n, v + (i + 1) * n);
        d[i] = M(turn_to)(f, g, &c, &s);
        f = c * e[i] + s * d[i + 1];
        d[i + 1] = c * d[i + 1] - s * e[i];
        if (i + 1 < r) {
            g = s * e[i + 1];
            e[i + 1] *= c;
        }
        if (u) M(rotate_rows)(m, c, -s, u + i * m, u + (i + 1) * m);
    }
    e[r - 1] = f;
}

/* What is not above `small` counts as 0. 0: no convergence; values take some two sweeps each. */
static inline int M(diagonalize)(ptrdiff_t n, T small, T *d, T *e, ptrdiff_t m, T *u, T *v) {
    ptrdiff_t sweeps = 0;
    for (ptrdiff_t r = n - 1; r > 0;) {
        ptrdiff_t l = r;
        T least = M(fabs)(d[r]);
        while (l > 0 && M(fabs)(e[l - 1]) > small) {
            l--;
            least = M(fabs)(d[l]) < least ? M(fabs)(d[l]) : least;
        }
        if (l == r) {
            r--;
            continue;
        }
        if (sweeps++ == 60 * n) return 0;
        const T shift = least <= small ? 0 : M(smaller_value)(d[r - 1], e[r - 1], d[r]);
        M(svd_sweep)(l, r, shift, d, e, m, u, n, v);
    }
    return 1;
}

/* Largest first, none below 0. */
static inline void M(sort_triples)(ptrdiff_t m, ptrdiff_t n, T *values, T *u, T *v) {
    for (ptrdiff_t i = 0; i < n; i++) {
        for (ptrdiff_t k = 0; k < m && u && values[i] < 0; k++) u[i * m + k] = -u[i * m + k];
        values[i] = M(fabs)(values[i]);
    }
    for (ptrdiff_t i = 0; i < n; i++) {
        ptrdiff_t most = i;
        for (ptrdiff_t j = i + 1; j < n; j++) most = values[j] > values[most] ? j : most;
        if (most == i) continue;
        M(swap_rows)(1, values + i, values + most);
        if (u) M(swap_rows)(m, u + i * m, u + most * m);
        if (u) M(swap_rows)(n, v + i * n, v + most * n);
    }
}

/* Values of a, m x n with m >= n, and where vectors are wanted those of U as n rows of m, those of
 * V as n rows in a. What is not finite gives NaNs. room: 2 n. */
static inline int M(singular)(ptrdiff_t m, ptrdiff_t n, int wanted, T *a, T *values, T *u,
                              T *room) {
    const T scale = M(scale_of)(m * n, a);
    T *const above = room, *const vectors = wanted ? u : NULL;
    T largest = 0;
    for (ptrdiff_t i = 0; i < m * n; i++) a[i] /= scale;
    M(make_bidiagonal)(m, n, a, u, values, above, room + n);
    for (ptrdiff_t i = 0; i < n; i++) {
        const T x = M(fabs)(values[i]), y = i + 1 < n ? M(fabs)(above[i]) : 0;
        largest = x > largest ? x : largest;
        largest = y > largest ? y : largest;
    }
    if (wanted) M(unfold)(n, m, 0, u);
    if (wanted) M(unfold)(n - 1, n, 1, a);
    if (scale == scale &&
        !M(diagonalize)(n, 2 * M(epsilon) * largest, values, above, m, vectors, wanted ? a : NULL))
        return 0;
    M(sort_triples)(m, n, values, vectors, a);
    if (wanted) M(choose_signs)(n, n, a, m, u);
    for (ptrdiff_t i = 0; i < n; i++) values[i] *= scale;
    for (ptrdiff_t i = 0; i < n * n && scale != scale; i++) a[i] = scale;
    for (ptrdiff_t i = 0; i < n * m && scale != scale; i++) u[i] = scale;
    return 1;
}

/* The same of the operand a, turned where it is wide: U and V as rows in work, 2 m x n and 2 of
 * their longer side. */
static inline int M(singular_of)(const tad__sides *s, int wanted, const T *a, T *values, T *work,
                                 T **u, T **v) {
    const ptrdiff_t m = s->m, n = s->n;
    T *const other = work + m * n, *const room = other + m * n;
    *u = m < n ? work : other;
    *v = m < n ? other : work;
    if (m < n)
        M(copy_matrix)(n, m, a, s->a_col, s->a_row, work);
    else
        M(copy_matrix)(m, n, a, s->a_row, s->a_col, work);
    return m < n ? M(singular)(n, m, wanted, work, values, other, room)
                 : M(singular)(m, n, wanted, work, values, other, room);
}

/* Values of x; U above V in y. work of these: 2 m x n, 2 of their longer side. */
static inline int M(svd)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const ptrdiff_t m = s->m, n = s->n, k = m < n ? m : n;
    T *u, *v;
    (void)b;
    if (!M(singular_of)(s, 1, a, x, work, &u, &v)) return 0;
    M(copy_matrix)(m, k, u, 1, m, y);
    M(copy_matrix)(n, k, v, 1, n, y + m * k);
    return 1;
}

static inline int M(singular_values)(const tad__sides *s, const T *a, const T *b, T *x, T *y,
                                     T *work) {
    T *u, *v;
    (void)b, (void)y;
    return M(singular_of)(s, 0, a, x, work, &u, &v);
}

/* V (1 / values) U^T, where those count that are above `least` times the largest. work: 2 m x n, 3
 * of their longer side. */
static inline int M(pseudo_inverse)(const tad__sides *s, const T *a, const T *b, T *x, T *y,
                                    T *work) {
    const ptrdiff_t m = s->m, n = s->n, k = m < n ? m : n;
    T *const values = work + 2 * m * n + 2 * (m + n - k), *u, *v;
    (void)b, (void)y;
    if (!M(singular_of)(s, 1, a, values, work, &u, &v)) return 0;
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
