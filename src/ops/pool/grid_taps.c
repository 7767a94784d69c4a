/* grid_weights, grid_places: the taps of places on one axis of an image. Weights are polynomials of
 * the place between two elements, so their derivatives are the same op of the next order. Rests on
 * grid.h. */
#include <stddef.h>

#include "array/c_text.h"
#include "array/view.h"
#include "grid.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { WEIGHTS, PLACES };

static int taps_of(int mode) {
    return mode == TAD_GRID_BICUBIC    ? TAD__GRID_CUBIC
           : mode == TAD_GRID_BILINEAR ? TAD__GRID_LINEAR
                                       : TAD__GRID_NEAREST;
}

static tad__grid_axis axis_of(const tad__grid_options *o) {
    return (tad__grid_axis){o->size, taps_of(o->mode), o->padding, o->align_corners};
}

static tad_status taps_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__grid_options *o = c->options;
    const bool weights = c->op == &tad__ops_grid_taps[WEIGHTS];
    *out = (tad_type){weights ? (tad_dtype)c->in[0]->dtype : TAD_I64, tad__shape_of(c->in[0])};
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (out->shape.rank == TAD_MAX_RANK) return tad_fail(c, TAD_BAD_SHAPE, "has too many axes");
    if (o->size < 1 || o->size > INT32_MAX)
        return tad_fail(c, TAD_BAD_ARGUMENT, "size %lld", (long long)o->size);
    if ((unsigned)o->mode > TAD_GRID_BICUBIC || (unsigned)o->padding > TAD__GRID_MIRRORED ||
        o->n < 0)
        return tad_fail(c, TAD_BAD_ARGUMENT, "no such mode, padding or order");
    out->shape.dim[out->shape.rank++] = taps_of(o->mode);
    return TAD_OK;
}

typedef struct job {
    tad__grid_axis axis;
    int64_t n;
    const tad_array *x;
    void *to;
} job;

#define FOR_EACH(T, call)                                                                          \
    for (size_t i = first; i < end; i++) {                                                         \
        const T x = ((const T *)j->x->data)[i];                                                    \
        call;                                                                                      \
    }

static void weights_piece(void *arg, size_t first, size_t end) {
    const job *j = arg;
    const size_t taps = (size_t)j->axis.taps;
    if (j->x->dtype == TAD_F64)
        FOR_EACH(double, tad__grid_weights_f64(&j->axis, j->n, x, (double *)j->to + i * taps))
    else
        FOR_EACH(float, tad__grid_weights_f32(&j->axis, j->n, x, (float *)j->to + i * taps))
}

static void places_piece(void *arg, size_t first, size_t end) {
    const job *j = arg;
    const size_t taps = (size_t)j->axis.taps;
    int64_t *to = j->to;
    if (j->x->dtype == TAD_F64)
        FOR_EACH(double, tad__grid_places_f64(&j->axis, x, to + i * taps))
    else
        FOR_EACH(float, tad__grid_places_f32(&j->axis, x, to + i * taps))
}

static tad_status taps_forward(const tad_call_frame *c) {
    const tad__grid_options *o = c->options;
    job j = {axis_of(o), o->n, tad__contiguous(c->compute, c->in[0]), c->out[0]->data};
    if (!j.x) return TAD_NO_MEMORY;
    tad__split(c->compute->threads, (size_t)j.x->size, TAD__GRAIN / 16,
               c->op == &tad__ops_grid_taps[WEIGHTS] ? weights_piece : places_piece, &j);
    return TAD_OK;
}

