/* Scans along a row as plain C: running sums, products, extremes, recurrences. */
#ifndef TAD_KERNEL_PLAIN_SCAN_H
#define TAD_KERNEL_PLAIN_SCAN_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "../elementary/exp.h"
#include "../elementary/log.h"

#define BODY "plain/scan_body.h"
#include "../instantiate.h"

#endif
