/* Programs: what was recorded between some inputs and some outputs, as a thing of its own, that
 * runs on other inputs without a tape.
 *
 *     tad_program *p;
 *     tad_freeze(in, n_in, out, n_out, NULL, &p);           once
 *     tad_workspace *w = tad_workspace_new(p);              one a thread
 *     tad_bind_in(w, 0, TAD_F32, TAD_SHAPE(100, 784), batch);
 *     tad_bind_out(w, 0, TAD_F64, TAD_0D, &loss);
 *     tad_run(w);                                           as often as you like
 *
 * Derivatives are variables like others: freeze what tad_grad or tad_tangent gave, or let
 * tad_freeze_function do it. A run gives the bits that the tape would give (but see roll_up).
 *
 * A program never changes: threads may share it, each with a workspace of its own. Only one that
 * reads parameters of its tape where they lie (see below) must not run while that tape is used.
 * Ops of your own must outlive it. */
#ifndef TAD_PROGRAM_H
#define TAD_PROGRAM_H

#include <tad/diff.h>
#include <tad/op.h>
#include <tad/sink.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tad_program tad_program;
typedef struct tad_workspace tad_workspace;

/* ---- freezing ---- */

/* All zero is the default. */
typedef struct tad_freeze_options {
    tad_allocator allocator; /* of the program and its workspaces; NULL resize: the C library's */
    bool copy_parameters;    /* as constants: the program then needs the tape no more */
    bool allow_constant_outputs; /* that depend on no input, as the gradient by an unused one */
    bool roll_up;                /* run single numbers as vectors, see below */
    int threads; /* a run may use so many, at most 256; 0 and 1: none but the caller's; see below */
} tad_freeze_options;

/* Makes a program of what was recorded between the inputs and the outputs; the tape stays as it is.
 *
 * What the outputs need is an input, or computed anew from inputs, or
 * - a parameter that is not among the inputs: read where it lies, with the value that it has when
 *   the program runs. Such a program is of use while the parameter lives (BAD_HANDLE afterwards);
 * - random numbers drawn after the first input was made: drawn anew, see tad_set_random;
 * - a constant, or computed from constants alone: copied.
 * Inputs may be any variables, labels and masks too, also interior ones: what they were computed
 * from is not looked at.
 *
 * What C code did with a value while recording went on is in no node, and nothing that could be
 * silently wrong is frozen. WITNESS: something that depends on an input was read (tad_item,
 * tad_read, tad_data, gradients) before the last output was recorded, other than by tad_decide; or
 * something that depends on a parameter that is read where it lies, between the first input and
 * the last output; or an output depends on what was computed while recording was paused, or by a
 * numeric sweep.
 *
 * Further errors, told by the tape's message as always: BAD_ARGUMENT without outputs, for an input
 * that is listed twice, for an output that depends on no input; BAD_HANDLE for nil, rewound or
 * foreign variables; STALE_VALUE where a parameter was changed since something was computed from
 * it; BAD_ARGUMENT for a number of threads below 0 or above 256; NO_MEMORY. *program is NULL then.
 *
 * Where scalar code made thousands of nodes of few patterns, those that are alike run as vectors,
 * with the tape's bits all the same. With roll_up sums have an order of their own too, and
 * functions are those of arrays, which is faster still; results then agree with the tape to
 * rounding. They are the same bits in every run, at every level and for any number of threads. A
 * number that is NaN or infinite on the tape is so here, but where a sum overflows in one order and
 * not in the other; what lies on a kink on the tape, as two equal operands of tad_minimum do, may
 * lie beside it here, with the derivative of that side. UNSUPPORTED where the tape's numbers
 * themselves come out otherwise: by more than half of all digits, and by more than so many sums can
 * differ. For runs at one point it pays from 16 operations on; below that nothing is changed. Many
 * points run together without it alone (see tad_bind_each_in).
 *
 * With `threads` each workspace starts so many less one, which wait for its runs and end with it;
 * where the system refuses some, there are none. They share the work of steps on large arrays, with
 * the same bits for any number, as kernels on a tape do (tad_settings.threads): not that of number
 * steps, nor of steps that were compiled, nor points; tad_map has threads for points.
 *
 * Cost: some passes over the nodes up to the last output, and one run, with `threads` one more. */
TAD_API TAD_MUST_USE tad_status tad_freeze(const tad_var *in, size_t n_in, const tad_var *out,
                                           size_t n_out, const tad_freeze_options *options,
                                           tad_program **program);

