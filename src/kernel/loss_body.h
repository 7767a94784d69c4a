/* The loops of loss_kernel.c for one element type: T, NAME(f) and E(f), the elementary function, are
 * set by the includer. A NaN fails every comparison below, which leaves it in the result. */

/* x is bounded below; a NaN stays. */
static inline T NAME(at_least)(T x, T low) { return x < low ? low : x; }

static inline T NAME(sign)(T d) { return d > 0 ? 1 : d < 0 ? -1 : d; }

static inline T NAME(log_bounded)(T x) { return NAME(at_least)(E(log)(x), -100); }

/* log(1 + e^x) */
static inline T NAME(softplus)(T x) { return (x < 0 ? 0 : x) + E(log1p)(E(exp)(-E(fabs)(x))); }

/* Zero times infinity is zero: what has no weight does not count. */
static inline T NAME(times)(T weight, T x) {
    T product = weight * x; /* computed always: a branch would keep the loop from vector code */
    return weight == 0 ? 0 : product;
}

/* One element, all losses; a positive's weight w and the parameter p are 1 where they have no use. */
#define LOSS(name, is_long, weighted, value, dx_, dt_)                                             \
    static inline T NAME(name##_value)(T x, T t, T w, T p) {                                       \
        return (void)x, (void)t, (void)w, (void)p, (value);                                        \
    }                                                                                              \
    static inline T NAME(name##_by_x)(T x, T t, T w, T p) {                                        \
        return (void)x, (void)t, (void)w, (void)p, (dx_);                                          \
    }                                                                                              \
    static inline T NAME(name##_by_t)(T x, T t, T w, T p) {                                        \
        return (void)x, (void)t, (void)w, (void)p, (dt_);                                          \
    }                                                                                              \
    LOSS_LOOP(name##_loss, name##_value, is_long, weighted)                                          \
    LOSS_LOOP(name##_dx, name##_by_x, is_long, weighted)                                             \
    LOSS_LOOP(name##_dt, name##_by_t, is_long, weighted)

#define LOSS_LOOP(name, element, is_long, weighted)                                                  \
    static void NAME(name)(const tad__loss_terms *a, size_t n, double scale, void *out) {          \
        const T *x = a->x, *t = a->t, *w = a->positive;                                            \
        T *restrict y = out, s = (T)scale, p = (T)a->p;                                            \
        const size_t m = is_long ? whole_vectors(n, sizeof(T)) : n;                                \
        if (weighted && w)                                                                         \
            TAD_TURNS_APART                                                                        \
            for (size_t i = 0; i < m; i++) y[i] = s * NAME(element)(x[i], t[i], w[i], p);          \
        else                                                                                       \
            TAD_TURNS_APART                                                                        \
            for (size_t i = 0; i < m; i++) y[i] = s * NAME(element)(x[i], t[i], 1, p);             \
        if (is_long && m < n) do_left(&(ending){sizeof(T), m, n - m}, NAME(name), a, scale, out);  \
    }
/* d limited to -p .. p */
static inline T NAME(limited)(T d, T p) { return d > p ? p : d < -p ? -p : d; }

static inline T NAME(smooth_1)(T d, T p) {
    T a = E(fabs)(d);
    return a < p ? (T)0.5 * d * d / p : a - (T)0.5 * p;
}

static inline T NAME(smooth_d)(T d, T p) { return E(fabs)(d) < p ? d / p : NAME(sign)(d); }

static inline T NAME(huber_1)(T d, T p) {
    T a = E(fabs)(d);
    return a < p ? (T)0.5 * d * d : p * (a - (T)0.5 * p);
}

/* sigmoid(x) and its complement sigmoid(-x) keep all their digits */
static inline T NAME(bce_logits_d)(T x, T t, T w) {
    T e = E(exp)(-E(fabs)(x)), r = 1 / (1 + e);
    T up = x < 0 ? e * r : r, down = x < 0 ? r : e * r;
    return (1 - t) * up - w * t * down;
}

static inline T NAME(bce_logits_1)(T x, T t, T w) {
    T tail = E(log1p)(E(exp)(-E(fabs)(x)));
    return NAME(times)(1 - t, (x < 0 ? 0 : x) + tail) + NAME(times)(w * t, (x > 0 ? 0 : -x) + tail);
}

LOSS(square, SHORT, 0, (x - t) * (x - t), 2 * (x - t), -2 * (x - t))
LOSS(absolute, SHORT, 0, E(fabs)(x - t), NAME(sign)(x - t), -NAME(sign)(x - t))
LOSS(smooth, SHORT, 0, NAME(smooth_1)(x - t, p), NAME(smooth_d)(x - t, p),
     -NAME(smooth_d)(x - t, p))
LOSS(huber, SHORT, 0, NAME(huber_1)(x - t, p), NAME(limited)(x - t, p), -NAME(limited)(x - t, p))
LOSS(bce, LONG, 0, -t * NAME(log_bounded)(x) - (1 - t) * NAME(at_least)(E(log1p)(-x), -100),
     (x - t) / NAME(at_least)(x * (1 - x), (T)1e-12),
     NAME(at_least)(E(log1p)(-x), -100) - NAME(log_bounded)(x))
LOSS(bce_logits, LONG, 1, NAME(bce_logits_1)(x, t, w), NAME(bce_logits_d)(x, t, w),
     w * NAME(softplus)(-x) - NAME(softplus)(x))
LOSS(kl, LONG, 0, t == 0 ? 0 : t * (E(log)(t) - x), -t, E(log)(t) + 1 - x)
LOSS(kl_log, LONG, 0, E(exp)(t) * (t - x), -E(exp)(t), E(exp)(t) * (t - x + 1))
LOSS(hinge, SHORT, 0, NAME(at_least)(p - t * x, 0), p - t * x < 0 ? 0 : p - t * x > 0 ? -t : t * x * 0,
     p - t * x < 0 ? 0 : p - t * x > 0 ? -x : t * x * 0)

#undef LOSS
#undef LOSS_LOOP
