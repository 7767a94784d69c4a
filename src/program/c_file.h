/* A program as C: what is known while it is written. Rests on program.h and array/c_text.h.
 *
 * The file has a function for each step, or for some number steps; functions that call these in
 * turn; and the one that is called from outside. A run's pointers are in a struct `run`: what it
 * reads by its name, random the state of random numbers, n the numbers, arrays the planned memory.
 */
#ifndef TAD_PROGRAM_C_FILE_H
#define TAD_PROGRAM_C_FILE_H

#include "array/c_text.h"

#include "program.h"

enum { TAD__C_STATEMENTS = 200 /* at most, of a function */ };

/* Inputs, outputs, or what is read where it lies, as parameters of the function: several single
 * numbers in a row are one. */
typedef struct tad__c_parameter {
    size_t first, count;
} tad__c_parameter;
typedef struct tad__c_list {
    const char *what; /* "in", "out", "param" */
    const tad__named_type *type;
    tad__c_parameter *parameter;
    size_t n;
} tad__c_list;

typedef struct tad__c_file {
    const tad_program *p;
    const char *before, *name, *after; /* of the function: all of its name */
    tad_c_interface interface;
    bool steps;       /* NAME_steps is written, not the function */
    bool inside;      /* a function has all steps: values are its variables; lists are empty */
    const bool *each; /* inputs given for each of many points; NULL: nothing for these */
    tad_c to;
    tad__c_list in, out, referred;
    size_t own;         /* parameters of the function itself; those behind are of its derivative */
    bool *kept;         /* of each number step: the result goes to memory */
    bool *begins;       /* of each: a function begins with it, in the text being written */
    uint8_t *live;      /* of each number, while kept is found */
    bool *read;         /* of each number: noted, while the text is made the first time, where
                           the text reads it from memory */
    uint32_t *local;    /* of each number: a variable of the function being written, plus 1 */
    uint32_t *constant; /* of each number: which, plus 1 */
    uint32_t *slot;     /* twice for each number, for c_lanes.c */
    uint32_t statements, part;
    const char *lacks; /* what cannot be written; NULL: nothing */
} tad__c_file;

/* Whether a run draws random numbers. */
static inline bool tad__c_draws(const tad__c_file *f) { return f->p->draw.count > 0; }

/* Some numbers are read, from the first on. */
static inline void tad__c_note(tad__c_file *f, int64_t first, int64_t count) {
    if (f->inside) return;
    for (int64_t k = first; k < first + count; k++) f->read[k] = true;
}

/* ---- c_file.c ---- */

/* A failure with its reason, where the options want that. */
tad_status tad__c_refuse(const tad_c_options *o, tad_status code, const char *format, ...)
    TAD_PRINTF(3, 4);

/* An element of an array that is there; all that are. */
void tad__c_element(tad_c *to, const tad_array *a, int64_t i);
void tad__c_put_constant_arrays(tad__c_file *f);

/* ---- c_names.c ---- */

/* Letters, digits and _, which a name of C is made of. */
bool tad__c_is_word(const char *name);
/* The parameter's name, as `in_x` or `out0`. */
void tad__c_put_name(tad__c_file *f, const tad__c_list *list, size_t k);
/* A pointer to the first element of a value. */
void tad__c_put_value(tad__c_file *f, tad__ref r);
unsigned tad__c_dtype(const tad__c_file *f, tad__ref r);

/* ---- c_numbers.c ---- */

/* What goes to memory, with the functions that f->begins says; with those of single numbers. */
void tad__c_find_kept(tad__c_file *f);
void tad__c_begin_numbers(tad__c_file *f);
/* Operands of a number step, up to 3; how many. */
size_t tad__c_operands(const tad__c_file *f, const tad__number_step *n, uint32_t *to);
/* Functions numbers_K of number steps, and statements that call them. */
void tad__c_put_numbers(tad__c_file *f, const tad__step *s);
void tad__c_call_numbers(tad__c_file *f, const tad__step *s);

/* ---- c_group.c ---- */

/* The function group_K; a statement that calls it; what it does as a block. */
void tad__c_put_group(tad__c_file *f, uint32_t k);
void tad__c_call_group(tad__c_file *f, uint32_t k);
void tad__c_put_group_block(tad__c_file *f, uint32_t k);

/* ---- c_lanes.c ---- */

/* NAME_lanes and NAME_each, for a program of single numbers. */
void tad__c_put_lanes(tad__c_file *f);

/* ---- c_points.c ---- */

/* A statement for a step, by the row of this suffix, on numbers n[..]; those that set constants. */
void tad__c_put_number_step(tad_c *to, const tad_program *p, const tad__number_step *s,
                            const char *suffix);
void tad__c_set_constants(tad_c *to, const tad_program *p);

/* ---- c_rolled.c ---- */

/* The table of places; functions rolled_K. Compiled in place they need no table: what goes with the
 * data is not compiled. */
void tad__c_put_places(tad__c_file *f);
/* Whether there is such a table. */
bool tad__c_has_places(const tad__c_file *f);
/* The end of a head of a function that may read places. */
static inline const char *tad__c_places_head(const tad__c_file *f) {
    return f->steps ? ", const int32_t *places) {\n(void)places;" : ") {";
}
void tad__c_put_rolled(tad__c_file *f, const tad__step *s);
/* So many groups, from the first on, have one function; a statement that calls it. */
uint32_t tad__c_rolled_together(tad__c_file *f, uint32_t first, uint32_t end);
void tad__c_call_rolled(tad__c_file *f, uint32_t first, uint32_t count);

/* ---- c_list.c ---- */

/* Functions list_GROUP_0, ...; how many. */
uint32_t tad__c_put_list(tad__c_file *f, uint32_t group);

/* ---- c_steps.c ---- */

void tad__c_put_steps(tad__c_file *f);
/* What a call does, with in0, ... and out0, ... for its values; false: its op has no text. */
bool tad__c_put_text(tad_c *to, const tad_program *p, const tad__call_step *c);
/* Loops that copy from in0 to out0. */
void tad__c_put_copy_loops(tad__c_file *f, const tad__copy_step *c);
/* A statement that ends the run where decision k comes out otherwise. */
void tad__c_check_decision(tad__c_file *f, uint32_t k);

/* ---- c_casadi_fits.c ---- */

/* Whether CasADi can call the program so. */
tad_status tad__c_fits_casadi(const tad_program *p, const tad_c_options *o);
/* The shape of the one y whose Jacobian by x this is; false: it is none. */
bool tad__c_differentiated(const tad_shape *jacobian, const tad_shape *x, tad_shape *y);

/* ---- c_casadi.c ---- */

/* The functions that CasADi calls; their prototypes. */
void tad__c_put_casadi(tad__c_file *f);
void tad__c_put_casadi_heads(tad__c_file *f);

/* ---- c_interface.c ---- */

/* The head of the function, without a semicolon. */
void tad__c_put_head(tad__c_file *f);
/* The struct; the function. */
void tad__c_put_run(tad__c_file *f);
void tad__c_put_function(tad__c_file *f);
void tad__c_put_steps_alone(tad__c_file *f); /* NAME_steps */
/* Loops that bring an output that is an array to `to`, row-major. */
void tad__c_put_moved(tad__c_file *f, const tad__named_type *out);
/* Bytes of a run's memory: numbers, then arrays. */
size_t tad__c_work(const tad__c_file *f);

#endif
