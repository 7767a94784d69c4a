/* Largest elements of windows: values, gradients, C. Rests on planes.h, pool.h and c_text.h. */
#include <stddef.h>

#include "array/c_text.h"
#include "ops/operands.h"
#include "ops/place/indexed.h"
#include "planes.h"
#include "pool.h"

/* ---- values ---- */

static void values_of_planes(void *arg, size_t first, size_t end) {
    const tad__planes *p = arg;
    for (size_t i = first; i < end; i++) {
        const void *x = tad__plane(p->image, i);
        void *y = tad__plane(p->windows, i), *at = p->places ? tad__plane(p->places, i) : NULL;
        if (p->image->dtype == TAD_F64)
            tad__pool_max_f64(&p->f64, x, y, at);
        else
            tad__pool_max_f32(&p->f32, x, y, at);
    }
}

static void find(const tad_call_frame *c, const tad_array *values, const tad_array *places) {
    const tad__windows w = tad__pool_windows(c);
    tad__planes p;
    tad__planes_of(&p, &w, c->in[0], values);
    p.places = places;
    tad__planes_split(c, &p, values_of_planes);
}

/* The places are kept for a sweep, whether they are a result or not. */
tad_status tad__max_pool_forward(const tad_call_frame *c) {
    const tad_shape shape = tad__shape_of(c->out[0]);
    const tad_array *saved = tad_needs(c, 0) ? tad_save(c, TAD_I64, &shape) : NULL;
    find(c, c->out[0], saved ? saved : c->n_out > 1 ? c->out[1] : NULL);
    if (saved && c->n_out > 1) tad__copy(c->compute, c->out[1], saved);
    return TAD_OK;
}

/* ---- fused derivative ---- */

static void add_to_planes(void *arg, size_t first, size_t end) {
    const tad__planes *p = arg;
    const tad_array *w = p->windows;
    const int64_t each = w->size / w->dim[0] / w->dim[1];
    for (size_t i = first; i < end; i++) {
        const void *g = tad__plane(w, i);
        void *x = tad__plane(p->image, i);
        const int64_t *at = tad__plane(p->places, i);
        if (w->dtype == TAD_F64)
            for (int64_t k = 0; k < each; k++) ((double *)x)[at[k]] += ((const double *)g)[k];
        else
            for (int64_t k = 0; k < each; k++) ((float *)x)[at[k]] += ((const float *)g)[k];
    }
}

/* The places of the largest elements, saved or found again. NULL: no memory. */
static const tad_array *places_of(const tad_backward *b) {
    const tad_array *saved = tad_saved(b), *g = b->cotangent[0];
    const tad_shape shape = tad__shape_of(g);
    if (saved) return saved;
    const tad_array *values = tad__scratch_array(b->call.compute, (tad_dtype)g->dtype, &shape),
                    *places = tad__scratch_array(b->call.compute, TAD_I64, &shape);
    if (!values || !places) return NULL;
    find(&b->call, values, places);
    return places;
}

tad_status tad__max_pool_backward(tad_backward *b) {
    bool fresh;
    if (!b->cotangent[0] || !b->wanted[0]) return TAD_OK;
    const tad_array *places = places_of(b), *into = tad_backward_buffer(b, 0, &fresh);
    const tad__windows w = tad__pool_windows(&b->call);
    tad__planes p;
    if (!places || !into) return TAD_NO_MEMORY;
    if (fresh) tad__clear(b->call.compute, into);
    tad__planes_of(&p, &w, into, b->cotangent[0]);
    p.places = places;
    tad__planes_split(&b->call, &p, add_to_planes);
    return TAD_OK;
}

/* ---- rules ---- */

/* The places, each in its plane, as (N, C, windows). */
static tad_var places_var(const tad_rule *r) {
    tad__window_options o = *(const tad__window_options *)r->options;
    tad_var out[2] = {r->out[0], r->out[0]};
    o.return_indices = true;
    if (r->n_out > 1)
        out[1] = r->out[1];
    else
        tad_apply(r->op, r->in, 1, &o, out, 2);
    return out[1];
}

/* x with all axes behind the first two as one. */
static tad_var flat(tad_var x) {
    const tad_shape s = tad_shape_of(x);
    int64_t plane = 1;
    for (int i = 2; i < s.rank; i++) plane *= s.dim[i];
    return tad_reshape(x, TAD_SHAPE(s.dim[0], s.dim[1], plane));
}

void tad__max_pool_vjp(tad_rule *r) {
    const tad_shape x = tad_shape_of(r->in[0]);
    const tad_shape planes = tad_shape_of(flat(r->in[0]));
    r->result[0] =
        tad_reshape(tad__gather_put(flat(r->given[0]), flat(places_var(r)), planes, 2), x);
}

void tad__max_pool_jvp(tad_rule *r) {
    const tad_var taken = tad_gather(flat(r->given[0]), flat(places_var(r)), 2);
    r->result[0] = tad_reshape(taken, tad_shape_of(r->out[0]));
}

/* ---- as C ---- */

void tad__max_pool_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_array *x = c->in[0], *y = c->out[0];
    const bool has_places = c->n_out > 1;
    const tad__windows w = tad__pool_windows(c);
    ptrdiff_t step[TAD__WINDOW_AXES];
    tad__window_steps(x, step);
    if (y->size == 0) {
        tad_c_put(to, "(void)in0, (void)out0%s;\n", has_places ? ", (void)out1" : "");
        return;
    }
    tad_c_put(to, "{\n");
    tad__c_windows(to, &w, step, x->dtype);
    tad__c_open_planes(to, x);
    tad_c_put(to, "%s(&p, in0", tad__c_part(to, "pool_max", x->dtype));
    tad__c_plane(to, x);
    tad_c_put(to, ", out0");
    tad__c_plane(to, y);
    tad_c_put(to, has_places ? ", out1" : ", NULL");
    if (has_places) tad__c_plane(to, y);
    tad_c_put(to, ");\n}\n}\n");
}
