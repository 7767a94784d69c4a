/* The numeric reverse sweep: adjoints lie beside the nodes, a node is visited once, from the last to
 * the first. Goes through descriptors only. Rests on rule.h. */
#include <string.h>

#include "rule.h"

#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/handle.h"
#include "tape/label.h"
#include "tape/mark.h"
#include "tape/node.h"
#include "tape/version.h"

/* ---- forgetting the sweep before ---- */

static void forget_last_sweep(tad_tape *t) {
    for (uint32_t i = 0; i < t->head.swept; i++) {
        tad__node *n = tad__at(t, i);
        n->flags &= (uint8_t)~TAD__RELEASED;
        if (n->kind == TAD__PARAM || !tad__adjoint_at(t, n)->bits) continue;
        if (n->flags & TAD__ARRAY) tad__drop_adjoint(t, i);
        else tad__adjoint_at(t, n)->bits = 0;
    }
    t->roots = 0;
}

/* After a sweep that failed half-way no gradient is right, the parameters' sums included. */
static void forget_gradients(tad_tape *t) {
    for (uint32_t i = 0; i < t->head.swept; i++) {
        tad__node *n = tad__at(t, i);
        n->flags &= (uint8_t)~TAD__RELEASED;
        if ((n->flags & TAD__ARRAY) && tad__adjoint_at(t, n)->array) tad__drop_adjoint(t, i);
        tad__adjoint_at(t, n)->bits = 0;
    }
    t->head.swept = 0;
    t->roots = 0;
}

/* ---- accumulating into a node ---- */

/* Whether an adjoint may be written: it is not lent and does not repeat a few numbers. */
static bool is_whole(const tad_array *adjoint) { return adjoint->pooled && adjoint->contiguous; }

/* Only the sweep sees the adjoint of an interior node that is not retained. */
static bool is_passing(const tad__node *n) { return n->kind > TAD__PARAM && !(n->flags & TAD__RETAIN); }

/* The adjoint of an array node to add to: made when absent, copied when it may not be written. */
static tad_array *adjoint_of(tad_tape *t, uint32_t i, bool *fresh) {
    tad__node *n = tad__at(t, i);
    tad_array *old = tad__adjoint_at(t, n)->array;
    *fresh = !old;
    if (old && is_whole(old)) return old;
    tad_array *own = tad__new_buffer_like(t, n->value.array);
    if (!own) return NULL;
    if (old) tad__copy(&t->compute, own, old);
    else t->array_adjoints++;
    if (old && old->pooled) tad__buffers_give(&t->buffers, old);
    return tad__adjoint_at(t, n)->array = own;
}

static double sum_of(const tad_tape *t, const tad_array *g) {
    double s = 0;
    tad_array out = {.data = &s, .size = 1, .dtype = TAD_F64, .contiguous = true};
    tad__add_into(&t->compute, &out, g);
    return s;
}

/* The one place where broadcasting is undone: g may have any shape that target broadcasts to. */
static tad_status accumulate(tad_tape *t, uint32_t target, const tad_array *g) {
    tad__node *n = tad__at(t, target);
    if (!(n->flags & TAD__ARRAY)) {
        tad__adjoint_at(t, n)->number += sum_of(t, g);
        return TAD_OK;
    }
    bool fresh;
    tad_array *into = adjoint_of(t, target, &fresh);
    if (!into) return tad__no_memory(t, "reverse");
    bool same = g->size == into->size && g->rank == into->rank;
    if (fresh && same) {
        tad__copy(&t->compute, into, g);
        return TAD_OK;
    }
    if (fresh) tad__clear(&t->compute, into);
    tad__add_into(&t->compute, into, g);
    return TAD_OK;
}

/* ---- one array node ---- */

