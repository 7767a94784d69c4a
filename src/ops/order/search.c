/* searchsorted, and histogram, which counts elements in bins of one width. Rests on indexed.h. */
#include <math.h>
#include <stddef.h>

#include "array/c_text.h"
#include "array/number.h"
#include "array/view.h"
#include "kernel/plain/search.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { SEARCHSORTED, HISTOGRAM };

typedef struct search_options {
    bool right;
} search_options;

typedef struct histogram_options {
    int64_t bins;
    double min, max;
} histogram_options;

/* ---- searchsorted ---- */

static tad_status search_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    if (c->in[0]->dtype != c->in[1]->dtype)
        return tad_fail(c, TAD_BAD_DTYPE, "two operands of one type are needed");
    if (c->in[0]->rank != 1) return tad_fail(c, TAD_BAD_SHAPE, "sorted must have one axis");
    *out = (tad_type){TAD_I64, tad__shape_of(c->in[1])};
    return TAD_OK;
}

typedef struct searching {
    const tad_array *sorted, *values;
    int64_t *to;
    bool right;
} searching;

#define SEARCH(T, suffix)                                                                          \
    for (size_t i = first; i < end; i++)                                                           \
    s->to[i] = tad__search_##suffix(s->sorted->size, s->sorted->data, 1,                           \
                                    ((const T *)s->values->data)[i], s->right)

static void search_piece(void *arg, size_t first, size_t end) {
    const searching *s = arg;
    switch (s->values->dtype) {
    case TAD_F64: SEARCH(double, f64); break;
    case TAD_F32: SEARCH(float, f32); break;
    case TAD_I64: SEARCH(int64_t, i64); break;
    default: SEARCH(uint8_t, bool);
    }
}

static tad_status search_forward(const tad_call_frame *c) {
    searching s = {.right = ((const search_options *)c->options)->right, .to = c->out[0]->data};
    s.sorted = tad__contiguous(c->compute, c->in[0]);
    s.values = tad__contiguous(c->compute, c->in[1]);
    if (!s.sorted || !s.values) return TAD_NO_MEMORY;
    tad__split(c->compute->threads, (size_t)s.values->size, TAD__GRAIN / 8, search_piece, &s);
    return TAD_OK;
}

static void search_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_array *sorted = c->in[0], *values = c->in[1];
    const tad_shape shape = tad__shape_of(values);
    tad__loop l;
    tad__c_open(to, &l, &shape, (const tad_array *const[]){c->out[0], values}, 2);
    tad_c_put(to, "out0");
    tad__c_at(to, &l, 0);
    tad_c_put(to, " = %s(%lld, in0, %lld, in1", tad__c_part(to, "search", values->dtype),
              (long long)sorted->size, (long long)tad_strides(sorted)[0]);
    tad__c_at(to, &l, 1);
    tad_c_put(to, ", %d);\n", ((const search_options *)c->options)->right);
    tad__c_close(to, &l);
    if (values->size == 0) tad_c_put(to, "(void)in0, (void)in1, (void)out0;\n");
}

/* ---- histogram ---- */

static tad_status histogram_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const histogram_options *o = c->options;
    if (o->bins < 1) return tad_fail(c, TAD_BAD_ARGUMENT, "%lld bins", (long long)o->bins);
    if (!(o->min < o->max) || !isfinite(o->max - o->min))
        return tad_fail(c, TAD_BAD_ARGUMENT, "no range from %g to %g", o->min, o->max);
    *out = (tad_type){TAD_I64, TAD_SHAPE(o->bins)};
    return TAD_OK;
}

static tad_status histogram_forward(const tad_call_frame *c) {
    const histogram_options *o = c->options;
    const tad_array *x = c->in[0];
    const tad_shape shape = tad__shape_of(x);
    tad__loop l;
    tad__clear(c->compute, c->out[0]);
    tad__loop_init(&l, &shape, &x, 1);
    for (bool more = tad__loop_first(&l); more; more = tad__loop_next(&l))
        for (int64_t i = 0; i < l.length; i++)
            tad__count_in(tad__load(l.run[0] + i * l.step[0], (tad_dtype)x->dtype), o->bins, o->min,
                          o->max, c->out[0]->data);
    return TAD_OK;
}

