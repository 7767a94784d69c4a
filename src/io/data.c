/* Data sets and batches. Rests on the public headers. */
#include <stdio.h>
#include <string.h>

#include "idx.h"

#if defined(__GNUC__)
#define PREFETCH(p) __builtin_prefetch(p)
#else
#define PREFETCH(p) ((void)(p))
#endif

/* ---- loading ---- */

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

static bool exists(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file) fclose(file);
    return file != NULL;
}

/* DIR/NAME-KIND, or that with .gz if only that is there. */
static tad_status load_part(tad_tape *t, const char *dir, const char *name, const char *kind,
                            tad_idx *out) {
    size_t length = strlen(dir) + strlen(name) + strlen(kind) + sizeof "/-.gz";
    char *path = tad_tape_resize(t, NULL, length, 1);
    if (!path) return tad_tape_status(t);
    snprintf(path, length, "%s/%s-%s", dir, name, kind);
    if (!exists(path)) snprintf(path, length, "%s/%s-%s.gz", dir, name, kind);
    tad_status status =
        exists(path) ? tad_idx_load(t, path, out)
                     : tad_tape_fail(t, TAD_IO, "%s/%s-%s: neither this nor with .gz can be opened",
                                     dir, name, kind);
    tad_tape_resize(t, path, 0, 0);
    return status;
}

tad_status tad_dataset_load(tad_tape *t, const char *dir, const char *name,
                            const tad_dataset_options *options, tad_dataset *out) {
    if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
    if (!dir || !name || !out) return tad_tape_fail(t, TAD_BAD_ARGUMENT, "dataset_load: NULL");
    tad_idx examples = {0}, labels = {0};
    tad_status status = load_part(t, dir, name, "images-idx3-ubyte", &examples);
    if (status == TAD_OK) status = load_part(t, dir, name, "labels-idx1-ubyte", &labels);
    if (status == TAD_OK) status = tad_dataset_make(t, &examples, &labels, options, out);
    tad_idx_free(t, &labels); /* copied */
    if (status != TAD_OK) tad_idx_free(t, &examples);
    return status;
}

/* ---- parts ---- */

/* Where example i of the set is in the file. */
static int64_t place(const tad_dataset *d, int64_t i) { return d->pick ? d->pick[i] : i; }

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
        *((i + 1) % every ? to_rest++ : to_out++) = place(&from, i);
    *rest = *held_out = from;
    rest->pick = pick;
    rest->count = in;
    held_out->pick = pick + in;
    held_out->count = out;
    return TAD_OK;
}

int64_t tad_dataset_example(const tad_dataset *d, int64_t i, double *out) {
    if (!d || i < 0 || i >= d->count) return -1;
    int64_t at = place(d, i);
    for (int64_t j = 0; out && j < d->features; j++)
        out[j] = d->scale * tad_idx_value(&d->examples, at * d->features + j);
    return d->label[at];
}

/* ---- batches ---- */

struct tad_batches {
    tad_tape *tape;
    tad_dataset data;
    int64_t size;
    tad_batch_options options;
    tad_batch_state state;
    int64_t *order;   /* shuffled: the epoch's order; else NULL */
    int64_t *chosen;  /* examples of this batch, as places in the file */
    void *buffer;     /* size x features of dtype */
    void *label_room; /* size x int64, or size x classes of dtype */
};

static bool reserve(tad_batches *b) {
    size_t size = (size_t)b->size, bytes = tad_dtype_size(b->options.dtype);
    size_t features = (size_t)b->data.features + 1, classes = (size_t)b->data.classes + 1;
    tad_tape *t = b->tape;
    b->chosen = tad_tape_resize(t, NULL, size, sizeof *b->chosen);
    if (b->options.order == TAD_ORDER_SHUFFLED)
        b->order = tad_tape_resize(t, NULL, (size_t)b->data.count + 1, sizeof *b->order);
    if (size > SIZE_MAX / bytes) {
        tad_tape_fail(t, TAD_TOO_LARGE, "batches: %lld examples at once", (long long)b->size);
        return false;
    }
    b->buffer = tad_tape_resize(t, NULL, features, size * bytes);
    b->label_room = b->options.one_hot ? tad_tape_resize(t, NULL, classes, size * bytes)
                                       : tad_tape_resize(t, NULL, size, sizeof(int64_t));
    return tad_tape_status(t) == TAD_OK;
}

