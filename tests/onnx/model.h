/* Reads ONNX's files: the messages of which models and tensors are made. Only what the tests need
 * is known; other fields are stepped over. Rests on wire.h and on tad's element types and shapes.
 *
 * What is read points into the bytes given, which must outlive it. */
#ifndef ONNX_MODEL_H
#define ONNX_MODEL_H

#include <tad/tape.h>

#include "wire.h"

enum { ONNX_NAMES = 16, ONNX_ATTRIBUTES = 16, ONNX_INTS = 64 };

/* Element types, as the files number them. */
typedef enum onnx_type {
    ONNX_FLOAT = 1,
    ONNX_UINT8,
    ONNX_INT8,
    ONNX_UINT16,
    ONNX_INT16,
    ONNX_INT32,
    ONNX_INT64,
    ONNX_STRING,
    ONNX_BOOL,
    ONNX_FLOAT16,
    ONNX_DOUBLE,
    ONNX_UINT32,
    ONNX_UINT64
} onnx_type;

typedef struct onnx_tensor {
    wire_bytes name, message;
    int64_t type; /* an onnx_type, or one that is not known */
    tad_shape shape;
    size_t count; /* of elements */
} onnx_tensor;

typedef struct onnx_attribute {
    wire_bytes name, text, tensor;
    bool is_graph;
    float number;
    int64_t integer, ints[ONNX_INTS];
    size_t n_ints;
    bool used; /* for whoever runs the node */
} onnx_attribute;

typedef struct onnx_node {
    wire_bytes op_type, in[ONNX_NAMES], out[ONNX_NAMES];
    size_t n_in, n_out, n_attributes;
    onnx_attribute attribute[ONNX_ATTRIBUTES];
} onnx_node;

/* What goes into a graph, or comes out. */
typedef struct onnx_value {
    wire_bytes name;
    int64_t type; /* of a tensor; 0: a sequence or another thing */
} onnx_value;

typedef struct onnx_model {
    wire_bytes graph;
    int64_t opset; /* of ONNX's own domain; 1 where only others are named */
    onnx_value in[ONNX_NAMES], out[ONNX_NAMES];
    size_t n_in, n_out, n_nodes;
} onnx_model;

/* False: malformed, or larger than the structs above. */
bool onnx_read_model(wire_bytes message, onnx_model *m);
bool onnx_read_node(wire_bytes message, onnx_node *n);
bool onnx_read_tensor(wire_bytes message, onnx_tensor *t);

/* The element type of tad that holds an onnx_type's values, all integers as int64;
 * TAD_DTYPE_COUNT: none. */
tad_dtype onnx_dtype(int64_t type);
/* The elements, of onnx_dtype, to be freed; NULL: none, or not as many as the shape says. */
void *onnx_values(const onnx_tensor *t);

/* Fields of GraphProto that hold messages. */
enum { ONNX_GRAPH_NODE = 1, ONNX_GRAPH_TENSOR = 5 };

#endif
