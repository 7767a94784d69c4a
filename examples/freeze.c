/* A curve a exp(-b x) + c is fitted to 100000 points in three ways, which agree:
 *
 * tape      the loss is recorded anew in every step, and swept;
 * program   the loss and its gradient are recorded once, frozen, and run on other parameters;
 * points    the residual of a single point and its three derivatives, written with numbers, are
 *           frozen and run at all points; Gauss and Newton's method takes them from there.
 *
 *   freeze [FOLDER]
 *
 * With a folder the program is drawn there: program.dot, for Graphviz, and its memory, plan.svg.
 */
#define _POSIX_C_SOURCE 199309L
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "show.h"

enum { POINTS = 100000, STEPS = 600, ROUNDS = 6 };
static const double rate = 0.6;

typedef struct data {
    double x[POINTS], y[POINTS];
} data;

static void make(data *d) {
    tad_random random = {.seed = 1};
    for (int i = 0; i < POINTS; i++) {
        d->x[i] = 4.0 * i / POINTS;
        d->y[i] = 2.5 * exp(-1.3 * d->x[i]) + 0.5 + 0.1 * tad_random_normal(&random);
    }
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void report(const char *way, const double *p, double since) {
    printf("%-8s a = %.6f  b = %.6f  c = %.6f  in %.3f s\n", way, p[0], p[1], p[2],
           seconds() - since);
}

/* The mean of the squared residuals; in: a, b, c; user: the points as two variables. */
static tad_var loss(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n;
    const tad_var *points = user;
    tad_var curve = tad_add(tad_mul(in[0], tad_exp(tad_neg(tad_mul(in[1], points[0])))), in[2]);
    return tad_mean(tad_square(tad_sub(curve, points[1])), tad_all());
}

static void descend(double *p, const double *gradient) {
    for (int k = 0; k < 3; k++) p[k] -= rate * gradient[k];
}

static tad_status by_tape(tad_tape *t, tad_var *points) {
    double p[3] = {1, 1, 0}, start = seconds();
    tad_mark mark = tad_tape_mark(t);
    for (int step = 0; step < STEPS; step++) {
        tad_var in[3] = {tad_scalar(t, p[0]), tad_scalar(t, p[1]), tad_scalar(t, p[2])};
        tad_status s = tad_reverse(loss(t, in, 3, points));
        if (s != TAD_OK) return s;
        double gradient[3];
        for (int k = 0; k < 3; k++) gradient[k] = tad_gradient_item(in[k]);
        descend(p, gradient);
        s = tad_tape_rewind(t, mark);
        if (s != TAD_OK) return s;
    }
    report("tape", p, start);
    return TAD_OK;
}

typedef tad_status picture(const tad_program *p, tad_sink *sink, void *user);

static tad_status draw(picture *f, const tad_program *p, const char *folder, const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file) return TAD_IO;
    const tad_status s = f(p, tad_file_sink, file);
    return fclose(file) ? TAD_IO : s;
}

static tad_status by_program(tad_tape *t, tad_var *points, const char *folder) {
    double p[3] = {1, 1, 0}, gradient[3], start = seconds();
    tad_var in[3] = {tad_scalar(t, 1), tad_scalar(t, 1), tad_scalar(t, 1)};
    tad_program *program;
    tad_status s = tad_freeze_function(loss, points, in, 3, TAD_GIVE_GRADIENT, NULL, &program);
    if (s != TAD_OK) return s;
    if (folder) s = draw(tad_program_dot, program, folder, "program.dot");
    if (folder && s == TAD_OK) s = draw(tad_program_plan_svg, program, folder, "plan.svg");
    tad_workspace *w = tad_workspace_new(program);
    if (s == TAD_OK) s = tad_bind_numbers_in(w, 0, 3, p);
    if (s == TAD_OK) s = tad_bind_numbers_out(w, 0, 3, gradient);
    for (int step = 0; step < STEPS && s == TAD_OK; step++) {
        s = tad_run(w);
        descend(p, gradient);
    }
    if (s == TAD_OK) report("program", p, start);
    tad_workspace_free(w);
    tad_program_free(program);
    return s;
}

/* in: a, b, c, and x, y of one point. */
static tad_var residual(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    tad_var curve = tad_add(tad_mul(in[0], tad_exp(tad_neg(tad_mul(in[1], in[3])))), in[2]);
    return tad_sub(curve, in[4]);
}

/* One round: moves p by the solution of the normal equations; rows: residual, derivatives by a, b,
 * c, x, y. */
static void gauss_newton(double *p, double rows[][6]) {
    double m[3][4] = {{0}};
    for (int i = 0; i < POINTS; i++)
        for (int j = 0; j < 3; j++) {
            for (int k = 0; k < 3; k++) m[j][k] += rows[i][1 + j] * rows[i][1 + k];
            m[j][3] -= rows[i][1 + j] * rows[i][0];
        }
    for (int j = 0; j < 3; j++)
        for (int i = 0; i < 3; i++) {
            const double factor = m[i][j] / m[j][j];
            for (int k = 0; k < 4 && i != j; k++) m[i][k] -= factor * m[j][k];
        }
    for (int k = 0; k < 3; k++) p[k] += m[k][3] / m[k][k];
}

static tad_status by_points(tad_tape *t, const data *d) {
    double p[3] = {1, 1, 0}, start = seconds();
    double(*rows)[6] = malloc(POINTS * sizeof *rows);
    tad_var in[5];
    tad_program *program;
    for (int k = 0; k < 5; k++) in[k] = tad_scalar(t, 1);
    tad_status s = tad_freeze_function(residual, NULL, in, 5, TAD_GIVE_VALUE | TAD_GIVE_GRADIENT,
                                       NULL, &program);
    if (s != TAD_OK || !rows) return s;
    tad_workspace *w = tad_workspace_new(program);
    s = tad_bind_numbers_in(w, 0, 3, p);
    if (s == TAD_OK) s = tad_bind_each_in(w, 3, TAD_F64, TAD_SHAPE(POINTS), d->x);
    if (s == TAD_OK) s = tad_bind_each_in(w, 4, TAD_F64, TAD_SHAPE(POINTS), d->y);
    if (s == TAD_OK) s = tad_bind_each_numbers_out(w, 0, 6, POINTS, rows[0]);
    for (int round = 0; round < ROUNDS && s == TAD_OK; round++) {
        s = tad_run(w);
        gauss_newton(p, rows);
    }
    if (s == TAD_OK) report("points", p, start);
    tad_workspace_free(w);
    tad_program_free(program);
    free(rows);
    return s;
}

static const char usage[] = "freeze [FOLDER]\n"
                            "  with a folder the program is drawn there: program.dot, plan.svg";

int main(int argc, char **argv) {
    static data d;
    const char *folder = NULL;
    const option options[] = {{.text = &folder}};
    if (!read_options(argc, argv, usage, options, 1)) return EXIT_FAILURE;
    tad_tape *t = tad_tape_new(NULL);
    make(&d);
    tad_var points[2] = {tad_borrow(t, TAD_F64, TAD_SHAPE(POINTS), d.x),
                         tad_borrow(t, TAD_F64, TAD_SHAPE(POINTS), d.y)};
    tad_status s = by_tape(t, points);
    if (s == TAD_OK) s = by_program(t, points, folder);
    if (s == TAD_OK) s = by_points(t, &d);
    return finish(t, s);
}
