/* What every sweep does around an op's derivative rule: says what has no derivative, checks what a
 * rule gave, traps what is not finite, keeps zeros strong. Rests on tape.h. */
#include "rule.h"

#include <string.h>

#include "tape/apply.h"
#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/handle.h"
#include "tape/label.h"
#include "tape/node.h"

tad_status tad__no_derivative(tad_tape *t, uint32_t at, const tad__call *c, uint32_t k,
                              const char *what) {
    char y[TAD__KNOWN_ROOM], x[TAD__KNOWN_ROOM];
    return tad__fail(
        t, TAD_NO_RULE,
        "%s: %s%s has no derivative for its operand %u%s; tad_detach makes it a constant", what,
        c->op->name, tad__known_of(t, at, y, sizeof y), k, tad__known_of(t, c->in[k], x, sizeof x));
}

bool tad__frame_make(tad_tape *t, uint32_t at, const tad__call *c, const char *what,
                     tad__frame *f) {
    const size_t m = c->n_in + c->n_out;
    tad_var *in = tad__buffers_take(&t->buffers, m * (4 * sizeof *in + sizeof(bool)));
    if (!in) {
        tad__no_memory(t, what);
        return false;
    }
    tad_var *out = in + m, *given = out + m, *result = given + m;
    bool *wanted = (bool *)(result + m);
    for (uint32_t k = 0; k < c->n_in; k++) in[k] = tad__operand(t, c, k);
    for (uint32_t k = 0; k < c->n_out; k++) out[k] = tad__handle(t, at + k);
    for (size_t k = 0; k < m; k++) given[k] = result[k] = tad__nil(t);
    memset(wanted, 0, m * sizeof *wanted);
    *f = (tad__frame){.given = given, .wanted = wanted, .lists = in};
    f->rule = (tad_rule){t, c->op, c->options, c->n_in, c->n_out, in, out, given, wanted, result};
    return true;
}

void tad__frame_free(tad__frame *f) { tad__buffers_give(&f->rule.tape->buffers, f->lists); }

void tad__run_rule(void (*rule)(tad_rule *r), tad_rule *r) {
    bool trap = r->tape->settings.trap;
    r->tape->settings.trap = false;
    rule(r);
    r->tape->settings.trap = trap;
}

/* A linear op's tangent is the op itself on the tangents. */
static void apply_to_tangents(tad_rule *r) {
    tad_tape *t = r->tape;
    tad_var *in = tad__buffers_take(&t->buffers, (r->n_in + 1) * sizeof *in);
    if (!in) {
        tad__no_memory(t, r->op->name);
        return;
    }
    for (size_t k = 0; k < r->n_in; k++) {
        bool moves = tad__has_tape(r->in[k]) && tad__is_float(tad_dtype_of(r->in[k]));
        in[k] = moves ? r->given[k] : r->in[k];
        if (moves && tad_is_nil(in[k]))
            in[k] = tad_full(t, tad_dtype_of(r->in[k]), tad_shape_of(r->in[k]), 0);
    }
    tad__apply(t, r->op, in, r->n_in, r->options, r->result, r->n_out);
    tad__buffers_give(&t->buffers, in);
}

void tad__run_jvp(tad_rule *r) {
    bool moves = false;
    for (size_t k = 0; k < r->n_in; k++) moves = moves || !tad_is_nil(r->given[k]);
    if (!moves) return; /* all results are zero */
    if (r->op->jvp)
        tad__run_rule(r->op->jvp, r);
    else if (r->op->flags & TAD_OP_LINEAR)
        apply_to_tangents(r);
    else
        tad__fail(r->tape, TAD_NO_RULE, "%s: has no jvp", r->op->name);
}

tad_var tad__fitted(tad_tape *t, tad_var r, uint32_t target) {
    tad_var v = tad__handle(t, target);
    tad_shape want = tad_shape_of(v), got;
    tad_dtype dtype = tad_dtype_of(v);
    if (tad_is_number(r)) return tad_full(t, dtype, want, r.u.number);
    got = tad_shape_of(r);
    if (!tad__shape_equal(&got, &want)) {
        tad_shape all;
        bool down = tad__shape_broadcast(&want, &got, &all) && tad__shape_equal(&all, &got);
        r = down ? t->basis->sum_to(r, want) : t->basis->broadcast_to(r, want);
    }
    return tad_dtype_of(r) == dtype ? r : t->basis->cast(r, dtype);
}

