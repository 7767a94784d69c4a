/* Arrays in files of others: NumPy's .npy and .npz, and CSV.
 *
 *     tad_var x = tad_npy_load(t, "x.npy");
 *     tad_var w = tad_dict_get(tad_npz_load(t, "net.npz"), "dense.weight");
 *
 * What is read becomes constants of the tape: load before the mark to which steps rewind. A file is
 * read into memory and checked as a whole first; a failure sticks to the tape, and the result is
 * nil, or a NULL dictionary. (safetensors.h: checkpoints, and the weights of PyTorch.)
 *
 * Threads: as the tape. */
#ifndef TAD_FILES_H
#define TAD_FILES_H

#include <tad/dict.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- NumPy ---- */

/* The array of an .npy file, format 1 to 3, of either byte order and either order of axes: float64,
 * float32, int64 and bool as they are, float16 as float32, the other integers as int64. BAD_FILE
 * for what is damaged, has bytes to spare, or a uint64 beyond int64; UNSUPPORTED for complex
 * numbers, text, records, objects, and more than TAD_MAX_RANK axes. */
TAD_API tad_var tad_npy_load(tad_tape *t, const char *path);
TAD_API tad_var tad_npy_parse(tad_tape *t, const void *bytes, size_t n);
/* Writes x as numpy.save does; any failure leaves what was at `path`. */
TAD_API TAD_MUST_USE tad_status tad_npy_save(tad_var x, const char *path);

/* Every array of an .npz file, stored or deflated (UNSUPPORTED where the library was built without
 * zlib), by its name without .npy, in the file's order. Check sums are checked. */
TAD_API tad_dict *tad_npz_load(tad_tape *t, const char *path);
TAD_API tad_dict *tad_npz_parse(tad_tape *t, const void *bytes, size_t n);
/* Writes the entries as numpy.savez does. TOO_LARGE for 4 GB and more. */
TAD_API TAD_MUST_USE tad_status tad_npz_save(const tad_dict *d, const char *path);

/* ---- CSV ---- */

/* All zero, or NULL: commas, numbers from the first line on. */
typedef struct tad_csv_options {
    char separator;     /* 0: ',' */
    int64_t skip_lines; /* at the beginning: names of columns, say */
} tad_csv_options;

/* Lines of numbers as a float64 matrix. A number may stand in quotes and have space around it, and
 * has a point whatever the locale; an empty cell is a NaN; empty lines are passed over. BAD_FILE,
 * naming line and column, for what is no number and for lines of different lengths. */
TAD_API tad_var tad_csv_load(tad_tape *t, const char *path, const tad_csv_options *options);
TAD_API tad_var tad_csv_parse(tad_tape *t, const char *text, size_t n,
                              const tad_csv_options *options);

#ifdef __cplusplus
}
#endif
#endif
