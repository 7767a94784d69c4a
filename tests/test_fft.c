/* Fourier transforms beside their definition, at every kind of length. */
#include "support.h"

static tad_tape *t;
static void new_tape(void) { t = tad_tape_new(NULL); }
static void free_tape(void) { tad_tape_free(t); }

enum { MOST = 2100 };

static double number(int64_t i) { return sin(1.0 + 3.0 * (double)i) + 0.3 * cos((double)(i * i)); }

/* Sums of x_k e^(-2 pi i j k / n), kept in long double. */
static void definition(const double *x, int64_t n, bool inverse, double *y) {
    static long double cosine[MOST], sine[MOST];
    for (int64_t k = 0; k < n; k++) {
        const long double angle = 6.283185307179586476925287L * (long double)k / n;
        cosine[k] = cosl(angle);
        sine[k] = inverse ? sinl(angle) : -sinl(angle);
    }
    for (int64_t j = 0; j < n; j++) {
        long double re = 0, im = 0;
        for (int64_t k = 0; k < n; k++) {
            const long double c = cosine[j * k % n], s = sine[j * k % n];
            re += x[2 * k] * c - x[2 * k + 1] * s;
            im += x[2 * k] * s + x[2 * k + 1] * c;
        }
        y[2 * j] = (double)re;
        y[2 * j + 1] = (double)im;
    }
}

static const int64_t lengths[] = {
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 22, 26, 32, 37, 60, 64, 97, 100,
    101, 121, 128, 169, 210, 243, 256, 289, 341, 360, 500, 512, 625, 720, 729, 750, 997, 1000, 1024,
    /* primes, one by one and together, beside whole tiles or not */
    23, 29, 31, 49, 77, 91, 143, 224, 299, 437, 704, 899, 961, 992, 1001};

/* The other levels have the same bits. */
static void ck_levels(int64_t n, tad_dtype dtype, bool inverse, const double *x,
                      const double *expected) {
    static const tad_level levels[] = {TAD_LEVEL_BASE, TAD_LEVEL_AVX2};
    static double got[MOST];
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        tad_tape *other = tad_tape_new(&(tad_settings){.level = levels[i]});
        if (tad_tape_status(other) != TAD_UNSUPPORTED) {
            tad_var v = tad_constant_from(other, dtype, TAD_SHAPE(n, 2), x);
            ck_done(tad_read(tad_dft(v, -1, inverse, 1), got, (size_t)(2 * n)), other);
            ck_assert_msg(memcmp(got, expected, (size_t)(2 * n) * sizeof *got) == 0,
                          "n %d, other bits at level %d", (int)n, (int)levels[i]);
        }
        tad_tape_free(other);
    }
}

/* Against the largest number of all: 4 ulp for each doubling of the length. */
static void check_length(int64_t n, tad_dtype dtype, bool inverse, double eps) {
    static double x[MOST], y[MOST], got[MOST];
    double most = 0;
    for (int64_t i = 0; i < 2 * n; i++) x[i] = dtype == TAD_F32 ? (float)number(i) : number(i);
    definition(x, n, inverse, y);
    tad_var v = tad_constant_from(t, dtype, TAD_SHAPE(n, 2), x);
    ck_done(tad_read(tad_dft(v, -1, inverse, 1), got, (size_t)(2 * n)), t);
    ck_levels(n, dtype, inverse, x, got);
    for (int64_t i = 0; i < 2 * n; i++) most = fmax(most, fabs(y[i]));
    for (int64_t i = 0; i < 2 * n; i++)
        ck_assert_msg(fabs(got[i] - y[i]) <= 4 * eps * most * (1 + log2((double)n)),
                      "n %d, number %d: %.17g, expected %.17g", (int)n, (int)i, got[i], y[i]);
}

START_TEST(equals_its_definition) {
    for (int inverse = 0; inverse < 2; inverse++) {
        check_length(lengths[_i], TAD_F64, inverse, 0x1p-53);
        check_length(lengths[_i], TAD_F32, inverse, 0x1p-24);
    }
}
END_TEST

