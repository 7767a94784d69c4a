/* The rows of scalar.def as ops: their descriptors, the scalar path, array forward and backward, and
 * derivative rules as graphs. Every part is one reading of the table. Rests on tape.h and kernels. */
#include "kernel/elementary.h"
#include "tape/tape.h"

#include <math.h>
#include <string.h>

/* The options of a row without options. */
static const double none[2] = {0, 0};

/* ---- reading 1: double functions for 0-d float64 ---- */

#define UNUSED __attribute__((unused))
#define T double

/* The arrays' kernels where they are better than libm. A branch that is never taken hides a select. */
static UNUSED double sigmoid(double x) { return x < -746 ? 0 : tad__sigmoid_f64(x); }
#define tanh(x)      tad__tanh_f64(x)
static UNUSED double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
static UNUSED double step(double x) { return x > 0 ? 1 : x <= 0 ? 0 : x; }
static UNUSED double floor_mod(double a, double b) {
    double r = fmod(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
#define FN(f, x)     f(x)
#define FN2(f, a, b) f(a, b)
#include "kernel/words.h"

typedef struct scalar_row {
    double (*value)(const double *x, const double *pq);
    double (*partial[3])(const double *x, double y, const double *pq);
} scalar_row;

#define VALUE(name, value)                                                                         \
    static double name##_value(const double *x, const double *pq) {                                \
        (void)pq;                                                                                  \
        LOADS return value;                                                                        \
    }
#define PARTIAL(name, wrt, derivative)                                                             \
    static double name##_d##wrt(const double *x, double y, const double *pq) {                     \
        UNUSED const double Y = y;                                                                 \
        (void)pq, (void)x;                                                                         \
        LOADS return derivative;                                                                   \
    }

#define LOADS                                                                                      \
    UNUSED const double X = x[0];                                                                  \
    UNUSED const double P = pq[0], Q = pq[1];
#define TAD_UNARY(name, doc, lo, hi, kinks, value, dx) VALUE(name, value) PARTIAL(name, 0, dx)
#define TAD_OPTION1(name, doc, lo, hi, kinks, option, value, dx) VALUE(name, value) PARTIAL(name, 0, dx)
#define TAD_OPTION2(name, doc, lo, hi, kinks, kinks2, o1, o2, value, dx) VALUE(name, value) PARTIAL(name, 0, dx)
#include <tad/scalar.def>
#undef LOADS
#define LOADS UNUSED const double A = x[0], B = x[1];
#define TAD_BINARY(name, doc, la, ha, lb, hb, value, da, db)                                       \
    VALUE(name, value) PARTIAL(name, 0, da) PARTIAL(name, 1, db)
#include <tad/scalar.def>
#undef LOADS
#define LOADS UNUSED const double A = x[0], B = x[1], C = x[2];
#define TAD_TERNARY(name, doc, value, da, db, dc)                                                  \
    VALUE(name, value) PARTIAL(name, 0, da) PARTIAL(name, 1, db) PARTIAL(name, 2, dc)
#include <tad/scalar.def>
#undef LOADS

#define TAD_UNARY(name, ...)   [TAD__ROW_##name] = {name##_value, {name##_d0}},
#define TAD_OPTION1(name, ...) TAD_UNARY(name, )
#define TAD_OPTION2(name, ...) TAD_UNARY(name, )
#define TAD_BINARY(name, ...)  [TAD__ROW_##name] = {name##_value, {name##_d0, name##_d1}},
#define TAD_TERNARY(name, ...) [TAD__ROW_##name] = {name##_value, {name##_d0, name##_d1, name##_d2}},
static const scalar_row scalar_rows[TAD__ROW_COUNT] = {
#include <tad/scalar.def>
};

/* ---- reading 2: graphs ---- */

#include "kernel/words_end.h"
#undef FN
#undef FN2

/* A branch of a select must have an element type: a number takes that of `like`. */
static tad_var branch(tad_var v, tad_var like) {
    if (!tad_is_number(v) || !tad__has_tape(like)) return v;
    return tad_full(like.tape, tad_dtype_of(like), TAD_0D, v.u.number);
}

enum { COMPARE_GT, COMPARE_GE, COMPARE_EQ };

static bool compare_numbers(int how, double a, double b) {
    return how == COMPARE_GT ? a > b : how == COMPARE_GE ? a >= b : a == b;
}

static tad_var choose(int how, tad_var a, tad_var b, tad_var then, tad_var otherwise) {
    if (tad_is_number(a) && tad_is_number(b))
        return compare_numbers(how, a.u.number, b.u.number) ? then : otherwise;
    tad_var like = tad__has_tape(a) ? a : b;
    tad_var condition = how == COMPARE_GT   ? tad_greater(a, b)
                        : how == COMPARE_GE ? tad_greater_equal(a, b) : tad_equal(a, b);
    return tad_where(condition, branch(then, like), branch(otherwise, like));
}

