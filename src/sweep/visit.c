/* A visit to one node: the driver of its op's backward, and its vjp on a stretch of tape. Rests on
 * adjoint.h and rule.h. */
#include "visit.h"

#include "adjoint.h"
#include "apart.h"
#include "rule.h"

#include "tape/apply.h"
#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/label.h"
#include "tape/mark.h"
#include "tape/version.h"

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

/* Cotangents of all outputs; false when every one is zero. A number's zero counts if it
 * `arrived`. */
static bool take_cotangents(visit *v, bool arrived) {
    bool any = false;
    for (uint32_t k = 0; k < v->call.n_out; k++) {
        tad__node *n = tad__at(v->t, v->at + k);
        v->ct[k] = NULL;
        v->given_away[k] = false;
        if (!tad__adjoint_at(v->t, n)->bits && !arrived) continue;
        any = true;
        if (n->flags & TAD__ARRAY)
            v->ct[k] = tad__adjoint_at(v->t, n)->array;
        else {
            v->number[k] = tad__adjoint_at(v->t, n)->number;
            v->number_ct[k] =
                (tad_array){.data = &v->number[k], .size = 1, .dtype = TAD_F64, .contiguous = true};
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
        v->wanted[i] = tad__passes(v->t, &v->call, i) && tad__passes_to(v->t, v->call.in[i]);
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
    if (n->flags & TAD__ARRAY) return tad__adjoint_of(v->t, v->in[i], fresh);
    *fresh = false;
    v->number_into[i] =
        (tad_array){.data = &v->number_sum[i], .size = 1, .dtype = TAD_F64, .contiguous = true};
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
    v->t->last.array_adjoints++;
}

/* Gives the cotangent of output k to input i, if it is nobody else's and nothing is there to add
 * to. */
static tad_array *take(visit *v, size_t k, size_t i) {
    tad__node *to = tad__at(v->t, v->in[i]), *from = tad__at(v->t, v->at + (uint32_t)k);
    if (!(to->flags & from->flags & TAD__ARRAY) || tad__adjoint_at(v->t, to)->array) return NULL;
    tad_array *g = tad__adjoint_at(v->t, from)->array;
    if (!g->pooled || tad__is_kept(v->t, v->at + (uint32_t)k) || v->given_away[k]) return NULL;
    if (!g->contiguous && !tad__is_passing(v->t, v->in[i])) return NULL;
    v->given_away[k] = true;
    return tad__adjoint_at(v->t, to)->array = g;
}

static tad_status hook_pass(tad__driver *d, size_t k, size_t i, bool last) {
    visit *v = visit_of(d);
    return last && take(v, k, i) ? TAD_OK : tad__accumulate(v->t, v->in[i], v->ct[k]);
}

static tad_array *hook_take(tad__driver *d, size_t k, size_t i) { return take(visit_of(d), k, i); }

static tad_array *hook_repeat(tad__driver *d, size_t i, const tad_array *few) {
    visit *v = visit_of(d);
    tad__node *n = tad__at(v->t, v->in[i]);
    const tad_array *x = n->value.array;
    if (!(n->flags & TAD__ARRAY) || !tad__is_passing(v->t, v->in[i]) ||
        tad__adjoint_at(v->t, n)->array)
        return NULL;
    if (x->size < TAD__GRAIN || x->size / 2 < few->size) return NULL; /* not worth it */
    tad_array *a = tad__new_buffer_like(v->t, few);
    if (!a) return NULL;
    for (int k = 0; k < a->rank; k++) {
        if (a->dim[k] != x->dim[k]) a->dim[a->rank + k] = 0;
        a->dim[k] = x->dim[k];
    }
    a->size = x->size;
    a->contiguous = false;
    v->t->last.array_adjoints++;
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
static const tad_array *input_of(const visit *v, uint32_t i, tad__view *view) {
    if (v->in[i] != TAD__NO_NODE) return tad__value(v->t, v->in[i], view);
    if (!v->call.number) return NULL;
    return tad__number_value(v->call.number[i], tad__dtype_at(v->t, v->at), view);
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
    tad_backward b = {{v->call.op, v->call.options, n, v->call.n_out, in,
                       (tad_array *const *)(void *)out, &t->compute, &v->driver},
                      v->ct,
                      v->wanted};
    tad_status s = v->call.op->backward(&b);
    for (uint32_t i = 0; i < n && s == TAD_OK; i++)
        if (v->wanted[i] && !(tad__at(t, v->in[i])->flags & TAD__ARRAY))
            t->head.adjoint[v->in[i]].number += v->number_sum[i];
    return s;
}

static tad_status accumulate_result(visit *v, uint32_t i, tad_var r) {
    tad_tape *t = v->t;
    tad_shape like = tad_shape_of(tad__handle(t, v->in[i]));
    if (tad_is_number(r)) r = tad_full(t, TAD_F64, TAD_0D, r.u.number);
    tad_status s = tad__check_rule_result(t, v->call.op, "vjp", r, &like);
    if (s == TAD_OK && v->strong_zero) r = t->basis->strong_zero(v->ct_var, r);
    if (s != TAD_OK || tad_is_nil(r)) return s;
    tad__view view;
    return tad__accumulate(t, v->in[i], tad__value(t, r.u.at.index, &view));
}

/* Rows read cotangents that repeat a few numbers; others get whole ones. */
static bool make_whole(visit *v) {
    bool fresh;
    for (uint32_t k = 0; k < v->call.n_out; k++)
        if (v->ct[k] && !v->ct[k]->contiguous &&
            !(v->ct[k] = tad__adjoint_of(v->t, v->at + k, &fresh)))
            return false;
    return true;
}

/* Runs the op's graph rule on a stretch of tape and throws it away. */
static tad_status run_rule(visit *v) {
    tad_tape *t = v->t;
    uint32_t n = v->call.n_in;
    if (!v->call.op->vjp) return tad__fail(t, TAD_NO_RULE, "%s: has no vjp", v->call.op->name);
    tad_var *in = tad__arena_take(&t->arena, n * sizeof *in, 16),
            *result = tad__arena_take(&t->arena, n * sizeof *in, 16);
    tad_var out[TAD_MAX_OUTPUTS], ct[TAD_MAX_OUTPUTS];
    if (!in || !result) return tad__no_memory(t, "reverse");
    tad__stretch stretch = tad__stretch_begin(t);
    for (uint32_t i = 0; i < n; i++) {
        in[i] = tad__operand(t, &v->call, i);
        result[i] = tad__nil(t);
    }
    for (uint32_t k = 0; k < v->call.n_out; k++) {
        out[k] = tad__handle(t, v->at + k);
        ct[k] = tad__lent(t, TAD__CONSTANT, v->ct[k]);
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
        if (!(n->flags & TAD__ARRAY) || !tad__adjoint_at(v->t, n)->array ||
            tad__is_kept(v->t, v->at + k))
            continue;
        if (v->given_away[k])
            tad__adjoint_at(v->t, n)->bits = 0;
        else
            tad__drop_adjoint(v->t, v->at + k);
        if (v->t->apart) continue;
        n->flags |= TAD__RELEASED;
        v->t->last.released = v->at;
    }
}

/* Where the op failed: what it has given away belongs to an operand alone. */
static void forget_given_away(visit *v) {
    for (uint32_t k = 0; k < v->call.n_out; k++)
        if (v->given_away[k]) tad__adjoint_at(v->t, tad__at(v->t, v->at + k))->bits = 0;
}

tad_status tad__visit_op(tad_tape *t, uint32_t i, bool arrived) {
    visit v;
    v.driver.hooks = &hooks;
    v.t = t;
    v.at = i;
    tad__call_of(t, i, &v.call);
    v.in = v.call.in;
    v.strong_zero = tad__has_strong_zero(t, i, &v.call);
    if (!(tad__at(t, i)->flags & TAD__NEEDS) && v.call.n_out == 1) return TAD_OK;
    if (!take_cotangents(&v, arrived)) return TAD_OK;
    tad__arena_mark before = tad__arena_now(&t->arena);
    bool whole = tad__is_row(t, v.call.op) || make_whole(&v);
    tad_status s = whole ? find_wanted(&v) : TAD_NO_MEMORY;
    if (s == TAD_OK) s = tad__check_unchanged(t, i, &v.call, "reverse");
    if (s == TAD_OK) s = v.call.op->backward && !v.strong_zero ? run_backward(&v) : run_rule(&v);
    tad__arena_release(&t->arena, before);
    if (s == TAD_NO_MEMORY) tad__no_memory(t, v.call.op->name);
    if (s == TAD_OK)
        consume(&v);
    else
        forget_given_away(&v);
    return s;
}
