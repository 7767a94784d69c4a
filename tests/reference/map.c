/* Examples of tad/map.h. */
#include "example.h"

/* the squared error of one example: x (2), its target, weights (2) */
static tad_var loss(tad_tape *t, const tad_var *in, size_t n, void *user) {
    (void)t, (void)n, (void)user;
    return tad_square(tad_sub(tad_dot(in[0], in[2]), in[1]));
}

static void mappings(tad_tape *t) {
    const tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(3, 2), (double[]){1, 2, 3, 4, 5, 6});
    const tad_var target = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){0, 1, 2});
    const tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 0});

    {
        tad_mapping *m = tad_mapping_new(loss, NULL, NULL);
        const tad_var losses = tad_map(m, (tad_var[]){x, target}, 2, &w, 1);
        OK(tad_reverse(tad_mean(losses, tad_all())));
        IS(losses, "[1, 4, 9]");
        IS(tad_gradient(w), "[14.6667, 18.6667]");
        tad_tape_reset(t);
        tad_mapping_free(m); /* after what was recorded with it */
    }
}

static tad_status count_programs(tad_program *p, const bool *each, void *count) {
    (void)p, (void)each;
    ++*(int *)count;
    return TAD_OK;
}

static void programs(tad_tape *t) {
    const tad_var x = tad_constant(t, TAD_F64, TAD_SHAPE(3, 2), (double[]){1, 2, 3, 4, 5, 6});
    const tad_var target = tad_constant(t, TAD_F64, TAD_SHAPE(3), (double[]){0, 1, 2});
    const tad_var w = tad_param(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 0});
    int count = 0;

    {
        tad_mapping *m = tad_mapping_new(loss, NULL, NULL);
        tad_mapping_set_made(m, count_programs, &count); /* compile.h has one that compiles */
        OK(tad_reverse(tad_mean(tad_map(m, (tad_var[]){x, target}, 2, &w, 1), tad_all())));
        IS(count, 2); /* the loss, its gradient */
        tad_tape_reset(t);
        tad_mapping_free(m);
    }
}

EXAMPLES(mappings, programs)
