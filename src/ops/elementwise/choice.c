/* Choice and conversion: where, cast. Rests on tape.h and the loop. */
#include "choice.h"

#include "array/loop.h"
#include "tape/arrays.h"

#include "ops/families.h"

#include <math.h>
#include <string.h>

enum { WHERE, CAST };

static bool broadcast_all(const tad_call_frame *c, tad_shape *out) {
    *out = tad__shape_of(c->in[0]);
    for (size_t i = 1; i < c->n_in; i++) {
        tad_shape next = tad__shape_of(c->in[i]);
        if (!tad__shape_broadcast(out, &next, out)) return false;
    }
    return true;
}

/* ---- where ---- */

static tad_status where_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    for (size_t i = 0; i < 3; i++)
        if (!c->in[i]) return tad_fail(c, TAD_BAD_ARGUMENT, "operand %zu is missing", i);
    if (c->in[0]->dtype != TAD_BOOL)
        return tad_fail(c, TAD_BAD_DTYPE, "the condition is %s, it must be bool", tad_dtype_name((tad_dtype)c->in[0]->dtype));
    if (c->in[1]->dtype != c->in[2]->dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "%s and %s", tad_dtype_name((tad_dtype)c->in[1]->dtype),
                        tad_dtype_name((tad_dtype)c->in[2]->dtype));
    out->dtype = (tad_dtype)c->in[1]->dtype;
    if (!broadcast_all(c, &out->shape)) return tad_fail(c, TAD_BAD_SHAPE, "do not broadcast together");
    return TAD_OK;
}

/* Arrays of the loop: y, condition, a, b. */
typedef struct selection {
    const tad__kernels *kernels;
    tad_dtype dtype;
    bool through_room; /* y is one of a and b */
    bool added;
} selection;

static void select_walk(void *arg, tad__loop *l) {
    const selection *s = arg;
    const size_t size = tad_dtype_size(s->dtype);
    tad__rooms r;
    memset(r.repeated, 0, sizeof r.repeated);
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l))
        for (int64_t at = 0; at < l->length; at += TAD__BLOCK) {
            const int64_t n = l->length - at < TAD__BLOCK ? l->length - at : TAD__BLOCK;
            char *y = l->run[0] + at * (int64_t)size;
            void *to = s->through_room || s->added ? (void *)r.room[0] : y;
            s->kernels->select[s->dtype]((size_t)n, tad__gathered(l, 1, at, n, 1, &r), tad__gathered(l, 2, at, n, size, &r),
                                         tad__gathered(l, 3, at, n, size, &r), to);
            if (s->added) s->kernels->add[s->dtype]((size_t)n, to, y);
            else if (s->through_room) memcpy(y, to, (size_t)n * size);
        }
}

static void select_into(const tad__compute *compute, const tad_array *condition, const tad_array *a, const tad_array *b,
                        const tad_array *y, bool added) {
    selection s = {compute->kernels, (tad_dtype)y->dtype, a->data == y->data || b->data == y->data, added};
    tad_shape shape = tad__shape_of(y);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){y, condition, a, b}, 4);
    tad__loop_split(compute->threads, &l, 0, select_walk, &s);
}

void tad__select(const tad__compute *compute, const tad_array *condition, const tad_array *a, const tad_array *b,
                 const tad_array *y) {
    select_into(compute, condition, a, b, y, false);
}

static tad_status where_forward(const tad_call_frame *c) {
    tad__select(c->compute, c->in[0], c->in[1], c->in[2], c->out[0]);
    return TAD_OK;
}

/* As tad__select_backward, for an input that was broadcast. */
static tad_status sum_selected(tad_backward *b, tad_array *into, bool fresh, const tad_array *condition,
                               const tad_array *p, const tad_array *q) {
    const tad__compute *compute = b->call.compute;
    const tad_array *g = b->cotangent[0];
    tad_shape shape = tad__shape_of(g);
    tad_array *chosen = tad__scratch_array(compute, (tad_dtype)g->dtype, &shape);
    if (!chosen) return TAD_NO_MEMORY;
    select_into(compute, condition, p, q, chosen, false);
    if (fresh) tad__clear(compute, into);
    tad__add_into(compute, into, chosen);
    return TAD_OK;
}

