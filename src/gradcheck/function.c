/* tad_gradcheck: a user's function as a problem, on the user's tape, which is left as it was
 * found. Rests on run.h. */
#include <stdio.h>

#include <tad/gradcheck.h>

#include "base/base.h"

#include "bad_node.h"
#include "reach.h"
#include "report.h"
#include "run.h"

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
    out[0] = f->fn(p->workspace->tape, f->all, f->n, f->user);
    if (tad_tape_status(p->workspace->tape) != TAD_OK) return tad_tape_status(p->workspace->tape);
    if (tad_tape_of(out[0]) != p->workspace->tape || tad_is_nil(out[0]))
        return tad_tape_fail(p->workspace->tape, TAD_BAD_HANDLE,
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

static tad_status take_kept(tad__workspace *workspace, kept *k) {
    size_t nodes = tad_node_count(workspace->tape), leaves = 0;
    for (size_t i = 0; i < nodes; i++) leaves += is_leaf(tad_node_at(workspace->tape, i));
    *k = (kept){.leaf = tad__take(workspace, leaves, sizeof *k->leaf),
                .gradient = tad__take(workspace, leaves, sizeof *k->gradient),
                .param = tad__take(workspace, leaves, sizeof *k->param)};
    return k->leaf && k->gradient && k->param ? TAD_OK : tad_tape_status(workspace->tape);
}

static tad_status keep_gradients(tad__workspace *workspace, kept *k) {
    size_t nodes = tad_node_count(workspace->tape);
    tad_status status = take_kept(workspace, k);
    for (size_t i = 0; i < nodes && status == TAD_OK; i++) {
        tad_var x = tad_node_at(workspace->tape, i);
        if (!is_leaf(x)) continue;
        if (tad_node_kind_of(x) == TAD_NODE_PARAM) k->param[k->params++] = x;
        if (!tad_is_reached(x)) continue;
        k->leaf[k->leaves] = x;
        k->gradient[k->leaves++] = tad_gradient(x);
    }
    return tad_tape_status(workspace->tape);
}

static tad_status put_gradients_back(const kept *k) {
    tad_status status = k->params ? tad_zero_gradients(k->param, k->params) : TAD_OK;
    if (status == TAD_OK && k->leaves > 0)
        status = tad_reverse_from(k->leaf, k->gradient, k->leaves);
    return status;
}

/* ---- the check ---- */

/* Which of x are the problem's inputs: their places and shapes, and what is asked of them. */
static tad_status find_inputs(tad_tape *t, function *f, const tad_var *x,
                              const tad_gradcheck_options *o, tad_shape *shape,
                              tad_gradcheck_input *inputs, size_t *n) {
    *n = 0;
    for (size_t i = 0; i < f->n; i++) {
        f->all[i] = x[i];
        if (tad_dtype_of(x[i]) == TAD_F32)
            return tad_tape_fail(t, TAD_BAD_DTYPE,
                                 "gradcheck: input %zu is float32; check in float64", i);
        if (tad_dtype_of(x[i]) != TAD_F64 || (o->inputs && o->inputs[i].skip)) continue;
        shape[*n] = tad_shape_of(x[i]);
        if (o->inputs) inputs[*n] = o->inputs[i];
        f->place[(*n)++] = i;
    }
    return TAD_OK;
}

static tad_status inputs_of(tad__problem *p, function *f, const tad_var *x,
                            const tad_gradcheck_options *o, tad__check_plan *plan) {
    size_t m = 0;
    tad_shape *shape = tad__take(p->workspace, f->n, sizeof *shape);
    tad_gradcheck_input *inputs = tad__take(p->workspace, f->n, sizeof *inputs);
    f->place = tad__take(p->workspace, f->n, sizeof *f->place);
    f->all = tad__take(p->workspace, f->n, sizeof *f->all);
    if (!shape || !inputs || !f->place || !f->all) return tad_tape_status(p->workspace->tape);
    plan->inputs = o->inputs ? inputs : NULL;
    tad_status status = find_inputs(p->workspace->tape, f, x, o, shape, inputs, &m);
    if (status == TAD_OK) status = tad__problem_inputs(p, m, shape);
    for (size_t i = 0; i < m && status == TAD_OK; i++)
        status = tad_read(x[f->place[i]], p->x + p->in_at[i], tad__input_size(p, i));
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
    size_t limit = o->max_elements ? o->max_elements : 4096;
    return (tad__check_plan){.seed = o->seed,
                             .demand = o->demand ? o->demand : TAD_GRADE_ACCEPTABLE,
                             .order = o->order ? o->order : 1,
                             .sampling = {limit, tad__min(limit, 256), 8}};
}

static tad_status look_for_dependence(function *f, tad__problem *p) {
    f->independent = tad__problem_open(p, p->x) == TAD_OK && p->n_in > 0 &&
                     !tad__leads_to(p->workspace, p->in, p->n_in, p->out[0]);
    tad__problem_close(p);
    return tad_tape_status(p->workspace->tape);
}

static tad_status check_function(tad__problem *p, function *f, const tad_var *x,
                                 const tad__check_plan *plan, tad_gradcheck_report *r) {
    name_rows(r, p, f, x);
    tad_status status = tad__check_problem(p, plan, r);
    if (status == TAD_OK && r->verdict == TAD_CHECK_FAIL) tad__find_bad_node(p, plan, r);
    if (status == TAD_OK) status = look_for_dependence(f, p);
    tad_tape_set_random(p->workspace->tape, p->random);
    return status;
}

static tad_status check_kept(tad__workspace *workspace, function *f, const tad_var *x,
                             const tad_gradcheck_options *o, tad_gradcheck_report *r) {
    tad__check_plan plan = plan_for_function(o);
    tad__problem p = {.workspace = workspace, .call = call_function, .self = f, .n_out = 1};
    kept gradients;
    tad_status status = keep_gradients(workspace, &gradients);
    if (status == TAD_OK) status = inputs_of(&p, f, x, o, &plan);
    if (status == TAD_OK) status = tad__problem_outputs(&p);
    if (status == TAD_OK) status = check_function(&p, f, x, &plan, r);
    return status == TAD_OK ? put_gradients_back(&gradients) : status;
}

/* ---- the call ---- */

static bool is_variable_of(const tad_tape *t, tad_var x) {
    return tad_tape_of(x) == t && !tad_is_nil(x) && tad_node_index(x) != SIZE_MAX;
}

/* The tape of x[0]; it has failed where an x is none of its variables. */
static tad_tape *tape_of(tad_fn *f, const tad_var *x, size_t n) {
    tad_tape *t = f && x && n > 0 ? tad_tape_of(x[0]) : NULL;
    for (size_t i = 0; i < n && tad_tape_status(t) == TAD_OK; i++) {
        if (is_variable_of(t, x[i])) continue;
        tad_tape_clear(t); /* looking at a stale one has failed, too */
        tad_tape_fail(t, TAD_BAD_HANDLE,
                      "gradcheck: input %zu is not a variable of this tape, or no longer", i);
    }
    return t;
}

static tad_verdict check_on(tad__workspace *workspace, function *f, const tad_var *x,
                            const tad_gradcheck_options *o, tad_gradcheck_report *r) {
    double share = o->inconclusive > 0 ? o->inconclusive : o->inconclusive < 0 ? 0 : 0.03;
    r->verdict = TAD_CHECK_PASS;
    r->status = check_kept(workspace, f, x, o, r);
    if (r->status == TAD_OK)
        tad__report_end(r, share);
    else
        r->verdict = TAD_CHECK_ERROR;
    if (r->verdict == TAD_CHECK_VACUOUS && f->independent) tad__report_first(r, TAD__INDEPENDENT);
    return r->verdict;
}

/* A rewind may need memory once: now, so that the one at the end cannot fail. */
static tad_gradcheck_report *begin(tad__workspace *workspace, tad_mark mark,
                                   tad_gradcheck_report *report) {
    if (tad_tape_rewind(workspace->tape, mark) != TAD_OK) return NULL;
    return report ? report : tad__take(workspace, 1, sizeof *report);
}

tad_verdict tad_gradcheck(tad_fn *f, void *user, const tad_var *x, size_t n,
                          const tad_gradcheck_options *options, tad_gradcheck_report *report) {
    static const tad_gradcheck_options defaults;
    const tad_gradcheck_options *o = options ? options : &defaults;
    tad_tape *t = tape_of(f, x, n);
    tad_status status = t ? tad_tape_status(t) : TAD_BAD_ARGUMENT;
    tad_verdict verdict = TAD_CHECK_ERROR;
    if (report) tad__report_begin(report, "function", o->seed);
    if (report) report->verdict = verdict;
    if (report) report->status = status;
    if (status != TAD_OK) return verdict;
    tad__workspace workspace;
    tad__workspace_begin(&workspace, t);
    tad__moment before = tad__workspace_now(&workspace);
    tad_gradcheck_report *r = begin(&workspace, before.mark, report);
    function self = {.fn = f, .user = user, .n = n};
    if (r) verdict = check_on(&workspace, &self, x, o, r);
    if (!r && report) report->status = tad_tape_status(t);
    tad__workspace_return(&workspace, before);
    tad__workspace_free(&workspace);
    return verdict;
}
