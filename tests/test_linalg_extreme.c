/* Eigenvalues and singular values of matrices whose elements differ by hundreds of powers of ten,
 * one by one and some together, at every level: against values that are known, and by what defines
 * them. */
#include "support.h"

enum { BATCH = 24, MOST = 20, LEVELS = 3, WAYS = 2 * LEVELS };

typedef struct trial {
    tad_dtype dtype;
    int m, n, range; /* elements have magnitudes of 2^-range to 2^range */
    double a[BATCH][MOST * MOST], values[BATCH][MOST], largest[BATCH];
} trial;

static unsigned long long state;

static double number(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) / 9007199254740992.0;
}

static trial *new_trial(int way, int m, int n, double part) {
    static trial x;
    x.dtype = way % 2 ? TAD_F32 : TAD_F64;
    x.m = m, x.n = n;
    x.range = (int)(part * (way % 2 ? 120 : 1000));
    state = (unsigned long long)(100 * m + n + way);
    return &x;
}

/* NULL: the level is not of this CPU. */
static tad_tape *tape_of(int way) {
    static const tad_level levels[LEVELS] = {TAD_LEVEL_BEST, TAD_LEVEL_AVX2, TAD_LEVEL_BASE};
    tad_tape *t = tad_tape_new(&(tad_settings){.level = levels[way / 2]});
    if (tad_tape_status(t) != TAD_UNSUPPORTED) return t;
    tad_tape_free(t);
    return NULL;
}

static double epsilon(const trial *x) { return x->dtype == TAD_F64 ? 1e-14 : 4e-6; }
static double power(const trial *x) { return ldexp(1, (int)((2 * number() - 1) * x->range)); }

static void note_largest(trial *x) {
    for (int b = 0; b < BATCH; b++) {
        x->largest[b] = 0;
        for (int i = 0; i < x->m * x->n; i++) x->largest[b] = fmax(x->largest[b], fabs(x->a[b][i]));
    }
}

/* So many matrices as one operand. */
static tad_var operand(tad_tape *t, const trial *x, int first, int count) {
    static double flat[BATCH * MOST * MOST];
    const int all = x->m * x->n;
    for (int i = 0; i < count * all; i++) flat[i] = x->a[first + i / all][i % all];
    return tad_cast(tad_input(t, TAD_F64, TAD_SHAPE(count, x->m, x->n), flat), x->dtype);
}

/* ---- values that are known ---- */

