/* Random numbers: a counter hashed by the finaliser of SplitMix64 (Steele, Lea, Flood 2014). Rests
 * on the C library. */
#include <math.h>

#include <tad/tape.h>

static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t draw(tad_random *r) {
    r->drawn++;
    return mix(mix(r->seed + UINT64_C(0x9e3779b97f4a7c15)) +
               r->drawn * UINT64_C(0x9e3779b97f4a7c15));
}

double tad_random_uniform(tad_random *r) { return r ? (double)(draw(r) >> 11) * 0x1p-53 : NAN; }

/* Box and Muller's transform; two uniforms for each normal keep the state a mere counter. */
double tad_random_normal(tad_random *r) {
    double u = 1.0 - tad_random_uniform(r), v = tad_random_uniform(r);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586476925 * v);
}

/* Multiplies instead of dividing; rejects the few draws that would make some results likelier. */
uint64_t tad_random_below(tad_random *r, uint64_t n) {
    if (n == 0 || !r) return 0;
    for (;;) {
        uint64_t x = draw(r) >> 32, y = draw(r) >> 32;
        uint64_t wide = x << 32 | y, limit = UINT64_MAX - UINT64_MAX % n;
        if (wide < limit) return wide % n;
    }
}