static void ck_same(tad_var a, tad_var b, double tol) {
    static double x[MOST], y[MOST];
    const size_t n = (size_t)tad_size_of(b);
    ck_tape(t);
    ck_assert_int_eq(tad_size_of(a), tad_size_of(b));
    ck_done(tad_read(a, x, n), t);
    ck_done(tad_read(b, y, n), t);
    for (size_t i = 0; i < n; i++) ck_near(x[i], y[i], tol);
}

static tad_var numbers(tad_shape s) {
    static double x[MOST];
    for (int i = 0; i < MOST; i++) x[i] = number(i);
    return tad_input(t, TAD_F64, s, x);
}

/* Many rows are pieces of work, each with room of its own beside what all of them read. 97 is too
 * large a factor, and is transformed by way of a longer length. */
START_TEST(rows_are_transformed_each_by_itself) {
    enum { ROWS = 400, LENGTH = 97 };
    static double x[ROWS * LENGTH * 2], together[ROWS * LENGTH * 2];
    for (int i = 0; i < ROWS * LENGTH * 2; i++) x[i] = number(i);
    tad_tape *threads = tad_tape_new(&(tad_settings){.threads = 4});
    tad_var all = tad_constant(threads, TAD_F64, TAD_SHAPE(ROWS, LENGTH, 2), x);
    ck_done(tad_read(tad_fft(all, 1, TAD_FFT_BACKWARD), together, ROWS * LENGTH * 2), threads);
    tad_tape_free(threads);
    for (int i = 0; i < ROWS; i++) {
        const size_t row = LENGTH * 2, at = (size_t)i * row;
        tad_var one = tad_constant(t, TAD_F64, TAD_SHAPE(LENGTH, 2), x + at);
        const double *apart = tad_data(tad_fft(one, 0, TAD_FFT_BACKWARD));
        for (size_t k = 0; k < row; k++) /* a library may do few rows in another way than many */
            ck_near(together[at + k], apart[k], 1e-13);
    }
}
END_TEST

START_TEST(inverses_undo_in_every_norm) {
    for (int norm = TAD_FFT_BACKWARD; norm <= TAD_FFT_FORWARD; norm++)
        for (int64_t n = 1; n <= 12; n++) {
            const tad_fft_norm k = (tad_fft_norm)norm;
            tad_var x = numbers(TAD_SHAPE(2, n, 2)), y = numbers(TAD_SHAPE(3, n));
            ck_same(tad_ifft(tad_fft(x, 1, k), 1, k), x, 1e-14);
            ck_same(tad_ifftn(tad_fftn(x, tad_all(), k), tad_all(), k), x, 1e-14);
            ck_same(tad_irfft(tad_rfft(y, -1, k), n, -1, k), y, 1e-14);
        }
}
END_TEST

START_TEST(real_transforms_are_half_of_complex_ones) {
    for (int64_t n = 1; n <= 13; n++) {
        tad_var x = numbers(TAD_SHAPE(n, 3));
        tad_var both = tad_stack((tad_var[]){x, tad_mul(x, tad_number(0))}, 2, -1);
        tad_var all = tad_fft(both, 0, TAD_FFT_BACKWARD), half = tad_rfft(x, 0, TAD_FFT_BACKWARD);
        ck_shape(half, n / 2 + 1, 3, 2);
        ck_same(half, tad_slice(all, 0, 0, n / 2 + 1, 1), 1e-14);
        if (n % 2 == 0) { /* and the last one is real */
            tad_var last = tad_slice(tad_slice(half, 0, n / 2, n / 2 + 1, 1), -1, 1, 2, 1);
            ck_values(last, 0, 0, 0, 0);
        }
    }
}
END_TEST

/* NumPy 1.24: numpy.fft.irfft([1+2j, 3+4j, 5+6j], n) */
START_TEST(imaginary_parts_without_meaning_are_left_out) {
    const double x[] = {1, 2, 3, 4, 5, 6};
    tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(3, 2), x);
    ck_values(tad_irfft(v, 0, 0, TAD_FFT_BACKWARD), 1e-15, 3, -3, 0, 1);
    ck_values(tad_irfft(v, 1, 0, TAD_FFT_BACKWARD), 1e-15, 1);
    ck_values(tad_irfft(v, 2, 0, TAD_FFT_BACKWARD), 1e-15, 2, -1);
}
END_TEST

