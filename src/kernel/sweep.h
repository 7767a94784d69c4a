/* The reverse sweep over nodes of 0-d float64 arithmetic. */
#ifndef TAD_KERNEL_SWEEP_H
#define TAD_KERNEL_SWEEP_H

#include <tad/op.h>
#include <tad/scalar.h>

#include "isa.h"

#define TAD__NO_NODE UINT32_MAX

/* What a node of kind GENERAL, MULTI, SUM, DOT, DOT_N or CHOSEN stores in the tape's arena. */
typedef struct tad__record_of {
    const tad_op *op;
    const void *options;
    struct tad__saved *saved; /* NULL: nothing */
    uint32_t n_in, n_out;
    uint32_t in[]; /* node indices; TAD__NO_NODE: left out, or a plain number of DOT_N */
} tad__record_of;

/* The plain numbers among the n operands of DOT_N lie behind these, one place for each operand. */
static inline size_t tad__plain_offset(size_t n) {
    const size_t end = sizeof(tad__record_of) + n * sizeof(uint32_t);
    return (end + sizeof(double) - 1) & ~(sizeof(double) - 1);
}
static inline double *tad__plain_of(const tad__record_of *r) {
    return (double *)((uintptr_t)r + tad__plain_offset(r->n_in));
}

/* a b + c, with one rounding where the level has an instruction for that. */
static inline double tad__fused(double a, double b, double c) {
#if defined(__FMA__) || defined(__FP_FAST_FMA)
    return __builtin_fma(a, b, c);
#else
    return a * b + c;
#endif
}

/* Passes adjoints on from node `top` down to the first whose rule is not known here, and gives that
 * node, unvisited; `leaf` where there is none above it. */
typedef uint32_t tad__sweep(const tad__node *node, tad__adjoint *adjoint, uint32_t top,
                            uint32_t leaf);

extern tad__sweep TAD_LEVEL(tad__sweep_numbers);

#endif
