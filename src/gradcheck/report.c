/* What a gradient check writes into its report. Rests on gradcheck.h and the outcomes of
 * judge.h. */
#include "report.h"

#include <stdio.h>

#include "base/base.h"

/* ---- begin and end ---- */

void tad__report_begin(tad_gradcheck_report *r, const char *name, uint64_t seed) {
    *r = (tad_gradcheck_report){.seed = seed};
    snprintf(r->name, sizeof r->name, "%s", name);
}

/* Entries that are not zero, and how many of them stayed undecided. */
static void add_row(const tad_check_row *r, size_t *nonzero, size_t *inconclusive) {
    *nonzero += r->checked - r->zero;
    *inconclusive += r->inconclusive;
}

/* FAIL was set where it was found. */
void tad__report_end(tad_gradcheck_report *r, double inconclusive) {
    size_t nonzero = 0, undecided = 0;
    add_row(&r->second_row, &nonzero, &undecided);
    for (size_t i = 0; i < r->rows; i++) add_row(&r->row[i], &nonzero, &undecided);
    if (r->verdict != TAD_CHECK_PASS) return;
    if (nonzero == 0)
        r->verdict = TAD_CHECK_VACUOUS;
    else if (undecided == nonzero || (double)undecided > inconclusive * (double)nonzero)
        r->verdict = TAD_CHECK_INCONCLUSIVE;
}

void tad__report_first(tad_gradcheck_report *r, const char *format, ...) {
    if (r->first[0]) return;
    va_list args;
    va_start(args, format);
    vsnprintf(r->first, sizeof r->first, format, args);
    va_end(args);
}

/* ---- laws ---- */

static tad_law_result *result_of(const tad__notes *n, tad_law law) {
    return &n->report->law[n->second][law];
}

size_t tad__note_broken(const tad__notes *n, tad_law law) { return result_of(n, law)->broken; }

void tad__note_v(tad__notes *n, tad_law law, double error, double limit, const char *format,
                 va_list args) {
    tad_law_result *l = result_of(n, law);
    char what[120];
    l->checked++;
    if (limit > 0 || l->checked == 1) l->limit = limit;
    if (!(error <= l->worst)) l->worst = error;
    if (error <= limit) return;
    l->broken++;
    n->failed = true;
    vsnprintf(what, sizeof what, format, args);
    tad__report_first(n->report, "%sbroken: %s (%s)", n->second ? "order 2, " : "",
                      tad_law_text(law), what);
}

void tad__note(tad__notes *n, tad_law law, double error, double limit, const char *format, ...) {
    va_list args;
    va_start(args, format);
    tad__note_v(n, law, error, limit, format, args);
    va_end(args);
}

/* ---- entries ---- */

tad_check_row *tad__note_row(const tad__notes *n, size_t input) {
    if (n->second) return &n->report->second_row;
    return &n->report->row[tad__min(input, TAD_CHECK_ROWS - 1)];
}

void tad__row_count(tad_check_row *row, const tad__judgement *j) {
    row->checked++;
    row->zero += j->outcome == TAD__OUT_ZERO;
    row->kink += j->outcome == TAD__OUT_KINK;
    row->inconclusive += j->outcome == TAD__OUT_INCONCLUSIVE;
    row->very_good += j->grade == TAD_GRADE_VERY_GOOD;
    row->acceptable += j->grade == TAD_GRADE_ACCEPTABLE;
    row->needs_checking += j->grade == TAD_GRADE_NEEDS_CHECKING;
    row->bug += j->grade == TAD_GRADE_BUG;
    if (j->outcome == TAD__OUT_GRADED && !(j->r <= row->worst)) row->worst = j->r;
}

void tad__note_worst(const tad__notes *n, const tad_check_entry *entry) {
    tad_check_entry *worst = n->second ? &n->report->second_worst : &n->report->worst;
    bool worse =
        entry->grade > worst->grade || (entry->grade == worst->grade && entry->r > worst->r);
    if (worst->grade == TAD_GRADE_NONE || worse) *worst = *entry;
}
