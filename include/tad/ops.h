/* The ops: functions that compute with variables and are recorded.
 *
 * Common to all. Operands belong to one tape, and so does the result: nothing is to be freed, and
 * it lives until the tape is rewound below it. A failure gives a nil variable and sticks to the
 * tape (tad_tape_status, tad_message): BAD_HANDLE for operands that are none of it, BAD_SHAPE,
 * BAD_DTYPE, BAD_AXIS, BAD_ARGUMENT for what an op says here about shapes, element types, axes and
 * numbers, TOO_LARGE for results beyond what memory can hold, NO_MEMORY. float64 and float32
 * operands do not mix, except that 0-d operands join the others' type; tad_number(c) stands for a
 * plain number. Broadcasting is NumPy's. Cost: one pass over operands and result, unless said;
 * "shows x's memory" means that no element is copied. Options that are structs may be NULL.
 * docs/ops.md lists every op with what it is by name.
 *
 * Threads: as the tape; large arrays are worked on by as many as its settings allow. */
#ifndef TAD_OPS_H
#define TAD_OPS_H

#include <tad/op.h>
#include <tad/scalar.h> /* elementwise: tad_add, tad_mul, tad_sin, tad_relu, ... of elementwise.h */

#ifdef __cplusplus
extern "C" {
#endif

/* ---- sums over a list, as one node: a neuron of scalar code ---- */

/* x[0] + x[1] + ...; they broadcast together. The lists are not kept. */
TAD_API tad_var tad_sum_list(const tad_var *x, size_t n);
/* c + a[0] b[0] + a[1] b[1] + ...; all broadcast together. Any may be a plain number. */
TAD_API tad_var tad_dot_list(const tad_var *a, const tad_var *b, size_t n, tad_var c);
/* The same with plain coefficients, a linear combination: c + a[0] x[0] + a[1] x[1] + .... */
TAD_API tad_var tad_dot_list_plain(const double *a, const tad_var *x, size_t n, tad_var c);

/* ---- products; inner sizes that differ are BAD_SHAPE ---- */

/* NumPy's matmul: (n,k), (k,m) -> (n,m); a vector is a row on the left and a column on the right,
 * and its axis is gone from the result; leading axes are batches and broadcast. n k m
 * multiplications for each batch. */
TAD_API tad_var tad_matmul(tad_var a, tad_var b);
TAD_API tad_var tad_bmm(tad_var a, tad_var b);   /* (B,n,k), (B,k,m) -> (B,n,m) */
TAD_API tad_var tad_mv(tad_var a, tad_var b);    /* (n,k), (k) -> (n) */
TAD_API tad_var tad_dot(tad_var a, tad_var b);   /* (n) . (n) -> () */
TAD_API tad_var tad_outer(tad_var a, tad_var b); /* (n), (m) -> (n,m) */
/* beta input + alpha a b: a (n,k), b (k,m), input broadcasts to (n,m); beta 0 leaves it out. */
TAD_API tad_var tad_addmm(tad_var input, tad_var a, tad_var b, double beta, double alpha);
/* Summed over axes[0] axes, the last ones of a and the first ones of b; or, of n = 2 m, over the
 * first m of the list, of a, and the others, of b. BAD_AXIS for one named twice. */
TAD_API tad_var tad_tensordot(tad_var a, tad_var b, const int64_t *axes, size_t n);
/* Kronecker's product: each element of a times the whole of b; at most four axes. */
TAD_API tad_var tad_kron(tad_var a, tad_var b);
/* Einstein's sum of n <= 128 operands: "ij,jk->ik", less than 256 characters. A letter stands for
 * an axis, twice in a term for the diagonal; ... for other axes, which broadcast; without ->
 * letters that are there once remain, in alphabetical order. The pair of operands that leaves least
 * is multiplied first. BAD_SHAPE for an equation that does not fit, BAD_ARGUMENT for more operands.
 */
TAD_API tad_var tad_einsum(const char *equation, const tad_var *x, size_t n);
/* x W + b: x (n) or (B, ...) flattened to (B,n), W (n,m), b (m) or (1,m) or tad_none(); -> (m) or
 * (B,m). */
TAD_API tad_var tad_affine(tad_var x, tad_var w, tad_var b);
/* x W^T + b on the last axis: x (...,n), W (m,n), b (m) or tad_none(); -> (...,m). */
TAD_API tad_var tad_linear(tad_var x, tad_var w, tad_var b);

/* ---- convolutions: of one, two, three axes behind images and channels ---- */

typedef enum tad_auto_pad {
    TAD_PAD_NONE,
    TAD_PAD_VALID, /* no padding */
    TAD_PAD_SAME   /* y as large as x, the odd element behind; only with stride 1 */
} tad_auto_pad;

/* Lists hold a number for all axes, TAD_SHAPE(2), or one for each; TAD_0D: 1, of padding 0. Padding
 * may also be before and behind for each: TAD_SHAPE(1, 0, 2, 2). All zero, or NULL: the default. */
typedef struct tad_conv_options {
    tad_shape stride, padding, dilation;
    int64_t groups;           /* 0: 1 */
    tad_auto_pad auto_pad;    /* of those that are not transposed */
    tad_shape output_padding; /* of transposed ones: elements more, below stride or dilation */
} tad_conv_options;

/* x (N, C, L), weight (O, C / groups, k), bias (O) or tad_none() -> (N, O, L'), where
 * L' = (L + padding before and behind - dilation (k - 1) - 1) / stride + 1, rounded down. The
 * kernel is not turned; beside x are zeros. BAD_SHAPE for a kernel that reaches beyond x and
 * padding, BAD_ARGUMENT for options out of range. One multiplication for each element of the result
 * and each weight of its channel. */
TAD_API tad_var tad_conv1d(tad_var x, tad_var weight, tad_var bias,
                           const tad_conv_options *options);
TAD_API tad_var tad_conv2d(tad_var x, tad_var weight, tad_var bias,
                           const tad_conv_options *options); /* (N, C, H, W) */
TAD_API tad_var tad_conv3d(tad_var x, tad_var weight, tad_var bias,
                           const tad_conv_options *options); /* (N, C, D, H, W) */
/* The transposed map: x (N, O, L), weight (O, C / groups, k), bias (C) -> (N, C, L'), where
 * L' = (L - 1) stride + dilation (k - 1) + 1 + output_padding - padding before and behind. */
TAD_API tad_var tad_conv_transpose1d(tad_var x, tad_var weight, tad_var bias,
                                     const tad_conv_options *options);
TAD_API tad_var tad_conv_transpose2d(tad_var x, tad_var weight, tad_var bias,
                                     const tad_conv_options *options);
TAD_API tad_var tad_conv_transpose3d(tad_var x, tad_var weight, tad_var bias,
                                     const tad_conv_options *options);

/* ---- windows on images: (N, C, L), (N, C, H, W), (N, C, D, H, W) ---- */

/* As in tad_conv_options; stride TAD_0D: of pooling the kernel's size, of unfold and fold 1.
 * Padding of pooling is at most half of the kernel. All zero, or NULL: the default. */
typedef struct tad_pool_options {
    tad_shape stride, padding, dilation; /* dilation: not of means */
    bool ceil_mode;   /* the number of windows is rounded up; the last may stick out */
    bool exclude_pad; /* a mean is over the elements of x alone; by name count_include_pad */
} tad_pool_options;

/* The largest element of each window: the first of equals, of a NaN if there is one; the gradient
 * goes to it. Padding never wins. *indices (may be NULL) receives the places as int64, counted row
 * by row within a channel. (L + 2 padding - dilation (k - 1) - 1) / stride + 1 windows. BAD_SHAPE
 * for a kernel larger than x and padding, or a window of padding alone. */
TAD_API tad_var tad_max_pool1d(tad_var x, tad_shape kernel, const tad_pool_options *options,
                               tad_var *indices);
TAD_API tad_var tad_max_pool2d(tad_var x, tad_shape kernel, const tad_pool_options *options,
                               tad_var *indices);
TAD_API tad_var tad_max_pool3d(tad_var x, tad_shape kernel, const tad_pool_options *options,
                               tad_var *indices);
/* The mean of each window. */
TAD_API tad_var tad_avg_pool1d(tad_var x, tad_shape kernel, const tad_pool_options *options);
TAD_API tad_var tad_avg_pool2d(tad_var x, tad_shape kernel, const tad_pool_options *options);
TAD_API tad_var tad_avg_pool3d(tad_var x, tad_shape kernel, const tad_pool_options *options);
/* The same of windows that cut x up into `size` (a number for all axes, or one for each): window i
 * of n on an axis of L elements goes from floor(i L / n) to ceil((i + 1) L / n) - 1. */
TAD_API tad_var tad_adaptive_max_pool1d(tad_var x, tad_shape size, tad_var *indices);
TAD_API tad_var tad_adaptive_max_pool2d(tad_var x, tad_shape size, tad_var *indices);
TAD_API tad_var tad_adaptive_max_pool3d(tad_var x, tad_shape size, tad_var *indices);
TAD_API tad_var tad_adaptive_avg_pool1d(tad_var x, tad_shape size);
TAD_API tad_var tad_adaptive_avg_pool2d(tad_var x, tad_shape size);
TAD_API tad_var tad_adaptive_avg_pool3d(tad_var x, tad_shape size);
/* (sum of |x|^p)^(1/p) of each window, p > 0; of zeros 0 with gradient 0. A window that sticks out
 * counts as if the mean of its elements went on. Of the options stride and ceil_mode. */
TAD_API tad_var tad_lp_pool1d(tad_var x, double p, tad_shape kernel,
                              const tad_pool_options *options);
TAD_API tad_var tad_lp_pool2d(tad_var x, double p, tad_shape kernel,
                              const tad_pool_options *options);
TAD_API tad_var tad_lp_pool3d(tad_var x, double p, tad_shape kernel,
                              const tad_pool_options *options);
/* The windows as columns: (N, C times elements of a window, windows); beside x are zeros. */
TAD_API tad_var tad_unfold(tad_var x, tad_shape kernel, const tad_pool_options *options);
/* Columns added up to an image of `size`, which has a number for each of its axes: unfold's
 * adjoint. */
TAD_API tad_var tad_fold(tad_var x, tad_shape size, tad_shape kernel,
                         const tad_pool_options *options);

/* ---- sizes of images ---- */

typedef enum tad_upsample_mode {
    TAD_UPSAMPLE_NEAREST, /* element i of n takes floor(i L / n) */
    TAD_UPSAMPLE_LINEAR,  /* between neighbours on each axis: bilinear of two */
    TAD_UPSAMPLE_CUBIC    /* of two axes: by cubics over four neighbours on each (Keys, a = -3/4) */
} tad_upsample_mode;

/* x (N, C, ...) brought to `size`, a number for all axes or one for each. align_corners (not of
 * nearest): first and last elements keep their places, else pixels are areas of equal size. */
TAD_API tad_var tad_upsample(tad_var x, tad_shape size, tad_upsample_mode mode, bool align_corners);

typedef enum tad_grid_mode {
    TAD_GRID_BILINEAR, /* between neighbours on each axis */
    TAD_GRID_NEAREST,  /* the nearest element; of two the one of even number */
    TAD_GRID_BICUBIC   /* by cubics over four neighbours on each axis (Keys, a = -3/4) */
} tad_grid_mode;
typedef enum tad_grid_padding { /* what lies beside an image */
                                TAD_GRID_ZEROS,
                                TAD_GRID_BORDER,    /* its last elements */
                                TAD_GRID_REFLECTION /* itself, mirrored at its ends */
} tad_grid_padding;

/* x (N, C, ...) of one to three axes at the places of a grid (N, ..., axes) of as many: (N, C, ...)
 * with the sizes of the grid. A place has a coordinate for each axis, that of the last axis first:
 * -1 and 1 are the ends of the image, with align_corners the centres of its first and last
 * elements, else their outer edges. Of grid and image there are derivatives of every order; those
 * by the grid jump between elements (of bicubic the second), and are 0 where the border is
 * repeated; where a coordinate is a NaN, so is the result. Float types must agree. Memory: weights
 * and places of 1, 2 or 4 elements for each coordinate. */
TAD_API tad_var tad_grid_sample(tad_var x, tad_var grid, tad_grid_mode mode,
                                tad_grid_padding padding, bool align_corners);
/* Of affine maps theta (N, axes, axes + 1) the grid with which tad_grid_sample makes images of
 * `size`, (N, C, ...): of each place of the result the map's, (N, ..., axes). */
TAD_API tad_var tad_affine_grid(tad_var theta, tad_shape size, bool align_corners);
/* (N, C f^2, H, W) -> (N, C, H f, W f) and back. */
TAD_API tad_var tad_pixel_shuffle(tad_var x, int64_t factor);
TAD_API tad_var tad_pixel_unshuffle(tad_var x, int64_t factor);

/* ---- special functions of several arguments, elementwise; operands broadcast ----
 *
 * Those of one argument are in elementwise.h. Relative errors of some 1e-15, and of as many ulps as
 * the logarithm of a very small or large result has; docs/math.md has formulas and sources. By the
 * parameters s, a and b there is no formula for derivatives: they are computed like the functions,
 * to order 4, beyond which they are refused as BAD_ARGUMENT; those of lbeta to every order. */

/* Hurwitz's zeta function, the sum over k = 0, 1, ... of (q + k)^-s; q = 1: Riemann's. inf at s = 1
 * and q = 0, NaN below. */
TAD_API tad_var tad_zeta(tad_var s, tad_var q);
/* The beta function gamma(a) gamma(b) / gamma(a + b), and the logarithm of its magnitude, whose
 * derivatives lose no digits where a and b differ much. */
TAD_API tad_var tad_beta(tad_var a, tad_var b);
TAD_API tad_var tad_lbeta(tad_var a, tad_var b);
/* The incomplete gamma functions, which are 0 and 1 at x = 0: the integral of t^(a-1) e^-t /
 * gamma(a) from 0 to x, and from x on, to full accuracy where either vanishes. NaN for a or x below
 * 0. */
TAD_API tad_var tad_gammainc(tad_var a, tad_var x);
TAD_API tad_var tad_gammaincc(tad_var a, tad_var x);
/* The incomplete beta function: the integral of t^(a-1) (1 - t)^(b-1) / beta(a, b) from 0 to x. NaN
 * for a or b below 0 and for x outside 0 .. 1. */
TAD_API tad_var tad_betainc(tad_var a, tad_var b, tad_var x);
/* Their inverses: the x for which they are p (q for gammaincc), to full accuracy in both tails. NaN
 * for parameters below 0 and for p outside 0 .. 1. By Newton's steps on the logarithm of the
 * smaller tail, about six evaluations of it. Derivatives by the parameters are those of the
 * incomplete functions over the density, of orders 1 to 4. */
TAD_API tad_var tad_gammaincinv(tad_var a, tad_var p);
TAD_API tad_var tad_gammainccinv(tad_var a, tad_var q);
TAD_API tad_var tad_betaincinv(tad_var a, tad_var b, tad_var p);
/* The smallest whole number that a count of Poisson's distribution is at most with probability p,
 * as a float; no gradient. NaN for rates below 0 and for p outside 0 .. 1. */
TAD_API tad_var tad_poisson_quantile(tad_var p, tad_var rate);

/* ---- logarithms of densities, elementwise; operands broadcast ----
 *
 * Outside of where a distribution has values the logarithm is -inf, and no gradient comes from
 * there; parameters that there is no distribution for give NaN. Every operand of a float type has
 * derivatives. */

TAD_API tad_var tad_normal_log_density(tad_var x, tad_var mean, tad_var deviation);
TAD_API tad_var tad_laplace_log_density(tad_var x, tad_var location, tad_var scale);
TAD_API tad_var tad_cauchy_log_density(tad_var x, tad_var location, tad_var scale);
TAD_API tad_var tad_student_log_density(tad_var x, tad_var degrees, tad_var location,
                                        tad_var scale);
TAD_API tad_var tad_exponential_log_density(tad_var x, tad_var rate);
TAD_API tad_var tad_gamma_log_density(tad_var x, tad_var concentration, tad_var rate);
TAD_API tad_var tad_beta_log_density(tad_var x, tad_var a, tad_var b);
TAD_API tad_var tad_uniform_log_density(tad_var x, tad_var low, tad_var high);
/* Counts of a float type; between whole numbers the formula with lgamma. */
TAD_API tad_var tad_poisson_log_density(tad_var count, tad_var rate);
/* x 0 or 1, of a float type; the logit of 1. */
TAD_API tad_var tad_bernoulli_log_density(tad_var x, tad_var logit);
/* Of vectors along the last axis, (...,n) -> (...). The factor is lower triangular L (...,n,n) with
 * the covariance L L^T, as tad_cholesky gives it; SINGULAR for a 0 on its diagonal. */
TAD_API tad_var tad_multivariate_normal_log_density(tad_var x, tad_var mean, tad_var factor);
/* Shares (...,n), which sum to 1: that is not looked at. */
TAD_API tad_var tad_dirichlet_log_density(tad_var shares, tad_var concentrations);
/* Labels (...), int64, of logits (...,n); BAD_INDEX for a label that is no class. */
TAD_API tad_var tad_categorical_log_density(tad_var label, tad_var logits);

/* ---- interpolation ----
 *
 * At the places x, of any shape, by values (n) at places (n), which ascend; n is 2 at least. A
 * place belongs to the interval that it begins. BAD_ARGUMENT where places do not ascend. All three
 * operands have derivatives. Outside the places the value at the nearer end stays, or, with
 * `extrapolate`, the first and last pieces go on. */

/* On straight lines. */
TAD_API tad_var tad_interp(tad_var x, tad_var places, tad_var values, bool extrapolate);
typedef enum tad_spline_ends {
    TAD_SPLINE_NOT_A_KNOT, /* the first two pieces are one cubic, and the last two; of 3 places all
                            */
    TAD_SPLINE_NATURAL     /* the second derivative is 0 at both ends */
} tad_spline_ends;
/* On the cubic spline, with continuous second derivatives, as scipy.interpolate.CubicSpline. n
 * operations for the coefficients. */
TAD_API tad_var tad_cubic_spline(tad_var x, tad_var places, tad_var values, tad_spline_ends ends,
                                 bool extrapolate);

/* ---- linear algebra, of the last two axes; leading axes are batches ----
 *
 * BAD_SHAPE for what is not square where it has to be. n^3 operations for each matrix, whose
 * threads share a batch. Right to rounding errors as LAPACK; a solution loses the digits that the
 * condition number has. */

/* y with a y = b: a (...,n,n), b (...,n,k), batches broadcast, or (n). SINGULAR for a pivot of 0.
 */
TAD_API tad_var tad_solve(tad_var a, tad_var b);
/* The same of a matrix m whose diagonals, lower + 1 + upper of them, are the rows of a, as SciPy's
 * solve_banded takes them: a[r,j] is m[r+j-upper,j], and what lies outside of m is not read. b as
 * solve's; transposed: m^T y = b. Elimination exchanges rows within the band, which costs
 * n (lower + 1) (lower + upper + 1) operations; gradients cost as much, and no m is made.
 * SINGULAR for a pivot of 0. */
TAD_API tad_var tad_solve_banded(tad_var a, tad_var b, int64_t lower, int64_t upper,
                                 bool transposed);
/* m b, or m^T b. */
TAD_API tad_var tad_banded_matmul(tad_var a, tad_var b, int64_t lower, int64_t upper,
                                  bool transposed);
typedef struct tad_solve_triangular_options {
    bool upper;         /* which triangle of a is read; the gradient is 0 outside */
    bool right;         /* y a = b in the place of a y = b */
    bool unitriangular; /* the diagonal, which is not read, is ones */
} tad_solve_triangular_options;
/* options NULL: lower, left. b is (...,n,k) or, right, (...,k,n). SINGULAR for a 0 on the
 * diagonal. */
TAD_API tad_var tad_solve_triangular(tad_var a, tad_var b,
                                     const tad_solve_triangular_options *options);
TAD_API tad_var tad_inv(tad_var x); /* SINGULAR for a pivot of 0 */
/* (...,n,n) -> (...). Derivatives of orders 1 and 2 are right where x is singular too. */
TAD_API tad_var tad_det(tad_var x);
/* The sign of the determinant, without derivative; *log_magnitude (may be NULL) receives the
 * logarithm of its magnitude. Of a singular matrix 0 and -inf; a derivative there is SINGULAR. */
TAD_API tad_var tad_slogdet(tad_var x, tad_var *log_magnitude);
/* Of (x + x^T) / 2, so that gradients are symmetric: lower triangular L with L L^T equal to it,
 * SINGULAR where it is not positive definite; eigenvalues (...,n), ascending; *vectors (may be
 * NULL) receives their vectors, columns whose element of the largest magnitude is positive. Of
 * equal eigenvalues the values have first derivatives, and the vectors have one together, for what
 * does not depend on their choice; other derivatives are SINGULAR. */
TAD_API tad_var tad_cholesky(tad_var x);
TAD_API tad_var tad_eigvalsh(tad_var x);
TAD_API tad_var tad_eigh(tad_var x, tad_var *vectors);
/* Q (...,m,k) with orthonormal columns, and *r (may be NULL) receives upper triangular R (...,k,n),
 * with Q R = x (...,m,n), k = min(m, n). Derivatives need the first k columns to be independent. */
TAD_API tad_var tad_qr(tad_var x, tad_var *r);
/* A permutation P, without derivative; *l and *u (may be NULL) receive lower triangular L with ones
 * on the diagonal and upper triangular U, with P L U = x (...,n,n). */
TAD_API tad_var tad_lu(tad_var x, tad_var *l, tad_var *u);
/* U (...,m,k); *w and *vt (may be NULL) receive singular values (...,k), largest first, and V^T
 * (...,k,n), with U diag(w) V^T = x (...,m,n), k = min(m, n). The derivatives of single vectors are
 * SINGULAR at equal values and infinite at 0, where x is not square; those of svdvals are right. */
TAD_API tad_var tad_svd(tad_var x, tad_var *w, tad_var *vt);
TAD_API tad_var tad_svdvals(tad_var x);
/* The pseudo-inverse (...,n,m): singular values up to rtol times the largest count as 0; a NaN:
 * max(m, n) epsilons. lstsq: pinv(a) b, the smallest y with the smallest sum of squares of a y - b;
 * a (...,m,n), b (...,m,k), batches broadcast, or (m). Derivatives where the rank does not change.
 */
TAD_API tad_var tad_pinv(tad_var x, double rtol);
TAD_API tad_var tad_lstsq(tad_var a, tad_var b, double rtol);
TAD_API tad_var tad_matrix_exp(tad_var x); /* 1 + x + x^2 / 2! + ... */
/* Of (x + x^T) / 2 the positive definite square root, and the symmetric logarithm, SINGULAR where
 * it is not positive definite. Derivatives of every order, at equal eigenvalues too. */
TAD_API tad_var tad_matrix_sqrt_pd(tad_var x);
TAD_API tad_var tad_matrix_log_pd(tad_var x);

/* ---- reductions, over tad_all(), tad_axis(1), TAD_AXES(0, 2), tad_keepdims(tad_axis(-1)) ----
 *
 * The axes are gone from the result, or stay with size 1. BAD_AXIS for an axis that x does not have
 * or that is named twice. Sums are in an order that follows from the sizes alone. */

TAD_API tad_var tad_sum(tad_var x, tad_axes over);
TAD_API tad_var tad_mean(tad_var x, tad_axes over); /* of nothing: NaN */
/* The largest, the smallest; equal ones share the gradient evenly. BAD_SHAPE of nothing. */
TAD_API tad_var tad_amax(tad_var x, tad_axes over);
TAD_API tad_var tad_amin(tad_var x, tad_axes over);
/* log(sum(e^x)) that does not overflow; of nothing: -inf. */
TAD_API tad_var tad_logsumexp(tad_var x, tad_axes over);

/* The same over one axis, but the gradient goes to the first of equal elements. *indices (may be
 * NULL) receives their places as int64. */
TAD_API tad_var tad_max(tad_var x, tad_axes over, tad_var *indices);
TAD_API tad_var tad_min(tad_var x, tad_axes over, tad_var *indices);
/* int64, without derivative; over one axis or all (then of x flattened); the first of equals, of a
 * NaN if there is one. */
TAD_API tad_var tad_argmax(tad_var x, tad_axes over);
TAD_API tad_var tad_argmin(tad_var x, tad_axes over);
/* The product, over one axis or all; 1 of nothing. Derivatives are right with zeros. */
TAD_API tad_var tad_prod(tad_var x, tad_axes over);
/* The mean of (x - mean)^2, but divided by the count less correction: 1 is usual, 0 the mean. NaN,
 * and so is the gradient, where that is 0 / 0, as of one element. The root of it, with gradient 0
 * where all are equal. The squares must be in the type's range, as those of tad_norm. */
TAD_API tad_var tad_var_over(tad_var x, tad_axes over, double correction);
TAD_API tad_var tad_std(tad_var x, tad_axes over, double correction);
/* (sum of |x|^p)^(1/p) for any p; 0 counts what is not 0, INFINITY and -INFINITY are the largest
 * and smallest |x|, whose equals share the gradient. Gradient 0 at 0. BAD_ARGUMENT for a NaN. The
 * powers are computed: where they leave the type's range (p = 2 in float64: for |x| above 1e154 or
 * below 1e-154) the norm is INFINITY or 0. Divide by a size of x first where it may be so. */
TAD_API tad_var tad_norm(tad_var x, double p, tad_axes over);
/* Undoes broadcasting: sums x down to `shape`, which broadcasts to x's, else BAD_SHAPE. */
TAD_API tad_var tad_sum_to(tad_var x, tad_shape shape);

/* ---- running along an axis; of x's shape ---- */

/* y[i] is the sum, the product, the log of the sum of e^x, the largest, the smallest of x[0] ...
 * x[i]. *indices (may be NULL) receives the places, the last of equals, as int64; the gradient goes
 * there. By name each may run from the last element: reverse. */
TAD_API tad_var tad_cumsum(tad_var x, int axis);
TAD_API tad_var tad_cumprod(tad_var x, int axis);
TAD_API tad_var tad_logcumsumexp(tad_var x, int axis);
TAD_API tad_var tad_cummax(tad_var x, int axis, tad_var *indices);
TAD_API tad_var tad_cummin(tad_var x, int axis, tad_var *indices);
/* x[i + 1] - x[i], n times: an axis shorter by n. */
TAD_API tad_var tad_diff(tad_var x, int64_t n, int axis);

/* ---- in order; a NaN is larger than all else, equals stay in their order ----
 *
 * *indices (may be NULL) receives the places in x along the axis as int64. x may be of any type,
 * but of median and quantile; of integers and bools there is no gradient. */

TAD_API tad_var tad_sort(tad_var x, int axis, bool descending, tad_var *indices);
TAD_API tad_var tad_argsort(tad_var x, int axis, bool descending);
/* The k largest or smallest in their order. BAD_ARGUMENT for more than there are. */
TAD_API tad_var tad_topk(tad_var x, int64_t k, int axis, bool largest, tad_var *indices);
/* The lower of two middle elements, over one axis or all; then *indices is nil. A NaN if there is
 * one. BAD_SHAPE of nothing. */
TAD_API tad_var tad_median(tad_var x, tad_axes over, tad_var *indices);

typedef enum tad_interpolation {
    TAD_LINEAR,
    TAD_LOWER,
    TAD_HIGHER,
    TAD_MIDPOINT,
    TAD_NEAREST
} tad_interpolation;

/* The element at q (n - 1) of n sorted ones, over one axis or all, where that is between two. A NaN
 * if there is one. BAD_ARGUMENT for q outside 0 .. 1, BAD_SHAPE of nothing. */
TAD_API tad_var tad_quantile(tad_var x, double q, tad_axes over, tad_interpolation between);

/* How many elements of a sorted vector are less than each value, or, right, not greater; int64.
 * BAD_DTYPE for two types. */
TAD_API tad_var tad_searchsorted(tad_var sorted, tad_var values, bool right);
/* How many elements lie in each of so many bins of one width from min to max; int64. Those outside,
 * and NaNs, do not count; max does, in the last bin. */
TAD_API tad_var tad_histogram(tad_var x, int64_t bins, double min, double max);
/* The different elements in their order; *inverse and *counts (may be NULL) receive, as int64,
 * which of these each element of x is, and how often each is there. A NaN differs from all. */
TAD_API tad_var tad_unique(tad_var x, tad_var *inverse, tad_var *counts);

/* ---- softmax along an axis: e^x / sum(e^x), and its logarithm; of x's shape ---- */

TAD_API tad_var tad_softmax(tad_var x, int axis);
TAD_API tad_var tad_log_softmax(tad_var x, int axis);
TAD_API tad_var tad_softmin(tad_var x, int axis); /* softmax of -x */

/* ---- normalisation along the last axes ---- */

/* x's shape ends with `normalized` (TAD_0D: with any last axis), the shape of gain and bias, which
 * may be tad_none(). eps is added to the variance (the mean square); 1e-5 is usual, 1e-6 for
 * rms_norm. */
TAD_API tad_var tad_layer_norm(tad_var x, tad_var gain, tad_var bias, tad_shape normalized,
                               double eps);
TAD_API tad_var tad_rms_norm(tad_var x, tad_var gain, tad_shape normalized, double eps);

/* ---- attention ---- */

typedef struct tad_attention_options {
    bool is_causal;        /* query l sees keys 0 .. l */
    tad_maybe_float scale; /* not given: 1 / sqrt(d) */
} tad_attention_options;

/* softmax(scale q k^T + mask) v: q (...,L,d), k (...,S,d), v (...,S,e) -> (...,L,e). Leading axes
 * broadcast, so queries in groups, (B,H,G,L,d), share keys (B,H,1,S,d). mask, which broadcasts to
 * the scores (...,L,S), or tad_none(): bool, true where a key is seen, or numbers that are added;
 * a query that sees no key gets 0. No (L,S) array is kept: scores are made block by block, and
 * again in a sweep; a recorded gradient, and one of the mask, do make them. Cost: L S (d + e)
 * multiplications for each batch, half of it where causal. */
TAD_API tad_var tad_scaled_dot_product_attention(tad_var q, tad_var k, tad_var v, tad_var mask,
                                                 const tad_attention_options *options);

typedef struct tad_rope_options {
    tad_maybe_float base; /* not given: 10000; BAD_ARGUMENT for one not above 0 */
    int64_t offset;       /* of the first place */
    bool interleaved;     /* pair i is numbers 2 i and 2 i + 1, not i and i + D / 2 */
    bool inverse;         /* turned back */
} tad_rope_options;

/* Rotary positions (Su and others, RoFormer): pair i of the D numbers at place l of x (...,L,D) is
 * turned by the angle (l + offset) base^(-2 i / D). BAD_SHAPE for an odd D. */
TAD_API tad_var tad_rope(tad_var x, const tad_rope_options *options);

/* ---- Fourier transforms ----
 *
 * Complex numbers are pairs, real and imaginary part: a last axis of size 2, which axes do not
 * count, so that -1 is the one before it. Any length, in time n log n. BAD_SHAPE for no pairs. */

/* scale times sum over k of x_k e^(-2 pi i j k / n) along an axis; inverse: e^(+...). */
TAD_API tad_var tad_dft(tad_var x, int axis, bool inverse, double scale);

/* What is multiplied by what: NumPy's words. */
typedef enum tad_fft_norm {
    TAD_FFT_BACKWARD, /* the inverse by 1 / n */
    TAD_FFT_ORTHO,    /* both by 1 / sqrt(n) */
    TAD_FFT_FORWARD   /* the transform by 1 / n */
} tad_fft_norm;

TAD_API tad_var tad_fft(tad_var x, int axis, tad_fft_norm norm);
TAD_API tad_var tad_ifft(tad_var x, int axis, tad_fft_norm norm);
/* Of real numbers (...,n,...) the first half, complex: (...,n / 2 + 1,...,2). */
TAD_API tad_var tad_rfft(tad_var x, int axis, tad_fft_norm norm);
/* Its inverse: n real numbers, 0: 2 (m - 1) of m complex ones. The imaginary parts of the first
 * number and, where n is even, of the last count for nothing. */
TAD_API tad_var tad_irfft(tad_var x, int64_t n, int axis, tad_fft_norm norm);
/* Along some axes, or tad_all(). */
TAD_API tad_var tad_fftn(tad_var x, tad_axes axes, tad_fft_norm norm);
TAD_API tad_var tad_ifftn(tad_var x, tad_axes axes, tad_fft_norm norm);

typedef enum tad_convolve_mode {
    TAD_CONVOLVE_FULL, /* all n + m - 1 numbers that a and b overlap for */
    TAD_CONVOLVE_SAME, /* of these the n in the middle, from (m - 1) / 2 on */
    TAD_CONVOLVE_VALID /* those that the longer one covers the shorter one for */
} tad_convolve_mode;

/* The sums of a_k b_(j-k), of a (...,n) and b (...,m), leading axes broadcast, as SciPy's
 * fftconvolve: by three transforms, so (n + m) log(n + m) operations, and with rounding errors of
 * the scale of the largest result. BAD_SHAPE for no numbers. */
TAD_API tad_var tad_fft_convolve(tad_var a, tad_var b, tad_convolve_mode mode);

/* ---- normalisation of channels: x (N,C,...) ---- */

/* Gain and bias are (C) or tad_none(); eps, 1e-5 usually, is added to the variance. Over groups of
 * C / groups channels of each sample, else BAD_SHAPE; instance_norm: over each channel of each. */
TAD_API tad_var tad_group_norm(tad_var x, tad_var gain, tad_var bias, int64_t groups, double eps);
TAD_API tad_var tad_instance_norm(tad_var x, tad_var gain, tad_var bias, double eps);

/* momentum 0: 0.1; eps 0: 1e-5. */
typedef struct tad_batch_norm_options {
    bool training;
    double momentum, eps;
    tad_var *next_mean, *next_variance; /* receive running statistics; may be NULL */
} tad_batch_norm_options;

/* Over each channel of all samples, in training by the batch's own mean and variance, which then
 * move the running ones, (C), by momentum: the next ones are results. Else by the running ones.
 * BAD_SHAPE for training with one number in a channel, BAD_ARGUMENT where running statistics are
 * needed and missing. */
TAD_API tad_var tad_batch_norm(tad_var x, tad_var running_mean, tad_var running_variance,
                               tad_var gain, tad_var bias, const tad_batch_norm_options *options);
/* x (k + alpha m)^-beta, m the mean square over `size` channels around each, 0 beyond the first and
 * the last; alpha 1e-4, beta 0.75, k 1 are usual. */
TAD_API tad_var tad_local_response_norm(tad_var x, int64_t size, double alpha, double beta,
                                        double k);

/* ---- gated units and recurrent cells ---- */

/* Of the halves a, b of an axis, whose size is even, else BAD_SHAPE. swiglu of two operands is
 * elementwise. */
TAD_API tad_var tad_glu(tad_var x, int axis);          /* a sigmoid(b) */
TAD_API tad_var tad_swiglu_split(tad_var x, int axis); /* silu(a) b */
TAD_API tad_var tad_geglu_split(tad_var x, int axis);  /* gelu(a) b */
TAD_API tad_var tad_reglu_split(tad_var x, int axis);  /* relu(a) b */

/* One step for rows x (B,n) with states h (B,m), or for one row x (n), h (m). The weights of G
 * gates, w_ih (G m,n) and w_hh (G m,m), lie below each other, and so do their biases, (G m) or
 * tad_none(). The result is the next state. */
/* tanh(x w_ih^T + b_ih + h w_hh^T + b_hh) */
TAD_API tad_var tad_rnn_tanh_cell(tad_var x, tad_var h, tad_var w_ih, tad_var w_hh, tad_var b_ih,
                                  tad_var b_hh);
/* (1 - z) n + z h: gates r, z through the sigmoid, n = tanh(x w_ih^T + b_ih + r (h w_hh^T + b_hh))
 */
TAD_API tad_var tad_gru_cell(tad_var x, tad_var h, tad_var w_ih, tad_var w_hh, tad_var b_ih,
                             tad_var b_hh);
/* o tanh(f c + i g): gates i, f, o through the sigmoid, g through tanh. *next_c (may be NULL)
 * receives the next c. */
TAD_API tad_var tad_lstm_cell(tad_var x, tad_var h, tad_var c, tad_var w_ih, tad_var w_hh,
                              tad_var b_ih, tad_var b_hh, tad_var *next_c);

/* The same cells along a sequence x (T,B,n), T at least 1, from states (B,m): all h, (T,B,m), and
 * the last states, where these are not NULL; reverse: from the last place to the first. Weights and
 * biases as above. */
TAD_API tad_var tad_rnn_tanh(tad_var x, tad_var h, tad_var w_ih, tad_var w_hh, tad_var b_ih,
                             tad_var b_hh, bool reverse, tad_var *last_h);
TAD_API tad_var tad_gru(tad_var x, tad_var h, tad_var w_ih, tad_var w_hh, tad_var b_ih,
                        tad_var b_hh, bool reverse, tad_var *last_h);
TAD_API tad_var tad_lstm(tad_var x, tad_var h, tad_var c, tad_var w_ih, tad_var w_hh, tad_var b_ih,
                         tad_var b_hh, bool reverse, tad_var *last_h, tad_var *last_c);

/* ---- losses: inputs, targets and weights have gradients, where they are of a float type ---- */

typedef enum tad_reduction {
    TAD_MEAN,
    TAD_SUM,
    TAD_EACH,     /* not reduced: by name "none" */
    TAD_BATCHMEAN /* of kl_div only: the sum over shape[0] */
} tad_reduction;

/* Input and target have one shape, else BAD_SHAPE, or either is 0-d; d is their difference. A mean
 * of nothing is NaN. */
TAD_API tad_var tad_mse(tad_var input, tad_var target, tad_reduction reduction); /* d^2 */
TAD_API tad_var tad_half_sse(tad_var input, tad_var target);                    /* 1/2 sum of d^2 */
TAD_API tad_var tad_l1(tad_var input, tad_var target, tad_reduction reduction); /* |d| */
/* d^2 / (2 beta) within beta, else |d| - beta / 2; beta 0: |d|. BAD_ARGUMENT below 0. */
TAD_API tad_var tad_smooth_l1(tad_var input, tad_var target, double beta, tad_reduction reduction);
/* d^2 / 2 within delta, else delta (|d| - delta / 2). BAD_ARGUMENT for delta not above 0. */
TAD_API tad_var tad_huber(tad_var input, tad_var target, double delta, tad_reduction reduction);
/* max(0, margin - target input), targets 1 and -1. */
TAD_API tad_var tad_hinge(tad_var input, tad_var target, double margin, tad_reduction reduction);
/* target (log target - log_probability); 0 log 0 is 0. log_target: the target is given as its
 * log. */
TAD_API tad_var tad_kl_div(tad_var log_probability, tad_var target, bool log_target,
                           tad_reduction reduction);
/* -(t log p + (1 - t) log(1 - p)), logarithms at least -100, of probabilities, or of logits through
 * the sigmoid; pos_weight multiplies the first term, weight all. Weights broadcast to the input's
 * shape, or are tad_none(). */
TAD_API tad_var tad_bce(tad_var probability, tad_var target, tad_var weight,
                        tad_reduction reduction);
TAD_API tad_var tad_bce_with_logits(tad_var logits, tad_var target, tad_var weight,
                                    tad_var pos_weight, tad_reduction reduction);

/* The cosine between vectors along an axis: x1 x2 / (max(|x1|, eps) max(|x2|, eps)); x1 and x2
 * broadcast together, the axis is gone. BAD_ARGUMENT for eps below 0; 1e-8 is usual. */
TAD_API tad_var tad_cosine_similarity(tad_var x1, tad_var x2, int axis, double eps);

/* Operands broadcast together. e^x - t x, or without log_input x - t log(x + eps); full: with
 * Stirling's t log t - t + log(2 pi t) / 2 for t > 1. eps: 1e-8. */
TAD_API tad_var tad_poisson_nll(tad_var input, tad_var target, bool log_input, bool full,
                                double eps, tad_reduction reduction);
/* (log v + (x - t)^2 / v) / 2, variances v at least eps; full: with log(2 pi) / 2. eps: 1e-6. */
TAD_API tad_var tad_gaussian_nll(tad_var input, tad_var target, tad_var variance, bool full,
                                 double eps, tad_reduction reduction);
/* log(1 + e^(-t x)); max(0, margin - t (x1 - x2)). */
TAD_API tad_var tad_soft_margin(tad_var input, tad_var target, tad_reduction reduction);
TAD_API tad_var tad_margin_ranking(tad_var x1, tad_var x2, tad_var target, double margin,
                                   tad_reduction reduction);
/* Of vectors along the last axis: max(0, margin + |anchor - positive| - |anchor - negative|), p the
 * norm; swap: from the nearer of anchor and positive. 1 - cosine where the target, one for each
 * vector, is 1, max(0, cosine - margin) where it is -1. */
TAD_API tad_var tad_triplet_margin(tad_var anchor, tad_var positive, tad_var negative,
                                   double margin, double p, bool swap, tad_reduction reduction);
TAD_API tad_var tad_cosine_embedding(tad_var x1, tad_var x2, tad_var target, double margin,
                                     tad_reduction reduction);
/* Rows (B,C), or one (C), with int64 labels (B) or (): the sum over other classes i of
 * max(0, margin - x_label + x_i)^p over C, p 1 or 2; weight (C) of labels, or tad_none(). */
TAD_API tad_var tad_multi_margin(tad_var input, tad_var label, tad_var weight, double margin,
                                 double p, tad_reduction reduction);

/* Of rows (B,C), or one (C), with several labels each: int64 of the input's shape, a row's up to
 * its first -1; the sum over labels k and other classes i of max(0, 1 - x_k + x_i), over C. About
 * B C^2 numbers of memory. */
TAD_API tad_var tad_multilabel_margin(tad_var input, tad_var labels, tad_reduction reduction);
/* The mean over C of bce_with_logits; weight (C) or tad_none(). */
TAD_API tad_var tad_multilabel_soft_margin(tad_var logits, tad_var target, tad_var weight,
                                           tad_reduction reduction);

/* All zero, or NULL: the mean, class 0 for blank. */
typedef struct tad_ctc_options {
    int64_t blank;
    tad_reduction reduction;
    bool zero_infinity; /* what is impossible costs nothing */
} tad_ctc_options;

/* Connectionist temporal classification: minus the log-probability of all ways to say int64
 * targets (B,S) in the T places of log_probs (T,B,C), each label once or more in a row, blanks
 * between where one likes, and where it follows itself. Lengths (B), int64, of inputs and targets;
 * tad_none(): all of T, all of S; what lies behind a target's length is not read. The mean divides
 * each loss by its number of labels first. A target that does not fit costs infinity, with
 * derivatives that are not finite either, or nothing by zero_infinity. BAD_INDEX for labels out of
 * range or blank, and for lengths out of range. log_probs are usually a log_softmax. About 2 S T
 * numbers of memory for each sample. */
TAD_API tad_var tad_ctc_loss(tad_var log_probs, tad_var targets, tad_var input_lengths,
                             tad_var target_lengths, const tad_ctc_options *options);

/* All zero, or NULL: the mean, without smoothing and weights. */
typedef struct tad_cross_entropy_options {
    tad_reduction reduction;
    double label_smoothing;
    tad_var weight; /* of the classes; left zero: none */
} tad_cross_entropy_options;

/* logits (C) or (B,C,...); target: int64 labels () or (B,...), or probabilities of logits' shape.
 * Labels that are -100 do not count. */
TAD_API tad_var tad_cross_entropy(tad_var logits, tad_var target,
                                  const tad_cross_entropy_options *options);
TAD_API tad_var tad_nll_loss(tad_var log_probability, tad_var target,
                             const tad_cross_entropy_options *options);
/* The same, but labels that are ignore_index do not count. */
TAD_API tad_var tad_cross_entropy_ignoring(tad_var logits, tad_var target, int64_t ignore_index,
                                           const tad_cross_entropy_options *options);
TAD_API tad_var tad_nll_loss_ignoring(tad_var log_probability, tad_var target, int64_t ignore_index,
                                      const tad_cross_entropy_options *options);

/* ---- shape: these show x's memory, but where said ---- */

/* Of as many elements; one size may be -1 and is computed. Copies where the strides do not allow
 * it. */
TAD_API tad_var tad_reshape(tad_var x, tad_shape shape);
/* Axes start_axis .. end_axis joined to one. */
TAD_API tad_var tad_flatten(tad_var x, int start_axis, int end_axis);
TAD_API tad_var tad_transpose(tad_var x, int axis0, int axis1); /* the two change places */
/* All axes of x in their new order, else BAD_AXIS; tad_all(): reversed. */
TAD_API tad_var tad_permute(tad_var x, tad_axes order);
/* x's shape broadcasts to it, else BAD_SHAPE. */
TAD_API tad_var tad_broadcast_to(tad_var x, tad_shape shape);
/* Without these axes, whose size is 1, else BAD_SHAPE; tad_all(): all that are of size 1. */
TAD_API tad_var tad_squeeze(tad_var x, tad_axes axes);
TAD_API tad_var tad_unsqueeze(tad_var x, int axis); /* a new axis of size 1, at this place */
/* Python's x[start:stop:step] along one axis: negative places count from the end, TAD_END is as far
 * as there is. A slice of several axes is a slice of a slice. BAD_ARGUMENT for step 0. */
#define TAD_END INT64_MAX
TAD_API tad_var tad_slice(tad_var x, int axis, int64_t start, int64_t stop, int64_t step);
/* x at one place of an axis, without that axis: a view; negative places count from the end.
 * BAD_ARGUMENT for one that is not there. tad_at: along the first axis, x[i], an element of a
 * vector, a row of a matrix. */
TAD_API tad_var tad_select(tad_var x, int axis, int64_t index);
TAD_API tad_var tad_at(tad_var x, int64_t i);
TAD_API tad_var tad_flip(tad_var x, tad_axes axes); /* reversed along these axes */
/* Copies: n variables that differ in the size of one axis only; n of one shape along a new axis. */
TAD_API tad_var tad_concat(const tad_var *x, size_t n, int axis);
TAD_API tad_var tad_stack(const tad_var *x, size_t n, int axis);
/* The parts of x along an axis, one for each size; the sizes add up to the axis, else BAD_SHAPE.
 * parts receives n variables, the first is returned. */
TAD_API tad_var tad_split_sizes(tad_var x, const int64_t *sizes, size_t n, int axis,
                                tad_var *parts);
/* The same of `chunks` parts of one size, the last one maybe smaller; there may be fewer than
 * chunks, and at most n_parts are given. TOO_LARGE for more than 64. */
TAD_API tad_var tad_chunk(tad_var x, int64_t chunks, int axis, tad_var *parts, size_t n_parts);
/* The diagonals of two axes become the last axis; offset counts columns to the right. */
TAD_API tad_var tad_diagonal(tad_var x, int64_t offset, int axis1, int axis2);
/* A copy of a vector as a diagonal of a matrix of zeros; the diagonal of a matrix. */
TAD_API tad_var tad_diag(tad_var x, int64_t diagonal);
TAD_API tad_var tad_trace(tad_var x); /* the sum of a matrix's diagonal */
/* Turned k times by a right angle, from the first of two axes towards the second; tad_all(): axes
 * 0 and 1. */
TAD_API tad_var tad_rot90(tad_var x, int64_t k, tad_axes axes);
/* n vectors as n grids of all their elements: grid k holds x[k] along axis k. xy: the first two
 * axes change places, as in NumPy. grids receives n variables, the first is returned. */
TAD_API tad_var tad_meshgrid(const tad_var *x, size_t n, bool xy, tad_var *grids);

/* ---- shape: copies ---- */

typedef enum tad_pad_mode {
    TAD_PAD_CONSTANT,
    TAD_PAD_REFLECT,   /* 3 2 | 1 2 3 | 2 1 */
    TAD_PAD_REPLICATE, /* 1 1 | 1 2 3 | 3 3 */
    TAD_PAD_CIRCULAR   /* 2 3 | 1 2 3 | 1 2 */
} tad_pad_mode;

/* width: before and after each axis, n = 2 rank numbers, or one for all; negative ones crop. value
 * is that of the constant mode. BAD_SHAPE where too much is cropped or there is nothing to repeat.
 */
TAD_API tad_var tad_pad(tad_var x, const int64_t *width, size_t n, tad_pad_mode mode, double value);
/* Moved by shifts[i] along axis i of the list, the end comes to the beginning; one shift or one
 * axis stands for all; tad_all(): of x flattened. */
TAD_API tad_var tad_roll(tad_var x, const int64_t *shifts, size_t n, tad_axes axes);
/* x, but 0 above, or below, a diagonal of the last two axes, whatever is there; of any type. */
TAD_API tad_var tad_tril(tad_var x, int64_t diagonal);
TAD_API tad_var tad_triu(tad_var x, int64_t diagonal);
/* As numpy.repeat: each element repeats[i] times, or one number for all; along one axis, or
 * tad_all(): of x flattened. */
TAD_API tad_var tad_repeat(tad_var x, const int64_t *repeats, size_t n, tad_axes axis);
/* As numpy.tile: the whole reps[i] times along the last n axes; leading ones are added. */
TAD_API tad_var tad_tile(tad_var x, const int64_t *reps, size_t n);
/* Copies, converted; between float types differentiable. To int64: towards 0, NaN to 0, within
 * bounds; to bool: whether it is not 0. */
TAD_API tad_var tad_cast(tad_var x, tad_dtype dtype);

/* ---- indexing and choice; indices are int64; BAD_INDEX outside, also below 0 ---- */

/* y[i][j] = x[index[i][j]][j] for axis 0, as torch.gather: of index's shape, which is within x's
 * but along the axis. */
TAD_API tad_var tad_gather(tad_var x, tad_var index, int axis);
/* x with src added at those places; index and src have one shape. Repeated places add up. */
TAD_API tad_var tad_scatter_add(tad_var x, tad_var index, tad_var src, int axis);
TAD_API tad_var tad_index_select(tad_var x, tad_var index, int axis); /* index (n): n slices of x */
/* As numpy.take_along_axis, where x and index broadcast; one axis, or tad_all(): of x flattened. */
TAD_API tad_var tad_take_along_axis(tad_var x, tad_var index, tad_axes axis);
/* Slices of x by indices of any shape, which take the place of the axis, or elements of x
 * flattened: tad_all(). Here, and in index_put and index_add, indices from -n count from the end.
 */
TAD_API tad_var tad_take(tad_var x, tad_var index, tad_axes axis);
/* x with src at the places where gather would find it; index and src have one shape. Of several for
 * one place the last in row-major order remains, and it alone has a gradient. */
TAD_API tad_var tad_scatter(tad_var x, tad_var index, tad_var src, int axis);

typedef enum tad_scatter_reduction {
    TAD_SCATTER_SUM,
    TAD_SCATTER_MEAN,
    TAD_SCATTER_AMAX, /* equal ones share the gradient */
    TAD_SCATTER_AMIN,
    TAD_SCATTER_PROD /* gradients are right with zeros */
} tad_scatter_reduction;

/* The same, but all for one place, and what x has there if it is to be included, are summed,
 * averaged, multiplied, or the extreme one remains. Places that no index names keep x. */
TAD_API tad_var tad_scatter_reduce(tad_var x, tad_var index, tad_var src, int axis,
                                   tad_scatter_reduction reduction, bool include_self);
/* x with slices of src in the place of those that index (n) names, the last of several; added to
 * them. */
TAD_API tad_var tad_index_put(tad_var x, tad_var index, tad_var src, int axis);
TAD_API tad_var tad_index_add(tad_var x, tad_var index, tad_var src, int axis);
/* The elements of x, of any type, where the mask, a bool that broadcasts to x, is true, as a
 * vector. A program is for as many as there were. */
TAD_API tad_var tad_masked_select(tad_var x, tad_var mask);
/* int64 (n,rank): the coordinates of the n elements that are not 0, in row-major order. */
TAD_API tad_var tad_nonzero(tad_var x);
/* Rows of weight (n,d): index (...) -> (...,d). */
TAD_API tad_var tad_embedding(tad_var indices, tad_var weight);
/* The same, but the row padding_idx counts as constant: no gradient, no tangent. */
TAD_API tad_var tad_embedding_padded(tad_var indices, tad_var weight, int64_t padding_idx);
/* x, but value where mask, a bool that broadcasts to x, is true. */
TAD_API tad_var tad_masked_fill(tad_var x, tad_var mask, double value);
/* a where condition, a bool, is true, else b; the three broadcast together. What is not chosen has
 * no influence, be it a NaN. */
TAD_API tad_var tad_where(tad_var condition, tad_var a, tad_var b);
/* int64 rows with a 1 at the index: (...) -> (..., num_classes); -1: the largest index + 1. */
TAD_API tad_var tad_one_hot(tad_var indices, int64_t num_classes);
/* bool, of two operands of one type, without derivative; a NaN is not_equal to all, else false. */
TAD_API tad_var tad_greater(tad_var a, tad_var b);
TAD_API tad_var tad_greater_equal(tad_var a, tad_var b);
TAD_API tad_var tad_less(tad_var a, tad_var b);
TAD_API tad_var tad_less_equal(tad_var a, tad_var b);
TAD_API tad_var tad_equal(tad_var a, tad_var b);
TAD_API tad_var tad_not_equal(tad_var a, tad_var b);
TAD_API tad_var tad_logical_and(tad_var a, tad_var b); /* of bools */
TAD_API tad_var tad_logical_or(tad_var a, tad_var b);
TAD_API tad_var tad_logical_xor(tad_var a, tad_var b);
TAD_API tad_var tad_logical_not(tad_var x);

/* ---- sparse matrices, and segments ----
 *
 * A structure is int64 variables, which have no derivative; values are a variable as any other, so
 * gradients with respect to them are one number for each entry, whatever the order. An entry may be
 * 0, and entries for one place add up. BAD_INDEX, with the place, for a structure that cannot be:
 * it is checked whenever it is read. One multiplication for each entry (and column of a dense
 * matrix), and one pass over what is dense. */

/* Compressed rows (m,n): entries row_starts[i] .. row_starts[i + 1] - 1 are those of row i, in any
 * order. row_starts (m + 1) begins with 0 and ends with the number of entries; columns (entries)
 * are within 0 .. n - 1; values (entries) are of a float type. */
typedef struct tad_csr {
    tad_var values, row_starts, columns;
    int64_t n_columns; /* n */
} tad_csr;

/* Entries one by one, in any order: entry e is at (rows[e], columns[e]) of (n_rows,n_columns). */
typedef struct tad_coo {
    tad_var values, rows, columns;
    int64_t n_rows, n_columns;
} tad_coo;

/* a x: x (n) -> (m), or (n,k) -> (m,k). a^T x: x (m) -> (n), or (m,k) -> (n,k). */
TAD_API tad_var tad_csr_matmul(tad_csr a, tad_var x);
TAD_API tad_var tad_csr_matmul_transposed(tad_csr a, tad_var x);
/* Of the product x z^T, x (m,k), z (n,k), or of vectors (m), (n), the elements that the pattern has
 * entries for: (entries). Also known as SDDMM. Values of a pattern, here and below, are not read:
 * they may be left out. */
TAD_API tad_var tad_csr_sample_matmul(tad_csr pattern, tad_var x, tad_var z);
TAD_API tad_var tad_csr_sample(tad_csr pattern, tad_var x); /* the same of x (m,n) */
TAD_API tad_var tad_csr_rows(tad_csr pattern);              /* int64 (entries): the row of each */
TAD_API tad_var tad_csr_to_dense(tad_csr a);                /* (m,n) */
TAD_API tad_var tad_csr_sum(tad_csr a, tad_axes over);
/* Brought into rows, columns ascending, what is at one place added up: of any order, so make it
 * once, before the mark to which the steps rewind. The other way shares the variables. Of a
 * failure all variables are nil. */
TAD_API tad_csr tad_coo_to_csr(tad_coo a);
TAD_API tad_coo tad_csr_to_coo(tad_csr a);
TAD_API tad_csr tad_csr_transpose(tad_csr a);
/* a + b, with an entry where either has one; BAD_SHAPE for other sizes. */
TAD_API tad_csr tad_csr_add(tad_csr a, tad_csr b);

/* Slices of x (E,...) put together: segment ids[e] of `count`, in any order, gets x[e]. ids is
 * int64 (E), within 0 .. count - 1; the result is (count,...). Of an empty segment the sum and the
 * mean are 0, the extremes -inf and inf. Equal extremes share the gradient. */
TAD_API tad_var tad_segment_sum(tad_var x, tad_var ids, int64_t count);
TAD_API tad_var tad_segment_mean(tad_var x, tad_var ids, int64_t count);
TAD_API tad_var tad_segment_max(tad_var x, tad_var ids, int64_t count);
TAD_API tad_var tad_segment_min(tad_var x, tad_var ids, int64_t count);
/* e^x over its sum in the segment; of x's shape. */
TAD_API tad_var tad_segment_softmax(tad_var x, tad_var ids, int64_t count);

typedef enum tad_bag_mode { TAD_BAG_SUM, TAD_BAG_MEAN, TAD_BAG_MAX } tad_bag_mode;

/* Rows of weight (n,d) by indices (N), put together bag by bag: bag i has indices starts[i] ..
 * starts[i + 1] - 1; starts (B + 1) begins with 0 and ends with N, as PyTorch's offsets do with
 * include_last_offset. -> (B,d). Or starts tad_none(), and each row of indices (B,L) is a bag.
 * Empty bags give 0. weights, of indices' shape, multiply the rows of a sum; or tad_none(). Equal
 * largest ones share the gradient. BAD_ARGUMENT for weights of another mode. */
TAD_API tad_var tad_embedding_bag(tad_var indices, tad_var weight, tad_var starts, tad_var weights,
                                  tad_bag_mode mode);
/* The same, but indices of the row padding_idx, which may count from the end, are as if they were
 * not there, as PyTorch's: no part of the sum, of the number that a mean divides by, or of the
 * gradient. Takes (N,d) of memory for the rows. BAD_INDEX for a row that is not there. */
TAD_API tad_var tad_embedding_bag_padded(tad_var indices, tad_var weight, tad_var starts,
                                         tad_var weights, tad_bag_mode mode, int64_t padding_idx);

/* ---- random ---- */

/* Zeroes elements with probability p, by the tape's random numbers, and scales the others by
 * 1 / (1 - p); p = 1 gives zeros. BAD_ARGUMENT for p outside 0 .. 1. */
TAD_API tad_var tad_dropout(tad_var x, double p);
/* The same with a given bool mask of x's shape: true is kept. */
TAD_API tad_var tad_dropout_mask(tad_var x, tad_var keep, double p);
/* tad_dropout of whole channels, of x (N,C,...): one draw for each of each sample. BAD_SHAPE for
 * fewer than two axes. */
TAD_API tad_var tad_dropout_channels(tad_var x, double p);
/* softmax((logits + g) / tau) along an axis, g Gumbel's noise from the tape's random numbers: close
 * to a class drawn by softmax(logits), the closer the smaller tau. hard: the value is that of the
 * class, one-hot up to rounding, the derivatives stay those of the soft one, as PyTorch does.
 * By name (tad_call) numbers of 0 .. 1, of the logits' shape, may be given as a second operand.
 * BAD_ARGUMENT for tau not above 0, BAD_SHAPE for hard of no classes. */
TAD_API tad_var tad_gumbel_softmax(tad_var logits, double tau, bool hard, int axis);

/* Samples by the tape's random numbers, of the shape that the parameters broadcast to and their
 * element type; tad_broadcast_to makes more of them. Each is a formula of drawn numbers and the
 * parameters, so its derivatives say how the sample moves with them (reparameterisation): those of
 * gamma's and beta's numbers are of orders 1 to 4, all others of any. Every element takes a fixed
 * count of draws, given in brackets. Parameters out of their range give NaN; BAD_SHAPE where they
 * do not broadcast, and no numbers are drawn then. Called by name (tad_call) they take the normal
 * numbers z or the numbers u of 0 .. 1 as further operands, of the drawn shape, where these are to
 * be given. */

/* mean + deviation z (2) */
TAD_API tad_var tad_normal_sample(tad_var mean, tad_var deviation);
/* Vectors (...,n): mean + factor z (2 n for each), of covariance factor factor^T; of the factor
 * (...,n,n) the lower triangle is read. */
TAD_API tad_var tad_multivariate_normal_sample(tad_var mean, tad_var factor);
/* gammaincinv(concentration, u) / rate (1); of a concentration below 0.01 it may vanish. */
TAD_API tad_var tad_gamma_sample(tad_var concentration, tad_var rate);
/* betaincinv(a, b, u) (1) */
TAD_API tad_var tad_beta_sample(tad_var a, tad_var b);
/* location + scale z / sqrt(g), g a gamma number of mean 1 (3); degrees above 0, finite. */
TAD_API tad_var tad_student_sample(tad_var degrees, tad_var location, tad_var scale);
/* Shares along the last axis, which sum to 1 (2 for each share). */
TAD_API tad_var tad_dirichlet_sample(tad_var concentrations);
/* A count, as a float: poisson_quantile(u, rate) (1). No gradient. */
TAD_API tad_var tad_poisson_sample(tad_var rate);
/* A class, int64, by softmax(logits) along the last axis (1 for each logit). No gradient;
 * tad_gumbel_softmax has one. */
TAD_API tad_var tad_categorical_sample(tad_var logits);

#ifdef __cplusplus
}
#endif
#endif
