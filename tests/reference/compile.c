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

    {
        const double points[] = {1, 2, 3};
        const bool each[] = {true}; /* points as vectors, told the processor */
        const char *const command[] = {"cc", "-O3", "-march=native", NULL};
        double squares[3];
        OK(tad_program_compile(p, &(tad_compile_options){.command = command, .each = each}));
        OK(tad_bind_each_in(w, 0, TAD_F64, TAD_SHAPE(3), points));
        OK(tad_bind_each_out(w, 0, TAD_F64, TAD_SHAPE(3), squares));
        OK(tad_run(w));
        IS(squares[2], 9);
    }

    tad_workspace_free(w);
    tad_program_free(p);
}

static tad_var cube(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_mul(in[0], tad_square(in[0]));
}

static void maps(tad_tape *t) {
    const tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(3), (double[]){1, 2, 3});

    {
        tad_mapping *m = tad_mapping_new(cube, NULL, NULL);
        tad_mapping_compile(m, NULL);
        OK(tad_reverse(tad_sum(tad_map(m, &x, 1, NULL, 0), tad_all())));
        IS(tad_gradient(x), "[3, 12, 27]");
        tad_tape_reset(t);
        tad_mapping_free(m);
    }
}

EXAMPLES(compiling, maps)
