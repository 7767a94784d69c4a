/* Words for the nodes of a tape; see show.h. Rests on the public inspect.h alone. */
#include "show.h"

#include <string.h>

/* ---- words ---- */

void tad__cell_name(tad__cell *cell, tad_var x) {
    if (tad_is_none(x)) {
        tad__cell_add(cell, "none");
    } else if (tad_is_number(x)) {
        tad__cell_number(cell, x.u.number);
    } else {
        const char *name = tad_node_name(x);
        tad__cell_add(cell, "#%zu%s%s", tad_node_index(x), *name ? " " : "", name);
    }
}

void tad__cell_options(tad__cell *cell, tad_var x) {
    if (tad_node_op(x)) tad__cell_op_options(cell, tad_node_op(x), tad_node_options(x));
}

void tad__cell_op(tad__cell *cell, tad_var x) {
    static const char *const leaf[] = {"nil", "constant", "input", "parameter"};
    tad_node_kind kind = tad_node_kind_of(x);
    tad__cell_add(cell, "%s", kind == TAD_NODE_OP ? tad_node_op(x)->name : leaf[kind]);
    if (tad_node_output(x) > 0) tad__cell_add(cell, ".%zu", tad_node_output(x));
}

void tad__cell_call(tad__cell *cell, tad_var x) {
    tad__cell options = {0};
    tad__cell_op(cell, x);
    if (tad_node_kind_of(x) != TAD_NODE_OP) return;
    for (size_t i = 0; i < tad_node_parent_count(x); i++) {
        tad__cell_add(cell, i ? ", " : "(");
        tad__cell_name(cell, tad_node_parent(x, i));
    }
    tad__cell_options(&options, x);
    if (options.length) tad__cell_add(cell, "; %s", options.text);
    tad__cell_add(cell, ")");
}

/* ---- numbers ---- */

bool tad__has(tad_var x, tad__what what) {
    if (what == TAD__VALUE) return true;
    if (!tad_node_needs_gradient(x) || tad_tape_status(x.tape) != TAD_OK) return false;
    bool kept = tad_gradient_data(x) != NULL;
    if (!kept) tad_tape_clear(x.tape); /* asking is no failure of the tape */
    return kept;
}

static double element(const void *data, tad_dtype dtype, int64_t i) {
    switch (dtype) {
    case TAD_F64: return ((const double *)data)[i];
    case TAD_F32: return (double)((const float *)data)[i];
    case TAD_I64: return (double)((const int64_t *)data)[i];
    default: return ((const bool *)data)[i];
    }
}

/* How many brackets open before (or close after) element i of the shape. */
static int brackets(tad_shape shape, int64_t i, bool closing) {
    int n = 0;
    for (int a = shape.rank - 1; a >= 0; a--, n++) {
        if (i % shape.dim[a] != (closing ? shape.dim[a] - 1 : 0)) break;
        i /= shape.dim[a];
    }
    return n;
}

static void write_nested(tad__text *out, const void *data, tad_dtype dtype, tad_shape shape,
                         int64_t size) {
    for (int64_t i = 0; i < size; i++) {
        if (i > 0) tad__text_put(out, ", ");
        for (int k = brackets(shape, i, false); k > 0; k--) tad__text_put(out, "[");
        tad__text_put(out, "%s", tad__show_number(element(data, dtype, i)).text);
        for (int k = brackets(shape, i, true); k > 0; k--) tad__text_put(out, "]");
    }
}

void tad__text_numbers(tad__text *out, tad_var x, tad__what what, size_t limit) {
    int64_t size = tad_size_of(x);
    tad_dtype dtype = tad_dtype_of(x);
    const void *data = what == TAD__VALUE ? tad_data(x) : tad_gradient_data(x);
    if (size == 0) {
        tad__text_put(out, "[]");
    } else if (!data || size < 0) {
        tad__text_put(out, "?");
    } else if ((size_t)size <= limit) {
        write_nested(out, data, dtype, tad_shape_of(x), size);
    } else {
        tad__text_put(out, "[");
        for (int64_t i = 0; i < 3 && i < size; i++)
            tad__text_put(out, "%s, ", tad__show_number(element(data, dtype, i)).text);
        tad__text_put(out, "...]");
    }
}

tad_status tad__text_status(const tad__text *out, const tad_tape *t) {
    return out->stopped ? TAD_IO : tad_tape_status(t);
}

/* ---- ancestors ---- */

static void mark_parents(tad__ancestors *w, size_t i) {
    tad_var x = tad_node_at(w->tape, i);
    for (size_t k = 0; k < tad_node_parent_count(x); k++) {
        tad_var parent = tad_node_parent(x, k);
        if (!tad_is_none(parent) && !tad_is_number(parent)) w->seen[tad_node_index(parent)] = true;
    }
}

tad_status tad__walk_begin(tad__ancestors *w, tad_var y, const char *what, tad_sink *sink) {
    if (tad_is_number(y) || tad_is_none(y) || !y.tape) return TAD_BAD_HANDLE;
    if (!sink) return tad_tape_fail(y.tape, TAD_BAD_ARGUMENT, "%s: the sink is NULL", what);
    size_t index = tad_node_index(y);
    if (index == SIZE_MAX) {
        tad_status failed = tad_tape_status(y.tape); /* a nil variable: what made it so */
        return failed != TAD_OK
                   ? failed
                   : tad_tape_fail(y.tape, TAD_BAD_HANDLE, "%s: no such variable", what);
    }
    w->tape = y.tape;
    w->count = index + 1;
    w->seen = tad_tape_resize(w->tape, NULL, w->count, sizeof *w->seen);
    if (!w->seen) return tad_tape_status(w->tape);
    memset(w->seen, 0, w->count * sizeof *w->seen);
    w->seen[index] = true;
    for (size_t i = w->count; i-- > 0;)
        if (w->seen[i]) mark_parents(w, i);
    return TAD_OK;
}

void tad__walk_end(tad__ancestors *w) { tad_tape_resize(w->tape, w->seen, 0, 0); }
