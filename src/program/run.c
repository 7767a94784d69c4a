/* Running a program. Takes no memory. Rests on workspace.h and poison.h. */
#include <stdio.h>
#include <string.h>

#include "moments.h"
#include "poison.h"

#include "array/view.h"
#include "tape/arrays.h"
#include "tape/handle.h"

/* ---- what is read where it lies ---- */

static tad_status parameter_is_gone(tad_workspace *w) {
    return tad__workspace_fail(w, TAD_BAD_HANDLE,
                               "run: a parameter that the program reads where it lies is no more; "
                               "copy_parameters makes a program that does without");
}

static const char *data_of_parameter(const tad_program *p, uint32_t k) {
    tad__view view;
    tad_tape *t = p->anchor.tape;
    return tad__value(t, p->parameter.item[k].var.u.at.index, &view)->data;
}

static tad_status read_parameters(tad_workspace *w) {
    const tad_program *p = w->p;
    tad_tape *t = p->anchor.tape;
    for (size_t k = 0; k < p->parameter.count; k++) {
        const tad__parameter *parameter = &p->parameter.item[k];
        if (!t || !tad__is_living(t, parameter->var)) return parameter_is_gone(w);
        if (tad__is_array_ref(parameter->value))
            w->in[p->n_in + k] = data_of_parameter(p, (uint32_t)k);
        else
            w->number[parameter->value] = tad__at(t, parameter->var.u.at.index)->value.number;
    }
    return TAD_OK;
}

/* Numbers among the inputs have their places one after the other. */
static void read_numbers(tad_workspace *w) {
    const tad_program *p = w->p;
    const tad__row_of_numbers row = w->row_in;
    if (row.n) memcpy(&w->number[p->in[row.first].value], row.data, row.n * sizeof(double));
    for (size_t k = 0; k < p->n_in; k++) {
        if (row.n && k == row.first) k += row.n;
        if (k < p->n_in && !tad__is_array_ref(p->in[k].value))
            memcpy(&w->number[p->in[k].value], w->in[k], sizeof(double));
    }
}

static void read_inputs(tad_workspace *w) {
    const tad_program *p = w->p;
    read_numbers(w);
    for (size_t k = 0; k < p->moving.count; k++) {
        const uint32_t i = p->moving.item[k];
        const tad__array_value *v = &p->array.item[i];
        const char *base = v->home == TAD__BOUND ? w->in[v->of] : data_of_parameter(p, v->of);
        w->array[i].data = (void *)(uintptr_t)(base + v->offset);
    }
}

/* ---- steps ---- */

/* What recording would check again. */
static tad_status check_call(const tad_call_frame *frame) {
    tad_type type[TAD_MAX_OUTPUTS];
    tad_call_frame f = *frame;
    f.out = NULL;
    tad_status s = f.op->shape(&f, type, &f.n_out);
    if (s != TAD_OK) return s;
    bool same = f.n_out == frame->n_out;
    for (size_t k = 0; k < frame->n_out && same; k++) {
        const tad_shape shape = tad__shape_of(frame->out[k]);
        same = type[k].dtype == (tad_dtype)frame->out[k]->dtype &&
               tad__shape_equal(&type[k].shape, &shape);
    }
    return same ? TAD_OK
                : tad_fail(frame, TAD_BRANCH, "the result would have another shape than recorded");
}

tad_status tad__run_call(tad_workspace *w, size_t call, const tad_call_frame *frame) {
    w->running = &w->p->call.item[call];
    tad_status status = w->running->checked ? check_call(frame) : TAD_OK;
    if (status == TAD_OK) status = frame->op->forward(frame);
    w->scratch_used = tad__max(w->scratch_used, w->scratch.used);
    tad__arena_release(&w->scratch, (tad__arena_mark){0, 0});
    if (status != TAD_OK && !*w->message)
        tad__workspace_fail(w, status, "run: %s: %s", frame->op->name, tad_status_text(status));
    return status;
}

static tad_status run_calls(tad_workspace *w, const tad__step *s) {
    tad_status status = TAD_OK;
    for (uint32_t k = s->at; k < s->at + s->count && status == TAD_OK; k++)
        status = tad__run_call(w, k, &w->frame[k]);
    return status;
}

tad_status tad__decided_otherwise(tad_workspace *w, uint32_t decision) {
    const tad__decision *d = &w->p->decision.item[decision];
    char place[TAD__SHOWN + 40] = "";
    if (d->place.file)
        snprintf(place, sizeof place, ", recorded at %.*s:%d", TAD__SHOWN, d->place.file,
                 d->place.line);
    return tad__workspace_fail(w, TAD_BRANCH,
                               "run: decision %u%s%.*s%s came out %s, the program is for %s",
                               decision, *d->name ? " " : "", TAD__SHOWN, d->name, place,
                               d->expected ? "false" : "true", d->expected ? "true" : "false");
}

static tad_status check_decisions(tad_workspace *w, const tad__step *s) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__decision *d = &w->p->decision.item[k];
        const uint8_t *now = w->array[tad__position(d->condition)].data;
        if ((bool)*now != d->expected) return tad__decided_otherwise(w, k);
    }
    return TAD_OK;
}

