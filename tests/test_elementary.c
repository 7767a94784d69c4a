/* src/kernel/elementary.h: error against long double libm, special values, and the same bits at
 * every offset, length and instruction-set level. TAD_TEST_VERBOSE prints the largest errors;
 * TAD_TEST_SAMPLES sets the number of samples per function (default 100,000). */
#include "support.h"

#include "elementary_level.h"

#include <float.h>

/* ---- The functions and what is asked of them ---- */

static long double sigmoid_reference(long double x) {
    return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x));
}

static long double ndtr_reference(long double x) { return erfcl(-x * sqrtl(0.5L)) / 2; }

/* max64 and max32 are the ulps allowed; lo..hi is where half of the samples lie evenly. */
typedef struct {
    const char *name;
    long double (*reference)(long double);
    double max64, max32, lo, hi;
} row;

static const row rows[] = {
    {"exp", expl, 1, 1, -746, 710},
    {"expm1", expm1l, 1.25, 1.5, -3, 3},
    {"exp2", exp2l, 1, 1, -1076, 1025},
    {"log", logl, 1, 1, 0, 3},
    {"log1p", log1pl, 2, 2, -1, 2},
    {"log2", log2l, 1, 1, 0, 3},
    {"log10", log10l, 1, 1, 0, 3},
    {"tanh", tanhl, 0.65, 1.25, -3, 3},
    {"sigmoid", sigmoid_reference, 1.55, 2, -40, 40},
    {"sin", sinl, 1, 1, -10, 10},
    {"cos", cosl, 1, 1, -10, 10},
    {"tan", tanl, 2, 2, -10, 10},
    {"sin_block", sinl, 1, 1, -1e6, 1e6},
    {"cos_block", cosl, 1, 1, -1e6, 1e6},
    {"tan_block", tanl, 2, 2, -1e6, 1e6},
    {"erf", erfl, 1.5, 1.5, -4, 4},
    {"erfc", erfcl, 1.55, 1.75, -6, 28},
    {"ndtr", ndtr_reference, 2.4, 5.2, -8, 8},
    {"sinh", sinhl, 2, 2, -3, 3},
    {"cosh", coshl, 2, 2, -3, 3},
    {"asin", asinl, 2, 2, -1, 1},
    {"acos", acosl, 2, 2, -1, 1},
    {"atan", atanl, 2, 2, -5, 5},
    {"asinh", asinhl, 2, 2, -5, 5},
    {"acosh", acoshl, 2, 2, 1, 5},
    {"atanh", atanhl, 2, 2, -1, 1},
    {"cbrt", cbrtl, 1, 1, -5, 5},
    {"sqrt", sqrtl, 0.5, 0.5, 0, 5},
    {"fabs", fabsl, 0, 0, -5, 5},
    {"floor", floorl, 0, 0, -5, 5},
    {"ceil", ceill, 0, 0, -5, 5},
    {"rint", rintl, 0, 0, -5, 5},
    {"trunc", truncl, 0, 0, -5, 5},
};
enum { ROWS = sizeof rows / sizeof *rows };

static const row *find_row(const char *name) {
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    ck_abort_msg("no row for %s", name);
    return NULL;
}

/* ---- Samples ---- */

static uint64_t state = 88172645463325252u;

static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 2685821657736338717u;
}

static double even(double lo, double hi) {
    return lo + (hi - lo) * (double)(next() >> 11) * 0x1p-53;
}

