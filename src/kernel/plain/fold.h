/* Partial sums added up by halves. */
#ifndef TAD_KERNEL_PLAIN_FOLD_H
#define TAD_KERNEL_PLAIN_FOLD_H

#include <stddef.h>
#include <stdint.h>

#define BODY "plain/fold_body.h"
#include "../instantiate.h"

#endif
