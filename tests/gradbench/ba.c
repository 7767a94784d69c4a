/* GradBench's ba: bundle adjustment. The two errors of one observation are a function of 17
 * numbers; its Jacobian is frozen once and run at all observations, and stored as the sparse matrix
 * that GradBench asks for. */
#include "gradbench.h"

#include <stdlib.h>

#include "ba_errors.h"

enum { AT_ONCE = 256 };

typedef struct ba {
    size_t n, m, p;
    double *cameras, *points, *weights, *features;
    int *observed; /* camera and point of each observation */
    double inputs[AT_ONCE][BA_INPUTS];
    double *errors, *weight_errors, *values;
    int *rows, *columns;
    tad_workspace *turned, *still; /* of observations by cameras with and without a rotation */
    tad_workspace *weight;
} ba;

static double *repeat(const json_t *input, const char *key, size_t times) {
    size_t size;
    double *one = gb_numbers(input, key, &size), *all = gb_memory(times * size * sizeof *all);
    for (size_t i = 0; i < times * size; i++) all[i] = one[i % size];
    free(one);
    return all;
}

static void *read_input(const json_t *input) {
    ba *b = gb_memory(sizeof *b);
    b->n = (size_t)gb_number(input, "n");
    b->m = (size_t)gb_number(input, "m");
    b->p = (size_t)gb_number(input, "p");
    b->cameras = repeat(input, "cam", b->n);
    b->points = repeat(input, "x", b->m);
    b->weights = repeat(input, "w", b->p);
    b->features = repeat(input, "feat", b->p);
    b->observed = gb_memory(2 * b->p * sizeof *b->observed);
    for (size_t i = 0; i < b->p; i++) {
        b->observed[2 * i] = (int)(i % b->n);
        b->observed[2 * i + 1] = (int)(i % b->m);
    }
    return b;
}

/* ---- programs ---- */

static tad_var weight_error(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_sub(tad_number(1), tad_square(in[0]));
}

static double *observation(ba *b, size_t i, double *to) {
    const double *camera = b->cameras + BA_CAMERA * b->observed[2 * i],
                 *point = b->points + 3 * b->observed[2 * i + 1];
    for (int k = 0; k < BA_CAMERA; k++) to[k] = camera[k];
    for (int k = 0; k < 3; k++) to[BA_POINT + k] = point[k];
    to[BA_WEIGHT] = b->weights[i];
    for (int k = 0; k < 2; k++) to[BA_FEATURE + k] = b->features[2 * i + k];
    return to;
}

/* The errors or, row by row, their derivatives by all but the feature. */
static tad_workspace *freeze_observation(bool still, bool jacobian) {
    const tad_freeze_options options = {.allow_constant_outputs = true};
    tad_tape *t = tad_tape_new(NULL);
    tad_var in[BA_INPUTS], error[2], row[2 * BA_WANTED];
    for (int i = 0; i < BA_INPUTS; i++) in[i] = tad_scalar(t, 1 + i);
    ba_errors(in, still, error);
    for (int k = 0; k < 2 && jacobian; k++)
        gb_tape_must(tad_grad(&error[k], NULL, 1, in, BA_WANTED, row + k * BA_WANTED), t);
    return jacobian ? gb_freeze_recorded(t, in, BA_INPUTS, row, 2 * BA_WANTED, &options)
                    : gb_freeze_recorded(t, in, BA_INPUTS, error, 2, &options);
}

static void prepare(ba *b, bool jacobian) {
    const tad_shape all = TAD_SHAPE((int64_t)b->p);
    b->weight_errors = gb_memory(b->p * sizeof(double));
    b->turned = freeze_observation(false, jacobian);
    b->still = freeze_observation(true, jacobian);
    b->weight =
        gb_freeze(weight_error, NULL, &TAD_0D, 1, jacobian ? TAD_GIVE_GRADIENT : TAD_GIVE_VALUE);
    gb_run_must(tad_bind_each_in(b->weight, 0, TAD_F64, all, b->weights), b->weight);
}

static void run_at(tad_workspace *w, const double *inputs, size_t n, double *to, size_t width) {
    gb_run_must(tad_bind_each_numbers_in(w, 0, BA_INPUTS, n, inputs), w);
    gb_run_must(tad_bind_each_numbers_out(w, 0, width, n, to), w);
    gb_run(w);
}

static bool is_still(const double *camera) { return !(camera[0] || camera[1] || camera[2]); }

