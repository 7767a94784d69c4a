/* The first op of a problem's recording that is wrong. Rests on run.h, for each op alone. */
#include "bad_node.h"

#include <stdio.h>

#include <tad/inspect.h>

#include "array/shape.h"

#include "report.h"

static void describe_node(tad_gradcheck_report *r, tad_var y) {
    char text[64];
    size_t at = 0, n = tad_node_parent_count(y);
    at = (size_t)snprintf(r->bad_node, sizeof r->bad_node, "#%zu %s ", tad_node_index(y),
                          tad_node_op(y)->name);
    for (size_t i = 0; i < n && at < sizeof r->bad_node; i++) {
        tad_var x = tad_node_parent(y, i);
        tad_shape s = tad_tape_of(x) ? tad_shape_of(x) : TAD_0D;
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
    size_t n = tad_node_parent_count(y);
    tad_var *in = tad__take(f->workspace, n, sizeof *in);
    tad_gradcheck_report *r = tad__take(f->workspace, 1, sizeof *r);
    const tad_op *op = tad_node_op(y);
    tad__op_problem o;
    tad__problem p;
    if (!in || !r) return tad_tape_status(f->workspace->tape);
    for (size_t i = 0; i < n; i++) in[i] = tad_node_parent(y, i);
    tad__report_begin(r, op->name, plan->seed);
    tad_status status =
        tad__problem_from_op(&p, &o, f->workspace, op, in, n, tad_node_options(y), NULL, false);
    p.random = f->random;
    if (status == TAD_OK && p.n_in > 0 && p.n_out > 0) status = tad__check_problem(&p, plan, r);
    *failed = status == TAD_OK && r->verdict == TAD_CHECK_FAIL;
    return status;
}

static tad_status look_at_node(tad__problem *p, tad_var y, const tad__check_plan *plan,
                               tad_gradcheck_report *r) {
    bool failed = false;
    if (tad_node_kind_of(y) != TAD_NODE_OP || tad_node_output(y) > 0) return TAD_OK;
    tad__moment before = tad__workspace_now(p->workspace);
    tad_status status = check_node(p, y, plan, &failed);
    if (status != TAD_OK) tad_tape_clear(p->workspace->tape);
    tad__workspace_return(p->workspace, before);
    if (failed) describe_node(r, y);
    return status;
}

void tad__find_bad_node(tad__problem *p, const tad__check_plan *ask, tad_gradcheck_report *r) {
    const tad__check_plan plan = {
        .seed = ask->seed, .demand = ask->demand, .order = 1, .sampling = {64, 32, 4}};
    tad_tape *t = p->workspace->tape;
    size_t first = tad_node_count(t);
    tad__moment before = tad__workspace_now(p->workspace);
    for (size_t i = 0; i < p->n_in; i++)
        p->in[i] = tad_input(t, TAD_F64, p->in_shape[i], p->x + p->in_at[i]);
    tad_status status = tad__problem_call(p);
    size_t last = tad_node_count(t);
    for (size_t i = first; i < last && status != TAD_NO_MEMORY && !r->bad_node[0]; i++)
        status = look_at_node(p, tad_node_at(t, i), &plan, r);
    tad__workspace_return(p->workspace, before);
}
