/* What attention does to rows, beside products and softmax, as plain C. */
#ifndef TAD_KERNEL_PLAIN_ATTENTION_H
#define TAD_KERNEL_PLAIN_ATTENTION_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define BODY "plain/attention_body.h"
#include "../instantiate.h"

#endif