/* What the hooks of a node see. */
typedef struct visit {
    tad__driver driver; /* first: the hooks are given it */
    tad_tape *t;
    uint32_t at;
    tad__call call;
    const tad_array *ct[TAD_MAX_OUTPUTS]; /* cotangents; NULL: zero */
    tad_array number_ct[TAD_MAX_OUTPUTS]; /* those of 0-d float64 outputs */
    double number[TAD_MAX_OUTPUTS];
    bool given_away[TAD_MAX_OUTPUTS]; /* the buffer now belongs to an input */
    const uint32_t *in;
    bool *wanted;
    bool few_wanted[TAD_MAX_INPUTS];
    tad_array *number_into; /* gradients of 0-d float64 inputs, added at the end */
    double *number_sum;
    tad_array few_into[TAD_MAX_INPUTS];
    double few_sum[TAD_MAX_INPUTS];
    bool strong_zero;
    tad_var ct_var; /* for it, while the rule's results are in use */
} visit;

/* Cotangents of all outputs; false when every one is zero. A number's zero counts if it `arrived`. */
static bool take_cotangents(visit *v, bool arrived) {
    bool any = false;
    for (uint32_t k = 0; k < v->call.n_out; k++) {
        tad__node *n = tad__at(v->t, v->at + k);
        v->ct[k] = NULL;
        v->given_away[k] = false;
        if (!tad__adjoint_at(v->t, n)->bits && !arrived) continue;
        any = true;
        if (n->flags & TAD__ARRAY) v->ct[k] = tad__adjoint_at(v->t, n)->array;
        else {
            v->number[k] = tad__adjoint_at(v->t, n)->number;
            v->number_ct[k] = (tad_array){.data = &v->number[k], .size = 1, .dtype = TAD_F64, .contiguous = true};
            v->ct[k] = &v->number_ct[k];
        }
    }
    return any;
}

static tad_status find_wanted(visit *v) {
    uint32_t n = v->call.n_in;
    bool few = n <= TAD_MAX_INPUTS;
    tad__arena *a = &v->t->arena;
    v->wanted = few ? v->few_wanted : tad__arena_take(a, n * sizeof *v->wanted, 16);
    v->number_into = few ? v->few_into : tad__arena_take(a, n * sizeof *v->number_into, 16);
    v->number_sum = few ? v->few_sum : tad__arena_take(a, n * sizeof *v->number_sum, 16);
    if (!v->wanted || !v->number_into || !v->number_sum) return TAD_NO_MEMORY;
    for (uint32_t i = 0; i < n; i++) {
        v->wanted[i] = tad__passes(v->t, &v->call, i);
        v->number_sum[i] = 0;
        if (v->wanted[i] && tad__is_constant_in(v->call.op, i))
            return tad__no_derivative(v->t, v->at, &v->call, i, "reverse");
    }
    return TAD_OK;
}

/* ---- what the op's backward asks ---- */

static visit *visit_of(const tad__driver *d) { return (visit *)(uintptr_t)d; }

static tad_array *hook_buffer(tad__driver *d, size_t i, bool *fresh) {
    visit *v = visit_of(d);
    tad__node *n = tad__at(v->t, v->in[i]);
    if (n->flags & TAD__ARRAY) return adjoint_of(v->t, v->in[i], fresh);
    *fresh = false;
    v->number_into[i] = (tad_array){.data = &v->number_sum[i], .size = 1, .dtype = TAD_F64, .contiguous = true};
    return &v->number_into[i];
}

static bool hook_is_fresh(const tad__driver *d, size_t i) {
    const visit *v = visit_of(d);
    const tad__node *n = tad__at(v->t, v->in[i]);
    return (n->flags & TAD__ARRAY) && !tad__adjoint_at(v->t, n)->array;
}

static tad__saved *saved_at(const visit *v) {
    const tad__record_of *r = tad__at(v->t, v->at)->u.record;
    return r->saved;
}

static tad_array *hook_saved(const tad__driver *d) {
    const tad__saved *saved = saved_at(visit_of(d));
    return saved ? saved->array : NULL;
}

static void hook_pass_saved(tad__driver *d, size_t i) {
    const visit *v = visit_of(d);
    tad__saved *saved = saved_at(v);
    tad__adjoint_at(v->t, tad__at(v->t, v->in[i]))->array = saved->array;
    saved->array = NULL;
    v->t->array_adjoints++;
}

