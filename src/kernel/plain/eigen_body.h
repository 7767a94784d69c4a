/* Eigenvalues of symmetric matrices for one element type; see instantiate.h: reflections make it
 * tridiagonal (Householder), rotations diagonal (implicit QL). Vectors are rows until the end. */

/* Long ones in 8 lanes, which vectors of every width add in the same order. */
static inline T M(dot)(ptrdiff_t n, const T *x, const T *y) {
    T lane[8] = {0}, sum = 0;
    ptrdiff_t i = 0;
    if (n >= 16) {
        for (; i + 8 <= n; i += 8)
            for (int k = 0; k < 8; k++) lane[k] += x[i + k] * y[i + k];
        for (int k = 0; k < 4; k++) lane[k] += lane[k + 4];
        sum = (lane[0] + lane[2]) + (lane[1] + lane[3]);
    }
    for (; i < n; i++) sum += x[i] * y[i];
    return sum;
}

/* Makes x the v of the reflection 1 - v v^T / v[0] that leaves of x nothing but a first element,
 * which is returned. v[0] is 0 where there is nothing to do. */
static inline T M(reflection)(ptrdiff_t n, T *x) {
    T rest = M(dot)(n - 1, x + 1, x + 1), lift = 1;
    if (x[0] * x[0] + rest < M(vanishing)) {
        lift = M(lift);
        for (ptrdiff_t i = 0; i < n; i++) x[i] *= lift;
        rest = M(dot)(n - 1, x + 1, x + 1);
    }
    const T first = x[0], size = M(sqrt)(first * first + rest), to = first > 0 ? -size : size;
    if (rest == 0) {
        x[0] = 0;
        return first / lift;
    }
    for (ptrdiff_t i = 1; i < n; i++) x[i] /= -to;
    x[0] = (to - first) / to;
    return to / lift;
}

/* The reflection of both sides of a, with n columns, from row and column `at` on: less v w^T + w
 * v^T. w: room. */
static inline void M(reflect_both)(ptrdiff_t n, ptrdiff_t at, T *a, const T *v, T *w) {
    const ptrdiff_t m = n - at;
    for (ptrdiff_t j = 0; j < m; j++) w[j] = 0;
    for (ptrdiff_t i = 0; i < m; i++) M(take_row)(m, -v[i] / v[0], a + (at + i) * n + at, w);
    M(take_row)(m, M(dot)(m, v, w) / (2 * v[0]), v, w);
    for (ptrdiff_t i = 0; i < m; i++) {
        M(take_row)(m, v[i], w, a + (at + i) * n + at);
        M(take_row)(m, w[i], v, a + (at + i) * n + at);
    }
}

/* The diagonal and what is beside it, of a; the v of the reflections are left in a's rows. */
static inline void M(make_tridiagonal)(ptrdiff_t n, T *a, T *diagonal, T *beside) {
    for (ptrdiff_t k = 0; k < n; k++) {
        T *const v = a + k * n + k + 1;
        diagonal[k] = a[k * n + k];
        beside[k] = k + 1 < n ? M(reflection)(n - k - 1, v) : 0;
        if (k + 2 < n && v[0] != 0) M(reflect_both)(n, k + 1, a, v, beside + n);
    }
}

/* The product of these reflections. */
static inline void M(join_reflections)(ptrdiff_t n, const T *a, T *q) {
    M(set_identity)(n, q);
    for (ptrdiff_t k = n - 3; k >= 0; k--) {
        const T *const v = a + k * n + k + 1;
        for (ptrdiff_t i = k + 1; i < n && v[0] != 0; i++) {
            T *const row = q + i * n + k + 1;
            M(take_row)(n - k - 1, M(dot)(n - k - 1, row, v) / v[0], v, row);
        }
    }
}

static inline void M(rotate_rows)(ptrdiff_t n, T c, T s, T *x, T *y) {
    for (ptrdiff_t i = 0; i < n; i++) {
        const T v = x[i], w = y[i];
        x[i] = c * v - s * w;
        y[i] = s * v + c * w;
    }
}

/* One sweep of QL from row m up to row l, with the shift that l's end suggests. */
static inline void M(ql_sweep)(ptrdiff_t n, ptrdiff_t l, ptrdiff_t m, T *d, T *e, T *vectors) {
    const T half = (d[l + 1] - d[l]) / (2 * e[l]), root = M(hypot)(half, 1);
    T g = d[m] - d[l] + e[l] / (half + (half < 0 ? -root : root)), s = 1, c = 1, p = 0;
    for (ptrdiff_t i = m - 1; i >= l; i--) {
        const T f = s * e[i], b = c * e[i], r = M(hypot)(f, g);
        e[i + 1] = r;
        if (r < M(vanishing)) { /* two blocks */
            d[i + 1] -= p;
            e[m] = 0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        const T t = (d[i] - g) * s + 2 * c * b;
        p = s * t;
        d[i + 1] = g + p;
        g = c * t - b;
        if (vectors) M(rotate_rows)(n, c, s, vectors + i * n, vectors + (i + 1) * n);
    }
    d[l] -= p;
    e[l] = g;
    e[m] = 0;
}

/* What counts as 0 beside these two on the diagonal, and beside the row at hand as it was: if that
 * is larger by far, shifts made for it would not get past what is between. */
static inline T M(negligible)(T x, T y, T row) {
    const T near = (M(fabs)(x) + M(fabs)(y)) / 2, least = M(epsilon) * (near > row ? near : row);
    return least < M(vanishing) ? M(vanishing) : least;
}

/* 0: no convergence. */
static inline int M(make_diagonal)(ptrdiff_t n, T *d, T *e, T *vectors) {
    for (ptrdiff_t l = 0; l < n; l++) {
        const T row = M(fabs)(d[l]) + M(fabs)(e[l]);
        for (int sweeps = 0;; sweeps++) {
            ptrdiff_t m = l;
            while (m + 1 < n && M(fabs)(e[m]) > M(negligible)(d[m], d[m + 1], row)) m++;
            if (m == l) break;
            if (sweeps == 60) return 0;
            M(ql_sweep)(n, l, m, d, e, vectors);
        }
    }
    return 1;
}

static inline void M(sort_values)(ptrdiff_t n, T *d, T *vectors) {
    for (ptrdiff_t i = 0; i + 1 < n; i++) {
        ptrdiff_t least = i;
        for (ptrdiff_t j = i + 1; j < n; j++) least = d[j] < d[least] ? j : least;
        if (least == i) continue;
        M(swap_rows)(1, d + i, d + least);
        if (vectors) M(swap_rows)(n, vectors + i * n, vectors + least * n);
    }
}

static inline void M(transpose_square)(ptrdiff_t n, T *x) {
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < i; j++) M(swap_rows)(1, x + i * n + j, x + j * n + i);
}

