/* Matrix product for one element type; see instantiate.h. LANES is how many fill a vector.
 *
 * From the inside out:
 *   tile     a few rows x a few vectors of C, kept in registers over one run of k; whole ones can
 *            pack A and B in passing and ask memory for what comes next
 *   pack     a panel of A or a sliver of B copied so that a tile reads it in order
 *   product  cache blocks over tiles, with or without packing
 *   dots, fans  one to four columns, too few for a vector: lanes run along k or along the rows
 *   run      the choice among them
 *
 * Whatever path computes it, an element is start + sum over k-blocks of (sum over the block), and
 * blocks and path follow from the whole problem alone. */

/* clang-format off: it takes N(name) for a macro call, not a name. */

#define vec N(vec)
#define mask N(mask)
#define fma N(fma)
#define mask_first N(mask_first)
#define load_part N(load_part)
#define store_part N(store_part)

/* At most so many columns count as narrow: few enough that a vector would be mostly empty. */
#define NARROW (LANES >= 16 ? 4 : LANES >= 8 ? 2 : 1)

static inline vec N(load)(const T *p) {
    vec v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void N(store)(T *p, vec v) { memcpy(p, &v, sizeof v); }

/* The first n lanes of memory, 0 < n <= LANES, and the other lanes 0. */
static inline vec N(load_first)(const T *p, size_t n) {
    return !TAD_CHEAP_MASKS && n == LANES ? N(load)(p) : load_part(p, mask_first(n));
}

static inline void N(store_first)(T *p, size_t n, vec v) {
    if (!TAD_CHEAP_MASKS && n == LANES)
        N(store)(p, v);
    else
        store_part(p, mask_first(n), v);
}

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

/* ---- product ------------------------------------------------------------------------------- */

/* What follows from the whole problem, and so is the same for all its parts. */
struct N(plan) {
    int flat;            /* few rows: the transposed product is narrow */
    size_t tail;         /* columns at the right left to dots or fans */
    struct cut depths;   /* blocks of k */
    size_t block_panels; /* row panels in one block of A */
    int pack_a, pack_b;
};

static T *N(aligned)(void *workspace) {
    return (T *)(((uintptr_t)workspace + LINE - 1) / LINE * LINE);
}

/* One block: rows of A (packed or not) against one sliver of B after the other (packed or not). */
struct N(block) {
    size_t row, rows, depth_at, depth;
    T *packed_a, *packed_b;
};

/* A sliver of the block: columns [column, column + width), and those of the sliver after it. */
struct N(sliver) {
    size_t column, width, next_width;
    int first; /* of the block: A is not packed yet */
};

static const T *N(a_at)(const tad__gemm *g, size_t row, size_t depth) {
    return (const T *)g->a + (ptrdiff_t)row * g->a_row + (ptrdiff_t)depth * g->a_col;
}

static const T *N(b_at)(const tad__gemm *g, size_t depth, size_t column) {
    return (const T *)g->b + (ptrdiff_t)depth * g->b_row + (ptrdiff_t)column * g->b_col;
}

/* Has tile number i of so many ask for its share of the sliver of B that comes next, so that
 * packing it does not wait for memory. */
static void N(ask_for_next)(const tad__gemm *g, const struct N(block) *at,
                            const struct N(sliver) *s, size_t i, size_t tiles,
                            struct errand *e) {
    const int turned = g->b_col != 1;
    const size_t rows = turned ? s->next_width : at->depth;
    const size_t bytes = (turned ? at->depth : s->next_width) * sizeof(T);
    const struct cut shares = {tiles, rows / tiles, rows % tiles};
    const size_t row = cut_at(shares, i);
    if (!s->next_width) return;
    e->at = (uintptr_t)N(b_at)(g, at->depth_at + (turned ? 0 : row),
                                s->column + s->width + (turned ? row : 0));
    e->step = (turned ? g->b_col : g->b_row) * (ptrdiff_t)sizeof(T);
    e->rows = cut_at(shares, i + 1) - row;
    e->bites = (bytes + BITE * LINE - 1) / (BITE * LINE);
}

/* Where the tile finds B, packing it first unless a tile does so in passing. */
static enum way N(bring_b)(const tad__gemm *g, const struct N(block) *at,
                           const struct N(sliver) *s, struct N(tile) *t) {
    size_t row = (s->width + LANES - 1) / LANES * LANES, last = s->width - (row - LANES);
    t->readable = t->full = last == LANES;
    t->last = mask_first(last);
    t->copy_b = at->packed_b;
    t->b = N(b_at)(g, at->depth_at, s->column);
    t->b_row = g->b_row;
    if (!at->packed_b) return LYING;
    if (g->b_col == 1 && s->width == TILE_VECS * LANES && at->rows >= TILE_ROWS) return COPYING;
    N(pack)(at->packed_b, row, t->b, g->b_col, g->b_row, s->width, at->depth);
    t->b = at->packed_b;
    t->b_row = (ptrdiff_t)row;
    t->readable = 1;
    return PACKED;
}

/* The same for the panel of A that begins at a row of the block. passing: the tile can copy. */
static enum way N(bring_a)(const tad__gemm *g, const struct N(block) *at,
                           const struct N(sliver) *s, size_t row, size_t rows, int passing,
                           struct N(tile) *t) {
    t->a = N(a_at)(g, at->row + row, at->depth_at);
    t->a_row = g->a_row;
    t->a_col = g->a_col;
    if (!at->packed_a) return LYING;
    T *packed = at->packed_a + row * at->depth;
    if (s->first && passing && g->a_row == 1 && rows == TILE_ROWS) {
        /* Panels that share a line ask for the next one in turn, a part of its columns each. */
        size_t panel = row / TILE_ROWS, turn = panel % SHARE;
        t->copy_a = packed;
        t->next_a = (uintptr_t)t->a + (SHARE - turn) * TILE_ROWS * sizeof(T) +
                    turn * at->depth / SHARE * (uintptr_t)g->a_col * sizeof(T);
        return COPYING;
    }
    if (s->first) N(pack)(packed, rows, t->a, t->a_row, t->a_col, rows, at->depth);
    t->a = packed;
    t->a_row = 1;
    t->a_col = (ptrdiff_t)rows;
    return PACKED;
}

/* One tile after the other downwards. */
static void N(run_sliver)(const tad__gemm *g, const struct N(block) *at,
                          const struct N(sliver) *s) {
    struct N(tile) t = {.depth = at->depth, .c_row = g->c_row};
    const size_t vecs = (s->width + LANES - 1) / LANES;
    const size_t panels = (at->rows + TILE_ROWS - 1) / TILE_ROWS;
    enum way way_b = N(bring_b)(g, at, s, &t);
    const int whole = way_b != LYING && s->width == TILE_VECS * LANES;
    const T *start = at->depth_at ? g->c : g->start;
    t.start_row = at->depth_at ? g->c_row : g->start_row;
    for (size_t i = 0; i < panels; i++) {
        const size_t row = i * TILE_ROWS, rows = least_of(at->rows - row, TILE_ROWS);
        const ptrdiff_t line = (ptrdiff_t)(at->row + row);
        t.c = (T *)g->c + line * g->c_row + s->column;
        t.start = start ? start + line * t.start_row + s->column : NULL;
        if (whole) N(ask_for_next)(g, at, s, i, panels, &t.next_b);
        const enum way way_a = N(bring_a)(g, at, s, row, rows, whole, &t);
        if (whole && rows == TILE_ROWS)
            N(whole)[way_b][way_a](&t);
        else
            N(tiles)[vecs - 1][rows - 1](&t);
        if (way_b != COPYING) continue;
        way_b = PACKED;
        t.b = at->packed_b;
        t.b_row = TILE_VECS * LANES;
    }
}

/* The rows and columns of C that one part computes. */
struct N(range) {
    size_t row, rows, column, columns;
};

static void N(run_block)(const tad__gemm *g, const struct N(block) *at, size_t column,
                         size_t columns) {
    struct cut slivers = cut_up((columns + LANES - 1) / LANES, TILE_VECS);
    for (size_t j = 0; j < slivers.pieces; j++) {
        size_t first = cut_at(slivers, j) * LANES;
        size_t end = least_of(cut_at(slivers, j + 1) * LANES, columns);
        size_t after = least_of(cut_at(slivers, j + 2) * LANES, columns);
        struct N(sliver) s = {column + first, end - first, 0, j == 0};
        if (j + 1 < slivers.pieces) s.next_width = after - end;
        N(run_sliver)(g, at, &s);
    }
}

static void N(product)(const tad__gemm *g, const struct N(plan) *plan,
                       const struct N(range) *range, void *workspace) {
    struct cut blocks = cut_up((range->rows + TILE_ROWS - 1) / TILE_ROWS, plan->block_panels);
    T *spare = N(aligned)(workspace);
    for (size_t p = 0; p < plan->depths.pieces; p++)
        for (size_t i = 0; i < blocks.pieces; i++) {
            size_t first = cut_at(blocks, i) * TILE_ROWS;
            struct N(block) at = {
                .row = range->row + first,
                .rows = least_of(cut_at(blocks, i + 1) * TILE_ROWS, range->rows) - first,
                .depth_at = cut_at(plan->depths, p),
                .depth = cut_at(plan->depths, p + 1) - cut_at(plan->depths, p),
                .packed_b = plan->pack_b ? spare : NULL,
            };
            size_t sliver = plan->pack_b ? TILE_VECS * LANES * at.depth : 0;
            if (plan->pack_a) at.packed_a = spare + sliver;
            N(run_block)(g, &at, range->column, range->columns);
        }
}

/* ---- dots and fans ------------------------------------------------------------------------- */

/* A product with at most NARROW columns, all strides free: the columns left over at the right of
 * C, or, transposed, the rows of a very flat C. */
struct N(narrow) {
    size_t m, n, k;
    const T *a; ptrdiff_t a_row, a_col;
    const T *b; ptrdiff_t b_row, b_col;
    T *c; ptrdiff_t c_row, c_col;
    const T *start; ptrdiff_t start_row, start_col;
};

static void N(put)(const struct N(narrow) *g, size_t i, size_t j, T sum) {
    ptrdiff_t row = (ptrdiff_t)i, column = (ptrdiff_t)j;
    if (g->start) sum += g->start[row * g->start_row + column * g->start_col];
    g->c[row * g->c_row + column * g->c_col] = sum;
}

/* Sums the lanes pairwise, in an order fixed by the level. */
static T N(total)(vec v) {
    T lane[LANES];
    memcpy(lane, &v, sizeof v);
    for (size_t half = LANES / 2; half; half /= 2)
        for (size_t i = 0; i < half; i++) lane[i] += lane[i + half];
    return lane[0];
}

/* Out of line: a whole tile of these adds up a good deal of code. */
static __attribute__((noinline)) void N(put_total)(const struct N(narrow) *g, size_t i, size_t j, vec sum) {
    N(put)(g, i, j, N(total)(sum));
}

/* Stores lanes along the rows, as a vector where rows are neighbours. */
static void N(put_lanes)(const struct N(narrow) *g, size_t row, size_t j, vec sum, size_t count) {
    if (g->c_row == 1 && (!g->start || g->start_row == 1)) {
        const T *start = g->start ? g->start + row + (ptrdiff_t)j * g->start_col : NULL;
        N(finish)(g->c + row + (ptrdiff_t)j * g->c_col, start, sum, 0, mask_first(count));
        return;
    }
    T lane[LANES];
    memcpy(lane, &sum, sizeof sum);
    for (size_t i = 0; i < count; i++) N(put)(g, row + i, j, lane[i]);
}

/* Lanes along k: rows of A against columns of B, both contiguous (a_col = b_row = 1). */
static inline __attribute__((always_inline)) void N(sum_dots)(const struct N(narrow) *g, size_t row,
                                                              int rows, int columns) {
    const T *a = g->a + (ptrdiff_t)row * g->a_row, *b = g->b;
    vec sum[4][4];
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < columns; j++) sum[i][j] = (vec){0};
    for (size_t p = 0; p < g->k; p += LANES) {
        size_t some = least_of(g->k - p, LANES);
        vec y[4];
#pragma GCC unroll 4
        for (int j = 0; j < columns; j++) y[j] = N(load_first)(b + j * g->b_col + p, some);
#pragma GCC unroll 4
        for (int i = 0; i < rows; i++) {
            vec x = N(load_first)(a + i * g->a_row + p, some);
#pragma GCC unroll 4
            for (int j = 0; j < columns; j++) sum[i][j] = fma(x, y[j], sum[i][j]);
        }
    }
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < columns; j++)
            N(put_total)(g, row + (size_t)i, (size_t)j, sum[i][j]);
}

