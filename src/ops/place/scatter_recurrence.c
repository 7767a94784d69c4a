/* scatter_recurrence: what scatter_reduce by product is, and all of its derivatives. The state of a
 * place goes from element to element of src that belongs there; a product is the state that each
 * multiplies, so a gradient is a recurrence from the other end, without a division. Rests on
 * indexed.h. */
#include <stddef.h>

#include "array/loop.h"
#include "indexed.h"
#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { X, INDEX, FACTOR, TERM }; /* operands; without terms these are 0 */
enum { LAST, BEFORE };           /* results */

static tad_status scatter_recurrence_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__at_axis *o = c->options;
    const tad_shape index = tad__shape_of(c->in[INDEX]);
    tad_status s = tad__check_scatter(c, o->axis, &out[LAST]);
    if (s != TAD_OK) return s;
    out[BEFORE] = (tad_type){out[LAST].dtype, index};
    if (c->n_in <= TERM || !c->in[TERM]) return TAD_OK;
    const tad_shape terms = tad__shape_of(c->in[TERM]);
    if (c->in[TERM]->dtype != c->in[X]->dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "x and terms must have one float type");
    return tad__shape_equal(&terms, &index)
               ? TAD_OK
               : tad_fail(c, TAD_BAD_SHAPE, "terms and index have different shapes");
}

/* ---- values ---- */

/* Of the loop: the index, the states, the factors, what was there before and the terms. */
typedef struct lying {
    tad__walk walk;
    const tad_array *array[5];
    int arrays;
} lying;

static void plan(lying *p, const tad_call_frame *c) {
    const tad__at_axis *o = c->options;
    const tad_array *last = c->out[LAST], *src = c->in[FACTOR];
    tad__walk_source(&p->walk, last, src, tad__known_axis(o->axis, last->rank));
    tad__walk_index(&p->walk, c->in[INDEX]);
    p->array[0] = &p->walk.index.array;
    p->array[1] = &p->walk.source.array;
    p->array[2] = src;
    p->array[3] = c->out[BEFORE];
    p->array[4] = c->n_in > TERM ? c->in[TERM] : NULL;
    p->arrays = p->array[4] ? 5 : 4;
}

#define ELEMENT(T, k) (*(T *)(void *)(l->run[k] + i * l->step[k]))
#define GO_ON(T)                                                                                   \
    for (int64_t i = 0; i < l->length; i++) {                                                      \
        T *state = (T *)(void *)(l->run[1] + i * l->step[1] + ELEMENT(int64_t, 0) * stride);       \
        ELEMENT(T, 3) = *state;                                                                    \
        *state *= ELEMENT(T, 2);                                                                   \
        if (l->arrays > 4) *state += ELEMENT(T, 4);                                                \
    }

static void go_on(const tad__loop *l, tad_dtype dtype, int64_t stride) {
    if (dtype == TAD_F64)
        GO_ON(double)
    else
        GO_ON(float)
}

/* In row-major order, so that elements of one place come as they stand along the axis. */
static tad_status scatter_recurrence_forward(const tad_call_frame *c) {
    const tad_shape shape = tad__shape_of(c->in[INDEX]);
    lying p;
    tad__loop l;
    tad__copy(c->compute, c->out[LAST], c->in[X]);
    plan(&p, c);
    tad__loop_init(&l, &shape, p.array, p.arrays);
    for (bool more = tad__loop_first(&l); more; more = tad__loop_next(&l))
        go_on(&l, (tad_dtype)c->out[LAST]->dtype, p.walk.stride);
    return TAD_OK;
}

static void scatter_recurrence_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_array *last = c->out[LAST];
    const tad_shape shape = tad__shape_of(c->in[INDEX]);
    lying p;
    tad__loop l;
    plan(&p, c);
    tad__c_check_indices(to, c, INDEX, p.walk.size);
    tad__c_move(to, &(tad__c_seen){"out0", last, 0}, &(tad__c_seen){"in0", c->in[X], 0});
    tad__c_open(to, &l, &shape, p.array, p.arrays);
    tad_c_put(to, "const int64_t at = in1");
    tad__c_at(to, &l, 0);
    tad_c_put(to, ";\n%s *state = &out0", tad__c_type(last->dtype));
    tad__c_at_and(to, &l, 1, 0, p.walk.stride / (int64_t)tad__width(last->dtype), "at");
    tad_c_put(to, ";\nout1");
    tad__c_at(to, &l, 3);
    tad_c_put(to, " = *state;\n*state *= in2");
    tad__c_at(to, &l, 2);
    if (l.arrays > 4) {
        tad_c_put(to, ";\n*state += in3");
        tad__c_at(to, &l, 4);
    }
    tad_c_put(to, ";\n");
    tad__c_close(to, &l);
    if (c->in[INDEX]->size == 0) tad_c_put(to, "(void)in2, (void)out1;\n");
    if (c->n_in > TERM && (l.arrays == 4 || c->in[INDEX]->size == 0)) tad_c_put(to, "(void)in3;\n");
}

