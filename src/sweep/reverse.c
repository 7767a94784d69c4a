/* The numeric reverse sweep: adjoints lie beside the nodes, a node is visited once, from the last
 * to the first. Goes through descriptors only. Rests on visit.h, watch.h. */
#include <string.h>

#include "adjoint.h"
#include "apart.h"
#include "rule.h"
#include "visit.h"
#include "watch.h"

#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/version.h"

/* ---- the sweep ---- */

/* The last of the leaves with which the tape begins; node 0 at least, which can have no
 * operands. */
static uint32_t last_leaf(tad_tape *t, uint32_t top) {
    while (t->leaves < t->head.count && t->head.node[t->leaves].kind <= TAD__PARAM) t->leaves++;
    return t->leaves ? (uint32_t)tad__min(t->leaves - 1, top) : 0;
}

/* A sweep under way. A number has no mark for what never arrived. Where it matters the nodes that
 * gradients pass through are marked: where a zero meets an infinite derivative, and where there are
 * many zeros. */
typedef struct sweep_state {
    tad_tape *t;
    uint32_t top;
    uint8_t *reached;  /* NULL: not asked for yet */
    uint32_t marked;   /* down to here operands have their marks */
    uint32_t nonzero;  /* where the next adjoint that is not zero may be */
    uint64_t patience; /* zeros for each node yet to be marked that make it worth while */
} sweep_state;

/* Marks what the nodes above i read; false: no memory. */
static bool mark_above(sweep_state *s, uint32_t i) {
    if (!s->reached) {
        s->reached = tad__buffers_take(&s->t->buffers, (size_t)s->top + 1);
        if (!s->reached) return false;
        tad__mark_roots(s->t, s->reached, s->top);
    }
    tad__mark_operands(s->t, s->reached, s->marked, i, TAD__NEEDS);
    s->marked = i;
    return true;
}

/* A zero of either sign, or an array that is not there. */
static bool is_zero(tad__adjoint g) { return g.bits << 1 == 0; }

static bool has_finite_derivatives(const tad_tape *t, const tad__call *c) {
    double x[3];
    if (!tad__is_row(t, c->op)) return false;
    for (uint32_t k = 0; k < c->n_in; k++)
        x[k] = c->in[k] == TAD__NO_NODE ? c->number[k] : t->head.node[c->in[k]].value.number;
    return t->basis->row_is_finite(c->op, x, c->options);
}

/* Whether node i has something to pass on: its adjoint is not zero, or `arrived` and may not stay
 * so. */
static tad_status passes_on(sweep_state *s, uint32_t i, bool *passes, bool *arrived) {
    const tad__node *n = tad__at(s->t, i);
    tad__call c;
    *arrived = false;
    *passes = !is_zero(s->t->head.adjoint[i]) || n->kind == TAD__MULTI;
    if (*passes || (n->flags & TAD__ARRAY) || !(n->flags & TAD__NEEDS) ||
        s->t->settings.strong_zero)
        return TAD_OK;
    if (!tad__call_of(s->t, i, &c) || has_finite_derivatives(s->t, &c)) return TAD_OK;
    if (!mark_above(s, i)) return tad__no_memory(s->t, "reverse");
    *passes = *arrived = s->reached[i] & TAD__ANCESTOR;
    return TAD_OK;
}

/* The only operand that is a node, `to`, of a row on numbers is given its part of n's adjoint. */
static inline void pass_one(const tad_tape *t, const tad__node *n, const tad__row_numbers *row,
                            const double *x, int k, const double *pq, uint32_t to) {
    t->head.adjoint[to].number +=
        tad__adjoint_at(t, n)->number * row->partial[k](x, n->value.number, pq);
}

/* A row whose operands, some numbers, are all nodes. */
static void pass_all(const tad_tape *t, const tad__node *n) {
    const tad__row_numbers *row = &t->basis->number[n->op];
    const uint32_t in[3] = {n->a, n->u.arg.b, n->u.arg.c}, n_in = t->basis->row[n->op].max_in;
    const double g = tad__adjoint_at(t, n)->number;
    double x[3] = {0}, d[3];
    for (uint32_t k = 0; k < n_in; k++) x[k] = t->head.node[in[k]].value.number;
    if (!row->partials) {
        pass_one(t, n, row, x, 0, tad__no_options, n->a);
        return;
    }
    row->partials(x[0], x[1], x[2], n->value.number, d);
    for (uint32_t k = 0; k < n_in; k++) t->head.adjoint[in[k]].number += g * d[k];
}

/* Node i has a number. A row passes an adjoint that is not zero on by its derivatives; false: it is
 * not that. */
