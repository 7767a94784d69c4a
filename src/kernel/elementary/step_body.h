/* Steps for one element type; see instantiate.h. */

TAD__EMBEDDED T M(sign)(T x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
TAD__EMBEDDED T M(step)(T x) { return x > 0 ? 1 : x <= 0 ? 0 : x; }

/* What fmod leaves, to the side of the divisor, a zero too. */
TAD__EMBEDDED T M(to_divisor)(T r, T b) {
    return r == 0 ? M(copysign)(r, b) : (r < 0) != (b < 0) ? r + b : r;
}

TAD__EMBEDDED T M(floor_mod)(T a, T b) { return M(to_divisor)(M(fmod)(a, b), b); }
