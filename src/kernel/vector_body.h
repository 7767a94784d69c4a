/* Vectors of gemm_vector.h for one element type: short words for them, until vector_end.h, and what
 * bodies share. LANES is how many elements fill one. */

/* N(name) is taken for a macro call. */
/* clang-format off */

#define vec N(vec)
#define mask N(mask)
#define fma N(fma)
#define mask_first N(mask_first)
#define load_part N(load_part)
#define store_part N(store_part)

static inline vec N(load)(const T *p) {
    vec v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void N(store)(T *p, vec v) { memcpy(p, &v, sizeof v); }

/* The first n lanes of memory, 0 < n <= LANES, and the other lanes 0. */
static inline vec N(load_first)(const T *p, size_t n) {
    return !TAD_CHEAP_MASKS && n == LANES ? N(load)(p) : load_part(p, mask_first(n));
}

static inline void N(store_first)(T *p, size_t n, vec v) {
    if (!TAD_CHEAP_MASKS && n == LANES)
        N(store)(p, v);
    else
        store_part(p, mask_first(n), v);
}

/* Of 2 n vectors n, each with the halves of two added. */
static inline __attribute__((always_inline)) void N(add_halves)(vec *v, int n) {
#pragma GCC unroll 8
    for (int i = 0; i < n; i++)
        v[i] = __builtin_shufflevector(v[i], v[i + n], N(LOWER)) +
               __builtin_shufflevector(v[i], v[i + n], N(UPPER));
}

/* The sums of the lanes of LANES vectors, side by side, in an order fixed by the level. */
static inline __attribute__((always_inline)) vec N(totals)(vec *v) {
    if (LANES > 8) N(add_halves)(v, 8);
    if (LANES > 4) N(add_halves)(v, 4);
    if (LANES > 2) N(add_halves)(v, 2);
    N(add_halves)(v, 1);
    return v[0];
}

/* clang-format on */
