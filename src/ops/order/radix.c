/* Stable sorting by the bytes of a key, the last one first (LSD radix sort): first by the highest
 * ones alone, and what that leaves by insertion. Rests on order.h. */
#include <string.h>

#include "order.h"

/* FEW: rows that insertion sorts sooner. STEPS: of insertion after the highest bytes, for each
 * element, before all bytes are better. */
enum { DIGITS = 256, FEW = 40, STEPS = 4 };
/* Bytes in which evenly spread numbers mostly differ: 12 bits hold sign and exponent, or less. */
#define HIGH_BYTES(n) (3 + ((n) > 8192) + ((n) > 1 << 20))

#define BODY "ops/order/radix_body.h"
#include "kernel/instantiate.h"

size_t tad__radix_room(tad_dtype dtype, size_t n) {
    return 2 * n * (dtype == TAD_F64 ? sizeof(entry_f64) : sizeof(entry_f32));
}

void tad__radix_sort(tad_dtype dtype, size_t n, const void *x, bool descending, void *room,
                     int64_t *place) {
    if (dtype == TAD_F64)
        sort_f64(n, x, descending, room, place);
    else
        sort_f32(n, x, descending, room, place);
}
