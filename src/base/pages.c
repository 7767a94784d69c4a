/* Mappings in large pages. Rests on pages.h and on Linux; elsewhere there are none. */
#define _GNU_SOURCE /* mremap, madvise */
#include "pages.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

#if defined(MADV_HUGEPAGE) && defined(MREMAP_FIXED)

/* Sizes are rounded up to a multiple of every system's page, and no further: what lies behind is a
 * page that nobody touches. */
enum { ROUND = 64 * 1024 };

static size_t rounded(size_t bytes) { return (bytes + ROUND - 1) / ROUND * ROUND; }

/* So much and a large page more is asked for, and what lies before and behind is given back. */
static char *map_new(size_t size) {
    const int rights = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANONYMOUS;
    char *all = mmap(NULL, size + TAD__LARGE_PAGE, rights, kind, -1, 0);
    if (all == MAP_FAILED) return NULL;
    const size_t lead = -(uintptr_t)all % TAD__LARGE_PAGE;
    if (lead) (void)munmap(all, lead);
    (void)munmap(all + lead + size, TAD__LARGE_PAGE - lead);
    return all + lead;
}

bool tad__has_mappings(void) { return true; }

void *tad__map_again(void *old, size_t old_bytes, size_t bytes) {
    const size_t before = rounded(old_bytes);
    if (bytes == 0) {
        (void)munmap(old, before);
        return NULL;
    }
    if (bytes > SIZE_MAX / 2) return NULL;
    const size_t size = rounded(bytes), moved = before < size ? before : size;
    if (old && before == size) return old;
    char *p = map_new(size);
    if (!p) return NULL;
    if (old && mremap(old, before, moved, MREMAP_MAYMOVE | MREMAP_FIXED, p) == MAP_FAILED) {
        (void)munmap(p, size);
        return NULL;
    }
    (void)madvise(p, size, MADV_HUGEPAGE); /* where there are none, memory is as it was */
    return p;
}

#else

bool tad__has_mappings(void) { return false; }

void *tad__map_again(void *old, size_t old_bytes, size_t bytes) {
    (void)old, (void)old_bytes, (void)bytes;
    return NULL;
}

#endif