#define TAD__ROW_fabs      TAD__ROW_abs
#define TAD__ROW_rint      TAD__ROW_round
#define K(number)          tad_number(number)
#define NEG(a)             tad__row2(TAD__ROW_mul, a, tad_number(-1))
#define ADD(a, b)          tad__row2(TAD__ROW_add, a, b)
#define SUB(a, b)          tad__row2(TAD__ROW_sub, a, b)
#define MUL(a, b)          tad__row2(TAD__ROW_mul, a, b)
#define DIV(a, b)          tad__row2(TAD__ROW_div, a, b)
#define SQUARE(a)          tad_square(a)
#define GT(a, b, t, e)     choose(COMPARE_GT, a, b, t, e)
#define GE(a, b, t, e)     choose(COMPARE_GE, a, b, t, e)
#define LT(a, b, t, e)     choose(COMPARE_GT, b, a, t, e)
#define LE(a, b, t, e)     choose(COMPARE_GE, b, a, t, e)
#define EQ(a, b, t, e)     choose(COMPARE_EQ, a, b, t, e)
#define NUMBER(x, t)       choose(COMPARE_EQ, x, x, t, x)
#define SIZE(a, b)         ADD(FN(fabs, a), FN(fabs, b))
#define SCALED(x, a, b)    MUL(x, DIV(K(1), SIZE(a, b)))
#define BOUNDED(x, most)   tad_clamp(x, -(most), most)
#define TAMED(x)           tad_clamp(x, -100, 100)
#define GELU_INNER(x)      gelu_inner(x)
#define FN(f, x)           tad__row1(TAD__ROW_##f, x)
#define FN2(f, a, b)       tad__row2(TAD__ROW_##f, a, b)

/* c (x + 0.044715 x^3) */
static tad_var gelu_inner(tad_var x) {
    return MUL(K(0.797884560802865355880), ADD(x, MUL(K(0.044715), MUL(x, tad_square(x)))));
}

typedef tad_var graph_rule(const tad_rule *r);

#define GRAPH(name, wrt, derivative)                                                               \
    static tad_var name##_g##wrt(const tad_rule *r) {                                              \
        UNUSED const tad_var Y = r->out[0];                                                        \
        LOADS return derivative;                                                                   \
    }
#define LOADS                                                                                      \
    UNUSED const tad_var X = r->in[0];                                                             \
    UNUSED const double *pq = r->options;                                                          \
    UNUSED const tad_var P = pq ? tad_number(pq[0]) : tad_none(), Q = pq ? tad_number(pq[1]) : tad_none();
#define TAD_UNARY(name, doc, lo, hi, kinks, value, dx) GRAPH(name, 0, dx)
#define TAD_OPTION1(name, doc, lo, hi, kinks, option, value, dx) GRAPH(name, 0, dx)
#define TAD_OPTION2(name, doc, lo, hi, kinks, kinks2, o1, o2, value, dx) GRAPH(name, 0, dx)
#include <tad/scalar.def>
#undef LOADS
#define LOADS UNUSED const tad_var A = r->in[0], B = r->in[1];
#define TAD_BINARY(name, doc, la, ha, lb, hb, value, da, db) GRAPH(name, 0, da) GRAPH(name, 1, db)
#include <tad/scalar.def>
#undef LOADS
#define LOADS UNUSED const tad_var A = r->in[0], B = r->in[1], C = r->in[2];
#define TAD_TERNARY(name, doc, value, da, db, dc) GRAPH(name, 0, da) GRAPH(name, 1, db) GRAPH(name, 2, dc)
#include <tad/scalar.def>
#undef LOADS

#define TAD_UNARY(name, ...)   [TAD__ROW_##name] = {name##_g0},
#define TAD_OPTION1(name, ...) TAD_UNARY(name, )
#define TAD_OPTION2(name, ...) TAD_UNARY(name, )
#define TAD_BINARY(name, ...)  [TAD__ROW_##name] = {name##_g0, name##_g1},
#define TAD_TERNARY(name, ...) [TAD__ROW_##name] = {name##_g0, name##_g1, name##_g2},
static graph_rule *const graph_rows[TAD__ROW_COUNT][3] = {
#include <tad/scalar.def>
};

static unsigned row_of(const tad_op *op) { return (unsigned)(op - tad__row_op(0)); }

static void row_vjp(tad_rule *r) {
    for (size_t i = 0; i < r->n_in; i++)
        if (r->wanted[i]) r->result[i] = MUL(r->given[0], graph_rows[row_of(r->op)][i](r));
}

/* sum_i d_i t_i; the engine broadcasts the sum to the output's shape. */
static void row_jvp(tad_rule *r) {
    for (size_t i = 0; i < r->n_in; i++) {
        if (tad_is_nil(r->given[i])) continue;
        tad_var term = MUL(r->given[i], graph_rows[row_of(r->op)][i](r));
        r->result[0] = tad_is_nil(r->result[0]) ? term : tad_add(r->result[0], term);
    }
}

/* ---- arrays ---- */

/* False for bounds that cannot be: of hardtanh crossed, where clamp takes the upper one; NaNs. */
static bool can_clip(unsigned row, const double *pq) {
    if (row != TAD__ROW_hardtanh && row != TAD__ROW_clamp) return true;
    bool crossed = pq[0] > pq[1] && row == TAD__ROW_hardtanh;
    return pq[0] == pq[0] && pq[1] == pq[1] && !crossed;
}

static tad_status row_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    tad_shape s = tad__shape_of(c->in[0]);
    out->dtype = (tad_dtype)c->in[0]->dtype;
    for (size_t i = 0; i < c->n_in; i++) {
        if (!c->in[i]) return tad_fail(c, TAD_BAD_ARGUMENT, "operand %zu is missing", i);
        if (c->in[i]->dtype != TAD_F64 && c->in[i]->dtype != TAD_F32)
            return tad_fail(c, TAD_BAD_DTYPE, "operand %zu is %s, it must be float64 or float32", i,
                            tad_dtype_name((tad_dtype)c->in[i]->dtype));
        tad_shape next = tad__shape_of(c->in[i]);
        if (!tad__shape_broadcast(&s, &next, &s)) return tad_fail(c, TAD_BAD_SHAPE, "do not broadcast together");
    }
    out->shape = s;
    const double *pq = c->options;
    if (can_clip(row_of(c->op), pq)) return TAD_OK;
    return tad_fail(c, TAD_BAD_ARGUMENT, "cannot clip to %g .. %g", pq[0], pq[1]);
}

