/* Examples of tad/program.h. */
#include "example.h"

/* x^2 + 3 x */
static tad_var f(tad_tape *t, const tad_var *x, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    const tad_var square = tad_square(x[0]); /* compilers order operands as they like */
    return tad_add(square, tad_mul(x[0], tad_number(3)));
}

static bool keep(void *user, const char *text, size_t length) {
    strncat(user, text, length);
    return true;
}

/* A program of x^2 + 3 x, named "x" and "y". */
static tad_program *frozen(tad_tape *t) {
    const tad_var x = tad_name(tad_scalar(t, 1), "x");
    const tad_var y = tad_name(f(t, &x, 1, NULL), "y");
    tad_program *p;
    OK(tad_freeze(&x, 1, &y, 1, NULL, &p));
    return p;
}

static void freezing(tad_tape *t) {
    {
        const tad_var x = tad_scalar(t, 1), y = tad_square(x);
        tad_program *p;
        OK(tad_freeze(&x, 1, &y, 1, NULL, &p)); /* what was recorded from x to y */
        IS(tad_program_n_in(p), 1);
        IS(tad_program_n_out(p), 1);
        tad_program_free(p);
    }

    {
        const tad_var x = tad_scalar(t, 1);
        tad_program *p;
        OK(tad_freeze_function(f, NULL, &x, 1, TAD_GIVE_VALUE | TAD_GIVE_GRADIENT, NULL, &p));
        IS(tad_program_n_out(p), 2);
        tad_program_free(p);
    }
}

static void interface(tad_tape *t) {
    tad_program *p = frozen(t);

    IS(tad_program_in_type(p, 0).dtype, TAD_F64);

    IS(tad_program_out_type(p, 0).shape, "()");

    IS(tad_program_in_name(p, 0), "x");

    IS(tad_program_out_name(p, 0), "y");

    IS(tad_program_info_of(p).numbers, 3);

    tad_program_free(p);
}

static void pictures(tad_tape *t) {
    tad_program *p = frozen(t);

    {
        char text[500] = "";
        OK(tad_program_dump(p, keep, text));
        IS(text, "in[0] x n0\n"
                 "numbers, 3 steps\n"
                 "    n2 = square(n0)\n"
                 "    n3 = mul(n0, n1)\n"
                 "    n4 = add(n2, n3)\n"
                 "out[0] y n4\n");
    }

    {
        char text[2000] = "";
        OK(tad_program_dot(p, keep, text)); /* for Graphviz */
        IS(strncmp(text, "digraph", 7), 0);
    }

    {
        char text[5000] = "";
        OK(tad_program_plan_svg(p, keep, text)); /* a picture */
        IS(strncmp(text, "<svg", 4), 0);
    }

    {
        char source[5000] = "", header[2000] = "";
        const tad_c_options o = {.name = "parabola"};
        OK(tad_program_c(p, &o, keep, source));
        OK(tad_program_c_header(p, &o, keep, header));
        IS(strstr(header, "int parabola(const double *in_x, double *out_y, void *work);") != NULL,
           true);
    }

    tad_program_free(p);
}

/* The steps of tad_program_dump above, as tad_program_c writes them with .steps. */
static int steps(const void *const *in, double *numbers, void *arrays, tad_steps_list *list,
                 const void *program) {
    (void)in, (void)arrays, (void)list, (void)program;
    numbers[4] = numbers[0] * (numbers[0] + numbers[1]);
    return 0;
}

static void lanes(double *numbers, int once) {
    enum { POINTS = 64 }; /* of a row, for each slot */
    if (once) return;
    for (int i = 0; i < POINTS; i++)
        numbers[4 * POINTS + i] = numbers[i] * (numbers[i] + numbers[POINTS + i]);
}

