/* What classes count for where labels are given. */
#ifndef TAD_KERNEL_PLAIN_LABEL_SHARES_H
#define TAD_KERNEL_PLAIN_LABEL_SHARES_H

#include <stddef.h>
#include <stdint.h>

#define BODY "plain/label_shares_body.h"
#include "../instantiate.h"

#endif
