/* tad_gradcheck: a user's function as a problem, on the user's tape, which is left as it was found.
 */
#include "check.h"

#include "tape/error.h"
#include "tape/handle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct function {
    tad_fn *fn;
    void *user;
    size_t n;
    size_t *place; /* of the problem's inputs among the function's */
    tad_var *all;
    bool independent; /* nothing recorded leads from an input to the result */
} function;

static tad_status call_function(const tad__problem *p, const tad_var *in, tad_var *out) {
    function *f = p->self;
    for (size_t i = 0; i < p->n_in; i++) f->all[f->place[i]] = in[i];
    out[0] = f->fn(p->tape, f->all, f->n, f->user);
    if (tad_tape_status(p->tape) != TAD_OK) return tad_tape_status(p->tape);
    if (!tad__has_tape(out[0]) || tad_is_nil(out[0]) || out[0].tape != p->tape)
        return tad__fail(p->tape, TAD_BAD_HANDLE,
                         "gradcheck: the function gives no variable of its tape");
    return TAD_OK;
}

/* ---- gradients the user may still want ---- */

/* The sweeps of the check end the last sweep of the user. Gradients of inputs and parameters are
 * copied before and put back after: a sweep that starts at the leaves gives them exactly that. */
typedef struct kept {
    tad_var *leaf, *gradient, *param;
    size_t leaves, params;
} kept;

static bool is_leaf(tad_var x) {
    tad_node_kind kind = tad_node_kind_of(x);
    return kind == TAD_NODE_INPUT || kind == TAD_NODE_PARAM;
}

static tad_status keep_gradients(tad_tape *t, kept *k) {
    size_t nodes = tad_node_count(t), leaves = 0;
    for (size_t i = 0; i < nodes; i++) leaves += is_leaf(tad_node_at(t, i));
    *k = (kept){tad__check_take(t, leaves, sizeof(tad_var)),
                tad__check_take(t, leaves, sizeof(tad_var)),
                tad__check_take(t, leaves, sizeof(tad_var)), 0, 0};
    if (!k->leaf || !k->gradient || !k->param) return tad_tape_status(t);
    for (size_t i = 0; i < nodes; i++) {
        tad_var x = tad_node_at(t, i);
        if (!is_leaf(x)) continue;
        if (tad_node_kind_of(x) == TAD_NODE_PARAM) k->param[k->params++] = x;
        if (!tad_is_reached(x)) continue;
        k->leaf[k->leaves] = x;
        k->gradient[k->leaves++] = tad_gradient(x);
    }
    return tad_tape_status(t);
}

static tad_status put_gradients_back(const kept *k) {
    tad_status status = k->params ? tad_zero_gradients(k->param, k->params) : TAD_OK;
    if (status == TAD_OK && k->leaves > 0)
        status = tad_reverse_from(k->leaf, k->gradient, k->leaves);
    return status;
}

/* ---- the first op that is wrong ---- */

static void describe_node(tad_gradcheck_report *r, tad_var y) {
    char text[64];
    size_t at = 0, n = tad_node_parent_count(y);
    at = (size_t)snprintf(r->bad_node, sizeof r->bad_node, "#%zu %s ", tad_node_index(y),
                          tad_node_op(y)->name);
    for (size_t i = 0; i < n && at < sizeof r->bad_node; i++) {
        tad_var x = tad_node_parent(y, i);
        tad_shape s = tad__has_tape(x) ? tad_shape_of(x) : TAD_0D;
        at += (size_t)snprintf(r->bad_node + at, sizeof r->bad_node - at, "%s%s", i ? "x" : "",
                               tad__shape_text(&s, text, sizeof text));
    }
    if (at < sizeof r->bad_node && tad_node_file(y)[0])
        snprintf(r->bad_node + at, sizeof r->bad_node - at, " at %s:%d", tad_node_file(y),
                 tad_node_line(y));
}

