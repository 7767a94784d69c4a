/* The Jacobian against the numeric derivative, entry by entry. */
#ifndef TAD_GRADCHECK_ENTRIES_H
#define TAD_GRADCHECK_ENTRIES_H

#include "law.h"

tad_status tad__check_entries(tad__check *c);

#endif
