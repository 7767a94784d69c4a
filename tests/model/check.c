/* The library's public state against the model's. Rests on model.h alone. */
#include "model.h"

/* ---- one variable ---- */

static void unpack(tad_dtype dtype, const void *data, int n, double *out) {
    for (int i = 0; i < n; i++) {
        switch (dtype) {
        case TAD_F64: out[i] = ((const double *)data)[i]; break;
        case TAD_F32: out[i] = (double)((const float *)data)[i]; break;
        case TAD_I64: out[i] = (double)((const int64_t *)data)[i]; break;
        default: out[i] = ((const unsigned char *)data)[i];
        }
    }
}

static bool read_values(world *w, tad_var x, int n, double *out) {
    if (n == 1 && chance(w, 40)) {
        out[0] = chance(w, 50) ? tad_item(x) : (tad_item)(x);
        return tad_tape_status(x.tape) == TAD_OK;
    }
    if (chance(w, 20)) {
        const void *data = tad_data(x);
        if (data) unpack(tad_dtype_of(x), data, n, out);
        return data != NULL;
    }
    return tad_read(x, out, (size_t)n) == TAD_OK;
}

static bool check_value(world *w, const model *m, const node *n, tad_var x) {
    double got[MOST_ELEMENTS];
    if (!read_values(w, x, n->value.n, got))
        return wrong(w, "%d:%d cannot be read: %s", m->which, (int)(n - m->node),
                     tad_message(m->tape));
    for (int i = 0; i < n->value.n; i++)
        if (got[i] != n->value.e[i])
            return wrong(w, "%d:%d element %d is %.17g, was %.17g", m->which, (int)(n - m->node), i,
                         got[i], n->value.e[i]);
    return true;
}

static bool check_facts(world *w, const model *m, int at, tad_var x) {
    static const tad_node_kind kinds[] = {TAD_NODE_NIL, TAD_NODE_INPUT, TAD_NODE_PARAM,
                                          TAD_NODE_CONSTANT, TAD_NODE_OP};
    const node *n = &m->node[at];
    tad_shape s = tad_shape_of(x);
    bool same = tad_dtype_of(x) == n->value.dtype && s.rank == n->value.rank;
    for (int i = 0; same && i < s.rank; i++) same = s.dim[i] == n->value.dim[i];
    if (!same) return wrong(w, "%d:%d has another shape or type", m->which, at);
    if (tad_node_index(x) != (size_t)at)
        return wrong(w, "%d:%d is node %zu", m->which, at, tad_node_index(x));
    if (!n->opaque && tad_node_kind_of(x) != kinds[n->kind])
        return wrong(w, "%d:%d is of another kind", m->which, at);
    if (tad_node_needs_gradient(x) != n->needs)
        return wrong(w, "%d:%d: needs_gradient is %d", m->which, at, !n->needs);
    if (strcmp(tad_node_name(x), n->name) != 0)
        return wrong(w, "%d:%d is named '%.60s', not '%s'", m->which, at, tad_node_name(x),
                     n->name);
    return true;
}

static bool check_living(world *w, model *m, int at, tad_var x) {
    if (!check_facts(w, m, at, x)) return false;
    return m->error != TAD_OK || check_value(w, m, &m->node[at], x);
}

static bool check_dead(world *w, model *m, tad_var x) {
    double got[MOST_ELEMENTS];
    if (m->error != TAD_OK)
        return tad_shape_of(x).rank == -1 || wrong(w, "a dead handle has a shape");
    bool item = chance(w, 50);
    if (item) got[0] = tad_item(x);
    bool taken = item ? !isnan(got[0]) : tad_read(x, got, 1) == TAD_OK;
    tad_status s = tad_tape_status(m->tape);
    tad_tape_clear(m->tape);
    happened[READ_DEAD]++;
    return (!taken && s == TAD_BAD_HANDLE) ||
           wrong(w, "a dead handle of place %u reads %g", x.u.at.index, got[0]);
}

/* ---- gradients ---- */

bool read_gradient(world *w, model *m, int at, double *out) {
    const node *n = &m->node[at];
    tad_var x = var_of(w, m, at);
    if (n->value.n == 1 && chance(w, 50))
        out[0] = chance(w, 50) ? tad_gradient_item(x) : (tad_gradient_item)(x);
    else {
        const void *data = tad_gradient_data(x);
        if (data) unpack(n->value.dtype, data, n->value.n, out);
    }
    tad_status s = tad_tape_status(m->tape);
    tad_tape_clear(m->tape);
    if (s != TAD_OK && s != TAD_NO_GRADIENT)
        wrong(w, "the gradient of %d:%d: %s", m->which, at, tad_status_text(s));
    return s == TAD_OK;
}