/* Checks the op of one recorded node at its recorded inputs. */
static tad_status check_node(tad__problem *f, tad_var y, const tad__check_plan *plan,
                             bool *failed) {
    tad_tape *t = f->tape;
    size_t n = tad_node_parent_count(y);
    tad_var *in = tad__check_take(t, n, sizeof *in);
    tad_gradcheck_report *r = tad__check_take(t, 1, sizeof *r);
    tad__op_problem o;
    tad__problem p;
    if (!in || !r) return tad_tape_status(t);
    for (size_t i = 0; i < n; i++) in[i] = tad_node_parent(y, i);
    tad__report_begin(r, tad_node_op(y)->name, plan->seed);
    tad_status status =
        tad__problem_from_op(&p, &o, t, tad_node_op(y), in, n, tad_node_options(y), NULL, false);
    p.random = f->random;
    if (status == TAD_OK && p.n_in > 0 && p.n_out > 0) status = tad__check_problem(&p, plan, r);
    *failed = status == TAD_OK && r->verdict == TAD_CHECK_FAIL;
    return status;
}

/* Looks along the recording for the first node that fails alone. Best effort: a node that cannot be
 * checked alone is passed over. */
static void find_bad_node(tad__problem *p, const tad__check_plan *ask, tad_gradcheck_report *r) {
    tad_tape *t = p->tape;
    tad__check_plan plan = {.seed = ask->seed,
                            .demand = ask->demand,
                            .order = 1,
                            .limit = 64,
                            .some = 32,
                            .directions = 4};
    size_t first = tad_node_count(t);
    tad_mark outer = tad_tape_mark(t);
    for (size_t i = 0; i < p->n_in; i++)
        p->in[i] = tad_input(t, TAD_F64, p->in_shape[i], p->x + p->in_at[i]);
    tad_status status = tad__point_call(p);
    size_t last = tad_node_count(t);
    for (size_t i = first; i < last && status != TAD_NO_MEMORY && !r->bad_node[0]; i++) {
        tad_var y = tad_node_at(t, i);
        bool failed = false;
        if (tad_node_kind_of(y) != TAD_NODE_OP || tad_node_output(y) > 0) continue;
        tad_mark inner = tad_tape_mark(t);
        status = check_node(p, y, &plan, &failed);
        if (status != TAD_OK) tad_tape_clear(t);
        (void)tad_tape_rewind(t, inner);
        if (failed) describe_node(r, y);
    }
    (void)tad_tape_rewind(t, outer);
}

/* ---- the check ---- */

static tad_status inputs_of(tad__problem *p, function *f, const tad_var *x,
                            const tad_gradcheck_options *o, tad__check_plan *plan) {
    tad_tape *t = p->tape;
    tad_shape *shape = tad__check_take(t, f->n, sizeof *shape);
    tad_gradcheck_input *inputs = tad__check_take(t, f->n, sizeof *inputs);
    f->place = tad__check_take(t, f->n, sizeof *f->place);
    f->all = tad__check_take(t, f->n, sizeof *f->all);
    if (!shape || !inputs || !f->place || !f->all) return tad_tape_status(t);
    size_t m = 0;
    for (size_t i = 0; i < f->n; i++) {
        f->all[i] = x[i];
        if (tad_dtype_of(x[i]) == TAD_F32)
            return tad__fail(t, TAD_BAD_DTYPE, "gradcheck: input %zu is float32; check in float64",
                             i);
        if (tad_dtype_of(x[i]) != TAD_F64 || (o->inputs && o->inputs[i].skip)) continue;
        shape[m] = tad_shape_of(x[i]);
        if (o->inputs) inputs[m] = o->inputs[i];
        f->place[m++] = i;
    }
    plan->inputs = o->inputs ? inputs : NULL;
    tad_status status = tad__problem_inputs(p, m, shape);
    for (size_t i = 0; i < m && status == TAD_OK; i++)
        status = tad_read(x[f->place[i]], p->x + p->in_at[i], p->in_at[i + 1] - p->in_at[i]);
    return status;
}

static void name_rows(tad_gradcheck_report *r, const tad__problem *p, const function *f,
                      const tad_var *x) {
    r->rows = tad__min(p->n_in, TAD_CHECK_ROWS);
    for (size_t i = 0; i < p->n_in; i++) {
        tad_check_row *row = &r->row[tad__min(i, TAD_CHECK_ROWS - 1)];
        const char *name = tad_node_name(x[f->place[i]]);
        row->shape = p->in_shape[i];
        if (i >= TAD_CHECK_ROWS)
            snprintf(row->name, sizeof row->name, "(others)");
        else if (name[0])
            snprintf(row->name, sizeof row->name, "%s", name);
        else
            snprintf(row->name, sizeof row->name, "x[%zu]", f->place[i]);
    }
}

