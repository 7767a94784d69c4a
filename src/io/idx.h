/* Parts of IDX files. Rests on tad/data.h. */
#ifndef TAD_IO_IDX_H
#define TAD_IO_IDX_H

#include <tad/data.h>

/* tad_idx_load_part; *all: how many things the file has along the first axis. */
tad_status tad__idx_load(tad_tape *t, const char *path, int64_t part, int64_t parts, tad_idx *out,
                         int64_t *all);
#endif