static bool compare_gradient(world *w, model *m, int at, const double *got) {
    node *n = &m->node[at];
    for (int i = 0; i < n->value.n; i++) {
        double want = n->state == ABOVE ? 0 : n->gradient[i];
        bool same = n->settled || n->state == ABOVE ? got[i] == want
                                                    : near(got[i], want, n->size[i], n->coarse);
        if (!same)
            return wrong(w, "the gradient of %d:%d, element %d, is %.17g, not %.17g (%ssize %g)",
                         m->which, at, i, got[i], want, n->settled ? "settled, " : "", n->size[i]);
    }
    for (int i = 0; i < n->value.n && n->state == KNOWN; i++) n->gradient[i] = got[i];
    n->settled = n->settled || n->state == KNOWN;
    return true;
}

static bool check_gradient(world *w, model *m, int at) {
    double got[MOST_ELEMENTS];
    node *n = &m->node[at];
    bool has = read_gradient(w, m, at, got);
    readable state = n->needs ? n->state : REFUSED;
    if (w->failed) return false;
    if (has && state == REFUSED)
        return wrong(w, "%d:%d has a gradient (%g), it should not", m->which, at, got[0]);
    happened[RELEASED_REFUSED] += !has && state == RELEASED;
    if (!has && state == KNOWN) return wrong(w, "%d:%d has lost its gradient", m->which, at);
    return !has || compare_gradient(w, m, at, got);
}

static bool check_reached(world *w, model *m, int at) {
    const node *n = &m->node[at];
    known want = n->needs && n->state != REFUSED ? n->reached : NO;
    bool got = tad_is_reached(var_of(w, m, at));
    happened[got ? REACHED : NOT_REACHED]++;
    return want == EITHER || got == (want == YES) ||
           wrong(w, "%d:%d is %sreached", m->which, at, got ? "" : "not ");
}

/* After a refused sweep all gradients are as before, or all are gone. */
static void decide(world *w, model *m) {
    double got[MOST_ELEMENTS];
    int known = 0;
    m->unsure = false;
    while (known < m->count && (m->node[known].kind == HIDDEN || m->node[known].state != KNOWN))
        known++;
    bool gone = known < m->count && !read_gradient(w, m, known, got);
    happened[GRADIENTS_GONE] += gone;
    for (int i = 0; i < m->count; i++) {
        if (gone) m->node[i].state = REFUSED;
        if (gone) m->node[i].reached = NO;
        if (known == m->count && m->node[i].reached == YES) m->node[i].reached = EITHER;
    }
}

bool check_gradients(world *w, model *m) {
    if (m->error != TAD_OK) return true;
    if (m->unsure) decide(w, m);
    for (int i = 0; i < m->count; i++)
        if (m->node[i].kind != HIDDEN && !check_gradient(w, m, i)) return false;
    for (int k = 0; k < 5; k++) {
        int at = pick(w, m, REAL, -1);
        if (at >= 0 && !check_reached(w, m, at)) return false;
    }
    return true;
}

/* ---- everything ---- */

static bool check_tape(world *w, const model *m) {
    if (tad_tape_status(m->tape) != m->error)
        return wrong(w, "tape %d: status '%s' (%s), should be '%s'", m->which,
                     tad_status_text(tad_tape_status(m->tape)), tad_message(m->tape),
                     tad_status_text(m->error));
    if (tad_node_count(m->tape) != (size_t)m->count)
        return wrong(w, "tape %d has %zu nodes, should have %d", m->which, tad_node_count(m->tape),
                     m->count);
    return true;
}

bool check_all(world *w, model *m) {
    if (!check_tape(w, m)) return false;
    for (int i = 0; i < m->count; i++)
        if (m->node[i].kind != HIDDEN && !check_living(w, m, i, var_of(w, m, i))) return false;
    for (int k = 0; k < w->handles; k++) {
        const handle *h = &w->handle[k];
        bool fine = h->tape != m->which || (handle_lives(w, h) ? check_living(w, m, h->at, h->var)
                                                               : check_dead(w, m, h->var));
        if (!fine) return false;
    }
    return m->unsure || check_gradients(w, m);
}

bool check_some(world *w) {
    for (int k = 0; k < TAPES; k++)
        if (!check_tape(w, w->tape[k])) return false;
    const bool probe =
        chance(w, 40); /* a failed reading and its clearing might set something right */
    for (int k = 0; k < 6 && w->handles; k++) {
        const handle *h = &w->handle[below(w, w->handles)];
        model *m = w->tape[h->tape];
        if (!handle_lives(w, h)) {
            if (probe && !check_dead(w, m, h->var)) return false;
        } else if (!check_living(w, m, h->at, h->var))
            return false;
        else if (k < 2 && m->error == TAD_OK && !m->unsure && !check_gradient(w, m, h->at))
            return false;
    }
    return true;
}
