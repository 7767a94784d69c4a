/* In which order items are computed: of those that can be, all of one kin at once, of the kin that
 * comes first on the average. Rests on roll.h. */
#include "roll.h"

#include <stdlib.h>
#include <string.h>

typedef struct agenda {
    tad__roll *r;
    uint32_t *waits;      /* of each item: operands that are not there yet */
    uint32_t *first_user; /* of each item, and the end, in: */
    uint32_t *user;
    uint32_t *group;        /* of each item, at the end */
    uint32_t *next;         /* of each item: of its kin, that can be computed now */
    uint32_t *sign_of_rank; /* signs in the order of their ranks */
    uint32_t *heap;         /* ranks of kins of which items can be computed, the lowest on top */
    size_t heaped;
} agenda;

/* ---- what needs what ---- */

static uint32_t item_behind(const tad__roll *r, uint32_t operand) {
    return r->item_of[r->operand.item[operand]];
}

static uint32_t operands_of(const tad__roll *r, uint32_t item) {
    return tad__operands_of_kin(r, tad__kin_of(r, item));
}

/* Depths are needed for the ranks alone: they lie where `next` will. */
static void find_depths(agenda *a) {
    tad__roll *r = a->r;
    uint32_t *depth = a->next;
    for (uint32_t i = 0; i < r->item.count; i++) {
        const tad__item *item = &r->item.item[i];
        const uint32_t n = operands_of(r, i);
        depth[i] = a->waits[i] = 0;
        for (uint32_t k = item->at; k < item->at + n; k++) {
            const uint32_t of = item_behind(r, k);
            if (of == TAD__NO_REF) continue;
            a->waits[i]++;
            a->first_user[of + 1]++;
            if (depth[of] >= depth[i]) depth[i] = depth[of] + 1;
        }
        r->ready.item[item->sign].depth += depth[i];
        r->ready.item[item->sign].count++;
    }
}

static void list_users(agenda *a) {
    tad__roll *r = a->r;
    const uint32_t items = (uint32_t)r->item.count;
    for (uint32_t i = 0; i < items; i++) a->first_user[i + 1] += a->first_user[i];
    const uint32_t total = a->first_user[items];
    a->user = tad__roll_take(r, total, sizeof *a->user);
    if (r->failed) return;
    for (uint32_t i = items; i-- > 0;) {
        const uint32_t at = r->item.item[i].at, n = operands_of(r, i);
        for (uint32_t k = at; k < at + n; k++) {
            const uint32_t of = item_behind(r, k);
            if (of != TAD__NO_REF) a->user[--a->first_user[of + 1]] = i;
        }
    }
    /* what was the end of each list is its begin now */
    memmove(a->first_user, a->first_user + 1, items * sizeof *a->first_user);
    a->first_user[items] = total;
}

/* ---- ranks ---- */

typedef struct ranking {
    const tad__kin *kin;
    double depth;
    uint32_t sign;
} ranking;

static int compare(const void *x, const void *y) {
    const ranking *a = x, *b = y;
    if (a->kin->stage != b->kin->stage) return a->kin->stage < b->kin->stage ? -1 : 1;
    if (a->kin->is_last != b->kin->is_last) return a->kin->is_last ? 1 : -1;
    if (a->kin->late != b->kin->late) return a->kin->late ? 1 : -1;
    if (a->depth != b->depth) return a->depth < b->depth ? -1 : 1;
    return a->sign > b->sign ? -1 : a->sign < b->sign;
}

static void rank_all(agenda *a) {
    tad__roll *r = a->r;
    const size_t n = r->ready.count;
    ranking *list = tad__roll_take(r, n, sizeof *list);
    if (!list) return;
    for (size_t k = 0; k < n; k++) {
        const tad__ready *s = &r->ready.item[k];
        list[k] = (ranking){s->kin, s->depth / s->count, (uint32_t)k};
    }
    qsort(list, n, sizeof *list, compare);
    for (uint32_t k = 0; k < n; k++) {
        a->sign_of_rank[k] = list[k].sign;
        r->ready.item[list[k].sign].rank = k;
    }
}

/* ---- the heap ---- */

static void push(agenda *a, uint32_t rank) {
    size_t at = a->heaped++;
    for (; at && a->heap[(at - 1) / 2] > rank; at = (at - 1) / 2)
        a->heap[at] = a->heap[(at - 1) / 2];
    a->heap[at] = rank;
}

