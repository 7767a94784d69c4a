/* The report of a gradient check as text, and the words of its codes. Rests on gradcheck.h and
 * shape.h. */
#include <stdarg.h>
#include <stdio.h>

#include <tad/gradcheck.h>

#include "array/shape.h"

/* ---- words ---- */

const char *tad_verdict_text(tad_verdict verdict) {
    static const char *const text[] = {"pass", "inconclusive", "vacuous", "fail", "error"};
    return (unsigned)verdict <= TAD_CHECK_ERROR ? text[verdict] : "?";
}

const char *tad_grade_text(tad_grade grade) {
    static const char *const text[] = {"nothing to grade", "very good", "acceptable",
                                       "needs checking", "probably a bug"};
    return (unsigned)grade < TAD_GRADE_COUNT ? text[grade] : "?";
}

#define LAW_TEXT(code, text) text,
const char *tad_law_text(tad_law law) {
    static const char *const text[] = {TAD_LAW_LIST(LAW_TEXT)};
    return (unsigned)law < TAD_LAW_COUNT ? text[law] : "?";
}

#define LAW_NAME(code, text) #code,
static const char *const law_name[] = {TAD_LAW_LIST(LAW_NAME)};

/* ---- writing ---- */

typedef struct writer {
    tad_sink *sink;
    void *user;
    bool stopped;
} writer;

static void say(writer *w, const char *format, ...) TAD_PRINTF(2, 3);
static void say(writer *w, const char *format, ...) {
    char text[400];
    va_list args;
    if (w->stopped) return;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n > 0 && !w->sink(w->user, text, tad__min((size_t)n, sizeof text - 1))) w->stopped = true;
}

static void say_row(writer *w, const tad_check_row *r, const char *shape) {
    say(w, " %-10s %-12s %7zu %7zu %9zu %10zu %5zu %5zu %5zu %7zu  %.1e  %.1e\n", r->name, shape,
        r->checked, r->zero, r->very_good, r->acceptable, r->needs_checking, r->bug, r->kink,
        r->inconclusive, r->worst, r->norm_wise);
}

static void say_rows(writer *w, const tad_gradcheck_report *r) {
    char shape[80];
    say(w, " %-10s %-12s %7s %7s %9s %10s %5s %5s %5s %7s  %-7s  %s\n", "input", "shape", "checked",
        "zero", "very-good", "acceptable", "look", "bug", "kink", "inconcl", "worst r",
        "norm-wise");
    for (size_t i = 0; i < r->rows; i++)
        say_row(w, &r->row[i], tad__shape_text(&r->row[i].shape, shape, sizeof shape));
    if (r->second == TAD_SECOND_CHECKED) say_row(w, &r->second_row, "");
}

/* "W[2,1]"; a direction is "W[+-]". */
static void say_element(writer *w, const char *name, int64_t element, const tad_shape *s) {
    int64_t stride[TAD_MAX_RANK];
    tad__shape_strides(s, stride);
    say(w, "%s", name);
    if (element < 0) say(w, "[+-]");
    for (int d = 0; d < s->rank && element >= 0; d++) {
        int64_t below = stride[d] > 0 ? stride[d] : 1;
        say(w, "%s%lld%s", d ? "," : "[", (long long)(element / below),
            d + 1 == s->rank ? "]" : "");
        element %= below;
    }
}

static void say_entry(writer *w, const tad_gradcheck_report *r, const tad_check_entry *e,
                      const char *what) {
    char name[40];
    if (e->grade == TAD_GRADE_NONE) return;
    say(w, " %s: d ", what);
    snprintf(name, sizeof name, e->output ? "y%zu" : "y", e->output);
    say_element(w, name, e->output_element, &e->output_shape);
    snprintf(name, sizeof name, "input %zu", e->input);
    bool named = e != &r->second_worst && e->input < r->rows && e->input < TAD_CHECK_ROWS - 1;
    say(w, " / d ");
    say_element(w, named ? r->row[e->input].name : name, e->input_element, &e->input_shape);
    say(w, "  analytic %.9g  numeric %.9g +- %.0e  step %.1e  r %.1e\n", e->analytic, e->numeric,
        e->error, e->step, e->r);
}

static void say_laws(writer *w, const tad_gradcheck_report *r) {
    for (int order = 0; order < 2; order++) {
        bool any = false;
        for (int i = 0; i < TAD_LAW_COUNT; i++) {
            const tad_law_result *l = &r->law[order][i];
            if (l->checked == 0) continue;
            if (!any) say(w, " laws of order %d:", order + 1);
            any = true;
            say(w, " %s", law_name[i]);
            if (l->broken > 0)
                say(w, " BROKEN %zu of %zu (%.1e, limit %.1e)", l->broken, l->checked, l->worst,
                    l->limit);
            else
                say(w, " ok");
        }
        if (any) say(w, "\n");
    }
}

static void say_verdict(writer *w, const tad_gradcheck_report *r) {
    tad_grade worst =
        r->worst.grade > r->second_worst.grade ? r->worst.grade : r->second_worst.grade;
    const char *verdict = tad_verdict_text(r->verdict);
    say(w, "gradcheck %s  seed %llu  samples %zu   ", r->name, (unsigned long long)r->seed,
        r->samples);
    for (; *verdict; verdict++) say(w, "%c", *verdict - 'a' + 'A');
    if (r->verdict == TAD_CHECK_ERROR)
        say(w, ": %s\n", tad_status_text(r->status));
    else
        say(w, ": %s\n", tad_grade_text(worst));
}

tad_status tad_gradcheck_print(const tad_gradcheck_report *report, tad_sink *sink, void *user) {
    if (!report || !sink) return TAD_BAD_ARGUMENT;
    writer w = {sink, user, false};
    say_verdict(&w, report);
    say_rows(&w, report);
    say_entry(&w, report, &report->worst, "worst");
    say_entry(&w, report, &report->second_worst, "worst of order 2");
    say_laws(&w, report);
    if (report->first[0]) say(&w, " first: %s\n", report->first);
    if (report->sample[0]) say(&w, " sample: %s\n", report->sample);
    if (report->bad_node[0]) say(&w, " first bad node: %s\n", report->bad_node);
    return w.stopped ? TAD_IO : TAD_OK;
}
