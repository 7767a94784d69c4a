/* The reader of ONNX's messages. Field numbers are those of onnx.proto. Rests on model.h. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

/* ---- tensors ---- */

/* Bytes of an element where elements are stored raw. */
static const struct {
    tad_dtype dtype;
    uint8_t size;
    bool is_signed;
} stored[] = {
    [ONNX_FLOAT] = {TAD_F32, 4, false},  [ONNX_UINT8] = {TAD_I64, 1, false},
    [ONNX_INT8] = {TAD_I64, 1, true},    [ONNX_UINT16] = {TAD_I64, 2, false},
    [ONNX_INT16] = {TAD_I64, 2, true},   [ONNX_INT32] = {TAD_I64, 4, true},
    [ONNX_INT64] = {TAD_I64, 8, true},   [ONNX_BOOL] = {TAD_BOOL, 1, false},
    [ONNX_DOUBLE] = {TAD_F64, 8, false}, [ONNX_UINT32] = {TAD_I64, 4, false},
};

tad_dtype onnx_dtype(int64_t type) {
    const bool listed = type >= 0 && (size_t)type < sizeof stored / sizeof *stored;
    return listed && stored[type].size ? stored[type].dtype : TAD_DTYPE_COUNT;
}

static bool count_elements(onnx_tensor *t) {
    t->count = 1;
    for (int i = 0; i < t->shape.rank; i++) {
        const int64_t d = t->shape.dim[i];
        if (d < 0 || d > INT32_MAX || (d > 0 && t->count > INT32_MAX / (size_t)d)) return false;
        t->count *= (size_t)d;
    }
    return true;
}

bool onnx_read_tensor(wire_bytes rest, onnx_tensor *t) {
    wire_field f;
    size_t rank = 0;
    *t = (onnx_tensor){.message = rest};
    while (wire_next(&rest, &f)) {
        if (f.number == 1 && !wire_integers(&f, t->shape.dim, TAD_MAX_RANK, &rank)) return false;
        if (f.number == 2) t->type = (int64_t)f.value;
        if (f.number == 8) t->name = f.bytes;
    }
    t->shape.rank = (int)rank;
    return rest.data && count_elements(t);
}

static void store(void *out, int64_t type, size_t i, uint64_t bits) {
    const uint32_t low = (uint32_t)bits;
    const int unused = 64 - 8 * stored[type].size;
    switch (stored[type].dtype) {
    case TAD_F32: memcpy((char *)out + 4 * i, &low, 4); return;
    case TAD_F64: memcpy((char *)out + 8 * i, &bits, 8); return;
    case TAD_BOOL: ((uint8_t *)out)[i] = bits != 0; return;
    default: bits <<= unused;
    }
    ((int64_t *)out)[i] =
        stored[type].is_signed ? (int64_t)bits >> unused : (int64_t)(bits >> unused);
}

enum { VARINT = 0, NO_ELEMENTS = -1 };

/* Bytes of an element in a field of TensorProto. */
static int width_of(uint64_t field, int64_t type) {
    switch (field) {
    case 4: return 4;                 /* float_data */
    case 5:                           /* int32_data */
    case 7:                           /* int64_data */
    case 11: return VARINT;           /* uint64_data */
    case 9: return stored[type].size; /* raw_data */
    case 10: return 8;                /* double_data */
    default: return NO_ELEMENTS;
    }
}

static bool read_elements(const onnx_tensor *t, void *out) {
    wire_field f;
    size_t n = 0;
    for (wire_bytes rest = t->message; wire_next(&rest, &f);) {
        const int width = width_of(f.number, t->type);
        if (width == NO_ELEMENTS) continue;
        if (!f.is_bytes && n < t->count) store(out, t->type, n++, f.value);
        while (f.bytes.count > 0) {
            const bool fine = width == VARINT ? wire_varint(&f.bytes, &f.value)
                                              : wire_fixed(&f.bytes, (size_t)width, &f.value);
            if (!fine || n == t->count) return false;
            store(out, t->type, n++, f.value);
        }
    }
    return n == t->count;
}

