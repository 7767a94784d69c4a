/* A function at many points, as one op: recorded at one point, it runs as a program at all of them.
 *
 *     static tad_var loss(tad_tape *t, const tad_var *in, size_t n, void *user);   of one example
 *
 *     tad_mapping *m = tad_mapping_new(loss, NULL, NULL);                          once
 *     tad_var losses = tad_map(m, (tad_var[]){x, labels}, 2, (tad_var[]){w, b}, 2);
 *     tad_reverse(tad_mean(losses, tad_all()));
 *
 * x and labels have a first axis of points, of which the function sees one at a time; w and b are
 * the same at all points. The derivatives of such an op, of any order, are ops of this kind again:
 * the function's derivatives at the same points, those by w and b summed over the points.
 *
 * A function that calls tad_grad itself gives the gradient at each point: per-example gradients are
 * one call. */
#ifndef TAD_MAP_H
#define TAD_MAP_H

#include <tad/program.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A function, and the programs made of it so far. */
typedef struct tad_mapping tad_mapping;

/* f may use what it is given and numbers; a variable of another tape than the one that it is given
 * is refused when f runs. allocator NULL: the C library's. NULL: no f, or no memory. */
TAD_API tad_mapping *tad_mapping_new(tad_fn *f, void *user, const tad_allocator *allocator);
/* After all tapes and programs in which it was used. Accepts NULL. */
TAD_API void tad_mapping_free(tad_mapping *m);

/* Has `made` called with each program that the mapping makes from now on, of f and of its
 * derivatives, before that runs, and with whether each of its inputs is given for each point: to
 * have it compiled, say. It must stay as it is otherwise. A status that is not OK is that of the
 * tad_map or sweep that needed the program. NULL: nothing is called. compile.h does all of this. */
typedef tad_status tad_program_made(tad_program *p, const bool *each, void *user);
TAD_API void tad_mapping_set_made(tad_mapping *m, tad_program_made *made, void *user);

/* y[i] = f(each[0][i], each[1][i], ..., shared[0], shared[1], ...) for every i: `each` have a first
 * axis of the same size, y has it too, followed by the shape of f's result. An operand of `shared`
 * may be a plain number.
 *
 * The first call with operands of these types and shapes (the number of points aside) records f, on
 * a tape of its own, at the values of point 0; calls after that do not: f must do the same whenever
 * it is called. A derivative that is asked for the first time makes a program too. Recording with
 * one mapping is for one thread at a time; afterwards programs in which it is used may run in any
 * number of threads.
 *
 * Sums over points have an order of their own, which depends on f and the number of points alone:
 * the same bits for any number of threads. Functions of single numbers (each of shape (points), and
 * 0-d float64 shared operands) run for many points together, see tad_bind_each_in.
 *
 * Errors: those of f and of freezing it (WITNESS where it reads a value, see tad_freeze);
 * UNSUPPORTED where f draws random numbers: draw them before, as an operand with an axis of points;
 * BAD_ARGUMENT without `each`; BAD_SHAPE where first axes differ; BRANCH where a decision of f
 * comes out otherwise than at the point where it was recorded; TOO_LARGE for more than 64 operands,
 * cotangents and tangents included.
 *
 * Cost: a run of the program for each point. */
TAD_API tad_var tad_map(tad_mapping *m, const tad_var *each, size_t n_each, const tad_var *shared,
                        size_t n_shared);

#ifdef __cplusplus
}
#endif
#endif
