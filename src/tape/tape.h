/* The tape from inside: nodes, errors, the one way a node is born. Everything in src/ above memory
 * and shape rests on this. */
#ifndef TAD_TAPE_INTERNAL_H
#define TAD_TAPE_INTERNAL_H

#define TAD_NO_INLINE /* the library defines what the header would do in place */
#include <tad/inspect.h>
#include <tad/ops.h>

#include "array/compute.h"
#include "array/loop.h"
#include "hook.h"

#include "base/memory.h"
#include "array/loop.h"
#include "array/shape.h"
#include "base/threads.h"

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

typedef struct tad__error {
    tad_status status;
    bool placed; /* the message has file and line, or cannot get them */
    char message[400];
} tad__error;

struct tad_tape {
    tad__head head; /* first: tad/scalar.h relies on it */
    size_t capacity; /* of head.node; head.limit is this or 0 */
    size_t adjoint_capacity; /* of head.adjoint: nodes beyond have none */
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
    size_t scopes_lost; /* pushed in vain, and all since; they are popped first */
    uint32_t array_adjoints; /* buffers now held by nodes */
    tad__version number_version; /* when any 0-d float64 parameter was changed last */
    uint32_t *root; /* what the last sweep started from */
    size_t roots, root_capacity;
    struct tad__kept *kept; /* of the nodes that have any, the last one first */
    struct tad__owned *owned; /* blocks of tad_tape_resize */
    tad_random random;
};

/* What a node's forward left for its backward, a buffer of the pool. Lies in the arena. */
typedef struct tad__kept {
    struct tad__kept *below;
    uint32_t node;
    tad_array *array; /* NULL: handed on */
} tad__kept;

#define TAD__NO_NODE UINT32_MAX

static inline tad__node *tad__at(tad_tape *t, uint32_t i) { return t->head.node + i; }

/* Only of nodes below head.swept. */
static inline tad__adjoint *tad__adjoint_at(const tad_tape *t, const tad__node *n) {
    return t->head.adjoint + (n - t->head.node);
}

/* ---- handles ---- */

static inline uint32_t tad__epoch_of(tad_var v) { return v.u.at.epoch & ~TAD__SLOW; }
static inline bool tad__has_tape(tad_var v) { return (uintptr_t)v.tape > 2; }
tad_var tad__handle(const tad_tape *t, uint32_t index); /* of a live node */
tad_var tad__nil(tad_tape *t);
/* How many of the nodes that were there in `epoch` still are; UINT32_MAX: all. */
uint32_t tad__surviving(const tad_tape *t, uint32_t epoch);
/* Whether the node of this index and epoch is still the same node. */
bool tad__survives(const tad_tape *t, uint32_t index, uint32_t epoch);
/* Whether the handle is of a node that t has. */
static inline bool tad__is_living(const tad_tape *t, tad_var v) {
    return v.tape == t && tad__survives(t, v.u.at.index, tad__epoch_of(v));
}
/* The node of a handle; records BAD_HANDLE (said of `what`) and returns false when there is none. */
bool tad__resolve(tad_tape *t, tad_var v, const char *what, uint32_t *index);
/* The same for a function that takes one variable: finds its tape; NULL on failure. */
tad__node *tad__node_of(tad_var v, const char *what);

/* ---- errors ---- */

/* Every failure passes tad_tape_fail: the place for a breakpoint. The first one stays. */
#define tad__fail tad_tape_fail
tad_status tad__no_memory(tad_tape *t, const char *what);
/* head.limit after anything that decides whether the fast path may be taken. */
void tad__update_limit(tad_tape *t);

/* ---- memory ---- */

void *tad__resize(tad_tape *t, void *old, size_t old_size, size_t new_size);
void tad__owned_free(tad_tape *t); /* all blocks of tad_tape_resize */
/* An array in the arena, contents undefined. NULL: no memory. */
tad_array *tad__new_array(tad_tape *t, tad_dtype dtype, const tad_shape *shape);
/* The same for the layout of a contiguous array there already is: in the arena, in the pool. */
tad_array *tad__new_like(tad_tape *t, const tad_array *like);
tad_array *tad__new_buffer_like(tad_tape *t, const tad_array *like);
/* Only the header, for a view or borrowed memory. */
tad_array *tad__new_header(tad_tape *t, tad_dtype dtype, const tad_shape *shape);
/* A contiguous array in the pool, for gradients. */
tad_array *tad__new_buffer(tad_tape *t, tad_dtype dtype, const tad_shape *shape);

/* ---- nodes ---- */

/* Appends a node without value; false (and the error) when there is no memory. */
bool tad__new_node(tad_tape *t, uint32_t *index);
/* A leaf from a ready array; 0-d float64 arrays become numbers. */
tad_var tad__leaf(tad_tape *t, enum tad__kind kind, tad_array *array);
/* A node's value as an array; room is used for a number's header (rank 0). */
typedef struct tad__view {
    tad_array array; /* rank 0: no dims follow */
    union {
        double f64;
        float f32;
    } number;
} tad__view;
const tad_array *tad__value(tad_tape *t, uint32_t index, tad__view *room);
/* The same of a plain number, as an element of a float type. */
const tad_array *tad__number_value(double number, tad_dtype dtype, tad__view *room);
static inline tad_dtype tad__dtype_at(const tad_tape *t, uint32_t i) {
    const tad__node *n = t->head.node + i;
    return n->flags & TAD__ARRAY ? (tad_dtype)n->value.array->dtype : TAD_F64;
}

