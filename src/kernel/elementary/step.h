/* Steps, and the remainder with the sign of the divisor. */
#ifndef TAD_KERNEL_ELEMENTARY_STEP_H
#define TAD_KERNEL_ELEMENTARY_STEP_H

#include "remainder.h"

#define BODY "elementary/step_body.h"
#include "../instantiate.h"

#endif
