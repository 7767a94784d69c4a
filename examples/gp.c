/* A Gaussian process: a curve through noisy points, with what it does not know.
 *
 * Values are taken to be normal together, alike where places are near: covariance a^2 exp(-d^2 / 2
 * l^2), and noise. How far alike reaches (l), how high the curve goes (a) and how noisy the points
 * are follow from the points themselves: from the largest marginal likelihood, whose gradient runs
 * through a Cholesky factor. Rasmussen and Williams, Gaussian Processes for Machine Learning,
 * algorithm 2.1.
 *
 *     gp */
#include <math.h>
#include <stdio.h>

#include <tad/optim.h>
#include <tad/tad.h>

#include "show.h"

enum { POINTS = 40, PLACES = 13 };

/* What is looked for, as logarithms, so that it is positive. */
typedef struct process {
    tad_var length, height, noise;
} process;

/* a^2 exp(-(x - y)^2 / 2 l^2) of all x (n,1) with all y (1,m). */
static tad_var covariance(const process *p, tad_var x, tad_var y) {
    tad_var apart = tad_div(tad_sub(x, y), tad_exp(p->length));
    tad_var alike = tad_exp(tad_mul(tad_square(apart), tad_number(-0.5)));
    return tad_mul(tad_exp(tad_mul(p->height, tad_number(2))), alike);
}

/* The Cholesky factor of what the points have together, noise included. */
static tad_var factor(const process *p, tad_var x) {
    tad_var noise = tad_exp(tad_mul(p->noise, tad_number(2)));
    tad_var k = covariance(p, x, tad_transpose(x, 0, 1));
    return tad_cholesky(tad_add(k, tad_mul(noise, tad_eye(x.tape, TAD_F64, POINTS, POINTS))));
}

/* L z = y: standard normal numbers, if the process is right. */
static tad_var whitened(tad_var l, tad_var y) { return tad_solve_triangular(l, y, NULL); }

/* -log p(y) = z.z / 2 + sum of log L_ii + n / 2 log(2 pi) */
static tad_var loss_of(const process *p, tad_var x, tad_var y) {
    tad_var l = factor(p, x), z = whitened(l, y);
    tad_var fit = tad_mul(tad_sum(tad_square(z), tad_all()), tad_number(0.5));
    tad_var size = tad_sum(tad_log(tad_diagonal(l, 0, 0, 1)), tad_all());
    return tad_add(tad_add(fit, size), tad_number(0.5 * POINTS * log(6.283185307179586)));
}

/* Mean and deviation of the curve at new places (m,1), given the points. */
static tad_status predict(const process *p, tad_var x, tad_var y, tad_var places) {
    tad_var l = factor(p, x), cross = covariance(p, x, tad_transpose(places, 0, 1)); /* (n,m) */
    tad_var w = whitened(l, cross), mean = tad_matmul(tad_transpose(w, 0, 1), whitened(l, y));
    tad_var known = tad_sum(tad_square(w), tad_axis(0));
    tad_var all = tad_exp(tad_mul(p->height, tad_number(2)));
    double at[PLACES], m[PLACES], v[PLACES];
    tad_status s = tad_read(places, at, PLACES);
    if (s == TAD_OK) s = tad_read(mean, m, PLACES);
    if (s == TAD_OK) s = tad_read(tad_sub(all, known), v, PLACES);
    printf("\n    x     sin x      curve   +- 2 deviations\n");
    for (int i = 0; i < PLACES && s == TAD_OK; i++)
        printf("%5.1f %9.3f %10.3f %10.3f\n", at[i], sin(at[i]), m[i], 2 * sqrt(v[i]));
    return s;
}

int main(int argc, char **argv) {
    if (!no_options(argc, argv, "gp")) return EXIT_FAILURE;
    tad_tape *t = tad_tape_new(NULL);
    tad_random random = {.seed = 4};
    double at[POINTS], value[POINTS], place[PLACES];
    for (int i = 0; i < POINTS; i++) {
        at[i] = 8 * tad_random_uniform(&random); /* nothing is known beyond 8 */
        value[i] = sin(at[i]) + 0.1 * tad_random_normal(&random);
    }
    for (int i = 0; i < PLACES; i++) place[i] = i;
    tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(POINTS, 1), at),
            y = tad_constant(t, TAD_F64, TAD_SHAPE(POINTS, 1), value);
    const double zero = 0;
    process p = {tad_param(t, TAD_F64, TAD_0D, &zero), tad_param(t, TAD_F64, TAD_0D, &zero),
                 tad_param(t, TAD_F64, TAD_0D, &zero)};
    tad_dict *params = tad_dict_new(t);
    tad_dict_add(params, "length", p.length);
    tad_dict_add(params, "height", p.height);
    tad_dict_add(params, "noise", p.noise);
    tad_optim *adam = tad_adam(params, 0.1, NULL);
    const tad_mark mark = tad_tape_mark(t);
    tad_status s = tad_tape_status(t);
    printf("step  -log likelihood   length   height    noise\n");
    for (int i = 0; i <= 200 && s == TAD_OK; i++) {
        tad_var loss = loss_of(&p, x, y);
        if (i % 50 == 0)
            printf("%4d %16.3f %8.3f %8.3f %8.3f\n", i, tad_item(loss), exp(tad_item(p.length)),
                   exp(tad_item(p.height)), exp(tad_item(p.noise)));
        s = tad_reverse(loss);
        if (s == TAD_OK) s = tad_optim_step(adam);
        if (s == TAD_OK) s = tad_tape_rewind(t, mark);
    }
    if (s == TAD_OK) s = predict(&p, x, y, tad_constant(t, TAD_F64, TAD_SHAPE(PLACES, 1), place));
    return finish(t, s);
}