static void N(dots)(const struct N(narrow) *g, size_t row, size_t end) {
    for (; row + 4 <= end; row += 4) switch (g->n) {
        case 1: N(sum_dots)(g, row, 4, 1); break;
        case 2: N(sum_dots)(g, row, 4, 2); break;
        case 3: N(sum_dots)(g, row, 4, 3); break;
        default: N(sum_dots)(g, row, 4, 4);
        }
    for (; row < end; row++) switch (g->n) {
        case 1: N(sum_dots)(g, row, 1, 1); break;
        case 2: N(sum_dots)(g, row, 1, 2); break;
        case 3: N(sum_dots)(g, row, 1, 3); break;
        default: N(sum_dots)(g, row, 1, 4);
        }
}

/* Dots over runs of k, with a contiguous copy of each run of B. */
static void N(dots_by_runs)(const struct N(narrow) *g, size_t row, size_t end, T *copy) {
    struct N(narrow) run = *g;
    for (size_t p = 0; p < g->k; p += run.k) {
        run.k = least_of(g->k - p, DOT_DEPTH);
        run.a = g->a + p;
        run.b = copy;
        run.b_col = (ptrdiff_t)run.k;
        for (size_t j = 0; j < g->n; j++)
            for (size_t q = 0; q < run.k; q++)
                copy[j * run.k + q] =
                    g->b[(ptrdiff_t)(p + q) * g->b_row + (ptrdiff_t)j * g->b_col];
        N(dots)(&run, row, end);
        run.start = g->c;
        run.start_row = g->c_row;
        run.start_col = g->c_col;
    }
}

