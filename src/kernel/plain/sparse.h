/* Sparse matrices in compressed rows, and their structure from coordinates, as plain C. Whoever
 * reads a row checks it first: structures are data. */
#ifndef TAD_KERNEL_PLAIN_SPARSE_H
#define TAD_KERNEL_PLAIN_SPARSE_H

#include <stddef.h>
#include <stdint.h>

#include "../elementary/bits.h"

/* ---- compressed rows ---- */

/* Where entries lie: those of row i are start[i] .. start[i + 1] - 1; steps between elements. */
typedef struct tad__csr {
    int64_t rows, columns, entries;
    const int64_t *start, *column;
    ptrdiff_t start_step, column_step;
} tad__csr;

/* Each of these says whether the structure is right there; a walk over rows first .. end - 1 asks
 * them as it goes. Where it begins: *e is the first entry of its first row. */
TAD__EMBEDDED int tad__csr_begins(const tad__csr *a, int64_t first, int64_t *e) {
    *e = a->start[first * a->start_step];
    return first == 0 ? *e == 0 : *e >= 0;
}

/* Row i has entries e .. *last - 1. */
TAD__EMBEDDED int tad__csr_row(const tad__csr *a, int64_t i, int64_t e, int64_t *last) {
    *last = a->start[(i + 1) * a->start_step];
    return *last >= e && *last <= a->entries;
}

/* Entry e is in column *c. */
TAD__EMBEDDED int tad__csr_entry(const tad__csr *a, int64_t e, int64_t *c) {
    *c = a->column[e * a->column_step];
    return (uint64_t)*c < (uint64_t)a->columns;
}

/* It ends with entry e - 1. */
TAD__EMBEDDED int tad__csr_ends(const tad__csr *a, int64_t end, int64_t e) {
    return end < a->rows || e == a->entries;
}

/* y[e] = the row of entry e, for rows first .. end - 1. Here and below 0: the structure is wrong.
 */
static inline int tad__csr_rows(const tad__csr *a, int64_t first, int64_t end, int64_t *y) {
    int64_t e, last;
    if (!tad__csr_begins(a, first, &e)) return 0;
    for (int64_t i = first; i < end; i++) {
        if (!tad__csr_row(a, i, e, &last)) return 0;
        for (; e < last; e++) y[e] = i;
    }
    return tad__csr_ends(a, end, e);
}

/* ---- coordinates ---- */

typedef struct tad__coo {
    int64_t rows, columns, entries;
    const int64_t *row, *column;
    ptrdiff_t row_step, column_step;
} tad__coo;

/* Whether entry i comes after k: by column, of equals by place. */
static inline int tad__coo_after(const tad__coo *a, int64_t i, int64_t k) {
    const int64_t p = a->column[i * a->column_step], q = a->column[k * a->column_step];
    return p != q ? p > q : i > k;
}

/* Of a heap of n entries, the last one first: the one at `at` moves down to where it belongs. */
static inline void tad__coo_sift_down(const tad__coo *a, int64_t *heap, int64_t n, int64_t at) {
    const int64_t moved = heap[at];
    for (int64_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && tad__coo_after(a, heap[child + 1], heap[child])) child++;
        if (!tad__coo_after(a, heap[child], moved)) break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

/* Brings the n entries of a row into their order; most often they are. */
static inline void tad__coo_sort_row(const tad__coo *a, int64_t *entry, int64_t n) {
    int64_t sorted = 1;
    while (sorted < n && tad__coo_after(a, entry[sorted], entry[sorted - 1])) sorted++;
    if (sorted >= n) return;
    for (int64_t i = n / 2; i-- > 0;) tad__coo_sift_down(a, entry, n, i);
    for (int64_t i = n; i-- > 1;) {
        const int64_t last = entry[0];
        entry[0] = entry[i];
        entry[i] = last;
        tad__coo_sift_down(a, entry, i, 0);
    }
}

/* entry: all of them by row, then column, then place; start: where each of rows + 1 begins. 0: one
 * lies outside the matrix. */
static inline int tad__coo_sort(const tad__coo *a, int64_t *start, int64_t *entry) {
    for (int64_t i = 0; i <= a->rows; i++) start[i] = 0;
    for (int64_t e = 0; e < a->entries; e++) {
        const int64_t row = a->row[e * a->row_step], column = a->column[e * a->column_step];
        if ((uint64_t)row >= (uint64_t)a->rows) return 0;
        if ((uint64_t)column >= (uint64_t)a->columns) return 0;
        start[row + 1]++;
    }
    for (int64_t i = 0; i < a->rows; i++) start[i + 1] += start[i];
    for (int64_t e = 0; e < a->entries; e++) entry[start[a->row[e * a->row_step]]++] = e;
    for (int64_t i = a->rows; i > 0; i--) start[i] = start[i - 1];
    start[0] = 0;
    for (int64_t i = 0; i < a->rows; i++)
        tad__coo_sort_row(a, entry + start[i], start[i + 1] - start[i]);
    return 1;
}

/* Of sorted entries one of each column remains: how many; their columns, at most `most` of them. */
static inline int64_t tad__coo_merge(const tad__coo *a, int64_t *start, const int64_t *entry,
                                     int64_t most, int64_t *column) {
    int64_t n = 0, e = 0;
    for (int64_t i = 0; i < a->rows; i++) {
        const int64_t end = start[i + 1];
        int64_t last = -1;
        start[i] = n;
        for (; e < end; e++) {
            const int64_t own = a->column[entry[e] * a->column_step];
            if (own == last) continue;
            if (n < most) column[n] = own;
            last = own;
            n++;
        }
    }
    start[a->rows] = n;
    return n;
}

/* Compressed rows, columns ascending, without repetitions: how many entries there are, -1 where one
 * lies outside. Of at most `most`, start and column; place: which of them each entry is. */
static inline int64_t tad__coo_to_csr(const tad__coo *a, int64_t most, int64_t *start,
                                      int64_t *column, int64_t *place) {
    if (!tad__coo_sort(a, start, place)) return -1;
    const int64_t n = tad__coo_merge(a, start, place, most, column);
    for (int64_t e = 0; e < a->entries && n <= most; e++) {
        const int64_t row = a->row[e * a->row_step], own = a->column[e * a->column_step];
        int64_t low = start[row], high = start[row + 1] - 1;
        while (low < high) {
            const int64_t middle = low + (high - low) / 2;
            if (column[middle] < own)
                low = middle + 1;
            else
                high = middle;
        }
        place[e] = low;
    }
    return n;
}

#define BODY "plain/sparse_body.h"
#include "../instantiate.h"

#endif
