/* Tiles and packing of a matrix product; part of gemm_body.h.
 *
 *   tile  a few rows x a few vectors of C, kept in registers over one run of k; whole ones can
 *         pack A and B in passing and ask memory for what comes next
 *   pack  a panel of A or a sliver of B copied so that a tile reads it in order */

/* N(name) is taken for a macro call. */
/* clang-format off */

/* ---- tile ---------------------------------------------------------------------------------- */

struct N(tile) {
    size_t depth;
    const T *a; ptrdiff_t a_row, a_col;
    const T *b; ptrdiff_t b_row;
    T *copy_a, *copy_b; /* where a copying tile leaves them, packed */
    T *c; ptrdiff_t c_row;
    const T *start; ptrdiff_t start_row;
    mask last; /* lanes of the last vector in use */
    int full;  /* all of them are */
    int readable; /* B has as many elements as full vectors do */
    uintptr_t next_a; /* a line of what a tile that copies A asks for, column by column */
    struct errand next_b;
};

/* One vector of C: the sum, on top of start where there is one. */
static inline void N(finish)(T *c, const T *start, vec sum, int whole, mask last) {
    if (start) sum += whole ? N(load)(start) : load_part(start, last);
    if (whole)
        N(store)(c, sum);
    else
        store_part(c, last, sum);
}

/* A row of B, and how else it is needed. */
static inline __attribute__((always_inline)) void N(take_row)(struct N(tile) *t, vec *y,
                                                              struct form f) {
#pragma GCC unroll 3
    for (int j = 0; j < f.vecs; j++) {
        const T *b = t->b + (size_t)j * LANES;
        y[j] = f.full || j < f.vecs - 1 ? N(load)(b) : load_part(b, t->last);
        if (f.b == COPYING) N(store)(t->copy_b + (size_t)j * LANES, y[j]);
        uintptr_t ahead = (uintptr_t)b + (uintptr_t)(AHEAD * t->b_row) * sizeof *b;
        if (f.b == LYING) __builtin_prefetch((const void *)ahead); /* hardware does not guess it */
    }
    if (f.b == COPYING) t->copy_b += (size_t)f.vecs * LANES;
    t->b += t->b_row;
}

/* One column of A times one row of B. f is constant at each call: the sums become registers. */
static inline __attribute__((always_inline)) void N(step)(struct N(tile) *t,
                                                          vec sum[TILE_ROWS][TILE_VECS],
                                                          struct form f) {
    vec y[TILE_VECS];
    N(take_row)(t, y, f);
    if (f.a == COPYING) {
        memcpy(t->copy_a, t->a, (size_t)f.rows * sizeof *t->a);
        t->copy_a += f.rows;
    }
#pragma GCC unroll 8
    for (int i = 0; i < f.rows; i++) {
        vec x = t->a[i * t->a_row] - (vec){0};
#pragma GCC unroll 3
        for (int j = 0; j < f.vecs; j++) sum[i][j] = fma(x, y[j], sum[i][j]);
    }
    t->a += t->a_col;
}

/* Panels of A that share a line, where columns are contiguous. */
#define SHARE (LINE / (TILE_ROWS * sizeof(T)))

/* PACE steps, and what memory is asked for meanwhile. */
static inline __attribute__((always_inline)) void N(stride)(struct N(tile) *t, struct errand *c,
                                                            vec sum[TILE_ROWS][TILE_VECS],
                                                            struct form f) {
    run_errand(c, 1);
    run_errand(&t->next_b, 0);
    for (size_t q = 0; f.a == COPYING && q < PACE / SHARE; q++) {
        __builtin_prefetch((const void *)t->next_a);
        t->next_a += (uintptr_t)t->a_col * sizeof *t->a;
    }
#pragma GCC unroll STEPS_AT_ONCE
    for (int q = 0; q < PACE; q++) N(step)(t, sum, f);
}

