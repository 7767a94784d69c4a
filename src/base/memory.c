/* Memory of a tape. Rests on the C library's allocator, which nothing else in the library calls. */
#define _DEFAULT_SOURCE /* madvise */
#include "memory.h"

#include "pages.h"

#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

enum { ALIGN = 64, FIRST_CHUNK = 64 * 1024, LARGEST_STEP = 64 * 1024 * 1024 };

/* Most of a first sweep's time goes into page faults. From this size on, large pages are asked for:
 * fewer faults, and fewer misses in the tables of pages afterwards. The whole pages that the memory
 * begins and ends in are advised too, because a mapping in two parts could not be grown in place.
 */
static void *advised(void *p, size_t size) {
#ifdef MADV_HUGEPAGE
    const size_t lead = (uintptr_t)p % TAD__PAGE;
    /* Where there are none, memory is as it was. */
    if (p && size >= TAD__LARGE_PAGE)
        (void)madvise((char *)p - lead, (lead + size + TAD__PAGE - 1) / TAD__PAGE * TAD__PAGE,
                      MADV_HUGEPAGE);
#else
    (void)size;
#endif
    return p;
}

static void *standard_resize(void *user, void *old, size_t old_size, size_t new_size) {
    (void)user;
    if (old) tad__lift_fence((char *)old + old_size);
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    void *p = new_size <= SIZE_MAX - TAD__GAP ? realloc(old, new_size + TAD__GAP) : NULL;
    char *end = p ? (char *)p + new_size : old ? (char *)old + old_size : NULL;
    if (end) tad__set_fence(end);
    return advised(p, new_size);
}

void tad__memory_init(tad__memory *m, const tad_allocator *allocator, size_t limit) {
    memset(m, 0, sizeof *m);
    if (allocator && allocator->resize)
        m->allocator = *allocator;
    else
        m->allocator.resize = standard_resize;
    m->is_mapped = m->allocator.resize == standard_resize && TAD__GAP == 0 && tad__has_mappings();
    m->limit = limit;
}

/* How an allocator is called; what is counted is the same. */
typedef void *resizing(tad__memory *m, void *old, size_t old_size, size_t new_size);

static void *resize(tad__memory *m, void *old, size_t old_size, size_t new_size) {
    return m->allocator.resize(m->allocator.user, old, old_size, new_size);
}

/* Blocks of a large page and more are mappings. */
static void *resize_long(tad__memory *m, void *old, size_t old_size, size_t new_size) {
    const bool was = old && old_size >= TAD__LARGE_PAGE, will = new_size >= TAD__LARGE_PAGE;
    if (!m->is_mapped || (!was && !will)) return resize(m, old, old_size, new_size);
    if ((was || !old) && (will || new_size == 0)) return tad__map_again(old, old_size, new_size);
    void *p = will ? tad__map_again(NULL, 0, new_size) : resize(m, NULL, 0, new_size);
    if (!p) return NULL;
    memcpy(p, old, tad__min(old_size, new_size));
    (void)resize_long(m, old, old_size, 0);
    return p;
}

static void *resize_by(resizing *by, tad__memory *m, void *old, size_t old_size, size_t new_size) {
    size_t live = m->count.live - old_size;
    if (new_size == 0) {
        if (old) (void)by(m, old, old_size, 0);
        m->count.live = live;
        return NULL;
    }
    if (!tad__sum(live, new_size, &live)) return NULL;
    if (m->limit && live > m->limit) return NULL;
    m->count.calls++;
    void *p = by(m, old, old_size, new_size);
    if (!p) return NULL;
    m->count.live = live;
    if (live > m->count.peak) m->count.peak = live;
    return p;
}

void *tad__memory_resize(tad__memory *m, void *old, size_t old_size, size_t new_size) {
    return resize_by(resize, m, old, old_size, new_size);
}

void *tad__memory_resize_long(tad__memory *m, void *old, size_t old_size, size_t new_size) {
    return resize_by(resize_long, m, old, old_size, new_size);
}

static bool grow_by(resizing *by, tad__memory *m, void **vector, size_t *capacity, size_t need,
                    size_t size) {
    if (need <= *capacity) return true;
    size_t want = *capacity < 8 ? 8 : *capacity, bytes;
    while (want < need)
        if (!tad__mul(want, 2, &want)) return false;
    if (!tad__mul(want, size, &bytes)) return false;
    void *p = resize_by(by, m, *vector, *capacity * size, bytes);
    if (!p) return false;
    *vector = p;
    *capacity = want;
    return true;
}

bool tad__memory_grow(tad__memory *m, void **vector, size_t *capacity, size_t need, size_t size) {
    return grow_by(resize, m, vector, capacity, need, size);
}

/* New pages are zero. */
bool tad__memory_grow_long(tad__memory *m, void **vector, size_t *capacity, size_t need,
                           size_t size) {
    const size_t before = *capacity * size;
    if (!grow_by(resize_long, m, vector, capacity, need, size)) return false;
    const size_t bytes = *capacity * size;
    if (!m->is_mapped || bytes < TAD__LARGE_PAGE)
        memset((char *)*vector + before, 0, bytes - before);
    return true;
}

void tad__copy_bytes(void *to, const void *from, size_t n) {
    enum { LINE = 64, SHORT = 1024 }; /* what C libraries copy by other instructions */
    const size_t ahead = ((uintptr_t)to - (uintptr_t)from) % TAD__PAGE;
    while (ahead > 0 && ahead < LINE && n > SHORT) {
        memcpy(to, from, SHORT);
        to = (char *)to + SHORT;
        from = (const char *)from + SHORT;
        n -= SHORT;
    }
    if (n) memcpy(to, from, n);
}

