/* Sweeps with several seeds: lists, seeds, rows, results. Rests on group.h. */
#include "group.h"

#include <string.h>

#include "tape/handle.h"
#include "tape/version.h"

/* ---- lists ---- */

/* The entries from the lowest x to y; 0: not for groups. An x that is computed from others has two
 * sources of tangents, and what may have read a number that was changed is looked at one by one. */
static uint32_t range(tad__lane_sweep *s) {
    uint32_t low = TAD__NO_NODE;
    if (tad__looks_closely(s->t) || !tad__is_number_variable(s->y)) return 0;
    for (size_t k = 0; k < s->nx; k++) {
        const uint32_t i = s->x[k].u.at.index;
        if (!tad__is_number_variable(s->x[k]) || tad__at(s->t, i)->kind > TAD__PARAM) return 0;
        low = i < low ? i : low;
    }
    if (low > s->y.u.at.index || tad__numbers_in_doubt(s->t) > low) return 0;
    s->lists.tape.base = (int64_t)low - 1;
    return s->y.u.at.index - low + 1;
}

void tad__lanes_begin(tad__lane_sweep *s, bool tangents, bool adjoints) {
    tad__group *g = &s->lists;
    const uint32_t span = range(s);
    const size_t n = (size_t)span + 1, lists = (size_t)tangents + (size_t)adjoints;
    const size_t each = lists * sizeof(tad__lanes) + sizeof *g->adjoint + sizeof *g->tape.mark;
    size_t bytes;
    if (!span || !tad__mul(n, each, &bytes)) return;
    g->tangent = tad__buffers_take(&s->t->buffers, bytes);
    if (!g->tangent) return;
    g->own = g->tangent + (tangents ? n : 0);
    g->adjoint = g->tangent[lists * n];
    g->tape.mark = (uint8_t *)(g->adjoint + n);
    g->tape.span = span;
}

void tad__lanes_end(tad__lane_sweep *s) {
    if (s->lists.tape.span) tad__buffers_give(&s->t->buffers, s->lists.tangent);
    s->lists.tape.span = 0;
}

static size_t entry_at(const tad__lane_sweep *s, tad_var v) {
    return tad__entry_of(&s->lists.tape, v.u.at.index);
}

static uint32_t index_at(const tad__lane_sweep *s, size_t k) {
    return (uint32_t)(s->lists.tape.base + (int64_t)k);
}

/* ---- seeds ---- */

/* The number that a seed is; false: it is none, or refused. */
static bool number_of(const tad__lane_sweep *s, tad_var seed, double *value) {
    if (tad_is_number(seed)) {
        *value = seed.u.number;
        return true;
    }
    if (!tad__is_living(s->t, seed)) return false;
    const tad__node *n = tad__at(s->t, seed.u.at.index);
    *value = n->value.number;
    return !(n->flags & TAD__ARRAY);
}

static bool is_absent(tad_var v) { return tad_is_none(v) || tad_is_nil(v); }

static bool seed_tangents(tad__lane_sweep *s, const tad_var *tangent, size_t n) {
    tad__group *g = &s->lists;
    memset(g->tape.mark, 0, (size_t)g->tape.span + 1);
    memset(g->tangent[0], 0, sizeof g->tangent[0]);
    for (size_t i = 0; i < s->nx; i++) {
        const size_t k = entry_at(s, s->x[i]);
        double *to = g->tangent[k];
        if (k && !g->tape.mark[k]) memset(to, 0, sizeof g->tangent[k]);
        if (k) g->tape.mark[k] = TAD__VARIES;
        for (size_t l = 0; l < n; l++) {
            const tad_var v = tangent[l * s->nx + i];
            double value = 0;
            if (!number_of(s, v, &value) && !is_absent(v)) return false;
            if (k) to[l] += value;
        }
    }
    return true;
}

/* ---- rows ---- */

/* The call at entry k if it is a row on numbers. *passes: whether anything passes through: what
 * comes from numbers by way of arrays is another number in the end, for which this is false. */
static bool row_at(const tad__lane_sweep *s, size_t k, tad__call *c, bool *passes) {
    const uint32_t i = index_at(s, k);
    *passes = (tad__at(s->t, i)->flags & (TAD__NEEDS | TAD__ARRAY)) == TAD__NEEDS;
    if (!*passes) return true;
    return tad__call_of(s->t, i, c) && tad__is_row_of_numbers(s->t, i, c) && !c->op->constant_in;
}

