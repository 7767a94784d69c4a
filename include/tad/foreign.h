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

/* tad_apply of the first n, at most three, of some operands; where making a list of them would cost
 * more than the call. */
TAD_API tad_var tad_apply_few(const tad_op *op, const void *options, size_t n, tad_var a, tad_var b,
                              tad_var c);

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