static bool pass_numbers(const tad_tape *t, uint32_t i) {
    const tad__node *node = t->head.node, *n = node + i;
    if (is_zero(t->head.adjoint[i]) || t->settings.strong_zero) return false;
    const double v = node[n->a].value.number, k = n->u.partial;
    const tad__record_of *r = n->u.record;
    switch ((enum tad__kind)n->kind) {
    case TAD__ROW: pass_all(t, n); return true;
    case TAD__ROW_XN:
        pass_one(t, n, &t->basis->number[n->op], (const double[]){v, k}, 0, tad__no_options, n->a);
        return true;
    case TAD__ROW_NX:
        pass_one(t, n, &t->basis->number[n->op], (const double[]){k, v}, 1, tad__no_options, n->a);
        return true;
    case TAD__GENERAL:
        if (!tad__is_row(t, r->op) || r->n_in != 1) return false;
        pass_one(t, n, &t->basis->number[r->op - t->basis->row], &node[r->in[0]].value.number, 0,
                 r->options, r->in[0]);
        return true;
    default: return false;
    }
}

/* Arithmetic on numbers is the kernel's; every other node goes to its descriptor. */
static tad_status sweep_fast(sweep_state *s, uint32_t top, uint32_t end) {
    tad_tape *t = s->t;
    bool passes, arrived;
    for (uint32_t i = top;
         i > end && (i = t->compute.kernels->sweep(t->head.node, t->head.adjoint, i, end)) > end;
         i--) {
        if (!(tad__at(t, i)->flags & TAD__ARRAY) && pass_numbers(t, i)) continue;
        tad_status status = passes_on(s, i, &passes, &arrived);
        if (status != TAD_OK) return status;
        if (!passes) continue;
        status = tad__visit_op(t, i, arrived);
        if (status != TAD_OK) return status;
    }
    return TAD_OK;
}

/* The adjoint of node i, an array or a number, to which the op at node `at` has just added. */
static tad_status trap_adjoint(tad_tape *t, uint32_t at, const tad_op *op, uint32_t i) {
    const tad__adjoint *g = &t->head.adjoint[i];
    tad_array number = {
        .data = &t->head.adjoint[i].number, .size = 1, .dtype = TAD_F64, .contiguous = true};
    bool array = tad__at(t, i)->flags & TAD__ARRAY;
    return array && !g->array
               ? TAD_OK
               : tad__trap_derivative(t, at, op, array ? g->array : &number, "reverse");
}

/* One node with the checks that the loop over numbers leaves out. */
static tad_status visit_carefully(sweep_state *state, uint32_t i) {
    tad_tape *t = state->t;
    tad__call c;
    bool passes, arrived;
    enum tad__kind kind = (enum tad__kind)tad__at(t, i)->kind;
    if (kind == TAD__OUTPUT || !tad__call_of(t, i, &c)) return TAD_OK;
    tad_status s = passes_on(state, i, &passes, &arrived);
    if (s != TAD_OK || !passes) return s;
    /* that may pass nothing on */
    if (kind != TAD__MULTI) s = tad__check_unchanged(t, i, &c, "reverse");
    if (s == TAD_OK) s = sweep_fast(state, i, i - 1);
    for (uint32_t k = 0; k < c.n_in && s == TAD_OK && t->settings.trap; k++)
        if (tad__passes(t, &c, k)) s = trap_adjoint(t, i, c.op, c.in[k]);
    return s;
}

static tad_status sweep_carefully(sweep_state *state, uint32_t top, uint32_t end) {
    tad_status s = TAD_OK;
    for (uint32_t i = top; i > end && s == TAD_OK; i--) s = visit_carefully(state, i);
    return s;
}

/* ---- leaving out what no gradient reaches ---- */

/* How many adjoints from node i down to above `end` are zero, `most` at most. */
static uint32_t zeros_below(const tad__adjoint *adjoint, uint32_t i, uint32_t most) {
    enum { AT_ONCE = 8 };
    uint32_t n = 0;
    for (; most - n >= AT_ONCE; n += AT_ONCE) {
        uint64_t any = 0;
        for (uint32_t k = 0; k < AT_ONCE; k++) any |= adjoint[i - n - k].bits;
        if (any) break;
    }
    while (n < most && !adjoint[i - n].bits) n++;
    return n;
}

/* The first node from i down that is marked; `end` where none is above it. */
static uint32_t next_reached(const uint8_t *reached, uint32_t i, uint32_t end) {
    uint64_t marks = 0;
    const uint32_t size = sizeof marks;
    for (; i - end >= size; i -= size) {
        memcpy(&marks, reached + i + 1 - size, size);
        if (marks) break;
    }
    while (i > end && !reached[i]) i--;
    return i;
}

/* The node to go on with when all above i have been visited. Looks for it only where there are so
 * many zeros that leaving them out takes less time than the marks. In vain: not so soon again. */
