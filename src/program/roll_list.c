/* Lists of items that no group has, and sums that run along their own terms. Rests on roll.h. */
#include "roll.h"

#include <stdlib.h>
#include <string.h>

enum { LONG_SUM = 48 /* terms that are worth a look for runs */, LONG = 16 /* of a run */ };

/* In loads of 8 places side by side, as the costs of groups: to begin and end a run; 8 that lie
 * apart; 8 that lie anywhere, whose places must be read too. */
enum { COST_OF_RUN = 8, COST_OF_STRIDE = 5, COST_OF_GATHER = 6 };

/* ---- runs ---- */

static int compare(const void *x, const void *y) {
    const tad__placed_term *a = x, *b = y;
    if (a->minus != b->minus) return a->minus - b->minus;
    if ((a->b < 0) != (b->b < 0)) return a->b < 0 ? 1 : -1;
    if (a->key != b->key) return a->key < b->key ? -1 : 1;
    if (a->a != b->a) return a->a < b->a ? -1 : 1;
    return a->b < b->b ? -1 : a->b > b->b;
}

static int32_t place_of(const tad__roll *r, uint32_t operand) {
    return (int32_t)r->place[r->operand.item[operand]];
}

/* The terms of a sum, those first that lie first. NULL: no memory. */
static tad__placed_term *sorted_terms(tad__roll *r, uint32_t item, uint32_t *n) {
    const tad__kin *kin = tad__kin_of(r, item);
    const uint32_t count = tad__terms_of_kin(kin);
    uint32_t at = r->item.item[item].at;
    *n = 0;
    for (r->term.count = 0; r->term.count < count && !r->failed;) (void)TAD__ROLL_ADD(r, term);
    if (r->failed) return NULL;
    for (int32_t kind = 0; kind < 4; kind++)
        for (uint32_t k = 0; k < kin->terms[kind]; k++) {
            tad__placed_term *t = &r->term.item[(*n)++];
            t->minus = kind & 1;
            t->a = place_of(r, at++);
            t->b = kind < 2 ? place_of(r, at++) : -1;
            t->key = 0;
        }
    qsort(r->term.item, *n, sizeof *r->term.item, compare);
    return r->term.item;
}

static bool alike(const tad__placed_term *x, const tad__placed_term *y) {
    return x->minus == y->minus && (x->b < 0) == (y->b < 0);
}

/* The first term behind k that does not go on as k and k + 1 do. */
static uint32_t end_of_run(const tad__placed_term *t, uint32_t n, uint32_t k, int32_t *by_a,
                           int32_t *by_b) {
    uint32_t end = k + 1;
    *by_a = *by_b = 0;
    if (end == n || !alike(&t[k], &t[end])) return end;
    *by_a = t[end].a - t[k].a;
    *by_b = t[k].b < 0 ? 0 : t[end].b - t[k].b;
    while (end < n && alike(&t[k], &t[end]) && t[end].a - t[end - 1].a == *by_a &&
           (t[k].b < 0 || t[end].b - t[end - 1].b == *by_b))
        end++;
    return end;
}

static bool lies_along(int32_t step) { return step == 0 || step == 1; }

/* Of terms in this order; those in no run that is long enough are gathered. */
static double cost_of_terms(const tad__placed_term *t, uint32_t n) {
    double sum = 0;
    int32_t by_a, by_b;
    for (uint32_t k = 0, end; k < n; k = end) {
        end = end_of_run(t, n, k, &by_a, &by_b);
        const bool is_run = end - k >= LONG, along = is_run && lies_along(by_a) && lies_along(by_b);
        const double loads = (t[k].b < 0 ? 1 : 2) * (end - k) / (double)TAD__CHUNK;
        const int load = along ? 1 : is_run ? COST_OF_STRIDE : COST_OF_GATHER;
        sum += (is_run ? COST_OF_RUN : 0) + load * loads;
    }
    return sum;
}

/* By first factors; by differences, which are one in a run where both go on alike; or by sums, as
 * where a gradient goes back through what was computed forward. There two strands that take turns
 * may have one sum: odd and even places are told apart. */
static int64_t key_of(const tad__placed_term *t, int how) {
    const int64_t a = t->a, b = t->b;
    return how == 0 ? 0 : how == 1 ? a - b : 2 * (a + b) + (a & 1);
}

static void sort_by(tad__placed_term *t, uint32_t n, int how) {
    for (uint32_t k = 0; k < n; k++) t[k].key = key_of(&t[k], how);
    qsort(t, n, sizeof *t, compare);
}

/* What the order that costs least costs. */
static double sort_for_runs(tad__placed_term *t, uint32_t n) {
    double least = cost_of_terms(t, n);
    int best = 0;
    for (int how = 1; how < 3; how++) {
        sort_by(t, n, how);
        const double cost = cost_of_terms(t, n);
        if (cost >= least) continue;
        least = cost;
        best = how;
    }
    sort_by(t, n, best);
    return least;
}

