/* Optimisers, learning-rate schedules, gradient clipping.
 *
 *     tad_optim *opt = tad_sgd(tad_net_params(net), 0.1, NULL);
 *     ... tad_reverse(loss) ... tad_optim_step(opt) ... tad_tape_rewind(t, m)
 *
 * Formulas and defaults are PyTorch's. An optimiser lives in the tape of its parameters: make it
 * before the mark to which the steps rewind. A step visits every parameter once and allocates
 * nothing. Options mean what they say: those of sgd are all zero when left out, the others begin
 * with what a function of defaults gives.
 *
 *     tad_adam_options o = tad_adam_defaults();
 *     o.beta1 = 0.95;
 *     tad_optim *opt = tad_adam(tad_net_params(net), 1e-3, &o);
 *
 * Threads: as the tape. */
#ifndef TAD_OPTIM_H
#define TAD_OPTIM_H

#include <tad/dict.h>
#include <tad/op.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tad_optim tad_optim;

/* What is done to the gradients first; 0: nothing. */
typedef struct tad_clip {
    double norm;  /* all of them together are scaled down to this Euclidean norm */
    double value; /* then each element is clipped to -value .. value */
} tad_clip;

typedef struct tad_sgd_options {
    double momentum, dampening, weight_decay;
    bool nesterov;
    tad_clip clip;
} tad_sgd_options;

typedef struct tad_adam_options {
    double beta1, beta2; /* 0 <= beta1 < 1, 0 < beta2 < 1 */
    double eps;
    double weight_decay;   /* added to the gradient; AdamW, Lion, LAMB: decoupled */
    double momentum_decay; /* NAdam only */
    tad_clip clip;
} tad_adam_options;

typedef struct tad_rmsprop_options {
    double alpha; /* 0 < alpha < 1 */
    double eps;
    double momentum, weight_decay;
    bool centered;
    tad_clip clip;
} tad_rmsprop_options;

typedef struct tad_adagrad_options {
    double lr_decay, weight_decay;
    double initial; /* what the sums of squares begin with */
    double eps;
    tad_clip clip;
} tad_adagrad_options;

typedef struct tad_adadelta_options {
    double rho; /* 0 < rho < 1 */
    double eps; /* above 0 */
    double weight_decay;
    tad_clip clip;
} tad_adadelta_options;

TAD_API tad_adam_options tad_adam_defaults(void);         /* 0.9, 0.999, 1e-8, 0 */
TAD_API tad_adam_options tad_adamw_defaults(void);        /* 0.9, 0.999, 1e-8, 0.01 */
TAD_API tad_adam_options tad_nadam_defaults(void);        /* as Adam, momentum_decay 0.004 */
TAD_API tad_adam_options tad_lion_defaults(void);         /* 0.9, 0.99, the rest 0 */
TAD_API tad_adam_options tad_lamb_defaults(void);         /* 0.9, 0.999, 1e-6, 0.01 */
TAD_API tad_rmsprop_options tad_rmsprop_defaults(void);   /* 0.99, 1e-8, the rest 0 */
TAD_API tad_adagrad_options tad_adagrad_defaults(void);   /* eps 1e-10, the rest 0 */
TAD_API tad_adadelta_options tad_adadelta_defaults(void); /* 0.9, 1e-6, 0 */

/* For the parameters in the dictionary now (float32 or float64, all of one tape, none twice; no
 * buffers). lr: the learning rate, not negative. options NULL: the defaults. Memory: moments of the
 * parameters' size, none of sgd without momentum, two of the Adams. NULL on failure, which sticks
 * (BAD_ARGUMENT for options out of range); the functions below accept a NULL optimiser. */
TAD_API tad_optim *tad_sgd(const tad_dict *params, double lr, const tad_sgd_options *options);
TAD_API tad_optim *tad_adam(const tad_dict *params, double lr, const tad_adam_options *options);
TAD_API tad_optim *tad_adamw(const tad_dict *params, double lr, const tad_adam_options *options);
/* Adam with the largest gradient in the place of the root (Kingma and Ba, 7.1); with Nesterov's
 * momentum (Dozat); with a variance that is used once it is known (Liu and others). */
TAD_API tad_optim *tad_adamax(const tad_dict *params, double lr, const tad_adam_options *options);
TAD_API tad_optim *tad_nadam(const tad_dict *params, double lr, const tad_adam_options *options);
TAD_API tad_optim *tad_radam(const tad_dict *params, double lr, const tad_adam_options *options);
/* Steps of one size, along the sign of the momentum (Chen and others, 2023); eps is not used. */
TAD_API tad_optim *tad_lion(const tad_dict *params, double lr, const tad_adam_options *options);
/* AdamW's direction, as long as the parameter it belongs to (You and others, 2019). */
TAD_API tad_optim *tad_lamb(const tad_dict *params, double lr, const tad_adam_options *options);
TAD_API tad_optim *tad_adagrad(const tad_dict *params, double lr,
                               const tad_adagrad_options *options);
TAD_API tad_optim *tad_adadelta(const tad_dict *params, double lr,
                                const tad_adadelta_options *options);
TAD_API tad_optim *tad_rmsprop(const tad_dict *params, double lr,
                               const tad_rmsprop_options *options);

