/* What all evaluations here share: how GradBench speaks to a tool written in C or C++, numbers from
 * and to JSON, and programs with a workspace. The evaluations and their formulas are GradBench's
 * (github.com/gradbench/gradbench); these are written anew, with tad.
 *
 * Whatever fails ends the program with a sentence and status 1: a tool's caller looks for no more.
 * Relies on tad, jansson and a monotonic POSIX clock. */
#ifndef TAD_GRADBENCH_H
#define TAD_GRADBENCH_H

#include <jansson.h>
#include <tad/tad.h>

/* One function of an evaluation. `read` takes the input as it is in the file; `prepare` (may be
 * NULL) is timed once, `compute` as often as the input asks for. */
typedef struct gb_function {
    const char *name;
    void *(*read)(const json_t *input);
    void (*prepare)(void *state);
    void (*compute)(void *state);
    json_t *(*output)(void *state);
} gb_function;

/* NAME input.json FUNCTION: the output as JSON on the first line, then a timing on each. */
int gb_main(int argc, char **argv, const gb_function *functions, size_t n);

/* ---- what can fail ---- */

void gb_fail(const char *what);
void *gb_memory(size_t bytes); /* zeroes */
void gb_tape_must(tad_status s, const tad_tape *t);
void gb_run_must(tad_status s, const tad_workspace *w);

/* ---- JSON ---- */

const json_t *gb_get(const json_t *object, const char *key);
double gb_number(const json_t *object, const char *key);
/* The numbers of a number or of nested lists, in order. */
double *gb_numbers(const json_t *object, const char *key, size_t *count);
int64_t *gb_whole_numbers(const json_t *object, const char *key, size_t *count);
json_t *gb_list(const double *x, size_t n);
json_t *gb_rows(const double *x, size_t rows, size_t columns);

/* ---- programs ---- */

/* f at inputs of these shapes, all float64, frozen; with the workspace to run it. */
tad_workspace *gb_freeze(tad_fn *f, void *user, const tad_shape *in, size_t n, unsigned give);
/* What was recorded, frozen, and compiled by cc if COMPILED is defined; frees the tape. */
tad_workspace *gb_freeze_recorded(tad_tape *t, const tad_var *in, size_t n_in, const tad_var *out,
                                  size_t n_out, const tad_freeze_options *options);
void gb_bind_in(tad_workspace *w, size_t k, tad_shape shape, const double *data);
void gb_bind_out(tad_workspace *w, size_t k, tad_shape shape, double *data);
void gb_run(tad_workspace *w);

#endif
