/* Differentiation: sweeps over what was recorded, and drivers over functions.
 *
 * Threads: as the tape. */
#ifndef TAD_DIFF_H
#define TAD_DIFF_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- sweeps ---- */

/* Reverse mode: gradients of the one-element y with respect to everything recorded before it; read
 * them with tad_gradient, tad_gradient_item. A second sweep starts afresh, except that parameters
 * add up (until tad_zero_gradients). Gradients of interior arrays are released as soon as they have
 * been passed on, unless retained; those of 0-d float64 variables are always kept.
 *
 * Cost: a small multiple of what recording took, whatever the number of inputs; memory for the
 * gradients that are kept and those under way. BAD_SHAPE for a y of several elements.
 *
 * Every sweep refuses (STALE_VALUE) where a parameter that an op on the way reads was changed after
 * the op was recorded, and (NO_RULE) where a gradient would pass to an operand that the op has no
 * derivative for (docs/ops.md says which; tad_detach makes it a constant). */
TAD_API TAD_MUST_USE tad_status tad_reverse(tad_var y);

/* The same for several y with a cotangent each (of y's shape; tad_none(): ones for a one-element
 * y). */
TAD_API TAD_MUST_USE tad_status tad_reverse_from(const tad_var *y, const tad_var *cotangent,
                                                 size_t n);

/* Told by a sweep that nothing more will be added to the gradient of params[k], which
 * tad_gradient_data now gives. It records nothing and rewinds nothing: BAD_ARGUMENT. Another status
 * than OK ends the sweep. */
typedef tad_status tad_final_fn(void *user, size_t k);

/* tad_reverse_from, which calls `final` once for each of the parameters, those first that are
 * finished first, so that what is done with a gradient (sent to another machine, say) begins while
 * the sweep is still under way. Parameters come last that what was recorded does not read, and
 * single float64 numbers. None may be there twice. Cost: a look at every node, before the sweep. */
TAD_API TAD_MUST_USE tad_status tad_reverse_watched(const tad_var *y, const tad_var *cotangent,
                                                    size_t n, const tad_var *params,
                                                    size_t n_params, tad_final_fn *final,
                                                    void *user);

/* Keeps the gradient of an interior variable in the next sweeps. Returns x. */
TAD_API tad_var tad_retain(tad_var x);

/* Reverse mode as recorded variables: out[i] = sum_k <cotangent[k], d y[k] / d x[i]>, zeros where y
 * does not depend on x. They can be differentiated again. cotangent NULL: ones for one-element y.
 * Cost: a few nodes for each one between x and y, which stay on the tape, here and in tad_tangent.
 * An x that is a constant is NO_GRADIENT, here and in tad_tangent. */
TAD_API TAD_MUST_USE tad_status tad_grad(const tad_var *y, const tad_var *cotangent, size_t ny,
                                         const tad_var *x, size_t nx, tad_var *out);

/* Forward mode as recorded variables: out[k] = sum_i (d y[k] / d x[i]) tangent[i]. A tangent that
 * is tad_none() or nil is zero, here and in tad_jvp and tad_hvp. */
TAD_API TAD_MUST_USE tad_status tad_tangent(const tad_var *y, size_t ny, const tad_var *x,
                                            const tad_var *tangent, size_t nx, tad_var *out);

/* The same tangents as constants: numbers beside the nodes, nothing recorded but the results. Cost:
 * about one forward pass over what lies between x and y, and tangents of all of it as memory. */
TAD_API TAD_MUST_USE tad_status tad_forward(const tad_var *y, size_t ny, const tad_var *x,
                                            const tad_var *tangent, size_t nx, tad_var *out);

/* Forward over reverse, as constants: the gradient of the one-element y, and the Hessian times v,
 * which is how the gradient moves along v. gradient may be NULL, v as tangents in tad_tangent.
 * Cost: about two gradients on numbers, four to five on arrays; memory for tangents, adjoints and
 * their tangents of all between x and y. */
TAD_API TAD_MUST_USE tad_status tad_forward_over_reverse(tad_var y, const tad_var *x,
                                                         const tad_var *v, size_t n,
                                                         tad_var *gradient, tad_var *product);

/* ---- drivers over a function ---- */

/* A function to be differentiated, checked, or run again: computes one variable from n inputs. It
 * may ignore them or return a tad_number: then derivatives are zero. */
typedef tad_var tad_fn(tad_tape *t, const tad_var *in, size_t n, void *user);

