/* The scalar workloads on a tape: record(t, x) records one and returns its result. scalar_tad.c is
 * compiled three times: arithmetic recorded in place, with TAD_NO_INLINE every op a call, and with
 * SCALAR_FROZEN without a look at values, so that it can be frozen. */
#ifndef TAD_TESTS_SCALAR_TAD_H
#define TAD_TESTS_SCALAR_TAD_H

#include <string.h>

#include <tad/tad.h>

#include "scalar_work.h"

typedef tad_var scalar_record(const tad_var *x);

/* One value and gradient, everything fresh: forget the last pass, make the inputs, record, reverse,
 * read. */
typedef double scalar_pass(tad_tape *t, scalar_record *record, size_t n, const double *x,
                           tad_var *inputs, double *g);

typedef struct scalar_tape {
    scalar_record *record[WORK_COUNT];
    scalar_pass *pass;
} scalar_tape;

/* Elementary operations that were recorded: each + - * / and function counts 1. */
static inline size_t scalar_operations_of(tad_var x) {
    if (tad_node_kind_of(x) != TAD_NODE_OP) return 0;
    const char *name = tad_node_op(x)->name;
    if (!strcmp(name, "fma") || !strcmp(name, "fnma")) return 2;
    if (!strcmp(name, "dot_list")) return tad_node_parent_count(x) - 1;
    return 1;
}

static inline size_t scalar_operations(tad_tape *t) {
    size_t sum = 0;
    for (size_t i = 0; i < tad_node_count(t); i++) sum += scalar_operations_of(tad_node_at(t, i));
    return sum;
}

extern const scalar_tape scalar_in_place, scalar_calls, scalar_frozen;

#endif
