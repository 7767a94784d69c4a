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

#endif
