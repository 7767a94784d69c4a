/* Extremes with their places: max, min along one axis; argmax, argmin. Rests on reduce.h and
 * c_text.h. */
#include <stddef.h>
#include <string.h>

#include "array/c_text.h"
#include "ops/axes.h"
#include "ops/families.h"
#include "ops/place/indexed.h"
#include "ops/samples.h"
#include "reduce.h"
#include "tape/error.h"
#include "tape/handle.h"

enum { MAX, MIN, ARGMAX, ARGMIN };

/* ---- shapes ---- */

/* One axis as the list of axes that the other functions take. */
static tad_axes only(int64_t axis) {
    return tad_axis(axis > INT32_MAX || axis < INT32_MIN ? INT32_MAX : (int)axis);
}

static tad_status along_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__along *o = c->options;
    tad_axes axes = only(o->axis);
    tad_status s = tad__reduced_type(c, &axes, o->keepdims, &out[0]);
    if (s != TAD_OK) return s;
    out[1] = (tad_type){TAD_I64, out[0].shape};
    return tad__not_of_nothing(c, &out[0].shape);
}

static tad_status arg_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    const tad__reduce *o = c->options;
    if (o->axis.given && o->axis.count != 1)
        return tad_fail(c, TAD_BAD_AXIS, "%d axes; one or all are possible", o->axis.count);
    tad_status s = tad__choose_shape(c, out, n_out);
    out->dtype = TAD_I64;
    return s;
}

/* ---- values ---- */

typedef struct finding {
    const tad__kernels *kernels;
    tad_dtype dtype;
    tad__blocks b;
    bool larger;
    const char *x; /* a block */
    char *value;
    int64_t *place;
} finding;

/* The extreme of a row is sought once it is known. */
static void find_in_rows(void *arg, size_t first, size_t end) {
    const finding *f = arg;
    size_t width = tad_dtype_size(f->dtype), n = f->b.n;
    for (size_t i = first; i < end; i++) {
        const char *row = f->x + i * n * width;
        double best = f->kernels->extreme[f->dtype](n, row, f->larger);
        size_t k = f->kernels->find[f->dtype](n, row, best);
        memcpy(f->value + i * width, row + k * width, width);
        f->place[i] = (int64_t)k;
    }
}

static void find_in_columns(void *arg, size_t first, size_t end) {
    const finding *f = arg;
    size_t at = first * tad_dtype_size(f->dtype);
    f->kernels->places[f->dtype](f->b.n, end - first, f->b.after, f->x + at, f->larger,
                                 f->value + at, f->place + first);
}

static void find_extremes(const tad__compute *compute, const tad_array *x, tad__blocks b,
                          bool larger, void *value, int64_t *place) {
    finding f = {compute->kernels, (tad_dtype)x->dtype, b, larger, x->data, value, place};
    if (b.after == 1) {
        tad__split(compute->threads, b.before, tad__rows_grain(b.n), find_in_rows, &f);
        return;
    }
    for (size_t i = 0; i < b.before; i++) {
        size_t grain = TAD__COLUMNS * tad__rows_grain(b.n * TAD__COLUMNS);
        tad__split(compute->threads, b.after, grain, find_in_columns, &f);
        f.x += tad__bytes_of(x, b.n * b.after);
        f.value += tad__bytes_of(x, b.after);
        f.place += b.after;
    }
}

static tad_status place_forward(const tad_call_frame *c, const tad_axes *axes, bool larger,
                                void *value, int64_t *place) {
    const tad_array *x = tad__contiguous(c->compute, c->in[0]);
    if (!x) return TAD_NO_MEMORY;
    tad__blocks b;
    tad__as_blocks(x, tad__known_axes(axes, x->rank), &b); /* one axis or all: always tad__blocks */
    if (x->size) find_extremes(c->compute, x, b, larger, value, place);
    return TAD_OK;
}

static tad_status along_forward(const tad_call_frame *c) {
    tad_axes axes = only(((const tad__along *)c->options)->axis);
    return place_forward(c, &axes, c->op == &tad__ops_argmax[MAX], c->out[0]->data,
                         c->out[1]->data);
}

