/* The extension API: what an op is. Built-in ops use nothing else.
 *
 * An op is one constant tad_op: how many inputs, its options, a shape rule, a numeric forward, and
 * its derivative rules written with ops again (so that derivatives of any order come from one
 * text). The registry, the gradient check, the op table of the manual and the tests read it.
 *
 * Threads: descriptors are constant and shared. */
#ifndef TAD_OP_H
#define TAD_OP_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TAD_MAX_INPUTS 16 /* of ops with a fixed list; concat and stack take any number */
#define TAD_MAX_OUTPUTS 64
#define TAD_MAX_INTS 64  /* in an option that is a list of integers */
#define TAD_MAX_TEXT 256 /* bytes of an option that is text */

/* ---- arrays as kernels see them ---- */

/* A view on numbers. dim points to rank sizes, followed by rank strides (in elements, also 0 and
 * below). */
typedef struct tad_array {
    void *data;
    int64_t size;
    int64_t *dim;                 /* rank 0: may be NULL */
    struct tad__version *version; /* internal: of the parameter that this shows; NULL: none */
    uint8_t dtype, rank;
    bool contiguous; /* row-major without gaps */
    bool pooled; /* internal: an adjoint in memory of its own, not a cotangent lent to the sweep */
} tad_array;

/* NULL where there are no dimensions. */
TAD_INLINE const int64_t *tad_strides(const tad_array *a) {
    return a->dim ? a->dim + a->rank : NULL;
}

typedef struct tad_type {
    tad_dtype dtype;
    tad_shape shape;
} tad_type;

/* ---- options ---- */

/* Options of an op are a struct whose zero value is the default. The list of tad_option says where
 * its fields are, so that the op can be called by name with named values. */
typedef enum tad_option_kind {
    TAD_OPTION_BOOL,        /* bool */
    TAD_OPTION_INT,         /* int64_t */
    TAD_OPTION_FLOAT,       /* double */
    TAD_OPTION_CHOICE,      /* int: position in `choices`, words separated by '|' */
    TAD_OPTION_MAYBE_INT,   /* tad_maybe_int */
    TAD_OPTION_MAYBE_FLOAT, /* tad_maybe_float */
    TAD_OPTION_AXES,        /* tad_axes: null, an integer, a list */
    TAD_OPTION_SHAPE,       /* tad_shape */
    TAD_OPTION_SLICES,      /* tad_slices */
    TAD_OPTION_INTS,        /* tad_ints: an integer, a list; pairs lie end to end */
    TAD_OPTION_DTYPE,       /* int: a tad_dtype */
    TAD_OPTION_TEXT         /* tad_words */
} tad_option_kind;

typedef struct tad_maybe_int {
    bool given;
    int64_t value;
} tad_maybe_int;
typedef struct tad_maybe_float {
    bool given;
    double value;
} tad_maybe_float;

/* Axes by value: tad_all(), tad_axis(0), TAD_AXES(0, 2), tad_axes_of(list, n). Negative ones count
 * from the end. A reduction of tad_keepdims(tad_axis(0)) leaves the axis, with size 1. Never
 * written field by field. */
typedef struct tad_axes {
    bool given; /* false: all */
    bool keepdims;
    int count;
    int axis[TAD_MAX_RANK];
} tad_axes;

/* n axes; more than TAD_MAX_RANK are refused by the op that is given them. */
TAD_INLINE tad_axes tad_axes_of(const int *axes, size_t n) {
    tad_axes a = {true, false, TAD_MAX_RANK + 1, {0, 0, 0, 0, 0, 0, 0, 0}};
    if (n > TAD_MAX_RANK || (n && !axes)) return a;
    a.count = (int)n;
    for (size_t i = 0; i < n; i++) a.axis[i] = axes[i];
    return a;
}

TAD_INLINE tad_axes tad_axis(int axis) { return tad_axes_of(&axis, 1); }

TAD_INLINE tad_axes tad_all(void) {
    tad_axes all = tad_axes_of(NULL, 0);
    all.given = false;
    return all;
}

