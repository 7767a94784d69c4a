/* What a gradient check writes into its report: laws held against errors, entries by outcome, what
 * failed first, the verdict. */
#ifndef TAD_GRADCHECK_REPORT_H
#define TAD_GRADCHECK_REPORT_H

#include <stdarg.h>

#include <tad/gradcheck.h>

#include "judge.h"

void tad__report_begin(tad_gradcheck_report *r, const char *name, uint64_t seed);
/* inconclusive: share of the non-zero entries that may stay undecided. */
void tad__report_end(tad_gradcheck_report *r, double inconclusive);
/* Says what failed first, unless something did already. */
void tad__report_first(tad_gradcheck_report *r, const char *format, ...) TAD_PRINTF(2, 3);

/* Where the findings of one check go. */
typedef struct tad__notes {
    tad_gradcheck_report *report;
    bool second; /* of a derivative: order 2 */
    bool failed; /* something did */
} tad__notes;

/* Notes that a law was held against an error; the first break is put in words. */
void tad__note(tad__notes *n, tad_law law, double error, double limit, const char *format, ...)
    TAD_PRINTF(5, 6);
void tad__note_v(tad__notes *n, tad_law law, double error, double limit, const char *format,
                 va_list args) TAD_PRINTF(5, 0);
/* How often the law broke so far. */
size_t tad__note_broken(const tad__notes *n, tad_law law);

/* The row of an input; of order 2 there is one for all. */
tad_check_row *tad__note_row(const tad__notes *n, size_t input);
void tad__row_count(tad_check_row *row, const tad__judgement *j);
/* Keeps the entry if it is the worst so far. */
void tad__note_worst(const tad__notes *n, const tad_check_entry *entry);

#endif
