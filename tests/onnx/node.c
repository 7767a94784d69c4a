/* Nodes: reading what they say, calling tad. Rests on node.h. */
#include "node.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void skip(node_run *r, skip_kind kind, const char *format, ...) {
    va_list args;
    if (r->skipped) return;
    va_start(args, format);
    vsnprintf(r->why, sizeof r->why, format, args);
    va_end(args);
    r->kind = kind;
    r->skipped = true;
}

bool going(const node_run *r) { return !r->skipped && tad_tape_status(r->tape) == TAD_OK; }

/* ---- running ---- */

static void check_read(node_run *r) {
    const onnx_node *node = r->node;
    for (size_t i = 0; i < node->n_attributes; i++)
        if (!node->attribute[i].used)
            skip(r, ATTRIBUTE, "%.*s", (int)node->attribute[i].name.count,
                 (const char *)node->attribute[i].name.data);
    for (size_t i = 0; i < node->n_in; i++)
        if (has_input(r, i) && !r->used[i]) skip(r, INPUT, "%zu", i);
    for (size_t i = 0; i < node->n_out; i++)
        if (node->out[i].count > 0 && tad_is_none(r->out[i])) skip(r, OUTPUT, "%zu", i);
}

bool run_node(node_run *r) {
    const onnx_node *node = r->node;
    const row *is = row_of(node->op_type);
    for (size_t i = 0; i < ONNX_NAMES; i++) r->out[i] = tad_none();
    for (size_t i = 0; i < node->n_attributes; i++)
        if (node->attribute[i].is_graph) skip(r, SUBGRAPH, "a graph in a node");
    if (!is) skip(r, NO_OP, "no operator");
    if (going(r)) is->run(r, is);
    if (going(r)) check_read(r);
    return going(r);
}

/* ---- what the node says ---- */

bool is_text(wire_bytes b, const char *text) {
    return b.count == strlen(text) &&
           memcmp(b.data ? b.data : (const uint8_t *)"", text, b.count) == 0;
}

bool has_input(const node_run *r, size_t i) { return i < r->node->n_in && !tad_is_none(r->in[i]); }

tad_var input(node_run *r, size_t i) {
    if (!has_input(r, i)) return tad_none();
    r->used[i] = true;
    return r->in[i];
}

integers input_list(node_run *r, size_t i) {
    integers l = {.given = has_input(r, i)};
    const tad_var x = input(r, i);
    if (!l.given) return l;
    const int64_t n = tad_size_of(x);
    const int64_t *values = tad_dtype_of(x) == TAD_I64 ? tad_data(x) : NULL;
    if (!values || n > ONNX_INTS) {
        skip(r, INPUT, "%zu is no list of integers", i);
        return l;
    }
    l.n = (size_t)n;
    for (size_t k = 0; k < l.n; k++) l.v[k] = values[k];
    return l;
}

double input_number(node_run *r, size_t i, double initial) {
    const tad_var x = input(r, i);
    double value = initial;
    if (!has_input(r, i)) return initial;
    if (tad_size_of(x) != 1 || tad_read(x, &value, 1) != TAD_OK)
        skip(r, INPUT, "%zu is no number", i);
    return value;
}

onnx_attribute *attribute(node_run *r, const char *name) {
    for (size_t i = 0; i < r->node->n_attributes; i++) {
        onnx_attribute *a = &r->node->attribute[i];
        if (!is_text(a->name, name)) continue;
        a->used = true;
        return a;
    }
    return NULL;
}

int64_t integer(node_run *r, const char *name, int64_t initial) {
    const onnx_attribute *a = attribute(r, name);
    return a ? a->integer : initial;
}

double number(node_run *r, const char *name, double initial) {
    const onnx_attribute *a = attribute(r, name);
    return a ? (double)a->number : initial;
}

