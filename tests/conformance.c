/* Runs reference vectors through tad_call.
 *
 *     conformance FILE.safetensors...
 *
 * A file holds cases of one op: inputs, outputs, cotangents and gradients, tangents and their
 * products, second derivatives (docs of the format: tests/vectors/README.md). For every case prints
 * "PASS op case" or "FAIL op case: what, how far"; for a file "SKIP op: not registered"; at the end
 * "N passed, M failed, K skipped". Exit status 1 when anything failed, 2 without files.
 *
 * Gradients are computed twice, by tad_grad and by tad_reverse_from. An expected array that nothing
 * was compared with is a failure, as is a file that cannot be read or has no cases. */
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tad/safetensors.h>
#include <tad/tad.h>

enum { INPUTS = 32, OUTPUTS = 16, VALUES = 16, INTEGERS = 64 };

/* ---- what stands in no file: tolerances, the places of optional inputs ---- */

/* Their outputs are moved, chosen or rounded, not computed. */
static const char exact_ops[] =
    "reshape broadcast_to permute flip transpose squeeze unsqueeze flatten concat stack split "
    "slice pad "
    "roll tril triu diag diagonal repeat tile index_select gather take_along_axis scatter_add "
    "embedding "
    "masked_fill one_hot sort topk median argmax argmin max min amax amin maximum minimum "
    "floor ceil round trunc sign";
static const char loose_ops[] = "inv solve solve_triangular cholesky det slogdet eigvalsh";

/* Inputs in the order of the op, for cases that name the ones present. */
static const struct order {
    const char *ops, *inputs;
} orders[] = {
    {"linear", "x weight bias"},
    {"conv1d conv2d layer_norm group_norm rms_norm", "input weight bias"},
    {"scaled_dot_product_attention", "q k v attn_mask"},
    {"rnn_tanh_cell gru_cell", "x h w_ih w_hh b_ih b_hh"},
    {"lstm_cell", "x h c w_ih w_hh b_ih b_hh"},
    {"batch_norm", "input running_mean running_var weight bias"},
    {"cross_entropy nll_loss bce", "input target weight"},
    {"bce_with_logits", "input target weight pos_weight"},
};

/* Where `word` stands in a list of words; -1: nowhere. */
static int position(const char *list, const char *word) {
    size_t n = strlen(word);
    for (int i = 0; *list; i++) {
        size_t length = strcspn(list, " ");
        if (length == n && memcmp(list, word, n) == 0) return i;
        list += length + (list[length] == ' ');
    }
    return -1;
}

static int input_position(const char *op, const char *input) {
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (position(orders[i].ops, op) >= 0) return position(orders[i].inputs, input);
    return -1;
}

static double tolerance(const char *op, const char *kind, tad_dtype dtype) {
    bool output = strcmp(kind, "out") == 0;
    if (dtype == TAD_I64 || dtype == TAD_BOOL || (output && position(exact_ops, op) >= 0)) return 0;
    return position(loose_ops, op) >= 0 ? 1e-8 : 1e-10;
}

/* ---- a case ---- */

typedef struct attributes {
    json_t *json;
    tad_value value[VALUES];
    size_t count;
    int64_t integers[INTEGERS];
    size_t integers_used;
    tad_slices slices;
    const json_t *inputs; /* names of the inputs present; NULL: all */
} attributes;

typedef struct run {
    const tad_safetensors *file;
    const char *op, *name;
    tad_tape *tape;
    attributes with;
    tad_var in[INPUTS]; /* at their places in the op */
    size_t n_in;
    tad_var leaf[INPUTS]; /* in the order of the file */
    size_t leaves;
    tad_var out[OUTPUTS];
    size_t n_out;
    size_t compared;
    double absolute[2]; /* absolute terms: from the cotangents, from the tangents */
    char why[400];
} run;

/* Notes the first thing that is wrong. */
static bool wrong(run *r, const char *format, ...) TAD_PRINTF(2, 3);
static bool wrong(run *r, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (!*r->why) vsnprintf(r->why, sizeof r->why, format, args);
    va_end(args);
    return false;
}

