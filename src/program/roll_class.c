/* In which order the members of a group are computed, so that their operands lie side by side: the
 * best of some. Rests on roll.h. */
#include "roll.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = TAD__CHUNK, ANY = 2, MORE_RUNS = 5, PADDED_RUNS = 3 };

/* ---- how an operand is found ---- */

static uint32_t place_of(const tad__member_list *m, uint32_t member, uint32_t k) {
    return m->r->place[tad__operand_at(m->r, member, k)];
}

/* Of a chunk: whether its places go up by 1, or are one. */
static void look_at_chunk(const tad__member_list *m, const uint32_t *member, uint32_t n, uint32_t k,
                          bool *along, bool *one) {
    const uint32_t first = place_of(m, member[0], k); /* a hole is never first */
    *along = *one = true;
    for (uint32_t i = 1; i < n; i++) {
        if (member[i] == TAD__NO_REF) continue;
        const uint32_t place = place_of(m, member[i], k);
        *along &= place == first + i;
        *one &= place == first;
    }
}

/* Whether all are one number, or all constants. */
static void look_at_all(const tad__member_list *m, const uint32_t *member, uint32_t n, uint32_t k,
                        bool *one, bool *constant) {
    const uint32_t first = place_of(m, member[0], k);
    *one = true;
    *constant = tad__is_constant_place(m->r, first);
    for (uint32_t i = 1; i < n && (*one || *constant); i++) {
        if (member[i] == TAD__NO_REF) continue;
        const uint32_t place = place_of(m, member[i], k);
        *one &= place == first;
        *constant = *constant && tad__is_constant_place(m->r, place);
    }
}

tad__found tad__find_of(const tad__member_list *m, const uint32_t *member, uint32_t n, uint32_t k) {
    bool one, constant, chunks = true, ones = true, along = true;
    look_at_all(m, member, n, k, &one, &constant);
    if (one) return TAD__FIND_ONE;
    if (constant) return TAD__FIND_PACKED;
    const uint32_t first = place_of(m, member[0], k);
    for (uint32_t i = 0; i < n; i += CHUNK) {
        bool this_along, this_one;
        look_at_chunk(m, member + i, n - i < CHUNK ? n - i : CHUNK, k, &this_along, &this_one);
        if (!this_along && !this_one) return TAD__FIND_EACH;
        chunks &= this_along;
        ones &= this_one;
        along &= this_along && place_of(m, member[i], k) == first + i;
    }
    return along    ? TAD__FIND_ALONG
           : chunks ? TAD__FIND_CHUNKS
           : ones   ? TAD__FIND_ONES
                    : TAD__FIND_EITHER;
}

/* ---- what an order costs ---- */

/* In loads, as measured. */
static double cost_of_find(tad__found f) {
    static const double cost[] = {
        [TAD__FIND_ALONG] = 1,    [TAD__FIND_ONE] = 1,    [TAD__FIND_PACKED] = 1,
        [TAD__FIND_CHUNKS] = 1.2, [TAD__FIND_ONES] = 1.2, [TAD__FIND_EITHER] = 1.6,
        [TAD__FIND_EACH] = 6};
    return cost[f];
}

static double cost_of_rest(const tad__kin *k) {
    return k->row == TAD__A_SUM ? 0.5 : k->row == TAD__ROW_div ? 2 : 12;
}

static double cost_of(const tad__member_list *m, const uint32_t *member, uint32_t n,
                      uint32_t *scattered) {
    double sum = cost_of_rest(m->kin);
    *scattered = 0;
    for (uint32_t k = 0; k < m->operands; k++) {
        const tad__found f = tad__find_of(m, member, n, k);
        *scattered += f == TAD__FIND_EACH;
        sum += cost_of_find(f);
    }
    return sum * ((n + CHUNK - 1) / CHUNK);
}

/* What it costs those that read the results: neighbours that are read by different groups keep
 * these from finding theirs side by side. Much less is counted than what that costs, since most of
 * those who read can find an order in which they lie well. */
static double cost_of_reading(const tad__member_list *m, const uint32_t *member, uint32_t n) {
    const double each = 0.08;
    const uint32_t *first = m->r->first_reader, *last = m->r->last_reader;
    uint32_t before = member[0], changes = 0;
    for (uint32_t i = 1; i < n; i++) {
        if (member[i] == TAD__NO_REF) continue;
        changes += first[member[i]] != first[before];
        changes += last[member[i]] != last[before];
        before = member[i];
    }
    return each * changes;
}

