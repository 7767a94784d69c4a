/* A variational autoencoder (Kingma and Welling, 2013) on the shipped digits.
 *
 * The encoder says where in a plane an image lies, as a normal distribution; a point is drawn from
 * it by scaling and shifting a standard one, so that the draw has gradients; the decoder says how
 * dark each pixel is. What is learned is a bound of the likelihood: how well pixels are told, and
 * how far the distributions are from the standard one, both in nats. In the end it draws what lies
 * at points all over the plane.
 *
 *     vae [EPOCHS]        default: 200 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <tad/data.h>
#include <tad/optim.h>
#include <tad/tad.h>

#include "show.h"
#include "small_digits.h"

enum { PIXELS = 64, SIDE = 8, PLANE = 2, HIDDEN = 128, BATCH = 100 };

typedef struct vae {
    tad_tape *tape;
    tad_net *encoder, *decoder; /* to mean and log variance of each coordinate; to logits */
    tad_dict *params;
} vae;

static bool make(vae *v, tad_tape *t) {
    const tad_mlp_options tanh = {.dtype = TAD_F32, .hidden = tad_tanh};
    *v = (vae){.tape = t, .params = tad_dict_new(t)};
    v->encoder = tad_mlp(t, (int64_t[]){PIXELS, HIDDEN, 2 * PLANE}, 3, &tanh);
    v->decoder = tad_mlp(t, (int64_t[]){PLANE, HIDDEN, PIXELS}, 3, &tanh);
    tad_dict_merge(v->params, tad_net_params(v->encoder), "encoder");
    return tad_dict_merge(v->params, tad_net_params(v->decoder), "decoder") == TAD_OK;
}

/* Mean and log variance of each image's distribution. */
static void encode(const vae *v, tad_var x, tad_var *mean, tad_var *log_variance) {
    tad_var code = tad_net_apply(v->encoder, x);
    *mean = tad_slice(code, 1, 0, PLANE, 1);
    *log_variance = tad_slice(code, 1, PLANE, 2 * PLANE, 1);
}

/* Of an image, on the average: nats that are lost by the pixels, and by the plane. */
static tad_var loss_of(const vae *v, tad_var x, double *pixels, double *plane) {
    const double images = (double)tad_shape_of(x).dim[0];
    tad_var mean, log_variance;
    encode(v, x, &mean, &log_variance);
    tad_var drawn = tad_randn(v->tape, TAD_F32, tad_shape_of(mean));
    tad_var z = tad_add(mean, tad_mul(tad_exp(tad_mul(log_variance, tad_number(0.5))), drawn));
    tad_var told =
        tad_bce_with_logits(tad_net_apply(v->decoder, z), x, tad_none(), tad_none(), TAD_SUM);
    /* KL of N(mean, variance) from N(0, 1): (mean^2 + variance - 1 - log variance) / 2 */
    tad_var apart = tad_sub(tad_add(tad_square(mean), tad_exp(log_variance)),
                            tad_add(log_variance, tad_number(1)));
    apart = tad_mul(tad_sum(apart, tad_all()), tad_number(0.5));
    *pixels += tad_item(told);
    *plane += tad_item(apart);
    return tad_mul(tad_add(told, apart), tad_number(1 / images));
}

/* Sums over one epoch; optim NULL: looks only. */
static tad_status epoch(const vae *v, tad_batches *batches, tad_optim *optim, double *pixels,
                        double *plane) {
    const tad_mark mark = tad_tape_mark(v->tape);
    tad_status s = TAD_OK;
    tad_var x;
    *pixels = *plane = 0;
    while (s == TAD_OK && tad_batches_next(batches, &x, NULL)) {
        tad_var loss = loss_of(v, x, pixels, plane);
        if (optim) s = tad_reverse(loss);
        if (optim && s == TAD_OK) s = tad_optim_step(optim);
        if (s == TAD_OK) s = tad_tape_rewind(v->tape, mark);
    }
    *pixels /= (double)tad_batches_count(batches);
    *plane /= (double)tad_batches_count(batches);
    return s == TAD_OK ? tad_tape_status(v->tape) : s;
}

/* ---- pictures ---- */

static char shade(double dark) { return " .:-=+*#%@"[(int)(dark * 9.99)]; }

/* Images of points of the plane, from -1.5 to 1.5 each way. */
static tad_status draw(const vae *v) {
    enum { ROWS = 4, COLUMNS = 8 };
    const tad_mark mark = tad_tape_mark(v->tape);
    double z[ROWS * COLUMNS][PLANE];
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        z[i][0] = -1.5 + 3.0 * (i % COLUMNS) / (COLUMNS - 1);
        z[i][1] = 1.5 - 3.0 * (i / COLUMNS) / (ROWS - 1);
    }
    tad_var at = tad_constant_from(v->tape, TAD_F32, TAD_SHAPE(ROWS * COLUMNS, PLANE), &z[0][0]);
    const float *dark = tad_data(tad_sigmoid(tad_net_apply(v->decoder, at)));
    for (int row = 0; dark && row < ROWS * SIDE; row++) {
        for (int i = 0; i < COLUMNS; i++) {
            const int image = row / SIDE * COLUMNS + i;
            for (int k = 0; k < SIDE; k++)
                putchar(shade((double)dark[image * PIXELS + row % SIDE * SIDE + k]));
            putchar(' ');
        }
        putchar('\n');
    }
    return tad_tape_rewind(v->tape, mark);
}

int main(int argc, char **argv) {
    int64_t epochs = 200;
    const option options[] = {{.whole = &epochs, .least = 0, .most = 1e6}};
    if (!read_options(argc, argv, "vae [EPOCHS]\n  default: 200", options, 1)) return EXIT_FAILURE;
    tad_tape *t = tad_tape_new(&(tad_settings){.seed = 1});
    tad_dataset rest, held_out;
    vae v;
    tad_status s = load_small_digits(t, DATA_FOLDER, &rest, &held_out);
    if (s != TAD_OK || !make(&v, t)) return finish(t, s);
    const tad_batch_options f32 = {.dtype = TAD_F32};
    tad_batches *train = tad_batches_new(t, &rest, BATCH, &f32),
                *test = tad_batches_new(t, &held_out, BATCH, &f32);
    tad_optim *adam = tad_adam(v.params, 0.005, NULL);
    for (int i = 0; i <= (int)epochs && s == TAD_OK; i++) {
        double pixels, plane;
        if (i > 0) s = epoch(&v, train, adam, &pixels, &plane);
        if (s == TAD_OK && i % 40 == 0) {
            s = epoch(&v, test, NULL, &pixels, &plane);
            printf("epoch %3d  held out: %.2f nats = %.2f for the pixels + %.2f for the plane\n", i,
                   pixels + plane, pixels, plane);
        }
    }
    printf("\n");
    if (s == TAD_OK) s = draw(&v);
    return finish(t, s);
}
