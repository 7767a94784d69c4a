/* dft: the one transform that all others are made of, on complex numbers as a last axis of size 2.
 * Rests on fourier.h, c_text.h and rows.h. */
#include "fourier.h"

#include <stddef.h>
#include <string.h>

#include "array/c_text.h"
#include "array/view.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/rows/rows.h"
#include "ops/samples.h"

/* The axis of the array that an axis of complex numbers is. */
static tad_status find_axis(const tad_call_frame *c, int64_t named, int *axis) {
    const tad_array *x = c->in[0];
    if (x->rank >= 2 && x->dim[x->rank - 1] == 2 && tad__axis(named, x->rank - 1, axis))
        return TAD_OK;
    if (x->rank < 2 || x->dim[x->rank - 1] != 2)
        return tad_fail(c, TAD_BAD_SHAPE, "complex numbers need a last axis of size 2");
    return tad_fail(c, TAD_BAD_AXIS, "no axis %lld of complex numbers", (long long)named);
}

tad_status tad__complex_shape(const tad_call_frame *c, int64_t named, int *axis) {
    return tad__needs_float(c, 0) ? TAD_BAD_DTYPE : find_axis(c, named, axis);
}

static tad_status dft_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    (void)n_out;
    const tad__dft_options *o = c->options;
    int axis = 0;
    tad_status s = tad__complex_shape(c, o->axis, &axis);
    if (s != TAD_OK) return s;
    if (c->in[0]->dim[axis] > TAD__LONGEST_TRANSFORM)
        return tad_fail(c, TAD_TOO_LARGE, "%lld numbers", (long long)c->in[0]->dim[axis]);
    out[0] = (tad_type){(tad_dtype)c->in[0]->dtype, tad__shape_of(c->in[0])};
    return TAD_OK;
}

/* ---- values ---- */

typedef struct transforms {
    tad__rows rows;
    const tad__dft_options *options;
    size_t n, length, piece; /* numbers of a row; of what stands for it; rows of a piece */
    const char *x;
    char *y, *table, *room; /* of each piece: two times `length` numbers */
    void *plan;             /* of a library, in their place */
} transforms;

/* Bytes of so many complex numbers. */
static size_t bytes_of(const transforms *t, size_t n) { return 2 * n * t->rows.width; }

static void transform(const transforms *t, const void *x, void *room, void *y) {
    const tad__dft_options *o = t->options;
    const ptrdiff_t n = (ptrdiff_t)t->n, l = (ptrdiff_t)t->length;
    const tad__linalg_kernels *k = t->rows.compute->kernels->linalg;
    if (t->rows.dtype == TAD_F64)
        k->fft_f64(n, l, (const double *)(void *)t->table, o->inverse, o->scale, x, room, y);
    else
        k->fft_f32(n, l, (const float *)(void *)t->table, o->inverse, (float)o->scale, x, room, y);
}

/* What stands for a row may be longer: it is transformed beside its place. */
static void transform_piece(void *arg, size_t first, size_t end) {
    const transforms *t = arg;
    const size_t row = bytes_of(t, t->n);
    char *room = t->room + first / t->piece * bytes_of(t, 2 * t->length),
         *result = room + bytes_of(t, t->length);
    for (size_t i = first; i < end; i++) {
        char *const y = t->y + i * row;
        transform(t, t->x + i * row, room, t->length == t->n ? y : result);
        if (t->length != t->n) memcpy(y, result, row);
    }
}

static void scale_row(const transforms *t, void *row) {
    const double scale = t->options->scale;
    double *y = row;
    float *narrow = row;
    for (size_t i = 0; i < 2 * t->n && t->rows.dtype == TAD_F64; i++) y[i] *= scale;
    for (size_t i = 0; i < 2 * t->n && t->rows.dtype == TAD_F32; i++) narrow[i] *= (float)scale;
}

static void library_piece(void *arg, size_t first, size_t end) {
    const transforms *t = arg;
    const size_t row = bytes_of(t, t->n);
    for (size_t i = first; i < end; i++) {
        tad__fftw_run(t->plan, t->rows.dtype, t->x + i * row, t->y + i * row);
        if (t->options->scale != 1) scale_row(t, t->y + i * row);
    }
}

