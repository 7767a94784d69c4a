/* Sums over taps for one element type; see conv.h and instantiate.h. */

/* N(name) is taken for a macro call. */
/* clang-format off */

#include "vector_body.h"

/* ---- values -------------------------------------------------------------------------------- */

/* Up to a vector of neighbouring positions. */
struct N(spot) {
    const T *x;
    T *y;
    size_t count;
};

/* What tiles have in common. */
struct N(tiles) {
    const tad__taps *s;
    size_t height, spots;
    struct N(spot) spot[SPOTS];
    bool add;
};

/* Sums of `spots` for each output, in any way. */
static __attribute__((noinline)) void N(put_slowly)(const struct N(tiles) *g, size_t output,
                                                    size_t outputs, size_t spots, const vec *sum) {
    const ptrdiff_t step = g->s->y_step[3];
    for (size_t i = 0; i < outputs * spots; i++) {
        const struct N(spot) *spot = &g->spot[i % spots];
        T lane[LANES], *y = spot->y + (ptrdiff_t)(output + i / spots) * g->s->y_output;
        memcpy(lane, &sum[i], sizeof lane);
        for (size_t k = 0; k < spot->count; k++, y += step)
            *y = g->add ? *y + lane[k] : lane[k];
    }
}

/* height and spots are constant at each call: the sums become registers. */
static inline __attribute__((always_inline)) void N(sum_taps)(const struct N(tiles) *g,
                                                              size_t output, const T *w,
                                                              const T *bias, int height,
                                                              int spots) {
    const tad__taps *s = g->s;
    const ptrdiff_t *tap = s->tap, *end = tap + s->taps;
    vec sum[HEIGHT][SPOTS];
#pragma GCC unroll 8
    for (int i = 0; i < height; i++)
#pragma GCC unroll 3
        for (int j = 0; j < spots; j++) sum[i][j] = (vec){0};
    for (; tap < end; tap++, w += height) {
        vec x[SPOTS];
#pragma GCC unroll 3
        for (int j = 0; j < spots; j++) x[j] = N(load)(g->spot[j].x + *tap);
#pragma GCC unroll 8
        for (int i = 0; i < height; i++) {
            vec a = w[i] - (vec){0};
#pragma GCC unroll 3
            for (int j = 0; j < spots; j++) sum[i][j] = fma(a, x[j], sum[i][j]);
        }
    }
    vec done[HEIGHT * SPOTS];
    const int quick = s->y_step[3] == 1 && !g->add && output + (size_t)height <= s->outputs;
    T *y[SPOTS];
    for (int j = 0; j < spots; j++) y[j] = g->spot[j].y + (ptrdiff_t)output * s->y_output;
#pragma GCC unroll 8
    for (int i = 0; i < height; i++)
#pragma GCC unroll 3
        for (int j = 0; j < spots; j++) {
            const vec all = sum[i][j] + bias[i];
            if (quick)
                N(store_first)(y[j] + i * s->y_output, g->spot[j].count, all);
            else
                done[i * spots + j] = all;
        }
    if (!quick)
        N(put_slowly)(g, output, least_of((size_t)height, s->outputs - output), (size_t)spots,
                      done);
}

#define TILE(height, spots)                                                                        \
    static void N(spot_tile_##height##x##spots)(const struct N(tiles) * g, size_t output, const T *w,   \
                                           const T *bias) {                                        \
        N(sum_taps)(g, output, w, bias, height, spots);                                            \
    }
EACH_TILE(TILE)

#define TILE_ENTRY(height, spots) [spots - 1][height - 1] = N(spot_tile_##height##x##spots),
static void (*const N(spot_tiles)[SPOTS][HEIGHT])(const struct N(tiles) *, size_t, const T *,
                                             const T *) = {EACH_TILE(TILE_ENTRY)};
#undef TILE
#undef TILE_ENTRY

/* All outputs at the spots that have been gathered. */
static void N(run_tiles)(struct N(tiles) *g, const T *w, const T *bias) {
    if (!g->spots) return;
    for (size_t o = 0; o < g->s->outputs; o += g->height, w += g->height * g->s->taps)
        N(spot_tiles)[g->spots - 1][g->height - 1](g, o, w, bias + o);
    g->spots = 0;
}

static void N(values)(const tad__taps *s, size_t height, const void *w, const void *bias,
                      bool add) {
    struct N(tiles) g = {.s = s, .height = height, .add = add};
    struct walk at = {{0}, 0, 0};
    do
        for (size_t i = 0; i < s->count[3]; i += LANES) {
            const ptrdiff_t y = at.y + (ptrdiff_t)i * s->y_step[3];
            g.spot[g.spots++] = (struct N(spot)){(const T *)s->x + at.x + i,
                                                 (T *)(uintptr_t)s->y + y,
                                                 least_of(s->count[3] - i, LANES)};
            if (g.spots == SPOTS) N(run_tiles)(&g, w, bias);
        }
    while (next_row(s, &at));
    N(run_tiles)(&g, w, bias);
}

