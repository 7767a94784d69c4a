/* Examples of tad/foreign.h. */
#include "example.h"

static void square(tad_tape *t, const tad_var *in, size_t n, void *user, tad_var *out) {
    (void)t, (void)n, (void)user;
    *out = tad_square(in[0]);
}

static void calls(tad_tape *t) {
    const tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});

    IS(tad_apply_few(tad_op_find("add"), NULL, 2, x, x, tad_none()), "[2, 4]");

    {
        tad_written written = {.fn = square};
        tad_var jacobian;
        OK(tad_jacobian(tad_write, &written, &x, 1, 0, NULL, &jacobian));
        IS(jacobian, "[[2, 0], [0, 4]]");
    }

    {
        tad_var y = tad_square(x), jacobian;
        OK(tad_jacobian(tad_recorded, &y, &x, 1, 0, NULL, &jacobian));
        IS(jacobian, "[[2, 0], [0, 4]]");
    }
}

EXAMPLES(calls)
