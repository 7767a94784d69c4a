/* The gradient check: is this derivative right? For functions and for ops, the user's and our own.
 *
 *     static tad_var loss(tad_tape *t, const tad_var *in, size_t n, void *user) { ... }
 *
 *     tad_gradcheck_report report;
 *     tad_verdict v = tad_gradcheck(loss, NULL, (tad_var[]){W, b}, 2, NULL, &report);
 *     if (v != TAD_CHECK_PASS) tad_gradcheck_print(&report, print_to_stderr, NULL);
 *
 * What is checked, at the point given:
 *   - exact laws, mostly bit for bit: the same result every time, VJP(2v) = 2 VJP(v), VJP(0) = 0,
 *     gradients are added to what is there, views behave as copies, ... (TAD_LAW_LIST);
 *   - reverse against forward mode: <v, Jw> = <J'v, w> to 256 rounding errors, or to those of the
 *     numbers that were added up on the way where they are larger;
 *   - every entry of the Jacobian against a numeric derivative that comes with its own error bound:
 *     central differences over 28 steps, extrapolated, the best step chosen for each entry, below
 *     finer scales where it needs them. It tells a kink from a bug, and says "inconclusive" where
 *     no step is good enough. docs/math.md says what the bound rests on, and what is not promised;
 *   - all of this once more for the derivatives themselves (order 2).
 * Inputs are float64. A NaN never passes. Nothing compared is "vacuous", not a pass.
 *
 * A report is plain data, written whole; nothing in it needs freeing. The tape is left as it was
 * found: same variables, same random numbers, same gradients of inputs and parameters.
 *
 * Threads: as the tape. */
#ifndef TAD_GRADCHECK_H
#define TAD_GRADCHECK_H

#include <tad/diff.h>
#include <tad/inspect.h>
#include <tad/op.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what comes out ---- */

/* Also good as exit codes. */
typedef enum tad_verdict {
    TAD_CHECK_PASS,
    TAD_CHECK_INCONCLUSIVE, /* too many entries could not be decided */
    TAD_CHECK_VACUOUS,      /* nothing was compared, or only zeros with zeros */
    TAD_CHECK_FAIL,
    TAD_CHECK_ERROR /* it could not run: report.status, and the tape's message */
} tad_verdict;

/* Grades of a relative error r = |a - n| / (|a| + |n|). */
typedef enum tad_grade {
    TAD_GRADE_NONE,           /* nothing to grade; in options: the default */
    TAD_GRADE_VERY_GOOD,      /* r < 1e-7 */
    TAD_GRADE_ACCEPTABLE,     /* r < 1e-5 */
    TAD_GRADE_NEEDS_CHECKING, /* r < 1e-3 */
    TAD_GRADE_BUG,            /* else, and every NaN */
    TAD_GRADE_COUNT
} tad_grade;

/* L(code, text): the laws. */
#define TAD_LAW_LIST(L)                                                                            \
    L(SHAPE, "every gradient has the shape and type of its input")                                 \
    L(UNCHANGED, "inputs and cotangents are left unchanged")                                       \
    L(DETERMINISM, "five times the same bits, in moved memory, after another recording")           \
    L(HOMOGENEITY, "VJP(0) = 0 and VJP(2^k v) = 2^k VJP(v), JVP likewise")                         \
    L(OUTPUTS, "a missing cotangent is zero, several outputs add up")                              \
    L(NAN, "a NaN in the cotangent arrives")                                                       \
    L(ACCUMULATION, "a gradient is added to what is there")                                        \
    L(REPEATED, "f(x, x): both contributions arrive")                                              \
    L(WANTED, "a derivative does not depend on which others are wanted")                           \
    L(STALE, "after an operand changed, a sweep refuses, or is right at the recorded values")      \
    L(LAYOUT, "transposed, strided, offset, reversed, expanded inputs as copies")                  \
    L(PATHS, "sweep kernels agree with the graph rule")                                            \
    L(SETTINGS, "ops: other threads the same bits, other instruction sets as near")                \
    L(FLOAT32, "ops: float32 agrees with float64")                                                 \
    L(IDENTITY, "<v, J w> = <J'v, w>, and both Jacobians entry by entry")                          \
    L(SYMMETRY, "second derivatives are symmetric")

