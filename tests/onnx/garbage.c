/* Damaged files. Rests on garbage.h. */
#include "garbage.h"

#include <stdlib.h>
#include <string.h>

#include "model.h"

static void read_values(wire_bytes message) {
    onnx_tensor t;
    void *values = onnx_read_tensor(message, &t) ? onnx_values(&t) : NULL;
    free(values);
}

/* Everything that is in a model. */
static void read_model(wire_bytes bytes) {
    onnx_model m;
    wire_field f;
    static onnx_node node;
    bool fine = onnx_read_model(bytes, &m);
    for (wire_bytes rest = m.graph; fine && wire_next(&rest, &f);) {
        if (f.number == ONNX_GRAPH_TENSOR) read_values(f.bytes);
        if (f.number != ONNX_GRAPH_NODE) continue;
        fine = onnx_read_node(f.bytes, &node);
        for (size_t i = 0; fine && i < node.n_attributes; i++)
            read_values(node.attribute[i].tensor);
    }
}

/* A copy of the first `count` bytes, with one of them changed. */
static bool read_copy(wire_bytes bytes, size_t count, size_t changed, uint8_t by) {
    uint8_t *copy = malloc(count ? count : 1);
    if (!copy) return false;
    memcpy(copy, bytes.data, count);
    if (changed < count) copy[changed] ^= by;
    read_model((wire_bytes){copy, count});
    read_values((wire_bytes){copy, count});
    free(copy);
    return true;
}

size_t read_damaged(wire_bytes bytes) {
    static const uint8_t by[] = {0xff, 0x80, 0x01, 0x04, 0x40};
    size_t copies = 0;
    for (size_t i = 0; i < bytes.count; i++) {
        copies += read_copy(bytes, i, bytes.count, 0);
        for (size_t k = 0; k < sizeof by; k++) copies += read_copy(bytes, bytes.count, i, by[k]);
    }
    return copies == bytes.count * (1 + sizeof by) ? copies : 0;
}
