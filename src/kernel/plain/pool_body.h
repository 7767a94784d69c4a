/* Windows on images for one element type; see pool.h and instantiate.h. */

/* M(name) is taken for a macro call. */
/* clang-format off */

/* Of one channel of one image; steps count elements. The result has no gaps. */
struct M(pool) {
    ptrdiff_t in[3], out[3], kernel[3], stride[3], pad[3], dilation[3];
    ptrdiff_t apart[3]; /* of the image */
    int adaptive;      /* windows cut the image up: kernel, stride, pad, dilation say nothing */
    int count_pad;     /* a mean is over elements of the padding too */
};

/* What a window covers of an axis of the image. */
struct M(span) {
    ptrdiff_t first, count, apart, divisor;
};

static inline struct M(span) M(pool_span)(const struct M(pool) *p, int axis, ptrdiff_t o) {
    const ptrdiff_t in = p->in[axis], d = p->dilation[axis], k = p->kernel[axis];
    if (p->adaptive) {
        const ptrdiff_t out = p->out[axis], first = o * in / out;
        const ptrdiff_t count = ((o + 1) * in + out - 1) / out - first;
        return (struct M(span)){first, count, 1, count};
    }
    const ptrdiff_t from = o * p->stride[axis] - p->pad[axis], room = in - from;
    ptrdiff_t before = from < 0 ? (d == 1 ? -from : (-from + d - 1) / d) : 0;
    ptrdiff_t end = room < 0 ? 0 : d == 1 ? room : (room + d - 1) / d;
    if (end > k) end = k;
    if (before > end) before = end;
    const ptrdiff_t padded = room + p->pad[axis] < k ? room + p->pad[axis] : k;
    return (struct M(span)){from + before * d, end - before, d,
                            p->count_pad ? padded : end - before};
}

/* Positions [*lo, *hi) of the last axis whose windows are within the image. */
static inline void M(pool_inner)(const struct M(pool) *p, ptrdiff_t *lo, ptrdiff_t *hi) {
    const ptrdiff_t reach = (p->kernel[2] - 1) * p->dilation[2] + 1;
    const ptrdiff_t room = p->in[2] + p->pad[2] - reach;
    *lo = (p->pad[2] + p->stride[2] - 1) / p->stride[2];
    *hi = room < 0 ? 0 : room / p->stride[2] + 1;
    if (*hi > p->out[2]) *hi = p->out[2];
    if (p->adaptive || *lo > *hi) *lo = *hi = 0;
}

/* ---- the largest ---- */

/* The first largest one; the first NaN if there is one. Without a jump, which nobody would
 * guess. */
static inline int M(pool_wins)(T v, T best) {
    return (v > best) | ((v != v) & (best == best));
}

/* Elements `apart` apart beside those of y. at: their places, NULL: not wanted. */
static inline void M(pool_compare)(ptrdiff_t n, const T *x, ptrdiff_t apart, int64_t place,
                                   ptrdiff_t places, T *y, int64_t *at) {
    if (!at) {
        for (ptrdiff_t i = 0; i < n; i++)
            y[i] = M(pool_wins)(x[i * apart], y[i]) ? x[i * apart] : y[i];
        return;
    }
    for (ptrdiff_t i = 0; i < n; i++) {
        const T v = x[i * apart], best = y[i];
        const int64_t wins = -(int64_t)M(pool_wins)(v, best); /* all bits, or none */
        y[i] = wins ? v : best;
        at[i] ^= (at[i] ^ (place + i * places)) & wins;
    }
}

static inline void M(pool_begin)(ptrdiff_t n, const T *x, ptrdiff_t apart, int64_t place,
                                 ptrdiff_t places, T *y, int64_t *at) {
    for (ptrdiff_t i = 0; i < n; i++) y[i] = x[i * apart];
    for (ptrdiff_t i = 0; at && i < n; i++) at[i] = place + i * places;
}

