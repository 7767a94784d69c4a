// tad/tad.hpp: numbers in templates, every function, tapes, functions, failures. With TAD_NO_EXCEPTIONS the
// same without exceptions. Derivatives are held against differences and against formulas.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <vector>

#include <tad/tad.hpp>

static int failures;

static void expect(bool right, const char *what) {
    if (right) return;
    std::printf("%s\n", what);
    failures++;
}

static bool near(double a, double b, double relative) {
    return std::fabs(a - b) <= relative * (1 + std::fabs(b));
}

// ---- one text for double and tad::var ----

template <typename T> T rosenbrock(const T *x, int n) {
    T sum = 0;
    for (int i = 0; i + 1 < n; i++) {
        T a = 1 - x[i], b = x[i + 1] - x[i] * x[i];
        sum += a * a + 100.0 * b * b;
    }
    return sum;
}

// A long short-term memory with one cell, as GradBench's objectives are written: std:: names are found too.
template <typename T> T cell(const T *w, int n) {
    using std::exp;
    using std::tanh;
    T state = 0, out = T(0.1);
    for (int i = 0; i + 3 < n; i += 4) {
        T forget = 1 / (1 + exp(-(w[i] * out + 0.3))), ingate = T(1) / (T(1) + exp(-w[i + 1]));
        state *= forget;
        state += ingate * tanh(w[i + 2] - out);
        out = tanh(state) * w[i + 3];
        out -= .01f * state;
        out /= 2;
    }
    return -out;
}

template <typename T> T all_kinds(const T *x, int) {
    using namespace std;
    T r = pow(x[0], x[1]) + pow(x[0], 3) + pow(2.5, x[1]) + hypot(x[0], x[1]) + atan2(x[0], 2.0);
    r += fmax(x[0], x[1]) * fmin(x[0], 0.25) + fabs(x[1] - 2) + log1p(x[0]) - expm1(-x[1]);
    r += cbrt(x[0]) + erf(x[1]) + lgamma(x[0] + 1) + fma(x[0], x[1], 2.0) + fmod(x[1], 0.3);
    r += floor(x[0]) + rint(x[1]) + trunc(x[0]) + exp2(x[0]) + log2(x[1]) + asinh(x[0]) + acosh(1 + x[1]);
    return x[0] < x[1] ? r : -r;
}

template <typename F, typename G> static void compare(F of_double, G of_var, std::vector<double> x, const char *what) {
    const int n = (int)x.size();
    tad::tape t;
    std::vector<tad::var> in = t.inputs(x.data(), x.size());
    tad::var y = of_var(in.data(), n);
    expect(near(y.value(), of_double(x.data(), n), 1e-14), what);
    t.reverse(y);
    for (int i = 0; i < n; i++) {
        const double h = 1e-5, at = x[i];
        x[i] = at + h;
        const double above = of_double(x.data(), n);
        x[i] = at - h;
        const double below = of_double(x.data(), n);
        x[i] = at;
        expect(near(in[i].gradient(), (above - below) / (2 * h), 1e-7), what);
    }
}

static void templates() {
    compare(rosenbrock<double>, rosenbrock<tad::var>, {0.5, -1.2, 2, 0.1}, "rosenbrock");
    compare(cell<double>, cell<tad::var>, {0.3, -0.7, 1.1, 0.9, -0.2, 0.6, 0.8, 1.3}, "cell");
    compare(all_kinds<double>, all_kinds<tad::var>, {0.7, 1.3}, "all kinds");
}

// ---- words ----

static void numbers_alone() {
    tad::var a, b = 3, c = b * 2 - 1;
    expect(a == 0 && c == 5 && c.is_number() && !(c < 5) && c >= 5 && c != 4 && c > 4 && c <= 5, "numbers alone");
    expect(static_cast<double>(sin(b)) == std::sin(3.0) && (++a) == 1 && (--a) == 0, "functions of numbers");
    expect(tad::isnan(tad::var(NAN)) && tad::isinf(tad::var(INFINITY)) && tad::isfinite(c), "isnan");
}

// std::round goes away from zero at halves, tad_round to even: rint is what it is called here.
static void names_that_mean_something_else() {
    tad::tape t;
    tad::var x = t.input(2.5), y = t.input(-1);
    expect(rint(x) == 2 && nearbyint(x) == 2, "rint");
    expect(floor_mod(x, y) == -0.5 && fmod(x, y) == 0.5, "floor_mod");
}

