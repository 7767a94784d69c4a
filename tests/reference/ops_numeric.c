/* Examples of tad/ops.h: special functions, densities, interpolation, linear algebra, Fourier. */
#include "example.h"

static void special_functions(tad_tape *t) {
    const tad_var a = tad_scalar(t, 2), b = tad_scalar(t, 3), x = tad_scalar(t, 0.5);

    IS(tad_zeta(a, tad_number(1)), 1.64493); /* pi^2 / 6 */

    IS(tad_beta(a, b), 0.0833333);

    IS(tad_lbeta(a, b), -2.48491);

    IS(tad_gammainc(a, x), 0.090204);

    IS(tad_gammaincc(a, x), 0.909796);

    IS(tad_betainc(a, b, x), 0.6875);

    IS(tad_gammaincinv(a, x), 1.67835);

    IS(tad_gammainccinv(a, tad_number(0.01)), 6.63835);

    IS(tad_betaincinv(a, b, tad_number(0.6875)), 0.5);

    IS(tad_poisson_quantile(tad_number(0.95), b), 6);
}

static void densities(tad_tape *t) {
    const tad_var x = tad_scalar(t, 0.5);
    const tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});
    const tad_var zeros = tad_full(t, TAD_F64, TAD_SHAPE(2), 0);
    const tad_var unit = tad_eye(t, TAD_F64, 2, 2);
    const tad_var shares = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){0.25, 0.75});
    const tad_var label = tad_constant(t, TAD_I64, TAD_0D, (int64_t[]){1});

    IS(tad_normal_log_density(x, tad_number(0), tad_number(1)), -1.04394);

    IS(tad_laplace_log_density(x, tad_number(0), tad_number(1)), -1.19315);

    IS(tad_cauchy_log_density(x, tad_number(0), tad_number(1)), -1.36787);

    IS(tad_student_log_density(x, tad_number(1), tad_number(0), tad_number(1)), -1.36787);

    IS(tad_exponential_log_density(x, tad_number(2)), -0.306853);

    IS(tad_gamma_log_density(x, tad_number(2), tad_number(2)), -0.306853);

    IS(tad_beta_log_density(x, tad_number(2), tad_number(2)), 0.405465);

    IS(tad_uniform_log_density(x, tad_number(0), tad_number(4)), -1.38629);

    IS(tad_poisson_log_density(tad_number(2), tad_mul(x, tad_number(2))), -1.69315);

    IS(tad_bernoulli_log_density(tad_number(1), x), -0.474077);

    IS(tad_multivariate_normal_log_density(v, zeros, unit), -4.33788);

    IS(tad_dirichlet_log_density(shares, v), 0.405465);

    IS(tad_categorical_log_density(label, v), -0.313262);
}

static void interpolation(tad_tape *t) {
    const tad_var places = tad_constant(t, TAD_F64, TAD_SHAPE(4), (double[]){0, 1, 2, 3});
    const tad_var values = tad_constant(t, TAD_F64, TAD_SHAPE(4), (double[]){0, 1, 8, 27});

    IS(tad_interp(tad_scalar(t, 2.5), places, values, false), 17.5);

    IS(tad_cubic_spline(tad_scalar(t, 2.5), places, values, TAD_SPLINE_NOT_A_KNOT, false), 15.625);
}