void *onnx_values(const onnx_tensor *t) {
    if (onnx_dtype(t->type) == TAD_DTYPE_COUNT || t->count > t->message.count) return NULL;
    void *out = calloc(t->count + 1, 8);
    if (out && read_elements(t, out)) return out;
    free(out);
    return NULL;
}

/* ---- models, nodes ---- */

static bool add_name(wire_bytes *list, size_t *n, wire_bytes name) {
    if (*n == ONNX_NAMES) return false;
    list[(*n)++] = name;
    return true;
}

static bool read_attribute(wire_bytes rest, onnx_attribute *a) {
    wire_field f;
    *a = (onnx_attribute){.is_graph = false};
    while (wire_next(&rest, &f)) {
        const uint32_t low = (uint32_t)f.value;
        if (f.number == 1) a->name = f.bytes;
        if (f.number == 2) memcpy(&a->number, &low, sizeof low);
        if (f.number == 3) a->integer = (int64_t)f.value;
        if (f.number == 4) a->text = f.bytes;
        if (f.number == 5) a->tensor = f.bytes;
        if (f.number == 6) a->is_graph = true;
        if (f.number == 8 && !wire_integers(&f, a->ints, ONNX_INTS, &a->n_ints)) return false;
    }
    return rest.data != NULL;
}

bool onnx_read_node(wire_bytes rest, onnx_node *n) {
    wire_field f;
    bool fine = true;
    *n = (onnx_node){.n_in = 0};
    while (fine && wire_next(&rest, &f)) {
        if (f.number == 1) fine = add_name(n->in, &n->n_in, f.bytes);
        if (f.number == 2) fine = add_name(n->out, &n->n_out, f.bytes);
        if (f.number == 4) n->op_type = f.bytes;
        if (f.number == 5)
            fine = n->n_attributes < ONNX_ATTRIBUTES &&
                   read_attribute(f.bytes, &n->attribute[n->n_attributes++]);
    }
    return fine && rest.data;
}

/* The first field of this number; empty: there is none. */
static wire_field find_field(wire_bytes rest, uint64_t number) {
    wire_field f;
    while (wire_next(&rest, &f))
        if (f.number == number) return f;
    return (wire_field){.number = number};
}

/* A ValueInfoProto: a name, a type; in it, of tensors, a type with that of the elements. */
static onnx_value read_value(wire_bytes message) {
    const wire_bytes type = find_field(message, 2).bytes;
    const wire_field element = find_field(find_field(type, 1).bytes, 1);
    return (onnx_value){find_field(message, 1).bytes, (int64_t)element.value};
}

static bool add_value(onnx_value *list, size_t *n, onnx_value v) {
    if (*n == ONNX_NAMES) return false;
    list[(*n)++] = v;
    return true;
}

static bool read_graph(wire_bytes rest, onnx_model *m) {
    wire_field f;
    bool fine = true;
    while (fine && wire_next(&rest, &f)) {
        if (f.number == ONNX_GRAPH_NODE) m->n_nodes++;
        if (f.number == 11) fine = add_value(m->in, &m->n_in, read_value(f.bytes));
        if (f.number == 12) fine = add_value(m->out, &m->n_out, read_value(f.bytes));
    }
    return fine && rest.data;
}

/* An OperatorSetIdProto: domain, version. */
static void read_opset(wire_bytes rest, int64_t *opset) {
    wire_field f;
    int64_t version = 1;
    bool other = false;
    while (wire_next(&rest, &f)) {
        if (f.number == 1) other = f.bytes.count > 0;
        if (f.number == 2) version = (int64_t)f.value;
    }
    if (!other) *opset = version;
}

bool onnx_read_model(wire_bytes rest, onnx_model *m) {
    wire_field f;
    *m = (onnx_model){.opset = 1};
    while (wire_next(&rest, &f)) {
        if (f.number == 7) m->graph = f.bytes;
        if (f.number == 8) read_opset(f.bytes, &m->opset);
    }
    return rest.data && m->graph.data && read_graph(m->graph, m);
}
