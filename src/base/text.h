/* Text for a sink, piece by piece, with a decimal point whatever the locale. */
#ifndef TAD_TEXT_H
#define TAD_TEXT_H

#include <tad/sink.h>

typedef struct tad__text {
    tad_sink *sink;
    void *user;
    bool stopped; /* the sink wanted no more */
} tad__text;

void tad__text_put(tad__text *t, const char *format, ...) TAD_PRINTF(2, 3);
void tad__text_bytes(tad__text *t, const char *text, size_t length);

/* A number with so many significant digits, as %g but with a point; "nan" without a sign. */
typedef struct tad__figures {
    char text[40];
} tad__figures;
tad__figures tad__figures_of(double value, int digits);

/* The same into the sink; nothing for a NaN. */
void tad__text_number(tad__text *t, double value, int digits);
/* So many digits after the point. */
void tad__text_fixed(tad__text *t, double value, int decimals);

/* A piece of text to be measured before it is written; what does not fit ends in "...". */
typedef struct tad__cell {
    size_t length;
    char text[116];
} tad__cell;

void tad__cell_add(tad__cell *cell, const char *format, ...) TAD_PRINTF(2, 3);

/* A number as all that shows values writes it: tad__show_number(x).text. */
static inline tad__figures tad__show_number(double value) { return tad__figures_of(value, 6); }
void tad__cell_number(tad__cell *cell, double value);

/* ---- quoting: what is written to these arrives in `out` fit for its language ---- */

/* Inside a quoted label of Graphviz. */
tad__text tad__dot_label(tad__text *out);
/* As text or in an attribute of XML; what XML does not allow, as what is no UTF-8, becomes "?". A
 * letter must not lie in two pieces. */
tad__text tad__xml_text(tad__text *out);

#endif