/* What a program of a function computes; any of these together. */
typedef enum tad_give {
    TAD_GIVE_VALUE = 1,    /* y = f(x) */
    TAD_GIVE_GRADIENT = 2, /* of a one-element y by each float x */
    TAD_GIVE_VJP = 4,      /* takes a cotangent like y: the gradient of <cotangent, y> by each */
    TAD_GIVE_JVP = 8,      /* takes a tangent like each float x: the tangent of y */
    TAD_GIVE_HVP = 16,     /* takes a vector like each float x: the Hessian of a one-element y times
                            * it, a product by each */
    TAD_GIVE_JACOBIAN = 32 /* of y by each float x, of y's shape followed by x's; a sweep for each
                            * row or column, see tad_jacobian_recorded */
} tad_give;

/* Records f on copies of x, and what `give` asks for, a sum of tad_give; freezes it; takes it all
 * from the tape again. The program's inputs are x, then what the derivatives take, in the order of
 * tad_give; its outputs what they give, in that order, whether they depend on an input or not. A
 * value alone may be of any type.
 * Parameters that f uses are read where they lie.
 *
 * Errors: those of tad_freeze; of the drivers of diff.h; BAD_ARGUMENT for no or another `give`. */
TAD_API TAD_MUST_USE tad_status tad_freeze_function(tad_fn *f, void *user, const tad_var *x,
                                                    size_t n, unsigned give,
                                                    const tad_freeze_options *options,
                                                    tad_program **program);

TAD_API void tad_program_free(tad_program *p); /* after its workspaces; accepts NULL */

/* ---- what a program takes and gives ---- */

TAD_API size_t tad_program_n_in(const tad_program *p);
TAD_API size_t tad_program_n_out(const tad_program *p);
/* Of input or output k; beyond the end of rank -1. */
TAD_API tad_type tad_program_in_type(const tad_program *p, size_t k);
TAD_API tad_type tad_program_out_type(const tad_program *p, size_t k);
/* As given by tad_name before freezing; "" if none. */
TAD_API const char *tad_program_in_name(const tad_program *p, size_t k);
TAD_API const char *tad_program_out_name(const tad_program *p, size_t k);

typedef struct tad_program_info {
    size_t recorded;   /* nodes that the outputs need, as recorded, without leaves */
    size_t folded;     /* of these: computed from constants alone */
    size_t shared;     /* of these: computed twice, or a number times 1 */
    size_t numbers;    /* steps on single float64 numbers */
    size_t rolled_up;  /* sums and functions, of which these are made then, that run as vectors */
    size_t calls;      /* other ops */
    size_t groups;     /* of elementwise ops that run together: */
    size_t fused;      /* so many of the calls */
    size_t decisions;  /* by tad_decide, each checked in every run */
    size_t parameters; /* read where they lie */
    size_t constant_bytes, array_bytes; /* of a workspace: arrays, some of which share memory */
    size_t array_bytes_apart;           /* the same if none did */
    size_t draws;                       /* random numbers of a run */
} tad_program_info;
TAD_API tad_program_info tad_program_info_of(const tad_program *p);

/* A line for each step, in the order of a run: what it computes of what. Numbers are n0, n1, ...,
 * their places in a workspace; arrays a0, a1, ... with where they lie: in[k] and param[k], a
 * constant, bytes from .. to of the workspace's arrays, or a strip of a group. Of number steps in a
 * row only the first few are shown, of what is rolled up where the results lie. */
TAD_API TAD_MUST_USE tad_status tad_program_dump(const tad_program *p, tad_sink *sink, void *user);

/* The program as a picture for Graphviz: values flow from inputs, parameters and constants through
 * the steps to the outputs; edges are arrays, as tad_program_dump has them, or single numbers
 * without words. A group is a box with its ops; number steps in a row, and what is rolled up in a
 * row, which is said to read all numbers (dashed; from 64 steps at most), are one node.
 *
 * IO: the sink wanted no more; NO_MEMORY; BAD_ARGUMENT for NULL. Takes some bytes for each number
 * and array until it returns. */
TAD_API TAD_MUST_USE tad_status tad_program_dot(const tad_program *p, tad_sink *sink, void *user);

/* The memory plan as a picture, an SVG file: which bytes of a workspace's arrays each array takes
 * up (upwards), from the step that writes it to the last one that reads it (to the right; groups
 * and what is drawn as one node above are one step). Errors and memory as above. */
TAD_API TAD_MUST_USE tad_status tad_program_plan_svg(const tad_program *p, tad_sink *sink,
                                                     void *user);

/* ---- as C ---- */

/* How the function can be called. */
typedef enum tad_c_interface {
    TAD_C_PLAIN,           /* as a function of C */
    TAD_C_CASADI,          /* also by CasADi, see below */
    TAD_C_CASADI_JACOBIAN, /* also by CasADi, as the Jacobian of another function, */
    TAD_C_CASADI_FORWARD,  /* its derivative along a tangent, */
    TAD_C_CASADI_ADJOINT   /* the gradient of what a cotangent weighs */
} tad_c_interface;

