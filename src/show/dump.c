/* tad_dump: a tape as text, a line a node. Rests on the public inspect.h alone. */
#include "show.h"

typedef struct widths {
    int name, call, shape, value;
} widths;

static size_t limit_of(const tad_show_options *show) { return show->limit ? show->limit : 8; }

static bool count(void *user, const char *text, size_t length) {
    (void)text;
    *(int *)user += (int)length;
    return true;
}

/* Columns that x's value takes. */
static int value_width(tad_var x, const tad_show_options *show) {
    int n = 0;
    tad__text counted = {count, &n, false};
    if (show->values) tad__text_numbers(&counted, x, TAD__VALUE, limit_of(show));
    return n;
}

static void fill(tad_var x, tad__cell *name, tad__cell *call, tad__cell *shape) {
    *name = *call = *shape = (tad__cell){0};
    tad__cell_name(name, x);
    tad__cell_call(call, x);
    tad__cell_shape(shape, tad_shape_of(x));
    if (tad_dtype_of(x) != TAD_F64) tad__cell_add(shape, " %s", tad_dtype_name(tad_dtype_of(x)));
}

static void widen(int *width, const tad__cell *cell) {
    if ((int)cell->length > *width) *width = (int)cell->length;
}

enum { WIDEST_VALUE = 40 }; /* wider ones do not push the others aside */

static widths measure(const tad__ancestors *w, const tad_show_options *show) {
    widths most = {0, 0, 0, 0};
    tad__cell name, call, shape;
    for (size_t i = 0; i < w->count; i++) {
        if (!w->seen[i]) continue;
        tad_var x = tad_node_at(w->tape, i);
        int value = value_width(x, show);
        if (value > most.value && value <= WIDEST_VALUE) most.value = value;
        fill(x, &name, &call, &shape);
        widen(&most.name, &name);
        widen(&most.call, &call);
        widen(&most.shape, &shape);
    }
    return most;
}

static void write_value(tad__text *out, tad_var x, int width, const tad_show_options *show) {
    tad__text_put(out, "  = ");
    tad__text_numbers(out, x, TAD__VALUE, limit_of(show));
    if (width > 0) tad__text_put(out, "%*s", width, "");
}

static void write_line(tad__text *out, tad_var x, widths most, const tad_show_options *show) {
    tad__cell name, call, shape;
    fill(x, &name, &call, &shape);
    bool gradient = show->gradients && tad__has(x, TAD__GRADIENT), more = show->values || gradient;
    tad__text_put(out, "%-*s  %-*s  %-*s", most.name, name.text, most.call, call.text,
                  more ? most.shape : 0, shape.text);
    if (show->values) write_value(out, x, gradient ? most.value - value_width(x, show) : 0, show);
    if (gradient) {
        tad__text_put(out, "  gradient ");
        tad__text_numbers(out, x, TAD__GRADIENT, limit_of(show));
    }
    if (*tad_node_file(x)) tad__text_put(out, "  at %s:%d", tad_node_file(x), tad_node_line(x));
    tad__text_put(out, "\n");
}

tad_status tad_dump(tad_var y, const tad_show_options *show, tad_sink *sink, void *user) {
    static const tad_show_options nothing = {0};
    tad__text out = {sink, user, false};
    tad__ancestors w;
    if (!show) show = &nothing;
    tad_status s = tad__walk_begin(&w, y, "dump", sink);
    if (s != TAD_OK) return s;
    widths most = measure(&w, show);
    for (size_t i = 0; i < w.count && !out.stopped; i++)
        if (w.seen[i]) write_line(&out, tad_node_at(w.tape, i), most, show);
    tad__walk_end(&w);
    return tad__text_status(&out, w.tape);
}
