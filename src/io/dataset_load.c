/* Data sets from a pair of IDX files. Rests on idx.h. */
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "idx.h"
#include "nn/dataset.h"

static bool exists(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file) fclose(file);
    return file != NULL;
}

/* DIR/NAME-KIND, or that with .gz if only that is there. */
static tad_status load_file(tad_tape *t, const char *dir, const char *name, const char *kind,
                            int64_t part, int64_t parts, tad_idx *out, int64_t *all) {
    size_t length = strlen(dir) + strlen(name) + strlen(kind) + sizeof "/-.gz";
    char *path = tad_tape_resize(t, NULL, length, 1);
    if (!path) return tad_tape_status(t);
    snprintf(path, length, "%s/%s-%s", dir, name, kind);
    if (!exists(path)) snprintf(path, length, "%s/%s-%s.gz", dir, name, kind);
    tad_status status =
        exists(path) ? tad__idx_load(t, path, part, parts, out, all)
                     : tad_tape_fail(t, TAD_IO, "%s/%s-%s: neither this nor with .gz can be opened",
                                     dir, name, kind);
    tad_tape_resize(t, path, 0, 0);
    return status;
}

/* The labels of one part of all that were read. */
static void keep_part(tad_idx *labels, int64_t first, int64_t count) {
    const size_t size = tad__idx_bytes(labels->type);
    unsigned char *data = (void *)(uintptr_t)labels->data;
    memmove(data, data + (size_t)first * size, (size_t)count * size);
    labels->size = labels->shape.dim[0] = count;
}

/* The largest label of all, which may be in another part. */
static int64_t classes_of(const tad_idx *labels) {
    int64_t classes = 0;
    for (int64_t i = 0; i < labels->size; i++)
        classes = tad_idx_value(labels, i) >= (double)classes
                      ? (int64_t)tad_idx_value(labels, i) + 1
                      : classes;
    return classes;
}

tad_status tad_dataset_load_part(tad_tape *t, const char *dir, const char *name, int64_t part,
                                 int64_t parts, const tad_dataset_options *options,
                                 tad_dataset *out) {
    if (tad_tape_status(t) != TAD_OK) return tad_tape_status(t);
    if (!dir || !name || !out) return tad_tape_fail(t, TAD_BAD_ARGUMENT, "dataset_load: NULL");
    tad_idx examples = {0}, labels = {0};
    int64_t n = 0, n_labels = 0, classes = 0;
    tad_status status = load_file(t, dir, name, "images-idx3-ubyte", part, parts, &examples, &n);
    if (status == TAD_OK)
        status = load_file(t, dir, name, "labels-idx1-ubyte", 0, 1, &labels, &n_labels);
    if (status == TAD_OK && n == n_labels && labels.shape.rank == 1) {
        classes = classes_of(&labels);
        keep_part(&labels, tad__part_begin(n, part, parts), examples.shape.dim[0]);
    } else if (status == TAD_OK) {
        examples.shape.dim[0] = n; /* to be refused by what the files have */
    }
    if (status == TAD_OK) status = tad_dataset_make(t, &examples, &labels, options, out);
    if (status == TAD_OK) out->classes = classes;
    tad_idx_free(t, &labels); /* copied */
    if (status != TAD_OK) tad_idx_free(t, &examples);
    return status;
}

tad_status tad_dataset_load(tad_tape *t, const char *dir, const char *name,
                            const tad_dataset_options *options, tad_dataset *out) {
    return tad_dataset_load_part(t, dir, name, 0, 1, options, out);
}
