/* What a tape is made of. Each subject has a header of its own beside this one, with what may be
 * done: error, handle, node, arrays, label, mark, leaf, apply, version, owned, life. */
#ifndef TAD_TAPE_INTERNAL_H
#define TAD_TAPE_INTERNAL_H

#include <tad/inspect.h>
#include <tad/ops.h>

#include "basis.h"
#include "hook.h"

#include "array/compute.h"
#include "base/memory.h"

/* When rewinding cut the tape: handles of an older epoch are valid only below `count`. The list is
 * kept with rising counts, so the first entry younger than a handle decides. */
typedef struct tad__cut {
    uint32_t epoch, count;
} tad__cut;

/* A name or a place in the source, for one node. */
typedef struct tad__label {
    uint32_t index;
    int line;         /* places */
    const char *text; /* name (a buffer of the pool) or file */
} tad__label;

/* At most one for each node, in the order of the nodes. */
typedef struct tad__labels {
    tad__label *item;
    size_t count, capacity;
} tad__labels;

/* When something was changed last: how many nodes there were, and the epoch. Nodes that were among
 * them and still are were recorded with the value before. All zero: never. Every array that shows a
 * parameter's elements, the parameter's own and its views, points to the parameter's version; that
 * of a 0-d float64 parameter is in its node. */
typedef struct tad__version {
    uint32_t count, epoch;
} tad__version;

/* C code has seen the value of a node when there were so many. */
typedef struct tad__seen {
    uint32_t node, count;
} tad__seen;

typedef struct tad__error {
    tad_status status;
    bool placed; /* the message has file and line, or cannot get them */
    char message[400];
} tad__error;

#define TAD__NO_NODE UINT32_MAX

/* What a reverse sweep leaves besides flags of nodes and what the head has. */
typedef struct tad__swept {
    size_t adjoint_capacity; /* how many there is room for */
    uint32_t array_adjoints; /* buffers now held by nodes */
    uint32_t released;       /* nodes flagged so are this one or later; TAD__NO_NODE: none */
    uint32_t *root;          /* what the sweep started from */
    size_t roots, root_capacity;
} tad__swept;

/* The same with what the head has. */
typedef struct tad__swept_apart {
    tad__adjoint *adjoint;
    uint32_t swept;
    tad__swept last;
} tad__swept_apart;

struct tad_tape {
    tad__head head;  /* first: tad/scalar.h relies on it */
    size_t capacity; /* of head.node; head.limit is this or 0 */
    const tad__basis *basis;
    tad_settings settings;
    tad__compute compute; /* scratch memory lies at the end of the arena */
    size_t threads_bytes;
    tad__memory memory;
    tad__arena arena;
    tad__buffers buffers;
    tad__error error;
    uint32_t paused;
    tad__cut *cut;
    size_t cuts, cut_capacity;
    tad__labels names, places;
    char **scope; /* buffers of the pool */
    size_t scopes, scope_capacity;
    size_t scopes_lost;          /* pushed in vain, and all since; they are popped first */
    uint32_t params_end;         /* there are no parameters from this node on */
    uint32_t leaves;             /* with so many the tape begins, or with more */
    tad__version number_version; /* when any 0-d float64 parameter was changed last */
    tad__seen *witness;          /* with rising counts */
    size_t witnesses, witness_capacity;
    bool witnesses_lost;          /* there was no memory for one */
    tad__swept last;              /* sweep */
    struct tad__apart *apart;     /* a sweep with adjoints of its own, under way; NULL: none */
    tad__swept_apart other;       /* theirs; while it is under way, the tape's */
    struct tad__saved *saved;     /* of the nodes that have any, the last one first */
    struct tad__anchor *anchors;  /* what reads parameters and outlives the tape */
    struct tad__owned *owned;     /* blocks of tad_tape_resize */
    struct tad__release *release; /* what waits for nodes to be forgotten, ordered by these */
    size_t releases, release_capacity;
    tad_random random;
};

/* What a node's forward saved for its backward, a buffer of the pool. Lies in the arena. */
typedef struct tad__saved {
    struct tad__saved *below;
    uint32_t node;
    tad_array *array; /* NULL: given away */
} tad__saved;

static inline tad__node *tad__at(tad_tape *t, uint32_t i) { return t->head.node + i; }

/* Only of nodes below head.swept. */
static inline tad__adjoint *tad__adjoint_at(const tad_tape *t, const tad__node *n) {
    return t->head.adjoint + (n - t->head.node);
}

#endif
