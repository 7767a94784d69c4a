/* Singular values of small matrices for one element type, LANES of them together; see
 * instantiate.h, and plain/factor_body.h, whose operations these are in the same order. Vectors are
 * rows until the end. A matrix that is done waits for the others, as in together_eigen_body.h. */

/* As make_bidiagonal. */
static inline void N(bidiagonalize)(ptrdiff_t m, ptrdiff_t n, N(row) * a, N(row) * left, N(row) * d,
                                    N(row) * above, N(row) * room) {
    N(row) f;
    for (ptrdiff_t k = 0; k < n; k++) {
        N(row) *const v = left + k * m + k, *const u = a + k * n + k + 1;
        const ptrdiff_t rest = n - k - 1;
        for (ptrdiff_t i = 0; i < m - k; i++) EACH v[i][l] = a[(k + i) * n + k][l];
        N(reflections)(m - k, v, 1, d[k]);
        if (rest == 0) break;
        for (ptrdiff_t j = 0; j < rest; j++) EACH room[j][l] = 0;
        for (ptrdiff_t i = 0; i < m - k; i++) {
            EACH f[l] = -v[i][l] / (v[0][l] == 0 ? 1 : v[0][l]);
            N(take_rows)(rest, f, u + i * n, room);
        }
        N(take_rows)(rest, v[0], room, u);
        N(reflections)(rest, u, 1, above[k]);
        for (ptrdiff_t i = 1; i < m - k; i++) {
            N(take_rows)(rest, v[i], room, u + i * n);
            N(reflect_rows)(rest, u, 1, u + i * n, 1);
        }
    }
}

/* As unfold. */
static inline void N(unfold_together)(ptrdiff_t count, ptrdiff_t n, ptrdiff_t first,
                                      N(row) * rows) {
    for (ptrdiff_t k = count - 1; k >= 0; k--) {
        const ptrdiff_t at = k + first;
        N(row) *const v = rows + k * n + at, *const to = rows + at * n, head;
        EACH head[l] = v[0][l];
        for (ptrdiff_t i = at + 1; i < count + first; i++)
            N(reflect_rows)(n - at, v, 1, rows + i * n + at, 1);
        for (ptrdiff_t i = at; i < n; i++) EACH to[i][l] = head[l] == 0 ? 0 : -v[i - at][l];
        for (ptrdiff_t i = 0; i < at; i++) EACH to[i][l] = 0;
        EACH to[at][l] += 1;
    }
    for (ptrdiff_t i = 0; i < n && first; i++) EACH rows[i][l] = i == 0;
}

/* Where in each matrix the block begins that ends in row r; the smallest magnitude on its diagonal,
 * and what its first row has. Returned: the first of these places. */
static inline ptrdiff_t N(find_starts)(ptrdiff_t r, const T *small, N(row) * d, N(row) * e,
                                       T *start, T *least, T *on, T *beside) {
    N(row) going, place, size, first, next;
    ptrdiff_t top = r;
    EACH going[l] = 1, place[l] = (T)r, size[l] = M(fabs)(d[r][l]), first[l] = next[l] = 0;
    for (; top > 0; top--) {
        INDEX some = 0;
        EACH {
            const T x = M(fabs)(d[top - 1][l]);
            going[l] = M(fabs)(e[top - 1][l]) > small[l] ? going[l] : 0;
            place[l] -= going[l];
            size[l] = going[l] != 0 && x < size[l] ? x : size[l];
            first[l] = going[l] != 0 ? d[top - 1][l] : first[l];
            next[l] = going[l] != 0 ? e[top - 1][l] : next[l];
        }
        EACH some |= going[l] != 0 ? 1 : 0;
        if (!some) break;
    }
    EACH start[l] = place[l], least[l] = size[l], on[l] = first[l], beside[l] = next[l];
    return top;
}

/* As turn_to. */
static inline void N(turns_to)(const T *f, const T *g, T *turned, T *c, T *s) {
    EACH {
        const T r = M(hypot)(f[l], g[l]), x = f[l] / r, y = g[l] / r;
        c[l] = r < M(vanishing) ? 1 : x;
        s[l] = r < M(vanishing) ? 0 : y;
        turned[l] = r;
    }
}

/* As rotate_rows, with s negated, where `on` is not 0. */
static inline void N(rotate_back)(ptrdiff_t n, const T *on, const T *c, const T *s, N(row) * x,
                                  N(row) * y) {
    for (ptrdiff_t i = 0; i < n; i++) EACH {
            const T v = x[i][l], w = y[i][l], back = -s[l];
            const T turned = c[l] * v - back * w, other = back * v + c[l] * w;
            x[i][l] = on[l] != 0 ? turned : v;
            y[i][l] = on[l] != 0 ? other : w;
        }
}

