/* Outputs that are computed where the caller wants them, instead of being copied there: where no
 * run can fail and nothing else lies in that memory. Rests on workspace.h. */
#include "workspace.h"

#include "tape/arrays.h"

/* ---- what a program allows ---- */

static bool can_fail(const tad_program *p) {
    bool checked = p->decision.count > 0;
    for (size_t k = 0; k < p->call.count; k++) checked |= p->call.item[k].checked;
    return checked;
}

/* Whether something else is called this array or shows it. */
static bool is_shared(const tad_program *p, size_t out) {
    const uint32_t at = tad__position(p->out[out].value);
    bool shared = false;
    for (size_t k = 0; k < p->n_out; k++)
        shared |= k != out && tad__is_array_ref(p->out[k].value) &&
                  p->array.item[tad__position(p->out[k].value)].root == at;
    for (size_t k = 0; k < p->array.count; k++) shared |= k != at && p->array.item[k].root == at;
    return shared;
}

void tad__find_direct(tad_program *p) {
    enum { MOST = 64 }; /* each is compared with everything */
    if (can_fail(p) || p->n_out > MOST || p->n_in > MOST) return;
    for (size_t k = 0; k < p->n_out; k++) {
        const tad__ref r = p->out[k].value;
        if (!tad__is_array_ref(r)) continue;
        const tad__array_value *v = &p->array.item[tad__position(r)];
        p->out[k].direct =
            v->home == TAD__PLANNED && v->root == tad__position(r) && !is_shared(p, k);
    }
}

/* ---- what the bindings allow ---- */

static bool overlap(const void *a, size_t a_bytes, const void *b, size_t b_bytes) {
    const uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;
    return x < y + b_bytes && y < x + a_bytes;
}

static bool lies_in_a_parameter(const tad_workspace *w, const void *data, size_t bytes) {
    const tad_program *p = w->p;
    for (size_t k = 0; k < p->parameter.count; k++) {
        tad__view view;
        const tad_array *a = tad__value(p->anchor.tape, p->parameter.item[k].var.u.at.index, &view);
        if (overlap(data, bytes, a->data, (size_t)a->size * tad__width(a->dtype))) return true;
    }
    return false;
}

static bool is_alone(const tad_workspace *w, size_t out) {
    const tad_program *p = w->p;
    const size_t bytes = tad__type_bytes(&p->out[out].type);
    const void *data = w->out[out];
    for (size_t k = 0; k < p->n_in; k++)
        if (overlap(data, bytes, w->in[k], tad__type_bytes(&p->in[k].type))) return false;
    for (size_t k = 0; k < p->n_out; k++)
        if (k != out && overlap(data, bytes, w->out[k], tad__type_bytes(&p->out[k].type)))
            return false;
    return !lies_in_a_parameter(w, data, bytes);
}

/* Compiled steps are told where these are, behind what else they are told. */
void tad__place_outputs(tad_workspace *w) {
    const tad_program *p = w->p;
    const void **told = w->in + tad__first_told_output(p);
    for (size_t k = 0; k < p->n_out; k++) {
        if (!p->out[k].direct) continue;
        const uint32_t at = tad__position(p->out[k].value);
        w->array[at].data = is_alone(w, k) ? w->out[k] : w->arrays + p->array.item[at].offset;
        told[k] = w->array[at].data;
    }
    w->rebound = false;
}
