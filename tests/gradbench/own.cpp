// Objectives of ours in the form of GradBench's C++ ones: templates over the number, pointers for lists, <cmath>
// unqualified, numbers of C beside T, vectors of T, values that are compared. That tad::var goes where they
// take double is a test here, without a copy of GradBench: values are those with double, gradients are held
// against differences.
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

// ---- multinomial regression with weights that are drawn to 0 ----

template <typename T> T log_sum_exp(int n, const T *const x) {
    T largest = x[0], sum = 0.;
    for (int i = 1; i < n; i++) largest = std::max(largest, x[i]);
    for (int i = 0; i < n; i++) sum = sum + exp(x[i] - largest);
    return log(sum) + largest;
}

template <typename T>
void regression(int classes, int features, int n, const T *__restrict__ const w, const double *__restrict__ const x,
                double decay, T *__restrict__ err) {
    std::vector<T> score(classes);
    T loss = 0;
    for (int i = 0; i < n; i++) {
        for (int c = 0; c < classes; c++) {
            score[c] = 0;
            for (int k = 0; k < features; k++) score[c] += w[c * features + k] * x[i * features + k];
        }
        loss += log_sum_exp(classes, score.data()) - score[i % classes];
    }
    for (int i = 0; i < classes * features; i++) loss += 0.5 * decay * (w[i] * w[i]);
    *err = loss / n;
}

static const std::vector<double> data = numbers(24);

struct regression_of {
    template <typename T> T operator()(const T *x) const {
        T y;
        regression(3, 4, 6, x, data.data(), 0.1, &y);
        return y;
    }
};

// ---- a damped pendulum, a step of Runge and Kutta's after the other ----

template <typename T> void swing(const T *p, const T *y, T *dy) {
    dy[0] = y[1];
    dy[1] = -p[0] * sin(y[0]) - p[1] * y[1] * fabs(y[1]);
}

template <typename T> void pendulum(const T *p, size_t steps, T *y) {
    const T h = T(1) / T(steps);
    std::vector<T> k1(2), k2(2), k3(2), k4(2), at(2);
    for (size_t s = 0; s < steps; s++) {
        swing(p, y, k1.data());
        for (size_t i = 0; i < 2; i++) at[i] = y[i] + h * k1[i] / T(2);
        swing(p, at.data(), k2.data());
        for (size_t i = 0; i < 2; i++) at[i] = y[i] + h * k2[i] / T(2);
        swing(p, at.data(), k3.data());
        for (size_t i = 0; i < 2; i++) at[i] = y[i] + h * k3[i];
        swing(p, at.data(), k4.data());
        for (size_t i = 0; i < 2; i++) y[i] += h * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]) / 6.;
    }
}

struct pendulum_of {
    template <typename T> T operator()(const T *x) const {
        std::vector<T> y(2);
        std::fill(y.begin(), y.end(), T(0));
        y[0] = x[2];
        pendulum(x, 10, y.data());
        return y[0] * y[0] + pow(y[1], 2);
    }
};

// ---- a turned point on a plane, and how far it is from the nearest of some others ----

template <typename T> void turned(const T *axis, const T *point, T *out) {
    const T square = axis[0] * axis[0] + axis[1] * axis[1];
    if (square != 0) {
        const T angle = sqrt(square), c = cos(angle), s = sin(angle);
        out[0] = point[0] * c - point[1] * s * (1. / angle);
        out[1] = point[0] * s + point[1] * c;
    } else {
        out[0] = point[0];
        out[1] = point[1];
    }
}

template <typename T> T nearest(int n, const double *others, const T *point) {
    T least = INFINITY;
    for (int i = 0; i < n; i++) {
        T d = 0;
        for (int k = 0; k < 2; k++) d += (point[k] - others[2 * i + k]) * (point[k] - others[2 * i + k]);
        least = std::min(least, d);
    }
    return least;
}

struct nearest_of {
    template <typename T> T operator()(const T *x) const {
        static const double others[] = {0.2, 0.9, -1.5, 0.3, 2, 2};
        T out[2];
        turned(x, x + 2, out);
        return nearest(3, others, out) * (x[0] > 0 ? 1.0 : 2.0);
    }
};

int main() {
    return check("regression", 12, regression_of()) + check("pendulum", 3, pendulum_of()) +
           check("nearest", 4, nearest_of());
}
