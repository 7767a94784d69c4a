/* split and chunk: an array in parts along an axis; meshgrid: vectors as grids. Composed of
 * views. */
#include <stddef.h>

#include "ops/axes.h"
#include "ops/families.h"
#include "ops/operands.h"
#include "ops/samples.h"

enum { SPLIT, CHUNK, MESHGRID };

typedef struct split_options {
    tad_ints sizes;
    int64_t axis;
} split_options;

typedef struct chunk_options {
    int64_t chunks, axis;
} chunk_options;

typedef struct meshgrid_options {
    int indexing;
} meshgrid_options;

enum { IJ, XY };

/* ---- split ---- */

static tad_status split_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    const split_options *o = c->options;
    const tad_array *x = c->in[0];
    int axis;
    int64_t total = 0;
    if (o->sizes.count < 1 || o->sizes.count > TAD_MAX_OUTPUTS)
        return tad_fail(c, TAD_BAD_ARGUMENT, "%d sizes", o->sizes.count);
    if (tad__one_axis(c, o->axis, x->rank, &axis)) return TAD_BAD_AXIS;
    for (int k = 0; k < o->sizes.count; k++) {
        const int64_t size = o->sizes.value[k];
        if (size < 0) return tad_fail(c, TAD_BAD_SHAPE, "size %lld", (long long)size);
        if (__builtin_add_overflow(total, size, &total)) total = INT64_MAX;
        out[k] = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
        out[k].shape.dim[axis] = size;
    }
    if (total != x->dim[axis])
        return tad_fail(c, TAD_BAD_SHAPE, "the sizes add up to %lld, axis %d has %lld",
                        (long long)total, axis, (long long)x->dim[axis]);
    *n_out = (size_t)o->sizes.count;
    return TAD_OK;
}

static tad_var part(tad_var x, int64_t axis, int64_t start, int64_t size) {
    return tad_slice(x, (int)axis, start, start + size, 1);
}

static void split_compose(tad_rule *r) {
    const split_options *o = r->options;
    int64_t start = 0;
    for (size_t k = 0; k < r->n_out; start += o->sizes.value[k++])
        r->result[k] = part(r->in[0], o->axis, start, o->sizes.value[k]);
}

/* ---- chunk ---- */

/* Of each but the last one. */
static int64_t chunk_size(int64_t n, int64_t chunks) { return n / chunks + (n % chunks != 0); }

static tad_status chunk_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    const chunk_options *o = c->options;
    const tad_array *x = c->in[0];
    int axis;
    if (o->chunks < 1) return tad_fail(c, TAD_BAD_ARGUMENT, "%lld chunks", (long long)o->chunks);
    if (tad__one_axis(c, o->axis, x->rank, &axis)) return TAD_BAD_AXIS;
    const int64_t n = x->dim[axis], size = chunk_size(n, o->chunks),
                  count = size ? n / size + (n % size != 0) : o->chunks;
    if (count > TAD_MAX_OUTPUTS)
        return tad_fail(c, TAD_TOO_LARGE, "%lld chunks, at most %d are possible", (long long)count,
                        TAD_MAX_OUTPUTS);
    for (int64_t k = 0; k < count; k++) {
        out[k] = (tad_type){(tad_dtype)x->dtype, tad__shape_of(x)};
        out[k].shape.dim[axis] = k + 1 < count ? size : n - k * size;
    }
    *n_out = (size_t)count;
    return TAD_OK;
}

static void chunk_compose(tad_rule *r) {
    const chunk_options *o = r->options;
    const tad_shape x = tad_shape_of(r->in[0]);
    const int64_t size = chunk_size(x.dim[tad__known_axis(o->axis, x.rank)], o->chunks);
    for (size_t k = 0; k < r->n_out; k++)
        r->result[k] = part(r->in[0], o->axis, (int64_t)k * size, size);
}

/* ---- meshgrid ---- */

/* The axis along which grid k changes. */
static int axis_of(const meshgrid_options *o, size_t k, size_t n) {
    return o->indexing == XY && n > 1 && k < 2 ? 1 - (int)k : (int)k;
}

static tad_status meshgrid_shape(const tad_call_frame *c, tad_type *out, size_t *n_out) {
    const meshgrid_options *o = c->options;
    tad_shape all = {(int)c->n_in, {0}};
    if (o->indexing != IJ && o->indexing != XY)
        return tad_fail(c, TAD_BAD_ARGUMENT, "no indexing %d", o->indexing);
    if (c->n_in > TAD_MAX_RANK)
        return tad_fail(c, TAD_TOO_LARGE, "%zu vectors, %d axes are possible", c->n_in,
                        TAD_MAX_RANK);
    for (size_t k = 0; k < c->n_in; k++) {
        if (c->in[k]->rank > 1) return tad_fail(c, TAD_BAD_SHAPE, "operand %zu is no vector", k);
        all.dim[axis_of(o, k, c->n_in)] = c->in[k]->size;
    }
    for (size_t k = 0; k < c->n_in; k++) out[k] = (tad_type){(tad_dtype)c->in[k]->dtype, all};
    *n_out = c->n_in;
    return TAD_OK;
}

static void meshgrid_compose(tad_rule *r) {
    const meshgrid_options *o = r->options;
    tad_shape all = {(int)r->n_in, {0}};
    for (size_t k = 0; k < r->n_in; k++) all.dim[axis_of(o, k, r->n_in)] = tad_size_of(r->in[k]);
    for (size_t k = 0; k < r->n_in; k++) {
        const int axis = axis_of(o, k, r->n_in);
        tad_shape line = all;
        for (int i = 0; i < all.rank; i++)
            if (i != axis) line.dim[i] = 1;
        r->result[k] = tad_broadcast_to(tad_reshape(r->in[k], line), all);
    }
}

