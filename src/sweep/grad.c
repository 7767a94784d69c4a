/* Recorded derivatives: tad_grad (reverse) and tad_tangent (forward), both as new variables of the
 * tape, made by the ops' graph rules. Rests on rule.h. */
#include <string.h>

#include "rule.h"

#include "tape/apply.h"
#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/handle.h"
#include "tape/node.h"
#include "tape/version.h"

/* A sweep under way: tables over the nodes 0 .. top. */
typedef struct table {
    tad_tape *t;
    const char *what;
    uint32_t low, top;
    uint32_t *var; /* the node that is this node's adjoint or tangent; TAD__NO_NODE: zero */
    uint8_t *mark;
} table;

enum { IS_X = 1, DEPENDS = 2, NEEDED = 4 };

static bool make_table(table *s) {
    size_t n = (size_t)s->top + 1;
    s->var = tad__buffers_take(&s->t->buffers, n * sizeof *s->var);
    s->mark = tad__buffers_take(&s->t->buffers, n);
    if (s->var && s->mark) {
        memset(s->var, 0xff, n * sizeof *s->var);
        memset(s->mark, 0, n);
        return true;
    }
    tad__no_memory(s->t, s->what);
    return false;
}

static void free_table(table *s) {
    tad__buffers_give(&s->t->buffers, s->var);
    tad__buffers_give(&s->t->buffers, s->mark);
}

/* Whether operand k is an x or depends on one. */
static bool depends(const table *s, const tad__call *c, uint32_t k) {
    return tad__passes(s->t, c, k) && c->in[k] >= s->low && (s->mark[c->in[k]] & (IS_X | DEPENDS));
}

/* DEPENDS: some operand is an x or depends on one. */
static void mark_dependents(table *s) {
    for (uint32_t i = s->low; i <= s->top; i++) {
        tad__call c;
        if (!(tad__at(s->t, i)->flags & TAD__NEEDS) || !tad__call_of(s->t, i, &c)) continue;
        for (uint32_t k = 0; k < c.n_in; k++)
            if (depends(s, &c, k)) s->mark[i] |= DEPENDS;
    }
}

/* NEEDED: some y depends on it. */
static void mark_needed(table *s) {
    for (uint32_t i = s->top + 1; i-- > s->low;) {
        tad__call c;
        if (!(s->mark[i] & NEEDED) || !tad__call_of(s->t, i, &c)) continue;
        for (uint32_t k = 0; k < c.n_in; k++)
            if (tad__passes(s->t, &c, k)) s->mark[c.in[k]] |= NEEDED;
        if (tad__at(s->t, i)->kind == TAD__OUTPUT) s->mark[tad__at(s->t, i)->a] |= NEEDED;
    }
}

static bool resolve_all(table *s, const tad_var *v, size_t n, const char *which, unsigned flag, bool lowers) {
    for (size_t k = 0; k < n; k++) {
        uint32_t i;
        if (!tad__resolve(s->t, v[k], which, &i)) return false;
        if (s->mark && i <= s->top) s->mark[i] |= (uint8_t)flag;
        if (!s->mark && !lowers && i > s->top) s->top = i;
        if (!s->mark && lowers && i < s->low) s->low = i;
    }
    return true;
}

/* Finds the range, makes the tables, marks x and what lies between. */
static bool begin(table *s, const tad_var *y, size_t ny, const tad_var *x, size_t nx) {
    s->low = TAD__NO_NODE;
    s->top = 0;
    s->var = NULL;
    s->mark = NULL;
    if (!resolve_all(s, y, ny, s->what, 0, false) || !resolve_all(s, x, nx, s->what, 0, true)) return false;
    if (s->low > s->top) s->low = s->top;
    if (!make_table(s)) return false;
    resolve_all(s, x, nx, s->what, IS_X, false);
    resolve_all(s, y, ny, s->what, NEEDED, false);
    mark_dependents(s);
    return true;
}

/* ---- the frame of a rule ---- */

typedef struct frame {
    tad__call call;
    tad_var *in, *given, *result, *out;
    bool *wanted;
} frame;

static tad_status check_operands(table *s, uint32_t at, const tad__call *c) {
    for (uint32_t k = 0; k < c->n_in; k++)
        if (tad__is_constant_in(c->op, k) && depends(s, c, k)) return tad__no_derivative(s->t, at, c, k, s->what);
    return tad__check_unchanged(s->t, at, c, s->what);
}