/* A whole run at once when nothing has to be gathered, else pieces that fit the room. */
static int64_t piece_of(const tad__loop *l, int arrays, int single, size_t size) {
    for (int k = 0; k < arrays; k++)
        if (k != single && l->step[k] != (int64_t)size) return TAD__BLOCK;
    return INT64_MAX;
}

/* Of two operands the one that is a single element in each run, as a column beside a matrix; -1: none. */
static int single_in_runs(const tad__loop *l, size_t n, size_t size) {
    for (int k = 0; k < 2 && n == 2; k++)
        if (l->step[k] == 0 && l->step[1 - k] == (int64_t)size) return k;
    return -1;
}

/* Whether there is nothing to walk: the operands lie as one run beside `out`, which is contiguous, but
 * of two one may be a single element: *single; -1: none. */
static bool are_runs(const tad_array *const *in, size_t n, const tad_array *out, int *single) {
    *single = -1;
    for (size_t i = 0; i < n; i++) {
        if (in[i]->contiguous && in[i]->size == out->size) continue;
        if (n != 2 || in[i]->size != 1 || *single >= 0) return false;
        *single = (int)i;
    }
    return true;
}

/* Whether neighbours along a's innermost axis lie far apart and those along another one do not. */
static bool is_turned(const tad_array *a) {
    int last = a->rank - 1, k = 0;
    const int64_t *stride = tad_strides(a);
    while (last > 0 && a->dim[last] == 1) last--;
    if (a->size < TAD__GRAIN || stride[last] == 0 || (stride[last] < 16 && stride[last] > -16)) return false;
    while (k < last && stride[k] != 1) k++;
    return k < last;
}

static bool any_turned(const tad_array *const *in, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!in[i]->contiguous && is_turned(in[i])) return true;
    return false;
}

/* Large turned operands are copied, by tiles, to be read in order. False: no memory. */
static bool straighten(const tad__compute *c, const tad_array *const *in, size_t n, const tad_array **to) {
    for (size_t i = 0; i < n; i++) {
        to[i] = in[i]->contiguous || !is_turned(in[i]) ? in[i] : tad__contiguous(c, in[i]);
        if (!to[i]) return false;
    }
    return true;
}

static tad__row_forward *forward_of(const tad__compute *c, unsigned row, unsigned dtype, int single) {
    const tad__row_kernels *k = &c->kernels->row[row];
    return single < 0 ? k->forward[dtype] : k->forward_single[single][dtype];
}

/* A row's kernel on operands that lie as runs, or on what a loop walks. */
typedef struct forward_call {
    tad__row_forward *f;
    const double *pq;
    size_t n_in, size;
    int single; /* the operand that is a single element; -1: none */
    const void *const *in;
    void *out;
} forward_call;

static void forward_piece(void *arg, size_t first, size_t end) {
    const forward_call *k = arg;
    const void *in[3] = {NULL};
    for (size_t i = 0; i < k->n_in; i++) in[i] = (const char *)k->in[i] + ((int)i == k->single ? 0 : first * k->size);
    k->f(end - first, in, (char *)k->out + first * k->size, k->pq);
}

static void forward_runs(const tad__compute *c, size_t n, forward_call k) {
    if (n <= TAD__GRAIN || !c->threads) k.f(n, k.in, k.out, k.pq);
    else tad__split(c->threads, n, TAD__GRAIN, forward_piece, &k);
}

static void forward_walk(void *arg, tad__loop *l) {
    const forward_call *k = arg;
    int n = (int)k->n_in;
    tad__rooms r;
    memset(r.repeated, 0, sizeof r.repeated);
    int64_t piece = piece_of(l, n, k->single, k->size);
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l)) {
        for (int64_t at = 0; at < l->length; at += piece) {
            int64_t m = l->length - at < piece ? l->length - at : piece;
            const void *in[3];
            for (int i = 0; i < n; i++) in[i] = i == k->single ? l->run[i] : tad__gathered(l, i, at, m, k->size, &r);
            k->f((size_t)m, in, l->run[n] + at * (int64_t)k->size, k->pq);
            if (piece == INT64_MAX) break;
        }
    }
}

static tad_status row_forward(const tad_call_frame *c) {
    tad_dtype dtype = (tad_dtype)c->out[0]->dtype;
    size_t size = tad__width(dtype);
    int n = (int)c->n_in, single;
    const tad_array *operand[3];
    if (!straighten(c->compute, c->in, c->n_in, operand)) return TAD_NO_MEMORY;
    bool one_run = are_runs(operand, c->n_in, c->out[0], &single);
    tad__row_forward *f = forward_of(c->compute, row_of(c->op), dtype, one_run ? single : -1);
    const double *pq = c->options ? c->options : none;
    const tad_array *array[4] = {NULL};
    for (int i = 0; i < n; i++) array[i] = operand[i];
    array[n] = c->out[0];
    if (one_run) {
        const void *in[3] = {NULL};
        for (int i = 0; i < n; i++) in[i] = operand[i]->data;
        forward_runs(c->compute, (size_t)c->out[0]->size,
                     (forward_call){f, pq, c->n_in, size, single, in, c->out[0]->data});
        return TAD_OK;
    }
    tad_shape shape = tad__shape_of(c->out[0]);
    tad__loop l;
    tad__loop_init(&l, &shape, array, n + 1);
    single = single_in_runs(&l, c->n_in, size);
    f = forward_of(c->compute, row_of(c->op), dtype, single);
    tad__loop_split(c->compute->threads, &l, n, forward_walk, &(forward_call){f, pq, c->n_in, size, single, NULL, NULL});
    return TAD_OK;
}

