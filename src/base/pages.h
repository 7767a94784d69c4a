/* Memory for vectors of megabytes that grow: mappings that begin with a large page. Where a vector
 * moves, whole pages move with it, and stay large; the C library's would be split, as it begins
 * anywhere, and most of a first sweep's time would go into page faults. Rests on base.h. */
#ifndef TAD_PAGES_H
#define TAD_PAGES_H

#include "base.h"

/* Of a large page; no mapping is smaller. */
enum { TAD__LARGE_PAGE = 2 * 1024 * 1024 };

/* Whether there is such memory on this system. */
bool tad__has_mappings(void);
/* As realloc, of mappings alone. `bytes` 0 gives it back. NULL: no memory, the old one is as it
 * was. */
void *tad__map_again(void *old, size_t old_bytes, size_t bytes);

#endif