/* Gives the cotangent of output k to input i, if it is nobody else's and nothing is there to add to. */
static tad_array *take(visit *v, size_t k, size_t i) {
    tad__node *to = tad__at(v->t, v->in[i]), *from = tad__at(v->t, v->at + (uint32_t)k);
    if (!(to->flags & from->flags & TAD__ARRAY) || tad__adjoint_at(v->t, to)->array) return NULL;
    tad_array *g = tad__adjoint_at(v->t, from)->array;
    if (!g->pooled || (from->flags & TAD__RETAIN) || v->given_away[k]) return NULL;
    if (!g->contiguous && !is_passing(to)) return NULL;
    v->given_away[k] = true;
    return tad__adjoint_at(v->t, to)->array = g;
}

static tad_status hook_pass(tad__driver *d, size_t k, size_t i, bool last) {
    visit *v = visit_of(d);
    return last && take(v, k, i) ? TAD_OK : accumulate(v->t, v->in[i], v->ct[k]);
}

static tad_array *hook_take(tad__driver *d, size_t k, size_t i) { return take(visit_of(d), k, i); }

static tad_array *hook_repeat(tad__driver *d, size_t i, const tad_array *few) {
    visit *v = visit_of(d);
    tad__node *n = tad__at(v->t, v->in[i]);
    const tad_array *x = n->value.array;
    if (!(n->flags & TAD__ARRAY) || !is_passing(n) || tad__adjoint_at(v->t, n)->array) return NULL;
    if (x->size < TAD__GRAIN || x->size / 2 < few->size) return NULL; /* not worth it */
    tad_array *a = tad__new_buffer_like(v->t, few);
    if (!a) return NULL;
    for (int k = 0; k < a->rank; k++) {
        if (a->dim[k] != x->dim[k]) a->dim[a->rank + k] = 0;
        a->dim[k] = x->dim[k];
    }
    a->size = x->size;
    a->contiguous = false;
    v->t->array_adjoints++;
    return tad__adjoint_at(v->t, n)->array = a;
}

static tad_status hook_fail(tad__driver *d, tad_status code, const char *message) {
    return tad__fail(visit_of(d)->t, code, "%s", message);
}

static const char *hook_operand_name(const tad__driver *d, size_t i) {
    const visit *v = visit_of(d);
    return tad__name_of(v->t, v->in[i]);
}

static const tad__hooks hooks = {.fail = hook_fail,
                                 .operand_name = hook_operand_name,
                                 .buffer = hook_buffer,
                                 .is_fresh = hook_is_fresh,
                                 .pass = hook_pass,
                                 .take = hook_take,
                                 .repeat = hook_repeat,
                                 .saved = hook_saved,
                                 .pass_saved = hook_pass_saved};

/* ---- running the op's backward, or its rule ---- */

/* Input i as an array; a plain number has the type of the result. NULL: left out. */
static const tad_array *input_of(const visit *v, uint32_t i, tad__view *room) {
    if (v->in[i] != TAD__NO_NODE) return tad__value(v->t, v->in[i], room);
    if ((int)i != v->call.number_at) return NULL;
    return tad__number_value(v->call.number, tad__dtype_at(v->t, v->at), room);
}

