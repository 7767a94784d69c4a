/* Windows on images as plain C: their largest elements and their means, and both ways between
 * images and columns of windows. A window covers first, first + dilation, ... on each of three
 * axes; outside the image there is nothing. */
#ifndef TAD_KERNEL_PLAIN_POOL_H
#define TAD_KERNEL_PLAIN_POOL_H

#include <stddef.h>
#include <stdint.h>

#define BODY "plain/pool_body.h"
#include "../instantiate.h"

#endif
