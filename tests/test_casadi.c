/* Programs as C with CasADi's external interface: compiled into a library, loaded without CasADi
 * and called as CasADi calls; what it cannot call is refused. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <dlfcn.h>
#include <unistd.h>

static tad_tape *t;
static char message[300], folder[40];

static void begin(void) {
    t = tad_tape_new(&(tad_settings){.level = TAD_LEVEL_BASE});
    strcpy(folder, "/tmp/tad_casadi_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}
static void end(void) {
    rmdir(folder);
    tad_tape_free(t);
}

/* ---- a library of texts ---- */

static tad_status write_to(const char *path, const tad_program *p, tad_c_interface interface,
                           bool header) {
    FILE *f = fopen(path, "w");
    const tad_c_options o = {
        .name = "f", .interface = interface, .message = message, .message_size = sizeof message};
    message[0] = 0;
    ck_assert_ptr_nonnull(f);
    const tad_status s = header ? tad_program_c_header(p, &o, tad_file_sink, f)
                                : tad_program_c(p, &o, tad_file_sink, f);
    ck_assert_int_eq(fclose(f), 0);
    return s;
}

/* The text sees its own header, so both must agree. */
static void write_both(const char *name, const tad_program *p, tad_c_interface interface) {
    char path[100];
    snprintf(path, sizeof path, "%s/%s.h", folder, name);
    ck_assert_msg(write_to(path, p, interface, true) == TAD_OK, "%s", message);
    snprintf(path, sizeof path, "%s/%s.c", folder, name);
    ck_assert_msg(write_to(path, p, interface, false) == TAD_OK, "%s", message);
}

/* Derivatives of a function, and which. */
enum { DERIVATIVES = 3 };
static const struct {
    const char *name;
    tad_c_interface interface;
    tad_give give;
} derivatives[DERIVATIVES] = {{"jac_f", TAD_C_CASADI_JACOBIAN, TAD_GIVE_JACOBIAN},
                              {"fwd1_f", TAD_C_CASADI_FORWARD, TAD_GIVE_JVP},
                              {"adj1_f", TAD_C_CASADI_ADJOINT, TAD_GIVE_VJP}};

/* derivative: of each of these, or NULL. */
static void *loaded(const tad_program *value, tad_program *const *derivative) {
    char command[600];
    write_both("f", value, TAD_C_CASADI);
    for (int k = 0; k < DERIVATIVES && derivative; k++)
        write_both(derivatives[k].name, derivative[k], derivatives[k].interface);
    snprintf(command, sizeof command,
             "cd %s && for f in *.c; do cc -std=c99 -Wall -Wextra -Wpedantic -Werror -fPIC "
             "-ffp-contract=off -include ${f%%.c}.h -c $f -o $f.o || exit 1; done; "
             "cc -shared *.o -o f.so -lm && rm *.c *.h *.o",
             folder);
    ck_assert_int_eq(system(command), 0);
    char path[100];
    snprintf(path, sizeof path, "%s/f.so", folder);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(library != NULL, "%s", dlerror());
    unlink(path);
    return library;
}

/* ---- its functions ---- */

typedef long long int casadi_int;
typedef struct casadi {
    int (*call)(const double **arg, double **res, casadi_int *iw, double *w, int mem);
    int (*alloc_mem)(void), (*init_mem)(int mem), (*checkout)(void);
    void (*free_mem)(int mem), (*release)(int mem), (*incref)(void), (*decref)(void);
    casadi_int (*n_in)(void), (*n_out)(void);
    double (*default_in)(casadi_int i);
    const char *(*name_in)(casadi_int i), *(*name_out)(casadi_int i);
    const casadi_int *(*sparsity_in)(casadi_int i), *(*sparsity_out)(casadi_int i);
    int (*work)(casadi_int *sz_arg, casadi_int *sz_res, casadi_int *sz_iw, casadi_int *sz_w);
} casadi;

