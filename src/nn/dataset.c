/* Data sets in memory: elements, labels, parts. Rests on dataset.h. */
#include "dataset.h"

#include <math.h>

/* ---- elements ---- */

size_t tad__idx_bytes(tad_idx_type type) {
    switch (type) {
#define SIZE(code, c_type, bits)                                                                   \
    case code: return sizeof(c_type);
        TAD__IDX_TYPES(SIZE)
#undef SIZE
    }
    return 0;
}

double tad_idx_value(const tad_idx *idx, int64_t i) {
    if (!idx || i < 0 || i >= idx->size) return NAN;
    switch (idx->type) {
#define VALUE(code, c_type, bits)                                                                  \
    case code: return (double)((const c_type *)idx->data)[i];
        TAD__IDX_TYPES(VALUE)
#undef VALUE
    }
    return NAN;
}

/* ---- a set of examples and labels ---- */

/* Integers of one axis as int64 labels in memory of the tape; NULL on failure. */
static int64_t *copy_labels(tad_tape *t, const tad_idx *labels, int64_t *classes) {
    int64_t *out = tad_tape_resize(t, NULL, (size_t)labels->size + 1, sizeof *out);
    *classes = 0;
    for (int64_t i = 0; out && i < labels->size; i++) {
        out[i] = (int64_t)tad_idx_value(labels, i);
        if (out[i] < 0) {
            tad_tape_fail(t, TAD_BAD_INDEX, "dataset: label %lld of example %lld",
                          (long long)out[i], (long long)i);
            tad_tape_resize(t, out, 0, 0);
            return NULL;
        }
        if (out[i] >= *classes) *classes = out[i] + 1;
    }
    return out;
}

static tad_status check_pair(tad_tape *t, const tad_idx *examples, const tad_idx *labels) {
    if (!examples || !labels || !examples->data || !labels->data)
        return tad_tape_fail(t, TAD_BAD_ARGUMENT, "dataset: NULL");
    if (labels->type == TAD_IDX_F32 || labels->type == TAD_IDX_F64)
        return tad_tape_fail(t, TAD_BAD_DTYPE, "dataset: labels must be integers");
    if (labels->shape.rank != 1 || labels->size != examples->shape.dim[0])
        return tad_tape_fail(
            t, TAD_BAD_SHAPE, "dataset: %lld examples, but labels of rank %d, %lld of them",
            (long long)examples->shape.dim[0], labels->shape.rank, (long long)labels->size);
    return TAD_OK;
}

tad_status tad_dataset_make(tad_tape *t, const tad_idx *examples, const tad_idx *labels,
                            const tad_dataset_options *options, tad_dataset *out) {
    if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
    if (!out) return tad_tape_fail(t, TAD_BAD_ARGUMENT, "dataset: NULL");
    tad_status status = check_pair(t, examples, labels);
    if (status != TAD_OK) return status;
    tad_dataset d = {.examples = *examples, .count = examples->shape.dim[0], .features = 1};
    for (int i = 1; i < examples->shape.rank; i++) d.features *= examples->shape.dim[i];
    d.scale = examples->type == TAD_IDX_U8 ? 1.0 / 255 : 1;
    if (options && options->scale != 0) d.scale = options->scale;
    d.label = copy_labels(t, labels, &d.classes);
    if (!d.label) return tad_tape_status(t);
    *out = d;
    return TAD_OK;
}

/* ---- parts ---- */

tad_status tad_dataset_split(tad_tape *t, const tad_dataset *all, int64_t every, tad_dataset *rest,
                             tad_dataset *held_out) {
    if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
    if (!all || !rest || !held_out || every < 1)
        return tad_tape_fail(t, TAD_BAD_ARGUMENT, "dataset_split: NULL or every < 1");
    tad_dataset from = *all;
    int64_t out = from.count / every, in = from.count - out;
    int64_t *pick = tad_tape_resize(t, NULL, (size_t)from.count + 1, sizeof *pick);
    if (!pick) return tad_tape_status(t);
    int64_t *to_rest = pick, *to_out = pick + in; /* one block for both */
    for (int64_t i = 0; i < from.count; i++)
        *((i + 1) % every ? to_rest++ : to_out++) = tad__example_at(&from, i);
    *rest = *held_out = from;
    rest->pick = pick;
    rest->count = in;
    held_out->pick = pick + in;
    held_out->count = out;
    return TAD_OK;
}

int64_t tad_dataset_example(const tad_dataset *d, int64_t i, double *out) {
    if (!d || i < 0 || i >= d->count) return -1;
    int64_t at = tad__example_at(d, i);
    for (int64_t j = 0; out && j < d->features; j++)
        out[j] = d->scale * tad_idx_value(&d->examples, at * d->features + j);
    return d->label[at];
}