START_TEST(other_norms_are_refused) {
    tad_var x = numbers(TAD_SHAPE(3, 2));
    for (int norm = -1; norm <= TAD_FFT_FORWARD + 1; norm += TAD_FFT_FORWARD + 2) {
        ck_assert(tad_is_nil(tad_fft(x, 0, (tad_fft_norm)norm)));
        ck_refused(t, TAD_BAD_ARGUMENT, "no norm");
    }
}
END_TEST

START_TEST(axes_are_those_of_complex_numbers) {
    tad_var x = numbers(TAD_SHAPE(3, 4, 5, 2));
    tad_var a = tad_fft(x, 0, TAD_FFT_BACKWARD), b = tad_fft(x, -3, TAD_FFT_BACKWARD);
    ck_same(a, b, 0);
    tad_var moved = tad_permute(x, TAD_AXES(1, 2, 0, 3));
    ck_same(a, tad_permute(tad_fft(moved, -1, TAD_FFT_BACKWARD), TAD_AXES(2, 0, 1, 3)), 0);
    tad_var two = tad_fft(tad_fft(x, 2, TAD_FFT_BACKWARD), 0, TAD_FFT_BACKWARD);
    ck_same(tad_fftn(x, TAD_AXES(0, 2), TAD_FFT_BACKWARD), two, 0);
}
END_TEST

/* A circular convolution, and so a test of products of derivatives too: by transforms and by sums.
 */
START_TEST(convolves) {
    enum { N = 6 };
    tad_var a = numbers(TAD_SHAPE(N)), b = tad_add(numbers(TAD_SHAPE(N)), tad_number(1)), sum[N];
    tad_var fa = tad_rfft(a, 0, TAD_FFT_BACKWARD), fb = tad_rfft(b, 0, TAD_FFT_BACKWARD);
    tad_var ar = tad_slice(fa, 1, 0, 1, 1), ai = tad_slice(fa, 1, 1, 2, 1);
    tad_var br = tad_slice(fb, 1, 0, 1, 1), bi = tad_slice(fb, 1, 1, 2, 1);
    tad_var product = tad_concat((tad_var[]){tad_sub(tad_mul(ar, br), tad_mul(ai, bi)),
                                             tad_add(tad_mul(ar, bi), tad_mul(ai, br))},
                                 2, 1);
    for (int j = 0; j < N; j++) {
        double at[N];
        for (int k = 0; k < N; k++) at[k] = (j - k + N) % N;
        tad_var place = tad_constant_from(t, TAD_I64, TAD_SHAPE(N), at);
        sum[j] = tad_dot(a, tad_index_select(b, place, 0));
    }
    tad_var y = tad_irfft(product, N, 0, TAD_FFT_BACKWARD), z = tad_stack(sum, N, 0), in[] = {a, b};
    tad_var g[2], h[2], loss = tad_sum(tad_square(y), tad_all()),
                        direct = tad_sum(tad_square(z), tad_all());
    ck_same(y, z, 1e-14);
    ck_done(tad_grad(&loss, NULL, 1, in, 2, g), t);
    ck_done(tad_grad(&direct, NULL, 1, in, 2, h), t);
    for (int i = 0; i < 2; i++) ck_same(g[i], h[i], 1e-12);
}
END_TEST

/* So many numbers that a library may be asked: rows of 0 but for a 1 at place `row`, whose
 * transforms are roots of 1, along either axis, with a scale, in pieces for three threads. */
START_TEST(many_rows_of_unit_vectors_become_roots) {
    enum { ALL = 6000 };
    static const int64_t n_of[] = {32, 37, 360, 1000, 1024, 2600};
    static double x[2 * ALL], got[2 * ALL];
    const int64_t n = n_of[_i / 8], rows = ALL / n;
    const bool inverse = _i & 1, last = _i & 2;
    const tad_dtype dtype = _i & 4 ? TAD_F32 : TAD_F64;
    const double eps = dtype == TAD_F32 ? 0x1p-21 : 0x1p-50;
    tad_tape_free(t);
    t = tad_tape_new(&(tad_settings){.threads = 3});
    for (int64_t i = 0; i < rows; i++)
        for (int64_t k = 0; k < n; k++)
            x[2 * (last ? i * n + k : k * rows + i)] = k == i % n ? 1 : 0;
    tad_var v =
        tad_constant_from(t, dtype, last ? TAD_SHAPE(rows, n, 2) : TAD_SHAPE(n, rows, 2), x);
    ck_done(tad_read(tad_dft(v, last ? 1 : 0, inverse, 0.5), got, (size_t)(2 * rows * n)), t);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < n; j++) {
            const double *y = got + 2 * (last ? i * n + j : j * rows + i);
            const double angle = 6.283185307179586476925287 * (double)(i * j % n) / (double)n;
            ck_near(y[0], 0.5 * cos(angle), eps);
            ck_near(y[1], inverse ? 0.5 * sin(angle) : -0.5 * sin(angle), eps);
        }
}
END_TEST

