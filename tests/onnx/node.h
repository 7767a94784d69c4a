/* One node of a graph while it runs: its inputs and attributes, read one by one, and calls of tad
 * by name. Rests on model.h and on tad.
 *
 * What a row of the table does not read, an attribute or an input, it does not know: the test is
 * skipped then, and so it is when an output has not been given. */
#ifndef ONNX_NODE_H
#define ONNX_NODE_H

#include <tad/tad.h>

#include "model.h"

/* Why a test is skipped. */
typedef enum skip_kind {
    NO_OP,
    TYPE,
    ATTRIBUTE,
    INPUT,
    OUTPUT,
    SUBGRAPH,
    RANDOM,
    DATA, /* the test is wrong */
    SKIP_KINDS
} skip_kind;

typedef struct node_run {
    tad_tape *tape;
    onnx_node *node;
    int64_t opset;
    bool alone; /* the only node of its graph */
    const void *graph;
    tad_var (*named)(const void *graph, wire_bytes name); /* a value; tad_none(): not there */
    tad_var in[ONNX_NAMES], out[ONNX_NAMES];
    bool used[ONNX_NAMES];
    bool skipped;
    skip_kind kind;
    char why[200];
} node_run;

/* A row of the table: an operator, what runs it, the op it stands for, and attributes that are
 * numbers with the names of both sides. */
typedef struct row row;
struct row {
    const char *op_type;
    void (*run)(node_run *r, const row *is);
    const char *op;
    struct {
        const char *onnx, *tad;
        double initial;
    } number[2];
};
const row *row_of(wire_bytes op_type); /* NULL: none */

/* Runs the node. False when the test ends here: skipped, or the tape has failed. */
bool run_node(node_run *r);

/* The first reason counts. */
void skip(node_run *r, skip_kind kind, const char *format, ...) TAD_PRINTF(3, 4);
bool going(const node_run *r); /* not skipped, no failure on the tape */

/* ---- what the node says ---- */

typedef struct integers {
    bool given;
    size_t n;
    int64_t v[ONNX_INTS];
} integers;

bool is_text(wire_bytes b, const char *text);
bool has_input(const node_run *r, size_t i);
tad_var input(node_run *r, size_t i); /* tad_none() when left out */
integers input_list(node_run *r, size_t i);
double input_number(node_run *r, size_t i, double initial); /* the one element */

onnx_attribute *attribute(node_run *r, const char *name); /* NULL: not given */
int64_t integer(node_run *r, const char *name, int64_t initial);
double number(node_run *r, const char *name, double initial);
bool word(node_run *r, const char *name, const char *expected, const char *initial);
integers list(node_run *r, const char *name);
/* A list that is input i since some version of ONNX, and an attribute before. */
integers list_or_input(node_run *r, const char *name, size_t i);
/* An axis from the front; 0 and skipped where there is none. */
int64_t axis_of(node_run *r, int64_t axis, int rank);

/* ---- calls ---- */

#define IN(...)                                                                                    \
    (const tad_var[]){__VA_ARGS__}, sizeof((const tad_var[]){__VA_ARGS__}) / sizeof(tad_var)
#define WITH(...)                                                                                  \
    (const tad_value[]){__VA_ARGS__}, sizeof((const tad_value[]){__VA_ARGS__}) / sizeof(tad_value)
#define PLAIN NULL, 0 /* no options */

#define INT(key, i)                                                                                \
    { .name = (key), .kind = TAD_VALUE_INT, .integer = (i) }
#define FLAG(key, b)                                                                               \
    { .name = (key), .kind = TAD_VALUE_BOOL, .integer = (b) }
#define NUMBER(key, x)                                                                             \
    { .name = (key), .kind = TAD_VALUE_FLOAT, .number = (x) }
#define TEXT(key, t)                                                                               \
    { .name = (key), .kind = TAD_VALUE_TEXT, .text = (t) }
/* Integers; where they are not given, the op's default. */
#define LIST(key, list)                                                                            \
    {                                                                                              \
        .name = (key), .kind = (list).given ? TAD_VALUE_INTS : TAD_VALUE_NULL, .ints = (list).v,   \
        .count = (list).n                                                                          \
    }

/* The first output; tad_none() when the test ends here, also for want of the op. */
tad_var call(node_run *r, const char *op, const tad_var *in, size_t n, const tad_value *with,
             size_t n_with);
void call_all(node_run *r, const char *op, const tad_var *in, size_t n, const tad_value *with,
              size_t n_with, tad_var *out, size_t n_out);
tad_var cast(node_run *r, tad_var x, tad_dtype dtype);
tad_var reshape(node_run *r, tad_var x, const int64_t *dim, size_t rank);
tad_var permute(node_run *r, tad_var x, const int64_t *order, size_t rank);
tad_var slice_axis(node_run *r, tad_var x, int64_t axis, int64_t begin, int64_t end);
tad_var constant_list(node_run *r, const int64_t *v, size_t n);
/* Moves the last axis to where `axis` is. */
tad_var move_last(node_run *r, tad_var x, int64_t axis);
/* Indices that count from the end, as ONNX has them, counted from the front. */
tad_var from_front(node_run *r, tad_var index, int64_t size);

#endif
