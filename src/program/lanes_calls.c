/* Calls and decisions at some points together: where each element of a result follows from the same
 * elements of the operands alone, the op's own loop over rows does what it would do one by one.
 * Rests on lanes.h. */
#include "lanes.h"

/* ---- which calls ---- */

/* A number, or a single element that no one else's memory holds. */
static bool is_element(const tad_program *p, tad__ref r) {
    if (r == TAD__NO_REF || !tad__is_array_ref(r)) return true;
    const tad__array_value *v = &p->array.item[tad__position(r)];
    return v->array.rank == 0 && (v->home == TAD__PLANNED || v->home == TAD__STORED);
}

static bool call_has_lanes(const tad_program *p, const tad__call_step *c) {
    bool lanes = !c->checked && (c->op->flags & (TAD_OP_POINTWISE | TAD_OP_ELEMENTWISE));
    for (uint32_t k = 0; k < c->n_in + c->n_out && lanes; k++) lanes = is_element(p, c->ref[k]);
    return lanes;
}

bool tad__step_has_lanes(const tad_program *p, const tad__step *s) {
    bool lanes = s->kind == TAD__NUMBERS || s->kind == TAD__CALL || s->kind == TAD__DECIDE;
    for (uint32_t k = s->at; k < s->at + s->count && lanes; k++) {
        if (s->kind == TAD__CALL) lanes = call_has_lanes(p, &p->call.item[k]);
        if (s->kind == TAD__DECIDE) lanes = is_element(p, p->decision.item[k].condition);
    }
    return lanes;
}

size_t tad__numbers_of_calls(const tad_program *p) {
    size_t n = 0;
    for (size_t k = 0; k < p->call.count; k++) {
        const tad__call_step *c = &p->call.item[k];
        for (uint32_t i = c->n_in; i < c->n_in + c->n_out; i++) n += !tad__is_array_ref(c->ref[i]);
    }
    return n;
}

/* ---- rows of operands and results ---- */

/* A call's part of what all have together. */
static size_t first_in(const tad_workspace *w, size_t call) {
    return (size_t)(w->frame[call].in - w->operands);
}

static size_t first_out(const tad_workspace *w, size_t call) {
    return (size_t)(w->frame[call].out - w->results);
}

/* The row as an array of however many points there are. */
static void show(tad_workspace *w, tad__ref r, uint32_t row, tad_array *a) {
    const bool is_array = tad__is_array_ref(r);
    *a = (tad_array){.data = tad__lane_row(w, row),
                     .dim = w->lane_dim,
                     .dtype = is_array ? w->p->array.item[tad__position(r)].array.dtype
                                       : (uint8_t)TAD_F64,
                     .rank = 1,
                     .contiguous = true};
}

static bool place_operands(tad_workspace *w, size_t call) {
    const tad__call_step *c = &w->p->call.item[call];
    const tad_array **in = w->lane_in + first_in(w, call);
    tad_array *array = w->lane_array + first_in(w, call) + first_out(w, call);
    bool shared = true;
    for (uint32_t k = 0; k < c->n_in; k++, array++) {
        in[k] = c->ref[k] == TAD__NO_REF ? NULL : array;
        if (in[k])
            show(w, c->ref[k], tad__lane_place(w, tad__lane_value(w->p, c->ref[k]), &shared),
                 array);
    }
    return shared;
}

bool tad__place_lane_call(tad_workspace *w, size_t call, uint32_t *row) {
    const tad__call_step *c = &w->p->call.item[call];
    const bool shared = place_operands(w, call) && row;
    tad_array **out = w->lane_out + first_out(w, call);
    tad_array *array = w->lane_array + first_in(w, call) + first_out(w, call) + c->n_in;
    for (uint32_t k = 0; k < c->n_out; k++, array++) {
        const tad__ref r = c->ref[c->n_in + k];
        const size_t value = tad__lane_value(w->p, r);
        const uint32_t at = shared && !tad__is_array_ref(r) ? (*row)++ : (uint32_t)value;
        show(w, r, at, out[k] = array);
        w->row_of[value] = at | (shared ? TAD__SHARED_ROW : 0);
    }
    return shared;
}

/* ---- running ---- */

tad_status tad__run_lane_call(tad_workspace *w, size_t call, size_t n) {
    tad_call_frame f = w->frame[call];
    tad_array *array = w->lane_array + first_in(w, call) + first_out(w, call);
    f.in = w->lane_in + first_in(w, call);
    f.out = w->lane_out + first_out(w, call);
    w->lane_dim[0] = (int64_t)n;
    for (size_t k = 0; k < f.n_in + f.n_out; k++) array[k].size = (int64_t)n;
    return tad__run_call(w, call, &f);
}

void tad__decide_lanes(const tad_workspace *w, const tad__step *s, tad__lane_points *points) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__decision *d = &w->p->decision.item[k];
        const size_t row = w->row_of[tad__lane_value(w->p, d->condition)];
        const uint8_t *now = (const uint8_t *)(const void *)tad__lane_row(w, row);
        for (size_t i = 0; i < points->n; i++)
            if ((bool)now[i] != d->expected) *points = (tad__lane_points){i, k};
    }
}
