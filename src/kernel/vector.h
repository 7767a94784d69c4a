/* float64 in a register of the level, wherever it lies among doubles: longer vectors would be kept
 * in memory. Rests on isa.h. */
#ifndef TAD_KERNEL_VECTOR_H
#define TAD_KERNEL_VECTOR_H

#include "isa.h"

typedef double vec __attribute__((vector_size(TAD_VECTOR_BYTES), aligned(8), may_alias));
enum { WIDTH = TAD_VECTOR_BYTES / sizeof(double) };

#endif