static void arrays() {
    tad::tape t;
    const double values[] = {1, 2, 3};
    tad::var x = tad::var::from(tad_input(t.c(), TAD_F64, TAD_SHAPE(3), values));
    tad::var y = tad::var::from(tad_sum((2 * x * sin(x)).c(), tad_all()));
    double g[3];
    expect(t.reverse(y) == TAD_OK && tad_read(tad_gradient(x.c()), g, 3) == TAD_OK, "arrays");
    for (int i = 0; i < 3; i++)
        expect(near(g[i], 2 * (std::sin(values[i]) + values[i] * std::cos(values[i])), 1e-14), "gradient of an array");
}

// ---- tapes ----

static tad::tape moved() {
    tad::tape t, other;
    t.input(1);
    other = std::move(t);
    return other;
}

static void tapes() {
    tad::tape t = moved();
    const tad_mark mark = t.mark();
    tad::var x = t.input(2), y = x * x;
    expect(t.reverse(y) == TAD_OK && x.gradient() == 4 && t.rewind(mark) == TAD_OK, "a moved tape");
    tad::var z = x + 1; // stale
    expect(t.status() == TAD_BAD_HANDLE && std::strstr(t.message(), "rewound"), "a stale variable");
    (void)z;
}

// ---- functions ----

static tad::var quartic(const tad::var *x) { return x[0] * x[0] * x[1] * x[1] + sin(x[2]); }
static tad::var branching(const tad::var *x) { return decide(less(x[0], 1)) ? x[0] * 2 : x[0] * 3; }

static void functions() {
    const double start[] = {1, 2, 3}, x[] = {-1, 3, 0.5};
    double g[3];
    tad::function f(quartic, start, 3);
    expect(near(f(x, g), 9 + std::sin(0.5), 1e-15) && f.size() == 3, "a function's value");
    expect(g[0] == -18 && g[1] == 6 && near(g[2], std::cos(0.5), 1e-15), "a function's gradient");
    const double low = 0.5, lower = 0.25;
    tad::function b(branching, &low, 1);
    expect(b(&lower, g) == 0.5 && g[0] == 2, "a decision that comes out as before");
}

#if defined(TAD_NO_EXCEPTIONS)
static void failing() {
    const double low = 0.5, high = 1.5;
    tad::function b(branching, &low, 1);
    expect(std::isnan(b(&high)) && b.status() == TAD_BRANCH, "a decision that comes out otherwise");
    tad::function read([](const tad::var *x) { return x[0] < 1 ? x[0] : x[0] * 2; }, &low, 1);
    expect(read.status() == TAD_WITNESS && std::isnan(read(&low)), "a comparison in a function");
    tad_settings settings = {};
    settings.memory_limit = 1;
    tad::tape t(settings);
    expect(t.status() != TAD_OK || !t.c(), "no memory");
}
#else
template <typename F> static tad_status thrown_by(const F &f) {
    try {
        f();
    } catch (const tad::error &e) {
        expect(std::strlen(e.what()) > 0, "a message");
        return e.code();
    }
    return TAD_OK;
}

static void failing() {
    const double low = 0.5, high = 1.5;
    tad::function b(branching, &low, 1);
    expect(thrown_by([&] { b(&high); }) == TAD_BRANCH, "a decision that comes out otherwise");
    expect(thrown_by([&] {
               tad::function read([](const tad::var *x) { return x[0] < 1 ? x[0] : x[0] * 2; }, &low, 1);
           }) == TAD_WITNESS, "a comparison in a function");
    expect(thrown_by([] {
               tad_settings settings = {};
               settings.memory_limit = 1;
               tad::tape t(settings);
           }) == TAD_NO_MEMORY, "no memory");
    tad::tape t;
    expect(thrown_by([&] { t.reverse(tad::var(2)); }) == TAD_BAD_HANDLE, "a number has no tape");
    try {
        tad::function throwing([](const tad::var *) -> tad::var { throw 7; }, &low, 1);
        expect(false, "what f throws is thrown");
    } catch (int seven) {
        expect(seven == 7, "what f throws");
    }
}
#endif

int main() {
    templates();
    numbers_alone();
    names_that_mean_something_else();
    arrays();
    tapes();
    functions();
    failing();
    return failures ? 1 : 0;
}