static void find(void *library, const char *name, const char *what, void *to) {
    char whole[60];
    snprintf(whole, sizeof whole, "%s%s", name, what);
    void *found = dlsym(library, whole);
    ck_assert_msg(found != NULL, "there is no %s", whole);
    memcpy(to, &found, sizeof found); /* ISO C has no cast of these */
}

static casadi functions_of(void *library, const char *name) {
    casadi c;
    find(library, name, "", &c.call);
    find(library, name, "_alloc_mem", &c.alloc_mem);
    find(library, name, "_init_mem", &c.init_mem);
    find(library, name, "_free_mem", &c.free_mem);
    find(library, name, "_checkout", &c.checkout);
    find(library, name, "_release", &c.release);
    find(library, name, "_incref", &c.incref);
    find(library, name, "_decref", &c.decref);
    find(library, name, "_n_in", &c.n_in);
    find(library, name, "_n_out", &c.n_out);
    find(library, name, "_default_in", &c.default_in);
    find(library, name, "_name_in", &c.name_in);
    find(library, name, "_name_out", &c.name_out);
    find(library, name, "_sparsity_in", &c.sparsity_in);
    find(library, name, "_sparsity_out", &c.sparsity_out);
    find(library, name, "_work", &c.work);
    return c;
}

/* One call as CasADi makes it: work as large as asked for and not a number more. */
static int call(const casadi *c, const double **arg, double **res) {
    casadi_int n[4];
    c->incref();
    const int mem = c->checkout();
    ck_assert_int_eq(c->work(&n[0], &n[1], &n[2], &n[3]), 0);
    ck_assert_int_ge(n[0], c->n_in());
    ck_assert_int_ge(n[1], c->n_out());
    double *w = malloc((size_t)n[3] * sizeof *w);
    memset(w, 0xa5, (size_t)n[3] * sizeof *w);
    const int status = c->call(arg, res, NULL, w, mem);
    free(w);
    c->release(mem);
    c->decref();
    return status;
}

static void ck_pattern(const casadi_int *s, casadi_int rows, casadi_int columns) {
    ck_assert_ptr_nonnull(s);
    ck_assert_int_eq(s[0], rows);
    ck_assert_int_eq(s[1], columns);
    ck_assert_int_eq(s[2], 1);
}

static void ck_bits(const double *got, const double *right, size_t n) {
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(memcmp(&got[i], &right[i], sizeof *got) == 0, "element %zu: %.17g, not %.17g",
                      i, got[i], right[i]);
}

/* From rows to columns. */
static void turn(double *to, const double *from, size_t rows, size_t columns) {
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < columns; k++) to[k * rows + i] = from[i * columns + k];
}

static tad_program *frozen(const tad_var *in, size_t n_in, const tad_var *out, size_t n_out) {
    tad_program *p;
    ck_done(tad_freeze(in, n_in, out, n_out, NULL, &p), t);
    return p;
}

/* ---- matrices, vectors and numbers ---- */

static const double a_rows[6] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6}, b_rows[3] = {2, 3, 5};

/* a: (2,3), b: (3), then two numbers: a times b + the first number; a transposed times the second
 */
static tad_program *mixed(tad_var *out) {
    tad_var in[4] = {tad_name(tad_input(t, TAD_F64, TAD_SHAPE(2, 3), a_rows), "a"),
                     tad_name(tad_input(t, TAD_F64, TAD_SHAPE(3), b_rows), "jac"), tad_scalar(t, 7),
                     tad_scalar(t, 0.25)};
    out[0] = tad_name(tad_add(tad_matmul(in[0], in[1]), in[2]), "y");
    out[1] = tad_name(tad_mul(tad_transpose(in[0], 0, 1), in[3]), "a");
    out[2] = tad_exp(in[3]);
    out[3] = tad_sub(in[2], in[3]);
    return frozen(in, 4, out, 4);
}

