/* What a program is made of: values, and the steps that compute them in turn. Rests on the tape's
 * headers: freezing reads nodes, running knows no tape but for the parameters that are read where
 * they lie. */
#ifndef TAD_PROGRAM_PROGRAM_H
#define TAD_PROGRAM_PROGRAM_H

#include <tad/program.h>

#include "array/compute.h"
#include "kernel/plain/sum.h"
#include "kernel/roll.h"
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

/* Of an array there is: that it can be too large is no question. */
static inline size_t tad__type_bytes(const tad_type *type) {
    size_t bytes = 0;
    return tad__shape_bytes(&type->shape, type->dtype, &bytes) ? bytes : 0;
}

typedef struct tad__named_type {
    tad_type type;
    tad__ref value;
    const char *name;
    bool direct; /* an output that can be computed where the caller wants it */
} tad__named_type;

/* An output's number, and how many outputs from this one on lie one after the other. */
typedef struct tad__out_run {
    tad__ref value;
    uint32_t count;
} tad__out_run;

typedef struct tad__constant_slot {
    double number;
    uint32_t slot;
} tad__constant_slot;

typedef struct tad__parameter {
    tad_var var;
    tad__ref value;
    const char *name; /* when it was frozen; "": none */
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
    bool checked;  /* it may refuse elements, or the result depend on them */
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
    int8_t single;    /* which operand the kernel takes as a single element; -1: none */
    uint8_t how[3];   /* operands: tad__how */
    uint8_t strip[3]; /* of those that are spread out */
    const double *options;
    tad__ref in[3], out;
} tad__fused_row;

/* How an operand of a row meets the elements of its group, which lie in lines. */
typedef enum tad__how {
    TAD__ALIKE,    /* element by element */
    TAD__SINGLE,   /* one element, which the kernel takes as it is */
    TAD__FILLING,  /* one element, which a strip is filled with: this and what follows is spread out
                    */
    TAD__ONE_LINE, /* a line, the same for all */
    TAD__PER_LINE, /* an element for each line */
    TAD__NO_WAY
} tad__how;

/* Rows on arrays of one size and type that run together, strip by strip. */
typedef struct tad__row_group {
    uint32_t first, count; /* rows */
    uint32_t strips;       /* that values within take up at once */
    tad_dtype dtype;
    int64_t size;
    int64_t line;         /* elements of a line; 0: neither operands nor tails need lines */
    uint32_t tail, tails; /* sums of its values: the first, and how many */
    bool by_lines;        /* these are sums of each line, not of all elements */
} tad__row_group;
enum { TAD__MOST_SPREAD = 8 }; /* operands of a group that are spread out */

/* Several strips and the lines of operands share the nearest cache: as measured. */
enum { TAD__STRIP_BYTES = 2048 };

/* The sum of all elements of a value that a group without lines computes, or those of its lines,
 * over a divisor. */
typedef struct tad__tail {
    const tad_op *op;
    tad__ref of, to;
    double divisor;
} tad__tail;
enum { TAD__MOST_TAILS = 4 /* of a group */ };

bool tad__has_tail(const struct tad_program *p, const tad__row_group *g, tad__ref of);
/* Elements of a strip, at most. */
static inline size_t tad__most_of_strip(const tad__row_group *g) {
    return TAD__STRIP_BYTES / tad__width(g->dtype);
}
/* So many strips have together what is added up at once: a part of a sum, or a line at least. */
static inline size_t tad__tail_strips(const tad__row_group *g) {
    const size_t most = tad__most_of_strip(g);
    return ((g->by_lines ? (size_t)g->line : TAD__SUM_PART) + most - 1) / most;
}
/* Elements of a piece, whose parts are added up on their own. */
static inline size_t tad__tail_piece(const tad__row_group *g) {
    return tad__split_size((size_t)g->size, TAD__GRAIN);
}

/* What has been rolled up: the results of all members lie side by side from `to` on. */
typedef struct tad__rolled {
    uint32_t what; /* a row, or one of: */
    uint32_t to, chunks;
    uint32_t at, count; /* terms of sums, operands of a row, words of a list and its results */
    uint32_t options;   /* of a row: their position, NO_REF: none */
} tad__rolled;
enum {
    TAD__ROLLED_BY_NUMBER = 1 << 28, /* added to a row: as the tape computes it on numbers */
    TAD__ROLLED_SUMS = 1 << 30,
    TAD__ROLLED_LIST
};

/* The words of a list, each with what follows it; a, b, c, d are places. Results lie one after the
 * other. */
enum {
    TAD__LIST_MUL,                   /* a b */
    TAD__LIST_MINUS,                 /* - a b */
    TAD__LIST_FMA,                   /* a b + c */
    TAD__LIST_FNMA,                  /* c - a b */
    TAD__LIST_ADD,                   /* a + b */
    TAD__LIST_SUB,                   /* a - b */
    TAD__LIST_DIV,                   /* a / b */
    TAD__LIST_MORE,                  /* a b + c + d */
    TAD__LIST_DOT,                   /* a b + c d */
    TAD__LIST_SHORT,                 /* so many have words with registers */
    TAD__LIST_SUM = TAD__LIST_SHORT, /* how many a b, - a b, a, - a; all of them */
    TAD__LIST_IN_ORDER, /* how many parts; each: 0 .. 3 for these kinds, how many, all */
    TAD__LIST_SCAN,     /* how many; a, b, from b to b: products of those before */
    TAD__LIST_RUNS,     /* the first run, how many */
    TAD__LIST_ROW,      /* the row, the position of its options or -1, a b c */
    TAD__LIST_LOOP,     /* how many turns, n; n words of a turn; by how much each grows, n */
    TAD__LIST_END
};
/* The word for a short one whose operands come from memory (0), are the last result (1) or the one
 * before it (2). Four places follow it, also those that it does not need. */
