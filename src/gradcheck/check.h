/* The gradient check from inside.
 *
 * A problem is what is checked: a function from float64 arrays to float64 arrays at a point. All
 * its inputs laid end to end are one vector x of length in_at[n_in], all outputs one vector y; so
 * values, cotangents and gradients are plain doubles for everything above point.c.
 * The memory of a check is its tape's arena; the rewind at its end gives it back. */
#ifndef TAD_GRADCHECK_INTERNAL_H
#define TAD_GRADCHECK_INTERNAL_H

#include <tad/gradcheck.h>

#include "sweep.h"
#include "tape/tape.h"

/* ---- problems: point.c ---- */

typedef struct tad__problem tad__problem;
/* Records the function on in[n_in] and gives out[n_out]. */
typedef tad_status tad__problem_fn(const tad__problem *p, const tad_var *in, tad_var *out);

struct tad__problem {
    tad_tape *tape;
    tad__problem_fn *call;
    void *self; /* what is called */
    size_t n_in, n_out;
    tad_shape *in_shape, *out_shape;
    size_t *in_at, *out_at; /* where an input begins in x, an output in y; one more at the end */
    double *x, *y;          /* the point, and the values there */
    tad_var *in, *out;      /* of the recording that is open */
    tad_var *seed, *result; /* room for n_in + n_out variables each */
    tad_random random;      /* the tape's, before every call */
    tad_mark mark;
};

static inline size_t tad__inputs(const tad__problem *p) { return p->in_at[p->n_in]; }
static inline size_t tad__outputs(const tad__problem *p) { return p->out_at[p->n_out]; }

/* Memory until the tape is rewound, 64-byte aligned and zeroed. NULL: the tape has failed. */
void *tad__check_take(tad_tape *t, size_t count, size_t size);

/* Fixes inputs; then finds the outputs by calling once. x is copied. */
tad_status tad__problem_inputs(tad__problem *p, size_t n, const tad_shape *shape);
tad_status tad__problem_outputs(tad__problem *p);

/* Records the function at x, which must stay in place until the recording is closed. */
tad_status tad__point_open(tad__problem *p, const double *x);
/* The same on p->in, made by the caller after the mark p->mark. */
tad_status tad__point_call(tad__problem *p);
void tad__point_close(tad__problem *p);
tad_status tad__point_read(tad__problem *p, double *y);

/* Of the outputs that depend on an input and are given (NULL: all): variable and cotangent. */
size_t tad__point_cotangents(tad__problem *p, const double *v, const bool *given, tad_var *y,
                             tad_var *seed);
/* On the open recording. given NULL: all cotangents; else those of the outputs marked. */
tad_status tad__point_sweep(tad__problem *p, const double *v, const bool *given, double *g);
tad_status tad__point_graph(tad__problem *p, const double *v, double *g);
tad_status tad__point_jvp(tad__problem *p, const double *w, double *tangent);
tad_status tad__gradient_read(tad_var x, size_t n, double *g);

/* Whether anything that was recorded leads from one of in[n] to y, be its derivative zero or not.
 * True where memory lacks: the tape has failed. */
bool tad__is_reached(tad_tape *t, const tad_var *in, size_t n, tad_var y);
#define TAD__INDEPENDENT                                                                           \
    "the function's result does not depend on its inputs "                                         \
    "(it may read variables of its own instead of `in`)"

/* Value at x, in one go; NaNs where the function fails (but no memory is an error). */
tad_status tad__point_value(tad__problem *p, const double *x, double *y);

/* The derivative of a problem as a problem: (x, v) -> VJP(x; v), or (x, w) -> JVP(x; w). */
typedef struct tad__derived {
    tad__problem *of;
    bool forward;
    tad_var *y;
} tad__derived;
tad_status tad__problem_derive(tad__problem *p, tad__derived *d, tad__problem *of, bool forward);

/* ---- one check of one problem ---- */

/* What is compared: a single element, or a random direction of +1 and -1. */
typedef struct tad__pick {
    size_t array;    /* which input, or output */
    int64_t element; /* -1: a direction */
    size_t at;       /* in the long vector */
    double *sign;    /* of a direction: for each element of the array */
} tad__pick;

typedef struct tad__picks {
    tad__pick *pick;
    size_t n;
    bool complete; /* every element, one by one */
} tad__picks;