static tad_status run_backward(visit *v) {
    tad_tape *t = v->t;
    uint32_t n = v->call.n_in;
    const tad_array *few_in[TAD_MAX_INPUTS], **in = few_in;
    tad__view few_view[TAD_MAX_INPUTS], *view = few_view, out_view[TAD_MAX_OUTPUTS];
    const tad_array *out[TAD_MAX_OUTPUTS];
    if (n > TAD_MAX_INPUTS) {
        in = tad__arena_take(&t->arena, n * sizeof *in, 16);
        view = tad__arena_take(&t->arena, n * sizeof *view, 16);
        if (!in || !view) return TAD_NO_MEMORY;
    }
    for (uint32_t i = 0; i < n; i++) in[i] = input_of(v, i, &view[i]);
    for (uint32_t k = 0; k < v->call.n_out; k++) out[k] = tad__value(t, v->at + k, &out_view[k]);
    tad_backward b = {{v->call.op, v->call.options, n, v->call.n_out, in, (tad_array *const *)(void *)out,
                       &t->compute, &v->driver},
                      v->ct, v->wanted};
    tad_status s = v->call.op->backward(&b);
    for (uint32_t i = 0; i < n && s == TAD_OK; i++)
        if (v->wanted[i] && !(tad__at(t, v->in[i])->flags & TAD__ARRAY)) t->head.adjoint[v->in[i]].number += v->number_sum[i];
    return s;
}

/* A constant whose value is an adjoint, for a rule to read. */
static tad_var cotangent_var(tad_tape *t, const tad_array *g) {
    uint32_t index;
    if (!g || !tad__new_node(t, &index)) return tad__nil(t);
    tad__node *n = tad__at(t, index);
    n->kind = TAD__CONSTANT;
    if (g->rank == 0 && g->dtype == TAD_F64) n->value.number = *(const double *)g->data;
    else {
        n->flags = TAD__ARRAY;
        n->value.array = (tad_array *)(uintptr_t)g;
    }
    return tad__handle(t, index);
}

static tad_status accumulate_result(visit *v, uint32_t i, tad_var r) {
    tad_tape *t = v->t;
    tad_shape like = tad_shape_of(tad__handle(t, v->in[i]));
    if (tad_is_number(r)) r = tad_full(t, TAD_F64, TAD_0D, r.u.number);
    tad_status s = tad__check_rule_result(t, v->call.op, "vjp", r, &like);
    if (s == TAD_OK && v->strong_zero) r = t->basis->strong_zero(v->ct_var, r);
    if (s != TAD_OK || tad_is_nil(r)) return s;
    tad__view view;
    return accumulate(t, v->in[i], tad__value(t, r.u.at.index, &view));
}

/* Rows read cotangents that repeat a few numbers; others get whole ones. */
static bool make_whole(visit *v) {
    bool fresh;
    for (uint32_t k = 0; k < v->call.n_out; k++)
        if (v->ct[k] && !v->ct[k]->contiguous && !(v->ct[k] = adjoint_of(v->t, v->at + k, &fresh))) return false;
    return true;
}

/* Runs the op's graph rule on a stretch of tape and throws it away. */
static tad_status run_rule(visit *v) {
    tad_tape *t = v->t;
    uint32_t n = v->call.n_in;
    if (!v->call.op->vjp) return tad__fail(t, TAD_NO_RULE, "%s: has no vjp", v->call.op->name);
    tad_var *in = tad__arena_take(&t->arena, n * sizeof *in, 16), *result = tad__arena_take(&t->arena, n * sizeof *in, 16);
    tad_var out[TAD_MAX_OUTPUTS], ct[TAD_MAX_OUTPUTS];
    if (!in || !result) return tad__no_memory(t, "reverse");
    tad__stretch stretch = tad__stretch_begin(t);
    for (uint32_t i = 0; i < n; i++) {
        in[i] = tad__operand(t, &v->call, i);
        result[i] = tad__nil(t);
    }
    for (uint32_t k = 0; k < v->call.n_out; k++) {
        out[k] = tad__handle(t, v->at + k);
        ct[k] = cotangent_var(t, v->ct[k]);
    }
    tad_rule r = {t, v->call.op, v->call.options, n, v->call.n_out, in, out, ct, v->wanted, result};
    tad__run_rule(v->call.op->vjp, &r);
    tad_status s = t->error.status;
    v->ct_var = ct[0];
    for (uint32_t i = 0; i < n && s == TAD_OK; i++)
        if (v->wanted[i]) s = accumulate_result(v, i, result[i]);
    tad__stretch_end(t, stretch);
    return s;
}

