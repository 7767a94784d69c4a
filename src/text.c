/* Text for a sink. Rests on the public headers. */
#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <tad/train.h>

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

static void put_number(tad__text *t, char *text) {
    char *comma = strchr(text, ',');
    if (comma) *comma = '.';
    tad__text_bytes(t, text, strlen(text));
}

void tad__text_number(tad__text *t, double value, int digits) {
    char text[40];
    if (isnan(value)) return;
    snprintf(text, sizeof text, "%.*g", digits, value);
    put_number(t, text);
}

void tad__text_fixed(tad__text *t, double value, int decimals) {
    char text[360]; /* the largest double has 309 digits before the point */
    if (isnan(value)) return;
    snprintf(text, sizeof text, "%.*f", decimals, value);
    put_number(t, text);
}
