/* Items of a group that give what another of it gives: they are computed once. Rests on roll.h.
 *
 * A sum whose parts have been put into it is shared whole, so that nothing is computed apart that
 * was a term before. Second derivatives need it: what a rule computes, its tangent computes again.
 */
#include "roll.h"

#include <stdlib.h>

#define SHARED (TAD__NO_REF - 1) /* instead of a place */
enum { SEEN_AT_LEAST = 16 /* of so many members one, or it does not pay to sort them */ };

static uint64_t hash_of(const tad__member_list *m, uint32_t item) {
    uint64_t hash = 0;
    for (uint32_t k = 0; k < m->operands; k++)
        hash = (hash ^ m->r->place[tad__operand_at(m->r, item, k)]) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static bool same_operands(const tad__member_list *m, uint32_t x, uint32_t y) {
    for (uint32_t k = 0; k < m->operands; k++)
        if (m->r->place[tad__operand_at(m->r, x, k)] != m->r->place[tad__operand_at(m->r, y, k)])
            return false;
    return true;
}

/* Whether there is something to share, by a look at each member: the last of those whose hashes end
 * alike is compared with the next. */
static bool is_shared(tad__member_list *m, const uint32_t *item, uint32_t n) {
    uint32_t *last = m->padded, size = 1, seen = 0;
    while (size < n) size *= 2;
    for (uint32_t i = 0; i < size; i++) last[i] = TAD__NO_REF;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t *at = &last[hash_of(m, item[i]) & (size - 1)];
        seen += *at != TAD__NO_REF && same_operands(m, *at, item[i]);
        *at = item[i];
    }
    return seen > n / SEEN_AT_LEAST;
}

/* Those that may be the same side by side, the earlier first. */
static void sort_by_operands(tad__member_list *m, const uint32_t *item, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t hash = hash_of(m, item[i]);
        m->key[i] = (tad__sort_key){(uint32_t)(hash >> 32), (uint32_t)hash, item[i]};
    }
    qsort(m->key, n, sizeof *m->key, tad__compare_keys);
}

static void note(tad__roll *r, uint32_t item, uint32_t of) {
    tad__sharing *to = TAD__ROLL_ADD(r, sharing);
    if (!to) return;
    *to = (tad__sharing){r->item.item[item].to, r->item.item[of].to};
    r->place[to->number] = SHARED;
}

static void note_all(tad__member_list *m, uint32_t n) {
    uint32_t of = m->key[0].item;
    for (uint32_t i = 1; i < n; i++) {
        const uint32_t item = m->key[i].item;
        if (same_operands(m, of, item))
            note(m->r, item, of);
        else
            of = item;
    }
}

uint32_t tad__roll_share(tad__member_list *m, uint32_t *item, uint32_t n) {
    tad__roll *r = m->r;
    uint32_t left = 0;
    r->sharing.count = 0;
    if (n < TAD__CHUNK || !m->operands || !is_shared(m, item, n)) return n;
    sort_by_operands(m, item, n);
    note_all(m, n);
    for (uint32_t i = 0; i < n; i++)
        if (r->place[r->item.item[item[i]].to] != SHARED) item[left++] = item[i];
    return left;
}

void tad__roll_place_shared(tad__roll *r) {
    for (size_t k = 0; k < r->sharing.count; k++)
        r->place[r->sharing.item[k].number] = r->place[r->sharing.item[k].of];
    r->shared += r->sharing.count;
    r->sharing.count = 0;
}
