/* Transforms for one element type; see fft.h and instantiate.h. */

static inline void M(fft_root)(ptrdiff_t k, ptrdiff_t n, T *root) {
    double cosine, sine;
    tad__fft_turn(k, n, &cosine, &sine);
    root[2 * k] = (T)cosine;
    root[2 * k + 1] = (T)sine;
}

/* As fft_root, of numbers first to end - 1 in this eighth of the half circle, of 0 to 3; a loop for
 * vectors. */
static inline void M(fft_roots_within)(int part, ptrdiff_t first, ptrdiff_t end, ptrdiff_t n,
                                       T *root) {
    const double eighth = 0.78539816339744830962, whole = (double)n;
    const double from = part & 1 ? (double)((part + 1) * n - 8 * first)
                                 : (double)(8 * first - part * n),
                 each = part & 1 ? -8 : 8;
    const int count = (int)(end - first), is_turned = part == 1 || part == 2;
    const T factor = part < 2 ? 1 : -1;
    T *const to = root + 2 * first;
    for (int k = 0; k < count; k++) {
        const double angle = eighth * (from + each * (double)k) / whole;
        const T c = (T)tad__cos_core_f64(angle), s = (T)tad__sin_core_f64(angle);
        to[2 * k] = factor * (is_turned ? s : c);
        to[2 * k + 1] = is_turned ? -c : -s;
    }
}

/* The same of those of the eighth that are below `end`. */
static inline void M(fft_roots_of)(int part, ptrdiff_t end, ptrdiff_t n, T *root) {
    const ptrdiff_t first = (part * n + 7) / 8, last = ((part + 1) * n + 7) / 8;
    if (last < end) end = last;
    for (ptrdiff_t k = first; k < end; k += 1024)
        M(fft_roots_within)(part, k, end - k < 1024 ? end : k + 1024, n, root);
}

/* The n-th roots of 1: e^(-2 pi i k / n). Where n has a factor 4 an eighth of them is computed,
 * else half. */
static inline void M(fft_roots)(ptrdiff_t n, T *root) {
    const ptrdiff_t quarter = n % 4 ? 0 : n / 4, half = (n + 1) / 2;
    for (int part = 0; part < (quarter ? 1 : 4); part++) M(fft_roots_of)(part, half, n, root);
    if (!quarter && n % 2 == 0) M(fft_root)(half, n, root);
    for (ptrdiff_t k = n / 2 + 1; !quarter && k < n; k++) {
        root[2 * k] = root[2 * (n - k)];
        root[2 * k + 1] = -root[2 * (n - k) + 1];
    }
    if (quarter && n % 8 == 0) M(fft_root)(n / 8, n, root);
    for (ptrdiff_t k = n / 8 + 1; k < quarter; k++) {
        root[2 * k] = -root[2 * (quarter - k) + 1];
        root[2 * k + 1] = -root[2 * (quarter - k)];
    }
    for (ptrdiff_t k = quarter; quarter && k < n; k++) {
        root[2 * k] = root[2 * (k - quarter) + 1];
        root[2 * k + 1] = -root[2 * (k - quarter)];
    }
}

/* e^(-pi i k^2 / n). */
static inline void M(fft_chirp)(ptrdiff_t n, T *chirp) {
    for (ptrdiff_t k = 0, square = 0; k < n; k++) {
        double cosine, sine;
        tad__fft_turn(square, 2 * n, &cosine, &sine);
        chirp[2 * k] = (T)cosine;
        chirp[2 * k + 1] = (T)sine;
        square = (square + 2 * k + 1) % (2 * n);
    }
}

/* ---- one factor ---- */

/* Products of complex numbers add a product with -d instead of taking one with d: of a difference
 * beside a sum gcc makes one instruction that rounds once, whatever it is told of contraction. */

/* y[s (r p + j) + q] = w^(p j) sum over k of x[s (p + m k) + q] e^(-2 pi i j k / r), where n = r m
 * s numbers are s columns q of m groups p, and w^(p j) is root number p j s. */