static bool done(run *r, const char *what, tad_status status) {
    return status == TAD_OK ||
           wrong(r, "%s: %s: %s", what, tad_status_text(status), tad_message(r->tape));
}

static const tad_tensor *tensor_of(const run *r, const char *kind, size_t i) {
    char name[160];
    snprintf(name, sizeof name, "%s/%s%zu", r->name, kind, i);
    return tad_safetensors_find(r->file, name);
}

static tad_var constant(run *r, const tad_tensor *t) {
    return tad_constant(r->tape, t->dtype, t->shape, t->data);
}
static tad_var input(run *r, const tad_tensor *t) {
    return tad_input(r->tape, t->dtype, t->shape, t->data);
}

/* ---- attributes ---- */

static bool add_integer(attributes *a, const json_t *j) {
    if (!json_is_integer(j) || a->integers_used == INTEGERS) return false;
    a->integers[a->integers_used++] = json_integer_value(j);
    return true;
}

/* A list of integers; lists in it are laid end to end. */
static bool read_integers(attributes *a, const json_t *list, tad_value *v) {
    v->kind = TAD_VALUE_INTS;
    v->ints = a->integers + a->integers_used;
    size_t begin = a->integers_used;
    bool fine = true;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_array(item)) fine = fine && add_integer(a, item);
        for (size_t k = 0; k < json_array_size(item); k++)
            fine = fine && add_integer(a, json_array_get(item, k));
    }
    v->count = a->integers_used - begin;
    return fine;
}

static tad_maybe_int bound(const json_t *range, size_t i) {
    const json_t *j = json_array_get(range, i);
    return (tad_maybe_int){json_is_integer(j), json_integer_value(j)};
}

static bool read_slices(attributes *a, const json_t *list, tad_value *v) {
    if (json_array_size(list) > TAD_MAX_RANK) return false;
    v->kind = TAD_VALUE_SLICES;
    v->slices = &a->slices;
    a->slices.count = (int)json_array_size(list);
    for (int i = 0; i < a->slices.count; i++) {
        const json_t *range = json_array_get(list, (size_t)i);
        a->slices.range[i] = (tad_range){bound(range, 0), bound(range, 1), bound(range, 2)};
    }
    return true;
}

static bool takes_slices(const char *op, const char *name) {
    const tad_op *o = tad_op_find(op);
    for (size_t i = 0; i < o->n_options; i++)
        if (strcmp(o->options[i].name, name) == 0) return o->options[i].kind == TAD_OPTION_SLICES;
    return false;
}

static bool read_value(run *r, const json_t *j, tad_value *v) {
    v->integer = json_is_true(j) ? 1 : json_integer_value(j);
    v->number = json_real_value(j);
    v->text = json_string_value(j);
    switch (json_typeof(j)) {
    case JSON_NULL: v->kind = TAD_VALUE_NULL; return true;
    case JSON_TRUE:
    case JSON_FALSE: v->kind = TAD_VALUE_BOOL; return true;
    case JSON_INTEGER: v->kind = TAD_VALUE_INT; return true;
    case JSON_REAL: v->kind = TAD_VALUE_FLOAT; return true;
    case JSON_STRING: v->kind = TAD_VALUE_TEXT; return true;
    case JSON_ARRAY:
        return takes_slices(r->op, v->name) ? read_slices(&r->with, j, v)
                                            : read_integers(&r->with, j, v);
    default: return false;
    }
}

static bool read_attributes(run *r) {
    attributes *a = &r->with;
    json_error_t error;
    const char *name;
    json_t *j;
    a->json = json_loads(tad_safetensors_text(r->file, r->name), JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(a->json)) return wrong(r, "attributes: %s", error.text);
    json_object_foreach(a->json, name, j) {
        if (strcmp(name, "inputs") == 0) {
            a->inputs = j;
            continue;
        }
        if (a->count == VALUES) return wrong(r, "too many attributes");
        a->value[a->count].name = name;
        if (!read_value(r, j, &a->value[a->count++])) return wrong(r, "attribute %s", name);
    }
    return true;
}

/* ---- inputs and outputs ---- */