START_TEST(a_matrix_means_the_same) {
    tad_var out[4];
    tad_program *p = mixed(out);
    void *library = loaded(p, NULL);
    const casadi c = functions_of(library, "f");
    double a[6], b[3] = {2, 3, 5}, numbers[2] = {7, 0.25}, y[2], turned[6], two[2], right[6];
    turn(a, a_rows, 2, 3);
    ck_assert_int_eq(call(&c, (const double *[]){a, b, numbers}, (double *[]){y, turned, two}), 0);
    ck_bits(y, tad_data(out[0]), 2);
    turn(right, tad_data(out[1]), 3, 2);
    ck_bits(turned, right, 6);
    ck_bits(two, (double[]){tad_item(out[2]), tad_item(out[3])}, 2);
    dlclose(library);
    tad_program_free(p);
}
END_TEST

START_TEST(it_says_what_it_takes_and_gives) {
    tad_var out[4];
    tad_program *p = mixed(out);
    void *library = loaded(p, NULL);
    const casadi c = functions_of(library, "f");
    casadi_int n[4] = {9, 9, 9, 9};
    ck_assert_int_eq(c.n_in(), 3);
    ck_assert_int_eq(c.n_out(), 3);
    ck_pattern(c.sparsity_in(0), 2, 3);
    ck_pattern(c.sparsity_in(1), 3, 1);
    ck_pattern(c.sparsity_in(2), 2, 1);
    ck_pattern(c.sparsity_out(0), 2, 1);
    ck_pattern(c.sparsity_out(1), 3, 2);
    ck_pattern(c.sparsity_out(2), 2, 1);
    ck_assert(!c.sparsity_in(3) && !c.sparsity_in(-1) && !c.sparsity_out(3));
    ck_assert_str_eq(c.name_in(0), "i0"); /* "a" is another one's too, "jac" is not allowed */
    ck_assert_str_eq(c.name_in(1), "i1");
    ck_assert_str_eq(c.name_in(2), "i2");
    ck_assert_str_eq(c.name_out(0), "y");
    ck_assert_str_eq(c.name_out(1), "o1");
    ck_assert(!c.name_in(3) && !c.name_in(-1) && !c.name_out(3));
    ck_assert_double_eq(c.default_in(0), 0);
    ck_assert_int_eq(c.alloc_mem(), 0);
    ck_assert_int_eq(c.init_mem(0), 0);
    c.free_mem(0);
    ck_assert_int_eq(c.work(NULL, &n[1], &n[2], NULL), 0);
    ck_assert_int_eq(n[1], 3);
    ck_assert_int_eq(n[2], 0);
    dlclose(library);
    tad_program_free(p);
}
END_TEST

START_TEST(what_is_null_is_zeros_or_not_wanted) {
    tad_var out[4];
    tad_program *p = mixed(out);
    void *library = loaded(p, NULL);
    const casadi c = functions_of(library, "f");
    double a[6], y[2] = {9, 9}, turned[6] = {9, 9, 9, 9, 9, 9}, two[2] = {9, 9};
    turn(a, a_rows, 2, 3);
    ck_assert_int_eq(
        call(&c, (const double *[]){a, NULL, (double[]){7, 0}}, (double *[]){y, NULL, NULL}), 0);
    ck_bits(y, (double[]){7, 7}, 2);
    ck_assert_int_eq(
        call(&c, (const double *[]){NULL, NULL, NULL}, (double *[]){NULL, turned, two}), 0);
    ck_bits(turned, (double[6]){0}, 6);
    ck_bits(two, (double[]){1, 0}, 2);
    ck_assert_int_eq(call(&c, (const double *[]){a, a, a}, (double *[]){NULL, NULL, NULL}), 0);
    dlclose(library);
    tad_program_free(p);
}
END_TEST

START_TEST(a_failure_is_a_failure) {
    tad_var x = tad_scalar(t, 1);
    ck_assert(tad_decide(tad_greater(x, tad_number(0))));
    tad_var y = tad_sqrt(x);
    tad_program *p = frozen(&x, 1, &y, 1);
    void *library = loaded(p, NULL);
    const casadi c = functions_of(library, "f");
    double in = 4, out = 9;
    ck_assert_int_eq(call(&c, (const double *[]){&in}, (double *[]){&out}), 0);
    ck_assert_double_eq(out, 2);
    in = -1;
    ck_assert_int_eq(call(&c, (const double *[]){&in}, (double *[]){&out}), TAD_BRANCH);
    ck_assert_double_eq(out, 2);
    dlclose(library);
    tad_program_free(p);
}
END_TEST

