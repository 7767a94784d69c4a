/* Pairs of numbers turned by an angle for each place, as plain C. */
#ifndef TAD_KERNEL_PLAIN_ROPE_H
#define TAD_KERNEL_PLAIN_ROPE_H

#include "../elementary/pow.h"
#include "../elementary/trig.h"

/* base^(-i / half) of each pair i. */
static inline void tad__rope_rates(ptrdiff_t half, double base, double *rate) {
    for (ptrdiff_t i = 0; i < half; i++) rate[i] = tad__pow_f64(base, -((double)i / (double)half));
}

#define BODY "plain/rope_body.h"
#include "../instantiate.h"

#endif
