/* Sums of numbers that come one after the other, as plain C: the order of losses. */
#ifndef TAD_KERNEL_PLAIN_BLOCK_SUM_H
#define TAD_KERNEL_PLAIN_BLOCK_SUM_H

#include "sum.h"

#define BODY "plain/block_sum_body.h"
#include "../instantiate.h"

#endif