/* ---- Jacobians ---- */

/* y: (2,2) of a: (2,3), b: (3,2) and two numbers */
static tad_var products(tad_tape *tape, const tad_var *x, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_add(tad_mul(tad_matmul(x[0], x[1]), x[2]), tad_sin(x[3]));
}

/* of numbers: one */
static tad_var rosenbrock(tad_tape *tape, const tad_var *x, size_t n, void *user) {
    tad_var sum = tad_number(0);
    (void)tape, (void)user;
    for (size_t i = 0; i + 1 < n; i++)
        sum = tad_add(
            sum, tad_add(tad_mul(tad_number(100), tad_square(tad_sub(x[i + 1], tad_square(x[i])))),
                         tad_square(tad_sub(tad_number(1), x[i]))));
    return sum;
}

static void *loaded_function(tad_fn *f, const tad_var *x, size_t n) {
    tad_program *value, *derivative[DERIVATIVES];
    ck_done(tad_freeze_function(f, NULL, x, n, TAD_GIVE_VALUE, NULL, &value), t);
    for (int k = 0; k < DERIVATIVES; k++)
        ck_done(tad_freeze_function(f, NULL, x, n, derivatives[k].give, NULL, &derivative[k]), t);
    void *library = loaded(value, derivative);
    tad_program_free(value);
    for (int k = 0; k < DERIVATIVES; k++) tad_program_free(derivative[k]);
    return library;
}

START_TEST(a_jacobian_is_of_columns_by_columns) {
    double a[6], b[6], numbers[2] = {1.5, 0.5}, y[4], by_a[24], by_b[24], by_numbers[8];
    tad_var x[4] = {tad_name(tad_input(t, TAD_F64, TAD_SHAPE(2, 3), a_rows), "a"),
                    tad_input(t, TAD_F64, TAD_SHAPE(3, 2), a_rows), tad_scalar(t, 1.5),
                    tad_scalar(t, 0.5)};
    void *library = loaded_function(products, x, 4);
    const casadi value = functions_of(library, "f"), c = functions_of(library, "jac_f");
    turn(a, a_rows, 2, 3);
    turn(b, a_rows, 3, 2);
    const double *arg[4] = {a, b, numbers, y};
    ck_assert_int_eq(call(&value, arg, (double *[]){y}), 0);
    ck_assert_int_eq(call(&c, arg, (double *[]){by_a, by_b, by_numbers}), 0);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++) { /* y[i][k] = sum of a[i][j] b[j][k], times 1.5, + sin 0.5 */
            const int row = k * 2 + i;
            double sum = 0;
            for (int j = 0; j < 3; j++) sum += a_rows[i * 3 + j] * a_rows[j * 2 + k];
            ck_near(y[row], 1.5 * sum + sin(0.5), 1e-14);
            ck_near(by_numbers[row], sum, 1e-14);
            ck_near(by_numbers[4 + row], cos(0.5), 1e-14);
            for (int m = 0; m < 2; m++)
                for (int j = 0; j < 3; j++) {
                    ck_near(by_a[(j * 2 + m) * 4 + row], m == i ? 1.5 * a_rows[j * 2 + k] : 0,
                            1e-14);
                    ck_near(by_b[(m * 3 + j) * 4 + row], m == k ? 1.5 * a_rows[i * 3 + j] : 0,
                            1e-14);
                }
        }
    dlclose(library);
}
END_TEST