tad_status tad__select_backward(tad_backward *b, size_t i, const tad_array *condition, bool set, bool last) {
    const tad_array *g = b->cotangent[0], *x = b->call.in[i];
    tad__view view;
    const tad_array *zero = tad__number_value(0, (tad_dtype)g->dtype, &view), *p = set ? g : zero, *q = set ? zero : g;
    bool like = x->size == g->size && x->rank == g->rank, fresh = true;
    tad_array *into = like && last ? tad_backward_take(b, 0, i) : NULL;
    if (!into) into = tad_backward_buffer(b, i, &fresh);
    if (!into) return TAD_NO_MEMORY;
    if (!like) return sum_selected(b, into, fresh, condition, p, q);
    select_into(b->call.compute, condition, p, q, into, !fresh);
    return TAD_OK;
}

static tad_status where_backward(tad_backward *b) {
    if (!b->cotangent[0]) return TAD_OK;
    tad_status s = TAD_OK;
    if (b->wanted[1]) s = tad__select_backward(b, 1, b->call.in[0], true, !b->wanted[2]);
    if (s == TAD_OK && b->wanted[2]) s = tad__select_backward(b, 2, b->call.in[0], false, true);
    return s;
}

static tad_var zero_like(tad_var v) { return tad_full(v.tape, tad_dtype_of(v), TAD_0D, 0); }

/* Selecting, never multiplying by 0: a NaN of the branch not taken stays out. */
static void where_vjp(tad_rule *r) {
    tad_var g = r->given[0], zero = zero_like(g);
    if (r->wanted[1]) r->result[1] = tad_where(r->in[0], g, zero);
    if (r->wanted[2]) r->result[2] = tad_where(r->in[0], zero, g);
}

static void where_jvp(tad_rule *r) {
    tad_var zero = zero_like(r->out[0]), a = r->given[1], b = r->given[2];
    r->result[0] = tad_where(r->in[0], tad_is_nil(a) ? zero : a, tad_is_nil(b) ? zero : b);
}

/* ---- cast ---- */

typedef struct cast_options {
    int dtype;
} cast_options;

static tad_status cast_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const cast_options *o = c->options;
    if (!c->in[0]) return tad_fail(c, TAD_BAD_ARGUMENT, "the operand is missing");
    if ((unsigned)o->dtype >= TAD_DTYPE_COUNT) return tad_fail(c, TAD_BAD_DTYPE, "no element type %d", o->dtype);
    *out = (tad_type){(tad_dtype)o->dtype, tad__shape_of(c->in[0])};
    return TAD_OK;
}

static tad_status cast_forward(const tad_call_frame *c) {
    tad__copy(c->compute, c->out[0], c->in[0]);
    return TAD_OK;
}

static void cast_vjp(tad_rule *r) {
    tad_dtype from = tad_dtype_of(r->in[0]);
    if (tad__is_float(from)) r->result[0] = tad_cast(r->given[0], from);
}

/* ---- the family ---- */

#define X(dtype_, ...) {.type = {dtype_, {(int)(sizeof((int64_t[]){__VA_ARGS__}) / 8), {__VA_ARGS__}}}, .lo = -2, .hi = 2}
#define NUMBER_(dtype_) {.type = {dtype_, {0, {0}}}, .lo = -2, .hi = 2}
#define MASK(...) {.type = {TAD_BOOL, {(int)(sizeof((int64_t[]){__VA_ARGS__}) / 8), {__VA_ARGS__}}}, .fill = TAD_FILL_INTEGER, .lo = 0, .hi = 2}
#define COUNT(a) (sizeof(a) / sizeof *(a))

static const tad_sample where_samples[] = {
    {"same shapes", 3, {MASK(3, 5), X(TAD_F64, 3, 5), X(TAD_F64, 3, 5)}, NULL},
    {"condition broadcast", 3, {MASK(5), X(TAD_F64, 3, 5), X(TAD_F64, 3, 5)}, NULL},
    {"operands broadcast", 3, {MASK(2, 3, 5), X(TAD_F64, 3, 1), X(TAD_F64, 5)}, NULL},
    {"0-d", 3, {MASK(7), NUMBER_(TAD_F64), X(TAD_F64, 7)}, NULL},
    {"empty", 3, {MASK(0), X(TAD_F64, 0), X(TAD_F64, 1)}, NULL}};