double tad__cost_of_runs(tad__roll *r, uint32_t item) {
    uint32_t n;
    tad__placed_term *t = sorted_terms(r, item, &n);
    return t ? sort_for_runs(t, n) : 0;
}

/* ---- code ---- */

static void put(tad__roll *r, int32_t word) {
    int32_t *to = TAD__ROLL_ADD_TO(r, r->p, word);
    if (to) *to = word;
}

static void put_place(tad__roll *r, int32_t place) {
    int32_t *to = TAD__ROLL_ADD_TO(r, r->p, place);
    if (to) *to = place;
}

static void put_run(tad__roll *r, tad__run run) {
    tad__run *to = TAD__ROLL_ADD_TO(r, r->p, run);
    if (to) *to = run;
}

/* Terms from k on that are alike and in no run are listed; k comes behind them. */
static void put_rest(tad__roll *r, const tad__placed_term *t, uint32_t n) {
    for (uint32_t k = 0; k < n;) {
        uint32_t end = k;
        while (end < n && alike(&t[k], &t[end])) end++;
        const int32_t at = (int32_t)r->p->place.count, count = (int32_t)(end - k);
        for (uint32_t i = k; i < end; i++) put_place(r, t[i].a);
        for (uint32_t i = k; i < end && t[k].b >= 0; i++) put_place(r, t[i].b);
        put_run(r, (tad__run){at, TAD__LISTED, t[k].b < 0 ? -1 : at + count, 0, count, t[k].minus});
        k = end;
    }
}

/* Long runs at once; what is left moves to the front, for the end. */
static void put_runs(tad__roll *r, uint32_t item) {
    uint32_t n, left = 0;
    int32_t by_a, by_b;
    tad__placed_term *t = sorted_terms(r, item, &n);
    if (!t) return;
    sort_for_runs(t, n);
    const int32_t first = (int32_t)r->p->run.count;
    for (uint32_t k = 0, end; k < n; k = end) {
        end = end_of_run(t, n, k, &by_a, &by_b);
        const int32_t count = (int32_t)(end - k);
        const bool turned = by_a == 0 && t[k].b >= 0; /* what all terms have is the second factor */
        if (end - k >= LONG)
            put_run(r, turned ? (tad__run){t[k].b, by_b, t[k].a, by_a, count, t[k].minus}
                              : (tad__run){t[k].a, by_a, t[k].b, by_b, count, t[k].minus});
        else
            while (k < end) t[left++] = t[k++];
    }
    put_rest(r, t, left);
    put(r, TAD__LONG_WORD(TAD__LIST_RUNS));
    put(r, first);
    put(r, (int32_t)r->p->run.count - first);
}

static void put_operands(tad__roll *r, uint32_t item) {
    const uint32_t at = r->item.item[item].at, n = tad__operands_of_kin(r, tad__kin_of(r, item));
    for (uint32_t k = at; k < at + n; k++) put(r, place_of(r, k));
}

/* ---- scans ---- */

enum { SHORT_WORDS = 5, SCANNED = 6 /* products in a row that are worth it */ };

/* The product that was put last goes on from the one before it, with the next factor: once enough
 * do, they become a scan, which then grows. */
static void scan(tad__roll *r, const int32_t *place, const int32_t *from) {
    tad__scan *s = &r->scan;
    const bool first_is_last = from[0] == 1;
    const int32_t carried = place[first_is_last ? 0 : 1], factor = place[first_is_last ? 1 : 0];
    const size_t end = r->p->word.count;
    if (s->end + SHORT_WORDS != end || (s->count > 1 && factor - s->factor != s->step) ||
        first_is_last == (from[1] == 1))
        s->count = 0;
    if (++s->count == 1) *s = (tad__scan){.count = 1, .carried = carried, .first = factor};
    if (s->count == 2) s->step = factor - s->factor;
    s->factor = factor;
    s->end = end;
    if (s->count < SCANNED || r->failed) return;
    s->end -= s->count == SCANNED ? SHORT_WORDS * (SCANNED - 1) : SHORT_WORDS;
    r->p->word.count = s->end;
    int32_t *word = r->p->word.item + s->end - SHORT_WORDS;
    word[0] = TAD__LONG_WORD(TAD__LIST_SCAN);
    word[1] = s->count;
    word[2] = s->carried;
    word[3] = s->first;
    word[4] = s->step;
}

/* ---- short words ---- */