#if defined(__cplusplus)
}
template <typename... Axis> constexpr tad_axes tad__axes_cpp(Axis... axis) {
    return tad_axes{true, false, (int)sizeof...(Axis), {axis...}};
}
extern "C" {
#define TAD_AXES(...) tad__axes_cpp(__VA_ARGS__)
#else
#define TAD_AXES(...)                                                                              \
    ((tad_axes){true, false, (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), {__VA_ARGS__}})
#endif

TAD_INLINE tad_axes tad_keepdims(tad_axes axes) {
    axes.keepdims = true;
    return axes;
}

/* Python's start:stop:step. */
typedef struct tad_range {
    tad_maybe_int start, stop, step;
} tad_range;
typedef struct tad_slices {
    int count;
    tad_range range[TAD_MAX_RANK];
} tad_slices;

/* Integers by value; more than TAD_MAX_INTS are refused by the op that is given them. */
typedef struct tad_ints {
    int count;
    int64_t value[TAD_MAX_INTS];
} tad_ints;

/* Text by value; ends with a zero. */
typedef struct tad_words {
    char text[TAD_MAX_TEXT];
} tad_words;

typedef struct tad_option {
    const char *name;
    tad_option_kind kind;
    size_t offset;
    const char *choices; /* TAD_OPTION_CHOICE only */
    double initial;      /* value when called by name without it; FLOAT, INT, BOOL, a list of one
                            for INTS; else zero */
    bool required;       /* by name, it must be given */
} tad_option;

/* A named value, for calls by name. */
typedef enum tad_value_kind {
    TAD_VALUE_NULL,
    TAD_VALUE_BOOL,
    TAD_VALUE_INT,
    TAD_VALUE_FLOAT,
    TAD_VALUE_TEXT,
    TAD_VALUE_INTS,  /* a list of integers */
    TAD_VALUE_SLICES /* a list of [start, stop, step] with nulls */
} tad_value_kind;
typedef struct tad_value {
    const char *name;
    tad_value_kind kind;
    int64_t integer; /* BOOL, INT */
    double number;   /* FLOAT */
    const char *text;
    const int64_t *ints;
    size_t count; /* of ints */
    const tad_slices *slices;
} tad_value;

/* ---- one application of an op ---- */

/* As shape rules and numeric hooks see it. It is the same whoever runs the op: a tape while it
 * records, a sweep, a program. */
typedef struct tad_call_frame {
    const struct tad_op *op;
    const void *options; /* never NULL when the op has options */
    size_t n_in, n_out;
    const tad_array *const *in;         /* NULL for an input left out */
    tad_array *const *out;              /* shape rules: NULL */
    const struct tad__compute *compute; /* internal: kernels, threads, scratch memory */
    struct tad__driver *driver;         /* internal: who runs the op */
} tad_call_frame;

/* Records a failure of an op ("matmul: (2,3) x (4,5): " is put before) and returns the code. */
TAD_API tad_status tad_fail(const tad_call_frame *c, tad_status code, const char *format, ...)
    TAD_PRINTF(3, 4);

/* Memory for the time of one hook, 64-byte aligned. NULL: none left (return TAD_NO_MEMORY). */
TAD_API void *tad_scratch(const tad_call_frame *c, size_t bytes);
/* The array itself, or a contiguous copy for the time of one hook. NULL: no memory. */
TAD_API const tad_array *tad_contiguous(const tad_call_frame *c, const tad_array *a);

/* Calls fn(arg, first, end) for pieces [first, end) of n things, at least `grain` of them each but
 * for the last, on the threads that the settings allow, and returns when all have returned. The
 * pieces follow from n and grain alone, so results do not depend on threads if no piece depends on
 * another. */
typedef void tad_piece_fn(void *arg, size_t first, size_t end);
TAD_API void tad_split(const tad_call_frame *c, size_t n, size_t grain, tad_piece_fn *fn,
                       void *arg);

/* In forward: whether a sweep may ask for the gradient of input i. */
TAD_API bool tad_needs(const tad_call_frame *c, size_t i);
/* In forward: an array that stays with the result until the op's backward reads it with tad_saved;
 * its elements are to be written. NULL: no memory, nothing will be swept, or one is saved already.
 * Backward must do without where there is none. */
TAD_API tad_array *tad_save(const tad_call_frame *c, tad_dtype dtype, const tad_shape *shape);

/* As derivative rules see it. */
typedef struct tad_rule {
    tad_tape *tape;
    const struct tad_op *op;
    const void *options;
    size_t n_in, n_out;
    const tad_var *in; /* tad_none() for an input left out */
    const tad_var *out;
    /* vjp: cotangents of the n_out outputs; jvp: tangents of the n_in inputs. A nil one is zero.
     * Of compose there are only operands and results. */
    const tad_var *given;
    const bool *wanted; /* vjp: which inputs need a gradient */
    /* vjp: n_in gradients; jvp: n_out tangents; compose: n_out results. Left nil means zero. A
     * gradient may have the broadcast shape of its input: the engine sums it back. */
    tad_var *result;
} tad_rule;

/* An optional fused vjp on raw arrays, where it is much faster than the rule. */
typedef struct tad_backward {
    tad_call_frame call;
    const tad_array *const *cotangent; /* of each output, contiguous; NULL: zero */
    const bool *wanted;
} tad_backward;

/* The gradient buffer of input i, contiguous, of its shape and dtype. *fresh: the contents are
 * undefined and must be written, else added to. NULL: no memory (return TAD_NO_MEMORY). */
TAD_API tad_array *tad_backward_buffer(tad_backward *b, size_t i, bool *fresh);
/* Whether input i has no gradient yet: for hooks that choose which input takes the cotangent's
 * memory. */
TAD_API bool tad_backward_is_fresh(const tad_backward *b, size_t i);
/* Adds the cotangent of output k, which has exactly the shape and dtype of input i, to that input's
 * gradient; hands the buffer over where that is possible. */
TAD_API tad_status tad_backward_pass(tad_backward *b, size_t k, size_t i);
/* The same by a hook that reads the cotangent of output k no more, whatever inputs follow. */
TAD_API tad_status tad_backward_pass_last(tad_backward *b, size_t k, size_t i);
/* Makes the contiguous cotangent of output k the gradient of input i, which has the same shape and
 * type, for the hook to write over: nothing else reads it. NULL: that cannot be; use the buffer. */
TAD_API tad_array *tad_backward_take(tad_backward *b, size_t k, size_t i);
/* Makes an array of input i's shape that repeats the numbers of `few` (of its rank, with size 1
 * where they repeat) the gradient of input i; the numbers, contiguous, are to be written. Only ops
 * that broadcast will read it. NULL: that cannot be, or is not worth it; use the buffer. */
TAD_API tad_array *tad_backward_repeat(tad_backward *b, size_t i, const tad_array *few);
/* What forward saved; NULL: nothing, or it was given away. */
TAD_API tad_array *tad_saved(const tad_backward *b);
/* Makes what was saved the gradient of input i, which has none yet and the same shape and type. */
TAD_API void tad_backward_pass_saved(tad_backward *b, size_t i);

/* ---- programs as C ---- */

/* Where the C text of an op goes, see tad_op.c_text. */
typedef struct tad_c tad_c;
/* Adds text, formatted as by printf; at most 1000 characters at once. Indentation follows the
 * braces at the ends and beginnings of lines. */
TAD_API void tad_c_put(tad_c *to, const char *format, ...) TAD_PRINTF(2, 3);

/* ---- samples: what the gradient check tries, and what must be refused ---- */

typedef enum tad_fill {
    TAD_FILL_UNIFORM,  /* lo .. hi, both 0: -2 .. 2 */
    TAD_FILL_DISTINCT, /* a permuted grid over lo .. hi: no two closer than the grid's step / 2 */
    TAD_FILL_INTEGER,  /* lo .. hi - 1 */
    TAD_FILL_SIMPLEX,  /* positive, the last axis sums to 1 */
    TAD_FILL_DOMINANT, /* uniform; the diagonal of square matrices is larger than their rows */
    TAD_FILL_STARTS,   /* integers in ascending order, from lo, the first, to hi, the last */
    TAD_FILL_ASCENDING /* as TAD_FILL_DISTINCT, but in order */
} tad_fill;

typedef struct tad_sample_input {
    tad_type type;
    tad_fill fill;
    double lo, hi;
    double away[3]; /* kinks: values to stay 0.05 away from, while count_away */
    int count_away;
    bool constant; /* the check does not differentiate it */
    bool absent;
    const bool *mask; /* elements that the check differentiates; NULL: all */
} tad_sample_input;

typedef struct tad_sample {
    const char *label;
    size_t n;
    const tad_sample_input *in; /* n of them */
    const void *options;        /* NULL: default */
} tad_sample;

typedef struct tad_misuse {
    const char *label;
    size_t n;
    const tad_sample_input *in; /* n of them */
    const void *options;
    tad_status expect;
} tad_misuse;

/* ---- the descriptor ---- */

typedef enum tad_op_flags {
    TAD_OP_ELEMENTWISE = 1, /* each element by itself, operands broadcast */
    TAD_OP_LINEAR = 2,   /* in all its differentiable inputs together: the jvp is the op itself */
    TAD_OP_FLAT = 4,     /* piecewise constant or integer: no input has a gradient */
    TAD_OP_INTERNAL = 8, /* only derivative rules make it */
    TAD_OP_LOOKS = 16,   /* the result's shape follows from elements, be they of any type */
    TAD_OP_REFUSES = 32, /* forward may refuse elements, as a singular matrix */
    /* Elementwise too, but with samples of its own; and of contiguous operands of one shape,
     * forward takes no scratch memory and cannot fail. Programs compute such ops of the library at
     * many points together. */
    TAD_OP_POINTWISE = 64
} tad_op_flags;

typedef struct tad_op {
    const char *name;       /* as in tad_<name> and tad_call */
    const char *family;     /* heading in the manual */
    const char *doc;        /* one line: formula, shapes, edge cases */
    uint8_t min_in, max_in; /* max_in 255: any number */
    uint8_t n_out;          /* 0: as many as the shape rule says */
    uint32_t flags;
    uint32_t constant_in; /* bit i: input i has no derivative; a sweep that needs one is refused */
    size_t options_size;
    const tad_option *options;
    size_t n_options;
    /* Checks the call and gives the type of every output; n_out types, *n_out may be set when the
     * descriptor's is 0. */
    tad_status (*shape)(const tad_call_frame *c, tad_type *out, size_t *n_out);
    /* Fills the outputs (contiguous, uninitialised). */
    tad_status (*forward)(const tad_call_frame *c);
    /* Instead of forward, when the output is the input's memory seen otherwise: sets out's data and
     * strides (dims are set). Where it returns false, and of a 0-d input, forward is used instead.
     * Its rules must read no elements: no sweep is refused because a parameter changed together
     * with its view. */
    bool (*view)(const tad_call_frame *c, tad_array *out);
    /* Instead of forward, vjp and jvp, where other ops say it as well: gives the results from the
     * operands with them, each a new variable of the type that the shape rule said. A call records
     * those ops and no node of its own. */
    void (*compose)(tad_rule *r);
    void (*vjp)(tad_rule *r);
    void (*jvp)(tad_rule *r);                /* NULL for TAD_OP_LINEAR */
    tad_status (*backward)(tad_backward *b); /* optional */
    /* Writes C99 statements that do what forward does, for tad_program_c; NULL: programs with the
     * op cannot be written as C. The arrays of the frame have types, shapes and strides, but no
     * elements; in the text in0, in1, ... and out0, ... are pointers to the first element: of
     * double, float, int64_t, uint8_t. */
    void (*c_text)(const tad_call_frame *c, tad_c *to);
    const tad_sample *samples;
    size_t n_samples;
    const tad_misuse *misuse;
    size_t n_misuse;
} tad_op;

/* ---- applying ops ---- */

/* Applies op to n inputs; options NULL: default (they are copied). Returns output 0; `outputs`, if
 * not NULL, receives all of them. The op must outlive the tape. */
TAD_API tad_var tad_apply(const tad_op *op, const tad_var *in, size_t n, const void *options,
                          tad_var *outputs, size_t n_outputs);
/* Inputs may all be numbers or absent only when the op has no inputs: then give the tape. */

/* The same by name, with named options, checked against the op's list. */
TAD_API tad_var tad_call(tad_tape *t, const char *name, const tad_var *in, size_t n,
                         const tad_value *options, size_t n_options, tad_var *outputs,
                         size_t n_outputs);

/* The options of such a call as their struct, of op->options_size bytes: made once, tad_apply takes
 * them as often as one likes. BAD_ARGUMENT for names and values that the op does not have. */
TAD_API TAD_MUST_USE tad_status tad_options_by_name(tad_tape *t, const tad_op *op,
                                                    const tad_value *values, size_t n,
                                                    void *options);

/* ---- the registry of built-in ops ---- */

TAD_API size_t tad_op_count(void);
TAD_API const tad_op *tad_op_at(size_t i);           /* NULL beyond the end */
TAD_API const tad_op *tad_op_find(const char *name); /* NULL: no such op */

#ifdef __cplusplus
}
#endif
#endif
