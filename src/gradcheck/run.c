/* The gradient check of one problem: what is run in which order. From below:
 *   - vector, workspace: numbers and memory; levels, slope, judge: the numeric derivative;
 *   - problem, derived, op_problem, reach: what is checked, as vectors; pick: which entries;
 *   - noise, report, law: the rounding that is allowed, what is written down, what laws work on;
 *   - determinism, linear, accumulate, identity, wanted, stale, views, settings, float32: the laws;
 *     entries: the numeric derivative against the Jacobian;
 *   - run: this; above it op, function with bad_node. simple, samples and text stand alone. */
#include "run.h"

#include "accumulate.h"
#include "derived.h"
#include "determinism.h"
#include "entries.h"
#include "float32.h"
#include "identity.h"
#include "linear.h"
#include "stale.h"
#include "vector.h"
#include "views.h"
#include "wanted.h"

typedef tad_status law_fn(tad__check *c);

static tad_status hold_all(tad__check *c, law_fn *const *law, size_t n) {
    tad_status status = TAD_OK;
    for (size_t i = 0; i < n && status == TAD_OK; i++) status = law[i](c);
    return status;
}

/* Of derivatives of any order. */
static tad_status check_laws(tad__check *c) {
    static law_fn *const laws[] = {tad__check_jacobian,    tad__check_draw,
                                   tad__check_determinism, tad__check_homogeneity,
                                   tad__check_nan,         tad__check_accumulation,
                                   tad__check_paths,       tad__check_identity};
    tad_status status = hold_all(c, laws, sizeof laws / sizeof *laws);
    return status == TAD_OK && c->p->n_out > 1 ? tad__check_outputs(c) : status;
}

/* Not of order 2: a gradient with respect to x, x means another function there. */
static tad_status check_more_laws(tad__check *c) {
    static law_fn *const laws[] = {tad__check_repeated, tad__check_wanted, tad__check_stale,
                                   tad__check_views};
    return hold_all(c, laws, sizeof laws / sizeof *laws);
}

/* ---- order 2 ---- */

static void begin_second(tad__check *c, tad__problem *p, const tad__check *first) {
    *c = (tad__check){.p = p,
                      .demand = first->demand,
                      .sampling = {16, 8, 2},
                      .random = first->random,
                      .notes = {.report = first->notes.report, .second = true},
                      .at_kink = first->at_kink || first->kinks > 0};
}

static tad_status check_second(tad__check *c, bool forward, size_t n) {
    tad_status status = tad__check_begin(c);
    if (status == TAD_OK) status = check_laws(c);
    if (status == TAD_OK && !forward) status = tad__check_symmetry(c, n);
    return status == TAD_OK ? tad__check_entries(c) : status;
}

static tad_status check_derivative(tad__check *first, bool forward) {
    tad__problem *of = first->p, p;
    size_t n = tad__inputs(of);
    tad__derived d;
    tad__check c;
    tad_status status = tad__problem_derive(&p, &d, of, forward);
    if (status != TAD_OK) return status;
    tad__normals(&first->random, p.x + n, tad__inputs(&p) - n);
    status = tad__problem_outputs(&p);
    begin_second(&c, &p, first);
    if (status == TAD_OK) status = check_second(&c, forward, n);
    if (c.notes.failed) first->notes.failed = true;
    return status;
}

static tad_status check_order_2(tad__check *c) {
    tad_gradcheck_report *r = c->notes.report;
    tad_status status = check_derivative(c, false);
    if (status == TAD_OK) status = check_derivative(c, true);
    if (status == TAD_NO_RULE) {
        tad_tape_clear(c->p->workspace->tape);
        r->second = TAD_SECOND_REFUSED;
        return TAD_OK;
    }
    bool flat = r->second_row.checked == r->second_row.zero;
    if (r->second != TAD_SECOND_REFUSED) r->second = flat ? TAD_SECOND_FLAT : TAD_SECOND_CHECKED;
    return status;
}

/* ---- one problem ---- */

static tad_status check_order_1(tad__check *c, const tad__check_plan *plan) {
    tad_status status = check_laws(c);
    if (status == TAD_OK) status = check_more_laws(c);
    if (status == TAD_OK && plan->op && !plan->at_kink) status = tad__check_float32(c, plan->op);
    return status == TAD_OK ? tad__check_entries(c) : status;
}

tad_status tad__check_problem(tad__problem *p, const tad__check_plan *plan,
                              tad_gradcheck_report *r) {
    tad__check c = {.p = p,
                    .inputs = plan->inputs,
                    .demand = plan->demand,
                    .sampling = plan->sampling,
                    .at_kink = plan->at_kink,
                    .random = {plan->seed, 0},
                    .notes = {.report = r}};
    tad_status status = tad__check_begin(&c);
    if (status == TAD_OK) status = tad__check_shapes(&c);
    if (status == TAD_OK && !c.notes.failed) status = check_order_1(&c, plan);
    /* At points that are chosen for their kinks, where there turns out to be none. */
    bool smooth = !plan->at_kink || c.kinks == 0;
    if (status == TAD_OK && plan->order > 1 && !c.notes.failed && smooth)
        status = check_order_2(&c);
    if (c.notes.failed) r->verdict = TAD_CHECK_FAIL;
    r->samples++;
    return status;
}
