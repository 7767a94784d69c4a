/* A training step for a machine without an operating system: forward, backward and the update of a
 * small net, frozen, and written as one file of C that needs no library and takes no memory but
 * what it is given.
 *
 *   embed          prints the header of that file
 *   embed FOLDER   writes train_step.c and train_step.h there; compile with, say,
 *                  cc -std=c99 -ffreestanding -ffp-contract=off -Os -c train_step.c
 */
#include "show.h"

enum { BATCH = 8, PIXELS = 64, HIDDEN = 16, CLASSES = 10, WEIGHTS = 4 };
static const double rate = 0.1;
static const char *const weight[WEIGHTS] = {"w1", "b1", "w2", "b2"};

static tad_var array(tad_tape *t, const char *name, tad_shape shape) {
    return tad_name(tad_input(t, TAD_F32, shape, NULL), name);
}

/* The loss, and the weights after a step of gradient descent. */
static void step(const tad_var *in, tad_var *out) {
    const tad_var *w = in + 2;
    tad_var hidden = tad_relu(tad_affine(in[0], w[0], w[1])),
            loss = tad_cross_entropy(tad_affine(hidden, w[2], w[3]), in[1], NULL), slope[WEIGHTS];
    if (tad_grad(&loss, NULL, 1, w, WEIGHTS, slope) != TAD_OK) return;
    out[0] = tad_name(loss, "loss");
    for (int k = 0; k < WEIGHTS; k++)
        out[k + 1] = tad_name(tad_sub(w[k], tad_mul(tad_number(rate), slope[k])), weight[k]);
}

static tad_status frozen(tad_tape *t, tad_program **p) {
    const tad_var in[] = {
        array(t, "images", TAD_SHAPE(BATCH, PIXELS)),
        tad_name(tad_constant(t, TAD_I64, TAD_SHAPE(BATCH), NULL), "labels"),
        array(t, weight[0], TAD_SHAPE(PIXELS, HIDDEN)),
        array(t, weight[1], TAD_SHAPE(HIDDEN)),
        array(t, weight[2], TAD_SHAPE(HIDDEN, CLASSES)),
        array(t, weight[3], TAD_SHAPE(CLASSES)),
    };
    tad_var out[WEIGHTS + 1] = {{0}};
    step(in, out);
    return tad_freeze(in, sizeof in / sizeof *in, out, WEIGHTS + 1, NULL, p);
}

static bool write(const tad_program *p, const char *folder, const char *ending,
                  tad_status (*text)(const tad_program *, const tad_c_options *, tad_sink *,
                                     void *)) {
    char path[500], message[300] = "";
    snprintf(path, sizeof path, "%s/train_step%s", folder, ending);
    FILE *f = fopen(path, "w");
    const tad_c_options o = {
        .name = "train_step", .message = message, .message_size = sizeof message};
    bool good = f && text(p, &o, tad_file_sink, f) == TAD_OK;
    if (f) good = fclose(f) == 0 && good;
    printf("%s: %s %s\n", path, good ? "written" : "not written", message);
    return good;
}

int main(int argc, char **argv) {
    tad_tape *t = tad_tape_new(NULL);
    tad_program *p;
    if (frozen(t, &p) != TAD_OK) {
        printf("%s\n", tad_message(t));
        return 1;
    }
    bool good = true;
    if (argc > 1)
        good =
            write(p, argv[1], ".c", tad_program_c) && write(p, argv[1], ".h", tad_program_c_header);
    else
        good = tad_program_c_header(p, &(tad_c_options){.name = "train_step"}, tad_file_sink,
                                    stdout) == TAD_OK;
    tad_program_free(p);
    tad_tape_free(t);
    return good ? 0 : 1;
}