#define TAD__LIST_WORD(what, a, b, c) ((((what)*3 + (a)) * 3 + (b)) * 3 + (c))
#define TAD__LONG_WORD(what) TAD__LIST_WORD(what, 0, 0, 0)
enum { TAD__MOST_OF_TURN = 320 /* words with all that follows them, of a loop */ };
/* A word with all that follows it: so many numbers. Which of them are places, of one that is no
 * longer than a turn of a loop; NULL: that is not asked. */
size_t tad__list_word_size(const int32_t *w, bool *is_place);
/* How many words so many numbers are. */
uint32_t tad__list_words(const int32_t *w, size_t size);

typedef enum tad__step_kind {
    TAD__NUMBERS, /* number steps, one after the other */
    TAD__CALL,
    TAD__FUSED, /* groups */
    TAD__DECIDE,
    TAD__DRAW,
    TAD__COPY,
    TAD__ROLLED
} tad__step_kind;

/* `count` steps of one kind, from position `at` of their list. */
typedef struct tad__step {
    tad__step_kind kind;
    uint32_t at, count;
} tad__step;

/* ---- growing lists ---- */

#define TAD__LIST(T)                                                                               \
    struct {                                                                                       \
        T *item;                                                                                   \
        size_t count, capacity;                                                                    \
    }

/* A list that has room for one more item, unless there is no memory. */
void *tad__list_room(tad__memory *m, void *item, size_t count, size_t *capacity, size_t size);
/* One more item, not set; NULL: no memory. */
#define TAD__LIST_ADD(m, list)                                                                     \
    ((list).item =                                                                                 \
         tad__list_room((m), (list).item, (list).count, &(list).capacity, sizeof *(list).item),    \
     (list).count < (list).capacity ? &(list).item[(list).count++] : NULL)
#define TAD__LIST_FREE(m, list)                                                                    \
    tad__memory_resize((m), (list).item, (list).capacity * sizeof *(list).item, 0)

typedef TAD__LIST(tad__call_step) tad__calls;
typedef TAD__LIST(tad__step) tad__steps;
/* Adds steps, to the last one where they go on with it; false: no memory. */
bool tad__add_steps(tad__memory *m, tad__steps *list, tad__step added);

/* ---- the program ---- */

struct tad_program {
    tad__memory memory;
    tad__arena arena; /* dims, names, options, constants */
    tad__anchor anchor;
    const tad__basis *basis;
    const tad__kernels *kernels;
    tad__named_type *in, *out;
    size_t n_in, n_out;
    tad__steps step;
    TAD__LIST(tad__number_step) number;
    tad__calls call;
    TAD__LIST(tad__row_group) group;
    TAD__LIST(tad__fused_row) fused;
    TAD__LIST(tad__tail) tail;
    TAD__LIST(tad__decision) decision;
    TAD__LIST(tad__draw_step) draw;
    TAD__LIST(tad__copy_step) copy;
    TAD__LIST(tad__array_value) array;
    TAD__LIST(tad__constant_slot) constant;
    TAD__LIST(tad__parameter) parameter;
    bool exact; /* what is rolled up gives the tape's bits */
    TAD__LIST(tad__rolled) rolled;
    TAD__LIST(tad__terms) terms;
    TAD__LIST(tad__roll_operand) roll_lanes;
    TAD__LIST(tad__run) run;
    TAD__LIST(int32_t) place; /* of operands */
    TAD__LIST(int32_t) word;  /* of lists */
    TAD__LIST(tad__constant_slot) packed;
    TAD__LIST(tad__out_run) out_run; /* of each output */
    TAD__LIST(double) options;       /* pairs */
    TAD__LIST(uint32_t) moving;      /* positions of arrays in memory that a run is told of */
    uint32_t slots;                  /* numbers of a workspace */
    size_t array_bytes;              /* planned arrays of a workspace */
    size_t lanes;                    /* points at once; 0: point by point */
    size_t threads;                  /* of a workspace, with the caller's; 0: that one alone */
    size_t longest_group;            /* rows */
    size_t strip_bytes;              /* of the group that has most strips */
    size_t scratch_bytes;
    tad_random random; /* when the first draw was made */
    uint64_t draws;
    tad_program_info info;
    tad_steps *compiled; /* instead of the steps; NULL: none */
    tad_lane_steps *compiled_lanes;
    const unsigned char *compiled_each; /* inputs that these take for each point */
    tad_release *release;
    void *owner; /* of the compiled ones */
};

/* What compiled steps are told lies in a list: inputs, parameters, the state of random numbers;
 * from here on where outputs go. */
static inline size_t tad__first_told_output(const tad_program *p) {
    return p->n_in + p->parameter.count + 1;
}
/* At the end: p->place. */
static inline size_t tad__told_places(const tad_program *p) {
    return tad__first_told_output(p) + p->n_out;
}

/* One more item of a program's list, not set; NULL: no memory. */
#define TAD__ADD_TO(p, list) TAD__LIST_ADD(&(p)->memory, (p)->list)

/* Options that a program keeps: their position; NO_REF: no memory. */
uint32_t tad__keep_options(tad_program *p, const double *pq);
/* The options at a position; NO_REF: of a row that has none. */
static inline const double *tad__options_at(const tad_program *p, uint32_t at) {
    return at == TAD__NO_REF ? tad__no_options : p->options.item + 2 * (size_t)at;
}
static inline const double *tad__number_options(const tad_program *p, const tad__number_step *s) {
    return tad__options_at(p, s->options ? s->c : TAD__NO_REF);
}

#endif