/* Each driver runs f once, and what f recorded stays on the tape (a mark before takes it away
 * again). Gradients of an earlier sweep and the sums of parameters are not touched. y is the place
 * for f(x), NULL: not wanted.
 *
 * While recording is paused the drivers record all the same, as f has no derivative otherwise;
 * their results are constants then. x and out may be the same, v and out too.
 *
 * Errors, all before f runs but those about its result: BAD_ARGUMENT without f, x, vectors or a
 * place for the result, or for n = 0; BAD_HANDLE for inputs or a result that are no variables of
 * one tape; NO_GRADIENT, BAD_DTYPE where an input to differentiate by is a constant or no float;
 * BAD_SHAPE for a result, cotangent or tangent of a wrong shape. Every result is nil then. */

/* ---- results that have derivatives ---- */

/* Gradients of <cotangent, y>; cotangent tad_none(): ones for a one-element y. */
TAD_API TAD_MUST_USE tad_status tad_vjp(tad_fn *f, void *user, const tad_var *x, size_t n,
                                        tad_var cotangent, tad_var *y, tad_var *gradients);
/* y's tangent for the inputs' tangents. */
TAD_API TAD_MUST_USE tad_status tad_jvp(tad_fn *f, void *user, const tad_var *x,
                                        const tad_var *tangents, size_t n, tad_var *y,
                                        tad_var *tangent);

/* ---- results that are constants: numeric sweeps over one recording ---- */

/* Where nothing but numbers lies between inputs that are numbers and y, eight of the m share a
 * sweep, which then takes about twice the time and eight times the memory; results are the same. */

/* For m cotangents: gradients[k n + i] of <cotangents[k], y> by input i. Cost: m reverse sweeps
 * over what lies between x and y. */
TAD_API TAD_MUST_USE tad_status tad_vjp_many(tad_fn *f, void *user, const tad_var *x, size_t n,
                                             const tad_var *cotangents, size_t m, tad_var *y,
                                             tad_var *gradients);
/* For m lists of tangents, tangents[k n + i] of input i: m tangents of y. Cost: m times
 * tad_forward. */
TAD_API TAD_MUST_USE tad_status tad_jvp_many(tad_fn *f, void *user, const tad_var *x,
                                             const tad_var *tangents, size_t n, size_t m,
                                             tad_var *y, tad_var *out);
/* Hessian of the one-element f times v, by tad_forward_over_reverse: one result per input; gradient
 * NULL: not wanted. tad_tangent of tad_grad gives a product that has derivatives. */
TAD_API TAD_MUST_USE tad_status tad_hvp(tad_fn *f, void *user, const tad_var *x, const tad_var *v,
                                        size_t n, tad_var *y, tad_var *gradient, tad_var *out);
/* For m vectors, v[k n + i] for input i; out likewise. */
TAD_API TAD_MUST_USE tad_status tad_hvp_many(tad_fn *f, void *user, const tad_var *x,
                                             const tad_var *v, size_t n, size_t m, tad_var *y,
                                             tad_var *gradient, tad_var *out);

/* Matrices. The element type is the first factor's, TOO_LARGE for more than 8 axes. Only the inputs
 * named are differentiated by; others may be constants.
 *
 * Cost: as many sweeps as the smaller of both sizes, in reverse mode for no more results than
 * inputs, else forward (the other one where an op has only one rule). Memory: the result, one
 * sweep, and forward up to eight columns that are put into the result together. */

/* d y / d x[i]: shape of y followed by shape of x[i]. */
TAD_API TAD_MUST_USE tad_status tad_jacobian(tad_fn *f, void *user, const tad_var *x, size_t n,
                                             size_t i, tad_var *y, tad_var *out);
/* d2 f / d x[i] d x[j] of the one-element f: shape of x[i] followed by shape of x[j]. Sweeps over
 * the recorded gradient, which stays on the tape too. */
TAD_API TAD_MUST_USE tad_status tad_hessian(tad_fn *f, void *user, const tad_var *x, size_t n,
                                            size_t i, size_t j, tad_var *y, tad_var *out);
/* Its diagonal for i = j, in the shape of x[i]. The cost is that of the matrix, the memory is
 * not. */
TAD_API TAD_MUST_USE tad_status tad_hessian_diagonal(tad_fn *f, void *user, const tad_var *x,
                                                     size_t n, size_t i, tad_var *y, tad_var *out);

/* ---- matrices that have derivatives ---- */

/* The same Jacobian and Hessian, recorded: for a penalty on them, say, or a determinant. Cost: the
 * same number of sweeps, but each is one of tad_grad or tad_tangent, and what all of them record
 * stays on the tape, with a unit of as many elements as there are sweeps for each. */
TAD_API TAD_MUST_USE tad_status tad_jacobian_recorded(tad_fn *f, void *user, const tad_var *x,
                                                      size_t n, size_t i, tad_var *y, tad_var *out);
TAD_API TAD_MUST_USE tad_status tad_hessian_recorded(tad_fn *f, void *user, const tad_var *x,
                                                     size_t n, size_t i, size_t j, tad_var *y,
                                                     tad_var *out);

#ifdef __cplusplus
}
#endif
#endif
