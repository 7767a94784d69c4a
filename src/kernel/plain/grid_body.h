/* Images sampled at the places of a grid for one element type; see grid.h and instantiate.h. */

/* M(name) is taken for a macro call. */
/* clang-format off */

/* ---- one axis ---- */

/* A place beyond the ends is mirrored there until it lies on the image. *slope: its factor. */
static inline T M(grid_mirrored)(const tad__grid_axis *a, T at, T *slope) {
    const T low = a->corners ? (T)0 : (T)-0.5, n = (T)a->size, span = a->corners ? n - 1 : n;
    if (span == 0) {
        *slope = 0;
        return at == at ? 0 : at;
    }
    const T from = at - low, way = M(fmod)(from < 0 ? -from : from, 2 * span);
    *slope = (from < 0) == (way < span) ? -1 : 1;
    return (way < span ? way : 2 * span - way) + low;
}

/* Where x lies among the elements, counted from 0, and how fast it moves with x. A cubic is bent
 * beyond the ends too: its taps are brought back to the image, not its place. */
static inline T M(grid_at)(const tad__grid_axis *a, T x, T *slope) {
    const T n = (T)a->size, last = n - 1, span = a->corners ? last : n;
    T at = a->corners ? (x + 1) / 2 * last : ((x + 1) * n - 1) / 2, turn = 1;
    *slope = span / 2;
    if (a->taps == TAD__GRID_CUBIC || a->padding == TAD__GRID_NOTHING) return at;
    if (a->padding == TAD__GRID_MIRRORED) at = M(grid_mirrored)(a, at, &turn);
    if (at <= 0 || at >= last) turn = 0;
    *slope *= turn;
    return M(clamp)(at, 0, last);
}

/* The element at a whole number: -1 where there is none. A NaN takes the first one, for its weight
 * is a NaN. */
static inline int64_t M(grid_element)(const tad__grid_axis *a, T at) {
    const T last = (T)(a->size - 1);
    T slope;
    if (a->taps == TAD__GRID_CUBIC && a->padding == TAD__GRID_MIRRORED)
        at = M(grid_mirrored)(a, at, &slope);
    if (a->taps == TAD__GRID_CUBIC && a->padding != TAD__GRID_NOTHING)
        at = M(clamp)(at, 0, last);
    if (at < 0 || at > last) return -1;
    return at == at ? (int64_t)at : 0;
}

/* The elements of the taps of x. */
static inline void M(grid_places)(const tad__grid_axis *a, T x, int64_t *place) {
    T slope, at = M(grid_at)(a, x, &slope);
    at = a->taps == TAD__GRID_NEAREST ? M(rint)(at) : M(floor)(at);
    for (int k = 0; k < a->taps; k++)
        place[k] = M(grid_element)(a, at + (T)(a->taps == TAD__GRID_CUBIC ? k - 1 : k));
}

/* What taps weigh by the part t of the way from one element to the next: coefficients of t^0, t^1,
 * ... of each. The cubic is Keys' with a = -3/4: one piece between 0 and 1, one beyond. */
static const T M(grid_linear)[2][2] = {{1, -1}, {0, 1}};
static const T M(grid_cubic)[4][4] = {
    {0, (T)-0.75, (T)1.5, (T)-0.75},
    {1, 0, (T)-2.25, (T)1.25},
    {0, (T)0.75, (T)1.5, (T)-1.25},
    {0, 0, (T)-0.75, (T)0.75},
};

/* The n-th derivative of a polynomial. */
static inline T M(grid_polynomial)(const T *c, int degree, int64_t n, T t) {
    T sum = 0 * t;
    for (int p = degree; p >= n; p--) {
        T factor = c[p];
        for (int i = 0; i < n; i++) factor *= (T)(p - i);
        sum = sum * t + factor;
    }
    return sum;
}

/* The n-th derivative by x of what its taps weigh. At infinity nothing is there to be weighed, or
 * the same everywhere. */
static inline void M(grid_weights)(const tad__grid_axis *a, int64_t n, T x, T *weight) {
    T slope, factor = 1, at = M(grid_at)(a, x, &slope), t = at - M(floor)(at);
    if (t != t && at == at && a->padding != TAD__GRID_MIRRORED) t = 0;
    if (a->taps == TAD__GRID_NEAREST) {
        weight[0] = n ? 0 * t : 1 + 0 * t;
        return;
    }
    const int is_cubic = a->taps == TAD__GRID_CUBIC;
    for (int i = 0; i < n && i < 4; i++) factor *= slope;
    for (int k = 0; k < a->taps; k++)
        weight[k] = factor * (is_cubic ? M(grid_polynomial)(M(grid_cubic)[k], 3, n, t)
                                       : M(grid_polynomial)(M(grid_linear)[k], 1, n, t));
}

/* ---- sums over taps ---- */

/* The sum of g[i,c,p] x[i,c,place] w[i,p,tap] ... over images i, channels c, points p and taps on
 * up to three axes, the derivatives of which are the results: by one of the factors, which is not
 * read. Steps of images, channels, points or axes; of images, points, taps. Absent axes have one
 * tap; absent weights are 1. */
