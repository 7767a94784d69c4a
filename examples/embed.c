/* A training step for a machine without an operating system: forward, backward and the update of a
 * small net, frozen, and written as one file of C that needs no library and takes no memory but
 * what it is given.
 *
 *   embed          prints the header of that file
 *   embed FOLDER   writes train_step.c and train_step.h there; compile with, say,
 *                  cc -std=c99 -ffreestanding -ffp-contract=off -Os -c train_step.c
 *                  and main.c, which takes a step and compares it with the tape's, bit for bit
 */
#include "show.h"

enum { BATCH = 8, PIXELS = 64, HIDDEN = 16, CLASSES = 10, INPUTS = 6, OUTPUTS = 5 };
static const double rate = 0.1;
static const char *const input_name[INPUTS] = {"images", "labels", "w1", "b1", "w2", "b2"};
static const char *const *const weight = input_name + 2;

/* ---- the step ---- */

/* With some values, to be compared with: a step at other values is the same step. */
static void make_inputs(tad_tape *t, tad_var *in) {
    const tad_shape shape[INPUTS] = {TAD_SHAPE(BATCH, PIXELS),   TAD_SHAPE(BATCH),
                                     TAD_SHAPE(PIXELS, HIDDEN),  TAD_SHAPE(HIDDEN),
                                     TAD_SHAPE(HIDDEN, CLASSES), TAD_SHAPE(CLASSES)};
    const int64_t labels[BATCH] = {3, 1, 4, 1, 5, 9, 2, 6};
    tad_var drawn[INPUTS];
    for (int k = 0; k < INPUTS; k++) drawn[k] = tad_randn(t, TAD_F32, shape[k]);
    for (int k = 0; k < INPUTS; k++) {
        in[k] = k == 1 ? tad_constant(t, TAD_I64, shape[k], labels)
                       : tad_input(t, TAD_F32, shape[k], tad_data(drawn[k]));
        in[k] = tad_name(in[k], input_name[k]);
    }
}

/* The loss, and the weights after a step of gradient descent. */
static tad_status step(const tad_var *in, tad_var *out) {
    const tad_var *w = in + 2;
    tad_var hidden = tad_relu(tad_affine(in[0], w[0], w[1])),
            loss = tad_cross_entropy(tad_affine(hidden, w[2], w[3]), in[1], NULL), slope[4];
    const tad_status s = tad_grad(&loss, NULL, 1, w, 4, slope);
    if (s != TAD_OK) return s;
    out[0] = tad_name(loss, "loss");
    for (int k = 0; k < 4; k++)
        out[k + 1] = tad_name(tad_sub(w[k], tad_mul(tad_number(rate), slope[k])), weight[k]);
    return TAD_OK;
}

/* ---- its files ---- */

typedef tad_status text(const tad_program *, const tad_c_options *, tad_sink *, void *);

static FILE *file_of(const char *folder, const char *name) {
    char path[500];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    printf("%s%s\n", path, f ? "" : " cannot be written");
    return f;
}

static bool write_text(const tad_program *p, const char *folder, const char *name, text *put) {
    char message[300] = "";
    FILE *f = file_of(folder, name);
    const tad_c_options o = {
        .name = "train_step", .message = message, .message_size = sizeof message};
    bool good = f && put(p, &o, tad_file_sink, f) == TAD_OK;
    if (f) good = fclose(f) == 0 && good;
    if (!good) printf("%s\n", message);
    return good;
}

/* In hexadecimal: exact. */
static void put_elements(FILE *f, const char *prefix, const char *name, tad_var v) {
    const bool integers = tad_dtype_of(v) == TAD_I64;
    fprintf(f, "static const %s %s_%s[] = {", integers ? "int64_t" : "float", prefix, name);
    for (int64_t i = 0; i < tad_size_of(v); i++)
        if (integers)
            fprintf(f, "%lld, ", (long long)((const int64_t *)tad_data(v))[i]);
        else
            fprintf(f, "%s%af, ", i % 6 ? "" : "\n    ", (double)((const float *)tad_data(v))[i]);
    fprintf(f, "};\n");
}

static bool write_main(const char *folder, const tad_var *in, const tad_var *out) {
    FILE *f = file_of(folder, "main.c");
    if (!f) return false;
    fprintf(f, "#include <stdio.h>\n#include <string.h>\n#include \"train_step.h\"\n\n");
    for (int k = 0; k < INPUTS; k++) put_elements(f, "in", input_name[k], in[k]);
    for (int k = 0; k < OUTPUTS; k++) put_elements(f, "right", k ? weight[k - 1] : "loss", out[k]);
    for (int k = 0; k < OUTPUTS; k++)
        fprintf(f, "static float out_%s[%lld];\n", k ? weight[k - 1] : "loss",
                (long long)tad_size_of(out[k]));
    fprintf(f, "static double work[train_step_WORK / sizeof(double) + 1];\n\nint main(void) {\n"
               "    int same = train_step(");
    for (int k = 0; k < INPUTS; k++) fprintf(f, "in_%s, ", input_name[k]);
    for (int k = 0; k < OUTPUTS; k++) fprintf(f, "out_%s, ", k ? weight[k - 1] : "loss");
    fprintf(f, "work) == 0;\n");
    for (int k = 0; k < OUTPUTS; k++) {
        const char *name = k ? weight[k - 1] : "loss";
        fprintf(f, "    same = same && !memcmp(out_%s, right_%s, sizeof out_%s);\n", name, name,
                name);
    }
    fprintf(f, "    printf(\"loss %%.6f, %%s\\n\", (double)out_loss[0],\n"
               "        same ? \"the tape's bits\" : \"other bits than the tape's\");\n"
               "    return !same;\n}\n");
    return fclose(f) == 0;
}

static const char usage[] =
    "embed [FOLDER]\n"
    "  writes train_step.c and train_step.h to FOLDER, else prints the header";

int main(int argc, char **argv) {
    const char *folder = NULL;
    const option options[] = {{.text = &folder}};
    if (!read_options(argc, argv, usage, options, 1)) return EXIT_FAILURE;
    tad_tape *t = tad_tape_new(&(tad_settings){.level = TAD_LEVEL_BASE}); /* as C text computes */
    tad_var in[INPUTS] = {{0}}, out[OUTPUTS] = {{0}};
    tad_program *p;
    make_inputs(t, in);
    if (step(in, out) != TAD_OK || tad_freeze(in, INPUTS, out, OUTPUTS, NULL, &p) != TAD_OK) {
        printf("%s\n", tad_message(t));
        return 1;
    }
    bool good;
    if (folder)
        good = write_text(p, folder, "train_step.c", tad_program_c) &&
               write_text(p, folder, "train_step.h", tad_program_c_header) &&
               write_main(folder, in, out);
    else
        good = tad_program_c_header(p, &(tad_c_options){.name = "train_step"}, tad_file_sink,
                                    stdout) == TAD_OK;
    tad_program_free(p);
    tad_tape_free(t);
    return good ? 0 : 1;
}
