/* What ops on compressed rows share: the structure, two operands of int64, checked while it is
 * read; pieces of rows for the threads. Rests on compute.h, c_text.h and kernel/plain/sparse.h. */
#ifndef TAD_OPS_SPARSE_SPARSE_H
#define TAD_OPS_SPARSE_SPARSE_H

#include "array/c_text.h"
#include "kernel/plain/sparse.h"
#include "ops/operands.h"

/* ---- shape rules ---- */

/* Operands `starts` and the next one, the columns, may be the structure of a matrix of so many
 * columns: types and sizes. What they say is checked by forward. */
tad_status tad__csr_fits(const tad_call_frame *c, size_t starts, int64_t n_columns);
/* Checks what they say here, for an op that is composed: the failure has its name. */
tad_status tad__csr_check(const tad_call_frame *c, size_t starts, size_t columns,
                          int64_t n_columns);
/* So many rows, or columns, can be. */
tad_status tad__csr_size_fits(const tad_call_frame *c, const char *what, int64_t n);
/* Operand i is a vector or a matrix with so many rows. */
tad_status tad__dense_fits(const tad_call_frame *c, size_t i, int64_t rows, const char *what);

static inline int64_t tad__csr_rows_of(const tad_array *starts) { return starts->dim[0] - 1; }
/* Numbers of a row of a vector or a matrix. */
static inline int64_t tad__dense_width(const tad_array *x) { return x->rank < 2 ? 1 : x->dim[1]; }

/* ---- forward ---- */

/* Everything contiguous. */
typedef struct tad__csr_job {
    tad__csr a;
    const void *values, *x, *z; /* NULL: the op has none */
    int64_t width;              /* of rows of x */
    void *y;
    size_t piece; /* rows that a piece has */
    bool wrong[TAD__MOST_PIECES];
} tad__csr_job;

/* Sets the structure, all else to nothing; columns NULL where the op reads none. False: no
 * memory. */
bool tad__csr_begin(const tad_call_frame *c, const tad_array *starts, const tad_array *columns,
                    int64_t n_columns, tad__csr_job *j);
/* Sets *to to the elements of operand i. False: no memory. */
bool tad__csr_elements(const tad_call_frame *c, size_t i, const void **to);
/* Runs fn, which is given the job, on pieces of n things; refuses what it found wrong. */
tad_status tad__csr_run(const tad_call_frame *c, tad__csr_job *j, int64_t n, size_t grain,
                        tad__split_fn *fn);
/* On pieces of rows, with `width` operations for an entry. */
tad_status tad__csr_run_rows(const tad_call_frame *c, tad__csr_job *j, int64_t width,
                             tad__split_fn *fn);

/* Notes whether a piece went well. */
static inline void tad__csr_done(tad__csr_job *j, size_t first, bool right) {
    j->wrong[first / j->piece] = !right;
}

/* ---- as C ---- */

/* The structure as `a`; columns: the number of the operand, 0: the op reads none. */
void tad__csr_c_structure(tad_c *to, const tad_call_frame *c, size_t starts, size_t columns,
                          int64_t n_columns);
/* "if (!NAME_f64(&a, 0, N", to be ended with tad__csr_c_end. */
void tad__csr_c_call(tad_c *to, const char *name, unsigned dtype, int64_t n);
/* ", in0, 1" of a vector; ", in3, 7, 1" of rows. */
void tad__csr_c_values(tad_c *to, const tad_call_frame *c, size_t i);
void tad__csr_c_dense(tad_c *to, const tad_call_frame *c, size_t i);
void tad__csr_c_end(tad_c *to);

/* ---- other variables ---- */

/* The same structure with other values or operands. */
typedef struct tad__pattern {
    tad_var starts, columns;
    int64_t n_columns;
} tad__pattern;

tad_var tad__csr_matmul(tad_var values, tad__pattern p, tad_var x, bool transposed);
tad_var tad__csr_sample_matmul(tad__pattern p, tad_var x, tad_var z);
/* The row of each of so many entries. */
tad_var tad__csr_rows_var(tad_var starts, int64_t entries);

#endif