START_TEST(a_jacobian_says_what_it_takes_and_gives) {
    tad_var x[4] = {tad_name(tad_input(t, TAD_F64, TAD_SHAPE(2, 3), a_rows), "a"),
                    tad_input(t, TAD_F64, TAD_SHAPE(3, 2), a_rows), tad_scalar(t, 1.5),
                    tad_scalar(t, 0.5)};
    void *library = loaded_function(products, x, 4);
    const casadi c = functions_of(library, "jac_f");
    ck_assert_int_eq(c.n_in(), 4);
    ck_assert_int_eq(c.n_out(), 3);
    ck_assert_str_eq(c.name_in(0), "a");
    ck_assert_str_eq(c.name_in(2), "i2");
    ck_assert_str_eq(c.name_in(3), "out_o0");
    ck_assert_str_eq(c.name_out(0), "jac_o0_a");
    ck_assert_str_eq(c.name_out(2), "jac_o0_i2");
    ck_pattern(c.sparsity_in(0), 2, 3);
    const casadi_int *y = c.sparsity_in(3); /* (2,2) without an element */
    for (int k = 0; k < 5; k++) ck_assert_int_eq(y[k], k < 2 ? 2 : 0);
    ck_pattern(c.sparsity_out(0), 4, 6);
    ck_pattern(c.sparsity_out(1), 4, 6);
    ck_pattern(c.sparsity_out(2), 4, 2);
    dlclose(library);
}
END_TEST

START_TEST(numbers_are_a_column_and_their_jacobian_a_row) {
    enum { N = 9 };
    double x[N], y, gradient[N], right[N];
    tad_var in[N];
    for (int i = 0; i < N; i++) in[i] = tad_scalar(t, x[i] = 0.1 * i + 0.05);
    void *library = loaded_function(rosenbrock, in, N);
    const casadi value = functions_of(library, "f"), c = functions_of(library, "jac_f");
    ck_pattern(value.sparsity_in(0), N, 1);
    ck_pattern(c.sparsity_out(0), 1, N);
    for (int i = 0; i < N; i++) in[i] = tad_scalar(t, x[i] *= 1.25);
    tad_var z = rosenbrock(t, in, N, NULL);
    ck_assert_int_eq(call(&value, (const double *[]){x}, (double *[]){&y}), 0);
    ck_assert_double_eq(y, tad_item(z));
    ck_done(tad_reverse(z), t);
    for (int i = 0; i < N; i++) right[i] = tad_gradient_item(in[i]);
    ck_assert_int_eq(call(&c, (const double *[]){x, NULL}, (double *[]){gradient}), 0);
    for (int i = 0; i < N; i++) ck_near(gradient[i], right[i], 1e-14);
    dlclose(library);
}
END_TEST

/* ---- one direction ---- */

/* What the Jacobian says, which has a row for each element of y, and a column for each of x. */
static double along(const double *by_x, size_t rows, size_t row, const double *x_dot, size_t n) {
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum += by_x[k * rows + row] * x_dot[k];
    return sum;
}

static double weighed(const double *by_x, size_t rows, size_t column, const double *weight) {
    double sum = 0;
    for (size_t k = 0; k < rows; k++) sum += by_x[column * rows + k] * weight[k];
    return sum;
}

static void make_inputs(tad_var *x) {
    x[0] = tad_name(tad_input(t, TAD_F64, TAD_SHAPE(2, 3), a_rows), "a");
    x[1] = tad_input(t, TAD_F64, TAD_SHAPE(3, 2), a_rows);
    x[2] = tad_scalar(t, 1.5);
    x[3] = tad_scalar(t, 0.5);
}

static const double a_dot[6] = {1, -2, 3, -4, 5, -6}, b_dot[6] = {0.5, 7, -8, 9, 1.5, -2.5},
                    numbers_dot[2] = {11, -0.75}, y_bar[4] = {3, -1, 0.25, 2};