/* As svd_sweep, from row `start` of each matrix, the first of which is `top`, to row r; f and g are
 * what it begins with. */
static inline void N(svd_sweeps)(ptrdiff_t top, ptrdiff_t r, const T *start, T *f, T *g, N(row) * d,
                                 N(row) * e, ptrdiff_t m, N(row) * u, ptrdiff_t n, N(row) * v) {
    N(row) c, s, turned, on;
    for (ptrdiff_t i = top; i < r; i++) {
        N(row) *const before = e + (i > 0 ? i - 1 : 0), *const after = e + (i + 1 < r ? i + 1 : i);
        N(turns_to)(f, g, turned, c, s);
        EACH {
            const bool here = start[l] <= (T)i;
            const T x = c[l] * d[i][l] + s[l] * e[i][l], y = c[l] * e[i][l] - s[l] * d[i][l];
            before[0][l] = start[l] < (T)i ? turned[l] : before[0][l];
            f[l] = here ? x : f[l];
            e[i][l] = here ? y : e[i][l];
            g[l] = here ? s[l] * d[i + 1][l] : g[l];
            d[i + 1][l] = here ? d[i + 1][l] * c[l] : d[i + 1][l];
            on[l] = here ? 1 : 0;
        }
        if (v) N(rotate_back)(n, on, c, s, v + i * n, v + (i + 1) * n);
        N(turns_to)(f, g, turned, c, s);
        EACH {
            const T x = c[l] * e[i][l] + s[l] * d[i + 1][l],
                    y = c[l] * d[i + 1][l] - s[l] * e[i][l];
            d[i][l] = on[l] != 0 ? turned[l] : d[i][l];
            f[l] = on[l] != 0 ? x : f[l];
            d[i + 1][l] = on[l] != 0 ? y : d[i + 1][l];
        }
        if (i + 1 < r) EACH {
                g[l] = on[l] != 0 ? s[l] * after[0][l] : g[l];
                after[0][l] = on[l] != 0 ? after[0][l] * c[l] : after[0][l];
            }
        if (u) N(rotate_back)(m, on, c, s, u + i * m, u + (i + 1) * m);
    }
    EACH e[r - 1][l] = start[l] < (T)r ? f[l] : e[r - 1][l];
}

/* As diagonalize. Sweeps are counted of all together: of each there are not more. */
static inline bool N(values_together)(ptrdiff_t n, const T *small, N(row) * d, N(row) * e,
                                      ptrdiff_t m, N(row) * u, N(row) * v) {
    N(row) start, least, f, g;
    ptrdiff_t sweeps = 0;
    for (ptrdiff_t r = n - 1; r > 0; r--)
        for (;;) {
            const ptrdiff_t top = N(find_starts)(r, small, d, e, start, least, f, g);
            if (top == r) break;
            if (sweeps++ == 60 * n) return false;
            EACH {
                const T value = M(smaller_value)(d[r - 1][l], e[r - 1][l], d[r][l]), x = f[l];
                const T shift = least[l] <= small[l] ? 0 : value;
                const T from = (M(fabs)(x) - shift) * ((x < 0 ? -1 : 1) + shift / x);
                f[l] = shift == 0 ? x : from;
            }
            N(svd_sweeps)(top, r, start, f, g, d, e, m, u, n, v);
        }
    return true;
}

/* As sort_triples. */
static inline void N(sort_triples_together)(ptrdiff_t m, ptrdiff_t n, N(row) * values, N(row) * u,
                                            N(row) * v) {
    for (ptrdiff_t i = 0; i < n; i++) {
        for (ptrdiff_t k = i * m; k < (i + 1) * m && u; k++)
            EACH u[k][l] = values[i][l] < 0 ? -u[k][l] : u[k][l];
        EACH values[i][l] = M(fabs)(values[i][l]);
    }
    for (ptrdiff_t i = 0; i < n; i++) {
        N(row) most, place;
        EACH most[l] = values[i][l], place[l] = (T)i;
        for (ptrdiff_t j = i + 1; j < n; j++) EACH {
                place[l] = values[j][l] > most[l] ? (T)j : place[l];
                most[l] = values[j][l] > most[l] ? values[j][l] : most[l];
            }
        const unsigned found = N(places_found)(place);
        for (ptrdiff_t j = i + 1; j < n; j++) {
            if (!(found >> j & 1)) continue;
            N(swap_lanes)(1, (T)j, place, values + i, values + j);
            if (u) N(swap_lanes)(m, (T)j, place, u + i * m, u + j * m);
            if (u) N(swap_lanes)(n, (T)j, place, v + i * n, v + j * n);
        }
    }
}

