/* The shipped digits: 1797 images of 8 x 8 in 16 grey levels, every fifth held out. */
#ifndef SMALL_DIGITS_H
#define SMALL_DIGITS_H

#include <tad/data.h>

#ifndef DATA_FOLDER /* where the build found the sources */
#define DATA_FOLDER "examples/data"
#endif

static inline tad_status load_small_digits(tad_tape *t, const char *folder, tad_dataset *rest,
                                           tad_dataset *held_out) {
    const tad_dataset_options grey = {.scale = 1.0 / 16};
    tad_dataset all;
    tad_status s = tad_dataset_load(t, folder, "digits", &grey, &all);
    return s == TAD_OK ? tad_dataset_split(t, &all, 5, rest, held_out) : s;
}

#endif
