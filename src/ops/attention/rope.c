/* rope: rotary positions, pairs of numbers turned by an angle for each place. Rests on tape.h and
 * c_text.h. */
#include <math.h>
#include <stddef.h>

#include "array/c_text.h"
#include "array/view.h"
#include "kernel/plain/rope.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

static tad_status rope_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad_rope_options *o = c->options;
    const tad_array *x = c->in[0];
    if (tad__needs_float(c, 0)) return TAD_BAD_DTYPE;
    if (x->rank < 2) return tad_fail(c, TAD_BAD_SHAPE, "x needs axes of places and of numbers");
    if (x->dim[x->rank - 1] % 2)
        return tad_fail(c, TAD_BAD_SHAPE, "%lld numbers are no pairs",
                        (long long)x->dim[x->rank - 1]);
    if (o->base.given && !(o->base.value > 0 && isfinite(o->base.value)))
        return tad_fail(c, TAD_BAD_ARGUMENT, "base %g is not above 0", o->base.value);
    if (o->offset < -(INT64_C(1) << 52) || o->offset > INT64_C(1) << 52)
        return tad_fail(c, TAD_BAD_ARGUMENT, "offset %lld is out of range", (long long)o->offset);
    out[0] = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
    return TAD_OK;
}

static double base_of(const tad_rope_options *o) { return o->base.given ? o->base.value : 10000; }

/* ---- values ---- */

/* x without its last two axes, as rows of one place each. */
typedef struct turning {
    const tad_rope_options *options;
    tad_dtype dtype;
    int64_t batches, places, half;
    const tad_array *x;
    double *rate;     /* of each pair: what it turns from place to place */
    char *y, *angles; /* cosines and sines of each place */
} turning;

static turning turning_of(const tad_call_frame *c) {
    const tad_array *x = c->in[0];
    turning t = {.options = c->options, .dtype = (tad_dtype)x->dtype, .batches = 1, .x = x};
    t.places = x->dim[x->rank - 2];
    t.half = x->dim[x->rank - 1] / 2;
    for (int i = 0; i + 2 < x->rank; i++) t.batches *= x->dim[i];
    return t;
}

static void angles_piece(void *arg, size_t first, size_t end) {
    const turning *t = arg;
    const ptrdiff_t n = t->half;
    for (size_t p = first; p < end; p++) {
        const double place = (double)((int64_t)p + t->options->offset);
        double *wide = (double *)(void *)t->angles + p * 2 * (size_t)n;
        float *narrow = (float *)(void *)t->angles + p * 2 * (size_t)n;
        if (t->dtype == TAD_F64)
            tad__rope_angles_f64(n, place, t->rate, t->options->inverse, wide, wide + n);
        else
            tad__rope_angles_f32(n, place, t->rate, t->options->inverse, narrow, narrow + n);
    }
}

/* The row of a place: the element x_at of x. */
static void turn_f64(const turning *t, int64_t x_at, int64_t place, size_t row) {
    const ptrdiff_t n = t->half, apart = tad_strides(t->x)[t->x->rank - 1];
    const double *cosine = (const double *)(const void *)t->angles + place * 2 * n;
    tad__rope_turn_f64(n, (const double *)t->x->data + x_at, apart, t->options->interleaved, cosine,
                       cosine + n, (double *)(void *)t->y + row * 2 * (size_t)n);
}

static void turn_f32(const turning *t, int64_t x_at, int64_t place, size_t row) {
    const ptrdiff_t n = t->half, apart = tad_strides(t->x)[t->x->rank - 1];
    const float *cosine = (const float *)(const void *)t->angles + place * 2 * n;
    tad__rope_turn_f32(n, (const float *)t->x->data + x_at, apart, t->options->interleaved, cosine,
                       cosine + n, (float *)(void *)t->y + row * 2 * (size_t)n);
}

/* Rows as they lie in y: other orders write far apart. */
static void turn_piece(void *arg, size_t first, size_t end) {
    const turning *t = arg;
    const int batch_axes = t->x->rank - 2;
    const int64_t *stride = tad_strides(t->x);
    int64_t batch = (int64_t)first / t->places, place = (int64_t)first % t->places;
    for (size_t row = first; row < end; batch++, place = 0) {
        const int64_t start = tad__offset_of(batch, batch_axes, t->x->dim, stride);
        for (; place < t->places && row < end; place++, row++)
            (t->dtype == TAD_F64 ? turn_f64 : turn_f32)(t, start + place * stride[batch_axes],
                                                        place, row);
    }
}

static tad_status rope_forward(const tad_call_frame *c) {
    turning t = turning_of(c);
    if (t.x->size == 0) return TAD_OK;
    const size_t row = (size_t)t.half * 2;
    t.y = c->out[0]->data;
    t.angles = tad__scratch(c->compute, (size_t)t.places * row * tad_dtype_size(t.dtype));
    t.rate = tad__scratch(c->compute, (size_t)t.half * sizeof *t.rate);
    if (!t.angles || !t.rate) return TAD_NO_MEMORY;
    tad__rope_rates(t.half, base_of(t.options), t.rate);
    tad_split(c, (size_t)t.places, tad__rows_grain(row), angles_piece, &t);
    tad_split(c, (size_t)(t.batches * t.places), tad__rows_grain(row), turn_piece, &t);
    return TAD_OK;
}

