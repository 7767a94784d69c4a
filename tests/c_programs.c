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

/* Records what is to be tried, at one point (0) or another (1). */
typedef void recorder(const void *what, int point, graph *g);

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

/* Frozen at one point, it is run at the other. */
static void try_program(const char *name, recorder *record, const void *what,
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
    (void)tad_apply(op, in, s->n, s->options, g->out + first, op->n_out);
    g->n_out += op->n_out;
    must(tad_tape_status(t), op->name);
    for (size_t k = first; k < g->n_out; k++)
        if (tad_node_needs_gradient(g->out[k]) && is_float(g->out[k])) y[m++] = g->out[k];
    if (!n || !m) return;
    must(tad_grad(y, y, m, x, n, g->out + g->n_out), op->name);
    g->n_out += n;
}

static void record_op(const void *what, int point, graph *g) {
    const tad_op *op = what;
    tad_sample_room room;
    *g = (graph){.named = true};
    for (size_t i = 0; i < tad_sample_count(op); i++)
        if (tad_sample_at(op, i, &room))
            record_sample(op, &room.sample, (point ? 7 : 1) + 100 * i, g);
}

static void try_op(const tad_op *op) {
    char name[80];
    snprintf(name, sizeof name, "op_%s", op->name);
    try_program(name, record_op, op, &(tad_freeze_options){.allow_constant_outputs = true});
}

/* ---- long rows, many rows: samples are small, and orders of sums show only here ---- */

typedef struct long_case {
    const char *name;
    tad_shape a, b; /* rank -1: there is none */
    tad_var (*call)(tad_var a, tad_var b);
} long_case;

static tad_var labels_of(tad_var a) {
    int64_t label[2000];
    const int64_t n = tad_shape_of(a).dim[0], classes = tad_shape_of(a).dim[1];
    for (int64_t i = 0; i < n; i++) label[i] = (i * 7 + 3) % classes;
    return tad_constant(t, TAD_I64, TAD_SHAPE(n), label);
}

#define CALL(name, value)                                                                          \
    static tad_var name(tad_var a, tad_var b) {                                                    \
        (void)b;                                                                                   \
        return value;                                                                              \
    }
CALL(softmax_rows, tad_softmax(a, 1))
CALL(softmax_columns, tad_softmax(a, 0))
CALL(log_softmax_rows, tad_log_softmax(a, 1))
CALL(log_softmax_columns, tad_log_softmax(a, 0))
CALL(normal_rows,
     tad_layer_norm(a, tad_none(), tad_none(), TAD_SHAPE(tad_shape_of(a).dim[1]), 1e-5))
CALL(rms_rows, tad_rms_norm(a, tad_none(), TAD_SHAPE(tad_shape_of(a).dim[1]), 1e-5))
CALL(logsumexp_rows, tad_logsumexp(a, tad_axis(1)))
CALL(logsumexp_columns, tad_logsumexp(a, tad_axis(0)))
CALL(sum_rows, tad_sum(a, tad_axis(1)))
CALL(sum_columns, tad_mean(a, tad_axis(0)))
CALL(sum_all, tad_sum(tad_transpose(a, 0, 1), tad_all()))
CALL(largest_rows, tad_max(a, tad_axis(1), NULL))
CALL(largest_columns, tad_amax(a, tad_axis(0)))
/* Of elements that lie anyhow. */
CALL(place_of_all, tad_add(tad_cast(tad_argmax(tad_transpose(a, 0, 1), tad_all()), tad_dtype_of(a)),
                           tad_sum(a, tad_all())))
CALL(entropy, tad_cross_entropy(a, labels_of(a), NULL))
CALL(shares, tad_cross_entropy(a, tad_softmax(b, 1), NULL))
CALL(squares, tad_mse(a, b, TAD_MEAN))
CALL(absolute, tad_huber(a, b, 0.5, TAD_SUM))
CALL(divergence, tad_kl_div(tad_log_softmax(a, 1), tad_softmax(b, 1), false, TAD_SUM))
CALL(products, tad_matmul(a, b))
CALL(turned_products, tad_matmul(tad_transpose(a, 0, 1), b))
CALL(layers, tad_relu(tad_linear(a, b, tad_none())))
/* No one stride steps through what is multiplied. */
CALL(spread_layers, tad_affine(tad_transpose(a, 1, 2), b, tad_sum(b, tad_axis(0))))
CALL(spread_products, tad_affine(tad_transpose(a, 1, 2), b, tad_none()))

#define NONE                                                                                       \
    {                                                                                              \
        -1, {                                                                                      \
            0                                                                                      \
        }                                                                                          \
    }
#define OF(...)                                                                                    \
    {                                                                                              \
        sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), { __VA_ARGS__ }                        \
    }
