/* A program at many points: single numbers by vectors of points, the rest point by point; sums over
 * points. Rests on workspace.h. */
#include "sums.h"

#include <string.h>

#include "workspace.h"

/* ---- how many points ---- */

static tad_status count_points(tad_workspace *w, const char *what, const tad__each *each, size_t n,
                               int64_t *points) {
    for (size_t k = 0; k < n; k++) {
        if (!each[k].given || each[k].sum) continue;
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

/* ---- sums ---- */

tad_status tad__bind_sum(tad_workspace *w, size_t k, void *room, double *sum) {
    const tad_type type = tad_program_out_type(w->p, k);
    const tad_status s = tad_bind_out(w, k, type.dtype, type.shape, room);
    if (s != TAD_OK) return s;
    w->each++;
    w->each_out[k] = (tad__each){.given = true, .sum = sum};
    return TAD_OK;
}

size_t tad__sum_room(const tad_program *p, size_t k) {
    return p->lanes ? p->lanes * sizeof(double) : tad__type_bytes(&p->out[k].type);
}

void tad__count_from(tad_workspace *w, size_t first) { w->first_point = first; }

static void add_elements(double *sum, const void *result, tad_dtype dtype, size_t bytes) {
    const double *f64 = result;
    const float *f32 = result;
    for (size_t e = 0; e < bytes / sizeof *f64 && dtype == TAD_F64; e++) sum[e] += f64[e];
    for (size_t e = 0; e < bytes / sizeof *f32 && dtype == TAD_F32; e++) sum[e] += (double)f32[e];
}

/* Adds what one point gave. */
static void add_point(const tad_workspace *w) {
    for (size_t k = 0; k < w->p->n_out; k++) {
        const tad_type *type = &w->p->out[k].type;
        if (w->each_out[k].sum)
            add_elements(w->each_out[k].sum, w->out[k], type->dtype, tad__type_bytes(type));
    }
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
        if (!w->each_in[k].given || step == sizeof(double)) continue;
        const char *from = (const char *)w->in[k] + (first + at) * step;
        double *lane = lanes_of(w, w->p->in[k].value) + at;
        for (size_t i = 0; i < n; i++) memcpy(lane + i, from + i * step, sizeof *lane);
    }
}

static void store_block(const tad_workspace *w, size_t first, size_t at, size_t n) {
    for (size_t k = 0; k < w->p->n_out; k++) {
        const size_t step = w->each_out[k].step;
        if (w->each_out[k].sum || step == sizeof(double)) continue;
        char *to = (char *)w->out[k] + (first + at) * step;
        const double *lane = lanes_of(w, w->p->out[k].value) + at;
        for (size_t i = 0; i < n; i++) memcpy(to + i * step, lane + i, sizeof *lane);
    }
}

/* Those whose points lie side by side go as a whole. */
static void load(const tad_workspace *w, size_t first, size_t n) {
    for (size_t k = 0; k < w->p->n_in; k++)
        if (w->each_in[k].given && w->each_in[k].step == sizeof(double))
            memcpy(lanes_of(w, w->p->in[k].value), (const double *)w->in[k] + first,
                   n * sizeof(double));
    for (size_t at = 0; at < n; at += BLOCK) load_block(w, first, at, tad__min(BLOCK, n - at));
}

static void store(const tad_workspace *w, size_t first, size_t n) {
    for (size_t k = 0; k < w->p->n_out; k++) {
        const double *lane = lanes_of(w, w->p->out[k].value);
        double *to = w->out[k];
        if (w->each_out[k].sum)
            w->p->kernels->add[TAD_F64](n, lane, to);
        else if (w->each_out[k].step == sizeof *to)
            memcpy(to + first, lane, n * sizeof *to);
    }
    for (size_t at = 0; at < n; at += BLOCK) store_block(w, first, at, tad__min(BLOCK, n - at));
}

static void clear_lane_sums(const tad_workspace *w) {
    for (size_t k = 0; k < w->p->n_out; k++)
        if (w->each_out[k].sum) memset(w->out[k], 0, w->p->lanes * sizeof(double));
}

static void add_lane_sums(const tad_workspace *w) {
    for (size_t k = 0; k < w->p->n_out; k++)
        for (size_t i = 0; i < w->p->lanes && w->each_out[k].sum; i++)
            *w->each_out[k].sum += ((const double *)w->out[k])[i];
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
    clear_lane_sums(w);
    for (size_t i = 0; i < points; i += w->p->lanes) {
        const size_t n = tad__min(w->p->lanes, points - i);
        load(w, i, n);
        compute(w, n);
        store(w, i, n);
    }
    add_lane_sums(w);
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
        add_point(w);
        move_on(w);
    }
    move_back(w, done);
    const size_t length = strlen(w->message);
    if (s != TAD_OK)
        snprintf(w->message + length, sizeof w->message - length, ", at point %zu",
                 w->first_point + done);
    return s;
}

tad_status tad__run_points(tad_workspace *w, size_t points) {
    if (!w->p->lanes) return run_one_by_one(w, points);
    run_lanes(w, points);
    return TAD_OK;
}
