/* Every row of scalar.def as a call of its function, and numbers where zeros meet infinities.
 * Include after support.h. */
#ifndef TAD_TESTS_ROWS_H
#define TAD_TESTS_ROWS_H

static const double points[] = {0,  -0.0, 1,      -1,    0.5,   -0.5,     2,
                                -3, 3,    1e-200, 1e200, -1e10, INFINITY, NAN};
enum { POINTS = sizeof points / sizeof *points };

#define TAD_ROW_CALL(name, ...)                                                                    \
    static tad_var call_##name(const tad_var *in, const double *o) {                               \
        return (void)o, tad_##name(__VA_ARGS__);                                                   \
    }
#define TAD_UNARY(name, ...) TAD_ROW_CALL(name, in[0])
#define TAD_OPTION1(name, ...) TAD_ROW_CALL(name, in[0], o[0])
#define TAD_OPTION2(name, ...) TAD_ROW_CALL(name, in[0], o[0], o[1])
#define TAD_BINARY(name, ...) TAD_ROW_CALL(name, in[0], in[1])
#define TAD_TERNARY(name, ...) TAD_ROW_CALL(name, in[0], in[1], in[2])
#include <tad/scalar.def>

typedef struct row {
    const char *name;
    tad_var (*call)(const tad_var *in, const double *options);
    size_t n_in, n_options;
    double options[2]; /* some */
} row;
#define OPTION(name, initial, one, other, choices) other
#define TAD_UNARY(name, ...) {#name, call_##name, 1, 0, {0}},
#define TAD_OPTION1(name, doc, lo, hi, kinks, p, value, dx) {#name, call_##name, 1, 1, {p}},
#define TAD_OPTION2(name, ...) {#name, call_##name, 1, 2, {-0.7, 0.9}},
#define TAD_BINARY(name, ...) {#name, call_##name, 2, 0, {0}},
#define TAD_TERNARY(name, ...) {#name, call_##name, 3, 0, {0}},
static const row rows[] = {
#include <tad/scalar.def>
};
enum { ROWS = sizeof rows / sizeof *rows };

#endif