/* The op, inputs and options of a node, whatever its kind. */
typedef struct tad__call {
    const tad_op *op;
    const void *options;
    uint32_t n_in, n_out;
    const uint32_t *in; /* TAD__NO_NODE: left out, or a plain number */
    uint32_t room[3];
    double number; /* of the operand that is a plain number */
    int number_at; /* which it is; -1: none */
} tad__call;
/* False for leaves. For an OUTPUT gives the call of its op. */
bool tad__call_of(const tad_tape *t, uint32_t index, tad__call *c);
/* Input k as the user gave it. */
tad_var tad__operand(const tad_tape *t, const tad__call *c, uint32_t k);
/* What tad__call_of reads of a row: its node, without flags and value. Rows need no record, as their
 * operands fit into the node; of two, the one at number_at may be a plain number (-1: none). */
static inline tad__node tad__row_node(unsigned row, const uint32_t *in, size_t n, int number_at, double number) {
    tad__node y = {.op = (uint16_t)row, .kind = TAD__ROW};
    if (number_at >= 0) {
        y.kind = number_at == 0 ? TAD__ROW_NX : TAD__ROW_XN;
        y.a = in[1 - number_at];
        y.u.partial = number;
        return y;
    }
    y.a = in[0];
    if (n > 1) y.u.arg.b = in[1];
    if (n > 2) y.u.arg.c = in[2];
    return y;
}

/* The label of a node; NULL: none. */
const tad__label *tad__label_of(const tad__labels *l, uint32_t index);
/* " (name, recorded at file:line)", as far as known, into buf; returns buf. */
const char *tad__known_of(const tad_tape *t, uint32_t index, char *buf, size_t size);

/* Gives an array adjoint's memory back. */
void tad__drop_adjoint(tad_tape *t, uint32_t i);
/* Forgets nodes from `count` on; releases their adjoints. Does not touch arena or epochs. */
void tad__drop_nodes(tad_tape *t, uint32_t count);

/* ---- a stretch of tape that is thrown away: nobody has handles of it ---- */

typedef struct tad__stretch {
    uint32_t count;
    tad__place place;
} tad__stretch;
tad__stretch tad__stretch_begin(tad_tape *t); /* also pauses recording */
void tad__stretch_end(tad_tape *t, tad__stretch s);

/* ---- apply.c ---- */

tad_var tad__apply(tad_tape *t, const tad_op *op, const tad_var *in, size_t n, const void *options,
                   tad_var *outputs, size_t n_outputs);
/* The tape of the first operand that has one; NULL. */
tad_tape *tad__tape_of(const tad_var *in, size_t n);

/* Of an array of any type; *where: the first element that is not. True of what is not contiguous. */
bool tad__all_finite(const tad_array *a, int64_t *where);
static inline bool tad__is_constant_in(const tad_op *op, size_t i) {
    return i < 32 && (op->constant_in >> i & 1);
}

/* ---- read.c ---- */

/* Marks with 1 the nodes 0 .. top that the last sweep's roots were computed from, by way of nodes that
 * have all these flags; the others with 0. */
void tad__mark_ancestors(const tad_tape *t, uint8_t *mark, uint32_t top, unsigned flags);

/* ---- version.c ---- */

/* How many nodes at the beginning of the tape may have read a 0-d float64 parameter that was changed
 * since: of the others only arrays need to be looked at. */
uint32_t tad__numbers_in_doubt(const tad_tape *t);
/* Whether the operand, one that can change, was changed after node `at` read it. */
bool tad__is_changed(const tad_tape *t, uint32_t at, uint32_t operand);
/* STALE_VALUE, said by the sweep `what` of operand k. */
tad_status tad__stale(tad_tape *t, uint32_t at, const tad__call *c, uint32_t k, const char *what);
static inline bool tad__can_change(const tad__node *x) {
    return x->flags & TAD__ARRAY ? x->value.array->version != NULL : x->kind == TAD__PARAM;
}
/* STALE_VALUE if an operand of the call at node `at` is not what it was. */
static inline tad_status tad__check_unchanged(tad_tape *t, uint32_t at, const tad__call *c, const char *what) {
    for (uint32_t k = 0; k < c->n_in; k++)
        if (c->in[k] != TAD__NO_NODE && tad__can_change(tad__at(t, c->in[k])) && tad__is_changed(t, at, c->in[k]))
            return tad__stale(t, at, c, k, what);
    return TAD_OK;
}
/* The elements of the parameter at node i, about to be changed. */
void *tad__change(tad_tape *t, uint32_t i);

/* ---- scalar.c ---- */

const tad_op *tad__row_op(unsigned row);
bool tad__is_row(const tad_op *op); /* of ours: an op of the user may say that it is elementwise */
/* Whether all derivatives of a row are finite at these numbers; pq NULL: a row without options. */
bool tad__row_is_finite(const tad_op *op, const double *x, const double *pq);

#endif
