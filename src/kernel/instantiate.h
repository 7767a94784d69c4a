/* Reads BODY, a file that is written for one type of number, once for double and once for float:
 *
 *   #define BODY "softmax_body.h"
 *   #include "instantiate.h"
 *
 * In it T is the type, N(f) a name of its own for each, as f_f64, and M(f) the function or the
 * constant tad__f_f64, as those of elementary.h; INDEX and BITS are a signed and an unsigned
 * integer as wide as T. All words are taken back. Without a guard. */
#define T double
#define N(f) f##_f64
#define M(f) tad__##f##_f64
#define INDEX int64_t
#define BITS uint64_t
#include BODY
#undef T
#undef N
#undef M
#undef INDEX
#undef BITS

#define T float
#define N(f) f##_f32
#define M(f) tad__##f##_f32
#define INDEX int32_t
#define BITS uint32_t
#include BODY
#undef T
#undef N
#undef M
#undef INDEX
#undef BITS

#undef BODY