#define TAD_LAW_CODE(code, text) TAD_LAW_##code,
typedef enum tad_law { TAD_LAW_LIST(TAD_LAW_CODE) TAD_LAW_COUNT } tad_law;
#undef TAD_LAW_CODE

typedef struct tad_law_result {
    size_t checked, broken; /* how often; checked 0: had no meaning here */
    double worst, limit;    /* worst error and the limit it is held against; limit 0: exact */
} tad_law_result;

/* One input: its entries by outcome. checked is the sum of all others. */
typedef struct tad_check_row {
    char name[24];
    tad_shape shape;
    size_t checked;
    size_t zero; /* zero on both sides, or equal but for what is negligible beside the largest
                    entry, or beside what values of that size could show */
    size_t very_good, acceptable, needs_checking, bug;
    size_t kink; /* not differentiable here; the gradient lies between the one-sided slopes */
    size_t inconclusive;
    double worst;     /* largest r */
    double norm_wise; /* |a - n| / (|a| + |n|) of all entries as vectors */
} tad_check_row;

/* One entry d y[output_element] / d input[input_element]. An element of -1 is a random direction of
 * +1 and -1 through all elements, which is how large arrays are checked beside single elements. */
typedef struct tad_check_entry {
    tad_grade grade; /* NONE: there is no entry here */
    size_t output, input;
    int64_t output_element, input_element; /* row-major */
    tad_shape output_shape, input_shape;
    double analytic, numeric, error; /* the numeric value is right within `error` */
    double step, r;
} tad_check_entry;

typedef enum tad_second {
    TAD_SECOND_NOT_ASKED,
    TAD_SECOND_CHECKED,
    TAD_SECOND_FLAT,   /* the function's derivative is constant zero here */
    TAD_SECOND_REFUSED /* a rule of order 2 is missing and says so with an error */
} tad_second;

#define TAD_CHECK_ROWS 32

typedef struct tad_gradcheck_report {
    char name[48];
    tad_verdict verdict;
    tad_status status; /* with TAD_CHECK_ERROR: why */
    uint64_t seed;
    size_t samples; /* points checked; for ops many, else 1 */
    size_t rows;    /* used in row; inputs beyond TAD_CHECK_ROWS share the last one */
    tad_check_row row[TAD_CHECK_ROWS];
    tad_check_entry worst;
    tad_law_result law[2][TAD_LAW_COUNT]; /* of order 1 and 2 */
    tad_second second;
    tad_check_row second_row; /* the entries of order 2, all inputs together */
    tad_check_entry second_worst;
    char first[200];    /* the first thing that failed, in words; "" if nothing. Of VACUOUS: that
                           the result does not depend on the inputs, where no path was recorded */
    char bad_node[120]; /* the first op of the recorded function that fails alone; "" if none */
    char sample[48];    /* label of the sample that failed first */
} tad_gradcheck_report;

/* ---- what may be asked ---- */

typedef enum tad_kinks {
    TAD_KINKS_BETWEEN, /* at a kink, a gradient between the one-sided slopes passes */
    TAD_KINKS_FAIL,    /* a kink is a bug */
    TAD_KINKS_SKIP     /* entries at kinks are not checked */
} tad_kinks;

/* For one input; all zero is the default. */
typedef struct tad_gradcheck_input {
    bool skip;        /* a constant for this check */
    double step;      /* scale of the steps, the only one tried; 0: max(|x|, 1), and finer ones */
    tad_grade demand; /* worst grade that passes; NONE: as for all */
    tad_kinks kinks;
    const bool *mask; /* entries to check, as many as elements; NULL: all */
} tad_gradcheck_input;

/* All zero is the default. */
typedef struct tad_gradcheck_options {
    uint64_t seed;
    tad_grade demand;    /* NONE: ACCEPTABLE for functions, VERY_GOOD for ops */
    int order;           /* 1 or 2; 0: 1 for functions, 2 for ops */
    size_t max_elements; /* inputs up to this size are checked whole, larger ones by 256 random
                            elements and 8 random directions; 0: 4096 */
    double inconclusive; /* share of the non-zero entries that may stay undecided; 0: 0.03 for
                            functions, none for ops; negative: none */
    const tad_gradcheck_input *inputs; /* as many as inputs; NULL: defaults. Not for ops */
    size_t repeats;                    /* ops: each sample is filled so often; 0: 2 */
    const tad_settings *settings;      /* ops: of the tape the check makes; NULL: defaults */
} tad_gradcheck_options;