static void histogram_c_text(const tad_call_frame *c, tad_c *to) {
    const histogram_options *o = c->options;
    const tad_array *x = c->in[0];
    const tad_shape shape = tad__shape_of(x);
    tad__loop l;
    tad__c_clear(to, c->out[0]);
    tad__c_open(to, &l, &shape, &x, 1);
    tad_c_put(to, "%s(in0", tad__c_part_named(to, "tad__count_in"));
    tad__c_at(to, &l, 0);
    tad_c_put(to, ", %lld, ", (long long)o->bins);
    tad__c_number(to, o->min, TAD_F64);
    tad_c_put(to, ", ");
    tad__c_number(to, o->max, TAD_F64);
    tad_c_put(to, ", out0);\n");
    tad__c_close(to, &l);
    if (x->size == 0) tad_c_put(to, "(void)in0;\n");
}

/* ---- options, samples, misuse ---- */

static const tad_option search_list[] = {{OPTION(BOOL, search_options, right)}};
static const tad_option histogram_list[] = {
    {OPTION(INT, histogram_options, bins), .initial = 10},
    {OPTION(FLOAT, histogram_options, min), .required = true},
    {OPTION(FLOAT, histogram_options, max), .required = true},
};

#define RIGHT                                                                                      \
    .options = &(const search_options) { true }
#define BINS(...)                                                                                  \
    .options = &(const histogram_options) { __VA_ARGS__ }

static const tad_sample search_samples[] = {
    {CASE("vector", F64(7), F64(5))},  {CASE("matrix, right", F64(5), F64(2, 3)), RIGHT},
    {CASE("one", F64(1), F64_0D)},     {CASE("in nothing", F64(0), F64(3))},
    {CASE("nothing", F64(3), F64(0))}, {CASE("integers", INDICES(9, 4), INDICES(9, 2, 3))},
};
static const tad_misuse search_misuse[] = {
    {CASE("sorted matrix", F64(2, 3), F64(3)), .expect = TAD_BAD_SHAPE},
    {CASE("integers", INDICES(3, 2), F64(3)), .expect = TAD_BAD_DTYPE},
    {CASE("integers in", F64(2), INDICES(3, 3)), .expect = TAD_BAD_DTYPE},
};
static const tad_sample histogram_samples[] = {
    {CASE("vector", F64(50)), BINS(10, -2, 2)},
    {CASE("matrix", F64(3, 7)), BINS(3, -1, 1.5)},
    {CASE("one bin", F64(2, 3, 2)), BINS(1, 0, 1)},
    {CASE("0-d", F64_0D), BINS(4, -2, 2)},
    {CASE("nothing", F64(0)), BINS(2, 0, 1)},
    {CASE("integers", INDICES(9, 5)), BINS(4, 0, 8)},
};
static const tad_misuse histogram_misuse[] = {
    {CASE("no bins", F64(3)), BINS(0, 0, 1), .expect = TAD_BAD_ARGUMENT},
    {CASE("no range", F64(3)), BINS(5, 1, 1), .expect = TAD_BAD_ARGUMENT},
    {CASE("infinite range", F64(3)), BINS(5, -INFINITY, 1), .expect = TAD_BAD_ARGUMENT},
    {CASE("too many bins", F64(3)), BINS(INT64_C(1) << 61, 0, 1), .expect = TAD_TOO_LARGE},
};

/* ---- the ops ---- */

#define FLAT(op, inputs)                                                                           \
    FAMILY("order", inputs, inputs), .flags = TAD_OP_FLAT, .shape = op##_shape,                    \
                                     .forward = op##_forward, .c_text = op##_c_text, CASES(op)

const tad_op tad__ops_search[] = {
    [SEARCHSORTED] =
        {.name = "searchsorted",
         .doc =
             "int64: how many elements of a sorted vector are less than each value, of its type; "
             "right: less or equal",
         FLAT(search, 2),
         OPTIONS(search_options, search_list)},
    [HISTOGRAM] = {.name = "histogram",
                   .doc = "int64: how many elements lie in each of so many bins of one width from "
                          "min to max, which belongs to the last",
                   FLAT(histogram, 1),
                   OPTIONS(histogram_options, histogram_list)},
};
const size_t tad__ops_search_count = LENGTH(tad__ops_search);

tad_var tad_searchsorted(tad_var sorted, tad_var values, bool right) {
    return tad_apply(&tad__ops_search[SEARCHSORTED], (tad_var[]){sorted, values}, 2,
                     &(search_options){right}, NULL, 0);
}

tad_var tad_histogram(tad_var x, int64_t bins, double min, double max) {
    return tad__apply_one(&tad__ops_search[HISTOGRAM], x, &(histogram_options){bins, min, max});
}