static const tad_misuse where_misuse[] = {
    {"condition not bool", 3, {X(TAD_F64, 3), X(TAD_F64, 3), X(TAD_F64, 3)}, NULL, TAD_BAD_DTYPE},
    {"shapes", 3, {MASK(2), X(TAD_F64, 3), X(TAD_F64, 3)}, NULL, TAD_BAD_SHAPE},
    {"int64 and float64", 3, {MASK(3), X(TAD_I64, 3), X(TAD_F64, 3)}, NULL, TAD_BAD_DTYPE}};
static const cast_options to_f32 = {TAD_F32}, to_f64 = {TAD_F64}, to_i64 = {TAD_I64}, to_none = {77};
static const tad_sample cast_samples[] = {
    {"float64 to float64", 1, {X(TAD_F64, 3, 5)}, &to_f64},
    {"float64 to int64", 1, {X(TAD_F64, 3, 5)}, &to_i64},
    {"float32 to float64", 1, {X(TAD_F32, 3)}, &to_f64},
    {"0-d float64 to float32", 1, {NUMBER_(TAD_F64)}, &to_f32},
    {"empty", 1, {X(TAD_F64, 0, 2)}, &to_f64}};
static const tad_misuse cast_misuse[] = {
    {"no such type", 1, {X(TAD_F64, 3)}, &to_none, TAD_BAD_DTYPE},
    {"two operands", 2, {X(TAD_F64, 3), X(TAD_F64, 3)}, &to_f64, TAD_BAD_ARGUMENT},
    {"no operand", 0, {X(TAD_F64, 3)}, &to_f64, TAD_BAD_ARGUMENT}};
static const tad_option cast_option[] = {
    {"dtype", TAD_OPTION_DTYPE, offsetof(cast_options, dtype), NULL, 0, true}};

const tad_op tad__ops_choice[] = {
    [WHERE] = {.name = "where", .family = "choice", .min_in = 3, .max_in = 3, .n_out = 1,
               .doc = "a where the bool condition holds, else b; all broadcast; what is not selected has no influence",
               .constant_in = 1, .shape = where_shape, .forward = where_forward, .backward = where_backward, .vjp = where_vjp,
               .jvp = where_jvp, .samples = where_samples, .n_samples = COUNT(where_samples),
               .misuse = where_misuse, .n_misuse = COUNT(where_misuse)},
    [CAST] = {.name = "cast", .family = "choice", .min_in = 1, .max_in = 1, .n_out = 1,
              .doc = "the same values as another element type; differentiable between float64 and float32",
              .flags = TAD_OP_LINEAR, .options_size = sizeof(cast_options), .options = cast_option,
              .n_options = 1, .shape = cast_shape, .forward = cast_forward, .vjp = cast_vjp,
              .samples = cast_samples, .n_samples = COUNT(cast_samples), .misuse = cast_misuse,
              .n_misuse = COUNT(cast_misuse)},
};
const size_t tad__ops_choice_count = COUNT(tad__ops_choice);

tad_var tad_where(tad_var condition, tad_var a, tad_var b) {
    return tad_apply(&tad__ops_choice[WHERE], (const tad_var[]){condition, a, b}, 3, NULL, NULL, 0);
}

tad_var tad_cast(tad_var x, tad_dtype dtype) {
    cast_options o = {(int)dtype};
    return tad_apply(&tad__ops_choice[CAST], &x, 1, &o, NULL, 0);
}

/* Only what is not finite is replaced: elsewhere the result depends on `given`, and its derivative
 * with respect to that must not be lost. */
tad_var tad__strong_zero(tad_var given, tad_var result) {
    if (tad_is_nil(result) || tad_is_number(result)) return result;
    bool trap = result.tape->settings.trap;
    result.tape->settings.trap = false;
    tad_var zero = tad_number(0), finite = tad_equal(tad_sub(result, result), zero);
    result = tad_where(finite, result, tad_where(tad_equal(given, zero), zero, result));
    result.tape->settings.trap = trap;
    return result;
}