/* Tables of the frame are in the buffers: rules record in the arena. */
static bool make_frame(table *s, uint32_t at, frame *f) {
    tad__call_of(s->t, at, &f->call);
    if (check_operands(s, at, &f->call) != TAD_OK) return false;
    size_t m = f->call.n_in + f->call.n_out + 1;
    f->in = tad__buffers_take(&s->t->buffers, m * (4 * sizeof *f->in + sizeof(bool)));
    if (!f->in) {
        tad__no_memory(s->t, s->what);
        return false;
    }
    f->given = f->in + m;
    f->result = f->given + m;
    f->out = f->result + m;
    f->wanted = (bool *)(f->out + m);
    for (uint32_t k = 0; k < f->call.n_in; k++) {
        f->in[k] = tad__operand(s->t, &f->call, k);
        f->wanted[k] = depends(s, &f->call, k);
    }
    for (uint32_t k = 0; k < m; k++) f->result[k] = f->given[k] = tad__nil(s->t);
    for (uint32_t k = 0; k < f->call.n_out; k++) f->out[k] = tad__handle(s->t, at + k);
    return true;
}

static tad_rule rule_of(const table *s, const frame *f) {
    return (tad_rule){s->t, f->call.op, f->call.options, f->call.n_in, f->call.n_out, f->in, f->out, f->given, f->wanted, f->result};
}

/* ---- reverse ---- */

/* Brings a rule's result to the shape and type of the variable it belongs to. */
static tad_var fitted(table *s, tad_var r, uint32_t target) {
    tad_var v = tad__handle(s->t, target);
    tad_shape want = tad_shape_of(v), got;
    tad_dtype dtype = tad_dtype_of(v);
    if (tad_is_number(r)) return tad_full(s->t, dtype, want, r.u.number);
    got = tad_shape_of(r);
    if (!tad__shape_equal(&got, &want)) {
        tad_shape all;
        bool down = tad__shape_broadcast(&want, &got, &all) && tad__shape_equal(&all, &got);
        r = down ? s->t->basis->sum_to(r, want) : s->t->basis->broadcast_to(r, want);
    }
    return tad_dtype_of(r) == dtype ? r : s->t->basis->cast(r, dtype);
}

static void add_to(table *s, uint32_t target, tad_var r) {
    tad_var old = s->var[target] == TAD__NO_NODE ? tad_none() : tad__handle(s->t, s->var[target]);
    tad_var sum = tad_is_none(old) ? r : s->t->basis->add(old, r);
    if (!tad_is_nil(sum)) s->var[target] = sum.u.at.index;
}

static tad_status trap(table *s, uint32_t at, const frame *f, tad_var g) {
    tad__view view;
    if (!tad__has_tape(g) || tad_is_nil(g)) return s->t->error.status;
    return tad__trap_derivative(s->t, at, f->call.op, tad__value(s->t, g.u.at.index, &view), s->what);
}

static tad_status vjp_of(table *s, uint32_t i) {
    frame f;
    if (!make_frame(s, i, &f)) return s->t->error.status;
    for (uint32_t k = 0; k < f.call.n_out; k++)
        if (i + k <= s->top && s->var[i + k] != TAD__NO_NODE) f.given[k] = tad__handle(s->t, s->var[i + k]);
    tad_rule r = rule_of(s, &f);
    if (f.call.op->vjp) tad__run_rule(f.call.op->vjp, &r);
    else tad__fail(s->t, TAD_NO_RULE, "%s: has no vjp", f.call.op->name);
    for (uint32_t k = 0; k < f.call.n_in && s->t->error.status == TAD_OK; k++) {
        if (!f.wanted[k] || tad_is_nil(f.result[k])) continue;
        tad_shape like = tad_shape_of(f.in[k]);
        if (tad__check_rule_result(s->t, f.call.op, "vjp", f.result[k], &like) != TAD_OK) break;
        tad_var g = tad__has_strong_zero(s->t, i, &f.call) ? s->t->basis->strong_zero(f.given[0], f.result[k]) : f.result[k];
        if (trap(s, i, &f, g) == TAD_OK) add_to(s, f.call.in[k], fitted(s, g, f.call.in[k]));
    }
    tad__buffers_give(&s->t->buffers, f.in);
    return s->t->error.status;
}

static bool has_cotangent(const table *s, uint32_t i) {
    tad__call c;
    if (s->var[i] != TAD__NO_NODE) return true;
    if (tad__at(s->t, i)->kind != TAD__MULTI || !tad__call_of(s->t, i, &c)) return false;
    for (uint32_t k = 1; k < c.n_out; k++)
        if (i + k <= s->top && s->var[i + k] != TAD__NO_NODE) return true;
    return false;
}