static inline void M(fft_two)(ptrdiff_t m, ptrdiff_t s, const T *root, const T *restrict x,
                              T *restrict y) {
    for (ptrdiff_t p = 0; p < m; p++) {
        const T c = root[2 * p * s], d = root[2 * p * s + 1], minus = -d;
        const T *a = x + 2 * s * p, *b = a + 2 * s * m;
        T *u = y + 4 * s * p, *v = u + 2 * s;
        for (ptrdiff_t q = 0; q < 2 * s; q += 2) {
            const T re = a[q] - b[q], im = a[q + 1] - b[q + 1];
            u[q] = a[q] + b[q];
            u[q + 1] = a[q + 1] + b[q + 1];
            v[q] = re * c + im * minus;
            v[q + 1] = re * d + im * c;
        }
    }
}

static inline void M(fft_four)(ptrdiff_t m, ptrdiff_t s, const T *root, const T *restrict x,
                               T *restrict y) {
    for (ptrdiff_t p = 0; p < m; p++) {
        const T *w1 = root + 2 * p * s, *w2 = root + 4 * p * s, *w3 = root + 6 * p * s;
        const T c1 = w1[0], d1 = w1[1], c2 = w2[0], d2 = w2[1], c3 = w3[0], d3 = w3[1];
        const T minus1 = -d1, minus2 = -d2, minus3 = -d3;
        const T *x0 = x + 2 * s * p, *x1 = x0 + 2 * s * m, *x2 = x1 + 2 * s * m,
                *x3 = x2 + 2 * s * m;
        T *y0 = y + 8 * s * p, *y1 = y0 + 2 * s, *y2 = y1 + 2 * s, *y3 = y2 + 2 * s;
        for (ptrdiff_t q = 0; q < 2 * s; q += 2) {
            const T ar = x0[q] + x2[q], ai = x0[q + 1] + x2[q + 1];
            const T br = x0[q] - x2[q], bi = x0[q + 1] - x2[q + 1];
            const T cr = x1[q] + x3[q], ci = x1[q + 1] + x3[q + 1];
            const T dr = x1[q] - x3[q], di = x1[q + 1] - x3[q + 1];
            const T er = br + di, ei = bi - dr, fr = ar - cr, fi = ai - ci;
            const T gr = br - di, gi = bi + dr;
            y0[q] = ar + cr;
            y0[q + 1] = ai + ci;
            y1[q] = er * c1 + ei * minus1;
            y1[q + 1] = er * d1 + ei * c1;
            y2[q] = fr * c2 + fi * minus2;
            y2[q + 1] = fr * d2 + fi * c2;
            y3[q] = gr * c3 + gi * minus3;
            y3[q + 1] = gr * d3 + gi * c3;
        }
    }
}

static inline void M(fft_three)(ptrdiff_t m, ptrdiff_t s, const T *root, const T *restrict x,
                                T *restrict y) {
    const T h = (T)0.86602540378443864676, minus_h = -h, half = (T)-0.5; /* sin 60 degrees */
    for (ptrdiff_t p = 0; p < m; p++) {
        const T *w1 = root + 2 * p * s, *w2 = root + 4 * p * s;
        const T c1 = w1[0], d1 = w1[1], minus1 = -d1, c2 = w2[0], d2 = w2[1], minus2 = -d2;
        const T *x0 = x + 2 * s * p, *x1 = x0 + 2 * s * m, *x2 = x1 + 2 * s * m;
        T *y0 = y + 6 * s * p, *y1 = y0 + 2 * s, *y2 = y1 + 2 * s;
        for (ptrdiff_t q = 0; q < 2 * s; q += 2) {
            const T ar = x1[q] + x2[q], ai = x1[q + 1] + x2[q + 1];
            const T br = x1[q] - x2[q], bi = x1[q + 1] - x2[q + 1];
            const T cr = x0[q] + half * ar, ci = x0[q + 1] + half * ai;
            const T er = cr + h * bi, ei = ci + minus_h * br;
            const T fr = cr + minus_h * bi, fi = ci + h * br;
            y0[q] = x0[q] + ar;
            y0[q + 1] = x0[q + 1] + ai;
            y1[q] = er * c1 + ei * minus1;
            y1[q + 1] = er * d1 + ei * c1;
            y2[q] = fr * c2 + fi * minus2;
            y2[q + 1] = fr * d2 + fi * c2;
        }
    }
}

