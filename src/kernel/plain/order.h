/* Elements of a row in order as plain C. */
#ifndef TAD_KERNEL_PLAIN_ORDER_H
#define TAD_KERNEL_PLAIN_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "less.h"

#define BODY "plain/order_body.h"
#include "../instantiate.h"
#define BODY "plain/order_body.h"
#include "../instantiate_integers.h"

#endif
