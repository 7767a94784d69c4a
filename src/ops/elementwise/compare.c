/* Comparisons and logic: bools, without derivatives. Rests on op.h and the loop. */
#include <tad/ops.h>

#include "array/loop.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "tape/hook.h"

#include "plain.h"
#include "text.h"

/* Every comparison of two operands of one type, and every connective of two bools. */
#define COMPARISONS(F)                                                                             \
    F(greater, >, "a > b as bool; false with a NaN")                                               \
    F(greater_equal, >=, "a >= b as bool; false with a NaN")                                       \
    F(less, <, "a < b as bool; false with a NaN")                                                  \
    F(less_equal, <=, "a <= b as bool; false with a NaN")                                          \
    F(equal, ==, "a == b as bool; false with a NaN")                                               \
    F(not_equal, !=, "a != b as bool; true with a NaN")
#define CONNECTIVES(F)                                                                             \
    F(logical_and, &&, "a and b, both bool")                                                       \
    F(logical_or, ||, "a or b, both bool")                                                         \
    F(logical_xor, !=, "one of a and b, both bool, but not both")

/* ---- shapes ---- */

static tad_status compare_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    if (c->in[0]->dtype != c->in[1]->dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "%s and %s", tad_dtype_name((tad_dtype)c->in[0]->dtype),
                        tad_dtype_name((tad_dtype)c->in[1]->dtype));
    out->dtype = TAD_BOOL;
    return tad__broadcast_all(c, &out->shape);
}

static tad_status connect_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    for (size_t i = 0; i < c->n_in; i++)
        if (c->in[i]->dtype != TAD_BOOL)
            return tad_fail(c, TAD_BAD_DTYPE, "operand %zu is %s, it must be bool", i,
                            tad_dtype_name((tad_dtype)c->in[i]->dtype));
    if (c->n_in == 2) return compare_shape(c, out, n_out);
    *out = (tad_type){TAD_BOOL, tad__shape_of(c->in[0])};
    return TAD_OK;
}

/* ---- loops ---- */

typedef struct comparison {
    void (*run)(const tad__loop *, tad_dtype);
    tad_dtype dtype;
} comparison;

static void compare_walk(void *arg, tad__loop *l) {
    const comparison *c = arg;
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l)) c->run(l, c->dtype);
}

static tad_status run_comparison(const tad_call_frame *c,
                                 void (*run)(const tad__loop *, tad_dtype)) {
    tad_shape shape = tad__shape_of(c->out[0]);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){c->in[0], c->in[1], c->out[0]}, 3);
    tad__loop_split(c->compute->threads, &l, 2, compare_walk,
                    &(comparison){run, (tad_dtype)c->in[0]->dtype});
    return TAD_OK;
}
/* Steps of one element or none become vector code. */
#define COMPARE_STEPS(T, how, step_a, step_b)                                                      \
    for (int64_t i = 0; i < l->length; i++) y[i] = a[i * (step_a)] how b[i * (step_b)]
#define COMPARE_RUN(T, how)                                                                        \
    const T *a = (const T *)(const void *)l->run[0], *b = (const T *)(const void *)l->run[1];      \
    const int64_t p = l->step[0] / (int64_t)sizeof(T), q = l->step[1] / (int64_t)sizeof(T);        \
    if (p == 1 && q == 1)                                                                          \
        COMPARE_STEPS(T, how, 1, 1);                                                               \
    else if (p == 1 && q == 0)                                                                     \
        COMPARE_STEPS(T, how, 1, 0);                                                               \
    else                                                                                           \
        COMPARE_STEPS(T, how, p, q);
#define COMPARE(name, how, doc)                                                                    \
    static void name##_run(const tad__loop *l, tad_dtype dtype) {                                  \
        uint8_t *restrict y = (uint8_t *)l->run[2];                                                \
        if (dtype == TAD_F64) {                                                                    \
            COMPARE_RUN(double, how)                                                               \
        } else if (dtype == TAD_F32) {                                                             \
            COMPARE_RUN(float, how)                                                                \
        } else if (dtype == TAD_I64) {                                                             \
            COMPARE_RUN(int64_t, how)                                                              \
        } else {                                                                                   \
            COMPARE_RUN(uint8_t, how)                                                              \
        }                                                                                          \
    }                                                                                              \
    static tad_status name##_forward(const tad_call_frame *c) {                                    \
        return run_comparison(c, name##_run);                                                      \
    }                                                                                              \
    static void name##_c_text(const tad_call_frame *c, tad_c *to) {                                \
        tad__infix_c_text(c, to, #how);                                                            \
    }
