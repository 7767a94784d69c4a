/* What derivatives of derivatives cost: Hessian times vector in gradients, several such products
 * at once, Hessians and Jacobians,
 * beside CoDiPack's nested types and vector modes where built.
 *
 *   bench_second [--quick] [--rounds N] [NAME ...] */
#include "bench.h"

#include <tad/tad.h>

#include "second_work.h"

double second_weights[SECOND_MOST];

static const char *const names[] = {
#define SECOND_NAME(name, m, n) #name,
    SECOND_WORKS(SECOND_NAME)
#undef SECOND_NAME
        NULL};
static const struct {
    int64_t m, n;
} size[] = {
#define SECOND_SIZE(name, m, n) {m, n},
    SECOND_WORKS(SECOND_SIZE)
#undef SECOND_SIZE
};

/* ---- the functions ---- */

enum { MOST_INPUTS = 1000 };

static tad_var square_of_difference(tad_var a, tad_var b) { return tad_square(tad_sub(a, b)); }

/* On numbers, with what CoDiPack records of it. */
static tad_var rosenbrock_of_numbers(tad_tape *t, const tad_var *x, size_t n, void *user) {
    (void)t, (void)user;
    tad_var y = tad_number(0);
    for (size_t i = 0; i + 1 < n; i++) {
        tad_var a = tad_fnma(x[i], x[i], x[i + 1]), b = tad_sub(tad_number(1), x[i]);
        y = tad_fma(tad_mul(a, tad_number(100)), a, y);
        y = tad_fma(b, b, y);
    }
    return y;
}

static tad_var rosenbrock(tad_tape *t, const tad_var *x, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    const int64_t last = tad_size_of(*x) - 1;
    tad_var before = tad_slice(*x, 0, 0, last, 1), after = tad_slice(*x, 0, 1, last + 1, 1);
    tad_var a = square_of_difference(after, tad_square(before)),
            b = square_of_difference(tad_number(1), before);
    return tad_sum(tad_add(tad_mul(a, tad_number(100)), b), tad_all());
}

static tad_var affine(tad_tape *t, const tad_var *x, size_t n, void *user) {
    (void)t, (void)n;
    return tad_tanh(tad_matmul(*(const tad_var *)user, *x));
}

static tad_var net(tad_tape *t, const tad_var *x, size_t n, void *user) {
    return tad_sum(tad_square(affine(t, x, n, user)), tad_all());
}

/* ---- running ---- */

typedef struct {
    int work;
    tad_tape *tape;
    tad_var x[MOST_INPUTS], v[SECOND_VECTORS * MOST_INPUTS], w;
    size_t inputs, vectors; /* vectors: 0: a matrix is computed */
    tad_mark mark;
    tad_fn *f;
    double at[MOST_INPUTS], along[SECOND_VECTORS * MOST_INPUTS], out[SECOND_MOST],
        peer[SECOND_MOST];
} job;

static void done(const job *j, tad_status status) {
    if (status != TAD_OK) bench_fail(names[j->work], tad_message(j->tape));
}

static void run_gradient(void *arg) {
    job *j = arg;
    done(j, tad_reverse(j->f(j->tape, j->x, j->inputs, &j->w)));
    done(j, tad_tape_rewind(j->tape, j->mark));
}

/* The gradient as variables. */
static void run_recorded(void *arg) {
    static tad_var g[MOST_INPUTS];
    job *j = arg;
    tad_var y = j->f(j->tape, j->x, j->inputs, &j->w);
    done(j, tad_grad(&y, NULL, 1, j->x, j->inputs, g));
    done(j, tad_tape_rewind(j->tape, j->mark));
}

static tad_var product[SECOND_VECTORS * MOST_INPUTS];

static void read_products(job *j) {
    for (size_t i = 0; i < j->vectors * j->inputs; i++) j->out[i] = tad_item(product[i]);
    done(j, tad_tape_rewind(j->tape, j->mark));
}

static void run_product(void *arg) {
    job *j = arg;
    done(j, tad_hvp(j->f, &j->w, j->x, j->v, j->inputs, NULL, NULL, product));
    read_products(j);
}

static void run_products(void *arg) {
    job *j = arg;
    done(j, tad_hvp_many(j->f, &j->w, j->x, j->v, j->inputs, j->vectors, NULL, NULL, product));
    read_products(j);
}

/* One after the other. */
static void run_alone(void *arg) {
    job *j = arg;
    for (size_t k = 0; k < j->vectors; k++) {
        const size_t at = k * j->inputs;
        done(j, tad_hvp(j->f, &j->w, j->x, j->v + at, j->inputs, NULL, NULL, product));
        for (size_t i = 0; i < j->inputs; i++) j->out[at + i] = tad_item(product[i]);
        done(j, tad_tape_rewind(j->tape, j->mark));
    }
}

static void run_matrix(void *arg) {
    job *j = arg;
    tad_var out;
    done(j, size[j->work].m == 1 ? tad_hessian(j->f, &j->w, j->x, 1, 0, 0, NULL, &out)
                                 : tad_jacobian(j->f, &j->w, j->x, 1, 0, NULL, &out));
    done(j, tad_read(out, j->out, (size_t)tad_size_of(out)));
    done(j, tad_tape_rewind(j->tape, j->mark));
}

