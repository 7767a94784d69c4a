/* Runs the graph of a test on its inputs and compares what comes out. Rests on test.h. */
#include "test.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES = 512, FILES = 64, PATH = 600 };

/* A value of the graph by its name. */
typedef struct value {
    wire_bytes name;
    tad_var v;
} value;

typedef struct test {
    const char *folder;
    test_result *result;
    onnx_model model;
    tad_tape *tape;
    value values[VALUES];
    size_t n_values;
    bool integers; /* among the values given */
    wire_bytes files[FILES];
    size_t n_files;
} test;

static bool fail(test *t, const char *format, ...) TAD_PRINTF(2, 3);
static bool fail(test *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(t->result->why, sizeof t->result->why, format, args);
    va_end(args);
    t->result->outcome = FAILED;
    return false;
}

static bool skip_test(test *t, skip_kind kind, const char *why) {
    fail(t, "%s", why);
    t->result->outcome = SKIPPED;
    t->result->kind = kind;
    return false;
}

/* ---- files ---- */

wire_bytes read_file(const char *path) {
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    long size = -1;
    if (f && fseek(f, 0, SEEK_END) == 0) size = ftell(f);
    if (size >= 0) data = malloc((size_t)size + 1);
    if (data && (fseek(f, 0, SEEK_SET) != 0 || fread(data, 1, (size_t)size, f) != (size_t)size)) {
        free(data);
        data = NULL;
    }
    if (f) fclose(f);
    return (wire_bytes){data, data ? (size_t)size : 0};
}

/* A file of the test, kept until its end; data NULL: there is none. */
static wire_bytes keep_file(test *t, const char *name) {
    char path[PATH];
    const int n = snprintf(path, sizeof path, "%s/%s", t->folder, name);
    wire_bytes b = {NULL, 0};
    if (n >= PATH || t->n_files == FILES) return b;
    b = read_file(path);
    if (b.data) t->files[t->n_files++] = b;
    return b;
}

/* ---- values ---- */

static bool same_name(wire_bytes a, wire_bytes b) {
    return a.count == b.count && memcmp(a.data, b.data, a.count) == 0;
}

static const value *find_value(const test *t, wire_bytes name) {
    for (size_t i = t->n_values; i-- > 0;)
        if (same_name(t->values[i].name, name)) return &t->values[i];
    return NULL;
}

static bool bind(test *t, wire_bytes name, tad_var v) {
    if (t->n_values == VALUES) return fail(t, "too many values");
    t->values[t->n_values++] = (value){name, v};
    return true;
}

static bool is_type(test *t, int64_t type, const char *what) {
    static const char *const names[] = {
        [0] = "no tensor",
        [ONNX_STRING] = "strings",
        [ONNX_FLOAT16] = "float16",
        [ONNX_UINT64] = "uint64",
    };
    char why[100];
    if (onnx_dtype(type) != TAD_DTYPE_COUNT) return true;
    const char *name = type >= 0 && type <= ONNX_UINT64 ? names[type] : NULL;
    snprintf(why, sizeof why, "%s is %s", what, name ? name : "of an unknown type");
    return skip_test(t, TYPE, why);
}

/* The elements, to be freed; NULL and the test ends where there are none. */
static void *values_of(test *t, wire_bytes message, const char *what, onnx_tensor *tensor) {
    if (!onnx_read_tensor(message, tensor))
        fail(t, "%s cannot be read", what);
    else if (is_type(t, tensor->type, what)) {
        void *data = onnx_values(tensor);
        if (!data) fail(t, "%s has other elements than its shape says", what);
        return data;
    }
    return NULL;
}

static bool bind_tensor(test *t, wire_bytes name, wire_bytes message, const char *what) {
    onnx_tensor tensor;
    void *data = values_of(t, message, what, &tensor);
    if (!data) return false;
    if (onnx_dtype(tensor.type) == TAD_I64) t->integers = true;
    const tad_var v = tad_input(t->tape, onnx_dtype(tensor.type), tensor.shape, data);
    free(data);
    return bind(t, name.data ? name : tensor.name, v);
}

