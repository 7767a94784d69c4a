/* Losses of one element for one element type; see instantiate.h. x is compared with the target t; w
 * is the weight of a positive, p the parameter, 1 where there is no use for them. A NaN fails every
 * comparison below, which leaves it in the result. */

/* x is bounded below; a NaN stays. */
TAD__EMBEDDED T M(at_least)(T x, T low) { return x < low ? low : x; }

TAD__EMBEDDED T M(log_bounded)(T x) { return M(at_least)(M(log)(x), -100); }

/* Zero times infinity is zero: what has no weight does not count. */
TAD__EMBEDDED T M(counted)(T weight, T x) {
    T product = weight * x; /* computed always: a branch would keep the loop from vector code */
    return weight == 0 ? 0 : product;
}

TAD__EMBEDDED T M(square_loss)(T x, T t, T w, T p) {
    (void)w, (void)p;
    return (x - t) * (x - t);
}

TAD__EMBEDDED T M(absolute_loss)(T x, T t, T w, T p) {
    (void)w, (void)p;
    return M(fabs)(x - t);
}

TAD__EMBEDDED T M(smooth_loss)(T x, T t, T w, T p) {
    T d = x - t, a = M(fabs)(d);
    (void)w;
    return a < p ? (T)0.5 * d * d / p : a - (T)0.5 * p;
}

TAD__EMBEDDED T M(huber_loss)(T x, T t, T w, T p) {
    T d = x - t, a = M(fabs)(d);
    (void)w;
    return a < p ? (T)0.5 * d * d : p * (a - (T)0.5 * p);
}

TAD__EMBEDDED T M(bce_loss)(T x, T t, T w, T p) {
    (void)w, (void)p;
    return -(t * M(log_bounded)(x)) - (1 - t) * M(at_least)(M(log1p)(-x), -100);
}

/* The same of sigmoid(x): log(1 + e^x) = (x < 0 ? 0 : x) + log(1 + e^-|x|). */
TAD__EMBEDDED T M(bce_logits_loss)(T x, T t, T w, T p) {
    T tail = M(log1p)(M(exp)(-M(fabs)(x)));
    (void)p;
    return M(counted)(1 - t, (x < 0 ? 0 : x) + tail) + M(counted)(w * t, (x > 0 ? 0 : -x) + tail);
}

TAD__EMBEDDED T M(kl_loss)(T x, T t, T w, T p) {
    (void)w, (void)p;
    return t == 0 ? 0 : t * (M(log)(t) - x);
}

TAD__EMBEDDED T M(kl_log_loss)(T x, T t, T w, T p) {
    (void)w, (void)p;
    return M(exp)(t) * (t - x);
}

TAD__EMBEDDED T M(hinge_loss)(T x, T t, T w, T p) {
    (void)w;
    return M(at_least)(p - t * x, 0);
}
