/* The gradient check of one op: on its samples, on a tape of its own. */
#include "check.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- an op as a problem ---- */

/* Rows on 0-d variables have a path of their own, beside tad_apply. They are the first ops. */
static void call_row(tad__op_problem *o) {
    unsigned row = (unsigned)(o->op - tad_op_at(0));
    o->out[0] = o->n == 1   ? tad__row1(row, o->now[0])
                : o->n == 2 ? tad__row2(row, o->now[0], o->now[1])
                            : tad__row3(row, o->now[0], o->now[1], o->now[2]);
}

static tad_status call_op(const tad__problem *p, const tad_var *in, tad_var *out) {
    tad__op_problem *o = p->self;
    for (size_t i = 0; i < p->n_in; i++) o->now[o->place[i]] = in[i];
    if (o->as_row)
        call_row(o);
    else
        (void)tad_apply(o->op, o->now, o->n, o->options, o->out, o->n_all);
    for (size_t k = 0, m = 0; k < o->n_all; k++)
        if (o->counts[k]) out[m++] = o->out[k];
    return tad_tape_status(p->tape);
}

static bool is_checked(const tad_op *op, tad_var x, size_t i, const bool *constant) {
    if (tad_is_none(x) || tad_is_number(x) || tad_dtype_of(x) != TAD_F64) return false;
    return !(constant && constant[i]) && !(i < 32 && (op->constant_in >> i & 1));
}

/* Applies the op once to see its outputs. */
static tad_status find_outputs(tad__problem *p, tad__op_problem *o) {
    o->n_all = o->op->n_out ? o->op->n_out : TAD_MAX_OUTPUTS;
    tad_mark mark = tad_tape_mark(p->tape);
    for (size_t k = 0; k < TAD_MAX_OUTPUTS; k++) o->out[k] = tad_none();
    (void)tad_apply(o->op, o->in, o->n, o->options, o->out, o->n_all);
    for (size_t k = 0; k < o->n_all; k++) {
        o->counts[k] = !tad_is_none(o->out[k]) && tad_dtype_of(o->out[k]) == TAD_F64;
        p->n_out += o->counts[k];
    }
    (void)tad_tape_rewind(p->tape, mark);
    return tad_tape_status(p->tape);
}

tad_status tad__problem_from_op(tad__problem *p, tad__op_problem *o, tad_tape *t, const tad_op *op,
                                const tad_var *in, size_t n, const void *options,
                                const bool *constant, bool as_row) {
    *p = (tad__problem){.tape = t, .call = call_op, .self = o};
    *o = (tad__op_problem){.op = op, .options = options, .n = n, .as_row = as_row};
    o->in = tad__check_take(t, n, sizeof *o->in);
    o->now = tad__check_take(t, n, sizeof *o->now);
    o->place = tad__check_take(t, n, sizeof *o->place);
    o->out = tad__check_take(t, TAD_MAX_OUTPUTS, sizeof *o->out);
    tad_shape *shape = tad__check_take(t, n, sizeof *shape);
    if (!o->in || !o->now || !o->place || !o->out || !shape) return tad_tape_status(t);
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        o->in[i] = o->now[i] = in[i];
        if (!is_checked(op, in[i], i, constant)) continue;
        o->place[m] = i;
        shape[m++] = tad_shape_of(in[i]);
    }
    tad_status status = tad__problem_inputs(p, m, shape);
    for (size_t i = 0; i < m && status == TAD_OK; i++)
        status = tad_read(in[o->place[i]], p->x + p->in_at[i], p->in_at[i + 1] - p->in_at[i]);
    if (status == TAD_OK) status = find_outputs(p, o);
    return status == TAD_OK ? tad__problem_outputs(p) : status;
}

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

static tad_status check_sample(tad_tape *t, const tad_op *op, const tad_sample *s, bool as_row,
                               const tad__check_plan *ask, tad_gradcheck_report *r) {
    tad_var in[sizeof s->in / sizeof *s->in];
    bool constant[sizeof s->in / sizeof *s->in];
    tad_gradcheck_input inputs[sizeof s->in / sizeof *s->in];
    tad__check_plan plan = *ask;
    tad__problem p;
    tad__op_problem o;
    for (size_t i = 0; i < s->n; i++) {
        in[i] = tad_sample_fill(t, &s->in[i], ask->seed + i);
        constant[i] = s->in[i].constant;
    }
    tad_status status = tad_tape_status(t);
    if (status == TAD_OK)
        status = tad__problem_from_op(&p, &o, t, op, in, s->n, s->options, constant, as_row);
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
    tad__check_plan plan = {.seed = o->seed,
                            .demand = o->demand ? o->demand : TAD_GRADE_VERY_GOOD,
                            .order = o->order ? o->order : 2,
                            .limit = o->max_elements ? o->max_elements : 96,
                            .directions = 4};
    plan.some = tad__min(plan.limit, 24);
    return plan;
}

static tad_status check_samples(tad_tape *t, const tad_op *op, const tad_gradcheck_options *o,
                                tad_gradcheck_report *r) {
    size_t repeats = o->repeats ? o->repeats : 2, count = tad_sample_count(op);
    tad_status status = TAD_OK;
    for (size_t k = 0; k < repeats * count && status == TAD_OK && r->verdict != TAD_CHECK_FAIL;
         k++) {
        tad_sample_room room;
        tad__check_plan plan = plan_for_op(o);
        plan.seed += 1000 * k;
        if (k >= count) plan.order = 1;
        if (!tad_sample_at(op, k % count, &room)) continue;
        tad_mark mark = tad_tape_mark(t);
        status = check_sample(t, op, &room.sample, false, &plan, r);
        if (status == TAD_OK && has_scalar_path(op, &room.sample))
            status = check_sample(t, op, &room.sample, true, &plan, r);
        if (status != TAD_OK)
            tad__say_first(r, "sample \"%s\": %s", room.sample.label, tad_message(t));
        (void)tad_tape_rewind(t, mark);
    }
    return status;
}

static tad_status check_op(tad_tape *t, const tad_op *op, const tad_gradcheck_options *o,
                           tad_gradcheck_report *r) {
    tad__check c = {.law = r->law[0], .report = r};
    tad_status status = check_samples(t, op, o, r);
    if (status == TAD_OK && r->verdict != TAD_CHECK_FAIL)
        status = tad__check_settings(&c, t, op, o->seed, o->settings);
    if (c.failed) r->verdict = TAD_CHECK_FAIL;
    return status;
}

tad_verdict tad_gradcheck_op(const tad_op *op, const tad_gradcheck_options *options,
                             tad_gradcheck_report *report) {
    static const tad_gradcheck_options defaults;
    const tad_gradcheck_options *o = options ? options : &defaults;
    tad_tape *t = tad_tape_new(o->settings);
    tad_gradcheck_report *r = t ? tad__report_or_own(t, report) : report;
    tad_verdict verdict = TAD_CHECK_ERROR;
    if (r) tad__report_begin(r, op ? op->name : "?", o->seed);
    tad_status status = !t || !r ? TAD_NO_MEMORY : !op ? TAD_BAD_ARGUMENT : check_op(t, op, o, r);
    if (r) {
        if (status == TAD_OK)
            tad__report_end(r, o->inconclusive > 0 ? o->inconclusive : 0);
        else
            r->verdict = TAD_CHECK_ERROR;
        r->status = status;
        verdict = r->verdict;
    }
    tad_tape_free(t);
    return verdict;
}
