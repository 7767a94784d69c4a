/* An op at inputs as a problem. Rests on problem.h and the public way to apply an op. */
#include "op_problem.h"

#include <tad/gradcheck.h>
#include <tad/scalar.h>

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
    return tad_tape_status(p->workspace->tape);
}

static bool is_checked(const tad_op *op, tad_var x, size_t i, const bool *constant) {
    if (tad_is_none(x) || tad_is_number(x) || tad_dtype_of(x) != TAD_F64) return false;
    return !(constant && constant[i]) && !(i < 32 && (op->constant_in >> i & 1));
}

/* Applies the op once to see its outputs. */
static tad_status find_outputs(tad__problem *p, tad__op_problem *o) {
    o->n_all = o->op->n_out ? o->op->n_out : TAD_MAX_OUTPUTS;
    tad_mark mark = tad_tape_mark(p->workspace->tape);
    for (size_t k = 0; k < TAD_MAX_OUTPUTS; k++) o->out[k] = tad_none();
    (void)tad_apply(o->op, o->in, o->n, o->options, o->out, o->n_all);
    for (size_t k = 0; k < o->n_all; k++) {
        o->counts[k] = !tad_is_none(o->out[k]) && tad_dtype_of(o->out[k]) == TAD_F64;
        p->n_out += o->counts[k];
    }
    (void)tad_tape_rewind(p->workspace->tape, mark);
    return tad_tape_status(p->workspace->tape);
}

static tad_status take_op(tad__workspace *workspace, tad__op_problem *o) {
    o->in = tad__take(workspace, o->n, sizeof *o->in);
    o->now = tad__take(workspace, o->n, sizeof *o->now);
    o->place = tad__take(workspace, o->n, sizeof *o->place);
    o->out = tad__take(workspace, TAD_MAX_OUTPUTS, sizeof *o->out);
    return o->in && o->now && o->place && o->out ? TAD_OK : tad_tape_status(workspace->tape);
}

/* Which of the op's inputs are the problem's, and their values. */
static tad_status find_inputs(tad__problem *p, tad__op_problem *o, const tad_var *in,
                              const bool *constant) {
    tad_shape *shape = tad__take(p->workspace, o->n, sizeof *shape);
    size_t m = 0;
    if (!shape) return tad_tape_status(p->workspace->tape);
    for (size_t i = 0; i < o->n; i++) {
        o->in[i] = o->now[i] = in[i];
        if (!is_checked(o->op, in[i], i, constant)) continue;
        o->place[m] = i;
        shape[m++] = tad_shape_of(in[i]);
    }
    tad_status status = tad__problem_inputs(p, m, shape);
    for (size_t i = 0; i < m && status == TAD_OK; i++)
        status = tad_read(in[o->place[i]], p->x + p->in_at[i], tad__input_size(p, i));
    return status;
}

tad_status tad__problem_from_op(tad__problem *p, tad__op_problem *o, tad__workspace *workspace,
                                const tad_op *op, const tad_var *in, size_t n, const void *options,
                                const bool *constant, bool as_row) {
    *p = (tad__problem){.workspace = workspace, .call = call_op, .self = o};
    *o = (tad__op_problem){.op = op, .options = options, .n = n, .as_row = as_row};
    tad_status status = take_op(workspace, o);
    if (status == TAD_OK) status = find_inputs(p, o, in, constant);
    if (status == TAD_OK) status = find_outputs(p, o);
    return status == TAD_OK ? tad__problem_outputs(p) : status;
}

static tad_status fill_sample(tad_tape *t, const tad_sample *s, uint64_t seed, tad_var *in,
                              bool *constant) {
    for (size_t i = 0; i < s->n; i++) {
        in[i] = tad_sample_fill(t, &s->in[i], seed + i);
        constant[i] = s->in[i].constant;
    }
    return tad_tape_status(t);
}

tad_status tad__problem_from_sample(tad__problem *p, tad__op_problem *o, tad__workspace *workspace,
                                    const tad_op *op, const tad_sample *s, uint64_t seed,
                                    bool as_row) {
    tad_var *in = tad__take(workspace, s->n + 1, sizeof *in);
    bool *constant = tad__take(workspace, s->n + 1, sizeof *constant);
    if (!in || !constant) return TAD_NO_MEMORY;
    tad_status status = fill_sample(workspace->tape, s, seed, in, constant);
    if (status != TAD_OK) return status;
    return tad__problem_from_op(p, o, workspace, op, in, s->n, s->options, constant, as_row);
}
