/* Which items are alike. Rests on roll.h and uthash. */
#include "roll.h"

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(item) (r->failed = true)
#define uthash_malloc(size) tad__memory_resize(memory, NULL, 0, size)
#define uthash_free(at, size) tad__memory_resize(memory, at, size, 0)
#include <uthash.h>

typedef struct tad__signature {
    tad__kin kin; /* without gaps */
    uint32_t sign;
    UT_hash_handle hh;
} signature;

static uint32_t new_sign(tad__roll *r, const tad__kin *kin) {
    tad__memory *memory = &r->p->memory;
    signature *s = tad__roll_take(r, 1, sizeof *s);
    tad__ready *ready = s ? TAD__ROLL_ADD(r, ready) : NULL;
    if (!ready) return 0;
    s->kin = *kin;
    s->sign = (uint32_t)(r->ready.count - 1);
    *ready = (tad__ready){.kin = &s->kin, .first = TAD__NO_REF};
    HASH_ADD(hh, r->signature, kin, sizeof s->kin, s);
    return s->sign;
}

uint32_t tad__roll_sign(tad__roll *r, const tad__kin *kin) {
    signature *found;
    HASH_FIND(hh, r->signature, kin, sizeof *kin, found);
    return found ? found->sign : new_sign(r, kin);
}

void tad__forget_signs(tad__roll *r) {
    tad__memory *memory = &r->p->memory;
    HASH_CLEAR(hh, r->signature);
}
