/* Views: where the elements of a result lie in the operand's memory. Rests on view.h. */
#include "view.h"

#include "ops/axes.h"

bool tad__view_in_order(const tad_call_frame *c, tad_array *out) {
    (void)out; /* row-major strides are set already */
    return c->in[0]->contiguous;
}

tad_status tad__view_forward(const tad_call_frame *c) {
    const tad_array *x = c->in[0];
    tad__header h;
    tad_shape shape = tad__shape_of(c->out[0]);
    tad_array *seen = tad__lay_out(&h, x, &shape);
    if (c->op->view(c, seen)) {
        tad__array_seen(seen);
        tad__copy(c->compute, c->out[0], seen);
    } else { /* the output is filled as an array of x's shape */
        shape = tad__shape_of(x);
        tad__copy(c->compute, tad__lay_out(&h, c->out[0], &shape), x);
    }
    return TAD_OK;
}

/* ---- as C ---- */

static const char nowhere[1]; /* nothing is read there */

void *tad__nowhere(void) { return (void *)(uintptr_t)nowhere; }

int64_t tad__offset(const tad_array *seen) {
    return ((const char *)seen->data - nowhere) / (int64_t)tad__width(seen->dtype);
}

void tad__view_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_array *x = c->in[0], *y = c->out[0];
    tad__header h;
    tad_shape shape = tad__shape_of(y);
    tad_array *seen = tad__lay_out(&h, x, &shape);
    seen->data = tad__nowhere();
    if (c->op->view(c, seen)) {
        tad__c_move(to, &(tad__c_seen){"out0", y, 0},
                    &(tad__c_seen){"in0", seen, tad__offset(seen)});
    } else {
        shape = tad__shape_of(x);
        tad__c_move(to, &(tad__c_seen){"out0", tad__lay_out(&h, y, &shape), 0},
                    &(tad__c_seen){"in0", x, 0});
    }
}

/* ---- backward ---- */

tad_status tad__view_backward(tad_backward *b) {
    const tad_array *g = b->cotangent[0];
    bool fresh;
    if (!g || !b->wanted[0]) return TAD_OK;
    tad_array *x = tad_backward_buffer(b, 0, &fresh);
    if (!x) return TAD_NO_MEMORY;
    tad__header h;
    tad_shape shape = tad__shape_of(g);
    tad_array *seen = tad__lay_out(&h, x, &shape);
    tad_call_frame onto = b->call;
    onto.in = (const tad_array *const[]){x};
    b->call.op->view(&onto, seen); /* the buffer is contiguous: always possible */
    if (fresh && g->size < x->size) tad__clear(b->call.compute, x);
    tad__put(b->call.compute, seen, g, !fresh);
    return TAD_OK;
}

tad_status tad__with_new_axis(const tad_call_frame *c, int64_t axis, int64_t size, tad_type *out) {
    const tad_array *x = c->in[0];
    int at;
    if (x->rank == TAD_MAX_RANK)
        return tad_fail(c, TAD_TOO_LARGE, "rank %d is the largest", TAD_MAX_RANK);
    if (tad__one_axis(c, axis, x->rank + 1, &at)) return TAD_BAD_AXIS;
    *out = (tad_type){(tad_dtype)x->dtype, {x->rank + 1, {0}}};
    for (int i = 0; i <= x->rank; i++) out->shape.dim[i] = i == at ? size : x->dim[i - (i > at)];
    return TAD_OK;
}
