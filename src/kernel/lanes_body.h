/* The part of lanes.h for one element type; see instantiate.h. */
typedef T N(vec) __attribute__((vector_size(TAD_VECTOR_BYTES)));
enum { N(width) = TAD_VECTOR_BYTES / sizeof(T), N(lanes) = LANE_BYTES / sizeof(T) };
static inline VEC N(load)(const T *p) {
    VEC v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void N(store)(T *p, VEC v) { memcpy(p, &v, sizeof v); }

/* The sum of all lanes. */
static inline T N(fold)(const VEC *sum) {
    T lane[LANES];
    memcpy(lane, sum, sizeof lane);
    for (size_t half = LANES / 2; half; half /= 2)
        for (size_t k = 0; k < half; k++) lane[k] += lane[k + half];
    return lane[0];
}
