/* Programs as C, for check_c.py: what is recorded besides the samples of ops. Rests on
 * c_programs.h. */
#include "c_programs.h"

#include <stdio.h>
#include <string.h>

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
/* Of elements in their order, which is not that of memory. */
CALL(takes_of_turned, tad_take(tad_transpose(a, 0, 1), labels_of(a), tad_all()))
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
/* A group whose operands are a line for all and an element for each. */
CALL(lines, tad_tanh(tad_fma(tad_sub(a, tad_mean(a, tad_keepdims(tad_axis(1)))), b, b)))
/* Sums of what a group computes. */
CALL(tails_of_lines,
     tad_div(tad_mean(tad_square(tad_sub(a, b)), tad_axis(1)), tad_sum(tad_exp(a), tad_axis(1))))
CALL(tails, tad_div(tad_mean(tad_square(tad_sub(a, b)), tad_all()), tad_sum(tad_exp(a), tad_all())))

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
    {"takes_of_turned", OF(9, 7), NONE, takes_of_turned},
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
    {"lines", OF(13, 37), OF(37), lines},
    {"tails", OF(300, 41), OF(300, 41), tails},
    {"tails_long", OF(700, 1000), OF(700, 1000), tails},
    {"tails_of_lines", OF(300, 41), OF(300, 41), tails_of_lines},
    {"tails_of_long_lines", OF(20, 1000), OF(20, 1000), tails_of_lines},
    {"tails_of_short_lines", OF(1000, 10), OF(1000, 10), tails_of_lines},
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

