/* Reads messages of Protocol Buffers, field by field. Whatever the bytes are, nothing outside of
 * them is read. Rests on the C library.
 *
 * What is read points into the bytes given, which must outlive it. */
#ifndef ONNX_WIRE_H
#define ONNX_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wire_bytes {
    const uint8_t *data; /* NULL: malformed */
    size_t count;
} wire_bytes;

typedef struct wire_field {
    uint64_t number;
    bool is_bytes;
    uint64_t value; /* of a number, its bits */
    wire_bytes bytes;
} wire_field;

/* Takes a field off `rest`. False at the end, and where the bytes are malformed: that sets
 * rest->data to NULL, as do the others that take something off. */
bool wire_next(wire_bytes *rest, wire_field *f);
bool wire_varint(wire_bytes *rest, uint64_t *value);
bool wire_fixed(wire_bytes *rest, size_t n, uint64_t *value); /* n <= 8 bytes, the lowest first */
/* Appends a field's integers to a list of *n. False: malformed, or beyond the limit. */
bool wire_integers(const wire_field *f, int64_t *list, size_t limit, size_t *n);

#endif
