/* Samples of distributions, by the tape's random numbers: each is a formula of uniform or normal
 * numbers and the parameters, so its derivatives by the parameters are those of the formula, with
 * the drawn numbers held (reparameterisation). The numbers may be given instead, as operands behind
 * the parameters. Every element takes the same count of draws, so that a program that draws anew,
 * and a run that is resumed, have the tape's. Composed of ops. Rests on operands.h. */
#include <math.h>
#include <stddef.h>

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { NORMAL, VECTORS, GAMMA, BETA, STUDENT, DIRICHLET, POISSON, CATEGORICAL, DISTRIBUTIONS };

/* How many parameters there are, and how many last axes each of them has for one sample, of which
 * the first stands for the sample's last: 0, a number. Behind them come the drawn numbers. */
typedef struct kind {
    size_t parameters;
    int axes[3];
} kind;

static const kind kinds[DISTRIBUTIONS] = {
    [NORMAL] = {2, {0, 0}}, [VECTORS] = {2, {1, 2}},  [GAMMA] = {2, {0, 0}},
    [BETA] = {2, {0, 0}},   [STUDENT] = {3, {0}},     [DIRICHLET] = {1, {1}},
    [POISSON] = {1, {0}},   [CATEGORICAL] = {1, {1}},
};

/* ---- shape ---- */

/* One for each element of what the parameters broadcast to. */
static tad_status drawn_shape(const tad_call_frame *c, const kind *k, tad_shape *shape) {
    *shape = TAD_0D;
    for (size_t i = 0; i < k->parameters; i++) {
        tad_shape s = tad__shape_of(c->in[i]);
        bool fits = s.rank >= k->axes[i];
        s.rank -= fits && k->axes[i] ? k->axes[i] - 1 : 0;
        if (!fits || !tad__shape_broadcast(shape, &s, shape))
            return tad_fail(c, TAD_BAD_SHAPE, "the parameters do not broadcast together");
    }
    return TAD_OK;
}

static tad_status distribution_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const size_t which = (size_t)(c->op - tad__ops_distributions);
    const kind *k = &kinds[which];
    tad_shape shape;
    if (tad__need_one_float(c)) return TAD_BAD_DTYPE;
    for (size_t i = 1; i < c->n_in; i++)
        if (c->in[i] && c->in[i]->dtype != c->in[0]->dtype)
            return tad_fail(c, TAD_BAD_DTYPE, "one float type is needed");
    tad_status s = drawn_shape(c, k, &shape);
    if (s != TAD_OK) return s;
    const tad_array *factor = which == VECTORS ? c->in[1] : NULL;
    if (factor && factor->dim[factor->rank - 1] != factor->dim[factor->rank - 2])
        return tad_fail(c, TAD_BAD_SHAPE, "the factor is not square");
    for (size_t i = k->parameters; i < c->n_in; i++) {
        if (!c->in[i]) continue;
        const tad_shape given = tad__shape_of(c->in[i]);
        if (!tad__shape_equal(&given, &shape))
            return tad_fail(c, TAD_BAD_SHAPE, "the numbers given have another shape");
    }
    *out = (tad_type){(tad_dtype)c->in[0]->dtype, shape};
    if (which != CATEGORICAL) return TAD_OK;
    if (shape.dim[shape.rank - 1] == 0) return tad_fail(c, TAD_BAD_SHAPE, "of no classes");
    out->dtype = TAD_I64;
    out->shape.rank--;
    return TAD_OK;
}

/* ---- what is drawn ---- */

/* Of the shape that the parameters broadcast to; the shape rule has seen that they do. */
static tad_shape shape_of_draws(const tad_rule *r) {
    const kind *k = &kinds[r->op - tad__ops_distributions];
    tad_shape shape = TAD_0D;
    for (size_t i = 0; i < k->parameters; i++) {
        tad_shape s = tad_shape_of(r->in[i]);
        s.rank -= k->axes[i] ? k->axes[i] - 1 : 0;
        (void)tad__shape_broadcast(&shape, &s, &shape);
    }
    return shape;
}

static size_t operand_of(const tad_rule *r, size_t draw) {
    return kinds[r->op - tad__ops_distributions].parameters + draw;
}

static tad_var normal(const tad_rule *r, size_t draw) {
    const size_t i = operand_of(r, draw);
    if (tad__has_operand(r, i)) return r->in[i];
    return tad_randn(r->tape, tad_dtype_of(r->in[0]), shape_of_draws(r));
}