/* ---- as C ---- */

static void rope_c_text(const tad_call_frame *c, tad_c *to) {
    const turning t = turning_of(c);
    const tad_array *x = c->in[0];
    const long long n = t.half;
    tad_shape batch = tad__shape_of(x);
    tad__header from, y;
    tad__loop l;
    if (x->size == 0) {
        tad_c_put(to, "(void)in0, (void)out0;\n");
        return;
    }
    batch.rank -= 2;
    tad__array_layout(&from.array, t.dtype, &batch);
    tad__array_layout(&y.array, t.dtype, &batch);
    for (int i = 0; i < batch.rank; i++) {
        tad__strides(&from.array)[i] = tad_strides(x)[i];
        tad__strides(&y.array)[i] *= t.places * t.half * 2;
    }
    tad_c_put(to, "double rate[%lld];\n%s(%lld, ", n, tad__c_part_named(to, "tad__rope_rates"), n);
    tad__c_number(to, base_of(t.options), TAD_F64);
    tad_c_put(to, ", rate);\nfor (ptrdiff_t p = 0; p < %lld; p++) {\n", (long long)t.places);
    tad_c_put(to, "%s cosine[%lld], sine[%lld];\n", tad__c_type((unsigned)t.dtype), n, n);
    tad_c_put(to, "%s(%lld, (double)(p + %lld), rate",
              tad__c_part(to, "rope_angles", (unsigned)t.dtype), n, (long long)t.options->offset);
    tad_c_put(to, ", %d, cosine, sine);\n", t.options->inverse);
    tad__c_open(to, &l, &batch, (const tad_array *const[]){&from.array, &y.array}, 2);
    tad_c_put(to, "%s(%lld, &in0", tad__c_part(to, "rope_turn", (unsigned)t.dtype), n);
    tad__c_at_and(to, &l, 0, 0, tad_strides(x)[x->rank - 2], "p");
    tad_c_put(to, ", %lld, %d, cosine, sine, &out0", (long long)tad_strides(x)[x->rank - 1],
              t.options->interleaved);
    tad__c_at_and(to, &l, 1, 0, t.half * 2, "p");
    tad_c_put(to, ");\n");
    tad__c_close(to, &l);
    tad_c_put(to, "}\n");
}

/* ---- rule: a turn is undone by its inverse, which is its transpose ---- */

static void rope_vjp(tad_rule *r) {
    tad_rope_options o = *(const tad_rope_options *)r->options;
    o.inverse = !o.inverse;
    r->result[0] = tad_rope(r->given[0], &o);
}

/* ---- options, samples, misuse ---- */

static const tad_option rope_list[] = {
    {OPTION(MAYBE_FLOAT, tad_rope_options, base)},
    {OPTION(INT, tad_rope_options, offset)},
    {OPTION(BOOL, tad_rope_options, interleaved)},
    {OPTION(BOOL, tad_rope_options, inverse)},
};

#define TURN(...)                                                                                  \
    .options = &(const tad_rope_options) { __VA_ARGS__ }

static const tad_sample rope_samples[] = {
    {CASE("one row of places", F64(5, 4))},
    {CASE("heads", F64(2, 3, 5, 6)), TURN(.base = GIVEN(100), .offset = 7)},
    {CASE("interleaved", F64(3, 4, 6)), TURN(.interleaved = true)},
    {CASE("turned back", F64(4, 2)), TURN(.inverse = true, .offset = -2)},
    {CASE("interleaved and back", F64(2, 3, 4)), TURN(.interleaved = true, .inverse = true)},
    {CASE("no places", F64(2, 0, 4))},
    {CASE("no pairs", F64(3, 0))},
};
static const tad_misuse rope_misuse[] = {
    {CASE("no pairs", F64(3, 5)), .expect = TAD_BAD_SHAPE},
    {CASE("one axis", F64(4)), .expect = TAD_BAD_SHAPE},
    {CASE("base", F64(3, 4)), TURN(.base = GIVEN(0)), .expect = TAD_BAD_ARGUMENT},
    {CASE("offset", F64(3, 4)), TURN(.offset = INT64_MAX), .expect = TAD_BAD_ARGUMENT},
    {CASE("integers", INDICES(3, 3, 4)), .expect = TAD_BAD_DTYPE},
};

/* ---- the op ---- */

const tad_op tad__ops_rope[] = {
    {.name = "rope",
     .doc = "rotary positions: pair i of (...,L,D) at place l is turned by (l + offset) "
            "base^(-2 i / D); pairs: i and i + D / 2, interleaved: 2 i and 2 i + 1; base: 10000",
     FAMILY("attention", 1, 1),
     .flags = TAD_OP_LINEAR,
     OPTIONS(tad_rope_options, rope_list),
     HOOKS(rope),
     .c_text = rope_c_text,
     CASES(rope)},
};
const size_t tad__ops_rope_count = LENGTH(tad__ops_rope);

tad_var tad_rope(tad_var x, const tad_rope_options *options) {
    return tad_apply(tad__ops_rope, &x, 1, options, NULL, 0);
}
