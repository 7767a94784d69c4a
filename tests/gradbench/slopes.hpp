// A template of numbers with tad::var in the place of double: the value is that with double, the gradient is
// held against differences.
#ifndef TAD_GRADBENCH_SLOPES_HPP
#define TAD_GRADBENCH_SLOPES_HPP

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include <tad/tad.hpp>

static std::mt19937 engine(1);

static std::vector<double> numbers(int n) {
    std::uniform_real_distribution<double> uniform(0.1, 1);
    std::vector<double> x(n);
    for (double &xi : x) xi = uniform(engine);
    return x;
}

template <typename F> static int check(const char *name, int n, const F &f) {
    std::vector<double> x = numbers(n);
    tad::tape t;
    std::vector<tad::var> in = t.inputs(x.data(), x.size());
    tad::var y = f(in.data());
    const double value = f(x.data());
    double worst = std::fabs(y.value() - value) / (1 + std::fabs(value));
    bool right = worst <= 1e-12;
    t.reverse(y);
    for (int i = 0; i < n; i++) {
        const double h = 1e-5, at = x[i];
        x[i] = at + h;
        const double above = f(x.data());
        x[i] = at - h;
        const double slope = (above - f(x.data())) / (2 * h);
        x[i] = at;
        const double error = std::fabs(in[i].gradient() - slope) / (1 + std::fabs(slope));
        worst = std::max(worst, error);
        right = right && error <= 1e-6;
    }
    std::printf("%s %s %g\n", name, right ? "ok" : "WRONG", worst);
    return right ? 0 : 1;
}

#endif