#define CONNECT(name, how, doc)                                                                    \
    static void name##_run(const tad__loop *l, tad_dtype dtype) {                                  \
        (void)dtype;                                                                               \
        uint8_t *restrict y = (uint8_t *)l->run[2];                                                \
        COMPARE_RUN(uint8_t, how)                                                                  \
    }                                                                                              \
    static tad_status name##_forward(const tad_call_frame *c) {                                    \
        return run_comparison(c, name##_run);                                                      \
    }                                                                                              \
    static void name##_c_text(const tad_call_frame *c, tad_c *to) {                                \
        tad__infix_c_text(c, to, #how);                                                            \
    }
COMPARISONS(COMPARE)
CONNECTIVES(CONNECT)

static tad_status not_forward(const tad_call_frame *c) {
    const tad_array *x = tad_contiguous(c, c->in[0]);
    uint8_t *y = c->out[0]->data;
    if (!x) return TAD_NO_MEMORY;
    for (int64_t i = 0; i < x->size; i++) y[i] = !((const uint8_t *)x->data)[i];
    return TAD_OK;
}

static void not_c_text(const tad_call_frame *c, tad_c *to) {
    tad__loop l;
    tad__begin_element(c, to, &l);
    tad_c_put(to, "!");
    tad__put_operand(to, &l, 0);
    tad__end_element(to, &l);
}

/* ---- the family ---- */

