/* Where a value belongs as plain C: in a sorted row, among bins. */
#ifndef TAD_KERNEL_PLAIN_SEARCH_H
#define TAD_KERNEL_PLAIN_SEARCH_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "less.h"

/* Adds a value to the count of its bin, if it lies within lo .. hi. */
static inline void tad__count_in(double v, int64_t bins, double lo, double hi, int64_t *count) {
    if (!(v >= lo && v <= hi)) return;
    const double at = (v - lo) / (hi - lo) * (double)bins;
    const int64_t bin = (int64_t)at;
    count[bin < bins ? bin : bins - 1]++;
}

#define BODY "plain/search_body.h"
#include "../instantiate.h"
#define BODY "plain/search_body.h"
#include "../instantiate_integers.h"

#endif
