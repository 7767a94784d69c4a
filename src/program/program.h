/* What a program is made of: values, and the steps that compute them in turn. Rests on the tape's
 * headers: freezing reads nodes, running knows no tape but for the parameters that are read where
 * they lie. */
#ifndef TAD_PROGRAM_PROGRAM_H
#define TAD_PROGRAM_PROGRAM_H

#include <tad/program.h>

#include "array/compute.h"
#include "tape/anchor.h"
#include "tape/drawn.h"
#include "tape/hook.h"
#include "tape/tape.h"

/* ---- values ---- */

/* A value: the slot of a single float64 number, or ARRAY and a position among the arrays. */
typedef uint32_t tad__ref;
#define TAD__ARRAY_REF 0x80000000u
#define TAD__NO_REF UINT32_MAX /* an operand left out */

static inline bool tad__is_array_ref(tad__ref r) { return r & TAD__ARRAY_REF; }
static inline uint32_t tad__position(tad__ref r) { return r & ~TAD__ARRAY_REF; }

/* Whose memory an array lies in. */
typedef enum tad__home {
    TAD__PLANNED,  /* the workspace's */
    TAD__BOUND,    /* an input's */
    TAD__STORED,   /* the program's: a constant */
    TAD__REFERRED, /* a parameter's */
    TAD__STRIP     /* nobody's: it is there strip by strip while a group runs */
} tad__home;

typedef struct tad__array_value {
    tad_array array; /* data: only of stored ones */
    tad__home home;
    uint32_t of;   /* which input, which parameter, which strip */
    uint32_t root; /* itself, or the array that this is a view of */
    size_t offset; /* in bytes: of a root in the workspace's arrays, of a view in its root */
} tad__array_value;

typedef struct tad__named_type {
    tad_type type;
    tad__ref value;
    const char *name;
    bool direct; /* an output that can be computed where the caller wants it */
} tad__named_type;

typedef struct tad__constant_slot {
    double number;
    uint32_t slot;
} tad__constant_slot;

typedef struct tad__parameter {
    tad_var var;
    tad__ref value;
} tad__parameter;

/* ---- steps ---- */

/* number[to] = row(number[a], number[b], number[c]). Operands that a row lacks are a; of a row with
 * options, c is their position. */
typedef struct tad__number_step {
    uint32_t to, a, b, c;
    uint16_t row;
    bool options;
} tad__number_step;

/* Where something was recorded; file NULL: not known. */
typedef struct tad__place {
    const char *file;
    int line;
} tad__place;

typedef struct tad__call_step {
    const tad_op *op;
    const void *options;
    uint32_t n_in, n_out;
    tad__ref *ref; /* of the operands, then of the results */
    bool checked;  /* its shape rule may refuse elements, or the result depend on them */
    tad__place place;
} tad__call_step;

/* The run goes on only where the value is as expected. */
typedef struct tad__decision {
    tad__ref condition;
    bool expected;
    tad__place place;
    const char *name; /* of the condition; "": none */
} tad__decision;

typedef struct tad__draw_step {
    tad__drawn how;
    uint64_t after; /* so many draws of the run before */
    tad__ref to;
} tad__draw_step;

typedef struct tad__copy_step {
    tad__ref from, to; /* both arrays */
} tad__copy_step;

/* A row of a group. Operands have the group's size, or one of two is a single element. */
typedef struct tad__fused_row {
    uint16_t row;
    uint8_t n_in;
    int8_t single; /* which operand is a single element; -1: none */
    const double *options;
    tad__ref in[3], out;
} tad__fused_row;

/* Rows on arrays of one size and type that run together, strip by strip. */
typedef struct tad__row_group {
    uint32_t first, count; /* rows */
    uint32_t strips;       /* that values within take up at once */
    tad_dtype dtype;
    int64_t size;
} tad__row_group;

enum { TAD__STRIP_BYTES = 4096 };

typedef enum tad__step_kind {
    TAD__NUMBERS, /* number steps, one after the other */
    TAD__CALL,
    TAD__FUSED, /* groups */
    TAD__DECIDE,
    TAD__DRAW,
    TAD__COPY
} tad__step_kind;

/* `count` steps of one kind, from position `at` of their list. */
typedef struct tad__step {
    tad__step_kind kind;
    uint32_t at, count;
} tad__step;

/* ---- the program ---- */

/* A growing list. */
#define TAD__LIST(T)                                                                               \
    struct {                                                                                       \
        T *item;                                                                                   \
        size_t count, capacity;                                                                    \
    }

struct tad_program {
    tad__memory memory;
    tad__arena arena; /* dims, names, options, constants */
    tad__anchor anchor;
    const tad__basis *basis;
    const tad__kernels *kernels;
    tad__named_type *in, *out;
    size_t n_in, n_out;
    TAD__LIST(tad__step) step;
    TAD__LIST(tad__number_step) number;
    TAD__LIST(tad__call_step) call;
    TAD__LIST(tad__row_group) group;
    TAD__LIST(tad__fused_row) fused;
    TAD__LIST(tad__decision) decision;
    TAD__LIST(tad__draw_step) draw;
    TAD__LIST(tad__copy_step) copy;
    TAD__LIST(tad__array_value) array;
    TAD__LIST(tad__constant_slot) constant;
    TAD__LIST(tad__parameter) parameter;
    TAD__LIST(double) options;  /* pairs */
    TAD__LIST(uint32_t) moving; /* positions of arrays in memory that a run is told of */
    uint32_t slots;             /* numbers of a workspace */
    size_t array_bytes;         /* planned arrays of a workspace */
    size_t lanes;               /* points at once; 0: point by point */
    size_t longest_group;       /* rows */
    size_t strip_bytes;         /* of the group that has most strips */
    size_t scratch_bytes;
    tad_random random; /* when the first draw was made */
    uint64_t draws;
    tad_program_info info;
};

/* A list that has room for one more item, unless there is no memory. */
void *tad__list_room(tad__memory *m, void *item, size_t count, size_t *capacity, size_t size);
/* One more item, not set; NULL: no memory. */
#define TAD__ADD_TO(p, list)                                                                       \
    ((p)->list.item = tad__list_room(&(p)->memory, (p)->list.item, (p)->list.count,                \
                                     &(p)->list.capacity, sizeof *(p)->list.item),                 \
     (p)->list.count < (p)->list.capacity ? &(p)->list.item[(p)->list.count++] : NULL)

#endif
