/* What a rank tells of itself, as bytes that are the same everywhere. Rests on dist.h. */
#ifndef TAD_DIST_REPORT_H
#define TAD_DIST_REPORT_H

#include "dist.h"

enum { TAD__REPORT_TEXT = 224 };

typedef struct tad__report {
    uint64_t verb, number, status, hash; /* number: of the collective verbs before */
    char text[TAD__REPORT_TEXT];
} tad__report;

#endif
