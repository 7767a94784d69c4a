/* Examples of tad/compile.h. */
#include "example.h"

#include <tad/compile.h>

static void compiling(tad_tape *t) {
    const tad_var x = tad_scalar(t, 3), y = tad_square(x);
    tad_program *p;
    OK(tad_freeze(&x, 1, &y, 1, NULL, &p));
    tad_workspace *w = tad_workspace_new(p);

    {
        double in = 5, out = 0;
        const char *const command[] = {"cc", "-O2", NULL}; /* also the default */
        OK(tad_bind_in(w, 0, TAD_F64, TAD_0D, &in));
        OK(tad_bind_out(w, 0, TAD_F64, TAD_0D, &out));
        OK(tad_program_compile(p, &(tad_compile_options){.command = command}));
        OK(tad_run(w)); /* machine code now */
        IS(out, 25);
    }

    tad_workspace_free(w);
    tad_program_free(p);
}

EXAMPLES(compiling)
