/* Stable sorting by the bytes of a key, the last one first (LSD radix sort). Rests on order.h. */
#include <string.h>

#include "order.h"

enum { DIGITS = 256, FEW = 40 }; /* FEW: rows that insertion sorts sooner */

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