static inline __attribute__((always_inline)) void N(sum_tile)(const struct N(tile) *tile,
                                                              struct form f) {
    vec sum[TILE_ROWS][TILE_VECS];
    struct N(tile) t = *tile;
    struct errand c = {(uintptr_t)t.c, t.c_row * (ptrdiff_t)sizeof(T), (size_t)f.rows, 1, 0};
#pragma GCC unroll 8
    for (int i = 0; i < f.rows; i++)
#pragma GCC unroll 3
        for (int j = 0; j < f.vecs; j++) sum[i][j] = (vec){0};
    size_t p = t.depth;
    for (; f.b != LYING && p >= PACE; p -= PACE) N(stride)(&t, &c, sum, f);
    for (; p; p--) N(step)(&t, sum, f);
#pragma GCC unroll 8
    for (int i = 0; i < f.rows; i++)
#pragma GCC unroll 3
        for (int j = 0; j < f.vecs; j++) {
            size_t column = (size_t)j * LANES;
            const T *start = t.start ? t.start + i * t.start_row + column : NULL;
            int whole = t.full || j < f.vecs - 1;
            N(finish)(t.c + i * t.c_row + column, start, sum[i][j], whole, t.last);
        }
}

/* Levels with cheap masks use the masked form throughout and save half of the code. */
#define TILE(rows, vecs)                                                                           \
    static void N(tile_##rows##x##vecs)(const struct N(tile) * t) {                                \
        if (!TAD_CHEAP_MASKS && t->readable)                                                       \
            N(sum_tile)(t, (struct form){rows, vecs, 1, LYING, LYING});                            \
        else                                                                                       \
            N(sum_tile)(t, (struct form){rows, vecs, 0, LYING, LYING});                            \
    }
EACH_TILE(TILE)

#define TILE_ENTRY(rows, vecs) [vecs - 1][rows - 1] = N(tile_##rows##x##vecs),
static void (*const N(tiles)[TILE_VECS][TILE_ROWS])(const struct N(tile) *) = {
    EACH_TILE(TILE_ENTRY)
};
#undef TILE
#undef TILE_ENTRY

/* The whole tile on a packed B, or one that it packs in passing: stores hide behind arithmetic.
 * Strides of what is packed are constants. */
#define WHOLE(way_a, way_b)                                                                        \
    static void N(whole_##way_a##_##way_b)(const struct N(tile) * t) {                             \
        struct N(tile) known = *t;                                                                 \
        if (way_a != LYING) known.a_row = 1;                                                       \
        if (way_a == PACKED) known.a_col = TILE_ROWS;                                              \
        if (way_b == PACKED) known.b_row = TILE_VECS * LANES;                                      \
        N(sum_tile)(&known, (struct form){TILE_ROWS, TILE_VECS, 1, way_a, way_b});                 \
    }
#define EACH_WHOLE(F, way_b) F(LYING, way_b) F(COPYING, way_b) F(PACKED, way_b)
EACH_WHOLE(WHOLE, COPYING)
EACH_WHOLE(WHOLE, PACKED)

#define WHOLE_ENTRY(way_a, way_b) [way_b][way_a] = N(whole_##way_a##_##way_b),
static void (*const N(whole)[PACKED + 1][PACKED + 1])(const struct N(tile) *) = {
    EACH_WHOLE(WHOLE_ENTRY, COPYING) EACH_WHOLE(WHOLE_ENTRY, PACKED)
};
#undef WHOLE
#undef WHOLE_ENTRY
#undef EACH_WHOLE

/* ---- pack ---------------------------------------------------------------------------------- */

/* Transposes so many vectors, a power of 2: each round interleaves the upper with the lower half.
 * Column q of what they were is lanes [q lines, (q + 1) lines) of all of them in a row. */
static inline __attribute__((always_inline)) void N(transpose)(vec v[LANES], size_t lines) {
    for (size_t round = 1; round < lines; round *= 2) {
        vec w[LANES];
#pragma GCC unroll 8
        for (size_t i = 0; i < lines / 2; i++) {
            w[2 * i] = __builtin_shufflevector(v[i], v[i + lines / 2], N(LOWER));
            w[2 * i + 1] = __builtin_shufflevector(v[i], v[i + lines / 2], N(UPPER));
        }
#pragma GCC unroll 16
        for (size_t i = 0; i < lines; i++) v[i] = w[i];
    }
}

