/* Losses that compare two numbers; the loops of loss_kernel.c are over these too. */
#ifndef TAD_KERNEL_PLAIN_LOSS_H
#define TAD_KERNEL_PLAIN_LOSS_H

#include "../elementary.h"

#define BODY "plain/loss_body.h"
#include "../instantiate.h"

#endif