/* One operand's gradient, summed over what was broadcast. Arrays of the loop: inputs, y, g, result. */
typedef struct back {
    tad_backward *b;
    const tad_array *y;
    size_t wrt;
    tad_array *into;
    bool fresh, in_place; /* in_place: into is the cotangent itself */
    int single; /* the operand that is a single element beside runs; -1: none */
} back;

static void add_piece(const tad__compute *c, tad_dtype dtype, int64_t m, const void *piece, char *to, int64_t step) {
    if (step) {
        c->kernels->add[dtype]((size_t)m, piece, to);
        return;
    }
    double s = c->kernels->sum[dtype]((size_t)m, piece);
    if (dtype == TAD_F64) *(double *)(void *)to += s;
    else *(float *)(void *)to += (float)s;
}

/* Elements [at, all) where there is nothing to walk or to sum over. */
static void backward_piece(void *arg, size_t at, size_t all) {
    const back *k = arg;
    const tad_call_frame *c = &k->b->call;
    tad_dtype dtype = (tad_dtype)k->into->dtype;
    bool direct = k->fresh && !k->in_place; /* kernels do not write what they read */
    size_t size = tad__width(dtype), piece = direct ? all - at : TAD__BLOCK;
    const tad__row_kernels *row = &c->compute->kernels->row[row_of(c->op)];
    tad__row_backward *f = k->single < 0 ? row->backward[k->wrt][dtype] : row->backward_single[k->single][dtype];
    const char *y = k->y->data, *g = k->b->cotangent[0]->data;
    _Alignas(64) double room[TAD__BLOCK];
    for (; at < all; at += piece) {
        size_t m = tad__min(piece, all - at);
        const void *in[3] = {NULL};
        for (size_t i = 0; i < c->n_in; i++) in[i] = (const char *)c->in[i]->data + ((int)i == k->single ? 0 : at * size);
        char *to = (char *)k->into->data + at * size;
        f(m, in, y + at * size, g + at * size, direct ? (void *)to : room, c->options ? c->options : none);
        if (k->in_place) memcpy(to, room, m * size);
        else if (!direct) add_piece(c->compute, dtype, (int64_t)m, room, to, (int64_t)size);
    }
}

static void backward_walk(void *arg, tad__loop *l) {
    const back *k = arg;
    const tad_call_frame *c = &k->b->call;
    tad_dtype dtype = (tad_dtype)k->into->dtype;
    size_t size = tad__width(dtype);
    const tad__row_kernels *row = &c->compute->kernels->row[row_of(c->op)];
    int n = (int)c->n_in, single = single_in_runs(l, c->n_in, size);
    if (single == (int)k->wrt) single = -1; /* the kernels are for the gradient of the other one */
    tad__row_backward *f = single < 0 ? row->backward[k->wrt][dtype] : row->backward_single[single][dtype];
    tad__rooms r;
    memset(r.repeated, 0, sizeof r.repeated);
    bool direct = k->fresh && k->into->size == k->y->size; /* write, nothing to sum */
    int64_t piece = direct && piece_of(l, n + 2, single, size) == INT64_MAX ? INT64_MAX : TAD__BLOCK;
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l)) {
        for (int64_t at = 0; at < l->length; at += piece) {
            int64_t m = l->length - at < piece ? l->length - at : piece;
            const void *in[3];
            for (int i = 0; i < n; i++) in[i] = i == single ? l->run[i] : tad__gathered(l, i, at, m, size, &r);
            char *to = l->run[n + 2] + at * l->step[n + 2];
            const void *y = l->run[n] + at * (int64_t)size, *g = tad__gathered(l, n + 1, at, m, size, &r);
            f((size_t)m, in, y, g, direct ? (void *)to : (void *)r.room[n + 2], c->options ? c->options : none);
            if (!direct) add_piece(c->compute, dtype, m, r.room[n + 2], to, l->step[n + 2]);
            if (piece == INT64_MAX) break;
        }
    }
}

static void row_backward_one(back *k) {
    const tad_call_frame *c = &k->b->call;
    int n = (int)c->n_in;
    const tad_array *array[6] = {NULL};
    for (int i = 0; i < n; i++) array[i] = c->in[i];
    array[n] = k->y, array[n + 1] = k->b->cotangent[0], array[n + 2] = k->into;
    tad_shape shape = tad__shape_of(array[n + 1]);
    tad__loop l;
    tad__loop_init(&l, &shape, array, n + 3);
    tad__loop_split(c->compute->threads, &l, n + 2, backward_walk, k);
}

/* ---- reading 3: the derivatives that only pass the cotangent on are K(1), and nothing else ---- */

