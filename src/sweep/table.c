/* Tables of derivatives beside the nodes, and frames for rules. Rests on table.h. */
#include "table.h"

#include <string.h>

#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/version.h"

static bool make_table(tad__table *s) {
    size_t n = (size_t)s->top - s->low + 2;
    s->var = tad__buffers_take(&s->t->buffers, n * sizeof *s->var);
    s->mark = tad__buffers_take(&s->t->buffers, n);
    if (s->var && s->mark) {
        memset(s->var, 0xff, n * sizeof *s->var);
        memset(s->mark, 0, n);
        return true;
    }
    tad__no_memory(s->t, s->what);
    return false;
}

void tad__table_free(tad__table *s) {
    tad__buffers_give(&s->t->buffers, s->var);
    tad__buffers_give(&s->t->buffers, s->mark);
}

bool tad__depends(const tad__table *s, const tad__call *c, uint32_t k) {
    return tad__passes(s->t, c, k) && (tad__table_mark(s, c->in[k]) & (TAD__IS_X | TAD__DEPENDS));
}

/* TAD__DEPENDS: some operand is an x or depends on one. */
static void mark_dependents(tad__table *s) {
    for (uint32_t i = s->low; i <= s->top; i++) {
        tad__call c;
        if (!tad__call_of(s->t, i, &c)) continue;
        for (uint32_t k = 0; k < c.n_in; k++)
            if (tad__depends(s, &c, k)) s->mark[tad__table_entry(s, i)] |= TAD__DEPENDS;
    }
}

void tad__mark_needed(tad__table *s) {
    for (uint32_t i = s->top + 1; i-- > s->low;) {
        tad__call c;
        if (!(tad__table_mark(s, i) & TAD__LEADS_ON) || !tad__call_of(s->t, i, &c)) continue;
        for (uint32_t k = 0; k < c.n_in; k++)
            if (tad__passes(s->t, &c, k)) s->mark[tad__table_entry(s, c.in[k])] |= TAD__LEADS_ON;
        if (tad__at(s->t, i)->kind == TAD__OUTPUT)
            s->mark[tad__table_entry(s, tad__at(s->t, i)->a)] |= TAD__LEADS_ON;
    }
}

static bool resolve_all(tad__table *s, const tad_var *v, size_t n, const char *which, unsigned flag,
                        bool lowers) {
    for (size_t k = 0; k < n; k++) {
        uint32_t i;
        if (!tad__resolve(s->t, v[k], which, &i)) return false;
        if (s->mark && tad__table_entry(s, i)) s->mark[tad__table_entry(s, i)] |= (uint8_t)flag;
        if (!s->mark && !lowers && i > s->top) s->top = i;
        if (!s->mark && lowers && i < s->low) s->low = i;
    }
    return true;
}

bool tad__table_begin(tad__table *s, const tad_var *y, size_t ny, const tad_var *x, size_t nx) {
    s->low = TAD__NO_NODE;
    s->top = 0;
    s->var = NULL;
    s->mark = NULL;
    if (!resolve_all(s, y, ny, s->what, 0, false) || !resolve_all(s, x, nx, s->what, 0, true))
        return false;
    if (s->low > s->top) s->low = s->top;
    if (!make_table(s)) return false;
    resolve_all(s, x, nx, s->what, TAD__IS_X, false);
    resolve_all(s, y, ny, s->what, TAD__LEADS_ON, false);
    mark_dependents(s);
    return true;
}

/* ---- rows on numbers ---- */

bool tad__is_plain_row(const tad__table *s, uint32_t i, const tad__call *c) {
    const tad_settings *settings = &s->t->settings;
    return !settings->trap && !settings->strong_zero && tad__is_row_of_numbers(s->t, i, c);
}

bool tad__row_frame_make(tad__table *s, uint32_t at, const tad__call *c, tad__row_frame *f) {
    if (tad__check_unchanged(s->t, at, c, s->what) != TAD_OK) return false;
    const tad_var nil = tad__nil(s->t);
    f->out = tad__handle(s->t, at);
    for (uint32_t k = 0; k < c->n_in; k++) {
        f->in[k] = tad__operand(s->t, c, k);
        f->wanted[k] = tad__depends(s, c, k);
        f->given[k] = nil;
        f->result[k] = nil;
    }
    return true;
}

