/* Examples of tad/tape.h. */
#include "example.h"

static void types(tad_tape *t) {
    const tad_var x = tad_scalar(t, 3);
    const tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){3, 4});
    const tad_var w = tad_constant(t, TAD_F64, TAD_SHAPE(1, 2), (double[]){1, 10});

    IS(tad_dtype_size(TAD_F32), 4);

    IS(tad_dtype_name(TAD_I64), "int64");

    IS(tad_mul(x, tad_number(0.5)), 1.5);

    IS(tad_linear(v, w, tad_none()), "[43]"); /* without a bias */

    IS(tad_is_number(tad_add(tad_number(1), tad_number(2))), true);

    IS(tad_is_none(tad_none()), true);
}

static void life(tad_tape *t) {
    const tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});

    IS(tad_version() >= TAD_VERSION, true);

    {
        tad_tape *mine = tad_tape_new(&(tad_settings){.threads = 4, .seed = 1});
        IS(tad_tape_status(mine), TAD_OK);
        tad_tape_free(mine); /* and all that it made */
    }

    {
        const tad_built newer = {.version = TAD_VERSION + 1, .abi = TAD_ABI};
        tad_tape *mine = tad_tape_new_for(NULL, newer);
        IS(tad_tape_status(mine), TAD_UNSUPPORTED);
        tad_tape_free(mine);
    }

    {
        const size_t before = tad_tape_memory(t).live;
        tad_full(t, TAD_F64, TAD_SHAPE(1000, 1000), 1);
        IS(tad_tape_memory(t).live - before >= 8000000, true);
    }

    {
        tad_tape *plain = tad_tape_new(&(tad_settings){.level = TAD_LEVEL_BASE});
        IS(tad_tape_level(plain), "base");
        tad_tape_free(plain);
    }

    {
        double *table = tad_tape_resize(t, NULL, 100, sizeof *table);
        if (table) table = tad_tape_resize(t, table, 200, sizeof *table);
        IS(table != NULL, true);
    }

    {
        const tad_mark start = tad_tape_mark(t); /* above w: every step records anew */
        for (int step = 0; step < 10; step++) {
            OK(tad_reverse(tad_sum(tad_square(w), tad_all())));
            OK(tad_tape_rewind(t, start));
        }
        IS(tad_gradient(w), "[20, 40]");
    }

    {
        tad_tape *mine = tad_tape_new(NULL);
        tad_scalar(mine, 1);
        tad_tape_reset(mine);
        IS(tad_node_count(mine), 0);
        tad_tape_free(mine);
    }
}

static void errors(tad_tape *t) {
    const tad_var x = tad_input(t, TAD_F64, TAD_SHAPE(2, 3), NULL);
    const tad_var y = tad_input(t, TAD_F64, TAD_SHAPE(4, 5), NULL);

    {
        const tad_var z = tad_sum(tad_matmul(x, y), tad_all()); /* fails; the sum does nothing */
        IS(tad_is_nil(z), true);
        IS(tad_tape_status(t), TAD_BAD_SHAPE);
        IS(tad_message(t), "matmul: (2,3) x (4,5): inner sizes 3 and 4 differ");
        tad_tape_clear(t);
    }

    IS(tad_tape_of(x) == t, true);

    {
        IS(tad_tape_fail(t, TAD_BAD_ARGUMENT, "horizon of %d steps", -1), TAD_BAD_ARGUMENT);
        IS(tad_message(t), "horizon of -1 steps");
        tad_tape_clear(t);
    }

    {
        const tad_var total = tad_here(tad_sum(x, tad_all()), "model.c", 42);
        IS(tad_node_line(total), 42);
        IS(tad_here_status(t, tad_reverse(y), "model.c", 43), TAD_BAD_SHAPE);
        IS(strstr(tad_message(t), "model.c:43") != NULL, true);
        tad_tape_clear(t);
    }
}

static void leaves(tad_tape *t) {
    double data[] = {1, 2, 3, 4, 5, 6};

    IS(tad_scalar(t, 2.5), 2.5);

    IS(tad_input(t, TAD_F64, TAD_SHAPE(2, 3), data), "[[1, 2, 3], [4, 5, 6]]");

    IS(tad_param(t, TAD_F64, TAD_SHAPE(2), NULL), "[0, 0]");

    IS(tad_constant(t, TAD_I64, TAD_SHAPE(3), (int64_t[]){7, 0, 2}), "[7, 0, 2]");

    {
        const tad_var x = tad_borrow(t, TAD_F64, TAD_SHAPE(2, 3), data); /* no copy is made */
        IS(tad_sum(x, tad_axis(0)), "[5, 7, 9]");
    }

    {
        const tad_var x = tad_input_borrow(t, TAD_F64, TAD_SHAPE(6), data);
        OK(tad_reverse(tad_sum(tad_square(x), tad_all())));
        IS(tad_gradient(x), "[2, 4, 6, 8, 10, 12]");
    }

    IS(tad_constant_from(t, TAD_BOOL, TAD_SHAPE(3), (double[]){1, 0, 1}), "[1, 0, 1]");

    IS(tad_full(t, TAD_F32, TAD_SHAPE(2, 2), 0.5), "[[0.5, 0.5], [0.5, 0.5]]");

    IS(tad_eye(t, TAD_F64, 2, 3), "[[1, 0, 0], [0, 1, 0]]");

    IS(tad_arange(t, TAD_I64, 0, 5, 2), "[0, 2, 4]");

    IS(tad_linspace(t, TAD_F64, 0, 1, 5), "[0, 0.25, 0.5, 0.75, 1]");

    {
        const tad_var x = tad_rand(t, TAD_F64, TAD_SHAPE(1000));
        IS(tad_item(tad_amin(x, tad_all())) >= 0, true);
        IS(tad_item(tad_amax(x, tad_all())) < 1, true);
    }

    IS(tad_shape_of(tad_randn(t, TAD_F32, TAD_SHAPE(2, 3))), "(2, 3)");
}