static uint32_t pop(agenda *a) {
    const uint32_t top = a->heap[0], last = a->heap[--a->heaped];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < a->heaped; at = child) {
        if (child + 1 < a->heaped && a->heap[child + 1] < a->heap[child]) child++;
        if (a->heap[child] >= last) break;
        a->heap[at] = a->heap[child];
    }
    a->heap[at] = last;
    return top;
}

/* ---- groups ---- */

static void is_ready(agenda *a, uint32_t item) {
    tad__ready *s = &a->r->ready.item[a->r->item.item[item].sign];
    a->next[item] = TAD__NO_REF;
    if (s->first == TAD__NO_REF) {
        s->first = item;
        push(a, s->rank);
    } else {
        a->next[s->last] = item;
    }
    s->last = item;
}

static void add_boundary(tad__roll *r, size_t at) {
    uint32_t *to = TAD__ROLL_ADD(r, boundary);
    if (to) *to = (uint32_t)at;
}

static size_t compute(agenda *a, uint32_t rank, size_t at) {
    tad__roll *r = a->r;
    tad__ready *s = &r->ready.item[a->sign_of_rank[rank]];
    const size_t begin = at;
    add_boundary(r, at);
    for (uint32_t i = s->first; i != TAD__NO_REF; i = a->next[i]) r->order[at++] = i;
    s->first = TAD__NO_REF;
    for (size_t k = begin; k < at; k++) {
        const uint32_t i = r->order[k];
        for (uint32_t u = a->first_user[i]; u < a->first_user[i + 1]; u++)
            if (!--a->waits[a->user[u]]) is_ready(a, a->user[u]);
    }
    return at;
}

static void compute_all(agenda *a) {
    tad__roll *r = a->r;
    size_t at = 0;
    for (uint32_t i = 0; i < r->item.count; i++)
        if (!a->waits[i]) is_ready(a, i);
    while (a->heaped && !r->failed) at = compute(a, pop(a), at);
    add_boundary(r, at);
}

/* ---- readers ---- */

static uint32_t size_of_group(const tad__roll *r, uint32_t group) {
    return r->boundary.item[group + 1] - r->boundary.item[group];
}

/* The group of an item that reads another; where it is about as wide as that one's, the order of
 * the two is one, and what counts is who reads its result. */
static uint32_t reader(const agenda *a, uint32_t item, uint32_t user, const uint32_t *readers) {
    enum { ABOUT = 2 };
    const uint32_t group = a->group[user];
    const bool as_wide = size_of_group(a->r, group) * ABOUT >= size_of_group(a->r, a->group[item]);
    return as_wide ? readers[user] : group;
}

/* Readers of an item come after it. */
static void find_readers(agenda *a) {
    tad__roll *r = a->r;
    for (size_t k = 0; k + 1 < r->boundary.count; k++)
        for (uint32_t i = r->boundary.item[k]; i < r->boundary.item[k + 1]; i++)
            a->group[r->order[i]] = (uint32_t)k;
    for (uint32_t i = (uint32_t)r->item.count; i-- > 0;) {
        const uint32_t begin = a->first_user[i], end = a->first_user[i + 1];
        const bool read = begin < end;
        r->first_reader[i] = read ? reader(a, i, a->user[begin], r->first_reader) : TAD__NO_REF;
        r->last_reader[i] = read ? reader(a, i, a->user[end - 1], r->last_reader) : TAD__NO_REF;
    }
}

void tad__roll_order(tad__roll *r) {
    agenda a = {.r = r};
    const size_t items = r->item.count;
    r->item_of = r->same;
    r->order = r->stage; /* no more items than numbers */
    a.waits = tad__roll_take(r, items, sizeof *a.waits);
    a.next = tad__roll_take(r, items, sizeof *a.next);
    a.first_user = tad__roll_take(r, items + 2, sizeof *a.first_user);
    a.sign_of_rank = tad__roll_take(r, r->ready.count, sizeof *a.sign_of_rank);
    a.heap = tad__roll_take(r, r->ready.count, sizeof *a.heap);
    if (r->failed) return;
    memset(a.first_user, 0, (items + 2) * sizeof *a.first_user);
    memset(r->item_of, 0xff, r->n * sizeof *r->item_of);
    for (uint32_t i = 0; i < items; i++) r->item_of[r->item.item[i].to] = i;
    find_depths(&a);
    rank_all(&a);
    list_users(&a);
    if (!r->failed) compute_all(&a);
    a.group = a.waits;        /* nothing waits any more, */
    r->first_reader = a.next; /* or comes next */
    r->last_reader = tad__roll_take(r, items, sizeof *r->last_reader);
    if (!r->failed) find_readers(&a);
}
