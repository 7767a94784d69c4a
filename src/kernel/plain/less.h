/* The order of elements as plain C: a NaN is larger than all else. */
#ifndef TAD_KERNEL_PLAIN_LESS_H
#define TAD_KERNEL_PLAIN_LESS_H

#include <stdint.h>

#define BODY "plain/less_body.h"
#include "../instantiate.h"

static inline int tad__is_less_i64(int64_t a, int64_t b) { return a < b; }
static inline int tad__is_less_bool(uint8_t a, uint8_t b) { return a < b; }

#endif