static void running(tad_tape *t) {
    tad_program *p = frozen(t); /* of x^2 + 3 x */

    {
        tad_workspace *w = tad_workspace_new(p);
        double x = 0, y = 0;
        OK(tad_bind_in(w, 0, TAD_F64, TAD_0D, &x));
        OK(tad_bind_out(w, 0, TAD_F64, TAD_0D, &y));
        for (x = 1; x <= 10; x++) OK(tad_run(w));
        IS(y, 130);
        tad_workspace_free(w);
    }

    {
        tad_workspace *w = tad_workspace_new(p);
        double x = 10, y = 0;
        tad_program_set_steps(p, steps, NULL, NULL); /* compile.h has compiled ones */
        OK(tad_bind_in(w, 0, TAD_F64, TAD_0D, &x));
        OK(tad_bind_out(w, 0, TAD_F64, TAD_0D, &y));
        OK(tad_run(w));
        IS(y, 130);
        tad_program_set_steps(p, NULL, NULL, NULL);
        tad_workspace_free(w);
    }

    {
        static _Alignas(64) char room[1 << 14];
        IS(tad_workspace_size(p) <= sizeof room, true);
        tad_workspace *w = tad_workspace_in(p, room, sizeof room); /* allocates nothing */
        IS(w != NULL, true);
        tad_workspace_free(w);
    }

    {
        tad_workspace *w = tad_workspace_new(p);
        const double x[1] = {10};
        double y[1];
        OK(tad_bind_numbers_in(w, 0, 1, x));
        OK(tad_bind_numbers_out(w, 0, 1, y));
        OK(tad_run(w));
        IS(y[0], 130);
        tad_workspace_free(w);
    }

    {
        tad_workspace *w = tad_workspace_new(p);
        const double x[] = {1, 2, 3};
        double y[3];
        OK(tad_bind_each_in(w, 0, TAD_F64, TAD_SHAPE(3), x)); /* three points */
        OK(tad_bind_each_out(w, 0, TAD_F64, TAD_SHAPE(3), y));
        OK(tad_run(w));
        IS(y[2], 18);
        tad_workspace_free(w);
    }

    {
        tad_workspace *w = tad_workspace_new(p);
        const double x[] = {1, 2, 3}; /* a row of one number for each point */
        double y[3];
        OK(tad_bind_each_numbers_in(w, 0, 1, 3, x));
        OK(tad_bind_each_numbers_out(w, 0, 1, 3, y));
        OK(tad_run(w));
        IS(y[1], 10);
        tad_workspace_free(w);
    }

    {
        tad_workspace *w = tad_workspace_new(p);
        const double x[] = {1, 2, 3};
        double sum;
        OK(tad_bind_each_in(w, 0, TAD_F64, TAD_SHAPE(3), x));
        OK(tad_bind_sum_out(w, 0, &sum, NULL));
        OK(tad_run(w));
        IS(sum, 32); /* 4 + 10 + 18 */
        tad_workspace_free(w);
    }

    {
        tad_workspace *w = tad_workspace_new(p);
        const double x[] = {1, 2, 3};
        const unsigned char each[] = {1};
        double y[3];
        tad_program_set_lanes(p, lanes, each); /* compile.h has compiled ones */
        OK(tad_bind_each_in(w, 0, TAD_F64, TAD_SHAPE(3), x));
        OK(tad_bind_each_out(w, 0, TAD_F64, TAD_SHAPE(3), y));
        OK(tad_run(w));
        IS(y[2], 18);
        tad_program_set_lanes(p, NULL, NULL);
        tad_workspace_free(w);
    }

    {
        tad_workspace *w = tad_workspace_new(p);
        IS(tad_run(w), TAD_BAD_ARGUMENT);
        IS(tad_workspace_message(w), "run: 2 inputs and outputs are not bound");
        tad_workspace_free(w);
    }

    tad_program_free(p);
}

static void random_numbers(tad_tape *t) {
    {
        const tad_var x = tad_scalar(t, 1), y = tad_add(x, tad_rand(t, TAD_F64, TAD_0D));
        tad_program *p;
        OK(tad_freeze(&x, 1, &y, 1, NULL, &p));
        tad_workspace *w = tad_workspace_new(p);
        double in = 0, first, again;
        OK(tad_bind_in(w, 0, TAD_F64, TAD_0D, &in));
        OK(tad_bind_out(w, 0, TAD_F64, TAD_0D, &first));
        const tad_random before = tad_random_of(w);
        OK(tad_run(w));
        tad_set_random(w, before);
        OK(tad_bind_out(w, 0, TAD_F64, TAD_0D, &again));
        OK(tad_run(w));
        IS(first == again, true);
        tad_workspace_free(w);
        tad_program_free(p);
    }
}

EXAMPLES(freezing, interface, pictures, running, random_numbers)
