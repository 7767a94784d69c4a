/* The list of what C code has seen. Rests on witness.h. */
#include "witness.h"

bool tad__have_witnesses(tad_tape *t) {
    void *vector = t->witness;
    const bool have = tad__memory_grow(&t->memory, &vector, &t->witness_capacity, t->witnesses + 1,
                                       sizeof *t->witness);
    t->witness = vector;
    t->witnesses_lost = t->witnesses_lost || !have;
    return have;
}

/* They come of what the sweep started from. */
void tad__witness_gradients(tad_tape *t) {
    if (t->head.shown == t->head.swept) return;
    for (size_t k = 0; k < t->last.roots; k++)
        if (t->last.root[k] < t->head.count) tad__witness(t, t->last.root[k]);
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
