/* The optimisers' kernels, cut into pieces for the threads. Rests on update.h. */
#include "update.h"

enum { STATES = 3 };

typedef struct step {
    tad__update_fn *fn;
    const tad__update *u;
    size_t size; /* bytes of a number, or of a row */
    char *p;
    const char *g;
    void *const *state;
    const int64_t *row; /* which rows; else NULL */
    int64_t width;
} step;

/* n numbers from `at` on; g has theirs. */
static void step_from(const step *s, size_t at, const char *g, size_t n) {
    void *state[STATES] = {NULL};
    for (int k = 0; k < STATES; k++)
        if (s->state[k]) state[k] = (char *)s->state[k] + at;
    s->fn(s->u, s->p + at, g, state, (int64_t)n);
}

static void step_piece(void *arg, size_t first, size_t end) {
    const step *s = arg;
    step_from(s, first * s->size, s->g + first * s->size, end - first);
}

static void rows_piece(void *arg, size_t first, size_t end) {
    const step *s = arg;
    for (size_t i = first; i < end; i++)
        step_from(s, (size_t)s->row[i] * s->size, s->g + i * s->size, (size_t)s->width);
}

void tad__update_run(const tad__compute *c, const tad__update *u, tad_dtype dtype, void *p,
                     const void *g, void *const *state, int64_t n) {
    step s = {c->kernels->update->step[dtype], u, tad_dtype_size(dtype), p, g, state, NULL, 0};
    tad__split(c->threads, (size_t)n, TAD__GRAIN, step_piece, &s);
}

void tad__update_rows(const tad__compute *c, const tad__update *u, tad_dtype dtype, void *p,
                      const void *g, void *const *state, const int64_t *row, int64_t rows,
                      int64_t width) {
    const size_t size = tad_dtype_size(dtype) * (size_t)width;
    step s = {c->kernels->update->step[dtype], u, size, p, g, state, row, width};
    tad__split(c->threads, (size_t)rows, tad__rows_grain((size_t)width), rows_piece, &s);
}

typedef struct square_sums {
    tad__squares_fn *fn;
    size_t size, piece;
    const char *g;
    double part[TAD__MOST_PIECES];
} square_sums;

static void squares_piece(void *arg, size_t first, size_t end) {
    square_sums *s = arg;
    s->part[first / s->piece] = s->fn(s->g + first * s->size, (int64_t)(end - first));
}

double tad__squares(const tad__compute *c, tad_dtype dtype, const void *g, int64_t n) {
    square_sums s = {c->kernels->update->squares[dtype],
                     tad_dtype_size(dtype),
                     tad__split_size((size_t)n, TAD__GRAIN),
                     g,
                     {0}};
    double sum = 0;
    tad__split(c->threads, (size_t)n, TAD__GRAIN, squares_piece, &s);
    for (size_t i = 0; i * s.piece < (size_t)n; i++) sum += s.part[i];
    return sum;
}