START_TEST(one_direction_agrees_with_the_jacobian) {
    double a[6], b[6], numbers[2] = {1.5, 0.5}, by_a[24], by_b[24], by_numbers[8], y_dot[4],
                       a_bar[6], b_bar[6], numbers_bar[2];
    tad_var x[4];
    make_inputs(x);
    void *library = loaded_function(products, x, 4);
    const casadi jacobian = functions_of(library, "jac_f"), fwd = functions_of(library, "fwd1_f"),
                 adj = functions_of(library, "adj1_f");
    turn(a, a_rows, 2, 3);
    turn(b, a_rows, 3, 2);
    ck_assert_int_eq(call(&jacobian, (const double *[]){a, b, numbers, NULL},
                          (double *[]){by_a, by_b, by_numbers}),
                     0);
    ck_assert_int_eq(call(&fwd, (const double *[]){a, b, numbers, NULL, a_dot, b_dot, numbers_dot},
                          (double *[]){y_dot}),
                     0);
    ck_assert_int_eq(call(&adj, (const double *[]){a, b, numbers, NULL, y_bar},
                          (double *[]){a_bar, b_bar, numbers_bar}),
                     0);
    for (size_t i = 0; i < 4; i++)
        ck_near(y_dot[i],
                along(by_a, 4, i, a_dot, 6) + along(by_b, 4, i, b_dot, 6) +
                    along(by_numbers, 4, i, numbers_dot, 2),
                1e-13);
    for (size_t k = 0; k < 6; k++) {
        ck_near(a_bar[k], weighed(by_a, 4, k, y_bar), 1e-13);
        ck_near(b_bar[k], weighed(by_b, 4, k, y_bar), 1e-13);
    }
    for (size_t k = 0; k < 2; k++) ck_near(numbers_bar[k], weighed(by_numbers, 4, k, y_bar), 1e-13);
    ck_assert_int_eq(
        call(&fwd, (const double *[]){a, b, numbers, NULL, NULL, NULL, NULL}, (double *[]){y_dot}),
        0);
    ck_bits(y_dot, (double[4]){0}, 4);
    dlclose(library);
}
END_TEST

static void ck_empty(const casadi_int *y, casadi_int rows, casadi_int columns) {
    ck_assert_int_eq(y[0], rows);
    ck_assert_int_eq(y[1], columns);
    for (casadi_int k = 0; k <= columns; k++) ck_assert_int_eq(y[2 + k], 0);
}

START_TEST(one_direction_says_what_it_takes_and_gives) {
    static const char *const fwd_in[] = {"a", "i1", "i2", "out_o0", "fwd_a", "fwd_i1", "fwd_i2"},
                             *const adj_in[] = {"a", "i1", "i2", "out_o0", "adj_o0"},
                             *const adj_out[] = {"adj_a", "adj_i1", "adj_i2"};
    static const casadi_int of_x[3][2] = {{2, 3}, {3, 2}, {2, 1}};
    tad_var x[4];
    make_inputs(x);
    void *library = loaded_function(products, x, 4);
    const casadi fwd = functions_of(library, "fwd1_f"), adj = functions_of(library, "adj1_f");
    ck_assert_int_eq(fwd.n_in(), 7);
    ck_assert_int_eq(fwd.n_out(), 1);
    ck_assert_int_eq(adj.n_in(), 5);
    ck_assert_int_eq(adj.n_out(), 3);
    for (int k = 0; k < 7; k++) ck_assert_str_eq(fwd.name_in(k), fwd_in[k]);
    for (int k = 0; k < 5; k++) ck_assert_str_eq(adj.name_in(k), adj_in[k]);
    ck_assert_str_eq(fwd.name_out(0), "fwd_o0");
    for (int k = 0; k < 3; k++) {
        ck_assert_str_eq(adj.name_out(k), adj_out[k]);
        ck_pattern(fwd.sparsity_in(k), of_x[k][0], of_x[k][1]);
        ck_pattern(fwd.sparsity_in(4 + k), of_x[k][0], of_x[k][1]);
        ck_pattern(adj.sparsity_in(k), of_x[k][0], of_x[k][1]);
        ck_pattern(adj.sparsity_out(k), of_x[k][0], of_x[k][1]);
    }
    ck_empty(fwd.sparsity_in(3), 2, 2);
    ck_empty(adj.sparsity_in(3), 2, 2);
    ck_pattern(fwd.sparsity_out(0), 2, 2);
    ck_pattern(adj.sparsity_in(4), 2, 2);
    ck_assert(!fwd.sparsity_in(7) && !adj.sparsity_in(5) && !adj.sparsity_in(-1));
    ck_assert(!fwd.name_in(7) && !adj.name_in(5) && !adj.name_out(3));
    dlclose(library);
}
END_TEST

