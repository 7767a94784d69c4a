/* What the norms of channels share: x (N,C,...) as sets of numbers, each of some channels, that are
 * brought to mean 0 and variance 1, or by a mean and a variance that are given. Rests on tape.h. */
#ifndef TAD_OPS_ROWS_CHANNELS_H
#define TAD_OPS_ROWS_CHANNELS_H

#include "tape/tape.h"

enum { TAD__GROUPS_NORM, TAD__BATCH_NORM_TRAINING, TAD__BATCH_NORM_RUNNING };
extern const tad_op tad__ops_channels[];

/* The operands; the last two where they are given. */
enum {
    TAD__CHANNELS_X,
    TAD__CHANNELS_GAIN,
    TAD__CHANNELS_BIAS,
    TAD__CHANNELS_MEAN,
    TAD__CHANNELS_VARIANCE
};

typedef struct tad__channels_options {
    int64_t num_groups;  /* of groups_norm */
    tad_maybe_float eps; /* not given: 1e-5 */
} tad__channels_options;

static inline double tad__channels_eps(const tad__channels_options *o) {
    return o->eps.given ? o->eps.value : 1e-5;
}

/* x as (samples, groups, members, inner): a set is a group of a sample, or, of a batch, a group of
 * one channel of all samples. */
typedef struct tad__channels {
    bool batch, given; /* given: mean and variance are operands */
    int64_t samples, groups, members, inner;
    int64_t sets, numbers; /* in each set */
} tad__channels;

static inline tad__channels tad__channels_of(const tad_op *op, const tad__channels_options *o,
                                             const tad_shape *x) {
    const bool batch = op != &tad__ops_channels[TAD__GROUPS_NORM];
    const bool given = op == &tad__ops_channels[TAD__BATCH_NORM_RUNNING];
    tad__channels c = {batch, given, x->dim[0], x->dim[1], 1, 1, 0, 0};
    for (int i = 2; i < x->rank; i++) c.inner *= x->dim[i];
    if (!c.batch) {
        c.groups = o->num_groups;
        c.members = x->dim[1] / o->num_groups;
    }
    c.sets = c.batch ? c.groups : c.samples * c.groups;
    c.numbers = (c.batch ? c.samples : c.members) * c.inner;
    return c;
}

/* Operand i of a call; NULL where it is left out. */
static inline const tad_array *tad__channels_operand(const tad_call_frame *c, size_t i) {
    return c->n_in > i ? c->in[i] : NULL;
}

/* Refuses x without channels, and a vector among the operands [first, n) that has not one number
 * for each. */
tad_status tad__check_channels(const tad_call_frame *c, size_t first);

/* ---- channels_sets.c ---- */

tad_status tad__channels_values(const tad_call_frame *c);
tad_status tad__channels_gradient(tad_backward *b);

/* ---- channels_text.c ---- */

void tad__channels_c_text(const tad_call_frame *c, tad_c *to);

#endif
