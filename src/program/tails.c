/* Sums of what a group computes, taken while it lies in the nearest cache: the tails of the group.
 * Rests on freeze.h.
 *
 * A sum over a whole array adds up parts of it, and these piece by piece (kernel/plain/sum.h); one
 * along the last axes adds up lines, each by itself. A tail does the same, so its bits are those of
 * the op. A value that nothing else reads has memory for a part alone, or a line. */
#include "freeze.h"

#include <string.h>

/* So few elements are in the cache anyway. */
enum { LEAST = 2 * TAD__SUM_PART };

/* An op of the user's may have the name, too. */
static bool is_op(const tad__call_step *c, const char *name) {
    return strcmp(c->op->name, name) == 0 && c->op == tad_op_find(name);
}

/* The axes that a sum goes along, a bit each. */
static unsigned axes_of(const tad__call_step *c, int rank) {
    unsigned mask = 0;
    int bad;
    for (size_t k = 0; k < c->op->n_options; k++) {
        const tad_option *o = &c->op->options[k];
        if (o->kind != TAD_OPTION_AXES) continue;
        tad__axes_mask((const tad_axes *)(const void *)((const char *)c->options + o->offset), rank,
                       &mask, &bad);
    }
    return mask;
}

/* Elements along the last axes, if a sum goes along these alone; else 0. */
static int64_t line_of(const tad__call_step *c, const tad_array *x) {
    unsigned left = axes_of(c, x->rank);
    int64_t line = 1;
    for (int i = x->rank; i-- > 0 && left >> i & 1;) {
        line *= x->dim[i];
        left &= ~(1u << i);
    }
    return left ? 0 : line;
}

static int64_t size_of(const tad_program *p, tad__ref r) {
    return tad__is_array_ref(r) ? p->array.item[tad__position(r)].array.size : 1;
}

/* Where one element is left, all have been added up, whatever the axes are. */
int64_t tad__tail_line(const tad_program *p, const tad__call_step *c) {
    if (!is_op(c, "sum") && !is_op(c, "mean")) return -1;
    if (!tad__is_array_ref(c->ref[0]) || size_of(p, c->ref[0]) < LEAST) return -1;
    if (size_of(p, c->ref[1]) == 1) return 0;
    const int64_t line = line_of(c, &p->array.item[tad__position(c->ref[0])].array);
    return line > 1 && line <= TAD__SUM_PART ? line : -1;
}

bool tad__add_tail(tad_program *p, const tad__call_step *c) {
    tad__tail *to = TAD__ADD_TO(p, tail);
    const double n = (double)(size_of(p, c->ref[0]) / size_of(p, c->ref[1]));
    if (to) *to = (tad__tail){c->op, c->ref[0], c->ref[1], is_op(c, "mean") ? n : 1};
    return to;
}

bool tad__has_tail(const tad_program *p, const tad__row_group *g, tad__ref of) {
    bool found = false;
    for (uint32_t k = g->tail; k < g->tail + g->tails; k++) found |= p->tail.item[k].of == of;
    return found;
}
