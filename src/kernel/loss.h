/* Kernels of the losses that compare two arrays element by element. They cannot fail. */
#ifndef TAD_KERNEL_LOSS_H
#define TAD_KERNEL_LOSS_H

#include <stddef.h>

#include "isa.h"

enum tad__loss_kind {
    TAD__LOSS_SQUARE,     /* d^2, d = x - t */
    TAD__LOSS_ABSOLUTE,   /* |d| */
    TAD__LOSS_SMOOTH,     /* d^2 / (2 p) where |d| < p, else |d| - p / 2 */
    TAD__LOSS_HUBER,      /* p times that */
    TAD__LOSS_BCE,        /* -t log x - (1 - t) log(1 - x), logarithms at least -100 */
    TAD__LOSS_BCE_LOGITS, /* the same of x = sigmoid(x); t counts `positive` times */
    TAD__LOSS_KL,         /* t (log t - x) */
    TAD__LOSS_KL_LOG,     /* e^t (t - x) */
    TAD__LOSS_HINGE,      /* max(0, p - t x) */
    TAD__LOSS_KINDS
};

typedef struct tad__loss_terms {
    const void *x, *t;
    const void *positive; /* NULL: ones */
    double p;
} tad__loss_terms;

/* out[i] = scale times the loss, or its derivative with respect to x or t, of n elements. */
typedef void tad__loss_fn(const tad__loss_terms *terms, size_t n, double scale, void *out);

enum { TAD__LOSS_VALUE, TAD__LOSS_DX, TAD__LOSS_DT };

/* By kind, by what is computed, by dtype (TAD_F64, TAD_F32). */
typedef struct tad__loss_kernels {
    tad__loss_fn *fn[TAD__LOSS_KINDS][3][2];
} tad__loss_kernels;

extern const tad__loss_kernels TAD_LEVEL(tad__loss_kernels);

#endif
