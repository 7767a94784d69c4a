/* Eigenvalues of small symmetric matrices for one element type, LANES of them together; see
 * instantiate.h, and plain/eigen_body.h, whose operations these are in the same order. Vectors are
 * columns. A matrix that is done waits for the others: it is computed with them, but not changed.
 */

/* As reflect_both. */
static inline void N(reflect_both_sides)(ptrdiff_t n, ptrdiff_t at, N(row) * a, N(row) * v,
                                         N(row) * w) {
    const ptrdiff_t m = n - at;
    N(row) over, f;
    EACH over[l] = v[0][l] == 0 ? 1 : v[0][l];
    for (ptrdiff_t j = 0; j < m; j++) EACH w[j][l] = 0;
    for (ptrdiff_t i = 0; i < m; i++) {
        EACH f[l] = -v[i][l] / over[l];
        N(take_rows)(m, f, a + (at + i) * n + at, w);
    }
    N(dots)(m, v, 1, w, 1, f);
    EACH f[l] /= 2 * over[l];
    N(take_rows)(m, f, v, w);
    for (ptrdiff_t i = 0; i < m; i++) {
        N(take_rows)(m, v[i], w, a + (at + i) * n + at);
        N(take_rows)(m, w[i], v, a + (at + i) * n + at);
    }
}

/* As make_tridiagonal and, of y that is not NULL, join_reflections. */
static inline void N(tridiagonalize)(ptrdiff_t n, N(row) * a, N(row) * d, N(row) * e, N(row) * y) {
    for (ptrdiff_t k = 0; k < n; k++) {
        N(row) *const v = a + k * n + k + 1;
        EACH d[k][l] = a[k * n + k][l];
        EACH e[k][l] = 0;
        if (k + 1 < n) N(reflections)(n - k - 1, v, 1, e[k]);
        if (k + 2 < n) N(reflect_both_sides)(n, k + 1, a, v, e + n);
    }
    for (ptrdiff_t i = 0; i < n * n && y; i++) EACH y[i][l] = i % (n + 1) == 0;
    for (ptrdiff_t k = n - 3; k >= 0 && y; k--)
        for (ptrdiff_t i = k + 1; i < n; i++)
            N(reflect_rows)(n - k - 1, a + k * n + k + 1, 1, y + (k + 1) * n + i, n);
}

/* The two columns x and y of n rows turned where `on` is not 0. */
static inline void N(rotate_columns)(ptrdiff_t n, const T *on, const T *c, const T *s, N(row) * x) {
    for (ptrdiff_t i = 0; i < n; i++) EACH {
            const T v = x[i * n][l], w = x[i * n + 1][l];
            const T turned = c[l] * v - s[l] * w, other = s[l] * v + c[l] * w;
            x[i * n][l] = on[l] != 0 ? turned : v;
            x[i * n + 1][l] = on[l] != 0 ? other : w;
        }
}

/* Where in each matrix the block ends that begins in row `at`, which began as `row`, and the
 * diagonal there; the largest of these places. */
static inline ptrdiff_t N(find_ends)(ptrdiff_t n, ptrdiff_t at, const T *row, N(row) * d,
                                     N(row) * e, T *end, T *last) {
    N(row) going, place, value;
    ptrdiff_t top = at;
    EACH going[l] = 1, place[l] = (T)at, value[l] = d[at][l];
    for (; top + 1 < n; top++) {
        INDEX some = 0;
        EACH {
            const T least = M(negligible)(d[top][l], d[top + 1][l], row[l]);
            going[l] = M(fabs)(e[top][l]) > least ? going[l] : 0;
            place[l] += going[l];
            value[l] = going[l] != 0 ? d[top + 1][l] : value[l];
        }
        EACH some |= going[l] != 0 ? 1 : 0;
        if (!some) break;
    }
    EACH end[l] = place[l], last[l] = value[l];
    return top;
}

/* As ql_sweep, from row m of each matrix up to row `at`; d[m] is `last`. */
static inline void N(ql_sweeps)(ptrdiff_t n, ptrdiff_t at, ptrdiff_t top, const T *m, const T *last,
                                N(row) * d, N(row) * e, N(row) * vectors) {
    N(row) g, s, c, p, from, on;
    EACH {
        const T half = (d[at + 1][l] - d[at][l]) / (2 * e[at][l]), root = M(hypot)(half, 1);
        g[l] = last[l] - d[at][l] + e[at][l] / (half + (half < 0 ? -root : root));
        s[l] = c[l] = 1, p[l] = 0, from[l] = m[l];
    }
    for (ptrdiff_t i = top - 1; i >= at; i--) {
        EACH {
            const T f = s[l] * e[i][l], b = c[l] * e[i][l], r = M(hypot)(f, g[l]);
            const bool ends = r<M(vanishing), here = from[l]>(T) i;
            const bool blocks = here && ends, turns = here && !ends;
            const T sine = f / r, cosine = g[l] / r, rest = d[i + 1][l] - p[l];
            const T t = (d[i][l] - rest) * sine + 2 * cosine * b, part = sine * t;
            e[i + 1][l] = here ? r : e[i + 1][l];
            d[i + 1][l] = turns ? rest + part : blocks ? rest : d[i + 1][l];
            from[l] = blocks ? -1 : from[l];
            on[l] = turns ? 1 : 0;
            s[l] = turns ? sine : s[l];
            c[l] = turns ? cosine : c[l];
            p[l] = turns ? part : p[l];
            g[l] = turns ? cosine * t - b : g[l];
        }
        if (vectors) N(rotate_columns)(n, on, c, s, vectors + i);
    }
    EACH d[at][l] = from[l] > (T)at ? d[at][l] - p[l] : d[at][l];
    EACH e[at][l] = from[l] > (T)at ? g[l] : e[at][l];
    for (ptrdiff_t i = at + 1; i <= top; i++) EACH e[i][l] = m[l] == (T)i ? 0 : e[i][l];
}

