/* Vectors of doubles: sizes, how far apart two are, random ones. NaNs count as equal: where they
 * should not be, entries are judged by themselves. */
#ifndef TAD_GRADCHECK_VECTOR_H
#define TAD_GRADCHECK_VECTOR_H

#include <tad/tape.h>

/* Largest absolute value; NaN if there is one. */
double tad__top(const double *a, size_t n);
/* The same of the finite ones. */
double tad__largest(const double *a, size_t n);
/* 0 when equal, else the largest distance. */
double tad__distance(const double *a, const double *b, size_t n);
/* The distance of two numbers, but 0 of two NaNs or infinities that are the same. */
double tad__gap(double a, double b);
/* An error as a multiple of a size; a size of zero demands exactness. */
double tad__relative(double error, double size);

double tad__dot(const double *a, const double *b, size_t n);
/* Of numbers of any size: squares neither overflow nor vanish. */
double tad__length(const double *a, size_t n);
void tad__scale(const double *a, double factor, size_t n, double *out);
/* Of the memory: 0 is not -0. */
bool tad__same_bits(const double *a, const double *b, size_t n);

void tad__normals(tad_random *r, double *out, size_t n);
void tad__signs(tad_random *r, double *out, size_t n); /* +1 and -1 */

#endif
