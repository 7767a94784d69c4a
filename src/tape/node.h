/* Nodes: how one is born and dropped, and the call behind it. Rests on handle.h. */
#ifndef TAD_TAPE_NODE_H
#define TAD_TAPE_NODE_H

#include "handle.h"

/* What a constant is, in the field `op` of its node: what programs must know of it. */
enum tad__origin {
    TAD__GIVEN,      /* numbers of the caller's */
    TAD__DETACHED,   /* the value of node a */
    TAD__UNRECORDED, /* a result, computed while recording was paused */
    TAD__SWEPT,      /* what a numeric sweep gave */
    TAD__DRAWN       /* random numbers; u.record: a tad__drawn */
};

/* Room for twice as many nodes; false (and the error) when there is no memory. */
bool tad__grow_nodes(tad_tape *t);
/* Appends a node without value; false (and the error) when there is no memory. */
static inline bool tad__new_node(tad_tape *t, uint32_t *index) {
    if (t->head.count == t->capacity && !tad__grow_nodes(t)) return false;
    *index = t->head.count++;
    t->head.node[*index] = (tad__node){0};
    return true;
}
/* Forgets nodes from `count` on; releases their adjoints. Does not touch arena or epochs. */
void tad__drop_nodes(tad_tape *t, uint32_t count);
/* Gives an array adjoint's memory back. */
void tad__drop_adjoint(tad_tape *t, uint32_t i);
/* The gradient of the parameter at node i becomes zero. */
void tad__zero_gradient(tad_tape *t, uint32_t i);

/* Whether it is an elementwise op of the library's: one of a user may say that it is
 * elementwise. */
static inline bool tad__is_row(const tad_tape *t, const tad_op *op) {
    return op >= t->basis->row && op < t->basis->row + t->basis->rows;
}
static inline bool tad__is_constant_in(const tad_op *op, size_t i) {
    return i < 32 && (op->constant_in >> i & 1);
}

/* ---- the call behind a node ---- */

/* The op, inputs and options of a node, whatever its kind. */
typedef struct tad__call {
    const tad_op *op;
    const void *options;
    const double *number; /* number[k]: operand k, if that is a plain number; NULL: none is */
    uint32_t n_in, n_out;
    const uint32_t *in; /* TAD__NO_NODE: left out, or a plain number */
    uint32_t few[3];    /* of a row, whose node holds them */
    double few_numbers[2];
} tad__call;

/* False for leaves. For an OUTPUT gives the call of its op. */
bool tad__call_of(const tad_tape *t, uint32_t index, tad__call *c);
/* Input k as the user gave it. */
tad_var tad__operand(const tad_tape *t, const tad__call *c, uint32_t k);

/* Marks of the nodes 0 .. top for what follows: the last sweep's roots, nothing else. */
enum { TAD__ANCESTOR = 1, TAD__ANCESTOR_BESIDE = 2 /* another output of its op is one */ };
void tad__mark_roots(const tad_tape *t, uint8_t *mark, uint32_t top);
/* Marks what the nodes above `end` up to `top` pass their marks on to: operands that have all these
 * flags. From the top down, the marks of a stretch are then those of all above it. */
void tad__mark_operands(const tad_tape *t, uint8_t *mark, uint32_t top, uint32_t end,
                        unsigned flags);

/* What tad__call_of reads of a row: its node, without flags and value. Rows need no record, as
 * their operands fit into the node. If one of two operands is a plain number, number_at is its
 * position, else -1. */
static inline tad__node tad__row_node(unsigned row, const uint32_t *in, size_t n, int number_at,
                                      double number) {
    tad__node y = {.op = (uint16_t)row, .kind = TAD__ROW};
    if (number_at >= 0) {
        y.kind = number_at == 0 ? TAD__ROW_NX : TAD__ROW_XN;
        y.a = in[1 - number_at];
        y.u.partial = number;
        return y;
    }
    y.a = in[0];
    if (n > 1) y.u.arg.b = in[1];
    if (n > 2) y.u.arg.c = in[2];
    return y;
}

#endif
