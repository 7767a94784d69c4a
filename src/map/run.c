/* A function's program at all points, in pieces for threads; sums over points in an order that
 * follows from the function and the number of points alone. Rests on map.h. */
#include "map.h"

#include <stdio.h>
#include <string.h>

#include "array/number.h"
#include "array/shape.h"
#include "base/base.h"
#include "program/points.h"

enum {
    MOST_PIECES = 8, /* each has a workspace of its own */
    WORTH_A_THREAD = 20000,
    POINTS_TOGETHER = 64 /* of a function of numbers, see tad_bind_each_in */
};

/* What one piece leaves. */
typedef struct piece {
    tad_status status;
    char message[300];
} piece;

/* The whole run. Sums are kept in float64 for both types. */
typedef struct plan {
    const tad_call_frame *c;
    const tad__point_fn *f;
    const tad_array *in[TAD__MAP_MOST]; /* contiguous */
    size_t points, grain, pieces;
    size_t sums, at[TAD_MAX_OUTPUTS];     /* numbers of all sums; where each begins */
    size_t bytes, workspace, total, room; /* of a piece, and what is in it */
    char *memory;
    piece piece[MOST_PIECES];
} plan;

static size_t size_of(const tad_type *type) {
    int64_t size = 0;
    tad__shape_size(&type->shape, &size);
    return (size_t)size;
}

static size_t bytes_of(const tad_type *type) { return size_of(type) * tad_dtype_size(type->dtype); }

/* ---- planning ---- */

static void plan_sums(plan *p) {
    for (size_t k = 0; k < p->f->n_out; k++) {
        p->at[k] = p->sums;
        if (tad__has_bit(p->f->summed, k)) p->sums += size_of(&p->f->out[k]);
    }
}

size_t tad__map_piece(const tad__point_fn *f, size_t points) {
    const tad_program_info info = tad_program_info_of(f->program);
    const size_t cost = 1 + info.numbers + 100 * info.calls,
                 least =
                     tad__max(WORTH_A_THREAD / cost + 1, (points + MOST_PIECES - 1) / MOST_PIECES);
    return (least + POINTS_TOGETHER - 1) / POINTS_TOGETHER * POINTS_TOGETHER;
}

static void plan_pieces(plan *p) {
    p->grain = tad__map_piece(p->f, p->points);
    p->pieces = (p->points + p->grain - 1) / p->grain;
}

enum { ALIGN = 64 };

static size_t aligned(size_t bytes) { return (bytes + ALIGN - 1) / ALIGN * ALIGN; }

static bool plan_memory(plan *p) {
    size_t bytes = 0;
    for (size_t k = 0; k < p->f->n_out; k++)
        if (tad__has_bit(p->f->summed, k)) p->room += aligned(bytes_of(&p->f->out[k]));
    p->workspace = aligned(tad_workspace_size(p->f->program));
    p->total = aligned(p->sums * sizeof(double));
    if (!tad__sum(p->workspace, p->total, &bytes) || !tad__sum(bytes, p->room, &p->bytes) ||
        !tad__mul(p->bytes, p->pieces, &bytes))
        return false;
    p->memory = tad_scratch(p->c, bytes);
    return p->memory != NULL;
}

/* ---- one piece ---- */

/* A piece at work. */
typedef struct work {
    const plan *p;
    tad_workspace *w;
    double *sum;
    char *room; /* of each sum */
    size_t first, n;
} work;

static tad_status bind_in(const work *k) {
    const tad__point_fn *f = k->p->f;
    tad_status s = TAD_OK;
    for (size_t i = 0; i < f->n_in && s == TAD_OK; i++) {
        const tad_type *type = &f->in[i];
        const char *data = k->p->in[i]->data;
        if (tad__has_bit(f->shared, i))
            s = tad_bind_in(k->w, i, type->dtype, type->shape, data);
        else
            s = tad_bind_each_in(k->w, i, type->dtype,
                                 tad__with_points(&type->shape, (int64_t)k->n),
                                 data + k->first * bytes_of(type));
    }
    return s;
}

