/* Words of a list that repeat themselves become a loop: those of a turn, and by how much each place
 * grows from turn to turn. A recurrence of any length is a few words then. Rests on roll.h. */
#include "roll.h"

#include <string.h>

/* Of a turn; of all turns that are worth a loop, at least; how often words must come. */
enum { MOST_WORDS = 48, WORTH = 256, TURNS = 4 };

/* ---- words ---- */

static void mark(bool *is_place, size_t from, size_t to) {
    for (size_t k = from; is_place && k < to; k++) is_place[k] = true;
}

static size_t size_in_order(const int32_t *w, bool *is_place) {
    size_t at = 2;
    for (int32_t k = 0; k < w[1]; k++) {
        const size_t terms = (size_t)w[at + 1] * (w[at] < 2 ? 2 : 1);
        if (at + 2 + terms <= TAD__MOST_OF_TURN) mark(is_place, at + 2, at + 2 + terms);
        at += 2 + terms;
    }
    return at;
}

size_t tad__list_word_size(const int32_t *w, bool *is_place) {
    size_t size = 5, first = 1;
    switch (w[0]) {
    case TAD__LONG_WORD(TAD__LIST_SUM):
        first = 5;
        size = 5 + 2 * ((size_t)w[1] + (size_t)w[2]) + (size_t)w[3] + (size_t)w[4];
        break;
    case TAD__LONG_WORD(TAD__LIST_IN_ORDER): return size_in_order(w, is_place);
    case TAD__LONG_WORD(TAD__LIST_SCAN): return 5;
    case TAD__LONG_WORD(TAD__LIST_RUNS): return 3;
    case TAD__LONG_WORD(TAD__LIST_LOOP): return 3 + 2 * (size_t)w[2];
    case TAD__LONG_WORD(TAD__LIST_ROW):
        first = 3;
        size = 6;
        break;
    case TAD__LONG_WORD(TAD__LIST_END): return 1;
    default: break;
    }
    if (size <= TAD__MOST_OF_TURN) mark(is_place, first, size);
    return size;
}

uint32_t tad__list_words(const int32_t *w, size_t size) {
    uint32_t words = 0;
    for (size_t at = 0; at < size; at += tad__list_word_size(w + at, NULL)) words++;
    return words;
}

/* A word that gives several results, or has others' positions, is no part of a turn. */
static bool may_repeat(int32_t word) {
    return word != TAD__LONG_WORD(TAD__LIST_SCAN) && word != TAD__LONG_WORD(TAD__LIST_RUNS) &&
           word != TAD__LONG_WORD(TAD__LIST_END);
}

/* ---- turns ---- */

typedef struct turns {
    size_t size; /* of one */
    int32_t count, step[TAD__MOST_OF_TURN];
} turns;

static bool goes_on(const int32_t *w, const turns *t) {
    const int32_t *before = w - t->size;
    for (size_t k = 0; k < t->size; k++)
        if (w[k] - before[k] != t->step[k]) return false;
    return true;
}

/* How often the t->size words come, of `left`; 0: not three times. */
static int32_t count_turns(const int32_t *w, size_t left, const bool *is_place, turns *t) {
    const size_t n = t->size;
    int32_t count = 2;
    for (size_t k = 0; k < n; k++) {
        t->step[k] = w[n + k] - w[k];
        if (w[2 * n + k] - w[n + k] != t->step[k] || (t->step[k] && !is_place[k])) return 0;
    }
    while ((size_t)(count + 1) * n <= left && goes_on(w + (size_t)count * n, t)) count++;
    return count;
}

/* Whether the words at w begin a loop; the shortest turn that is worth it. */
static bool find_turns(const int32_t *w, size_t left, turns *t) {
    bool is_place[TAD__MOST_OF_TURN] = {false};
    t->size = 0;
    for (int words = 0; words < MOST_WORDS && may_repeat(w[t->size]); words++) {
        const size_t size = tad__list_word_size(w + t->size, NULL);
        if (t->size + size > TAD__MOST_OF_TURN || 3 * (t->size + size) > left) return false;
        (void)tad__list_word_size(w + t->size, is_place + t->size);
        t->size += size;
        if (w[t->size] != w[0]) continue;
        t->count = count_turns(w, left, is_place, t);
        if (t->count >= TURNS && (size_t)t->count * t->size >= WORTH) return true;
    }
    return false;
}

/* ---- the list ---- */

/* A loop is shorter than the turns whose place it takes. */
static size_t put_loop(int32_t *to, const int32_t *w, const turns *t) {
    memmove(to + 3, w, t->size * sizeof *w);
    memcpy(to + 3 + t->size, t->step, t->size * sizeof *w);
    to[0] = TAD__LONG_WORD(TAD__LIST_LOOP);
    to[1] = t->count;
    to[2] = (int32_t)t->size;
    return 3 + 2 * t->size;
}

void tad__roll_loops(tad__roll *r, size_t at) {
    int32_t *const w = r->p->word.item;
    const size_t end = r->p->word.count;
    size_t to = at;
    turns t;
    while (at < end) {
        if (find_turns(w + at, end - at, &t)) {
            to += put_loop(w + to, w + at, &t);
            at += (size_t)t.count * t.size;
        } else {
            const size_t size = tad__list_word_size(w + at, NULL);
            memmove(w + to, w + at, size * sizeof *w);
            to += size;
            at += size;
        }
    }
    r->p->word.count = to;
}