/* One window. */
static inline void M(pool_largest)(const struct M(pool) *p, const T *x, struct M(span) a,
                                   struct M(span) b, ptrdiff_t o, T *y, int64_t *at) {
    const struct M(span) c = M(pool_span)(p, 2, o);
    int begun = 0;
    for (ptrdiff_t i = 0, z = a.first; i < a.count; i++, z += a.apart)
        for (ptrdiff_t j = 0, r = b.first; j < b.count; j++, r += b.apart)
            for (ptrdiff_t k = 0, q = c.first; k < c.count; k++, q += c.apart) {
                const T v = x[z * p->apart[0] + r * p->apart[1] + q * p->apart[2]];
                if (begun && !M(pool_wins)(v, *y)) continue;
                begun = 1;
                *y = v;
                if (at) *at = (z * p->in[1] + r) * p->in[2] + q;
            }
}

/* Windows [lo, hi), which lie within a row of the image; y and at are those of the first. */
static inline void M(pool_largest_row)(const struct M(pool) *p, const T *x, struct M(span) a,
                                       struct M(span) b, ptrdiff_t lo, ptrdiff_t hi, T *y,
                                       int64_t *at) {
    const ptrdiff_t n = hi - lo, s = p->stride[2], apart = s * p->apart[2];
    const ptrdiff_t first = lo * s - p->pad[2];
    for (ptrdiff_t i = 0, z = a.first; i < a.count; i++, z += a.apart)
        for (ptrdiff_t j = 0, r = b.first; j < b.count; j++, r += b.apart)
            for (ptrdiff_t k = 0, q = first; k < p->kernel[2]; k++, q += p->dilation[2]) {
                const T *from = x + z * p->apart[0] + r * p->apart[1] + q * p->apart[2];
                const int64_t place = (z * p->in[1] + r) * p->in[2] + q;
                if (i == 0 && j == 0 && k == 0)
                    M(pool_begin)(n, from, apart, place, s, y, at);
                else if (apart == 1)
                    M(pool_compare)(n, from, 1, place, s, y, at);
                else if (apart == 2)
                    M(pool_compare)(n, from, 2, place, s, y, at);
                else
                    M(pool_compare)(n, from, apart, place, s, y, at);
            }
}

/* y: the largest of each window; at: where they are in the image, row by row; NULL: not wanted. */
static inline void M(pool_max)(const struct M(pool) *p, const T *x, T *y, int64_t *at) {
    const ptrdiff_t n = p->out[2];
    ptrdiff_t lo, hi;
    M(pool_inner)(p, &lo, &hi);
    for (ptrdiff_t i = 0; i < p->out[0]; i++)
        for (ptrdiff_t j = 0; j < p->out[1]; j++, y += n, at = at ? at + n : at) {
            const struct M(span) a = M(pool_span)(p, 0, i), b = M(pool_span)(p, 1, j);
            if (lo < hi) M(pool_largest_row)(p, x, a, b, lo, hi, y + lo, at ? at + lo : at);
            for (ptrdiff_t k = 0; k < lo; k++)
                M(pool_largest)(p, x, a, b, k, y + k, at ? at + k : at);
            for (ptrdiff_t k = hi; k < n; k++)
                M(pool_largest)(p, x, a, b, k, y + k, at ? at + k : at);
        }
}

/* ---- means ---- */

/* Of one window. */
static inline T M(pool_mean_of)(const struct M(pool) *p, const T *x, struct M(span) a,
                                struct M(span) b, ptrdiff_t o) {
    const struct M(span) c = M(pool_span)(p, 2, o);
    T sum = 0;
    for (ptrdiff_t i = 0, z = a.first; i < a.count; i++, z += a.apart)
        for (ptrdiff_t j = 0, r = b.first; j < b.count; j++, r += b.apart)
            for (ptrdiff_t k = 0, q = c.first; k < c.count; k++, q += c.apart)
                sum += x[z * p->apart[0] + r * p->apart[1] + q * p->apart[2]];
    return sum / (T)(a.divisor * b.divisor * c.divisor);
}

