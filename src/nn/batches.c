/* Batches: the examples of a data set in some order, so many at a time. Rests on dataset.h. */
#include <string.h>

#include "dataset.h"

#if defined(__GNUC__)
#define PREFETCH(p) __builtin_prefetch(p)
#else
#define PREFETCH(p) ((void)(p))
#endif

struct tad_batches {
    tad_tape *tape;
    tad_dataset data;
    int64_t size;
    tad_batch_options options;
    tad_batch_state state;
    int64_t *order;   /* shuffled: the epoch's order; else NULL */
    int64_t *chosen;  /* examples of this batch, as places in the file */
    int64_t now;      /* how many */
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
    else if (o.drop_last && o.order != TAD_ORDER_REPLACE && d->count > 0 && d->count < size)
        tad_tape_fail(t, TAD_BAD_ARGUMENT,
                      "batches: %lld examples make no batch of %lld, and drop_last leaves out less",
                      (long long)d->count, (long long)size);
    if (tad_tape_status(t) != TAD_OK) return NULL;
    if (size > d->count && o.order != TAD_ORDER_REPLACE) size = d->count ? d->count : 1;
    tad_batches *b = tad_tape_resize(t, NULL, 1, sizeof *b);
    if (!b) return NULL;
    *b = (tad_batches){.tape = t, .data = *d, .size = size, .options = o};
    if (reserve(b)) return b;
    release(b);
    return NULL;
}

tad_tape *tad__batches_tape(const tad_batches *b) { return b->tape; }

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
        b->chosen[i] = tad__example_at(&b->data, k);
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

static tad_var gather_examples(tad_batches *b, const int64_t *chosen, int64_t n) {
    enum { AHEAD = 2 };
    const tad_dataset *d = &b->data;
    for (int64_t i = 0; i < n; i++) {
        if (i + AHEAD < n) ask_for(d, chosen[i + AHEAD]);
        if (b->options.dtype == TAD_F64)
            copy_row_f64(d, chosen[i], (double *)b->buffer + i * d->features);
        else
            copy_row_f32(d, chosen[i], (float *)b->buffer + i * d->features);
    }
    tad_shape shape = d->examples.shape;
    if (!b->options.keep_shape) shape = TAD_SHAPE(n, d->features);
    shape.dim[0] = n;
    return tad_borrow(b->tape, b->options.dtype, shape, b->buffer);
}

static tad_var gather_one_hot(tad_batches *b, const int64_t *chosen, int64_t n) {
    int64_t classes = b->data.classes;
    memset(b->label_room, 0, (size_t)(n * classes) * tad_dtype_size(b->options.dtype));
    for (int64_t i = 0; i < n; i++) {
        int64_t at = i * classes + b->data.label[chosen[i]];
        if (b->options.dtype == TAD_F64)
            ((double *)b->label_room)[at] = 1;
        else
            ((float *)b->label_room)[at] = 1;
    }
    return tad_borrow(b->tape, b->options.dtype, TAD_SHAPE(n, classes), b->label_room);
}

static tad_var gather_labels(tad_batches *b, const int64_t *chosen, int64_t n) {
    if (b->options.one_hot) return gather_one_hot(b, chosen, n);
    for (int64_t i = 0; i < n; i++) ((int64_t *)b->label_room)[i] = b->data.label[chosen[i]];
    return tad_borrow(b->tape, TAD_I64, TAD_SHAPE(n), b->label_room);
}

bool tad_batches_next(tad_batches *b, tad_var *examples, tad_var *labels) {
    if (!b || tad_tape_status(b->tape) != TAD_OK) return false;
    if (b->state.done == tad_batches_per_epoch(b)) {
        b->state.done = 0;
        return false;
    }
    const tad_batch_state before = b->state;
    const tad_random random = tad_tape_random(b->tape);
    if (b->state.done == 0) begin_epoch(b);
    b->now = choose(b);
    b->state.done++;
    if (tad_batches_part(b, 0, b->now, examples, labels) == TAD_OK) return true;
    b->state = before; /* it was not given, so it comes again */
    b->now = 0;
    tad_tape_set_random(b->tape, random);
    return false;
}

int64_t tad_batches_size(const tad_batches *b) { return b ? b->now : 0; }

tad_status tad_batches_part(tad_batches *b, int64_t first, int64_t count, tad_var *examples,
                            tad_var *labels) {
    if (!b) return TAD_BAD_ARGUMENT;
    if (first < 0 || count < 0 || first > b->now || count > b->now - first)
        return tad_tape_fail(b->tape, TAD_BAD_INDEX,
                             "batches: %lld examples from %lld on, of a batch of %lld",
                             (long long)count, (long long)first, (long long)b->now);
    if (examples) *examples = gather_examples(b, b->chosen + first, count);
    if (labels) *labels = gather_labels(b, b->chosen + first, count);
    return tad_tape_status(b->tape);
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