typedef struct tad__check {
    tad__problem *p;
    const tad_gradcheck_input *inputs; /* NULL, or of each input of the problem */
    tad_grade demand;
    size_t limit, some, directions; /* inputs up to `limit` whole, else `some` elements */
    tad_random random;
    tad__picks wrt, of; /* columns and rows of the Jacobian */
    double *a, *forward; /* the Jacobian by reverse and by forward mode, row by row */
    double *largest;     /* absolute entry, for each input */
    double *v, *w, *g, *g2, *t, *t2; /* room: outputs, inputs, inputs, inputs, outputs, outputs */
    tad_law_result *law;
    tad_gradcheck_report *report;
    size_t kinks; /* entries where one was found */
    bool second;  /* the problem is a derivative */
    bool at_kink; /* the point is at kinks: a jump there is nothing to decide */
    bool failed;
} tad__check;

tad_status tad__check_begin(tad__check *c);
/* Whether derivatives have the right shapes; if not, c fails, and nothing else can be asked. */
tad_status tad__check_shapes(tad__check *c);
/* A: exact laws, B: reverse against forward; laws.c. Needs tad__check_jacobian. */
tad_status tad__check_laws(tad__check *c);
tad_status tad__check_views(tad__check *c);
tad_status tad__check_wanted(tad__check *c);
tad_status tad__check_stale(tad__check *c);
/* C: the numeric derivative; entries.c. */
tad_status tad__check_jacobian(tad__check *c);
tad_status tad__check_entries(tad__check *c);

/* What is asked of a problem. */
typedef struct tad__check_plan {
    uint64_t seed;
    tad_grade demand;
    int order;
    size_t limit, some, directions;
    const tad_gradcheck_input *inputs;
    const struct tad__op_problem *op; /* of a problem that is one op; else NULL */
    bool at_kink;
} tad__check_plan;

/* All of it for one problem, order 1 and, if asked, 2; adds to the report. gradcheck.c */
tad_status tad__check_problem(tad__problem *p, const tad__check_plan *plan,
                              tad_gradcheck_report *r);
void tad__report_begin(tad_gradcheck_report *r, const char *name, uint64_t seed);
/* inconclusive: share of the non-zero entries that may stay undecided. */
void tad__report_end(tad_gradcheck_report *r, double inconclusive);
/* A report of its own where the caller gave none. NULL: no memory. */
tad_gradcheck_report *tad__report_or_own(tad_tape *t, tad_gradcheck_report *r);

/* Rounding to be expected, as an absolute number: of <v, y> at x, of <w, VJP(x; v)>, or of
 * <v, JVP(x; w)>. NULL for weights: signs. noise.c */
typedef struct tad__noise_at {
    enum { TAD__NOISE_VALUE, TAD__NOISE_REVERSE, TAD__NOISE_FORWARD } of;
    const double *x, *v, *w;
} tad__noise_at;
/* 0 where it cannot be told. underflow_only: what the smallest numbers lose; else all rounding. */
double tad__noise(tad__check *c, tad__noise_at at, bool underflow_only);

/* Holds a law against an absolute error, whose limit is a multiple of a size; where that would
 * break it, of the rounding to be expected in n places besides. */
void tad__law_near(tad__check *c, tad_law law, double error, double size, double limit,
                   const tad__noise_at *at, size_t n, const char *format, ...) TAD_PRINTF(8, 9);

/* Notes that a law was held against an error; the first break is put in words. */
void tad__law_note(tad__check *c, tad_law law, double error, double limit, const char *format, ...)
    TAD_PRINTF(5, 6);
/* Says what failed first, unless something did already. */
void tad__say_first(tad_gradcheck_report *r, const char *format, ...) TAD_PRINTF(2, 3);

void tad__normals(tad_random *r, double *out, size_t n);
void tad__signs(tad_random *r, double *out, size_t n);

/* ---- problems from ops: op.c ---- */

typedef struct tad__op_problem {
    const tad_op *op;
    const void *options;
    size_t n;          /* all inputs */
    size_t *place;     /* where the inputs of the problem are among them */
    tad_var *in;       /* as given */
    tad_var *now;      /* those of the recording that is open */
    tad_var *out;      /* all outputs, TAD_MAX_OUTPUTS of them */
    bool counts[TAD_MAX_OUTPUTS]; /* which are float64: outputs of the problem */
    size_t n_all;
    bool as_row; /* through the path of rows on 0-d variables */
} tad__op_problem;

/* The op at inputs on the tape. float64 inputs are checked unless constant (NULL: none is), others
 * are handed on. as_row: see above. */
tad_status tad__problem_from_op(tad__problem *p, tad__op_problem *o, tad_tape *t, const tad_op *op,
                                const tad_var *in, size_t n, const void *options,
                                const bool *constant, bool as_row);

/* A2 of ops: settings.c. Of c only law and report are used. */
tad_status tad__check_settings(tad__check *c, tad_tape *t, const tad_op *op, uint64_t seed,
                               const tad_settings *settings);
/* Of c also largest and random. */
tad_status tad__check_float32(tad__check *c, tad__problem *p, const tad__op_problem *o);

#endif