static void taps_c_text(const tad_call_frame *c, tad_c *to) {
    const tad__grid_options *o = c->options;
    const tad_array *x = c->in[0];
    const bool weights = c->op == &tad__ops_grid_taps[WEIGHTS];
    const tad_shape shape = tad__shape_of(x);
    tad__header h;
    tad__loop l;
    tad_array *first = tad__lay_out(&h, c->out[0], &shape);
    for (int i = 0; i < shape.rank; i++) tad__strides(first)[i] = tad_strides(c->out[0])[i];
    tad_c_put(to, "const %s a = {%lld, %d, %d, %d};\n", tad__c_part_named(to, "tad__grid_axis"),
              (long long)o->size, taps_of(o->mode), o->padding, o->align_corners);
    tad__c_open(to, &l, &shape, (const tad_array *const[]){first, x}, 2);
    tad_c_put(to, "%s(&a, ", tad__c_part(to, weights ? "grid_weights" : "grid_places", x->dtype));
    if (weights) tad_c_put(to, "%lld, ", (long long)o->n);
    tad_c_put(to, "in0");
    tad__c_at(to, &l, 1);
    tad_c_put(to, ", &out0");
    tad__c_at(to, &l, 0);
    tad_c_put(to, ");\n");
    tad__c_close(to, &l);
    if (x->size == 0) tad_c_put(to, "(void)a, (void)in0, (void)out0;\n");
}

/* ---- rules ---- */

static tad_var next_order(const tad_rule *r) {
    tad__grid_options o = *(const tad__grid_options *)r->options;
    o.n++;
    return tad__apply_one(r->op, r->in[0], &o);
}

static void weights_vjp(tad_rule *r) {
    r->result[0] = tad_sum(tad_mul(r->given[0], next_order(r)), tad_axis(-1));
}

static void weights_jvp(tad_rule *r) {
    r->result[0] = tad_mul(tad_unsqueeze(r->given[0], -1), next_order(r));
}

/* ---- options, samples, misuse ---- */

static const tad_option taps_list[] = {
    {OPTION(INT, tad__grid_options, size), .required = true},
    {OPTION(CHOICE, tad__grid_options, mode), .choices = TAD__GRID_MODES},
    {OPTION_NAMED("padding_mode", CHOICE, tad__grid_options, padding),
     .choices = TAD__GRID_PADDINGS},
    {OPTION(BOOL, tad__grid_options, align_corners)},
    {OPTION(INT, tad__grid_options, n)},
};

#define ON(size_, mode_, padding_, corners, n_)                                                    \
    .options = &(const tad__grid_options) { size_, mode_, padding_, corners, n_ }

