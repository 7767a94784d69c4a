/* A step, frozen, as often as one likes: see recurrence.h. */
#include "recurrence.h"

#include <stdlib.h>
#include <string.h>

/* ---- programs of a step ---- */

/* The variables of a recording; they lie as r->state and r->next do. */
typedef struct recording {
    tad_tape *t;
    tad_var *in, *more, *out;
    size_t x, n, n_more, n_out; /* state and shared; data too; further inputs */
} recording;

static void record(const gb_recurrence *r, recording *c, gb_step *step, void *user) {
    c->t = tad_tape_new(NULL);
    c->x = r->size + r->shared_size;
    c->n = c->x + r->data_size;
    c->in = gb_memory((c->n + c->x) * sizeof *c->in);
    c->more = c->in + c->n;
    c->out = gb_memory((c->x + r->size) * sizeof *c->out);
    for (size_t i = 0; i < c->n + c->x; i++)
        c->in[i] = tad_scalar(c->t, 0.5 + 0.5 / (double)(i + 1));
    step(c->in, c->in + r->size, c->in + c->x, c->out, user);
    c->n_out = r->size;
}

static void record_back(const gb_recurrence *r, recording *c) {
    gb_tape_must(tad_grad(c->out, c->more, r->size, c->in, c->x, c->out), c->t);
    c->n_more = r->size;
    c->n_out = c->x;
}

static void record_tangent(const gb_recurrence *r, recording *c) {
    tad_var *to = c->out + r->size;
    gb_tape_must(tad_tangent(c->out, r->size, c->in, c->more, c->x, to), c->t);
    c->n_more = c->x;
    c->n_out = 2 * r->size;
}

/* Rolled up, loops over numbers become vectors again. */
static tad_workspace *freeze(const gb_recurrence *r, gb_step *step, void *user, gb_mode mode) {
    const tad_freeze_options options = {.roll_up = true, .allow_constant_outputs = true};
    recording c = {0};
    record(r, &c, step, user);
    if (mode == GB_BACK) record_back(r, &c);
    if (mode == GB_TANGENT) record_tangent(r, &c);
    const size_t n = c.n + c.n_more;
    tad_workspace *w = gb_freeze_recorded(c.t, c.in, n, c.out, c.n_out, &options);
    double *to = mode == GB_BACK ? r->gradients : r->next;
    gb_run_must(tad_bind_numbers_in(w, 0, n, r->state), w);
    gb_run_must(tad_bind_numbers_out(w, 0, c.n_out, to), w);
    free(c.in);
    free(c.out);
    return w;
}

void gb_recurrence_freeze(gb_recurrence *r, gb_step *step, void *user, gb_mode mode) {
    const size_t x = r->size + r->shared_size;
    if (!r->state) {
        r->state = gb_memory((2 * x + r->data_size) * sizeof(double));
        r->shared = r->state + r->size;
        r->data = r->state + x;
        r->more = r->data + r->data_size;
        r->next = gb_memory(2 * r->size * sizeof(double));
        r->gradients = gb_memory(x * sizeof(double));
    }
    if (!r->program[GB_VALUE]) r->program[GB_VALUE] = freeze(r, step, user, GB_VALUE);
    if (!r->program[mode]) r->program[mode] = freeze(r, step, user, mode);
}

/* ---- steps ---- */

static void copy(double *to, const double *from, size_t n) {
    if (n) memcpy(to, from, n * sizeof *to);
}

/* For another step and its end. */
static void make_room(gb_recurrence *r) {
    if (r->count + 1 < r->room) return;
    r->room = 2 * r->room + 64;
    r->states = realloc(r->states, r->room * r->size * sizeof(double));
    r->kept = realloc(r->kept, (r->room * r->data_size + 1) * sizeof(double));
    if (!r->states || !r->kept) gb_fail("no memory");
}

void gb_recurrence_begin(gb_recurrence *r, const double *state, const double *shared,
                         gb_mode mode) {
    r->count = 0;
    r->mode = mode;
    make_room(r);
    copy(r->states, state, r->size);
    copy(r->state, state, r->size);
    copy(r->shared, shared, r->shared_size);
    if (mode == GB_TANGENT) memset(r->more, 0, r->size * sizeof(double));
}

void gb_recurrence_try(gb_recurrence *r) {
    gb_run(r->program[r->mode == GB_TANGENT ? GB_TANGENT : GB_VALUE]);
}

void gb_recurrence_keep(gb_recurrence *r) {
    make_room(r);
    copy(r->kept + r->count * r->data_size, r->data, r->data_size);
    r->count++;
    copy(r->states + r->count * r->size, r->next, r->size);
    copy(r->state, r->next, r->size);
    if (r->mode == GB_TANGENT) copy(r->more, r->next + r->size, r->size);
}

void gb_recurrence_back(gb_recurrence *r, const double *cotangent, double *gradient) {
    const double *part = r->gradients + r->size;
    memset(gradient, 0, r->shared_size * sizeof *gradient);
    copy(r->more, cotangent, r->size);
    for (size_t i = r->count; i-- > 0;) {
        copy(r->state, r->states + i * r->size, r->size);
        copy(r->data, r->kept + i * r->data_size, r->data_size);
        gb_run(r->program[GB_BACK]);
        copy(r->more, r->gradients, r->size);
        for (size_t k = 0; k < r->shared_size; k++) gradient[k] += part[k];
    }
}

void gb_gradient(tad_var y, const tad_var *x, size_t n, bool reverse, tad_var *gradient) {
    enum { MOST = 8 };
    tad_tape *t = tad_tape_of(y);
    tad_var along[MOST];
    if (reverse) {
        gb_tape_must(tad_grad(&y, NULL, 1, x, n, gradient), t);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) along[k] = tad_number(k == i);
        gb_tape_must(tad_tangent(&y, 1, x, along, n, &gradient[i]), t);
    }
}