/* Numbers in a row are one argument, their tangents another, the cotangent, a number too, a third;
 * what has a name is one by itself. */
START_TEST(numbers_and_their_seeds_are_apart) {
    enum { N = 9 };
    double x[N], v[N], y_dot, y_bar_here = 3, gradient[N], bar[N];
    tad_var in[N];
    for (int i = 0; i < N; i++) in[i] = tad_scalar(t, x[i] = 0.1 * i + 0.05), v[i] = i % 3 - 1.5;
    (void)tad_name(in[4], "middle");
    void *library = loaded_function(rosenbrock, in, N);
    const casadi jacobian = functions_of(library, "jac_f"), fwd = functions_of(library, "fwd1_f"),
                 adj = functions_of(library, "adj1_f");
    ck_assert_int_eq(fwd.n_in(), 7);
    ck_assert_int_eq(adj.n_out(), 3);
    ck_pattern(fwd.sparsity_in(6), 4, 1);
    ck_pattern(adj.sparsity_in(4), 1, 1);
    ck_pattern(adj.sparsity_out(0), 4, 1);
    ck_assert_int_eq(call(&jacobian, (const double *[]){x, x + 4, x + 5, NULL},
                          (double *[]){gradient, gradient + 4, gradient + 5}),
                     0);
    ck_assert_int_eq(call(&fwd, (const double *[]){x, x + 4, x + 5, NULL, v, v + 4, v + 5},
                          (double *[]){&y_dot}),
                     0);
    ck_assert_int_eq(call(&adj, (const double *[]){x, x + 4, x + 5, NULL, &y_bar_here},
                          (double *[]){bar, bar + 4, bar + 5}),
                     0);
    ck_near(y_dot, along(gradient, 1, 0, v, N), 1e-12);
    for (int i = 0; i < N; i++) ck_near(bar[i], 3 * gradient[i], 1e-12);
    dlclose(library);
}
END_TEST

/* ---- what is refused ---- */

static void ck_refused_c(const tad_program *p, tad_c_interface interface, tad_status code,
                         const char *words) {
    support_text text = {0};
    const tad_c_options o = {
        .interface = interface, .message = message, .message_size = sizeof message};
    ck_assert_int_eq(tad_program_c(p, &o, support_keep, &text), code);
    ck_assert_msg(strstr(message, words) != NULL, "\"%s\" lacks \"%s\"", message, words);
    ck_assert_int_eq(tad_program_c_header(p, &o, support_keep, &text), code);
    ck_assert_uint_eq(text.length, 0);
}

static void ck_refused_value(tad_var x, tad_var y, const char *words) {
    tad_program *p = frozen(&x, 1, &y, 1);
    ck_refused_c(p, TAD_C_CASADI, TAD_UNSUPPORTED, words);
    tad_program_free(p);
}

START_TEST(what_casadi_has_not_is_refused) {
    tad_var single = tad_input(t, TAD_F32, TAD_SHAPE(2), NULL),
            whole = tad_constant(t, TAD_I64, TAD_SHAPE(2), NULL),
            cube = tad_input(t, TAD_F64, TAD_SHAPE(2, 2, 2), NULL),
            plain = tad_input(t, TAD_F64, TAD_SHAPE(2), NULL);
    ck_refused_value(single, tad_square(single), "input 0 is float32");
    ck_refused_value(whole, tad_gather(plain, whole, 0), "input 0 is int64");
    ck_refused_value(cube, tad_sum(cube, tad_all()), "input 0 has 3 axes");
    ck_refused_value(plain, tad_greater(plain, tad_number(0)), "output 0 is bool");
    ck_refused_value(plain, tad_reshape(plain, TAD_SHAPE(1, 2, 1)), "output 0 has 3 axes");
    ck_refused_value(plain, tad_mul(plain, tad_param(t, TAD_F64, TAD_0D, a_rows)),
                     "copy_parameters");
    ck_refused_value(plain, tad_mul(plain, tad_randn(t, TAD_F64, TAD_0D)), "no random draws");
}
END_TEST

