/* What the hooks of ops may call, handed on to whoever runs the op. Rests on hook.h. */
#include "hook.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- failures ---- */

/* "matmul: weights (2,3) x (4,5): " */
static void describe_call(const tad_call_frame *c, char *buf, size_t size) {
    size_t at = (size_t)snprintf(buf, size, "%s: ", c->op->name);
    char text[TAD__SHAPE_ROOM];
    for (size_t i = 0; i < c->n_in && at < size; i++) {
        const char *shape = "none", *name = c->driver->hooks->operand_name(c->driver, i);
        if (c->in[i]) {
            tad_shape s = tad__shape_of(c->in[i]);
            shape = tad__shape_text(&s, text, sizeof text);
        }
        at += (size_t)snprintf(buf + at, size - at, "%s%.*s%s%s", i ? " x " : "", TAD__SHOWN,
                               name ? name : "", name ? " " : "", shape);
    }
    if (c->n_in && at < size) snprintf(buf + at, size - at, ": ");
}

tad_status tad_fail(const tad_call_frame *c, tad_status code, const char *format, ...) {
    char message[400], what[200], call[200];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    describe_call(c, call, sizeof call);
    snprintf(message, sizeof message, "%s%s", call, what);
    return c->driver->hooks->fail(c->driver, code, message);
}

/* ---- memory and threads ---- */

void *tad_scratch(const tad_call_frame *c, size_t bytes) { return tad__scratch(c->compute, bytes); }

const tad_array *tad_contiguous(const tad_call_frame *c, const tad_array *a) {
    return tad__contiguous(c->compute, a);
}

void tad_split(const tad_call_frame *c, size_t n, size_t grain, tad_piece_fn *fn, void *arg) {
    tad__split(c->compute->threads, n, grain ? grain : 1, fn, arg);
}

/* ---- forward ---- */

bool tad_needs(const tad_call_frame *c, size_t i) {
    const tad__hooks *h = c->driver->hooks;
    return h->needs && i < c->n_in && h->needs(c->driver, i);
}

tad_array *tad_save(const tad_call_frame *c, tad_dtype dtype, const tad_shape *shape) {
    const tad__hooks *h = c->driver->hooks;
    return h->save ? h->save(c->driver, dtype, shape) : NULL;
}

/* ---- backward ---- */

tad_array *tad_saved(const tad_backward *b) { return b->call.driver->hooks->saved(b->call.driver); }

tad_array *tad_backward_buffer(tad_backward *b, size_t i, bool *fresh) {
    return b->call.driver->hooks->buffer(b->call.driver, i, fresh);
}

bool tad_backward_is_fresh(const tad_backward *b, size_t i) {
    return b->call.driver->hooks->is_fresh(b->call.driver, i);
}

tad_status tad_backward_pass(tad_backward *b, size_t k, size_t i) {
    bool last = true; /* unless an input after this one wants a gradient of it too */
    for (size_t j = i + 1; j < b->call.n_in; j++) last = last && !b->wanted[j];
    return b->call.driver->hooks->pass(b->call.driver, k, i, last);
}

tad_status tad_backward_pass_last(tad_backward *b, size_t k, size_t i) {
    return b->call.driver->hooks->pass(b->call.driver, k, i, true);
}

tad_array *tad_backward_take(tad_backward *b, size_t k, size_t i) {
    return b->call.driver->hooks->take(b->call.driver, k, i);
}

tad_array *tad_backward_repeat(tad_backward *b, size_t i, const tad_array *few) {
    return b->call.driver->hooks->repeat(b->call.driver, i, few);
}

void tad_backward_pass_saved(tad_backward *b, size_t i) {
    b->call.driver->hooks->pass_saved(b->call.driver, i);
}