/* Operand j with its tangent in a lane; lane < 0: without. */
static tad__dual operand(const tad__lane_sweep *s, const tad__call *c, uint32_t j, int lane) {
    if (c->in[j] == TAD__NO_NODE) return (tad__dual){c->number[j], 0, false};
    const size_t k = tad__entry_below(&s->lists.tape, c->in[j]);
    const bool moves = lane >= 0 && k && tad__passes(s->t, c, j);
    return (tad__dual){tad__at(s->t, c->in[j])->value.number, moves ? s->lists.tangent[k][lane] : 0,
                       moves};
}

/* The derivative by operand j, the same for all lanes. */
static double partial(const tad__lane_sweep *s, size_t k, const tad__call *c, uint32_t j) {
    const tad__node *n = tad__at(s->t, index_at(s, k));
    tad__dual x[3];
    for (uint32_t i = 0; i < c->n_in; i++) x[i] = operand(s, c, i, -1);
    return s->t->basis->row_partial(c->op, j, x, (tad__dual){n->value.number, 0, false}, c->options)
        .value;
}

static bool push_row(tad__lane_sweep *s, size_t k) {
    double *y = s->lists.tangent[k];
    tad__call c;
    bool passes;
    if (!row_at(s, k, &c, &passes)) return false;
    memset(y, 0, sizeof s->lists.tangent[k]);
    for (uint32_t j = 0; j < c.n_in && passes; j++) {
        if (!tad__passes(s->t, &c, j)) continue;
        const double p = partial(s, k, &c, j);
        const double *x = s->lists.tangent[tad__entry_below(&s->lists.tape, c.in[j])];
        for (size_t l = 0; l < TAD__LANES; l++) y[l] += p * x[l];
    }
    return true;
}

/* What a row passes on in one lane; the adjoint is that of all. */
static void pull_lane(tad__lane_sweep *s, size_t k, const tad__call *c, size_t lane) {
    const tad__group *g = &s->lists;
    const double adjoint = g->adjoint[k], tangent = g->own[k][lane];
    const tad__node *n = tad__at(s->t, index_at(s, k));
    const tad__dual y = {n->value.number, g->tangent[k][lane], true};
    tad__dual x[3];
    for (uint32_t j = 0; j < c->n_in; j++) x[j] = operand(s, c, j, (int)lane);
    for (uint32_t j = 0; j < c->n_in; j++) {
        if (!tad__passes(s->t, c, j)) continue;
        const size_t to = tad__entry_below(&g->tape, c->in[j]);
        const tad__dual p = s->t->basis->row_partial(c->op, j, x, y, c->options);
        if (lane == 0) g->adjoint[to] += adjoint * p.value;
        g->own[to][lane] += tangent * p.value;
        g->own[to][lane] += adjoint * p.tangent;
    }
}

static bool pull_row(tad__lane_sweep *s, size_t k, size_t n) {
    tad__call c;
    bool passes;
    if (!row_at(s, k, &c, &passes)) return false;
    for (size_t l = 0; l < n && passes; l++) pull_lane(s, k, &c, l);
    return true;
}

/* The same as the sweep over adjoints alone takes it, whose last bits may be others. */
static double partial_apart(const tad__lane_sweep *s, size_t k, const tad__call *c, uint32_t j) {
    const tad__node *n = tad__at(s->t, index_at(s, k));
    const tad__row_numbers *row = &s->t->basis->number[c->op - s->t->basis->row];
    double x[3];
    for (uint32_t i = 0; i < c->n_in; i++) x[i] = operand(s, c, i, -1).value;
    return row->partial[j](x, n->value.number, c->options ? c->options : tad__no_options);
}

static bool pull_row_apart(tad__lane_sweep *s, size_t k) {
    const double *y = s->lists.own[k];
    tad__call c;
    bool passes;
    if (!row_at(s, k, &c, &passes)) return false;
    for (uint32_t j = 0; j < c.n_in && passes; j++) {
        if (!tad__passes(s->t, &c, j)) continue;
        const double p = partial_apart(s, k, &c, j);
        double *x = s->lists.own[tad__entry_below(&s->lists.tape, c.in[j])];
        for (size_t l = 0; l < TAD__LANES; l++) x[l] += y[l] * p;
    }
    return true;
}

