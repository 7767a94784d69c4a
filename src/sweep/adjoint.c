/* Adjoints beside the nodes. Rests on adjoint.h. */
#include "adjoint.h"

#include <string.h>

#include "tape/arrays.h"
#include "tape/error.h"
#include "tape/node.h"

bool tad__have_adjoints(tad_tape *t, size_t n) {
    void *vector = t->head.adjoint;
    if (!tad__memory_grow_long(&t->memory, &vector, &t->last.adjoint_capacity, n,
                               sizeof *t->head.adjoint))
        return false;
    t->head.adjoint = vector;
    return true;
}

/* ---- forgetting the sweep before ---- */

static void forget_node(tad_tape *t, uint32_t i) {
    const bool zero = !t->head.adjoint[i].bits;
    if (zero && i < t->last.released) return;
    tad__node *n = tad__at(t, i);
    if (!t->apart) n->flags &= (uint8_t)~TAD__RELEASED;
    if (n->kind == TAD__PARAM || zero) return;
    if (n->flags & TAD__ARRAY)
        tad__drop_adjoint(t, i);
    else
        tad__adjoint_at(t, n)->bits = 0;
}

/* Above the parameters, whose sums stay, a sweep over numbers alone left nothing but numbers. */
void tad__forget_last_sweep(tad_tape *t) {
    const bool numbers = !t->last.array_adjoints && t->last.released == TAD__NO_NODE;
    const uint32_t swept = t->head.swept,
                   end = numbers && t->params_end < swept ? t->params_end : swept;
    for (uint32_t i = 0; i < end; i++) forget_node(t, i);
    if (end < swept) memset(t->head.adjoint + end, 0, (swept - end) * sizeof *t->head.adjoint);
    t->last.roots = 0;
    t->last.released = TAD__NO_NODE;
}

void tad__forget_gradients(tad_tape *t) {
    for (uint32_t i = 0; i < t->head.swept; i++) {
        tad__node *n = tad__at(t, i);
        if (!t->apart) n->flags &= (uint8_t)~TAD__RELEASED;
        if ((n->flags & TAD__ARRAY) && tad__adjoint_at(t, n)->array) tad__drop_adjoint(t, i);
        tad__adjoint_at(t, n)->bits = 0;
    }
    t->head.swept = t->head.shown = 0;
    t->last.roots = 0;
    t->last.released = TAD__NO_NODE;
}

/* ---- accumulating into a node ---- */

/* Whether an adjoint may be written: it is not lent and does not repeat a few numbers. */
static bool is_whole(const tad_array *adjoint) { return adjoint->pooled && adjoint->contiguous; }

tad_array *tad__adjoint_of(tad_tape *t, uint32_t i, bool *fresh) {
    tad__node *n = tad__at(t, i);
    tad_array *old = tad__adjoint_at(t, n)->array;
    *fresh = !old;
    if (old && is_whole(old)) return old;
    tad_array *own = tad__new_buffer_like(t, n->value.array);
    if (!own) return NULL;
    if (old)
        tad__copy(&t->compute, own, old);
    else
        t->last.array_adjoints++;
    if (old && old->pooled) tad__buffers_give(&t->buffers, old);
    return tad__adjoint_at(t, n)->array = own;
}

double tad__sum_of(const tad_tape *t, const tad_array *g) {
    double s = 0;
    tad_array out = {.data = &s, .size = 1, .dtype = TAD_F64, .contiguous = true};
    tad__add_into(&t->compute, &out, g);
    return s;
}

tad_status tad__accumulate(tad_tape *t, uint32_t target, const tad_array *g) {
    tad__node *n = tad__at(t, target);
    if (!(n->flags & TAD__ARRAY)) {
        tad__adjoint_at(t, n)->number += tad__sum_of(t, g);
        return TAD_OK;
    }
    bool fresh;
    tad_array *into = tad__adjoint_of(t, target, &fresh);
    if (!into) return tad__no_memory(t, "reverse");
    bool same = g->size == into->size && g->rank == into->rank;
    if (fresh && same) {
        tad__copy(&t->compute, into, g);
        return TAD_OK;
    }
    if (fresh) tad__clear(&t->compute, into);
    tad__add_into(&t->compute, into, g);
    return TAD_OK;
}
