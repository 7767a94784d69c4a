/* Powers by their form for one element type; see instantiate.h. */

/* x^0.5 is no square root at -0 and -infinity. */
TAD__EMBEDDED T M(power_root)(T x) {
    return M(sqrt)(M(select)(-(BITS)(x == -(T)HUGE_VAL), (T)HUGE_VAL, x) + 0);
}

/* x^p, or x^(p - 1) with less 1; e is the exponent where the form is none of the others, or would
 * round once too often. */
TAD__EMBEDDED T M(power)(T x, int form, int less, tad__exponent e) {
    switch (form) {
    case TAD__POWER_0: return less ? 1 / x : 1;
    case TAD__POWER_2: return less ? x : x * x;
    case TAD__POWER_3: return less ? x * x : x * x * x;
    case TAD__POWER_INVERSE: return less ? 1 / x * (1 / x) : 1 / x;
    case TAD__POWER_ROOT: return less ? 1 / M(power_root)(x) : M(power_root)(x);
    case TAD__POWER_ROOT_3: return (less ? 1 : M(fabs)(x)) * M(power_root)(x);
    case TAD__POWER_INVERSE_ROOT: return less ? M(pow_to)(x, e) : 1 / M(power_root)(x);
    default: return M(pow_to)(x, e);
    }
}
