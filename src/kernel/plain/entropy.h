/* cross_entropy of one row as plain C: the order of softmax_kernel.c. */
#ifndef TAD_KERNEL_PLAIN_ENTROPY_H
#define TAD_KERNEL_PLAIN_ENTROPY_H

#include "../elementary.h"
#include "fold.h"
#include "largest.h"
#include "softmax.h"

#define BODY "plain/entropy_body.h"
#include "../instantiate.h"

#endif