/* What results of a factor 5 are made of: the first number, sums and differences of the others. */
struct M(fft_fifths) {
    T re, im, sum_re[2], sum_im[2], difference_re[2], difference_im[2];
};

/* Result j of them, by the cosines and sines of j and 2 j fifths of a circle. */
TAD__EMBEDDED void M(fft_fifth)(const struct M(fft_fifths) * f, T c1, T c2, T s1, T s2, T c, T d,
                                T *to) {
    const T minus1 = -s1, minus2 = -s2, minus = -d;
    const T re = (f->re + c1 * f->sum_re[0] + c2 * f->sum_re[1]) +
                 (s1 * f->difference_im[0] + s2 * f->difference_im[1]);
    const T im = (f->im + c1 * f->sum_im[0] + c2 * f->sum_im[1]) +
                 (minus1 * f->difference_re[0] + minus2 * f->difference_re[1]);
    to[0] = re * c + im * minus;
    to[1] = re * d + im * c;
}

static inline void M(fft_five)(ptrdiff_t m, ptrdiff_t s, const T *root, const T *restrict x,
                               T *restrict y) {
    const T c1 = (T)0.30901699437494742410, c2 = (T)-0.80901699437494742410,
            s1 = (T)0.95105651629515357212, s2 = (T)0.58778525229247312917;
    for (ptrdiff_t p = 0; p < m; p++) {
        const ptrdiff_t apart = 2 * s * m, w = 2 * p * s;
        const T *from = x + 2 * s * p;
        T *to = y + 10 * s * p;
        for (ptrdiff_t q = 0; q < 2 * s; q += 2) {
            const T *a = from + q, *b = a + apart, *c = b + apart, *d = c + apart, *e = d + apart;
            const struct M(fft_fifths) f = {a[0],
                                            a[1],
                                            {b[0] + e[0], c[0] + d[0]},
                                            {b[1] + e[1], c[1] + d[1]},
                                            {b[0] - e[0], c[0] - d[0]},
                                            {b[1] - e[1], c[1] - d[1]}};
            to[q] = f.re + f.sum_re[0] + f.sum_re[1];
            to[q + 1] = f.im + f.sum_im[0] + f.sum_im[1];
            M(fft_fifth)(&f, c1, c2, s1, s2, root[w], root[w + 1], to + 2 * s + q);
            M(fft_fifth)(&f, c2, c1, s2, -s1, root[2 * w], root[2 * w + 1], to + 4 * s + q);
            M(fft_fifth)(&f, c2, c1, -s2, s1, root[3 * w], root[3 * w + 1], to + 6 * s + q);
            M(fft_fifth)(&f, c1, c2, -s1, -s2, root[4 * w], root[4 * w + 1], to + 8 * s + q);
        }
    }
}

/* ---- odd factors: tiles of numbers that lie side by side, of w elements ----
 *
 * Numbers k and r - k have the same part in results j and r - j: their sum times a cosine, and
 * their difference times a sine, which is added turned by a quarter of the circle. So tiles are
 * summed as they lie, real and imaginary parts alike. */

/* What a tile has of each of r numbers: the first, all added up, sums and differences of k and
 * r - k. */
struct M(fft_tile) {
    T first[TAD__FFT_TILE / sizeof(T)], all[TAD__FFT_TILE / sizeof(T)],
        sum[TAD__LARGEST_FACTOR / 2][TAD__FFT_TILE / sizeof(T)],
        difference[TAD__LARGEST_FACTOR / 2][TAD__FFT_TILE / sizeof(T)];
};

/* From x on, the r numbers `apart` from each other. */
TAD__EMBEDDED void M(fft_gather)(ptrdiff_t r, ptrdiff_t apart, ptrdiff_t size, const T *x,
                                 struct M(fft_tile) * to) {
    for (ptrdiff_t i = 0; i < size; i++) to->all[i] = to->first[i] = x[i];
    for (ptrdiff_t k = 1; 2 * k < r; k++) {
        const T *a = x + k * apart, *b = x + (r - k) * apart;
        T *sum = to->sum[k - 1], *difference = to->difference[k - 1];
        for (ptrdiff_t i = 0; i < size; i++) {
            const T u = a[i], v = b[i];
            sum[i] = u + v;
            difference[i] = u - v;
            to->all[i] += u + v;
        }
    }
}