static double any_double(void) {
    uint64_t u = next();
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static const double special[] = {
    0.0,           -0.0,
    1.0,           -1.0,
    2.0,           -2.0,
    0.5,           -0.5,
    3.0,           1.5,
    2.5,           -1.5,
    -2.5,          INFINITY,
    -INFINITY,     NAN,
    DBL_MAX,       -DBL_MAX,
    DBL_MIN,       -DBL_MIN,
    0x1p-1074,     -0x1p-1074,
    FLT_MAX,       -FLT_MAX,
    FLT_MIN,       -FLT_MIN,
    0x1p-149,      -0x1p-149,
    800.0,         -800.0,
    709.0,         709.78,
    709.79,        -700.0,
    -745.0,        -745.2,
    -708.5,        88.7,
    88.8,          -87.5,
    -103.9,        -104.0,
    1e22,          -1e300,
    1e15,          0x1p52,
    0x1p53,        0x1p23,
    0x1p24,        4503599627370495.5,
    8388607.5,     -8388607.5,
    1023.0,        1024.0,
    -1074.0,       -1075.0,
    -1076.0,       127.0,
    128.0,         -149.0,
    -150.0,        -151.0,
    786432.0,      786432.0625,
    -786433.0,     710.4,
    711.0,         27.2,
    -27.2,         0.625,
    1000.0,        8.0,
    1e-300,        1e-30,
    1e-10,         -1e-10,
    -0.99999999,   -0x1.fffffep-1,
    0x1.fffffep-1, 6.0,
    -6.0,          5.95,
    22.0,
};
enum { SPECIALS = sizeof special / sizeof *special };

/* ---- Errors ---- */

static long double ulps(long double got, long double want, int digits, int least) {
    if (isnan(want)) return isnan(got) ? 0 : INFINITY;
    if (isnan(got)) return INFINITY;
    int e = want == 0 ? least : ilogbl(want);
    int most = digits == 53 ? 1024 : 128;
    if (isinf(got)) got = copysignl(ldexpl(1, most), got);
    if (isinf(want) || e >= most) {
        want = copysignl(ldexpl(1, most), want);
        e = most - 1;
    }
    if (e < least) e = least;
    return fabsl(got - want) / ldexpl(1, e - digits + 1);
}

typedef struct {
    double ulps, x;
} worst;

static void note(worst *w, long double e, double x) {
    if (e > w->ulps || isnan((double)e)) *w = (worst){(double)e, x};
}

static worst error_f64(const tad_elementary_unary *f, const row *r, size_t n, const double *x) {
    worst w = {0, 0};
    double y[256];
    for (size_t i = 0; i < n; i += 256) {
        size_t m = n - i < 256 ? n - i : 256;
        f->f64(m, x + i, y);
        for (size_t j = 0; j < m; j++)
            note(&w, ulps(y[j], r->reference(x[i + j]), 53, -1022), x[i + j]);
    }
    return w;
}

static worst error_f32(const tad_elementary_unary *f, const row *r, size_t n, const float *x) {
    worst w = {0, 0};
    float y[256];
    for (size_t i = 0; i < n; i += 256) {
        size_t m = n - i < 256 ? n - i : 256;
        f->f32(m, x + i, y);
        for (size_t j = 0; j < m; j++)
            note(&w, ulps(y[j], r->reference(x[i + j]), 24, -126), (double)x[i + j]);
    }
    return w;
}

static void judge(const char *name, const char *type, worst w, double most) {
    if (getenv("TAD_TEST_VERBOSE")) printf("%-10s %s  %.4f ulp at %a\n", name, type, w.ulps, w.x);
    ck_assert_msg(w.ulps <= most, "%s %s: %g ulp at %a", name, type, w.ulps, w.x);
}

/* ---- Levels ---- */

static size_t levels(const tad_elementary_level **out) {
    size_t n = 0;
    out[n++] = &tad_elementary_base;
#ifdef TAD_BUILT_AVX2
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        out[n++] = &tad_elementary_avx2;
#endif
#ifdef TAD_BUILT_AVX512
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        out[n++] = &tad_elementary_avx512;
#endif
    return n;
}

static const tad_elementary_level *widest(void) {
    const tad_elementary_level *l[3];
    return l[levels(l) - 1];
}

static size_t samples(void) {
    const char *s = getenv("TAD_TEST_SAMPLES");
    return s ? (size_t)strtoull(s, NULL, 10) : 100000;
}

static void *room(size_t n, size_t size) {
    void *p = calloc(n, size);
    ck_assert_ptr_nonnull(p);
    return p;
}

/* ---- Tests ---- */

START_TEST(binary64_error) {
    const tad_elementary_unary *f = &widest()->unary[_i];
    const row *r = find_row(f->name);
    size_t n = samples();
    double *x = room(n, sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = i % 2 ? any_double() : even(r->lo, r->hi);
    judge(f->name, "f64", error_f64(f, r, n, x), r->max64);
    free(x);
}
END_TEST

/* Every sign and exponent alike, with the ends of each binade. */
START_TEST(binary32_error) {
    const tad_elementary_unary *f = &widest()->unary[_i];
    const row *r = find_row(f->name);
    size_t per = samples() / 512, n = 512 * (per + 2);
    float *x = room(n, sizeof *x);
    for (size_t i = 0; i < n; i++) {
        uint32_t u = (uint32_t)(i / (per + 2)) << 23, k = (uint32_t)(i % (per + 2));
        u |= k == 0 ? 0 : k == 1 ? 0x7fffff : (uint32_t)(next() >> 41);
        memcpy(&x[i], &u, sizeof u);
    }
    judge(f->name, "f32", error_f32(f, r, n, x), r->max32);
    for (size_t i = 0; i < n; i++) x[i] = (float)even(r->lo, r->hi);
    judge(f->name, "f32", error_f32(f, r, n, x), r->max32);
    free(x);
}
END_TEST

/* NaN, infinities and signed zeros as libm has them, and small errors at the other special
 * values. */
START_TEST(special_values) {
    const tad_elementary_unary *f = &widest()->unary[_i];
    const row *r = find_row(f->name);
    for (size_t i = 0; i < SPECIALS; i++) {
        double x = special[i], y;
        float v = (float)x, w;
        f->f64(1, &x, &y);
        f->f32(1, &v, &w);
        long double a = r->reference(x), b = r->reference(v);
        ck_assert_msg(ulps(y, a, 53, -1022) <= r->max64, "%s(%a) = %a not %La", f->name, x, y, a);
        ck_assert_msg(ulps(w, b, 24, -126) <= r->max32, "%s(%a) = %a not %La", f->name, v, w, b);
        ck_assert_msg(isnan(y) || !signbit(y) == !signbit(a), "%s(%a) = %a", f->name, x, y);
        ck_assert_msg(isnan(w) || !signbit(w) == !signbit(b), "%s(%a) = %a", f->name, v, w);
        ck_assert_msg(!isinf(a) || isinf(y), "%s(%a) = %a", f->name, x, y);
        ck_assert_msg(!isinf(b) || isinf(w), "%s(%a) = %a", f->name, v, w);
    }
}
END_TEST

enum { BITS_N = 4096, BITS_ROOM = BITS_N + 64 };

/* NaNs count as equal: which NaN an operation of two hands on is the compiler's choice. */
static void same_f64(const char *name, size_t n, const double *x, const double *a,
                     const double *b) {
    for (size_t i = 0; i < n; i++)
        ck_assert_msg((isnan(a[i]) && isnan(b[i])) || memcmp(&a[i], &b[i], sizeof *a) == 0,
                      "%s(%a): %a and %a", name, x[i], a[i], b[i]);
}

static void same_f32(const char *name, size_t n, const float *x, const float *a, const float *b) {
    for (size_t i = 0; i < n; i++)
        ck_assert_msg((isnan(a[i]) && isnan(b[i])) || memcmp(&a[i], &b[i], sizeof *a) == 0,
                      "%s(%a): %a and %a", name, x[i], a[i], b[i]);
}

/* The base level one element at a time against each level at many offsets and lengths, also in
 * place. */
START_TEST(same_bits) {
    static double x[BITS_ROOM], y[BITS_ROOM], z[BITS_ROOM];
    static float u[BITS_ROOM], v[BITS_ROOM], w[BITS_ROOM];
    const tad_elementary_level *l[3];
    const char *name = tad_elementary_base.unary[_i].name;
    const row *r = find_row(name);
    for (size_t i = 0; i < BITS_ROOM; i++) {
        x[i] = i < SPECIALS ? special[i] : i % 4 ? even(r->lo, r->hi) : any_double();
        u[i] = i % 4 ? (float)x[i] : ldexpf((float)even(-1, 1), (int)(next() % 280) - 150);
        tad_elementary_base.unary[_i].f64(1, &x[i], &y[i]);
        tad_elementary_base.unary[_i].f32(1, &u[i], &v[i]);
    }
    for (size_t k = levels(l); k-- > 0;) {
        const tad_elementary_unary *f = &l[k]->unary[_i];
        for (size_t at = 0; at < 33; at++) {
            size_t n = at % 2 ? BITS_N : 1 + at * 3;
            f->f64(n, x + at, z + at);
            same_f64(name, n, x + at, y + at, z + at);
            f->f32(n, u + at, w + at);
            same_f32(name, n, u + at, v + at, w + at);
        }
        memcpy(z, x, sizeof x);
        f->f64(BITS_ROOM, z, z);
        same_f64(name, BITS_ROOM, x, y, z);
        memcpy(w, u, sizeof u);
        f->f32(BITS_ROOM, w, w);
        same_f32(name, BITS_ROOM, u, v, w);
    }
}
END_TEST

/* The functions of two arguments: error, special values, and the same bits at each level. */
typedef struct {
    const char *name;
    long double (*reference)(long double, long double);
    double max64, max32;
} pair_row;

static const pair_row pair_rows[] = {{"pow", powl, 1.5, 0.51},
                                     {"atan2", atan2l, 2, 2},
                                     {"hypot", hypotl, 1.2, 0.55},
                                     {"fmod", fmodl, 0, 0}};
enum { PAIR_ROWS = sizeof pair_rows / sizeof *pair_rows, FMOD = PAIR_ROWS - 1 };

static void pair_f64(const pair_row *r, int i, double x, double y, worst *w) {
    const tad_elementary_level *l[3];
    double z[3];
    size_t n = levels(l);
    for (size_t k = 0; k < n; k++) l[k]->binary[i].f64(1, &x, &y, &z[k]);
    for (size_t k = 1; k < n; k++) same_f64(r->name, 1, &x, &z[0], &z[k]);
    long double want = r->reference(x, y);
    ck_assert_msg(isnan(want) || !signbit(want) == !signbit(z[0]), "%s(%a, %a)", r->name, x, y);
    note(w, ulps(z[0], want, 53, -1022), x);
}

static void pair_f32(const pair_row *r, int i, float x, float y, worst *w) {
    const tad_elementary_level *l[3];
    float z[3];
    size_t n = levels(l);
    for (size_t k = 0; k < n; k++) l[k]->binary[i].f32(1, &x, &y, &z[k]);
    for (size_t k = 1; k < n; k++) same_f32(r->name, 1, &x, &z[0], &z[k]);
    long double want = r->reference(x, y);
    ck_assert_msg(isnan(want) || !signbit(want) == !signbit(z[0]), "%s(%a, %a)", r->name, x, y);
    note(w, ulps(z[0], want, 24, -126), (double)x);
}

START_TEST(two_arguments) {
    const pair_row *r = &pair_rows[_i];
    worst a = {0, 0}, b = {0, 0};
    ck_assert_str_eq(r->name, tad_elementary_base.binary[_i].name);
    for (size_t i = 0; i < SPECIALS; i++) {
        for (size_t j = 0; j < SPECIALS; j++) {
            pair_f64(r, _i, special[i], special[j], &a);
            pair_f32(r, _i, (float)special[i], (float)special[j], &b);
        }
    }
    for (size_t i = 0; i < samples(); i++) {
        double x = i % 3 ? exp2(even(-1, 1) * (i % 2 ? 300 : 1)) : any_double();
        double y = i % 3 ? even(-1, 1) * (i % 5 ? 1500 / fabs(log(x)) : 4) : any_double();
        pair_f64(r, _i, x, y, &a);
        x = i % 2 ? exp2(even(-40, 40)) : even(0, 3);
        y = even(-1, 1) * (i % 5 ? 120 / fabs(log(x)) : 4);
        pair_f32(r, _i, (float)x, (float)y, &b);
    }
    judge(r->name, "f64", a, r->max64);
    judge(r->name, "f32", b, r->max32);
}
END_TEST

/* Where a quotient is nearly whole, its rounding may be the next one. */
START_TEST(remainders_of_multiples) {
    const pair_row *r = &pair_rows[FMOD];
    worst a = {0, 0}, b = {0, 0};
    for (size_t i = 0; i < samples(); i++) {
        double y = even(-2, 2) * exp2(floor(even(-60, 60))),
               x = y * floor(exp2(even(0, i % 9 ? 51.5 : 70)));
        float v = (float)even(-2, 2), u = v * (float)floor(exp2(even(0, i % 9 ? 29.5 : 60)));
        for (int k = -1; k <= 1; k++) {
            pair_f64(r, FMOD, k ? nextafter(x, k * HUGE_VAL) : x, y, &a);
            pair_f32(r, FMOD, k ? nextafterf(u, (float)k * HUGE_VALF) : u, v, &b);
        }
    }
    judge(r->name, "f64", a, r->max64);
    judge(r->name, "f32", b, r->max32);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("elementary");
    TCase *c = support_case(s, "elementary");
    int n = 0;
    while (tad_elementary_base.unary[n].name) n++;
    tcase_set_timeout(c, 300);
    tcase_add_loop_test(c, special_values, 0, n);
    tcase_add_loop_test(c, same_bits, 0, n);
    tcase_add_loop_test(c, binary64_error, 0, n);
    tcase_add_loop_test(c, binary32_error, 0, n);
    tcase_add_loop_test(c, two_arguments, 0, PAIR_ROWS);
    tcase_add_test(c, remainders_of_multiples);
    return s;
}

SUPPORT_MAIN(suite)