#include "kernel/words_end.h"
#undef FN
#undef FN2
#define X             0
#define Y             0
#define A             0
#define B             0
#define C             0
#define P             0
#define K(number)     ((number) == 1)
#define NEG(a)        0
#define ADD(a, b)     0
#define SUB(a, b)     0
#define MUL(a, b)     0
#define DIV(a, b)     0
#define SQUARE(a)     0
#define GT(a, b, t, e) 0
#define GE(a, b, t, e) 0
#define LT(a, b, t, e) 0
#define LE(a, b, t, e) 0
#define EQ(a, b, t, e) 0
#define NUMBER(x, t)  0
#define SIZE(a, b)    0
#define FN(f, x)      0
#define FN2(f, a, b)  0
#define TAD_UNARY(name, doc, lo, hi, kinks, value, dx) [TAD__ROW_##name] = {dx},
#define TAD_OPTION1(name, doc, lo, hi, kinks, option, value, dx) [TAD__ROW_##name] = {dx},
#define TAD_OPTION2(name, doc, lo, hi, kinks, kinks2, o1, o2, value, dx) [TAD__ROW_##name] = {dx},
#define TAD_BINARY(name, doc, la, ha, lb, hb, value, da, db) [TAD__ROW_##name] = {da, db},
#define TAD_TERNARY(name, doc, value, da, db, dc) [TAD__ROW_##name] = {da, db, dc},
static const bool passes[TAD__ROW_COUNT][3] = {
#include <tad/scalar.def>
};
#undef X
#undef Y
#undef A
#undef B
#undef C
#undef P

/* Whether the gradient of input i has an element for each of the cotangent; is the cotangent itself. */
static inline bool is_like_cotangent(const tad_backward *b, size_t i) {
    const tad_array *x = b->call.in[i], *g = b->cotangent[0];
    return x->size == g->size && x->rank == g->rank;
}
static inline bool is_cotangent(const tad_backward *b, size_t i) {
    return passes[row_of(b->call.op)][i] && is_like_cotangent(b, i);
}

static tad_status row_backward_input(tad_backward *b, size_t i, bool last) {
    const tad_call_frame *c = &b->call;
    const tad_array *g = b->cotangent[0];
    if (is_cotangent(b, i)) return (last ? tad_backward_pass_last : tad_backward_pass)(b, 0, i);
    bool pass = passes[row_of(c->op)][i];
    back k = {.b = b, .y = c->out[0], .wrt = i};
    bool runs = g->contiguous && are_runs(c->in, c->n_in, g, &k.single);
    if (last && runs) k.into = tad_backward_take(b, 0, i);
    k.fresh = k.in_place = k.into != NULL;
    if (!k.into) k.into = tad_backward_buffer(b, i, &k.fresh);
    if (!k.into) return TAD_NO_MEMORY;
    bool summed = k.into->size != g->size;
    if (k.fresh && (summed || pass)) tad__clear(c->compute, k.into);
    if (pass) tad__add_into(c->compute, k.into, g);
    else if (!summed && runs)
        tad__split(c->compute->threads, (size_t)g->size, TAD__GRAIN, backward_piece, &k);
    else row_backward_one(&k);
    return TAD_OK;
}

/* An operand that can take the cotangent's memory comes last, when the others have read it: best one
 * whose gradient the cotangent is already. */
static tad_status backward_in_order(tad_backward *b) {
    size_t n = b->call.n_in, last = n;
    for (size_t i = 0; i < n; i++) {
        bool better = b->wanted[i] && (last == n || passes[row_of(b->call.op)][i]);
        if (better && is_like_cotangent(b, i) && tad_backward_is_fresh(b, i)) last = i;
    }
    for (size_t i = 0; i < n; i++) {
        if (!b->wanted[i] || i == last) continue;
        tad_status s = row_backward_input(b, i, false);
        if (s != TAD_OK) return s;
    }
    return last < n ? row_backward_input(b, last, true) : TAD_OK;
}

static tad_status row_backward(tad_backward *b) {
    if (!any_turned(b->call.in, b->call.n_in)) return backward_in_order(b);
    const tad_array *operand[3];
    tad_backward straight = *b;
    if (!straighten(b->call.compute, b->call.in, b->call.n_in, operand)) return TAD_NO_MEMORY;
    straight.call.in = operand;
    return backward_in_order(&straight);
}

/* ---- descriptors ---- */

#define COUNT(a) (sizeof(a) / sizeof *(a))

typedef struct row_options {
    double p, q;
} row_options;

