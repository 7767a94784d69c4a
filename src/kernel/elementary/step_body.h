/* Steps for one element type; see instantiate.h. */

TAD__EMBEDDED T M(sign)(T x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
TAD__EMBEDDED T M(step)(T x) { return x > 0 ? 1 : x <= 0 ? 0 : x; }

TAD__EMBEDDED T M(floor_mod)(T a, T b) {
    T r = M(fmod)(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
