// The works of bench_second with CoDiPack: nested types for second derivatives, vector modes for
// Jacobians. Tuned as in scalar_codi.cpp.
#define CODI_ForcedInlines       1
#define CODI_CheckJacobianIsZero 0
#define CODI_CheckTapeActivity   0
#include <codi.hpp>

#include <vector>

#include "second_work.h"

enum { WIDTH = 8 }; // seeds side by side
using Forward = codi::RealForward;
using Nested = codi::RealReverseGen<Forward>;
using Columns = codi::RealForwardVec<WIDTH>;
using Rows = codi::RealReverseVec<WIDTH>;
using NestedColumns = codi::RealReverseGen<Columns>;

template <typename Real> static Real rosenbrock(const std::vector<Real> &x) {
    Real y = 0.0;
    for (size_t i = 0; i + 1 < x.size(); i++) {
        Real a = x[i + 1] - x[i] * x[i], b = 1.0 - x[i];
        y += 100.0 * a * a + b * b;
    }
    return y;
}

template <typename Real> static Real affine(const std::vector<Real> &x, size_t i) {
    Real sum = 0.0;
    for (size_t j = 0; j < x.size(); j++) sum += second_weights[i * x.size() + j] * x[j];
    return tanh(sum);
}

template <typename Real> static Real net(const std::vector<Real> &x) {
    Real y = 0.0;
    for (size_t i = 0; i < x.size(); i++) {
        Real t = affine(x, i);
        y += t * t;
    }
    return y;
}

// Forward over reverse.
template <size_t N, Nested (*F)(const std::vector<Nested> &)>
static void product(const double *x, const double *v, double *out) {
    auto &tape = Nested::getTape();
    std::vector<Nested> in(N);
    tape.reset();
    tape.setActive();
    for (size_t i = 0; i < N; i++) {
        in[i].value() = x[i];
        in[i].value().gradient() = v[i];
        tape.registerInput(in[i]);
    }
    Nested y = F(in);
    tape.registerOutput(y);
    tape.setPassive();
    y.gradient() = Forward(1.0);
    tape.evaluate();
    for (size_t i = 0; i < N; i++) out[i] = in[i].gradient().gradient();
}

template <size_t N> static void products(const double *x, const double *v, double *out) {
    static_assert(int(SECOND_VECTORS) == int(WIDTH), "a vector for each seed");
    auto &tape = NestedColumns::getTape();
    std::vector<NestedColumns> in(N);
    tape.reset();
    tape.setActive();
    for (size_t i = 0; i < N; i++) {
        in[i].value() = x[i];
        for (size_t k = 0; k < WIDTH; k++) in[i].value().gradient()[k] = v[k * N + i];
        tape.registerInput(in[i]);
    }
    NestedColumns y = rosenbrock(in);
    tape.registerOutput(y);
    tape.setPassive();
    y.gradient() = Columns(1.0);
    tape.evaluate();
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < WIDTH; k++) out[k * N + i] = in[i].gradient().gradient()[k];
}

template <size_t N, Nested (*F)(const std::vector<Nested> &)>
static void hessian(const double *x, const double *, double *out) {
    std::vector<double> v(N);
    for (size_t i = 0; i < N; i++) {
        v[i] = 1;
        product<N, F>(x, v.data(), out + i * N);
        v[i] = 0;
    }
}

template <size_t M, size_t N> static void by_columns(const double *x, const double *, double *out) {
    std::vector<Columns> in(x, x + N);
    for (size_t at = 0; at < N; at += WIDTH) {
        for (size_t k = 0; k < WIDTH && at + k < N; k++) in[at + k].gradient()[k] = 1;
        for (size_t i = 0; i < M; i++) {
            Columns y = affine(in, i);
            for (size_t k = 0; k < WIDTH && at + k < N; k++)
                out[i * N + at + k] = y.getGradient()[k];
        }
        for (size_t k = 0; k < WIDTH && at + k < N; k++) in[at + k].gradient()[k] = 0;
    }
}

template <size_t M, size_t N> static void by_rows(const double *x, const double *, double *out) {
    auto &tape = Rows::getTape();
    std::vector<Rows> in(x, x + N), y(M);
    tape.reset();
    tape.setActive();
    for (auto &v : in) tape.registerInput(v);
    for (size_t i = 0; i < M; i++) {
        y[i] = affine(in, i);
        tape.registerOutput(y[i]);
    }
    tape.setPassive();
    for (size_t at = 0; at < M; at += WIDTH) {
        for (size_t k = 0; k < WIDTH && at + k < M; k++) y[at + k].gradient()[k] = 1;
        tape.evaluate();
        for (size_t j = 0; j < N; j++)
            for (size_t k = 0; k < WIDTH && at + k < M; k++)
                out[(at + k) * N + j] = in[j].getGradient()[k];
        tape.clearAdjoints();
    }
}

second_run *const second_codi[SECOND_COUNT] = {
    product<1000, rosenbrock<Nested>>, products<1000>, hessian<10, rosenbrock<Nested>>,
    hessian<100, rosenbrock<Nested>>,  hessian<100, net<Nested>>,
    by_rows<100, 100>,                 by_columns<1000, 10>,
    by_rows<10, 1000>};
