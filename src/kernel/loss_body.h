/* The loops of loss_kernel.c for one element type; see instantiate.h. A NaN fails every
 * comparison below, which leaves it in the result. Values of one element: plain/loss_body.h. */

/* log(1 + e^x) */
static inline T N(softplus)(T x) { return (x < 0 ? 0 : x) + M(log1p)(M(exp)(-M(fabs)(x))); }

/* Derivatives of one element. The weight w of a positive and the parameter p are 1 where there is
 * no use for them. */
#define LOSS(name, is_long, weighted, dx_, dt_)                                                    \
    static inline T N(name##_by_x)(T x, T t, T w, T p) {                                           \
        return (void)x, (void)t, (void)w, (void)p, (dx_);                                          \
    }                                                                                              \
    static inline T N(name##_by_t)(T x, T t, T w, T p) {                                           \
        return (void)x, (void)t, (void)w, (void)p, (dt_);                                          \
    }                                                                                              \
    LOSS_LOOP(name##_loss, M(name##_loss), is_long, weighted)                                      \
    LOSS_LOOP(name##_dx, N(name##_by_x), is_long, weighted)                                        \
    LOSS_LOOP(name##_dt, N(name##_by_t), is_long, weighted)

#define LOSS_LOOP(name, element, is_long, weighted)                                                \
    static void N(name)(const tad__loss_terms *a, size_t n, double scale, void *out) {             \
        const T *x = a->x, *t = a->t, *w = a->positive;                                            \
        T *restrict y = out, s = (T)scale, p = (T)a->p;                                            \
        const size_t m = is_long ? whole_vectors(n, sizeof(T)) : n;                                \
        if (weighted && w) {                                                                       \
            TAD_TURNS_APART                                                                        \
            for (size_t i = 0; i < m; i++) y[i] = s * element(x[i], t[i], w[i], p);                \
        } else {                                                                                   \
            TAD_TURNS_APART                                                                        \
            for (size_t i = 0; i < m; i++) y[i] = s * element(x[i], t[i], 1, p);                   \
        }                                                                                          \
        if (is_long && m < n) do_left(&(ending){sizeof(T), m, n - m}, N(name), a, scale, out);     \
    }
/* d limited to -p .. p */
static inline T N(limited)(T d, T p) { return d > p ? p : d < -p ? -p : d; }

static inline T N(smooth_d)(T d, T p) { return M(fabs)(d) < p ? d / p : M(sign)(d); }

/* sigmoid(x) and its complement sigmoid(-x) keep all their digits */
static inline T N(bce_logits_d)(T x, T t, T w) {
    T e = M(exp)(-M(fabs)(x)), r = 1 / (1 + e);
    T up = x < 0 ? e * r : r, down = x < 0 ? r : e * r;
    return (1 - t) * up - w * t * down;
}

LOSS(square, SHORT, 0, 2 * (x - t), -2 * (x - t))
LOSS(absolute, SHORT, 0, M(sign)(x - t), -M(sign)(x - t))
LOSS(smooth, SHORT, 0, N(smooth_d)(x - t, p), -N(smooth_d)(x - t, p))
LOSS(huber, SHORT, 0, N(limited)(x - t, p), -N(limited)(x - t, p))
LOSS(bce, LONG, 0, (x - t) / M(at_least)(x * (1 - x), (T)1e-12),
     M(at_least)(M(log1p)(-x), -100) - M(log_bounded)(x))
LOSS(bce_logits, LONG, 1, N(bce_logits_d)(x, t, w), N(softplus)(-x) * w - N(softplus)(x))
LOSS(kl, LONG, 0, -t, M(log)(t) + 1 - x)
LOSS(kl_log, LONG, 0, -M(exp)(t), M(exp)(t) * (t - x + 1))
LOSS(hinge, SHORT, 0,
     p - t * x < 0   ? 0
     : p - t * x > 0 ? -t
                     : t * x * 0,
     p - t * x < 0   ? 0
     : p - t * x > 0 ? -x
                     : t * x * 0)

#undef LOSS
#undef LOSS_LOOP
