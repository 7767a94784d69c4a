/* tad_grad: recorded gradients, made by the ops' vjp rules as new variables of the tape. Rests on
 * table.h. */
#include "table.h"

#include "tape/error.h"

static tad_status vjp_of_row(tad__table *s, uint32_t i, const tad__call *c) {
    tad__row_frame f;
    if (!tad__row_frame_make(s, i, c, &f)) return s->t->error.status;
    f.given[0] = tad__table_var(s, i);
    tad_rule r = tad__row_rule_of(s, c, &f);
    c->op->vjp(&r);
    for (uint32_t k = 0; k < c->n_in && s->t->error.status == TAD_OK; k++)
        if (f.wanted[k] && !tad_is_nil(f.result[k]))
            tad__table_add_number(s, c->in[k], f.result[k]);
    return s->t->error.status;
}

static tad_status vjp_of(tad__table *s, uint32_t i) {
    tad__call c;
    tad__frame f;
    if (!tad__call_of(s->t, i, &c)) return TAD_OK;
    if (tad__is_plain_row(s, i, &c)) return vjp_of_row(s, i, &c);
    if (!tad__table_frame(s, i, &c, &f)) return s->t->error.status;
    for (uint32_t k = 0; k < c.n_out; k++) f.given[k] = tad__table_var(s, i + k);
    const tad_var *result = f.rule.result;
    if (c.op->vjp)
        tad__run_rule(c.op->vjp, &f.rule);
    else
        tad__fail(s->t, TAD_NO_RULE, "%s: has no vjp", c.op->name);
    for (uint32_t k = 0; k < c.n_in && s->t->error.status == TAD_OK; k++) {
        if (!f.wanted[k] || tad_is_nil(result[k])) continue;
        tad_shape like = tad_shape_of(f.rule.in[k]);
        if (tad__check_rule_result(s->t, c.op, "vjp", result[k], &like) != TAD_OK) break;
        tad_var g = tad__has_strong_zero(s->t, i, &c)
                        ? s->t->basis->strong_zero(f.given[0], result[k])
                        : result[k];
        if (tad__table_trap(s, i, c.op, g) == TAD_OK)
            tad__table_add(s, c.in[k], tad__fitted(s->t, g, c.in[k]));
    }
    tad__frame_free(&f);
    return s->t->error.status;
}

static bool has_cotangent(const tad__table *s, uint32_t i) {
    tad__call c;
    if (!tad_is_nil(tad__table_var(s, i))) return true;
    if (tad__at(s->t, i)->kind != TAD__MULTI || !tad__call_of(s->t, i, &c)) return false;
    for (uint32_t k = 1; k < c.n_out; k++)
        if (!tad_is_nil(tad__table_var(s, i + k))) return true;
    return false;
}

static tad_status seed_cotangents(tad__table *s, const tad_var *y, const tad_var *ct, size_t ny) {
    for (size_t k = 0; k < ny; k++) {
        tad_var c = ct ? ct[k] : tad_none();
        tad_shape want = tad_shape_of(y[k]), got;
        if (tad_is_none(c) || tad_is_number(c)) {
            if (tad_size_of(y[k]) != 1)
                return tad__fail(s->t, TAD_BAD_SHAPE,
                                 "grad: a result of %lld elements needs a cotangent",
                                 (long long)tad_size_of(y[k]));
            c = tad_full(s->t, tad_dtype_of(y[k]), want, tad_is_number(c) ? c.u.number : 1);
        }
        got = tad_shape_of(c);
        if (tad_is_nil(c) || !tad__shape_equal(&want, &got) ||
            tad_dtype_of(c) != tad_dtype_of(y[k]))
            return tad__fail(s->t, TAD_BAD_SHAPE,
                             "grad: cotangent %zu has not its result's shape and type", k);
        tad__table_add(s, y[k].u.at.index, c);
    }
    return s->t->error.status;
}

tad_status tad_grad(const tad_var *y, const tad_var *cotangent, size_t ny, const tad_var *x,
                    size_t nx, tad_var *out) {
    tad_tape *t = tad__tape_of_either(y, ny, x, nx);
    if (tad__is_missing(y, ny) || tad__is_missing(x, nx) || tad__is_missing(out, nx))
        tad__fail(t, TAD_BAD_ARGUMENT,
                  "grad: a list of variables, or the place for the results, is NULL");
    if (!t || t->error.status != TAD_OK) return tad__finish(t, out, nx);
    tad__table s = {.t = t, .what = "grad"};
    bool ready = tad__table_begin(&s, y, ny, x, nx) &&
                 tad__check_variables(t, s.what, x, nx) == TAD_OK &&
                 tad__check_floats(t, s.what, y, ny) == TAD_OK;
    tad_status status = ready ? seed_cotangents(&s, y, cotangent, ny) : t->error.status;
    for (uint32_t i = s.top + 1; status == TAD_OK && i-- > s.low;)
        if ((tad__table_mark(&s, i) & TAD__DEPENDS) && tad__at(t, i)->kind != TAD__OUTPUT &&
            has_cotangent(&s, i))
            status = vjp_of(&s, i);
    if (status == TAD_OK) tad__table_collect(&s, x, nx, out);
    tad__table_free(&s);
    return tad__finish(t, out, nx);
}
