/* Shares of labels for one element type; see instantiate.h. */

/* A number for each class of each label, which lie `inner` apart: one for the label's own class,
 * one for all others; 0 for labels that are ignored. */
static inline void M(label_shares)(ptrdiff_t outer, ptrdiff_t classes, ptrdiff_t inner,
                                   const int64_t *label, int64_t ignore, double own, double other,
                                   T *restrict out) {
    for (ptrdiff_t o = 0; o < outer; o++)
        for (ptrdiff_t c = 0; c < classes; c++)
            for (ptrdiff_t i = 0; i < inner; i++) {
                const int64_t l = label[o * inner + i];
                const double share = l == c ? own : other;
                out[(o * classes + c) * inner + i] = (T)(l == ignore ? 0 : share);
            }
}