static tad_status arg_forward(const tad_call_frame *c) {
    const tad__reduce *o = c->options;
    void *value = tad__scratch(c->compute, tad__bytes_of(c->in[0], (size_t)c->out[0]->size));
    if (!value) return TAD_NO_MEMORY;
    return place_forward(c, &o->axis, c->op == &tad__ops_argmax[ARGMAX], value, c->out[0]->data);
}

/* ---- as C ---- */

/* Of a call; the value goes to out0, or, of argmax, nowhere. */
typedef struct text {
    tad_c *to;
    const tad_array *x;
    unsigned mask;
    bool larger, has_value;
} text;

static const char *part(const text *t, const char *larger, const char *smaller) {
    return tad__c_part(t->to, t->larger ? larger : smaller, t->x->dtype);
}

/* Takes element k of a row, which begins where `row` says. */
static void put_place(const text *t, const tad__loop *l, int64_t apart) {
    if (t->has_value) {
        tad_c_put(t->to, "out0");
        tad__c_at(t->to, l, 0);
        tad_c_put(t->to, apart == 1 ? " = row[k];\n" : " = row[%lld * (ptrdiff_t)k];\n",
                  (long long)apart);
    }
    tad_c_put(t->to, "out%d", t->has_value);
    tad__c_at(t->to, l, 0);
    tad_c_put(t->to, " = (int64_t)k;\n");
}

/* Rows whose numbers lie `apart`. */
static void put_rows(const text *t, const tad_array *out, int64_t n, int64_t apart) {
    tad_shape shape = tad__shape_of(t->x);
    shape = tad__shape_reduced(&shape, t->mask, true);
    tad__loop l;
    tad_c_put(t->to, "{\n");
    tad__c_open(t->to, &l, &shape, (const tad_array *const[]){out, t->x}, 2);
    tad_c_put(t->to, "const %s *row = &in0", tad__c_type(t->x->dtype));
    tad__c_at(t->to, &l, 1);
    tad_c_put(t->to, ";\nconst size_t k = ");
    if (apart == 1)
        tad_c_put(t->to, "%s(%lld, row);\n", part(t, "place_of_largest", "place_of_smallest"),
                  (long long)n);
    else
        tad_c_put(t->to, "%s(%lld, row, %lld);\n",
                  part(t, "place_of_largest_apart", "place_of_smallest_apart"), (long long)n,
                  (long long)apart);
    put_place(t, &l, apart);
    tad__c_close(t->to, &l);
    tad_c_put(t->to, "}\n");
}

static void put_columns(const text *t, tad__blocks b) {
    tad_c_put(t->to, "for (ptrdiff_t i = 0; i < %zu; i++)\n    %s(%zu, %zu, in0 + %zu * i, ",
              b.before, part(t, "find_largest_of", "find_smallest_of"), b.n, b.after,
              b.n * b.after);
    if (t->has_value)
        tad_c_put(t->to, "out0 + %zu * i, out1", b.after);
    else
        tad_c_put(t->to, "NULL, out0");
    tad_c_put(t->to, " + %zu * i);\n", b.after);
}

/* Of all elements, which lie anyhow. */
static void put_all(const text *t) {
    const tad_shape shape = tad__shape_of(t->x);
    const char *type = tad__c_type(t->x->dtype);
    tad__loop l;
    tad_c_put(t->to, "%s best = in0[0];\nint64_t k = 0;\nout0[0] = 0;\n", type);
    tad__c_open(t->to, &l, &shape, &t->x, 1);
    tad_c_put(t->to, "const %s v = in0", type);
    tad__c_at(t->to, &l, 0);
    tad_c_put(t->to, ";\nconst int wins = %s(v, best) & (best == best);\n",
              part(t, "is_larger", "is_smaller"));
    tad_c_put(t->to, "best = wins ? v : best;\nout0[0] = wins ? k : out0[0];\nk++;\n");
    tad__c_close(t->to, &l);
}

