/* Examples of tad/inspect.h. */
#include "example.h"

static bool keep(void *user, const char *text, size_t length) {
    strncat(user, text, length);
    return true;
}

static void nodes(tad_tape *t) {
    const tad_var x = tad_name(tad_scalar(t, 3), "x");
    const tad_var y = tad_softplus(x, 2), number = tad_number(7);

    IS(tad_node_count(t), 2);

    IS(tad_node_name(tad_node_at(t, 0)), "x");

    IS(tad_node_index(y), 1);

    IS(tad_node_kind_of(x), TAD_NODE_INPUT);

    IS(tad_node_op(y)->name, "softplus");

    IS(*(const double *)tad_node_options(y), 2); /* beta, the first one */

    {
        tad_var places;
        const tad_var v = tad_constant(t, TAD_F64, TAD_SHAPE(2), (double[]){1, 2});
        tad_sort(v, 0, false, &places);
        IS(tad_node_output(places), 1);
    }

    IS(tad_node_parent_count(y), 1);

    IS(tad_node_parent(tad_mul(x, number), 1), 7);

    IS(tad_node_file(y), "");

    IS(tad_node_line(tad_here(tad_square(x), "model.c", 42)), 42);

    IS(tad_node_needs_gradient(y), true);
}

static void pictures(tad_tape *t) {
    const tad_var x = tad_name(tad_scalar(t, 3), "x");
    const tad_var y = tad_square(x);

    {
        char text[500] = "";
        OK(tad_dump(y, &(tad_show_options){.values = true}, keep, text));
        IS(text, "#0 x  input         ()  = 3\n"
                 "#1    square(#0 x)  ()  = 9\n");
    }

    {
        char text[2000] = "";
        OK(tad_dot_graph(y, NULL, keep, text)); /* for Graphviz: dot -Tsvg */
        IS(strncmp(text, "digraph", 7), 0);
    }

    {
        char text[500] = "";
        OK(tad_reverse(y));
        OK(tad_explain(y, TAD_EXPLAIN_TEXT, keep, text));
        IS(strstr(text, "to #0 x: 1 * 6 = 6") != NULL, true); /* upstream * local = downstream */
    }
}

EXAMPLES(nodes, pictures)