static uint32_t leave_out(sweep_state *s, uint32_t i, uint32_t end) {
    const uint64_t enough = s->patience * (s->marked - i);
    if (i > s->nonzero || enough > i - end) return i;
    const uint32_t zeros = zeros_below(s->t->head.adjoint, i, (uint32_t)enough);
    s->nonzero = i - zeros;
    if (zeros < enough || !mark_above(s, i)) return i;
    const uint32_t next = next_reached(s->reached, i, end);
    if (i - next < enough) s->patience *= 64;
    s->marked = s->nonzero = next;
    return next;
}

/* ---- all of it ---- */

/* Nodes that may have read a number that was changed are looked at one by one. */
static tad_status sweep_part(sweep_state *s, uint32_t top, uint32_t end) {
    const tad_settings *settings = &s->t->settings;
    const uint32_t doubtful = tad__numbers_in_doubt(s->t);
    const bool careful = settings->trap || settings->strong_zero || doubtful > top;
    const uint32_t middle = careful ? top : doubtful > end ? doubtful - 1 : end;
    tad_status status = sweep_fast(s, top, middle);
    return status == TAD_OK ? sweep_carefully(s, middle, end) : status;
}

/* In steps that grow, as every halt disturbs the processor's prediction of what comes next; and to
 * where a parameter is finished that somebody watches, watch NULL: nobody. */
static tad_status sweep(tad_tape *t, uint32_t top, tad__watch *watch) {
    enum { FIRST = 256, PATIENCE = 2 };
    sweep_state s = {t, top, NULL, top, top, PATIENCE};
    uint32_t end = last_leaf(t, top), step = FIRST;
    if (t->apart && end < t->apart->low) end = t->apart->low;
    tad_status status = TAD_OK;
    for (uint32_t i = top; i > end && status == TAD_OK;) {
        uint32_t halt = i - end > step ? i - step : end;
        if (watch) halt = tad__watch_halt(watch, halt);
        status = sweep_part(&s, i, halt);
        i = halt > end ? leave_out(&s, halt, end) : end;
        step = i < halt ? FIRST : step + step / 2;
        if (watch && status == TAD_OK) status = tad__watch_tell(watch, i);
    }
    tad__buffers_give(&t->buffers, s.reached);
    return status == TAD_OK && watch ? tad__watch_tell(watch, 0) : status;
}

/* ---- what it starts from ---- */

static tad_status check_root(tad_tape *t, uint32_t i) {
    const tad__node *n = tad__at(t, i);
    tad_dtype d = tad__dtype_at(t, i);
    if (d != TAD_F64 && d != TAD_F32)
        return tad__fail(t, TAD_BAD_DTYPE, "reverse: a %s variable has no gradient",
                         tad_dtype_name(d));
    if (!(n->flags & TAD__NEEDS))
        return tad__fail(t, TAD_NO_GRADIENT,
                         "reverse: the result depends on nothing differentiable");
    return TAD_OK;
}

/* A cotangent has its result's shape and type; none or a number: only for a single element. */
static tad_status check_cotangent(tad_tape *t, uint32_t i, tad_var cotangent) {
    const bool plain = tad_is_none(cotangent) || tad_is_number(cotangent);
    tad__view view, ct_view;
    if (plain && !(tad__at(t, i)->flags & TAD__ARRAY)) return TAD_OK;
    const tad_array *y = tad__value(t, i, &view), *ct;
    uint32_t c;
    tad_shape shape = tad__shape_of(y);
    char a[TAD__SHAPE_ROOM], b[TAD__SHAPE_ROOM];
    if (plain) {
        if (y->size == 1) return TAD_OK;
        return tad__fail(t, TAD_BAD_SHAPE,
                         "reverse: the result has shape %s: a cotangent is needed",
                         tad__shape_text(&shape, a, sizeof a));
    }
    if (!tad__resolve(t, cotangent, "reverse: cotangent", &c)) return t->error.status;
    ct = tad__value(t, c, &ct_view);
    tad_shape got = tad__shape_of(ct);
    if (!tad__shape_equal(&shape, &got))
        return tad__fail(t, TAD_BAD_SHAPE,
                         "reverse: a cotangent of shape %s for a result of shape %s",
                         tad__shape_text(&got, a, sizeof a), tad__shape_text(&shape, b, sizeof b));
    if (ct->dtype != y->dtype)
        return tad__fail(t, TAD_BAD_DTYPE, "reverse: a %s cotangent for a %s result",
                         tad_dtype_name((tad_dtype)ct->dtype), tad_dtype_name((tad_dtype)y->dtype));
    return TAD_OK;
}

/* The sweep reads the cotangent of a result where it lies; only leaves and kept adjoints need a
 * copy. */