/* ---- arena ---- */

static bool fits(const tad__chunk *c, size_t used, size_t bytes, size_t align) {
    return tad__fits(c, tad__aligned_offset(c->base, used, align), bytes);
}

/* Twice as large as the last, so that chunks stay few; where that much cannot be had, as large as
 * this request needs: what is left of a limit is used to its end. */
static bool add_chunk(tad__arena *a, size_t bytes, size_t align) {
    void *vector = a->chunk;
    bool grown =
        tad__memory_grow(a->memory, &vector, &a->capacity, a->chunks + 1, sizeof *a->chunk);
    a->chunk = vector;
    size_t last = a->chunks ? a->chunk[a->chunks - 1].size : 0, need;
    if (!grown || !tad__sum(bytes, align + TAD__GAP, &need)) return false;
    size_t size = tad__max(tad__max(tad__min(last * 2, LARGEST_STEP), FIRST_CHUNK), need);
    char *base = tad__memory_resize(a->memory, NULL, 0, size);
    if (!base && size > need) base = tad__memory_resize(a->memory, NULL, 0, size = need);
    if (!base) return false;
    tad__close(base, size);
    a->chunk[a->chunks++] = (tad__chunk){base, size};
    return true;
}

void *tad__arena_take_elsewhere(tad__arena *a, size_t bytes, size_t align) {
    size_t at = a->at, used = a->used;
    while (at < a->chunks && !fits(&a->chunk[at], used, bytes, align)) at++, used = 0;
    if (at == a->chunks) {
        if (!add_chunk(a, bytes, align)) return NULL;
        at = a->chunks - 1; /* used is 0: there was none, or the last one was passed */
    }
    const tad__chunk *c = &a->chunk[at];
    void *piece = tad__arena_piece(a, c, tad__aligned_offset(c->base, used, align), bytes);
    a->at = at;
    return piece;
}

void tad__arena_free(tad__arena *a) {
    if (TAD__GAP) tad__arena_close(a, (tad__arena_mark){0, 0});
    for (size_t i = 0; i < a->chunks; i++) {
        tad__open(a->chunk[i].base, a->chunk[i].size);
        tad__memory_resize(a->memory, a->chunk[i].base, a->chunk[i].size, 0);
    }
    tad__memory_resize(a->memory, a->chunk, a->capacity * sizeof *a->chunk, 0);
    *a = (tad__arena){.memory = a->memory};
}

/* ---- pool ---- */

/* Four classes for each power of two: at most a quarter of a buffer is wasted. */
static bool class_of(size_t bytes, unsigned *size_class, size_t *size) {
    size_t step = ALIGN / 4;
    unsigned power = 0;
    while (step * 8 < bytes) {
        if (!tad__mul(step, 2, &step)) return false;
        power++;
    }
    size_t quarters = tad__max(5, (bytes + step - 1) / step); /* 5 .. 8 */
    if (bytes <= step * 4) quarters = 4;
    *size_class = power * 4 + (unsigned)quarters - 4;
    *size = step * quarters;
    return *size_class < TAD__BUFFER_CLASSES && *size >= bytes;
}

static tad__block *block_of(void *buffer) { return (tad__block *)((char *)buffer - ALIGN); }

/* Where a block begins in raw memory. */
static size_t block_offset(const char *raw, size_t align) {
    if (align == ALIGN) return tad__aligned_offset(raw, 0, ALIGN);
    const size_t before = ALIGN + TAD__BEFORE_DATA; /* what lies in front of an array's elements */
    return tad__aligned_offset(raw, before, align) - before;
}

static tad__block *new_block(tad__buffers *p, unsigned size_class, size_t size) {
    const size_t align = size < TAD__IN_PAGES ? ALIGN : TAD__PAGE;
    size_t raw_size;
    if (!tad__sum(size, ALIGN + align, &raw_size)) return NULL;
    char *raw = tad__memory_resize(p->memory, NULL, 0, raw_size);
    if (!raw) return NULL;
    tad__block *b = (tad__block *)(raw + block_offset(raw, align));
    *b = (tad__block){
        .next_all = p->all, .raw = raw, .raw_size = raw_size, .size_class = size_class};
    p->all = b;
    return b;
}

void *tad__buffers_take(tad__buffers *p, size_t bytes) {
    unsigned size_class;
    size_t size;
    if (bytes > SIZE_MAX / 4 || !class_of(bytes, &size_class, &size)) return NULL;
    tad__block *b = p->free[size_class];
    if (b)
        p->free[size_class] = b->next_free;
    else
        b = new_block(p, size_class, size);
    if (!b) return NULL;
    char *buffer = (char *)b + ALIGN;
    tad__close(buffer, size);
    tad__open(buffer, bytes);
    return buffer;
}

void tad__buffers_give(tad__buffers *p, void *buffer) {
    if (!buffer) return;
    tad__block *b = block_of(buffer);
    b->next_free = p->free[b->size_class];
    p->free[b->size_class] = b;
    tad__close(buffer, (size_t)((char *)b->raw + b->raw_size - (char *)buffer));
}

void tad__buffers_free(tad__buffers *p) {
    for (tad__block *b = p->all, *next; b; b = next) {
        next = b->next_all;
        tad__open(b->raw, b->raw_size);
        tad__memory_resize(p->memory, b->raw, b->raw_size, 0);
    }
    *p = (tad__buffers){.memory = p->memory};
}