tad_rule tad__row_rule_of(const tad__table *s, const tad__call *c, tad__row_frame *f) {
    return (tad_rule){s->t,  c->op,   c->options, c->n_in,   1,
                      f->in, &f->out, f->given,   f->wanted, f->result};
}

/* ---- the rule of a node ---- */

static tad_status check_operands(tad__table *s, uint32_t at, const tad__call *c) {
    for (uint32_t k = 0; k < c->n_in; k++)
        if (tad__is_constant_in(c->op, k) && tad__depends(s, c, k))
            return tad__no_derivative(s->t, at, c, k, s->what);
    return tad__check_unchanged(s->t, at, c, s->what);
}

bool tad__table_frame(tad__table *s, uint32_t at, const tad__call *c, tad__frame *f) {
    if (check_operands(s, at, c) != TAD_OK) return false;
    if (!tad__frame_make(s->t, at, c, s->what, f)) return false;
    for (uint32_t k = 0; k < c->n_in; k++) f->wanted[k] = tad__depends(s, c, k);
    return true;
}

void tad__table_add(tad__table *s, uint32_t target, tad_var r) {
    const uint32_t entry = tad__table_entry(s, target);
    tad_var old = tad__table_var(s, target);
    tad_var sum = tad_is_nil(old) ? r : s->t->basis->add(old, r);
    if (entry && !tad_is_nil(sum)) s->var[entry] = sum.u.at.index;
}

void tad__table_add_number(tad__table *s, uint32_t target, tad_var r) {
    const uint32_t entry = tad__table_entry(s, target);
    if (!entry) return;
    if (s->var[entry] != TAD__NO_NODE)
        r = s->t->basis->add(tad__handle(s->t, s->var[entry]), r);
    else if (tad_is_number(r))
        r = tad_full(s->t, TAD_F64, TAD_0D, r.u.number);
    if (!tad_is_nil(r)) s->var[entry] = r.u.at.index;
}

tad_status tad__table_trap(tad__table *s, uint32_t at, const tad_op *op, tad_var g) {
    tad__view view;
    if (!tad__has_tape(g) || tad_is_nil(g)) return s->t->error.status;
    return tad__trap_derivative(s->t, at, op, tad__value(s->t, g.u.at.index, &view), s->what);
}

void tad__table_collect(tad__table *s, const tad_var *x, size_t nx, tad_var *out) {
    for (size_t k = 0; k < nx; k++) {
        tad_var v = tad__table_var(s, x[k].u.at.index);
        out[k] = tad_is_nil(v) ? tad_full(s->t, tad_dtype_of(x[k]), tad_shape_of(x[k]), 0) : v;
    }
}

tad_tape *tad__tape_of_either(const tad_var *y, size_t ny, const tad_var *x, size_t nx) {
    tad_tape *t = y ? tad__tape_of(y, ny) : NULL;
    return !t && x ? tad__tape_of(x, nx) : t;
}

tad_tape *tad__tape_of_tangents(const char *what, const tad_var *y, size_t ny, const tad_var *x,
                                const tad_var *tangent, size_t nx, const tad_var *out) {
    tad_tape *t = tad__tape_of_either(y, ny, x, nx);
    if (tad__is_missing(y, ny) || tad__is_missing(x, nx) || tad__is_missing(tangent, nx) ||
        tad__is_missing(out, ny))
        tad__fail(t, TAD_BAD_ARGUMENT,
                  "%s: a list of variables, or the place for the results, is NULL", what);
    return t;
}

tad_status tad__finish(tad_tape *t, tad_var *out, size_t n) {
    tad_status status = t ? t->error.status : TAD_BAD_HANDLE;
    for (size_t k = 0; out && k < n && status != TAD_OK; k++) out[k] = tad__nil(t);
    return status;
}
