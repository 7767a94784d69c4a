/* What a language needs that does not read these headers. It finds in the library
 * - everything declared here with TAD_API, and the macros for calls (tad_add, tad_tape_new, ...) as
 *   functions;
 * - every inline function as a symbol of its own name: tad_number, tad_none, tad_all, tad_axis,
 * ...;
 * - the ops with their options by name, in the registry: tad_op_at, tad_call.
 * What is left are callbacks that cannot return a struct, and what makes calls cheaper.
 *
 * Threads: as the tape. */
#ifndef TAD_FOREIGN_H
#define TAD_FOREIGN_H

#include <tad/diff.h>
#include <tad/op.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- calls that cost little ----
 *
 * A struct, handed over or given back, can cost such a language more than the call. So here a
 * variable is one word, an op with its options is prepared once, and whose thread it is is looked
 * at in the call. */

/* A tape, and the thread that may use it. It is the caller's own. All zero, it refuses every call:
 * that is what the caller makes it when the tape is gone. */
typedef struct tad_claim {
    tad_tape *tape;
    uintptr_t thread; /* as the system tells threads apart; 0: none */
} tad_claim;

/* For the calling thread; of NULL all zero. */
TAD_API tad_claim tad_claim_of(tad_tape *t);

/* A variable of a tape that is known; zero, or NULL, is none. It is never an address, but is
 * written as one where addresses have 64 bits: those change hands at less cost than integers of
 * that size. */
#if defined(__SIZEOF_POINTER__) && __SIZEOF_POINTER__ < 8
typedef uint64_t tad_ref;
#else
typedef const struct tad_referred *tad_ref;
#endif

/* None for nil, and for what is not of the claim's tape. */
TAD_API tad_ref tad_ref_of(const tad_claim *claim, tad_var x);
/* Nil for none, and for a thread without claim. */
TAD_API tad_var tad_var_of(const tad_claim *claim, tad_ref x);

typedef tad_var tad_unary(tad_var x);
typedef tad_var tad_binary(tad_var a, tad_var b);

/* A call of an op, but for its operands. The options stay the caller's, as they are while it is in
 * use. */
typedef struct tad_prepared {
    const tad_op *op;
    const void *options; /* as tad_apply takes them */
    tad_unary *unary;    /* the op's own function for one operand, tad_sin: it is called instead */
    tad_binary *binary;  /* for two, tad_add; NULL: there is none */
} tad_prepared;

/* tad_apply of so many operands, or the op's own function. None where that fails, which the tape
 * tells, and from a thread without claim, which it does not. */
TAD_API tad_ref tad_apply_one(const tad_claim *claim, const tad_prepared *call, tad_ref x);
TAD_API tad_ref tad_apply_two(const tad_claim *claim, const tad_prepared *call, tad_ref a,
                              tad_ref b);
TAD_API tad_ref tad_apply_three(const tad_claim *claim, const tad_prepared *call, tad_ref a,
                                tad_ref b, tad_ref c);
TAD_API tad_ref tad_apply_list(const tad_claim *claim, const tad_prepared *call, const tad_ref *x,
                               size_t n);
/* Of two, of which one is a number. */
TAD_API tad_ref tad_apply_with_number(const tad_claim *claim, const tad_prepared *call, tad_ref a,
                                      double b);
TAD_API tad_ref tad_apply_to_number(const tad_claim *claim, const tad_prepared *call, double a,
                                    tad_ref b);

/* Python's x[index] and x[start:stop], views along the first axis: tad_at, tad_slice with step 1.
 * A start is never left out, TAD_END is behind the end; as a stop it is as far as there is. None as
 * above. */
TAD_API tad_ref tad_ref_at(const tad_claim *claim, tad_ref x, int64_t index);
TAD_API tad_ref tad_ref_range(const tad_claim *claim, tad_ref x, int64_t start, int64_t stop);
/* The same along each of the first n axes: n pairs of a start and a stop. With a stop of TAD_ONLY
 * it is the element at the start, and the axis is gone. A view for each axis that is not taken
 * whole, and for the last. */
#define TAD_ONLY INT64_MIN
TAD_API tad_ref tad_ref_index(const tad_claim *claim, tad_ref x, const int64_t *ends, size_t n);

/* ---- callbacks ---- */

/* A tad_fn that writes its result instead of returning it; what it leaves alone is nil. */
typedef void tad_writing_fn(tad_tape *t, const tad_var *in, size_t n, void *user, tad_var *out);

typedef struct tad_written {
    tad_writing_fn *fn;
    void *user;
} tad_written;

/* A tad_fn whose user is a tad_written: tad_jacobian(tad_write, &written, ...). */
TAD_API tad_var tad_write(tad_tape *t, const tad_var *in, size_t n, void *user);

/* A tad_fn of what was recorded before, for drivers that call it once: its user is the result, a
 * tad_var *, computed from the very inputs that the driver is given. */
TAD_API tad_var tad_recorded(tad_tape *t, const tad_var *in, size_t n, void *user);

#ifdef __cplusplus
}
#endif
#endif