/* Observations from `first` on, and once more those by a camera without a rotation. */
static void run_some(ba *b, size_t first, size_t n, double *to, size_t width) {
    for (size_t i = 0; i < n; i++) observation(b, first + i, b->inputs[i]);
    run_at(b->turned, b->inputs[0], n, to, width);
    for (size_t i = 0; i < n; i++)
        if (is_still(b->inputs[i])) run_at(b->still, b->inputs[i], 1, to + i * width, width);
}

/* The programs at all observations: `width` results of each. */
static void run_all(ba *b, double *to, size_t width, double *to_weights) {
    const tad_shape all = TAD_SHAPE((int64_t)b->p);
    for (size_t i = 0; i < b->p; i += AT_ONCE)
        run_some(b, i, b->p - i < AT_ONCE ? b->p - i : AT_ONCE, to + i * width, width);
    gb_run_must(tad_bind_each_out(b->weight, 0, TAD_F64, all, to_weights), b->weight);
    gb_run(b->weight);
}

/* ---- the errors ---- */

static void prepare_errors(void *state) {
    ba *b = state;
    prepare(b, false);
    b->errors = gb_memory(2 * b->p * sizeof(double));
}

static void compute_errors(void *state) {
    ba *b = state;
    run_all(b, b->errors, 2, b->weight_errors);
}

/* The first ones: all inputs are repeated. */
static json_t *errors(void *state) {
    ba *b = state;
    return json_pack("{s:{s:o, s:I}, s:{s:f, s:I}}", "reproj_error", "elements",
                     gb_list(b->errors, 2), "repeated", (json_int_t)b->p, "w_err", "element",
                     b->weight_errors[0], "repeated", (json_int_t)b->p);
}

/* ---- the Jacobian, by compressed rows ---- */

static void prepare_jacobian(void *state) {
    ba *b = state;
    const size_t filled = (2 * BA_WANTED + 1) * b->p;
    prepare(b, true);
    b->values = gb_memory(filled * sizeof *b->values);
    b->columns = gb_memory(filled * sizeof *b->columns);
    b->rows = gb_memory((3 * b->p + 1) * sizeof *b->rows);
}

static void place_observation(const ba *b, size_t i, int *column) {
    const int camera = BA_CAMERA * b->observed[2 * i],
              point = BA_CAMERA * (int)b->n + 3 * b->observed[2 * i + 1];
    for (int k = 0; k < BA_CAMERA; k++) column[k] = camera + k;
    for (int k = 0; k < 3; k++) column[BA_POINT + k] = point + k;
    column[BA_WEIGHT] = BA_CAMERA * (int)b->n + 3 * (int)b->m + (int)i;
}

static void place_all(ba *b) {
    const size_t p = b->p, before = 2 * BA_WANTED * p;
    for (size_t i = 0; i < p; i++) {
        place_observation(b, i, b->columns + 2 * BA_WANTED * i);
        place_observation(b, i, b->columns + 2 * BA_WANTED * i + BA_WANTED);
        b->columns[before + i] = BA_CAMERA * (int)b->n + 3 * (int)b->m + (int)i;
    }
    for (size_t i = 0; i <= 2 * p; i++) b->rows[i] = BA_WANTED * (int)i;
    for (size_t i = 1; i <= p; i++) b->rows[2 * p + i] = (int)(before + i);
}

static void compute_jacobian(void *state) {
    ba *b = state;
    run_all(b, b->values, 2 * BA_WANTED, b->values + 2 * BA_WANTED * b->p);
    place_all(b);
}

static json_t *first_and_last(const int *x, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < 2 * BA_WANTED; i++) json_array_append_new(list, json_integer(x[i]));
    json_array_append_new(list, json_integer(x[count - 1]));
    return list;
}

static json_t *jacobian(void *state) {
    ba *b = state;
    const size_t filled = (2 * BA_WANTED + 1) * b->p;
    json_t *values = gb_list(b->values, 2 * BA_WANTED);
    json_array_append_new(values, json_real(b->values[filled - 1]));
    return json_pack("{s:o, s:o, s:o}", "rows", first_and_last(b->rows, 3 * b->p + 1), "cols",
                     first_and_last(b->columns, filled), "vals", values);
}

int main(int argc, char **argv) {
    const gb_function all[] = {
        {"objective", read_input, prepare_errors, compute_errors, errors},
        {"jacobian", read_input, prepare_jacobian, compute_jacobian, jacobian}};
    return gb_main(argc, argv, all, 2);
}
