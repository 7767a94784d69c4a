/* Convolutions on raw arrays, for all three results: images are copied block by block to where
 * zeros are around them, and summed over taps there. Rests on plan.h. */
#include <string.h>

#include "array/view.h"
#include "plan.h"

/* ---- y of x and w, x of y and w ---- */

typedef struct values {
    tad__conv_plan plan;
    const char *bias; /* of all groups, each of whole blocks */
} values;

static void values_of_tasks(void *arg, size_t first, size_t end) {
    const values *m = arg;
    const tad__conv_plan *p = &m->plan;
    const size_t groups = (size_t)p->v->groups;
    for (size_t t = first; t < end; t++) {
        const size_t group = t % groups;
        const char *field = tad__conv_fill(p, t, t / groups, group);
        for (size_t i = 0; i < p->count; i++) {
            const tad__conv_phase *f = &p->phases[i];
            tad__taps s;
            if (tad__conv_taps(p, f, field, t / groups, group, &s))
                p->kernels->values[p->dtype](&s, p->height, f->packed + group * f->packed_group,
                                             m->bias + group * p->rows * p->width, p->call->add);
        }
    }
}

/* A number for each output; 0 where blocks have more, or there is no bias. */
static tad_status prepare_bias(values *m) {
    tad__conv_plan *p = &m->plan;
    const size_t groups = (size_t)p->v->groups, bytes = p->rows * p->width;
    const tad_array *bias = p->call->bias;
    char *to = tad__conv_scratch(p, groups, bytes);
    m->bias = to;
    if (!to || (bias && !(bias = tad__contiguous(p->call->compute, bias)))) return TAD_NO_MEMORY;
    memset(to, 0, groups * bytes);
    const size_t group = (size_t)p->outputs * p->width;
    for (size_t g = 0; bias && g < groups; g++)
        memcpy(to + g * bytes, (const char *)bias->data + g * group, group);
    return TAD_OK;
}

static tad_status compute_values(const tad__conv_call *c, tad__conv_role result) {
    values m;
    tad__conv_plan *p = &m.plan;
    const tad_array *to = result == TAD__CONV_X ? c->x : c->y;
    if (to->size == 0) return TAD_OK;
    tad_status s = tad__conv_plan_of(p, c, result);
    if (!s) s = tad__conv_plan_weights(p);
    if (!s) s = prepare_bias(&m);
    const size_t tasks = (size_t)(p->blocks.count * p->v->groups);
    if (!s) s = tad__conv_plan_fields(p, tasks);
    if (!s) tad__split(c->compute->threads, tasks, p->grain, values_of_tasks, &m);
    return s;
}

/* ---- w of x and y ---- */

enum { OUTPUTS_OF_TASK = 96 }; /* more are a task of their own, which copies x again */

typedef struct weights {
    tad__conv_plan plan;
    char *sums; /* of each piece */
    size_t size, chunk, chunks, pieces;
} weights;

/* A piece of blocks, for some outputs of a group. */
static void weights_of_task(const weights *m, size_t task) {
    const tad__conv_plan *p = &m->plan;
    const size_t rest = task / m->chunks, group = rest % (size_t)p->v->groups,
                 piece = rest / (size_t)p->v->groups, from = task % m->chunks * m->chunk;
    const size_t blocks = (size_t)p->blocks.count, end = blocks * (piece + 1) / m->pieces;
    const tad__conv_phase *f = p->phases;
    char *sums =
        m->sums + (piece * m->size + (group * (size_t)p->outputs + from) * f->taps) * p->width;
    for (size_t b = blocks * piece / m->pieces; b < end; b++) {
        tad__taps s;
        const char *field = tad__conv_fill(p, task, b, group);
        if (!tad__conv_taps(p, f, field, b, group, &s)) continue;
        s.outputs = tad__min(m->chunk, s.outputs - from);
        s.y = (const char *)s.y + (ptrdiff_t)from * s.y_output * (ptrdiff_t)p->width;
        p->kernels->weights[p->dtype](&s, sums, (ptrdiff_t)f->taps);
    }
}

static void weights_of_tasks(void *arg, size_t first, size_t end) {
    for (size_t t = first; t < end; t++) weights_of_task(arg, t);
}

static tad_status prepare_sums(weights *m, char *result) {
    tad__conv_plan *p = &m->plan;
    const size_t outputs = (size_t)p->outputs;
    m->pieces = (size_t)p->blocks.pieces;
    m->chunks = (outputs + OUTPUTS_OF_TASK - 1) / OUTPUTS_OF_TASK;
    m->chunk = (outputs + m->chunks - 1) / m->chunks;
    m->chunks = (outputs + m->chunk - 1) / m->chunk;
    m->sums = m->pieces > 1 ? tad__conv_scratch(p, m->pieces, m->size * p->width) : result;
    if (!m->sums) return TAD_NO_MEMORY;
    if (m->pieces > 1) memset(m->sums, 0, m->pieces * m->size * p->width);
    return tad__conv_plan_fields(p, m->pieces * m->chunks * (size_t)p->v->groups);
}

/* Pieces join in their order. */
static tad_status compute_weights(const tad__conv_call *c) {
    weights m;
    tad__conv_plan *p = &m.plan;
    tad__conv_call call = *c;
    tad__header h;
    const tad_shape shape = tad__shape_of(c->w);
    tad_array *w = tad__lay_out(&h, c->w, &shape);
    if (!c->add) tad__clear(c->compute, w);
    if (w->size == 0 || c->y->size == 0) return TAD_OK;
    if (!(call.y = tad__contiguous(c->compute, c->y))) return TAD_NO_MEMORY;
    m.size = (size_t)w->size;
    tad_status s = tad__conv_plan_of(p, &call, TAD__CONV_W);
    if (!s) s = prepare_sums(&m, w->data);
    if (s) return s;
    tad__split(c->compute->threads, m.pieces * m.chunks * (size_t)p->v->groups, p->grain,
               weights_of_tasks, &m);
    for (size_t i = 0; m.pieces > 1 && i < m.pieces; i++)
        tad__add(c->compute, p->dtype, m.size, m.sums + i * m.size * p->width, w->data);
    return TAD_OK;
}

tad_status tad__conv_compute(const tad__conv_call *c, tad__conv_role result) {
    return result == TAD__CONV_W ? compute_weights(c) : compute_values(c, result);
}
