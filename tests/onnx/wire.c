/* The reader of Protocol Buffers. Rests on wire.h. */
#include "wire.h"

static bool malformed(wire_bytes *rest) {
    rest->data = NULL;
    rest->count = 0;
    return false;
}

static bool take(wire_bytes *rest, uint64_t n, wire_bytes *out) {
    if (n > rest->count) return malformed(rest);
    *out = (wire_bytes){rest->data, (size_t)n};
    rest->data += n;
    rest->count -= (size_t)n;
    return true;
}

/* Seven bits in a byte, the lowest first; the top bit says that another one follows. */
bool wire_varint(wire_bytes *rest, uint64_t *value) {
    wire_bytes byte;
    *value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (!take(rest, 1, &byte)) return false;
        *value |= (uint64_t)(byte.data[0] & 127) << shift;
        if (byte.data[0] < 128) return true;
    }
    return malformed(rest);
}

/* The lowest byte first. */
bool wire_fixed(wire_bytes *rest, size_t n, uint64_t *value) {
    wire_bytes b;
    *value = 0;
    if (!take(rest, n, &b)) return false;
    while (n-- > 0) *value = *value << 8 | b.data[n];
    return true;
}

bool wire_next(wire_bytes *rest, wire_field *f) {
    uint64_t tag;
    if (rest->count == 0 || !wire_varint(rest, &tag)) return false;
    *f = (wire_field){.number = tag >> 3, .is_bytes = (tag & 7) == 2};
    switch (tag & 7) {
    case 0: return wire_varint(rest, &f->value);
    case 1: return wire_fixed(rest, 8, &f->value);
    case 2: return wire_varint(rest, &f->value) && take(rest, f->value, &f->bytes);
    case 5: return wire_fixed(rest, 4, &f->value);
    default: return malformed(rest);
    }
}

/* Integers of a repeated field lie one by one, or packed into one field. */
bool wire_integers(const wire_field *f, int64_t *list, size_t limit, size_t *n) {
    wire_bytes rest = f->bytes;
    uint64_t value = f->value;
    do {
        if (f->is_bytes && rest.count == 0) break;
        if (*n == limit || (f->is_bytes && !wire_varint(&rest, &value))) return false;
        list[(*n)++] = (int64_t)value;
    } while (f->is_bytes);
    return true;
}