/* ---- rules ---- */

static tad_var apply(const tad_var *in, int axis, tad_var *before) {
    tad_var out[2];
    tad_apply(tad__ops_scatter_recurrence, in, 4, &(tad__at_axis){axis}, out, 2);
    if (before) *before = out[BEFORE];
    return out[LAST];
}

tad_var tad__scatter_product(tad_var x, tad_var index, tad_var factor, int axis) {
    return apply((tad_var[]){x, index, factor, tad_none()}, axis, NULL);
}

static tad_var given_or_zero(const tad_rule *r, size_t i, tad_var like) {
    if (!tad_is_nil(r->given[i])) return r->given[i];
    return tad_full(r->tape, tad_dtype_of(like), tad_shape_of(like), 0);
}

/* From state to state cotangents go back through the same factors, and those of the states before
 * come to them. The cotangent behind an element is that of its term. */
static void scatter_recurrence_vjp(tad_rule *r) {
    const int axis = (int)((const tad__at_axis *)r->options)->axis;
    const tad_axes along = tad_axis(axis);
    tad_var behind, g = given_or_zero(r, LAST, r->in[X]);
    tad_var back[] = {g, tad_flip(r->in[INDEX], along), tad_flip(r->in[FACTOR], along),
                      tad_is_nil(r->given[BEFORE]) ? tad_none()
                                                   : tad_flip(r->given[BEFORE], along)};
    r->result[X] = apply(back, axis, &behind);
    behind = tad_flip(behind, along);
    if (r->wanted[FACTOR]) r->result[FACTOR] = tad_mul(behind, r->out[BEFORE]);
    if (r->n_in > TERM && r->wanted[TERM]) r->result[TERM] = behind;
}

static void scatter_recurrence_jvp(tad_rule *r) {
    const int axis = (int)((const tad__at_axis *)r->options)->axis;
    tad_var term = r->n_in > TERM ? r->given[TERM] : tad_none();
    if (!tad_is_nil(r->given[FACTOR])) {
        tad_var more = tad_mul(r->given[FACTOR], r->out[BEFORE]);
        term = tad_is_none(term) ? more : tad__plus(more, term);
    }
    if (tad_is_nil(term)) term = tad_none();
    r->result[LAST] =
        apply((tad_var[]){given_or_zero(r, X, r->in[X]), r->in[INDEX], r->in[FACTOR], term}, axis,
              &r->result[BEFORE]);
}

/* ---- options, samples, misuse ---- */

static const tad_option axis_list[] = {{OPTION(INT, tad__at_axis, axis), .required = true}};

static const tad_sample scatter_recurrence_samples[] = {
    {CASE("rows", F64(3, 4), INDICES(3, 2, 4), F64(2, 4)), AT(0)},
    {CASE("columns", F64(2, 3), INDICES(3, 2, 7), F64(2, 7), F64(2, 7)), AT(-1)},
    {CASE("many for a place", F64(2), INDICES(2, 9), F64(9)), AT(0)},
    {CASE("shorter index", F64(3, 4, 5), INDICES(4, 2, 3, 3), F64(2, 3, 3), F64(2, 3, 3)), AT(1)},
    {CASE("one place", F64(1), INDICES(1, 4), F64(4), F64(4)), AT(0)},
    {CASE("nothing put", F64(3, 4), INDICES(3, 0, 4), F64(0, 4), F64(0, 4)), AT(0)},
};
static const tad_misuse scatter_recurrence_misuse[] = {
    {CASE("out of range", F64(3), INDICES(900, 4), F64(4)), AT(0), .expect = TAD_BAD_INDEX},
    {CASE("other shape of terms", F64(3), INDICES(3, 4), F64(4), F64(3)), AT(0),
     .expect = TAD_BAD_SHAPE},
    {CASE("other type of terms", F64(3), INDICES(3, 4), F64(4), F32(4)), AT(0),
     .expect = TAD_BAD_DTYPE},
    {CASE("no such axis", F64(3), INDICES(3, 4), F64(4)), AT(1), .expect = TAD_BAD_AXIS},
};

/* ---- the op ---- */

const tad_op tad__ops_scatter_recurrence[] = {
    {.name = "scatter_recurrence",
     .doc =
         "for each place of index, from x on, the state c s + d of a state s, for one element of "
         "the factors c and terms d after the other; for each element the state before it",
     .family = "index",
     .min_in = 3,
     .max_in = 4,
     .n_out = 2,
     .flags = TAD_OP_INTERNAL,
     .constant_in = 1u << INDEX,
     HOOKS(scatter_recurrence),
     .jvp = scatter_recurrence_jvp,
     .c_text = scatter_recurrence_c_text,
     OPTIONS(tad__at_axis, axis_list),
     CASES(scatter_recurrence)},
};
const size_t tad__ops_scatter_recurrence_count = LENGTH(tad__ops_scatter_recurrence);
