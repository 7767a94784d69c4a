/* Text for a sink. Rests on text.h. */
#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool tad_file_sink(void *file, const char *text, size_t length) {
    return file && fwrite(text, 1, length, file) == length;
}

void tad__text_bytes(tad__text *t, const char *text, size_t length) {
    if (!t->stopped && t->sink && length) t->stopped = !t->sink(t->user, text, length);
}

/* Pieces are short; a longer one is cut. */
void tad__text_put(tad__text *t, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (length > 0) tad__text_bytes(t, text, strlen(text));
}

/* The locale's decimal point, some bytes, becomes a point. */
static void set_point(char *text) {
    static const char digits[] = "0123456789";
    char *point = text + (*text == '-');
    point += strspn(point, digits);
    if (*point == 0 || *point == 'e') return;
    char *rest = point + strcspn(point, digits);
    *point = '.';
    memmove(point + 1, rest, strlen(rest) + 1);
}

tad__figures tad__figures_of(double value, int digits) {
    tad__figures f;
    if (isnan(value)) return (tad__figures){"nan"};
    snprintf(f.text, sizeof f.text, "%.*g", digits, value);
    if (isfinite(value)) set_point(f.text);
    return f;
}

void tad__text_number(tad__text *t, double value, int digits) {
    if (!isnan(value)) tad__text_put(t, "%s", tad__figures_of(value, digits).text);
}

void tad__text_fixed(tad__text *t, double value, int decimals) {
    char text[360]; /* the largest double has 309 digits before the point */
    snprintf(text, sizeof text, "%.*f", decimals, value);
    if (isfinite(value)) set_point(text);
    tad__text_bytes(t, text, strlen(text));
}

/* ---- cells ---- */

void tad__cell_add(tad__cell *cell, const char *format, ...) {
    size_t room = sizeof cell->text - cell->length;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(cell->text + cell->length, room, format, args);
    va_end(args);
    if (n < 0) return;
    if ((size_t)n < room) {
        cell->length += (size_t)n;
        return;
    }
    cell->length = sizeof cell->text - 1;
    memcpy(cell->text + cell->length - 3, "...", 4);
}

void tad__cell_number(tad__cell *cell, double value) {
    tad__cell_add(cell, "%s", tad__show_number(value).text);
}
