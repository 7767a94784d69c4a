/* The error functions for one element type; see instantiate.h. M(erf_near)(z) is the polynomial of
 * erf x = x + x P(x^2) below 1, M(erf_log)(t) that of -log erfc(1 + t), and M(erfc_poly)(a) that of
 * erfc's far part less its first term M(erfc_p)[0]. */

TAD__EMBEDDED T M(erf)(T x) {
    T a = M(fabs)(x);
    a = a > M(erf_most) ? M(erf_most) : a;
    T near = M(erf_near)(a * a), far = M(erf_log)(a - 1);
    M(exp_parts_t) p = M(exp_parts)(-far);
    T s, l = M(exp_sum)(p, &s);
    T y = a < 1 ? a + a * near : 1 - (s + l) * M(pow2)(p.k);
    return M(copysign)(y, x);
}

/* (1 + 2a) e^(a^2) erfc(a) over 1 + 2a, as a short number that is returned and *rest. */
TAD__EMBEDDED T M(erfc_factor)(T a, T *rest) {
    const T c = M(erfc_p)[0], p = M(erfc_poly)(a);
    T g = c + p, d = 1 + 2 * a, inverse = 1 / d;
    T q = M(head)(g * inverse), h = M(head)(d);
    T l = (d - h) + (1 - (d - 2 * a));
    *rest = (((g - q * h) - q * l) + (p - (g - c))) * inverse;
    return q;
}

/* (q + rest) e^(-factor a^2) for a short q and a factor that is a power of two: the square and the
 * product are exact as heads and tails. */
TAD__EMBEDDED T M(times_exp_square)(T q, T rest, T a, T factor) {
    T h = M(head)(a), sq = -factor * (h * h), tail = factor * ((a - h) * (a + h));
    T k = M(nearest)((sq - tail) * M(log2e));
    T l = k * M(ln2)[1] + tail;
    M(exp_parts_t) p = M(exp_finish)(k, sq - k * M(ln2)[0], l);
    T s, e = M(exp_sum)(p, &s);
    T v = M(head)(s + e), w = (s - v) + e;
    return M(scale)(v * q + (v * rest + w * (q + rest)), k);
}

/* erfc a for a of the far part. */
TAD__EMBEDDED T M(erfc_far)(T a) {
    T rest, q = M(erfc_factor)(a, &rest);
    return M(times_exp_square)(q, rest, a, 1);
}

TAD__EMBEDDED T M(erfc)(T x) {
    T a = M(fabs)(x), near = M(erf_near)(x * x);
    T far = M(erfc_far)(M(clamp)(a, (T)0.625, M(erfc_most)));
    far = x < 0 ? 2 - far : far;
    return a < (T)0.625 ? (1 - x) - x * near : far;
}