/* Lanes along the rows: contiguous columns of A (a_row = 1) fanned out by elements of B. */
static inline __attribute__((always_inline)) void N(sum_fan)(const struct N(narrow) *g, size_t row,
                                                             int vecs, int columns, size_t count) {
    mask last = mask_first(count); /* of the only vector, or of every one */
    const T *a = g->a + row, *b = g->b;
    ptrdiff_t b_col = g->b_col;
    vec sum[4][4];
#pragma GCC unroll 4
    for (int i = 0; i < vecs; i++)
#pragma GCC unroll 4
        for (int j = 0; j < columns; j++) sum[i][j] = (vec){0};
    for (size_t p = g->k; p; p--, a += g->a_col, b += g->b_row) {
        vec x[4];
#pragma GCC unroll 4
        for (int i = 0; i < vecs; i++)
            x[i] = vecs > 1 ? N(load)(a + (size_t)i * LANES) : load_part(a, last);
#pragma GCC unroll 4
        for (int j = 0; j < columns; j++) {
            vec y = b[j * b_col] - (vec){0};
#pragma GCC unroll 4
            for (int i = 0; i < vecs; i++) sum[i][j] = fma(x[i], y, sum[i][j]);
        }
    }
#pragma GCC unroll 4
    for (int i = 0; i < vecs; i++)
#pragma GCC unroll 4
        for (int j = 0; j < columns; j++)
            N(put_lanes)(g, row + (size_t)i * LANES, (size_t)j, sum[i][j], count);
}

