/* A sparse matrix of 1e6 rows, 5 entries each, times a vector, float64: the forward pass, and the
 * forward pass with the gradients of values and vector, beside loops by hand; columns near the
 * diagonal, as those of a mesh, and anywhere. A step of Adam on the rows of a table that a batch
 * uses, beside one on the whole table.
 *
 *   bench_sparse [--quick] [--rounds N] [NAME ...] */
#include "bench.h"

#include <tad/nn.h>
#include <tad/optim.h>
#include <tad/tad.h>

enum { N = 1000000, EACH = 5, ENTRIES = N * EACH };

typedef struct product {
    tad_tape *tape;
    tad_csr a;
    tad_var x, g;
    tad_mark mark;
    int64_t *starts, *columns;
    double *values, *vector, *cotangent; /* of the loops by hand, as their results */
    double *y, *of_values, *of_vector;
} product;

/* ---- by hand ---- */

static void forward_hand(void *arg) {
    const product *p = arg;
    for (int64_t i = 0; i < N; i++) {
        double sum = 0;
        for (int64_t e = p->starts[i]; e < p->starts[i + 1]; e++)
            sum += p->values[e] * p->vector[p->columns[e]];
        p->y[i] = sum;
    }
}

static void gradient_hand(void *arg) {
    const product *p = arg;
    forward_hand(arg);
    memset(p->of_vector, 0, N * sizeof(double));
    for (int64_t i = 0; i < N; i++)
        for (int64_t e = p->starts[i]; e < p->starts[i + 1]; e++) {
            p->of_values[e] = p->cotangent[i] * p->vector[p->columns[e]];
            p->of_vector[p->columns[e]] += p->cotangent[i] * p->values[e];
        }
}

/* ---- on the tape ---- */

static void forward_tad(void *arg) {
    product *p = arg;
    tad_csr_matmul(p->a, p->x);
    (void)tad_tape_rewind(p->tape, p->mark);
}

static void gradient_tad(void *arg) {
    product *p = arg;
    tad_var y = tad_csr_matmul(p->a, p->x);
    if (tad_reverse_from(&y, &p->g, 1) != TAD_OK) return;
    (void)tad_tape_rewind(p->tape, p->mark);
}

/* ---- making, checking ---- */