static const tad_sample compare_samples[] = {
    {CASE("same shapes", F64(3, 5), F64(3, 5))},
    {CASE("broadcast", F64(3, 1), F64(5))},
    {CASE("0-d", F64(5), F64_0D)},
    {CASE("size 1", F64(1), F64(1))},
    {CASE("empty", F64(0), F64(0))},
};
static const tad_misuse compare_misuse[] = {
    {CASE("shapes", F64(2), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("int64 and float64", INDICES(2, 3), F64(3)), .expect = TAD_BAD_DTYPE},
    {CASE("one operand", F64(3)), .expect = TAD_BAD_ARGUMENT},
};
static const tad_sample connect_samples[] = {
    {CASE("same shapes", MASK(3, 5), MASK(3, 5))},
    {CASE("broadcast", MASK(3, 1), MASK(5))},
    {CASE("size 1", MASK(1), MASK(7))},
    {CASE("empty", MASK(0), MASK(0))},
    {CASE("rank 3", MASK(2, 3, 5), MASK(3, 1))},
};
static const tad_misuse connect_misuse[] = {
    {CASE("shapes", MASK(2), MASK(3)), .expect = TAD_BAD_SHAPE},
    {CASE("float64", F64(3), MASK(3)), .expect = TAD_BAD_DTYPE},
    {CASE("int64", MASK(3), INDICES(2, 3)), .expect = TAD_BAD_DTYPE},
    {CASE("one operand", MASK(3)), .expect = TAD_BAD_ARGUMENT},
};
static const tad_sample not_samples[] = {
    {CASE("vector", MASK(7))},       {CASE("matrix", MASK(3, 5))}, {CASE("size 1", MASK(1))},
    {CASE("rank 3", MASK(2, 3, 2))}, {CASE("empty", MASK(0, 3))},
};
static const tad_misuse not_misuse[] = {
    {CASE("float64", F64(3)), .expect = TAD_BAD_DTYPE},
    {CASE("int64", INDICES(2, 3)), .expect = TAD_BAD_DTYPE},
    {CASE("two operands", MASK(3), MASK(3)), .expect = TAD_BAD_ARGUMENT},
};

#define LOGIC(arity, kin)                                                                          \
    FAMILY("choice", arity, arity), .flags = TAD_OP_FLAT | TAD_OP_POINTWISE, CASES(kin)
#define COMPARISON(name_, how, doc_)                                                               \
    [OP_##name_] = {.name = #name_,                                                                \
                    .doc = doc_,                                                                   \
                    .forward = name_##_forward,                                                    \
                    .c_text = name_##_c_text,                                                      \
                    .shape = compare_shape,                                                        \
                    LOGIC(2, compare)},
#define CONNECTIVE(name_, how, doc_)                                                               \
    [OP_##name_] = {.name = #name_,                                                                \
                    .doc = doc_,                                                                   \
                    .forward = name_##_forward,                                                    \
                    .c_text = name_##_c_text,                                                      \
                    .shape = connect_shape,                                                        \
                    LOGIC(2, connect)},
#define NUMBERED(name, how, doc) OP_##name,
enum { COMPARISONS(NUMBERED) CONNECTIVES(NUMBERED) LOGICAL_NOT };

const tad_op tad__ops_compare[] = {
    COMPARISONS(COMPARISON) CONNECTIVES(CONNECTIVE)[LOGICAL_NOT] = {.name = "logical_not",
                                                                    .doc = "not x, which is bool",
                                                                    .forward = not_forward,
                                                                    .c_text = not_c_text,
                                                                    .shape = connect_shape,
                                                                    LOGIC(1, not )},
};
const size_t tad__ops_compare_count = LENGTH(tad__ops_compare);

/* ---- of numbers: what tad__apply would record, without an array for each ---- */

static const uint8_t truths[] = {false, true};
#define TRUTH(i)                                                                                   \
    { .data = (void *)(uintptr_t)&truths[i], .size = 1, .dtype = TAD_BOOL, .contiguous = true }
static const tad_array truth[] = {TRUTH(0), TRUTH(1)};

/* Of one operand or two. There is room. */
static tad_var record_truth(tad_tape *t, const tad_op *op, tad_var a, tad_var b, bool value) {
    const uint32_t n = op->max_in;
    tad__record_of *r = tad__arena_take(&t->arena, sizeof *r + 2 * sizeof *r->in, 8);
    if (!r) return tad_apply(op, (const tad_var[]){a, b}, n, NULL, NULL, 0);
    *r = (tad__record_of){op, NULL, NULL, n, 1};
    r->in[0] = tad__plain_node(t, a);
    if (n > 1) r->in[1] = tad__plain_node(t, b);
    const uint32_t index = t->head.count++;
    *tad__at(t, index) = (tad__node){.kind = TAD__GENERAL,
                                     .flags = TAD__ARRAY,
                                     .u.record = r,
                                     .value.array = (tad_array *)(uintptr_t)&truth[value]};
    return tad__handle(t, index);
}

/* The tape where both are numbers and there is room; NULL. */
static tad_tape *tape_of_numbers(tad_var a, tad_var b) {
    tad_tape *t = tad__has_tape(a) ? a.tape : tad__has_tape(b) ? b.tape : NULL;
    const bool plain = t && tad__has_room(t, 3) && tad__is_plain(t, a) && tad__is_plain(t, b);
    return plain ? t : NULL;
}

/* The same where both are 0-d bools. */
static tad_tape *tape_of_truths(tad_var a, tad_var b) {
    tad_tape *t = tad__has_tape(a) ? a.tape : NULL;
    return t && tad__has_room(t, 1) && tad__truth(t, a) && tad__truth(t, b) ? t : NULL;
}

#define COMPARE_NUMBERS(name, how, doc)                                                            \
    tad_var tad_##name(tad_var a, tad_var b) {                                                     \
        const tad_op *op = &tad__ops_compare[OP_##name];                                           \
        tad_tape *t = tape_of_numbers(a, b);                                                       \
        if (!t) return tad_apply(op, (const tad_var[]){a, b}, 2, NULL, NULL, 0);                   \
        return record_truth(t, op, a, b, tad__plain_value(t, a) how tad__plain_value(t, b));       \
    }
#define CONNECT_TRUTHS(name, how, doc)                                                             \
    tad_var tad_##name(tad_var a, tad_var b) {                                                     \
        const tad_op *op = &tad__ops_compare[OP_##name];                                           \
        tad_tape *t = tape_of_truths(a, b);                                                        \
        if (!t) return tad_apply(op, (const tad_var[]){a, b}, 2, NULL, NULL, 0);                   \
        return record_truth(t, op, a, b, *tad__truth(t, a) how * tad__truth(t, b));                \
    }
COMPARISONS(COMPARE_NUMBERS)
CONNECTIVES(CONNECT_TRUTHS)

tad_var tad_logical_not(tad_var x) {
    tad_tape *t = tape_of_truths(x, x);
    if (t) return record_truth(t, &tad__ops_compare[LOGICAL_NOT], x, x, !*tad__truth(t, x));
    return tad_apply(&tad__ops_compare[LOGICAL_NOT], &x, 1, NULL, NULL, 0);
}
