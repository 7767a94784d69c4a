/* The list of what C code has seen. Rests on witness.h. */
#include "witness.h"

/* Without memory for it nothing can be known any more. */
void tad__add_witness(tad_tape *t, uint32_t i) {
    void *vector = t->witness;
    if (!tad__memory_grow(&t->memory, &vector, &t->witness_capacity, t->witnesses + 1,
                          sizeof *t->witness)) {
        t->witnesses_lost = true;
        return;
    }
    t->witness = vector;
    t->witness[t->witnesses++] = (tad__seen){i, t->head.count};
    tad__at(t, i)->flags |= TAD__READ;
}

/* They come of what the sweep started from. */
void tad__witness_gradients(tad_tape *t) {
    if (t->head.shown == t->head.swept) return;
    for (size_t k = 0; k < t->roots; k++)
        if (t->root[k] < t->head.count) tad__witness(t, t->root[k]);
    t->head.shown = t->head.swept;
}

/* The list has rising counts. */
void tad__forget_witnesses(tad_tape *t, uint32_t count) {
    size_t first = t->witnesses, kept;
    while (first && t->witness[first - 1].count > count) first--;
    kept = first;
    for (size_t k = first; k < t->witnesses; k++)
        if (t->witness[k].node < count) t->witness[kept++] = (tad__seen){t->witness[k].node, count};
    t->witnesses = kept;
    if (count == 0) t->witnesses_lost = false;
}
