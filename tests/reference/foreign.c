/* Examples of tad/foreign.h. */
#include "example.h"

static void square(tad_tape *t, const tad_var *in, size_t n, void *user, tad_var *out) {
    (void)t, (void)n, (void)user;
    *out = tad_square(in[0]);
}

static void calls(tad_tape *t) {
    const tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});
    const tad_claim claim = tad_claim_of(t);
    const tad_ref a = tad_ref_of(&claim, x);

    {
        const tad_claim mine = tad_claim_of(t);
        IS(tad_var_of(&mine, tad_ref_of(&mine, x)), "[1, 2]");
    }

    {
        const tad_prepared sine = {.op = tad_op_find("sin"), .unary = tad_sin};
        IS(tad_var_of(&claim, tad_apply_one(&claim, &sine, a)), "[0.841471, 0.909297]");
    }

    {
        const tad_prepared sub = {.op = tad_op_find("sub"), .binary = tad_sub};
        IS(tad_var_of(&claim, tad_apply_two(&claim, &sub, a, a)), "[0, 0]");
        IS(tad_var_of(&claim, tad_apply_with_number(&claim, &sub, a, 1)), "[0, 1]");
        IS(tad_var_of(&claim, tad_apply_to_number(&claim, &sub, 1, a)), "[0, -1]");
    }

    {
        const tad_prepared fma = {.op = tad_op_find("fma")};
        IS(tad_var_of(&claim, tad_apply_three(&claim, &fma, a, a, a)), "[2, 6]");
    }

    {
        const int64_t axis = 0;
        const tad_prepared concat = {.op = tad_op_find("concat"), .options = &axis};
        const tad_ref list[] = {a, a};
        IS(tad_var_of(&claim, tad_apply_list(&claim, &concat, list, 2)), "[1, 2, 1, 2]");
    }

    {
        IS(tad_var_of(&claim, tad_ref_at(&claim, a, 0)), 1);
        IS(tad_var_of(&claim, tad_ref_range(&claim, a, 1, TAD_END)), "[2]");
    }

    {
        const tad_var w = tad_input(t, TAD_F64, TAD_SHAPE(2, 2), (double[]){1, 2, 3, 4});
        const int64_t ends[] = {0, TAD_END, -1, TAD_ONLY}; /* [:, -1] */
        IS(tad_var_of(&claim, tad_ref_index(&claim, tad_ref_of(&claim, w), ends, 2)), "[2, 4]");
    }

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