START_TEST(what_is_no_jacobian_is_refused) {
    tad_var x[2] = {tad_input(t, TAD_F64, TAD_SHAPE(2), NULL),
                    tad_input(t, TAD_F64, TAD_SHAPE(3), NULL)},
            y[2] = {tad_square(x[0]), tad_broadcast_to(x[1], TAD_SHAPE(2, 3))},
            sum = tad_sum(x[0], tad_all()), deep = tad_broadcast_to(x[0], TAD_SHAPE(1, 3, 1, 2));
    tad_program *one = frozen(x, 2, y, 1), *two = frozen(x, 2, y, 2), *less = frozen(x, 1, &sum, 1),
                *more = frozen(x, 1, &deep, 1);
    ck_refused_c(one, TAD_C_CASADI_JACOBIAN, TAD_BAD_ARGUMENT, "by 2 inputs are as many outputs");
    ck_refused_c(two, TAD_C_CASADI_JACOBIAN, TAD_BAD_ARGUMENT, "output 1 is no Jacobian");
    ck_refused_c(less, TAD_C_CASADI_JACOBIAN, TAD_BAD_ARGUMENT, "output 0 is no Jacobian");
    ck_refused_c(more, TAD_C_CASADI_JACOBIAN, TAD_BAD_ARGUMENT, "output 0 is no Jacobian");
    ck_refused_c(two, TAD_C_CASADI_FORWARD, TAD_BAD_ARGUMENT, "a tangent like each");
    ck_refused_c(one, TAD_C_CASADI_FORWARD, TAD_BAD_ARGUMENT, "a tangent like each");
    ck_refused_c(less, TAD_C_CASADI_FORWARD, TAD_BAD_ARGUMENT, "a tangent like each");
    ck_refused_c(two, TAD_C_CASADI_ADJOINT, TAD_BAD_ARGUMENT, "and a cotangent");
    ck_refused_c(less, TAD_C_CASADI_ADJOINT, TAD_BAD_ARGUMENT, "and a cotangent");
    ck_refused_c(one, (tad_c_interface)7, TAD_BAD_ARGUMENT, "no such interface");
    tad_program_free(one);
    tad_program_free(two);
    tad_program_free(less);
    tad_program_free(more);
}
END_TEST

START_TEST(steps_have_no_interface) {
    support_text text = {0};
    tad_var x = tad_scalar(t, 1), y = tad_square(x);
    tad_program *p = frozen(&x, 1, &y, 1);
    const tad_c_options o = {.interface = TAD_C_CASADI, .steps = true};
    ck_assert_int_eq(tad_program_c(p, &o, support_keep, &text), TAD_BAD_ARGUMENT);
    const tad_c_options taken = {.interface = TAD_C_CASADI, .name = "casadi_give"};
    ck_assert_int_eq(tad_program_c(p, &taken, support_keep, &text), TAD_BAD_ARGUMENT);
    tad_program_free(p);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("CasADi");
    TCase *c = support_case(s, "CasADi");
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, a_matrix_means_the_same);
    tcase_add_test(c, it_says_what_it_takes_and_gives);
    tcase_add_test(c, what_is_null_is_zeros_or_not_wanted);
    tcase_add_test(c, a_failure_is_a_failure);
    tcase_add_test(c, a_jacobian_is_of_columns_by_columns);
    tcase_add_test(c, a_jacobian_says_what_it_takes_and_gives);
    tcase_add_test(c, numbers_are_a_column_and_their_jacobian_a_row);
    tcase_add_test(c, one_direction_agrees_with_the_jacobian);
    tcase_add_test(c, one_direction_says_what_it_takes_and_gives);
    tcase_add_test(c, numbers_and_their_seeds_are_apart);
    tcase_add_test(c, what_casadi_has_not_is_refused);
    tcase_add_test(c, what_is_no_jacobian_is_refused);
    tcase_add_test(c, steps_have_no_interface);
    return s;
}
SUPPORT_MAIN(suite)
