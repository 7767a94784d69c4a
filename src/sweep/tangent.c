/* tad_tangent: recorded directional derivatives, made by the ops' jvp rules as new variables of the
 * tape. Rests on table.h. */
#include "table.h"

#include "tape/apply.h"
#include "tape/arrays.h"
#include "tape/error.h"

/* The tangents of a row's operands one at a time: each result is zero where its tangent is. */
static void strong_jvp(tad__frame *f) {
    tad_rule *r = &f->rule;
    const tad__basis *basis = r->tape->basis;
    tad_var given[3], sum = tad_none();
    for (size_t k = 0; k < r->n_in; k++) {
        given[k] = f->given[k];
        f->given[k] = tad__nil(r->tape);
    }
    for (size_t k = 0; k < r->n_in; k++) {
        if (tad_is_nil(given[k])) continue;
        f->given[k] = given[k];
        r->result[0] = tad__nil(r->tape);
        tad__run_rule(r->op->jvp, r);
        f->given[k] = tad__nil(r->tape);
        tad_var part = basis->strong_zero(given[k], r->result[0]);
        if (!tad_is_nil(part)) sum = tad_is_none(sum) ? part : basis->add(sum, part);
    }
    r->result[0] = tad_is_none(sum) ? tad__nil(r->tape) : sum;
}

static tad_status jvp_of_row(tad__table *s, uint32_t i, const tad__call *c) {
    tad__row_frame f;
    if (!tad__row_frame_make(s, i, c, &f)) return s->t->error.status;
    for (uint32_t k = 0; k < c->n_in; k++)
        if (f.wanted[k]) f.given[k] = tad__table_var(s, c->in[k]);
    tad_rule r = tad__row_rule_of(s, c, &f);
    c->op->jvp(&r);
    if (!tad_is_nil(f.result[0])) tad__table_add_number(s, i, f.result[0]);
    return s->t->error.status;
}

static tad_status jvp_of(tad__table *s, uint32_t i) {
    tad__call c;
    tad__frame f;
    if (!tad__call_of(s->t, i, &c)) return TAD_OK;
    if (tad__is_plain_row(s, i, &c)) return jvp_of_row(s, i, &c);
    if (!tad__table_frame(s, i, &c, &f)) return s->t->error.status;
    for (uint32_t k = 0; k < c.n_in; k++)
        if (f.wanted[k]) f.given[k] = tad__table_var(s, c.in[k]);
    const tad_var *result = f.rule.result;
    if (c.op->jvp && s->t->settings.strong_zero && tad__is_row(s->t, c.op))
        strong_jvp(&f);
    else
        tad__run_jvp(&f.rule);
    for (uint32_t k = 0; k < c.n_out && s->t->error.status == TAD_OK; k++) {
        if (tad_is_nil(result[k]) || i + k > s->top || !tad__is_float(tad__dtype_at(s->t, i + k)))
            continue;
        if (tad__table_trap(s, i, c.op, result[k]) != TAD_OK) break;
        tad_var v = tad__fitted(s->t, result[k], i + k);
        if (!tad_is_nil(v)) tad__table_add(s, i + k, v);
    }
    tad__frame_free(&f);
    return s->t->error.status;
}

static tad_status seed_tangents(tad__table *s, const tad_var *x, const tad_var *tangent,
                                size_t nx) {
    for (size_t k = 0; k < nx; k++) {
        tad_var v = tangent[k];
        if (tad_is_none(v) || tad_is_nil(v)) continue; /* zero */
        if (tad_is_number(v))
            v = tad_full(s->t, tad_dtype_of(x[k]), tad_shape_of(x[k]), v.u.number);
        tad_shape want = tad_shape_of(x[k]), got = tad_shape_of(v);
        if (!tad__has_tape(v) || !tad__shape_equal(&want, &got) ||
            tad_dtype_of(v) != tad_dtype_of(x[k]))
            return tad__fail(s->t, TAD_BAD_SHAPE,
                             "tangent: tangent %zu has not its variable's shape and type", k);
        if (x[k].u.at.index <= s->top) tad__table_add(s, x[k].u.at.index, v);
    }
    return s->t->error.status;
}

tad_status tad_tangent(const tad_var *y, size_t ny, const tad_var *x, const tad_var *tangent,
                       size_t nx, tad_var *out) {
    tad_tape *t = tad__tape_of_tangents("tangent", y, ny, x, tangent, nx, out);
    if (!t || t->error.status != TAD_OK) return tad__finish(t, out, ny);
    tad__table s = {.t = t, .what = "tangent"};
    bool ready = tad__table_begin(&s, y, ny, x, nx) &&
                 tad__check_variables(t, s.what, x, nx) == TAD_OK &&
                 tad__check_floats(t, s.what, y, ny) == TAD_OK;
    if (ready) tad__mark_needed(&s);
    tad_status status = ready ? seed_tangents(&s, x, tangent, nx) : t->error.status;
    for (uint32_t i = s.low; ready && status == TAD_OK && i <= s.top; i++) {
        const unsigned mark = tad__table_mark(&s, i);
        const bool between = (mark & TAD__DEPENDS) && (mark & TAD__LEADS_ON);
        if (between && tad__at(t, i)->kind != TAD__OUTPUT) status = jvp_of(&s, i);
    }
    if (status == TAD_OK) tad__table_collect(&s, y, ny, out);
    tad__table_free(&s);
    return tad__finish(t, out, ny);
}