static tad_status bind_out(const work *k) {
    const tad__point_fn *f = k->p->f;
    char *room = k->room;
    tad_status s = TAD_OK;
    for (size_t i = 0; i < f->n_out && s == TAD_OK; i++) {
        const tad_type *type = &f->out[i];
        char *data = (char *)k->p->c->out[i]->data + k->first * bytes_of(type);
        if (tad__has_bit(f->summed, i)) {
            s = tad_bind_sum_out(k->w, i, k->sum + k->p->at[i], room);
            room += aligned(bytes_of(type));
        } else {
            s = tad_bind_each_out(k->w, i, type->dtype,
                                  tad__with_points(&type->shape, (int64_t)k->n), data);
        }
    }
    return s;
}

static void run_piece(void *arg, size_t first, size_t end) {
    plan *p = arg;
    piece *result = &p->piece[first / p->grain];
    char *memory = p->memory + first / p->grain * p->bytes;
    const work k = {.p = p,
                    .w = tad_workspace_in(p->f->program, memory, p->workspace),
                    .sum = (double *)(void *)(memory + p->workspace),
                    .room = memory + p->workspace + p->total,
                    .first = first,
                    .n = end - first};
    result->status = TAD_NO_MEMORY;
    if (!k.w) return;
    tad__count_from(k.w, first);
    result->status = bind_in(&k);
    if (result->status == TAD_OK) result->status = bind_out(&k);
    if (result->status == TAD_OK) result->status = tad_run(k.w);
    snprintf(result->message, sizeof result->message, "%.*s", (int)sizeof result->message - 1,
             tad_workspace_message(k.w));
    tad_workspace_free(k.w);
}

/* ---- the end ---- */

static void store(tad_array *to, const double *sum) {
    for (int64_t e = 0; e < to->size; e++) tad__set_number(to, (size_t)e, sum[e]);
}

/* The sums of all pieces, added to those of the first, one piece after the other. */
static void store_sums(const plan *p) {
    double *sum = (double *)(void *)(p->memory + p->workspace);
    for (size_t i = 1; i < p->pieces; i++) {
        const double *more = (double *)(void *)(p->memory + i * p->bytes + p->workspace);
        for (size_t e = 0; e < p->sums; e++) sum[e] += more[e];
    }
    for (size_t k = 0; k < p->f->n_out; k++)
        if (tad__has_bit(p->f->summed, k)) store(p->c->out[k], sum + p->at[k]);
}

static tad_status first_failure(const plan *p) {
    for (size_t i = 0; i < p->pieces; i++) {
        const piece *one = &p->piece[i];
        if (one->status == TAD_NO_MEMORY) return TAD_NO_MEMORY;
        if (one->status != TAD_OK) return tad_fail(p->c, one->status, "%s", one->message);
    }
    return TAD_OK;
}

static void clear_sums(const plan *p) {
    for (size_t k = 0; k < p->f->n_out; k++)
        if (tad__has_bit(p->f->summed, k)) memset(p->c->out[k]->data, 0, bytes_of(&p->f->out[k]));
}

tad_status tad__map_run(const tad_call_frame *c) {
    const tad__map_options *o = c->options;
    plan p = {.c = c, .f = o->f};
    size_t points = 0;
    for (size_t i = 0; i < p.f->n_in; i++) {
        if (!(p.in[i] = tad_contiguous(c, c->in[i]))) return TAD_NO_MEMORY;
        if (!tad__has_bit(p.f->shared, i)) points = (size_t)p.in[i]->dim[0];
    }
    p.points = points;
    if (!points) {
        clear_sums(&p);
        return TAD_OK;
    }
    plan_sums(&p);
    plan_pieces(&p);
    if (!plan_memory(&p)) return TAD_NO_MEMORY;
    tad_split(c, points, p.grain, run_piece, &p);
    const tad_status s = first_failure(&p);
    if (s == TAD_OK) store_sums(&p);
    return s;
}
