/* The model's derivatives: each node's own Jacobian comes from expression.c, one column at a time;
 * the chain rule is a loop over the list. Beside it, what is stale. Rests on model.h alone. */
#include "model.h"

bool near(double a, double b, double size, bool coarse) {
    double tolerance = coarse ? 2e-4 * size + 1e-6 : 1e-9 * size + 1e-12;
    return a == b || fabs(a - b) <= tolerance;
}

static bool has_past(const node *n) { return n->kind == RESULT && !n->opaque; }

/* Whether a gradient passes from node n to its operand k. */
static bool passes(const model *m, const node *n, int k) {
    return n->needs && n->call.in[k] >= 0 && is_differentiable(n->call.op, k) &&
           m->node[n->call.in[k]].needs;
}

static void mark_between(const model *m, sweep *s, const int *x, int nx) {
    for (int i = 0; i <= s->top; i++) {
        const node *n = &m->node[i];
        s->between[i] = !x;
        for (int k = 0; k < nx; k++) s->between[i] = s->between[i] || x[k] == i;
        for (int k = 0; has_past(n) && k < n->call.n_in; k++)
            if (passes(m, n, k) && s->between[n->call.in[k]]) s->between[i] = true;
    }
}

static void mark_ancestors(const model *m, sweep *s) {
    for (int i = s->top; i >= 0; i--) {
        const node *n = &m->node[i];
        if (!s->any[i] || !has_past(n)) continue;
        for (int k = 0; k < n->call.n_in; k++) {
            if (n->call.in[k] >= 0) s->any[n->call.in[k]] = true;
            if (s->back[i] && passes(m, n, k)) s->back[n->call.in[k]] = true;
        }
    }
}

static void begin(const model *m, sweep *s, const int *y, int n, const int *x, int nx) {
    s->top = 0;
    for (int k = 0; k < n; k++) s->top = y[k] > s->top ? y[k] : s->top;
    size_t nodes = (size_t)m->count;
    memset(s->back, 0, nodes);
    memset(s->any, 0, nodes);
    memset(s->between, 0, nodes);
    memset(s->adjoint, 0, nodes * sizeof *s->adjoint);
    memset(s->size, 0, nodes * sizeof *s->size);
    s->must_refuse = s->may_refuse = s->coarse = false;
    for (int k = 0; k < n; k++) s->any[y[k]] = s->back[y[k]] = true;
    mark_ancestors(m, s);
    mark_between(m, s, x, nx);
}

/* The time at which what lies in the memory of node i was changed. */
static long changed(const model *m, int i) {
    return i >= 0 && m->node[i].memory >= 0 ? m->node[m->node[i].memory].changed : -1;
}

static bool is_nonzero(const double *a, const double *size) {
    for (int i = 0; i < MOST_ELEMENTS; i++)
        if (fabs(a[i]) > 1e-9 * size[i]) return true;
    return false;
}

/* A number of the other float type: it is cast first, and only the cast reads it. */
static bool is_cast(const model *m, const node *n, int k) {
    tad_dtype from = m->node[n->call.in[k]].value.dtype;
    return n->call.op != OP_CAST && is_real(from) && from != n->value.dtype;
}

static void find_stale(const model *m, sweep *s, int i, bool passing) {
    const node *n = &m->node[i];
    if (n->memory >= 0) return; /* changed together with its operand */
    for (int k = 0; k < n->call.n_in; k++) {
        int from = n->call.in[k];
        if (changed(m, from) <= n->born) continue;
        s->may_refuse = true;
        bool reads = !is_cast(m, n, k) || (passes(m, n, k) && s->between[from]);
        if (passing && reads) s->must_refuse = true;
    }
}

/* What element j of operand k adds to each element of the node: its column of the Jacobian. */
static void column_of(const node *n, int k, int j, double *slope) {
    array in[MOST_OPERANDS], out[2];
    memcpy(in, n->used, sizeof in);
    in[k].d[j] = 1;
    evaluate(&n->call, in, out);
    memcpy(slope, out[n->output].d, sizeof out->d);
}

static void add_term(sweep *s, int to, int at, int from, int with, double slope) {
    s->adjoint[to][at] += s->adjoint[from][with] * slope;
    s->size[to][at] += s->size[from][with] * (fabs(slope) + (slope != 0 ? 0.1 : 0));
}

