/* Data sets from a pair of IDX files. Rests on the public headers. */
#include <stdio.h>
#include <string.h>

#include <tad/data.h>

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