/* The adjoints of a visited node are no longer needed, unless asked for. */
static void consume(visit *v) {
    for (uint32_t k = 0; k < v->call.n_out; k++) {
        tad__node *n = tad__at(v->t, v->at + k);
        if (!(n->flags & TAD__ARRAY) || !tad__adjoint_at(v->t, n)->array || (n->flags & TAD__RETAIN)) continue;
        if (v->given_away[k]) tad__adjoint_at(v->t, n)->bits = 0;
        else tad__drop_adjoint(v->t, v->at + k);
        n->flags |= TAD__RELEASED;
    }
}

static tad_status visit_op(tad_tape *t, uint32_t i, bool arrived) {
    visit v;
    v.driver.hooks = &hooks;
    v.t = t;
    v.at = i;
    tad__call_of(t, i, &v.call);
    v.in = v.call.in;
    v.strong_zero = tad__has_strong_zero(t, i, &v.call);
    if (!(tad__at(t, i)->flags & TAD__NEEDS) && v.call.n_out == 1) return TAD_OK;
    if (!take_cotangents(&v, arrived)) return TAD_OK;
    tad__place place = tad__arena_place(&t->arena);
    bool whole = tad__is_row(t, v.call.op) || make_whole(&v);
    tad_status s = whole ? find_wanted(&v) : TAD_NO_MEMORY;
    if (s == TAD_OK) s = tad__check_unchanged(t, i, &v.call, "reverse");
    if (s == TAD_OK) s = v.call.op->backward && !v.strong_zero ? run_backward(&v) : run_rule(&v);
    tad__arena_release(&t->arena, place);
    if (s == TAD_NO_MEMORY) tad__no_memory(t, v.call.op->name);
    if (s == TAD_OK) consume(&v);
    return s;
}

/* ---- the sweep ---- */

/* The last of the leaves with which the tape begins; node 0 at least, which can have no operands. */
static uint32_t last_leaf(const tad__node *node, uint32_t top) {
    uint32_t i = 0;
    while (i < top && node[i + 1].kind <= TAD__PARAM) i++;
    return i;
}

/* A sweep under way. A number has no mark for what never arrived, so a zero that may matter, as it
 * meets an infinite derivative, has the nodes that gradients pass through found. */
typedef struct sweep_state {
    tad_tape *t;
    uint32_t top;
    uint8_t *reached; /* NULL: not asked for yet */
} sweep_state;

static tad_status find_reached(sweep_state *s) {
    if (s->reached) return TAD_OK;
    s->reached = tad__buffers_take(&s->t->buffers, (size_t)s->top + 1);
    if (!s->reached) return tad__no_memory(s->t, "reverse");
    tad__mark_ancestors(s->t, s->reached, s->top, TAD__NEEDS);
    return TAD_OK;
}

/* A zero of either sign, or an array that is not there. */
static bool is_zero(tad__adjoint g) { return g.bits << 1 == 0; }

static bool has_finite_derivatives(const tad_tape *t, const tad__call *c) {
    double x[3];
    if (!tad__is_row(t, c->op)) return false;
    for (uint32_t k = 0; k < c->n_in; k++)
        x[k] = (int)k == c->number_at ? c->number : t->head.node[c->in[k]].value.number;
    return t->basis->row_is_finite(c->op, x, c->options);
}

/* Whether node i has something to pass on: its adjoint is not zero, or `arrived` and may not stay so. */
static tad_status passes_on(sweep_state *s, uint32_t i, bool *passes, bool *arrived) {
    const tad__node *n = tad__at(s->t, i);
    tad__call c;
    *arrived = false;
    *passes = !is_zero(s->t->head.adjoint[i]) || n->kind == TAD__MULTI;
    if (*passes || (n->flags & TAD__ARRAY) || !(n->flags & TAD__NEEDS) || s->t->settings.strong_zero) return TAD_OK;
    if (!tad__call_of(s->t, i, &c) || has_finite_derivatives(s->t, &c)) return TAD_OK;
    tad_status status = find_reached(s);
    if (status == TAD_OK) *passes = *arrived = s->reached[i];
    return status;
}