static const long_case long_cases[] = {
    {"softmax_rows", OF(5, 777), NONE, softmax_rows},
    {"softmax_columns", OF(130, 70), NONE, softmax_columns},
    {"log_softmax_rows", OF(9, 301), NONE, log_softmax_rows},
    {"log_softmax_columns", OF(67, 40), NONE, log_softmax_columns},
    {"normal_rows", OF(6, 333), NONE, normal_rows},
    {"rms_rows", OF(7, 290), NONE, rms_rows},
    {"logsumexp_rows", OF(4, 517), NONE, logsumexp_rows},
    {"logsumexp_columns", OF(90, 33), NONE, logsumexp_columns},
    {"sum_rows", OF(3, 9001), NONE, sum_rows},
    {"sum_columns", OF(300, 41), NONE, sum_columns},
    {"sum_narrow", OF(700, 3), NONE, sum_columns},
    {"sum_all", OF(300, 301), NONE, sum_all},
    {"largest_rows", OF(11, 222), NONE, largest_rows},
    {"largest_columns", OF(101, 77), NONE, largest_columns},
    {"place_of_all", OF(11, 22), NONE, place_of_all},
    {"entropy", OF(37, 150), NONE, entropy},
    {"entropy_short", OF(900, 10), NONE, entropy},
    {"shares", OF(20, 90), OF(20, 90), shares},
    {"squares", OF(90, 1000), OF(90, 1000), squares},
    {"absolute", OF(300, 31), OF(300, 31), absolute},
    {"divergence", OF(30, 70), OF(30, 70), divergence},
    {"products", OF(37, 300), OF(300, 41), products},
    {"deep_products", OF(9, 2500), OF(2500, 30), products},
    {"row_products", OF(1, 700), OF(700, 60), products},
    {"column_products", OF(50, 2100), OF(2100, 1), products},
    {"turned_products", OF(90, 33), OF(90, 37), turned_products},
    {"layers", OF(40, 64), OF(33, 64), layers},
    {"spread_layers", OF(6, 4, 5), OF(20, 37), spread_layers},
    {"spread_products", OF(3, 9, 11), OF(99, 5), spread_products},
};

typedef struct typed_case {
    const long_case *c;
    tad_dtype dtype;
} typed_case;

static void record_long(const void *what, int point, graph *g) {
    const typed_case *typed = what;
    const long_case *c = typed->c;
    const tad_shape shape[2] = {c->a, c->b};
    tad_var drawn[2];
    tad_tape_set_random(t, (tad_random){(uint64_t)point + 1, 0});
    *g = (graph){.named = true};
    for (int k = 0; k < 2 && shape[k].rank >= 0; k++, g->n_in++)
        drawn[k] = tad_randn(t, typed->dtype, shape[k]); /* before the first input: not anew */
    for (size_t k = 0; k < g->n_in; k++)
        g->in[k] = tad_input(t, typed->dtype, shape[k], tad_data(drawn[k]));
    g->out[g->n_out++] = c->call(g->in[0], g->in[1]);
    must(tad_tape_status(t), c->name);
    must(tad_grad(g->out, g->out, 1, g->in, g->n_in, g->out + 1), c->name);
    g->n_out += g->n_in;
}

static void try_long(const long_case *c, tad_dtype dtype) {
    char name[80];
    snprintf(name, sizeof name, "long_%s_%s", c->name, dtype == TAD_F64 ? "f64" : "f32");
    try_program(name, record_long, &(typed_case){c, dtype},
                &(tad_freeze_options){.allow_constant_outputs = true});
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

/* Long sums: of products in a row, of one factor with many, of a row with a column, of a list. */
static tad_var sums(const tad_var *x, size_t n) {
    enum { SIDE = 40 };
    tad_var y = tad_number(0), z = tad_number(0);
    for (size_t i = 0; i < SIDE; i++) {
        tad_var row = tad_number(0), column = tad_number(0), far = tad_number(0);
        for (size_t k = 0; k < SIDE; k++) {
            row = tad_fma(x[i * SIDE + k], x[k], row);
            column = tad_fma(x[k * SIDE + i], x[i * SIDE + k], column);
            far = tad_fnma(x[(k * k * 7 + i) % n], x[(k * 13 + i * i) % n], far);
        }
        y = tad_add(y, tad_mul(row, tad_sin(column)));
        z = tad_add(z, tad_tanh(far));
    }
    return tad_mul(y, z);
}

typedef tad_var function(const tad_var *x, size_t n);

typedef struct number_case {
    const char *name;
    function *f;
    size_t n;
    bool roll_up;
} number_case;
static const number_case number_cases[] = {
    {"few_numbers", rosenbrock, 10, false},
    {"numbers_in_functions", chain, 120, false},
    {"rolled_up", rosenbrock, 1000, false},
    {"rolled_up_list", chain, 700, false},
    {"rolled_up_net", perceptron, 12 + 5 * 144, false},
    {"rolled_up_sums", sums, 1600, false},
    {"free_order", rosenbrock, 1000, true},
    {"free_order_list", chain, 700, true},
    {"free_order_net", perceptron, 12 + 5 * 144, true},
    {"free_order_sums", sums, 1600, true},
};

static void record_numbers(const void *what, int point, graph *g) {
    const number_case *c = what;
    *g = (graph){.n_in = c->n};
    for (size_t i = 0; i < c->n; i++)
        g->in[i] = tad_scalar(t, (point ? 0.7 : 0.5) * (double)(i % 7 + 1) / 7);
    g->out[g->n_out++] = c->f(g->in, c->n);
    must(tad_grad(g->out, NULL, 1, g->in, c->n, g->out + 1), "numbers");
    g->n_out += c->n;
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
    for (size_t k = 0; k < 2 * (sizeof long_cases / sizeof *long_cases); k++)
        if (is_asked_for("long", argv + 2, argc - 2))
            try_long(&long_cases[k / 2], k % 2 ? TAD_F32 : TAD_F64);
    for (size_t k = 0; k < sizeof number_cases / sizeof *number_cases; k++)
        if (is_asked_for("numbers", argv + 2, argc - 2))
            try_program(number_cases[k].name, record_numbers, &number_cases[k],
                        &(tad_freeze_options){.roll_up = number_cases[k].roll_up});
    fclose(main_c);
    tad_tape_free(t);
    printf("%d written, %d refused\n", written, refused);
    return refused > 0;
}