bool word(node_run *r, const char *name, const char *expected, const char *initial) {
    const onnx_attribute *a = attribute(r, name);
    return a ? is_text(a->text, expected) : strcmp(initial, expected) == 0;
}

integers list(node_run *r, const char *name) {
    const onnx_attribute *a = attribute(r, name);
    integers l = {.given = a != NULL, .n = a ? a->n_ints : 0};
    if (a) memcpy(l.v, a->ints, sizeof l.v);
    return l;
}

integers list_or_input(node_run *r, const char *name, size_t i) {
    return has_input(r, i) ? input_list(r, i) : list(r, name);
}

int64_t axis_of(node_run *r, int64_t axis, int rank) {
    if (axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
    skip(r, ATTRIBUTE, "no axis %lld of %d", (long long)axis, rank);
    return 0;
}

/* ---- calls ---- */

void call_all(node_run *r, const char *op, const tad_var *in, size_t n, const tad_value *with,
              size_t n_with, tad_var *out, size_t n_out) {
    for (size_t i = 0; i < n_out; i++) out[i] = tad_none();
    if (!tad_op_find(op)) skip(r, NO_OP, "%s", op);
    if (going(r)) tad_call(r->tape, op, in, n, with, n_with, out, n_out);
}

tad_var call(node_run *r, const char *op, const tad_var *in, size_t n, const tad_value *with,
             size_t n_with) {
    tad_var y;
    call_all(r, op, in, n, with, n_with, &y, 1);
    return y;
}

tad_var cast(node_run *r, tad_var x, tad_dtype dtype) {
    if (tad_dtype_of(x) == dtype) return x;
    return call(r, "cast", IN(x), WITH(TEXT("dtype", tad_dtype_name(dtype))));
}

static integers list_of(const int64_t *v, size_t n) {
    integers l = {.given = true, .n = n};
    for (size_t i = 0; i < n; i++) l.v[i] = v[i];
    return l;
}

tad_var reshape(node_run *r, tad_var x, const int64_t *dim, size_t rank) {
    const integers to = list_of(dim, rank);
    return call(r, "reshape", IN(x), WITH(LIST("shape", to)));
}

tad_var permute(node_run *r, tad_var x, const int64_t *order, size_t rank) {
    const integers axes = list_of(order, rank);
    return call(r, "permute", IN(x), WITH(LIST("axes", axes)));
}

tad_var slice_axis(node_run *r, tad_var x, int64_t axis, int64_t begin, int64_t end) {
    tad_slices s = {.count = (int)axis + 1};
    s.range[axis] = (tad_range){{true, begin}, {true, end}, {false, 0}};
    return call(r, "slice", IN(x),
                WITH({.name = "slices", .kind = TAD_VALUE_SLICES, .slices = &s}));
}

tad_var constant_list(node_run *r, const int64_t *v, size_t n) {
    return tad_constant(r->tape, TAD_I64, (tad_shape){1, {(int64_t)n}}, v);
}

tad_var move_last(node_run *r, tad_var x, int64_t axis) {
    int64_t order[TAD_MAX_RANK];
    const int rank = tad_shape_of(x).rank;
    if (!going(r)) return tad_none();
    for (int i = 0; i < rank; i++) order[i] = i < axis ? i : i == axis ? rank - 1 : i - 1;
    return permute(r, x, order, (size_t)rank);
}

tad_var from_front(node_run *r, tad_var index, int64_t size) {
    const int64_t n = tad_size_of(index);
    const int64_t *from = going(r) && tad_dtype_of(index) == TAD_I64 ? tad_data(index) : NULL;
    int64_t *to = from ? malloc(sizeof *to * (size_t)(n + 1)) : NULL;
    if (!to) return index;
    for (int64_t i = 0; i < n; i++) to[i] = from[i] < 0 ? from[i] + size : from[i];
    const tad_var y = tad_constant(r->tape, TAD_I64, tad_shape_of(index), to);
    free(to);
    return y;
}
