/* A row brought to mean 0 and mean square 1 as plain C, in the order of norm_kernel.c. */
#ifndef TAD_KERNEL_PLAIN_NORMALIZE_H
#define TAD_KERNEL_PLAIN_NORMALIZE_H

#include "../elementary/root.h"
#include "fold.h"

#define BODY "plain/normalize_body.h"
#include "../instantiate.h"

#endif