/* ---- the checks ---- */

/* Checks the derivatives of f at x, on the tape of x[0]. Variables of integer or bool type in x are
 * handed to f unchanged; float32 is refused. f must compute the same every time (the tape's random
 * numbers are set back before every call). options and report may be NULL. Cost: two calls of f for
 * each of 28 steps of each element, more where finer scales are tried; some 2000 for order 2.
 * max_elements and masks bound it. */
TAD_API TAD_MUST_USE tad_verdict tad_gradcheck(tad_fn *f, void *user, const tad_var *x, size_t n,
                                               const tad_gradcheck_options *options,
                                               tad_gradcheck_report *report);

/* Checks an op, built in or the user's own, on its samples (elementwise rows: on the shapes 0-d, 1,
 * 5, empty, 2x3 and every pattern of broadcasting, in the row's interval and at its kinks). */
TAD_API TAD_MUST_USE tad_verdict tad_gradcheck_op(const tad_op *op,
                                                  const tad_gradcheck_options *options,
                                                  tad_gradcheck_report *report);

/* The report as text. TAD_IO when the sink stops. */
TAD_API TAD_MUST_USE tad_status tad_gradcheck_print(const tad_gradcheck_report *report,
                                                    tad_sink *sink, void *user);

TAD_API const char *tad_verdict_text(tad_verdict verdict);
TAD_API const char *tad_grade_text(tad_grade grade);
TAD_API tad_grade tad_grade_of(double r); /* TAD_GRADE_BUG for a NaN */
TAD_API const char *tad_law_text(tad_law law);

/* ---- samples, as data ---- */

/* What tad_gradcheck_op and the tests of ops use: how many samples an op has, one of them, and an
 * input of a sample as a constant of the tape, filled from the seed (tad_none() if absent). */
typedef struct tad_sample_room {
    tad_sample sample; /* its label and inputs may lie below: do not copy */
    char label[64];
    tad_sample_input in[3];
} tad_sample_room;
TAD_API size_t tad_sample_count(const tad_op *op);
/* False: there is no such sample, or it has no inputs where it says how many. */
TAD_API bool tad_sample_at(const tad_op *op, size_t i, tad_sample_room *room);
TAD_API tad_var tad_sample_fill(tad_tape *t, const tad_sample_input *input, uint64_t seed);

/* ---- the simple check of the textbooks ---- */

typedef struct tad_simple_options {
    double step;         /* h; 0: 1e-5 */
    size_t max_elements; /* of each input, evenly spread; 0: all */
} tad_simple_options;

typedef struct tad_simple_row {
    char name[24];
    tad_shape shape;
    size_t checked, nonzero;
    double worst;     /* largest |a - n| / (|a| + |n| + 1e-7) of an element */
    double norm_wise; /* |a - n| / (|a| + |n|) of the vectors */
    tad_grade worst_grade, norm_grade;
    int64_t worst_element;
    double analytic, numeric; /* there */
} tad_simple_row;

/* (f(x + h) - f(x - h)) / 2h for each element, against one reverse sweep; f gives one number, or an
 * array whose sum is taken. Fills one row per input. This is the check the textbooks print: use it
 * to follow them. What it cannot see, and tad_gradcheck does:
 *   - the +1e-7 in its formula lets any gradient far below 1e-7 pass, even with the wrong sign;
 *   - one h does not fit all: rounding (h too small) or curvature (h too large) puts right
 *     gradients of a real net above 1e-7 and 1e-5, so the worst element accuses correct nets. Trust
 *     the norm-wise grade, and then remember that it drowns one wrong entry among thousands;
 *   - next to a kink of relu the difference is simply wrong;
 *   - where all is zero on both sides it passes: look at `nonzero`. But where nothing that was
 *     recorded leads from the inputs to the result either, it fails with TAD_BAD_ARGUMENT: f may
 *     read variables of its own instead of `in`. floor, sign, argmax have a path, and pass. */
TAD_API TAD_MUST_USE tad_status tad_gradcheck_simple(tad_fn *f, void *user, const tad_var *x,
                                                     size_t n, const tad_simple_options *options,
                                                     tad_simple_row *rows);

#ifdef __cplusplus
}
#endif
#endif