/* The place of input i of the file among the op's inputs; -1: unknown. */
static int place_of(const run *r, size_t i) {
    if (!r->with.inputs) return (int)i;
    const char *name = json_string_value(json_array_get(r->with.inputs, i));
    return name ? input_position(r->op, name) : -1;
}

static bool read_inputs(run *r) {
    const tad_tensor *t;
    for (; r->leaves < INPUTS && (t = tensor_of(r, "in", r->leaves)); r->leaves++) {
        int place = place_of(r, r->leaves);
        if (place < 0 || place >= INPUTS) return wrong(r, "in%zu: no such input", r->leaves);
        tad_var v = tensor_of(r, "grad", r->leaves) ? input(r, t) : constant(r, t);
        r->leaf[r->leaves] = v;
        for (; r->n_in <= (size_t)place; r->n_in++) r->in[r->n_in] = tad_none();
        r->in[place] = v;
    }
    if (r->with.inputs && json_array_size(r->with.inputs) != r->leaves)
        return wrong(r, "%zu inputs named, %zu given", json_array_size(r->with.inputs), r->leaves);
    return r->leaves > 0 || wrong(r, "no inputs");
}

static bool call(run *r) {
    while (r->n_out < OUTPUTS && tensor_of(r, "out", r->n_out)) r->n_out++;
    tad_call(r->tape, r->op, r->in, r->n_in, r->with.value, r->with.count, r->out, r->n_out);
    return done(r, "tad_call", tad_tape_status(r->tape));
}

/* ---- comparing ---- */

static bool read_doubles(const tad_tensor *t, double *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int64_t integer = 0;
        const char *at = (const char *)t->data + i * tad_dtype_size(t->dtype);
        if (t->dtype == TAD_F64)
            memcpy(&out[i], at, sizeof *out);
        else
            memcpy(&integer, at, tad_dtype_size(t->dtype));
        if (t->dtype != TAD_F64) out[i] = (double)integer;
    }
    return t->dtype != TAD_F32;
}

static double largest(const double *x, size_t n) {
    double m = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]) && fabs(x[i]) > m) m = fabs(x[i]);
    return m;
}

/* Largest |element| of all arrays of a kind in the case. */
static double largest_of(run *r, const char *kind) {
    double m = 0;
    for (size_t i = 0; i < INPUTS; i++) {
        const tad_tensor *t = tensor_of(r, kind, i);
        size_t n = t ? (size_t)tad_size_of(constant(r, t)) : 0;
        double *x = n ? malloc(n * sizeof *x) : NULL;
        if (x && read_doubles(t, x, n)) m = fmax(m, largest(x, n));
        free(x);
    }
    return m;
}

static bool compare_values(run *r, const char *what, const double *a, const double *b, size_t n,
                           double limit) {
    double off = 0;
    for (size_t i = 0; i < n; i++) {
        if (a[i] == b[i] || (isnan(a[i]) && isnan(b[i]))) continue;
        if (!isfinite(a[i]) || !isfinite(b[i]))
            return wrong(r, "%s: element %zu is %g, expected %g", what, i, a[i], b[i]);
        off = fmax(off, fabs(a[i] - b[i]));
    }
    return off <= limit || wrong(r, "%s: off by %.2e, allowed %.2e", what, off, limit);
}

static bool same_type(const tad_tensor *t, tad_var v) {
    tad_shape s = tad_shape_of(v);
    bool same = t->dtype == tad_dtype_of(v) && t->shape.rank == s.rank;
    for (int i = 0; same && i < s.rank; i++) same = t->shape.dim[i] == s.dim[i];
    return same;
}

