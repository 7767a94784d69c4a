/* A workspace: all that a run writes. Rests on program.h. */
#ifndef TAD_PROGRAM_WORKSPACE_H
#define TAD_PROGRAM_WORKSPACE_H

#include "program.h"

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
    size_t raw_size, size;
    size_t unbound; /* inputs and outputs */
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
    const void **in;
    void **out;
    tad__row_of_numbers row_in, row_out; /* of the inputs and outputs that were bound so last */
    char *arrays;
    char message[400];
};

tad_status tad__workspace_fail(tad_workspace *w, tad_status code, const char *format, ...)
    TAD_PRINTF(3, 4);

/* Computes the number steps. */
void tad__run_numbers(const tad_program *p, const tad__number_step *step, size_t n, double *number);
/* Computes what has been rolled up. */
void tad__run_groups(const tad_program *p, const tad__group *group, size_t n, double *number);

#endif