/* An order of 0 to n - 1. */
static void shuffle(int n, int *order) {
    for (int i = 0; i < n; i++) order[i] = i;
    for (int i = n - 1; i > 0; i--) {
        const int j = (int)(number() * (i + 1)), v = order[i];
        order[i] = order[j];
        order[j] = v;
    }
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Blocks [c h, h; h, c h], whose values are (c - 1) h and (c + 1) h; of every other matrix rows and
 * columns are in any order. */
static void fill_with_blocks(trial *x) {
    for (int b = 0; b < BATCH; b++) {
        int at[MOST];
        memset(x->a[b], 0, sizeof x->a[b]);
        shuffle(x->n, at);
        for (int i = 0; i < x->n && b % 2 == 0; i++) at[i] = i;
        for (int i = 0; i < x->n; i += 2) {
            const double h = power(x), c = number() < 0.3 ? 0 : 2 + (int)(3 * number());
            const int p = at[i] * x->n, q = i + 1 < x->n ? at[i + 1] * x->n : p;
            const bool single = p == q;
            x->a[b][p + at[i]] = x->values[b][i] = (c - 1) * h;
            if (single) continue;
            x->a[b][p + at[i]] = x->a[b][q + at[i + 1]] = c * h;
            x->a[b][p + at[i + 1]] = x->a[b][q + at[i]] = h;
            x->values[b][i + 1] = (c + 1) * h;
        }
        qsort(x->values[b], (size_t)x->n, sizeof(double), by_size);
    }
    note_largest(x);
}

/* Where nothing need be turned for it each value has its own digits, down to what is not normal
 * beside the largest element; else they are those of that. */
static void ck_known(const trial *x, tad_var values, int first, int count) {
    static double w[BATCH * MOST];
    const double none = x->dtype == TAD_F64 ? 0x1p-960 : 0x1p-98;
    ck_tape(values.tape);
    ck_done(tad_read(values, w, (size_t)(count * x->n)), values.tape);
    for (int i = 0; i < count * x->n; i++) {
        const int b = first + i / x->n;
        const double expected = x->values[b][i % x->n];
        const double most =
            epsilon(x) * fabs(expected) + (b % 2 ? epsilon(x) : none) * x->largest[b];
        ck_assert_msg(fabs(w[i] - expected) <= most, "%d x %d, matrix %d: %.17g is not %.17g", x->n,
                      x->n, b, w[i], expected);
    }
}

START_TEST(values_of_blocks) {
    for (int n = 1; n <= MOST; n++)
        for (int part = 1; part <= 4; part++) {
            trial *x = new_trial(_i, n, n, part / 4.0);
            tad_tape *t = tape_of(_i);
            if (!t) return;
            fill_with_blocks(x);
            tad_var all = operand(t, x, 0, BATCH), vectors;
            ck_known(x, tad_eigvalsh(all), 0, BATCH);
            ck_known(x, tad_eigh(all, &vectors), 0, BATCH);
            for (int b = 0; b < BATCH; b += 5) ck_known(x, tad_eigvalsh(operand(t, x, b, 1)), b, 1);
            tad_tape_free(t);
        }
}
END_TEST

/* Sizes that are no powers of two: scaling to and fro must not round them. */
START_TEST(whole_numbers_stay_what_they_are) {
    enum { COUNT = 9 };
    double x[COUNT * COUNT] = {0};
    tad_tape *t = tape_of(_i);
    if (!t) return;
    for (int most = 1; most < 200; most++) {
        for (int i = 0; i < COUNT; i++) x[i * (COUNT + 1)] = most - i;
        tad_var a =
            tad_cast(tad_input(t, TAD_F64, TAD_SHAPE(COUNT, COUNT), x), _i % 2 ? TAD_F32 : TAD_F64);
        tad_var all = tad_broadcast_to(a, TAD_SHAPE(BATCH, COUNT, COUNT));
        double w[BATCH * COUNT], one[COUNT];
        ck_done(tad_read(tad_eigvalsh(all), w, BATCH * COUNT), t);
        ck_done(tad_read(tad_eigvalsh(a), one, COUNT), t);
        for (int i = 0; i < COUNT; i++) {
            const double expected = most - COUNT + 1 + i;
            ck_assert_msg(w[i] == expected && one[i] == expected, "%.17g is not %g", w[i],
                          expected);
        }
    }
    tad_tape_free(t);
}
END_TEST

/* ---- any values ---- */

static void fill_with_any(trial *x, bool symmetric) {
    for (int b = 0; b < BATCH; b++) {
        for (int i = 0; i < x->m * x->n; i++)
            x->a[b][i] = (number() < 0.5 ? -1 : 1) * (1 + number()) * power(x);
        for (int i = 0; i < x->n && symmetric; i++)
            for (int j = 0; j < i; j++) x->a[b][i * x->n + j] = x->a[b][j * x->n + i];
        if (b % 2) continue; /* a single one that is larger than the others */
        for (int i = 0; i < x->m * x->n; i++) x->a[b][i] /= ldexp(1, ilogb(x->a[b][i]));
        const int p = (int)(number() * x->m), q = (int)(number() * x->n);
        x->a[b][p * x->n + q] = ldexp(1, x->range);
        if (symmetric) x->a[b][q * x->n + p] = x->a[b][p * x->n + q];
    }
    note_largest(x);
}

/* Columns of k are orthonormal, n elements each. */
static void ck_orthonormal(const trial *x, int n, int k, const double *v) {
    for (int i = 0; i < k; i++)
        for (int j = 0; j <= i; j++) {
            double sum = i == j ? -1 : 0;
            for (int r = 0; r < n; r++) sum += v[r * k + i] * v[r * k + j];
            ck_assert_msg(fabs(sum) <= n * epsilon(x), "columns %d and %d: %g", i, j, sum);
        }
}

/* a = u diag(w) v^T, beside its largest element; u is m x k, v n x k. */
static void ck_product(const trial *x, int b, int k, const double *u, const double *w,
                       const double *v) {
    for (int i = 0; i < x->m; i++)
        for (int j = 0; j < x->n; j++) {
            double sum = -x->a[b][i * x->n + j] / x->largest[b];
            for (int r = 0; r < k; r++) sum += u[i * k + r] * (w[r] / x->largest[b]) * v[j * k + r];
            ck_assert_msg(fabs(sum) <= 3 * MOST * epsilon(x), "%d x %d, matrix %d: %g", x->m, x->n,
                          b, sum);
        }
}

START_TEST(eigenvectors_of_any_elements) {
    static double w[BATCH * MOST], v[BATCH * MOST * MOST];
    for (int n = 1; n <= MOST; n++) {
        trial *x = new_trial(_i, n, n, n % 3 == 0 ? 0.04 : 0.95);
        tad_tape *t = tape_of(_i);
        if (!t) return;
        fill_with_any(x, true);
        tad_var vectors, values = tad_eigh(operand(t, x, 0, BATCH), &vectors);
        ck_tape(t);
        ck_done(tad_read(values, w, (size_t)(BATCH * n)), t);
        ck_done(tad_read(vectors, v, (size_t)(BATCH * n * n)), t);
        for (int b = 0; b < BATCH; b++) {
            ck_orthonormal(x, n, n, v + b * n * n);
            ck_product(x, b, n, v + b * n * n, w + b * n, v + b * n * n);
        }
        tad_tape_free(t);
    }
}
END_TEST

static void ck_singular_vectors(int way, int m, int n) {
    static double w[BATCH * MOST], u[BATCH * MOST * MOST], v[BATCH * MOST * MOST];
    const int k = m < n ? m : n;
    trial *x = new_trial(way, m, n, m % 3 == 0 ? 0.04 : 0.95);
    tad_tape *t = tape_of(way);
    if (!t) return;
    fill_with_any(x, false);
    tad_var values, turned, first = tad_svd(operand(t, x, 0, BATCH), &values, &turned);
    ck_tape(t);
    ck_done(tad_read(values, w, (size_t)(BATCH * k)), t);
    ck_done(tad_read(first, u, (size_t)(BATCH * m * k)), t);
    ck_done(
        tad_read(tad_mul(tad_transpose(turned, -2, -1), tad_number(1)), v, (size_t)(BATCH * n * k)),
        t);
    for (int b = 0; b < BATCH; b++) {
        ck_orthonormal(x, m, k, u + b * m * k);
        ck_orthonormal(x, n, k, v + b * n * k);
        ck_product(x, b, k, u + b * m * k, w + b * k, v + b * n * k);
    }
    tad_tape_free(t);
}

START_TEST(singular_vectors_of_any_elements) {
    for (int n = 1; n <= MOST; n++) {
        ck_singular_vectors(_i, n, n);
        ck_singular_vectors(_i, n, 3);
        ck_singular_vectors(_i, 2, n);
    }
}
END_TEST

/* Rows of R may be as small as columns are: Q is orthonormal, and Q R the matrix column by column.
 */
START_TEST(orthonormal_columns_of_any_elements) {
    static double q[BATCH * MOST * MOST];
    for (int n = 1; n <= MOST; n++) {
        trial *x = new_trial(_i, MOST, n, 0.45);
        tad_tape *t = tape_of(_i);
        if (!t) return;
        fill_with_any(x, false);
        tad_var r, first = tad_qr(operand(t, x, 0, BATCH), &r);
        ck_tape(t);
        ck_done(tad_read(first, q, (size_t)(BATCH * MOST * n)), t);
        for (int b = 0; b < BATCH; b++) ck_orthonormal(x, MOST, n, q + b * MOST * n);
        tad_tape_free(t);
    }
}
END_TEST

/* ---- gradients ---- */

/* Of the sum of values times 1, 2, ... by the matrix. */
static tad_var gradient(tad_var a, tad_var values) {
    const tad_shape s = tad_shape_of(values);
    tad_var weights = tad_cast(tad_arange(a.tape, TAD_F64, 1, (double)s.dim[1] + 1, 1),
                               tad_dtype_of(values)),
            y = tad_sum(tad_mul(values, weights), tad_all()), g = a;
    ck_done(tad_grad(&y, NULL, 1, &a, 1, &g), a.tape);
    return g;
}

static void ck_same_bits(tad_var a, tad_var b) {
    ck_tape(a.tape);
    ck_assert_mem_eq(tad_data(a), tad_data(b),
                     (size_t)tad_size_of(a) * tad_dtype_size(tad_dtype_of(a)));
}

/* Of a matrix times a power of two those of the matrix: no digit may differ. */
START_TEST(gradients_do_not_see_the_scale) {
    for (int n = 1; n <= MOST; n += 3)
        for (int sign = -1; sign <= 1; sign += 2) {
            trial *x = new_trial(_i, n, n, 0.001);
            tad_tape *t = tape_of(_i);
            if (!t) return;
            fill_with_any(x, true);
            tad_var scale = tad_number(ldexp(1, sign * (x->dtype == TAD_F64 ? 900 : 90)));
            tad_var a = operand(t, x, 0, BATCH), b = tad_mul(a, scale), u, v;
            tad_var w = tad_eigh(a, &u), z = tad_eigh(b, &v);
            ck_same_bits(tad_mul(w, scale), z);
            ck_same_bits(u, v);
            ck_same_bits(gradient(a, w), gradient(b, z));
            ck_same_bits(gradient(a, tad_svdvals(a)), gradient(b, tad_svdvals(b)));
            tad_tape_free(t);
        }
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("linalg extreme");
    TCase *c = support_case(s, "values");
    tcase_add_loop_test(c, values_of_blocks, 0, WAYS);
    tcase_add_loop_test(c, whole_numbers_stay_what_they_are, 0, WAYS);
    tcase_add_loop_test(c, eigenvectors_of_any_elements, 0, WAYS);
    tcase_add_loop_test(c, singular_vectors_of_any_elements, 0, WAYS);
    tcase_add_loop_test(c, orthonormal_columns_of_any_elements, 0, WAYS);
    tcase_add_loop_test(c, gradients_do_not_see_the_scale, 0, WAYS);
    return s;
}

SUPPORT_MAIN(suite)