static void N(fans)(const struct N(narrow) *g, size_t row, size_t end) {
    for (; row + 4 * LANES <= end; row += 4 * LANES) switch (g->n) {
        case 1: N(sum_fan)(g, row, 4, 1, LANES); break;
        case 2: N(sum_fan)(g, row, 4, 2, LANES); break;
        case 3: N(sum_fan)(g, row, 4, 3, LANES); break;
        default: N(sum_fan)(g, row, 4, 4, LANES);
        }
    for (; row < end; row += LANES) {
        size_t count = least_of(end - row, LANES);
        switch (g->n) {
        case 1: N(sum_fan)(g, row, 1, 1, count); break;
        case 2: N(sum_fan)(g, row, 1, 2, count); break;
        case 3: N(sum_fan)(g, row, 1, 3, count); break;
        default: N(sum_fan)(g, row, 1, 4, count);
        }
    }
}

/* The same with columns of A that lie far apart: few at a time, to read memory along them. */
static void N(fans_by_runs)(const struct N(narrow) *g, size_t row, size_t end) {
    struct N(narrow) run = *g;
    for (size_t p = 0; p < g->k; p += FAN_DEPTH) {
        run.k = least_of(g->k - p, FAN_DEPTH);
        run.a = g->a + (ptrdiff_t)p * g->a_col;
        run.b = g->b + (ptrdiff_t)p * g->b_row;
        N(fans)(&run, row, end);
        run.start = g->c;
        run.start_row = g->c_row;
        run.start_col = g->c_col;
    }
}

