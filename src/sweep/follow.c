/* Tangents and moving adjoints at one node: of a row on numbers from the derivatives of its row,
 * else by the op's rules on a stretch of tape that is thrown away. The tangent of a rule's result
 * is followed through what the rule recorded. Rests on follow.h. */
#include "follow.h"

#include "adjoint.h"

#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/mark.h"
#include "tape/version.h"

/* ---- derivatives of a node ---- */

tad_status tad__add_derivative(tad__numeric *s, tad__adjoint *to, uint32_t i, const tad_array *g) {
    tad_tape *t = s->t;
    const tad__node *n = tad__at(t, i);
    if (!(n->flags & TAD__ARRAY)) {
        to->number += tad__sum_of(t, g);
        return TAD_OK;
    }
    const tad_array *x = n->value.array;
    const bool same = g->size == x->size && g->rank == x->rank;
    if (!to->array) {
        if (!(to->array = tad__new_buffer_like(t, x))) return tad__no_memory(t, s->what);
        s->arrays++;
        if (same)
            tad__copy(&t->compute, to->array, g);
        else
            tad__clear(&t->compute, to->array);
        if (same) return TAD_OK;
    }
    tad__add_into(&t->compute, to->array, g);
    return TAD_OK;
}

/* A derivative of node i as an array; view: for a number. */
static const tad_array *array_of(const tad__numeric *s, uint32_t i, const tad__adjoint *derivative,
                                 tad__view *view) {
    if (tad__at(s->t, i)->flags & TAD__ARRAY) return derivative->array;
    return tad__number_value(derivative->number, TAD_F64, view);
}

/* ---- what is refused ---- */

static tad_status check_operands(const tad__numeric *s, uint32_t i, const tad__call *c) {
    for (uint32_t j = 0; j < c->n_in; j++)
        if (tad__is_constant_in(c->op, j) && tad__varies(s, c, j))
            return tad__no_derivative(s->t, i, c, j, s->what);
    return tad__check_unchanged(s->t, i, c, s->what);
}

static bool make_frame(tad__numeric *s, uint32_t i, const tad__call *c, tad__frame *f) {
    if (!tad__frame_make(s->t, i, c, s->what, f)) return false;
    for (uint32_t j = 0; j < c->n_in; j++) f->wanted[j] = tad__varies(s, c, j);
    return true;
}

/* ---- tangents ---- */

static tad_status take_tangent(tad__numeric *s, uint32_t i, tad_var r) {
    const tad__entry e = tad__entry_at(s, i);
    tad__view view;
    uint32_t index;
    if (!e.k || !tad__is_float(tad__dtype_at(s->t, i))) return TAD_OK;
    tad__set_mark(s, i, TAD__VARIES);
    if (tad_is_nil(r)) return TAD_OK;
    if (!tad_is_number(r) && !tad__resolve(s->t, r, s->what, &index)) return s->t->error.status;
    r = tad__fitted(s->t, r, i);
    if (tad_is_nil(r)) return s->t->error.status;
    tad__set_mark(s, i, TAD__MOVES);
    return tad__add_derivative(s, &e.b->tangent[e.k], i, tad__value(s->t, r.u.at.index, &view));
}

static tad_status tangent_of_op(tad__numeric *s, uint32_t i, const tad__call *c) {
    tad__frame f;
    if (!make_frame(s, i, c, &f)) return s->t->error.status;
    tad__stretch stretch = tad__stretch_begin(s->t);
    for (uint32_t j = 0; j < c->n_in; j++) {
        tad__view view;
        if (!f.wanted[j] || !(tad__mark_at(s, c->in[j]) & TAD__MOVES)) continue;
        const tad__entry e = tad__entry_at(s, c->in[j]);
        f.given[j] =
            tad__lent(s->t, TAD__CONSTANT, array_of(s, c->in[j], &e.b->tangent[e.k], &view));
    }
    tad__run_jvp(&f.rule);
    tad_status status = s->t->error.status;
    for (uint32_t k = 0; k < c->n_out && status == TAD_OK; k++)
        status = take_tangent(s, i + k, f.rule.result[k]);
    tad__stretch_end(s->t, stretch);
    tad__frame_free(&f);
    return status;
}

/* What a rule has recorded is wanted, all of it. */
static bool is_wanted(tad__numeric *s, uint32_t i, uint32_t n_out) {
    if (tad__entry_at(s, i).b == &s->stretch) return true;
    if (!s->wanted) tad__mark_wanted(s);
    for (uint32_t k = 0; k < n_out; k++)
        if (tad__mark_at(s, i + k) & TAD__WANTED) return true;
    return false;
}

tad_status tad__follow_tangent(tad__numeric *s, uint32_t i) {
    const tad__node *n = tad__at(s->t, i);
    tad__call c;
    bool any = false;
    if (n->kind == TAD__OUTPUT || !tad__call_of(s->t, i, &c)) return TAD_OK;
    for (uint32_t j = 0; j < c.n_in && !any; j++) any = tad__varies(s, &c, j);
    if (!any || !is_wanted(s, i, c.n_out)) return TAD_OK;
    if ((c.op->flags & TAD_OP_FLAT) && !c.op->jvp) return TAD_OK; /* as a comparison in a rule */
    tad_status status = check_operands(s, i, &c);
    if (status != TAD_OK) return status;
    tad__set_mark(s, i, TAD__VARIES);
    if (tad__is_row_of_numbers(s->t, i, &c)) {
        tad__tangent_of_row(s, i, &c);
        return TAD_OK;
    }
    return tad__tangent_of_runs(s, i, &c, &status) ? status : tangent_of_op(s, i, &c);
}

