/* Choice and conversion: where, cast. Rests on tape.h and the loop. */
#include "choice.h"

#include "array/loop.h"
#include "tape/arrays.h"

#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

#include "plain.h"
#include "text.h"

#include <math.h>
#include <string.h>

enum { WHERE, CAST };

/* ---- where ---- */

static tad_status where_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    for (size_t i = 0; i < 3; i++)
        if (!c->in[i]) return tad_fail(c, TAD_BAD_ARGUMENT, "operand %zu is missing", i);
    if (c->in[0]->dtype != TAD_BOOL)
        return tad_fail(c, TAD_BAD_DTYPE, "the condition is %s, it must be bool",
                        tad_dtype_name((tad_dtype)c->in[0]->dtype));
    if (c->in[1]->dtype != c->in[2]->dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "%s and %s", tad_dtype_name((tad_dtype)c->in[1]->dtype),
                        tad_dtype_name((tad_dtype)c->in[2]->dtype));
    out->dtype = (tad_dtype)c->in[1]->dtype;
    return tad__broadcast_all(c, &out->shape);
}

/* Arrays of the loop: y, condition, a, b. */
typedef struct selection {
    const tad__kernels *kernels;
    tad_dtype dtype;
    bool through_buffer; /* y is one of a and b */
    bool added;
} selection;

static void select_walk(void *arg, tad__loop *l) {
    const selection *s = arg;
    const size_t size = tad_dtype_size(s->dtype);
    tad__walk_buffers r;
    memset(r.repeated, 0, sizeof r.repeated);
    for (bool more = tad__loop_first(l); more; more = tad__loop_next(l))
        for (int64_t at = 0; at < l->length; at += TAD__BLOCK) {
            const int64_t n = l->length - at < TAD__BLOCK ? l->length - at : TAD__BLOCK;
            char *y = l->run[0] + at * (int64_t)size;
            void *to = s->through_buffer || s->added ? (void *)r.buffer[0] : y;
            s->kernels->select[s->dtype]((size_t)n, tad__gathered(l, 1, at, n, 1, &r),
                                         tad__gathered(l, 2, at, n, size, &r),
                                         tad__gathered(l, 3, at, n, size, &r), to);
            if (s->added)
                s->kernels->add[s->dtype]((size_t)n, to, y);
            else if (s->through_buffer)
                memcpy(y, to, (size_t)n * size);
        }
}

static void select_into(const tad__compute *compute, const tad_array *condition, const tad_array *a,
                        const tad_array *b, const tad_array *y, bool added) {
    selection s = {compute->kernels, (tad_dtype)y->dtype, a->data == y->data || b->data == y->data,
                   added};
    tad_shape shape = tad__shape_of(y);
    tad__loop l;
    tad__loop_init(&l, &shape, (const tad_array *const[]){y, condition, a, b}, 4);
    tad__loop_split(compute->threads, &l, 0, select_walk, &s);
}

void tad__select(const tad__compute *compute, const tad_array *condition, const tad_array *a,
                 const tad_array *b, const tad_array *y) {
    select_into(compute, condition, a, b, y, false);
}

static tad_status where_forward(const tad_call_frame *c) {
    tad__select(c->compute, c->in[0], c->in[1], c->in[2], c->out[0]);
    return TAD_OK;
}

static void where_c_text(const tad_call_frame *c, tad_c *to) {
    tad__loop l;
    tad__begin_element(c, to, &l);
    tad__put_operand(to, &l, 0);
    tad_c_put(to, " ? ");
    tad__put_operand(to, &l, 1);
    tad_c_put(to, " : ");
    tad__put_operand(to, &l, 2);
    tad__end_element(to, &l);
}

/* As tad__select_backward, for an input that was broadcast. */
static tad_status sum_selected(tad_backward *b, tad_array *into, bool fresh,
                               const tad_array *condition, const tad_array *p, const tad_array *q) {
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

tad_status tad__select_backward(tad_backward *b, size_t i, const tad_array *condition, bool set,
                                bool last) {
    const tad_array *g = b->cotangent[0], *x = b->call.in[i];
    tad__view view;
    const tad_array *zero = tad__number_value(0, (tad_dtype)g->dtype, &view), *p = set ? g : zero,
                    *q = set ? zero : g;
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
    if ((unsigned)o->dtype >= TAD_DTYPE_COUNT)
        return tad_fail(c, TAD_BAD_DTYPE, "no element type %d", o->dtype);
    *out = (tad_type){(tad_dtype)o->dtype, tad__shape_of(c->in[0])};
    return TAD_OK;
}

static tad_status cast_forward(const tad_call_frame *c) {
    tad__copy(c->compute, c->out[0], c->in[0]);
    return TAD_OK;
}

/* All by way of double, as single elements are converted: the other ways give the same bits. */
static void cast_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_dtype dtype = (tad_dtype)c->out[0]->dtype;
    const bool converts = dtype != (tad_dtype)c->in[0]->dtype,
               to_int = converts && dtype == TAD_I64, to_bool = converts && dtype == TAD_BOOL;
    tad__loop l;
    tad__begin_element(c, to, &l);
    if (converts && tad__is_float(dtype)) tad_c_put(to, "(%s)(double)", tad__c_type(dtype));
    if (to_int) tad_c_put(to, "%s(", tad__c_part_named(to, "tad__to_int64"));
    tad__put_operand(to, &l, 0);
    if (to_int) tad_c_put(to, ")");
    if (to_bool) tad_c_put(to, " != 0");
    tad__end_element(to, &l);
}