/* All zero is the default. */
typedef struct tad_c_options {
    const char *name; /* of the function, a C identifier; NULL: "program" */
    tad_c_interface interface;
    bool steps;       /* NAME_steps, a tad_steps, instead of the function */
    const bool *each; /* with .steps: of each input, whether it is given for each of many points:
                       * NAME_lanes, a tad_lane_steps, and NAME_each, this list, are written too,
                       * if points can run together (see tad_bind_each_in); NULL: neither */
    char *message;    /* where the reason of a failure goes; NULL: nowhere */
    size_t message_size;
} tad_c_options;

/* Writes the program as one file of C99 that needs nothing but the C library's <math.h>: a function
 *
 *     int NAME(const float *in_x, const double *in1, ..., double *out0, ..., void *work);
 *
 * that does what a run does. Parameters are called after inputs and outputs with names, else by
 * position; single float64 numbers in a row without names are one parameter. It takes no memory but
 * work, has no state and may be called by threads with a work each. The header says what it takes
 * and returns, and defines NAME_WORK, the bytes of work.
 *
 * What a run reads where it lies is given too: `const float *param_w`, ... behind the inputs, in
 * the order of recording. Where a run draws random numbers, `uint64_t random[2]` stands before
 * work: a tad_random, seed and drawn, which a call that succeeds moves on as a run does.
 *
 * The bits are those of a run at level base (tad_settings.level), where the compiler fuses no
 * products and the C library's functions are the same.
 *
 * TAD_C_CASADI adds CasADi's external interface, by which casadi.external and what builds on it
 * call the function. That function is NAME_plain then, and
 *
 *     int NAME(const double **arg, double **res, long long int *iw, double *w, int mem);
 *
 * brings it each argument and takes its results, with NAME_work, NAME_n_in, NAME_sparsity_in and
 * the others beside it. There is an argument or result for each parameter; matrices are dense and
 * mean the same, though CasADi stores them by columns; a vector is a column. arg[k] NULL: zeros;
 * res[k] NULL: not wanted. Names are those given by tad_name where CasADi allows them, else i0, ...
 * and o0, ...
 *
 * TAD_C_CASADI_JACOBIAN writes jac_NAME and jac_NAME_plain: p is what tad_freeze_function makes
 * with TAD_GIVE_JACOBIAN of the function that NAME computes. With both files in one library CasADi
 * differentiates NAME. TAD_C_CASADI_FORWARD writes fwd1_NAME of a program with TAD_GIVE_JVP, and
 * TAD_C_CASADI_ADJOINT adj1_NAME of one with TAD_GIVE_VJP: with these CasADi needs no Jacobian for
 * a derivative in one direction, and with adj1_NAME none for a gradient. They take the result of
 * NAME between arguments and seeds, and look at no element of it.
 *
 * UNSUPPORTED, with the reason: an op without C text (tad_op.c_text); a map (map.h) of a function
 * of arrays that needs more than 64 KiB for its values, which are on the stack, or has thousands of
 * single numbers; for CasADi: what is not float64, or has more than two
 * axes, random draws, and what is read where it lies (see copy_parameters). BAD_ARGUMENT for a name
 * that C does not allow, an interface of steps, or inputs and outputs that are not those of the
 * derivative; NO_MEMORY; IO: the sink wanted no more.
 */
TAD_API TAD_MUST_USE tad_status tad_program_c(const tad_program *p, const tad_c_options *options,
                                              tad_sink *sink, void *user);
TAD_API TAD_MUST_USE tad_status tad_program_c_header(const tad_program *p,
                                                     const tad_c_options *options, tad_sink *sink,
                                                     void *user);

/* What a run does between reading its inputs and writing its outputs, as written with .steps. in:
 * the inputs; what is read where it lies, but NULL for numbers, which are read before; the state of
 * random numbers, a tad_random; places of outputs that are arrays and written there; a table of the
 * program's, where numbers lie that are computed together. `list` runs
 * what is too long and too irregular to be compiled. */
typedef void tad_steps_list(const void *program, unsigned first, unsigned count, double *numbers);
typedef int tad_steps(const void *const *in, double *numbers, void *arrays, tad_steps_list *list,
                      const void *program);
/* Has all runs of the program, of whatever workspace, use these steps; NULL: its own again. They
 * must be of this program. `release`, unless NULL, is called with `owner` when they are used no
 * more. Not while anything runs. compile.h does all of this. */
TAD_API void tad_program_set_steps(tad_program *p, tad_steps *steps, tad_release *release,
                                   void *owner);
/* The same for points that run together, as written with .each: the numbers of some points, in rows
 * that the library fills and reads; once: what all points share. Used by runs in which these inputs
 * are bound for each point and no others. Steps that are set afterwards end it. */
typedef void tad_lane_steps(double *numbers, int once);
TAD_API void tad_program_set_lanes(tad_program *p, tad_lane_steps *steps,
                                   const unsigned char *each);