/* How far apart in memory the neighbours along the strided dimension lie. */
static size_t N(leap)(ptrdiff_t row, ptrdiff_t column) {
    ptrdiff_t step = row == 1 ? column : row;
    return (size_t)(step < 0 ? -step : step) * sizeof(T);
}

/* Whether dots or fans beat mostly empty tiles: a short k does not pay for adding up the lanes. */
static int N(narrow_pays)(size_t columns, size_t k, ptrdiff_t a_row, ptrdiff_t a_col) {
    if (a_row == 1) return k >= 8;
    return a_col == 1 && k >= 40 * columns;
}

static void N(run_narrow)(const struct N(narrow) *g, size_t row, size_t end, void *workspace) {
    if (row == end) return;
    if (g->a_row == 1 && g->k > FAN_DEPTH && N(leap)(g->a_row, g->a_col) >= PACK_LEAP)
        N(fans_by_runs)(g, row, end);
    else if (g->a_row == 1)
        N(fans)(g, row, end);
    else if (g->b_row == 1)
        N(dots)(g, row, end);
    else
        N(dots_by_runs)(g, row, end, N(aligned)(workspace));
}

static struct N(narrow) N(right_columns)(const tad__gemm *g, size_t column) {
    const T *b = g->b, *start = g->start;
    return (struct N(narrow)){
        g->m, g->n - column, g->k, g->a, g->a_row, g->a_col,
        b + (ptrdiff_t)column * g->b_col, g->b_row, g->b_col,
        (T *)g->c + column, g->c_row, 1,
        start ? start + column : NULL, g->start_row, 1};
}

/* C' = S' + B' A': the rows of C as columns. */
static struct N(narrow) N(transposed)(const tad__gemm *g) {
    return (struct N(narrow)){g->n, g->m, g->k, g->b, g->b_col, g->b_row, g->a, g->a_col, g->a_row,
                              g->c, 1, g->c_row, g->start, 1, g->start_row};
}

/* ---- run ----------------------------------------------------------------------------------- */

