/* Steps of the optimisers: one pass over one parameter. Raw numbers only; cannot fail. */
#ifndef TAD_KERNEL_UPDATE_H
#define TAD_KERNEL_UPDATE_H

#include <stdbool.h>
#include <stdint.h>

#include "isa.h"

typedef enum tad__rule {
    TAD__SGD,
    TAD__ADAM,
    TAD__ADAMW,
    TAD__RMSPROP,
    TAD__ADAGRAD,
    TAD__ADADELTA,
    TAD__ADAMAX,
    TAD__NADAM,
    TAD__RADAM,
    TAD__LION,
    TAD__LAMB, /* finds the direction only */
    TAD__RULES
} tad__rule;

/* The coefficients of one step, the same for all parameters. */
typedef struct tad__update {
    tad__rule rule;
    double lr, decay;             /* learning rate, weight decay */
    double momentum, keep, fresh; /* SGD: buffer = keep * buffer + fresh * gradient */
    double beta1, beta2, eps;     /* RMSprop: beta2 is alpha */
    double step;         /* Adam and its kin: lr / (1 - beta1^t), or what they make of it */
    double correct2;     /* Adam: sqrt(1 - beta2^t) */
    double of_gradient;  /* NAdam: the step along the gradient beside that of the mean */
    double scale, bound; /* clipping: gradients times scale, then within +-bound */
    bool nesterov, centered;
    bool rectified; /* RAdam: divided by the root of the variance */
} tad__update;

/* p: n numbers; g: gradients; state: up to three arrays, or NULL (see nn/optim.c). */
typedef void tad__update_fn(const tad__update *u, void *p, const void *g, void *const *state,
                            int64_t n);
/* The sum of squares in a fixed order. */
typedef double tad__squares_fn(const void *x, int64_t n);

/* By dtype: TAD_F64, TAD_F32. */
typedef struct tad__update_kernels {
    tad__update_fn *step[2];
    tad__squares_fn *squares[2];
} tad__update_kernels;

extern const tad__update_kernels TAD_LEVEL(tad__update_kernels);

#endif
