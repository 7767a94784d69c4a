/* Data: IDX files (MNIST's format), data sets of examples with labels, batches.
 *
 *     tad_dataset train;
 *     tad_dataset_load(t, "mnist", "train", NULL, &train);
 *     tad_batches *b = tad_batches_new(t, &train, 100, &(tad_batch_options){.dtype = TAD_F32});
 *     while (tad_batches_next(b, &x, &labels)) ...
 *
 * What is loaded lives in the tape (not in its recording: rewinding keeps it) and dies with it.
 * A file is checked completely before anything of its size is allocated. IO: it cannot be read;
 * BAD_FILE: it is damaged, or no IDX.
 *
 * Threads: as the tape; a loaded data set is constant and may be read by several. */
#ifndef TAD_DATA_H
#define TAD_DATA_H

#include <tad/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- IDX ---- */

/* The codes of the format. */
typedef enum tad_idx_type {
    TAD_IDX_U8 = 0x08,
    TAD_IDX_I8 = 0x09,
    TAD_IDX_I16 = 0x0B,
    TAD_IDX_I32 = 0x0C,
    TAD_IDX_F32 = 0x0D,
    TAD_IDX_F64 = 0x0E
} tad_idx_type;

typedef struct tad_idx {
    tad_idx_type type;
    tad_shape shape;  /* rank 1 .. 8 */
    int64_t size;     /* number of elements */
    const void *data; /* in this machine's byte order */
} tad_idx;

/* Plain or gzipped (told by the first bytes; TAD_UNSUPPORTED when the library was built without
 * zlib). On failure *out is left alone. */
TAD_API TAD_MUST_USE tad_status tad_idx_parse(tad_tape *t, const void *bytes, size_t n,
                                              tad_idx *out);
TAD_API TAD_MUST_USE tad_status tad_idx_load(tad_tape *t, const char *path, tad_idx *out);
/* Of n things along the first axis those from n part / parts (rounded down) up to where the next
 * part begins: nothing else of a plain file is read; one that is gzipped must be unpacked. */
TAD_API TAD_MUST_USE tad_status tad_idx_load_part(tad_tape *t, const char *path, int64_t part,
                                                  int64_t parts, tad_idx *out);
TAD_API void tad_idx_free(tad_tape *t, tad_idx *idx); /* before the tape's end, if wanted */

TAD_API double tad_idx_value(const tad_idx *idx, int64_t i); /* element i; NaN out of range */
TAD_API bool tad_has_zlib(void);

/* ---- data sets ---- */

typedef struct tad_dataset {
    tad_idx examples;     /* along the first axis */
    const int64_t *label; /* of every example in the file */
    const int64_t *pick;  /* which of them belong to this set; NULL: the first `count` */
    int64_t count;        /* examples of this set */
    int64_t features;     /* numbers of one example */
    int64_t classes;      /* largest label + 1 */
    double scale;         /* numbers are multiplied by this when read */
} tad_dataset;

typedef struct tad_dataset_options {
    double scale; /* 0: 1/255 for bytes, else 1 */
} tad_dataset_options;

/* DIR/NAME-images-idx3-ubyte and DIR/NAME-labels-idx1-ubyte, each plain or with .gz. */
TAD_API TAD_MUST_USE tad_status tad_dataset_load(tad_tape *t, const char *dir, const char *name,
                                                 const tad_dataset_options *options,
                                                 tad_dataset *out);
/* One part of so many of its examples, as tad_idx_load_part has it: for a rank of many (dist.h), a
 * part for each of its shards. Labels are read to the end, so that every part has all classes. */
TAD_API TAD_MUST_USE tad_status tad_dataset_load_part(tad_tape *t, const char *dir,
                                                      const char *name, int64_t part, int64_t parts,
                                                      const tad_dataset_options *options,
                                                      tad_dataset *out);
/* From two parsed files; labels: one axis of non-negative integers. */
TAD_API TAD_MUST_USE tad_status tad_dataset_make(tad_tape *t, const tad_idx *examples,
                                                 const tad_idx *labels,
                                                 const tad_dataset_options *options,
                                                 tad_dataset *out);
/* A fixed share held out: examples every - 1, 2 every - 1, ... (every = 5: a fifth). */
TAD_API TAD_MUST_USE tad_status tad_dataset_split(tad_tape *t, const tad_dataset *all,
                                                  int64_t every, tad_dataset *rest,
                                                  tad_dataset *held_out);
/* Example i: its numbers, scaled, in out[features]. Returns its label; -1 out of range. */
TAD_API int64_t tad_dataset_example(const tad_dataset *d, int64_t i, double *out);

/* ---- batches ---- */

typedef enum tad_order {
    TAD_ORDER_SHUFFLED, /* each example once an epoch, in a new random order */
    TAD_ORDER_FIXED,  /* each example once, as they come; here and above the last batch is short */
    TAD_ORDER_REPLACE /* drawn with replacement; count / size batches an epoch, at least one */
} tad_order;

typedef struct tad_batch_options {
    tad_dtype dtype; /* of the examples: float64 or float32 */
    tad_order order;
    bool drop_last;  /* leave out the short batch; BAD_ARGUMENT where that is all there is */
    bool one_hot;    /* labels as rows of dtype instead of int64 */
    bool keep_shape; /* (B, 28, 28) instead of (B, 784) */
} tad_batch_options;

typedef struct tad_batches tad_batches;

/* The data set must stay as it is. NULL on failure, which sticks; the functions accept a NULL. */
TAD_API tad_batches *tad_batches_new(tad_tape *t, const tad_dataset *d, int64_t size,
                                     const tad_batch_options *options);
/* The next batch as constants on memory that the following call reuses: (B, features) and (B), or
 * (B, classes). Either may be NULL. False at the end of an epoch (the call after begins the next
 * one) and on failure (then the same batch comes next). Random orders come from the tape's
 * generator. */
TAD_API bool tad_batches_next(tad_batches *b, tad_var *examples, tad_var *labels);
/* Examples of the batch that was given last; 0: none was. Of these a part, from example `first` on,
 * on the same memory. Who wants parts alone (a rank of many, see dist.h) calls tad_batches_next
 * with NULL and NULL, which reads no example. */
TAD_API int64_t tad_batches_size(const tad_batches *b);
TAD_API TAD_MUST_USE tad_status tad_batches_part(tad_batches *b, int64_t first, int64_t count,
                                                 tad_var *examples, tad_var *labels);
TAD_API int64_t tad_batches_per_epoch(const tad_batches *b);
TAD_API int64_t tad_batches_count(const tad_batches *b); /* examples of one epoch */

/* Where it stands, to be saved; restoring continues with the same batches. */
typedef struct tad_batch_state {
    tad_random order; /* the generator before this epoch's order was drawn */
    int64_t done;     /* batches of this epoch handed out; 0: between epochs */
} tad_batch_state;
TAD_API tad_batch_state tad_batches_state(const tad_batches *b);
TAD_API TAD_MUST_USE tad_status tad_batches_restore(tad_batches *b, tad_batch_state state);

#ifdef __cplusplus
}
#endif
#endif
