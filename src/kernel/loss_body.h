/* The loops of loss_kernel.c for one element type; see instantiate.h. A NaN fails every
 * comparison below, which leaves it in the result. */

/* x is bounded below; a NaN stays. */
static inline T N(at_least)(T x, T low) { return x < low ? low : x; }

static inline T N(sign)(T d) { return d > 0 ? 1 : d < 0 ? -1 : d; }

static inline T N(log_bounded)(T x) { return N(at_least)(M(log)(x), -100); }

/* log(1 + e^x) */
static inline T N(softplus)(T x) { return (x < 0 ? 0 : x) + M(log1p)(M(exp)(-M(fabs)(x))); }

/* Zero times infinity is zero: what has no weight does not count. */
static inline T N(times)(T weight, T x) {
    T product = weight * x; /* computed always: a branch would keep the loop from vector code */
    return weight == 0 ? 0 : product;
}

/* One element, all losses; the weight w of a positive and the parameter p are 1 without a use. */
#define LOSS(name, is_long, weighted, value, dx_, dt_)                                             \
    static inline T N(name##_value)(T x, T t, T w, T p) {                                          \
        return (void)x, (void)t, (void)w, (void)p, (value);                                        \
    }                                                                                              \
    static inline T N(name##_by_x)(T x, T t, T w, T p) {                                           \
        return (void)x, (void)t, (void)w, (void)p, (dx_);                                          \
    }                                                                                              \
    static inline T N(name##_by_t)(T x, T t, T w, T p) {                                           \
        return (void)x, (void)t, (void)w, (void)p, (dt_);                                          \
    }                                                                                              \
    LOSS_LOOP(name##_loss, name##_value, is_long, weighted)                                        \
    LOSS_LOOP(name##_dx, name##_by_x, is_long, weighted)                                           \
    LOSS_LOOP(name##_dt, name##_by_t, is_long, weighted)

#define LOSS_LOOP(name, element, is_long, weighted)                                                \
    static void N(name)(const tad__loss_terms *a, size_t n, double scale, void *out) {             \
        const T *x = a->x, *t = a->t, *w = a->positive;                                            \
        T *restrict y = out, s = (T)scale, p = (T)a->p;                                            \
        const size_t m = is_long ? whole_vectors(n, sizeof(T)) : n;                                \
        if (weighted && w) {                                                                       \
            TAD_TURNS_APART                                                                        \
            for (size_t i = 0; i < m; i++) y[i] = s * N(element)(x[i], t[i], w[i], p);             \
        } else {                                                                                   \
            TAD_TURNS_APART                                                                        \
            for (size_t i = 0; i < m; i++) y[i] = s * N(element)(x[i], t[i], 1, p);                \
        }                                                                                          \
        if (is_long && m < n) do_left(&(ending){sizeof(T), m, n - m}, N(name), a, scale, out);     \
    }
/* d limited to -p .. p */
static inline T N(limited)(T d, T p) { return d > p ? p : d < -p ? -p : d; }

static inline T N(smooth_1)(T d, T p) {
    T a = M(fabs)(d);
    return a < p ? (T)0.5 * d * d / p : a - (T)0.5 * p;
}

static inline T N(smooth_d)(T d, T p) { return M(fabs)(d) < p ? d / p : N(sign)(d); }

static inline T N(huber_1)(T d, T p) {
    T a = M(fabs)(d);
    return a < p ? (T)0.5 * d * d : p * (a - (T)0.5 * p);
}

/* sigmoid(x) and its complement sigmoid(-x) keep all their digits */
static inline T N(bce_logits_d)(T x, T t, T w) {
    T e = M(exp)(-M(fabs)(x)), r = 1 / (1 + e);
    T up = x < 0 ? e * r : r, down = x < 0 ? r : e * r;
    return (1 - t) * up - w * t * down;
}

static inline T N(bce_logits_1)(T x, T t, T w) {
    T tail = M(log1p)(M(exp)(-M(fabs)(x)));
    return N(times)(1 - t, (x < 0 ? 0 : x) + tail) + N(times)(w * t, (x > 0 ? 0 : -x) + tail);
}

LOSS(square, SHORT, 0, (x - t) * (x - t), 2 * (x - t), -2 * (x - t))
LOSS(absolute, SHORT, 0, M(fabs)(x - t), N(sign)(x - t), -N(sign)(x - t))
LOSS(smooth, SHORT, 0, N(smooth_1)(x - t, p), N(smooth_d)(x - t, p), -N(smooth_d)(x - t, p))
LOSS(huber, SHORT, 0, N(huber_1)(x - t, p), N(limited)(x - t, p), -N(limited)(x - t, p))
LOSS(bce, LONG, 0, -(t *N(log_bounded)(x)) - (1 - t) * N(at_least)(M(log1p)(-x), -100),
     (x - t) / N(at_least)(x * (1 - x), (T)1e-12),
     N(at_least)(M(log1p)(-x), -100) - N(log_bounded)(x))
LOSS(bce_logits, LONG, 1, N(bce_logits_1)(x, t, w), N(bce_logits_d)(x, t, w),
     N(softplus)(-x) * w - N(softplus)(x))
LOSS(kl, LONG, 0, t == 0 ? 0 : t * (M(log)(t) - x), -t, M(log)(t) + 1 - x)
LOSS(kl_log, LONG, 0, M(exp)(t) * (t - x), -M(exp)(t), M(exp)(t) * (t - x + 1))
LOSS(hinge, SHORT, 0, N(at_least)(p - t * x, 0),
     p - t * x < 0   ? 0
     : p - t * x > 0 ? -t
                     : t * x * 0,
     p - t * x < 0   ? 0
     : p - t * x > 0 ? -x
                     : t * x * 0)

#undef LOSS
#undef LOSS_LOOP
