/* What initial values do to a deep net, as pictures: how the activations of each layer are spread,
 * and how large the gradients of its weights are when normal numbers come back into the last one.
 */
#ifndef INITIAL_H
#define INITIAL_H

#include "curves.h"
#include "show.h"

enum { LAYERS = 5, WIDTH = 100, ROWS = 1000, BINS = 30 };

/* Layers of one width, with one kind of activation and normal weights. */
typedef struct initial {
    const char *name;
    tad_activation *f;
    double deviation;           /* of the weights */
    double least, most;         /* activations that the picture shows */
    double spread[LAYERS];      /* the deviation of the activations */
    double share[LAYERS][BINS]; /* of the activations that lie in each bin */
    double gradient[LAYERS];    /* the norm of the weights' gradient */
} initial;

/* Of standard normal inputs. Variables are forgotten; the gradients take no random numbers. */
static inline tad_status measure(tad_tape *t, initial *c) {
    const tad_mark mark = tad_tape_mark(t);
    const tad_init normal = {.kind = TAD_INIT_NORMAL, .scale = c->deviation};
    tad_var w[LAYERS], x = tad_randn(t, TAD_F64, TAD_SHAPE(ROWS, WIDTH));
    tad_status s = TAD_OK;
    for (int k = 0; k < LAYERS && s == TAD_OK; k++) {
        w[k] = tad_param_random(t, TAD_F64, TAD_SHAPE(WIDTH, WIDTH), &normal);
        x = c->f(tad_matmul(x, w[k]));
        c->spread[k] = tad_item(tad_std(x, tad_all(), 1));
        s = tad_read(tad_histogram(x, BINS, c->least, c->most), c->share[k], BINS);
        for (int i = 0; i < BINS; i++) c->share[k][i] /= ROWS * WIDTH;
    }
    const tad_random before = tad_tape_random(t);
    const tad_var arrives = tad_randn(t, TAD_F64, TAD_SHAPE(ROWS, WIDTH));
    if (s == TAD_OK) s = tad_reverse_from(&x, &arrives, 1);
    for (int k = 0; k < LAYERS && s == TAD_OK; k++)
        c->gradient[k] = tad_item(tad_norm(tad_gradient(w[k]), 2, tad_all()));
    if (s == TAD_OK) s = tad_tape_rewind(t, mark);
    tad_tape_set_random(t, before);
    return s;
}

static inline void panel(FILE *to, const initial *c, int k) {
    const double bin = (c->most - c->least) / BINS;
    fprintf(to, "set xrange [%g:%g]\nset xtics %g\nset boxwidth %g\nplot '-' with boxes\n",
            c->least, c->most, (c->most - c->least) / 2, bin);
    for (int j = 0; j < BINS; j++)
        fprintf(to, "%g %g\n", c->least + (j + 0.5) * bin, c->share[k][j]);
    fprintf(to, "e\n");
}

/* A row of panels for each case, a panel for each layer. */
static inline void activations_script(FILE *to, const initial *all, int n, const char *picture) {
    fprintf(to,
            "set terminal svg size 1000,%d\nset output '%s'\n"
            "set multiplot layout %d,%d margins 0.09,0.98,0.07,0.92 spacing 0.04,0.045 "
            "title 'Activations by layer: the share of each value, up to one half'\n"
            "set style fill solid\nset yrange [0:0.5]\nset ytics 0.25\nunset key\n",
            120 * n + 80, picture, n, LAYERS);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < LAYERS; k++) {
            fprintf(to, "set ylabel '%s'\nset xlabel '%s'\n", k == 0 ? all[i].name : "",
                    i + 1 == n ? "activation" : "");
            if (i == 0)
                fprintf(to, "set title 'layer %d'\n", k + 1);
            else
                fprintf(to, "unset title\n");
            panel(to, &all[i], k);
        }
    fprintf(to, "unset multiplot\n");
}

/* A curve for each case. */
static inline void gradients_script(FILE *to, const initial *all, int n, const char *picture) {
    fprintf(to,
            "set terminal svg size 800,480\nset output '%s'\n"
            "set title \"The gradient of each layer's weights\"\nset xlabel 'layer'\n"
            "set ylabel 'norm of the gradient'\nset logscale y\nset format y '%%.0e'\nset xtics 1\n"
            "set key outside\nplot ",
            picture);
    for (int i = 0; i < n; i++)
        fprintf(to, "%s'-' with linespoints title '%s'", i ? ", " : "", all[i].name);
    fprintf(to, "\n");
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < LAYERS; k++) fprintf(to, "%d %g\n", k + 1, all[i].gradient[k]);
        fprintf(to, "e\n");
    }
}

typedef void layers_script(FILE *to, const initial *all, int n, const char *picture);

static inline void draw_layers(layers_script *script, const initial *all, int n, const char *folder,
                               const char *name) {
    char picture[1024];
    snprintf(picture, sizeof picture, "%s/%s.svg", folder, name);
    FILE *gnuplot = open_gnuplot();
    if (gnuplot) script(gnuplot, all, n, picture);
    if (gnuplot && pclose(gnuplot) == 0) printf("wrote %s\n", picture);
}

#endif
