/* Reads BODY, as instantiate.h does, once for int64 and once for bool, which is a byte here: N(f)
 * is f_i64 and f_bool, M(f) tad__f_i64 and tad__f_bool. INDEX and BITS are at least as wide as T.
 * Without a guard. */
#define T int64_t
#define N(f) f##_i64
#define M(f) tad__##f##_i64
#define INDEX int64_t
#define BITS uint64_t
#include BODY
#undef T
#undef N
#undef M
#undef INDEX
#undef BITS

#define T uint8_t
#define N(f) f##_bool
#define M(f) tad__##f##_bool
#define INDEX int32_t
#define BITS uint32_t
#include BODY
#undef T
#undef N
#undef M
#undef INDEX
#undef BITS

#undef BODY