static tad_status seed_cotangents(table *s, const tad_var *y, const tad_var *ct, size_t ny) {
    for (size_t k = 0; k < ny; k++) {
        tad_var c = ct ? ct[k] : tad_none();
        tad_shape want = tad_shape_of(y[k]), got;
        if (tad_is_none(c) || tad_is_number(c)) {
            if (tad_size_of(y[k]) != 1)
                return tad__fail(s->t, TAD_BAD_SHAPE, "grad: a result of %lld elements needs a cotangent", (long long)tad_size_of(y[k]));
            c = tad_full(s->t, tad_dtype_of(y[k]), want, tad_is_number(c) ? c.u.number : 1);
        }
        got = tad_shape_of(c);
        if (tad_is_nil(c) || !tad__shape_equal(&want, &got) || tad_dtype_of(c) != tad_dtype_of(y[k]))
            return tad__fail(s->t, TAD_BAD_SHAPE, "grad: cotangent %zu has not its result's shape and type", k);
        add_to(s, y[k].u.at.index, c);
    }
    return s->t->error.status;
}

static void collect(table *s, const tad_var *x, size_t nx, tad_var *out) {
    for (size_t k = 0; k < nx; k++) {
        uint32_t i = x[k].u.at.index;
        bool zero = i > s->top || s->var[i] == TAD__NO_NODE;
        out[k] = zero ? tad_full(s->t, tad_dtype_of(x[k]), tad_shape_of(x[k]), 0) : tad__handle(s->t, s->var[i]);
    }
}

static tad_status check_floats(tad_tape *t, const char *what, const tad_var *v, size_t n) {
    for (size_t k = 0; k < n; k++) {
        tad_dtype d = tad_dtype_of(v[k]);
        if (d == TAD_I64 || d == TAD_BOOL)
            return tad__fail(t, TAD_BAD_DTYPE, "%s: a %s variable has no derivative", what, tad_dtype_name(d));
    }
    return t->error.status;
}

/* Zeros for a constant would be taken for a derivative. */
static tad_status check_variables(tad_tape *t, const char *what, const tad_var *x, size_t n) {
    tad_status s = check_floats(t, what, x, n);
    for (size_t k = 0; k < n && s == TAD_OK; k++)
        if (!(tad__at(t, x[k].u.at.index)->flags & TAD__NEEDS))
            s = tad__fail(t, TAD_NO_GRADIENT, "%s: variable %zu to differentiate by is a constant", what, k);
    return s;
}

static tad_tape *tape_of(const tad_var *y, size_t ny, const tad_var *x, size_t nx) {
    tad_tape *t = y ? tad__tape_of(y, ny) : NULL;
    return !t && x ? tad__tape_of(x, nx) : t;
}

static bool is_missing(const tad_var *list, size_t n) { return n && !list; }

/* After a failure the results are nil. Only here, since `out` may be the list of results given. */
static tad_status finish(tad_tape *t, tad_var *out, size_t n) {
    tad_status status = t ? t->error.status : TAD_BAD_HANDLE;
    for (size_t k = 0; out && k < n && status != TAD_OK; k++) out[k] = tad__nil(t);
    return status;
}

tad_status tad_grad(const tad_var *y, const tad_var *cotangent, size_t ny, const tad_var *x, size_t nx, tad_var *out) {
    tad_tape *t = tape_of(y, ny, x, nx);
    if (is_missing(y, ny) || is_missing(x, nx) || is_missing(out, nx))
        tad__fail(t, TAD_BAD_ARGUMENT, "grad: a list of variables, or the place for the results, is NULL");
    if (!t || t->error.status != TAD_OK) return finish(t, out, nx);
    table s = {.t = t, .what = "grad"};
    bool ready = begin(&s, y, ny, x, nx) && check_variables(t, s.what, x, nx) == TAD_OK && check_floats(t, s.what, y, ny) == TAD_OK;
    tad_status status = ready ? seed_cotangents(&s, y, cotangent, ny) : t->error.status;
    for (uint32_t i = s.top + 1; status == TAD_OK && i-- > s.low;)
        if ((s.mark[i] & DEPENDS) && tad__at(t, i)->kind != TAD__OUTPUT && has_cotangent(&s, i)) status = vjp_of(&s, i);
    if (status == TAD_OK) collect(&s, x, nx, out);
    free_table(&s);
    return finish(t, out, nx);
}

/* ---- forward ---- */

/* A linear op's tangent is the op itself on the tangents. */
static void linear_jvp(table *s, frame *f) {
    for (uint32_t k = 0; k < f->call.n_in; k++) {
        if (f->call.in[k] == TAD__NO_NODE || !tad__is_float(tad_dtype_of(f->in[k]))) f->given[k] = f->in[k];
        else if (tad_is_nil(f->given[k])) f->given[k] = tad_full(s->t, tad_dtype_of(f->in[k]), tad_shape_of(f->in[k]), 0);
    }
    tad__apply(s->t, f->call.op, f->given, f->call.n_in, f->call.options, f->result, f->call.n_out);
}

