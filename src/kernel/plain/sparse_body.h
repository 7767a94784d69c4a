/* Sparse matrices in compressed rows for one element type; see instantiate.h. Dense matrices come
 * with the steps between their rows and columns, results are contiguous. Each works on rows
 * first .. end - 1 where it does not say otherwise, adds in the order of the entries, and returns 0
 * where the structure is wrong: it is checked as it is read, which costs no pass of its own. */

/* y (rows,width) = a x, x (columns,width) */
TAD__EMBEDDED int M(csr_matmul)(const tad__csr *a, int64_t first, int64_t end, const T *values,
                                ptrdiff_t apart, const T *x, ptrdiff_t x_row, ptrdiff_t x_column,
                                int64_t width, T *y) {
    int64_t e, last, c;
    if (!tad__csr_begins(a, first, &e)) return 0;
    for (int64_t i = first; i < end; i++) {
        T *row = y + i * width, sum = 0;
        if (!tad__csr_row(a, i, e, &last)) return 0;
        if (width == 1) {
            for (; e < last; e++) {
                if (!tad__csr_entry(a, e, &c)) return 0;
                sum += values[e * apart] * x[c * x_row];
            }
            row[0] = sum;
            continue;
        }
        for (int64_t k = 0; k < width; k++) row[k] = 0;
        for (; e < last; e++) {
            if (!tad__csr_entry(a, e, &c)) return 0;
            const T v = values[e * apart], *from = x + c * x_row;
            for (int64_t k = 0; k < width; k++) row[k] += v * from[k * x_column];
        }
    }
    return tad__csr_ends(a, end, e);
}

/* y (columns,width) += a^T x, x (rows,width): of all rows, columns first .. end - 1 of x and y. */
TAD__EMBEDDED int M(csr_matmul_transposed)(const tad__csr *a, int64_t first, int64_t end,
                                           const T *values, ptrdiff_t apart, const T *x,
                                           ptrdiff_t x_row, ptrdiff_t x_column, int64_t width,
                                           T *y) {
    int64_t e, last, c;
    if (!tad__csr_begins(a, 0, &e)) return 0;
    for (int64_t i = 0; i < a->rows; i++) {
        const T *from = x + i * x_row;
        if (!tad__csr_row(a, i, e, &last)) return 0;
        for (; e < last; e++) {
            if (!tad__csr_entry(a, e, &c)) return 0;
            const T v = values[e * apart];
            for (int64_t k = first; k < end; k++) y[c * width + k] += v * from[k * x_column];
        }
    }
    return tad__csr_ends(a, a->rows, e);
}

/* x . z as four sums, which do not wait for each other. */
static inline T M(csr_dot)(int64_t n, const T *x, ptrdiff_t x_step, const T *z, ptrdiff_t z_step) {
    T sum[4] = {0, 0, 0, 0};
    int64_t k = 0;
    for (; k + 4 <= n; k += 4)
        for (int64_t j = 0; j < 4; j++) sum[j] += x[(k + j) * x_step] * z[(k + j) * z_step];
    for (; k < n; k++) sum[k & 3] += x[k * x_step] * z[k * z_step];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* y (entries) = row i of x (rows,width) times row j of z (columns,width), for entries (i,j). */
TAD__EMBEDDED int M(csr_sample_matmul)(const tad__csr *a, int64_t first, int64_t end, const T *x,
                                       ptrdiff_t x_row, ptrdiff_t x_column, const T *z,
                                       ptrdiff_t z_row, ptrdiff_t z_column, int64_t width, T *y) {
    int64_t e, last, c;
    if (!tad__csr_begins(a, first, &e)) return 0;
    for (int64_t i = first; i < end; i++) {
        const T *own = x + i * x_row;
        if (!tad__csr_row(a, i, e, &last)) return 0;
        for (; e < last; e++) {
            if (!tad__csr_entry(a, e, &c)) return 0;
            y[e] = width == 1 ? own[0] * z[c * z_row]
                              : M(csr_dot)(width, own, x_column, z + c * z_row, z_column);
        }
    }
    return tad__csr_ends(a, end, e);
}

/* y (rows,columns), with zeros where there is no entry. */
static inline int M(csr_to_dense)(const tad__csr *a, int64_t first, int64_t end, const T *values,
                                  ptrdiff_t apart, T *y) {
    int64_t e, last, c;
    if (!tad__csr_begins(a, first, &e)) return 0;
    for (int64_t i = first; i < end; i++) {
        T *row = y + i * a->columns;
        if (!tad__csr_row(a, i, e, &last)) return 0;
        for (int64_t k = 0; k < a->columns; k++) row[k] = 0;
        for (; e < last; e++) {
            if (!tad__csr_entry(a, e, &c)) return 0;
            row[c] += values[e * apart];
        }
    }
    return tad__csr_ends(a, end, e);
}

/* y (entries) = the elements of x (rows,columns) that there are entries for. */
static inline int M(csr_sample)(const tad__csr *a, int64_t first, int64_t end, const T *x,
                                ptrdiff_t x_row, ptrdiff_t x_column, T *y) {
    int64_t e, last, c;
    if (!tad__csr_begins(a, first, &e)) return 0;
    for (int64_t i = first; i < end; i++) {
        if (!tad__csr_row(a, i, e, &last)) return 0;
        for (; e < last; e++) {
            if (!tad__csr_entry(a, e, &c)) return 0;
            y[e] = x[i * x_row + c * x_column];
        }
    }
    return tad__csr_ends(a, end, e);
}
