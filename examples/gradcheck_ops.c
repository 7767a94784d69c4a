/* Checks the derivatives of every registered op and prints a table, a line an op.
 *
 * Usage: gradcheck_ops [--order N]        all ops
 *        gradcheck_ops [--order N] NAME   the full report of one
 *
 * An op is checked on its own samples: reverse and forward mode against a numeric derivative with
 * an error bound, against each other, and by exact laws; then the same for the derivatives
 * themselves (order 2). Exit status 1 when any op does not pass. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tad/gradcheck.h>
#include <tad/train.h>

#include "options.h"

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* What all inputs of an op have in common: counts and the worst entry, of order 1 and 2. */
static tad_check_row total(const tad_gradcheck_report *r) {
    tad_check_row sum = r->second_row;
    for (size_t i = 0; i < r->rows; i++) {
        sum.checked += r->row[i].checked;
        sum.inconclusive += r->row[i].inconclusive;
        sum.kink += r->row[i].kink;
        if (r->row[i].worst > sum.worst) sum.worst = r->row[i].worst;
    }
    return sum;
}

/* An op without gradient, or with gradient 0 wherever it was tried (floor, round): both sides
 * agree, but there was nothing to compare. */
static bool is_flat(const tad_op *op, tad_verdict v, const tad_gradcheck_report *r) {
    return v == TAD_CHECK_VACUOUS && ((op->flags & TAD_OP_FLAT) || r->first[0] == 0);
}

/* A line of the table; true if the op passed. */
static bool check_line(const tad_op *op, const tad_gradcheck_options *options) {
    tad_gradcheck_report report;
    double start = seconds();
    tad_verdict v = tad_gradcheck_op(op, options, &report);
    double elapsed = seconds() - start;
    tad_check_row sum = total(&report);
    bool flat = is_flat(op, v, &report), ok = v == TAD_CHECK_PASS || flat;
    printf("%-18s %5zu %8zu  %8.1e  %-12s %4zu %7zu  %8.1f\n", op->name, report.samples,
           sum.checked, sum.worst, flat ? "flat" : tad_verdict_text(v), sum.kink, sum.inconclusive,
           1e3 * elapsed);
    if (!ok) printf("    %s\n", report.first);
    return ok;
}

static int check_all(const tad_gradcheck_options *options) {
    size_t passed = 0, n = tad_op_count();
    printf("%-18s %5s %8s  %8s  %-12s %4s %7s  %8s\n", "op", "cases", "entries", "worst", "verdict",
           "kink", "inconcl", "ms");
    for (size_t i = 0; i < n; i++) passed += check_line(tad_op_at(i), options);
    printf("%zu of %zu ops pass\n", passed, n);
    return passed == n ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int check_one(const char *name, const tad_gradcheck_options *options) {
    const tad_op *op = tad_op_find(name);
    tad_gradcheck_report report;
    if (!op) {
        fprintf(stderr, "gradcheck_ops: there is no op called %s\n", name);
        return EXIT_FAILURE;
    }
    printf("%s: %s\n", op->name, op->doc);
    tad_verdict v = tad_gradcheck_op(op, options, &report);
    if (tad_gradcheck_print(&report, tad_file_sink, stdout) != TAD_OK) return EXIT_FAILURE;
    return v == TAD_CHECK_PASS || is_flat(op, v, &report) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const char usage[] = "gradcheck_ops [--order N] [NAME]\n"
                            "  all ops, or the full report of one; order 1, or 2 (default)";

int main(int argc, char **argv) {
    const char *name = NULL;
    int64_t order = 0;
    const option known[] = {{"--order", .whole = &order, .least = 1, .most = 2}, {.text = &name}};
    if (!read_options(argc, argv, usage, known, 2)) return EXIT_FAILURE;
    const tad_gradcheck_options options = {.order = (int)order};
    return name ? check_one(name, &options) : check_all(&options);
}
