/* Pairs of numbers turned by an angle for each place, as plain C. */
#ifndef TAD_KERNEL_PLAIN_ROPE_H
#define TAD_KERNEL_PLAIN_ROPE_H

#include "../elementary/pow.h"
#include "../elementary/trig.h"

#define BODY "plain/rope_body.h"
#include "../instantiate.h"

#endif
