/* Programs as C, for check_c.py: what is recorded, and how it is tried. Rests on the library. */
#ifndef TAD_TESTS_C_PROGRAMS_H
#define TAD_TESTS_C_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>

#include <tad/tad.h>

enum { MOST = 4000 };

typedef struct graph {
    tad_var in[MOST], param[MOST], out[MOST]; /* param: read where they lie */
    size_t n_in, n_param, n_out;
    bool named, param_named; /* each has a parameter of its own */
    bool draws;
    tad_random random; /* before the first draw */
} graph;

extern tad_tape *t;

/* Records what is to be tried, at one point (0) or another (1). */
typedef void recorder(const void *what, int point, graph *g);

/* Writes the program and its data. Frozen at one point, it is run at the other. */
void try_program(const char *name, recorder *record, const void *what,
                 const tad_freeze_options *options);
void must(tad_status s, const char *what);

/* ---- c_program_cases.c ---- */

void try_rows(void);
void try_numbers(void);
void try_others(void);

#endif
