/* What optim.c asks of update.c: one pass over one parameter. Raw numbers only; cannot fail. */
#ifndef TAD_NN_UPDATE_H
#define TAD_NN_UPDATE_H

#include <stdbool.h>
#include <stdint.h>

typedef enum tad__rule { TAD__SGD, TAD__ADAM, TAD__ADAMW, TAD__RMSPROP, TAD__RULES } tad__rule;

/* The coefficients of one step, the same for all parameters. */
typedef struct tad__update {
    tad__rule rule;
    double lr, decay;             /* learning rate, weight decay */
    double momentum, keep, fresh; /* SGD: buffer = keep * buffer + fresh * gradient */
    double beta1, beta2, eps;     /* RMSprop: beta2 is alpha */
    double correct1, correct2;    /* Adam: 1 - beta1^t, sqrt(1 - beta2^t) */
    double scale, bound;          /* clipping: gradients times scale, then within +-bound */
    bool nesterov, centered;
} tad__update;

/* p: n numbers, float32 or float64; g: gradients; state: up to three arrays, or NULL (see optim.c).
 */
void tad__update_f32(const tad__update *u, float *p, const float *g, void *const *state, int64_t n);
void tad__update_f64(const tad__update *u, double *p, const double *g, void *const *state,
                     int64_t n);

/* The sum of squares in a fixed order. */
double tad__squares_f32(const float *x, int64_t n);
double tad__squares_f64(const double *x, int64_t n);

#endif
