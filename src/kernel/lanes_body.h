/* The part of lanes.h for one element type: T and NAME(f) are set by the includer. VEC, WIDTH and
 * LANES are taken back by lanes_end.h. */
typedef T NAME(vec) __attribute__((vector_size(TAD_VECTOR_BYTES)));
enum { NAME(width) = TAD_VECTOR_BYTES / sizeof(T), NAME(lanes) = LANE_BYTES / sizeof(T) };
#define VEC   NAME(vec)
#define WIDTH (size_t) NAME(width)
#define LANES (size_t) NAME(lanes)

static inline VEC NAME(load)(const T *p) {
    VEC v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void NAME(store)(T *p, VEC v) { memcpy(p, &v, sizeof v); }

/* The sum of all lanes. */
static inline T NAME(fold)(const VEC *sum) {
    T lane[LANES];
    memcpy(lane, sum, sizeof lane);
    for (size_t half = LANES / 2; half; half /= 2)
        for (size_t k = 0; k < half; k++) lane[k] += lane[k + half];
    return lane[0];
}
