/* Programs of single numbers at many points: some points together, by the kernels of arrays. What
 * all points share is computed once. Rests on lanes.h. */
#include "lanes.h"

#include <string.h>

void tad__find_lanes(tad_program *p) {
    enum { VALUES_AT_ONCE = 4096, MOST = 64, LEAST = 8 };
    const size_t values = p->slots + p->array.count;
    bool lanes = p->slots > 0 && values <= VALUES_AT_ONCE / LEAST;
    for (size_t k = 0; k < p->step.count && lanes; k++)
        lanes = tad__step_has_lanes(p, &p->step.item[k]);
    for (size_t k = 0; k < p->n_in; k++) lanes &= !tad__is_array_ref(p->in[k].value);
    for (size_t k = 0; k < p->n_out; k++) lanes &= !tad__is_array_ref(p->out[k].value);
    if (lanes) p->lanes = tad__min(MOST, VALUES_AT_ONCE / values / LEAST * LEAST);
}

/* Long programs would need much memory for it. */
size_t tad__steps_to_share(const tad_program *p) {
    enum { MOST_STEPS = 512 };
    const size_t steps = p->number.count + tad__numbers_of_calls(p);
    return p->lanes && steps <= MOST_STEPS ? steps : 0;
}

size_t tad__lane_rows(const tad_program *p) {
    return p->lanes ? p->slots + p->array.count + tad__steps_to_share(p) : 0;
}

/* ---- what all points share ---- */

static void repeat(const tad_workspace *w, size_t value, const void *at, size_t width) {
    char *row = (char *)tad__lane_row(w, value);
    for (size_t i = 0; i < w->p->lanes; i++) memcpy(row + i * width, at, width);
    w->row_of[value] = (uint32_t)value | TAD__SHARED_ROW;
}

static void repeat_number(const tad_workspace *w, uint32_t slot, const void *at) {
    repeat(w, slot, at, sizeof(double));
}

/* Constants, parameters, and inputs that are bound once; no step writes there. */
static void repeat_known(const tad_workspace *w) {
    const tad_program *p = w->p;
    for (size_t k = 0; k < p->slots + p->array.count; k++) w->row_of[k] = (uint32_t)k;
    for (size_t k = 0; k < p->constant.count; k++)
        repeat_number(w, p->constant.item[k].slot, &p->constant.item[k].number);
    for (size_t k = 0; k < p->parameter.count; k++)
        repeat_number(w, p->parameter.item[k].value, &w->number[p->parameter.item[k].value]);
    for (size_t k = 0; k < p->n_in; k++)
        if (!w->each_in[k].given) repeat_number(w, p->in[k].value, w->in[k]);
    for (size_t k = 0; k < p->array.count; k++) {
        const tad_array *a = &p->array.item[k].array;
        if (p->array.item[k].home == TAD__STORED)
            repeat(w, p->slots + k, w->array[k].data, tad__width(a->dtype));
    }
}

static void run_step(const tad_workspace *w, const tad__number_step *s, size_t n) {
    const tad_program *p = w->p;
    const void *in[3] = {tad__lane_row(w, s->a), NULL, NULL};
    if (!s->options) in[1] = tad__lane_row(w, s->b), in[2] = tad__lane_row(w, s->c);
    p->kernels->row[s->row].forward[TAD_F64](n, in, tad__lane_row(w, s->to),
                                             tad__number_options(p, s));
}

/* The step on rows instead of slots; true: it is the same for all points. */
static bool place_step(const tad_workspace *w, tad__number_step *s, uint32_t own_row) {
    const uint8_t operands = w->p->basis->row[s->row].max_in;
    const uint32_t to = s->to;
    bool shared = true;
    s->a = tad__lane_place(w, s->a, &shared);
    if (!s->options) {
        s->b = operands > 1 ? tad__lane_place(w, s->b, &shared) : s->a;
        s->c = operands > 2 ? tad__lane_place(w, s->c, &shared) : s->a;
    }
    if (shared) s->to = own_row;
    w->row_of[to] = s->to | (shared ? TAD__SHARED_ROW : 0);
    return shared;
}

