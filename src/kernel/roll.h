/* Sums of products on many lanes at once: what a program's rolled-up groups run on. A chunk is 8
 * lanes at every level; no fused products; so results have the same bits at every level.
 *
 * Kernels work on one array of doubles, by positions in it. Rests on nothing. */
#ifndef TAD_KERNEL_ROLL_H
#define TAD_KERNEL_ROLL_H

#include <stddef.h>
#include <stdint.h>

enum { TAD__CHUNK = 8 };

/* How the lanes of a group find an operand: by its first place, */
typedef enum tad__lane_class {
    TAD__ALONG, /* side by side from there on */
    TAD__ONE,   /* there, all of them */
    /* or by the places of each chunk: */
    TAD__CHUNKS,   /* side by side from there on */
    TAD__ONES,     /* there, all of the chunk */
    TAD__EITHER,   /* side by side, or, where the place is ~p, all at p */
    TAD__ANYWHERE, /* 8 places */
    TAD__NO_FACTOR
} tad__lane_class;

/* An operand of a group: where its places begin. */
typedef struct tad__roll_operand {
    uint32_t at;
    uint32_t kind; /* tad__lane_class */
} tad__roll_operand;

/* Terms of a sum that are alike: +- a b, or +- a. The places of the next term lie `next` behind.
 * The kind of b is not before that of a. */
typedef struct tad__terms {
    tad__roll_operand a, b;
    uint32_t next_a, next_b, count;
    uint8_t minus;
} tad__terms;

/* value[to + lane] = the sum of all terms, in their order. */
typedef void tad__roll_sums(const tad__terms *t, size_t n_terms, const int32_t *place,
                            size_t chunks, size_t to, double *value);

/* The operand of these chunks, side by side. */
typedef void tad__roll_bring(const tad__roll_operand *l, const int32_t *place, size_t from,
                             size_t chunks, const double *value, double *to);

/* Terms of one sum: +- value[a + i step_a] value[b + i step_b]; b -1: no factor. Where step_a is
 * TAD__LISTED, a and b are where the positions are listed, first all a, then all b. */
typedef struct tad__run {
    int32_t a, step_a, b, step_b, count, minus;
} tad__run;
enum { TAD__LISTED = INT32_MIN };

/* The sum of the runs' sums, each by 32 partial sums. */
typedef double tad__roll_runs(const tad__run *r, size_t n, const int32_t *place,
                              const double *value);

typedef struct tad__roll_kernels {
    tad__roll_sums *sums;
    tad__roll_bring *bring;
    tad__roll_runs *runs;
} tad__roll_kernels;

#endif
