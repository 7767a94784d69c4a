/* Largest and smallest numbers and where they stand. A NaN wins and stays. */
#ifndef TAD_KERNEL_PLAIN_EXTREME_H
#define TAD_KERNEL_PLAIN_EXTREME_H

#include "../elementary/bits.h"

enum {
    TAD__EXTREME_LANES = 32, /* extremes of a row are sought in so many places at once */
    TAD__EXTREME_COLUMNS = 256
};

#define BODY "plain/extreme_body.h"
#include "../instantiate.h"

#endif
