/* The tape: handles, element types, leaves, marks, errors, memory, reading values.
 *
 * A tape records what is computed with its variables. Everything it makes belongs to it and dies
 * with it; the user frees only the tape. While building, the first failure sticks to the tape and
 * later calls return nil variables, so one check at the end is enough; verbs return a status.
 *
 * Threads: a tape is used by one thread at a time; different tapes may be used in parallel. */
#ifndef TAD_TAPE_H
#define TAD_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tad/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tad_tape tad_tape;

/* A variable: 16 bytes, passed by value. Use the functions below, never the fields. */
typedef struct tad_var {
    tad_tape *tape;
    union {
        struct {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
            uint32_t index, epoch;
#else
            uint32_t epoch, index;
#endif
        } at;
        uint64_t bits; /* epoch below, its top bit: no number that needs a gradient; index above */
        double number;
    } u;
} tad_var;

/* ---- element types and shapes ---- */

typedef enum tad_dtype { TAD_F64, TAD_F32, TAD_I64, TAD_BOOL, TAD_DTYPE_COUNT } tad_dtype;

#define TAD_MAX_RANK 8

typedef struct tad_shape {
    int rank;                  /* 0 .. TAD_MAX_RANK; rank 0 has one element */
    int64_t dim[TAD_MAX_RANK]; /* sizes, outermost first; zero is legal */
} tad_shape;