/* The word for a sum that is a few operations, or SUM. */
static int32_t word_of(const tad__kin *k) {
    static const struct {
        uint32_t terms[4];
        int32_t word;
    } shorts[] = {
        {{1, 0, 0, 0}, TAD__LIST_MUL},  {{0, 1, 0, 0}, TAD__LIST_MINUS},
        {{1, 0, 1, 0}, TAD__LIST_FMA},  {{0, 1, 1, 0}, TAD__LIST_FNMA},
        {{0, 0, 2, 0}, TAD__LIST_ADD},  {{0, 0, 1, 1}, TAD__LIST_SUB},
        {{1, 0, 2, 0}, TAD__LIST_MORE}, {{2, 0, 0, 0}, TAD__LIST_DOT},
    };
    if (k->row == TAD__ROW_div) return TAD__LIST_DIV;
    if (k->in_order && tad__terms_of_kin(k) > 2 && k->single != 6) return TAD__LIST_SUM;
    for (size_t i = 0; i < sizeof shorts / sizeof *shorts && k->row == TAD__A_SUM; i++)
        if (memcmp(k->terms, shorts[i].terms, sizeof k->terms) == 0) return shorts[i].word;
    return TAD__LIST_SUM;
}

/* Whether a place is that of the last result of this list, or of the one before. */
static int32_t source_of(const tad__roll *r, int32_t place) {
    const tad__rolled *g = &r->p->rolled.item[r->p->rolled.count - 1];
    const uint32_t back = r->slots - (uint32_t)place;
    return back <= 2 && back <= g->count ? (int32_t)back : 0;
}

static void put_short(tad__roll *r, uint32_t item, int32_t what) {
    const uint32_t at = r->item.item[item].at, n = tad__operands_of_kin(r, tad__kin_of(r, item));
    int32_t place[4] = {0}, from[4] = {0};
    for (uint32_t k = 0; k < n; k++) {
        place[k] = place_of(r, at + k);
        from[k] = k < 3 ? source_of(r, place[k]) : 0;
    }
    put(r, TAD__LIST_WORD(what, from[0], from[1], from[2]));
    for (int k = 0; k < 4; k++) put(r, place[k]);
    if (what == TAD__LIST_MUL) scan(r, place, from);
}

static void put_long(tad__roll *r, int32_t what) { put(r, TAD__LONG_WORD(what)); }

/* Terms of a kind that follow each other are a part. */
static void put_in_order(tad__roll *r, uint32_t item) {
    const tad__kin *kin = tad__kin_of(r, item);
    const uint32_t n = tad__terms_of_kin(kin);
    uint32_t operand = r->item.item[item].at;
    put_long(r, TAD__LIST_IN_ORDER);
    const size_t parts = r->p->word.count;
    put(r, 0);
    for (uint32_t k = 0, end; k < n && !r->failed; k = end) {
        const unsigned kind = tad__kind_of_term(kin, k);
        for (end = k + 1; end < n && tad__kind_of_term(kin, end) == kind;) end++;
        put(r, (int32_t)kind);
        put(r, (int32_t)(end - k));
        for (uint32_t i = 0; i < (end - k) * (kind < 2 ? 2 : 1); i++)
            put(r, place_of(r, operand++));
        if (!r->failed) r->p->word.item[parts]++;
    }
}

static void put_sum(tad__roll *r, uint32_t item) {
    const tad__kin *kin = tad__kin_of(r, item);
    if (r->exact) {
        put_in_order(r, item);
        return;
    }
    if (tad__terms_of_kin(kin) >= LONG_SUM) {
        put_runs(r, item);
        return;
    }
    put_long(r, TAD__LIST_SUM);
    for (int k = 0; k < 4; k++) put(r, (int32_t)kin->terms[k]);
    put_operands(r, item);
}

static void put_row(tad__roll *r, uint32_t item) {
    const tad__kin *kin = tad__kin_of(r, item);
    put_long(r, TAD__LIST_ROW);
    put(r, (int32_t)kin->row);
    put(r, tad__roll_options(r, kin));
    put_operands(r, item);
    for (uint32_t k = tad__operands_of_kin(r, kin); k < 3; k++) put(r, 0);
}

/* ---- items ---- */

void tad__roll_list(tad__roll *r, uint32_t item) {
    const tad__kin *kin = tad__kin_of(r, item);
    if (!r->list_is_open) tad__roll_group(r, kin->stage, TAD__ROLLED_LIST);
    if (r->failed) return;
    r->list_is_open = true;
    const int32_t what = word_of(kin);
    if (what != TAD__LIST_SUM)
        put_short(r, item, what);
    else if (kin->row == TAD__A_SUM)
        put_sum(r, item);
    else
        put_row(r, item);
    r->place[r->item.item[item].to] = r->slots++;
    r->p->rolled.item[r->p->rolled.count - 1].count++;
    r->on_list++;
}

void tad__roll_end_list(tad__roll *r) {
    if (!r->list_is_open) return;
    put_long(r, TAD__LIST_END);
    r->list_is_open = false;
    r->scan.count = 0; /* its words may move */
    if (!r->failed) tad__roll_loops(r, r->p->rolled.item[r->p->rolled.count - 1].at);
}
