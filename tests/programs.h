/* What the tests of programs share: a program beside the tape, small programs, functions. Include
 * instead of support.h. */
#ifndef TAD_TESTS_PROGRAMS_H
#define TAD_TESTS_PROGRAMS_H

#include "support.h"

enum { VARIABLES = 16 };

static tad_tape *t;
static inline void set_up(void) { t = tad_tape_new(NULL); }
static inline void tear_down(void) { tad_tape_free(t); }

/* ---- a program beside the tape ---- */

/* What is frozen, and computed again elsewhere. */
typedef struct graph {
    tad_var in[VARIABLES], out[VARIABLES];
    size_t n_in, n_out;
} graph;

static inline size_t bytes_of(tad_var v) {
    return (size_t)tad_size_of(v) * tad_dtype_size(tad_dtype_of(v));
}

static inline void bind_graph(tad_workspace *w, const graph *g, void **out) {
    for (size_t k = 0; k < g->n_in; k++)
        ck_assert_int_eq(
            tad_bind_in(w, k, tad_dtype_of(g->in[k]), tad_shape_of(g->in[k]), tad_data(g->in[k])),
            TAD_OK);
    for (size_t k = 0; k < g->n_out; k++) {
        out[k] = malloc(bytes_of(g->out[k]) + 1);
        ck_assert_int_eq(
            tad_bind_out(w, k, tad_dtype_of(g->out[k]), tad_shape_of(g->out[k]), out[k]), TAD_OK);
    }
}

/* NaNs alike, whatever their bits. */
static inline bool same_element(const void *a, const void *b, tad_dtype dtype) {
    if (memcmp(a, b, tad_dtype_size(dtype)) == 0) return true;
    if (dtype == TAD_F64) return isnan(*(const double *)a) && isnan(*(const double *)b);
    return dtype == TAD_F32 && isnan(*(const float *)a) && isnan(*(const float *)b);
}

static inline void compare_bits(const void *got, tad_var right, const char *what, size_t which) {
    const tad_dtype dtype = tad_dtype_of(right);
    const size_t width = tad_dtype_size(dtype);
    const char *a = got, *b = tad_data(right);
    for (size_t i = 0; i < (size_t)tad_size_of(right); i++)
        ck_assert_msg(same_element(a + i * width, b + i * width, dtype),
                      "%s: output %zu, element %zu: other bits than the tape's", what, which, i);
}

static inline void run_beside(tad_workspace *w, const graph *g, const char *what) {
    void *out[VARIABLES];
    bind_graph(w, g, out);
    const tad_status s = tad_run(w);
    ck_assert_msg(s == TAD_OK, "%s: %s", what, tad_workspace_message(w));
    for (size_t k = 0; k < g->n_out; k++) {
        compare_bits(out[k], g->out[k], what, k);
        free(out[k]);
    }
}

static const tad_freeze_options lenient = {.allow_constant_outputs = true};

static inline tad_program *frozen(const graph *g, const char *what) {
    tad_program *p;
    const tad_status s = tad_freeze(g->in, g->n_in, g->out, g->n_out, &lenient, &p);
    ck_assert_msg(s == TAD_OK, "%s: %s", what, tad_message(t));
    return p;
}

/* ---- small programs of one input and one output ---- */

typedef struct machine {
    tad_program *p;
    tad_workspace *w;
} machine;

static inline machine machine_of(const tad_var *in, size_t n_in, const tad_var *out, size_t n_out,
                                 const tad_freeze_options *o) {
    machine m = {NULL, NULL};
    ck_done(tad_freeze(in, n_in, out, n_out, o, &m.p), t);
    m.w = tad_workspace_new(m.p);
    ck_assert_ptr_nonnull(m.w);
    return m;
}

static inline void machine_free(machine m) {
    tad_workspace_free(m.w);
    tad_program_free(m.p);
}

/* Of numbers alone. */
static inline void run_numbers(machine m, const double *in, double *out) {
    const tad_program *p = m.p;
    ck_assert_int_eq(tad_bind_numbers_in(m.w, 0, tad_program_n_in(p), in), TAD_OK);
    ck_assert_int_eq(tad_bind_numbers_out(m.w, 0, tad_program_n_out(p), out), TAD_OK);
    ck_assert_msg(tad_run(m.w) == TAD_OK, "%s", tad_workspace_message(m.w));
}

static inline double at(machine m, double x) {
    double y = NAN;
    run_numbers(m, &x, &y);
    return y;
}

#define ck_workspace_refused(m, code, s, word)                                                     \
    do {                                                                                           \
        ck_assert_int_eq(s, code);                                                                 \
        ck_assert_msg(strstr(tad_workspace_message((m).w), word), "%s",                            \
                      tad_workspace_message((m).w));                                               \
    } while (0)

/* ---- functions ---- */

static inline tad_var cube(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n, (void)user;
    return tad_mul(in[0], tad_square(in[0]));
}

static inline tad_var bent(tad_tape *tape, const tad_var *in, size_t n, void *user) {
    (void)tape, (void)n;
    const tad_var *scale = user;
    return tad_add(tad_mul(tad_exp(in[0]), tad_leaky_relu(tad_sin(in[1]), 0.2)),
                   tad_div(*scale, tad_add(in[2], tad_number(2))));
}

/* ---- cases ---- */

static inline TCase *tape_case(Suite *s, const char *name) {
    TCase *c = support_case(s, name);
    tcase_add_checked_fixture(c, set_up, tear_down);
    return c;
}

#endif