tad_var tad__lent(tad_tape *t, enum tad__kind kind, const tad_array *g) {
    uint32_t index;
    if (!g || !tad__new_node(t, &index)) return tad__nil(t);
    tad__node *n = tad__at(t, index);
    n->kind = (uint8_t)kind;
    n->flags = kind == TAD__CONSTANT ? 0 : TAD__NEEDS;
    if (g->rank == 0 && g->dtype == TAD_F64)
        n->value.number = *(const double *)g->data;
    else {
        n->flags |= TAD__ARRAY;
        n->value.array = (tad_array *)(uintptr_t)g;
    }
    return tad__handle(t, index);
}

tad_status tad__check_rule_result(tad_tape *t, const tad_op *op, const char *rule, tad_var r,
                                  const tad_shape *like) {
    if (t->error.status != TAD_OK || tad_is_nil(r) || tad_is_number(r)) return t->error.status;
    uint32_t index;
    if (!tad__resolve(t, r, op->name, &index)) return t->error.status;
    tad_shape got = tad_shape_of(r), all;
    tad_dtype dtype = tad__dtype_at(t, index);
    bool fits = tad__shape_broadcast(like, &got, &all) && tad__shape_equal(&got, &all) &&
                tad__is_float(dtype);
    char a[TAD__SHAPE_ROOM], b[TAD__SHAPE_ROOM];
    if (fits) return TAD_OK;
    return tad__fail(t, TAD_BAD_SHAPE, "%s: its %s gave %s %s for a variable of shape %s", op->name,
                     rule, tad_dtype_name(dtype), tad__shape_text(&got, a, sizeof a),
                     tad__shape_text(like, b, sizeof b));
}

tad_status tad__check_floats(tad_tape *t, const char *what, const tad_var *v, size_t n) {
    for (size_t k = 0; k < n; k++) {
        tad_dtype d = tad__dtype_at(t, v[k].u.at.index);
        if (!tad__is_float(d))
            return tad__fail(t, TAD_BAD_DTYPE, "%s: a %s variable has no derivative", what,
                             tad_dtype_name(d));
    }
    return t->error.status;
}

tad_status tad__check_variables(tad_tape *t, const char *what, const tad_var *x, size_t n) {
    tad_status s = tad__check_floats(t, what, x, n);
    for (size_t k = 0; k < n && s == TAD_OK; k++)
        if (!(tad__at(t, x[k].u.at.index)->flags & TAD__NEEDS))
            s = tad__fail(t, TAD_NO_GRADIENT, "%s: variable %zu to differentiate by is a constant",
                          what, k);
    return s;
}

tad_status tad__trap_derivative(tad_tape *t, uint32_t at, const tad_op *op, const tad_array *g,
                                const char *what) {
    char y[TAD__KNOWN_ROOM];
    int64_t where;
    if (!t->settings.trap || tad__all_finite(g, &where)) return TAD_OK;
    const char *hint = tad__is_row(t, op) && !t->settings.strong_zero
                           ? "; if zero times infinity made it, settings.strong_zero keeps it zero"
                           : "";
    return tad__fail(t, TAD_NOT_FINITE,
                     "%s: %s%s: element %lld of what it passes on is a NaN or an infinity%s", what,
                     op->name, tad__known_of(t, at, y, sizeof y), (long long)where, hint);
}

/* An elementwise op, or one with a single number as its result: its one cotangent meets all that it
 * passes back. */
bool tad__has_strong_zero(const tad_tape *t, uint32_t at, const tad__call *c) {
    const tad__node *y = t->head.node + at;
    if (!t->settings.strong_zero || !c->op->vjp || c->n_out != 1) return false;
    return tad__is_row(t, c->op) || !(y->flags & TAD__ARRAY) || y->value.array->size == 1;
}