static void fill_table(const transforms *t) {
    const tad__linalg_kernels *k = t->rows.compute->kernels->linalg;
    if (t->rows.dtype == TAD_F64)
        k->fft_table_f64((ptrdiff_t)t->n, (double *)(void *)t->room, (double *)(void *)t->table);
    else
        k->fft_table_f32((ptrdiff_t)t->n, (float *)(void *)t->room, (float *)(void *)t->table);
}

static void plan(transforms *t, const tad_call_frame *c) {
    const tad_shape s = tad__shape_of(c->in[0]);
    *t = (transforms){.options = c->options};
    const int axis = tad__complex_axis(t->options->axis, s.rank);
    tad__rows_plan(&t->rows, c->compute, (tad_dtype)c->in[0]->dtype, &s,
                   1u << axis | 1u << (s.rank - 1));
    t->n = t->rows.n / 2;
    t->length = (size_t)tad__fft_length((ptrdiff_t)t->n);
}

/* By our own functions. */
static tad_status transform_rows(transforms *t, const tad_call_frame *c, size_t grain) {
    t->piece = tad__split_size(t->rows.rows, grain);
    t->table = tad_scratch(c, bytes_of(t, 2 * t->length + t->n));
    t->room = tad_scratch(c, ((t->rows.rows - 1) / t->piece + 1) * bytes_of(t, 2 * t->length));
    if (!t->table || !t->room) return TAD_NO_MEMORY;
    fill_table(t);
    tad_split(c, t->rows.rows, grain, transform_piece, t);
    return TAD_OK;
}

static tad_status dft_forward(const tad_call_frame *c) {
    transforms t;
    tad_status s = TAD_OK;
    if (c->in[0]->size == 0) return TAD_OK;
    plan(&t, c);
    const size_t grain = tad__rows_grain(2 * t.length);
    t.x = tad__rows_of(&t.rows, c->in[0]);
    t.y = tad__rows_target(&t.rows, c->out[0]);
    if (!t.x || !t.y) return TAD_NO_MEMORY;
    t.plan = tad__fftw_plan(t.rows.dtype, t.n, t.rows.rows, t.options->inverse, t.x, t.y);
    if (t.plan) {
        tad_split(c, t.rows.rows, grain, library_piece, &t);
        tad__fftw_end(t.plan, t.rows.dtype);
    } else {
        s = transform_rows(&t, c, grain);
    }
    return s ? s : tad__rows_put(&t.rows, t.y, c->out[0], false);
}

/* ---- as C ---- */

/* Loops over all axes but those of a row; x and y: arrays of the others, element by element. */
static void put_rows(tad_c *to, const tad_call_frame *c, int axis, const char *type) {
    const tad__dft_options *o = c->options;
    const tad_array *x = c->in[0], *y = c->out[0];
    const unsigned dtype = x->dtype;
    tad_shape rest = tad__shape_of(x);
    tad__header h[2];
    tad__loop l;
    rest.dim[axis] = rest.dim[rest.rank - 1] = 1;
    for (int k = 0; k < 2; k++) {
        tad__array_layout(&h[k].array, (tad_dtype)dtype, &rest);
        h[k].array.data = NULL;
        for (int i = 0; i < rest.rank; i++)
            tad__strides(&h[k].array)[i] = tad_strides(k ? y : x)[i];
    }
    const long long n = x->dim[axis];
    tad__c_open(to, &l, &rest, (const tad_array *const[]){&h[0].array, &h[1].array}, 2);
    tad_c_put(to, "const %s *x = &in0", type);
    tad__c_at(to, &l, 0);
    tad_c_put(to, ";\n%s *y = &out0", type);
    tad__c_at(to, &l, 1);
    tad_c_put(to, ";\nfor (ptrdiff_t k = 0; k < %lld; k++) {\n", 2 * n);
    tad_c_put(to, "row[k] = x[k / 2 * %lld + k %% 2 * %lld];\n}\n", (long long)tad_strides(x)[axis],
              (long long)tad_strides(x)[x->rank - 1]);
    tad_c_put(to, "%s(%lld, %lld, table, %d, ", tad__c_part(to, "fft", dtype), n,
              (long long)tad__fft_length((ptrdiff_t)n), o->inverse);
    tad__c_number(to, o->scale, dtype);
    tad_c_put(to, ", row, room, row);\nfor (ptrdiff_t k = 0; k < %lld; k++) {\n", 2 * n);
    tad_c_put(to, "y[k / 2 * %lld + k %% 2] = row[k];\n}\n", (long long)tad_strides(y)[axis]);
    tad__c_close(to, &l);
}