#define REQUIRED NAN
#define OPTION(...) __VA_ARGS__
#define OPTION_ROW(field, name, initial, one, other, choices)                                      \
    {#name, TAD_OPTION_FLOAT, offsetof(row_options, field), choices, initial, (initial) != (initial)}
#define OPTION_ROW_(field, ...) OPTION_ROW(field, __VA_ARGS__)
#define TAD_OPTION1(name, doc, lo, hi, kinks, option, value, dx)                                   \
    static const tad_option name##_options[] = {OPTION_ROW_(p, option)};
#define TAD_OPTION2(name, doc, lo, hi, kinks, kinks2, o1, o2, value, dx)                                   \
    static const tad_option name##_options[] = {OPTION_ROW_(p, o1), OPTION_ROW_(q, o2)};
#include <tad/scalar.def>

/* Where the check samples: tests and gradcheck read it through tad_op.samples, one sample a row,
 * whose shapes they vary. */
#define KINKS(n, a, b, c) .away = {a, b, c}, .count_away = n
#define SAMPLED(lo_, hi_, ...) {.type = {TAD_F64, {1, {5}}}, .lo = lo_, .hi = hi_, __VA_ARGS__}
#define NO_KINKS .count_away = 0
#define TAD_UNARY(name, doc, lo, hi, kinks, value, dx)                                             \
    static const tad_sample name##_samples[] = {{"row", 1, {SAMPLED(lo, hi, kinks)}, NULL}};
#define ONE_(name, initial, one, other, choices) one
#define OTHER_(name, initial, one, other, choices) other
#define ONE(...)   ONE_(__VA_ARGS__)
#define OTHER(...) OTHER_(__VA_ARGS__)
#define OPTION_SAMPLES(name, lo, hi, kinks, kinks2, ...)                                           \
    static const row_options name##_tried[] = {__VA_ARGS__};                                       \
    static const tad_sample name##_samples[] = {                                                   \
        {"row", 1, {SAMPLED(lo, hi, UNWRAP kinks)}, &name##_tried[0]},                             \
        {"row, other option", 1, {SAMPLED(lo, hi, UNWRAP kinks2)}, &name##_tried[1]}};
#define UNWRAP(...) __VA_ARGS__
#define TAD_OPTION1(name, doc, lo, hi, kinks, o1, value, dx)                                       \
    OPTION_SAMPLES(name, lo, hi, (kinks), (kinks), {ONE(o1), 0}, {OTHER(o1), 0})
#define TAD_OPTION2(name, doc, lo, hi, kinks, kinks2, o1, o2, value, dx)                           \
    OPTION_SAMPLES(name, lo, hi, (kinks), (kinks2), {ONE(o1), ONE(o2)}, {OTHER(o1), OTHER(o2)})
#define TAD_BINARY(name, doc, la, ha, lb, hb, value, da, db)                                       \
    static const tad_sample name##_samples[] = {                                                   \
        {"row", 2, {SAMPLED(la, ha, NO_KINKS), SAMPLED(lb, hb, NO_KINKS)}, NULL}};
#define TAD_TERNARY(name, doc, value, da, db, dc)                                                  \
    static const tad_sample name##_samples[] = {                                                   \
        {"row", 3, {SAMPLED(-2, 2, NO_KINKS), SAMPLED(-2, 2, NO_KINKS), SAMPLED(-2, 2, NO_KINKS)}, NULL}};
#include <tad/scalar.def>

#define BAD(dtype_, ...) {.type = {dtype_, {(int)(sizeof((int64_t[]){__VA_ARGS__}) / 8), {__VA_ARGS__}}}}
static const tad_misuse unary_misuse[] = {
    {"int64", 1, {BAD(TAD_I64, 3)}, NULL, TAD_BAD_DTYPE},
    {"bool", 1, {BAD(TAD_BOOL, 3)}, NULL, TAD_BAD_DTYPE},
    {"two operands", 2, {BAD(TAD_F64, 3), BAD(TAD_F64, 3)}, NULL, TAD_BAD_ARGUMENT}};
static const tad_misuse binary_misuse[] = {
    {"shapes", 2, {BAD(TAD_F64, 3), BAD(TAD_F64, 4)}, NULL, TAD_BAD_SHAPE},
    {"float32 and float64", 2, {BAD(TAD_F64, 3), BAD(TAD_F32, 3)}, NULL, TAD_BAD_DTYPE},
    {"int64", 2, {BAD(TAD_F64, 3), BAD(TAD_I64, 3)}, NULL, TAD_BAD_DTYPE},
    {"one operand", 1, {BAD(TAD_F64, 3)}, NULL, TAD_BAD_ARGUMENT}};
static const tad_misuse ternary_misuse[] = {
    {"shapes", 3, {BAD(TAD_F64, 3), BAD(TAD_F64, 3), BAD(TAD_F64, 2, 4)}, NULL, TAD_BAD_SHAPE},
    {"int64", 3, {BAD(TAD_I64, 3), BAD(TAD_F64, 3), BAD(TAD_F64, 3)}, NULL, TAD_BAD_DTYPE},
    {"two operands", 2, {BAD(TAD_F64, 3), BAD(TAD_F64, 3)}, NULL, TAD_BAD_ARGUMENT}};

#define ROW_OP(name_, doc_, arity, misuse_)                                                        \
    .name = #name_, .family = "elementwise", .doc = doc_, .min_in = arity, .max_in = arity, .n_out = 1, \
    .shape = row_shape, .forward = row_forward, .vjp = row_vjp, .jvp = row_jvp, .backward = row_backward, \
    .samples = name_##_samples, .n_samples = COUNT(name_##_samples), .misuse = misuse_, .n_misuse = COUNT(misuse_),      \
    .flags = TAD_OP_ELEMENTWISE
#define WITH_OPTIONS(name)                                                                         \
    .options_size = sizeof(row_options), .options = name##_options, .n_options = COUNT(name##_options)
#define TAD_UNARY(name, doc, ...)   [TAD__ROW_##name] = {ROW_OP(name, doc, 1, unary_misuse)},
#define TAD_OPTION1(name, doc, ...) [TAD__ROW_##name] = {ROW_OP(name, doc, 1, unary_misuse), WITH_OPTIONS(name)},
#define TAD_OPTION2(name, doc, ...) [TAD__ROW_##name] = {ROW_OP(name, doc, 1, unary_misuse), WITH_OPTIONS(name)},
#define TAD_BINARY(name, doc, ...)  [TAD__ROW_##name] = {ROW_OP(name, doc, 2, binary_misuse)},
#define TAD_TERNARY(name, doc, ...) [TAD__ROW_##name] = {ROW_OP(name, doc, 3, ternary_misuse)},
const tad_op tad__ops_elementwise[] = {
#include <tad/scalar.def>
};
const size_t tad__ops_elementwise_count = TAD__ROW_COUNT;

const tad_op *tad__row_op(unsigned row) { return &tad__ops_elementwise[row]; }

bool tad__is_row(const tad_op *op) {
    return (uintptr_t)op - (uintptr_t)tad__ops_elementwise < sizeof tad__ops_elementwise;
}

bool tad__row_is_finite(const tad_op *op, const double *x, const double *pq) {
    const scalar_row *row = &scalar_rows[row_of(op)];
    if (!pq) pq = none;
    double y = row->value(x, pq);
    for (size_t i = 0; i < op->max_in; i++)
        if (!isfinite(row->partial[i](x, y, pq))) return false;
    return true;
}

/* ---- the scalar path ---- */

/* What the sweep does at a node of this row whose operands are all variables. */
static enum tad__kind kind_of(unsigned row) {
    switch (row) {
    case TAD__ROW_add: return TAD__ADD;
    case TAD__ROW_sub: return TAD__SUB;
    case TAD__ROW_mul: return TAD__MUL;
    case TAD__ROW_div: return TAD__DIV;
    case TAD__ROW_fma: return TAD__FMA;
    case TAD__ROW_fnma: return TAD__FNMA;
    default: return TAD__ROW;
    }
}

/* With one plain number among two operands; TAD__ROW: not foldable. */
static enum tad__kind kind_with_number(unsigned row, bool number_first) {
    switch (row) {
    case TAD__ROW_add: return TAD__ADD_XN;
    case TAD__ROW_sub: return number_first ? TAD__SUB_NX : TAD__ADD_XN;
    case TAD__ROW_mul: return TAD__MUL_XN;
    case TAD__ROW_div: return number_first ? TAD__DIV_NX : TAD__DIV_XN;
    default: return TAD__ROW;
    }
}

static bool is_scalar(tad_tape *t, tad_var v) {
    return tad__is_living(t, v) && !(tad__at(t, v.u.at.index)->flags & TAD__ARRAY);
}

static tad_var new_scalar(tad_tape *t, unsigned row, enum tad__kind kind, unsigned flags, double value,
                          tad__node operands) {
    uint32_t index;
    if (t->settings.trap && !isfinite(value)) {
        tad__fail(t, TAD_NOT_FINITE, "%s: the result is %g", tad__row_op(row)->name, value);
        return tad__nil(t);
    }
    if (!tad__new_node(t, &index)) return tad__nil(t);
    tad__node *n = tad__at(t, index);
    *n = operands;
    n->op = (uint16_t)row;
    n->kind = (uint8_t)(t->paused ? TAD__CONSTANT : kind);
    n->flags = (uint8_t)(t->paused ? 0 : flags & TAD__NEEDS);
    n->value.number = value;
    return tad__handle(t, index);
}

static bool are_alike(const tad_array *a, const tad_array *b) {
    if (a->dtype != b->dtype || a->rank != b->rank || !b->contiguous || b->dtype > TAD_F32) return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i]) return false;
    return true;
}