static tad__check_plan plan_for_function(const tad_gradcheck_options *o) {
    tad__check_plan plan = {.seed = o->seed,
                            .demand = o->demand ? o->demand : TAD_GRADE_ACCEPTABLE,
                            .order = o->order ? o->order : 1,
                            .limit = o->max_elements ? o->max_elements : 4096,
                            .directions = 8};
    plan.some = tad__min(plan.limit, 256);
    return plan;
}

static tad_status look_for_dependence(function *f, tad__problem *p) {
    tad_status status = tad__point_open(p, p->x);
    f->independent =
        status == TAD_OK && p->n_in > 0 && !tad__is_reached(p->tape, p->in, p->n_in, p->out[0]);
    tad__point_close(p);
    return status == TAD_OK ? tad_tape_status(p->tape) : status;
}

static tad_status check_function(function *f, tad_tape *t, const tad_var *x,
                                 const tad_gradcheck_options *o, tad_gradcheck_report *r) {
    tad__check_plan plan = plan_for_function(o);
    tad__problem p = {.tape = t, .call = call_function, .self = f, .n_out = 1};
    kept gradients;
    tad_status status = keep_gradients(t, &gradients);
    if (status == TAD_OK) status = inputs_of(&p, f, x, o, &plan);
    if (status == TAD_OK) status = tad__problem_outputs(&p);
    if (status == TAD_OK) {
        name_rows(r, &p, f, x);
        status = tad__check_problem(&p, &plan, r);
        if (status == TAD_OK && r->verdict == TAD_CHECK_FAIL) find_bad_node(&p, &plan, r);
        if (status == TAD_OK) status = look_for_dependence(f, &p);
        tad_tape_set_random(t, p.random);
    }
    if (status == TAD_OK) status = put_gradients_back(&gradients);
    return status;
}

/* The tape of x[0], if every x is one of its variables. */
static tad_tape *tape_of(tad_fn *f, const tad_var *x, size_t n) {
    if (!f || !x || n == 0 || !tad__has_tape(x[0])) return NULL;
    tad_tape *t = x[0].tape;
    for (size_t i = 0; i < n; i++) {
        uint32_t index;
        if (!tad__has_tape(x[i]) || x[i].tape != t)
            tad__fail(t, TAD_BAD_HANDLE, "gradcheck: input %zu is not a variable of this tape", i);
        else
            (void)tad__resolve(t, x[i], "gradcheck", &index);
    }
    return t;
}

tad_verdict tad_gradcheck(tad_fn *f, void *user, const tad_var *x, size_t n,
                          const tad_gradcheck_options *options, tad_gradcheck_report *report) {
    static const tad_gradcheck_options defaults;
    const tad_gradcheck_options *o = options ? options : &defaults;
    tad_tape *t = tape_of(f, x, n);
    if (report) tad__report_begin(report, "function", o->seed);
    if (report) report->verdict = TAD_CHECK_ERROR;
    if (report) report->status = t ? tad_tape_status(t) : TAD_BAD_ARGUMENT;
    if (!t || tad_tape_status(t) != TAD_OK) return TAD_CHECK_ERROR;
    tad_mark mark = tad_tape_mark(t);
    /* A rewind may need memory once: now, so that the one at the end cannot fail. */
    tad_gradcheck_report *r = NULL;
    if (tad_tape_rewind(t, mark) == TAD_OK) r = tad__report_or_own(t, report);
    if (!r) {
        if (report) report->status = tad_tape_status(t);
        return TAD_CHECK_ERROR;
    }
    r->verdict = TAD_CHECK_PASS;
    function self = {.fn = f, .user = user, .n = n};
    r->status = check_function(&self, t, x, o, r);
    double inconclusive = o->inconclusive > 0 ? o->inconclusive : o->inconclusive < 0 ? 0 : 0.03;
    if (r->status == TAD_OK)
        tad__report_end(r, inconclusive);
    else
        r->verdict = TAD_CHECK_ERROR;
    if (r->verdict == TAD_CHECK_VACUOUS && self.independent) tad__say_first(r, TAD__INDEPENDENT);
    tad_verdict verdict = r->verdict;
    (void)tad_tape_rewind(t, mark);
    return verdict;
}
