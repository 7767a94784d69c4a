/* The words of scalar.def read as double arithmetic on plain numbers. Included by a file that
 * expands rows so; undone by kernel/words_end.h. */
#include "kernel/elementary.h"

#include <math.h>

#define UNUSED __attribute__((unused))
#define T double
#define BITS uint64_t

/* The arrays' kernels where they are better than libm. The branch, never
 * taken, is cheaper than the select that the kernel contains. */
static UNUSED double sigmoid(double x) { return x < -746 ? 0 : tad__sigmoid_f64(x); }
#define tanh(x) tad__tanh_f64(x)
#define outlying(x) tad__outlying_f64(x)
#define RARELY(where, right, cheap) ((where) ? (right) : (cheap))
#define sign(x) tad__sign_f64(x)
#define step(x) tad__step_f64(x)
#define lgamma(x) tad__lgamma_f64(x)
#define digamma(x) tad__digamma_f64(x)
#define polygamma(n, x) tad__polygamma_f64(n, x)
#define erfinv(x) tad__erfinv_f64(x)
#define ndtr(x) tad__ndtr_f64(x)
#define log_ndtr(x) tad__log_ndtr_f64(x)
#define ndtri(x) tad__ndtri_f64(x)
#define erfcx(n, x) tad__erfcx_f64(n, x)
#define inverse_mills(n, x) tad__inverse_mills_f64(n, x)
#define bessel_i(n, x) tad__bessel_i_f64(n, x)
#define bessel_ie(n, x) tad__bessel_ie_f64(n, x)
#define bessel_j(n, x) tad__bessel_j_f64(n, x)
#define bessel_y(n, x) tad__bessel_y_f64(n, x)
#define bessel_k(n, x) tad__bessel_k_f64(n, x)
#define bessel_ke(n, x) tad__bessel_ke_f64(n, x)
#define sinc(n, x) tad__sinc_f64(n, x)
#define lambert_w(branch, x) tad__lambert_w_f64(branch, x)
static UNUSED double floor_mod(double a, double b) { return tad__to_divisor_f64(fmod(a, b), b); }
#define FN(f, x) f(x)
#define FN2(f, a, b) f(a, b)
#define POWER(less) power(X, P, less)
static UNUSED double power(double x, double p, int less) {
    const int form = tad__power_form(p);
    return form == TAD__POWER_ANY ? pow(x, p - less)
                                  : tad__power_f64(x, form, less, tad__exponent_of(p - less));
}
#include "kernel/words.h"
