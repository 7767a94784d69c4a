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

/* Without a call, which without SSE4.1 it would be, where that is easy. */
static inline T M(grid_floor)(T at) {
    if (!(M(fabs)(at) < (T)0x1p30)) return M(floor)(at);
    const T near = (T)(int32_t)at;
    return near > at ? near - 1 : near;
}

/* The elements of the taps of x. */
static inline void M(grid_places)(const tad__grid_axis *a, T x, int64_t *place) {
    T slope, at = M(grid_at)(a, x, &slope);
    at = a->taps == TAD__GRID_NEAREST ? M(rint)(at) : M(grid_floor)(at);
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
    T slope, factor = 1, at = M(grid_at)(a, x, &slope), t = at - M(grid_floor)(at);
    if (t != t && at == at && a->padding != TAD__GRID_MIRRORED) t = 0;
    if (a->taps == TAD__GRID_NEAREST) {
        weight[0] = n ? 0 * t : 1 + 0 * t;
        return;
    }
    if (a->taps == TAD__GRID_LINEAR && n < 2) { /* as the polynomials would */
        weight[0] = n ? slope * (0 * t - 1) : 1 - t;
        weight[1] = n ? slope * (0 * t + 1) : t;
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

/* Those of a point that an axis has on the image; -1: a place is beyond it. */
static inline int M(grid_axis_taps)(const struct M(grid) *s, int axis, int64_t i, int64_t p,
                                    struct M(grid_tap) *tap) {
    const ptrdiff_t *apart = s->place_step[axis], *w_apart = s->w_step[axis];
    const ptrdiff_t each = s->x_step[2 + axis];
    const int64_t *place = s->place[axis], size = s->size[axis];
    const T *w = s->w[axis];
    int n = 0;
    tap[0] = (struct M(grid_tap)){0, 1, 0};
    if (!place) return 1;
    place += i * apart[0] + p * apart[1];
    w = w ? w + i * w_apart[0] + p * w_apart[1] : w;
    for (int64_t k = 0; k < s->taps[axis]; k++) {
        const int64_t at = place[k * apart[2]];
        if (at >= size) return -1;
        if (at < 0) continue;
        tap[n++] = (struct M(grid_tap)){at * each, w ? w[k * w_apart[2]] : 1, k};
    }
    return n;
}

/* The taps of a point on the image; axis: whose number counts. How many; -1: a place is beyond the
 * image. */
static inline int M(grid_taps)(const struct M(grid) *s, int axis, int64_t i, int64_t p,
                               struct M(grid_tap) *tap) {
    struct M(grid_tap) of[3][TAD__GRID_CUBIC];
    int count[3], n = 0;
    for (int k = 0; k < 3; k++) count[k] = M(grid_axis_taps)(s, k, i, p, of[k]);
    if (count[0] < 0 || count[1] < 0 || count[2] < 0) return -1;
    for (int a = 0; a < count[0]; a++)
        for (int b = 0; b < count[1]; b++) {
            const ptrdiff_t at = of[0][a].at + of[1][b].at;
            const T weight = of[0][a].weight * of[1][b].weight;
            const int64_t number = axis == 0 ? of[0][a].number : of[1][b].number;
            for (int c = 0; c < count[2]; c++, n++) {
                tap[n].at = at + of[2][c].at;
                tap[n].weight = weight * of[2][c].weight;
                tap[n].number = axis == 2 ? of[2][c].number : number;
            }
        }
    return n;
}

/* ---- tiles: points side by side that have all their taps ----
 *
 * Channel after channel of some points touches fewer lines of memory than point after point of all
 * channels, which moreover often lie a power of two apart. */

struct M(grid_tile) {
    int taps, points;
    ptrdiff_t at[TAD__GRID_TILE_TAPS][TAD__GRID_TILE];
    T weight[TAD__GRID_TILE_TAPS][TAD__GRID_TILE];
};

/* Point q of a tile, of two axes with two taps each; 0: some are not there. */
TAD__EMBEDDED int M(grid_put_four)(const struct M(grid) *s, int64_t i, int64_t p, int q,
                                   struct M(grid_tile) *to) {
    const ptrdiff_t *u = s->place_step[0], *v = s->place_step[1], *k = s->w_step[0],
                    *m = s->w_step[1];
    const int64_t *a = s->place[0] + i * u[0] + p * u[1], *b = s->place[1] + i * v[0] + p * v[1];
    const T *of_a = s->w[0] ? s->w[0] + i * k[0] + p * k[1] : 0,
            *of_b = s->w[1] ? s->w[1] + i * m[0] + p * m[1] : 0;
    const int64_t a0 = a[0], a1 = a[u[2]], b0 = b[0], b1 = b[v[2]];
    const uint64_t rows = (uint64_t)s->size[0], columns = (uint64_t)s->size[1];
    const T w0 = of_a ? of_a[0] : 1, w1 = of_a ? of_a[k[2]] : 1, z0 = of_b ? of_b[0] : 1,
            z1 = of_b ? of_b[m[2]] : 1;
    const ptrdiff_t row = s->x_step[2], column = s->x_step[3];
    if ((uint64_t)a0 >= rows || (uint64_t)a1 >= rows || (uint64_t)b0 >= columns ||
        (uint64_t)b1 >= columns)
        return 0;
    to->at[0][q] = a0 * row + b0 * column;
    to->at[1][q] = a0 * row + b1 * column;
    to->at[2][q] = a1 * row + b0 * column;
    to->at[3][q] = a1 * row + b1 * column;
    to->weight[0][q] = w0 * z0;
    to->weight[1][q] = w0 * z1;
    to->weight[2][q] = w1 * z0;
    to->weight[3][q] = w1 * z1;
    return 1;
}

/* Point q of a tile, of any axes. */
static inline int M(grid_put)(const struct M(grid) *s, int64_t i, int64_t p, int q,
                              struct M(grid_tile) *to) {
    struct M(grid_tap) tap[TAD__GRID_MOST_TAPS];
    if (M(grid_taps)(s, 0, i, p, tap) != to->taps) return 0;
    for (int k = 0; k < to->taps; k++) {
        to->at[k][q] = tap[k].at;
        to->weight[k][q] = tap[k].weight;
    }
    return 1;
}

/* A tile that begins with point p; how many points it has. 0: it is one for grid_taps. */
static inline int M(grid_fill)(const struct M(grid) *s, int64_t i, int64_t p, int64_t end,
                               struct M(grid_tile) *to) {
    const int64_t taps = s->taps[0] * s->taps[1] * s->taps[2];
    const int is_four = s->taps[0] == 2 && s->taps[1] == 2 && taps == 4,
              most = end - p < TAD__GRID_TILE ? (int)(end - p) : TAD__GRID_TILE;
    to->taps = (int)taps;
    to->points = 0;
    if (taps > TAD__GRID_TILE_TAPS) return 0;
    while (to->points < most && (is_four ? M(grid_put_four)(s, i, p + to->points, to->points, to)
                                         : M(grid_put)(s, i, p + to->points, to->points, to)))
        to->points++;
    return to->points;
}

/* Sums over taps of a channel x, n of them; y: `apart`. */
TAD__EMBEDDED void M(grid_read)(const struct M(grid_tile) *t, int n, const T *x, ptrdiff_t apart,
                                T *y) {
    for (int q = 0; q < t->points && n == 4; q++)
        y[q * apart] = 0 + t->weight[0][q] * x[t->at[0][q]] + t->weight[1][q] * x[t->at[1][q]] +
                       t->weight[2][q] * x[t->at[2][q]] + t->weight[3][q] * x[t->at[3][q]];
    for (int q = 0; q < t->points && n != 4; q++) {
        T sum = 0;
        for (int k = 0; k < n; k++) sum += t->weight[k][q] * x[t->at[k][q]];
        y[q * apart] = sum;
    }
}

/* What points g add to the taps in y. */
TAD__EMBEDDED void M(grid_add)(const struct M(grid_tile) *t, int n, const T *g, ptrdiff_t apart,
                               T *y) {
    for (int q = 0; q < t->points && n == 4; q++) {
        const T by = g[q * apart];
        y[t->at[0][q]] += t->weight[0][q] * by;
        y[t->at[1][q]] += t->weight[1][q] * by;
        y[t->at[2][q]] += t->weight[2][q] * by;
        y[t->at[3][q]] += t->weight[3][q] * by;
    }
    for (int q = 0; q < t->points && n != 4; q++)
        for (int k = 0; k < n; k++) y[t->at[k][q]] += t->weight[k][q] * g[q * apart];
}

/* Products of points g and taps of x, added to the sum of each. */
TAD__EMBEDDED void M(grid_dot)(const struct M(grid_tile) *t, int n, const T *g, ptrdiff_t apart,
                               const T *x, T (*sum)[TAD__GRID_TILE]) {
    for (int q = 0; q < t->points && n == 4; q++) {
        const T by = g[q * apart];
        sum[0][q] += by * x[t->at[0][q]];
        sum[1][q] += by * x[t->at[1][q]];
        sum[2][q] += by * x[t->at[2][q]];
        sum[3][q] += by * x[t->at[3][q]];
    }
    for (int k = 0; k < n && n != 4; k++)
        for (int q = 0; q < t->points; q++) sum[k][q] += g[q * apart] * x[t->at[k][q]];
}

/* ---- the results ----
 *
 * Each of these works on points first .. end - 1 of image i, the last one on channels; 0: a place
 * is beyond the image. y has the steps of the factor in whose place it stands. By g: */
static inline int M(grid_sample)(const struct M(grid) *s, int64_t i, int64_t first, int64_t end,
                                 T *y) {
    struct M(grid_tap) tap[TAD__GRID_MOST_TAPS];
    struct M(grid_tile) tile;
    for (int64_t p = first; p < end;) {
        const T *x = s->x + i * s->x_step[0];
        T *to = y + i * s->g_step[0] + p * s->g_step[2];
        const int points = M(grid_fill)(s, i, p, end, &tile),
                  n = points ? 0 : M(grid_taps)(s, 0, i, p, tap);
        if (n < 0) return 0;
        for (int64_t c = 0; c < s->channels; c++, x += s->x_step[1], to += s->g_step[1]) {
            T sum = 0;
            for (int k = 0; k < n; k++) sum += tap[k].weight * x[tap[k].at];
            if (!points)
                *to = sum;
            else if (tile.taps == 4)
                M(grid_read)(&tile, 4, x, s->g_step[2], to);
            else
                M(grid_read)(&tile, tile.taps, x, s->g_step[2], to);
        }
        p += points ? points : 1;
    }
    return 1;
}

/* By the weights of an axis: of all points of a tile. */
static inline void M(grid_weigh_tile)(const struct M(grid) *s, int axis,
                                      const struct M(grid_tile) *t, const T *g, const T *x, T *y) {
    const ptrdiff_t *apart = s->w_step[axis];
    const int64_t behind = axis == 0 ? s->taps[1] * s->taps[2] : axis == 1 ? s->taps[2] : 1;
    T sum[TAD__GRID_TILE_TAPS][TAD__GRID_TILE], of[TAD__GRID_CUBIC][TAD__GRID_TILE];
    for (int k = 0; k < t->taps; k++)
        for (int q = 0; q < t->points; q++) sum[k][q] = 0;
    for (int64_t c = 0; c < s->channels; c++, g += s->g_step[1], x += s->x_step[1])
        M(grid_dot)(t, t->taps, g, s->g_step[2], x, sum);
    for (int64_t k = 0; k < s->taps[axis]; k++)
        for (int q = 0; q < t->points; q++) of[k][q] = 0;
    for (int k = 0; k < t->taps; k++) {
        T *const to = of[k / behind % s->taps[axis]];
        for (int q = 0; q < t->points; q++) to[q] += t->weight[k][q] * sum[k][q];
    }
    for (int64_t k = 0; k < s->taps[axis]; k++)
        for (int q = 0; q < t->points; q++) y[q * apart[1] + k * apart[2]] = of[k][q];
}

static inline int M(grid_weigh)(const struct M(grid) *s, int axis, int64_t i, int64_t first,
                                int64_t end, T *y) {
    struct M(grid_tap) tap[TAD__GRID_MOST_TAPS];
    struct M(grid_tile) tile;
    const ptrdiff_t *apart = s->w_step[axis];
    for (int64_t p = first, points; p < end; p += points ? points : 1) {
        const T *x = s->x + i * s->x_step[0], *g = s->g + i * s->g_step[0] + p * s->g_step[2];
        T *to = y + i * apart[0] + p * apart[1];
        points = M(grid_fill)(s, i, p, end, &tile);
        if (points) {
            M(grid_weigh_tile)(s, axis, &tile, g, x, to);
            continue;
        }
        const int n = M(grid_taps)(s, axis, i, p, tap);
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
    struct M(grid_tile) tile;
    for (int64_t p = 0; p < s->points;) {
        const T *g = s->g + i * s->g_step[0] + p * s->g_step[2] + first * s->g_step[1];
        T *to = y + i * s->x_step[0] + first * s->x_step[1];
        const int points = M(grid_fill)(s, i, p, s->points, &tile),
                  n = points ? 0 : M(grid_taps)(s, 0, i, p, tap);
        if (n < 0) return 0;
        for (int64_t c = first; c < end; c++, g += s->g_step[1], to += s->x_step[1]) {
            for (int k = 0; k < n; k++) to[tap[k].at] += tap[k].weight * *g;
            if (points && tile.taps == 4)
                M(grid_add)(&tile, 4, g, s->g_step[2], to);
            else if (points)
                M(grid_add)(&tile, tile.taps, g, s->g_step[2], to);
        }
        p += points ? points : 1;
    }
    return 1;
}
/* clang-format on */
