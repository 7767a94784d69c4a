/* tad_explain: the chain rule with numbers, as text and as a picture.
 *
 * The local derivative of an edge is what the op's own vjp rule gives for the cotangent 1, so it is
 * exact, and a variable used twice by one op has two edges with a derivative each. Rests on the
 * public inspect.h alone. */
#include <string.h>

#include "dot.h"

/* ---- one edge ---- */

typedef struct edge {
    /* a gradient flows along it and both ends have one element, so local is a number */
    bool scalar;
    double local;
} edge;

static bool one_element(tad_var x) { return tad_size_of(x) == 1; }

/* Parent k is a variable, and a gradient flows to it. */
static bool carries(tad_var x, size_t k) { return tad_node_needs_gradient(tad_node_parent(x, k)); }

/* d x / d parents by the rule of x's op; nodes it records are the caller's to rewind. */
static void local_derivatives(tad_var x, size_t n, edge *edges) {
    const tad_op *op = tad_node_op(x);
    tad_var in[TAD_MAX_INPUTS], result[TAD_MAX_INPUTS] = {{0}};
    tad_var out[TAD_MAX_OUTPUTS], given[TAD_MAX_OUTPUTS] = {{0}};
    bool wanted[TAD_MAX_INPUTS];
    size_t self = tad_node_index(x), first = self - tad_node_output(x);
    size_t n_out = 0;
    for (tad_var y; n_out < TAD_MAX_OUTPUTS; n_out++) {
        y = tad_node_at(x.tape, first + n_out);
        if (tad_node_op(y) != op || tad_node_output(y) != n_out) break;
        out[n_out] = y;
    }
    given[tad_node_output(x)] = tad_full(x.tape, tad_dtype_of(x), tad_shape_of(x), 1);
    for (size_t k = 0; k < n; k++) {
        in[k] = tad_node_parent(x, k);
        wanted[k] = edges[k].scalar;
    }
    tad_rule rule = {x.tape, op, tad_node_options(x), n, n_out, in, out, given, wanted, result};
    op->vjp(&rule);
    for (size_t k = 0; k < n; k++) {
        if (!edges[k].scalar) continue;
        edges[k].local = tad_is_number(result[k]) ? result[k].u.number
                         : tad_is_nil(result[k])  ? 0
                                                  : tad_item(result[k]);
    }
}

/* The derivatives of edges of x between single elements; edges is filled up. Ops that take any
 * number of inputs have none where there are more of these than of edges. */
static void look_at(tad_var x, edge edges[TAD_MAX_INPUTS]) {
    size_t n = tad_node_parent_count(x);
    const tad_op *op = tad_node_op(x);
    bool any = false, single = op && op->vjp && n <= TAD_MAX_INPUTS && one_element(x);
    memset(edges, 0, TAD_MAX_INPUTS * sizeof *edges);
    for (size_t k = 0; single && k < n; k++) {
        edges[k].scalar = carries(x, k) && one_element(tad_node_parent(x, k));
        any = any || edges[k].scalar;
    }
    if (!any) return;
    tad_mark mark = tad_tape_mark(x.tape);
    local_derivatives(x, n, edges);
    (void)tad_tape_rewind(x.tape, mark); /* without memory for it the tape says so */
}

static const edge *edge_at(const edge edges[TAD_MAX_INPUTS], size_t k) {
    static const edge no_number;
    return k < TAD_MAX_INPUTS ? &edges[k] : &no_number;
}

/* ---- text ---- */

enum { COLUMNS = 4 };
typedef struct row {
    tad__cell cell[COLUMNS]; /* node, what it is, value, gradient */
} row;

static void add_number(tad__cell *cell, tad_var x, tad__what what) {
    if (!tad__has(x, what))
        tad__cell_add(cell, "-");
    else if (!one_element(x))
        tad__cell_shape(cell, tad_shape_of(x));
    else
        tad__cell_number(cell, what == TAD__VALUE ? tad_item(x) : tad_gradient_item(x));
}

static void fill(tad_var x, row *r) {
    memset(r, 0, sizeof *r);
    tad__cell_name(&r->cell[0], x);
    tad__cell_call(&r->cell[1], x);
    add_number(&r->cell[2], x, TAD__VALUE);
    add_number(&r->cell[3], x, TAD__GRADIENT);
}

static const row heading = {{{4, "node"}, {2, "is"}, {5, "value"}, {8, "gradient"}}};

