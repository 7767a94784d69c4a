/* Elementary functions that a compiler can vectorise.
 *
 * Every function tad__NAME_f64(double) and tad__NAME_f32(float) is a branch-free expression (unless
 * its comment says that it calls libm), so that a plain loop over an array becomes vector code at
 * any instruction-set level. Only correctly rounded operations are used, in a fixed order and
 * without fused multiply-add; a result therefore has the same bits at every array position, vector
 * width and instruction-set level. Special values (NaN, infinities, signed zeros, overflow, gradual
 * underflow) are those of C11 annex F; errno and the exception flags are not maintained.
 *
 * Needs C11 and <math.h>, IEEE 754 binary32/binary64 evaluated without excess precision in the
 * default rounding mode, and two's complement; nothing else of tad but instantiate.h. Compile with
 * -fno-math-errno -fno-trapping-math -ffp-contract=off, and without -ffast-math.
 *
 * Largest errors seen, in ulps, binary64 / binary32 (tests/test_elementary.c; every 37th float,
 * of exp, tanh and sigmoid every one):
 *
 *   exp 0.75/0.99   expm1 1.1/1.2    exp2 0.87/0.99   log 0.80/0.82    log1p 0.80/0.92
 *   log2 0.83/0.84  log10 0.68/0.73  tanh 0.64/1.2    sigmoid 1.5/2.0
 *   sin 0.78/0.94   cos 0.81/0.94    tan 1.4/1.4      asin 1.7/1.7     acos 1.1/1.1
 *   atan 1.6/1.9    atan2 1.7/1.8    sinh 1.1/1.2     cosh 0.88/0.88   asinh 0.97/1.1
 *   acosh 1.5/1.7   atanh 1.4/1.4    erf 1.3/1.4      erfc 1.5/1.6     ndtr 2.3/5.1
 *   cbrt 0.67/0.51  pow 1.3/0.51     hypot 1.1/0.50   fmod exact
 *
 * sin, cos and tan call libm for large arguments, fmod for large quotients, which keeps a loop over
 * them from becoming vector code: see TAD__ELEMENTARY_BLOCK, elementary/remainder.h. */
#ifndef TAD_KERNEL_ELEMENTARY_H
#define TAD_KERNEL_ELEMENTARY_H

#include "elementary/erf.h"
#include "elementary/exp.h"
#include "elementary/hyperbolic.h"
#include "elementary/inverse.h"
#include "elementary/log.h"
#include "elementary/pow.h"
#include "elementary/remainder.h"
#include "elementary/root.h"
#include "elementary/step.h"
#include "elementary/trig.h"
#include "special.h"

/* All functions of one argument, for tables: X(NAME). Those of many instructions: */
/* clang-format off */
#define TAD__ELEMENTARY_LONG(X)                                                                    \
    X(exp) X(expm1) X(exp2)                                                                        \
    X(log) X(log1p) X(log2) X(log10)                                                               \
    X(tanh) X(sigmoid)                                                                             \
    X(sin) X(cos) X(tan)                                                                           \
    X(erf) X(erfc) X(ndtr)                                                                         \
    X(sinh) X(cosh)                                                                                \
    X(asin) X(acos) X(atan)                                                                        \
    X(asinh) X(acosh) X(atanh)                                                                     \
    X(cbrt)
/* clang-format on */
/* Those of a few. */
#define TAD__ELEMENTARY_SHORT(X) X(sqrt) X(fabs) X(floor) X(ceil) X(rint) X(trunc)
#define TAD__ELEMENTARY_UNARY(X) TAD__ELEMENTARY_LONG(X) TAD__ELEMENTARY_SHORT(X)

/* All functions of two arguments. */
#define TAD__ELEMENTARY_BINARY(X)                                                                  \
    X(pow)                                                                                         \
    X(atan2)                                                                                       \
    X(hypot)                                                                                       \
    X(fmod)

/* Those whose scalar form calls libm for large arguments, which keeps a loop over it from becoming
 * vector code. void tad__NAME_block_f64(size_t n, const double *x, double *y) is the vector loop;
 * tad__NAME_core_f64(x) is the branch-free part, the same bits as long as |x| is within
 * TAD__TRIG_LIMIT_F64, and tad__NAME_near_f64(x) is faster within TAD__TRIG_NEAR_F64. Likewise
 * _f32. */
#define TAD__ELEMENTARY_BLOCK(X)                                                                   \
    X(sin)                                                                                         \
    X(cos)                                                                                         \
    X(tan)

#endif