/* ---- holes: runs that end anywhere are filled up to whole chunks ---- */

/* From one member to the next an operand stays, goes on by 1, does neither (-1), or, as both are
 * constants, whatever is asked. */
static int advance_of(const tad__member_list *m, uint32_t before, uint32_t now, uint32_t k) {
    const uint32_t x = place_of(m, before, k), y = place_of(m, now, k), by = y - x;
    const bool constant = tad__is_constant_place(m->r, x);
    if (constant != tad__is_constant_place(m->r, y)) return -1;
    return constant ? ANY : by <= 1 ? (int)by : -1;
}

/* How each operand goes on from each member to the next. */
static void find_steps(tad__member_list *m, const uint32_t *member, uint32_t n) {
    int8_t *step = m->step;
    for (uint32_t k = 0; k < m->operands; k++, step += n)
        for (uint32_t i = 1; i < n; i++)
            step[i] = (int8_t)advance_of(m, member[i - 1], member[i], k);
}

/* Whether a step is another one than those of the run so far, which learns it. */
static bool breaks(int step, int8_t *run) {
    if (step == ANY) return false;
    if (step < 0) return true;
    if (*run < 0) *run = (int8_t)step;
    return *run != step;
}

/* Operands that go on by runs; how many. */
static uint32_t find_regular(tad__member_list *m, uint32_t n) {
    const int8_t *step = m->step;
    uint32_t regular = 0;
    for (uint32_t k = 0; k < m->operands; k++, step += n) {
        uint32_t runs = 1;
        int8_t run = -1;
        for (uint32_t i = 1; i < n && runs * MORE_RUNS <= n; i++) {
            if (!breaks(step[i], &run)) continue;
            runs++;
            run = -1;
        }
        m->regular[k] = runs * MORE_RUNS <= n;
        regular += m->regular[k];
    }
    return regular;
}

/* The first member behind i that does not go on like those since i; some operands may be astray
 * where there are many. */
static uint32_t end_of_run(tad__member_list *m, uint32_t n, uint32_t i, uint32_t astray) {
    memset(m->run, -1, m->operands);
    while (++i < n) {
        uint32_t bad = 0;
        for (uint32_t k = 0; k < m->operands && bad <= astray; k++)
            bad += m->regular[k] && breaks(m->step[(size_t)k * n + i], &m->run[k]);
        if (bad > astray) break;
    }
    return i;
}

/* Members and holes in m->padded; how many, 0: that would be too many. */
static uint32_t pad(tad__member_list *m, const uint32_t *member, uint32_t n) {
    find_steps(m, member, n);
    const uint32_t regular = find_regular(m, n), astray = regular < 8 ? 0 : regular / 4;
    uint32_t to = 0, runs = 0;
    if (!regular) return 0;
    for (uint32_t i = 0; i < n;) {
        const uint32_t end = end_of_run(m, n, i, astray);
        if (++runs * PADDED_RUNS > n) return 0;
        for (; i < end; i++) m->padded[to++] = member[i];
        while (i < n && to % CHUNK) m->padded[to++] = TAD__NO_REF;
    }
    return to;
}

/* ---- orders ---- */

int tad__compare_keys(const void *x, const void *y) {
    const tad__sort_key *a = x, *b = y;
    if (a->first != b->first) return a->first < b->first ? -1 : 1;
    if (a->second != b->second) return a->second < b->second ? -1 : 1;
    return a->item < b->item ? -1 : a->item > b->item;
}

/* Whether some operand is anywhere. */
static bool keep_if_best(tad__member_list *m, const uint32_t *member, uint32_t n) {
    uint32_t scattered;
    const double own = cost_of(m, member, n, &scattered),
                 cost = own + cost_of_reading(m, member, n);
    if (cost >= m->cost * 0.999) return scattered;
    m->cost = cost;
    m->own_cost = own;
    m->scattered = scattered;
    m->n = n;
    memcpy(m->member, member, n * sizeof *member);
    return scattered;
}

static void sort_keys(tad__member_list *m, uint32_t n) {
    bool sorted = true;
    for (uint32_t i = 1; i < n && sorted; i++)
        sorted = tad__compare_keys(&m->key[i - 1], &m->key[i]) <= 0;
    if (!sorted) qsort(m->key, n, sizeof *m->key, tad__compare_keys);
    for (uint32_t i = 0; i < n; i++) m->tried[i] = m->key[i].item;
}