/* ---- planning: what is left to do for each of the points ---- */

typedef struct lane_plan {
    tad_workspace *w;
    size_t steps;  /* left */
    bool compiled; /* the compiled ones run, and none is left here */
    bool shares;   /* steps may have rows of their own: */
    uint32_t row;  /* the next one */
    tad_status status;
} lane_plan;

static void leave(lane_plan *l, tad__step_kind kind, size_t at, size_t count) {
    if (count) l->w->lane_step[l->steps++] = (tad__step){kind, (uint32_t)at, (uint32_t)count};
}

/* Runs what is the same for all points, and lists the other steps. */
static void plan_numbers(lane_plan *l, const tad__step *s) {
    tad_workspace *w = l->w;
    size_t left = 0;
    for (size_t k = s->at; k < (size_t)s->at + s->count && l->shares; k++) {
        tad__number_step placed = w->p->number.item[k];
        if (place_step(w, &placed, l->row))
            run_step(w, &placed, w->p->lanes), l->row++;
        else
            w->point_step[s->at + left++] = placed;
    }
    leave(l, TAD__NUMBERS, s->at, l->shares ? left : s->count);
}

static void plan_calls(lane_plan *l, const tad__step *s) {
    for (size_t k = s->at; k < (size_t)s->at + s->count && l->status == TAD_OK; k++) {
        if (tad__place_lane_call(l->w, k, l->shares ? &l->row : NULL))
            l->status = tad__run_lane_call(l->w, k, l->w->p->lanes);
        else
            leave(l, TAD__CALL, k, 1);
    }
}

/* From here on it is the row alone that counts. */
static void forget_shared(const tad_workspace *w) {
    for (size_t k = 0; k < w->p->slots + w->p->array.count; k++) w->row_of[k] &= ~TAD__SHARED_ROW;
}

/* Whether compiled steps take for each point what is bound for each. */
static bool is_compiled(const tad_workspace *w) {
    bool fits = w->p->compiled_lanes != NULL;
    for (size_t k = 0; k < w->p->n_in && fits; k++)
        fits = w->each_in[k].given == (w->p->compiled_each[k] != 0);
    return fits;
}

static lane_plan plan_compiled(tad_workspace *w) {
    repeat_known(w);
    forget_shared(w);
    w->p->compiled_lanes(w->lane, true);
    return (lane_plan){.w = w, .compiled = true};
}

static lane_plan plan_steps(tad_workspace *w) {
    const tad_program *p = w->p;
    lane_plan l = {
        .w = w, .shares = tad__steps_to_share(p) > 0, .row = (uint32_t)(p->slots + p->array.count)};
    repeat_known(w);
    for (size_t k = 0; k < p->step.count && l.status == TAD_OK; k++) {
        const tad__step *s = &p->step.item[k];
        if (s->kind == TAD__NUMBERS) plan_numbers(&l, s);
        if (s->kind == TAD__CALL) plan_calls(&l, s);
        if (s->kind == TAD__DECIDE) leave(&l, s->kind, s->at, s->count);
    }
    forget_shared(w);
    return l;
}

/* ---- reading and writing points ---- */

enum { SIDE_BY_SIDE = 32 };

/* Of inputs or outputs from k on, at `at`: how many lie side by side in each point, SIDE_BY_SIDE at
 * most. Sums, and what is one for all points, have no step like that of a row. */
static size_t side_by_side(const void *const *at, const tad__each *each, size_t end, size_t k) {
    const size_t size = sizeof(double), step = each[k].step;
    const size_t most = tad__min(SIDE_BY_SIDE, end - k);
    size_t n = 1;
    while (n < most && each[k + n].step == step && at[k + n] == (const char *)at[k] + n * size) n++;
    return n;
}

