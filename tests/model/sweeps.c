/* The driver's steps that differentiate. Rests on model.h alone. */
#include "model.h"

static sweep work;

enum { MOST = 3 };

/* What a sweep is given: places, variables, cotangents or tangents with their numbers. */
typedef struct list {
    int n, at[MOST];
    tad_var var[MOST], given[MOST];
    array number[MOST];
} list;

static bool can_be_root(const node *n) { return !n->opaque && is_real(n->value.dtype); }

/* Some variables; needing: such as need a gradient; one: of one element. */
static void pick_list(world *w, model *m, list *l, int most, bool needing, bool one) {
    l->n = 0;
    for (int tries = 0; tries < 12 && l->n < most; tries++) {
        int at = pick(w, m, REAL, -1);
        if (at < 0 || !can_be_root(&m->node[at])) continue;
        const node *n = &m->node[at];
        if ((needing && !n->needs) || (one && n->value.n != 1)) continue;
        l->var[l->n] = var_of(w, m, at);
        l->at[l->n++] = at;
    }
}

/* Variables on the way up from those of y, some of them y itself. */
static void pick_ancestors(world *w, model *m, list *l, const list *y) {
    l->n = 0;
    for (int tries = 0; tries < 6 && l->n < MOST && y->n; tries++) {
        int at = y->at[below(w, y->n)];
        for (int up = below(w, 6); up > 0; up--) {
            const node *n = &m->node[at];
            int k = n->kind == RESULT && n->call.n_in ? below(w, n->call.n_in) : -1;
            if (k >= 0 && n->call.in[k] >= 0 && m->node[n->call.in[k]].needs) at = n->call.in[k];
        }
        if (!m->node[at].needs) continue;
        l->var[l->n] = var_of(w, m, at);
        l->at[l->n++] = at;
    }
}

static void say_list(const world *w, const model *m, const list *l) {
    for (int k = 0; k < l->n; k++) say(w, "%s%d:%d", k ? ", " : "(", m->which, l->at[k]);
    say(w, ")");
}

/* A constant, or where possible a number or nothing, for each of the list. */
static bool give(world *w, model *m, list *l, bool none, bool number) {
    for (int k = 0; k < l->n; k++) {
        const array *like = &m->node[l->at[k]].value;
        array *a = &l->number[k];
        *a = shaped(like->dtype, like->rank, like->dim[0], like->dim[1]);
        int how = below(w, 3);
        double same = how == 0 && none ? 1 : (below(w, 2001) - 1000) / 512.0;
        for (int i = 0; i < a->n; i++) a->e[i] = how < 2 ? same : (below(w, 2001) - 1000) / 512.0;
        if (how == 0 && none && a->n == 1)
            l->given[k] = tad_none();
        else if (how == 1 && number && (a->n == 1 || !none))
            l->given[k] = tad_number(same);
        else {
            unsigned char data[MOST_ELEMENTS * 8];
            node n = {.kind = CONSTANT, .value = *a, .memory = -1};
            store(a, data);
            l->given[k] = tad_constant(m->tape, a->dtype, shape_of(a), data);
            if (!recorded(w, m, l->given[k], &n, true)) return false;
        }
    }
    return true;
}

/* Whether it did or refused as it must. *done: it did. kind: SWEPT, GRAD or TANGENT. */
static bool judge(world *w, model *m, tad_status s, event kind, bool *done) {
    *done = s == TAD_OK;
    if (m->error != TAD_OK)
        return s != TAD_OK ? refused(w, m, s, m->error) : wrong(w, "done on a failed tape");
    happened[*done ? kind : kind + SWEPT_STALE]++;
    happened[MIGHT_REFUSE] += work.may_refuse && !work.must_refuse;
    happened[SWEPT_PAUSED] += *done && m->paused > 0;
    if (*done && work.must_refuse) return wrong(w, "a stale value was not noticed");
    if (*done) return true;
    if (s == TAD_STALE_VALUE && !work.may_refuse)
        return wrong(w, "refused as stale, nothing is: %s", tad_message(m->tape));
    return refused(w, m, s, TAD_STALE_VALUE);
}

/* ---- reverse ---- */

static bool after_reverse(world *w, model *m, const list *y, tad_status s) {
    bool done;
    if (m->error == TAD_OK && s != TAD_OK) m->unsure = true;
    if (!judge(w, m, s, SWEPT, &done)) return false;
    if (!done) return true;
    take_gradients(m, &work);
    m->roots = y->n;
    memcpy(m->root, y->at, sizeof m->root);
    return check_gradients(w, m);
}

bool reverse(world *w, model *m, int at) {
    list y = {.n = 1, .at = {at}, .var = {var_of(w, m, at)}};
    if (!can_be_root(&m->node[at]) || !m->node[at].needs || m->node[at].value.n != 1 || m->unsure)
        return true;
    y.number[0] = shaped(TAD_F64, 0, 1, 1);
    y.number[0].e[0] = 1;
    sweep_back(m, &work, y.at, y.number, 1, NULL, 0);
    say(w, "reverse(%d:%d)", m->which, y.at[0]);
    return after_reverse(w, m, &y, tad_reverse(y.var[0]));
}

bool step_reverse(world *w, model *m) {
    list y;
    pick_list(w, m, &y, 1, true, true);
    return !y.n || reverse(w, m, y.at[0]);
}