static bool bind_initializers(test *t) {
    wire_field f;
    for (wire_bytes rest = t->model.graph; wire_next(&rest, &f);)
        if (f.number == ONNX_GRAPH_TENSOR &&
            !bind_tensor(t, (wire_bytes){NULL, 0}, f.bytes, "an initializer"))
            return false;
    return true;
}

static bool bind_inputs(test *t, int set) {
    char name[60];
    for (size_t i = 0; i < t->model.n_in; i++) {
        snprintf(name, sizeof name, "test_data_set_%d/input_%zu.pb", set, i);
        if (!is_type(t, t->model.in[i].type, "an input")) return false;
        const wire_bytes message = keep_file(t, name);
        if (!message.data && find_value(t, t->model.in[i].name)) continue;
        if (!message.data) return fail(t, "%s cannot be read", name);
        if (!bind_tensor(t, t->model.in[i].name, message, name)) return false;
    }
    return true;
}

/* ---- running ---- */

/* What the tape says. Integers where an op takes floats are a matter of types. */
static bool tape_failed(test *t, wire_bytes op_type) {
    const tad_status s = tad_tape_status(t->tape);
    fail(t, "%.*s: %s", (int)op_type.count, (const char *)op_type.data, tad_message(t->tape));
    if (s == TAD_BAD_DTYPE && t->integers) {
        t->result->outcome = SKIPPED;
        t->result->kind = TYPE;
    }
    return false;
}

static tad_var named(const void *graph, wire_bytes name) {
    const value *v = find_value(graph, name);
    return v ? v->v : tad_none();
}

static bool run_one(test *t, wire_bytes message) {
    onnx_node node;
    if (!onnx_read_node(message, &node)) return fail(t, "a node cannot be read");
    node_run r = {.graph = t,
                  .named = named,
                  .tape = t->tape,
                  .node = &node,
                  .opset = t->model.opset,
                  .alone = t->model.n_nodes == 1};
    for (size_t i = 0; i < ONNX_NAMES; i++) r.in[i] = tad_none();
    for (size_t i = 0; i < node.n_in; i++) {
        if (node.in[i].count > 0) r.in[i] = named(t, node.in[i]);
        if (node.in[i].count > 0 && tad_is_none(r.in[i]))
            return fail(t, "%.*s: no value for input %zu", (int)node.op_type.count,
                        (const char *)node.op_type.data, i);
    }
    const bool fine = run_node(&r);
    if (r.skipped) {
        skip_test(t, r.kind, "");
        snprintf(t->result->why, sizeof t->result->why, "%.*s: %s", (int)node.op_type.count,
                 (const char *)node.op_type.data, r.why);
        return false;
    }
    if (!fine) return tape_failed(t, node.op_type);
    for (size_t i = 0; i < node.n_out; i++)
        if (node.out[i].count > 0 && !bind(t, node.out[i], r.out[i])) return false;
    return true;
}

static bool run_nodes(test *t) {
    wire_field f;
    for (wire_bytes rest = t->model.graph; wire_next(&rest, &f);)
        if (f.number == ONNX_GRAPH_NODE && !run_one(t, f.bytes)) return false;
    return true;
}

/* ---- comparing ---- */

static double element(tad_dtype dtype, const void *data, size_t i) {
    switch (dtype) {
    case TAD_F64: return ((const double *)data)[i];
    case TAD_F32: return (double)((const float *)data)[i];
    case TAD_I64: return (double)((const int64_t *)data)[i];
    default: return ((const uint8_t *)data)[i];
    }
}

/* ONNX's own tolerance for floats; others are equal. */
static bool close(tad_dtype dtype, const void *data, const void *expected, size_t i) {
    const double a = element(dtype, data, i), b = element(dtype, expected, i);
    if (dtype == TAD_I64) return ((const int64_t *)data)[i] == ((const int64_t *)expected)[i];
    if (a == b || (isnan(a) && isnan(b))) return true;
    return dtype != TAD_BOOL && fabs(a - b) <= 1e-7 + 1e-3 * fabs(b);
}