/* ---- sweeps ---- */

static const tad__group_kernels *kernels(const tad__lane_sweep *s) {
    return s->t->compute.kernels->group;
}

/* There is an op on arrays in the way, as there will be for every seed. */
static bool give_up(tad__lane_sweep *s) {
    tad__lanes_end(s);
    return false;
}

static bool push(tad__lane_sweep *s, const tad_var *tangent, size_t n) {
    tad__group *g = &s->lists;
    if (!g->tape.span || !seed_tangents(s, tangent, n)) return false;
    g->tape.node = s->t->head.node; /* results move it */
    for (uint32_t k = 1; (k = kernels(s)->push(g, k)) <= g->tape.span; k++)
        if (!push_row(s, k)) return give_up(s);
    return true;
}

static bool pull(tad__lane_sweep *s, size_t n) {
    tad__group *g = &s->lists;
    const size_t entries = (size_t)g->tape.span + 1;
    memset(g->own, 0, entries * sizeof *g->own);
    memset(g->adjoint, 0, entries * sizeof *g->adjoint);
    g->adjoint[g->tape.span] = 1;
    for (uint32_t k = g->tape.span; (k = kernels(s)->pull(g, k)) > 0; k--)
        if (!pull_row(s, k, n)) return give_up(s);
    return true;
}

static bool pull_apart(tad__lane_sweep *s, const tad_var *cotangent, size_t n) {
    tad__group *g = &s->lists;
    if (!g->tape.span) return false;
    memset(g->own, 0, ((size_t)g->tape.span + 1) * sizeof *g->own);
    for (size_t l = 0; l < n; l++) {
        double value = 1;
        if (!tad_is_none(cotangent[l]) && !number_of(s, cotangent[l], &value)) return false;
        g->own[g->tape.span][l] = value;
    }
    g->tape.node = s->t->head.node;
    for (uint32_t k = g->tape.span; (k = kernels(s)->apart(g, k)) > 0; k--)
        if (!pull_row_apart(s, k)) return give_up(s);
    return true;
}

/* ---- results ---- */

/* Zeros that are not there have met no infinity. */
static bool are_finite(const double *x, size_t n) {
    double all = 0;
    for (size_t l = 0; l < n; l++) all += x[l] * 0;
    return all == 0;
}

bool tad__lanes_tangents(tad__lane_sweep *s, const tad_var *tangent, size_t n, tad_var *out) {
    if (!push(s, tangent, n)) return false;
    const double *y = s->lists.tangent[s->lists.tape.span];
    if (!are_finite(y, n)) return false;
    for (size_t l = 0; l < n; l++) out[l] = tad__number_constant(s->t, y[l]);
    return true;
}

/* What all x have, if it is finite. */
static bool collect(tad__lane_sweep *s, size_t n, tad_var *out) {
    tad__lanes all = {0};
    for (size_t i = 0; i < s->nx; i++) {
        const double *own = s->lists.own[entry_at(s, s->x[i])];
        for (size_t l = 0; l < TAD__LANES; l++) all[l] += own[l] * 0;
    }
    if (!are_finite(all, n)) return false;
    for (size_t l = 0; l < n; l++)
        for (size_t i = 0; i < s->nx; i++) {
            const size_t k = entry_at(s, s->x[i]);
            out[l * s->nx + i] = tad__number_constant(s->t, k ? s->lists.own[k][l] : 0);
        }
    return true;
}

bool tad__lanes_products(tad__lane_sweep *s, const tad_var *v, size_t n, tad_var *gradient,
                         tad_var *out) {
    const double *adjoint = s->lists.adjoint;
    if (!push(s, v, n) || !pull(s, n)) return false;
    for (size_t i = 0; i < s->nx; i++) {
        const size_t k = entry_at(s, s->x[i]);
        if (k && !are_finite(&adjoint[k], 1)) return false;
    }
    if (!collect(s, n, out)) return false;
    for (size_t i = 0; i < s->nx && gradient; i++) {
        const size_t k = entry_at(s, s->x[i]);
        gradient[i] = tad__number_constant(s->t, k ? adjoint[k] : 0);
    }
    return true;
}

bool tad__lanes_gradients(tad__lane_sweep *s, const tad_var *cotangent, size_t n, tad_var *out) {
    return pull_apart(s, cotangent, n) && collect(s, n, out);
}