static double *numbers(size_t n, unsigned long long seed) {
    double *x = bench_memory(n * sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = bench_random(&seed);
    return x;
}

static void make_structure(product *p, bool near) {
    unsigned long long seed = 3;
    p->starts = bench_memory((N + 1) * sizeof *p->starts);
    p->columns = bench_memory(ENTRIES * sizeof *p->columns);
    for (int64_t i = 0; i <= N; i++) p->starts[i] = i * EACH;
    for (int64_t e = 0; e < ENTRIES; e++) {
        static const int64_t off[EACH] = {-1000, -1, 0, 1, 1000};
        const int64_t row = e / EACH, beside = (row + off[e % EACH] + N) % N;
        const double any = (bench_random(&seed) + 1) / 2 * N;
        p->columns[e] = near ? beside : any < N ? (int64_t)any : N - 1;
    }
}

static product make(bool near) {
    product p = {.tape = tad_tape_new(NULL),
                 .values = numbers(ENTRIES, 1),
                 .vector = numbers(N, 2),
                 .cotangent = numbers(N, 4),
                 .y = numbers(N, 5),
                 .of_values = numbers(ENTRIES, 6),
                 .of_vector = numbers(N, 7)};
    make_structure(&p, near);
    p.a = (tad_csr){tad_input_borrow(p.tape, TAD_F64, TAD_SHAPE(ENTRIES), p.values),
                    tad_borrow(p.tape, TAD_I64, TAD_SHAPE(N + 1), p.starts),
                    tad_borrow(p.tape, TAD_I64, TAD_SHAPE(ENTRIES), p.columns), N};
    p.x = tad_input_borrow(p.tape, TAD_F64, TAD_SHAPE(N), p.vector);
    p.g = tad_borrow(p.tape, TAD_F64, TAD_SHAPE(N), p.cotangent);
    p.mark = tad_tape_mark(p.tape);
    return p;
}

static void release(product *p) {
    tad_tape_free(p->tape);
    free(p->starts);
    free(p->columns);
    free(p->values);
    free(p->vector);
    free(p->cotangent);
    free(p->y);
    free(p->of_values);
    free(p->of_vector);
}

static void compare(const char *what, const double *by_hand, const void *got, size_t n) {
    const double *x = got;
    if (!x) bench_fail(what, "no value");
    for (size_t i = 0; i < n; i++)
        if (!(fabs(x[i] - by_hand[i]) <= 1e-12)) bench_fail(what, "the loop by hand differs");
}

static void check(product *p) {
    gradient_hand(p);
    tad_var y = tad_csr_matmul(p->a, p->x);
    compare("y", p->y, tad_data(y), N);
    if (tad_reverse_from(&y, &p->g, 1) != TAD_OK) bench_fail("sparse", tad_message(p->tape));
    compare("the values' gradient", p->of_values, tad_gradient_data(p->a.values), ENTRIES);
    compare("the vector's gradient", p->of_vector, tad_gradient_data(p->x), N);
    (void)tad_tape_rewind(p->tape, p->mark);
}

static void measure(const char *name, bool near, bool gradient, const bench_options *o) {
    product p = make(near);
    char by_hand[64];
    check(&p);
    bench_case c[] = {{.run = gradient ? gradient_tad : forward_tad, .arg = &p},
                      {.run = gradient ? gradient_hand : forward_hand, .arg = &p}};
    bench_measure(c, 2, o);
    snprintf(by_hand, sizeof by_hand, "%s_hand", name);
    bench_print(name, &c[0], 1e3, "ms", &c[1], "hand");
    bench_print(by_hand, &c[1], 1e3, "ms", &c[1], "hand");
    if (!gradient) bench_at_most(name, 1 / bench_ratio(&c[0], &c[1]), 1.1);
    if (tad_tape_status(p.tape) != TAD_OK) bench_fail(name, tad_message(p.tape));
    release(&p);
}

/* ---- a table of 100000 words, 32 numbers each, float32; a batch of 256 ---- */

enum { WORDS = 100000, WIDTH = 32, BATCH = 256 };

typedef struct training {
    tad_tape *tape;
    tad_var table;
    tad_optim *adam;
    tad_mark mark;
    int64_t words[BATCH];
} training;

static tad_var loss_of(tad_var x) { return tad_sum(tad_square(x), tad_all()); }

static void step_rows(void *arg) {
    training *r = arg;
    tad_var words = tad_borrow(r->tape, TAD_I64, TAD_SHAPE(BATCH), r->words);
    tad_rows used = tad_rows_used(r->table, words);
    if (tad_reverse(loss_of(tad_embedding(used.local, used.values))) != TAD_OK) return;
    if (tad_optim_step_rows(r->adam, &used, 1) != TAD_OK) return;
    (void)tad_tape_rewind(r->tape, r->mark);
}

static void step_whole(void *arg) {
    training *r = arg;
    tad_var words = tad_borrow(r->tape, TAD_I64, TAD_SHAPE(BATCH), r->words);
    if (tad_reverse(loss_of(tad_embedding(words, r->table))) != TAD_OK) return;
    if (tad_optim_step(r->adam) != TAD_OK) return;
    (void)tad_tape_rewind(r->tape, r->mark);
}

static training make_training(void) {
    unsigned long long seed = 8;
    training r = {.tape = tad_tape_new(NULL)};
    tad_dict *params = tad_dict_new(r.tape);
    r.table = tad_param_random(r.tape, TAD_F32, TAD_SHAPE(WORDS, WIDTH), NULL);
    if (tad_dict_add(params, "table", r.table) != TAD_OK) bench_fail("table", "no memory");
    r.adam = tad_adam(params, 0.001, NULL);
    r.mark = tad_tape_mark(r.tape);
    for (int i = 0; i < BATCH; i++)
        r.words[i] = (int64_t)((bench_random(&seed) + 1) / 2 * (WORDS - 1));
    return r;
}

static void measure_table(const bench_options *o) {
    training r[] = {make_training(), make_training()};
    bench_case c[] = {{.run = step_rows, .arg = &r[0]}, {.run = step_whole, .arg = &r[1]}};
    bench_measure(c, 2, o);
    bench_print("table", &c[0], 1e3, "ms", &c[1], "whole");
    bench_print("table_whole", &c[1], 1e3, "ms", &c[1], "whole");
    for (int i = 0; i < 2; i++) {
        if (tad_tape_status(r[i].tape) != TAD_OK) bench_fail("table", tad_message(r[i].tape));
        tad_tape_free(r[i].tape);
    }
}

int main(int argc, char **argv) {
    static const char *const names[] = {"near",  "anywhere", "near_gradient", "anywhere_gradient",
                                        "table", NULL};
    bench_options o = bench_arguments(argc, argv, names);
    if (bench_wanted(&o, "table")) measure_table(&o);
    for (int i = 0; i < 4; i++)
        if (bench_wanted(&o, names[i])) measure(names[i], i % 2 == 0, i >= 2, &o);
    return 0;
}
