/* A workspace: all that a run writes. Rests on program.h. */
#ifndef TAD_PROGRAM_WORKSPACE_H
#define TAD_PROGRAM_WORKSPACE_H

#include <stdio.h>

#include "program.h"

/* A row of the group that is running. */
typedef struct tad__ready_row {
    tad__row_forward *f;
    const double *options;
    const char *in[3];
    char *out;
    uint8_t in_moves[3], out_moves; /* how they move from strip to strip; see group.c */
} tad__ready_row;

/* Of what is bound for many points: how many, and how far it is from one to the next, in bytes. */
typedef struct tad__each {
    bool given; /* false: one for all */
    int64_t points;
    size_t step;
    double *sum; /* of an output that is added up over the points; NULL: it is not */
} tad__each;

/* Inputs or outputs that are numbers in a row: all from the first on. */
typedef struct tad__row_of_numbers {
    size_t first, n;
    const double *data;
} tad__row_of_numbers;

struct tad_workspace {
    tad__driver driver; /* first: the hooks are given it */
    const tad_program *p;
    const tad__call_step *running; /* whose hook a failure comes from */
    void *raw;                     /* what the allocator gave; NULL: the caller's memory */
    size_t raw_size;
    size_t unbound; /* inputs and outputs */
    bool rebound;   /* since the outputs were placed */
    tad_random random;
    tad__memory nothing; /* gives none */
    tad__chunk chunk;
    tad__arena scratch;
    size_t scratch_used; /* at most so far */
    tad__compute compute;
    double *number;
    tad_array *array;   /* one for each of the program's */
    tad_array *operand; /* numbers as calls see them */
    tad_call_frame *frame;
    const tad_array **operands; /* of all calls */
    tad_array **results;
    const void **in; /* of many points: of the one that runs; then what tad_steps says */
    void **out;
    tad__row_of_numbers row_in, row_out; /* of the inputs and outputs that were bound so last */
    tad__each *each_in, *each_out;
    double *sum_room;             /* of each output that is a number, for sums over points */
    size_t each;                  /* so many of these are given */
    size_t first_point;           /* the number of the first, in messages */
    double *lane;                 /* values of some points, a row after the other; see lanes.h */
    uint32_t *row_of;             /* of each value, its row */
    tad__number_step *point_step; /* steps on rows that points do not share */
    tad__step *lane_step;         /* these and calls and decisions, in order */
    tad_array *lane_array;        /* operands and results of calls: rows, all of this size: */
    int64_t lane_dim[2];          /* and stride */
    const tad_array **lane_in;
    tad_array **lane_out;
    char *arrays, *strips;  /* strips: those of a room, then of the next one; see group.c */
    tad__ready_row *ready;  /* of the longest group, for each room */
    struct tad__life *life; /* of each array, where builds are fenced */
    char message[400];
};

tad_status tad__workspace_fail(tad_workspace *w, tad_status code, const char *format, ...)
    TAD_PRINTF(3, 4);

/* One run, of what is bound. */
tad_status tad__run_once(tad_workspace *w);
/* One call, on the operands and results of this frame. */
tad_status tad__run_call(tad_workspace *w, size_t call, const tad_call_frame *frame);
/* Says which decision came out otherwise than recorded. */
tad_status tad__decided_otherwise(tad_workspace *w, uint32_t decision);

/* Of a new program: whether values of many points are computed together, and of how many. */
void tad__find_lanes(tad_program *p);
size_t tad__lane_rows(const tad_program *p);
/* What is bound for each; -1: nothing is. */
tad_status tad__count_points(tad_workspace *w, int64_t *points);
tad_status tad__run_points(tad_workspace *w, size_t points);
/* *done: so many have their results. */
tad_status tad__run_lanes(tad_workspace *w, size_t points, size_t *done);
/* How many of its steps are looked at whether all points share them: all, each result that is a
 * number counted, or none. */
size_t tad__steps_to_share(const tad_program *p);

/* Of a new program: which outputs can be computed in place. */
void tad__find_direct(tad_program *p);
/* Gives outputs their places, by what is bound. */
void tad__place_outputs(tad_workspace *w);

/* Rooms for pieces of a group: each has strips of its own. */
size_t tad__strip_rooms(const tad_program *p);
/* Computes a group of rows. */
void tad__run_group(tad_workspace *w, const tad__row_group *g);
/* Computes the number steps. */
void tad__run_numbers(const tad_program *p, const tad__number_step *step, size_t n, double *number);
/* Computes what has been rolled up. */
void tad__run_rolled(const tad_program *p, const tad__rolled *group, size_t n, double *number);

#endif
