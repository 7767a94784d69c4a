/* Mean and variance of a set of numbers that lies in pieces, as plain C; pieces_kernel.c compiles
 * it for each level. */
#ifndef TAD_KERNEL_PLAIN_PIECES_H
#define TAD_KERNEL_PLAIN_PIECES_H

#include "../elementary/root.h"
#include "fold.h"

#define BODY "plain/pieces_body.h"
#include "../instantiate.h"

#endif
