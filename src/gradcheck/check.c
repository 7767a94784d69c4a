/* The gradient check: what is run in which order, the verdict, and the check of a user's function.
 * Parts: point.c (values and derivatives as vectors), laws.c, views.c, wanted.c, stale.c and
 * settings.c (exact laws) with noise.c (the rounding they allow), entries.c with sweep.c (numeric
 * derivative) and judge.c, notes.c, op.c with samples.c (ops), text.c (the report as text). */
#include "check.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- reports ---- */

void tad__report_begin(tad_gradcheck_report *r, const char *name, uint64_t seed) {
    *r = (tad_gradcheck_report){.seed = seed};
    snprintf(r->name, sizeof r->name, "%s", name);
}

static void add_row(tad_check_row *sum, const tad_check_row *r) {
    sum->checked += r->checked;
    sum->zero += r->zero;
    sum->very_good += r->very_good;
    sum->acceptable += r->acceptable;
    sum->needs_checking += r->needs_checking;
    sum->bug += r->bug;
    sum->kink += r->kink;
    sum->inconclusive += r->inconclusive;
}

/* FAIL was set where it was found. */
void tad__report_end(tad_gradcheck_report *r, double inconclusive) {
    tad_check_row sum = r->second_row;
    for (size_t i = 0; i < r->rows; i++) add_row(&sum, &r->row[i]);
    if (r->verdict != TAD_CHECK_PASS) return;
    size_t decided = sum.checked - sum.zero - sum.inconclusive;
    double nonzero = (double)(decided + sum.inconclusive);
    if (decided + sum.inconclusive == 0)
        r->verdict = TAD_CHECK_VACUOUS;
    else if (decided == 0 || (double)sum.inconclusive > inconclusive * nonzero)
        r->verdict = TAD_CHECK_INCONCLUSIVE;
}

tad_gradcheck_report *tad__report_or_own(tad_tape *t, tad_gradcheck_report *r) {
    return r ? r : tad__check_take(t, 1, sizeof *r);
}

/* ---- order 2 ---- */

static void check_for_second(tad__check *c, tad__problem *p, const tad__check *first) {
    *c = (tad__check){.p = p,
                      .demand = first->demand,
                      .limit = 16,
                      .some = 8,
                      .directions = 2,
                      .random = first->random,
                      .law = first->report->law[1],
                      .report = first->report,
                      .second = true,
                      .at_kink = first->at_kink || first->kinks > 0};
}

/* <u, H w> = <w, H u>, H the derivative of x -> VJP(x; v). */
static tad_status check_symmetry(tad__check *c, size_t n) {
    tad__problem *p = c->p;
    size_t all = tad__inputs(p);
    double *u = tad__check_take(p->tape, 2 * all, sizeof *u), *w = u + all;
    if (!u) return tad_tape_status(p->tape);
    tad_status status = tad__point_open(p, p->x);
    for (int k = 0; k < 4 && status == TAD_OK; k++) {
        tad__normals(&c->random, u, n);
        tad__normals(&c->random, w, n);
        status = tad__point_jvp(p, u, c->t);
        if (status == TAD_OK) status = tad__point_jvp(p, w, c->t2);
        double uhw = 0, whu = 0, size = 0;
        for (size_t i = 0; i < n && status == TAD_OK; i++) {
            uhw += u[i] * c->t2[i];
            whu += w[i] * c->t[i];
            size += fabs(u[i] * c->t2[i]) + fabs(w[i] * c->t[i]);
        }
        double error = uhw == whu || (isnan(uhw) && isnan(whu)) ? 0 : fabs(uhw - whu);
        const tad__noise_at at[] = {{TAD__NOISE_FORWARD, p->x, u, w},
                                    {TAD__NOISE_FORWARD, p->x, w, u}};
        if (status == TAD_OK)
            tad__law_near(c, TAD_LAW_SYMMETRY, error, size, 1024 * DBL_EPSILON, at, 2, "Hessian");
    }
    tad__point_close(p);
    return status;
}

static tad_status check_derivative(tad__check *first, bool forward) {
    tad__problem *of = first->p, p;
    tad__derived d;
    tad__check c;
    tad_status status = tad__problem_derive(&p, &d, of, forward);
    if (status != TAD_OK) return status;
    tad__normals(&first->random, p.x + tad__inputs(of), tad__inputs(&p) - tad__inputs(of));
    status = tad__problem_outputs(&p);
    check_for_second(&c, &p, first);
    if (status == TAD_OK) status = tad__check_begin(&c);
    if (status == TAD_OK) status = tad__check_jacobian(&c);
    if (status == TAD_OK) status = tad__check_laws(&c);
    if (status == TAD_OK && !forward) status = check_symmetry(&c, tad__inputs(of));
    if (status == TAD_OK) status = tad__check_entries(&c);
    if (c.failed) first->failed = true;
    return status;
}

static tad_status check_order_2(tad__check *c) {
    tad_gradcheck_report *r = c->report;
    tad_status status = check_derivative(c, false);
    if (status == TAD_OK) status = check_derivative(c, true);
    if (status == TAD_NO_RULE) {
        tad_tape_clear(c->p->tape);
        r->second = TAD_SECOND_REFUSED;
        return TAD_OK;
    }
    if (r->second != TAD_SECOND_REFUSED)
        r->second =
            r->second_row.checked > r->second_row.zero ? TAD_SECOND_CHECKED : TAD_SECOND_FLAT;
    return status;
}

/* ---- one problem ---- */

static tad_status check_order_1(tad__check *c, const tad__check_plan *plan) {
    tad_status status = tad__check_jacobian(c);
    if (status == TAD_OK) status = tad__check_laws(c);
    if (status == TAD_OK) status = tad__check_views(c);
    if (status == TAD_OK && plan->op && !plan->at_kink)
        status = tad__check_float32(c, c->p, plan->op);
    if (status == TAD_OK) status = tad__check_entries(c);
    return status;
}

tad_status tad__check_problem(tad__problem *p, const tad__check_plan *plan,
                              tad_gradcheck_report *r) {
    tad__check c = {.p = p,
                    .inputs = plan->inputs,
                    .demand = plan->demand,
                    .limit = plan->limit,
                    .some = plan->some,
                    .directions = plan->directions,
                    .at_kink = plan->at_kink,
                    .random = {plan->seed, 0},
                    .law = r->law[0],
                    .report = r};
    tad_status status = tad__check_begin(&c);
    if (status == TAD_OK) status = tad__check_shapes(&c);
    if (status == TAD_OK && !c.failed) status = check_order_1(&c, plan);
    /* At points that are chosen for their kinks, where there turns out to be none. */
    bool smooth = !plan->at_kink || c.kinks == 0;
    if (status == TAD_OK && plan->order > 1 && !c.failed && smooth) status = check_order_2(&c);
    if (c.failed) r->verdict = TAD_CHECK_FAIL;
    r->samples++;
    return status;
}