/* TAD_SHAPE(784, 10) is a shape of rank 2; TAD_0D is the shape of a single number. */
#if defined(__cplusplus)
}
template <typename... Size> constexpr tad_shape tad__shape_cpp(Size... size) {
    return tad_shape{(int)sizeof...(Size), {(int64_t)size...}};
}
extern "C" {
#define TAD_SHAPE(...) tad__shape_cpp(__VA_ARGS__)
#define TAD_0D tad__shape_cpp()
#else
#define TAD_SHAPE(...)                                                                             \
    ((tad_shape){(int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {__VA_ARGS__}})
#define TAD_0D ((tad_shape){0, {0}})
#endif

TAD_API size_t tad_dtype_size(tad_dtype dtype);      /* bytes of one element; 0 for no dtype */
TAD_API const char *tad_dtype_name(tad_dtype dtype); /* "float64", ...; "?" for no dtype */

/* ---- numbers and absent operands ---- */

/* A plain number where an op wants a variable: tad_mul(x, tad_number(0.5)). It takes the tape and
 * the element type of the other operands (int64 only if it is whole: tad_equal(labels,
 * tad_number(3))), is folded into the node that uses it, and has no
 * gradient. An elementwise op of numbers alone gives a number: of tad_number(1), tad_number(2)
 * tad_add makes tad_number(3). Any other op needs a variable among its operands: without one there
 * is no tape to compute on or to tell, and the result is nil. */
TAD_INLINE tad_var tad_number(double value) {
    tad_var v;
    v.tape = (tad_tape *)(uintptr_t)1;
    v.u.number = value;
    return v;
}

/* "No operand" where an op says one may be left out: tad_affine(x, W, tad_none()). */
TAD_INLINE tad_var tad_none(void) {
    tad_var v;
    v.tape = (tad_tape *)(uintptr_t)2;
    v.u.number = 0;
    return v;
}

TAD_INLINE bool tad_is_number(tad_var v) { return v.tape == (tad_tape *)(uintptr_t)1; }
TAD_INLINE bool tad_is_none(tad_var v) { return v.tape == (tad_tape *)(uintptr_t)2; }

/* ---- life of a tape ---- */

/* One function allocates, resizes and frees, as realloc does, told the old size.
 * new_size 0 frees and returns NULL. Must return memory aligned as malloc's. */
typedef struct tad_allocator {
    void *(*resize)(void *user, void *old, size_t old_size, size_t new_size);
    void *user;
} tad_allocator;

/* Instruction sets of the numeric kernels. */
typedef enum tad_level {
    TAD_LEVEL_BEST, /* the best the CPU has */
    TAD_LEVEL_BASE,
    TAD_LEVEL_AVX2,
    TAD_LEVEL_AVX512
} tad_level;

/* All zero is the default. A value that cannot be is the first failure of the new tape. */
typedef struct tad_settings {
    tad_allocator allocator; /* NULL resize: the C library's */
    size_t memory_limit;     /* bytes; 0: none */
    int threads;      /* kernels may use so many, at most 256; 0 and 1: none but the caller's */
    tad_level level;  /* UNSUPPORTED where the CPU lacks it */
    bool trap;        /* fail at the first op that makes a NaN or an infinity, in sweeps too */
    bool strong_zero; /* in sweeps an elementwise op, in reverse mode also one whose result is a
                         single number, passes on zero where it is given zero, also
                         where its derivative is infinite: the gradient of
                         where(x > 0, sqrt(x), 0) at 0 is then 0, not NaN. Slower on numbers */
    uint64_t seed;    /* of the tape's random numbers */
} tad_settings;

typedef struct tad_memory {
    size_t live, peak; /* bytes now, and at most so far */
    size_t calls;      /* allocations and resizes so far; constant in a steady step */
} tad_memory;

/* A point to come back to, see tad_tape_mark. */
typedef struct tad_mark {
    tad_tape *tape;
    uint32_t count, epoch;
    size_t chunk, used;
} tad_mark;

/* The library's version, as TAD_VERSION. */
TAD_API int tad_version(void);

/* NULL settings: defaults. NULL: no memory. If the program and the library, whose functions the
 * headers record in place of, do not go together, the new tape has failed already (UNSUPPORTED):
 * another TAD_ABI, headers that are newer, or a compiler told to lay out structs or enums
 * otherwise. */
TAD_API tad_tape *tad_tape_new(const tad_settings *settings);

/* What the macro calls, with what the program was compiled with. */
typedef struct tad_built {
    int version, abi;
    unsigned layout; /* sizes of what both know */
} tad_built;
TAD_API tad_tape *tad_tape_new_for(const tad_settings *settings, tad_built program);
#define TAD__LAYOUT                                                                                \
    ((unsigned)(sizeof(tad_var) | sizeof(tad_settings) << 8 | sizeof(tad_mark) << 16 |             \
                sizeof(tad_status) << 24))
static inline tad_built tad__built(void) {
    const tad_built program = {TAD_VERSION, TAD_ABI, TAD__LAYOUT};
    return program;
}
#define tad_tape_new(...) tad_tape_new_for(__VA_ARGS__, tad__built())
/* With all that it made; handles and pointers are of no use then. Accepts NULL. */
TAD_API void tad_tape_free(tad_tape *t);
/* Zeros for NULL. */
TAD_API tad_memory tad_tape_memory(const tad_tape *t);
TAD_API const char *tad_tape_level(const tad_tape *t); /* name of the kernels in use */

/* Memory that lives as long as the tape (not freed by rewind or reset), as realloc: old NULL: new,
 * count 0: free. 64-byte aligned; counted and limited as the tape's own. NULL on failure (old
 * stays). */
TAD_API void *tad_tape_resize(tad_tape *t, void *old, size_t count, size_t size);

/* A point to come back to. Rewinding forgets every variable recorded since: their handles become
 * stale (detected, unless kept over 2^31 rewinds), variables below the mark stay valid. Their
 * memory is used again. Scopes, pauses and the state of random numbers are not part of a mark.
 * BAD_HANDLE for a mark of another tape, or one that was rewound itself. */
TAD_API tad_mark tad_tape_mark(tad_tape *t);
TAD_API tad_status tad_tape_rewind(tad_tape *t, tad_mark mark);
/* Forgets every variable, scope, pause and the error; keeps the memory. Handles and marks become
 * stale. */
TAD_API void tad_tape_reset(tad_tape *t);

/* ---- errors ---- */

/* the first failure; BAD_ARGUMENT for NULL */
TAD_API tad_status tad_tape_status(const tad_tape *t);
/* what failed: op, shapes, place; "" if nothing */
TAD_API const char *tad_message(const tad_tape *t);
TAD_API void tad_tape_clear(tad_tape *t); /* forgets the failure, keeps the variables */
TAD_API bool tad_is_nil(tad_var x);       /* the result of a failed call */
TAD_API tad_tape *tad_tape_of(tad_var x); /* NULL for a number or none */

/* For libraries on top of tad: records a failure of the caller's own (the first one sticks).
 * Returns code. */
TAD_API tad_status tad_tape_fail(tad_tape *t, tad_status code, const char *format, ...)
    TAD_PRINTF(3, 4);

/* Used by the macros of TAD_TRACE: gives a variable, or the failure that made it nil, its place;
 * the same of a verb on a tape, whose status is returned. */
TAD_API tad_var tad_here(tad_var x, const char *file, int line);
TAD_API TAD_MUST_USE tad_status tad_here_status(tad_tape *t, tad_status status, const char *file,
                                                int line);

/* ---- leaves ---- */

TAD_API tad_var tad_scalar(tad_tape *t, double value); /* a 0-d float64 input */

/* data: dtype elements in row-major order, copied; NULL: zeros. Inputs have the gradient of the
 * last sweep; parameters add up over sweeps until tad_zero_gradients; constants have none. Here and
 * below: TOO_LARGE for a rank or size out of range, NO_MEMORY; the result is nil then. */
TAD_API tad_var tad_input(tad_tape *t, tad_dtype dtype, tad_shape shape, const void *data);
TAD_API tad_var tad_param(tad_tape *t, tad_dtype dtype, tad_shape shape, const void *data);
TAD_API tad_var tad_constant(tad_tape *t, tad_dtype dtype, tad_shape shape, const void *data);

/* A constant on the caller's memory: not copied, must stay unchanged while variables computed from
 * it are in use. */
TAD_API tad_var tad_borrow(tad_tape *t, tad_dtype dtype, tad_shape shape, const void *data);
/* The same as a differentiable input. */
TAD_API tad_var tad_input_borrow(tad_tape *t, tad_dtype dtype, tad_shape shape, const void *data);

/* A constant of any dtype from doubles (labels: TAD_I64; masks: TAD_BOOL). */
TAD_API tad_var tad_constant_from(tad_tape *t, tad_dtype dtype, tad_shape shape,
                                  const double *data);
TAD_API tad_var tad_full(tad_tape *t, tad_dtype dtype, tad_shape shape, double value);
/* n rows and m columns with ones on the diagonal. */
TAD_API tad_var tad_eye(tad_tape *t, tad_dtype dtype, int64_t n, int64_t m);
/* start, start + step, ... before stop: BAD_ARGUMENT for step 0. n numbers from start to stop,
 * both included. */
TAD_API tad_var tad_arange(tad_tape *t, tad_dtype dtype, double start, double stop, double step);
TAD_API tad_var tad_linspace(tad_tape *t, tad_dtype dtype, double start, double stop, int64_t n);

/* Constants of a float type with the tape's random numbers, one of its draws for each element (two
 * for a normal one): uniform in [0, 1); normal with mean 0 and variance 1. */
TAD_API tad_var tad_rand(tad_tape *t, tad_dtype dtype, tad_shape shape);
TAD_API tad_var tad_randn(tad_tape *t, tad_dtype dtype, tad_shape shape);

/* When x is forgotten, by a rewind, a reset or the end of the tape, release(owner) is called, once:
 * for memory that was borrowed for it, say. It does not use the tape. On failure it is never
 * called. Of several those of later variables come first. */
typedef void tad_release(void *owner);
TAD_API TAD_MUST_USE tad_status tad_on_release(tad_var x, tad_release *release, void *owner);

/* The same value without a past: a constant. It shares x's memory, except where x is a parameter or
 * a view of one: then it is a copy, and does not change when the parameter does. A number is
 * itself. */
TAD_API tad_var tad_detach(tad_var x);

/* Between these two nothing is recorded: results are constants. Nests. */
TAD_API void tad_record_pause(tad_tape *t);
TAD_API void tad_record_resume(tad_tape *t);

/* ---- names ---- */

/* Names show up in messages, dumps and pictures; the last one given counts, for as long as x lives.
 * Strings are copied. Returns x. */
TAD_API tad_var tad_name(tad_var x, const char *name);
/* A scope is put before the names given from its push to its pop, "scope/name", also where
 * something fails or is rewound in between. */
TAD_API void tad_scope_push(tad_tape *t, const char *name);
TAD_API void tad_scope_pop(tad_tape *t);

/* ---- reading ---- */

TAD_API double tad_item(tad_var x); /* the one element of x; NaN (and the error sticks) otherwise */
TAD_API tad_dtype tad_dtype_of(tad_var x); /* TAD_DTYPE_COUNT for nil */
TAD_API tad_shape tad_shape_of(tad_var x); /* rank -1 for nil */
TAD_API int64_t tad_size_of(tad_var x);    /* number of elements; -1 for nil */

/* The elements in row-major order, converted; BAD_SHAPE unless n is their number. */
TAD_API TAD_MUST_USE tad_status tad_read(tad_var x, double *out, size_t n);

/* The stored elements, contiguous (a view is copied first). Valid until the tape records, rewinds
 * or is freed. NULL on failure. */
TAD_API const void *tad_data(tad_var x);

/* The one element of a bool variable, to branch by in C: if (tad_decide(tad_greater(x, y))) ...
 * False (and the error sticks) for anything else. What is read otherwise, a frozen program cannot
 * follow (program.h); a decision it takes again, and says so where it comes out otherwise. */
TAD_API bool tad_decide(tad_var condition);

/* A parameter's elements to be changed in place, now: call it again before the next change. What
 * was computed from it before can no longer be differentiated (STALE_VALUE), in any way; views of
 * it, which change with it, can. The pointer lives as long as the parameter, but that of a 0-d
 * float64 parameter only until the tape records. NULL on failure. */
TAD_API void *tad_param_data(tad_var x);
/* The same by copying: as many elements as it has, of its dtype. */
TAD_API TAD_MUST_USE tad_status tad_assign(tad_var param, const void *data);

/* ---- gradients of the last sweep (diff.h) ----
 *
 * NO_GRADIENT for a constant, for what was recorded after the sweep, and for an interior array
 * whose gradient was released (tad_retain keeps it). */

TAD_API tad_var tad_gradient(tad_var x); /* a copy as a constant of x's shape */
/* of a one-element x; NaN (and the error sticks) otherwise */
TAD_API double tad_gradient_item(tad_var x);
TAD_API bool tad_is_reached(tad_var x); /* false: x did not influence what was reversed */
/* The stored gradient, contiguous, same dtype as x; zeros if not reached. NULL on failure. Valid
 * until the next sweep or rewind. */
TAD_API const void *tad_gradient_data(tad_var x);
/* Of parameters alone; none is zeroed unless all can be. Costs nothing for each element. */
TAD_API TAD_MUST_USE tad_status tad_zero_gradients(const tad_var *params, size_t n);

/* ---- random numbers of the tape ---- */

/* Counter-based: the state is the seed and how many numbers were drawn, so a run can be resumed. */
typedef struct tad_random {
    uint64_t seed, drawn;
} tad_random;
TAD_API tad_random tad_tape_random(const tad_tape *t);
TAD_API void tad_tape_set_random(tad_tape *t, tad_random state);
TAD_API double tad_random_uniform(tad_random *r); /* in [0, 1) */
TAD_API double tad_random_normal(tad_random *r);
TAD_API uint64_t tad_random_below(tad_random *r, uint64_t n); /* 0 .. n-1; 0 for n = 0 */

#ifdef __cplusplus
}
#endif

#endif
