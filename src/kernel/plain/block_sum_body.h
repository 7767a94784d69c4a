/* Sums by blocks for one element type; see instantiate.h. The sums of blocks join those of their
 * piece, and pieces the total. */
typedef struct M(block_sum) {
    T *block;
    ptrdiff_t size, n;      /* of a block; of this one, as far as it is full */
    ptrdiff_t blocks, left; /* of a piece; of this one, still to come */
    double piece, total;
} M(block_sum);

static inline M(block_sum) M(block_sum_of)(T *block, ptrdiff_t size, ptrdiff_t blocks) {
    M(block_sum) s = {block, size, 0, blocks, blocks, 0, 0};
    return s;
}

/* As many of n numbers as the block has room for. */
static inline ptrdiff_t M(block_room)(const M(block_sum) * s, ptrdiff_t n) {
    return n < s->size - s->n ? n : s->size - s->n;
}

static inline void M(end_block)(M(block_sum) * s) {
    s->piece += M(sum_run)((size_t)s->n, s->block);
    s->n = 0;
    if (--s->left) return;
    s->total += s->piece;
    s->piece = 0;
    s->left = s->blocks;
}

/* n numbers have been written behind the others of the block. */
static inline void M(block_add)(M(block_sum) * s, ptrdiff_t n) {
    s->n += n;
    if (s->n == s->size) M(end_block)(s);
}

static inline double M(block_total)(M(block_sum) * s) {
    if (s->n) M(end_block)(s);
    return s->total + s->piece;
}