bool step_reverse_from(world *w, model *m) {
    list y;
    pick_list(w, m, &y, 1 + below(w, MOST), true, false);
    if (!y.n || m->unsure || m->error != TAD_OK || !give(w, m, &y, true, false)) return !w->failed;
    sweep_back(m, &work, y.at, y.number, y.n, NULL, 0);
    say(w, "reverse_from");
    say_list(w, m, &y);
    return after_reverse(w, m, &y, tad_reverse_from(y.var, y.given, (size_t)y.n));
}

/* ---- recorded derivatives ---- */

/* out[k] is the derivative v with terms of such sizes. */
static bool derivative(world *w, model *m, tad_var got, const array *like, const double *v,
                       const double *size) {
    node n = {.kind = RESULT, .value = *like, .memory = -1, .opaque = true};
    double value[MOST_ELEMENTS];
    if (tad_is_nil(got)) return wrong(w, "a derivative is nil");
    n.needs = tad_node_needs_gradient(got);
    node *at = shown(w, m, got, &n);
    if (!at) return false;
    if (!same_shape(&at->value, like) || at->value.dtype != like->dtype)
        return wrong(w, "a derivative of another shape");
    if (tad_read(got, value, (size_t)like->n) != TAD_OK)
        return wrong(w, "a derivative: %s", tad_message(m->tape));
    for (int i = 0; i < like->n; i++) {
        if (!near(value[i], v[i], size[i], work.coarse || like->dtype == TAD_F32))
            return wrong(w, "a derivative, element %d, is %.17g, not %.17g (size %g)", i, value[i],
                         v[i], size[i]);
        if (at->opaque) at->value.e[i] = value[i];
    }
    return true;
}

static bool all_nil(world *w, const tad_var *out, int n) {
    for (int k = 0; k < n; k++)
        if (!tad_is_nil(out[k])) return wrong(w, "a refused sweep gave a variable");
    return true;
}

bool step_grad(world *w, model *m) {
    list y, x;
    bool done, plain = chance(w, 50);
    tad_var out[MOST];
    pick_list(w, m, &y, 1 + below(w, 2), false, plain);
    if (chance(w, 70))
        pick_ancestors(w, m, &x, &y);
    else
        pick_list(w, m, &x, 1 + below(w, MOST), true, false);
    if (!x.n || !y.n || m->error != TAD_OK) return true;
    for (int k = 0; k < y.n && plain; k++) {
        y.number[k] = m->node[y.at[k]].value;
        y.number[k].e[0] = 1;
    }
    if (!plain && !give(w, m, &y, true, true)) return false;
    sweep_back(m, &work, y.at, y.number, y.n, x.at, x.n);
    say(w, "grad");
    say_list(w, m, &y);
    say_list(w, m, &x);
    tad_status s = tad_grad(y.var, plain ? NULL : y.given, (size_t)y.n, x.var, (size_t)x.n, out);
    if (!judge(w, m, s, GRAD, &done) || !add_hidden(w, m, tad_node_count(m->tape))) return false;
    if (!done) return all_nil(w, out, x.n);
    for (int k = 0; k < x.n; k++)
        if (!derivative(w, m, out[k], &m->node[x.at[k]].value, work.adjoint[x.at[k]],
                        work.size[x.at[k]]))
            return false;
    return true;
}

bool step_tangent(world *w, model *m) {
    list y, x;
    bool done;
    tad_var out[MOST];
    array expected[MOST];
    pick_list(w, m, &y, 1 + below(w, MOST), false, false);
    if (chance(w, 70))
        pick_ancestors(w, m, &x, &y);
    else
        pick_list(w, m, &x, 1 + below(w, MOST), true, false);
    if (!x.n || !y.n || m->error != TAD_OK || !give(w, m, &x, false, true)) return !w->failed;
    sweep_forward(m, &work, y.at, y.n, x.at, x.number, x.n, expected);
    say(w, "tangent");
    say_list(w, m, &y);
    say_list(w, m, &x);
    tad_status s = tad_tangent(y.var, (size_t)y.n, x.var, x.given, (size_t)x.n, out);
    if (!judge(w, m, s, TANGENT, &done) || !add_hidden(w, m, tad_node_count(m->tape))) return false;
    if (!done) return all_nil(w, out, y.n);
    for (int k = 0; k < y.n; k++)
        if (!derivative(w, m, out[k], &m->node[y.at[k]].value, expected[k].d, expected[k].e))
            return false;
    return true;
}

/* A gradient as a new constant. */
bool step_gradient(world *w, model *m) {
    int at = pick(w, m, REAL, -1);
    if (at < 0 || m->unsure || m->error != TAD_OK) return true;
    const node *x = &m->node[at];
    if (x->needs && x->state != KNOWN && x->state != REFUSED) return true;
    node n = {.kind = CONSTANT, .value = x->value, .memory = -1};
    memcpy(n.value.e, x->gradient, sizeof x->gradient);
    say(w, "gradient(%d:%d)", m->which, at);
    tad_var got = tad_gradient(var_of(w, m, at));
    if (x->needs && x->state == KNOWN) return recorded(w, m, got, &n, x->settled);
    return tad_is_nil(got) ? refused(w, m, tad_tape_status(m->tape), TAD_NO_GRADIENT)
                           : wrong(w, "there is no gradient");
}