/* Arithmetic on numbers is the kernel's; every other node goes to its descriptor. */
static tad_status sweep_fast(sweep_state *s, uint32_t top, uint32_t end) {
    tad_tape *t = s->t;
    bool passes, arrived;
    for (uint32_t i = top; i > end && (i = t->compute.kernels->sweep(t->head.node, t->head.adjoint, i, end)) > end; i--) {
        tad_status status = passes_on(s, i, &passes, &arrived);
        if (status == TAD_OK && passes) status = visit_op(t, i, arrived);
        if (status != TAD_OK) return status;
    }
    return TAD_OK;
}

/* The adjoint of node i, an array or a number, to which the op at node `at` has just added. */
static tad_status trap_adjoint(tad_tape *t, uint32_t at, const tad_op *op, uint32_t i) {
    const tad__adjoint *g = &t->head.adjoint[i];
    tad_array number = {.data = &t->head.adjoint[i].number, .size = 1, .dtype = TAD_F64, .contiguous = true};
    bool array = tad__at(t, i)->flags & TAD__ARRAY;
    return array && !g->array ? TAD_OK : tad__trap_derivative(t, at, op, array ? g->array : &number, "reverse");
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
    if (kind != TAD__MULTI) s = tad__check_unchanged(t, i, &c, "reverse"); /* that may pass nothing on */
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

/* Nodes that may have read a number that was changed are looked at one by one. */
static tad_status sweep(tad_tape *t, uint32_t top) {
    const uint32_t leaf = last_leaf(t->head.node, top), doubtful = tad__numbers_in_doubt(t);
    bool careful = t->settings.trap || t->settings.strong_zero || doubtful > top;
    uint32_t middle = careful ? top : doubtful > leaf ? doubtful - 1 : leaf;
    if (middle < leaf) middle = leaf;
    sweep_state state = {t, top, NULL};
    tad_status s = sweep_fast(&state, top, middle);
    if (s == TAD_OK) s = sweep_carefully(&state, middle, leaf);
    tad__buffers_give(&t->buffers, state.reached);
    return s;
}

static tad_status check_root(tad_tape *t, uint32_t i) {
    const tad__node *n = tad__at(t, i);
    tad_dtype d = tad__dtype_at(t, i);
    if (d != TAD_F64 && d != TAD_F32)
        return tad__fail(t, TAD_BAD_DTYPE, "reverse: a %s variable has no gradient", tad_dtype_name(d));
    if (!(n->flags & TAD__NEEDS))
        return tad__fail(t, TAD_NO_GRADIENT, "reverse: the result depends on nothing differentiable");
    return TAD_OK;
}

/* A cotangent has its result's shape and type; none or a number: only for a single element. */
static tad_status check_cotangent(tad_tape *t, uint32_t i, tad_var cotangent) {
    tad__view room, ct_room;
    const tad_array *y = tad__value(t, i, &room), *ct;
    uint32_t c;
    tad_shape shape = tad__shape_of(y);
    char a[160], b[160];
    if (tad_is_none(cotangent) || tad_is_number(cotangent)) {
        if (y->size == 1) return TAD_OK;
        return tad__fail(t, TAD_BAD_SHAPE, "reverse: the result has shape %s: a cotangent is needed", tad__shape_text(&shape, a, sizeof a));
    }
    if (!tad__resolve(t, cotangent, "reverse: cotangent", &c)) return t->error.status;
    ct = tad__value(t, c, &ct_room);
    tad_shape got = tad__shape_of(ct);
    if (!tad__shape_equal(&shape, &got))
        return tad__fail(t, TAD_BAD_SHAPE, "reverse: a cotangent of shape %s for a result of shape %s",
                         tad__shape_text(&got, a, sizeof a), tad__shape_text(&shape, b, sizeof b));
    if (ct->dtype != y->dtype)
        return tad__fail(t, TAD_BAD_DTYPE, "reverse: a %s cotangent for a %s result",
                         tad_dtype_name((tad_dtype)ct->dtype), tad_dtype_name((tad_dtype)y->dtype));
    return TAD_OK;
}

/* The sweep reads the cotangent of a result where it lies; only leaves and kept adjoints need a copy. */
static bool lend(tad_tape *t, uint32_t i, const tad_array *cotangent) {
    tad__node *n = tad__at(t, i);
    bool possible = (n->flags & TAD__ARRAY) && is_passing(n) && !tad__adjoint_at(t, n)->array && cotangent->contiguous;
    if (!possible) return false;
    tad__adjoint_at(t, n)->array = (tad_array *)(uintptr_t)cotangent;
    t->array_adjoints++;
    return true;
}

/* Adds one root's cotangent, which was checked; none: 1. */
static tad_status seed(tad_tape *t, uint32_t i, tad_var cotangent) {
    tad__view room;
    uint32_t c;
    double one = tad_is_number(cotangent) ? cotangent.u.number : 1;
    if (tad_is_none(cotangent) || tad_is_number(cotangent)) {
        room.array = (tad_array){.data = &one, .size = 1, .dtype = TAD_F64, .contiguous = true};
        return accumulate(t, i, &room.array);
    }
    if (!tad__resolve(t, cotangent, "reverse: cotangent", &c)) return t->error.status;
    const tad_array *ct = tad__value(t, c, &room);
    return lend(t, i, ct) ? TAD_OK : accumulate(t, i, ct);
}

static bool remember_root(tad_tape *t, uint32_t i) {
    void *vector = t->root;
    if (!tad__memory_grow(&t->memory, &vector, &t->root_capacity, t->roots + 1, sizeof *t->root)) return false;
    t->root = vector;
    t->root[t->roots++] = i;
    return true;
}

/* Adjoints for n nodes; new ones are zero. */
static bool have_adjoints(tad_tape *t, size_t n) {
    void *vector = t->head.adjoint;
    size_t before = t->adjoint_capacity;
    if (!tad__memory_grow(&t->memory, &vector, &t->adjoint_capacity, n, sizeof *t->head.adjoint)) return false;
    t->head.adjoint = vector;
    memset(t->head.adjoint + before, 0, (t->adjoint_capacity - before) * sizeof *t->head.adjoint);
    return true;
}

tad_status tad_reverse_from(const tad_var *y, const tad_var *cotangent, size_t n) {
    tad_tape *t = y ? tad__tape_of(y, n) : NULL;
    if (!t) return TAD_BAD_HANDLE;
    if (t->error.status != TAD_OK) return t->error.status;
    uint32_t top = 0, i;
    for (size_t k = 0; k < n; k++) {
        if (!tad__resolve(t, y[k], "reverse", &i)) return t->error.status;
        tad_status s = check_root(t, i);
        if (s == TAD_OK) s = check_cotangent(t, i, cotangent ? cotangent[k] : tad_none());
        if (s != TAD_OK) return s;
        top = i > top ? i : top;
    }
    /* for all nodes: the results of an op that is reached may lie above the root */
    if (!have_adjoints(t, t->head.count)) return tad__no_memory(t, "reverse");
    forget_last_sweep(t);
    t->head.swept = t->head.swept > top + 1 ? t->head.swept : top + 1;
    tad_status s = TAD_OK;
    for (size_t k = 0; k < n && s == TAD_OK; k++) {
        tad__resolve(t, y[k], "reverse", &i);
        s = remember_root(t, i) ? seed(t, i, cotangent ? cotangent[k] : tad_none()) : tad__no_memory(t, "reverse");
    }
    if (s == TAD_OK) s = sweep(t, top);
    if (s != TAD_OK) forget_gradients(t);
    return s;
}

tad_status tad_reverse(tad_var y) { return tad_reverse_from(&y, NULL, 1); }

tad_var tad_retain(tad_var x) {
    tad__node *n = tad__node_of(x, "retain");
    if (n) n->flags |= TAD__RETAIN;
    return x;
}
