/* Examples of tad/status.h. */
#include "example.h"

static void texts(tad_tape *t) {
    (void)t;

    IS(tad_status_text(TAD_BAD_SHAPE), "shapes do not fit");
}

EXAMPLES(texts)
