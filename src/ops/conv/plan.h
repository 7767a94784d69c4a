/* The plan of a convolution, which its tasks share. Only for the files of this folder. Rests on
 * field.h and kernel/conv.h. */
#ifndef TAD_OPS_CONV_PLAN_H
#define TAD_OPS_CONV_PLAN_H

#include "field.h"
#include "kernel/conv.h"

/* Elements of the result that the same taps reach: every stride-th on each axis where x is
 * computed, else all. */
typedef struct tad__conv_phase {
    int64_t first[TAD__SPATIAL];
    size_t taps;
    ptrdiff_t *tap, *weight; /* where they read in the field and in a group of w */
    char *packed;            /* weights as the kernel wants them */
    size_t packed_group;     /* bytes from group to group */
} tad__conv_phase;

typedef struct tad__conv_plan {
    const tad__conv_call *call;
    const tad__conv *v;
    const tad__conv_kernels *kernels;
    tad_dtype dtype;
    size_t width;
    bool turned; /* x is computed */
    tad__conv_blocks blocks;
    const tad_array *from;                /* what is copied */
    char *to;                             /* the result; where that is w, y */
    int64_t to_step[2 + TAD__SPATIAL];    /* from image to image, channel to channel, ... */
    int64_t outputs, inputs, taps_of_one; /* of a group; of an input */
    tad__field field;
    size_t field_bytes;
    tad__conv_phase *phases;
    size_t count, height, rows; /* of phases; of weights: outputs of a block, of all blocks */
    size_t grain, piece;        /* tasks of a piece */
    bool fields_apart;          /* each piece has a field of its own */
    char *fields;
} tad__conv_plan;

/* What is copied for `result`, and where taps read. */
tad_status tad__conv_plan_of(tad__conv_plan *p, const tad__conv_call *c, tad__conv_role result);
/* The weights of all phases, packed. */
tad_status tad__conv_plan_weights(tad__conv_plan *p);
/* How so many tasks are handed out, and memory for their fields. */
tad_status tad__conv_plan_fields(tad__conv_plan *p, size_t tasks);
/* Memory for n things. NULL: none. */
void *tad__conv_scratch(const tad__conv_plan *p, size_t n, size_t size);

/* Copies a block of a group; where to. */
char *tad__conv_fill(const tad__conv_plan *p, size_t task, size_t block, size_t group);
/* What the kernel does with it. False: nothing. */
bool tad__conv_taps(const tad__conv_plan *p, const tad__conv_phase *f, const char *field,
                    size_t block, size_t group, tad__taps *s);

/* ---- blocks.c ---- */

int64_t tad__conv_floor(int64_t a, int64_t b); /* of a / b */
/* The index of the first element that is copied of one axis. */
int64_t tad__conv_low(const tad__conv_axis *a, bool turned);
/* Elements of an axis that are copied for so many elements of the result. */
int64_t tad__conv_copied(const tad__conv_axis *a, bool turned, int64_t rows);
/* Elements of the axis in the result. */
static inline int64_t tad__conv_wanted(const tad__conv_axis *a, bool turned) {
    return turned ? a->x : a->y;
}

#endif