static void dft_c_text(const tad_call_frame *c, tad_c *to) {
    const tad_array *x = c->in[0];
    const int axis = tad__complex_axis(((const tad__dft_options *)c->options)->axis, x->rank);
    const long long n = x->dim[axis], length = tad__fft_length((ptrdiff_t)n);
    const char *type = tad__c_type(x->dtype);
    if (x->size == 0) {
        tad_c_put(to, "(void)in0, (void)out0;\n");
        return;
    }
    tad_c_put(to, "%s table[%lld], room[%lld], row[%lld];\n", type, 2 * (2 * length + n),
              2 * length, 2 * length);
    tad_c_put(to, "%s(%lld, room, table);\n", tad__c_part(to, "fft_table", x->dtype), n);
    put_rows(to, c, axis, type);
}

/* ---- rule: the transpose of a transform is the one with conjugate roots ---- */

tad_var tad__dft(tad_var x, int64_t axis, bool inverse, double scale) {
    return tad__apply_one(tad__ops_dft, x, &(tad__dft_options){axis, inverse, scale});
}

static void dft_vjp(tad_rule *r) {
    const tad__dft_options *o = r->options;
    r->result[0] = tad__dft(r->given[0], o->axis, !o->inverse, o->scale);
}

/* ---- options, samples, misuse ---- */

static const tad_option dft_list[] = {
    {OPTION(INT, tad__dft_options, axis), .initial = -1},
    {OPTION(BOOL, tad__dft_options, inverse)},
    {OPTION(FLOAT, tad__dft_options, scale), .initial = 1},
};

#define DFT(axis_, inverse_, scale_)                                                               \
    .options = &(const tad__dft_options) { axis_, inverse_, scale_ }

static const tad_sample dft_samples[] = {
    {CASE("power of 2", F64(8, 2)), DFT(-1, false, 1)},
    {CASE("rows", F64(3, 5, 2)), DFT(1, false, 0.5)},
    {CASE("columns", F64(6, 3, 2)), DFT(0, true, 1)},
    {CASE("middle", F64(2, 7, 3, 2)), DFT(-2, false, -2)},
    {CASE("primes", F64(77, 2)), DFT(-1, true, 1)},
    {CASE("a large factor", F64(2, 37, 2)), DFT(-1, true, 0.25)},
    {CASE("many factors", F64(60, 2)), DFT(-1, false, 1)},
    {CASE("one", F64(4, 1, 2)), DFT(-1, true, 3)},
    {CASE("none", F64(3, 0, 2)), DFT(-1, false, 1)},
};
static const tad_misuse dft_misuse[] = {
    {CASE("no pairs", F64(8, 3)), DFT(-1, false, 1), .expect = TAD_BAD_SHAPE},
    {CASE("one axis", F64(2)), DFT(-1, false, 1), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(8, 2)), DFT(1, false, 1), .expect = TAD_BAD_AXIS},
    {CASE("integers", INDICES(3, 8, 2)), DFT(-1, false, 1), .expect = TAD_BAD_DTYPE},
};

/* ---- the op ---- */

const tad_op tad__ops_dft[] = {
    {.name = "dft",
     .doc = "scale times the sums of x_k e^(-2 pi i j k / n) along an axis of complex numbers, "
            "inverse: e^(+...); complex numbers are a last axis of size 2, which axes do not count",
     FAMILY("fourier", 1, 1),
     .flags = TAD_OP_LINEAR,
     OPTIONS(tad__dft_options, dft_list),
     HOOKS(dft),
     .c_text = dft_c_text,
     CASES(dft)},
};
const size_t tad__ops_dft_count = LENGTH(tad__ops_dft);

tad_var tad_dft(tad_var x, int axis, bool inverse, double scale) {
    return tad__dft(x, axis, inverse, scale);
}