/* scipy.signal.convolve, which adds up; a long one against a product with the matrix of it. */
START_TEST(convolves_in_every_mode) {
    const double x[] = {1, -2, 0.5, 3, 1.25, -0.75, 2}, y[] = {0.5, -1, 2, 0.25};
    tad_var a = tad_input(t, TAD_F64, TAD_SHAPE(7), x), b = tad_input(t, TAD_F64, TAD_SHAPE(4), y);
    ck_values(tad_fft_convolve(a, b, TAD_CONVOLVE_FULL), 1e-15, 0.5, -2, 4.25, -2.75, -1.875, 4.5,
              5, -3.1875, 3.8125, 0.5);
    ck_values(tad_fft_convolve(a, b, TAD_CONVOLVE_SAME), 1e-15, -2, 4.25, -2.75, -1.875, 4.5, 5,
              -3.1875);
    ck_values(tad_fft_convolve(a, b, TAD_CONVOLVE_VALID), 1e-15, -2.75, -1.875, 4.5, 5);
    ck_values(tad_fft_convolve(b, a, TAD_CONVOLVE_SAME), 1e-15, -2.75, -1.875, 4.5, 5);
    ck_values(tad_fft_convolve(b, a, TAD_CONVOLVE_VALID), 1e-15, -2.75, -1.875, 4.5, 5);
    enum { N = 500, M = 90 };
    tad_var p = numbers(TAD_SHAPE(1, 1, N)), q = numbers(TAD_SHAPE(1, 1, M));
    const tad_conv_options all = {.padding = TAD_SHAPE(M - 1)};
    tad_var direct = tad_conv1d(p, tad_flip(q, tad_axis(-1)), tad_none(), &all);
    ck_same(tad_fft_convolve(p, q, TAD_CONVOLVE_FULL), direct, 1e-13);
    ck_assert(tad_is_nil(tad_fft_convolve(p, q, (tad_convolve_mode)3)));
    ck_refused(t, TAD_BAD_ARGUMENT, "fft_convolve", "no mode 3");
}
END_TEST

START_TEST(threads_change_no_bit) {
    static double x[2][96 * 20];
    for (int i = 0; i < 2; i++) {
        tad_tape_free(t);
        t = tad_tape_new(&(tad_settings){.threads = i ? 4 : 1});
        tad_var v = numbers(TAD_SHAPE(96, 10, 2));
        ck_done(tad_read(tad_fft(v, 1, TAD_FFT_ORTHO), x[i], 96 * 20), t);
    }
    ck_assert_mem_eq(x[0], x[1], sizeof x[0]);
}
END_TEST

static Suite *suite(void) {
    Suite *s = suite_create("fft");
    TCase *c = support_case(s, "fft");
    tcase_add_checked_fixture(c, new_tape, free_tape);
    tcase_add_loop_test(c, equals_its_definition, 0, sizeof lengths / sizeof *lengths);
    tcase_add_test(c, rows_are_transformed_each_by_itself);
    tcase_add_test(c, inverses_undo_in_every_norm);
    tcase_add_test(c, real_transforms_are_half_of_complex_ones);
    tcase_add_test(c, imaginary_parts_without_meaning_are_left_out);
    tcase_add_test(c, other_norms_are_refused);
    tcase_add_test(c, axes_are_those_of_complex_numbers);
    tcase_add_test(c, convolves);
    tcase_add_loop_test(c, many_rows_of_unit_vectors_become_roots, 0, 6 * 8);
    tcase_add_test(c, convolves_in_every_mode);
    tcase_add_test(c, threads_change_no_bit);
    return s;
}

SUPPORT_MAIN(suite)