/* ---- options, samples, misuse ---- */

static const tad_option split_list[] = {
    {OPTION(INTS, split_options, sizes), .required = true},
    {OPTION(INT, split_options, axis)},
};
static const tad_option chunk_list[] = {
    {OPTION(INT, chunk_options, chunks), .required = true},
    {OPTION(INT, chunk_options, axis)},
};
static const tad_option meshgrid_list[] = {
    {OPTION(CHOICE, meshgrid_options, indexing), .choices = "ij|xy"},
};

#define SIZES(axis_, ...)                                                                          \
    .options = &(const split_options) { INTS(__VA_ARGS__), axis_ }
#define CHUNKS(...)                                                                                \
    .options = &(const chunk_options) { __VA_ARGS__ }
#define INDEXING(how)                                                                              \
    .options = &(const meshgrid_options) { how }

static const tad_sample split_samples[] = {
    {CASE("rows", F64(5, 3)), SIZES(0, 2, 3)},
    {CASE("columns", F64(2, 7)), SIZES(-1, 1, 0, 4, 2)},
    {CASE("middle", F64(2, 3, 2)), SIZES(1, 2, 1)},
    {CASE("one part", F64(3)), SIZES(0, 3)},
    {CASE("empty", F64(0, 3)), SIZES(0, 0, 0)},
};
static const tad_misuse split_misuse[] = {
    {CASE("too small", F64(3, 4)), SIZES(0, 1, 1), .expect = TAD_BAD_SHAPE},
    {CASE("negative", F64(3)), SIZES(0, 5, -2), .expect = TAD_BAD_SHAPE},
    {CASE("overflow", F64(3)), SIZES(0, INT64_MAX, INT64_MAX, 5), .expect = TAD_BAD_SHAPE},
    {CASE("no such axis", F64(3)), SIZES(1, 3), .expect = TAD_BAD_AXIS},
};
static const tad_sample chunk_samples[] = {
    {CASE("rows", F64(5, 3)), CHUNKS(2, 0)},  {CASE("columns", F64(2, 6)), CHUNKS(3, -1)},
    {CASE("fewer", F64(5)), CHUNKS(4, 0)},    {CASE("one", F64(2, 3, 2)), CHUNKS(1, 1)},
    {CASE("empty", F64(0, 3)), CHUNKS(3, 0)},
};
static const tad_misuse chunk_misuse[] = {
    {CASE("none", F64(3)), CHUNKS(0, 0), .expect = TAD_BAD_ARGUMENT},
    {CASE("no such axis", F64(3)), CHUNKS(1, -2), .expect = TAD_BAD_AXIS},
    {CASE("too many", F64(65)), CHUNKS(INT64_MAX, 0), .expect = TAD_TOO_LARGE},
};
static const tad_sample meshgrid_samples[] = {
    {CASE("two", F64(3), F64(2)), INDEXING(IJ)},
    {CASE("two, as x and y", F64(3), F64(2)), INDEXING(XY)},
    {CASE("four", F64(2), F64(1), F64(3), F64(2)), INDEXING(XY)},
    {CASE("six", F64(2), F64(1), F64(2), F64_0D, F64(1), F64(2)), INDEXING(IJ)},
    {CASE("one", F64(3)), INDEXING(XY)},
    {CASE("empty", F64(0), F64(2)), INDEXING(IJ)},
};
static const tad_misuse meshgrid_misuse[] = {
    {CASE("matrix", F64(3), F64(2, 2)), INDEXING(IJ), .expect = TAD_BAD_SHAPE},
    {CASE("nine", F64(1), F64(1), F64(1), F64(1), F64(1), F64(1), F64(1), F64(1), F64(1)),
     INDEXING(IJ), .expect = TAD_TOO_LARGE},
    {CASE("no such indexing", F64(1), F64(2)), INDEXING(2), .expect = TAD_BAD_ARGUMENT},
};

/* ---- the ops ---- */

#define PARTS(op, least, most)                                                                     \
    .family = "shape", .min_in = least, .max_in = most, .shape = op##_shape,                       \
    .compose = op##_compose, CASES(op)

const tad_op tad__ops_split[] = {
    [SPLIT] = {.name = "split",
               .doc = "the parts of x along an axis, one for each size; views",
               OPTIONS(split_options, split_list),
               PARTS(split, 1, 1)},
    [CHUNK] = {.name = "chunk",
               .doc = "at most so many parts of one size, the last one maybe smaller; views",
               OPTIONS(chunk_options, chunk_list),
               PARTS(chunk, 1, 1)},
    [MESHGRID] = {.name = "meshgrid",
                  .doc = "vectors as grids of all their elements, one along each axis; views",
                  OPTIONS(meshgrid_options, meshgrid_list),
                  PARTS(meshgrid, 1, UINT8_MAX)},
};
const size_t tad__ops_split_count = LENGTH(tad__ops_split);

tad_var tad_split_sizes(tad_var x, const int64_t *sizes, size_t n, int axis, tad_var *parts) {
    return tad_apply(&tad__ops_split[SPLIT], &x, 1, &(split_options){tad__ints_of(sizes, n), axis},
                     parts, n);
}

tad_var tad_chunk(tad_var x, int64_t chunks, int axis, tad_var *parts, size_t n_parts) {
    return tad_apply(&tad__ops_split[CHUNK], &x, 1, &(chunk_options){chunks, axis}, parts, n_parts);
}

tad_var tad_meshgrid(const tad_var *x, size_t n, bool xy, tad_var *grids) {
    return tad_apply(&tad__ops_split[MESHGRID], x, n, &(meshgrid_options){xy ? XY : IJ}, grids, n);
}