static void forget(void *owner) { *(bool *)owner = true; }

static void lives_and_names(tad_tape *t) {
    const tad_var x = tad_scalar(t, 3);

    {
        bool forgotten = false; /* forget sets it: a tad_release */
        const tad_mark before = tad_tape_mark(t);
        OK(tad_on_release(tad_scalar(t, 1), forget, &forgotten));
        OK(tad_tape_rewind(t, before));
        IS(forgotten, true);
    }

    {
        const tad_var y = tad_mul(x, tad_detach(x)); /* x times what x is now */
        OK(tad_reverse(y));
        IS(tad_gradient(x), 3);
    }

    {
        tad_record_pause(t);
        const tad_var y = tad_square(x); /* its value alone */
        tad_record_resume(t);
        IS(y, 9);
        IS(tad_node_needs_gradient(y), false);
    }

    {
        const tad_var loss = tad_name(tad_square(x), "loss");
        IS(tad_node_name(loss), "loss");
    }

    {
        tad_scope_push(t, "encoder");
        const tad_var w = tad_name(tad_scalar(t, 1), "w");
        tad_scope_pop(t);
        IS(tad_node_name(w), "encoder/w");
    }
}

static void reading(tad_tape *t) {
    const tad_var x = tad_input(t, TAD_F32, TAD_SHAPE(2, 3), (float[]){1, 2, 3, 4, 5, 6});
    const tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});

    IS(tad_item(tad_sum(x, tad_all())), 21);

    IS(tad_dtype_of(x), TAD_F32);

    IS(tad_shape_of(x), "(2, 3)");

    IS(tad_size_of(x), 6);

    {
        double value[6]; /* whatever x's type */
        OK(tad_read(x, value, 6));
        IS(value[5], 6);
    }

    {
        const float *value = tad_data(tad_transpose(x, 0, 1)); /* row by row: 1 4 2 5 3 6 */
        IS(value[1], 4);
    }

    {
        const tad_var total = tad_sum(x, tad_all());
        IS(tad_decide(tad_greater(total, tad_number(20))), true);
    }

    {
        double *value = tad_param_data(w);
        if (value) value[0] = 5;
        IS(w, "[5, 2]");
    }

    OK(tad_assign(w, (double[]){3, 4}));
    IS(w, "[3, 4]");
}

static void gradients(tad_tape *t) {
    const tad_var x = tad_scalar(t, 3), other = tad_scalar(t, 1);
    const tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});
    const tad_var y = tad_sum(tad_mul(x, tad_square(w)), tad_all());

    OK(tad_reverse(y));
    IS(tad_gradient(w), "[6, 12]");

    OK(tad_reverse(y));
    IS(tad_gradient_item(x), 5);

    OK(tad_reverse(y));
    IS(tad_is_reached(w), true);
    IS(tad_is_reached(other), false);

    {
        OK(tad_zero_gradients(&w, 1));
        OK(tad_reverse(y));
        const double *g = tad_gradient_data(w);
        IS(g[1], 12);
    }

    OK(tad_reverse(y)); /* parameters add up, until */
    OK(tad_zero_gradients(&w, 1));
    IS(tad_gradient(w), "[0, 0]");
}

static void random_numbers(tad_tape *t) {
    {
        const tad_random before = tad_tape_random(t);
        const tad_var x = tad_randn(t, TAD_F64, TAD_SHAPE(3));
        tad_tape_set_random(t, before);
        const tad_var again = tad_randn(t, TAD_F64, TAD_SHAPE(3));
        IS(tad_sub(x, again), "[0, 0, 0]");
    }

    {
        tad_random r = {.seed = 1}, again = r;
        const double u = tad_random_uniform(&r), z = tad_random_normal(&r);
        IS(0 <= u && u < 1 && isfinite(z), true);
        IS(tad_random_below(&r, 6) < 6, true);     /* a die, less 1 */
        IS(tad_random_uniform(&again) == u, true); /* the same seed, the same numbers */
    }
}

EXAMPLES(types, life, errors, leaves, lives_and_names, reading, gradients, random_numbers)
