/* Programs of single numbers at many points: some points together, each number a row of their
 * values, by the kernels of arrays. What all points share is computed once. Rests on workspace.h.
 */
#include <string.h>

#include "workspace.h"

/* A number has the row of its slot. A step that depends on nothing but what all points share has a
 * row of its own behind those, which no other step writes: there are as many as steps. */

void tad__find_lanes(tad_program *p) {
    enum { NUMBERS_AT_ONCE = 4096, MOST = 64, LEAST = 8 };
    bool numbers = p->slots > 0 && p->slots <= NUMBERS_AT_ONCE / LEAST;
    for (size_t k = 0; k < p->step.count; k++) numbers &= p->step.item[k].kind == TAD__NUMBERS;
    for (size_t k = 0; k < p->n_in; k++) numbers &= !tad__is_array_ref(p->in[k].value);
    for (size_t k = 0; k < p->n_out; k++) numbers &= !tad__is_array_ref(p->out[k].value);
    if (numbers) p->lanes = tad__min(MOST, NUMBERS_AT_ONCE / p->slots / LEAST * LEAST);
}

/* Long programs would need much memory for it. */
size_t tad__steps_to_share(const tad_program *p) {
    enum { MOST_STEPS = 512 };
    return p->lanes && p->number.count <= MOST_STEPS ? p->number.count : 0;
}

static double *row_at(const tad_workspace *w, size_t row) { return w->lane + row * w->p->lanes; }

/* ---- what all points share ---- */

/* Marks its row, until all steps are placed. */
#define SHARED 0x80000000u

static void repeat(const tad_workspace *w, uint32_t slot, const void *at) {
    double *row = row_at(w, slot), number;
    memcpy(&number, at, sizeof number);
    for (size_t i = 0; i < w->p->lanes; i++) row[i] = number;
    w->row_of[slot] = slot | SHARED;
}

/* Constants, parameters, and inputs that are bound once; no step writes there. */
static void repeat_known(const tad_workspace *w) {
    const tad_program *p = w->p;
    for (size_t k = 0; k < p->slots; k++) w->row_of[k] = (uint32_t)k;
    for (size_t k = 0; k < p->constant.count; k++)
        repeat(w, p->constant.item[k].slot, &p->constant.item[k].number);
    for (size_t k = 0; k < p->parameter.count; k++)
        repeat(w, p->parameter.item[k].value, &w->number[p->parameter.item[k].value]);
    for (size_t k = 0; k < p->n_in; k++)
        if (!w->each_in[k].given) repeat(w, p->in[k].value, w->in[k]);
}

static void run_step(const tad_workspace *w, const tad__number_step *s, size_t n) {
    const tad_program *p = w->p;
    const void *in[3] = {row_at(w, s->a), NULL, NULL};
    if (!s->options) in[1] = row_at(w, s->b), in[2] = row_at(w, s->c);
    p->kernels->row[s->row].forward[TAD_F64](n, in, row_at(w, s->to), tad__number_options(p, s));
}

/* Where a step's operand lies now; *shared: as long as all are so. */
static uint32_t place(const tad_workspace *w, uint32_t slot, bool *shared) {
    const uint32_t row = w->row_of[slot];
    *shared &= (row & SHARED) != 0;
    return row & ~SHARED;
}

/* The step on rows instead of slots; true: it is the same for all points. */
static bool place_step(const tad_workspace *w, size_t k, tad__number_step *s) {
    const uint8_t operands = w->p->basis->row[s->row].max_in;
    const uint32_t to = s->to;
    bool shared = true;
    s->a = place(w, s->a, &shared);
    if (!s->options) {
        s->b = operands > 1 ? place(w, s->b, &shared) : s->a;
        s->c = operands > 2 ? place(w, s->c, &shared) : s->a;
    }
    if (shared) s->to = (uint32_t)(w->p->slots + k);
    w->row_of[to] = s->to | (shared ? SHARED : 0);
    return shared;
}

