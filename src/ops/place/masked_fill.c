/* masked_fill: one value in the places of a mask. Rests on tape.h and choice.h. */
#include <stddef.h>

#include "array/c_text.h"
#include "ops/elementwise/choice.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"
#include "tape/arrays.h"

typedef struct fill_options {
    double value;
} fill_options;

static tad_status fill_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    return tad__needs_float(c, 0) ? TAD_BAD_DTYPE : tad__masked_type(c, out);
}

static tad_status fill_forward(const tad_call_frame *c) {
    const fill_options *o = c->options;
    tad__view number;
    const tad_array *value = tad__number_value(o->value, (tad_dtype)c->out[0]->dtype, &number);
    tad__select(c->compute, c->in[1], value, c->in[0], c->out[0]);
    return TAD_OK;
}

static void fill_c_text(const tad_call_frame *c, tad_c *to) {
    const fill_options *o = c->options;
    const unsigned dtype = c->out[0]->dtype;
    const tad_shape shape = tad__shape_of(c->out[0]);
    tad__loop l;
    tad__c_open(to, &l, &shape, (const tad_array *const[]){c->out[0], c->in[0], c->in[1]}, 3);
    tad_c_put(to, "out0");
    tad__c_at(to, &l, 0);
    tad_c_put(to, " = in1");
    tad__c_at(to, &l, 2);
    tad_c_put(to, " ? ");
    tad__c_number(to, o->value, dtype);
    tad_c_put(to, " : in0");
    tad__c_at(to, &l, 1);
    tad_c_put(to, ";\n");
    tad__c_close(to, &l);
}

static tad_status fill_backward(tad_backward *b) {
    if (!b->cotangent[0] || !b->wanted[0]) return TAD_OK;
    return tad__select_backward(b, 0, b->call.in[1], false, true);
}

static void fill_vjp(tad_rule *r) {
    r->result[0] = tad_where(r->in[1], tad_number(0), r->given[0]);
}

/* ---- options, samples, misuse ---- */

static const tad_option fill_list[] = {{OPTION(FLOAT, fill_options, value), .required = true}};

#define VALUE(v)                                                                                   \
    .options = &(const fill_options) { v }

static const tad_sample fill_samples[] = {
    {CASE("equal shapes", F64(3, 4), MASK(3, 4)), VALUE(7)},
    {CASE("mask broadcasts", F64(2, 3, 5), MASK(3, 1)), VALUE(-3)},
    {CASE("row mask", F64(3, 5), MASK(5)), VALUE(0)},
    {CASE("size 1", F64(1), MASK(1)), VALUE(0.5)},
    {CASE("empty", F64(0, 3), MASK(3)), VALUE(1)},
};
static const tad_misuse fill_misuse[] = {
    {CASE("mask larger", F64(3), MASK(2, 3)), VALUE(0), .expect = TAD_BAD_SHAPE},
    {CASE("mask of other size", F64(2, 3), MASK(2)), VALUE(0), .expect = TAD_BAD_SHAPE},
    {CASE("mask not bool", F64(2, 3), INDICES(2, 3)), VALUE(0), .expect = TAD_BAD_DTYPE},
};

/* ---- the op ---- */

const tad_op tad__ops_masked_fill[] = {
    {.name = "masked_fill",
     .doc = "x with value where the mask, which broadcasts to x, is true",
     FAMILY("index", 2, 2),
     .constant_in = 1u << 1,
     OPTIONS(fill_options, fill_list),
     HOOKS(fill),
     .c_text = fill_c_text,
     .backward = fill_backward,
     .jvp = fill_vjp,
     CASES(fill)},
};
const size_t tad__ops_masked_fill_count = LENGTH(tad__ops_masked_fill);

tad_var tad_masked_fill(tad_var x, tad_var mask, double value) {
    return tad_apply(tad__ops_masked_fill, (tad_var[]){x, mask}, 2, &(fill_options){value}, NULL,
                     0);
}