static void widen(int width[COLUMNS], const row *r) {
    for (int c = 0; c < COLUMNS; c++)
        if ((int)r->cell[c].length > width[c]) width[c] = (int)r->cell[c].length;
}

static void write_row(tad__text *out, const int width[COLUMNS], const row *r) {
    tad__text_put(out, "%-*s  %-*s  %*s  %*s", width[0], r->cell[0].text, width[1], r->cell[1].text,
                  width[2], r->cell[2].text, width[3], r->cell[3].text);
}

static void put_product(tad__text *out, double upstream, const char *times, double local) {
    tad__text_put(out, "%s %s %s = %s", tad__show_number(upstream).text, times,
                  tad__show_number(local).text, tad__show_number(upstream * local).text);
}

static void write_edge(tad__text *out, tad_var x, tad_var parent, const edge *e) {
    tad__cell to = {0};
    tad__cell_name(&to, parent);
    tad__text_put(out, "  to %s: ", to.text);
    if (e->scalar)
        put_product(out, tad_gradient_item(x), "*", e->local);
    else
        tad__text_put(out, "by the rule of %s", tad_node_op(x)->name);
}

static void text_node(tad__text *out, tad_var x, const int width[COLUMNS]) {
    static const row blank = {{{0}}};
    edge edges[TAD_MAX_INPUTS];
    row r;
    fill(x, &r);
    write_row(out, width, &r);
    size_t n = tad__has(x, TAD__GRADIENT) ? tad_node_parent_count(x) : 0, lines = 0;
    if (n > 0) look_at(x, edges);
    for (size_t k = 0; k < n; k++) {
        if (!carries(x, k)) continue;
        if (lines++ > 0) {
            tad__text_put(out, "\n");
            write_row(out, width, &blank);
        }
        write_edge(out, x, tad_node_parent(x, k), edge_at(edges, k));
    }
    tad__text_put(out, "\n");
}

static void explain_text(tad__text *out, const tad__ancestors *w) {
    int width[COLUMNS] = {0};
    row r;
    widen(width, &heading);
    for (size_t i = 0; i < w->count; i++) {
        if (!w->seen[i]) continue;
        fill(tad_node_at(w->tape, i), &r);
        widen(width, &r);
    }
    write_row(out, width, &heading);
    tad__text_put(out, "  passes on: upstream * local = downstream\n");
    for (size_t i = w->count; i-- > 0 && !out->stopped;)
        if (w->seen[i]) text_node(out, tad_node_at(w->tape, i), width);
}

/* ---- picture ---- */

static void dot_node(tad__text *out, tad_var x) {
    tad__text label = tad__dot_label(out);
    tad__cell value = {0}, gradient = {0};
    add_number(&value, x, TAD__VALUE);
    add_number(&gradient, x, TAD__GRADIENT);
    tad__dot_node_begin(out, x);
    tad__text_put(&label, "\nvalue %s", value.text);
    if (tad__has(x, TAD__GRADIENT)) tad__text_put(&label, "\ngradient %s", gradient.text);
    tad__dot_node_end(out);
}

static void dot_edges(tad__text *out, tad_var x) {
    edge edges[TAD_MAX_INPUTS];
    bool flows = tad__has(x, TAD__GRADIENT);
    look_at(x, edges);
    for (size_t k = 0; k < tad_node_parent_count(x); k++) {
        const edge *e = edge_at(edges, k);
        if (!tad__dot_edge_begin(out, x, k)) continue;
        if (e->scalar && flows) {
            tad__text_put(out, "fontcolor=\"#b03030\" label=\"");
            put_product(out, tad_gradient_item(x), "×", e->local);
            tad__text_put(out, "\"");
        }
        tad__dot_edge_end(out);
    }
}

static void explain_dot(tad__text *out, const tad__ancestors *w) {
    tad__dot_begin(out);
    for (size_t i = 0; i < w->count && !out->stopped; i++) {
        if (!w->seen[i]) continue;
        dot_node(out, tad_node_at(w->tape, i));
        dot_edges(out, tad_node_at(w->tape, i));
    }
    tad__dot_end(out);
}

tad_status tad_explain(tad_var y, tad_explain_format format, tad_sink *sink, void *user) {
    tad__text out = {sink, user, false};
    tad__ancestors w;
    tad_status s = tad__walk_begin(&w, y, "explain", sink);
    if (s != TAD_OK) return s;
    if (format == TAD_EXPLAIN_DOT)
        explain_dot(&out, &w);
    else
        explain_text(&out, &w);
    tad__walk_end(&w);
    return tad__text_status(&out, w.tape);
}
