/* Matrix product for one element type; see instantiate.h. LANES is how many fill a vector.
 *
 * From the inside out: tiles and packing (gemm_tile_body.h), products of a few columns
 * (gemm_narrow_body.h), then
 *   product  cache blocks over tiles, with or without packing
 *   run      the choice between the two
 *
 * Whatever path computes it, an element is start + sum over k-blocks of (sum over the block), and
 * blocks and path follow from the whole problem alone. */

/* N(name) is taken for a macro call. */
/* clang-format off */

/* At most so many columns count as narrow: few enough that a vector would be mostly empty. */
#define NARROW (LANES >= 16 ? 4 : LANES >= 8 ? 2 : 1)

#include "vector_body.h"
#include "gemm_tile_body.h"
#include "gemm_narrow_body.h"

/* ---- product ------------------------------------------------------------------------------- */

/* What follows from the whole problem, and so is the same for all its parts. */
struct N(plan) {
    int flat;            /* few rows: the transposed product is narrow */
    size_t tail;         /* columns at the right left to dots or fans */
    struct cut depths;   /* blocks of k */
    size_t block_panels; /* row panels in one block of A */
    int pack_a, pack_b;
};

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

static tad__gemm_order N(order)(const tad__gemm *g) {
    const struct N(plan) plan = N(plan)(g);
    return (tad__gemm_order){
        .flat = plan.flat,
        .tail = plan.tail,
        .tiles = {plan.depths.least, plan.depths.longer, false},
        .narrow = plan.flat ? N(narrow_sums)(g->k, g->b_col, g->b_row, g->a_col)
                            : N(narrow_sums)(g->k, g->a_row, g->a_col, g->b_row),
    };
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

#include "vector_end.h"
#undef NARROW
#undef SHARE

/* clang-format on */