static bool compare(test *t, const char *what, tad_var v, const onnx_tensor *e,
                    const void *expected) {
    const tad_dtype dtype = onnx_dtype(e->type);
    const tad_shape s = tad_shape_of(v);
    if (tad_dtype_of(v) != dtype)
        return fail(t, "%s is of type %s", what, tad_dtype_name(tad_dtype_of(v)));
    if (s.rank != e->shape.rank) return fail(t, "%s has %d axes", what, s.rank);
    for (int i = 0; i < s.rank; i++)
        if (s.dim[i] != e->shape.dim[i])
            return fail(t, "%s has size %lld on axis %d", what, (long long)s.dim[i], i);
    const void *data = tad_data(v);
    for (size_t i = 0; data && i < e->count; i++)
        if (!close(dtype, data, expected, i))
            return fail(t, "%s[%zu] is %.9g, expected %.9g", what, i, element(dtype, data, i),
                        element(dtype, expected, i));
    return data || fail(t, "%s: %s", what, tad_message(t->tape));
}

static bool compare_outputs(test *t, int set) {
    char name[60];
    for (size_t i = 0; i < t->model.n_out; i++) {
        onnx_tensor e;
        const value *v = find_value(t, t->model.out[i].name);
        snprintf(name, sizeof name, "test_data_set_%d/output_%zu.pb", set, i);
        if (!is_type(t, t->model.out[i].type, "an output")) return false;
        const wire_bytes message = keep_file(t, name);
        if (!message.data || !v) return fail(t, "%s: no such file or no such value", name);
        void *expected = values_of(t, message, name, &e);
        const bool same = expected && compare(t, name, v->v, &e, expected);
        free(expected);
        if (!same) return false;
    }
    return t->model.n_out > 0 || fail(t, "nothing to compare");
}

static bool run_set(test *t, int set) {
    t->n_values = 0;
    t->integers = false;
    t->tape = tad_tape_new(&(tad_settings){.memory_limit = (size_t)1 << 30});
    const bool fine = (t->tape || fail(t, "out of memory")) && bind_initializers(t) &&
                      bind_inputs(t, set) && run_nodes(t) && compare_outputs(t, set);
    tad_tape_free(t->tape);
    return fine;
}

static bool has_set(const test *t, int set) {
    char path[PATH];
    snprintf(path, sizeof path, "%s/test_data_set_%d/output_0.pb", t->folder, set);
    FILE *f = fopen(path, "rb");
    if (f) fclose(f);
    return f != NULL;
}

/* Tests whose results do not follow from their models. */
static const char *known_to_be_wrong(const char *folder) {
    static const struct {
        const char *name, *why;
    } list[] = {
        {"test_adam_multiple", "computed with epsilon 0.01, which the model does not say"},
    };
    const char *end = strrchr(folder, '/');
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (strcmp(end ? end + 1 : folder, list[i].name) == 0) return list[i].why;
    return NULL;
}

void run_test(const char *folder, test_result *result) {
    static test t;
    int set = 0;
    const char *wrong = known_to_be_wrong(folder);
    *result = (test_result){.outcome = PASSED};
    t = (test){.folder = folder, .result = result};
    const wire_bytes model = keep_file(&t, "model.onnx");
    if (!onnx_read_model(model, &t.model))
        fail(&t, "the model cannot be read");
    else if (wrong)
        skip_test(&t, DATA, wrong);
    else if (!has_set(&t, 0))
        fail(&t, "no data");
    else
        while (has_set(&t, set) && run_set(&t, set)) set++;
    result->alone = t.model.n_nodes == 1;
    for (size_t i = 0; i < t.n_files; i++) free((void *)(uintptr_t)t.files[i].data);
}
