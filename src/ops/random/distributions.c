/* Samples of distributions, by the tape's random numbers: each is a formula of uniform or normal
 * numbers and the parameters, so its derivatives by the parameters are those of the formula, with
 * the drawn numbers held (reparameterisation). Every element takes the same count of draws, so that
 * a program that draws anew, and a run that is resumed, have the tape's. Composed of ops. Rests on
 * operands.h. */
#include <math.h>

#include "ops/operands.h"
#include "tape/error.h"
#include "tape/handle.h"

/* ---- what is drawn ---- */

/* Of which type and shape numbers are drawn; the generator as it was. */
typedef struct draws {
    tad_tape *t;
    tad_dtype dtype;
    tad_shape shape;
    tad_random before;
} draws;

/* One for each element of what the parameters broadcast to. vector, if not NULL: so many last axes
 * each of them has, of which the first stands for the sample's last. false: they are refused. */
static bool plan(draws *d, const char *what, const tad_var *x, size_t n, const int *vector) {
    d->t = tad__tape_of(x, n);
    d->dtype = TAD_F64;
    d->shape = TAD_0D;
    if (!d->t || tad_tape_status(d->t) != TAD_OK) return false;
    bool fits = true, typed = false;
    for (size_t i = 0; i < n && fits; i++) {
        if (tad_is_number(x[i])) continue;
        tad_shape s = tad_shape_of(x[i]);
        if (tad_tape_status(d->t) != TAD_OK) return false;
        if (!typed) d->dtype = tad_dtype_of(x[i]);
        typed = true;
        if (vector) fits = s.rank >= vector[i];
        if (vector) s.rank -= fits ? vector[i] - 1 : 0;
        fits = fits && tad__shape_broadcast(&d->shape, &s, &d->shape);
    }
    d->before = tad_tape_random(d->t);
    if (!fits)
        tad__fail(d->t, TAD_BAD_SHAPE, "%s: the parameters do not broadcast together", what);
    else if (d->dtype > TAD_F32)
        tad__fail(d->t, TAD_BAD_DTYPE, "%s: the parameters must be of a float type", what);
    else
        return true;
    return false;
}

static tad_var normal(const draws *d) { return tad_randn(d->t, d->dtype, d->shape); }

/* None is 0, where a quantile has no derivative. */
static tad_var uniform(const draws *d) {
    return tad_clamp(tad_rand(d->t, d->dtype, d->shape), 0x1p-54, 1);
}

/* The sample; where there is none, no random numbers are used up. */
static tad_var drawn(const draws *d, tad_var y) {
    if (tad_is_nil(y) && d->t) tad_tape_set_random(d->t, d->before);
    return y;
}

static tad_var nothing(const draws *d) { return tad__nil(d->t); }

static tad_var half(tad_var x) { return tad_mul(x, tad_number(0.5)); }

/* ---- the distributions ---- */

tad_var tad_normal_sample(tad_var mean, tad_var deviation) {
    draws d;
    if (!plan(&d, "normal_sample", (tad_var[]){mean, deviation}, 2, NULL)) return nothing(&d);
    return drawn(&d, tad_fma(deviation, normal(&d), mean));
}

tad_var tad_multivariate_normal_sample(tad_var mean, tad_var factor) {
    draws d;
    const int vector[] = {1, 2};
    if (!plan(&d, "multivariate_normal_sample", (tad_var[]){mean, factor}, 2, vector))
        return nothing(&d);
    tad_var column = tad_unsqueeze(normal(&d), -1);
    tad_var moved = tad_squeeze(tad_matmul(tad_tril(factor, 0), column), tad_axis(-1));
    return drawn(&d, tad_add(mean, moved));
}

tad_var tad_gamma_sample(tad_var concentration, tad_var rate) {
    draws d;
    if (!plan(&d, "gamma_sample", (tad_var[]){concentration, rate}, 2, NULL)) return nothing(&d);
    return drawn(&d, tad_div(tad_gammaincinv(concentration, uniform(&d)), rate));
}

tad_var tad_beta_sample(tad_var a, tad_var b) {
    draws d;
    if (!plan(&d, "beta_sample", (tad_var[]){a, b}, 2, NULL)) return nothing(&d);
    return drawn(&d, tad_betaincinv(a, b, uniform(&d)));
}

/* A normal number over the root of a mean square of n others, which is a gamma number. */
tad_var tad_student_sample(tad_var degrees, tad_var location, tad_var scale) {
    draws d;
    if (!plan(&d, "student_sample", (tad_var[]){degrees, location, scale}, 3, NULL))
        return nothing(&d);
    tad_var z = normal(&d), n = half(degrees);
    tad_var square = tad_div(tad_gammaincinv(n, uniform(&d)), n);
    return drawn(&d, tad_fma(scale, tad_mul(z, tad_rsqrt(square)), location));
}

/* Shares of gamma numbers G(a). Their logarithms are those of G(a + 1) U^(1/a), of the same
 * distribution, and do not vanish for small a. */
tad_var tad_dirichlet_sample(tad_var concentrations) {
    draws d;
    const int vector[] = {1};
    if (!plan(&d, "dirichlet_sample", &concentrations, 1, vector)) return nothing(&d);
    tad_var a = tad_where(tad_less(concentrations, tad_number(0)), tad_number(NAN), concentrations);
    tad_var larger = tad_gammaincinv(tad_add(a, tad_number(1)), uniform(&d));
    tad_var shift = tad_div(tad_log(uniform(&d)), a);
    return drawn(&d, tad_softmax(tad_add(tad_log(larger), shift), -1));
}

tad_var tad_poisson_sample(tad_var rate) {
    draws d;
    if (!plan(&d, "poisson_sample", &rate, 1, NULL)) return nothing(&d);
    return drawn(&d, tad_poisson_quantile(uniform(&d), rate));
}

/* The largest of the logits with Gumbel's noise. */
tad_var tad_categorical_sample(tad_var logits) {
    draws d;
    const int vector[] = {1};
    if (!plan(&d, "categorical_sample", &logits, 1, vector)) return nothing(&d);
    tad_var noise = tad_neg(tad_log(tad_neg(tad_log(uniform(&d)))));
    return drawn(&d, tad_argmax(tad_add(logits, noise), tad_axis(-1)));
}