/* Up to LANES lines, each contiguous in memory and `step` apart, become columns of dst. */
static void N(pack_across)(T *dst, size_t row, const T *src, ptrdiff_t step, size_t lines,
                           size_t used, size_t depth) {
    for (size_t p = 0; p < depth; p += LANES) {
        size_t length = least_of(depth - p, LANES);
        vec v[LANES];
#pragma GCC unroll 16
        for (size_t i = 0; i < LANES; i++)
            v[i] = i < used ? N(load_first)(src + (ptrdiff_t)i * step + p, length) : (vec){0};
        N(transpose)(v, LANES);
        for (size_t q = 0; q < length; q++) N(store_first)(dst + (p + q) * row, lines, v[q]);
    }
}

/* Whether a whole panel of A is a power of 2 of lines, that vectors of them fill. */
enum { N(even) = TILE_ROWS <= LANES && LANES % TILE_ROWS == 0 };

/* The same for a whole panel of A, without gaps. */
static void N(pack_even)(T *dst, const T *src, ptrdiff_t step, size_t depth) {
    enum { LINES = N(even) ? TILE_ROWS : 1 };
    for (size_t p = 0; p < depth; p += LANES) {
        size_t length = least_of(depth - p, LANES), left = length * LINES;
        vec v[LANES];
#pragma GCC unroll 8
        for (size_t i = 0; i < LINES; i++)
            v[i] = N(load_first)(src + (ptrdiff_t)i * step + p, length);
        N(transpose)(v, LINES);
#pragma GCC unroll 8
        for (size_t i = 0; i < LINES; i++, dst += LANES)
            if (left >= (i + 1) * LANES) N(store)(dst, v[i]);
            else if (left > i * LANES) N(store_first)(dst, left - i * LANES, v[i]);
    }
}

static void N(pack_odd)(T *dst, size_t row, const T *src, ptrdiff_t deep, size_t width,
                        size_t depth) {
    for (size_t p = 0; p < depth; p++, dst += row, src += deep)
        for (size_t i = 0; i < row; i += LANES) {
            vec v = i < width ? N(load_first)(src + i, least_of(width - i, LANES)) : (vec){0};
            N(store_first)(dst + i, least_of(row - i, LANES), v);
        }
}

/* Rows of `width` contiguous elements, `deep` apart, become rows of dst. */
static void N(pack_along)(T *dst, size_t row, const T *src, ptrdiff_t deep, size_t width,
                          size_t depth) {
    enum { SLIVER = TILE_VECS * LANES };
    if (row == TILE_ROWS && width == TILE_ROWS)
        for (; depth--; dst += TILE_ROWS, src += deep) memcpy(dst, src, TILE_ROWS * sizeof *dst);
    else if (row == SLIVER && width == SLIVER)
        for (; depth--; dst += SLIVER, src += deep) memcpy(dst, src, SLIVER * sizeof *dst);
    else
        N(pack_odd)(dst, row, src, deep, width, depth);
}

/* dst[p row + i] = src[i step + p deep] for i < width, 0 for width <= i < row; p < depth. */
static void N(pack)(T *dst, size_t row, const T *src, ptrdiff_t step, ptrdiff_t deep,
                    size_t width, size_t depth) {
    if (step == 1) {
        N(pack_along)(dst, row, src, deep, width, depth);
    } else if (deep == 1 && N(even) && row == TILE_ROWS && width == row) {
        N(pack_even)(dst, src, step, depth);
    } else if (deep == 1) {
        for (size_t i = 0; i < row; i += LANES)
            N(pack_across)(dst + i, row, src + (ptrdiff_t)i * step, step, least_of(row - i, LANES),
                           i < width ? least_of(width - i, LANES) : 0, depth);
    } else {
        for (size_t p = 0; p < depth; p++)
            for (size_t i = 0; i < row; i++)
                dst[p * row + i] =
                    i < width ? src[(ptrdiff_t)i * step + (ptrdiff_t)p * deep] : (T)0;
    }
}

/* clang-format on */
