/* Steps on numbers that need not be computed, since they give what is there already. Rests on
 * freeze.h and uthash.
 *
 * Sums and products are shared in short lists alone. In a list that is rolled up each is a term or
 * two of an item, and shared it would be an item by itself, which takes longer. Operands are equal
 * in the same order alone: which NaN a sum of two of them is goes by that. */
#include "freeze.h"

#include <string.h>

/* Without memory a step is not kept, and nothing worse happens. */
#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) tad__memory_resize(memory, NULL, 0, size)
#define uthash_free(at, size) tad__memory_resize(memory, at, size, 0)
#define uthash_nonfatal_oom(item) ((void)(item))
#include <uthash.h>

/* Without gaps; c or options. */
typedef struct step_key {
    uint32_t row, a, b, c;
    double options[2];
} step_key;

typedef struct tad__shared_step {
    step_key key;
    size_t step; /* its position */
    UT_hash_handle hh;
} shared_step;

static step_key key_of(const tad_program *p, const tad__number_step *s) {
    step_key k = {.row = s->row, .a = s->a, .b = s->b, .c = s->options ? 0 : s->c};
    if (s->options) memcpy(k.options, tad__number_options(p, s), sizeof k.options);
    return k;
}

tad__ref tad__shared_number(tad__freezer *f, const tad__number_step *s) {
    tad__memory *memory = &f->p->memory;
    shared_step *found;
    if (s->row == TAD__ROW_mul && s->a == f->one) return s->b;
    if (s->row == TAD__ROW_mul && s->b == f->one) return s->a;
    if (f->failed || (tad__is_of_sum(s->row) && !f->shares_sums)) return TAD__NO_REF;
    const step_key k = key_of(f->p, s);
    HASH_FIND(hh, f->shared_steps, &k, sizeof k, found);
    if (found) return f->p->number.item[found->step].to;
    found = tad__arena_take(&f->shared_arena, sizeof *found, 16);
    if (!found) return TAD__NO_REF;
    *found = (shared_step){.key = k, .step = f->p->number.count};
    HASH_ADD(hh, f->shared_steps, key, sizeof found->key, found);
    return TAD__NO_REF;
}

void tad__forget_numbers(tad__freezer *f) {
    tad__memory *memory = &f->p->memory;
    HASH_CLEAR(hh, f->shared_steps);
    tad__arena_free(&f->shared_arena);
}
