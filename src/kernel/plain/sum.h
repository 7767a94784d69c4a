/* Sums in an order that no vector width changes. Rests on base/split.h. */
#ifndef TAD_KERNEL_PLAIN_SUM_H
#define TAD_KERNEL_PLAIN_SUM_H

#include "base/split.h"

enum { TAD__SUM_PART = 4096 }; /* elements summed in their type before they join a double */
enum { TAD__SHORT_ROW = 32 };  /* shorter rows are sums of a few */

#define BODY "plain/sum_body.h"
#include "../instantiate.h"

#endif