static void cast_vjp(tad_rule *r) {
    tad_dtype from = tad_dtype_of(r->in[0]);
    if (tad__is_float(from)) r->result[0] = tad_cast(r->given[0], from);
}

/* ---- the family ---- */

static const tad_sample where_samples[] = {
    {CASE("same shapes", MASK(3, 5), F64(3, 5), F64(3, 5))},
    {CASE("condition broadcast", MASK(5), F64(3, 5), F64(3, 5))},
    {CASE("operands broadcast", MASK(2, 3, 5), F64(3, 1), F64(5))},
    {CASE("0-d", MASK(7), F64_0D, F64(7))},
    {CASE("empty", MASK(0), F64(0), F64(1))},
};
static const tad_misuse where_misuse[] = {
    {CASE("condition not bool", F64(3), F64(3), F64(3)), .expect = TAD_BAD_DTYPE},
    {CASE("shapes", MASK(2), F64(3), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("int64 and float64", MASK(3), INDICES(2, 3), F64(3)), .expect = TAD_BAD_DTYPE},
};
static const cast_options to_f32 = {TAD_F32}, to_f64 = {TAD_F64}, to_i64 = {TAD_I64},
                          to_bool = {TAD_BOOL}, to_none = {77};
static const tad_sample cast_samples[] = {
    {CASE("float64 to float64", F64(3, 5)), .options = &to_f64},
    {CASE("float64 to int64", F64(3, 5)), .options = &to_i64},
    {CASE("float64 to bool", F64(3, 5)), .options = &to_bool},
    {CASE("float32 to float64", F32(3)), .options = &to_f64},
    {CASE("0-d float64 to float32", F64_0D), .options = &to_f32},
    {CASE("empty", F64(0, 2)), .options = &to_f64},
};
static const tad_misuse cast_misuse[] = {
    {CASE("no such type", F64(3)), .options = &to_none, .expect = TAD_BAD_DTYPE},
    {CASE("two operands", F64(3), F64(3)), .options = &to_f64, .expect = TAD_BAD_ARGUMENT},
    {.label = "no operand", .options = &to_f64, .expect = TAD_BAD_ARGUMENT},
};
static const tad_option cast_option[] = {
    {OPTION(DTYPE, cast_options, dtype), .required = true},
};

const tad_op tad__ops_choice[] = {
    [WHERE] = {.name = "where",
               FAMILY("choice", 3, 3),
               .doc = "a where the bool condition holds, else b; all broadcast; what is not "
                      "selected has no influence",
               .flags = TAD_OP_POINTWISE,
               .constant_in = 1,
               HOOKS(where),
               .backward = where_backward,
               .c_text = where_c_text,
               .jvp = where_jvp,
               CASES(where)},
    [CAST] =
        {.name = "cast",
         FAMILY("choice", 1, 1),
         .doc =
             "the same values as another element type; differentiable between float64 and float32",
         .flags = TAD_OP_LINEAR | TAD_OP_POINTWISE,
         OPTIONS(cast_options, cast_option),
         HOOKS(cast),
         .c_text = cast_c_text,
         CASES(cast)},
};
const size_t tad__ops_choice_count = LENGTH(tad__ops_choice);

/* Of numbers, by a condition that cannot change: a node that passes on to the chosen one. There is
 * room. */
static tad_var record_chosen(tad_tape *t, bool first, tad_var condition, tad_var a, tad_var b) {
    tad__record_of *r = tad__arena_take(&t->arena, sizeof *r + 3 * sizeof *r->in, 8);
    if (!r)
        return tad_apply(&tad__ops_choice[WHERE], (const tad_var[]){condition, a, b}, 3, NULL, NULL,
                         0);
    *r = (tad__record_of){&tad__ops_choice[WHERE], NULL, NULL, 3, 1};
    r->in[0] = condition.u.at.index;
    r->in[1] = tad__plain_node(t, a);
    r->in[2] = tad__plain_node(t, b);
    const uint32_t chosen = r->in[first ? 1 : 2], index = t->head.count++;
    const unsigned flags = tad__at(t, r->in[1])->flags | tad__at(t, r->in[2])->flags;
    *tad__at(t, index) = (tad__node){.kind = TAD__CHOSEN,
                                     .flags = flags & TAD__NEEDS,
                                     .a = chosen,
                                     .u.record = r,
                                     .value.number = tad__at(t, chosen)->value.number};
    return tad__handle(t, index);
}

tad_var tad_where(tad_var condition, tad_var a, tad_var b) {
    tad_tape *t = tad__has_tape(condition) ? condition.tape : NULL;
    const uint8_t *truth = t && tad__has_room(t, 3) ? tad__truth(t, condition) : NULL;
    if (truth && !tad__at(t, condition.u.at.index)->value.array->version && tad__is_plain(t, a) &&
        tad__is_plain(t, b))
        return record_chosen(t, *truth, condition, a, b);
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