static const tad_sample weights_samples[] = {
    {CASE("linear", WITHIN(-0.74, -0.26, 4)),
     ON(4, TAD_GRID_BILINEAR, TAD__GRID_NOTHING, false, 0)},
    {CASE("linear, border, corners", WITHIN(-0.3, 0.3, 2, 3)),
     ON(4, TAD_GRID_BILINEAR, TAD__GRID_BORDER, true, 0)},
    {CASE("linear, beyond the border", WITHIN(1.1, 1.9, 3)),
     ON(4, TAD_GRID_BILINEAR, TAD__GRID_BORDER, false, 0)},
    {CASE("linear, mirrored", WITHIN(1.05, 1.2, 2, 2)),
     ON(4, TAD_GRID_BILINEAR, TAD__GRID_MIRRORED, false, 0)},
    {CASE("nearest", WITHIN(-0.4, -0.1, 3)), ON(4, TAD_GRID_NEAREST, TAD__GRID_NOTHING, false, 0)},
    {CASE("cubic", WITHIN(-0.7, -0.3, 3)), ON(4, TAD_GRID_BICUBIC, TAD__GRID_MIRRORED, false, 0)},
    {CASE("cubic, corners", WITHIN(-0.3, 0.3, 2, 1)),
     ON(4, TAD_GRID_BICUBIC, TAD__GRID_BORDER, true, 0)},
    {CASE("cubic, second derivative", WITHIN(-0.7, -0.3, 5)),
     ON(4, TAD_GRID_BICUBIC, TAD__GRID_NOTHING, false, 2)},
    {CASE("0-d", WITHIN_0D(-0.7, -0.3)), ON(4, TAD_GRID_BICUBIC, TAD__GRID_NOTHING, false, 1)},
    {CASE("one element", WITHIN(-0.9, 0.9, 2)),
     ON(1, TAD_GRID_BILINEAR, TAD__GRID_NOTHING, false, 0)},
    {CASE("nothing", F64(0, 2)), ON(4, TAD_GRID_BILINEAR, TAD__GRID_NOTHING, false, 0)},
};
static const tad_misuse weights_misuse[] = {
    {CASE("integers", INDICES(3, 4)), ON(4, TAD_GRID_BILINEAR, TAD__GRID_NOTHING, false, 0),
     .expect = TAD_BAD_DTYPE},
    {CASE("no elements", F64(3)), ON(0, TAD_GRID_BILINEAR, TAD__GRID_NOTHING, false, 0),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("order", F64(3)), ON(4, TAD_GRID_BILINEAR, TAD__GRID_NOTHING, false, -1),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("rank", F64(1, 1, 1, 1, 1, 1, 1, 1)),
     ON(4, TAD_GRID_BILINEAR, TAD__GRID_NOTHING, false, 0), .expect = TAD_BAD_SHAPE},
};
static const tad_sample places_samples[] = {
    {CASE("linear", F64(4)), ON(4, TAD_GRID_BILINEAR, TAD__GRID_NOTHING, false, 0)},
    {CASE("linear, border, corners", F64(2, 3)),
     ON(4, TAD_GRID_BILINEAR, TAD__GRID_BORDER, true, 0)},
    {CASE("nearest, mirrored", F64(7)), ON(5, TAD_GRID_NEAREST, TAD__GRID_MIRRORED, false, 0)},
    {CASE("cubic, mirrored", F64(3, 2)), ON(4, TAD_GRID_BICUBIC, TAD__GRID_MIRRORED, true, 0)},
    {CASE("cubic, border", F64_0D), ON(4, TAD_GRID_BICUBIC, TAD__GRID_BORDER, false, 0)},
    {CASE("nothing", F64(0, 2)), ON(4, TAD_GRID_BILINEAR, TAD__GRID_NOTHING, false, 0)},
};
static const tad_misuse places_misuse[] = {
    {CASE("integers", INDICES(3, 4)), ON(4, TAD_GRID_BILINEAR, TAD__GRID_NOTHING, false, 0),
     .expect = TAD_BAD_DTYPE},
    {CASE("no elements", F64(3)), ON(-1, TAD_GRID_BICUBIC, TAD__GRID_NOTHING, false, 0),
     .expect = TAD_BAD_ARGUMENT},
    {CASE("mode", F64(3)), ON(4, 3, TAD__GRID_NOTHING, false, 0), .expect = TAD_BAD_ARGUMENT},
    {CASE("padding", F64(3)), ON(4, TAD_GRID_BILINEAR, 3, false, 0), .expect = TAD_BAD_ARGUMENT},
};

/* ---- the ops ---- */

const tad_op tad__ops_grid_taps[] = {
    [WEIGHTS] = {.name = "grid_weights",
                 .doc = "(...,taps): what the taps of places on an axis weigh; the derivative of "
                        "order n by the place",
                 FAMILY("images", 1, 1),
                 .flags = TAD_OP_INTERNAL,
                 OPTIONS(tad__grid_options, taps_list),
                 .shape = taps_shape,
                 .forward = taps_forward,
                 .vjp = weights_vjp,
                 .jvp = weights_jvp,
                 .c_text = taps_c_text,
                 CASES(weights)},
    [PLACES] = {.name = "grid_places",
                .doc = "int64 (...,taps): the elements that places on an axis take, -1: none",
                FAMILY("images", 1, 1),
                .flags = TAD_OP_INTERNAL | TAD_OP_FLAT,
                .options_size = sizeof(tad__grid_options),
                .options = taps_list,
                .n_options = LENGTH(taps_list) - 1, /* without n */
                .shape = taps_shape,
                .forward = taps_forward,
                .c_text = taps_c_text,
                CASES(places)},
};
const size_t tad__ops_grid_taps_count = LENGTH(tad__ops_grid_taps);

tad_var tad__grid_weights(tad_var x, const tad__grid_options *o) {
    return tad__apply_one(&tad__ops_grid_taps[WEIGHTS], x, o);
}

tad_var tad__grid_places(tad_var x, const tad__grid_options *o) {
    return tad__apply_one(&tad__ops_grid_taps[PLACES], x, o);
}
