/* What an optimiser is made of: its rule, and the state beside each parameter. Rests on the public
 * headers and array/update.h. */
#ifndef TAD_NN_OPTIM_H
#define TAD_NN_OPTIM_H

#include <tad/optim.h>

#include "array/update.h"

enum { TAD__STATES = 3 };

/* One parameter with what belongs to it. The pointers are those of the step under way. */
typedef struct tad__slot {
    tad_var param, state[TAD__STATES]; /* nil: not needed */
    int64_t n;                         /* elements of each, and their type */
    tad_dtype dtype;
    double lr_factor, decay;
    void *p, *s[TAD__STATES];
    const void *g;
    const int64_t *row;  /* of this step: the rows that move, NULL: all; g has theirs alone */
    int64_t rows, width; /* how many; of how many numbers */
} tad__slot;

struct tad_optim {
    tad_tape *tape;
    const char *what;
    tad__update update;
    double dampening;
    double lr_decay;       /* Adagrad's */
    double momentum_decay; /* NAdam's */
    double initial;        /* what the first state begins with */
    tad_clip clip;
    bool used[TAD__STATES];
    tad__slot *slot;
    tad_var *params; /* the same again as tad_zero_gradients wants them */
    size_t count;
    tad_dict *state;
    tad_var steps, lr, product; /* (1) float64: part of the state; product: NAdam's */
};

/* From a filled-in pattern; wrong: what is the matter with its options, NULL: nothing. */
tad_optim *tad__optim_make(tad_optim pattern, const tad_dict *params, const char *wrong);

/* tad_optim_step, once the slots say which rows move and what their gradients are. */
tad_status tad__optim_step(tad_optim *o);
/* NULL: the optimiser has no such parameter. */
tad__slot *tad__slot_of(const tad_optim *o, tad_var param);

#endif