/* None that is drawn is 0, where a quantile has no derivative. */
static tad_var uniform(const tad_rule *r, size_t draw) {
    const size_t i = operand_of(r, draw);
    if (tad__has_operand(r, i)) return r->in[i];
    return tad_clamp(tad_rand(r->tape, tad_dtype_of(r->in[0]), shape_of_draws(r)), 0x1p-54, 1);
}

static tad_var half(tad_var x) { return tad_mul(x, tad_number(0.5)); }

/* ---- the distributions ---- */

static tad_var normal_of(const tad_rule *r) { return tad_fma(r->in[1], normal(r, 0), r->in[0]); }

static tad_var vectors_of(const tad_rule *r) {
    tad_var column = tad_unsqueeze(normal(r, 0), -1);
    tad_var moved = tad_squeeze(tad_matmul(tad_tril(r->in[1], 0), column), tad_axis(-1));
    return tad_add(r->in[0], moved);
}

static tad_var gamma_of(const tad_rule *r) {
    return tad_div(tad_gammaincinv(r->in[0], uniform(r, 0)), r->in[1]);
}

static tad_var beta_of(const tad_rule *r) {
    return tad_betaincinv(r->in[0], r->in[1], uniform(r, 0));
}

/* A normal number over the root of a mean square of n others, which is a gamma number. */
static tad_var student_of(const tad_rule *r) {
    tad_var z = normal(r, 0), n = half(r->in[0]);
    tad_var square = tad_div(tad_gammaincinv(n, uniform(r, 1)), n);
    return tad_fma(r->in[2], tad_mul(z, tad_rsqrt(square)), r->in[1]);
}

/* Shares of gamma numbers G(a). Their logarithms are those of G(a + 1) U^(1/a), of the same
 * distribution, and do not vanish for small a. */
static tad_var dirichlet_of(const tad_rule *r) {
    tad_var a = tad_where(tad_less(r->in[0], tad_number(0)), tad_number(NAN), r->in[0]);
    tad_var larger = tad_gammaincinv(tad_add(a, tad_number(1)), uniform(r, 0));
    tad_var shift = tad_div(tad_log(uniform(r, 1)), a);
    return tad_softmax(tad_add(tad_log(larger), shift), -1);
}

static tad_var poisson_of(const tad_rule *r) {
    return tad_poisson_quantile(uniform(r, 0), r->in[0]);
}

/* The largest of the logits with Gumbel's noise. */
static tad_var categorical_of(const tad_rule *r) {
    tad_var noise = tad_neg(tad_log(tad_neg(tad_log(uniform(r, 0)))));
    return tad_argmax(tad_add(r->in[0], noise), tad_axis(-1));
}

/* Where there is no sample, no random numbers are used up. */
static void distribution_compose(tad_rule *r) {
    static tad_var (*const of[DISTRIBUTIONS])(const tad_rule *) = {
        [NORMAL] = normal_of,   [VECTORS] = vectors_of,         [GAMMA] = gamma_of,
        [BETA] = beta_of,       [STUDENT] = student_of,         [DIRICHLET] = dirichlet_of,
        [POISSON] = poisson_of, [CATEGORICAL] = categorical_of,
    };
    const tad_random before = tad_tape_random(r->tape);
    r->result[0] = of[r->op - tad__ops_distributions](r);
    if (tad_is_nil(r->result[0])) tad_tape_set_random(r->tape, before);
}

/* ---- samples, misuse: with numbers given, for what is drawn differs from call to call ---- */

#define PART(...) WITHIN(0.1, 0.9, __VA_ARGS__)

