/* What the examples of the reference share: checks that read as what they show.
 *
 *     IS(tad_sum(x, tad_all()), 6);           what it gives: a variable, a number, text, a shape
 *     IS(tad_cumsum(x, 0), "[1, 3, 6]");      arrays as text; numbers are compared to six digits
 *     OK(tad_reverse(y));                     a verb that succeeds
 *
 * A program HEADER.c, or HEADER_PART.c, has examples of the functions of tad/HEADER.h, in functions
 * that get a new tape each. tests/reference.py puts them into docs/reference: its head says how
 * they are laid out. */
#ifndef TAD_TESTS_EXAMPLE_H
#define TAD_TESTS_EXAMPLE_H

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tad/foreign.h>
#include <tad/map.h>
#include <tad/tad.h>

enum { EXAMPLE_TEXT = 8192 };

/* ---- values as text ---- */

typedef struct example_text {
    char text[EXAMPLE_TEXT];
    size_t length;
} example_text;

static inline void example_put(example_text *to, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(to->text + to->length, EXAMPLE_TEXT - to->length, format, arguments);
    va_end(arguments);
    if (n > 0) to->length += (size_t)n;
    if (to->length >= EXAMPLE_TEXT) to->length = EXAMPLE_TEXT - 1;
}

static inline void example_number(example_text *to, double x, tad_dtype dtype) {
    if (dtype == TAD_BOOL)
        example_put(to, "%d", x != 0);
    else if (isnan(x)) /* some print its sign */
        example_put(to, "nan");
    else
        example_put(to, dtype == TAD_I64 ? "%.0f" : "%.6g", x);
}

static inline void example_array(example_text *to, tad_var x, const double *value) {
    const tad_shape shape = tad_shape_of(x);
    const int64_t size = tad_size_of(x);
    for (int64_t i = 0; i < size; i++) {
        int64_t row = 1; /* elements of a bracket, from the innermost outwards */
        int opens = 0, closes = 0;
        for (int k = shape.rank - 1; k >= 0; k--) {
            row *= shape.dim[k];
            opens += i % row == 0;
            closes += (i + 1) % row == 0;
        }
        for (int k = 0; k < opens; k++) example_put(to, "[");
        example_number(to, value[i], tad_dtype_of(x));
        for (int k = 0; k < closes; k++) example_put(to, "]");
        if (i + 1 < size) example_put(to, ", ");
    }
    if (size == 0) example_put(to, "[]");
}

static inline void example_of_var(example_text *to, tad_var x) {
    const int64_t size = tad_size_of(x);
    double *value = size > 0 ? malloc((size_t)size * sizeof *value) : NULL;
    if (tad_is_number(x))
        example_number(to, tad_item(x), TAD_F64);
    else if (tad_is_nil(x))
        example_put(to, "nil");
    else if (size > 0 && (!value || tad_read(x, value, (size_t)size) != TAD_OK))
        example_put(to, "?");
    else
        example_array(to, x, value);
    free(value);
}

static inline void example_of_shape(example_text *to, tad_shape shape) {
    example_put(to, "(");
    for (int k = 0; k < shape.rank; k++)
        example_put(to, "%s%lld", k ? ", " : "", (long long)shape.dim[k]);
    example_put(to, ")");
}

static inline void example_of_double(example_text *to, double x) { example_number(to, x, TAD_F64); }
static inline void example_of_bool(example_text *to, bool x) { example_number(to, x, TAD_BOOL); }
static inline void example_of_signed(example_text *to, long long x) { example_put(to, "%lld", x); }
static inline void example_of_unsigned(example_text *to, unsigned long long x) {
    example_put(to, "%llu", x);
}
static inline void example_of_words(example_text *to, const char *x) {
    example_put(to, "%s", x ? x : "NULL");
}

#define EXAMPLE_PUT(to, x)                                                                         \
    _Generic((x), tad_var                                                                          \
             : example_of_var, tad_shape                                                           \
             : example_of_shape, bool                                                              \
             : example_of_bool, double                                                             \
             : example_of_double, float                                                            \
             : example_of_double, int                                                              \
             : example_of_signed, long                                                             \
             : example_of_signed, long long                                                        \
             : example_of_signed, unsigned                                                         \
             : example_of_unsigned, unsigned long                                                  \
             : example_of_unsigned, unsigned long long                                             \
             : example_of_unsigned, char *                                                         \
             : example_of_words, const char *                                                      \
             : example_of_words)(to, x)

/* ---- checks ---- */

static int example_failures, example_checks;

static inline void example_compare(const example_text *is, const example_text *wanted,
                                   const char *file, int line) {
    example_checks++;
    if (strcmp(is->text, wanted->text) == 0) return;
    example_failures++;
    printf("%s:%d: is %s, not %s\n", file, line, is->text, wanted->text);
}

#define IS(x, wanted)                                                                              \
    do {                                                                                           \
        example_text is_ = {{0}, 0}, wanted_ = {{0}, 0};                                           \
        EXAMPLE_PUT(&is_, x);                                                                      \
        EXAMPLE_PUT(&wanted_, wanted);                                                             \
        example_compare(&is_, &wanted_, __FILE__, __LINE__);                                       \
    } while (0)
#define OK(verb) IS(tad_status_text(verb), "ok")

/* ---- the program ---- */

typedef void example_fn(tad_tape *t);

static inline int example_run(example_fn *const *examples, size_t n) {
    for (size_t i = 0; i < n; i++) {
        tad_tape *t = tad_tape_new(&(tad_settings){.seed = 1});
        examples[i](t);
        if (tad_tape_status(t) != TAD_OK) {
            example_failures++;
            printf("function %zu: %s\n", i, tad_message(t));
        }
        tad_tape_free(t);
    }
    printf("%d checks, %d failures\n", example_checks, example_failures);
    return example_failures || !example_checks ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define EXAMPLES(...)                                                                              \
    int main(void) {                                                                               \
        example_fn *const examples[] = {__VA_ARGS__};                                              \
        return example_run(examples, sizeof examples / sizeof *examples);                          \
    }

#endif
