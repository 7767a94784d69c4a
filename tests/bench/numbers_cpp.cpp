// The loops of bench_numbers.c as C++ writes them.
#include "numbers_work.h"

#include <tad/tad.hpp>

struct numbers_work {
    tad::tape t;
    tad::var x[NUMBERS_COUNT];
    tad_mark start;
};

template <typename T> static T rosenbrock(const T *x, int n) {
    T y = 0;
    for (int i = 0; i + 1 < n; i++) {
        T a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
        y += 100 * a * a + b * b;
    }
    return y;
}

template <typename T> static T waves(const T *x, int n) {
    T y = 0;
    for (int i = 0; i + 1 < n; i++) y = sin(y + x[i]) * x[i + 1] / 1.5;
    return y;
}

static double gradient(numbers_work *w, const tad::var &y) {
    if (w->t.reverse(y) != TAD_OK) return 0;
    const double g = w->x[0].gradient();
    return w->t.rewind(w->start) == TAD_OK ? g : 0;
}

numbers_work *numbers_open_cpp(void) {
    numbers_work *w = new numbers_work;
    for (int i = 0; i < NUMBERS_COUNT; i++) w->x[i] = w->t.input(0.5 + 1e-4 * i);
    w->start = w->t.mark();
    return w;
}
double numbers_rosenbrock_cpp(numbers_work *w) { return gradient(w, rosenbrock(w->x, NUMBERS_COUNT)); }
double numbers_waves_cpp(numbers_work *w) { return gradient(w, waves(w->x, NUMBERS_COUNT)); }
void numbers_close_cpp(numbers_work *w) { delete w; }
