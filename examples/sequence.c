/* The adding problem (Hochreiter and Schmidhuber, 1997): of a sequence of random numbers two are
 * marked, and at the end their sum is asked for. A guess of 1 has a mean square of 1/6; to do
 * better a net must remember over the whole length. A plain recurrent net, a GRU and an LSTM of the
 * same width learn it side by side, from new sequences all the time.
 *
 *     sequence [STEPS] [LENGTH]        default: 600 steps, 30 places */
#include <stdio.h>
#include <stdlib.h>

#include <tad/optim.h>
#include <tad/tad.h>

#include "show.h"

enum { BATCH = 64, WIDTH = 32, NETS = 3, MOST = 1000 };

typedef struct student {
    const char *name;
    tad_net *net;
    tad_optim *optim;
    double loss; /* a running mean */
} student;

typedef tad_status add_layer(tad_net *net, const char *name, int64_t in, int64_t width,
                             const tad_recurrent_options *options);

static student student_of(tad_tape *t, const char *name, add_layer *add) {
    tad_net *net = tad_net_new(t, TAD_F32);
    add(net, "cell", 2, WIDTH, &(tad_recurrent_options){.last = true});
    tad_net_affine(net, "sum", WIDTH, 1, NULL);
    tad_adam_options o = tad_adam_defaults();
    o.clip.norm = 1; /* errors may grow along the sequence */
    return (student){name, net, tad_adam(tad_net_params(net), 0.005, &o), 1.0 / 6};
}

/* x (length,BATCH,2): a number and its mark; what is asked for: (BATCH,1). */
static void draw(tad_tape *t, tad_random *r, int64_t length, tad_var *x, tad_var *sum) {
    static float value[MOST][BATCH][2], wanted[BATCH];
    for (int b = 0; b < BATCH; b++) {
        for (int64_t i = 0; i < length; i++) {
            value[i][b][0] = (float)tad_random_uniform(r);
            value[i][b][1] = 0;
        }
        const uint64_t half = (uint64_t)length / 2;
        const uint64_t first = tad_random_below(r, half), second = half + tad_random_below(r, half);
        value[first][b][1] = value[second][b][1] = 1;
        wanted[b] = value[first][b][0] + value[second][b][0];
    }
    *x = tad_constant(t, TAD_F32, TAD_SHAPE(length, BATCH, 2), value);
    *sum = tad_constant(t, TAD_F32, TAD_SHAPE(BATCH, 1), wanted);
}

static tad_status learn(student *s, tad_var x, tad_var sum) {
    tad_var loss = tad_mse(tad_net_apply(s->net, x), sum, TAD_MEAN);
    tad_status status = tad_reverse(loss);
    s->loss += 0.02 * (tad_item(loss) - s->loss);
    return status == TAD_OK ? tad_optim_step(s->optim) : status;
}

int main(int argc, char **argv) {
    static const char usage[] = "sequence [STEPS] [LENGTH]\n"
                                "  default: 600 steps, 30 places, of 2 to 1000";
    int64_t steps = 600, length = 30;
    const option options[] = {{.whole = &steps, .least = 0, .most = 1e6},
                              {.whole = &length, .least = 2, .most = MOST}};
    if (!read_options(argc, argv, usage, options, 2)) return EXIT_FAILURE;
    tad_tape *t = tad_tape_new(&(tad_settings){.seed = 1});
    student all[NETS] = {student_of(t, "rnn", tad_net_rnn), student_of(t, "gru", tad_net_gru),
                         student_of(t, "lstm", tad_net_lstm)};
    const tad_mark mark = tad_tape_mark(t);
    tad_random random = {.seed = 3};
    tad_status s = tad_tape_status(t);
    printf("mean square of the error, %lld places; 0.1667 is a guess\n\n step", (long long)length);
    for (int k = 0; k < NETS; k++) printf("%9s", all[k].name);
    printf("\n");
    for (int i = 1; i <= (int)steps && s == TAD_OK; i++) {
        tad_var x, sum;
        draw(t, &random, length, &x, &sum);
        for (int k = 0; k < NETS && s == TAD_OK; k++) s = learn(&all[k], x, sum);
        if (s == TAD_OK) s = tad_tape_rewind(t, mark);
        if (i % 100) continue;
        printf("%5d", i);
        for (int k = 0; k < NETS; k++) printf("%9.4f", all[k].loss);
        printf("\n");
        fflush(stdout);
    }
    return finish(t, s);
}
