/* One step of a recurrent cell, by itself or along a sequence. Rests on tape.h. */
#ifndef TAD_OPS_NET_CELL_H
#define TAD_OPS_NET_CELL_H

#include "tape/tape.h"

/* Cells, and sequences of them, are listed in this order. */
typedef enum tad__cell_kind { TAD__RNN_TANH, TAD__GRU, TAD__LSTM } tad__cell_kind;

static inline int tad__cell_gates(tad__cell_kind kind) { return (const int[]){1, 3, 4}[kind]; }
static inline size_t tad__cell_states(tad__cell_kind kind) { return kind == TAD__LSTM ? 2 : 1; }

typedef struct tad__cell_state {
    tad_var h, c; /* c: of an lstm */
} tad__cell_state;

/* Moves the state on. What the input and the state add to all gates: x w_ih^T + b_ih, and h w_hh^T
 * + b_hh; gates lie side by side in their last axis. */
void tad__cell_step(tad__cell_kind kind, tad_var x, tad_var h, tad__cell_state *s);

#endif