/* The tangents of a row's operands one at a time: each result is zero where its tangent is. */
static void strong_jvp(frame *f, tad_rule *r) {
    const tad__basis *basis = r->tape->basis;
    tad_var given[3], sum = tad_none();
    for (uint32_t k = 0; k < f->call.n_in; k++) {
        given[k] = f->given[k];
        f->given[k] = tad__nil(r->tape);
    }
    for (uint32_t k = 0; k < f->call.n_in; k++) {
        if (tad_is_nil(given[k])) continue;
        f->given[k] = given[k];
        f->result[0] = tad__nil(r->tape);
        tad__run_rule(f->call.op->jvp, r);
        f->given[k] = tad__nil(r->tape);
        tad_var part = basis->strong_zero(given[k], f->result[0]);
        if (!tad_is_nil(part)) sum = tad_is_none(sum) ? part : basis->add(sum, part);
    }
    f->result[0] = tad_is_none(sum) ? tad__nil(r->tape) : sum;
}

static tad_status jvp_of(table *s, uint32_t i) {
    frame f;
    if (!make_frame(s, i, &f)) return s->t->error.status;
    for (uint32_t k = 0; k < f.call.n_in; k++)
        if (f.wanted[k] && s->var[f.call.in[k]] != TAD__NO_NODE) f.given[k] = tad__handle(s->t, s->var[f.call.in[k]]);
    tad_rule r = rule_of(s, &f);
    if (f.call.op->jvp && s->t->settings.strong_zero && tad__is_row(s->t, f.call.op)) strong_jvp(&f, &r);
    else if (f.call.op->jvp) tad__run_rule(f.call.op->jvp, &r);
    else if (f.call.op->flags & TAD_OP_LINEAR) linear_jvp(s, &f);
    else tad__fail(s->t, TAD_NO_RULE, "%s: has no jvp", f.call.op->name);
    for (uint32_t k = 0; k < f.call.n_out && s->t->error.status == TAD_OK; k++) {
        if (tad_is_nil(f.result[k]) || i + k > s->top || !tad__is_float(tad__dtype_at(s->t, i + k))) continue;
        if (trap(s, i, &f, f.result[k]) != TAD_OK) break;
        tad_var v = fitted(s, f.result[k], i + k);
        if (!tad_is_nil(v)) add_to(s, i + k, v);
    }
    tad__buffers_give(&s->t->buffers, f.in);
    return s->t->error.status;
}

static tad_status seed_tangents(table *s, const tad_var *x, const tad_var *tangent, size_t nx) {
    for (size_t k = 0; k < nx; k++) {
        tad_var v = tangent[k];
        if (tad_is_number(v)) v = tad_full(s->t, tad_dtype_of(x[k]), tad_shape_of(x[k]), v.u.number);
        tad_shape want = tad_shape_of(x[k]), got = tad_shape_of(v);
        if (!tad__has_tape(v) || !tad__shape_equal(&want, &got) || tad_dtype_of(v) != tad_dtype_of(x[k]))
            return tad__fail(s->t, TAD_BAD_SHAPE, "tangent: tangent %zu has not its variable's shape and type", k);
        if (x[k].u.at.index <= s->top) add_to(s, x[k].u.at.index, v);
    }
    return s->t->error.status;
}

tad_status tad_tangent(const tad_var *y, size_t ny, const tad_var *x, const tad_var *tangent, size_t nx, tad_var *out) {
    tad_tape *t = tape_of(y, ny, x, nx);
    if (is_missing(y, ny) || is_missing(x, nx) || is_missing(tangent, nx) || is_missing(out, ny))
        tad__fail(t, TAD_BAD_ARGUMENT, "tangent: a list of variables, or the place for the results, is NULL");
    if (!t || t->error.status != TAD_OK) return finish(t, out, ny);
    table s = {.t = t, .what = "tangent"};
    bool ready = begin(&s, y, ny, x, nx) && check_variables(t, s.what, x, nx) == TAD_OK && check_floats(t, s.what, y, ny) == TAD_OK;
    if (ready) mark_needed(&s);
    tad_status status = ready ? seed_tangents(&s, x, tangent, nx) : t->error.status;
    for (uint32_t i = s.low; ready && status == TAD_OK && i <= s.top; i++) {
        bool between = (s.mark[i] & DEPENDS) && (s.mark[i] & NEEDED);
        if (between && tad__at(t, i)->kind != TAD__OUTPUT) status = jvp_of(&s, i);
    }
    if (status == TAD_OK) collect(&s, y, ny, out);
    free_table(&s);
    return finish(t, out, ny);
}