/* Compares v with the case's array kind<i>, which must be there. */
static bool compare(run *r, const char *kind, size_t i, tad_var v, const char *by) {
    char what[48];
    const tad_tensor *t = tensor_of(r, kind, i);
    snprintf(what, sizeof what, "%s%zu%s", kind, i, by);
    if (!t) return wrong(r, "%s is missing in the file", what);
    if (tad_is_nil(v)) return wrong(r, "%s: not computed", what);
    if (!same_type(t, v)) return wrong(r, "%s: another shape or element type", what);
    size_t n = (size_t)tad_size_of(v);
    double *a = malloc((2 * n + 1) * sizeof *a), *b = a + n;
    bool fine = a && done(r, what, tad_read(v, a, n)) && read_doubles(t, b, n);
    double extra = strcmp(kind, "out") == 0 ? 0 : r->absolute[strcmp(kind, "jvp") == 0];
    double limit = tolerance(r->op, kind, t->dtype) * largest(b, fine ? n : 0) + extra;
    fine = fine && compare_values(r, what, a, b, n, limit);
    free(a);
    r->compared += !*by;
    return fine;
}

/* ---- derivatives ---- */

/* A list of the case's arrays of one kind as variables, with the variables they belong to. */
typedef struct pairs {
    size_t count, index[INPUTS];
    tad_var of[INPUTS], given[INPUTS], result[2 * INPUTS];
} pairs;

typedef tad_var maker(run *r, const tad_tensor *t);
static void collect(run *r, const char *kind, const tad_var *of, size_t n, maker *make,
                    pairs *out) {
    out->count = 0;
    for (size_t i = 0; i < n; i++) {
        const tad_tensor *t = tensor_of(r, kind, i);
        if (!t) continue;
        out->index[out->count] = i;
        out->of[out->count] = of[i];
        out->given[out->count++] = make(r, t);
    }
}

static bool check_reverse(run *r, const pairs *ct, const pairs *grad) {
    bool fine = done(r, "tad_reverse_from", tad_reverse_from(ct->of, ct->given, ct->count));
    for (size_t i = 0; fine && i < grad->count; i++)
        fine =
            compare(r, "grad", grad->index[i], tad_gradient(grad->of[i]), " by tad_reverse_from");
    return fine;
}

static bool check_grad(run *r, const pairs *ct, pairs *grad) {
    tad_status s = tad_grad(ct->of, ct->given, ct->count, grad->of, grad->count, grad->result);
    bool fine = done(r, "tad_grad", s);
    for (size_t i = 0; fine && i < grad->count; i++)
        fine = compare(r, "grad", grad->index[i], grad->result[i], "");
    return fine;
}

/* s = sum_i <grad_i, w_i>, differentiated by the inputs and by the cotangents. */
static bool check_second(run *r, const pairs *ct, const pairs *grad) {
    pairs w, x = *grad;
    collect(r, "w", r->leaf, r->leaves, constant, &w);
    if (w.count == 0) return true;
    for (size_t i = 0, k = 0; i < w.count; i++) {
        while (k < grad->count && grad->index[k] != w.index[i]) k++;
        if (k == grad->count) return wrong(r, "w%zu without grad", w.index[i]);
        w.of[i] = grad->result[k];
    }
    for (size_t k = 0; k < ct->count; k++) x.of[x.count++] = ct->given[k];
    tad_status s = tad_grad(w.of, w.given, w.count, x.of, x.count, x.result);
    bool fine = done(r, "second tad_grad", s);
    for (size_t i = 0; fine && i < grad->count; i++)
        fine = compare(r, "gg", grad->index[i], x.result[i], "");
    for (size_t k = 0; fine && k < ct->count; k++)
        fine = compare(r, "ggct", ct->index[k], x.result[grad->count + k], "");
    return fine;
}

static bool check_tangent(run *r) {
    pairs tan, jvp;
    collect(r, "tan", r->leaf, r->leaves, constant, &tan);
    collect(r, "jvp", r->out, r->n_out, constant, &jvp);
    if (tan.count + jvp.count == 0) return true;
    for (size_t k = 0; k < r->n_out; k++)
        if (tensor_of(r, "ct", k) && !tensor_of(r, "jvp", k))
            return wrong(r, "jvp%zu is missing", k);
    tad_status s = tad_tangent(jvp.of, jvp.count, tan.of, tan.given, tan.count, jvp.result);
    bool fine = done(r, "tad_tangent", s);
    for (size_t k = 0; fine && k < jvp.count; k++)
        fine = compare(r, "jvp", jvp.index[k], jvp.result[k], "");
    return fine;
}

