/* The driver's step that makes a mistake: the library must say which, and change nothing. Rests on
 * model.h alone. */
#include "model.h"

static bool dead_handle(world *w, const model *m, tad_var *out) {
    for (int tries = 0; tries < 30 && w->handles; tries++) {
        const handle *h = &w->handle[below(w, w->handles)];
        *out = h->var;
        if (h->tape == m->which && !handle_lives(w, h)) return true;
    }
    return false;
}

/* The result of a call that must be nil. */
static bool nil(world *w, model *m, tad_var got, tad_status expected) {
    if (!tad_is_nil(got))
        return wrong(w, "a variable, should be refused: %s", tad_status_text(expected));
    return refused(w, m, tad_tape_status(m->tape), expected);
}

static bool use_dead(world *w, model *m) {
    tad_var dead, other;
    int at = pick(w, m, REAL, -1);
    if (at < 0 || !dead_handle(w, m, &dead)) return true;
    happened[DEAD_USED]++;
    other = chance(w, 50) ? var_of(w, m, at) : dead;
    say(w, "dead handle of place %u", dead.u.at.index);
    switch (below(w, 10)) {
    case 0: return nil(w, m, tad_add(other, dead), TAD_BAD_HANDLE);
    case 1: return nil(w, m, tad_mul(dead, other), TAD_BAD_HANDLE);
    case 2: return nil(w, m, tad_neg(dead), TAD_BAD_HANDLE);
    case 3: return nil(w, m, tad_fma(other, other, dead), TAD_BAD_HANDLE);
    case 4: return nil(w, m, tad_sum(dead, tad_all()), TAD_BAD_HANDLE);
    case 5: return nil(w, m, tad_detach(dead), TAD_BAD_HANDLE);
    case 6: return m->error != TAD_OK || nil(w, m, tad_name(dead, "ghost"), TAD_BAD_HANDLE);
    case 7: return nil(w, m, tad_gradient(dead), TAD_BAD_HANDLE);
    case 8: return refused(w, m, tad_assign(dead, &(double){1}), TAD_BAD_HANDLE);
    default: tad_retain(dead); return refused(w, m, tad_tape_status(m->tape), TAD_BAD_HANDLE);
    }
}

static bool use_foreign(world *w, model *m) {
    model *other = w->tape[(m->which + 1) % TAPES];
    int a = pick(w, m, 1u << TAD_F64, 0), b = pick(w, other, 1u << TAD_F64, 0);
    if (a < 0 || b < 0) return true;
    say(w, "%d:%d with %d:%d", m->which, a, other->which, b);
    tad_var x = var_of(w, m, a), y = var_of(w, other, b);
    happened[FOREIGN_USED]++;
    return nil(w, m, chance(w, 50) ? tad_mul(x, y) : tad_fma(x, x, y), TAD_BAD_HANDLE);
}

/* None is zeroed when one of them is no parameter. */
static bool zero_badly(world *w, model *m, tad_var other) {
    int p = pick_param(w, m);
    const tad_var list[] = {p < 0 ? other : var_of(w, m, p), other};
    return refused(w, m, tad_zero_gradients(list, 2), TAD_BAD_ARGUMENT);
}

static bool use_badly(world *w, model *m) {
    int at = pick(w, m, ~0u, -1), b = pick(w, m, REAL, -1);
    if (at < 0 || b < 0) return true;
    const node *n = &m->node[at];
    tad_var x = var_of(w, m, at), y = var_of(w, m, b);
    double few[MOST_ELEMENTS + 1];
    bool mixed = n->value.rank && m->node[b].value.rank && is_real(n->value.dtype) &&
                 n->value.dtype != m->node[b].value.dtype;
    say(w, "mistake with %d:%d and %d:%d", m->which, at, m->which, b);
    switch (below(w, 6)) {
    case 0: return refused(w, m, tad_read(x, few, (size_t)n->value.n + 1), TAD_BAD_SHAPE);
    case 1: return n->kind == PARAM || refused(w, m, tad_assign(x, few), TAD_BAD_ARGUMENT);
    case 2: return n->kind == PARAM || zero_badly(w, m, x);
    case 3: return !mixed || nil(w, m, tad_add(x, y), TAD_BAD_DTYPE);
    case 4: return n->value.rank > 0 || nil(w, m, tad_transpose(x, 0, 1), TAD_BAD_AXIS);
    default:
        return refused(w, m, tad_tape_fail(m->tape, TAD_IO, "a failure of the caller's"), TAD_IO);
    }
}

/* A sweep that cannot begin leaves gradients as they are, or forgets them all. */
static bool sweep_badly(world *w, model *m) {
    int at = pick(w, m, ~0u, -1);
    if (at < 0) return true;
    const node *n = &m->node[at];
    tad_var x = var_of(w, m, at);
    if (is_real(n->value.dtype) && n->needs && n->value.n == 1) return true;
    tad_status expected = !is_real(n->value.dtype) ? TAD_BAD_DTYPE
                          : !n->needs              ? TAD_NO_GRADIENT
                                                   : TAD_BAD_SHAPE;
    if (m->error == TAD_OK) m->unsure = true;
    say(w, "reverse(%d:%d), which cannot be", m->which, at);
    return refused(w, m, tad_reverse(x), expected);
}

bool step_illegal(world *w, model *m) {
    switch (below(w, 5)) {
    case 0:
    case 1: return use_dead(w, m);
    case 2: return use_foreign(w, m);
    case 3: return sweep_badly(w, m);
    default: return use_badly(w, m);
    }
}
