/* Sums of what a group computes, taken while it lies in the nearest cache: the tails of the group.
 * Rests on freeze.h.
 *
 * A sum over a whole array adds up parts of it, and these piece by piece (kernel/plain/sum.h). A
 * tail does the same, so its bits are those of the op. A value that nothing else reads has memory
 * for a part alone. */
#include "freeze.h"

#include <string.h>

/* So few elements are in the cache anyway. */
enum { LEAST = 2 * TAD__SUM_PART };

/* An op of the user's may have the name, too. */
static bool is_op(const tad__call_step *c, const char *name) {
    return strcmp(c->op->name, name) == 0 && c->op == tad_op_find(name);
}

/* Where one element is left, all have been added up, whatever the axes are. */
bool tad__is_tail(const tad_program *p, const tad__call_step *c) {
    if (!is_op(c, "sum") && !is_op(c, "mean")) return false;
    if (!tad__is_array_ref(c->ref[0])) return false;
    const tad_array *x = &p->array.item[tad__position(c->ref[0])].array;
    const tad__ref to = c->ref[1];
    const int64_t left = tad__is_array_ref(to) ? p->array.item[tad__position(to)].array.size : 1;
    return left == 1 && x->size >= LEAST;
}

bool tad__add_tail(tad_program *p, const tad__call_step *c) {
    tad__tail *to = TAD__ADD_TO(p, tail);
    const int64_t n = p->array.item[tad__position(c->ref[0])].array.size;
    if (to) *to = (tad__tail){c->op, c->ref[0], c->ref[1], is_op(c, "mean") ? (double)n : 1};
    return to;
}

bool tad__has_tail(const tad_program *p, const tad__row_group *g, tad__ref of) {
    bool found = false;
    for (uint32_t k = g->tail; k < g->tail + g->tails; k++) found |= p->tail.item[k].of == of;
    return found;
}