/* Results j and r - j: u and v. turn: between roots of the factor r. */
TAD__EMBEDDED void M(fft_pair)(ptrdiff_t w, ptrdiff_t r, ptrdiff_t j, const T *root, ptrdiff_t turn,
                               const struct M(fft_tile) * tile, T *u, T *v) {
    T along[TAD__FFT_TILE / sizeof(T)], across[TAD__FFT_TILE / sizeof(T)];
    for (ptrdiff_t i = 0; i < w; i++) along[i] = tile->first[i];
    for (ptrdiff_t i = 0; i < w; i++) across[i] = 0;
    for (ptrdiff_t k = 1, at = j; 2 * k < r; k++) {
        const T c = root[2 * at * turn], d = root[2 * at * turn + 1];
        const T *sum = tile->sum[k - 1], *difference = tile->difference[k - 1];
        for (ptrdiff_t i = 0; i < w; i++) along[i] += sum[i] * c;
        for (ptrdiff_t i = 0; i < w; i++) across[i] += difference[i] * d;
        at = at + j < r ? at + j : at + j - r;
    }
    for (ptrdiff_t i = 0; i < w; i += 2) {
        u[i] = along[i] - across[i + 1];
        u[i + 1] = along[i + 1] + across[i];
        v[i] = along[i] + across[i + 1];
        v[i + 1] = along[i + 1] - across[i];
    }
}

/* Result j of a tile that begins with number q of group p, times w^(p j), to its place in y. */
TAD__EMBEDDED void M(fft_scatter)(ptrdiff_t r, ptrdiff_t s, ptrdiff_t p, ptrdiff_t q, ptrdiff_t j,
                                  const T *root, ptrdiff_t size, const T *tile, T *restrict y) {
    for (ptrdiff_t i = 0, end; i < size; i = end, p++, q = 0) {
        const T c = root[2 * p * j * s], d = root[2 * p * j * s + 1], minus = -d;
        T *const to = y + 2 * (s * (r * p + j) + q) - i;
        end = size - i < 2 * (s - q) ? size : i + 2 * (s - q);
        if (p == 0) {
            for (ptrdiff_t k = i; k < end; k++) to[k] = tile[k];
            continue;
        }
        for (ptrdiff_t k = i; k < end; k += 2) {
            const T re = tile[k], im = tile[k + 1];
            to[k] = re * c + im * minus;
            to[k + 1] = re * d + im * c;
        }
    }
}

/* As fft_two; w: a single number has a short tile. */
TAD__EMBEDDED void M(fft_tiles)(ptrdiff_t w, ptrdiff_t r, ptrdiff_t m, ptrdiff_t s, const T *root,
                                const T *restrict x, T *restrict y) {
    struct M(fft_tile) tile;
    T u[TAD__FFT_TILE / sizeof(T)], v[TAD__FFT_TILE / sizeof(T)];
    for (ptrdiff_t at = 0; at < 2 * m * s; at += w) {
        const ptrdiff_t rest = 2 * m * s - at, p = at / 2 / s, q = at / 2 % s;
        const ptrdiff_t size = rest < w ? rest : w;
        if (size < w) {
            tile = (struct M(fft_tile)){.first = {0}};
            M(fft_gather)(r, 2 * m * s, size, x + at, &tile);
        } else {
            M(fft_gather)(r, 2 * m * s, w, x + at, &tile);
        }
        M(fft_scatter)(r, s, p, q, 0, root, size, tile.all, y);
        for (ptrdiff_t j = 1; 2 * j < r; j++) {
            M(fft_pair)(w, r, j, root, m * s, &tile, u, v);
            M(fft_scatter)(r, s, p, q, j, root, size, u, y);
            M(fft_scatter)(r, s, p, q, r - j, root, size, v, y);
        }
    }
}

static inline void M(fft_odd)(ptrdiff_t r, ptrdiff_t m, ptrdiff_t s, const T *root,
                              const T *restrict x, T *restrict y) {
    if (m * s == 1)
        M(fft_tiles)(2, r, m, s, root, x, y);
    else
        M(fft_tiles)(TAD__FFT_TILE / (ptrdiff_t)sizeof(T), r, m, s, root, x, y);
}

/* ---- a transform ---- */

