/* Matrix products as plain C: C = S + A B, where S is start, or 0.
 *
 * k is cut into blocks. The sum over a block begins with 0 and is added to what is there: start,
 * then C. A block has `block` steps of k, or one more in the first `longer` blocks; the last takes
 * what is left. Which blocks, and which of the functions below, gives the bits of a level's own
 * kernel: tad__gemm_order of gemm.h says it. */
#ifndef TAD_KERNEL_PLAIN_PRODUCT_H
#define TAD_KERNEL_PLAIN_PRODUCT_H

#include <stddef.h>
#include <string.h>

/* A tile of six rows by 16 columns is what gcc and clang keep in registers at all their levels:
 * with few rows or columns gcc -O3 unrolls the innermost loop before it makes vectors. Sums of a
 * panel of rows wait in memory while a copied piece of B, so deep, passes by. */
enum { TAD__TILE_COLUMNS = 16, TAD__TILE_DEPTH = 24, TAD__PANEL = 24 };

#define BODY "plain/product_body.h"
#include "../instantiate.h"

#endif
