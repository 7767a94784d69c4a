/* The order of floats for one element type; see instantiate.h. */

static inline int M(is_less)(T a, T b) { return a < b || (b != b && a == a); }