/* ---- adjoints and their tangents ---- */

/* The cotangents that the rule is given, with their tangents. They are leaves of the stretch; what
 * they show stays the sweep's. */
static void lend_cotangents(tad__numeric *s, uint32_t i, const tad__call *c, tad__frame *f) {
    for (uint32_t k = 0; k < c->n_out; k++) {
        tad__view view;
        if (!(tad__mark_at(s, i + k) & TAD__REACHED)) continue;
        const tad__entry e = tad__entry_at(s, i + k);
        f->given[k] =
            tad__lent(s->t, TAD__INPUT, array_of(s, i + k, &e.b->moving[e.k].adjoint, &view));
    }
}

static tad_status seed_cotangents(tad__numeric *s, uint32_t i, const tad__call *c,
                                  const tad__frame *f) {
    tad_status status = TAD_OK;
    for (uint32_t k = 0; k < c->n_out && status == TAD_OK; k++) {
        tad__view view;
        if (!(tad__mark_at(s, i + k) & TAD__SECOND)) continue;
        const tad__entry from = tad__entry_at(s, i + k),
                         to = tad__entry_at(s, f->given[k].u.at.index);
        to.b->mark[to.k] = TAD__VARIES | TAD__MOVES;
        status = tad__add_derivative(s, &to.b->tangent[to.k], f->given[k].u.at.index,
                                     array_of(s, i + k, &from.b->moving[from.k].tangent, &view));
    }
    return status;
}

/* Tangents of all that the rule recorded from node `first` on. */
static tad_status follow_rule(tad__numeric *s, uint32_t i, const tad__call *c, const tad__frame *f,
                              uint32_t first) {
    const uint32_t end = s->t->head.count;
    if (first == end) return TAD_OK;
    if (!tad__between_make(s, &s->stretch, first, end - first, false)) return s->t->error.status;
    tad_status status = seed_cotangents(s, i, c, f);
    for (uint32_t k = first; k < end && status == TAD_OK; k++) status = tad__follow_tangent(s, k);
    return status;
}

static tad_status take_adjoint(tad__numeric *s, const tad__call *c, uint32_t i, tad_var r) {
    tad__moving *into = &s->tape.moving[tad__entry_at(s, i).k];
    const tad_shape like = tad_shape_of(tad__handle(s->t, i));
    tad__view view;
    if (tad_is_number(r)) r = tad_full(s->t, TAD_F64, TAD_0D, r.u.number);
    tad_status status = tad__check_rule_result(s->t, c->op, "vjp", r, &like);
    if (status != TAD_OK || tad_is_nil(r)) return status;
    const uint32_t from = r.u.at.index;
    tad__set_mark(s, i, TAD__REACHED);
    status = tad__add_derivative(s, &into->adjoint, i, tad__value(s->t, from, &view));
    if (status != TAD_OK || !(tad__mark_at(s, from) & TAD__MOVES)) return status;
    const tad__entry e = tad__entry_at(s, from);
    tad__set_mark(s, i, TAD__SECOND);
    return tad__add_derivative(s, &into->tangent, i, array_of(s, from, &e.b->tangent[e.k], &view));
}

static void set_paused(tad_tape *t, uint32_t paused) {
    t->paused = paused;
    tad__update_limit(t);
}

static tad_status adjoint_of_op(tad__numeric *s, uint32_t i, const tad__call *c) {
    tad__frame f;
    tad_tape *t = s->t;
    if (!c->op->vjp) return tad__fail(t, TAD_NO_RULE, "%s: has no vjp", c->op->name);
    if (!make_frame(s, i, c, &f)) return t->error.status;
    tad__stretch stretch = tad__stretch_begin(t);
    const uint32_t paused = t->paused;
    set_paused(t, 0); /* what the rule records is followed */
    lend_cotangents(s, i, c, &f);
    tad__run_rule(c->op->vjp, &f.rule);
    set_paused(t, paused);
    tad_status status = t->error.status;
    if (status == TAD_OK) status = follow_rule(s, i, c, &f, stretch.count);
    for (uint32_t j = 0; j < c->n_in && status == TAD_OK; j++)
        if (f.wanted[j]) status = take_adjoint(s, c, c->in[j], f.rule.result[j]);
    tad__between_free(s, &s->stretch);
    tad__stretch_end(t, stretch);
    tad__frame_free(&f);
    return status;
}

tad_status tad__follow_adjoint(tad__numeric *s, uint32_t i) {
    enum { BOTH = TAD__VARIES | TAD__REACHED };
    const tad__node *n = tad__at(s->t, i);
    tad__call c;
    if ((tad__mark_at(s, i) & BOTH) != BOTH || !tad__call_of(s->t, i, &c)) return TAD_OK;
    if (n->kind == TAD__OUTPUT) {
        tad__set_mark(s, n->a, TAD__REACHED);
        return TAD_OK;
    }
    if (!tad__is_row_of_numbers(s->t, i, &c)) return adjoint_of_op(s, i, &c);
    tad__adjoint_of_row(s, i, &c);
    return TAD_OK;
}