struct M(grid) {
    int64_t channels, points, size[3], taps[3];
    const T *g, *x, *w[3];
    const int64_t *place[3];
    ptrdiff_t g_step[3], x_step[5], w_step[3][3], place_step[3][3];
};

/* On all axes: where it lies in a channel, what it weighs, its number on the axis of a weight. */
struct M(grid_tap) {
    ptrdiff_t at;
    T weight;
    int64_t number;
};

static inline int64_t M(grid_place)(const struct M(grid) *s, int axis, int64_t i, int64_t p,
                                    int64_t k) {
    const ptrdiff_t *apart = s->place_step[axis];
    return s->place[axis] ? s->place[axis][i * apart[0] + p * apart[1] + k * apart[2]] : 0;
}

static inline T M(grid_weight)(const struct M(grid) *s, int axis, int64_t i, int64_t p,
                               int64_t k) {
    const ptrdiff_t *apart = s->w_step[axis];
    return s->w[axis] ? s->w[axis][i * apart[0] + p * apart[1] + k * apart[2]] : 1;
}

/* The taps of a point on the image; axis: whose number counts. How many; -1: a place is beyond the
 * image. */
static inline int M(grid_taps)(const struct M(grid) *s, int axis, int64_t i, int64_t p,
                               struct M(grid_tap) *tap) {
    const ptrdiff_t *apart = s->x_step + 2;
    int64_t k[3];
    int n = 0;
    for (k[0] = 0; k[0] < s->taps[0]; k[0]++) {
        const int64_t a = M(grid_place)(s, 0, i, p, k[0]);
        const T u = M(grid_weight)(s, 0, i, p, k[0]);
        if (a >= s->size[0]) return -1;
        for (k[1] = 0; k[1] < s->taps[1]; k[1]++) {
            const int64_t b = M(grid_place)(s, 1, i, p, k[1]);
            const T v = u * M(grid_weight)(s, 1, i, p, k[1]);
            if (b >= s->size[1]) return -1;
            for (k[2] = 0; k[2] < s->taps[2]; k[2]++) {
                const int64_t c = M(grid_place)(s, 2, i, p, k[2]);
                if (c >= s->size[2]) return -1;
                if (a < 0 || b < 0 || c < 0) continue;
                tap[n++] = (struct M(grid_tap)){a * apart[0] + b * apart[1] + c * apart[2],
                                                v * M(grid_weight)(s, 2, i, p, k[2]), k[axis]};
            }
        }
    }
    return n;
}

/* Each of these works on points first .. end - 1 of image i, the last one on channels; 0: a place
 * is beyond the image. y has the steps of the factor in whose place it stands. By g: */
static inline int M(grid_sample)(const struct M(grid) *s, int64_t i, int64_t first, int64_t end,
                                 T *y) {
    struct M(grid_tap) tap[TAD__GRID_MOST_TAPS];
    for (int64_t p = first; p < end; p++) {
        const int n = M(grid_taps)(s, 0, i, p, tap);
        const T *x = s->x + i * s->x_step[0];
        T *to = y + i * s->g_step[0] + p * s->g_step[2];
        if (n < 0) return 0;
        for (int64_t c = 0; c < s->channels; c++, x += s->x_step[1], to += s->g_step[1]) {
            T sum = 0;
            for (int k = 0; k < n; k++) sum += tap[k].weight * x[tap[k].at];
            *to = sum;
        }
    }
    return 1;
}

/* By the weights of an axis. */
static inline int M(grid_weigh)(const struct M(grid) *s, int axis, int64_t i, int64_t first,
                                int64_t end, T *y) {
    struct M(grid_tap) tap[TAD__GRID_MOST_TAPS];
    const ptrdiff_t *apart = s->w_step[axis];
    for (int64_t p = first; p < end; p++) {
        const int n = M(grid_taps)(s, axis, i, p, tap);
        const T *x = s->x + i * s->x_step[0], *g = s->g + i * s->g_step[0] + p * s->g_step[2];
        T *to = y + i * apart[0] + p * apart[1];
        if (n < 0) return 0;
        for (int64_t k = 0; k < s->taps[axis]; k++) to[k * apart[2]] = 0;
        for (int k = 0; k < n; k++) {
            T sum = 0;
            for (int64_t c = 0; c < s->channels; c++)
                sum += g[c * s->g_step[1]] * x[tap[k].at + c * s->x_step[1]];
            to[tap[k].number * apart[2]] += tap[k].weight * sum;
        }
    }
    return 1;
}

/* By x, which is zero before. */
static inline int M(grid_spread)(const struct M(grid) *s, int64_t i, int64_t first, int64_t end,
                                 T *y) {
    struct M(grid_tap) tap[TAD__GRID_MOST_TAPS];
    for (int64_t p = 0; p < s->points; p++) {
        const int n = M(grid_taps)(s, 0, i, p, tap);
        const T *g = s->g + i * s->g_step[0] + p * s->g_step[2];
        if (n < 0) return 0;
        for (int64_t c = first; c < end; c++)
            for (int k = 0; k < n; k++)
                y[i * s->x_step[0] + c * s->x_step[1] + tap[k].at] +=
                    tap[k].weight * g[c * s->g_step[1]];
    }
    return 1;
}
/* clang-format on */
