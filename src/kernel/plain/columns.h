/* Sums of a matrix's columns. The order of the additions depends on rows and stride only. */
#ifndef TAD_KERNEL_PLAIN_COLUMNS_H
#define TAD_KERNEL_PLAIN_COLUMNS_H

#include "../elementary/bits.h"

enum {
    TAD__COLUMN_PART = 64, /* rows summed before they join the rest, which keeps errors small */
    TAD__COLUMNS = 64,     /* up to so many columns, several rows are read as one */
    TAD__COLUMN_SUMS = 512
};

#define BODY "plain/columns_body.h"
#include "../instantiate.h"

#endif