/* Input k and those beside it; how many that are. */
static size_t load_beside(const tad_workspace *w, size_t k, size_t first, size_t n) {
    const size_t step = w->each_in[k].step,
                 together = side_by_side(w->in, w->each_in, w->p->n_in, k);
    double *row[SIDE_BY_SIDE];
    for (size_t i = 0; i < together; i++) row[i] = tad__lane_row(w, w->p->in[k + i].value);
    w->p->kernels->turn->to_rows(n, together, (const char *)w->in[k] + first * step, step, row);
    return together;
}

static void load(const tad_workspace *w, size_t first, size_t n) {
    const tad_program *p = w->p;
    for (size_t k = 0; k < p->n_in; k++) {
        const tad__each *each = &w->each_in[k];
        if (!each->given) continue;
        if (each->step == sizeof(double))
            memcpy(tad__lane_row(w, p->in[k].value), (const double *)w->in[k] + first,
                   n * sizeof(double));
        else
            k += load_beside(w, k, first, n) - 1;
    }
}

static const double *row_of_output(const tad_workspace *w, size_t k) {
    return tad__lane_row(w, w->row_of[w->p->out[k].value]);
}

static size_t store_beside(const tad_workspace *w, size_t k, size_t first, size_t n) {
    const void *const *out = (const void *const *)w->out;
    const size_t step = w->each_out[k].step,
                 together = side_by_side(out, w->each_out, w->p->n_out, k);
    const double *row[SIDE_BY_SIDE];
    for (size_t i = 0; i < together; i++) row[i] = row_of_output(w, k + i);
    w->p->kernels->turn->from_rows(n, together, row, (char *)w->out[k] + first * step, step);
    return together;
}

static void store(const tad_workspace *w, size_t first, size_t n) {
    for (size_t k = 0; k < w->p->n_out; k++) {
        const tad__each *each = &w->each_out[k];
        const double *row = row_of_output(w, k);
        if (each->sum)
            w->p->kernels->add[TAD_F64](n, row, w->out[k]);
        else if (each->step == sizeof *row)
            memcpy((double *)w->out[k] + first, row, n * sizeof *row);
        else
            k += store_beside(w, k, first, n) - 1;
    }
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

/* ---- running ---- */

/* Compiled steps run at as many points as there are lanes: what follows the last point is that
 * point again. */
static void run_compiled(const tad_workspace *w, size_t n) {
    for (size_t k = 0; k < w->p->n_in; k++) {
        double *row = tad__lane_row(w, w->p->in[k].value);
        for (size_t i = n; i < w->p->lanes; i++) row[i] = row[n - 1];
    }
    w->p->compiled_lanes(w->lane, false);
}

static tad_status run_steps(const lane_plan *l, tad__lane_points *points) {
    tad_workspace *w = l->w;
    const tad__number_step *number = l->shares ? w->point_step : w->p->number.item;
    tad_status status = TAD_OK;
    if (l->compiled) run_compiled(w, points->n);
    for (size_t i = 0; i < l->steps && points->n && status == TAD_OK; i++) {
        const tad__step *s = &w->lane_step[i];
        if (s->kind == TAD__DECIDE) tad__decide_lanes(w, s, points);
        if (s->kind == TAD__CALL) status = tad__run_lane_call(w, s->at, points->n);
        for (uint32_t k = s->at; k < s->at + s->count && s->kind == TAD__NUMBERS; k++)
            run_step(w, &number[k], points->n);
    }
    return status;
}

/* Points go on one after the other, as it looks: those before one that fails have their results. */
tad_status tad__run_lanes(tad_workspace *w, size_t points, size_t *done) {
    const lane_plan l = is_compiled(w) ? plan_compiled(w) : plan_steps(w);
    tad_status s = l.status;
    clear_lane_sums(w);
    for (*done = 0; *done < points && s == TAD_OK;) {
        tad__lane_points now = {tad__min(w->p->lanes, points - *done), TAD__NO_REF};
        load(w, *done, now.n);
        s = run_steps(&l, &now);
        if (s != TAD_OK) break;
        store(w, *done, now.n);
        *done += now.n;
        if (now.decision != TAD__NO_REF) s = tad__decided_otherwise(w, now.decision);
    }
    add_lane_sums(w);
    return s;
}