/* As make_diagonal. */
static inline bool N(diagonalize_together)(ptrdiff_t n, N(row) * d, N(row) * e, N(row) * vectors) {
    N(row) m, last, row;
    for (ptrdiff_t at = 0; at < n; at++) {
        EACH row[l] = M(fabs)(d[at][l]) + M(fabs)(e[at][l]);
        for (int sweeps = 0;; sweeps++) {
            const ptrdiff_t top = N(find_ends)(n, at, row, d, e, m, last);
            if (top == at) break;
            if (sweeps == 60) return false;
            N(ql_sweeps)(n, at, top, m, last, d, e, vectors);
        }
    }
    return true;
}

/* As sort_values. */
static inline void N(sort_together)(ptrdiff_t n, N(row) * d, N(row) * vectors) {
    for (ptrdiff_t i = 0; i + 1 < n; i++) {
        N(row) least, place;
        EACH least[l] = d[i][l], place[l] = (T)i;
        for (ptrdiff_t j = i + 1; j < n; j++) EACH {
                place[l] = d[j][l] < least[l] ? (T)j : place[l];
                least[l] = d[j][l] < least[l] ? d[j][l] : least[l];
            }
        const unsigned found = N(places_found)(place);
        for (ptrdiff_t j = i + 1; j < n; j++) {
            if (!(found >> j & 1)) continue;
            N(swap_lanes)(1, (T)j, place, d + i, d + j);
            for (ptrdiff_t k = 0; k < n && vectors; k++)
                N(swap_lanes)(1, (T)j, place, vectors + k * n + i, vectors + k * n + j);
        }
    }
}

/* As choose_signs, of `count` columns of n elements with m more of others below them. */
static inline void N(choose_signs_together)(ptrdiff_t count, ptrdiff_t n, N(row) * vectors,
                                            ptrdiff_t m, N(row) * others) {
    for (ptrdiff_t i = 0; i < count; i++) {
        N(row) largest, value;
        EACH largest[l] = 0, value[l] = 0;
        for (ptrdiff_t j = 0; j < n; j++) EACH {
                const T v = vectors[j * count + i][l];
                value[l] = M(fabs)(v) > largest[l] ? v : value[l];
                largest[l] = M(fabs)(v) > largest[l] ? M(fabs)(v) : largest[l];
            }
        for (ptrdiff_t j = 0; j < n + m; j++) {
            T *const v = j < n ? vectors[j * count + i] : others[(j - n) * count + i];
            EACH v[l] = value[l] < 0 ? -v[l] : v[l];
        }
    }
}

static inline int N(eigen_together)(ptrdiff_t n, N(row) * a, N(row) * x, N(row) * y, N(row) * e) {
    N(row) scale;
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t j = 0; j <= i; j++) EACH {
                const T v = (T)0.5 * a[i * n + j][l] + (T)0.5 * a[j * n + i][l];
                a[i * n + j][l] = a[j * n + i][l] = v;
            }
    N(scale_rows)(n * n, a, scale);
    N(tridiagonalize)(n, a, x, e, y);
    if (!N(diagonalize_together)(n, x, e, y)) return 0;
    N(sort_together)(n, x, y);
    for (ptrdiff_t i = 0; i < n; i++) EACH x[i][l] *= scale[l];
    if (y) N(choose_signs_together)(n, n, y, 0, NULL);
    for (ptrdiff_t i = 0; i < n * n && y; i++)
        EACH y[i][l] = scale[l] == scale[l] ? y[i][l] : scale[l];
    return 1;
}

static int N(eigenvalues_lanes)(const tad__sides *s, T *a, T *x, T *none, T *work) {
    (void)none;
    return N(eigen_together)(s->n, (void *)a, (void *)x, NULL, (void *)work);
}

static int N(eigenvectors_lanes)(const tad__sides *s, T *a, T *x, T *y, T *work) {
    return N(eigen_together)(s->n, (void *)a, (void *)x, (void *)y, (void *)work);
}
