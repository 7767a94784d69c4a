/* tad_gradcheck_op: one op on its samples, on a tape of its own. Rests on run.h and settings.h. */
#include <stdio.h>

#include <tad/gradcheck.h>

#include "base/base.h"

#include "op_problem.h"
#include "report.h"
#include "run.h"
#include "settings.h"

/* ---- one sample ---- */

static void name_rows(tad_gradcheck_report *r, const tad__problem *p, const tad__op_problem *o) {
    for (size_t i = 0; i < p->n_in; i++) {
        tad_check_row *row = &r->row[tad__min(i, TAD_CHECK_ROWS - 1)];
        snprintf(row->name, sizeof row->name, "input %zu", o->place[i]);
        row->shape = p->in_shape[i];
    }
    r->rows = tad__max(r->rows, tad__min(p->n_in, TAD_CHECK_ROWS));
}

static bool at_kink(const tad_sample *s) {
    for (size_t i = 0; i < s->n; i++)
        if (s->in[i].fill == TAD_FILL_INTEGER && s->in[i].type.dtype == TAD_F64) return true;
    return false;
}

static bool has_scalar_path(const tad_op *op, const tad_sample *s) {
    bool row = tad_op_find(op->name) == op && (op->flags & TAD_OP_ELEMENTWISE) && !op->options_size;
    for (size_t i = 0; i < s->n; i++) row = row && s->in[i].type.shape.rank == 0;
    return row;
}

/* The masks of a sample's inputs, for those that are inputs of the problem. */
static void take_masks(const tad_sample *s, const tad__problem *p, const tad__op_problem *o,
                       tad_gradcheck_input *inputs) {
    for (size_t i = 0; i < p->n_in; i++)
        inputs[i] = (tad_gradcheck_input){.mask = s->in[o->place[i]].mask};
}

static tad_status check_sample(tad__workspace *workspace, const tad_op *op, const tad_sample *s,
                               bool as_row, const tad__check_plan *ask, tad_gradcheck_report *r) {
    tad_gradcheck_input *inputs = tad__take(workspace, s->n + 1, sizeof *inputs);
    tad__check_plan plan = *ask;
    tad__problem p;
    tad__op_problem o;
    if (!inputs) return TAD_NO_MEMORY;
    tad_status status = tad__problem_from_sample(&p, &o, workspace, op, s, ask->seed, as_row);
    if (status != TAD_OK) return status;
    name_rows(r, &p, &o);
    if (p.n_in == 0 || p.n_out == 0) return TAD_OK; /* nothing to differentiate */
    take_masks(s, &p, &o, inputs);
    plan.inputs = inputs;
    plan.at_kink = at_kink(s);
    plan.op = as_row ? NULL : &o;
    tad_verdict before = r->verdict;
    status = tad__check_problem(&p, &plan, r);
    if (r->verdict == TAD_CHECK_FAIL && before != TAD_CHECK_FAIL)
        snprintf(r->sample, sizeof r->sample, "%s", s->label ? s->label : "");
    return status;
}

/* ---- the op ---- */

static tad__check_plan plan_for_op(const tad_gradcheck_options *o) {
    size_t limit = o->max_elements ? o->max_elements : 96;
    return (tad__check_plan){.seed = o->seed,
                             .demand = o->demand ? o->demand : TAD_GRADE_VERY_GOOD,
                             .order = o->order ? o->order : 2,
                             .sampling = {limit, tad__min(limit, 24), 4}};
}

/* A sample, also through the path of rows where there is one. */
static tad_status check_paths(tad__workspace *workspace, const tad_op *op, size_t i,
                              const tad__check_plan *plan, tad_gradcheck_report *r) {
    tad_sample_room s;
    if (!tad_sample_at(op, i, &s)) {
        tad__report_first(r, "sample %zu has no inputs", i);
        return TAD_BAD_ARGUMENT;
    }
    tad__moment before = tad__workspace_now(workspace);
    tad_status status = check_sample(workspace, op, &s.sample, false, plan, r);
    if (status == TAD_OK && has_scalar_path(op, &s.sample))
        status = check_sample(workspace, op, &s.sample, true, plan, r);
    if (status != TAD_OK)
        tad__report_first(r, "sample \"%s\": %s", s.sample.label, tad_message(workspace->tape));
    tad__workspace_return(workspace, before);
    return status;
}

static tad_status check_samples(tad__workspace *workspace, const tad_op *op,
                                const tad_gradcheck_options *o, tad_gradcheck_report *r) {
    size_t repeats = o->repeats ? o->repeats : 2, count = tad_sample_count(op);
    tad_status status = TAD_OK;
    for (size_t k = 0; k < repeats * count; k++) {
        tad__check_plan plan = plan_for_op(o);
        plan.seed += 1000 * k;
        if (k >= count) plan.order = 1;
        status = check_paths(workspace, op, k % count, &plan, r);
        if (status != TAD_OK || r->verdict == TAD_CHECK_FAIL) break;
    }
    return status;
}

static tad_status check_op(tad__workspace *workspace, const tad_op *op,
                           const tad_gradcheck_options *o, tad_gradcheck_report *r) {
    tad__notes notes = {.report = r};
    tad_status status = check_samples(workspace, op, o, r);
    if (status == TAD_OK && r->verdict != TAD_CHECK_FAIL)
        status = tad__check_settings(&notes, workspace, op, o->seed, o->settings);
    if (notes.failed) r->verdict = TAD_CHECK_FAIL;
    return status;
}

static tad_verdict check_on(tad_tape *t, const tad_op *op, const tad_gradcheck_options *o,
                            tad_gradcheck_report *r) {
    tad__workspace workspace;
    tad__workspace_begin(&workspace, t);
    tad_status status = op ? check_op(&workspace, op, o, r) : TAD_BAD_ARGUMENT;
    if (status == TAD_OK)
        tad__report_end(r, o->inconclusive > 0 ? o->inconclusive : 0);
    else
        r->verdict = TAD_CHECK_ERROR;
    r->status = status;
    tad__workspace_free(&workspace);
    return r->verdict;
}

/* The caller's report, or one of the tape's; NULL: no memory. */
static tad_gradcheck_report *report_of(tad_tape *t, tad_gradcheck_report *given) {
    return given || !t ? given : tad_tape_resize(t, NULL, 1, sizeof *given);
}

tad_verdict tad_gradcheck_op(const tad_op *op, const tad_gradcheck_options *options,
                             tad_gradcheck_report *report) {
    static const tad_gradcheck_options defaults;
    const tad_gradcheck_options *o = options ? options : &defaults;
    tad_tape *t = tad_tape_new(o->settings);
    tad_gradcheck_report *r = report_of(t, report);
    tad_verdict verdict = TAD_CHECK_ERROR;
    if (r) tad__report_begin(r, op ? op->name : "?", o->seed);
    if (r && t) verdict = check_on(t, op, o, r);
    if (r && !t) {
        r->verdict = TAD_CHECK_ERROR;
        r->status = TAD_NO_MEMORY;
    }
    tad_tape_free(t);
    return verdict;
}
