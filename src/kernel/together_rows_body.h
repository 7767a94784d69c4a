/* Rows of elements of matrices that lie side by side, for one element type; see instantiate.h: a
 * row is what an element is in each of LANES matrices. Operations and their order are those of
 * plain/linalg_body.h and plain/eigen_body.h, and so are the bits. */
enum { N(together) = TAD__TOGETHER / sizeof(T) };
typedef T N(row)[LANES];

/* y -= f x, rows of n elements. */
static inline void N(take_rows)(ptrdiff_t n, const T *f, N(row) *restrict x, N(row) *restrict y) {
    for (ptrdiff_t i = 0; i < n; i++) EACH y[i][l] -= f[l] * x[i][l];
}

/* Elements that lie apart. */
static inline void N(take_apart)(ptrdiff_t n, const T *f, N(row) *restrict x, ptrdiff_t x_step,
                                 N(row) *restrict y, ptrdiff_t y_step) {
    for (ptrdiff_t i = 0; i < n; i++) EACH y[i * y_step][l] -= f[l] * x[i * x_step][l];
}

/* As dot. */
static inline void N(dots)(ptrdiff_t n, N(row) * x, ptrdiff_t x_step, N(row) * y, ptrdiff_t y_step,
                           T *result) {
    N(row) sum;
    ptrdiff_t i = 0;
    EACH sum[l] = 0;
    if (n >= 16) {
        N(row) part[8];
        for (int k = 0; k < 8; k++) EACH part[k][l] = 0;
        for (; i + 8 <= n; i += 8)
            for (int k = 0; k < 8; k++)
                EACH part[k][l] += x[(i + k) * x_step][l] * y[(i + k) * y_step][l];
        for (int k = 0; k < 4; k++) EACH part[k][l] += part[k + 4][l];
        EACH sum[l] = (part[0][l] + part[2][l]) + (part[1][l] + part[3][l]);
    }
    for (; i < n; i++) EACH sum[l] += x[i * x_step][l] * y[i * y_step][l];
    EACH result[l] = sum[l];
}

/* As scale_of; x is divided by it. */
static inline void N(scale_rows)(ptrdiff_t n, N(row) * x, T *scale) {
    N(row) largest, sum;
    EACH largest[l] = sum[l] = 0;
    for (ptrdiff_t i = 0; i < n; i++) EACH {
            const T v = M(fabs)(x[i][l]);
            largest[l] = v > largest[l] ? v : largest[l];
            sum[l] += x[i][l] - x[i][l];
        }
    EACH {
        const T power = M(power_below)(largest[l] < M(normal) ? M(normal) : largest[l]);
        scale[l] = sum[l] == 0 ? power : sum[l];
    }
    for (ptrdiff_t i = 0; i < n; i++) EACH x[i][l] /= scale[l];
}

/* As reflection, of elements `step` apart; where there is nothing to do, all of v becomes 0. */
static inline void N(reflections)(ptrdiff_t n, N(row) * x, ptrdiff_t step, T *result) {
    N(row) first, rest, to, lift;
    INDEX vanish = 0;
    N(dots)(n - 1, x + step, step, x + step, step, rest);
    EACH {
        const bool small = x[0][l] * x[0][l] + rest[l] < M(vanishing);
        lift[l] = small ? M(lift) : 1;
        vanish |= small ? 1 : 0;
    }
    if (vanish) {
        for (ptrdiff_t i = 0; i < n; i++) EACH x[i * step][l] *= lift[l];
        N(dots)(n - 1, x + step, step, x + step, step, rest);
    }
    EACH first[l] = x[0][l];
    EACH {
        const T size = M(sqrt)(first[l] * first[l] + rest[l]);
        to[l] = first[l] > 0 ? -size : size;
    }
    for (ptrdiff_t i = 1; i < n; i++) EACH {
            const T v = x[i * step][l] / -to[l];
            x[i * step][l] = rest[l] == 0 ? 0 : v;
        }
    EACH x[0][l] = rest[l] == 0 ? 0 : (to[l] - first[l]) / to[l];
    EACH result[l] = (rest[l] == 0 ? first[l] : to[l]) / lift[l];
}

/* y less its part along v, as of a reflection: the v that is 0 takes nothing, for a sum that begins
 * with 0 adds no -0. */
static inline void N(reflect_rows)(ptrdiff_t n, N(row) * v, ptrdiff_t v_step, N(row) * y,
                                   ptrdiff_t y_step) {
    N(row) f;
    N(dots)(n, v, v_step, y, y_step, f);
    EACH f[l] /= v[0][l] == 0 ? 1 : v[0][l];
    N(take_apart)(n, f, v, v_step, y, y_step);
}
