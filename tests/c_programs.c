/* Programs as C, for check_c.py: writes into a folder, for every op with its samples and for some
 * functions of numbers and nets, NAME.c and NAME.h, the inputs and what the tape makes of them at
 * level base (NAME.bin), and main.c, which compares. Usage: c_programs FOLDER [NAME...]; c_programs
 * "?" lists the names: of ops, and of what else there is. */
#include "c_programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tad/gradcheck.h>

tad_tape *t;
static const char *folder;
static FILE *main_c;
static int written, refused;

static void fail(const char *what, const char *message) {
    fprintf(stderr, "%s: %s\n", what, message);
    exit(2);
}

void must(tad_status s, const char *what) {
    if (s != TAD_OK) fail(what, tad_message(t));
}

static FILE *file_of(const char *name, const char *ending) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s%s", folder, name, ending);
    FILE *f = fopen(path, "wb");
    if (!f) fail(path, "cannot be written");
    return f;
}

/* ---- files of a program ---- */

static bool write_text(const tad_program *p, const char *name) {
    char message[300] = "";
    const tad_c_options options = {
        .name = name, .message = message, .message_size = sizeof message};
    FILE *c = file_of(name, ".c"), *h = file_of(name, ".h");
    const tad_status s = tad_program_c(p, &options, tad_file_sink, c),
                     s2 = tad_program_c_header(p, &options, tad_file_sink, h);
    fclose(c);
    fclose(h);
    if (s == TAD_OK && s2 == TAD_OK) return true;
    printf("not ok - %s: %s\n", name, message);
    refused++;
    return false;
}

static size_t bytes_of(tad_var v) {
    return (size_t)tad_size_of(v) * tad_dtype_size(tad_dtype_of(v));
}

/* How long they are, behind `count` others; how many that makes. Numbers without names are one. */
static size_t add_sizes(uint64_t *sizes, size_t count, const tad_var *v, size_t n, bool named) {
    const size_t first = count;
    for (size_t k = 0; k < n; k++)
        if (named || count == first)
            sizes[count++] = bytes_of(v[k]);
        else
            sizes[first] += bytes_of(v[k]);
    return count;
}

static void put_sizes(FILE *to, const uint64_t *sizes, uint64_t count) {
    fwrite(&count, sizeof count, 1, to);
    fwrite(sizes, sizeof *sizes, count, to);
}

static void put_elements(FILE *to, const tad_var *v, size_t n) {
    for (size_t k = 0; k < n; k++)
        if (bytes_of(v[k])) fwrite(tad_data(v[k]), 1, bytes_of(v[k]), to);
}

/* A function that calls the program's; random numbers begin where the tape's did, and must end
 * where these do. */
static void write_call(const graph *g, const char *name, size_t n_in, size_t n_out) {
    const unsigned long long seed = g->random.seed, before = g->random.drawn,
                             after = tad_tape_random(t).drawn;
    fprintf(
        main_c,
        "#include \"%s.h\"\nstatic int run_%s(void *const *in, void *const *out, void *work) {\n"
        "    (void)in;\n    uint64_t random[2] = {%llu, %llu};\n    const int status = %s(",
        name, name, seed, before, name);
    for (size_t k = 0; k < n_in; k++) fprintf(main_c, "in[%zu], ", k);
    for (size_t k = 0; k < n_out; k++) fprintf(main_c, "out[%zu], ", k);
    fprintf(main_c, "%swork);\n    return status ? status : 100 * (random[1] != %llu);\n}\n",
            g->draws ? "random, " : "", g->draws ? after : before);
}

static void write_case(const graph *g, const char *name) {
    static uint64_t in[MOST], out[MOST];
    FILE *to = file_of(name, ".bin");
    size_t n_in = add_sizes(in, 0, g->in, g->n_in, g->named),
           n_out = add_sizes(out, 0, g->out, g->n_out, g->named);
    n_in = add_sizes(in, n_in, g->param, g->n_param, g->param_named);
    put_sizes(to, in, n_in);
    put_sizes(to, out, n_out);
    put_elements(to, g->in, g->n_in);
    put_elements(to, g->param, g->n_param);
    put_elements(to, g->out, g->n_out);
    fclose(to);
    write_call(g, name, n_in, n_out);
    written++;
}

static tad_program *frozen(graph *g, const tad_freeze_options *options, const char *name) {
    tad_program *p;
    for (size_t k = 0; k < g->n_in + g->n_out && g->named; k++) {
        char text[30];
        snprintf(text, sizeof text, "x%zu", k);
        (void)tad_name(k < g->n_in ? g->in[k] : g->out[k - g->n_in], text);
    }
    must(tad_freeze(g->in, g->n_in, g->out, g->n_out, options, &p), name);
    return p;
}