/* Whether the best order so far costs hardly more than the best one that there could be. */
static bool is_good(const tad__member_list *m, uint32_t n) {
    enum { NARROW = 64 };
    const double least = (cost_of_rest(m->kin) + m->operands) * ((n + CHUNK - 1) / CHUNK);
    return m->cost <= least * (n < NARROW ? 1.2 : 1.1);
}

/* Whether there may be a better order: this one is irregular without holes. */
static bool try_tried(tad__member_list *m, uint32_t n) {
    if (!keep_if_best(m, m->tried, n)) return false;
    if (is_good(m, n)) return false;
    const uint32_t padded = pad(m, m->tried, n);
    if (padded) (void)keep_if_best(m, m->padded, padded);
    return !is_good(m, n);
}

/* By the places of one operand, then another. */
static bool try_operands(tad__member_list *m, const uint32_t *item, uint32_t n, uint32_t k,
                         uint32_t then) {
    for (uint32_t i = 0; i < n; i++)
        m->key[i] = (tad__sort_key){place_of(m, item[i], k), place_of(m, item[i], then), item[i]};
    sort_keys(m, n);
    return try_tried(m, n);
}

/* By how far two operands are apart: where they go on together, by runs of these. */
static bool try_distance(tad__member_list *m, const uint32_t *item, uint32_t n, uint32_t k,
                         uint32_t other) {
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t place = place_of(m, item[i], k);
        m->key[i] =
            (tad__sort_key){place - place_of(m, item[i], other) + (1u << 31), place, item[i]};
    }
    sort_keys(m, n);
    return try_tried(m, n);
}

static bool try_as_recorded(tad__member_list *m, const uint32_t *item, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) m->key[i] = (tad__sort_key){0, 0, item[i]};
    sort_keys(m, n);
    return try_tried(m, n);
}

/* By who reads the results, then by the place of an operand: where that is more than a little of
 * what the best order so far costs. */
static bool try_readers(tad__member_list *m, const uint32_t *item, uint32_t n,
                        const uint32_t *reader, uint32_t k) {
    if (m->cost < 1.2 * m->own_cost) return true;
    for (uint32_t i = 0; i < n; i++)
        m->key[i] = (tad__sort_key){reader[item[i]], place_of(m, item[i], k), item[i]};
    sort_keys(m, n);
    return try_tried(m, n);
}

/* The orders that there are; whether there may be a better one. */
enum { ORDERS = 9 };
static bool try_order(tad__member_list *m, const uint32_t *item, uint32_t n, uint32_t order) {
    const uint32_t last = m->operands - 1;
    switch (order) {
    case 0: return try_as_recorded(m, item, n);
    case 1: return try_operands(m, item, n, 0, last ? 1 : 0);
    case 2: return !last || try_operands(m, item, n, 1, 0);
    case 3: return last < 2 || try_operands(m, item, n, last, 0);
    case 4: return !last || !m->scattered || try_distance(m, item, n, 0, 1);
    case 5: return try_readers(m, item, n, m->r->first_reader, 0);
    case 6: return try_readers(m, item, n, m->r->last_reader, 0);
    case 7: return !last || try_readers(m, item, n, m->r->first_reader, 1);
    default: return !last || try_readers(m, item, n, m->r->last_reader, 1);
    }
}

/* What served a group of this kin and size before may serve this one. */
static bool arrange_as_before(tad__member_list *m, const tad__ready *s, const uint32_t *item,
                              uint32_t n) {
    bool tried[ORDERS] = {false};
    for (int k = 0; k < TAD__ARRANGED; k++) {
        const tad__arranged *a = &s->arranged[k];
        if (a->n != n) continue;
        if (!tried[a->order]) (void)try_order(m, item, n, a->order);
        tried[a->order] = true;
        if (m->cost <= a->cost) return true;
    }
    return false;
}

void tad__roll_arrange(tad__member_list *m, const uint32_t *item, uint32_t n) {
    tad__ready *s = &m->r->ready.item[m->r->item.item[item[0]].sign];
    tad__arranged *a = &s->arranged[s->next];
    bool more = true;
    m->cost = m->own_cost = 1e300;
    m->scattered = 1;
    if (arrange_as_before(m, s, item, n)) return;
    *a = (tad__arranged){.n = n};
    m->cost = m->own_cost = 1e300;
    for (uint32_t order = 0; order < ORDERS && more; order++) {
        const double before = m->cost;
        more = try_order(m, item, n, order);
        if (m->cost < before) a->order = order;
    }
    a->cost = m->cost;
    s->next = (s->next + 1) % TAD__ARRANGED;
}
