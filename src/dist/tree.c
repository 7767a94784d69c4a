/* Which sums over shards are added to which. Rests on tree.h. */
#include "tree.h"

bool tad__are_siblings(int64_t shards, tad__subtree left, tad__subtree right) {
    const int64_t size = left.end - left.begin, end = left.begin + 2 * size;
    const bool is_left = (size & (size - 1)) == 0 && left.begin % (2 * size) == 0;
    return is_left && left.end == right.begin && right.end == (end < shards ? end : shards);
}

size_t tad__stack_push(tad__stack *s, int64_t shards, tad__subtree block) {
    size_t merged = 0;
    s->block[s->depth++] = block;
    if (s->deepest < s->depth) s->deepest = s->depth;
    for (; s->depth > 1; merged++) {
        tad__subtree *left = &s->block[s->depth - 2];
        if (!tad__are_siblings(shards, *left, left[1])) break;
        left->end = left[1].end;
        s->depth--;
    }
    return merged;
}

tad__stack tad__stack_of(int64_t shards, int64_t first, int64_t count) {
    tad__stack s = {0};
    for (int64_t i = first; i < first + count; i++)
        tad__stack_push(&s, shards, (tad__subtree){i, i + 1});
    return s;
}
