/* safetensors files: named arrays and strings. Reading, writing, and checkpoints on top of both.
 *
 * A file is checked as a whole before anything is taken from it; tad reads and writes the element
 * types F64, F32, I64 and BOOL. As with other verbs, a failure is also recorded on the tape: IO
 * where a file cannot be read or written, BAD_FILE where it is damaged or has not what is asked
 * for.
 *
 * Threads: as the tape. */
#ifndef TAD_SAFETENSORS_H
#define TAD_SAFETENSORS_H

#include <tad/dict.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One array of a file. */
typedef struct tad_tensor {
    const char *name; /* UTF-8 */
    tad_dtype dtype;
    tad_shape shape;
    /* row-major, of the machine's byte order; when read perhaps not aligned: memcpy */
    const void *data;
} tad_tensor;

/* One string of a file's metadata. */
typedef struct tad_text {
    const char *key, *value;
} tad_text;

/* ---- reading ---- */

typedef struct tad_safetensors tad_safetensors;

/* Reads a file that lies in memory: the arrays stay where they are, so the buffer must outlive
 * *file. Takes memory for the names and shapes only: at most four times the file's header. (The
 * numbers of a file are little-endian; a machine that is not takes a copy of the arrays
 * besides.) */
TAD_API TAD_MUST_USE tad_status tad_safetensors_open(tad_tape *t, const void *buffer, size_t length,
                                                     tad_safetensors **file);
/* Reads a regular file into memory (of the tape's allocator). */
TAD_API TAD_MUST_USE tad_status tad_safetensors_open_path(tad_tape *t, const char *path,
                                                          tad_safetensors **file);
/* What was handed out becomes invalid. Accepts NULL; must come before the tape is freed. */
TAD_API void tad_safetensors_close(tad_safetensors *file);

/* The arrays in the order of their names (by bytes). */
TAD_API size_t tad_safetensors_count(const tad_safetensors *file);
/* NULL beyond */
TAD_API const tad_tensor *tad_safetensors_at(const tad_safetensors *file, size_t i);
TAD_API const tad_tensor *tad_safetensors_find(const tad_safetensors *file, const char *name);

/* The metadata in the order of the keys. */
TAD_API size_t tad_safetensors_text_count(const tad_safetensors *file);
TAD_API const tad_text *tad_safetensors_text_at(const tad_safetensors *file, size_t i);
/* or NULL */
TAD_API const char *tad_safetensors_text(const tad_safetensors *file, const char *key);

/* ---- writing ---- */

/* What a file is to hold. Names are UTF-8 and differ from each other, as do keys. */
typedef struct tad_contents {
    const tad_tensor *tensors;
    size_t count;
    const tad_text *texts;
    size_t text_count;
} tad_contents;

/* Writes to a temporary file beside `path`, synchronises it and renames it: at any moment the path
 * holds the old file or the whole new one. (A symbolic link is replaced; what is not a regular
 * file, as a pipe, is written to directly.) */
TAD_API TAD_MUST_USE tad_status tad_safetensors_write_path(tad_tape *t, const char *path,
                                                           const tad_contents *contents);
/* *length receives the file's size. A buffer NULL only asks for it; else `capacity` must
 * suffice. */
TAD_API TAD_MUST_USE tad_status tad_safetensors_write(tad_tape *t, const tad_contents *contents,
                                                      void *buffer, size_t capacity,
                                                      size_t *length);

/* ---- checkpoints ---- */

/* One thing to be saved and resumed: a variable (resumed, it must be a parameter), a dictionary of
 * them (a net's parameters, an optimiser's state; saved as "name.entry"), or memory of the caller's
 * (counters, the state of random numbers). Made by the functions below. */
typedef struct tad_slot {
    const char *name;
    tad_var var;          /* tad_none() for the others */
    const tad_dict *dict; /* or NULL */
    tad_dtype dtype;      /* of data */
    tad_shape shape;
    void *data;
} tad_slot;

TAD_INLINE tad_slot tad_slot_var(const char *name, tad_var var) {
    tad_slot s = {name, var, NULL, TAD_F64, {0, {0}}, NULL};
    return s;
}
TAD_INLINE tad_slot tad_slot_dict(const char *name, const tad_dict *dict) {
    tad_slot s = {name, tad_none(), dict, TAD_F64, {0, {0}}, NULL};
    return s;
}
TAD_INLINE tad_slot tad_slot_array(const char *name, tad_dtype dtype, tad_shape shape, void *data) {
    tad_slot s = {name, tad_none(), NULL, dtype, shape, data};
    return s;
}
TAD_INLINE tad_slot tad_slot_int(const char *name, int64_t *value) {
    tad_shape number = {0, {0}};
    return tad_slot_array(name, TAD_I64, number, value);
}
TAD_INLINE tad_slot tad_slot_float(const char *name, double *value) {
    tad_shape number = {0, {0}};
    return tad_slot_array(name, TAD_F64, number, value);
}
/* For tad_tape_random before saving and tad_tape_set_random after loading. */
TAD_INLINE tad_slot tad_slot_random(const char *name, tad_random *state) {
    tad_shape pair = {1, {(int64_t)(sizeof *state / sizeof(int64_t))}};
    return tad_slot_array(name, TAD_I64, pair, state);
}

/* Saves bit for bit, as tad_safetensors_write_path does. texts may be NULL. */
TAD_API TAD_MUST_USE tad_status tad_checkpoint_save(tad_tape *t, const char *path,
                                                    const tad_slot *slots, size_t n,
                                                    const tad_text *texts, size_t text_count);
/* Resumes every slot from an array of its name, element type and shape; on failure all slots are as
 * before. An array of the file without a slot is a failure, unless `partial`. */
TAD_API TAD_MUST_USE tad_status tad_checkpoint_load(tad_tape *t, const char *path,
                                                    const tad_slot *slots, size_t n, bool partial);

#ifdef __cplusplus
}
#endif
#endif