/* Moves the parameters along their gradients, then zeroes these, so that sweeps between two steps
 * add up and the next starts afresh. A parameter that no sweep reached counts as having gradient 0.
 * On failure nothing is moved; a gradient norm that is not finite is one, if clipping by norm. */
TAD_API TAD_MUST_USE tad_status tad_optim_step(tad_optim *o);

/* The learning rate of the next step; NaN for NULL. */
TAD_API double tad_optim_lr(const tad_optim *o);
/* BAD_ARGUMENT for one that is negative or not finite. */
TAD_API tad_status tad_optim_set_lr(tad_optim *o, double lr);
/* taken so far; 0 after a failure of the tape */
TAD_API int64_t tad_optim_steps(const tad_optim *o);

/* Some of its parameters, usually gathered in a dictionary of their own, with a multiple of the
 * learning rate, or with their own weight decay in the place of the options': none for biases, say.
 * An option like the others: not part of the state. BAD_ARGUMENT, and nothing is set, for one that
 * the optimiser has not; buffers are passed over. */
TAD_API tad_status tad_optim_scale_lr(tad_optim *o, const tad_dict *of, double factor);
TAD_API tad_status tad_optim_set_decay(tad_optim *o, const tad_dict *of, double weight_decay);

/* Everything a step changes beside the parameters: moments, learning rate, number of steps. Saved
 * as it is, and restored with tad_assign into an optimiser made with the same options. */
TAD_API const tad_dict *tad_optim_state(const tad_optim *o);

/* The Euclidean norm of the gradients of all these parameters together. */
TAD_API TAD_MUST_USE tad_status tad_gradient_norm(const tad_dict *params, double *norm);

/* ---- averages ---- */

/* The exponential moving average of parameters: after each step
 *     average = decay average + (1 - decay) parameter,
 * beginning with the values of now; buffers are copied. Such a net is often better than the last
 * one. It lives in the tape: make it before the mark to which the steps rewind. */
typedef struct tad_average tad_average;

/* 0 <= decay < 1; no parameter twice. NULL on failure, which sticks; the functions accept a NULL
 * average. */
TAD_API tad_average *tad_average_new(const tad_dict *params, double decay);
/* After each step: average = decay average + (1 - decay) value. BAD_ARGUMENT while they are
 * exchanged. */
TAD_API TAD_MUST_USE tad_status tad_average_update(tad_average *a);
/* Exchanges the averages with the parameters' values: once to evaluate, again to go on. */
TAD_API TAD_MUST_USE tad_status tad_average_swap(tad_average *a);
/* The averages, with the parameters' names and in their order: to be saved, and restored with
 * tad_assign. */
TAD_API const tad_dict *tad_average_params(const tad_average *a);

/* ---- of a large table, the rows that a step uses ----
 *
 *     tad_rows used = tad_rows_used(table, words);
 *     tad_var x = tad_embedding(used.local, used.values);
 *     ... tad_reverse(loss) ... tad_optim_step_rows(opt, &used, 1) ... tad_tape_rewind(t, m)
 *
 * Neither the sweep nor the step touches any other row: their cost does not depend on the table. */

typedef struct tad_rows {
    tad_var param;  /* (n,...), of one axis at least */
    tad_var index;  /* int64 (k): the rows, ascending, none twice */
    tad_var local;  /* of the indices' shape: where in `index` each of them is */
    tad_var values; /* (k,...): these rows as an input of its own, which is differentiated */
} tad_rows;

/* The rows of a parameter that indices (int64, within 0 .. n - 1, of any shape) name. Compute with
 * `values` and `local` in the place of the parameter and the indices. Nil variables on failure. */
TAD_API tad_rows tad_rows_used(tad_var param, tad_var indices);

/* tad_optim_step, but of the parameters in the list only these rows move, by the gradients of
 * `values`; the parameter's own gradient must not have been reached. Other rows keep their values
 * and moments, as PyTorch's SparseAdam has it: decay of weights and moments is that of the steps in
 * which a row is used. Not with LAMB, which looks at whole parameters: BAD_ARGUMENT. */
TAD_API TAD_MUST_USE tad_status tad_optim_step_rows(tad_optim *o, const tad_rows *rows, size_t n);

/* ---- learning-rate schedules ---- */

typedef enum tad_schedule_kind {
    TAD_SCHEDULE_CONSTANT,    /* lr */
    TAD_SCHEDULE_STEP,        /* lr gamma^floor(i / period) */
    TAD_SCHEDULE_EXPONENTIAL, /* lr gamma^(i / period) */
    TAD_SCHEDULE_COSINE,      /* from lr to `last` in `period` steps, half a cosine; then `last` */
    TAD_SCHEDULE_LINEAR       /* from lr to `last` in `period` steps, straight; then `last` */
} tad_schedule_kind;

typedef struct tad_schedule {
    tad_schedule_kind kind;
    double lr;
    double gamma;   /* 0: 0.1 */
    int64_t period; /* steps (or epochs: whatever i counts); 0: 1 */
    double last;
    int64_t warmup; /* first so many steps rise linearly to lr; the schedule starts after them */
} tad_schedule;

/* The learning rate of step i = 0, 1, ...: a plain function, with no state to save.
 * tad_optim_set_lr(opt, tad_schedule_at(&s, tad_optim_steps(opt))) */
TAD_API double tad_schedule_at(const tad_schedule *s, int64_t i);

#ifdef __cplusplus
}
#endif
#endif
