/* cross_entropy for one element type; see instantiate.h and kernel/softmax.h. */

/* A row: the next number lies `apart` on. */
typedef struct M(logits) {
    const T *x;
    ptrdiff_t n, apart;
    T shift, log_total; /* the largest; the logarithm of the sum of e^(x - shift) */
} M(logits);

/* e^(x_c - shift) */
static inline T M(exp_at)(const M(logits) * l, ptrdiff_t c) {
    return M(exp_term)(l->x[c * l->apart] - l->shift);
}

static inline T M(exp_but)(const M(logits) * l, ptrdiff_t c, ptrdiff_t without) {
    return c == without ? 0 : M(exp_at)(l, c);
}

/* The sum of all of these but one (-1: of all): over 256 bytes of partial sums, and what is left
 * over
 * 16. Few numbers are added one after the other. */
static inline T M(total_of_exps)(const M(logits) * l, ptrdiff_t without) {
    enum { LANES = 256 / sizeof(T) };
    T lane[LANES] = {0}, part[16] = {0}, rest = 0;
    ptrdiff_t i = 0;
    for (; i + LANES <= l->n; i += LANES)
        for (int k = 0; k < LANES; k++) lane[k] += M(exp_but)(l, i + k, without);
    for (int m = 0; m < l->n % LANES / 16; m++, i += 16)
        for (int k = 0; k < 16; k++) part[k] += M(exp_but)(l, i + k, without);
    for (int k = 0; k < l->n % 16; k++) rest += M(exp_but)(l, i + k, without);
    return M(fold_lanes)(lane) + (M(fold_16)(part) + rest);
}

static inline M(logits) M(logits_of)(const T *x, ptrdiff_t n, ptrdiff_t apart) {
    M(logits) l = {x, n, apart, M(largest_of)(n, x, apart), 0};
    l.log_total = M(log)(M(total_of_exps)(&l, -1));
    return l;
}

/* Where a label alone counts. */
static inline M(logits) M(logits_at)(const T *x, ptrdiff_t n, ptrdiff_t apart, int64_t label) {
    M(logits) l = {x, n, apart, M(largest_of)(n, x, apart), 0};
    const T own = M(exp_at)(&l, (ptrdiff_t)label), others = M(total_of_exps)(&l, (ptrdiff_t)label);
    l.log_total = M(log1p)(own == 1 ? others : others - 1 + own);
    return l;
}

/* q_c = weight_c (rest t_c + even). */
typedef struct M(portions) {
    T rest, even;
    const T *t; /* NULL: zeros, the label is added apart */
    ptrdiff_t t_step;
    const T *weight; /* NULL: ones */
    ptrdiff_t weight_step;
} M(portions);

static inline T M(portion)(const M(portions) * p, ptrdiff_t c) {
    const T t = p->t ? p->t[c * p->t_step] : 0, q = p->rest * t + p->even;
    return p->weight ? q * p->weight[c * p->weight_step] : q;
}

/* What a label adds to its q. */
static inline T M(portion_of_label)(const M(portions) * p, int64_t label) {
    return p->rest * (p->weight ? p->weight[(ptrdiff_t)label * p->weight_step] : 1);
}

static inline T M(entropy_term)(const M(logits) * l, T q, ptrdiff_t c) {
    return q == 0 ? 0 : q * (l->log_total - (l->x[c * l->apart] - l->shift));
}

/* What a label adds. */
static inline T M(label_loss)(const M(logits) * l, const M(portions) * p, int64_t label) {
    return M(entropy_term)(l, M(portion_of_label)(p, label), (ptrdiff_t)label);
}

/* What all classes add to `sum`. */
static inline T M(portions_loss)(const M(logits) * l, const M(portions) * p, T sum) {
    T part[16] = {0};
    ptrdiff_t c = 0;
    for (; c + 16 <= l->n; c += 16)
        for (int k = 0; k < 16; k++) part[k] += M(entropy_term)(l, M(portion)(p, c + k), c + k);
    for (int k = 0; k < l->n % 16; k++) sum += M(entropy_term)(l, M(portion)(p, c + k), c + k);
    return M(fold_16)(part) + sum;
}

/* ---- the gradient ---- */

/* y = scale (mass softmax(x) - q), where not a label alone counts. */
static inline void M(portions_gradient)(const T *x, ptrdiff_t n, ptrdiff_t apart,
                                        const M(portions) * p, T mass, T scale, T *restrict y,
                                        ptrdiff_t y_apart) {
    M(exps_of_row)(n, x, apart, y, y_apart);
    const T f = scale * mass / M(total)(n, y, y_apart);
    for (ptrdiff_t c = 0; c < n; c++)
        y[c * y_apart] = f * y[c * y_apart] - scale * M(portion)(p, c);
}

static inline void M(target_gradient)(const T *x, ptrdiff_t n, ptrdiff_t apart,
                                      const M(portions) * p, T scale, T *restrict y,
                                      ptrdiff_t y_apart) {
    T mass = 0;
    for (ptrdiff_t c = 0; c < n; c++) mass += M(portion)(p, c);
    M(portions_gradient)(x, n, apart, p, mass, scale, y, y_apart);
}

/* weights: the sum of all. */
static inline void M(smoothed_gradient)(const T *x, ptrdiff_t n, ptrdiff_t apart,
                                        const M(portions) * p, int64_t label, T weights, T scale,
                                        T *restrict y, ptrdiff_t y_apart) {
    const T own = M(portion_of_label)(p, label);
    M(portions_gradient)(x, n, apart, p, own + p->even * weights, scale, y, y_apart);
    y[(ptrdiff_t)label * y_apart] -= scale * own;
}

/* Where a label alone counts. */
static inline void M(label_gradient)(const T *x, ptrdiff_t n, ptrdiff_t apart,
                                     const M(portions) * p, int64_t label, T scale, T *restrict y,
                                     ptrdiff_t y_apart) {
    const ptrdiff_t c = (ptrdiff_t)label;
    M(exps_of_row)(n, x, apart, y, y_apart);
    const T own = y[c * y_apart];
    y[c * y_apart] = 0;
    const T others = M(total)(n, y, y_apart),
            f = scale * M(portion_of_label)(p, label) / (others + own);
    for (ptrdiff_t i = 0; i < n; i++) y[i * y_apart] *= f;
    y[c * y_apart] = -f * others;
}