static void linear_algebra(tad_tape *t) {
    const tad_var a = tad_constant(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){4, 2, 2, 3});
    const tad_var b = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){8, 8});
    const tad_var tall = tad_constant(t, TAD_F64, TAD_SHAPE(3, 2), (double[]){1, 0, 0, 1, 0, 0});
    /* rows: above the diagonal of a 3 by 3 matrix, the diagonal, below */
    const tad_var band =
        tad_constant(t, TAD_F64, TAD_SHAPE(3, 3), (double[]){0, 1, 1, 2, 2, 2, 1, 1, 0});
    const tad_var ones = tad_full(t, TAD_F64, TAD_SHAPE(3), 1);

    IS(tad_solve(a, b), "[1, 2]");

    IS(tad_solve_banded(band, tad_banded_matmul(band, ones, 1, 1, false), 1, 1, false),
       "[1, 1, 1]");

    IS(tad_banded_matmul(band, ones, 1, 1, false), "[3, 4, 3]");

    {
        const tad_solve_triangular_options upper = {.upper = true};
        IS(tad_solve_triangular(a, tad_unsqueeze(b, 1), &upper), "[[0.666667], [2.66667]]");
    }

    IS(tad_inv(a), "[[0.375, -0.25], [-0.25, 0.5]]");

    IS(tad_det(a), 8);

    {
        tad_var log_magnitude;
        IS(tad_slogdet(tad_neg(a), &log_magnitude), 1);
        IS(log_magnitude, 2.07944);
    }

    IS(tad_cholesky(a), "[[2, 0], [1, 1.41421]]");

    IS(tad_eigvalsh(a), "[1.43845, 5.56155]");

    {
        tad_var vectors;
        const tad_var values = tad_eigh(a, &vectors);
        const tad_var again = tad_matmul(tad_mul(vectors, values), tad_transpose(vectors, 0, 1));
        IS(again, "[[4, 2], [2, 3]]");
    }

    {
        tad_var r;
        const tad_var q = tad_qr(a, &r);
        IS(tad_matmul(q, r), "[[4, 2], [2, 3]]");
    }

    {
        tad_var l, u;
        const tad_var p = tad_lu(a, &l, &u);
        IS(l, "[[1, 0], [0.5, 1]]");
        IS(tad_matmul(p, tad_matmul(l, u)), "[[4, 2], [2, 3]]");
    }

    {
        tad_var w, vt;
        const tad_var u = tad_svd(a, &w, &vt);
        IS(tad_matmul(tad_mul(u, w), vt), "[[4, 2], [2, 3]]");
    }

    IS(tad_svdvals(a), "[5.56155, 1.43845]");

    IS(tad_shape_of(tad_pinv(tall, NAN)), "(2, 3)");

    IS(tad_lstsq(tall, tad_arange(t, TAD_F64, 5, 8, 1), NAN), "[5, 6]");

    IS(tad_matrix_exp(tad_triu(tad_full(t, TAD_F64, TAD_SHAPE(2, 2), 1), 1)), "[[1, 1], [0, 1]]");

    {
        const tad_var root = tad_matrix_sqrt_pd(a);
        IS(tad_matmul(root, root), "[[4, 2], [2, 3]]");
    }

    IS(tad_trace(tad_matrix_log_pd(a)), 2.07944); /* log det a */
}

static void fourier(tad_tape *t) {
    /* 1 + i, 2 + 2 i */
    const tad_var z = tad_constant(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){1, 1, 2, 2});
    const tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(4), (double[]){1, 2, 3, 4});
    const tad_var k = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, -1});

    IS(tad_dft(z, -1, false, 1), "[[3, 3], [-1, -1]]");

    IS(tad_fft(z, -1, TAD_FFT_BACKWARD), "[[3, 3], [-1, -1]]");

    IS(tad_ifft(tad_fft(z, -1, TAD_FFT_ORTHO), -1, TAD_FFT_ORTHO), "[[1, 1], [2, 2]]");

    IS(tad_rfft(x, -1, TAD_FFT_BACKWARD), "[[10, 0], [-2, 2], [-2, 0]]");

    IS(tad_irfft(tad_rfft(x, -1, TAD_FFT_BACKWARD), 4, -1, TAD_FFT_BACKWARD), "[1, 2, 3, 4]");

    IS(tad_fftn(z, tad_all(), TAD_FFT_BACKWARD), "[[3, 3], [-1, -1]]");

    IS(tad_ifftn(z, tad_all(), TAD_FFT_FORWARD), "[[3, 3], [-1, -1]]");

    IS(tad_fft_convolve(x, k, TAD_CONVOLVE_VALID), "[1, 1, 1]");
}

EXAMPLES(special_functions, densities, interpolation, linear_algebra, fourier)
