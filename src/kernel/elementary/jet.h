/* Arithmetic on Taylor series in two parameters, cut off at a degree in each: with it the text of a
 * function gives its derivatives by parameters for which there is no formula. Rests on exp.h. */
#ifndef TAD_KERNEL_ELEMENTARY_JET_H
#define TAD_KERNEL_ELEMENTARY_JET_H

#include "exp.h"

enum { TAD__JET_MOST = 4 }; /* degree */

/* c[i][j] is the coefficient of s^i t^j, i <= n, j <= m. */
typedef struct tad__jet {
    int n, m;
    double c[5][5];
} tad__jet;

static inline tad__jet tad__jet_of(const double *order, double value) {
    return (tad__jet){(int)order[0], (int)order[1], {{value}}};
}

/* Its derivative of those orders. */
static inline double tad__jet_derivative(const tad__jet *a) {
    double d = a->c[a->n][a->m];
    for (int i = 2; i <= a->n; i++) d *= i;
    for (int j = 2; j <= a->m; j++) d *= j;
    return d;
}

/* a x + b y */
static inline tad__jet tad__jet_sum(double a, const tad__jet *x, double b, const tad__jet *y) {
    tad__jet s = *x;
    for (int i = 0; i <= s.n; i++)
        for (int j = 0; j <= s.m; j++) s.c[i][j] = a * x->c[i][j] + b * y->c[i][j];
    return s;
}

/* Element (i, j) of the product, without what the first or the second has of degree 0. */
static inline double tad__jet_inner(const tad__jet *x, const tad__jet *y, int i, int j) {
    double sum = 0;
    for (int k = 0; k <= i; k++)
        for (int l = 0; l <= j; l++)
            if (k + l > 0 && k + l < i + j) sum += x->c[k][l] * y->c[i - k][j - l];
    return sum;
}

static inline tad__jet tad__jet_times(const tad__jet *x, const tad__jet *y) {
    tad__jet p = *x;
    for (int i = 0; i <= p.n; i++)
        for (int j = 0; j <= p.m; j++)
            p.c[i][j] = i + j == 0 ? x->c[0][0] * y->c[0][0]
                                   : x->c[0][0] * y->c[i][j] + x->c[i][j] * y->c[0][0] +
                                         tad__jet_inner(x, y, i, j);
    return p;
}

static inline tad__jet tad__jet_over(const tad__jet *x, const tad__jet *y) {
    tad__jet q = *x;
    for (int i = 0; i <= q.n; i++)
        for (int j = 0; j <= q.m; j++) {
            double rest = x->c[i][j];
            if (i + j > 0) rest -= tad__jet_inner(&q, y, i, j) + q.c[0][0] * y->c[i][j];
            q.c[i][j] = rest / y->c[0][0];
        }
    return q;
}

/* e^x, of which the first coefficient is given: y' = x' y, by s, and where there is no s by t. */
static inline tad__jet tad__jet_exp(const tad__jet *x, double value) {
    tad__jet y = *x;
    for (int i = 0; i <= y.n; i++)
        for (int j = 0; j <= y.m; j++) {
            double sum = 0;
            for (int k = 0; k <= i; k++)
                for (int l = 0; l <= j; l++) {
                    const int by = i > 0 ? k : l;
                    if (by > 0) sum += by * x->c[k][l] * y.c[i - k][j - l];
                }
            y.c[i][j] = i + j == 0 ? value : sum / (i > 0 ? i : j);
        }
    return y;
}

/* Whether no coefficient of a sum changes any more by adding this one. */
static inline int tad__jet_vanishes(const tad__jet *term, const tad__jet *sum) {
    for (int i = 0; i <= sum->n; i++)
        for (int j = 0; j <= sum->m; j++)
            if (!(fabs(term->c[i][j]) <= 0x1p-55 * fabs(sum->c[i][j]))) return 0;
    return 1;
}

#endif