/* ---- workspaces ---- */

/* Bytes of a workspace. It is all the memory that a run needs. */
TAD_API size_t tad_workspace_size(const tad_program *p);
/* With the program's allocator. NULL: no memory. */
TAD_API tad_workspace *tad_workspace_new(const tad_program *p);
/* In memory of the caller's, aligned to 64 bytes and of that size at least, which it takes up until
 * tad_workspace_free. NULL: no memory, misaligned, or too small. */
TAD_API tad_workspace *tad_workspace_in(const tad_program *p, void *memory, size_t size);
TAD_API void tad_workspace_free(tad_workspace *w); /* accepts NULL */

/* Where input or output k lies: dtype elements in row-major order, read or written by every run
 * from now on. Type and shape must be those of the program (BAD_DTYPE, BAD_SHAPE, BAD_ARGUMENT for
 * k or NULL). The memory of an output may be that of an input; outputs must not overlap. */
TAD_API TAD_MUST_USE tad_status tad_bind_in(tad_workspace *w, size_t k, tad_dtype dtype,
                                            tad_shape shape, const void *data);
TAD_API TAD_MUST_USE tad_status tad_bind_out(tad_workspace *w, size_t k, tad_dtype dtype,
                                             tad_shape shape, void *data);
/* The same of n single float64 numbers in a row, from the first on. */
TAD_API TAD_MUST_USE tad_status tad_bind_numbers_in(tad_workspace *w, size_t first, size_t n,
                                                    const double *data);
TAD_API TAD_MUST_USE tad_status tad_bind_numbers_out(tad_workspace *w, size_t first, size_t n,
                                                     double *data);

/* ---- many points at once ---- */

/* As above for the program at many points: the first axis of the shape says how many, the others
 * are those of the program. Once anything is bound so, tad_run runs the program at each point:
 * every output must be bound so then, for the same number of points; inputs bound by the functions
 * above are the same for all. An output may lie where an input does that is bound for each point,
 * with as many bytes from one point to the next; over other inputs, points would read what those
 * before them wrote.
 *
 * A program of single numbers alone, up to 512 values at a time and not made vectors itself (see
 * roll_up), computes some points together, by the arrays' kernels: arithmetic, comparisons, choices
 * (tad_where, tad_cast), tad_sum_list and tad_dot_list have the bits of a run at one point,
 * elementary functions may differ in the last place, and decisions look at these values; a point
 * has the same bits whatever others are with it. Any other program runs point after point. One that
 * fails at a point, which its message names, has written the outputs of those before and no others.
 */
TAD_API TAD_MUST_USE tad_status tad_bind_each_in(tad_workspace *w, size_t k, tad_dtype dtype,
                                                 tad_shape shape, const void *data);
TAD_API TAD_MUST_USE tad_status tad_bind_each_out(tad_workspace *w, size_t k, tad_dtype dtype,
                                                  tad_shape shape, void *data);
/* n single numbers, from the first on: data has a row of n for each point. */
TAD_API TAD_MUST_USE tad_status tad_bind_each_numbers_in(tad_workspace *w, size_t first, size_t n,
                                                         size_t points, const double *data);
TAD_API TAD_MUST_USE tad_status tad_bind_each_numbers_out(tad_workspace *w, size_t first, size_t n,
                                                          size_t points, double *data);
/* Output k is added up over the points: every run sets sum, a float64 for each element, whatever
 * the output's type. room: memory for the output at one point; NULL where it is a single number. At
 * least one input, or another output, must be bound for each point. Points that run together are
 * added lane by lane, point i to lane i modulo their number, then lane after lane; others in their
 * order. */
TAD_API TAD_MUST_USE tad_status tad_bind_sum_out(tad_workspace *w, size_t k, double *sum,
                                                 void *room);

/* ---- random numbers ---- */

/* Where the next run begins to draw. Each run leaves it where the next one goes on. At first: as
 * when the program was recorded. */
TAD_API void tad_set_random(tad_workspace *w, tad_random state);
TAD_API tad_random tad_random_of(const tad_workspace *w);

/* ---- running ---- */

/* Computes the outputs from the inputs, once or at each point. Takes no memory; on failure the
 * outputs are as before (of many points: from the one that failed on).
 *
 * BRANCH: a decision came out otherwise than when the program was recorded, so another program
 * would be needed here. BAD_ARGUMENT: an input or output is not bound. BAD_HANDLE: a parameter that
 * is read where it lies is no more. And what ops refuse, as an index out of range. */
TAD_API TAD_MUST_USE tad_status tad_run(tad_workspace *w);

/* The last failure of this workspace's binds and runs; "" if none. */
TAD_API const char *tad_workspace_message(const tad_workspace *w);

#ifdef __cplusplus
}
#endif
#endif
