/* Examples of tad/sink.h. */
#include "example.h"

static void files(tad_tape *t) {
    const tad_var x = tad_name(tad_scalar(t, 3), "x");

    {
        FILE *file = tmpfile();
        if (!file) return;
        OK(tad_dump(x, NULL, tad_file_sink, file)); /* any function that writes text */
        IS(tad_file_sink(file, "\n", 1), true);
        IS(ftell(file) > 1, true);
        fclose(file);
    }
}

EXAMPLES(files)