/* y = the mean of each window, on top of y if `add`. */
static inline void M(pool_mean)(const struct M(pool) *p, const T *x, int add, T *y) {
    for (ptrdiff_t i = 0; i < p->out[0]; i++)
        for (ptrdiff_t j = 0; j < p->out[1]; j++, y += p->out[2]) {
            const struct M(span) a = M(pool_span)(p, 0, i), b = M(pool_span)(p, 1, j);
            for (ptrdiff_t k = 0; k < p->out[2]; k++) {
                const T mean = M(pool_mean_of)(p, x, a, b, k);
                y[k] = add ? y[k] + mean : mean;
            }
        }
}

/* Adds to x, which has no gaps, what each window's mean gives its elements; element o of g is
 * g[o0 g_step[0] + ...]. */
static inline void M(pool_spread)(const struct M(pool) *p, const T *g, const ptrdiff_t *g_step,
                                  T *x) {
    for (ptrdiff_t i = 0; i < p->out[0]; i++)
        for (ptrdiff_t j = 0; j < p->out[1]; j++)
            for (ptrdiff_t k = 0; k < p->out[2]; k++) {
                const struct M(span) a = M(pool_span)(p, 0, i), b = M(pool_span)(p, 1, j),
                                     c = M(pool_span)(p, 2, k);
                const T each = g[i * g_step[0] + j * g_step[1] + k * g_step[2]] /
                               (T)(a.divisor * b.divisor * c.divisor);
                for (ptrdiff_t z = a.first; z < a.first + a.count * a.apart; z += a.apart)
                    for (ptrdiff_t r = b.first; r < b.first + b.count * b.apart; r += b.apart)
                        for (ptrdiff_t q = c.first; q < c.first + c.count * c.apart; q += c.apart)
                            x[(z * p->in[1] + r) * p->in[2] + q] += each;
            }
}

/* ---- windows as columns ---- */

/* Element `tap` of every window, 0 outside the image; on top of y if `add`. */
static inline void M(unfold_tap)(const struct M(pool) *p, const T *x, const ptrdiff_t *tap,
                                 int add, T *y) {
    for (ptrdiff_t i = 0; i < p->out[0]; i++)
        for (ptrdiff_t j = 0; j < p->out[1]; j++) {
            const ptrdiff_t z = i * p->stride[0] + tap[0] * p->dilation[0] - p->pad[0];
            const ptrdiff_t r = j * p->stride[1] + tap[1] * p->dilation[1] - p->pad[1];
            const int inside = z >= 0 && z < p->in[0] && r >= 0 && r < p->in[1];
            ptrdiff_t q = tap[2] * p->dilation[2] - p->pad[2];
            for (ptrdiff_t k = 0; k < p->out[2]; k++, q += p->stride[2], y++) {
                const T v = inside && q >= 0 && q < p->in[2]
                                ? x[z * p->apart[0] + r * p->apart[1] + q * p->apart[2]]
                                : 0;
                *y = add ? *y + v : v;
            }
        }
}

/* Adds to x, which has no gaps, what the windows hold for element `tap`, y_step apart. */
static inline void M(fold_tap)(const struct M(pool) *p, const T *y, ptrdiff_t y_step,
                               const ptrdiff_t *tap, T *x) {
    for (ptrdiff_t i = 0; i < p->out[0]; i++)
        for (ptrdiff_t j = 0; j < p->out[1]; j++) {
            const ptrdiff_t z = i * p->stride[0] + tap[0] * p->dilation[0] - p->pad[0];
            const ptrdiff_t r = j * p->stride[1] + tap[1] * p->dilation[1] - p->pad[1];
            const int inside = z >= 0 && z < p->in[0] && r >= 0 && r < p->in[1];
            ptrdiff_t q = tap[2] * p->dilation[2] - p->pad[2];
            for (ptrdiff_t k = 0; k < p->out[2]; k++, q += p->stride[2], y += y_step)
                if (inside && q >= 0 && q < p->in[2])
                    x[(z * p->in[1] + r) * p->in[2] + q] += *y;
        }
}

/* clang-format on */
