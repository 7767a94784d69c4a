/* What a rank tells of itself, as bytes that are the same everywhere. Rests on dist.h. */
#ifndef TAD_DIST_REPORT_H
#define TAD_DIST_REPORT_H

#include "dist.h"

enum { TAD__REPORT_TEXT = 224 };

typedef struct tad__report {
    uint64_t verb, number, status, hash; /* number: of the collective verbs before */
    char text[TAD__REPORT_TEXT];
} tad__report;

/* Goes on from h, 1 at first. Eight bytes at a time; multiplying by an odd number loses nothing. */
uint64_t tad__hash(uint64_t h, const void *data, size_t bytes);

#endif
