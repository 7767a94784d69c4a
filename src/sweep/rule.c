/* What every sweep does around an op's derivative rule: says what has no derivative, checks what a
 * rule gave, traps what is not finite, keeps zeros strong. Rests on tape.h. */
#include "rule.h"

#include "tape/apply.h"
#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/handle.h"
#include "tape/label.h"
#include "tape/node.h"

tad_status tad__no_derivative(tad_tape *t, uint32_t at, const tad__call *c, uint32_t k,
                              const char *what) {
    char y[200], x[200];
    return tad__fail(
        t, TAD_NO_RULE,
        "%s: %s%s has no derivative for its operand %u%s; tad_detach makes it a constant", what,
        c->op->name, tad__known_of(t, at, y, sizeof y), k, tad__known_of(t, c->in[k], x, sizeof x));
}

void tad__run_rule(void (*rule)(tad_rule *r), tad_rule *r) {
    bool trap = r->tape->settings.trap;
    r->tape->settings.trap = false;
    rule(r);
    r->tape->settings.trap = trap;
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
    char a[160], b[160];
    if (fits) return TAD_OK;
    return tad__fail(t, TAD_BAD_SHAPE, "%s: its %s gave %s %s for a variable of shape %s", op->name,
                     rule, tad_dtype_name(dtype), tad__shape_text(&got, a, sizeof a),
                     tad__shape_text(like, b, sizeof b));
}

tad_status tad__trap_derivative(tad_tape *t, uint32_t at, const tad_op *op, const tad_array *g,
                                const char *what) {
    char y[200];
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