/* The array behind a living handle of the tape; NULL: it is none. */
static const tad_array *living_array(tad_tape *t, tad_var v) {
    if (!tad__is_living(t, v)) return NULL;
    const tad__node *n = tad__at(t, v.u.at.index);
    return n->flags & TAD__ARRAY ? n->value.array : NULL;
}

/* A row on contiguous arrays of one shape and type, or on one and a number, while recording plainly:
 * what tad__apply would do, when there is nothing to check, convert or walk. False: that is not the
 * case. */
static bool on_like_arrays(tad_tape *t, unsigned row, const tad_var *in, size_t n, tad_var *result) {
    const tad_array *like = NULL;
    const void *data[3];
    uint32_t index[3] = {0};
    double number = 0;
    tad__view room;
    unsigned flags = 0;
    int number_at = -1;
    if (t->head.count >= t->head.limit) return false;
    for (size_t i = 0; i < n; i++) {
        if (n == 2 && tad_is_number(in[i])) {
            number_at = (int)i;
            number = in[i].u.number;
            continue;
        }
        const tad_array *x = living_array(t, in[i]);
        if (!like) like = x;
        if (!x || !are_alike(like, x)) return false;
        data[i] = x->data;
        index[i] = in[i].u.at.index;
        flags |= tad__at(t, index[i])->flags;
    }
    if (number_at >= 0) data[number_at] = tad__number_value(number, (tad_dtype)like->dtype, &room)->data;
    tad__place place = tad__arena_place(&t->arena);
    tad_array *y = tad__new_like(t, like);
    if (!y) {
        tad__arena_release(&t->arena, place);
        return false;
    }
    forward_runs(&t->compute, (size_t)y->size,
                 (forward_call){forward_of(&t->compute, row, y->dtype, number_at), none, n, tad__width(y->dtype), number_at, data, y->data});
    tad__node node = tad__row_node(row, index, n, number_at, number);
    node.flags = (uint8_t)(TAD__ARRAY | (flags & TAD__NEEDS));
    node.value.array = y;
    *tad__at(t, t->head.count++) = node;
    *result = tad__handle(t, t->head.count - 1);
    return true;
}

static tad_var general(tad_tape *t, unsigned row, const tad_var *in, size_t n) {
    tad_var y;
    if (on_like_arrays(t, row, in, n, &y)) return y;
    return tad__apply(t, tad__row_op(row), in, n, NULL, NULL, 0);
}

/* Without a variable there is no tape: of numbers alone a number, as in the rule's P - 1. */
static tad_var folded(unsigned row, const tad_var *in, size_t n, const double *pq) {
    double x[3];
    for (size_t i = 0; i < n; i++) {
        if (!tad_is_number(in[i])) return tad__nil(NULL);
        x[i] = in[i].u.number;
    }
    return tad_number(scalar_rows[row].value(x, pq));
}

