/* Functions at many points. A mapping owns the functions that its op runs: the one that it was made
 * of, for each list of operand types, and the derivatives of those; each has a program. Rests on
 * the tape and on program.h. */
#ifndef TAD_MAP_INTERNAL_H
#define TAD_MAP_INTERNAL_H

#include <tad/map.h>

#include "tape/tape.h"

enum { TAD__MAP_MOST = 64 }; /* operands: as many as a mask has bits */

/* What a function at a point is. */
typedef enum tad__point_kind {
    TAD__POINT_GIVEN, /* the user's */
    TAD__POINT_VJP,   /* takes what `of` takes, and cotangents of the results `given` of `of`; gives
                       * gradients by the operands `asked` */
    TAD__POINT_JVP    /* takes what `of` takes, and tangents of the operands `given`; gives tangents
                       * of the results `asked` */
} tad__point_kind;

typedef struct tad__point_fn {
    tad_mapping *mapping;
    const struct tad__point_fn *next; /* of the same mapping */
    const struct tad__point_fn *of;   /* GIVEN: NULL */
    tad__point_kind kind;
    tad_level level;
    bool strong_zero; /* as on the tape */
    uint64_t given, asked;
    size_t n_in, n_out;
    tad_type *in, *out;   /* at one point */
    const void **example; /* of each operand, the elements at a point; NULL: ones */
    uint64_t shared;      /* operands that are the same at all points */
    uint64_t summed;      /* results that are sums over the points */
    tad_program *program;
} tad__point_fn;

struct tad_mapping {
    tad_fn *f;
    void *user;
    tad_program_made *made; /* is shown new programs; NULL: nothing is */
    void *made_user;
    tad_allocator allocator;
    tad__memory memory;
    tad__arena arena;         /* everything but the programs */
    tad__point_fn *functions; /* the youngest first */
};

static inline bool tad__has_bit(uint64_t mask, size_t i) { return mask >> i & 1; }

/* The shape of all points' values. */
static inline tad_shape tad__with_points(const tad_shape *s, int64_t points) {
    tad_shape all = {s->rank + 1, {points}};
    for (int i = 0; i < s->rank; i++) all.dim[i + 1] = s->dim[i];
    return all;
}

/* The options of the op. */
typedef struct tad__map_options {
    const tad__point_fn *f;
} tad__map_options;

extern const tad_op tad__op_map;

/* The function of its mapping that is like this one in kind, given, asked, operands and settings.
 * NULL: there is none yet. point.c */
const tad__point_fn *tad__point_find(const tad__point_fn *like);
/* Makes one, which there is not yet, with its program. NULL: failed, as the tape says. */
const tad__point_fn *tad__point_make(tad_tape *t, const tad__point_fn *like);
/* The derivative of f, made if there is none yet. NULL: the same. */
const tad__point_fn *tad__point_derivative(tad_tape *t, const tad__point_fn *f,
                                           tad__point_kind kind, uint64_t given, uint64_t asked);
/* Runs f's program at all points: forward of the op. run.c */
tad_status tad__map_run(const tad_call_frame *c);
/* Points of a piece of it, by the number of points and the function alone: any threads take the
 * same ones. */
size_t tad__map_piece(const tad__point_fn *f, size_t points);

#endif