/* What is not contiguous is not copied as place_forward does: the first of the best is the same. */
static void put_places(const text *t, const tad_array *y) {
    tad__header h;
    tad__blocks b;
    tad__loop row;
    const tad_array *out = tad__keepdims_view(&h, y, t->x, t->mask);
    if (t->x->size == 0) {
        tad_c_put(t->to, "(void)in0, (void)out0%s;\n", t->has_value ? ", (void)out1" : "");
        return;
    }
    if (tad__as_blocks(t->x, t->mask, &b) && b.after > 1) {
        put_columns(t, b);
        return;
    }
    tad_shape shape = tad__shape_of(t->x);
    shape = tad__shape_reduced(&shape, ~t->mask, true);
    tad__c_loop(&row, &shape, &t->x, 1);
    if (row.rank > 1)
        put_all(t);
    else
        put_rows(t, out, row.rank ? row.dim[0] : 1, row.rank ? row.stride[0][0] : 1);
}

static void along_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_axes axes = only(((const tad__along *)c->options)->axis);
    const tad_array *x = c->in[0];
    put_places(
        &(text){to, x, tad__known_axes(&axes, x->rank), c->op == &tad__ops_argmax[MAX], true},
        c->out[0]);
}

static void arg_c_text(const tad_call_frame *c, tad_c *to) {
    const tad__reduce *o = c->options;
    const tad_array *x = c->in[0];
    put_places(&(text){to, x, tad__known_axes(&o->axis, x->rank), c->op == &tad__ops_argmax[ARGMAX],
                       false},
               c->out[0]);
}

/* ---- derivatives ---- */

#define PUT_AT_PLACES(T)                                                                           \
    for (size_t i = 0; i < k.before; i++)                                                          \
        for (size_t j = 0; j < k.after; j++, place++)                                              \
    ((T *)to->data)[(i * k.n + (size_t)*place) * k.after + j] +=                                   \
        ((const T *)g->data)[i * k.after + j]

static tad_status along_backward(tad_backward *b) {
    tad_axes axes = only(((const tad__along *)b->call.options)->axis);
    const tad_array *g = b->cotangent[0];
    bool fresh;
    if (!g || !b->wanted[0]) return TAD_OK;
    tad_array *to = tad_backward_buffer(b, 0, &fresh);
    if (!to) return TAD_NO_MEMORY;
    if (fresh) tad__clear(b->call.compute, to);
    const int64_t *place = b->call.out[1]->data;
    tad__blocks k;
    tad__as_blocks(to, tad__known_axes(&axes, to->rank), &k); /* one axis: always tad__blocks */
    if (to->dtype == TAD_F64)
        PUT_AT_PLACES(double);
    else
        PUT_AT_PLACES(float);
    return TAD_OK;
}

static void along_vjp(tad_rule *r) {
    const tad__along *o = r->options;
    tad_axes axes = only(o->axis);
    tad_shape kept = tad__keepdims_shape(r->in[0], &axes);
    if (tad_is_nil(r->given[0])) return; /* places have no cotangent */
    r->result[0] = tad__gather_put(tad_reshape(r->given[0], kept), tad_reshape(r->out[1], kept),
                                   tad_shape_of(r->in[0]), o->axis);
}

static void along_jvp(tad_rule *r) {
    const tad__along *o = r->options;
    tad_axes axes = only(o->axis);
    tad_var place = tad_reshape(r->out[1], tad__keepdims_shape(r->in[0], &axes));
    r->result[0] =
        tad_reshape(tad_gather(r->given[0], place, (int)o->axis), tad_shape_of(r->out[0]));
}

/* ---- options, samples, misuse ---- */

static const tad_option along_list[] = {
    {OPTION(INT, tad__along, axis), .required = true},
    {OPTION(BOOL, tad__along, keepdims)},
};

#define ALONG(k)                                                                                   \
    .options = &(const tad__along) { .axis = k }
#define ALONG_KEEP(k)                                                                              \
    .options = &(const tad__along) { k, true }

