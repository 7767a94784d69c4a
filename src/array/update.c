/* The optimisers' kernels, cut into pieces for the threads. Rests on update.h. */
#include "update.h"

enum { STATES = 3 };

typedef struct step {
    tad__update_fn *fn;
    const tad__update *u;
    size_t size;
    char *p;
    const char *g;
    void *const *state;
} step;

static void step_piece(void *arg, size_t first, size_t end) {
    const step *s = arg;
    size_t at = first * s->size;
    void *state[STATES] = {NULL};
    for (int k = 0; k < STATES; k++)
        if (s->state[k]) state[k] = (char *)s->state[k] + at;
    s->fn(s->u, s->p + at, s->g + at, state, (int64_t)(end - first));
}

void tad__update_run(const tad__compute *c, const tad__update *u, tad_dtype dtype, void *p,
                     const void *g, void *const *state, int64_t n) {
    step s = {c->kernels->update->step[dtype], u, tad_dtype_size(dtype), p, g, state};
    tad__split(c->threads, (size_t)n, TAD__GRAIN, step_piece, &s);
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
