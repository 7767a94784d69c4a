/* The public functions of random numbers. Rests on random.h. */
#include "random.h"

#include <tad/tape.h>

double tad_random_uniform(tad_random *r) {
    return r ? tad__random_uniform(r->seed, &r->drawn) : NAN;
}

double tad_random_normal(tad_random *r) { return r ? tad__random_normal(r->seed, &r->drawn) : NAN; }

/* Multiplies instead of dividing; rejects the few draws that would make some results likelier. */
uint64_t tad_random_below(tad_random *r, uint64_t n) {
    if (n == 0 || !r) return 0;
    for (;;) {
        const uint64_t x = tad__random_bits(r->seed, &r->drawn) >> 32,
                       y = tad__random_bits(r->seed, &r->drawn) >> 32;
        const uint64_t wide = x << 32 | y, limit = UINT64_MAX - UINT64_MAX % n;
        if (wide < limit) return wide % n;
    }
}
