/* Gradient descent as GradBench's particle and saddle want it: the step doubles after ten
 * successes and is halved by a failure. The same rule for all tools, so that they take the same
 * way. */
#ifndef TAD_GRADBENCH_DESCENT_H
#define TAD_GRADBENCH_DESCENT_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct gb_descent {
    double eta;
    int successes;
} gb_descent;

static const double gb_close_enough = 1e-5;

static inline gb_descent gb_descent_new(void) { return (gb_descent){.eta = 1e-5}; }

/* The step to try next. */
static inline double gb_descent_eta(gb_descent *d) {
    if (d->successes == 10) *d = (gb_descent){.eta = 2 * d->eta};
    return d->eta;
}

static inline void gb_descent_learn(gb_descent *d, bool success) {
    if (success)
        d->successes++;
    else
        *d = (gb_descent){.eta = d->eta / 2};
}

/* Whether the two are as good as one. */
static inline bool gb_is_close(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum) <= gb_close_enough;
}

/* A function of n numbers, n up to 2, and its gradient; the state is the caller's. */
typedef double gb_function_of(void *user, const double *x);
typedef void gb_gradient_of(void *user, const double *x, double *gradient);

/* Moves x to where f is least. */
static inline void gb_argmin(gb_function_of *f, gb_gradient_of *g, void *user, double *x,
                             size_t n) {
    static const double zero[2];
    gb_descent d = gb_descent_new();
    double fx = f(user, x), gradient[2], to[2];
    g(user, x, gradient);
    while (!gb_is_close(gradient, zero, n)) {
        const double eta = gb_descent_eta(&d);
        for (size_t i = 0; i < n; i++) to[i] = x[i] - eta * gradient[i];
        if (gb_is_close(x, to, n)) return;
        const double there = f(user, to);
        const bool success = there < fx;
        gb_descent_learn(&d, success);
        if (!success) continue;
        fx = there;
        for (size_t i = 0; i < n; i++) x[i] = to[i];
        g(user, x, gradient);
    }
}

#endif
