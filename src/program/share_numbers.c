/* Steps on numbers that need not be computed, since they give what is there already. Rests on
 * freeze.h.
 *
 * Sums and products are shared in short lists alone. In a list that is rolled up each is a term or
 * two of an item, and shared it would be an item by itself, which takes longer. Operands are equal
 * in the same order alone: which NaN a sum of two of them is goes by that. */
#include "freeze.h"

#include <string.h>

enum { FIRST_ROOM = 256 /* a power of 2 */ };

static uint64_t mixed(uint64_t hash, uint64_t with) {
    hash = (hash ^ with) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static uint64_t hash_of(const tad_program *p, const tad__number_step *s) {
    uint64_t bits[2] = {s->c, 0};
    if (s->options) memcpy(bits, tad__number_options(p, s), sizeof bits);
    return mixed(mixed(mixed((uint64_t)s->a << 32 | s->b, bits[0]), bits[1]), s->row);
}

static bool are_equal(const tad_program *p, const tad__number_step *x, const tad__number_step *y) {
    if (x->row != y->row || x->a != y->a || x->b != y->b) return false;
    if (!x->options) return x->c == y->c;
    return memcmp(tad__number_options(p, x), tad__number_options(p, y), 2 * sizeof(double)) == 0;
}

/* Where the position of this step is, or would be. */
static uint32_t *place_of(const tad__freezer *f, const tad__number_step *s) {
    const tad__number_table *t = &f->number_table;
    const tad__number_step *step = f->p->number.item;
    size_t i = hash_of(f->p, s) & (t->room - 1);
    while (t->step[i] != TAD__NO_REF && !are_equal(f->p, &step[t->step[i]], s))
        i = (i + 1) & (t->room - 1);
    return &t->step[i];
}

/* A table twice as large, so that half of it stays free; false: no memory. */
static bool has_room(tad__freezer *f) {
    tad__memory *m = &f->p->memory;
    const tad__number_table old = f->number_table;
    if (2 * old.count < old.room) return true;
    tad__number_table *t = &f->number_table;
    t->room = old.room ? 2 * old.room : FIRST_ROOM;
    t->step = tad__memory_resize(m, NULL, 0, t->room * sizeof *t->step);
    if (!t->step) {
        *t = old;
        return false;
    }
    memset(t->step, 0xff, t->room * sizeof *t->step);
    for (size_t i = 0; i < old.room; i++)
        if (old.step[i] != TAD__NO_REF) *place_of(f, &f->p->number.item[old.step[i]]) = old.step[i];
    tad__memory_resize(m, old.step, old.room * sizeof *old.step, 0);
    return true;
}

tad__ref tad__shared_number(tad__freezer *f, const tad__number_step *s) {
    if (s->row == TAD__ROW_mul && s->a == f->one) return s->b;
    if (s->row == TAD__ROW_mul && s->b == f->one) return s->a;
    if (tad__is_of_sum(s->row) && !f->shares_sums) return TAD__NO_REF;
    if (f->failed || !has_room(f)) return TAD__NO_REF;
    uint32_t *at = place_of(f, s);
    if (*at != TAD__NO_REF) return f->p->number.item[*at].to;
    *at = (uint32_t)f->p->number.count;
    f->number_table.count++;
    return TAD__NO_REF;
}

void tad__forget_numbers(tad__freezer *f) {
    tad__number_table *t = &f->number_table;
    tad__memory_resize(&f->p->memory, t->step, t->room * sizeof *t->step, 0);
    *t = (tad__number_table){NULL, 0, 0};
}
