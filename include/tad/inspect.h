/* Walking a tape: the nodes, their ops and parents; dumps and pictures are written on this alone.
 *
 * Looking changes nothing and costs no more than the answer, but tad_node_name, _file, _line, which
 * search a list. Pointers live as long as the variable; names also only until it is named anew. A
 * stale handle is a failure of the tape (BAD_HANDLE); nil, a number and none have the answers said
 * here.
 *
 * Threads: as the tape. */
#ifndef TAD_INSPECT_H
#define TAD_INSPECT_H

#include <tad/op.h>
#include <tad/sink.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tad_node_kind {
    TAD_NODE_NIL,
    TAD_NODE_CONSTANT,
    TAD_NODE_INPUT,
    TAD_NODE_PARAM,
    TAD_NODE_OP
} tad_node_kind;

/* The nodes of a tape in the order of recording: each is computed from earlier ones. */
TAD_API size_t tad_node_count(const tad_tape *t);
TAD_API tad_var tad_node_at(tad_tape *t, size_t i); /* nil beyond the end */
TAD_API size_t tad_node_index(tad_var x);           /* SIZE_MAX for nil */
TAD_API tad_node_kind tad_node_kind_of(tad_var x);  /* NIL for nil */
TAD_API const tad_op *tad_node_op(tad_var x);       /* NULL for leaves */
TAD_API const void *tad_node_options(tad_var x);    /* of its op; NULL for leaves and ops without */
TAD_API size_t tad_node_output(tad_var x);          /* which output of its op x is */
TAD_API size_t tad_node_parent_count(tad_var x);    /* 0 for leaves */
TAD_API tad_var tad_node_parent(tad_var x, size_t i); /* may be tad_number(c) or tad_none() */
TAD_API const char *tad_node_name(tad_var x);    /* as given by tad_name, with scopes; "" if none */
TAD_API const char *tad_node_file(tad_var x);    /* "" unless recorded with TAD_TRACE */
TAD_API int tad_node_line(tad_var x);            /* 0 unless so */
TAD_API bool tad_node_needs_gradient(tad_var x); /* a parameter or input, or computed from one */

/* ---- text and pictures ---- */

typedef struct tad_show_options {
    bool values;    /* values (of small arrays: all elements) */
    bool gradients; /* of the last sweep, where kept */
    size_t limit;   /* largest array shown in full; 0: 8 */
} tad_show_options;

/* One line a node: index, name, op, shape, parents. Only y's ancestors. Here and below IO: the sink
 * wanted no more; cost: a pass over the nodes. */
TAD_API TAD_MUST_USE tad_status tad_dump(tad_var y, const tad_show_options *show, tad_sink *sink,
                                         void *user);
/* Graphviz. */
TAD_API TAD_MUST_USE tad_status tad_dot_graph(tad_var y, const tad_show_options *show,
                                              tad_sink *sink, void *user);

/* The chain rule with numbers, after a sweep over scalars: for every node its value and, for each
 * parent, upstream x local derivative = downstream. */
typedef enum tad_explain_format { TAD_EXPLAIN_TEXT, TAD_EXPLAIN_DOT } tad_explain_format;
TAD_API TAD_MUST_USE tad_status tad_explain(tad_var y, tad_explain_format format, tad_sink *sink,
                                            void *user);

#ifdef __cplusplus
}
#endif
#endif
