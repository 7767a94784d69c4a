/* A run, moment by moment, and when its arrays live: for what shows a program or watches a run, on
 * its own account and not by what plan.c has found. Rests on program.h. */
#ifndef TAD_PROGRAM_MOMENTS_H
#define TAD_PROGRAM_MOMENTS_H

#include "array/words.h"

#include "program.h"

/* Number steps in a row are a moment, as is what is rolled up in a row; else each call, group, ...
 */
typedef struct tad__moments {
    const tad_program *p;
    size_t step;     /* the next moment's */
    uint32_t within; /* so many of it are done */
    uint32_t next;   /* the next moment's number */
    tad__step now;   /* the steps of this one */
} tad__moments;

/* Goes on to the next, to the first one of {.p = p}; false: there is none. */
bool tad__next_moment(tad__moments *m);

/* "affine", "group of 5", "12 number steps", ... */
void tad__moment_words(tad__cell *cell, const tad_program *p, const tad__step *moment);
/* "in[3]" or "in[3..7]" into the text. */
void tad__put_position(tad__text *t, const char *what, size_t first, size_t count);
/* "a3 float64(2,3)". */
void tad__put_array(tad__text *t, const tad_program *p, uint32_t position);

/* An array that is no view, or what a view shows. */
typedef void tad__see(void *user, uint32_t root, bool written);
/* Shows all that a moment writes and reads: a step's results before its operands. */
void tad__see_arrays(const tad_program *p, const tad__step *moment, tad__see *see, void *user);

/* From the moment that writes an array, or a view of it, to the last one that reads it, both
 * included; from > to: none writes it. Outputs live on to behind the last moment. */
typedef struct tad__life {
    uint32_t from, to;
    tad__step_kind by; /* what writes it */
} tad__life;

/* Of each array; of views: none. The number of moments. */
uint32_t tad__find_lives(const tad_program *p, tad__life *life);

#endif
