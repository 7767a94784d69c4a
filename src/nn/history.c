/* The table of numbers beside a training: CSV and a script for gnuplot. Rests on the public headers
 * and text.h. */
#include <math.h>
#include <string.h>

#include <tad/train.h>

#include "base/text.h"

struct tad_history {
    tad_tape *tape;
    char **column;
    double *cell;
    size_t columns, rows, capacity; /* in rows */
};

/* A name must not break the CSV or the script: letters, digits, blanks and some signs. */
static bool is_plain(const char *name) {
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-.()/";
    return name && *name && strspn(name, allowed) == strlen(name);
}

static char *copy(tad_tape *t, const char *text) {
    size_t length = strlen(text) + 1;
    char *to = tad_tape_resize(t, NULL, length, 1);
    if (to) memcpy(to, text, length);
    return to;
}

static bool name_columns(tad_history *h, const char *const *columns, size_t n) {
    h->column = tad_tape_resize(h->tape, NULL, n, sizeof *h->column);
    for (; h->column && h->columns < n; h->columns++)
        if (!(h->column[h->columns] = copy(h->tape, columns[h->columns]))) return false;
    return h->column != NULL;
}

static void release(tad_history *h) {
    tad_tape *t = h->tape;
    for (size_t i = 0; i < h->columns; i++) tad_tape_resize(t, h->column[i], 0, 0);
    tad_tape_resize(t, h->column, 0, 0);
    tad_tape_resize(t, h, 0, 0);
}

tad_history *tad_history_new(tad_tape *t, const char *const *columns, size_t n) {
    if (tad_tape_status(t) != TAD_OK) return NULL;
    bool plain = columns && n > 0;
    for (size_t i = 0; plain && i < n; i++) plain = is_plain(columns[i]);
    if (!plain) {
        tad_tape_fail(t, TAD_BAD_ARGUMENT, "history: needs columns with plain names");
        return NULL;
    }
    tad_history *h = tad_tape_resize(t, NULL, 1, sizeof *h);
    if (!h) return NULL;
    *h = (tad_history){.tape = t};
    if (name_columns(h, columns, n)) return h;
    release(h);
    return NULL;
}

tad_status tad_history_add(tad_history *h, const double *row) {
    if (!h) return TAD_BAD_ARGUMENT;
    if (!row) return tad_tape_fail(h->tape, TAD_BAD_ARGUMENT, "history_add: NULL");
    if (h->rows == h->capacity) {
        size_t capacity = h->capacity ? 2 * h->capacity : 64;
        double *cell = tad_tape_resize(h->tape, h->cell, capacity, h->columns * sizeof *cell);
        if (!cell) return tad_tape_status(h->tape);
        h->cell = cell;
        h->capacity = capacity;
    }
    memcpy(h->cell + h->rows++ * h->columns, row, h->columns * sizeof *row);
    return TAD_OK;
}

size_t tad_history_rows(const tad_history *h) { return h ? h->rows : 0; }

double tad_history_at(const tad_history *h, size_t row, size_t column) {
    if (!h || row >= h->rows || column >= h->columns) return NAN;
    return h->cell[row * h->columns + column];
}

static tad_status finish(const tad_history *h, const tad__text *out) {
    if (out->stopped) return tad_tape_fail(h->tape, TAD_IO, "history: writing failed");
    return TAD_OK;
}

tad_status tad_history_csv(const tad_history *h, tad_sink *sink, void *user) {
    if (!h) return TAD_BAD_ARGUMENT;
    if (!sink) return tad_tape_fail(h->tape, TAD_BAD_ARGUMENT, "history_csv: no sink");
    tad__text out = {sink, user, false};
    for (size_t c = 0; c < h->columns; c++) {
        tad__text_put(&out, c ? "," : "");
        tad__text_bytes(&out, h->column[c], strlen(h->column[c]));
    }
    tad__text_put(&out, "\n");
    for (size_t r = 0; r < h->rows; r++)
        for (size_t c = 0; c < h->columns; c++) {
            tad__text_number(&out, tad_history_at(h, r, c), 9);
            tad__text_put(&out, c + 1 < h->columns ? "," : "\n");
        }
    return finish(h, &out);
}

/* ---- gnuplot ---- */

/* In single quotes, where only a quote is special. */
static void put_quoted(tad__text *out, const char *text) {
    tad__text_put(out, "'");
    for (; *text; text++) tad__text_put(out, "%s%c", *text == '\'' ? "'" : "", *text);
    tad__text_put(out, "'");
}

static bool is_line(const char *text) { return text && *text && !strpbrk(text, "\r\n"); }

/* gnuplot runs what follows < and | as a command. */
static bool is_file(const char *name) { return is_line(name) && !strchr("<|", name[0]); }

static bool on_right_axis(const char *name) { return strstr(name, "accuracy") != NULL; }

static void put_curves(const tad_history *h, const char *csv, tad__text *out) {
    for (size_t c = 1; c < h->columns; c++) {
        bool right = on_right_axis(h->column[c]);
        tad__text_put(out, c > 1 ? ", \\\n  ''" : "plot ");
        if (c == 1) put_quoted(out, csv);
        tad__text_put(out, " using 1:%zu axes %s with lines linewidth 2%s title ", c + 1,
                      right ? "x1y2" : "x1y1", right ? " dashtype 2" : "");
        put_quoted(out, h->column[c]);
    }
    tad__text_put(out, "\n");
}

static void put_axes(const tad_history *h, const char *on_left, tad__text *out) {
    bool left = false, right = false;
    for (size_t c = 1; c < h->columns; c++) *(on_right_axis(h->column[c]) ? &right : &left) = true;
    tad__text_put(out, "set xlabel ");
    put_quoted(out, h->column[0]);
    tad__text_put(out,
                  "\nset ytics nomirror\nset grid\nset key tmargin center horizontal noenhanced\n");
    if (left) {
        tad__text_put(out, "set ylabel ");
        put_quoted(out, on_left ? on_left : "loss");
        tad__text_put(out, " noenhanced\n");
    }
    if (right) tad__text_put(out, "set y2range [0:1]\nset y2tics\nset y2label 'accuracy'\n");
    if (right && !left) tad__text_put(out, "unset ytics\n");
}

tad_status tad_history_plot(const tad_history *h, const tad_plot_options *plot, tad_sink *sink,
                            void *user) {
    if (!h) return TAD_BAD_ARGUMENT;
    if (!sink || !plot || !is_file(plot->csv) || !is_file(plot->picture) || h->columns < 2 ||
        (plot->title && !is_line(plot->title)) || (plot->left && !is_line(plot->left)))
        return tad_tape_fail(h->tape, TAD_BAD_ARGUMENT,
                             "history_plot: needs a sink, plain file names and two columns");
    tad__text out = {sink, user, false};
    tad__text_put(&out, "set terminal svg size 900,560 background rgb 'white'\nset output ");
    put_quoted(&out, plot->picture);
    tad__text_put(&out, "\nset datafile separator ','\nset key autotitle columnhead\n");
    if (plot->title) {
        tad__text_put(&out, "set title ");
        put_quoted(&out, plot->title);
        tad__text_put(&out, " noenhanced\n");
    }
    put_axes(h, plot->left, &out);
    put_curves(h, plot->csv, &out);
    return finish(h, &out);
}
