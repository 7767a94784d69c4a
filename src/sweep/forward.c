/* The public numeric sweeps: tad_forward, tad_forward_over_reverse. Rests on forward.h. */
#include "forward.h"
#include "table.h"

#include "tape/error.h"

static tad_status detach_all(tad_tape *t, tad_var *v, size_t n) {
    for (size_t k = 0; k < n && t->error.status == TAD_OK; k++) v[k] = tad_detach(v[k]);
    return t->error.status;
}

/* ---- forward ---- */

tad_status tad__forward(tad__numeric *s, const tad_var *x, const tad_var *tangent, size_t nx,
                        tad_var *out) {
    tad_tape *t = s->t;
    if (tad__looks_closely(t)) {
        tad_status status = tad_tangent(s->y, s->ny, x, tangent, nx, out);
        return status == TAD_OK ? detach_all(t, out, s->ny) : status;
    }
    if (!tad__numeric_begin(s, x, nx, false)) return t->error.status;
    tad_status status = tad__numeric_push(s, x, tangent, nx);
    for (size_t k = 0; k < s->ny && status == TAD_OK; k++)
        out[k] = tad__numeric_tangent(s, s->y[k]);
    tad__numeric_end(s);
    return t->error.status;
}

tad_status tad_forward(const tad_var *y, size_t ny, const tad_var *x, const tad_var *tangent,
                       size_t nx, tad_var *out) {
    tad_tape *t = tad__tape_of_tangents("forward", y, ny, x, tangent, nx, out);
    tad__numeric s = {.t = t, .what = "forward", .y = y, .ny = ny};
    if (t && t->error.status == TAD_OK && tad__numeric_check(&s, x, nx))
        tad__forward(&s, x, tangent, nx, out);
    return tad__finish(t, out, ny);
}

/* ---- forward over reverse ---- */

static tad_status recorded_product(tad__numeric *s, const tad__gradient_product *p) {
    tad_tape *t = s->t;
    tad_var *gradient = tad__buffers_take(&t->buffers, (p->n + 1) * sizeof *gradient);
    if (!gradient) return tad__no_memory(t, s->what);
    tad_status status = tad_grad(s->y, NULL, 1, p->x, p->n, gradient);
    if (status == TAD_OK) status = tad_tangent(gradient, p->n, p->x, p->v, p->n, p->product);
    if (status == TAD_OK) status = detach_all(t, p->product, p->n);
    for (size_t k = 0; k < p->n && p->gradient && status == TAD_OK; k++)
        p->gradient[k] = tad_detach(gradient[k]);
    tad__buffers_give(&t->buffers, gradient);
    return t->error.status;
}

tad_status tad__forward_over_reverse(tad__numeric *s, const tad__gradient_product *p) {
    tad_tape *t = s->t;
    if (tad__looks_closely(t)) return recorded_product(s, p);
    if (!tad__numeric_begin(s, p->x, p->n, true)) return t->error.status;
    tad_status status = tad__numeric_push(s, p->x, p->v, p->n);
    if (status == TAD_OK) status = tad__numeric_pull(s, *s->y, p->x, p->n);
    for (size_t k = 0; k < p->n && status == TAD_OK; k++) {
        const tad_var x = p->x[k];
        if (p->gradient) p->gradient[k] = tad__numeric_adjoint(s, x);
        p->product[k] = tad__numeric_adjoint_tangent(s, x);
        status = t->error.status;
    }
    tad__numeric_end(s);
    return t->error.status;
}

static bool is_one_element(tad_tape *t, tad_var y) {
    char text[TAD__SHAPE_ROOM];
    tad_shape shape = tad_shape_of(y);
    if (t->error.status != TAD_OK) return false;
    if (tad_size_of(y) == 1) return true;
    tad__fail(t, TAD_BAD_SHAPE,
              "forward over reverse: the result has shape %s, it must be one element",
              tad__shape_text(&shape, text, sizeof text));
    return false;
}

tad_status tad_forward_over_reverse(tad_var y, const tad_var *x, const tad_var *v, size_t n,
                                    tad_var *gradient, tad_var *product) {
    tad_tape *t = tad__tape_of_either(&y, 1, x, n);
    if (tad__is_missing(x, n) || tad__is_missing(v, n) || tad__is_missing(product, n))
        tad__fail(t, TAD_BAD_ARGUMENT,
                  "forward over reverse: a list of variables, or the place for the product, is "
                  "NULL");
    tad__numeric s = {.t = t, .what = "forward over reverse", .y = &y, .ny = 1};
    if (t && t->error.status == TAD_OK && is_one_element(t, y) && tad__numeric_check(&s, x, n))
        tad__forward_over_reverse(&s, &(tad__gradient_product){x, v, n, gradient, product});
    tad__finish(t, gradient, n);
    return tad__finish(t, product, n);
}