static void draw(tad_workspace *w, const tad__step *s) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__draw_step *d = &w->p->draw.item[k];
        tad_random state = {w->random.seed, w->random.drawn + d->after};
        tad_array number = {.size = 1, .dtype = TAD_F64};
        const bool is_array = tad__is_array_ref(d->to);
        if (!is_array) number.data = &w->number[d->to];
        tad__draw(&d->how, &state, is_array ? &w->array[tad__position(d->to)] : &number);
    }
}

static void copy(tad_workspace *w, const tad__step *s) {
    for (uint32_t k = s->at; k < s->at + s->count; k++) {
        const tad__copy_step *c = &w->p->copy.item[k];
        tad__copy(&w->compute, &w->array[tad__position(c->to)], &w->array[tad__position(c->from)]);
    }
}

static tad_status run_step(tad_workspace *w, const tad__step *s) {
    switch (s->kind) {
    case TAD__NUMBERS:
        tad__run_numbers(w->p, w->p->number.item + s->at, s->count, w->number);
        return TAD_OK;
    case TAD__CALL: return run_calls(w, s);
    case TAD__FUSED:
        for (uint32_t k = s->at; k < s->at + s->count; k++) tad__run_group(w, &w->p->group.item[k]);
        return TAD_OK;
    case TAD__DECIDE: return check_decisions(w, s);
    case TAD__DRAW: draw(w, s); return TAD_OK;
    case TAD__COPY: copy(w, s); return TAD_OK;
    case TAD__ROLLED:
        tad__run_rolled(w->p, w->p->rolled.item + s->at, s->count, w->number);
        return TAD_OK;
    }
    return TAD_OK;
}

/* ---- all of it ---- */

static void write_numbers(const tad_workspace *w, const tad__row_of_numbers *row) {
    const tad__out_run *run = w->p->out_run.item + row->first;
    double *to = w->out[row->first];
    for (size_t k = 0, n; k < row->n; k += n) {
        n = tad__min(run[k].count, row->n - k);
        if (n == 1)
            to[k] = w->number[run[k].value];
        else
            memcpy(to + k, &w->number[run[k].value], n * sizeof *to);
    }
}

static void write_outputs(tad_workspace *w) {
    const tad_program *p = w->p;
    const tad__row_of_numbers row = w->row_out;
    if (row.n) write_numbers(w, &row);
    for (size_t k = 0; k < p->n_out; k++) {
        if (row.n && k == row.first) k += row.n;
        if (k == p->n_out) break;
        const tad__ref r = p->out[k].value;
        if (!tad__is_array_ref(r)) {
            memcpy(w->out[k], &w->number[r], sizeof(double));
            continue;
        }
        if (w->array[tad__position(r)].data == w->out[k]) continue; /* computed there */
        tad__header to;
        tad__array_layout(&to.array, p->out[k].type.dtype, &p->out[k].type.shape);
        to.array.data = w->out[k];
        tad__copy(&w->compute, &to.array, &w->array[tad__position(r)]);
    }
    w->random.drawn += p->draws;
}

static void run_list(const void *program, unsigned first, unsigned count, double *numbers) {
    const tad_program *p = program;
    tad__run_rolled(p, p->rolled.item + first, count, numbers);
}

static tad_status run_compiled(tad_workspace *w) {
    const tad_program *p = w->p;
    const tad_status s = (tad_status)p->compiled(w->in, w->number, w->arrays, run_list, p);
    if (s == TAD_OK) return s;
    return tad__workspace_fail(w, s, "run: compiled steps: %s", tad_status_text(s));
}

/* Moment by moment, so that memory can be poisoned in time. */
static tad_status run_watched(tad_workspace *w) {
    tad__moments m = {.p = w->p};
    tad_status s = TAD_OK;
    while (s == TAD_OK && tad__next_moment(&m)) {
        if (m.now.kind == TAD__FUSED) tad__poison_strips(w);
        s = run_step(w, &m.now);
        tad__poison_dead(w, &m.now, m.next - 1);
    }
    return s;
}

static tad_status run_steps(tad_workspace *w) {
    tad_status s = TAD_OK;
    if (TAD__WATCHED) return run_watched(w);
    for (size_t k = 0; k < w->p->step.count && s == TAD_OK; k++)
        s = run_step(w, &w->p->step.item[k]);
    return s;
}

tad_status tad__run_once(tad_workspace *w) {
    if (w->rebound) tad__place_outputs(w);
    read_inputs(w);
    tad__poison_arrays(w);
    const tad_status s = w->p->compiled ? run_compiled(w) : run_steps(w);
    if (s == TAD_OK) write_outputs(w);
    return s;
}

tad_status tad_run(tad_workspace *w) {
    int64_t points;
    if (!w) return TAD_BAD_ARGUMENT;
    w->message[0] = 0;
    if (w->unbound)
        return tad__workspace_fail(w, TAD_BAD_ARGUMENT, "run: %zu inputs and outputs are not bound",
                                   w->unbound);
    tad_status s = tad__count_points(w, &points);
    if (s == TAD_OK) s = read_parameters(w);
    if (s != TAD_OK) return s;
    if (points < 0) return tad__run_once(w);
    return tad__run_points(w, (size_t)points);
}
