/* Stable sorting by the bytes of a key, the last one first (LSD radix sort): first by the highest
 * ones alone, and what that leaves by insertion. Rests on order.h. */
#include <string.h>

#include "order.h"

/* FEW: rows that insertion sorts sooner. STEPS: of insertion after the highest bytes, for each
 * element, before all bytes are better. */
enum { DIGITS = 256, FEW = 40, STEPS = 4 };
/* Bytes in which evenly spread numbers mostly differ: 12 bits hold sign and exponent, or less. */
#define HIGH_BYTES(n) (3 + ((n) > 8192) + ((n) > 1 << 20))

/* Keys are unsigned integers in the order of the elements. */
#define BODY "ops/order/radix_key_body.h"
#include "kernel/instantiate.h"

static uint64_t key_of_i64(int64_t v, bool descending) {
    const uint64_t bits = (uint64_t)v ^ (uint64_t)INT64_MIN;
    return descending ? ~bits : bits;
}

static uint32_t key_of_bool(uint8_t v, bool descending) { return descending ? 1u - v : v; }

#define BODY "ops/order/radix_body.h"
#include "kernel/instantiate.h"
#define BODY "ops/order/radix_body.h"
#include "kernel/instantiate_integers.h"

size_t tad__radix_room(tad_dtype dtype, size_t n) {
    return 2 * n * (tad__width(dtype) == 8 ? sizeof(entry_f64) : sizeof(entry_f32));
}

void tad__radix_sort(tad_dtype dtype, size_t n, const void *x, bool descending, void *room,
                     int64_t *place) {
    switch (dtype) {
    case TAD_F64: sort_f64(n, x, descending, room, place); break;
    case TAD_F32: sort_f32(n, x, descending, room, place); break;
    case TAD_I64: sort_i64(n, x, descending, room, place); break;
    default: sort_bool(n, x, descending, room, place);
    }
}
