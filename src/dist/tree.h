/* The binary tree by which sums over shards are added up. Of a node of more than one shard the left
 * child has the largest power of two of shards that is less, so that the tree depends on the number
 * of shards alone, and what is added up from left to right needs a level for each power of two.
 * Needs nothing. */
#ifndef TAD_DIST_TREE_H
#define TAD_DIST_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A node of the tree, by its shards. */
typedef struct tad__subtree {
    int64_t begin, end;
} tad__subtree;

enum { TAD__MOST_SHARDS = 1 << 20, TAD__MOST_SUBTREES = 48 };

/* Nodes side by side, none of which are siblings, at most 2 log2 of the number of shards. */
typedef struct tad__stack {
    size_t depth, deepest;
    tad__subtree block[TAD__MOST_SUBTREES];
} tad__stack;

/* Whether two nodes side by side are the children of one. */
bool tad__are_siblings(int64_t shards, tad__subtree left, tad__subtree right);
/* Puts a node behind the others and replaces siblings by their parent; how often that was done. */
size_t tad__stack_push(tad__stack *s, int64_t shards, tad__subtree block);
/* All shards of a part. */
tad__stack tad__stack_of(int64_t shards, int64_t first, int64_t count);

#endif
