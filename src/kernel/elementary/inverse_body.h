/* The inverse functions for one element type; see instantiate.h. M(atan_near)(z), M(asin_near)(z)
 * are the polynomials of atan r = r - r z A(z) and asin r = r + r z P(z), z = r^2. */

/* atan(n/d) for n, d >= 0 with n + d finite: 0, 1 or 2 times pi/4 + atan r. */
TAD__EMBEDDED T M(atan_ratio)(T n, T d) {
    int low = n <= (T)0.4375 * d, high = (T)0.4375 * n >= d;
    T turn = low ? 0 : high ? 2 : 1;
    T num = low ? n : high ? -d : n - d;
    T den = low ? d : high ? n : n + d;
    T r = num / den, z = r * r, a = M(atan_near)(z);
    return turn * M(pio4)[0] + (r - (r * z * a - turn * M(pio4)[1]));
}

/* From atan_most on the result is pi/2 anyway. */
TAD__EMBEDDED T M(atan)(T x) {
    T a = M(fabs)(x);
    return M(copysign)(M(atan_ratio)(a > M(atan_most) ? M(atan_most) : a, 1), x);
}

/* The ratio's terms are scaled so that their sum is finite; infinity counts as 1 against anything
 * finite as 0, and 0/0 as 0/1. */
TAD__EMBEDDED T M(atan2)(T y, T x) {
    T n = M(fabs)(y), d = M(fabs)(x), most = n > d ? n : d;
    T scale = most > M(largest) ? 0 : most > M(atan2_large) ? M(atan2_scale) : 1;
    n = n > M(largest) ? 1 : n * scale;
    d = d > M(largest) ? 1 : d * scale;
    T t = M(atan_ratio)(n, most == 0 ? 1 : d);
    T left = 4 * M(pio4)[0] - (t - 4 * M(pio4)[1]);
    return M(copysign)(M(select)(M(negative)(x), left, t), y);
}

/* asin r = *r + tail for r = a below 1/2; above, r = sqrt((1-a)/2) and asin a = pi/2 - 2 asin r. */
TAD__EMBEDDED T M(asin_tail)(T a, T *r) {
    T h = (1 - a) * (T)0.5, z = a < (T)0.5 ? a * a : h;
    *r = a < (T)0.5 ? a : M(sqrt)(h);
    return *r * (z * M(asin_near)(z));
}

TAD__EMBEDDED T M(asin)(T x) {
    T a = M(fabs)(x), r, t = M(asin_tail)(a, &r);
    T far = 2 * M(pio4)[0] - (2 * r + 2 * (t - M(pio4)[1]));
    return M(copysign)(a < (T)0.5 ? r + t : far, x);
}

TAD__EMBEDDED T M(acos)(T x) {
    T a = M(fabs)(x), r, t = M(asin_tail)(a, &r);
    T pio4 = M(pio4)[0], rest = M(pio4)[1];
    T s = x < 0 ? -1 : 1;
    T near = 2 * pio4 - (s * r - (2 * rest - s * t));
    T far = 2 * (r + t);
    T left = 4 * pio4 - (2 * r + 2 * (t - 2 * rest));
    return a < (T)0.5 ? near : x < 0 ? left : far;
}

/* log(1+x+e) + turn ln 2 for x >= 0 and e its rounding error. */
TAD__EMBEDDED T M(log1p_plus)(T x, T e, T turn) {
    T u = 1 + x, v = u - 1, c = (1 - (u - v)) + (x - v);
    M(log_parts_t) p = M(log_split)(u, 0);
    c = ((p.k == 0 ? 0 : c) + e) / u;
    p.f = p.k == 0 ? x : p.f;
    p.k += turn;
    return M(log_special)(u, M(log_join)(p, c));
}

/* Inverse hyperbolic functions: log1p of a sum taken with its error; log 2a where a^2 is large. */
TAD__EMBEDDED T M(asinh)(T x) {
    T a = M(fabs)(x), z = a * a, turn = a > M(asinh_large) ? 1 : 0;
    T b = a > M(asinh_large) ? 0 : z / (1 + M(sqrt)(z + 1)), s = a + b;
    T y = M(log1p_plus)(s, b - (s - a), turn);
    return M(copysign)(a < M(asinh_small) ? a : y, x);
}

TAD__EMBEDDED T M(acosh)(T x) {
    T t = x - 1, turn = x > M(asinh_large) ? 1 : 0;
    T r = x > M(asinh_large) ? 0 : M(sqrt)(2 * t + t * t), s = r + t;
    T y = M(log1p_plus)(s, x > M(asinh_large) ? 0 : t - (s - r), turn);
    return x < 1 ? (T)NAN : y;
}

TAD__EMBEDDED T M(atanh)(T x) {
    T a = M(fabs)(x), t = 2 * a, b = t * a / (1 - a), s = t + b;
    T y = (T)0.5 * M(log1p_plus)(s, a < (T)0.5 ? b - (s - t) : 0, 0);
    y = a < M(asinh_small) ? a : y;
    return M(copysign)(a > 1 ? (T)NAN : y, x);
}
