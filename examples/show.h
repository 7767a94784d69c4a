/* What several examples print alike: matrices, and how it ended; and their command line. */
#ifndef SHOW_H
#define SHOW_H

#include <stdio.h>
#include <stdlib.h>
#include <tad/tad.h>
#include <tad/train.h>

#include "options.h"

/* "name = [[1, 2], [3, 4]]"; vectors and numbers with fewer brackets. */
static inline void show(const char *name, tad_var x) {
    int64_t size = tad_size_of(x);
    int64_t columns = tad_shape_of(x).rank == 2 ? tad_shape_of(x).dim[1] : size;
    double *value = size > 0 ? malloc((size_t)size * sizeof *value) : NULL;
    if (value && tad_read(x, value, (size_t)size) == TAD_OK) {
        printf("%-9s = %s", name, tad_shape_of(x).rank == 2 ? "[" : "");
        for (int64_t i = 0; i < size; i++) {
            if (tad_shape_of(x).rank > 0 && i % columns == 0) printf("[");
            printf("%.6g", value[i]);
            if (tad_shape_of(x).rank > 0 && (i + 1) % columns == 0) printf("]");
            if (i + 1 < size) printf(", ");
        }
        printf("%s\n", tad_shape_of(x).rank == 2 ? "]" : "");
    }
    free(value);
}

/* The end of every example: says what failed, if anything did, and frees the tape. */
static inline int finish(tad_tape *t, tad_status status) {
    if (status == TAD_OK) status = tad_tape_status(t);
    if (status != TAD_OK)
        fprintf(stderr, "failed: %s. %s\n", tad_status_text(status), tad_message(t));
    tad_tape_free(t);
    return status == TAD_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