static void release(tad_batches *b) {
    tad_tape *t = b->tape;
    tad_tape_resize(t, b->chosen, 0, 0);
    tad_tape_resize(t, b->order, 0, 0);
    tad_tape_resize(t, b->buffer, 0, 0);
    tad_tape_resize(t, b->label_room, 0, 0);
    tad_tape_resize(t, b, 0, 0);
}

tad_batches *tad_batches_new(tad_tape *t, const tad_dataset *d, int64_t size,
                             const tad_batch_options *options) {
    tad_batch_options o = options ? *options : (tad_batch_options){0};
    if (tad_tape_status(t) != TAD_OK) return NULL;
    if (!d || size < 1 || (unsigned)o.order > TAD_ORDER_REPLACE)
        tad_tape_fail(t, TAD_BAD_ARGUMENT, "batches: NULL, size < 1 or no such order");
    else if (o.dtype != TAD_F64 && o.dtype != TAD_F32)
        tad_tape_fail(t, TAD_BAD_DTYPE, "batches: %s is no floating-point type",
                      tad_dtype_name(o.dtype));
    if (tad_tape_status(t) != TAD_OK) return NULL;
    if (size > d->count && o.order != TAD_ORDER_REPLACE) size = d->count ? d->count : 1;
    tad_batches *b = tad_tape_resize(t, NULL, 1, sizeof *b);
    if (!b) return NULL;
    *b = (tad_batches){.tape = t, .data = *d, .size = size, .options = o};
    if (reserve(b)) return b;
    release(b);
    return NULL;
}

int64_t tad_batches_per_epoch(const tad_batches *b) {
    if (!b || b->data.count == 0) return 0;
    int64_t full = b->data.count / b->size;
    if (b->options.order == TAD_ORDER_REPLACE) return full ? full : 1;
    return full + (b->data.count % b->size && !b->options.drop_last);
}

int64_t tad_batches_count(const tad_batches *b) {
    if (!b) return 0;
    int64_t most = tad_batches_per_epoch(b) * b->size;
    return b->options.order == TAD_ORDER_REPLACE || most < b->data.count ? most : b->data.count;
}

/* ---- choosing ---- */

/* Fisher and Yates, from the sorted order, so that the generator's state alone decides. */
static void shuffle(tad_batches *b, tad_random *r) {
    for (int64_t i = 0; i < b->data.count; i++) b->order[i] = i;
    for (int64_t i = b->data.count - 1; i > 0; i--) {
        int64_t k = (int64_t)tad_random_below(r, (uint64_t)i + 1), swapped = b->order[i];
        b->order[i] = b->order[k];
        b->order[k] = swapped;
    }
}

static void begin_epoch(tad_batches *b) {
    b->state.order = tad_tape_random(b->tape);
    tad_random r = b->state.order;
    if (b->order) shuffle(b, &r);
    tad_tape_set_random(b->tape, r);
}

/* Fills `chosen`; returns how many. */
static int64_t choose(tad_batches *b) {
    int64_t first = b->state.done * b->size, n = b->data.count - first;
    if (n > b->size || b->options.order == TAD_ORDER_REPLACE) n = b->size;
    tad_random r = tad_tape_random(b->tape);
    for (int64_t i = 0; i < n; i++) {
        int64_t k = first + i;
        if (b->order)
            k = b->order[k];
        else if (b->options.order == TAD_ORDER_REPLACE)
            k = (int64_t)tad_random_below(&r, (uint64_t)b->data.count);
        b->chosen[i] = place(&b->data, k);
    }
    tad_tape_set_random(b->tape, r);
    return n;
}

/* ---- gathering ---- */

#define COPY_ROW(code, c_type, bits)                                                               \
    case code: {                                                                                   \
        const c_type *from = (const c_type *)d->examples.data + at * n;                            \
        for (int64_t j = 0; j < n; j++) to[j] = (REAL)from[j] * scale;                             \
        break;                                                                                     \
    }