/* Of each vector the element of the largest magnitude is made positive; of `others`, which may be
 * NULL, those of the same place take part. */
static inline void M(choose_signs)(ptrdiff_t count, ptrdiff_t n, T *vectors, ptrdiff_t m,
                                   T *others) {
    for (ptrdiff_t i = 0; i < count; i++) {
        T *const v = vectors + i * n;
        ptrdiff_t largest = 0;
        for (ptrdiff_t j = 1; j < n; j++)
            if (M(fabs)(v[j]) > M(fabs)(v[largest])) largest = j;
        if (!(v[largest] < 0)) continue;
        for (ptrdiff_t j = 0; j < n; j++) v[j] = -v[j];
        for (ptrdiff_t j = 0; j < m && others; j++) others[i * m + j] = -others[i * m + j];
    }
}

/* The largest magnitude; a NaN where there is one, and where it is infinite. */
static inline T M(finite_size)(ptrdiff_t n, const T *x) {
    T largest = 0, sum = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        largest = M(fabs)(x[i]) > largest ? M(fabs)(x[i]) : largest;
        sum += x[i] - x[i];
    }
    return sum == 0 ? largest : sum;
}

/* What brings the largest magnitude to 1 .. 2, so that squares do not overflow, when x is divided
 * by it: a power of two, which changes no digit. Where finite_size is a NaN, that. */
static inline T M(scale_of)(ptrdiff_t n, const T *x) {
    const T size = M(finite_size)(n, x);
    return size == size ? M(power_below)(size < M(normal) ? M(normal) : size) : size;
}

/* Of values x and, where there is room for them, vectors y. What is not finite gives NaNs. work: n
 * x n, 2 n. */
static inline int M(eigen)(const tad__sides *s, const T *a, T *x, T *y, T *work) {
    const ptrdiff_t n = s->n;
    M(copy_symmetric)(s, a, work);
    const T scale = M(scale_of)(n * n, work);
    for (ptrdiff_t i = 0; i < n * n; i++) work[i] /= scale;
    M(make_tridiagonal)(n, work, x, work + n * n);
    if (y) M(join_reflections)(n, work, y);
    if (scale == scale && !M(make_diagonal)(n, x, work + n * n, y)) return 0;
    M(sort_values)(n, x, y);
    for (ptrdiff_t i = 0; i < n; i++) x[i] *= scale;
    if (y) M(choose_signs)(n, n, y, 0, NULL);
    if (y) M(transpose_square)(n, y);
    for (ptrdiff_t i = 0; i < n * n && y && scale != scale; i++) y[i] = scale;
    return 1;
}

static inline int M(eigenvalues)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    (void)b, (void)y;
    return M(eigen)(s, a, x, NULL, work);
}

static inline int M(eigenvectors)(const tad__sides *s, const T *a, const T *b, T *x, T *y,
                                  T *work) {
    (void)b;
    return M(eigen)(s, a, x, y, work);
}

/* Elements of a over the gaps w[j] - w[i] between the eigenvalues b, 0 on the diagonal. Values are
 * equal as far as they are known: then there is no quotient, or 0 of what is 0 but, of `unit`,
 * never. */
static inline int M(over_gaps)(const tad__sides *s, const T *a, const T *b, T *x, T *y, T *work) {
    const ptrdiff_t n = s->n;
    const T unsure = 8 * (T)n * M(epsilon);
    T most = 0, largest = 0;
    (void)y, (void)work;
    M(copy_matrix)(n, n, a, s->a_row, s->a_col, x);
    for (ptrdiff_t i = 0; i < n * n; i++) most = M(fabs)(x[i]) > most ? M(fabs)(x[i]) : most;
    for (ptrdiff_t i = 0; i < n; i++) {
        const T w = M(fabs)(b[i * s->b_col]);
        largest = w > largest ? w : largest;
    }
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j < n; j++) {
            const T gap = b[j * s->b_col] - b[i * s->b_col];
            T *const to = x + i * n + j;
            const int equal = M(fabs)(gap) <= unsure * largest;
            if (i != j && equal && (s->unit || M(fabs)(*to) > unsure * most)) return 0;
            *to = i == j || equal ? 0 : *to / gap;
        }
    return 1;
}
