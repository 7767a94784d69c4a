/* Lines of numbers with separators between them. May rely on file.h. */
#define _POSIX_C_SOURCE 200809L

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <tad/files.h>

#include "file.h"
#include "tape/error.h"
#include "tape/owned.h"

enum { LONGEST = 128 }; /* text of a number */

typedef struct text {
    tad_tape *tape;
    const char *source;
    const char *at, *end;
    int64_t line; /* from 1 */
    char separator;
} text;

/* ---- lines and cells ---- */

static const char *end_of_line(const text *s) {
    const char *end = memchr(s->at, '\n', (size_t)(s->end - s->at));
    return end ? end : s->end;
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static void trim(const char **begin, const char **end) {
    while (*begin < *end && is_space(**begin)) ++*begin;
    while (*begin < *end && is_space((*end)[-1])) --*end;
}

/* The next line that is not empty, without space around it; false at the end. */
static bool next_line(text *s, const char **begin, const char **end) {
    while (s->at < s->end) {
        *begin = s->at;
        *end = end_of_line(s);
        s->at = *end < s->end ? *end + 1 : s->end;
        s->line++;
        if (s->separator != '\t') trim(begin, end);
        while (*begin < *end && ((*end)[-1] == '\r' || (*end)[-1] == ' ')) --*end;
        if (*begin < *end) return true;
    }
    return false;
}

static int64_t cells_of(const text *s, const char *begin, const char *end) {
    int64_t n = 1;
    for (; begin < end; begin++) n += *begin == s->separator;
    return n;
}

/* Decimal numbers, inf and nan, and nothing that strtod would take besides. */
static bool number(const char *begin, const char *end, double *value) {
    char cell[LONGEST], *stop;
    const size_t n = (size_t)(end - begin);
    if (n >= sizeof cell) return false;
    for (size_t i = 0; i < n; i++)
        if (!begin[i] || !strchr("0123456789+-.eEinfatyINFATY", begin[i])) return false;
    memcpy(cell, begin, n);
    cell[n] = '\0';
    *value = strtod(cell, &stop);
    return *stop == '\0';
}

static bool read_cell(const text *s, const char *begin, const char *end, int64_t column,
                      double *value) {
    trim(&begin, &end);
    if (end - begin >= 2 && *begin == '"' && end[-1] == '"') begin++, end--;
    trim(&begin, &end);
    *value = NAN;
    if (begin == end || number(begin, end, value)) return true;
    const int shown = end - begin < 30 ? (int)(end - begin) : 30;
    tad__fail(s->tape, TAD_BAD_FILE, "%s: line %lld, column %lld: '%.*s' is no number", s->source,
              (long long)s->line, (long long)column, shown, begin);
    return false;
}

static bool read_line(const text *s, const char *begin, const char *end, double *row) {
    for (int64_t column = 1;; column++) {
        const char *cell_end = memchr(begin, s->separator, (size_t)(end - begin));
        if (!cell_end) cell_end = end;
        if (!read_cell(s, begin, cell_end, column, row++)) return false;
        if (cell_end == end) return true;
        begin = cell_end + 1;
    }
}

/* ---- the whole ---- */

/* Every line has as many cells as the first. */
static bool measure(text s, int64_t *rows, int64_t *columns) {
    const char *begin, *end;
    for (*rows = *columns = 0; next_line(&s, &begin, &end); ++*rows) {
        const int64_t n = cells_of(&s, begin, end);
        if (*rows == 0) *columns = n;
        if (n == *columns) continue;
        tad__fail(s.tape, TAD_BAD_FILE, "%s: line %lld has %lld columns, others have %lld",
                  s.source, (long long)s.line, (long long)n, (long long)*columns);
        return false;
    }
    return true;
}

/* Numbers have a point in them, whatever the caller's locale. */
static bool read_numbers(text s, int64_t columns, double *to) {
    const char *begin, *end;
    const locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (!plain) return !tad__no_memory(s.tape, s.source);
    const locale_t before = uselocale(plain);
    bool good = true;
    for (; good && next_line(&s, &begin, &end); to += columns) good = read_line(&s, begin, end, to);
    uselocale(before);
    freelocale(plain);
    return good;
}

static void skip_lines(text *s, int64_t n) {
    for (; n > 0 && s->at < s->end; n--, s->line++) {
        const char *end = end_of_line(s);
        s->at = end < s->end ? end + 1 : s->end;
    }
}

static tad_var read_text(text s, int64_t skip) {
    const tad_var nil = {0};
    int64_t rows, columns;
    size_t bytes;
    if (s.end - s.at >= 3 && memcmp(s.at, "\xef\xbb\xbf", 3) == 0) s.at += 3;
    skip_lines(&s, skip);
    if (!measure(s, &rows, &columns)) return nil;
    const tad_shape shape = TAD_SHAPE(rows, columns);
    if (!tad__shape_bytes(&shape, TAD_F64, &bytes)) {
        tad__fail(s.tape, TAD_TOO_LARGE, "%s: too many numbers", s.source);
        return nil;
    }
    double *numbers = bytes ? tad__resize(s.tape, NULL, 0, bytes) : NULL;
    if (bytes && !numbers) {
        tad__no_memory(s.tape, s.source);
        return nil;
    }
    const bool good = read_numbers(s, columns, numbers);
    tad_var x = good ? tad_constant(s.tape, TAD_F64, shape, numbers) : nil;
    tad__resize(s.tape, numbers, bytes, 0);
    return x;
}

/* ---- public ---- */

static bool may_begin(tad_tape *t, const void *what, const tad_csv_options *o, text *s) {
    if (!t || tad_tape_status(t) != TAD_OK) return false;
    *s = (text){.tape = t, .separator = o && o->separator ? o->separator : ','};
    if (!what)
        tad__fail(t, TAD_BAD_ARGUMENT, "reading CSV: NULL is given");
    else if (strchr("\n\r \"+-.0123456789eE", s->separator) || (o && o->skip_lines < 0))
        tad__fail(t, TAD_BAD_ARGUMENT,
                  "reading CSV: a separator or number of lines that cannot be");
    return tad_tape_status(t) == TAD_OK;
}

tad_var tad_csv_parse(tad_tape *t, const char *bytes, size_t n, const tad_csv_options *options) {
    text s;
    if (!may_begin(t, bytes, options, &s)) return (tad_var){0};
    s.source = "reading CSV";
    s.at = bytes;
    s.end = bytes + n;
    return read_text(s, options ? options->skip_lines : 0);
}

tad_var tad_csv_load(tad_tape *t, const char *path, const tad_csv_options *options) {
    text s;
    void *data = NULL;
    size_t n = 0;
    tad_var x = {0};
    if (!may_begin(t, path, options, &s) || tad__file_read(t, path, &data, &n) != TAD_OK) return x;
    s.source = path;
    s.at = data ? data : "";
    s.end = s.at + n;
    x = read_text(s, options ? options->skip_lines : 0);
    tad__resize(t, data, n, 0);
    return x;
}
