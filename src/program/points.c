/* A program at many points: single numbers by vectors of points, the rest point by point. Rests on
 * workspace.h. */
#include <string.h>

#include "workspace.h"

/* ---- how many points ---- */

static tad_status count_points(tad_workspace *w, const char *what, const tad__each *each, size_t n,
                               int64_t *points) {
    for (size_t k = 0; k < n; k++) {
        if (!each[k].given) continue;
        if (*points < 0) *points = each[k].points;
        if (*points != each[k].points)
            return tad__workspace_fail(w, TAD_BAD_SHAPE,
                                       "run: %sput %zu is bound for %lld points, another for %lld",
                                       what, k, (long long)each[k].points, (long long)*points);
    }
    return TAD_OK;
}

tad_status tad__count_points(tad_workspace *w, int64_t *points) {
    *points = -1;
    if (!w->each) return TAD_OK;
    tad_status s = count_points(w, "in", w->each_in, w->p->n_in, points);
    if (s == TAD_OK) s = count_points(w, "out", w->each_out, w->p->n_out, points);
    for (size_t k = 0; k < w->p->n_out && s == TAD_OK && *points >= 0; k++)
        if (!w->each_out[k].given)
            s = tad__workspace_fail(w, TAD_BAD_ARGUMENT,
                                    "run: output %zu is bound once, for %lld points", k,
                                    (long long)*points);
    return s;
}

/* ---- vectors of points ---- */

void tad__find_lanes(tad_program *p) {
    enum { NUMBERS_AT_ONCE = 4096, MOST = 64, LEAST = 8 };
    bool numbers = p->slots > 0 && p->slots <= NUMBERS_AT_ONCE / LEAST;
    for (size_t k = 0; k < p->step.count; k++) numbers &= p->step.item[k].kind == TAD__NUMBERS;
    for (size_t k = 0; k < p->n_in; k++) numbers &= !tad__is_array_ref(p->in[k].value);
    for (size_t k = 0; k < p->n_out; k++) numbers &= !tad__is_array_ref(p->out[k].value);
    if (numbers) p->lanes = tad__min(MOST, NUMBERS_AT_ONCE / p->slots / LEAST * LEAST);
}

static double *lanes_of(const tad_workspace *w, uint32_t slot) {
    return w->lane + slot * w->p->lanes;
}

static void repeat(const tad_workspace *w, uint32_t slot, const void *at) {
    double *lane = lanes_of(w, slot), number;
    memcpy(&number, at, sizeof number);
    for (size_t i = 0; i < w->p->lanes; i++) lane[i] = number;
}

/* What is the same for all points; no step writes there. */
static void repeat_known(const tad_workspace *w) {
    const tad_program *p = w->p;
    for (size_t k = 0; k < p->constant.count; k++)
        repeat(w, p->constant.item[k].slot, &p->constant.item[k].number);
    for (size_t k = 0; k < p->parameter.count; k++)
        repeat(w, p->parameter.item[k].value, &w->number[p->parameter.item[k].value]);
    for (size_t k = 0; k < p->n_in; k++)
        if (!w->each_in[k].given) repeat(w, p->in[k].value, w->in[k]);
}

/* Eight points at a time: of a lane that is a cache line, and their rows stay in the cache too. */
enum { BLOCK = 8 };

static void load_block(const tad_workspace *w, size_t first, size_t at, size_t n) {
    for (size_t k = 0; k < w->p->n_in; k++) {
        const size_t step = w->each_in[k].step;
        if (!w->each_in[k].given) continue;
        const char *from = (const char *)w->in[k] + (first + at) * step;
        double *lane = lanes_of(w, w->p->in[k].value) + at;
        for (size_t i = 0; i < n; i++) memcpy(lane + i, from + i * step, sizeof *lane);
    }
}

static void store_block(const tad_workspace *w, size_t first, size_t at, size_t n) {
    for (size_t k = 0; k < w->p->n_out; k++) {
        const size_t step = w->each_out[k].step;
        char *to = (char *)w->out[k] + (first + at) * step;
        const double *lane = lanes_of(w, w->p->out[k].value) + at;
        for (size_t i = 0; i < n; i++) memcpy(to + i * step, lane + i, sizeof *lane);
    }
}

static void move_blocks(const tad_workspace *w, size_t first, size_t n,
                        void (*block)(const tad_workspace *, size_t, size_t, size_t)) {
    for (size_t at = 0; at < n; at += BLOCK) block(w, first, at, tad__min(BLOCK, n - at));
}

static void compute(const tad_workspace *w, size_t n) {
    const tad_program *p = w->p;
    for (size_t k = 0; k < p->number.count; k++) {
        const tad__number_step *s = &p->number.item[k];
        const void *in[3] = {lanes_of(w, s->a), NULL, NULL};
        if (!s->options) in[1] = lanes_of(w, s->b), in[2] = lanes_of(w, s->c);
        p->kernels->row[s->row].forward[TAD_F64](n, in, lanes_of(w, s->to),
                                                 tad__number_options(p, s));
    }
}

static void run_lanes(const tad_workspace *w, size_t points) {
    repeat_known(w);
    for (size_t i = 0; i < points; i += w->p->lanes) {
        const size_t n = tad__min(w->p->lanes, points - i);
        move_blocks(w, i, n, load_block);
        compute(w, n);
        move_blocks(w, i, n, store_block);
    }
}

/* ---- point by point ---- */

static void move_on(tad_workspace *w) {
    for (size_t k = 0; k < w->p->n_in; k++)
        if (w->each_in[k].given) w->in[k] = (const char *)w->in[k] + w->each_in[k].step;
    for (size_t k = 0; k < w->p->n_out; k++)
        if (w->each_out[k].given) w->out[k] = (char *)w->out[k] + w->each_out[k].step;
    w->rebound = true;
}

static void move_back(tad_workspace *w, size_t points) {
    for (size_t k = 0; k < w->p->n_in; k++)
        if (w->each_in[k].given) w->in[k] = (const char *)w->in[k] - points * w->each_in[k].step;
    for (size_t k = 0; k < w->p->n_out; k++)
        if (w->each_out[k].given) w->out[k] = (char *)w->out[k] - points * w->each_out[k].step;
    w->rebound = true;
}

static tad_status run_one_by_one(tad_workspace *w, size_t points) {
    tad_status s = TAD_OK;
    size_t done = 0;
    for (; done < points; done++) {
        if ((s = tad__run_once(w)) != TAD_OK) break;
        move_on(w);
    }
    move_back(w, done);
    const size_t length = strlen(w->message);
    if (s != TAD_OK)
        snprintf(w->message + length, sizeof w->message - length, ", at point %zu", done);
    return s;
}

tad_status tad__run_points(tad_workspace *w, size_t points) {
    if (!w->p->lanes) return run_one_by_one(w, points);
    run_lanes(w, points);
    return TAD_OK;
}