#ifdef HAVE_CODIPACK
static void run_codi(void *arg) {
    job *j = arg;
    second_codi[j->work](j->at, j->along, j->peer);
}
#endif

/* ---- making, comparing ---- */

static void fill(double *to, size_t n, double scale, unsigned long long seed) {
    for (size_t i = 0; i < n; i++) to[i] = scale * bench_random(&seed);
}

static void make(job *j, int work) {
    const int64_t m = size[work].m, n = size[work].n, rows = m == 1 ? n : m;
    *j = (job){.work = work, .tape = tad_tape_new(NULL)};
    fill(j->at, (size_t)n, 1, 1);
    fill(j->along, SECOND_VECTORS * MOST_INPUTS, 1, 2);
    if (rows * n <= SECOND_MOST) fill(second_weights, (size_t)(rows * n), 0.1, 3);
    j->vectors = work == SECOND_hvps_1000 ? SECOND_VECTORS : work == SECOND_hvp_1000 ? 1 : 0;
    j->inputs = j->vectors ? (size_t)n : 1;
    j->f = j->vectors                       ? rosenbrock_of_numbers
           : work == SECOND_hessian_net_100 ? net
           : m == 1                         ? rosenbrock
                                            : affine;
    if (rows * n <= SECOND_MOST)
        j->w = tad_constant(j->tape, TAD_F64, TAD_SHAPE(rows, n), second_weights);
    for (size_t i = 0; i < j->inputs && j->vectors; i++) j->x[i] = tad_scalar(j->tape, j->at[i]);
    for (size_t i = 0; i < j->inputs * j->vectors; i++) j->v[i] = tad_number(j->along[i]);
    if (!j->vectors) j->x[0] = tad_input(j->tape, TAD_F64, TAD_SHAPE(n), j->at);
    j->mark = tad_tape_mark(j->tape);
}

#ifdef HAVE_CODIPACK
static void compare(const job *j) {
    const int64_t m = size[j->work].m, columns = size[j->work].n;
    const int64_t rows = j->vectors ? (int64_t)j->vectors : m > 1 ? m : columns;
    for (int64_t i = 0; i < rows * columns; i++)
        if (!(fabs(j->out[i] - j->peer[i]) <= 1e-9 * (1 + fabs(j->peer[i]))))
            bench_fail(names[j->work], "CoDiPack's result differs");
}
#endif

/* ---- what is compared ---- */

static void report(const char *name, const char *what, const bench_case *c, const bench_case *base,
                   const char *base_name) {
    char line[80];
    snprintf(line, sizeof line, "%s_%s", name, what);
    bench_print(line, c, 1e6, "us", base, base_name);
}

static void measure(int work, const bench_options *o) {
    static job j;
    static bench_case c[4];
    static const char *const product_names[] = {"tad", "gradient", "recorded_gradient"},
                             *const names_of_many[] = {"tad", "one_by_one"};
    size_t n = 1;
    make(&j, work);
    const char *const *what = j.vectors > 1 ? names_of_many : product_names;
    c[0] = (bench_case){.run = j.vectors > 1 ? run_products
                               : j.vectors   ? run_product
                                             : run_matrix,
                        .arg = &j};
    if (j.vectors > 1) c[n++] = (bench_case){.run = run_alone, .arg = &j};
    if (j.vectors == 1) {
        c[n++] = (bench_case){.run = run_gradient, .arg = &j};
        c[n++] = (bench_case){.run = run_recorded, .arg = &j};
    }
    const size_t own = n;
#ifdef HAVE_CODIPACK
    c[n++] = (bench_case){.run = run_codi, .arg = &j};
#endif
    bench_measure(c, n, o);
    const bench_case *base = n > own ? &c[own] : &c[own - 1];
    const char *base_name = n > own ? "codipack" : what[own - 1];
    for (size_t k = 0; k < own; k++) report(names[work], what[k], &c[k], base, base_name);
#ifdef HAVE_CODIPACK
    compare(&j);
    static const double limit[SECOND_COUNT] = {1, 1, 1, 1, 0.15, 0.3, 0.8, 0.1};
    char line[80];
    report(names[work], "codipack", &c[own], base, base_name);
    snprintf(line, sizeof line, "%s_vs_codipack", names[work]);
    bench_at_most(line, 1 / bench_ratio(&c[0], &c[own]), limit[work]);
#endif
    if (j.vectors == 1) bench_at_most("hvp_1000_in_gradients", 1 / bench_ratio(&c[0], &c[1]), 2.2);
    if (j.vectors > 1) bench_at_most("hvps_1000_in_products", 8 / bench_ratio(&c[0], &c[1]), 3);
    tad_tape_free(j.tape);
}

int main(int argc, char **argv) {
    bench_options o = bench_arguments(argc, argv, names);
    for (int work = 0; work < SECOND_COUNT; work++)
        if (bench_wanted(&o, names[work])) measure(work, &o);
    return 0;
}
