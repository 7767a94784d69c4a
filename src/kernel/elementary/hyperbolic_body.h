/* The hyperbolic functions for one element type; see instantiate.h. M(sinh_near)(z) is the
 * polynomial of sinh x = x + x z P(z), z = x^2, below 1/2. */

/* With e^a = 2^k (s + l), twice the result is 2^k (s + l -+ 2^-2k / (s + l)): here the sum and the
 * quotient, both times 2^-k. */
TAD__EMBEDDED T M(exp_and_inverse)(T a, T *s, T *l, T *k) {
    M(exp_parts_t) p = M(exp_parts)(a > M(sinh_most) ? M(sinh_most) : a);
    *l = M(exp_sum)(p, s);
    *k = p.k;
    return M(pow2)(-2 * (p.k > M(sinh_alone) ? M(sinh_alone) : p.k)) / (*s + *l);
}

TAD__EMBEDDED T M(sinh)(T x) {
    T a = M(fabs)(x), s, l, k, inverse = M(exp_and_inverse)(a, &s, &l, &k);
    T far = M(scale)(s + (l - inverse), k - 1), z = a * a;
    return M(copysign)(a < (T)0.5 ? a + a * z * M(sinh_near)(z) : far, x);
}

TAD__EMBEDDED T M(cosh)(T x) {
    T s, l, k, inverse = M(exp_and_inverse)(M(fabs)(x), &s, &l, &k);
    return M(scale)(s + (l + inverse), k - 1);
}
