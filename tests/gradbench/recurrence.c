/* A step, frozen, many times over: see recurrence.h. */
#include "recurrence.h"

#include <string.h>

enum { STATE, SHARED, DATA };

/* The gradients by state and by what is shared, for a cotangent of the new state. */
static tad_workspace *freeze_back(const gb_recurrence *r, tad_fn *f, void *user) {
    const bool has_data = r->data.rank >= 0;
    tad_tape *t = tad_tape_new(NULL);
    tad_var in[4], out[2];
    in[STATE] = tad_input(t, TAD_F64, r->state, NULL);
    in[SHARED] = tad_input(t, TAD_F64, r->shared, NULL);
    if (has_data) in[DATA] = tad_constant(t, TAD_F64, r->data, NULL);
    tad_var y = f(t, in, has_data ? 3 : 2, user);
    tad_var cotangent = in[has_data ? 3 : 2] = tad_constant(t, TAD_F64, r->state, NULL);
    gb_tape_must(tad_grad(&y, &cotangent, 1, in, 2, out), t);
    return gb_freeze_recorded(t, in, has_data ? 4 : 3, out, 2, NULL);
}

void gb_recurrence_freeze(gb_recurrence *r, tad_fn *f, void *user, bool gradient) {
    const tad_shape in[3] = {r->state, r->shared, r->data};
    r->forward = gb_freeze(f, user, in, r->data.rank >= 0 ? 3 : 2, TAD_GIVE_VALUE);
    if (!gradient) return;
    for (int i = 0; i < 2; i++) r->adjoint[i] = gb_memory(r->size * sizeof(double));
    r->part = gb_memory(r->shared_size * sizeof(double));
    r->back = freeze_back(r, f, user);
    gb_bind_out(r->back, SHARED, r->shared, r->part);
}

static void bind_step(const gb_recurrence *r, tad_workspace *w, size_t step, const double *data) {
    gb_bind_in(w, STATE, r->state, r->states + step * r->size);
    if (data) gb_bind_in(w, DATA, r->data, data + step * r->data_step);
}

const double *gb_recurrence_run(gb_recurrence *r, const double *shared, const double *data) {
    gb_bind_in(r->forward, SHARED, r->shared, shared);
    for (size_t i = 0; i < r->steps; i++) {
        bind_step(r, r->forward, i, data);
        gb_bind_out(r->forward, 0, r->state, r->states + (i + 1) * r->size);
        gb_run(r->forward);
    }
    return r->states + r->steps * r->size;
}

void gb_recurrence_back(gb_recurrence *r, const double *shared, const double *data,
                        double *gradient) {
    tad_workspace *w = r->back;
    gb_bind_in(w, SHARED, r->shared, shared);
    memset(gradient, 0, r->shared_size * sizeof *gradient);
    for (size_t i = r->steps; i-- > 0;) {
        const size_t here = (r->steps - 1 - i) % 2;
        bind_step(r, w, i, data);
        gb_bind_in(w, data ? 3 : 2, r->state, r->adjoint[here]);
        gb_bind_out(w, STATE, r->state, r->adjoint[!here]);
        gb_run(w);
        for (size_t k = 0; k < r->shared_size; k++) gradient[k] += r->part[k];
    }
}