/* y: the transform of x, n pairs each; x is written over. */
static inline void M(fft_factors)(ptrdiff_t n, const T *root, T *x, T *y) {
    T *from = x, *to = y;
    for (ptrdiff_t rest = n, s = 1; rest > 1;) {
        const ptrdiff_t r = tad__fft_factor(rest), m = rest / r;
        if (r == 2)
            M(fft_two)(m, s, root, from, to);
        else if (r == 3)
            M(fft_three)(m, s, root, from, to);
        else if (r == 4)
            M(fft_four)(m, s, root, from, to);
        else if (r == 5)
            M(fft_five)(m, s, root, from, to);
        else
            M(fft_odd)(r, m, s, root, from, to);
        T *swap = from;
        from = to;
        to = swap;
        rest = m;
        s *= r;
    }
    for (ptrdiff_t i = 0; from != y && i < 2 * n; i++) y[i] = from[i];
}

/* u = conj(u v), of n pairs. */
static inline void M(fft_conjugate_product)(ptrdiff_t n, T *u, const T *v) {
    for (ptrdiff_t i = 0; i < 2 * n; i += 2) {
        const T minus = -v[i + 1], re = u[i] * v[i] + u[i + 1] * minus;
        const T im = u[i] * v[i + 1] + u[i + 1] * v[i];
        u[i] = re;
        u[i + 1] = -im;
    }
}

/* The transform of the chirp's conjugate, laid around a circle of l numbers, each divided by l. */
static inline void M(fft_filter)(ptrdiff_t n, ptrdiff_t l, const T *chirp, const T *root, T *room,
                                 T *filter) {
    for (ptrdiff_t i = 0; i < 2 * l; i++) room[i] = 0;
    for (ptrdiff_t k = 0; k < n; k++) {
        const ptrdiff_t back = k ? l - k : 0;
        room[2 * k] = room[2 * back] = chirp[2 * k] / (T)l;
        room[2 * k + 1] = room[2 * back + 1] = -chirp[2 * k + 1] / (T)l;
    }
    M(fft_factors)(l, root, room, filter);
}

/* What transforms of one length share: l numbers are roots; where l is another length than n, n of
 * the chirp and l of the filter follow. */
static inline void M(fft_table)(ptrdiff_t n, T *room, T *table) {
    const ptrdiff_t l = tad__fft_length(n);
    M(fft_roots)(l, table);
    if (l == n) return;
    M(fft_chirp)(n, table + 2 * l);
    M(fft_filter)(n, l, table + 2 * l, table, room, table + 2 * (l + n));
}

/* y = scale times the transform of x; inverse: with the conjugate roots; l: tad__fft_length(n). y
 * has room for l numbers, and so has `room`; x may be y. */
static inline void M(fft)(ptrdiff_t n, ptrdiff_t l, const T *table, int inverse, T scale,
                          const T *x, T *room, T *y) {
    const T *chirp = table + 2 * l, *filter = chirp + 2 * n, of_im = inverse ? -1 : 1;
    for (ptrdiff_t i = 0; i < 2 * n; i += 2) {
        room[i] = x[i];
        room[i + 1] = of_im * x[i + 1];
    }
    if (l == n) {
        M(fft_factors)(n, table, room, y);
    } else {
        M(fft_conjugate_product)(n, room, chirp);
        for (ptrdiff_t i = 1; i < 2 * n; i += 2) room[i] = -room[i];
        for (ptrdiff_t i = 2 * n; i < 2 * l; i++) room[i] = 0;
        M(fft_factors)(l, table, room, y);
        M(fft_conjugate_product)(l, y, filter);
        M(fft_factors)(l, table, y, room); /* conjugated: the inverse, conjugated */
        for (ptrdiff_t i = 1; i < 2 * n; i += 2) room[i] = -room[i];
        M(fft_conjugate_product)(n, room, chirp);
        for (ptrdiff_t i = 0; i < 2 * n; i += 2) {
            y[i] = room[i];
            y[i + 1] = -room[i + 1];
        }
    }
    if (scale == 1 && !inverse) return;
    for (ptrdiff_t i = 0; i < 2 * n; i += 2) {
        y[i] *= scale;
        y[i + 1] *= of_im * scale;
    }
}