static const tad_sample max_samples[] = {
    {CASE("columns", DISTINCT(3, 5)), ALONG(0)},
    {CASE("rows kept", DISTINCT(3, 7)), ALONG_KEEP(-1)},
    {CASE("middle", DISTINCT(2, 3, 5)), ALONG(1)},
    {CASE("vector", DISTINCT(7)), ALONG(0)},
    {CASE("size 1", DISTINCT(1, 3)), ALONG(0)},
    {CASE("nothing left", F64(0, 3)), ALONG(1)},
};
static const tad_misuse max_misuse[] = {
    {CASE("of nothing", F64(0, 3)), ALONG(0), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(3, 4)), ALONG(2), .expect = TAD_BAD_AXIS},
    {CASE("0-d", F64_0D), ALONG(0), .expect = TAD_BAD_AXIS},
    {CASE("integers", INDICES(3, 4)), ALONG(0), .expect = TAD_BAD_DTYPE},
};
static const tad_sample argmax_samples[] = {
    {CASE("all", DISTINCT(3, 5))},
    {CASE("columns", DISTINCT(7, 3)), OVER(0)},
    {CASE("rows kept", DISTINCT(3, 11)), KEEP(-1)},
    {CASE("0-d", F64_0D)},
    {CASE("nothing left", F64(0, 3)), OVER(1)},
};
static const tad_misuse argmax_misuse[] = {
    {CASE("two axes", F64(2, 3, 5)), OVER(0, 1), .expect = TAD_BAD_AXIS},
    {CASE("of nothing", F64(0, 3)), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(3, 4)), OVER(2), .expect = TAD_BAD_AXIS},
};

/* ---- the ops ---- */

#define WITH_PLACES                                                                                \
    .family = "reduce", .min_in = 1, .max_in = 1, .n_out = 2, OPTIONS(tad__along, along_list),     \
    HOOKS(along), .jvp = along_jvp, .backward = along_backward, .c_text = along_c_text, CASES(max)
#define PLACES                                                                                     \
    REDUCES, .flags = TAD_OP_FLAT, .shape = arg_shape, .forward = arg_forward,                     \
             .c_text = arg_c_text, CASES(argmax)

const tad_op tad__ops_argmax[] = {
    [MAX] = {.name = "max",
             .doc = "largest along an axis and its place: the first of equals, or the first NaN, "
                    "which also gets the gradient",
             WITH_PLACES},
    [MIN] = {.name = "min",
             .doc = "smallest along an axis and its place: the first of equals, or the first NaN, "
                    "which also gets the gradient",
             WITH_PLACES},
    [ARGMAX] = {.name = "argmax",
                .doc = "place of the largest along an axis, or in x flattened: the first of "
                       "equals, or the first NaN",
                PLACES},
    [ARGMIN] = {.name = "argmin",
                .doc = "place of the smallest along an axis, or in x flattened: the first of "
                       "equals, or the first NaN",
                PLACES},
};
const size_t tad__ops_argmax_count = LENGTH(tad__ops_argmax);

static tad_var extreme_along(int op, tad_var x, tad_axes over, tad_var *indices) {
    const char *name = tad__ops_argmax[op].name;
    tad_tape *t = tad__tape_of(&x, 1);
    tad_var out[2] = {tad__nil(t), tad__nil(t)};
    const tad__along o = {over.axis[0], over.keepdims};
    if (over.given && over.count == 1)
        tad_apply(&tad__ops_argmax[op], &x, 1, &o, out, 2);
    else if (t)
        tad__fail(t, TAD_BAD_AXIS, "%s: one axis is needed", name);
    if (indices) *indices = out[1];
    return out[0];
}

tad_var tad_max(tad_var x, tad_axes over, tad_var *indices) {
    return extreme_along(MAX, x, over, indices);
}
tad_var tad_min(tad_var x, tad_axes over, tad_var *indices) {
    return extreme_along(MIN, x, over, indices);
}

tad_var tad_argmax(tad_var x, tad_axes over) {
    return tad__reduce_apply(&tad__ops_argmax[ARGMAX], x, over);
}

tad_var tad_argmin(tad_var x, tad_axes over) {
    return tad__reduce_apply(&tad__ops_argmax[ARGMIN], x, over);
}