/* Runs what is the same for all points, and lists the other steps; how many. */
static size_t share_steps(const tad_workspace *w) {
    size_t left = 0;
    for (size_t k = 0; k < w->p->number.count; k++) {
        tad__number_step s = w->p->number.item[k];
        if (place_step(w, k, &s))
            run_step(w, &s, w->p->lanes);
        else
            w->point_step[left++] = s;
    }
    return left;
}

/* From here on it is the row alone that counts. */
static void forget_shared(const tad_workspace *w) {
    for (size_t k = 0; k < w->p->slots; k++) w->row_of[k] &= ~SHARED;
}

/* ---- reading and writing points ---- */

/* Numbers of n points that lie `step` bytes apart. */
static void load_row(double *row, const char *from, size_t step, size_t n) {
    if (step == sizeof *row)
        memcpy(row, from, n * sizeof *row);
    else
        for (size_t i = 0; i < n; i++) memcpy(row + i, from + i * step, sizeof *row);
}

static void store_row(const double *row, char *to, size_t step, size_t n) {
    if (step == sizeof *row)
        memcpy(to, row, n * sizeof *row);
    else
        for (size_t i = 0; i < n; i++) memcpy(to + i * step, row + i, sizeof *row);
}

static void load(const tad_workspace *w, size_t first, size_t n) {
    for (size_t k = 0; k < w->p->n_in; k++) {
        const tad__each *each = &w->each_in[k];
        if (each->given)
            load_row(row_at(w, w->p->in[k].value), (const char *)w->in[k] + first * each->step,
                     each->step, n);
    }
}

static void store(const tad_workspace *w, size_t first, size_t n) {
    for (size_t k = 0; k < w->p->n_out; k++) {
        const tad__each *each = &w->each_out[k];
        const double *row = row_at(w, w->row_of[w->p->out[k].value]);
        if (each->sum)
            w->p->kernels->add[TAD_F64](n, row, w->out[k]);
        else
            store_row(row, (char *)w->out[k] + first * each->step, each->step, n);
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

/* Whether compiled steps take for each point what is bound for each. */
static bool is_compiled(const tad_workspace *w) {
    bool fits = w->p->compiled_lanes != NULL;
    for (size_t k = 0; k < w->p->n_in && fits; k++)
        fits = w->each_in[k].given == (w->p->compiled_each[k] != 0);
    return fits;
}

/* Compiled steps run at as many points as there are lanes: behind the last point it stands again.
 */
static void fill_rows(const tad_workspace *w, size_t n) {
    for (size_t k = 0; k < w->p->n_in; k++) {
        double *row = row_at(w, w->p->in[k].value);
        for (size_t i = n; i < w->p->lanes; i++) row[i] = row[n - 1];
    }
}

static void run_compiled_lanes(const tad_workspace *w, size_t points) {
    const size_t lanes = w->p->lanes;
    w->p->compiled_lanes(w->lane, true);
    for (size_t i = 0; i < points; i += lanes) {
        const size_t n = tad__min(lanes, points - i);
        load(w, i, n);
        fill_rows(w, n);
        w->p->compiled_lanes(w->lane, false);
        store(w, i, n);
    }
}

void tad__run_lanes(tad_workspace *w, size_t points) {
    const tad__number_step *step = w->p->number.item;
    size_t steps = w->p->number.count;
    repeat_known(w);
    if (is_compiled(w)) {
        forget_shared(w);
        clear_lane_sums(w);
        run_compiled_lanes(w, points);
        add_lane_sums(w);
        return;
    }
    if (tad__steps_to_share(w->p)) {
        steps = share_steps(w);
        step = w->point_step;
    }
    forget_shared(w);
    clear_lane_sums(w);
    for (size_t i = 0; i < points; i += w->p->lanes) {
        const size_t n = tad__min(w->p->lanes, points - i);
        load(w, i, n);
        for (size_t k = 0; k < steps; k++) run_step(w, &step[k], n);
        store(w, i, n);
    }
    add_lane_sums(w);
}