static struct N(plan) N(plan)(const tad__gemm *g) {
    struct N(plan) plan = {0};
    size_t rest = g->n % LANES, slivers = g->n / (TILE_VECS * LANES);
    if (g->m <= NARROW && g->m <= g->n && N(narrow_pays)(g->m, g->k, g->b_col, g->b_row))
        plan.flat = 1;
    else if (rest <= NARROW && N(narrow_pays)(rest, g->k, g->a_row, g->a_col))
        plan.tail = rest;
    int large = g->m >= 4 * TILE_ROWS && slivers > 0;
    size_t leap = N(leap)(g->b_row, g->b_col);
    plan.pack_a = large && slivers >= 2 && N(leap)(g->a_row, g->a_col) >= PACK_LEAP;
    plan.pack_b = g->b_col != 1 || plan.pack_a || (large && leap >= PACK_LEAP) ||
                  (g->m >= 2 * TILE_ROWS && slivers > 0 && leap >= CLASH_LEAP) ||
                  (!TAD_CHEAP_MASKS && rest > plan.tail && g->m >= 2 * TILE_ROWS);
    size_t deepest = g->k <= WHOLE_DEPTH ? WHOLE_DEPTH : DEPTH;
    if (g->b_col != 1) deepest = TURNED_BYTES / sizeof(T);
    if (!plan.pack_b) deepest = UNPACKED_DEPTH;
    plan.depths = cut_up(g->k, deepest);
    if (!g->k) plan.depths.pieces = 1; /* an empty sum is still to be stored */
    size_t panel = (plan.depths.least + 1) * sizeof(T) * TILE_ROWS;
    plan.block_panels = panel < BLOCK_BYTES ? BLOCK_BYTES / panel : 1;
    return plan;
}

static size_t N(bytes)(const tad__gemm *g) {
    struct N(plan) plan = N(plan)(g);
    size_t depth = plan.depths.least + 1;
    size_t rows = least_of(g->m, plan.block_panels * TILE_ROWS);
    size_t narrow = plan.flat ? g->m : plan.tail;
    size_t copies = narrow * least_of(g->k, DOT_DEPTH), blocks = 0;
    if (plan.pack_a) blocks += depth * rows;
    if (plan.pack_b) blocks += depth * TILE_VECS * LANES;
    size_t most = blocks > copies ? blocks : copies;
    return most ? most * sizeof(T) + LINE : 0;
}

/* Part number `part` of `total` things dealt out in whole units. */
struct N(run) {
    size_t first, end;
};

static struct N(run) N(share)(size_t total, size_t unit, size_t part, size_t parts) {
    if (parts == 1) return (struct N(run)){0, total};
    struct cut units = {parts, (total + unit - 1) / unit / parts,
                        (total + unit - 1) / unit % parts};
    return (struct N(run)){least_of(cut_at(units, part) * unit, total),
                           least_of(cut_at(units, part + 1) * unit, total)};
}

static void N(run)(const tad__gemm *g, size_t part, size_t parts, void *workspace) {
    if (!g->m || !g->n) return;
    struct N(plan) plan = N(plan)(g);
    struct N(run) rows = N(share)(g->m, TILE_ROWS, part, parts);
    size_t main = g->n - plan.tail;
    if (plan.flat) {
        struct N(narrow) flat = N(transposed)(g);
        struct N(run) columns = N(share)(g->n, LANES, part, parts);
        N(run_narrow)(&flat, columns.first, columns.end, workspace);
        return;
    }
    struct N(range) range = {rows.first, rows.end - rows.first, 0, main};
    if (main > g->m) {
        struct N(run) columns = N(share)(main, LANES, part, parts);
        range = (struct N(range)){0, g->m, columns.first, columns.end - columns.first};
    }
    N(product)(g, &plan, &range, workspace);
    if (plan.tail) {
        struct N(narrow) right = N(right_columns)(g, main);
        N(run_narrow)(&right, rows.first, rows.end, workspace);
    }
}

#undef vec
#undef mask
#undef fma
#undef mask_first
#undef load_part
#undef store_part
#undef NARROW
#undef SHARE

/* clang-format on */