void try_rows(void) {
    for (size_t k = 0; k < 2 * (sizeof long_cases / sizeof *long_cases); k++)
        try_long(&long_cases[k / 2], k % 2 ? TAD_F32 : TAD_F64);
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

/* The same few operations, turn by turn: one state alone, and several with results of two turns
 * ago.
 */
static tad_var recurrence(const tad_var *x, size_t n) {
    enum { TURNS = 200 };
    tad_var y = x[0], p = x[1], q = x[2], before = x[n - 1];
    for (int i = 0; i < TURNS; i++) y = tad_tanh(tad_fma(y, x[3], tad_mul(x[4], tad_number(0.3))));
    for (int i = 0; i < TURNS; i++) {
        const tad_var old = p;
        p = tad_add(tad_fnma(q, tad_number(0.2), before), tad_leaky_relu(tad_sin(p), 0.1));
        q = tad_div(tad_sub(q, tad_mul(p, y)), tad_add(tad_square(q), tad_number(2)));
        before = tad_mul(tad_add(tad_add(old, q), x[0]), tad_number(0.3));
    }
    return tad_add(p, tad_mul(q, y));
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
    {"loops", recurrence, 6, false},
    {"free_order", rosenbrock, 1000, true},
    {"free_order_list", chain, 700, true},
    {"free_order_loops", recurrence, 6, true},
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

void try_numbers(void) {
    for (size_t k = 0; k < sizeof number_cases / sizeof *number_cases; k++)
        try_program(number_cases[k].name, record_numbers, &number_cases[k],
                    &(tad_freeze_options){.roll_up = number_cases[k].roll_up});
}

/* ---- random numbers, and parameters that are read where they lie ---- */

static const void *elements(tad_dtype dtype, int64_t n, double from) {
    static double wide[2000];
    static float narrow[2000];
    for (int64_t i = 0; i < n; i++)
        narrow[i] = (float)(wide[i] = from + 0.37 * (double)(i % 11) - 1);
    return dtype == TAD_F64 ? (const void *)wide : narrow;
}

static tad_var add_input(graph *g, tad_dtype dtype, int64_t n, double from) {
    return g->in[g->n_in++] = tad_input(t, dtype, TAD_SHAPE(n), elements(dtype, n, from));
}

static tad_var add_param(graph *g, const char *name, tad_dtype dtype, tad_shape shape,
                         double from) {
    int64_t n = 1;
    for (int i = 0; i < shape.rank; i++) n *= shape.dim[i];
    return g->param[g->n_param++] =
               tad_name(tad_param(t, dtype, shape, elements(dtype, n, from)), name);
}

static void add_output(graph *g, tad_var y) { g->out[g->n_out++] = y; }

static void add_gradients(graph *g, tad_var y) {
    add_output(g, y);
    must(tad_grad(&y, NULL, 1, g->in, g->n_in, g->out + g->n_out), "gradients");
    g->n_out += g->n_in;
    must(tad_grad(&y, NULL, 1, g->param, g->n_param, g->out + g->n_out), "gradients");
    g->n_out += g->n_param;
}

/* All kinds of draws, some that nothing needs. */
static void draws(graph *g, tad_dtype dtype, double at) {
    tad_var x = add_input(g, dtype, 60, at), number = tad_randn(t, TAD_F64, TAD_0D);
    (void)tad_rand(t, dtype, TAD_SHAPE(5));
    tad_var noisy = tad_add(tad_mul(x, tad_randn(t, dtype, TAD_SHAPE(60))),
                            tad_rand(t, dtype, TAD_SHAPE(2, 60))),
            y = tad_sum(tad_dropout(noisy, 0.3), tad_all());
    add_gradients(g, y);
    add_output(g, tad_mul(number, tad_rand(t, TAD_F64, TAD_0D)));
    add_output(g, tad_rand(t, dtype, TAD_SHAPE(7)));
    g->draws = true;
}

/* A layer, its weights seen turned, a factor and an offset that are numbers, and dropout. */
static void net(graph *g, tad_dtype dtype, double at) {
    tad_var x = tad_reshape(add_input(g, dtype, 6 * 8, at), TAD_SHAPE(6, 8)),
            w = add_param(g, "w", dtype, TAD_SHAPE(8, 5), at), /* the first that is needed */
        v = add_param(g, "layer.weight", dtype, TAD_SHAPE(4, 5), at / 2),
            b = add_param(g, "w", dtype, TAD_SHAPE(4), 0.1),
            factor = add_param(g, "factor", TAD_F64, TAD_0D, at + 2),
            offset = add_param(g, "", TAD_F64, TAD_0D, at + 3);
    tad_var h = tad_dropout(tad_tanh(tad_matmul(x, w)), 0.25), y = tad_linear(h, v, b),
            loss = tad_mean(tad_square(y), tad_all());
    add_gradients(g, tad_add(tad_mul(factor, tad_cast(loss, TAD_F64)), offset));
    add_output(g, w); /* a parameter as it is */
    g->param_named = g->draws = true;
}

typedef struct other_case {
    const char *name;
    void (*record)(graph *g, tad_dtype dtype, double at);
} other_case;
static const other_case other_cases[] = {{"draws", draws}, {"net", net}};

typedef struct typed_other {
    const other_case *c;
    tad_dtype dtype;
} typed_other;

static void record_other(const void *what, int point, graph *g) {
    const typed_other *o = what;
    /* from there on the fourth of the last uniform numbers of `draws` is so close to 1 that, as
     * float32, it would be 1 if it were rounded */
    tad_tape_set_random(t, (tad_random){(uint64_t)point + 5, (uint64_t)point * 15643144});
    *g = (graph){.named = true, .random = tad_tape_random(t)};
    o->c->record(g, o->dtype, point ? 0.4 : 0.3);
    must(tad_tape_status(t), o->c->name);
}

static void try_other(const other_case *c, tad_dtype dtype) {
    char name[80];
    snprintf(name, sizeof name, "%s_%s", c->name, dtype == TAD_F64 ? "f64" : "f32");
    try_program(name, record_other, &(typed_other){c, dtype},
                &(tad_freeze_options){.allow_constant_outputs = true});
}

/* ---- maps ---- */

enum { MAP_EACH = 2, MAP_SHARED = 3 };

/* Functions, a list, choices, other types, a decision, a constant of every kind. */
static tad_var mapped(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    const tad_var x = in[0], y = in[1], *w = in + MAP_EACH;
    (void)n, (void)user;
    tad_var yes = tad_constant(tape, TAD_BOOL, TAD_0D, &(uint8_t){1}),
            less = tad_logical_and(yes, tad_less(x, tad_mul(y, w[0]))),
            z = tad_dot_list((tad_var[]){x, y, w[0]}, w, 3, tad_exp(tad_neg(tad_square(y))));
    if (tad_decide(tad_greater(z, tad_number(-1e9)))) z = tad_where(less, tad_tanh(z), tad_sin(x));
    z = tad_add(z, tad_cast(tad_cast(tad_mul(x, w[1]), TAD_F32), TAD_F64));
    z = tad_sub(z, tad_pow_scalar(tad_sigmoid(w[2]), 1.5));
    return tad_sum_list((tad_var[]){z, tad_cast(less, TAD_F64), tad_softplus(tad_sub(y, z), 2)}, 3);
}

/* Values, gradients by what each point has and by what all share, which are sums; and those of a
 * view, whose elements do not lie side by side. */
static void record_map(const void *mapping, int point, graph *g) {
    tad_mapping *m = (tad_mapping *)(uintptr_t)mapping;
    const int64_t n = 1003;
    const double at = point ? 0.4 : 0.3;
    *g = (graph){.named = true};
    tad_var pair = add_input(g, TAD_F64, 2 * 900, at),
            each[MAP_EACH] = {add_input(g, TAD_F64, n, at), add_input(g, TAD_F64, n, at + 1)};
    for (int k = 0; k < MAP_SHARED; k++) g->in[g->n_in++] = tad_scalar(t, at * (k + 1));
    const tad_var *shared = g->in + g->n_in - MAP_SHARED;
    tad_var values = tad_map(m, each, MAP_EACH, shared, MAP_SHARED), seen[MAP_EACH];
    for (int64_t k = 0; k < MAP_EACH; k++) seen[k] = tad_slice(pair, 0, k, TAD_END, 2);
    tad_var others = tad_map(m, seen, MAP_EACH, shared, MAP_SHARED);
    add_output(g, others);
    add_gradients(g, tad_add(tad_sum(tad_mul(values, values), tad_all()),
                             tad_sum(tad_sin(others), tad_all())));
    add_output(g, values);
    must(tad_tape_status(t), "map");
}

static void try_maps(void) {
    tad_mapping *m = tad_mapping_new(mapped, NULL, NULL);
    try_program("map", record_map, m, &(tad_freeze_options){.allow_constant_outputs = true});
    tad_tape_reset(t);
    tad_mapping_free(m);
}

/* Many numbers, which are rolled up, with numbers as parameters and random ones among them. */
static void record_noise(const void *what, int point, graph *g) {
    enum { N = 300, PARAMETERS = 3 };
    (void)what;
    tad_tape_set_random(t, (tad_random){(uint64_t)point + 9, 0});
    *g = (graph){.n_in = N, .random = tad_tape_random(t), .draws = true};
    for (size_t i = 0; i < N; i++) g->in[i] = tad_scalar(t, 0.01 * (double)i + point);
    for (int k = 0; k < PARAMETERS; k++) (void)add_param(g, "", TAD_F64, TAD_0D, k + point);
    tad_var sum = tad_number(0);
    for (size_t i = 0; i < N; i++) {
        tad_var noise = i % 10 ? tad_number(1) : tad_randn(t, TAD_F64, TAD_0D);
        sum = tad_add(sum, tad_mul(tad_sin(tad_mul(g->in[i], g->param[i % PARAMETERS])), noise));
    }
    add_gradients(g, sum);
}

void try_others(void) {
    for (size_t k = 0; k < 2 * (sizeof other_cases / sizeof *other_cases); k++)
        try_other(&other_cases[k / 2], k % 2 ? TAD_F32 : TAD_F64);
    try_program("noise", record_noise, NULL, &(tad_freeze_options){0});
    try_maps();
}
