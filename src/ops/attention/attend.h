/* One call of attention on memory: the scratch memory of its pieces, and the steps of a block.
 * Rests on attention.h. */
#ifndef TAD_OPS_ATTEND_H
#define TAD_OPS_ATTEND_H

#include "attention.h"
#include "kernel/softmax.h"

typedef struct tad__attend {
    tad__attention a;
    tad__gemm_kernel gemm;
    const tad__softmax_kernels *softmax;
    size_t width; /* bytes of a number */
    tad__pool *pool;
    size_t grain, piece;       /* how many things one thread takes */
    char *scratch;             /* of all pieces */
    size_t each;               /* bytes of a piece: */
    size_t query, score, more; /* scaled queries; scores, and as many shares; what is asked for */
} tad__attend;

/* Memory of one piece. */
typedef struct tad__attend_room {
    char *query, *score, *share, *more, *workspace;
} tad__attend_room;

enum { TAD__MOST_PRODUCTS = 5 }; /* of a block, those of its gradient */

/* Fills in the products of a block; returns how many. */
typedef int tad__attend_products(const tad__attention *a, int64_t rows, int64_t keys,
                                 tad__gemm *list);

void tad__attend_of(tad__attend *t, const tad_call_frame *c);
/* Room for the pieces of so many things, each with `more` bytes for the caller. False: no
 * memory. */
bool tad__attend_take_room(tad__attend *t, const tad__compute *compute, size_t things, size_t more,
                           tad__attend_products *products);
/* That of the piece that begins with thing `first`. */
tad__attend_room tad__attend_room_of(const tad__attend *t, size_t first);

/* The first element of operand i for one batch. */
const char *tad__attend_at(const tad__attend *t, int i, int64_t batch);
/* C = A B; add: C += A B. */
void tad__attend_multiply(const tad__attend *t, tad__gemm g, const void *a, const void *b, void *c,
                          bool add, void *workspace);
/* The scaled queries and the shares of a block. */
void tad__attend_shares(const tad__attend *t, int64_t batch, int64_t first, int64_t rows,
                        int64_t keys, const tad__attend_room *room);

#endif