static const tad_sample normal_samples[] = {
    {CASE("vectors", F64(4), F64(4), F64(4))},
    {CASE("broadcast", F64(3, 1), F64(2), F64(3, 2))},
    {CASE("0-d mean", F64_0D, F64(5), F64(5))},
    {CASE("0-d", F64_0D, F64_0D, F64_0D)},
    {CASE("nothing", F64(0, 2), F64(2), F64(0, 2))},
};
static const tad_misuse normal_misuse[] = {
    {CASE("shapes", F64(3), F64(2), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("numbers", F64(3), F64(3), F64(2)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3), F64(3), F64(3)), .expect = TAD_BAD_DTYPE},
    {CASE("types", F64(3), F64(3), F32(3)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample vectors_samples[] = {
    {CASE("one", F64(3), F64(3, 3), F64(3))},
    {CASE("two of one factor", F64(2, 3), F64(3, 3), F64(2, 3))},
    {CASE("one mean", F64(2), F64(4, 2, 2), F64(4, 2))},
    {CASE("of one number", F64(3, 1), F64(1, 1), F64(3, 1))},
    {CASE("none", F64(0, 2), F64(2, 2), F64(0, 2))},
};
static const tad_misuse vectors_misuse[] = {
    {CASE("a vector as factor", F64(3), F64(3), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("sizes", F64(3), F64(2, 2), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("not square", F64(3), F64(3, 2), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3), F64(3, 3), F64(3)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample gamma_samples[] = {
    {CASE("vectors", WITHIN(0.5, 4, 3), WITHIN(0.5, 2, 3), PART(3))},
    {CASE("broadcast", WITHIN(0.5, 4, 2, 1), WITHIN(0.5, 2, 3), PART(2, 3))},
    {CASE("0-d rate", WITHIN(1, 9, 4), WITHIN_0D(0.5, 2), PART(4))},
    {CASE("0-d", WITHIN_0D(1, 2), WITHIN_0D(0.5, 2), WITHIN_0D(0.1, 0.9))},
    {CASE("nothing", WITHIN(0.5, 4, 0), WITHIN(0.5, 2, 1), PART(0))},
};
static const tad_sample beta_samples[] = {
    {CASE("vectors", WITHIN(0.5, 4, 3), WITHIN(0.5, 4, 3), PART(3))},
    {CASE("broadcast", WITHIN(1, 3, 2, 1), WITHIN(1, 3, 2), PART(2, 2))},
    {CASE("0-d b", WITHIN(1, 3, 4), WITHIN_0D(1, 3), PART(4))},
    {CASE("0-d", WITHIN_0D(1, 2), WITHIN_0D(1, 2), WITHIN_0D(0.1, 0.9))},
    {CASE("nothing", WITHIN(1, 3, 0), WITHIN(1, 3, 1), PART(0))},
};
static const tad_misuse of_two_misuse[] = {
    {CASE("shapes", F64(3), F64(2), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("numbers", F64(3), F64(3), F64_0D), .expect = TAD_BAD_SHAPE},
    {CASE("integers", F64(3), INDICES(3, 3), F64(3)), .expect = TAD_BAD_DTYPE},
    {CASE("types", F64(3), F32(3), F64(3)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample student_samples[] = {
    {CASE("vectors", WITHIN(2, 9, 3), F64(3), F64(3), F64(3), PART(3))},
    {CASE("broadcast", WITHIN(2, 9, 2, 1), F64(2), F64_0D, F64(2, 2), PART(2, 2))},
    {CASE("0-d degrees", WITHIN_0D(3, 5), F64(4), F64(4), F64(4), PART(4))},
    {CASE("0-d", WITHIN_0D(3, 5), F64_0D, F64_0D, F64_0D, WITHIN_0D(0.1, 0.9))},
    {CASE("nothing", WITHIN(2, 9, 0), F64(1), F64(1), F64(0), PART(0))},
};
static const tad_misuse student_misuse[] = {
    {CASE("shapes", F64(3), F64(2), F64_0D, F64(3), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("numbers", F64(3), F64(3), F64(3), F64(3), F64(1, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", F64(3), F64(3), INDICES(3, 3), F64(3), F64(3)), .expect = TAD_BAD_DTYPE},
    {CASE("types", F64(3), F64(3), F64(3), F64(3), F32(3)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample dirichlet_samples[] = {
    {CASE("vector", WITHIN(0.5, 4, 3), PART(3), PART(3))},
    {CASE("matrix", WITHIN(0.5, 4, 2, 4), PART(2, 4), PART(2, 4))},
    {CASE("of two", WITHIN(0.5, 1, 3, 2), PART(3, 2), PART(3, 2))},
    {CASE("of one", WITHIN(0.5, 1, 2, 1), PART(2, 1), PART(2, 1))},
    {CASE("none", WITHIN(0.5, 1, 0, 3), PART(0, 3), PART(0, 3))},
};
static const tad_misuse dirichlet_misuse[] = {
    {CASE("0-d", F64_0D, F64_0D, F64_0D), .expect = TAD_BAD_SHAPE},
    {CASE("numbers", F64(3), F64(3), F64(2)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3), F64(3), F64(3)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample poisson_samples[] = {
    {CASE("vector", WITHIN(0.5, 9, 5), PART(5))},
    {CASE("matrix", WITHIN(20, 90, 2, 3), PART(2, 3))},
    {CASE("of one", WITHIN(0.5, 9, 1), PART(1))},
    {CASE("0-d", WITHIN_0D(1, 5), WITHIN_0D(0.1, 0.9))},
    {CASE("nothing", WITHIN(0.5, 9, 0), PART(0))},
};
static const tad_sample categorical_samples[] = {
    {CASE("vector", F64(4), PART(4))},
    {CASE("matrix", F64(3, 5), PART(3, 5))},
    {CASE("of two", F64(2, 3, 2), PART(2, 3, 2))},
    {CASE("of one", F64(2, 1), PART(2, 1))},
    {CASE("none", F64(0, 3), PART(0, 3))},
};
static const tad_misuse of_one_misuse[] = {
    {CASE("numbers", F64(3), F64(2)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 3), F64(3)), .expect = TAD_BAD_DTYPE},
    {CASE("types", F64(3), F32(3)), .expect = TAD_BAD_DTYPE},
};

/* ---- the ops ---- */

#define DISTRIBUTION(least, most)                                                                  \
    FAMILY("random", least, most), .shape = distribution_shape, .compose = distribution_compose

const tad_op tad__ops_distributions[] = {
    [NORMAL] = {.name = "normal_sample",
                .doc = "normal numbers a + b z: mean a, deviation b; z: normal numbers, else drawn",
                DISTRIBUTION(2, 3),
                CASES(normal)},
    [VECTORS] = {.name = "multivariate_normal_sample",
                 .doc = "normal vectors a + b z: mean a (...,n), covariance b b^T, b lower "
                        "triangular; z: normal numbers, else drawn",
                 DISTRIBUTION(2, 3),
                 CASES(vectors)},
    [GAMMA] = {.name = "gamma_sample",
               .doc = "gammaincinv(a, u) / b: concentration a, rate b; u: numbers in 0 .. 1, else "
                      "drawn",
               DISTRIBUTION(2, 3),
               SAMPLES(gamma_samples),
               MISUSE(of_two_misuse)},
    [BETA] = {.name = "beta_sample",
              .doc = "betaincinv(a, b, u): concentrations a, b; u: numbers in 0 .. 1, else drawn",
              DISTRIBUTION(2, 3),
              SAMPLES(beta_samples),
              MISUSE(of_two_misuse)},
    [STUDENT] = {.name = "student_sample",
                 .doc = "b + c z / sqrt(g), g a gamma number of mean 1: degrees a, location b, "
                        "scale c; normal numbers z and numbers in 0 .. 1 for g, else drawn",
                 DISTRIBUTION(3, 5),
                 CASES(student)},
    [DIRICHLET] = {.name = "dirichlet_sample",
                   .doc = "shares along the last axis, which sum to 1: concentrations a; twice "
                          "numbers in 0 .. 1 of its shape, else drawn",
                   DISTRIBUTION(1, 3),
                   CASES(dirichlet)},
    [POISSON] = {.name = "poisson_sample",
                 .doc = "counts poisson_quantile(u, a): rate a; u: numbers in 0 .. 1, else drawn; "
                        "no gradient or 0",
                 DISTRIBUTION(1, 2),
                 .flags = TAD_OP_FLAT,
                 SAMPLES(poisson_samples),
                 MISUSE(of_one_misuse)},
    [CATEGORICAL] = {.name = "categorical_sample",
                     .doc = "int64 classes by softmax(a) along the last axis; numbers in 0 .. 1 of "
                            "a's shape, else drawn; no gradient or 0",
                     DISTRIBUTION(1, 2),
                     .flags = TAD_OP_FLAT,
                     SAMPLES(categorical_samples),
                     MISUSE(of_one_misuse)},
};
const size_t tad__ops_distributions_count = LENGTH(tad__ops_distributions);

static tad_var drawn(int which, const tad_var *parameters) {
    return tad_apply(&tad__ops_distributions[which], parameters, kinds[which].parameters, NULL,
                     NULL, 0);
}

tad_var tad_normal_sample(tad_var mean, tad_var deviation) {
    return drawn(NORMAL, (tad_var[]){mean, deviation});
}

tad_var tad_multivariate_normal_sample(tad_var mean, tad_var factor) {
    return drawn(VECTORS, (tad_var[]){mean, factor});
}

tad_var tad_gamma_sample(tad_var concentration, tad_var rate) {
    return drawn(GAMMA, (tad_var[]){concentration, rate});
}

tad_var tad_beta_sample(tad_var a, tad_var b) { return drawn(BETA, (tad_var[]){a, b}); }

tad_var tad_student_sample(tad_var degrees, tad_var location, tad_var scale) {
    return drawn(STUDENT, (tad_var[]){degrees, location, scale});
}

tad_var tad_dirichlet_sample(tad_var concentrations) { return drawn(DIRICHLET, &concentrations); }

tad_var tad_poisson_sample(tad_var rate) { return drawn(POISSON, &rate); }

tad_var tad_categorical_sample(tad_var logits) { return drawn(CATEGORICAL, &logits); }