static bool lend(tad_tape *t, uint32_t i, const tad_array *cotangent) {
    tad__node *n = tad__at(t, i);
    bool possible = (n->flags & TAD__ARRAY) && tad__is_passing(t, i) &&
                    !tad__adjoint_at(t, n)->array && cotangent->contiguous;
    if (!possible) return false;
    tad__adjoint_at(t, n)->array = (tad_array *)(uintptr_t)cotangent;
    t->last.array_adjoints++;
    return true;
}

/* Adds one root's cotangent, which was checked; none: 1. */
static tad_status seed(tad_tape *t, uint32_t i, tad_var cotangent) {
    tad__view view;
    uint32_t c;
    double one = tad_is_number(cotangent) ? cotangent.u.number : 1;
    if (tad_is_none(cotangent) || tad_is_number(cotangent)) {
        if (!(tad__at(t, i)->flags & TAD__ARRAY)) {
            t->head.adjoint[i].number += one;
            return TAD_OK;
        }
        view.array = (tad_array){.data = &one, .size = 1, .dtype = TAD_F64, .contiguous = true};
        return tad__accumulate(t, i, &view.array);
    }
    if (!tad__resolve(t, cotangent, "reverse: cotangent", &c)) return t->error.status;
    const tad_array *ct = tad__value(t, c, &view);
    return lend(t, i, ct) ? TAD_OK : tad__accumulate(t, i, ct);
}

static bool remember_root(tad_tape *t, uint32_t i) {
    void *vector = t->last.root;
    if (!tad__memory_grow(&t->memory, &vector, &t->last.root_capacity, t->last.roots + 1,
                          sizeof *t->last.root))
        return false;
    t->last.root = vector;
    t->last.root[t->last.roots++] = i;
    return true;
}

/* ---- the public verbs ---- */

/* Whether a sweep can begin; *top: the highest of its roots. */
static tad_status check_roots(tad_tape *t, const tad_var *y, const tad_var *cotangent, size_t n,
                              uint32_t *top) {
    uint32_t i;
    *top = 0;
    for (size_t k = 0; k < n; k++) {
        if (!tad__resolve(t, y[k], "reverse", &i)) return t->error.status;
        tad_status s = check_root(t, i);
        if (s == TAD_OK) s = check_cotangent(t, i, cotangent ? cotangent[k] : tad_none());
        if (s != TAD_OK) return s;
        *top = i > *top ? i : *top;
    }
    return t->error.status;
}

static tad_status reverse_from(tad_tape *t, const tad_var *y, const tad_var *cotangent, size_t n,
                               uint32_t top, tad__watch *watch) {
    uint32_t i;
    /* for all nodes: the results of an op that is reached may lie above the root */
    if (!tad__have_adjoints(t, t->head.count)) return tad__no_memory(t, "reverse");
    tad__forget_last_sweep(t);
    t->head.swept = t->head.swept > top + 1 ? t->head.swept : top + 1;
    t->head.shown = 0;
    tad_status s = TAD_OK;
    for (size_t k = 0; k < n && s == TAD_OK; k++) {
        tad__resolve(t, y[k], "reverse", &i);
        s = remember_root(t, i) ? seed(t, i, cotangent ? cotangent[k] : tad_none())
                                : tad__no_memory(t, "reverse");
    }
    if (s == TAD_OK) s = sweep(t, top, watch);
    if (s != TAD_OK) tad__forget_gradients(t);
    return s;
}

tad_status tad_reverse_from(const tad_var *y, const tad_var *cotangent, size_t n) {
    tad_tape *t = y ? tad__tape_of(y, n) : NULL;
    uint32_t top;
    if (!t) return TAD_BAD_HANDLE;
    if (t->error.status != TAD_OK) return t->error.status;
    const tad_status s = check_roots(t, y, cotangent, n, &top);
    return s == TAD_OK ? reverse_from(t, y, cotangent, n, top, NULL) : s;
}

tad_status tad_reverse_watched(const tad_var *y, const tad_var *cotangent, size_t n,
                               const tad_var *params, size_t n_params, tad_final_fn *final,
                               void *user) {
    tad_tape *t = y ? tad__tape_of(y, n) : NULL;
    tad__watch watch = {.tape = t, .n = n_params, .final = final, .user = user};
    uint32_t top;
    if (!t) return TAD_BAD_HANDLE;
    if (t->error.status != TAD_OK) return t->error.status;
    tad_status s = check_roots(t, y, cotangent, n, &top);
    if (s == TAD_OK) s = tad__watch_begin(&watch, top, params);
    if (s != TAD_OK) return s;
    s = reverse_from(t, y, cotangent, n, top, &watch);
    tad__watch_end(&watch);
    return s;
}

tad_status tad_reverse(tad_var y) { return tad_reverse_from(&y, NULL, 1); }

tad_var tad_retain(tad_var x) {
    tad__node *n = tad__node_of(x, "retain");
    if (n) n->flags |= TAD__RETAIN;
    return x;
}
