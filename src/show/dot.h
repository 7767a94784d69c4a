/* Pieces of a Graphviz picture, shared by tad_dot_graph and tad_explain. Rests on show.h. */
#ifndef TAD_DOT_H
#define TAD_DOT_H

#include "show.h"

void tad__dot_begin(tad__text *out);
void tad__dot_end(tad__text *out);

/* Opens a node with its name, op and options in the label; closes it. */
void tad__dot_node_begin(tad__text *out, tad_var x);
void tad__dot_node_end(tad__text *out);

/* Opens the edge from x's parent k to x (attributes may follow); false: that parent is left out. */
bool tad__dot_edge_begin(tad__text *out, tad_var x, size_t k);
void tad__dot_edge_end(tad__text *out);

#endif