tad_var tad__row1(unsigned row, tad_var x) {
    tad_tape *t = tad__has_tape(x) ? x.tape : NULL;
    if (!t) return folded(row, &x, 1, none);
    if (t->error.status != TAD_OK || !is_scalar(t, x)) return general(t, row, &x, 1);
    const tad__node *p = tad__at(t, x.u.at.index);
    double v = p->value.number, y = scalar_rows[row].value(&v, none);
    tad__node operands = {.a = x.u.at.index, .u.partial = scalar_rows[row].partial[0](&v, y, none)};
    return new_scalar(t, row, TAD__UNARY, p->flags, y, operands);
}

static tad_var with_number(tad_tape *t, unsigned row, tad_var x, double number, bool first) {
    enum tad__kind kind = kind_with_number(row, first);
    const tad__node *p = tad__at(t, x.u.at.index);
    double v[2] = {p->value.number, number};
    if (first) v[0] = number, v[1] = p->value.number;
    tad__node operands = {.a = x.u.at.index, .u.partial = number};
    return new_scalar(t, row, kind, p->flags, scalar_rows[row].value(v, none), operands);
}

tad_var tad__row2(unsigned row, tad_var a, tad_var b) {
    const tad_var in[2] = {a, b};
    tad_tape *t = tad__tape_of(in, 2);
    if (!t) return folded(row, in, 2, none);
    if (t->error.status != TAD_OK) return tad__nil(t);
    bool sa = is_scalar(t, a), sb = is_scalar(t, b), foldable = kind_with_number(row, false) != TAD__ROW;
    if (foldable && sa && tad_is_number(b)) return with_number(t, row, a, b.u.number, false);
    if (foldable && sb && tad_is_number(a)) return with_number(t, row, b, a.u.number, true);
    if (!sa || !sb) return general(t, row, in, 2);
    const tad__node *p = tad__at(t, a.u.at.index), *q = tad__at(t, b.u.at.index);
    double v[2] = {p->value.number, q->value.number};
    tad__node operands = {.a = a.u.at.index, .u.arg.b = b.u.at.index};
    return new_scalar(t, row, kind_of(row), p->flags | q->flags, scalar_rows[row].value(v, none), operands);
}

tad_var tad__row3(unsigned row, tad_var a, tad_var b, tad_var c) {
    const tad_var in[3] = {a, b, c};
    tad_tape *t = tad__tape_of(in, 3);
    if (!t) return folded(row, in, 3, none);
    if (t->error.status != TAD_OK) return tad__nil(t);
    if (!is_scalar(t, a) || !is_scalar(t, b) || !is_scalar(t, c)) return general(t, row, in, 3);
    const tad__node *p = tad__at(t, a.u.at.index), *q = tad__at(t, b.u.at.index), *r = tad__at(t, c.u.at.index);
    double v[3] = {p->value.number, q->value.number, r->value.number};
    tad__node operands = {.a = a.u.at.index, .u.arg = {b.u.at.index, c.u.at.index}};
    return new_scalar(t, row, kind_of(row), p->flags | q->flags | r->flags, scalar_rows[row].value(v, none), operands);
}

static tad_var with_options(unsigned row, tad_var x, double p, double q) {
    row_options o = {p, q};
    if (!tad__has_tape(x)) return can_clip(row, &o.p) ? folded(row, &x, 1, &o.p) : tad__nil(NULL);
    return tad_apply(tad__row_op(row), &x, 1, &o, NULL, 0);
}

/* ---- the public functions ---- */

/* Value and derivative of a 0-d operand are computed together: the compiler shares what they have in
 * common, as sine and cosine. */
#undef FN
#undef FN2
#include "kernel/words_end.h"
#include "kernel/words.h"
#define FN(f, x)     f(x)
#define FN2(f, a, b) f(a, b)
#define TAD_UNARY(name, doc, lo, hi, kinks, f, dx)                                                 \
    tad_var tad_##name(tad_var x) {                                                                \
        uint64_t next;                                                                             \
        if (!TAD_LIKELY(tad__fast1(x, &next))) return tad__row1(TAD__ROW_##name, x);         \
        const double X = TAD__NODE(x)->value.number, Y = f;                                        \
        return tad__record(x.tape, next, TAD__OWN(name, TAD__UNARY), x, tad__bits(dx), Y); \
    }
#define TAD_OPTION1(name, ...) tad_var tad_##name(tad_var x, double p) { return with_options(TAD__ROW_##name, x, p, 0); }
#define TAD_OPTION2(name, ...) tad_var tad_##name(tad_var x, double p, double q) { return with_options(TAD__ROW_##name, x, p, q); }
/* Arithmetic takes the way of the header first; the choice folds away, the row being known. */
TAD__INLINE tad_var binary(unsigned row, tad_var a, tad_var b) {
    switch (row) {
    case TAD__ROW_add: return tad__inline_add(a, b);
    case TAD__ROW_sub: return tad__inline_sub(a, b);
    case TAD__ROW_mul: return tad__inline_mul(a, b);
    case TAD__ROW_div: return tad__inline_div(a, b);
    default: return tad__row2(row, a, b);
    }
}
TAD__INLINE tad_var ternary(unsigned row, tad_var a, tad_var b, tad_var c) {
    switch (row) {
    case TAD__ROW_fma: return tad__inline_fma(a, b, c);
    case TAD__ROW_fnma: return tad__inline_fnma(a, b, c);
    default: return tad__row3(row, a, b, c);
    }
}
#define TAD_BINARY(name, ...)                                                                      \
    tad_var tad_##name(tad_var a, tad_var b) { return binary(TAD__ROW_##name, a, b); }
#define TAD_TERNARY(name, ...)                                                                     \
    tad_var tad_##name(tad_var a, tad_var b, tad_var c) { return ternary(TAD__ROW_##name, a, b, c); }
#include <tad/scalar.def>