static bool check_derivatives(run *r) {
    pairs ct, grad;
    double w = fmax(1, largest_of(r, "w"));
    r->absolute[0] = 1e-12 * largest_of(r, "ct") * w;
    r->absolute[1] = 1e-12 * largest_of(r, "tan") * w;
    collect(r, "ct", r->out, r->n_out, input, &ct);
    collect(r, "grad", r->leaf, r->leaves, constant, &grad);
    bool fine = check_tangent(r);
    if (ct.count + grad.count == 0) return fine;
    return fine && check_reverse(r, &ct, &grad) && check_grad(r, &ct, &grad) &&
           check_second(r, &ct, &grad);
}

/* Every array of the case is of a known kind, and every expected one has been compared. */
static bool check_all_used(run *r) {
    static const char *const expected = "out grad jvp gg ggct", *const given = "in ct tan w";
    size_t n = strlen(r->name), wanted = 0;
    for (size_t i = 0; i < tad_safetensors_count(r->file); i++) {
        const char *name = tad_safetensors_at(r->file, i)->name;
        char kind[16];
        if (strncmp(name, r->name, n) != 0 || name[n] != '/') continue;
        snprintf(kind, sizeof kind, "%.*s", (int)strcspn(name + n + 1, "0123456789"), name + n + 1);
        wanted += position(expected, kind) >= 0;
        if (position(expected, kind) < 0 && position(given, kind) < 0)
            return wrong(r, "%s: unknown kind", name);
    }
    return wanted == r->compared || wrong(r, "%zu of %zu arrays compared", r->compared, wanted);
}

static bool run_case(const tad_safetensors *file, const char *op, const char *name) {
    run r = {.file = file, .op = op, .name = name, .tape = tad_tape_new(NULL)};
    bool fine = r.tape && read_attributes(&r) && read_inputs(&r) && call(&r);
    for (size_t k = 0; fine && k < r.n_out; k++) fine = compare(&r, "out", k, r.out[k], "");
    fine = fine && check_derivatives(&r) && check_all_used(&r);
    if (fine)
        printf("PASS %s %s\n", op, name);
    else
        printf("FAIL %s %s: %s\n", op, name, r.why);
    json_decref(r.with.json);
    tad_tape_free(r.tape);
    return fine;
}

/* ---- files ---- */

typedef struct totals {
    size_t passed, failed, skipped;
} totals;

static void run_cases(const tad_safetensors *file, const char *path, totals *sum) {
    const char *op = tad_safetensors_text(file, "op");
    size_t cases = 0;
    if (op && !tad_op_find(op)) {
        printf("SKIP %s: not registered\n", op);
        sum->skipped++;
        return;
    }
    for (size_t i = 0; op && i < tad_safetensors_text_count(file); i++) {
        const char *name = tad_safetensors_text_at(file, i)->key;
        if (strcmp(name, "op") == 0) continue;
        if (run_case(file, op, name))
            sum->passed++;
        else
            sum->failed++;
        cases++;
    }
    if (cases > 0) return;
    printf("FAIL %s: %s\n", path, op ? "no cases" : "the metadata have no \"op\"");
    sum->failed++;
}

static void run_file(const char *path, totals *sum) {
    tad_tape *t = tad_tape_new(NULL);
    tad_safetensors *file = NULL;
    if (t && tad_safetensors_open_path(t, path, &file) == TAD_OK) {
        run_cases(file, path, sum);
    } else {
        printf("FAIL %s: %s\n", path, t ? tad_message(t) : "out of memory");
        sum->failed++;
    }
    tad_safetensors_close(file);
    tad_tape_free(t);
}

int main(int argc, char **argv) {
    totals sum = {0, 0, 0};
    if (argc < 2) {
        fprintf(stderr, "usage: %s FILE.safetensors...\n", argv[0]);
        return 2;
    }
    for (int i = 1; i < argc; i++) run_file(argv[i], &sum);
    printf("%zu passed, %zu failed, %zu skipped\n", sum.passed, sum.failed, sum.skipped);
    return sum.failed > 0;
}
