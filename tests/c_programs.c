/* Programs as C, for check_c.py: writes into a folder, for every op with its samples and for some
 * functions of numbers and nets, NAME.c and NAME.h, the inputs and what the tape makes of them at
 * level base (NAME.bin), and main.c, which compares. Usage: c_programs FOLDER [OP...] */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tad/gradcheck.h>
#include <tad/tad.h>

enum { MOST = 4000 };

typedef struct graph {
    tad_var in[MOST], out[MOST];
    size_t n_in, n_out;
    bool named; /* each has a parameter of its own */
} graph;

static tad_tape *t;
static const char *folder;
static FILE *main_c;
static int written, refused;

static void fail(const char *what, const char *message) {
    fprintf(stderr, "%s: %s\n", what, message);
    exit(2);
}

static void must(tad_status s, const char *what) {
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

/* How many there are and how long they are; then all. Numbers without names are one. */
static size_t put_sizes(FILE *to, const tad_var *v, size_t n, bool named) {
    uint64_t sizes[MOST], count = 0;
    for (size_t k = 0; k < n; k++)
        if (named || !count)
            sizes[count++] = bytes_of(v[k]);
        else
            sizes[0] += bytes_of(v[k]);
    fwrite(&count, sizeof count, 1, to);
    fwrite(sizes, sizeof *sizes, count, to);
    return count;
}

static void put_elements(FILE *to, const tad_var *v, size_t n) {
    for (size_t k = 0; k < n; k++)
        if (bytes_of(v[k])) fwrite(tad_data(v[k]), 1, bytes_of(v[k]), to);
}

static void write_case(const graph *g, const char *name) {
    FILE *to = file_of(name, ".bin");
    const size_t n_in = put_sizes(to, g->in, g->n_in, g->named),
                 n_out = put_sizes(to, g->out, g->n_out, g->named);
    put_elements(to, g->in, g->n_in);
    put_elements(to, g->out, g->n_out);
    fclose(to);
    fprintf(
        main_c,
        "#include \"%s.h\"\nstatic int run_%s(void *const *in, void *const *out, void *work) {\n"
        "    (void)in;\n    return %s(",
        name, name, name);
    for (size_t k = 0; k < n_in; k++) fprintf(main_c, "in[%zu], ", k);
    for (size_t k = 0; k < n_out; k++) fprintf(main_c, "out[%zu], ", k);
    fprintf(main_c, "work);\n}\n");
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

/* ---- ops ---- */

static bool is_float(tad_var v) { return tad_dtype_of(v) == TAD_F64 || tad_dtype_of(v) == TAD_F32; }

static tad_var total(const tad_var *y, size_t n) {
    tad_var sum = tad_scalar(t, 0);
    for (size_t k = 0; k < n; k++) {
        if (!is_float(y[k])) continue;
        tad_var z = tad_cast(y[k], TAD_F64);
        sum = tad_add(sum, tad_sum(tad_mul(z, z), tad_all()));
    }
    return sum;
}

/* The results of a sample, and the gradient of a total of them. */
static void record_sample(const tad_op *op, const tad_sample *s, uint64_t seed, graph *g) {
    enum { OPERANDS = 16 };
    tad_var in[OPERANDS] = {{0}}, x[OPERANDS], f;
    size_t n = 0, first = g->n_out;
    for (size_t i = 0; i < s->n; i++) {
        in[i] = tad_sample_fill(t, &s->in[i], seed + i);
        if (s->in[i].absent) continue;
        g->in[g->n_in++] = in[i];
        if (tad_node_needs_gradient(in[i])) x[n++] = in[i];
    }
    (void)tad_apply(op, in, s->n, s->options, g->out + first, op->n_out);
    g->n_out += op->n_out;
    must(tad_tape_status(t), op->name);
    if (!n || !tad_node_needs_gradient(g->out[first])) return;
    f = total(g->out + first, op->n_out);
    must(tad_grad(&f, NULL, 1, x, n, g->out + g->n_out), op->name);
    g->n_out += n;
}

static void record_op(const tad_op *op, uint64_t seed, graph *g) {
    tad_sample_room room;
    tad_tape_reset(t);
    *g = (graph){.named = true};
    for (size_t i = 0; i < tad_sample_count(op); i++)
        if (tad_sample_at(op, i, &room)) record_sample(op, &room.sample, seed + 100 * i, g);
}

static void try_op(const tad_op *op) {
    static graph g;
    char name[80];
    snprintf(name, sizeof name, "op_%s", op->name);
    record_op(op, 1, &g);
    tad_program *p = frozen(&g, &(tad_freeze_options){.allow_constant_outputs = true}, name);
    if (write_text(p, name)) {
        record_op(op, 7, &g);
        write_case(&g, name);
    }
    tad_program_free(p);
}

/* ---- numbers ---- */

static tad_var rosenbrock(const tad_var *x, size_t n) {
    tad_var sum = tad_number(0);
    for (size_t i = 0; i + 1 < n; i++) {
        tad_var a = tad_sub(tad_number(1), x[i]), b = tad_sub(x[i + 1], tad_square(x[i]));
        sum = tad_add(sum, tad_add(tad_square(a), tad_mul(tad_number(100), tad_square(b))));
    }
    return sum;
}

static tad_var chain(const tad_var *x, size_t n) {
    tad_var y = x[0];
    for (size_t i = 1; i < n; i++)
        y = tad_add(tad_sin(tad_mul(y, x[i])), tad_exp(tad_mul(tad_number(-0.1), tad_square(y))));
    return y;
}

/* A scalar net: rows of products, long and short sums. */
static tad_var perceptron(const tad_var *x, size_t n) {
    enum { WIDTH = 12 };
    tad_var h[WIDTH], k[WIDTH];
    for (size_t i = 0; i < WIDTH; i++) h[i] = x[i];
    for (size_t at = WIDTH; at + WIDTH * WIDTH <= n; at += WIDTH * WIDTH) {
        for (size_t i = 0; i < WIDTH; i++) {
            tad_var sum = tad_number(0.1);
            for (size_t j = 0; j < WIDTH; j++) sum = tad_fma(x[at + i * WIDTH + j], h[j], sum);
            k[i] = i % 2 ? tad_tanh(sum) : tad_softplus(sum, 1);
        }
        memcpy(h, k, sizeof h);
    }
    return tad_log(tad_sum_list(h, WIDTH));
}

typedef tad_var function(const tad_var *x, size_t n);

static void record_numbers(function *f, size_t n, double scale, graph *g) {
    tad_tape_reset(t);
    *g = (graph){.n_in = n};
    for (size_t i = 0; i < n; i++) g->in[i] = tad_scalar(t, scale * (double)(i % 7 + 1) / 7);
    g->out[g->n_out++] = f(g->in, n);
    must(tad_grad(g->out, NULL, 1, g->in, n, g->out + 1), "numbers");
    g->n_out += n;
}

static void try_numbers(const char *name, function *f, size_t n) {
    static graph g;
    record_numbers(f, n, 0.5, &g);
    tad_program *p = frozen(&g, NULL, name);
    if (write_text(p, name)) {
        record_numbers(f, n, 0.7, &g);
        write_case(&g, name);
    }
    tad_program_free(p);
}

/* ---- main ---- */

static bool is_asked_for(const char *name, char **names, int n) {
    bool asked = n == 0;
    for (int k = 0; k < n; k++) asked |= strcmp(names[k], name) == 0;
    return asked;
}

int main(int argc, char **argv) {
    if (argc < 2) fail("usage", "c_programs FOLDER [OP...]");
    folder = argv[1];
    t = tad_tape_new(&(tad_settings){.level = TAD_LEVEL_BASE});
    if (!t) fail("tape", "no memory");
    main_c = file_of("main", ".c");
    for (size_t k = 0; k < tad_op_count(); k++)
        if (is_asked_for(tad_op_at(k)->name, argv + 2, argc - 2)) try_op(tad_op_at(k));
    if (argc == 2) {
        try_numbers("few_numbers", rosenbrock, 10);
        try_numbers("numbers_in_functions", chain, 120);
        try_numbers("rolled_up", rosenbrock, 1000);
        try_numbers("rolled_up_list", chain, 700);
        try_numbers("rolled_up_net", perceptron, 12 + 5 * 144);
    }
    fclose(main_c);
    tad_tape_free(t);
    printf("%d written, %d refused\n", written, refused);
    return refused > 0;
}