/* As singular; u and v without the signs chosen, and not scaled. */
static inline bool N(singular_together)(ptrdiff_t m, ptrdiff_t n, bool wanted, N(row) * a,
                                        N(row) * values, N(row) * u, N(row) * above, T *scale) {
    N(row) small;
    N(scale_rows)(m * n, a, scale);
    N(bidiagonalize)(m, n, a, u, values, above, above + n);
    EACH small[l] = 0;
    for (ptrdiff_t i = 0; i < n; i++) EACH {
            const T x = M(fabs)(values[i][l]), y = i + 1 < n ? M(fabs)(above[i][l]) : 0;
            small[l] = x > small[l] ? x : small[l];
            small[l] = y > small[l] ? y : small[l];
        }
    EACH small[l] *= 2 * M(epsilon);
    if (wanted) N(unfold_together)(n, m, 0, u);
    if (wanted) N(unfold_together)(n - 1, n, 1, a);
    N(row) *const vectors = wanted ? u : NULL;
    if (!N(values_together)(n, small, values, above, m, vectors, wanted ? a : NULL)) return false;
    N(sort_triples_together)(m, n, values, vectors, a);
    for (ptrdiff_t i = 0; i < n; i++) EACH values[i][l] *= scale[l];
    return true;
}

/* n rows of m as columns. */
static inline void N(lay_columns)(ptrdiff_t m, ptrdiff_t n, N(row) * x, const T *scale,
                                  N(row) * y) {
    for (ptrdiff_t i = 0; i < m; i++)
        for (ptrdiff_t j = 0; j < n; j++)
            EACH y[i * n + j][l] = scale[l] == scale[l] ? x[j * m + i][l] : scale[l];
}

/* As singular_of, without the signs chosen: of a wide matrix the one turned is in `work`. */
static inline bool N(singular_of_each)(const tad__sides *s, bool wanted, N(row) * a,
                                       N(row) * values, N(row) * work, N(row) * *u, N(row) * *v,
                                       T *scale) {
    const ptrdiff_t m = s->m, n = s->n, k = m < n ? m : n;
    N(row) *const turned = m < n ? work : a, *const other = m < n ? a : work;
    *u = m < n ? turned : other;
    *v = m < n ? other : turned;
    for (ptrdiff_t i = 0; i < m && m < n; i++)
        for (ptrdiff_t j = 0; j < n; j++) EACH work[j * m + i][l] = a[i * n + j][l];
    return N(singular_together)(m < n ? n : m, k, wanted, turned, values, other, work + m * n,
                                scale);
}

/* As svd; y may be NULL: values alone. */
static inline int N(svd_together)(const tad__sides *s, N(row) * a, N(row) * x, N(row) * y,
                                  N(row) * work) {
    const ptrdiff_t m = s->m, n = s->n, k = m < n ? m : n;
    N(row) * u, *v, scale;
    if (!N(singular_of_each)(s, y != NULL, a, x, work, &u, &v, scale)) return 0;
    if (!y) return 1;
    N(lay_columns)(m, k, u, scale, y);
    N(lay_columns)(n, k, v, scale, y + m * k);
    if (m < n)
        N(choose_signs_together)(k, m, y, n, y + m * k);
    else
        N(choose_signs_together)(k, n, y + m * k, m, y);
    return 1;
}

static int N(svd_lanes)(const tad__sides *s, T *a, T *x, T *y, T *work) {
    return N(svd_together)(s, (void *)a, (void *)x, (void *)y, (void *)work);
}

static int N(singular_values_lanes)(const tad__sides *s, T *a, T *x, T *none, T *work) {
    (void)none;
    return N(svd_together)(s, (void *)a, (void *)x, NULL, (void *)work);
}

/* As pseudo_inverse; signs that were not chosen cancel. */
static int N(pseudo_inverse_lanes)(const tad__sides *s, T *matrices, T *result, T *none, T *room) {
    const ptrdiff_t m = s->m, n = s->n, k = m < n ? m : n;
    N(row) *const work = (N(row) *)(void *)room, *const x = (N(row) *)(void *)result,
                  *const values = work + 2 * m * n + 2 * (m + n - k), *u, *v, scale;
    (void)none;
    if (!N(singular_of_each)(s, true, (void *)matrices, values, work, &u, &v, scale)) return 0;
    for (ptrdiff_t i = 0; i < n * m; i++) EACH x[i][l] = 0;
    for (ptrdiff_t r = 0; r < k; r++) {
        N(row) counts, f;
        EACH counts[l] = values[r][l] <= (T)s->least * values[0][l] ? 0 : 1;
        for (ptrdiff_t i = 0; i < n; i++) {
            EACH f[l] = -v[r * n + i][l] / values[r][l];
            for (ptrdiff_t j = 0; j < m; j++) EACH {
                    const T before = x[i * m + j][l], sum = before - f[l] * u[r * m + j][l];
                    x[i * m + j][l] = counts[l] != 0 ? sum : before;
                }
        }
    }
    return 1;
}
