/* tad_dot_graph: a tape as a picture for Graphviz. Rests on the public inspect.h alone. */
#include "dot.h"

/* ---- pieces ---- */

void tad__dot_begin(tad__text *out) {
    tad__text_put(out, "digraph tad {\n"
                       "  rankdir=LR;\n"
                       "  node [fontname=\"Helvetica\" fontsize=11 margin=\"0.10,0.05\"];\n"
                       "  edge [fontname=\"Helvetica\" fontsize=10 color=\"#555555\"];\n");
}

void tad__dot_end(tad__text *out) { tad__text_put(out, "}\n"); }

void tad__dot_node_begin(tad__text *out, tad_var x) {
    static const char *const style[] = {
        [TAD_NODE_NIL] = "shape=plaintext",
        [TAD_NODE_CONSTANT] = "shape=box style=\"rounded,dashed\"",
        [TAD_NODE_INPUT] = "shape=box style=\"rounded,filled\" fillcolor=\"#e3efff\"",
        [TAD_NODE_PARAM] = "shape=box style=\"rounded,filled\" fillcolor=\"#fff0c8\"",
        [TAD_NODE_OP] = "shape=box style=filled fillcolor=\"#f4f4f4\"",
    };
    tad__text label = tad__dot_label(out);
    tad__cell words = {0};
    tad__cell_op(&words, x);
    tad__text_put(out, "  n%zu [%s label=\"", tad_node_index(x), style[tad_node_kind_of(x)]);
    if (*tad_node_name(x)) tad__text_put(&label, "%s\n", tad_node_name(x));
    tad__text_put(&label, "%s", words.text);
    tad__cell options = {0};
    tad__cell_options(&options, x);
    if (options.length) tad__text_put(&label, "\n%s", options.text);
}

void tad__dot_node_end(tad__text *out) { tad__text_put(out, "\"];\n"); }

/* A number has no node of its own on the tape; here it gets one per use. */
bool tad__dot_edge_begin(tad__text *out, tad_var x, size_t k) {
    tad_var parent = tad_node_parent(x, k);
    size_t to = tad_node_index(x);
    if (tad_is_none(parent)) return false;
    if (tad_is_number(parent)) {
        tad__text_put(out,
                      "  c%zu_%zu [shape=plaintext margin=0.03 width=0 height=0 label=\"%s\"];\n",
                      to, k, tad__show_number(parent.u.number).text);
        tad__text_put(out, "  c%zu_%zu -> n%zu [", to, k, to);
    } else {
        tad__text_put(out, "  n%zu -> n%zu [", tad_node_index(parent), to);
    }
    return true;
}

void tad__dot_edge_end(tad__text *out) { tad__text_put(out, "];\n"); }

/* ---- the graph ---- */

static void write_numbers(tad__text *out, tad_var x, const tad_show_options *show) {
    tad__text label = tad__dot_label(out);
    size_t limit = show->limit ? show->limit : 8;
    if (tad_shape_of(x).rank > 0) {
        tad__cell shape = {0};
        tad__cell_shape(&shape, tad_shape_of(x));
        tad__text_put(&label, "  %s", shape.text);
    }
    if (show->values) {
        tad__text_put(&label, "\n");
        tad__text_numbers(&label, x, TAD__VALUE, limit);
    }
    if (show->gradients && tad__has(x, TAD__GRADIENT)) {
        tad__text_put(&label, "\ngradient ");
        tad__text_numbers(&label, x, TAD__GRADIENT, limit);
    }
}

static void write_node(tad__text *out, tad_var x, const tad_show_options *show) {
    tad__dot_node_begin(out, x);
    write_numbers(out, x, show);
    tad__dot_node_end(out);
    for (size_t k = 0; k < tad_node_parent_count(x); k++)
        if (tad__dot_edge_begin(out, x, k)) tad__dot_edge_end(out);
}

tad_status tad_dot_graph(tad_var y, const tad_show_options *show, tad_sink *sink, void *user) {
    static const tad_show_options nothing = {0};
    tad__text out = {sink, user, false};
    tad__ancestors w;
    tad_status s = tad__walk_begin(&w, y, "dot_graph", sink);
    if (s != TAD_OK) return s;
    tad__dot_begin(&out);
    for (size_t i = 0; i < w.count && !out.stopped; i++)
        if (w.seen[i]) write_node(&out, tad_node_at(w.tape, i), show ? show : &nothing);
    tad__dot_end(&out);
    tad__walk_end(&w);
    return tad__text_status(&out, w.tape);
}
