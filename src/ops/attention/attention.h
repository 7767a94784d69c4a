/* Attention as its hooks see it: queries in blocks of rows, whose scores are all that is in memory
 * at a time. Rests on tape.h and kernel/gemm.h. */
#ifndef TAD_OPS_ATTENTION_H
#define TAD_OPS_ATTENTION_H

#include "array/view.h"
#include "kernel/gemm.h"
#include "tape/tape.h"

enum { TAD__MOST_QUERIES = 64 }; /* in a block */
enum { TAD__Q, TAD__K, TAD__V, TAD__MASK };

typedef struct tad__attention {
    tad_dtype dtype;
    const tad_array *in[4]; /* NULL: no mask */
    tad_shape batch;        /* leading axes */
    int64_t batches;
    int64_t l, s, d, e;            /* queries, keys, numbers of each, numbers of a value */
    int64_t row[4], col[4];        /* strides of the last two axes */
    int64_t step[4][TAD_MAX_RANK]; /* of the leading ones, 0 where an operand broadcasts */
    int64_t block;                 /* queries in a block */
    double scale;
    bool causal;
} tad__attention;

/* Of a call that the shape rule has found right. */
void tad__attention_of(tad__attention *a, const tad_call_frame *c);
/* The number of the scale option, where it is not given 1 / sqrt(d). */
double tad__attention_scale(const tad_attention_options *o, int64_t d);

/* Query `first` begins a block of so many rows, which see so many keys at most. */
int64_t tad__attention_rows(const tad__attention *a, int64_t first);
int64_t tad__attention_keys(const tad__attention *a, int64_t first, int64_t rows);

/* The two products of a block: scores of scaled queries, rows without gaps; results of shares. */
tad__gemm tad__attention_scores(const tad__attention *a, int64_t rows, int64_t keys);
tad__gemm tad__attention_results(const tad__attention *a, int64_t rows, int64_t keys);

/* attend.c, attend_backward.c, attention_text.c */
tad_status tad__attention_forward(const tad_call_frame *c);
tad_status tad__attention_backward(tad_backward *b);
void tad__attention_c_text(const tad_call_frame *c, tad_c *to);

#endif