/* ---- weights ------------------------------------------------------------------------------- */

/* Sums of some lines of y against some picks of x, where they begin. */
struct N(pairs) {
    const T *y[LINES], *x[PICKS];
};

/* A vector of positions from `at` on; those beyond `count` are 0. */
static inline __attribute__((always_inline)) void N(sum_pairs)(const struct N(pairs) *p,
                                                               ptrdiff_t y, ptrdiff_t x,
                                                               size_t count, int whole,
                                                               vec sum[LINES][PICKS]) {
    const mask some = mask_first(count);
    vec line[LINES];
#pragma GCC unroll 6
    for (int i = 0; i < LINES; i++)
        line[i] = whole ? N(load)(p->y[i] + y) : load_part(p->y[i] + y, some);
#pragma GCC unroll 4
    for (int j = 0; j < PICKS; j++) {
        vec pick = whole ? N(load)(p->x[j] + x) : load_part(p->x[j] + x, some);
#pragma GCC unroll 6
        for (int i = 0; i < LINES; i++) sum[i][j] = fma(line[i], pick, sum[i][j]);
    }
}

/* Adds the lanes of each sum to w. */
static __attribute__((noinline)) void N(put_pairs)(vec sum[LINES][PICKS], size_t lines,
                                                   size_t picks, T *w, ptrdiff_t w_output) {
    enum { ALL = LINES * PICKS, ROUNDS = (ALL + LANES - 1) / LANES };
    vec some[ROUNDS * LANES];
    T total[ROUNDS * LANES];
    memset(some, 0, sizeof some);
    memcpy(some, sum, ALL * sizeof *some);
    for (size_t i = 0; i < ROUNDS; i++) N(store)(total + i * LANES, N(totals)(some + i * LANES));
    for (size_t i = 0; i < lines; i++, w += w_output)
        for (size_t j = 0; j < picks; j++) w[j] += total[i * PICKS + j];
}

/* Outputs and taps that are not there are the last one again. */
static struct N(pairs) N(pairs_at)(const tad__taps *s, size_t output, size_t tap) {
    struct N(pairs) p;
    for (size_t i = 0; i < LINES; i++)
        p.y[i] =
            (const T *)s->y + (ptrdiff_t)least_of(output + i, s->outputs - 1) * s->y_output;
    for (size_t j = 0; j < PICKS; j++)
        p.x[j] = (const T *)s->x + s->tap[least_of(tap + j, s->taps - 1)];
    return p;
}

/* All positions. No function is called on the way: it would cost all registers. */
static void N(run_pairs)(const tad__taps *s, const struct N(pairs) *p, vec out[LINES][PICKS]) {
    const size_t whole = s->count[3] / LANES * LANES, rest = s->count[3] - whole;
    vec sum[LINES][PICKS];
#pragma GCC unroll 6
    for (int i = 0; i < LINES; i++)
#pragma GCC unroll 4
        for (int j = 0; j < PICKS; j++) sum[i][j] = (vec){0};
    for (size_t n = 0; n < s->count[0]; n++)
        for (size_t z = 0; z < s->count[1]; z++) {
            ptrdiff_t y = (ptrdiff_t)n * s->y_step[0] + (ptrdiff_t)z * s->y_step[1];
            ptrdiff_t x = (ptrdiff_t)n * s->x_step[0] + (ptrdiff_t)z * s->x_step[1];
            for (size_t r = 0; r < s->count[2]; r++, y += s->y_step[2], x += s->x_step[2]) {
                for (ptrdiff_t i = 0; i < (ptrdiff_t)whole; i += (ptrdiff_t)LANES)
                    N(sum_pairs)(p, y + i, x + i, LANES, 1, sum);
                if (rest) N(sum_pairs)(p, y + (ptrdiff_t)whole, x + (ptrdiff_t)whole, rest, 0, sum);
            }
        }
#pragma GCC unroll 6
    for (int i = 0; i < LINES; i++)
#pragma GCC unroll 4
        for (int j = 0; j < PICKS; j++) out[i][j] = sum[i][j];
}

static void N(weights)(const tad__taps *s, void *w, ptrdiff_t w_output) {
    for (size_t o = 0; o < s->outputs; o += LINES)
        for (size_t t = 0; t < s->taps; t += PICKS) {
            const struct N(pairs) p = N(pairs_at)(s, o, t);
            vec sum[LINES][PICKS];
            N(run_pairs)(s, &p, sum);
            N(put_pairs)(sum, least_of(s->outputs - o, LINES), least_of(s->taps - t, PICKS),
                         (T *)w + (ptrdiff_t)o * w_output + (ptrdiff_t)t, w_output);
        }
}

#include "vector_end.h"

/* clang-format on */
