/* The largest number of a row as plain C: the order of softmax_kernel.c. */
#ifndef TAD_KERNEL_PLAIN_LARGEST_H
#define TAD_KERNEL_PLAIN_LARGEST_H

#include <stddef.h>

#define BODY "plain/largest_body.h"
#include "../instantiate.h"

#endif