/* What the program gives: with roll_up not the tape's bits. */
static void run_beside(const tad_program *p, graph *g, const char *name) {
    static double in[MOST], out[MOST];
    tad_workspace *w = tad_workspace_new(p);
    for (size_t k = 0; k < g->n_in; k++) in[k] = tad_item(g->in[k]);
    if (!w || tad_bind_numbers_in(w, 0, g->n_in, in) != TAD_OK ||
        tad_bind_numbers_out(w, 0, g->n_out, out) != TAD_OK || tad_run(w) != TAD_OK)
        fail(name, "does not run");
    for (size_t k = 0; k < g->n_out; k++) g->out[k] = tad_scalar(t, out[k]);
    tad_workspace_free(w);
}

void try_program(const char *name, recorder *record, const void *what,
                 const tad_freeze_options *options) {
    static graph g;
    tad_tape_reset(t);
    record(what, 0, &g);
    tad_program *p = frozen(&g, options, name);
    if (write_text(p, name)) {
        tad_tape_reset(t);
        record(what, 1, &g);
        if (options->roll_up) run_beside(p, &g, name);
        write_case(&g, name);
    }
    tad_program_free(p);
}

/* ---- ops ---- */

static bool is_float(tad_var v) { return tad_dtype_of(v) == TAD_F64 || tad_dtype_of(v) == TAD_F32; }

/* The results of a sample, and what they give their operands where they are cotangents themselves.
 */
static void record_sample(const tad_op *op, const tad_sample *s, uint64_t seed, graph *g) {
    enum { OPERANDS = 16 };
    tad_var in[OPERANDS] = {{0}}, x[OPERANDS], y[TAD_MAX_OUTPUTS];
    size_t n = 0, m = 0, first = g->n_out;
    for (size_t i = 0; i < s->n; i++) {
        in[i] = tad_sample_fill(t, &s->in[i], seed + i);
        if (s->in[i].absent) continue;
        if (is_float(in[i]) && !s->in[i].constant)
            x[n++] = in[i] =
                tad_input(t, tad_dtype_of(in[i]), tad_shape_of(in[i]), tad_data(in[i]));
        g->in[g->n_in++] = in[i];
    }
    tad_var out[TAD_MAX_OUTPUTS]; /* nil beyond those that there are */
    (void)tad_apply(op, in, s->n, s->options, out, TAD_MAX_OUTPUTS);
    for (size_t k = 0; k < TAD_MAX_OUTPUTS && !tad_is_nil(out[k]); k++) g->out[g->n_out++] = out[k];
    must(tad_tape_status(t), op->name);
    for (size_t k = first; k < g->n_out; k++)
        if (tad_node_needs_gradient(g->out[k]) && is_float(g->out[k])) y[m++] = g->out[k];
    if (!n || !m) return;
    must(tad_grad(y, y, m, x, n, g->out + g->n_out), op->name);
    g->n_out += n;
}

static void record_op(const void *what, int point, graph *g) {
    const tad_op *op = what;
    const bool other = point && !(op->flags & TAD_OP_LOOKS); /* shapes may follow from elements */
    tad_sample_room room;
    *g = (graph){.named = true};
    for (size_t i = 0; i < tad_sample_count(op); i++)
        if (tad_sample_at(op, i, &room))
            record_sample(op, &room.sample, (other ? 7 : 1) + 100 * i, g);
}

static void try_op(const tad_op *op) {
    char name[80];
    snprintf(name, sizeof name, "op_%s", op->name);
    try_program(name, record_op, op, &(tad_freeze_options){.allow_constant_outputs = true});
}

/* ---- main ---- */

static bool is_asked_for(const char *name, char **names, int n) {
    bool asked = n == 0;
    for (int k = 0; k < n; k++) asked |= strcmp(names[k], name) == 0;
    return asked;
}

static const struct {
    const char *name;
    void (*try)(void);
} others[] = {{"long", try_rows}, {"numbers", try_numbers}, {"others", try_others}};
enum { OTHERS = sizeof others / sizeof *others };

static int list_names(void) {
    for (size_t k = 0; k < tad_op_count(); k++) puts(tad_op_at(k)->name);
    for (size_t k = 0; k < OTHERS; k++) puts(others[k].name);
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 2) fail("usage", "c_programs FOLDER [NAME...]");
    if (strcmp(argv[1], "?") == 0) return list_names();
    folder = argv[1];
    t = tad_tape_new(&(tad_settings){.level = TAD_LEVEL_BASE});
    if (!t) fail("tape", "no memory");
    main_c = file_of("main", ".c");
    for (size_t k = 0; k < tad_op_count(); k++)
        if (is_asked_for(tad_op_at(k)->name, argv + 2, argc - 2)) try_op(tad_op_at(k));
    for (size_t k = 0; k < OTHERS; k++)
        if (is_asked_for(others[k].name, argv + 2, argc - 2)) others[k].try();
    fclose(main_c);
    tad_tape_free(t);
    printf("%d written, %d refused\n", written, refused);
    return refused > 0;
}