/* Adds this node's gradient, times its Jacobian, to operand k; or the operand's tangent to it. */
static void pass(const model *m, sweep *s, int i, int k, bool back) {
    const node *n = &m->node[i];
    double slope[MOST_ELEMENTS];
    for (int j = 0; j < n->used[k].n; j++) {
        column_of(n, k, j, slope);
        for (int r = 0; r < n->value.n; r++) {
            if (back)
                add_term(s, n->call.in[k], j, i, r, slope[r]);
            else
                add_term(s, i, r, n->call.in[k], j, slope[r]);
        }
    }
}

void sweep_back(const model *m, sweep *s, const int *y, const array *seed, int n, const int *x,
                int nx) {
    begin(m, s, y, n, x, nx);
    for (int k = 0; k < n; k++)
        for (int i = 0; i < seed[k].n; i++) {
            s->adjoint[y[k]][i] += seed[k].e[i];
            s->size[y[k]][i] += fabs(seed[k].e[i]);
        }
    for (int i = s->top; i >= 0; i--) {
        const node *at = &m->node[i];
        if (!s->any[i]) continue;
        if (s->back[i] && at->value.dtype == TAD_F32) s->coarse = true;
        if (!has_past(at)) continue;
        bool passing = false;
        for (int k = 0; s->back[i] && k < at->call.n_in; k++) {
            if (!passes(m, at, k)) continue;
            passing = passing || s->between[at->call.in[k]];
            pass(m, s, i, k, true);
        }
        find_stale(m, s, i, passing && is_nonzero(s->adjoint[i], s->size[i]));
    }
}

/* ---- forward ---- */

void sweep_forward(const model *m, sweep *s, const int *y, int n, const int *x,
                   const array *tangent, int nx, array *out) {
    begin(m, s, y, n, x, nx);
    for (int k = 0; k < nx; k++)
        for (int i = 0; i < tangent[k].n && x[k] <= s->top; i++) {
            s->adjoint[x[k]][i] += tangent[k].e[i];
            s->size[x[k]][i] += fabs(tangent[k].e[i]);
        }
    for (int i = 0; i <= s->top; i++) {
        const node *at = &m->node[i];
        if (!s->any[i]) continue;
        if (s->back[i] && at->value.dtype == TAD_F32) s->coarse = true;
        if (!has_past(at)) continue;
        bool passing = false;
        for (int k = 0; k < at->call.n_in; k++)
            passing = passing || (passes(m, at, k) &&
                                  is_nonzero(s->adjoint[at->call.in[k]], s->size[at->call.in[k]]));
        find_stale(m, s, i, passing && s->back[i]);
        for (int k = 0; s->back[i] && k < at->call.n_in; k++)
            if (passes(m, at, k)) pass(m, s, i, k, false);
    }
    for (int k = 0; k < n; k++) {
        out[k] = m->node[y[k]].value;
        memcpy(out[k].d, s->adjoint[y[k]], sizeof out[k].d);
        memcpy(out[k].e, s->size[y[k]], sizeof out[k].e);
    }
}

/* ---- after a reverse sweep ---- */

static void take_gradient(node *n, const sweep *s, int i) {
    bool number = n->value.rank == 0 && n->value.dtype == TAD_F64;
    bool sums = n->kind == PARAM && n->state == KNOWN;
    n->reached = i > s->top ? NO : s->back[i] ? YES : s->any[i] ? EITHER : NO;
    happened[SUMS_ADDED] += sums && s->back[i];
    if (i > s->top && sums) return;
    for (int k = 0; k < MOST_ELEMENTS; k++) {
        n->gradient[k] = (sums ? n->gradient[k] : 0) + (i > s->top ? 0 : s->adjoint[i][k]);
        n->size[k] = (sums ? fabs(n->gradient[k]) : 0) + (i > s->top ? 0 : s->size[i][k]);
    }
    n->settled = false;
    n->coarse = s->coarse;
    if (i > s->top)
        n->state = ABOVE;
    else
        n->state = n->kind != RESULT || number || n->retained || !s->back[i] ? KNOWN : RELEASED;
}

void take_gradients(model *m, const sweep *s) {
    for (int i = 0; i < m->count; i++) {
        node *n = &m->node[i];
        n->reached = NO;
        if (n->kind != HIDDEN && n->needs) take_gradient(n, s, i);
        if (n->opaque && n->needs) n->state = ABOVE; /* no root depends on it: refused or zero */
    }
}