#define REAL float
static void copy_row_f32(const tad_dataset *d, int64_t at, float *restrict to) {
    const int64_t n = d->features;
    const float scale = (float)d->scale;
    switch (d->examples.type) { TAD__IDX_TYPES(COPY_ROW) }
}
#undef REAL

#define REAL double
static void copy_row_f64(const tad_dataset *d, int64_t at, double *restrict to) {
    const int64_t n = d->features;
    const double scale = d->scale;
    switch (d->examples.type) { TAD__IDX_TYPES(COPY_ROW) }
}
#undef REAL

/* Random examples lie anywhere: their memory is asked for while those before are converted. */
static void ask_for(const tad_dataset *d, int64_t at) {
    size_t bytes = (size_t)d->features * tad__idx_bytes(d->examples.type);
    const char *row = (const char *)d->examples.data + (size_t)at * bytes;
    for (size_t k = 0; k < bytes; k += 64) PREFETCH(row + k);
}

static tad_var gather_examples(tad_batches *b, int64_t n) {
    enum { AHEAD = 2 };
    const tad_dataset *d = &b->data;
    for (int64_t i = 0; i < n; i++) {
        if (i + AHEAD < n) ask_for(d, b->chosen[i + AHEAD]);
        if (b->options.dtype == TAD_F64)
            copy_row_f64(d, b->chosen[i], (double *)b->buffer + i * d->features);
        else
            copy_row_f32(d, b->chosen[i], (float *)b->buffer + i * d->features);
    }
    tad_shape shape = d->examples.shape;
    if (!b->options.keep_shape) shape = TAD_SHAPE(n, d->features);
    shape.dim[0] = n;
    return tad_borrow(b->tape, b->options.dtype, shape, b->buffer);
}

static tad_var gather_one_hot(tad_batches *b, int64_t n) {
    int64_t classes = b->data.classes;
    memset(b->label_room, 0, (size_t)(n * classes) * tad_dtype_size(b->options.dtype));
    for (int64_t i = 0; i < n; i++) {
        int64_t at = i * classes + b->data.label[b->chosen[i]];
        if (b->options.dtype == TAD_F64)
            ((double *)b->label_room)[at] = 1;
        else
            ((float *)b->label_room)[at] = 1;
    }
    return tad_borrow(b->tape, b->options.dtype, TAD_SHAPE(n, classes), b->label_room);
}

static tad_var gather_labels(tad_batches *b, int64_t n) {
    if (b->options.one_hot) return gather_one_hot(b, n);
    for (int64_t i = 0; i < n; i++) ((int64_t *)b->label_room)[i] = b->data.label[b->chosen[i]];
    return tad_borrow(b->tape, TAD_I64, TAD_SHAPE(n), b->label_room);
}

bool tad_batches_next(tad_batches *b, tad_var *examples, tad_var *labels) {
    if (!b || tad_tape_status(b->tape) != TAD_OK) return false;
    if (b->state.done == tad_batches_per_epoch(b)) {
        b->state.done = 0;
        return false;
    }
    if (b->state.done == 0) begin_epoch(b);
    int64_t n = choose(b);
    if (examples) *examples = gather_examples(b, n);
    if (labels) *labels = gather_labels(b, n);
    b->state.done++;
    return tad_tape_status(b->tape) == TAD_OK;
}

/* ---- resuming ---- */

tad_batch_state tad_batches_state(const tad_batches *b) {
    return b ? b->state : (tad_batch_state){0};
}

tad_status tad_batches_restore(tad_batches *b, tad_batch_state state) {
    if (!b) return TAD_BAD_ARGUMENT;
    if (state.done < 0 || state.done > tad_batches_per_epoch(b))
        return tad_tape_fail(b->tape, TAD_BAD_ARGUMENT,
                             "batches: no batch %lld in an epoch of %lld", (long long)state.done,
                             (long long)tad_batches_per_epoch(b));
    b->state = state;
    if (b->order && state.done > 0) shuffle(b, &state.order);
    return TAD_OK;
}
